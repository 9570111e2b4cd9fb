"""The frame of staff pages: log-in, the actor, the region in scope, and how refusals are answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from . import policies, queries
from .models import Region

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request after log-in: who acts, in which region (None on pages without one), and on its pages all they see."""

    actor: Actor
    region: Region | None
    regions: list[Region]


def staff_page(
    view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """A page for people who are logged in."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.user.must_change_password and not getattr(view, "for_everyone", False):
            return redirect_to_login(request.get_full_path(), reverse("accounts-first-password"))
        request.actor = queries.actor_for(request.user)  # type: ignore[attr-defined]
        request.region = None  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", wrapped)


def region_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A staff page of one region: `view(request, region, …)`, run inside the region's scope.

    The URL names the region as `<slug:region>`; a region the actor may not see is 404.
    """

    @wraps(view)
    def wrapped(request: StaffRequest, region: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.regions = list(queries.visible_regions(request.actor).select_related("secretariat"))
        found = next((each for each in request.regions if each.slug == region), None)
        if found is None:
            raise Http404("圏域が見つかりません。")
        request.region = found
        with scope(region=found, towns=policies.towns_of(request.actor, found)):
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


@dataclass(frozen=True)
class Conflict:
    """What the component `conflict` shows when somebody else saved first."""

    rows: list[dict[str, Any]]
    version: int
    whose: str
    when: datetime | None


def conflict_of(stale: Stale, form: forms.BaseForm) -> Conflict:
    """Both versions side by side: what the form holds and what is stored now, for the fields both have."""
    current: Any = stale.current
    rows = [
        {
            "name": name,
            "label": field.label,
            "mine": _shown(form[name].value(), field),
            "theirs": _shown(getattr(current, name), field),
        }
        for name, field in form.fields.items()
        if hasattr(current, name)
    ]
    last = next(iter(log_of(current)), None)
    whose = f"{last.post_label} {last.actor_name}".strip() if last else ""
    return Conflict(rows, current.version, whose, last.at if last else current.changed_at)


def chosen(request: HttpRequest, record: Any) -> QueryDict:
    """The posted values after the user's choice: a field answered with `theirs` takes the stored value."""
    data = request.POST.copy()
    for key in request.POST:
        name = key.removeprefix("choice-")
        if key != name and request.POST[key] == "theirs" and hasattr(record, name):
            value = getattr(record, name)
            data[name] = str(
                value.pk if isinstance(value, models.Model) else value if value is not None else ""
            )
    return data


def version_of(request: HttpRequest) -> int | None:
    """The version the user saw, as the page's form carries it."""
    typed = request.POST.getlist("version")[-1:]
    return whole_number(typed[0]) if typed else None


def own_path(request: HttpRequest, target: str) -> str:
    """`target` if it is a path of this installation, else empty: no other host, and nothing that only looks like one.

    `redirect` would take a word without a slash for a view's name and fail.
    """
    secure = request.is_secure()
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=secure)
    return target if safe and target.startswith("/") else ""


def put_error(form: forms.BaseForm, wrong: WrongInput) -> None:
    """Show a refusal at the field whose label or name it names, else on top of the form."""
    for name, field in form.fields.items():
        if wrong.column and wrong.column in {name, field.label}:
            form.add_error(name, f"{wrong.row}行目：{wrong.message}" if wrong.row else wrong.message)
            return
    form.add_error(None, str(wrong) if wrong.row else wrong.message)


def _shown(value: Any, field: forms.Field) -> Any:
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(field, forms.ModelChoiceField) and value not in (None, ""):
        row = field.queryset.filter(pk=value).first() if field.queryset is not None else None
        return str(row) if row else value
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return dict(choices).get(value, value)
    return value


def address(name: str, *parts: object) -> str:
    """The address of a page."""
    return reverse(name, args=parts)


def page(request: StaffRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """Render a staff page's template with its context."""
    return render(request, template, context, status=status)
