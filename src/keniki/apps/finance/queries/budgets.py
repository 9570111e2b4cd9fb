"""What towns budget for their shares beside what they were told, and what of it is the special-tax basis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404

from keniki.apps.accounts.actor import Actor, Ruling, deny
from keniki.apps.programmes import policies as programmes_policies
from keniki.apps.programmes import queries as programmes
from keniki.apps.programmes.models import RevenueClaim
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import edit_town
from keniki.core.era import format_year
from keniki.core.fiscal_year import FiscalYear
from keniki.core.text import search_key

from .. import policies
from ..models import Allocation, BudgetLine, CostItem, JointCost, Share, TownBudget
from ..models.costs import BUDGETED
from ..origins import stem_of
from ..sharing import StageOf, towns_of
from .allocations import allocations_of, in_order, newest, shares_of

Stage = BudgetLine.Stage

#: The stages whose amounts are changes, with a sign.
SIGNED: Final = (Stage.SUPPLEMENTARY, Stage.TRANSFER, Stage.CARRIED_OVER)
#: What 予算現額 is made of.
_AVAILABLE: Final = (Stage.INITIAL, *SIGNED)
#: The stages of every year, whether anything is entered or not.
_ALWAYS: Final = tuple(StageOf(each) for each in BUDGETED if each != Stage.SUPPLEMENTARY)
#: How the note of a claim made here begins.
FROM_HERE: Final = "共同経費の負担金から"


def told_at(found: Mapping[StageOf, Allocation], stage: StageOf) -> Allocation | None:
    """The decision by which the towns know their share at a stage: for 査定 that of 要求."""
    return found.get(StageOf(Stage.REQUEST) if stage.stage == Stage.ASSESSED else stage)


def expected_at(found: Mapping[StageOf, Allocation], stage: StageOf) -> dict[str, int]:
    """What each town should budget at a stage, yen by code; of a 補正 the change. Empty where nothing was told."""
    told = told_at(found, stage)
    if told is None:
        return {}
    shares = shares_of(told)
    if stage.stage != Stage.SUPPLEMENTARY:
        return shares
    base = _last_before(found, stage)
    before = shares_of(base) if base is not None else {}
    return {code: shares.get(code, 0) - before.get(code, 0) for code in {**shares, **before}}


@dataclass(frozen=True)
class Cell:
    """What a town entered at a stage beside what it was told, yen; None where there is none."""

    stage: StageOf
    expected: int | None
    budget: TownBudget | None

    @property
    def amount(self) -> int | None:
        return self.budget.amount if self.budget is not None else None

    @property
    def general(self) -> int | None:
        """What of it general revenue pays."""
        return self.budget.amount - self.budget.earmarked if self.budget is not None else None

    @property
    def difference(self) -> int | None:
        """What was entered less what was told; None where one of them lacks."""
        if self.amount is None or self.expected is None:
            return None
        return self.amount - self.expected

    @property
    def is_open(self) -> bool:
        """Whether the town was told something and entered nothing."""
        return self.budget is None and bool(self.expected)


@dataclass(frozen=True)
class BudgetRow:
    """A town's budget for its share in a fiscal year; `told` is what it bears as made known last (当初, 補正後)."""

    town: Municipality
    cells: tuple[Cell, ...]
    told: int | None
    may: Ruling

    def at(self, stage: StageOf) -> Cell:
        """The cell of a stage; an empty one where the table has no such column."""
        return next((each for each in self.cells if each.stage == stage), Cell(stage, None, None))

    @property
    def available(self) -> int | None:
        """予算現額: 当初, 補正, 流用 and 繰越 together."""
        found = [
            each.amount for each in self.cells if each.stage.stage in _AVAILABLE and each.amount is not None
        ]
        return sum(found) if found else None

    @property
    def lacking(self) -> int | None:
        """What 予算現額 is short of the town's share; 0 or less where it is enough."""
        return None if self.available is None or self.told is None else self.told - self.available

    @property
    def spent(self) -> int | None:
        """決算 where there is one, else 支出済額."""
        settled = self.at(StageOf(Stage.SETTLED)).amount
        return settled if settled is not None else self.at(StageOf(Stage.EXECUTED)).amount

    @property
    def unused(self) -> int | None:
        """予算現額 less what was spent (不用額 once the account is settled)."""
        return None if self.available is None or self.spent is None else self.available - self.spent

    @property
    def general(self) -> tuple[int, str] | None:
        """General revenue for the share, yen, and what says so: 決算, else 予算現額 (当初 where nothing changed it)."""
        settled = self.at(StageOf(Stage.SETTLED)).budget
        if settled is not None:
            return max(0, settled.amount - settled.earmarked), str(Stage.SETTLED.label)
        rows = [
            each.budget for each in self.cells if each.stage.stage in _AVAILABLE and each.budget is not None
        ]
        if not rows:
            return None
        only_first = {row.stage for row in rows} == {str(Stage.INITIAL)}
        label = Stage.INITIAL.label if only_first else Stage.AVAILABLE.label
        return max(0, sum(row.amount - row.earmarked for row in rows)), str(label)


