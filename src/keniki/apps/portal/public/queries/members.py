"""The members with their figures, those who have left, and the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.urls import reverse

from keniki.apps.portal import map as maps
from keniki.apps.regions import policies
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Fact, Region, RegionMembership
from keniki.apps.regions.models import Origin as Origin

WIDE, NARROW = 720.0, 340.0
_INDICATORS = ("population", "projected_population", "area")


@dataclass(frozen=True)
class Figure:
    """A fact with its origin; `value` is without the zeros the database adds."""

    fact: Fact
    origin: Origin | None

    @property
    def value(self) -> Decimal | int | None:
        number = self.fact.value
        if number is None:
            return None
        return int(number) if number == number.to_integral_value() else number.normalize()


@dataclass(frozen=True)
class MemberRow:
    """A member today with its newest figures."""

    membership: RegionMembership
    population: Figure | None
    forecast: Figure | None
    area: Figure | None

    @property
    def change(self) -> Decimal | None:
        """The change from population to forecast, as a fraction."""
        if self.population is None or self.forecast is None or not self.population.fact.value:
            return None
        return (self.forecast.fact.value or Decimal(0)) / self.population.fact.value - 1

    @property
    def percent(self) -> str:
        """The change in percent with one decimal, minus as ▲; empty where it is not known."""
        if self.change is None:
            return ""
        rounded = round(self.change * 100, 1)
        return f"{'▲' if rounded < 0 else ''}{abs(rounded):.1f}"


@dataclass(frozen=True)
class FormerRow:
    """A membership that is over: what the town was called in it, and its last day."""

    membership: RegionMembership
    role: str
    last_day: date


def members_and_whole(region: Region) -> tuple[list[MemberRow], dict[str, Figure | None]]:
    """Today's members in the region's order with population, forecast and area; and the region's own ones."""
    figures = regions.facts(region, *_INDICATORS)
    rows = [
        MemberRow(row, *(_newest(figures, name, row.municipality_id) for name in _INDICATORS))
        for row in regions.members_on(region)
    ]
    population, forecast, area = (_newest(figures, name, None) for name in _INDICATORS)
    return rows, {"population": population, "forecast": forecast, "area": area}


def members(region: Region) -> list[MemberRow]:
    """Today's members in the region's order, with population, forecast and area."""
    return members_and_whole(region)[0]


def known_figures(rows: Sequence[MemberRow]) -> dict[str, bool | date | None]:
    """Which figures any member has, and of which day where all have the same; a column without one is left out."""
    return {
        "counted_on": _common_day([row.population for row in rows]),
        "forecast_on": _common_day([row.forecast for row in rows]),
        "forecast": any(row.forecast is not None for row in rows),
        "area": any(row.area is not None for row in rows),
    }


def _common_day(figures: Sequence[Figure | None]) -> date | None:
    days = {figure.fact.as_of for figure in figures if figure is not None}
    return days.pop() if len(days) == 1 else None


def former_members(region: Region) -> list[FormerRow]:
    """Memberships that are over, the last to leave first."""
    today = policies.today()
    found = []
    for row in regions.memberships_of(region):
        if row.valid.upper is not None and row.valid.upper <= today:
            last = row.valid.upper - timedelta(days=1)
            found.append(FormerRow(row, regions.role_words(region, last)[row.role], last))
    return sorted(found, key=lambda row: row.last_day, reverse=True)


def _newest(figures: Sequence[Fact], indicator: str, town: int | None) -> Figure | None:
    own = [
        row
        for row in figures
        if row.indicator == indicator
        and row.municipality_id == town
        and row.value is not None
        and not row.dimension
    ]
    if not own:
        return None
    fact = max(own, key=lambda row: (row.as_of or date.min, row.pk))
    return Figure(fact, fact.taken_from)


def places(region: Region, rows: Sequence[MemberRow]) -> list[maps.Place]:
    """The members as places of a map, each a link to its row on the members' page."""
    url = reverse("public:members", args=[region.slug])
    return [
        maps.Place(
            code=row.membership.municipality.code,
            name=row.membership.municipality.name,
            latitude=_float(row.membership.municipality.latitude),
            longitude=_float(row.membership.municipality.longitude),
            population=int(row.population.value or 0) if row.population else None,
            centre=row.membership.role == RegionMembership.Role.CENTRE,
            url=f"{url}#m{row.membership.municipality.code}",
            note=f"{row.population.value:,}人" if row.population else "",
        )
        for row in rows
    ]


def both_maps(region: Region, rows: Sequence[MemberRow]) -> list[tuple[str, maps.Map]]:
    """The map for wide screens, and with names only for narrow ones."""
    found = places(region, rows)
    return [
        ("wide", maps.draw(found, width=WIDE)),
        ("narrow", maps.draw([replace(place, note="") for place in found], width=NARROW)),
    ]


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
