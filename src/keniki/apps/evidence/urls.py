"""Where statistics are reached."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "evidence"
_desk = "desk/<slug:region>/evidence"
urlpatterns = [
    path(f"{_desk}/", views.evidence, name="evidence"),
    path(f"{_desk}/import/", views.import_file, name="import"),
    path(f"{_desk}/editions/<int:pk>/", views.edition, name="edition"),
    path(f"{_desk}/rows/<int:pk>/", views.kept_row, name="row"),
    path(f"{_desk}/rows/<int:pk>/drop/", views.drop_row, name="drop-row"),
    path(f"{_desk}/figures/<int:pk>/", views.figure, name="figure"),
    path(f"{_desk}/figures/<int:pk>/correct/", views.correct, name="correct"),
]
