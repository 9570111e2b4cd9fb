"""The page around a single form."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse

from ..pages import StaffRequest, page


def address(name: str, *parts: object) -> str:
    """The address of a page."""
    return reverse(name, args=parts)


def form_page(
    request: StaffRequest,
    form: Any,
    title: str,
    back: str,
    *,
    crumbs: list[tuple[str, str]],
    lead: str = "",
    version: int | None = None,
    conflict: Any = None,
) -> HttpResponseBase:
    """A page with one form: 200, 422 with errors, 409 when somebody else saved first."""
    status = 409 if conflict else 422 if form.errors else 200
    return page(
        request,
        "regions/form.html",
        status=status,
        form=form,
        title=title,
        lead=lead,
        back=back,
        crumbs=crumbs,
        version=version,
        clash=conflict,
    )
