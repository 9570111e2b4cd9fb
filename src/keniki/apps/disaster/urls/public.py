"""The public board."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import public

patterns: Final[list[URLPattern]] = [
    path("disaster/", public.everywhere, name="public"),
    path("disaster/board.json", public.everywhere, name="board-json"),
    path("disaster/<slug:region>/", public.region, name="public-region"),
    path("disaster/<slug:region>/drill/", public.region, name="public-drill"),
    path("disaster/<slug:region>/board.json", public.region, name="region-board-json"),
]
