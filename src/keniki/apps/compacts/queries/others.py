"""Other regions of this installation as their public pages show them: dates, members, size, what they work on.

Their size is the one the region book shows; where the statistics lack it, what the region itself registered.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django_scopes import scope

from keniki.apps.compacts.models import Agreement, Declaration, Initiative, Vision
from keniki.apps.compacts.states import VisionState
from keniki.apps.evidence.book.comparing import totals
from keniki.apps.evidence.book.holdings import Place
from keniki.apps.evidence.book.tables import rounded
from keniki.apps.programmes.library import Neighbour
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Fact, Municipality, Region, RegionMembership, RegionProgramme
from keniki.apps.regions.queries import members_of_each
from keniki.rulebooks.programmes.catalogue import HubRegion

from .agreements import binding

_ORDER = "市区町村"
PEOPLE, AREA, TOTAL_AREA = "population", "area", "total_area"


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


class _Beside:
    """What is shown of some regions, read at once: a constant number of queries however many they are."""

    def __init__(self, shown: Sequence[Region]) -> None:
        self.day = regions.today()
        self.members = members_of_each(shown)
        self.programmes = _by_region(RegionProgramme.objects.filter(region__in=shown))
        self.facts = _by_region(
            Fact.objects.filter(region__in=shown, indicator__in=(PEOPLE, AREA), dimension="")
        )
        self.held = totals(
            {
                region: [Place(town.code, town.name) for town in self.towns(region)]
                for region in shown
                if not region.fictional
            },
            (PEOPLE, TOTAL_AREA),
        )
        with scope(region=list(shown)):
            self.declared = _by_region(
                Declaration.objects.filter(region__in=shown, state=Declaration.State.PUBLISHED).order_by(
                    "declared_on"
                )
            )
            self.agreed = _by_region(binding(Agreement.objects.filter(region__in=shown)))
            self.visions = _by_region(
                Vision.objects.filter(region__in=shown, state__in=(VisionState.DECIDED, VisionState.CHANGED))
                .exclude(decided_on=None)
                .order_by("decided_on")
            )
            self.initiatives = _by_region(
                Initiative.objects.filter(region__in=shown).order_by("order", "slug")
            )

    def running(self, region: Region) -> list[RegionProgramme]:
        """The programmes the region works under today, the last begun last."""
        found = [row for row in self.programmes[region.pk] if self.day in row.valid]
        return sorted(found, key=lambda row: row.valid.lower)

    def towns(self, region: Region) -> list[Municipality]:
        """The members' municipalities."""
        return [row.municipality for row in self.members[region.pk]]

    def size(self, region: Region) -> tuple[int | None, Decimal | None, str]:
        """People and km² with what they rest on: the members' official statistics, else what the region registered."""
        held = self.held.get(region, {})
        people, area = held.get(PEOPLE), held.get(TOTAL_AREA)
        own_people, day = _total(self.facts[region.pk], PEOPLE, self.towns(region))
        own_area, _ = _total(self.facts[region.pk], AREA, self.towns(region))
        basis = []
        if people is not None:
            own_people = rounded(people.total.value or 0, 0)
            basis.append(f"人口は{people.when}の統計")
        elif own_people is not None:
            basis.append(f"人口は圏域の登録値（{day.year}年）" if day else "人口は圏域の登録値")
        if area is not None:
            own_area = rounded(area.total.value or 0, area.indicator.decimals)
            basis.append(f"面積は{area.when}の統計")
        elif own_area is not None:
            basis.append("面積は圏域の登録値")
        return (int(own_people) if own_people is not None else None), own_area, "、".join(basis)


Row = TypeVar("Row", Declaration, Agreement, Vision, Initiative, Fact, RegionProgramme)


def _by_region(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.region_id].append(row)
    return found


def compared(shown: Sequence[Region], own: Region) -> list[Compared]:
    """The regions' rows, one for each programme a region works under today (one without if none)."""
    beside = _Beside(shown)
    return [row for region in shown for row in _compared(beside, region, own)]


def _compared(beside: _Beside, region: Region, own: Region) -> list[Compared]:
    members = beside.members[region.pk]
    centres = [row.municipality.name for row in members if row.role == RegionMembership.Role.CENTRE]
    others = [row.municipality for row in members if row.role != RegionMembership.Role.CENTRE]
    population, area, basis = beside.size(region)
    rows = []
    for programme in sorted({row.programme for row in beside.running(region)}) or [""]:
        declared = [row.declared_on for row in beside.declared[region.pk] if row.programme == programme]
        visions = [row.decided_on for row in beside.visions[region.pk] if row.programme == programme]
        agreed = sorted(
            row.concluded_on
            for row in beside.agreed[region.pk]
            if row.programme == programme and row.concluded_on is not None
        )
        rows.append(
            Compared(
                name=region.name,
                centre="・".join(centres),
                programme=programme,
                declared=declared[0] if declared else None,
                agreed=(agreed[0], agreed[-1]) if agreed else None,
                vision=visions[0] if visions else None,
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


def neighbours(shown: Sequence[Region]) -> list[Neighbour]:
    """The regions as ones to compare fields with: initiatives by field, and the fields their programmes name."""
    beside = _Beside(shown)
    return [_neighbour(beside, region) for region in shown]


def _neighbour(beside: _Beside, region: Region) -> Neighbour:
    running = beside.running(region)
    done: dict[str, list[str]] = {}
    for initiative in beside.initiatives[region.pk]:
        for key in initiative.fields:
            done.setdefault(key, []).append(initiative.title)
    for row in running:
        for key in row.fields:
            done.setdefault(key, ["（連携する分野として登録）"])
    return Neighbour(
        region.name,
        running[-1].programme if running else "",
        "この仕組みの登録",
        population=beside.size(region)[0],
        members=len(beside.towns(region)) or None,
        fields=done,
        url=region.slug,
    )


def _total(
    facts: Sequence[Fact], indicator: str, members: Sequence[Municipality]
) -> tuple[Decimal | None, date | None]:
    rows = [row for row in facts if row.indicator == indicator and row.value is not None]
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
