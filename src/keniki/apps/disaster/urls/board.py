"""Where the board is reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views.board import deeds, entries, exchanges, pages, reports
from .desk import INCIDENT

_BOARD: Final = f"{INCIDENT}/board"
_TOWN: Final = f"{_BOARD}/towns/<slug:code>"
_REQUESTS: Final = f"{_BOARD}/requests"
patterns: Final[list[URLPattern]] = [
    path(f"{_BOARD}/", pages.board, name="board"),
    path(f"{_BOARD}/live/", pages.live, name="board-live"),
    path(f"{_BOARD}/shelters/", pages.shelters, name="board-shelters"),
    path(f"{_BOARD}/shelters/new/", entries.new_shelter, name="board-new-shelter"),
    path(f"{_BOARD}/shelters/<slug:key>/", entries.shelter, name="board-shelter"),
    path(f"{_TOWN}/", entries.town, name="board-town"),
    path(f"{_TOWN}/orders/", entries.orders, name="board-orders"),
    path(f"{_TOWN}/damage/", entries.damage, name="board-damage"),
    path(f"{_TOWN}/copy.<slug:form>", reports.copy, name="board-copy"),
    path(f"{_BOARD}/roads/new/", entries.road, name="board-new-road"),
    path(f"{_BOARD}/roads/<slug:key>/", entries.road, name="board-road"),
    path(f"{_REQUESTS}/new/", entries.supply, name="board-new-request"),
    path(f"{_REQUESTS}/<slug:key>/", entries.supply, name="board-request"),
    path(f"{_REQUESTS}/<slug:key>/answer/", entries.answer, name="board-answer"),
    path(f"{_BOARD}/notes/new/", entries.note, name="board-new-note"),
    path(f"{_BOARD}/notes/<slug:key>/", entries.note, name="board-note"),
    path(f"{_BOARD}/decide/<slug:kind>/<slug:key>/<str:name>/", deeds.decide, name="board-decide"),
    path(f"{_BOARD}/void/<slug:kind>/<slug:key>/", deeds.void, name="board-void"),
    path(f"{_BOARD}/refused/", deeds.refused, name="board-refused"),
    path(f"{_BOARD}/refused/<int:pk>/settle/", deeds.settle, name="board-settle"),
    path(f"{_BOARD}/chronology/", reports.chronology, name="chronology"),
    path(f"{_BOARD}/chronology.<slug:form>", reports.chronology_file, name="chronology-file"),
    path(f"{_BOARD}/report.<slug:form>", reports.report, name="situation-report"),
    path(f"{_BOARD}/damage.<slug:form>", reports.damage_report, name="damage-report"),
    path(f"{_BOARD}/exchange/<str:name>", exchanges.exchange, name="board-exchange"),
    path(f"{_BOARD}/tables/<slug:name>.csv", reports.table, name="board-table"),
]
