"""How stored municipalities are called in a file: the code, and the last day where a later one has the same code."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from keniki.apps.regions.days import last_day
from keniki.apps.regions.models import Municipality

from . import schema


def stored_keys(towns: Iterable[Municipality]) -> dict[int, str]:
    """The key of each by its id; all municipalities of a code have to be among them."""
    rows = sorted(towns, key=lambda town: town.valid.lower or date.min)
    latest = {town.code: town.pk for town in rows}
    return {
        town.pk: schema.town_key(town.code, last_day(town.valid), later=latest[town.code] != town.pk)
        for town in rows
    }


def with_successors(codes: Iterable[str]) -> list[Municipality]:
    """All municipalities that ever had one of the codes, and what they went into, by code and day."""
    wanted, seen = set(codes), set[str]()
    rows: dict[int, Municipality] = {}
    while wanted - seen:
        found = Municipality.objects.filter(code__in=wanted - seen).select_related("successor")
        seen |= wanted
        for town in found:
            rows[town.pk] = town
            if town.successor is not None:
                wanted.add(town.successor.code)
    return sorted(rows.values(), key=lambda town: (town.code, town.valid.lower or date.min))
