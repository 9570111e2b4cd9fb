"""Numbers a target may begin with: people of the statistics and of the districts, groups by age from the census."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from django.db.models import Count, Q, Sum
from django.urls import reverse

from keniki.analysis.needs import flood_evacuees, shares_of
from keniki.apps.evidence.importers.base import UNKNOWN_AGE
from keniki.apps.evidence.models import Series
from keniki.apps.evidence.queries.figures import FigureView, figures
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards

from ...models import District

_POPULATION: Final = "population"
_SEXES: Final = ("male", "female")


@dataclass(frozen=True)
class Proposal:
    """A number of people with what it rests on, and the page where that stands."""

    people: int
    basis: str
    url: str = ""


@dataclass(frozen=True)
class GroupShares:
    """A town's own shares of the groups, by key, from one table of the statistics."""

    shares: dict[str, Fraction]
    basis: str
    url: str


def proposals(region: Region, town: Municipality, on: date) -> list[Proposal]:
    """What can be said of a town's people from what is stored; nothing where nothing is."""
    found = []
    whole = figures([town.code], [_POPULATION], region=region)
    counted = next(
        (
            each
            for each in whole
            if each.value is not None and each.status == Series.Status.OFFICIAL and each.year <= on.year
        ),
        None,
    )
    if counted is not None and counted.value is not None:
        found.append(
            Proposal(
                int(counted.value),
                f"人口（{counted.source_title} {counted.year}年、全員）",
                reverse("evidence:figure", args=[region.slug, counted.pk]),
            )
        )
    sums = District.objects.filter(region=region, municipality=town).aggregate(
        inside=Sum("residents", filter=Q(target=True)),
        outside=Sum("residents", filter=Q(target=False)),
        targets=Count("pk", filter=Q(target=True)),
    )
    if sums["inside"]:
        found.append(Proposal(sums["inside"], f"広域避難の対象地区（{sums['targets']}地区）の居住者の合計"))
        rule = standards.flood_rates(on)
        both = flood_evacuees(sums["inside"], sums["outside"] or 0, rule.value)
        found.append(
            Proposal(
                both.count,
                f"対象地区を浸水区域とみた試算：{both.steps[-1]}（{rule.source}）",
            )
        )
    return found


def group_shares(region: Region, town: Municipality, on: date) -> GroupShares | None:
    """The town's shares of the groups by the newest table with ages by sex; None where none is stored.

    Persons of unknown age are left out, as in the nation's shares.
    """
    rows = figures([town.code], [_POPULATION], region=region, divided=True)
    tables: dict[tuple[int, str, str], list[FigureView]] = {}
    for row in rows:
        if row.status != Series.Status.OFFICIAL or row.year > on.year or row.part:
            continue
        if row.sex in _SEXES and row.age_from is not None and row.age_from != UNKNOWN_AGE:
            tables.setdefault((row.year, row.edition, row.period), []).append(row)
    for table in tables.values():
        classes = _classes(table)
        if classes is None:
            continue
        of = {(row.sex, row.age_from, row.age_to): int(row.value or 0) for row in table}
        men, women = ([of.get((sex, *each), 0) for each in classes] for sex in _SEXES)
        try:
            shares = shares_of(standards.shares(on).value.groups, classes, men, women)
        except WrongInput:
            continue
        first = table[0]
        told = {key: share for key, share in shares.items() if _by_age(key, on)}
        return GroupShares(
            told,
            f"{first.source_title} {first.year}年の年齢別人口（年齢不詳を除き、階級の中は均等とみなす）",
            reverse("evidence:figure", args=[region.slug, first.pk]),
        )
    return None


def _by_age(key: str, on: date) -> bool:
    return standards.shares(on).value.groups[key].ages is not None


def _classes(table: list[FigureView]) -> list[tuple[int, int | None]] | None:
    """The narrowest classes that follow one another from birth to the open end, both sexes alike; None if there are
    none."""
    ages = [
        {(row.age_from, row.age_to) for row in table if row.sex == sex and row.age_from is not None}
        for sex in _SEXES
    ]
    both = ages[0] & ages[1]
    found: list[tuple[int, int | None]] = []
    at = 0
    while True:
        here = [(first, last) for first, last in both if first == at and (last is None or last >= at)]
        closed = [each for each in here if each[1] is not None]
        if not here:
            return None
        chosen = min(closed, key=lambda each: each[1] or 0) if closed else here[0]
        found.append((at, chosen[1]))
        if chosen[1] is None:
            return found
        at = chosen[1] + 1
