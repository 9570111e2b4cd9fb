"""Reading incidents."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404
from django_scopes import scope

from keniki.apps.regions.models import Region

from ..models import Incident


def incidents_of(region: Region) -> list[Incident]:
    """All incidents of a region, those that go on first, then the newest."""
    found = list(Incident.objects.filter(region=region))
    return sorted(found, key=lambda each: (each.ended_at is not None, -each.began_at.timestamp(), -each.pk))


def open_incidents(region: Region) -> list[Incident]:
    """The incidents that go on: reality before exercises."""
    found = list(Incident.objects.filter(region=region, ended_at=None))
    return sorted(found, key=lambda each: (each.is_exercise, -each.began_at.timestamp()))


def open_by_region(regions: Sequence[Region]) -> list[tuple[Region, list[Incident]]]:
    """Each region with its incidents that go on."""
    found: dict[int, list[Incident]] = {region.pk: [] for region in regions}
    known = {region.pk: region for region in regions}
    with scope(region=list(regions)):
        for each in Incident.objects.filter(ended_at=None).order_by("-mode", "-began_at"):
            each.region = known[each.region_id]
            found[each.region_id].append(each)
    return [(region, found[region.pk]) for region in regions]


def incident_for(region: Region, slug: str) -> Incident:
    """The incident with this slug; 404 when there is none."""
    found = Incident.objects.filter(region=region, slug=slug).first()
    if found is None:
        raise Http404("事案が見つかりません。")
    found.region = region
    return found
