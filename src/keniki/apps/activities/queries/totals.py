"""Sums over counts in which a part and its total are never added together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models.functions import Coalesce

from keniki.apps.activities.models import Activity, Count
from keniki.apps.compacts.models import Initiative, Kpi
from keniki.apps.regions.models import Municipality, Region
from keniki.core import counts as core

from .counts import plain, whole, words
from .nothing import years_without_results


def region_total(activity: Activity, quantity: str) -> list[core.Count]:
    """The activity's totals of a quantity for the whole region.

    There is one for each counter and each of 実数 and 延べ. A count that is part of another one of the same
    quantity is left out.
    """
    own = [count for count in activity.counts.all() if count.quantity == quantity]
    position = {count.pk: number for number, count in enumerate(own)}
    return core.total([plain(count, position.get(count.part_of_id or 0)) for count in own])


def total_words(activity: Activity, quantity: str) -> str:
    """`region_total` in words, 「207名」; several ones joined by 「、」."""
    return "、".join(core.format_count(count) for count in region_total(activity, quantity))


@dataclass(frozen=True)
class Breakdown:
    """A total with the towns' own figures in it (市町の内訳).

    `follows`: the total is the sum of its towns' figures and moves with them. A total that was stated by
    itself stays as stated; then `differs` says that the towns' figures and the total do not agree, and
    `missing` how much lies between them (negative when the towns have more).
    """

    total: Count
    parts: Mapping[int, Count]

    @property
    def sum(self) -> Decimal:
        return sum((part.value for part in self.parts.values()), Decimal(0))

    @property
    def follows(self) -> bool:
        return self.sum == self.total.value

    @property
    def differs(self) -> bool:
        return bool(self.parts) and not self.follows

    @property
    def missing(self) -> Decimal:
        return self.total.value - self.sum

    @property
    def total_words(self) -> str:
        return words(self.total)

    @property
    def sum_words(self) -> str:
        return self.number_words(self.sum)

    @property
    def missing_words(self) -> str:
        return self.number_words(abs(self.missing))

    def number_words(self, value: Decimal) -> str:
        """A number with the total's counter, 「207名」."""
        return core.format_count(core.Count(whole(value), self.total.counter, quantity=core.Quantity.OTHER))


def breakdowns(activity: Activity) -> list[Breakdown]:
    """The activity's counts that may be broken down by town, with the towns' figures so far.

    These are the counts of the whole region that are not part of another one themselves; numbers of
    municipalities are not broken down.
    """
    own = list(activity.counts.all())
    found = []
    for total in own:
        if total.municipality_id or total.part_of_id or total.quantity == core.Quantity.MUNICIPALITIES:
            continue
        parts = {
            count.municipality_id: count
            for count in own
            if count.part_of_id == total.pk and count.municipality_id is not None
        }
        found.append(Breakdown(total, parts))
    return found


@dataclass(frozen=True)
class CountActual:
    """A KPI's actual from counts: the sum and the ids of the activities it comes from.

    0 without any activity means that every initiative asked for has the record 実績なし.
    """

    value: Decimal
    activities: tuple[int, ...] = ()


