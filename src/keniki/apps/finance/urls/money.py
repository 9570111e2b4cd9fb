"""Where grants and budget lines are reached."""

from __future__ import annotations

from typing import Final

from django.urls import path

from ..views import money as views
from .desk import DESK

patterns: Final = [
    path(f"{DESK}/", views.finance, name="finance"),
    path(f"{DESK}/grants/new/", views.edit_grant, name="new-grant"),
    path(f"{DESK}/grants/data/", views.grants_csv, name="grants-csv"),
    path(f"{DESK}/grants/<slug:slug>/", views.edit_grant, name="grant"),
    path(f"{DESK}/grants/<slug:slug>/remove/", views.remove_grant, name="remove-grant"),
    path(f"{DESK}/lines/new/", views.edit_line, name="new-line"),
    path(f"{DESK}/lines/data/", views.lines_csv, name="lines-csv"),
    path(f"{DESK}/lines/<slug:slug>/", views.edit_line, name="line"),
    path(f"{DESK}/lines/<slug:slug>/remove/", views.remove_line, name="remove-line"),
]
