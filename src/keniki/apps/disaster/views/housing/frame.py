"""What the pages of houses share: the incident, the town whose people alone see them, the crumbs."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest

from ...forms.housing.houses import HAZARD_OF
from ...models import House, Incident
from ...queries import housing as queries
from ...queries import incidents
from ..frame import incident_way


class Room:
    """An incident and a town the actor may see; 404 for every other."""

    def __init__(self, request: StaffRequest, region: Region, slug: str, code: str) -> None:
        self.region, self.actor = region, request.actor
        self.incident: Incident = incidents.incident_for(region, slug)
        self.town: Municipality = queries.town_for(request.actor, region, code)

    def at(self, name: str, *more: object) -> str:
        """The address of a page of this room."""
        return reverse(f"disaster:{name}", args=[self.region.slug, self.incident.slug, self.town.code, *more])

    @property
    def mode(self) -> str:
        return str(self.incident.get_mode_display())

    @property
    def hazard(self) -> str:
        """What the incident does to houses, where its cause says so."""
        return HAZARD_OF.get(self.incident.hazard, "earthquake")  # type: ignore[call-overload,no-any-return]

    @property
    def day(self) -> Any:
        """The day the incident began."""
        return timezone.localtime(self.incident.began_at).date()

    def crumbs(self, house: House | None = None) -> list[tuple[str, str]]:
        """The way here."""
        return incident_way(
            self.incident,
            ("住家の被害認定", reverse("disaster:house-towns", args=[self.region.slug, self.incident.slug])),
            (self.town.name, self.at("houses")),
            *([(str(house), house.get_absolute_url())] if house else []),
        )

    def context(self, house: House | None = None) -> dict[str, Any]:
        """What every template of this room is given, beside its incident."""
        return {"town": self.town, "house": house, "crumbs": self.crumbs(house)}
