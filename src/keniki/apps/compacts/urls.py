"""The addresses of agreements, visions, initiatives and KPIs."""

from __future__ import annotations

from django.urls import path

from .views import (
    agreements,
    comparison,
    declarations,
    dissolutions,
    evaluations,
    initiatives,
    kpis,
    library,
    register,
    register_files,
    texts,
    visions,
)

app_name = "compacts"

_A = "desk/<slug:region>/agreements/"
_ONE = f"{_A}<slug:agreement>/"
_D = "desk/<slug:region>/declarations/"
_V = "desk/<slug:region>/visions/"
_I = "desk/<slug:region>/initiatives/"
_K = "desk/<slug:region>/kpis/"
_E = "desk/<slug:region>/evaluations/"
_L = "desk/<slug:region>/library/"
_R = "desk/<slug:region>/register/"
_M = f"{_R}matters/"
_C = f"{_R}candidates/"

urlpatterns = [
    path(_A, agreements.agreements, name="agreements"),
    path(f"{_A}new/", agreements.new, name="agreement-new"),
    path(f"{_A}pairs/", agreements.pairs, name="agreement-pairs"),
    path(_ONE, agreements.agreement, name="agreement"),
    path(f"{_ONE}versions/<int:number>/", agreements.agreement, name="agreement-version"),
    path(f"{_ONE}head/", agreements.head, name="agreement-head"),
    path(f"{_ONE}move/<slug:state>/", agreements.move, name="agreement-move"),
    path(f"{_ONE}resolutions/<slug:code>/", agreements.resolution, name="resolution"),
    path(f"{_ONE}dissolution/start/", dissolutions.start, name="dissolution-start"),
    path(f"{_ONE}dissolution/stop/", dissolutions.stop, name="dissolution-stop"),
    path(f"{_ONE}dissolution/<slug:code>/", dissolutions.record, name="dissolution"),
    path(f"{_ONE}amend/", agreements.amend, name="agreement-amend"),
    path(f"{_ONE}text/", texts.text, name="agreement-text"),
    path(f"{_ONE}annex/", texts.annex, name="annex-new"),
    path(f"{_ONE}annex/<slug:key>/", texts.annex, name="annex"),
    path(f"{_ONE}annex/<slug:key>/remove/", texts.annex_remove, name="annex-remove"),
    path(f"{_ONE}signatories/", texts.signatories, name="signatories"),
    path(f"{_ONE}signatories/<slug:code>/name/", texts.name, name="signatory-name"),
    path(f"{_ONE}compare/<slug:form>/", comparison.compare, name="compare"),
    path(f"{_ONE}compare/<slug:form>/word/", comparison.compare_word, name="compare-word"),
    path(f"{_D}new/", declarations.save, name="declaration-new"),
    path(f"{_D}<slug:declaration>/", declarations.declaration, name="declaration"),
    path(f"{_D}<slug:declaration>/edit/", declarations.save, name="declaration-edit"),
    path(f"{_D}<slug:declaration>/publish/", declarations.publish, name="declaration-publish"),
    path(_V, visions.visions, name="visions"),
    path(f"{_V}new/", visions.save, name="vision-new"),
    path(f"{_V}<slug:vision>/", visions.vision, name="vision"),
    path(f"{_V}<slug:vision>/edit/", visions.save, name="vision-edit"),
    path(f"{_V}<slug:vision>/move/<slug:state>/", visions.move, name="vision-move"),
    path(f"{_V}<slug:vision>/editions/<int:order>/", visions.edition, name="vision-edition"),
    path(_I, initiatives.initiatives, name="initiatives"),
    path(f"{_I}new/", initiatives.save, name="initiative-new"),
    path(f"{_I}<slug:initiative>/edit/", initiatives.save, name="initiative-edit"),
    path(f"{_I}<slug:initiative>/projects/new/", initiatives.project, name="project-new"),
    path(f"{_I}<slug:initiative>/projects/<slug:project>/", initiatives.project, name="project"),
    path(_K, kpis.kpis, name="kpis"),
    path(f"{_K}new/", kpis.save, name="kpi-new"),
    path(f"{_K}<slug:kpi>/", kpis.kpi, name="kpi"),
    path(f"{_K}<slug:kpi>/chart.svg", kpis.chart, name="kpi-chart"),
    path(f"{_K}<slug:kpi>/edit/", kpis.save, name="kpi-edit"),
    path(f"{_K}<slug:kpi>/readings/<int:year>/", kpis.reading, name="kpi-reading"),
    path(_E, evaluations.evaluations, name="evaluations"),
    path(f"{_E}scale/", evaluations.scale, name="evaluation-scale"),
    path(f"{_E}<int:year>/", evaluations.evaluations, name="evaluations-year"),
    path(f"{_E}<int:year>/<slug:initiative>/<slug:code>/", evaluations.evaluate, name="evaluate"),
    path(_L, library.practice_library, name="library"),
    path(f"{_L}regions/", library.table, name="library-table"),
    path(f"{_L}comparison/", library.comparison, name="library-comparison"),
    path(f"{_L}gaps/", library.gaps, name="library-gaps"),
    path(_R, register.board, name="register"),
    path(f"{_R}hopes/", register.hopes, name="register-hopes"),
    path(f"{_R}load/", register_files.load, name="register-load"),
    path(f"{_R}load/template.csv", register_files.template, name="register-template"),
    path(f"{_R}data/<str:name>", register_files.data, name="register-data"),
    path(f"{_M}new/", register.save_matter, name="register-matter-new"),
    path(f"{_M}<slug:matter>/", register.matter, name="register-matter"),
    path(f"{_M}<slug:matter>/edit/", register.save_matter, name="register-matter-edit"),
    path(f"{_M}<slug:matter>/remove/", register.remove_matter, name="register-matter-remove"),
    path(f"{_M}<slug:matter>/towns/<slug:code>/", register.speak, name="register-speak"),
    path(f"{_M}<slug:matter>/towns/<slug:code>/remove/", register.silence, name="register-silence"),
    path(f"{_C}new/", register.save_candidate, name="register-candidate-new"),
    path(f"{_C}<slug:candidate>/", register.candidate, name="register-candidate"),
    path(f"{_C}<slug:candidate>/edit/", register.save_candidate, name="register-candidate-edit"),
    path(f"{_C}<slug:candidate>/remove/", register.remove_candidate, name="register-candidate-remove"),
    path(f"{_C}<slug:candidate>/stages/<slug:stage>/", register.move, name="register-move"),
    path(f"{_C}<slug:candidate>/towns/<slug:code>/", register.interest, name="register-interest"),
    path(
        f"{_C}<slug:candidate>/towns/<slug:code>/remove/", register.disinterest, name="register-disinterest"
    ),
]