def count_query_actuals(
    region: Region | int, query: Kpi | Mapping[str, Any], years: Iterable[int]
) -> dict[int, CountActual]:
    """A KPI's stored count query evaluated for these fiscal years of the region (or its id), in a constant
    number of queries.

    The query has `initiatives` (slugs) and `quantity`, and may have `counter`, `kinds` and `municipality`
    (code). Counted is what was done; a count contained in another counted one is left out. A year without
    any count is missing from the answer (未入力), unless all the initiatives have the record 実績なし: 0.
    """
    asked = query.count_query if isinstance(query, Kpi) else query
    if not asked:
        return {}
    slugs, wanted_years = list(asked["initiatives"]), list(years)
    rows = (
        Activity.objects.filter(region=region, initiative__slug__in=slugs, fiscal_year__in=wanted_years)
        .exclude(state=Activity.State.PLANNED)
        .annotate(town=Coalesce("counts__municipality__code", "municipality__code"))
        .values_list(
            "fiscal_year",
            "initiative__slug",
            "initiative_id",
            "pk",
            "state",
            "kind",
            "counts__pk",
            "counts__part_of",
            "counts__value",
            "counts__quantity",
            "counts__counter",
            "town",
        )
    )
    kinds, counter, town = asked.get("kinds") or (), asked.get("counter") or "", asked.get("municipality")
    nothing: dict[int, set[str]] = {}
    said: list[tuple[int, str, int, str | None]] = []
    wanted: dict[int, dict[int, tuple[int, Decimal]]] = {}
    parents: dict[int, int | None] = {}
    for year, slug, initiative, activity, state, kind, pk, part_of, value, quantity, unit, code in rows:
        if state == Activity.State.NONE:
            said.append((year, slug, initiative, code))
            continue
        if pk is None:
            continue
        parents[pk] = part_of
        if (
            quantity == asked["quantity"]
            and (not kinds or kind in kinds)
            and (not counter or unit == counter)
            and (not town or code == town)
        ):
            wanted.setdefault(year, {})[pk] = (activity, value)
    silent = years_without_results(region, wanted_years) if said else frozenset()
    for year, slug, initiative, code in said:
        if (initiative, year) in silent or (town and code == town):
            nothing.setdefault(year, set()).add(slug)
    found: dict[int, CountActual] = {
        year: CountActual(Decimal(0)) for year, slugs_none in nothing.items() if slugs_none >= set(slugs)
    }
    for year, counts in wanted.items():
        roots = [counts[pk] for pk in _outermost(counts, parents)]
        found[year] = CountActual(
            sum((value for _, value in roots), Decimal(0)),
            tuple(dict.fromkeys(activity for activity, _ in roots)),
        )
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Reached:
    """Persons reached in a field (分野) by one town; `municipality` None is what no town's figure explains.

    The rows of a field add up to its total. Sums over several activities may count a person more than once.
    """

    field: str
    municipality: Municipality | None
    value: Decimal


def persons_reached(
    region: Region, fiscal_year: int, quantity: str = "participants", *, initiative: Initiative | None = None
) -> list[Reached]:
    """Persons reached in the fiscal year by field and town; parts are not counted beside their total.

    Another `quantity` is added up in the same way; with an `initiative` only that of its activities.
    """
    counts = list(
        Count.objects.filter(
            activity__region=region,
            activity__fiscal_year=fiscal_year,
            activity__state=Activity.State.DONE,
            quantity=quantity,
            **({} if initiative is None else {"activity__initiative": initiative}),
        )
        .select_related("municipality", "activity__municipality", "activity__initiative")
        .order_by("activity__initiative__order", "activity_id", "order", "id")
    )
    parents = {count.pk: count.part_of_id for count in counts}
    sums: dict[tuple[str, int | None], Decimal] = {}
    towns: dict[int | None, Municipality | None] = {None: None}

    def add(count: Count, town: Municipality | None, value: Decimal) -> None:
        initiative = count.activity.initiative
        key = (initiative.field_name or initiative.title, town.pk if town else None)
        towns[key[1]] = town
        sums[key] = sums.get(key, Decimal(0)) + value

    by_pk = {count.pk: count for count in counts}
    for pk in _outermost(by_pk, parents):
        total = by_pk[pk]
        own = total.municipality or total.activity.municipality
        rest = total.value
        if own is None:
            for part in counts:
                if part.part_of_id == pk and part.municipality is not None:
                    add(part, part.municipality, part.value)
                    rest -= part.value
        if rest or own is not None:
            add(total, own, rest)
    return [Reached(field, towns[town], value) for (field, town), value in sums.items()]


def _outermost(chosen: Mapping[int, Any], parents: Mapping[int, int | None]) -> list[int]:
    """The ids among `chosen` that are contained in no other chosen one, however deep."""
    found = []
    for pk in chosen:
        seen = {pk}
        above = parents.get(pk)
        while above is not None and above not in chosen and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above is None or above not in chosen:
            found.append(pk)
    return found


def field_totals(rows: Sequence[Reached]) -> dict[str, Decimal]:
    """Persons reached by field."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row.field] = sums.get(row.field, Decimal(0)) + row.value
    return sums
