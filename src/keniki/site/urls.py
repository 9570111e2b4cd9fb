"""The addresses: fixed ones here, each slice's own from its `urls.py`."""

from __future__ import annotations

from importlib.util import find_spec

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path

handler400 = "keniki.site.away.bad_request"
handler403 = "keniki.site.refusal.refused"
handler500 = "keniki.site.away.server_error"
SLICES = (
    "accounts",
    "regions",
    "workflow",
    "evidence",
    "programmes",
    "compacts",
    "activities",
    "finance",
    "disaster",
    "documents",
    "portal",
)


def healthz(request: HttpRequest) -> JsonResponse:
    """Answers 200 while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    *(
        path("", include(f"keniki.apps.{slice_}.urls"))
        for slice_ in SLICES
        if find_spec(f"keniki.apps.{slice_}.urls") is not None
    ),
    path("accounts/", include("allauth.urls")),
]
