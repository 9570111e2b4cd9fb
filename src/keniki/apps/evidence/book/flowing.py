"""Indicators that are counted from flows (通勤・通学、通院、買物): how many go anywhere, stay, go to the centre."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.db.models import Sum

from keniki.apps.regions.models import Region, RegionMembership
from keniki.apps.regions.queries import members_on
from keniki.rulebooks.indicators import FlowSum, Indicator

from ..models import Area, Edition, Flow
from ..queries.flows import counted_again

#: What one purpose counts together, told apart in other tables.
TOGETHER = {"commute_school": ("commute", "school")}


class Counted(NamedTuple):
    """How many of each municipality, by an edition's flows of a year."""

    indicator: str
    year: int
    edition: int
    values: Mapping[str, float]


def centres_among(codes: Collection[str], region: Region | None) -> list[str]:
    """The region's centres of today that are among these municipalities."""
    if region is None:
        return []
    rows = [row for row in members_on(region) if row.role == RegionMembership.Role.CENTRE]
    return [row.municipality.code for row in rows if row.municipality.code in codes]


def counted(
    indicators: Sequence[Indicator],
    codes: Sequence[str],
    region: Region | None,
    editions: Mapping[int, Edition],
) -> Iterator[Counted]:
    """Every indicator that is a sum of flows, by edition and year, of the municipalities with flows from there."""
    sums = [(each.id, each.flow) for each in indicators if each.flow is not None]
    if not sums:
        return
    rows = (
        Flow.objects.filter(
            edition__in=list(editions),
            origin__kind=Area.Kind.MUNICIPALITY,
            origin__code__in=list(codes),
            purpose__in={purpose for _, flow in sums for purpose in flow.purposes},
        )
        .values_list("edition", "year", "purpose", "origin__code", "destination", "destination__code")
        .annotate(total=Sum("value"))
    )
    by_table: dict[tuple[int, int], list[tuple[str, str, int, str, float]]] = defaultdict(list)
    for edition, year, *rest in rows:
        by_table[edition, year].append(tuple(rest))
    again = {edition: set(counted_again(edition)) for edition, _ in by_table}
    centres = set(centres_among(codes, region))
    for (edition, year), table in by_table.items():
        for name, flow in sums:
            purposes = _whole({purpose for purpose, *_ in table}, flow)
            values: dict[str, float] = {}
            for purpose, origin, area, destination, total in table:
                if purpose not in purposes:
                    continue
                there = _goes(flow, origin, destination, centres, twice=area in again[edition])
                values[origin] = values.get(origin, 0.0) + (total if there else 0.0)
            if values and (flow.to != "centre" or centres):
                yield Counted(name, year, edition, values)


def _goes(flow: FlowSum, origin: str, destination: str, centres: set[str], *, twice: bool) -> bool:
    if flow.to == "same":
        return destination == origin
    return destination in centres if flow.to == "centre" else not twice


def _whole(there: set[str], flow: FlowSum) -> set[str]:
    """The purposes to add up: the one that counts several together, else all of these; none where one is missing."""
    for together, apart in TOGETHER.items():
        if together in flow.purposes:
            return {together} if together in there else set(apart) if set(apart) <= there else set()
    return set(flow.purposes) if set(flow.purposes) <= there else set()
