"""The reception's first page: where how many are, in numbers only, and the way to the own town's desk."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, region_page

from ...queries import incidents
from ...queries.board import board_of
from ...queries.towns import towns_seen
from ..frame import incident_page
from .frame import Desk


@region_page
@require_GET
def reception(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """How many are at which shelter of all towns, without anybody's name."""
    incident = incidents.incident_for(region, slug)
    board = board_of(incident)
    return incident_page(
        request,
        incident,
        "disaster/reception/reception.html",
        board=board,
        made_at=timezone.now(),
        desks=[Desk(incident, town) for town in towns_seen(request.actor, region)],
    )
