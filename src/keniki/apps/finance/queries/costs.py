"""Reading joint costs: their records of a fiscal year, what a year costs at each stage, the rule that holds for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.db.models import Count, Max, Min, Prefetch, Sum
from django.http import Http404
from django.utils import timezone

from keniki.apps.regions.models import Municipality, Organisation, Region
from keniki.apps.regions.queries import former_members, members_on, organisations_of, towns_in
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.sharing import BasisSpec, RuleSpec

from ..models import (
    COSTED,
    Account,
    Allocation,
    BasisFigure,
    BudgetLine,
    CostItem,
    JointCost,
    Line,
    Share,
    SharingRule,
    TownBudget,
)
from ..sharing import StageOf, spec_of, stages_of
from ..standing import Standing
from .claims import assessments_of

Stage = BudgetLine.Stage
_R = TypeVar("_R", CostItem, SharingRule, BasisFigure, Allocation)
#: Which version of a rule speaks for a year: the decided one, else the one put to the towns, else a draft.
_SPEAKS = (SharingRule.State.ADOPTED, SharingRule.State.PROPOSED, SharingRule.State.DRAFT)
#: Bodies that may keep the account of a joint cost beside the members themselves.
HOLDERS = (Organisation.Kind.SECRETARIAT, Organisation.Kind.UNION, Organisation.Kind.FIRE)
#: So many fiscal years ahead are planned.
_AHEAD = 1


@dataclass(frozen=True)
class ItemLine:
    """One item of a cost through the stages of a year: yen by stage, what it is of."""

    title: str
    kind: str
    cost_class: str
    loan_year: int | None
    municipality: Municipality | None
    amounts: Mapping[StageOf, int]
    reckonings: tuple[str, ...] = ()

    @property
    def is_revenue(self) -> bool:
        return self.kind == CostItem.Kind.REVENUE


@dataclass(frozen=True)
class YearRecords:
    """All that is recorded of a joint cost in a fiscal year.

    `rules` are all versions, the newest first; `allocations` the newest first, with shares and without their
    steps; `claims` the assessments as they stand; `reported` the number of towns that entered their budget by stage;
    `spent` yen of 事業費 in the book.
    """

    cost: JointCost
    year: int
    towns: tuple[Municipality, ...]
    items: tuple[CostItem, ...]
    rules: tuple[SharingRule, ...]
    figures: tuple[BasisFigure, ...]
    allocations: tuple[Allocation, ...]
    claims: tuple[Standing, ...]
    reported: Mapping[str, int]
    spent: int

    @cached_property
    def stages(self) -> list[StageOf]:
        """The stages that have items, in order."""
        return stages_of(self.items)

    @property
    def latest(self) -> StageOf | None:
        """The last stage that has items: what the year costs as far as one knows."""
        return self.stages[-1] if self.stages else None

    @cached_property
    def rule(self) -> SharingRule | None:
        """The version that speaks for the year (see `governing`)."""
        return governing(self.rules, self.year)

    @property
    def adopted(self) -> SharingRule | None:
        """The decided version of the year."""
        found = self.rule
        return found if found is not None and found.state == SharingRule.State.ADOPTED else None

    @cached_property
    def spec(self) -> RuleSpec | None:
        """What that version says; None without one or where it cannot be read any more."""
        return spec_or_none(self.rule)

    @cached_property
    def lines(self) -> list[ItemLine]:
        """The items merged over the stages: the same content is one line. Costs first, then revenue."""
        return item_lines(self.items)

    def gross(self, stage: StageOf) -> int:
        """Yen of the costs at a stage; after a 補正 the 当初 with all changes up to it."""
        return total_at(self.items, stage, CostItem.Kind.EXPENSE)

    def earmarked(self, stage: StageOf) -> int:
        """Yen of the revenue meant for the cost (特定財源)."""
        return total_at(self.items, stage, CostItem.Kind.REVENUE)

    def net(self, stage: StageOf) -> int:
        """Yen that the municipalities bear."""
        return self.gross(stage) - self.earmarked(stage)

    @cached_property
    def lacking(self) -> dict[str, list[Municipality]]:
        """The towns without a figure, by the basis of the rule."""
        if self.spec is None:
            return {}
        have = {(row.basis, row.municipality_id) for row in self.figures}
        found = {key: [t for t in self.towns if (key, t.pk) not in have] for key in bases_used(self.spec)}
        return {key: towns for key, towns in found.items() if towns}

    def allocated(self, stage: StageOf) -> Allocation | None:
        """The newest allocation of a stage."""
        return next((row for row in self.allocations if StageOf(row.stage, row.round) == stage), None)


def costs_of(region: Region) -> list[JointCost]:
    """The region's joint costs, in the order of their initiatives, with all that a page names."""
    rows = JointCost.objects.filter(region=region).select_related(
        "initiative", "project", "holder__municipality"
    )
    found = list(rows)
    for cost in found:
        cost.region = region
    return found


