"""What a refusal answers: why, and for a reason that lies in the state of a record the place where it ends."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from keniki.core.errors import WrongInput


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page 403.html with the sentence of the refusal and its `Remedy`, if it has one."""
    context = {"exception": str(exception), "remedy": getattr(exception, "remedy", None)}
    return render(request, "403.html", context, status=403)


def not_saved(request: HttpRequest, wrong: WrongInput) -> HttpResponse:
    """The page 422.html: input that is wrong where no form shows it."""
    return render(request, "422.html", {"wrong": str(wrong), "back": _back(request)}, status=422)


def overtaken(request: HttpRequest) -> HttpResponse:
    """The page 409.html: somebody else saved first, and the page that asked holds no versions to choose from."""
    return render(request, "409.html", {"back": _back(request)}, status=409)


def _back(request: HttpRequest) -> str:
    """The page of this installation that the person came from; else empty."""
    came = urlsplit(request.headers.get("Referer", ""))
    ours = came.netloc == request.get_host() and came.path.startswith("/desk/")
    return came._replace(scheme="", netloc="", fragment="").geturl() if ours else ""
