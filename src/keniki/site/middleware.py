"""What every response carries: a strict content policy, and sessions that are safe on a shared PC."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.cache import add_never_cache_headers

from keniki.apps.accounts.verbs import Stale
from keniki.core.errors import WrongInput

from .away import too_large
from .refusal import not_saved, overtaken

GetResponse = Callable[[HttpRequest], HttpResponseBase]

STAFF_PATHS = ("/desk/", "/accounts/")
POLL_HEADER = "X-Keniki-Poll"
_STARTED = "keniki_started"
_SEEN = "keniki_seen"


class SecurityHeaders:
    """Content-Security-Policy, no framing and no device access, on static files and errors too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
        )
        return response


class UploadLimit:
    """A request larger than `KENIKI_UPLOAD_MB` is refused before it is read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > settings.UPLOAD_LIMIT:
            return too_large(request, settings.UPLOAD_LIMIT)
        return self.get_response(request)


class ReadableText:
    """An address or a form with the character NUL is refused: no text of a record holds it.

    The API checks what it is sent by its description.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """After the check of the form's origin, which has read the form already."""
        if request.path.startswith("/api/"):
            return
        if any("\0" in text for text in (request.path_info, *_texts(request.GET), *_texts(request.POST))):
            raise BadRequest("NUL")


def _texts(fields: QueryDict) -> list[str]:
    return [text for name, values in fields.lists() for text in (name, *map(str, values))]


class NothingIsLost:
    """A refusal that no form shows in its place is a page of its own, never a fault.

    What the database refuses when two people write at once reaches pages that have no form for it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Stale):
            return overtaken(request)
        return not_saved(request, exception) if isinstance(exception, WrongInput) else None


class IdleSession:
    """Logs out after `KENIKI_IDLE_MINUTES` without a deed, and after `KENIKI_SESSION_HOURS` in any case.

    Requests a page makes by itself carry `X-Keniki-Poll` and are no deed. The time is kept to the minute, so
    that a page view seldom writes.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = int(time.time())
        seen = request.session.get(_SEEN, now)
        started = request.session.setdefault(_STARTED, now)
        if now - seen > settings.SESSION_IDLE_SECONDS or now - started > settings.SESSION_COOKIE_AGE:
            return self._send_to_login(request)
        if POLL_HEADER not in request.headers and (_SEEN not in request.session or now - seen >= 60):
            request.session[_SEEN] = now
        return self.get_response(request)

    def _send_to_login(self, request: HttpRequest) -> HttpResponseBase:
        """Log out; a page leads to the log-in, the API answers as to anybody who is not logged in."""
        logout(request)
        messages.info(
            request, "しばらく操作がなかったため、ログアウトしました。もう一度ログインしてください。"
        )
        if request.path.startswith("/api/"):
            return self.get_response(request)
        target = request.get_full_path() if request.method == "GET" else settings.LOGIN_REDIRECT_URL
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=204)
            response["HX-Redirect"] = redirect_to_login(settings.LOGIN_REDIRECT_URL).url
            return response
        return redirect_to_login(target)


class StaffPagesAreNotStored:
    """What only a logged-in person may see is kept by no cache; the browser's back button asks again."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        known = request.user.is_authenticated
        response = self.get_response(request)
        if known or request.user.is_authenticated or request.path.startswith(STAFF_PATHS):
            add_never_cache_headers(response)
            response.headers["Cache-Control"] = "no-store, private"
        if known and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"cache"'
        return response
