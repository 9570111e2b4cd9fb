"""What is made known to the towns: the reckoning that may be issued, and the decisions that were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q
from django.http import Http404

from keniki.apps.regions.models import Municipality
from keniki.core.digits import whole_number
from keniki.rulebooks.sharing import RuleSpec

from ..models import Allocation, BudgetLine, CostItem, JointCost, Share, SharingRule
from ..models.costs import COSTED
from ..sharing import Reckoned, StageOf, digest_of, gather, reckon, spec_of, stages_of

Stage = BudgetLine.Stage
_ORDER = list(Stage.values)


def in_order(stages: Iterable[StageOf]) -> list[StageOf]:
    """Stages as they come in a budget's life, each once."""
    return sorted(set(stages), key=lambda each: (_ORDER.index(each.stage), each.round))


def stage_named(stage: object, round_: object, allowed: Sequence[str] = COSTED) -> StageOf | None:
    """The stage that an address or a form names, else None.

    >>> stage_named("supplementary", "2")
    StageOf(stage='supplementary', round=2)
    >>> stage_named("initial", "2") is None
    True
    """
    name = str(stage or "")
    number = whole_number(round_, lowest=0, highest=99) if round_ not in (None, "") else 0
    if name not in allowed or number is None or (name == Stage.SUPPLEMENTARY) != bool(number):
        return None
    return StageOf(name, number)


def rule_in(cost: JointCost, year: int) -> SharingRule | None:
    """The rule adopted for a fiscal year; there is one at most."""
    found: SharingRule | None = (
        SharingRule.objects.filter(cost=cost, state=SharingRule.State.ADOPTED, first_year__lte=year)
        .filter(Q(last_year=None) | Q(last_year__gte=year))
        .first()
    )
    return found


def allocations_of(cost: JointCost, year: int) -> list[Allocation]:
    """The decisions of a fiscal year with their shares, oldest first, without their steps. Two queries."""
    rows = Allocation.objects.filter(cost=cost, fiscal_year=year).defer("content").select_related("rule")
    found = list(rows.prefetch_related(_shares()).order_by("number"))
    for row in found:
        row.region, row.cost = cost.region, cost
    return found


def allocation_for(cost: JointCost, year: int, number: int) -> Allocation:
    """One decision with its rule and shares; 404 where there is none."""
    rows = Allocation.objects.filter(cost=cost, fiscal_year=year, number=number)
    found: Allocation | None = rows.select_related("rule", "user").prefetch_related(_shares()).first()
    if found is None:
        raise Http404("負担額の決定が見つかりません。")
    found.region, found.cost = cost.region, cost
    found.rule.region, found.rule.cost = cost.region, cost
    return found


def newest(allocations: Iterable[Allocation]) -> dict[StageOf, Allocation]:
    """The newest decision of each stage, from decisions in their order."""
    return {StageOf(row.stage, row.round): row for row in allocations}


def shares_of(allocation: Allocation) -> dict[str, int]:
    """Yen by six-digit code."""
    return {row.municipality.code: row.amount for row in allocation.shares.all()}


def digest_of_reckoned(found: Reckoned, rule: SharingRule) -> str:
    """One hash over the rule, the costs and the figures that the rule uses."""
    content = found.to_json()
    return digest_of([rule.digest, content["costs"], content["revenues"], used_figures(found.spec, content)])


def is_same(allocation: Allocation, found: Reckoned, rule: SharingRule) -> bool:
    """Whether a decision says what the records make now."""
    if found.shared is None or allocation.digest != digest_of_reckoned(found, rule):
        return False
    return shares_of(allocation) == dict(found.shares)


# --- what may be issued -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class IssueRow:
    """A town's amount now, and in the decision before, yen; None where there is none."""

    town: Municipality
    amount: int | None
    before: int | None

    @property
    def difference(self) -> int | None:
        if self.amount is None or self.before is None:
            return None
        return self.amount - self.before


