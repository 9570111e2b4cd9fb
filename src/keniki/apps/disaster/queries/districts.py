"""Reading districts, beside the towns' census figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404

from keniki.apps.evidence.queries import FigureView, figures
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on

from ..models import District

#: 総人口 and 昼夜間人口比率 as the store of statistics calls them.
POPULATION, DAY_NIGHT = "population", "day_night_ratio"


@dataclass(frozen=True)
class TownPeople:
    """A town's districts together, beside its population; `day_night` is the day-time population for 100 residents.

    Figures are None where the store has none.
    """

    town: Municipality
    districts: int
    residents: int
    vulnerable: int
    targets: int
    population: FigureView | None
    day_night: FigureView | None

    @property
    def difference(self) -> int | None:
        """Residents of the districts less the census population."""
        if self.population is None or self.population.value is None or not self.districts:
            return None
        return self.residents - round(self.population.value)

    @property
    def proposed_residents(self) -> int | None:
        """The census population."""
        known = self.population
        return round(known.value) if known is not None and known.value is not None else None

    @property
    def proposed_day(self) -> int | None:
        """The population times the day/night ratio."""
        if self.proposed_residents is None or self.day_night is None or self.day_night.value is None:
            return None
        return round(self.proposed_residents * self.day_night.value / 100)


def districts_of(region: Region, town: str = "") -> list[District]:
    """The districts of a region (of one town), by town in the region's order, then by code and name."""
    order = {row.municipality_id: at for at, row in enumerate(members_on(region))}
    rows = District.objects.filter(region=region).select_related("municipality")
    if town:
        rows = rows.filter(municipality__code=town)
    found = sorted(rows, key=lambda each: order.get(each.municipality_id, len(order)))
    for each in found:
        each.region = region
    return found


def district_for(region: Region, slug: str) -> District:
    """The district with this slug; 404 when there is none."""
    found = District.objects.filter(region=region, slug=slug).select_related("municipality").first()
    if found is None:
        raise Http404("地区が見つかりません。")
    found.region = region
    return found


def people_by_town(region: Region, districts: Sequence[District]) -> list[TownPeople]:
    """Every member's districts beside its newest census population and day/night ratio."""
    towns = [row.municipality for row in members_on(region)]
    known = newest_figures(region, [town.code for town in towns])
    found = []
    for town in towns:
        own = [each for each in districts if each.municipality_id == town.pk]
        found.append(
            TownPeople(
                town,
                len(own),
                sum(each.residents for each in own),
                sum(each.vulnerable for each in own),
                sum(each.target for each in own),
                known.get((town.code, POPULATION)),
                known.get((town.code, DAY_NIGHT)),
            )
        )
    return found


def newest_figures(region: Region, codes: Sequence[str]) -> dict[tuple[str, str], FigureView]:
    """The newest population and day/night ratio of each town that has a number."""
    found: dict[tuple[str, str], FigureView] = {}
    for each in figures(codes, [POPULATION, DAY_NIGHT], region=region):
        if each.value is not None:
            found.setdefault((each.code, each.indicator), each)
    return found
