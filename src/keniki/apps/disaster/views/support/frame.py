"""What the pages of a town's own list share: only its own people come in, for everybody else there is no such page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page

from ... import policies
from ...queries.support.people import town_for


def own_town(request: StaffRequest, region: Region, code: str) -> Municipality:
    """The town whose persons the actor may be shown; 404 for anybody else."""
    town = town_for(region, code)
    if not policies.see_person(request.actor, region, town):
        raise Http404("この市町村の記録は見つかりません。")
    return town


def crumbs(region: Region, town: Municipality | None = None, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """The way to a page of the list."""
    found = [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("要支援者", reverse("disaster:support", args=[region.slug])),
    ]
    if town is not None:
        found.append((f"{town.name}の名簿", reverse("disaster:support-town", args=[region.slug, town.code])))
    return [*found, *more]


def support_page(
    request: StaffRequest, template: str, town: Municipality | None, **context: Any
) -> HttpResponse:
    """Render a page of the list, with its way above it."""
    region = request.region
    assert region is not None
    more = context.pop("more", [])
    return page(
        request,
        f"disaster/support/{template}",
        nav_active="disaster",
        town=town,
        way=crumbs(region, town if more or template != "people.html" else None, *more),
        **context,
    )
