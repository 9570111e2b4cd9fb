"""Where drills are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import drills
from .desk import DESK, INCIDENT

_SCENARIO: Final = f"{DESK}/drills/<slug:slug>"
patterns: Final[list[URLPattern]] = [
    path(f"{DESK}/drills/", drills.drills, name="drills"),
    path(f"{DESK}/drills/new/", drills.edit_scenario, name="new-drill-scenario"),
    path(f"{_SCENARIO}/", drills.scenario, name="drill-scenario"),
    path(f"{_SCENARIO}/edit/", drills.edit_scenario, name="edit-drill-scenario"),
    path(f"{_SCENARIO}/start/", drills.start, name="start-drill"),
    path(f"{INCIDENT}/drill/", drills.drill, name="drill"),
    path(f"{INCIDENT}/drill/end/", drills.end, name="end-drill"),
    path(f"{INCIDENT}/drill/review/", drills.review, name="drill-review"),
    path(f"{INCIDENT}/drill/review.<slug:form>", drills.review_file, name="drill-review-file"),
]
