"""What every route shares: who acts, in which region, and how refusals are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django_scopes import scope
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from . import schemas as s

T = TypeVar("T")

#: What any route may answer beside its own.
REFUSALS: dict[int, type[s.Out]] = {401: s.Refusal, 404: s.Refusal, 422: s.Refusal}
WRITE_REFUSALS: dict[int, type[s.Out]] = {403: s.Refusal, 413: s.Refusal, 415: s.Refusal, **REFUSALS}


class Authenticated(HttpRequest):
    """A request with the actor that its token or session stands for."""

    auth: Actor


class Token(HttpBearer):
    """`Authorization: Bearer TOKEN` (`keniki user token LOGIN`)."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        return regions.actor_from_token(f"Bearer {token}")


class Session(APIKeyCookie):
    """The session of a logged-in browser; writing needs the CSRF token as in forms."""

    param_name = "keniki_session"

    def __call__(self, request: HttpRequest) -> Actor | None:
        return self.authenticate(request, self._get_key(request))

    def _get_key(self, request: HttpRequest) -> str | None:
        return request.COOKIES.get(self.param_name)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise Denied("CSRFトークンがないか、正しくありません。X-CSRFToken ヘッダーを付けてください。")
        if request.user.must_change_password:
            raise Denied("初期パスワードを変えるまで、APIは使えません。画面で変更してください。")
        return regions.actor_for(request.user, via="api")


@contextmanager
def region_of(request: Any, slug: str) -> Iterator[Region]:
    """The region in scope; one that the actor may not see does not exist (404)."""
    found = regions.region_for(request.auth, slug)
    with scope(region=found):
        yield found


def town_by_code(code: str, column: str = "municipality") -> Municipality:
    """The municipality with this code today; `WrongInput` for an unknown one."""
    found = regions.municipality_by_code(code)
    if found is None:
        raise WrongInput(f"全国地方公共団体コード {code} の市町村はありません。", column=column)
    return found


def page_of(
    rows: Sequence[T] | QuerySet[Any], limit: int, offset: int, shown: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """A part of a list and how many there are in all; of a query set the database reads only that part."""
    return {
        "count": rows.count() if isinstance(rows, QuerySet) else len(rows),
        "items": [shown(row) for row in rows[offset : offset + limit]],
    }


class Conflict(Exception):
    """Somebody else changed the record: both versions, for the user to choose (409)."""

    def __init__(self, stale: Stale, mine: dict[str, Any], current: dict[str, Any] | None):
        super().__init__(str(stale))
        self.mine, self.current = mine, current


def not_found(what: str) -> Http404:
    return Http404(f"{what}が見つかりません。")
