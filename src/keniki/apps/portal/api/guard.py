"""What holds for every route before it runs: its methods, the names in its address, kind and size of what is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, wraps
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, URLResolver
from django.views.decorators.csrf import csrf_exempt

from keniki.core.errors import WrongInput

from . import openapi

View = Callable[..., HttpResponseBase]
NEVER_KEPT = "no-store, private"


def guard(pattern: URLPattern | URLResolver) -> None:
    """Put the route's view behind the checks that its description implies; HEAD is GET without the content.

    Methods that the description does not name are 405 (with Allow), a body that is not JSON 415, a too large
    one 413, a query name that the description does not know (or one given twice) 422 with the known names.
    """
    route = "/api/v1/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
    view: View = pattern.callback  # type: ignore[assignment]

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **names: object) -> HttpResponseBase:
        methods = described().get(route, {"GET": frozenset[str]()})
        also = {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
        allowed = ", ".join(sorted({*methods, *also}))
        if request.method == "OPTIONS":
            return _headed(HttpResponse(status=204), Allow=allowed)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in methods:
            message = f"このアドレスで {request.method} は使えません。使えるもの: {allowed}"
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, WrongInput(message), Allow=allowed)
        problem = _wrong_query(request, methods[method]) or _wrong_body(request, method)
        if problem is not None:
            return problem
        if route == "/api/v1/":
            return HttpResponseRedirect("/api/v1/openapi.json")
        if request.method != "HEAD":
            return view(request, *args, **names)
        request.method = "GET"
        return _without_content(view(request, *args, **names))

    pattern.callback = guarded


def refusal(status: int, problem: WrongInput, **headers: str) -> HttpResponse:
    """The one form in which the API refuses: `{"error": {"message", "file", "row", "column"}}`."""
    made = JsonResponse(
        {"error": problem.as_dict()}, status=status, json_dumps_params={"ensure_ascii": False}
    )
    return _headed(made, **headers)


@cache
def described() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """The described routes: their methods, and for each the names its query may hold."""
    return {
        path: {
            method.upper(): frozenset(
                parameter["name"]
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query"
            )
            for method, operation in operations.items()
        }
        for path, operations in openapi()["paths"].items()
    }


def _wrong_query(request: HttpRequest, known: frozenset[str]) -> HttpResponse | None:
    for name, values in request.GET.lists():
        if name not in known:
            what = (
                f"使える項目: {'、'.join(sorted(known))}"
                if known
                else "このアドレスに付けられる項目はありません。"
            )
            message = f"「{name[:80]}」という検索条件の項目はありません。{what}"
        elif len(values) > 1:
            message = f"検索条件の項目「{name}」は1回だけ書いてください。"
        else:
            continue
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, WrongInput(message, column=name[:80]))
    return None


def _wrong_body(request: HttpRequest, method: str) -> HttpResponse | None:
    if method == "GET":
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
        message = f"送られた内容が大きすぎます。{limit} MB までにしてください。"
        return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, WrongInput(message))
    sent = request.content_type or ""
    if body and sent != "application/json":
        message = f"Content-Type「{sent[:80]}」は受け付けません。application/json で送ってください。"
        return refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            WrongInput(message, column="Content-Type"),
            Accept="application/json",
        )
    return None


def _without_content(answer: HttpResponseBase) -> HttpResponseBase:
    if isinstance(answer, HttpResponse):
        answer.headers.setdefault("Content-Length", str(len(answer.content)))
        answer.content = b""
    return answer


def _headed(answer: HttpResponse, **headers: str) -> HttpResponse:
    answer.headers["Cache-Control"] = NEVER_KEPT
    for name, value in headers.items():
        answer.headers[name] = value
    return answer
