"""Pages of areas other than municipalities: former ones, medical areas, fire unions, school districts."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page

from .. import queries


@region_page
@require_GET
def areas(request: StaffRequest, region: Region) -> HttpResponse:
    """The areas that touch the region, by kind, with their members."""
    return page(request, "evidence/areas.html", nav_active="evidence", kinds=queries.areas_touching(region))


@region_page
@require_GET
def area(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One area: the municipalities it covers, its newest figures with their sources."""
    found = queries.area_for(region, pk)
    return page(
        request,
        "evidence/area.html",
        nav_active="evidence",
        view=found,
        area=found.area,
        figures=queries.figures_of(region, found.area),
    )
