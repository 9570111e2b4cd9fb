"""Where incidents are reached, and the first page of disaster work."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import incidents
from .desk import DESK, INCIDENT, INCIDENTS

patterns: Final[list[URLPattern]] = [
    path("desk/disaster/", incidents.desk, name="desk"),
    path(f"{DESK}/", incidents.overview, name="overview"),
    path(f"{INCIDENTS}/", incidents.incidents, name="incidents"),
    path(f"{INCIDENTS}/new/", incidents.edit_incident, name="new-incident"),
    path(f"{INCIDENT}/", incidents.incident, name="incident"),
    path(f"{INCIDENT}/edit/", incidents.edit_incident, name="edit-incident"),
    path(f"{INCIDENT}/end/", incidents.end_incident, name="end-incident"),
    path(f"{INCIDENT}/reopen/", incidents.reopen_incident, name="reopen-incident"),
]
