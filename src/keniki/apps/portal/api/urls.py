"""The API's addresses; what is none of them is refused in the API's own form."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from keniki.core.errors import WrongInput

from .app import api
from .guard import guard, refusal


@csrf_exempt
def nothing(request: HttpRequest, rest: str) -> HttpResponseBase:
    """404 with the error object."""
    return refusal(404, WrongInput("このアドレスはAPIにありません。説明は /api/v1/openapi.json にあります。"))


_routes = api.urls
for _pattern in _routes[0]:
    guard(_pattern)

urlpatterns = [path("api/v1/", _routes), path("api/v1/<path:rest>", nothing, name="api-nothing")]
