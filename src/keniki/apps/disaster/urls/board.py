"""Where the board is reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern

patterns: Final[list[URLPattern]] = []