@dataclass(frozen=True)
class BudgetGrid:
    """All towns × all stages of a joint cost's fiscal year."""

    cost: JointCost
    year: int
    stages: tuple[StageOf, ...]
    rows: tuple[BudgetRow, ...]
    told: Mapping[StageOf, Allocation]

    @property
    def heads(self) -> list[tuple[StageOf, str, Allocation | None]]:
        """The columns: stage, its words, the decision by which the towns know."""
        return [(stage, stage_label(stage), told_at(self.told, stage)) for stage in self.stages]

    @property
    def sums(self) -> list[tuple[int | None, int | None]]:
        """What is expected and what was entered of each column, over all towns."""
        return [
            (
                _sum(row.at(stage).expected for row in self.rows),
                _sum(row.at(stage).amount for row in self.rows),
            )
            for stage in self.stages
        ]

    @property
    def available(self) -> int | None:
        return _sum(row.available for row in self.rows)

    @property
    def unused(self) -> int | None:
        return _sum(row.unused for row in self.rows)

    @property
    def unanswered(self) -> list[tuple[str, list[Municipality]]]:
        """Of each stage that was made known, the towns that have not entered theirs."""
        found = []
        for stage, label, told in self.heads:
            if told is None or (stage.stage == Stage.REQUEST and StageOf(Stage.ASSESSED) in self.stages):
                continue
            towns = [row.town for row in self.rows if row.at(stage).is_open]
            if towns:
                found.append((label, towns))
        return found

    def row(self, town: Municipality) -> BudgetRow:
        return next(row for row in self.rows if row.town == town)


def budget_grid(actor: Actor, cost: JointCost, year: int) -> BudgetGrid:
    """The towns' budgets of a fiscal year; a fixed number of queries."""
    found = newest(allocations_of(cost, year))
    budgets = list(TownBudget.objects.filter(cost=cost, fiscal_year=year).select_related("municipality"))
    rounds = CostItem.objects.filter(cost=cost, fiscal_year=year, stage=Stage.SUPPLEMENTARY)
    stages = in_order(
        [
            *_ALWAYS,
            *(StageOf(Stage.SUPPLEMENTARY, each) for each in rounds.values_list("round", flat=True)),
            *(stage for stage in found if stage.stage == Stage.SUPPLEMENTARY),
            *(StageOf(row.stage, row.round) for row in budgets),
        ]
    )
    by_cell = {(row.municipality_id, StageOf(row.stage, row.round)): row for row in budgets}
    expected = {stage: expected_at(found, stage) for stage in stages}
    last = _last_told(found)
    told = shares_of(last) if last is not None else {}
    towns = dict.fromkeys(towns_of(cost, year))
    towns |= dict.fromkeys(row.municipality for row in budgets)
    towns |= {share.municipality: None for row in found.values() for share in row.shares.all()}
    may = policies.write_town_budgets(actor, cost.region, year, list(towns))
    for row in budgets:
        row.cost = cost
    return BudgetGrid(
        cost,
        year,
        tuple(stages),
        tuple(
            BudgetRow(
                town,
                tuple(
                    Cell(stage, expected[stage].get(town.code), by_cell.get((town.pk, stage)))
                    for stage in stages
                ),
                told.get(town.code),
                may[town.pk],
            )
            for town in towns
        ),
        found,
    )


