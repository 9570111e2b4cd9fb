"""Other regions of this installation as their public pages show them: dates, members, size, what they work on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django_scopes import scope

from keniki.apps.compacts.models import Declaration, Initiative, Vision
from keniki.apps.compacts.states import VisionState
from keniki.apps.programmes.library import Neighbour
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Fact, Municipality, Region, RegionMembership
from keniki.apps.regions.queries import members_on
from keniki.rulebooks.programmes.catalogue import HubRegion

from .agreements import in_force

_ORDER = "市区町村"


@dataclass(frozen=True)
class Compared:
    """A row of the comparison; what nobody has registered or printed is None or empty.

    `agreed` are the first and last day on which agreements in force were concluded, `basis` says what the figures
    were computed from. `density` is persons per km².
    """

    name: str
    centre: str
    programme: str
    declared: date | None
    agreed: tuple[date, date] | None
    vision: date | None
    partners: str
    population: int | None
    area: Decimal | None
    basis: str
    printed: bool = False
    own: bool = False
    reference: bool = False
    fictional: bool = False
    slug: str = ""

    @property
    def density(self) -> Decimal | None:
        if self.population is None or not self.area:
            return None
        return Decimal(self.population) / self.area


def shown_beside(region: Region) -> list[Region]:
    """The regions of this installation that may stand beside this one, itself first; fictional ones only beside a
    fictional one."""
    rows = Region.objects.order_by("slug").exclude(pk=region.pk)
    if not region.fictional:
        rows = rows.filter(fictional=False)
    return [region, *rows]


def compared(region: Region, own: Region) -> list[Compared]:
    """The region's rows, one for each programme it works under today (one without if none); inside its own scope."""
    day = regions.today()
    members = members_on(region)
    centres = [row.municipality.name for row in members if row.role == RegionMembership.Role.CENTRE]
    others = [row.municipality for row in members if row.role != RegionMembership.Role.CENTRE]
    population, area, basis = _size(region, [row.municipality for row in members])
    with scope(region=region):
        rows = []
        running = sorted({row.programme for row in region.programmes.all() if day in row.valid})
        for programme in running or [""]:
            declared = (
                Declaration.objects.filter(programme=programme, state=Declaration.State.PUBLISHED)
                .order_by("declared_on")
                .values_list("declared_on", flat=True)
                .first()
            )
            agreed = sorted(
                row.concluded_on
                for row in in_force(region)
                if row.programme == programme and row.concluded_on is not None
            )
            vision = (
                Vision.objects.filter(
                    programme=programme, state__in=(VisionState.DECIDED, VisionState.CHANGED)
                )
                .exclude(decided_on=None)
                .order_by("decided_on")
                .values_list("decided_on", flat=True)
                .first()
            )
            rows.append(
                Compared(
                    name=region.name,
                    centre="・".join(centres),
                    programme=programme,
                    declared=declared,
                    agreed=(agreed[0], agreed[-1]) if agreed else None,
                    vision=vision,
                    partners=_kinds(others),
                    population=population,
                    area=area,
                    basis=basis,
                    own=region == own,
                    fictional=region.fictional,
                    slug=region.slug,
                )
            )
    return rows


def printed(row: HubRegion, programme: str) -> Compared:
    """A column of the paper's comparison as it stands there; only the density is computed."""
    return Compared(
        name=row.city,
        centre=row.city,
        programme=programme,
        declared=row.declared,
        agreed=(row.agreed, row.agreed) if row.agreed else None,
        vision=row.vision,
        partners=row.partners,
        population=row.population,
        area=row.area,
        basis="資料のまま",
        printed=True,
        reference=row.reference,
    )


def neighbour(region: Region) -> Neighbour:
    """The region as one to compare fields with: its initiatives by field, and the fields its programmes name."""
    day = regions.today()
    members = [row.municipality for row in members_on(region)]
    running = sorted(
        (row for row in region.programmes.all() if day in row.valid), key=lambda row: row.valid.lower
    )
    with scope(region=region):
        done: dict[str, list[str]] = {}
        for initiative in Initiative.objects.order_by("order", "slug"):
            for key in initiative.fields:
                done.setdefault(key, []).append(initiative.title)
    for row in running:
        for key in row.fields:
            done.setdefault(key, ["（連携する分野として登録）"])
    return Neighbour(
        region.name,
        running[-1].programme if running else "",
        "この仕組みの登録",
        population=_size(region, members)[0],
        members=len(members) or None,
        fields=done,
        url=region.slug,
    )


def _size(region: Region, members: Sequence[Municipality]) -> tuple[int | None, Decimal | None, str]:
    """People and km²: the sum of the members' newest figures of one day, else the region's own newest."""
    people, day = _total(region, "population", members)
    area, _ = _total(region, "area", members)
    when = f"人口は{day.year}年" if day else ""
    return (int(people) if people is not None else None), area, when


def _total(
    region: Region, indicator: str, members: Sequence[Municipality]
) -> tuple[Decimal | None, date | None]:
    rows = [
        row
        for row in Fact.objects.filter(region=region, indicator=indicator, dimension="")
        if row.value is not None
    ]
    days = sorted({row.as_of for row in rows}, key=lambda day: day or date.min, reverse=True)
    wanted = {town.pk for town in members}
    for day in days:
        towns = {row.municipality_id: row.value for row in rows if row.as_of == day and row.municipality_id}
        if wanted and wanted <= set(towns):
            return sum((towns[pk] or Decimal(0) for pk in wanted), Decimal(0)), day
        whole = next((row.value for row in rows if row.as_of == day and row.municipality_id is None), None)
        if whole is not None:
            return whole, day
    return None, None


def _kinds(towns: Sequence[Municipality]) -> str:
    """「7市3町1村」."""
    words = Counter(town.name[-1] if town.name[-1:] in set(_ORDER) else "" for town in towns)
    return "".join(f"{words[word]}{word}" for word in _ORDER if words[word])
