"""The document pages."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "documents"
urlpatterns = [
    path("desk/<slug:region>/documents/", views.documents, name="documents"),
    path("desk/<slug:region>/documents/new/<slug:kind>/", views.new, name="new"),
    path("desk/<slug:region>/documents/runs/<int:pk>/", views.run, name="run"),
    path("desk/<slug:region>/documents/runs/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("desk/<slug:region>/documents/<slug:kind>/<int:number>/", views.document, name="document"),
    path("desk/<slug:region>/documents/<slug:kind>/<int:number>/<slug:verb>/act/", views.act, name="act"),
    path(
        "desk/<slug:region>/documents/<slug:kind>/<int:number>/files/<slug:format>/", views.file, name="file"
    ),
    path(
        "r/<slug:region>/documents/<slug:kind>/<int:number>/<slug:format>/",
        views.public_file,
        name="public-file",
    ),
]
