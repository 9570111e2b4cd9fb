"""What is answered when a request fails: 503 while the database is away, otherwise 500."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views.defaults import server_error as fault

#: PostgreSQL ends or refuses connections: shut down by an administrator, crashed, starting up.
_ENDED = {"57P01", "57P02", "57P03"}
RETRY_SECONDS = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """The project's `handler500`: nothing was saved in either case."""
    if not database_is_away(sys.exc_info()[1]):
        return fault(request)
    if request.path.startswith("/api/"):
        answer: HttpResponse = JsonResponse(
            {"error": {"message": "データベースに接続できません。保存は完了していません。"}}, status=503
        )
    else:
        answer = HttpResponse(loader.get_template("503.html").render(), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def database_is_away(error: BaseException | None) -> bool:
    """Whether the error says that the database cannot be reached, and not that it refused a statement."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith("08") or state in _ENDED