def town_in(cost: JointCost, year: int, code: str) -> Municipality:
    """A town that shares a cost in a year, or was told a share or has a budget for it; 404 for another."""
    found = next((town for town in towns_of(cost, year) if town.code == code), None)
    if found is None:
        row = TownBudget.objects.filter(cost=cost, fiscal_year=year, municipality__code=code)
        kept = row.select_related("municipality").first()
        found = kept.municipality if kept is not None else None
    if found is None:
        told = Share.objects.filter(
            allocation__cost=cost, allocation__fiscal_year=year, municipality__code=code
        )
        share = told.select_related("municipality").first()
        found = share.municipality if share is not None else None
    if found is None:
        raise Http404("この共同経費を負担する市町村ではありません。")
    return found


def town_budget(cost: JointCost, year: int, town: Municipality, stage: StageOf) -> TownBudget | None:
    """What a town budgets at a stage; None where nothing is entered."""
    found: TownBudget | None = (
        TownBudget.objects.filter(
            cost=cost, fiscal_year=year, municipality=town, stage=stage.stage, round=stage.round
        )
        .select_related("region", "cost__region", "cost__initiative", "cost__project", "municipality")
        .first()
    )
    return found


def typed_beside(cost: JointCost, year: int) -> list[BudgetLine]:
    """Lines that somebody typed for what the cost's own lines already hold: the same thing, town and stage.

    They may be other money of the town; if not, they count twice.
    """
    rows = BudgetLine.objects.filter(
        region=cost.region, fiscal_year=year, initiative=cost.initiative, project=cost.project
    ).select_related("municipality")
    listed = list(rows.order_by("municipality__code", "stage", "id"))
    own = [row for row in listed if row.origin.startswith(stem_of(cost, year))]
    held = {(row.municipality_id, row.stage) for row in own} | {(None, row.stage) for row in own}
    return [row for row in listed if not row.origin and (row.municipality_id, row.stage) in held]


def stage_label(stage: StageOf) -> str:
    """The stage as a town's budget calls it: 「当初」, 「第1号補正」."""
    label = str(Stage(stage.stage).label)
    return f"第{stage.round}号{label}" if stage.round else label


def steps_of_year(grid: BudgetGrid) -> list[dict[str, Any]]:
    """The budget's year as a stepper: when a stage is due as a rule, and whether all towns entered it."""
    year = FiscalYear(grid.year)
    before, now, after = (format_year(each) for each in (year - 1, year, year + 1))
    rules = (
        (Stage.REQUEST, "要求", f"{before}10月ごろ"),
        (Stage.ASSESSED, "査定", f"{now}1～2月ごろ"),
        (Stage.INITIAL, "当初", f"{now}3月議会"),
        (Stage.SUPPLEMENTARY, "補正", "6月・9月・12月・3月議会"),
        (Stage.EXECUTED, "執行", f"出納閉鎖 {after}5月31日"),
        (Stage.SETTLED, "決算", f"{after}9月議会で認定"),
    )
    done = {stage: _all_entered(grid, stage) for stage, _, _ in rules}
    current = next((stage for stage, _, _ in rules if not done[stage] and stage != Stage.SUPPLEMENTARY), None)
    return [
        {
            "label": label,
            "note": note,
            "state": "done"
            if done[stage]
            else "current"
            if stage == current
            else "skipped"
            if stage == Stage.SUPPLEMENTARY and not any(each.stage == stage for each in grid.stages)
            else "todo",
        }
        for stage, label, note in rules
    ]


# --- the special-tax basis --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """What a town's general revenue for one joint cost is, yen, and by what (決算, 予算現額, 当初)."""

    cost: JointCost
    amount: int
    basis: str


