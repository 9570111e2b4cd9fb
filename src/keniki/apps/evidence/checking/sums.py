"""Checks of areas that are the sum of others: nation, prefecture, city, areas of municipalities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from django.db.models import Q

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.rulebooks.checks import Check, Within
from keniki.rulebooks.indicators import Aggregation, Catalogue

from ..models import Area, AreaMember, Series
from ..queries import visible_editions
from ..queries.figures import WHOLE
from .held import Held, Store, key_of
from .judging import Case, judged
from .results import Checked


class Above:
    """Checks of areas that are the sum of others: nation, prefecture, city, areas of municipalities."""

    def __init__(self, region: Region, codes: Sequence[str], own: Store, book: Catalogue) -> None:
        self.codes = codes
        self.own = own
        self.book = book
        self.editions = visible_editions(region)
        self.prefectures = sorted({code[:2] for code in codes})

    def findings(self, check: Check) -> Iterator[Checked]:
        """One for every printed figure of an area it applies to."""
        kind = Area.Kind
        if check.within is Within.NATION:
            yield from self._sums(check, Q(kind=kind.NATION), Q(kind=kind.PREFECTURE), lambda area: 47)
        elif check.within is Within.PREFECTURE:
            for number in self.prefectures:
                one = Q(kind=kind.PREFECTURE, code__startswith=number)
                parts = Q(kind=kind.MUNICIPALITY, code__startswith=number)
                yield from self._sums(check, one, parts, _municipalities)
        elif check.within in (Within.CITY, Within.FORMER):
            for town, inner in self._within_towns(check.within):
                yield from self._sums(check, Q(pk=town), Q(pk__in=inner), lambda area: 0)
        else:
            yield from self._areas(check)

    def _within_towns(self, within: Within) -> Iterator[tuple[int, Sequence[int]]]:
        """The members that have wards, or former municipalities on their land, with these."""
        towns = {
            area.code: area for area in Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=self.codes)
        }
        found: dict[int, list[int]] = defaultdict(list)
        if within is Within.FORMER:
            rows = AreaMember.objects.filter(area__kind=Area.Kind.FORMER, code__in=towns)
            for code, area in rows.values_list("code", "area"):
                found[towns[code].pk].append(area)
        else:
            for ward in Area.objects.filter(kind=Area.Kind.WARD):
                for town in towns.values():
                    if ward.code[:2] == town.code[:2] and ward.name.startswith(town.name):
                        found[town.pk].append(ward.pk)
        yield from found.items()

    def _sums(self, check: Check, whole: Q, parts: Q, expected: Callable[[Area], int]) -> Iterator[Checked]:
        """The whole's figures held against the sum of its parts' in the same series."""
        lines = Series.objects.filter(
            edition__in=self.editions, figures__area__in=Area.objects.filter(whole), **WHOLE
        ).distinct()
        added = [line.pk for line in lines if self._is_added(line.indicator)]
        if not added:
            return
        store = Store(Series.objects.filter(pk__in=added), Area.objects.filter(whole | parts), self.book)
        wholes = set(Area.objects.filter(whole).values_list("pk", flat=True))
        by_series: dict[int, list[Held]] = {}
        for held in store.figures:
            if held.area.pk not in wholes:
                by_series.setdefault(held.series.pk, []).append(held)
        name = list(check.figures)[1]
        for held in store.figures:
            given = by_series.get(held.series.pk, [])
            if held.area.pk in wholes and held.known and given:
                named = sorted(((one.area.name, one) for one in given), key=lambda pair: pair[1].area.code)
                enough = len(given) >= expected(held.area)
                lacking = "" if enough else f"値があるのは{len(given)}団体だけです。"
                alone = enough and not check.remainder
                yield judged(store, check, Case(held, {name: named}, whole=alone), lacking)

    def _is_added(self, indicator: str) -> bool:
        return indicator in self.book and self.book[indicator].aggregation is Aggregation.SUM

    def _areas(self, check: Check) -> Iterator[Checked]:
        """Areas of whole municipalities, of which one at least is a member."""
        kinds = (Area.Kind.MEDICAL, Area.Kind.FIRE, Area.Kind.OTHER)
        shaped = Area.objects.filter(kind__in=kinds, members__code__in=self.codes, beyond_region=False)
        name = list(check.figures)[1]
        for area in shaped.distinct().prefetch_related("members"):
            members = list(area.members.all())
            if any(member.partly for member in members):
                continue
            codes = [member.code for member in members]
            lines = Series.objects.filter(edition__in=self.editions, **WHOLE)
            own = Store(lines, Area.objects.filter(pk=area.pk), self.book)
            wanted = {held.series.indicator for held in own.figures if self._is_added(held.series.indicator)}
            towns = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__in=codes)
            store = Store(
                lines.filter(indicator__in=wanted), Area.objects.filter(pk=area.pk) | towns, self.book
            )
            for held in store.figures:
                if held.area.pk != area.pk or not held.known:
                    continue
                given = self._same(store, held, codes)
                lacking = [code for code in codes if code not in {one.area.code for _, one in given}]
                missing = f"構成市町村のうち{len(lacking)}団体の値がありません。" if lacking else ""
                if given:
                    yield judged(store, check, Case(held, {name: given}, whole=not lacking), missing)

    def _same(self, store: Store, held: Held, codes: Sequence[str]) -> list[tuple[str, Held]]:
        """What the municipalities have of the same year, one figure each."""
        found: dict[str, Held] = {}
        for one in store.figures:
            same = one.series.year == held.series.year and key_of(one.series) == key_of(held.series)
            if same and one.area.code in codes and one.known:
                better = one.series.edition_id == held.series.edition_id
                if better or one.area.code not in found:
                    found[one.area.code] = one
        return [(found[code].area.name, found[code]) for code in codes if code in found]


def _municipalities(prefecture: Area) -> int:
    """How many municipalities a prefecture has at least: those of the list, or more where the tables have more.

    Without a list nobody knows whether a table has all of them.
    """
    towns = Municipality.objects.filter(prefecture=prefecture.code[:2], valid__contains=today())
    listed = towns.exclude(kind=Municipality.Kind.WARD).count()
    known = Area.objects.filter(kind=Area.Kind.MUNICIPALITY, code__startswith=prefecture.code[:2]).count()
    return max(listed, known) if listed else known + 1
