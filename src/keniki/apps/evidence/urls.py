"""Where statistics are reached."""

from __future__ import annotations

from django.urls import path

from .inquiring.urls import urlpatterns as inquiries
from .views import (
    areas,
    book,
    checks,
    delineation,
    editions,
    fetching,
    figures,
    forecasts,
    mappings,
    methods,
    neighbours,
    rates,
    workbench,
)

app_name = "evidence"
_desk = "desk/<slug:region>/evidence"
urlpatterns = [
    path("desk/statistics/", fetching.sources, name="sources"),
    path("desk/statistics/runs/<int:pk>/", fetching.run, name="fetch-run"),
    path("desk/statistics/runs/<int:pk>/cancel/", fetching.cancel, name="cancel-fetch"),
    path("desk/statistics/mappings/", mappings.official_mappings, name="official-mappings"),
    path("desk/statistics/mappings/new/", mappings.new_official_mapping, name="official-new-mapping"),
    path("desk/statistics/mappings/<int:pk>/", mappings.official_mapping, name="official-mapping"),
    path(
        "desk/statistics/mappings/<int:pk>/mapping.yaml",
        mappings.official_mapping_file,
        name="official-mapping-file",
    ),
    path(
        "desk/statistics/mappings/<int:pk>/forget/", mappings.forget_official, name="official-forget-mapping"
    ),
    path(f"{_desk}/", figures.evidence, name="evidence"),
    path(f"{_desk}/import/", editions.import_file, name="import"),
    path(f"{_desk}/editions/<int:pk>/", editions.edition, name="edition"),
    path(f"{_desk}/editions/<int:pk>/files/", editions.originals, name="originals"),
    path(f"{_desk}/editions/<int:pk>/rows/", editions.kept_rows, name="rows"),
    path(f"{_desk}/editions/<int:pk>/withdraw/", editions.withdraw, name="withdraw"),
    path(f"{_desk}/editions/<int:pk>/restore/", editions.restore, name="restore"),
    path(f"{_desk}/rows/<int:pk>/", editions.kept_row, name="row"),
    path(f"{_desk}/rows/<int:pk>/drop/", editions.drop_row, name="drop-row"),
    path(f"{_desk}/areas/", areas.areas, name="areas"),
    path(f"{_desk}/areas/<int:pk>/", areas.area, name="area"),
    path(f"{_desk}/mappings/", mappings.mappings, name="mappings"),
    path(f"{_desk}/mappings/new/", mappings.new_mapping, name="new-mapping"),
    path(f"{_desk}/mappings/<int:pk>/", mappings.mapping, name="mapping"),
    path(f"{_desk}/mappings/<int:pk>/mapping.yaml", mappings.mapping_file, name="mapping-file"),
    path(f"{_desk}/mappings/<int:pk>/forget/", mappings.forget, name="forget-mapping"),
    path(f"{_desk}/figures/<int:pk>/", figures.figure, name="figure"),
    path(f"{_desk}/figures/<int:pk>/correct/", figures.correct, name="correct"),
    path(f"{_desk}/checks/", checks.checks, name="checks"),
    path(f"{_desk}/delineation/", delineation.delineation, name="delineation"),
    path(f"{_desk}/delineation/stability/", delineation.stability, name="delineation-stability"),
    path(
        f"{_desk}/delineation/<slug:what>.<slug:format>",
        delineation.delineation_file,
        name="delineation-file",
    ),
    path(f"{_desk}/futures/neighbours/", neighbours.futures_neighbours, name="futures-neighbours"),
    path(
        f"{_desk}/futures/neighbours/<slug:exhibit>-<int:number>.<slug:format>",
        neighbours.neighbours_file,
        name="neighbours-file",
    ),
    path(f"{_desk}/futures/rates/", rates.demand_rates, name="demand-rates"),
    path(f"{_desk}/futures/rates/file/", rates.upload, name="demand-rates-upload"),
    path(f"{_desk}/futures/rates/buildings/", rates.buildings, name="demand-rates-buildings"),
    path(f"{_desk}/futures/rates/remove/", rates.remove, name="remove-demand-rates"),
    path(f"{_desk}/futures/rates/rates.yaml", rates.rates_file, name="demand-rates-file"),
    path(f"{_desk}/futures/rates/template.yaml", rates.template_file, name="demand-rates-template"),
    path(f"{_desk}/futures/methods/", methods.methods, name="futures-methods"),
    path(f"{_desk}/futures/methods/accuracy/", methods.methods_accuracy, name="methods-accuracy"),
    path(f"{_desk}/book/", book.book, name="book"),
    path(f"{_desk}/book/indicators/", book.indicators, name="indicators"),
    path(f"{_desk}/book/regions/", book.regions, name="book-regions"),
    path(f"{_desk}/book/values/<slug:indicator>/<slug:code>/", book.reckoned, name="reckoned"),
    path(
        f"{_desk}/book/of/<str:codes>/values/<slug:indicator>/<slug:code>/", book.reckoned, name="reckoned-of"
    ),
    path(f"{_desk}/book/of/<str:codes>/<slug:chapter>/", book.chapter, name="book-chapter-of"),
    path(f"{_desk}/book/<slug:chapter>/", book.chapter, name="book-chapter"),
    path(
        f"{_desk}/book/files/<slug:exhibit>-<int:number>.<slug:format>", book.exhibit_file, name="book-file"
    ),
    path(f"{_desk}/futures/", workbench.futures, name="futures"),
    path(f"{_desk}/futures/new/", workbench.workbench, name="workbench"),
    path(f"{_desk}/futures/new/live/", workbench.live, name="workbench-live"),
    path(f"{_desk}/futures/new/file/", workbench.upload, name="forecast-upload"),
    path(f"{_desk}/futures/compare/", forecasts.compare, name="compare-futures"),
    path(
        f"{_desk}/futures/compare/<slug:exhibit>-<int:number>.<slug:format>",
        forecasts.compared_file,
        name="compared-file",
    ),
    path(f"{_desk}/futures/runs/<int:pk>/", forecasts.run, name="forecast-run"),
    path(f"{_desk}/futures/runs/<int:pk>/cancel/", forecasts.cancel, name="cancel-forecast"),
    path(f"{_desk}/futures/<int:pk>/", forecasts.forecast, name="forecast"),
    path(f"{_desk}/futures/<int:pk>/edit/", forecasts.edit, name="forecast-edit"),
    path(f"{_desk}/futures/<int:pk>/scenario.yaml", workbench.scenario_file, name="forecast-scenario"),
    path(f"{_desk}/futures/<int:pk>/do/<slug:deed>/", forecasts.do, name="forecast-do"),
    path(
        f"{_desk}/futures/<int:pk>/files/<slug:exhibit>-<int:number>.<slug:format>",
        forecasts.exhibit_file,
        name="forecast-file",
    ),
    *inquiries,
]
