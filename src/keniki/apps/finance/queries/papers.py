"""What papers of joint costs are made of: a decision with its steps, a bill, a dunning letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import Http404

from keniki.analysis.sharing import Split
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.workflow.queries import TownStanding, standing
from keniki.rulebooks.sharing import RuleSpec

from ..models import Allocation, Assessment, Dunning, Instalment
from ..sharing import StageOf, spec_of
from ..sharing.reckoning import splits_of


@dataclass(frozen=True)
class Decided:
    """A decision on a joint cost's shares as it was stored: rule, towns in the region's order, splits, whole yen."""

    allocation: Allocation
    spec: RuleSpec
    towns: tuple[Municipality, ...]
    shares: Mapping[str, int]
    splits: Mapping[str, Split]

    @property
    def content(self) -> Mapping[str, Any]:
        """What it was reckoned from, as stored."""
        found: Mapping[str, Any] = self.allocation.content
        return found

    @property
    def stage(self) -> StageOf:
        return StageOf(self.allocation.stage, self.allocation.round)

    @property
    def shared(self) -> int:
        """What all towns pay together."""
        return self.allocation.total - self.allocation.deducted

    def town(self, code: str) -> Municipality:
        """The town with this code; 404 for one that takes no part."""
        found = next((town for town in self.towns if town.code == code), None)
        if found is None:
            raise Http404("この負担額の決定に、その市町村はありません。")
        return found

    def figures(self, basis: str) -> dict[str, Decimal]:
        """The figures of a basis by code."""
        return {code: Decimal(value) for code, value in self.content["bases"].get(basis, {}).items()}


def decided(region: Region, slug: str, year: int, number: int) -> Decided:
    """One decision with its towns; 404 where the region has none of it."""
    found = (
        Allocation.objects.filter(
            region=region, cost__region=region, cost__slug=slug, fiscal_year=year, number=number
        )
        .select_related(
            "region__secretariat", "cost__region", "cost__initiative", "cost__holder__municipality", "rule"
        )
        .first()
    )
    if found is None:
        raise Http404("負担額の決定が見つかりません。")
    return read(found)


def read(allocation: Allocation) -> Decided:
    """A stored decision as papers use it."""
    rows = list(allocation.shares.select_related("municipality").order_by("id"))
    return Decided(
        allocation,
        spec_of(allocation.content["rule"]),
        tuple(row.municipality for row in rows),
        {row.municipality.code: row.amount for row in rows},
        _in_order(allocation.content),
    )


def _in_order(content: Mapping[str, Any]) -> dict[str, Split]:
    """The splits by class of cost in the order of the items: the database keeps none of an object's keys."""
    found = splits_of(content)
    keys = dict.fromkeys(f"{key}:{loan}" if loan else key for _, _, key, loan, *_ in content["items"])
    return {key: found[key] for key in (*keys, *found) if key in found}


@dataclass(frozen=True)
class Bill:
    """An assessment with what it rests on: the decision, the instalments, the towns' decisions on the rule's text.

    `billed` is what was assessed of the town in the year before it, refunds taken off.
    """

    assessment: Assessment
    decided: Decided
    instalments: tuple[Instalment, ...]
    decisions: tuple[TownStanding, ...]
    billed: int

    @property
    def town(self) -> Municipality:
        return self.assessment.municipality


def bill(region: Region, year: int, number: int) -> Bill:
    """One assessment with everything its notice says; 404 where the region has none of it."""
    found = assessment_of(region, year, number)
    allocation = found.allocation
    made = read(allocation)
    codes = {town.code for town in made.towns}
    stand = standing(allocation.rule, allocation.rule.digest, on=allocation.issued_on)
    others = Assessment.objects.filter(
        Q(cancelled_on=None),
        cost=found.cost_id,
        fiscal_year=found.fiscal_year,
        municipality=found.municipality_id,
        number__lt=found.number,
    )
    billed = sum(-row.amount if row.kind == Assessment.Kind.REFUND else row.amount for row in others)
    return Bill(
        found,
        made,
        tuple(found.instalments.order_by("number")),
        tuple(row for row in stand.towns if row.municipality.code in codes),
        billed,
    )


def assessment_of(region: Region, year: int, number: int) -> Assessment:
    """One assessment with its holder, town, decision and rule; 404 where the region has none of it."""
    found: Assessment | None = (
        Assessment.objects.filter(region=region, fiscal_year=year, number=number)
        .select_related(
            "region__secretariat",
            "cost__region",
            "holder__municipality",
            "municipality",
            "allocation__region__secretariat",
            "allocation__cost__initiative",
            "allocation__rule__cost",
        )
        .first()
    )
    if found is None:
        raise Http404("調定が見つかりません。")
    return found


def dunning(region: Region, year: int, number: int, nth: int) -> tuple[Assessment, Dunning]:
    """The `nth` letter of an assessment in the order they were sent, from 1; 404 where there is none."""
    found = assessment_of(region, year, number)
    rows = Dunning.objects.filter(instalment__assessment=found).select_related("instalment")
    row = rows.order_by("sent_on", "id")[nth - 1 : nth].first() if nth > 0 else None
    if row is None:
        raise Http404("督促が見つかりません。")
    return found, row
