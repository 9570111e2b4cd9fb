"""What is known of the region without an incident: its towns, and the shelters and districts that are registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on
from keniki.core.digits import whole_number

from ...models import District, Shelter


@dataclass(frozen=True)
class Place:
    """A registered shelter or district: name, town, position, its page; how many it holds or has."""

    slug: str
    name: str
    town: str
    position: tuple[float, float] | None
    people: int | None
    stated: str = ""
    ended: bool = False


@dataclass(frozen=True)
class Known:
    """Towns by code in the region's order, shelters and districts by slug."""

    towns: Mapping[str, Municipality]
    shelters: Mapping[str, Place]
    districts: Mapping[str, Place]

    def town_name(self, code: str) -> str:
        """A town's name; the code of one that is none of the region's."""
        town = self.towns.get(code)
        return town.name if town is not None else code


def known_places(region: Region) -> Known:
    """The towns, shelters and districts of a region: three queries, whatever their number."""
    towns = {row.municipality.code: row.municipality for row in members_on(region)}
    order = {town.pk: at for at, town in enumerate(towns.values())}
    codes = {town.pk: code for code, town in towns.items()}
    shelters = Shelter.objects.filter(region=region).only(
        "slug", "name", "municipality_id", "latitude", "longitude", "stated_capacity", "ended_on"
    )
    districts = District.objects.filter(region=region).only(
        "slug", "name", "municipality_id", "latitude", "longitude", "residents"
    )
    return Known(
        towns,
        {
            row.slug: Place(
                row.slug,
                row.name,
                codes.get(row.municipality_id, ""),
                _position(row),
                whole_number(row.stated_capacity.replace(",", "").removesuffix("人")),
                row.stated_capacity,
                row.ended_on is not None,
            )
            for row in sorted(
                shelters, key=lambda each: (order.get(each.municipality_id, len(order)), each.name)
            )
        },
        {
            row.slug: Place(
                row.slug,
                row.name,
                codes.get(row.municipality_id, ""),
                _position(row),
                row.residents,
            )
            for row in sorted(
                districts, key=lambda each: (order.get(each.municipality_id, len(order)), each.name)
            )
        },
    )


def _position(row: Shelter | District) -> tuple[float, float] | None:
    if row.latitude is None or row.longitude is None:
        return None
    return float(row.longitude), float(row.latitude)
