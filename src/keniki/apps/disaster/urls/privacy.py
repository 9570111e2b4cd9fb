"""Where it is said what is kept of persons, and who looked at it."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import privacy
from .desk import DESK, INCIDENT

patterns: Final[list[URLPattern]] = [
    path(f"{INCIDENT}/retention/", privacy.retentions, name="retentions"),
    path(f"{INCIDENT}/retention/<slug:code>/", privacy.retention, name="retention"),
    path(f"{DESK}/looks/<slug:code>/", privacy.looks, name="looks"),
]
