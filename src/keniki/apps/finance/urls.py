"""Where money is reached."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "finance"
_desk = "desk/<slug:region>/finance"
urlpatterns = [
    path(f"{_desk}/", views.finance, name="finance"),
    path(f"{_desk}/grants/new/", views.edit_grant, name="new-grant"),
    path(f"{_desk}/grants/data/", views.grants_csv, name="grants-csv"),
    path(f"{_desk}/grants/<slug:slug>/", views.edit_grant, name="grant"),
    path(f"{_desk}/grants/<slug:slug>/remove/", views.remove_grant, name="remove-grant"),
    path(f"{_desk}/lines/new/", views.edit_line, name="new-line"),
    path(f"{_desk}/lines/data/", views.lines_csv, name="lines-csv"),
    path(f"{_desk}/lines/<slug:slug>/", views.edit_line, name="line"),
    path(f"{_desk}/lines/<slug:slug>/remove/", views.remove_line, name="remove-line"),
]
