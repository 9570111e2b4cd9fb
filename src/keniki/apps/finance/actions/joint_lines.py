"""Budget lines of joint costs: made from what towns budget and from what allocations take off, never typed.

A joint cost's money stands in the budget table on the side of who bears it. Each town's lines are what its own budget
holds for its share: its general revenue, and what other money pays. The revenue meant for the cost (特定財源) stands
with the body that keeps the account, as the newest allocation of the stage took it off. Shares and that revenue are
together the whole cost, so that the lines of a year at a stage add up to it once every town has entered its share, and
nothing counts twice: what the holder claims of the towns is no line, nor is what it spends with it. Where every town
runs its own part it is the same: what a town spends for the others is evened out, and its budget holds its share.

A supplementary budget's lines are changes, as the towns enter them; the revenue's is the difference between the
allocation after it and the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from keniki.apps.accounts.verbs import Act, lock
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import member_ids_in

from ..models import Allocation, BudgetLine, JointCost, TownBudget
from ..origins import EARMARKED, GENERAL, REVENUE, origin_of, stem_of
from ..sharing import StageOf
from .money import LineDraft, check_line, store_line

Stage = BudgetLine.Stage
Funding = BudgetLine.Funding


@dataclass(frozen=True)
class Wanted:
    """A line as it shall be: who bears it, yen, out of which money."""

    origin: str
    municipality: Municipality | None
    stage: StageOf
    amount: int
    funding: str
    note: str


def follow_budget(act: Act, budget: TownBudget) -> None:
    """Bring the lines of a town's budget up to date inside the running verb."""
    cost, stage = budget.cost, StageOf(budget.stage, budget.round)
    town, year = budget.municipality, budget.fiscal_year
    note = f"共同経費「{cost.title}」の負担金"
    general = Wanted(
        origin_of(cost, year, town.code, stage.stage, stage.round, GENERAL),
        town,
        stage,
        budget.amount - budget.earmarked,
        Funding.GENERAL_REVENUE,
        note,
    )
    found = {general.origin: general}
    if budget.earmarked:
        earmarked = origin_of(cost, year, town.code, stage.stage, stage.round, EARMARKED)
        found[earmarked] = Wanted(
            earmarked, town, stage, budget.earmarked, Funding.OTHER, f"{note}（特定財源）"
        )
    _post(
        act, cost, year, f"{stem_of(cost, year)}{town.code}/{stage.stage}/{stage.round}/", found, (REVENUE,)
    )


def drop_budget(act: Act, budget: TownBudget) -> None:
    """Take the lines of a town's budget out inside the running verb."""
    stage = f"{budget.municipality.code}/{budget.stage}/{budget.round}/"
    stem = f"{stem_of(budget.cost, budget.fiscal_year)}{stage}"
    _post(act, budget.cost, budget.fiscal_year, stem, {}, (REVENUE,))


def follow_revenue(act: Act, cost: JointCost, year: int) -> None:
    """Bring the lines of the revenue meant for a cost up to date with the newest allocations of a fiscal year."""
    rows = Allocation.objects.filter(cost=cost, fiscal_year=year).order_by("number")
    newest = {StageOf(row.stage, row.round): row for row in rows}
    holder = cost.holder.municipality if cost.holder is not None else None
    town = holder if holder is not None and holder.pk in member_ids_in(cost.region, year) else None
    note = f"共同経費「{cost.title}」の特定財源"
    found: dict[str, Wanted] = {}
    before = 0
    for stage in sorted(newest, key=lambda each: (list(Stage.values).index(each.stage), each.round)):
        deducted = newest[stage].deducted
        amount = deducted - before if stage.stage == Stage.SUPPLEMENTARY else deducted
        if stage.stage in (Stage.INITIAL, Stage.SUPPLEMENTARY):
            before = deducted
        if amount:
            origin = origin_of(cost, year, town.code if town else "", stage.stage, stage.round, REVENUE)
            found[origin] = Wanted(origin, town, stage, amount, Funding.OTHER, note)
    _post(act, cost, year, stem_of(cost, year), found, (GENERAL, EARMARKED))


def follow_cost(act: Act, cost: JointCost, year: int) -> None:
    """Bring all lines of a joint cost's fiscal year up to date, where its initiative, project or holder changed."""
    rows = TownBudget.objects.filter(cost=cost, fiscal_year=year).select_related("municipality")
    for budget in rows:
        budget.cost = cost
        follow_budget(act, budget)
    follow_revenue(act, cost, year)


def _post(
    act: Act, cost: JointCost, year: int, stem: str, wanted: dict[str, Wanted], others: tuple[str, ...]
) -> None:
    """Make the lines whose origin begins with `stem` what is wanted, but for the parts that are `others`' to keep."""
    lock("cost-origin", cost.region_id, stem)
    rows = BudgetLine.objects.filter(region=cost.region, origin__startswith=stem).select_related(
        "initiative", "project", "municipality"
    )
    have = {row.origin: row for row in rows if row.origin.rsplit("/", 1)[-1] not in others}
    for origin, row in have.items():
        if origin not in wanted:
            act.lock(row, None).delete()
    for origin, one in wanted.items():
        draft = LineDraft(
            cost.initiative,
            year,
            one.stage.stage,
            one.amount,
            cost.project,
            one.municipality,
            one.stage.round,
            one.funding,
            one.note[:300],
        )
        check_line(cost.region, draft)
        store_line(act, cost.region, draft, have.get(origin), None, origin=origin, logged=False)
