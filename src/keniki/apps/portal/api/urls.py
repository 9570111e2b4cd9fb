"""The API's addresses; what is none of them is refused in the API's own form."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from .app import api


@csrf_exempt
def nothing(request: HttpRequest, rest: str) -> HttpResponseBase:
    """404 with the error object."""
    error = {"message": "このアドレスはAPIにありません。", "file": None, "row": None, "column": None}
    return JsonResponse({"error": error}, status=404, json_dumps_params={"ensure_ascii": False})


urlpatterns = [path("api/v1/", api.urls), path("api/v1/<path:rest>", nothing, name="api-nothing")]
