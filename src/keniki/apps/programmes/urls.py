"""Where programmes are reached."""

from __future__ import annotations

from django.urls import path

from .views import eligibility, funding, procedure, rules

app_name = "programmes"
_desk = "desk/<slug:region>/programmes"
urlpatterns = [
    path(f"{_desk}/", eligibility.eligibility, name="eligibility"),
    path(f"{_desk}/partners/", eligibility.candidates, name="partners"),
    path(f"{_desk}/rules/", rules.rules, name="rules"),
    path(f"{_desk}/rules/<str:parameter>/answer/", rules.answer_rule, name="answer-new"),
    path(f"{_desk}/answers/<int:pk>/", rules.answer_rule, name="answer"),
    path(f"{_desk}/answers/<int:pk>/remove/", rules.remove_answer, name="remove-answer"),
    path(f"{_desk}/facts/", rules.facts, name="facts"),
    path(f"{_desk}/facts/new/<slug:kind>/", rules.supply_fact, name="fact-new"),
    path(f"{_desk}/facts/<int:pk>/", rules.supply_fact, name="fact"),
    path(f"{_desk}/facts/<int:pk>/remove/", rules.remove_fact, name="remove-fact"),
    path(f"{_desk}/funding/", funding.overview, name="funding"),
    path(f"{_desk}/funding/chart/", funding.chart, name="funding-chart"),
    path(f"{_desk}/funding/basis.<slug:format>", funding.basis, name="funding-basis"),
    path(f"{_desk}/funding/calculator/", funding.calculator, name="calculator"),
    path(f"{_desk}/funding/claims/new/", funding.edit_claim, name="claim-new"),
    path(f"{_desk}/funding/claims/file/", funding.import_claims, name="claims-file"),
    path(f"{_desk}/funding/claims/<int:pk>/", funding.edit_claim, name="claim"),
    path(f"{_desk}/funding/claims/<int:pk>/remove/", funding.remove_claim, name="remove-claim"),
    path(f"{_desk}/funding/<int:year>/<slug:verb>/", funding.confirm_claims, name="claims-confirm"),
    path(f"{_desk}/procedure/", procedure.procedure, name="procedure"),
    path(f"{_desk}/procedure/chart/", procedure.procedure_chart, name="procedure-chart"),
    path(f"{_desk}/procedure/calendar/", procedure.procedure_calendar, name="procedure-calendar"),
    path(f"{_desk}/plans/<slug:programme>/", procedure.plan, name="plan"),
    path(f"{_desk}/plans/<slug:programme>/chart/", procedure.plan_chart, name="plan-chart"),
    path(f"{_desk}/plans/<slug:programme>/start/", procedure.start_plan, name="plan-start"),
    path(f"{_desk}/plans/<slug:programme>/steps/<slug:step>/", procedure.record_step, name="plan-step"),
    path(f"{_desk}/plans/<slug:programme>/addresses/", procedure.give_address, name="give-address"),
    path(f"{_desk}/addresses/<int:pk>/revoke/", procedure.revoke_address, name="revoke-address"),
    path("calendar/<str:secret>.ics", procedure.feed, name="feed"),
]