@dataclass(frozen=True)
class ClaimRow:
    """A town's general revenue for an initiative: what its budgets say, what the special-tax basis holds.

    `proposed` is the sum over all joint costs of the initiative, None where the town entered no budget yet.
    """

    town: Municipality
    parts: tuple[Part, ...]
    claim: RevenueClaim | None
    may: Ruling

    @property
    def proposed(self) -> int | None:
        return sum(part.amount for part in self.parts) if self.parts else None

    @property
    def claimed(self) -> int | None:
        return self.claim.general_revenue if self.claim is not None else None

    @property
    def difference(self) -> int | None:
        """What writing it would change; the whole where nothing is claimed yet."""
        return None if self.proposed is None else self.proposed - (self.claimed or 0)

    @property
    def is_done(self) -> bool:
        """Whether the basis holds just this."""
        return self.claim is not None and self.claimed == self.proposed

    @property
    def by_hand(self) -> bool:
        """Whether somebody typed the claim, so that other money may be in it."""
        return self.claim is not None and not self.claim.note.startswith(FROM_HERE)

    @property
    def may_write(self) -> bool:
        return bool(self.may) and self.proposed is not None and not self.is_done

    @property
    def is_chosen(self) -> bool:
        """Whether it is proposed without asking: what somebody typed is not."""
        return self.may_write and not self.by_hand

    @property
    def note(self) -> str:
        """What the claim says of where it comes from."""
        said = "、".join(f"「{part.cost.title}」{part.basis} {part.amount:,}円" for part in self.parts)
        return f"{FROM_HERE}：{said}"[:300]


def claim_rows(actor: Actor, cost: JointCost, year: int) -> list[ClaimRow]:
    """The general revenue of the towns that share a cost, over all joint costs of its initiative."""
    region, initiative = cost.region, cost.initiative
    costs = {row.pk: row for row in JointCost.objects.filter(region=region, initiative=initiative)}
    by_town: dict[Municipality, dict[int, list[TownBudget]]] = {}
    rows = TownBudget.objects.filter(cost__in=costs, fiscal_year=year).select_related("municipality")
    for row in rows.order_by("cost__slug", "id"):
        by_town.setdefault(row.municipality, {}).setdefault(row.cost_id, []).append(row)
    towns = dict.fromkeys(towns_of(cost, year)) | dict.fromkeys(by_town)
    claims = _claims(region, year, initiative.slug, initiative.title)
    confirmed = programmes.confirmation(region, year) is not None
    found = []
    for town in towns:
        may = edit_town(actor, region, town, year=year)
        if may and confirmed:
            may = deny(programmes_policies.confirmed_reason(year))
        parts = [
            Part(costs[pk], *general)
            for pk, own in by_town.get(town, {}).items()
            if (general := _row(town, own, may).general) is not None
        ]
        found.append(ClaimRow(town, tuple(parts), claims.get(town.pk), may))
    return found


def _claims(region: Any, year: int, slug: str, title: str) -> dict[int, RevenueClaim]:
    """The claims of an initiative by town, whether it was chosen or its title typed."""
    key = search_key(title)
    return {
        row.municipality_id: row
        for row in programmes.claims_of(region, year)
        if row.initiative_slug == slug or (not row.initiative_slug and search_key(row.initiative) == key)
    }


def _row(town: Municipality, budgets: Sequence[TownBudget], may: Ruling) -> BudgetRow:
    cells = tuple(Cell(StageOf(each.stage, each.round), None, each) for each in budgets)
    return BudgetRow(town, cells, None, may)


def _last_before(found: Mapping[StageOf, Allocation], stage: StageOf) -> Allocation | None:
    """The decision on which a 補正 comes on top."""
    rows = [
        each
        for each in in_order(found)
        if each.stage in (Stage.INITIAL, Stage.SUPPLEMENTARY) and each < stage
    ]
    return found[rows[-1]] if rows else None


def _last_told(found: Mapping[StageOf, Allocation]) -> Allocation | None:
    rows = [each for each in in_order(found) if each.stage in (Stage.INITIAL, Stage.SUPPLEMENTARY)]
    return found[rows[-1]] if rows else None


def _all_entered(grid: BudgetGrid, stage: str) -> bool:
    cells = [cell for row in grid.rows for cell in row.cells if cell.stage.stage == stage]
    return any(cell.budget is not None for cell in cells) and not any(
        cell.budget is None and (bool(cell.expected) or cell.expected is None) for cell in cells
    )


def _sum(values: Iterable[int | None]) -> int | None:
    found = [value for value in values if value is not None]
    return sum(found) if found else None
