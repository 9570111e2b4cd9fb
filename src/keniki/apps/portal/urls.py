"""The staff pages that join slices, and behind them the public site and the API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from . import views

portal = [
    path("desk/", views.desk, name="desk"),
    path("desk/<slug:region>/", views.region, name="region"),
    path("desk/<slug:region>/initiatives/<slug:initiative>/", views.initiative, name="initiative"),
    path("desk/<slug:region>/trace/", views.trace, name="trace"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((portal, "portal"))),
    path("", include("keniki.apps.portal.public.urls")),
    path("", include("keniki.apps.portal.api.urls")),
]
