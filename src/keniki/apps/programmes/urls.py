"""Where programmes are reached."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "programmes"
_desk = "desk/<slug:region>/programmes"
urlpatterns = [
    path(f"{_desk}/", views.eligibility, name="eligibility"),
    path(f"{_desk}/procedure/", views.procedure, name="procedure"),
    path(f"{_desk}/procedure/chart/", views.procedure_chart, name="procedure-chart"),
    path(f"{_desk}/procedure/calendar/", views.procedure_calendar, name="procedure-calendar"),
    path(f"{_desk}/partners/", views.candidates, name="partners"),
]