def cost_for(region: Region, slug: str) -> JointCost:
    """One joint cost; 404 when the region has none of that name."""
    found: JointCost | None = (
        JointCost.objects.filter(region=region, slug=slug)
        .select_related("initiative", "project", "holder__municipality")
        .first()
    )
    if found is None:
        raise Http404("共同経費が見つかりません。")
    found.region = region
    return found


def years_of(cost: JointCost) -> list[int]:
    """The fiscal years one may enter, the newest first: from the first to the last, or to next year while it has none,
    and any later ones with items or figures."""
    ahead = int(FiscalYear.of(timezone.localdate())) + _AHEAD
    kept = [
        rows.filter(cost=cost).aggregate(first=Min("fiscal_year"), last=Max("fiscal_year"))
        for rows in (CostItem.objects, BasisFigure.objects)
    ]
    last = max([cost.last_year or ahead, cost.first_year, *(each["last"] or 0 for each in kept)])
    first = min([cost.first_year, *(each["first"] for each in kept if each["first"])])
    return list(range(last, first - 1, -1))


def year_of(cost: JointCost, asked: object = None) -> int:
    """The fiscal year a page shows: the one asked for if it is one of the cost's, else the running one, else the
    nearest."""
    years = years_of(cost)
    named = FiscalYear.named(asked)
    if named is not None and int(named) in years:
        return int(named)
    now = int(FiscalYear.of(timezone.localdate()))
    return min(years, key=lambda year: (abs(year - now), year))


def check_cost_year(cost: JointCost, year: int) -> None:
    """404 for a fiscal year in which there is no such cost."""
    if year not in years_of(cost):
        raise Http404("この共同経費の年度ではありません。")


def stage_named(stage: str | None, round: str | None) -> StageOf | None:
    """The stage an address names (`?stage=supplementary&round=2`); None for none or for words that name none."""
    if stage not in {each.value for each in COSTED}:
        return None
    if stage != Stage.SUPPLEMENTARY:
        return StageOf(stage)
    number = int(round) if round and round.isascii() and round.isdigit() and len(round) <= 2 else 1
    return StageOf(stage, max(1, number))


def records_of(region: Region, costs: Sequence[JointCost], year: int) -> dict[int, YearRecords]:
    """What is recorded of these costs in a fiscal year, by the cost's id. Constant number of queries."""
    ids = [cost.pk for cost in costs]
    of_year = {"cost__in": ids, "fiscal_year": year}
    items = _grouped(CostItem.objects.filter(**of_year).select_related("municipality"))
    rules = _grouped(SharingRule.objects.filter(cost__in=ids).order_by("cost", "-number"))
    figures = _grouped(BasisFigure.objects.filter(**of_year).select_related("municipality"))
    shares = Prefetch("shares", Share.objects.select_related("municipality").order_by("id"))
    allocations = _grouped(
        Allocation.objects.filter(**of_year).defer("content").select_related("rule").prefetch_related(shares)
    )
    claims: dict[int, list[Standing]] = defaultdict(list)
    for standing in assessments_of(region, year=year):
        claims[standing.assessment.cost_id].append(standing)
    budgets = TownBudget.objects.filter(**of_year).order_by().values_list("cost", "stage")
    reported: dict[int, dict[str, int]] = defaultdict(dict)
    for cost_id, stage, number in budgets.annotate(number=Count("municipality", distinct=True)):
        reported[cost_id][stage] = number
    spending = Line.objects.filter(entry__cost__in=ids, entry__fiscal_year=year, account=Account.EXPENSE)
    spent = dict(spending.order_by().values_list("entry__cost").annotate(Sum("amount")))
    members = towns_in(region, year)
    made = {}
    for cost in costs:
        for rule in rules[cost.pk]:
            rule.region, rule.cost = region, cost
        for allocation in allocations[cost.pk]:
            allocation.region, allocation.cost = region, cost
        made[cost.pk] = YearRecords(
            cost,
            year,
            tuple(town for town in members if not cost.places or town.code in cost.places),
            tuple(items[cost.pk]),
            tuple(rules[cost.pk]),
            tuple(figures[cost.pk]),
            tuple(allocations[cost.pk]),
            tuple(claims[cost.pk]),
            reported[cost.pk],
            spent.get(cost.pk, 0),
        )
    return made


def records(cost: JointCost, year: int) -> YearRecords:
    """What is recorded of one cost in a fiscal year."""
    return records_of(cost.region, [cost], year)[cost.pk]


def governing(rules: Iterable[SharingRule], year: int) -> SharingRule | None:
    """The version that speaks for a fiscal year: the decided one, else the newest put to the towns, else the newest
    draft; `rules` come newest first."""
    listed = [rule for rule in rules if _holds(rule, year)]
    return next((rule for state in _SPEAKS for rule in listed if rule.state == state), None)


def governing_rule(cost: JointCost, year: int) -> SharingRule | None:
    """`governing` of the versions of a cost."""
    return governing(SharingRule.objects.filter(cost=cost).order_by("-number"), year)


def spec_or_none(rule: SharingRule | None) -> RuleSpec | None:
    """What a version says; None for none and for one whose text cannot be read any more."""
    if rule is None:
        return None
    try:
        return spec_of(rule.content)
    except WrongInput:
        return None


