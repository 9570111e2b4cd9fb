"""Flows, sizes of cities and neighbours that the store holds, as the rules of `analysis.delineation` take them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.db.models import Count, Sum

from keniki.analysis.delineation import Flows
from keniki.analysis.delineation import flows_of as flows_from
from keniki.apps.regions.models import Municipality, Region

from ..importers.areas import city_of, is_counted_once
from ..models import Area, Edition, Flow
from ..queries import PURPOSES, contents_mark, counted_again, figures, visible_editions
from .touching import borders_touching

#: Purposes that one purpose counts together, in tables that tell them apart.
TOGETHER: Final = ("commute", "school")
#: From here on an urban centre (DID) counts for the functional urban areas, persons.
CENTRE: Final = 50_000.0
_LIVES: Final = (Area.Kind.MUNICIPALITY, Area.Kind.WARD)


@dataclass(frozen=True)
class FlowTable:
    """The flows of an edition in a year: what for, and from how many municipalities for the purpose with most."""

    edition: int
    year: int
    title: str
    purposes: tuple[str, ...]
    origins: int

    @property
    def key(self) -> str:
        """What an address calls it."""
        return f"{self.edition}-{self.year}"

    @property
    def words(self) -> str:
        """How it is offered: title, year and how many municipalities."""
        return f"{self.title}（{self.year}年、{self.origins:,}市区町村）"

    def counted(self, purpose: str) -> tuple[str, ...]:
        """The purposes of the table to add up for one asked for; empty where it has not got it."""
        if purpose in self.purposes:
            return (purpose,)
        if purpose == "commute_school" and set(TOGETHER) <= set(self.purposes):
            return TOGETHER
        return ()


@dataclass(frozen=True)
class Sizes:
    """How large the cities are: `did` persons in densely inhabited districts by code, `population` all of them.

    Both are empty where no DID population is held. `editions` are where they come from.
    """

    did: Mapping[str, float]
    population: Mapping[str, float]
    editions: tuple[Edition, ...]

    @property
    def centre_share(self) -> dict[str, float]:
        """The part of people in a densely inhabited district of 50,000 and more, (0 to 1) by code."""
        return {
            code: min(1.0, people / self.population[code]) if people >= CENTRE else 0.0
            for code, people in self.did.items()
            if self.population.get(code)
        }


def tables(region: Region) -> list[FlowTable]:
    """The tables of flows a region reads, from most municipalities first, then the newest."""
    return list(_tables(region.pk, contents_mark(region)))


@lru_cache(maxsize=16)
def _tables(region: int, mark: str) -> tuple[FlowTable, ...]:
    editions = {row.pk: row for row in visible_editions(Region.objects.get(pk=region))}
    rows = (
        Flow.objects.filter(edition__in=list(editions), origin__kind__in=_LIVES)
        .values("edition", "year", "purpose")
        .annotate(origins=Count("origin", distinct=True))
    )
    found: dict[tuple[int, int], dict[str, int]] = {}
    for row in rows:
        found.setdefault((row["edition"], row["year"]), {})[row["purpose"]] = row["origins"]
    made = [
        FlowTable(edition, year, str(editions[edition]), _ordered(purposes), max(purposes.values()))
        for (edition, year), purposes in found.items()
    ]
    imported = {pk: row.imported_at.timestamp() for pk, row in editions.items()}
    return tuple(sorted(made, key=lambda each: (-each.origins, -each.year, -imported[each.edition])))


def _ordered(purposes: Collection[str]) -> tuple[str, ...]:
    known = [each for each in PURPOSES if each in purposes]
    return (*known, *sorted(set(purposes) - set(known)))


def flows_in(table: FlowTable, purposes: Sequence[str], region: Region) -> Flows:
    """The flows between municipalities for these purposes, added up; kept in the process until the store changes.

    Wards are their city. Who goes to another place than a municipality (不詳 and the like) counts among the
    residents only.
    """
    return _flows(table, tuple(purposes), contents_mark(region))


@lru_cache(maxsize=6)
def _flows(table: FlowTable, purposes: tuple[str, ...], mark: str) -> Flows:
    rows = Flow.objects.filter(edition=table.edition, year=table.year, purpose__in=purposes)
    lived_in = rows.filter(origin__kind__in=_LIVES)
    places = {pk: (kind, code) for pk, kind, code in Area.objects.values_list("pk", "kind", "code")}
    living = {code for pk in lived_in.values_list("origin", flat=True).distinct() if (code := places[pk][1])}
    again = counted_again(table.edition)
    between: dict[tuple[str, str], float] = {}
    residents: dict[str, float] = {}
    counted = (
        lived_in.exclude(destination__in=again)
        .values_list("origin", "destination")
        .annotate(total=Sum("value"))
    )
    for origin, destination, total in counted.iterator(chunk_size=20_000):
        kind, code = places[origin]
        if not is_counted_once(kind, code, living):
            continue
        here = _whole(kind, code)
        residents[here] = residents.get(here, 0.0) + total
        kind, code = places[destination]
        if kind in _LIVES:
            pair = here, _whole(kind, code)
            between[pair] = between.get(pair, 0.0) + total
    return flows_from(
        [origin for origin, _ in between],
        [destination for _, destination in between],
        list(between.values()),
        residents=residents,
        codes=residents,
    )


def _whole(kind: str, code: str) -> str:
    return city_of(code) if kind == Area.Kind.WARD else code


def sizes(region: Region) -> Sizes:
    """DID population and population by municipality, the newest of each; kept until the store changes."""
    return _sizes(contents_mark(None))


@lru_cache(maxsize=2)
def _sizes(mark: str) -> Sizes:
    codes = list(Area.objects.filter(kind=Area.Kind.MUNICIPALITY).values_list("code", flat=True))
    did = _newest(codes, "did_population")
    if not did:
        return Sizes({}, {}, ())
    people = _newest(codes, "population")
    used = {edition for found in (did, people) for _, edition in found.values()}
    editions = [row for row in visible_editions(None) if row.key in used]
    return Sizes(
        {code: value for code, (value, _) in did.items()},
        {code: value for code, (value, _) in people.items()},
        tuple(editions),
    )


def _newest(codes: Sequence[str], indicator: str) -> dict[str, tuple[float, str]]:
    found: dict[str, tuple[float, str]] = {}
    for row in figures(codes, [indicator], kinds=[Area.Kind.MUNICIPALITY]):
        if row.value is not None:
            found.setdefault(row.code, (row.value, row.edition))
    return found


def neighbours(flows: Flows) -> list[tuple[str, str]] | None:
    """Pairs of municipalities that touch, where borders of all in the table are held; else None."""
    touching = borders_touching()
    if not all(code in touching for code in flows.codes):
        return None
    return [(one, other) for one in flows.codes for other in sorted(touching[one]) if one < other]


def names_of(codes: Collection[str]) -> dict[str, str]:
    """What municipalities are called, by six-digit code; one nobody has a name of keeps its code."""
    areas = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=codes)
    towns = Municipality.objects.filter(code__in=codes).order_by("valid")
    found = {code: code for code in codes}
    found |= dict(areas.values_list("code", "name"))
    return found | dict(towns.values_list("code", "name"))
