"""Where the weather agency's warnings are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import warnings
from .desk import DESK, INCIDENT

_WARNINGS: Final = f"{DESK}/warnings"
patterns: Final[list[URLPattern]] = [
    path("desk/disaster/warnings/", warnings.source, name="warning-source"),
    path(f"{_WARNINGS}/", warnings.warnings, name="warnings"),
    path(f"{_WARNINGS}/<int:pk>/", warnings.telegram, name="warning-telegram"),
    path(f"{_WARNINGS}/<int:pk>/file/", warnings.telegram_file, name="warning-telegram-file"),
    path(f"{INCIDENT}/telegram/", warnings.play, name="play-telegram"),
]
