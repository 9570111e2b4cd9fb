"""Where the pages that work without network are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import field
from .desk import INCIDENT

_APP = f"{INCIDENT}/reception/app"

patterns: Final[list[URLPattern]] = [
    path(f"{_APP}/", field.reception_app, name="reception-app"),
    path(f"{_APP}/worker.js", field.reception_worker, name="reception-worker"),
    path(f"{_APP}/manifest.webmanifest", field.reception_manifest, name="reception-manifest"),
]
