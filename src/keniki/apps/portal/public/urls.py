"""The addresses of the public pages."""

from __future__ import annotations

from django.urls import path, re_path

from . import views

app_name = "public"

_REGION = r"^r/(?P<region>[-a-zA-Z0-9_]+)/"

urlpatterns = [
    path("", views.regions, name="regions"),
    path("furigana/", views.furigana, name="furigana"),
    path("r/<slug:region>/", views.home, name="home"),
    path("r/<slug:region>/members/", views.members, name="members"),
    path("r/<slug:region>/initiatives/<slug:initiative>/", views.initiative, name="initiative"),
    path("r/<slug:region>/activities/", views.activities, name="activities"),
    path("r/<slug:region>/activities/<slug:activity>/", views.activity, name="activity"),
    path("r/<slug:region>/vision/", views.vision, name="vision"),
    re_path(
        _REGION + r"kpi/(?P<kpi>[-a-zA-Z0-9_]+)/(?P<shape>wide|narrow)\.svg$",
        views.kpi_chart,
        name="kpi-chart",
    ),
    path("r/<slug:region>/agreements/", views.agreements, name="agreements"),
    path("r/<slug:region>/agreements/<slug:agreement>/", views.agreement, name="agreement"),
    path("r/<slug:region>/documents/", views.documents, name="documents"),
    path("r/<slug:region>/data/", views.data, name="data"),
    path("r/<slug:region>/data/catalogue.json", views.catalogue, name="catalogue"),
    re_path(_REGION + r"data/(?P<dataset>[a-z_]+)\.(?P<format>csv|json)$", views.dataset, name="dataset"),
    path("r/<slug:region>/photos/<slug:photo>/", views.photo, name="photo"),
]
