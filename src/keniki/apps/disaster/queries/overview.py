"""What the first page of disaster work tells: what goes on, and what was prepared."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from keniki.apps.regions.models import Region

from ..models import District, HazardLayer, Incident, Scenario, Shelter, StockLot
from .incidents import open_incidents


@dataclass(frozen=True)
class Overview:
    """Open incidents, and how many places, layers, scenarios and lots there are."""

    incidents: tuple[Incident, ...]
    shelters: int
    sites: int
    without_space: int
    districts: int
    targets: int
    layers: int
    scenarios: int
    lots: int


def overview_of(region: Region) -> Overview:
    """The first page of a region."""
    shelters = Shelter.objects.filter(region=region, ended_on=None)
    counts = shelters.aggregate(
        shelters=Count("pk", filter=Q(is_shelter=True), distinct=True),
        sites=Count("pk", filter=Q(is_site=True), distinct=True),
        without=Count("pk", filter=Q(is_shelter=True, spaces=None), distinct=True),
    )
    districts = District.objects.filter(region=region).aggregate(
        every=Count("pk"), targets=Count("pk", filter=Q(target=True))
    )
    return Overview(
        incidents=tuple(open_incidents(region)),
        shelters=counts["shelters"],
        sites=counts["sites"],
        without_space=counts["without"],
        districts=districts["every"],
        targets=districts["targets"],
        layers=HazardLayer.objects.filter(region=region).count(),
        scenarios=Scenario.objects.filter(region=region).count(),
        lots=StockLot.objects.filter(region=region).count(),
    )
