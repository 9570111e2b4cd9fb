"""What Django's own answers carry for safety, asked of Django itself: what is answered without it carries the same."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

from keniki.site.middleware import SecurityHeaders


def security_headers() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The headers of every answer, and those that come on top where the visitor came by HTTPS."""
    plain, secure = _asked(""), _asked("https")
    return plain, [(name, value) for name, value in secure.items() if name not in plain]


def _asked(protocol: str) -> dict[str, str]:
    request = HttpRequest()
    request.META["HTTP_X_FORWARDED_PROTO"] = protocol
    middleware = SecurityMiddleware(lambda _: HttpResponse())
    answer = SecurityHeaders(lambda asked: middleware.process_response(asked, HttpResponse()))(request)
    return {name: value for name, value in answer.headers.items() if name != "Content-Type"}