def bases_used(spec: RuleSpec | None) -> dict[str, BasisSpec]:
    """The bases of which a rule needs a figure of every town, in the order in which it lists them."""
    if spec is None:
        return {}
    used = {each.basis for part in spec.parts().values() for each in part.components}
    return {key: basis for key, basis in spec.bases.items() if key in used}


def bases_in(cost: JointCost, year: int) -> dict[str, BasisSpec]:
    """The bases of the version that speaks for a fiscal year, then those of its other versions that were not
    withdrawn: their figures are entered beforehand, so that rules can be compared."""
    rules = [
        rule
        for rule in SharingRule.objects.filter(cost=cost).order_by("-number")
        if rule.state in _SPEAKS and _holds(rule, year)
    ]
    rules.sort(key=lambda rule: _SPEAKS.index(SharingRule.State(rule.state)))
    found: dict[str, BasisSpec] = {}
    for rule in rules:
        for key, basis in bases_used(spec_or_none(rule)).items():
            found.setdefault(key, basis)
    return found


def class_label(spec: RuleSpec | None, key: str) -> str:
    """What the rule calls a class of cost; its key where the rule does not know it."""
    part = spec.classes.get(key) if spec is not None else None
    return part.label or key if part is not None else key


def item_lines(items: Iterable[CostItem]) -> list[ItemLine]:
    """Items of one year merged over the stages: the same content is one line. Costs first, then revenue."""
    merged: dict[tuple[object, ...], list[CostItem]] = {}
    for item in items:
        key = (item.kind, item.cost_class, item.loan_year, item.municipality_id, item.title)
        merged.setdefault(key, []).append(item)
    lines = []
    for rows in merged.values():
        amounts: dict[StageOf, int] = {}
        for row in rows:
            stage = StageOf(row.stage, row.round)
            amounts[stage] = amounts.get(stage, 0) + row.amount
        first = rows[0]
        reckonings = tuple(dict.fromkeys(row.reckoning for row in rows if row.reckoning))
        lines.append(
            ItemLine(
                first.title,
                first.kind,
                first.cost_class,
                first.loan_year,
                first.municipality,
                amounts,
                reckonings,
            )
        )
    return sorted(lines, key=lambda line: line.is_revenue)


def counts_at(item: CostItem, stage: StageOf) -> bool:
    """Whether an item counts at a stage: after a 補正 the 当初 with all changes up to it do."""
    if stage.stage != Stage.SUPPLEMENTARY:
        return item.stage == stage.stage
    return item.stage == Stage.INITIAL or (item.stage == Stage.SUPPLEMENTARY and item.round <= stage.round)


def total_at(items: Iterable[CostItem], stage: StageOf, kind: str) -> int:
    """Yen of one kind at a stage."""
    return sum(item.amount for item in items if item.kind == kind and counts_at(item, stage))


def all_items(cost: JointCost) -> list[CostItem]:
    """Every item of a cost, by year and stage."""
    rows = CostItem.objects.filter(cost=cost).select_related("municipality")
    order = list(Stage.values)
    return sorted(
        rows, key=lambda row: (row.fiscal_year, order.index(row.stage), row.round, row.order, row.pk)
    )


@dataclass(frozen=True)
class Holder:
    """A body that may keep an account: `key` is `m:<id>` for a member, `o:<id>` for another body."""

    key: str
    name: str
    municipality: Municipality | None = None
    organisation: Organisation | None = None


def holders_of(region: Region, kept: Organisation | None = None) -> list[Holder]:
    """Who may keep the account of a joint cost: the members, the secretariat where it is a body of its own, the joint
    bodies; and who keeps it already."""
    found = [Holder(f"m:{town.pk}", town.name, municipality=town) for town in places_of(region)]
    members = {holder.municipality.pk for holder in found if holder.municipality is not None}
    bodies = [body for body in organisations_of(region) if body.kind in HOLDERS]
    if kept is not None and kept not in bodies:
        bodies.append(kept)
    return found + [
        Holder(f"o:{body.pk}", str(body), organisation=body)
        for body in bodies
        if body.kind != Organisation.Kind.MUNICIPALITY or body.municipality_id not in members
    ]


def holder_key(body: Organisation | None) -> str:
    """How a body is chosen in the form."""
    if body is None:
        return ""
    if body.kind == Organisation.Kind.MUNICIPALITY:
        return f"m:{body.municipality_id}"
    return f"o:{body.pk}"


def places_of(region: Region) -> list[Municipality]:
    """The municipalities that may take part in a joint cost: members now, then those that left."""
    rows = (*members_on(region), *former_members(region))
    return list(dict.fromkeys(row.municipality for row in rows))


def _holds(rule: SharingRule, year: int) -> bool:
    return rule.first_year <= year and (rule.last_year is None or year <= rule.last_year)


def _grouped(rows: Iterable[_R]) -> dict[int, list[_R]]:
    found: dict[int, list[_R]] = defaultdict(list)
    for row in rows:
        found[row.cost_id].append(row)
    return found
