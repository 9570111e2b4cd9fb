"""Where statistics are reached."""

from __future__ import annotations

from django.urls import path

from .inquiring.urls import urlpatterns as inquiries
from .views import areas, book, checks, editions, fetching, figures, mappings

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
    *inquiries,
]
