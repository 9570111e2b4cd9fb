"""Reading shelters with their spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404

from keniki.apps.regions.models import Region
from keniki.apps.regions.queries import members_on

from ..capacities import NOTHING, Basis, Held, Sums, held, summed
from ..models import Shelter, ShelterSpace


@dataclass(frozen=True)
class ShelterFilter:
    """What the list is narrowed by; empty is everything. `kind`: site, shelter, welfare, other; `ended`: those too."""

    town: str = ""
    hazard: str = ""
    kind: str = ""
    ended: bool = False

    def takes(self, shelter: Shelter) -> bool:
        """Whether the shelter is shown."""
        kinds = {
            "": True,
            "site": shelter.is_site,
            "shelter": shelter.is_shelter,
            "welfare": shelter.is_welfare,
            "other": not (shelter.is_site or shelter.is_shelter or shelter.is_welfare),
        }
        return (
            (not self.town or shelter.municipality.code == self.town)
            and (not self.hazard or self.hazard in shelter.hazards)
            and kinds.get(self.kind, True)
            and (self.ended or shelter.ended_on is None)
        )


@dataclass(frozen=True)
class TownSums:
    """A town's shelters by time and season, one `Sums` for each basis that was asked for."""

    name: str
    code: str
    sums: tuple[Sums, ...]


def registered(region: Region) -> list[tuple[Shelter, list[ShelterSpace]]]:
    """All shelters of a region with their spaces, by town in the region's order, then by name."""
    order = {row.municipality_id: at for at, row in enumerate(members_on(region))}
    rows = Shelter.objects.filter(region=region).select_related("municipality").prefetch_related("spaces")
    found = sorted(rows, key=lambda each: order.get(each.municipality_id, len(order)))
    for each in found:
        each.region = region
    return [(each, list(each.spaces.all())) for each in found]


def shelters_of(region: Region, narrowed: ShelterFilter) -> list[tuple[Shelter, list[ShelterSpace]]]:
    """The shelters the filter takes."""
    return [(each, spaces) for each, spaces in registered(region) if narrowed.takes(each)]


def shelter_for(region: Region, slug: str) -> Shelter:
    """The shelter with this slug; 404 when there is none."""
    found = Shelter.objects.filter(region=region, slug=slug).select_related("municipality").first()
    if found is None:
        raise Http404("避難所が見つかりません。")
    found.region = region
    return found


def held_by(rows: Sequence[tuple[Shelter, Sequence[ShelterSpace]]], basis: Basis) -> dict[int, Held]:
    """What each of these shelters holds, by its id."""
    return held({shelter.pk: spaces for shelter, spaces in rows}, basis)


def town_sums(
    rows: Sequence[tuple[Shelter, Sequence[ShelterSpace]]], bases: Sequence[Basis]
) -> tuple[list[TownSums], TownSums]:
    """The sums of each town in the order of the rows, and those of all, for several seasons and times.

    Places that are no shelter (指定避難所 or 福祉避難所) hold nobody over night and are left out.
    """
    staying = [(each, spaces) for each, spaces in rows if each.is_shelter or each.is_welfare]
    by_basis = [held_by(staying, basis) for basis in bases]
    towns: dict[str, tuple[str, list[int]]] = {}
    for each, _ in staying:
        towns.setdefault(each.municipality.code, (each.municipality.name, []))[1].append(each.pk)
    found = [
        TownSums(name, code, tuple(summed([one.get(pk, NOTHING) for pk in pks]) for one in by_basis))
        for code, (name, pks) in towns.items()
    ]
    every = TownSums("計", "", tuple(summed(list(one.values())) for one in by_basis))
    return found, every