@dataclass(frozen=True)
class Issue:
    """The reckoning of a stage under the adopted rule, as it may be made known, or the problem that forbids it.

    `earlier` is the newest decision of the stage, else of the stage before it in the year.
    """

    cost: JointCost
    year: int
    stage: StageOf
    stages: tuple[StageOf, ...]
    rule: SharingRule | None
    found: Reckoned | None
    problem: str
    earlier: Allocation | None
    rows: tuple[IssueRow, ...]
    digest: str = ""
    is_repeated: bool = False

    @property
    def may_issue(self) -> bool:
        """Whether there is something new to make known."""
        return not self.problem and not self.is_repeated

    @property
    def total(self) -> int | None:
        return self.found.shared.cost if self.found is not None and self.found.shared is not None else None

    @property
    def deducted(self) -> int | None:
        return (
            self.found.shared.deducted if self.found is not None and self.found.shared is not None else None
        )

    @property
    def sum(self) -> int | None:
        """What the towns bear together."""
        return None if self.total is None or self.deducted is None else self.total - self.deducted

    @property
    def sum_before(self) -> int | None:
        return self.earlier.total - self.earlier.deducted if self.earlier is not None else None

    @property
    def sum_difference(self) -> int | None:
        return None if self.sum is None or self.sum_before is None else self.sum - self.sum_before

    @property
    def says_why(self) -> bool:
        """Whether the earlier decision is of this very stage, so that the new one takes its place."""
        return self.earlier is not None and (self.earlier.stage, self.earlier.round) == (
            self.stage.stage,
            self.stage.round,
        )


def issue_of(cost: JointCost, year: int, stage: StageOf | None = None) -> Issue:
    """What may be made known of a stage now; without one, of the last stage that has costs. Constant queries."""
    items = list(CostItem.objects.filter(cost=cost, fiscal_year=year).select_related("municipality"))
    stages = in_order([*stages_of(items), *([stage] if stage is not None else [])])
    at = stage or (stages[-1] if stages else StageOf(Stage.REQUEST))
    rule = rule_in(cost, year)
    rows = allocations_of(cost, year)
    earlier = earlier_than(newest(rows), at)
    gathered = gather(cost, year, at, items=items)
    found = reckon(gathered, spec_of(rule.content)) if rule is not None else None
    problem = (
        "この年度に適用する負担割合の定めが、まだ決定されていません。定めの案を市町村に照会し、決定してください。"
        if found is None
        else found.problem
    )
    before = shares_of(earlier) if earlier is not None else {}
    towns = dict.fromkeys(gathered.towns)
    if earlier is not None:
        towns |= dict.fromkeys(share.municipality for share in earlier.shares.all())
    shares = found.shares if found is not None else {}
    same = earlier if earlier is not None and StageOf(earlier.stage, earlier.round) == at else None
    repeated = (same is not None and found is not None and rule is not None and not problem) and is_same(
        same, found, rule
    )
    return Issue(
        cost,
        year,
        at,
        tuple(stages or [at]),
        rule,
        found,
        problem,
        earlier,
        tuple(IssueRow(town, shares.get(town.code), before.get(town.code)) for town in towns),
        digest_of_reckoned(found, rule) if found is not None and rule is not None and not problem else "",
        repeated,
    )


def _shares() -> Prefetch[Any]:
    return Prefetch("shares", Share.objects.select_related("municipality").order_by("id"))


def earlier_than(found: Mapping[StageOf, Allocation], stage: StageOf) -> Allocation | None:
    """The decision of the stage itself, else of the last stage before it."""
    if stage in found:
        return found[stage]
    before = in_order([*found, stage])
    place = before.index(stage)
    return found[before[place - 1]] if place else None


def used_figures(spec: RuleSpec, content: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The figures of the bases that a rule uses, of the towns that share."""
    used = {each.basis for part in spec.parts().values() for each in part.components}
    return {
        key: {code: value for code, value in figures.items() if code in content["shares"]}
        for key, figures in content["bases"].items()
        if key in used
    }
