"""What is answered when a request fails: 503 without the database or a disk with room, 413 too large, else 500; to the
API as JSON."""

from __future__ import annotations

import errno
import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views.defaults import bad_request as unaccepted
from django.views.defaults import server_error as fault

from keniki.core.errors import WrongInput

#: PostgreSQL ends or refuses connections: shut down by an administrator, crashed, starting up.
_ENDED = {"57P01", "57P02", "57P03"}
#: The database server's disk, and ours.
_DISK_FULL = "53100"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
RETRY_SECONDS = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """The project's `handler500`: nothing was saved in either case."""
    api = request.path.startswith("/api/")
    error = sys.exc_info()[1]
    if disk_is_full(error):
        return unavailable(api=api, full=True)
    if not database_is_away(error):
        return for_machines(500, "処理できませんでした。保存は完了していません。") if api else fault(request)
    return unavailable(api=api)


def unavailable(*, api: bool, busy: bool = False, full: bool = False) -> HttpResponse:
    """503: the database is away, a disk is full or, where the request was not even begun, too many wait already."""
    reason = "データベースに接続できません。"
    if busy:
        reason = "ただいま処理できません。"
    elif full:
        reason = "保存する場所（ディスク）に空きがありません。管理者に知らせてください。"
    if api:
        answer = for_machines(503, f"{reason}保存は完了していません。")
    else:
        context = {"busy": busy, "full": full}
        answer = HttpResponse(loader.get_template("503.html").render(context), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The project's `handler400`: a host name or a form that is not accepted, or a form's text that is too long."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if request.path.startswith("/api/"):
        return for_machines(400, "この要求は受け付けられません。")
    return unaccepted(request, exception)


def too_large(request: HttpRequest, limit: int) -> HttpResponse:
    """413 for more than `limit` bytes, to the API as JSON; asked before anybody is known."""
    megabytes = limit // (1024 * 1024)
    if request.path.startswith("/api/"):
        return for_machines(413, f"送られた内容が大きすぎます。合計 {megabytes} MB までにしてください。")
    context = {"limit": megabytes, "desk": request.path.startswith("/desk/")}
    return HttpResponse(loader.get_template("413.html").render(context), status=413)


def for_machines(status: int, message: str) -> HttpResponse:
    """The API's error object."""
    content = {"error": WrongInput(message).as_dict()}
    return JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})


def disk_is_full(error: BaseException | None) -> bool:
    """Whether the error says that there is no room left, on the database's disk or on ours."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) == _DISK_FULL


def database_is_away(error: BaseException | None) -> bool:
    """Whether the error says that the database cannot be reached, and not that it refused a statement."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith("08") or state in _ENDED
