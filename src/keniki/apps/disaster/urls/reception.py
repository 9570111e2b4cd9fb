"""Where the reception of shelters is reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views.reception import bundles, data, overview, people, persons, printing, web
from .desk import DESK, INCIDENT

_RECEPTION: Final = f"{INCIDENT}/reception"
_TOWN: Final = f"{_RECEPTION}/<slug:code>"
patterns: Final[list[URLPattern]] = [
    path(f"{DESK}/devices/", bundles.devices, name="devices"),
    path(f"{DESK}/devices/<slug:device>/revoke/", bundles.revoke, name="revoke-device"),
    path(f"{_RECEPTION}/", overview.reception, name="reception"),
    path(f"{_RECEPTION}/data.json", data.data, name="reception-data"),
    path(f"{_RECEPTION}/devices.json", data.register, name="reception-device"),
    path(f"{_RECEPTION}/events.json", data.events, name="reception-events"),
    path(f"{_RECEPTION}/send.json", data.send, name="reception-send"),
    path(f"{_RECEPTION}/bundles/", bundles.bundles, name="reception-bundles"),
    path(f"{_RECEPTION}/needs/", people.needs, name="reception-needs"),
    path("disaster/<slug:region>/check-in/<str:token>/", web.check_in, name="public-check-in"),
    path("disaster/<slug:region>/prepare/", web.prepare, name="public-prepare"),
    path(f"{DESK}/cards/<slug:code>/", printing.cards, name="cards"),
    path(f"{DESK}/cards/<slug:code>/<int:pk>.pdf", printing.cards_file, name="cards-file"),
    path(f"{DESK}/cards/<slug:code>/sheets/<slug:token>.pdf", printing.sheet_file, name="sheet-file"),
    path(f"{_TOWN}/paper/", printing.paper, name="reception-paper"),
    path(f"{_TOWN}/paper/<slug:token>/<int:line>/", printing.paper_line, name="reception-paper-line"),
    path(f"{_TOWN}/web/", web.web, name="reception-web"),
    path(f"{_TOWN}/web/<int:pk>/confirm/", web.confirm, name="reception-confirm"),
    path(f"{_TOWN}/web/<int:pk>/refuse/", web.refuse, name="reception-refuse"),
    path(f"{_TOWN}/posters/<int:pk>/close/", web.close, name="reception-close"),
    path(f"{_TOWN}/posters/<int:pk>.pdf", web.poster_file, name="reception-poster"),
    path(f"{_TOWN}/", people.town, name="reception-town"),
    path(f"{_TOWN}/check-in/", persons.check_in, name="reception-check-in"),
    path(f"{_TOWN}/scan/", persons.scan, name="reception-scan"),
    path(f"{_TOWN}/people/", people.people, name="reception-people"),
    path(f"{_TOWN}/people.<slug:form>", people.people_file, name="reception-people-file"),
    path(f"{_TOWN}/outside/", people.outside, name="reception-outside"),
    path(f"{_TOWN}/doubles/", people.doubles, name="reception-doubles"),
    path(f"{_TOWN}/people/<uuid:key>/", persons.person, name="reception-person"),
    path(f"{_TOWN}/people/<uuid:key>/edit/", persons.edit_person, name="reception-edit-person"),
    path(f"{_TOWN}/people/<uuid:key>/void/", persons.void, name="reception-void"),
    path(f"{_TOWN}/people/<uuid:key>/join/", people.join, name="reception-join"),
    path(f"{_TOWN}/households/<uuid:key>/", persons.household, name="reception-household"),
    path(f"{_TOWN}/households/<uuid:key>/edit/", persons.edit_household, name="reception-edit-household"),
    path(f"{_TOWN}/decide/<slug:kind>/<uuid:key>/<str:name>/", persons.decide, name="reception-decide"),
]
