"""The API itself: its description, who may call it, and how every refusal looks."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer

from keniki import __version__
from keniki.core.errors import WrongInput

from . import activities, compacts, disaster, documents, money, regions
from .common import Conflict, Session, Token
from .describing import with_words
from .guard import NEVER_KEPT, refusal

Session.param_name = settings.SESSION_COOKIE_NAME


class Readable(JSONRenderer):
    """JSON in which Japanese can be read."""

    media_type = "application/json"
    json_dumps_params = {"ensure_ascii": False}


class Api(NinjaAPI):
    """Answers that no cache keeps: what one caller may see another may not."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(*args, **kwargs)
        with_words(schema)
        return schema

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        response = super().create_temporal_response(request)
        response.headers["Cache-Control"] = NEVER_KEPT
        return response

    def create_response(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().create_response(*args, **kwargs)
        response.headers["Cache-Control"] = NEVER_KEPT
        return response


api = Api(
    title="Keniki API",
    version=__version__,
    description=(
        "圏域の記録を読み書きするAPI。権限は画面と同じで、見えないものは404、見えても変更できないものは403（理由付き）、"
        "誤った入力は422、ほかの人が先に変更していたときは409（両方の内容）を返します。"
        "アドレスで使えないメソッドは405（Allow付き）、説明にない検索条件の項目は422、JSONでない内容は415、"
        '大きすぎる内容は413で、どの誤りも同じ形 {"error": {"message", "file", "row", "column"}} です。'
        "変更には読んだときの version を添えます（ETag、If-Match は使いません）。"
        "一覧は limit（200まで）と offset で区切って読み、count が全体の件数です。"
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
    disaster.router,
    documents.router,
):
    api.add_router("", router)


@api.exception_handler(AuthenticationError)
def unknown_caller(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    message = "ログインしていません。Authorization: Bearer TOKEN を付けてください。"
    return refusal(401, WrongInput(message), **{"WWW-Authenticate": "Bearer"})


@api.exception_handler(Http404)
def unseen(request: HttpRequest, error: Http404) -> HttpResponse:
    return refusal(404, WrongInput(str(error) or "見つかりません。"))


@api.exception_handler(PermissionDenied)
def denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return refusal(403, WrongInput(str(error)))


@api.exception_handler(WrongInput)
def wrong(request: HttpRequest, error: WrongInput) -> HttpResponse:
    return refusal(422, error)


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    place = [str(part) for part in first.get("loc", ())[1:] if part not in ("payload", "query")]
    column = ".".join(place) or None
    reason = _REASONS.get(str(first.get("type")), "値が正しくありません。")
    detail = "" if str(first.get("type")) in _REASONS else f"（{first.get('msg', '')}）"
    return refusal(422, WrongInput(f"{reason}{detail}", column=column))


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code != 400:
        return refusal(error.status_code, WrongInput(str(error)))
    cause = error.__cause__
    row = cause.lineno if isinstance(cause, json.JSONDecodeError) else None
    return refusal(422, WrongInput("JSONとして読めません。", row=row))


@api.exception_handler(Conflict)
def conflict(request: HttpRequest, error: Conflict) -> HttpResponse:
    content = {
        "error": WrongInput(str(error), column="version").as_dict(),
        "mine": error.mine,
        "current": error.current,
    }
    return api.create_response(request, content, status=409)


_REASONS = {
    "missing": "入力してください。",
    "extra_forbidden": "この名前の項目はありません。",
    "string_pattern_mismatch": "使えない文字があるか、形が違います。",
    "string_too_long": "長すぎます。",
    "string_unicode": "文字として読めません。",
    "string_type": "文字列で書いてください。",
    "int_type": "整数にしてください。",
    "int_from_float": "整数にしてください。",
    "bool_parsing": "true か false で書いてください。",
    "bool_type": "true か false で書いてください。",
    "list_type": "[ ] で囲んだ一覧で書いてください。",
    "model_attributes_type": "{ } で囲んだ項目で書いてください。",
    "date_parsing": "日付は YYYY-MM-DD で書いてください。",
    "date_type": "日付は YYYY-MM-DD で書いてください。",
    "decimal_parsing": "数値にしてください。",
    "decimal_type": "数値にしてください。",
    "decimal_max_digits": "桁が多すぎます。",
    "decimal_max_places": "小数点以下の桁が多すぎます。",
    "finite_number": "数値にしてください。",
    "less_than": "大きすぎます。",
    "greater_than": "小さすぎます。",
    "too_long": "件数が多すぎます。",
    "literal_error": "決められた値のどれかにしてください。",
    "int_parsing": "整数にしてください。",
    "date_from_datetime_parsing": "日付は YYYY-MM-DD で書いてください。",
    "less_than_equal": "大きすぎます。",
    "greater_than_equal": "小さすぎます。",
}
