"""The API itself: its description, who may call it, and how every refusal looks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.renderers import JSONRenderer

from keniki import __version__
from keniki.core.errors import WrongInput

from . import activities, compacts, documents, money, regions
from .common import Conflict, Session, Token

Session.param_name = settings.SESSION_COOKIE_NAME


class Readable(JSONRenderer):
    """JSON in which Japanese can be read."""

    media_type = "application/json"
    json_dumps_params = {"ensure_ascii": False}


class Api(NinjaAPI):
    """Answers that no cache keeps: what one caller may see another may not."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        response = super().create_temporal_response(request)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    def create_response(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().create_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        return response


api = Api(
    title="Keniki API",
    version=__version__,
    description=(
        "圏域の記録を読み書きするAPI。権限は画面と同じで、見えないものは404、見えても変更できないものは403（理由付き）、"
        "誤った入力は422、ほかの人が先に変更していたときは409（両方の内容）を返します。"
        "市町村コードは6桁、金額は円、割合は小数、年度は始まりの西暦年です。"
    ),
    auth=[Token(), Session()],
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
    renderer=Readable(),
)
for router in (
    regions.router,
    compacts.router,
    activities.router,
    money.router,
    documents.router,
):
    api.add_router("", router)


def _refuse(request: HttpRequest, status: int, **problem: Any) -> HttpResponse:
    error = {"message": "", "file": None, "row": None, "column": None, **problem}
    response = api.create_response(request, {"error": error}, status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(AuthenticationError)
def unknown_caller(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    message = "ログインしていません。Authorization: Bearer TOKEN を付けてください。"
    return _refuse(request, 401, message=message)


@api.exception_handler(Http404)
def unseen(request: HttpRequest, error: Http404) -> HttpResponse:
    return _refuse(request, 404, message=str(error) or "見つかりません。")


@api.exception_handler(PermissionDenied)
def denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return _refuse(request, 403, message=str(error))


@api.exception_handler(WrongInput)
def wrong(request: HttpRequest, error: WrongInput) -> HttpResponse:
    return _refuse(request, 422, **error.as_dict())


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    place = [str(part) for part in first.get("loc", ())[1:] if part not in ("payload", "query")]
    column = ".".join(place) or None
    reason = _REASONS.get(str(first.get("type")), "値が正しくありません。")
    detail = "" if str(first.get("type")) in _REASONS else f"（{first.get('msg', '')}）"
    return _refuse(request, 422, message=f"{reason}{detail}", column=column)


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    status = 422 if error.status_code == 400 else error.status_code
    message = "JSONとして読めません。" if error.status_code == 400 else str(error)
    return _refuse(request, status, message=message)


@api.exception_handler(Conflict)
def conflict(request: HttpRequest, error: Conflict) -> HttpResponse:
    content = {
        "error": {"message": str(error), "file": None, "row": None, "column": "version"},
        "mine": error.mine,
        "current": error.current,
    }
    return api.create_response(request, content, status=409)


_REASONS = {
    "missing": "入力してください。",
    "extra_forbidden": "この名前の項目はありません。",
    "string_pattern_mismatch": "使えない文字があるか、形が違います。",
    "string_too_long": "長すぎます。",
    "literal_error": "決められた値のどれかにしてください。",
    "int_parsing": "整数にしてください。",
    "date_from_datetime_parsing": "日付は YYYY-MM-DD で書いてください。",
    "less_than_equal": "大きすぎます。",
    "greater_than_equal": "小さすぎます。",
}
