"""What the pages of the stockpile share: which stock is shown, where a page stands, places the actor writes, files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page

from ... import policies
from ...models import Incident, StockPlace
from ...queries.stock.finding import members_of
from ...queries.stock.on_hand import places_of
from ..frame import marked

Crumbs = list[tuple[str, str]]


def stock_page(
    request: StaffRequest, template: str, incident: Incident | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of the stock: of an incident it carries its mode, without one it says that the stock is real."""
    shown = marked(incident) if incident is not None else {}
    prefix = f"{incident.get_mode_display()}_" if incident is not None else ""
    return page(
        request,
        f"disaster/stock/{template}",
        status,
        nav_active="disaster",
        mode_prefix=prefix,
        **shown,
        **context,
    )


def crumbs_to(region: Region, *more: tuple[str, str]) -> Crumbs:
    """The crumbs above a page of the stock."""
    return [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("共同備蓄", reverse("disaster:stock", args=[region.slug])),
        *more,
    ]


def towns_to_write(request: StaffRequest, region: Region) -> dict[str, Municipality]:
    """The member towns whose places the actor writes, by code."""
    return {
        town.code: town for town in members_of(region) if policies.write_place(request.actor, region, town)
    }


def places_to_write(
    request: StaffRequest, region: Region, towns: Iterable[str] | None = None
) -> dict[str, StockPlace]:
    """The places in use the actor writes (with `towns` of these codes), by slug."""
    may = towns_to_write(request, region)
    codes = may.keys() if towns is None else may.keys() & set(towns)
    return {each.slug: each for each in places_of(region, open_only=True) if each.municipality.code in codes}
