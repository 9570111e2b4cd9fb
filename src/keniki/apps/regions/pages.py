"""The frame of staff pages: log-in, the actor, the region in scope, and how refusals are answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django_scopes import scope

from keniki.apps.accounts.actor import Actor

from . import queries
from .models import Region

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request after log-in: who acts, and in which region (None on pages without one)."""

    actor: Actor
    region: Region | None


def staff_page(
    view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """A page for people who are logged in."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        request.actor = queries.actor_for(request.user)  # type: ignore[attr-defined]
        request.region = None  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return wrapped


def region_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A staff page of one region: `view(request, region, …)`, run inside the region's scope.

    The URL names the region as `<slug:region>`; a region the actor may not see is 404.
    """

    @wraps(view)
    def wrapped(request: StaffRequest, region: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = queries.region_for(request.actor, region)
        request.region = found
        with scope(region=found):
            response = view(request, found, *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
            return response

    return staff_page(wrapped)


def public_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A public page of one region, `view(request, region, …)`, inside the region's scope."""

    @wraps(view)
    def wrapped(request: HttpRequest, region: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = queries.public_region(region)
        with scope(region=found):
            return view(request, found, *args, **kwargs)

    return wrapped


def page(request: StaffRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """Render a staff page's template with its context."""
    return render(request, template, context, status=status)
