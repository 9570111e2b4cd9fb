"""A year's purchases divided among the towns by the rule of a joint cost, on the way that its bills go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keniki.apps.finance.models import BasisFigure, BudgetLine, CostItem, JointCost, SharingRule
from keniki.apps.finance.queries.costs import bases_used, governing, spec_or_none
from keniki.apps.finance.sharing import StageOf, digest_of, gather, reckon
from keniki.core.fiscal_year import format_table

_STAGE = StageOf(BudgetLine.Stage.INITIAL)


@dataclass(frozen=True)
class Divider:
    """A joint cost with its rules (newest first) and figures; what it makes of an amount alone."""

    cost: JointCost
    cost_class: str
    rules: Sequence[SharingRule]
    figures: Sequence[BasisFigure]

    @property
    def mark(self) -> str:
        """Another one when a rule, a figure or who takes part has changed."""
        return digest_of(
            [
                self.cost.pk,
                self.cost.places,
                self.cost_class,
                [
                    [rule.number, rule.state, rule.first_year, rule.last_year, rule.digest]
                    for rule in self.rules
                ],
                [
                    [row.fiscal_year, row.basis, row.municipality_id, str(row.value.normalize())]
                    for row in self.figures
                ],
            ]
        )

    def divide(self, year: int, amount: int) -> tuple[dict[str, int], str]:
        """What every town bears of an amount (yen) by code, and by which rule and figures, or why it cannot be said.

        A year without figures takes those of the last year before that has them: they are not known yet.
        """
        if year < self.cost.first_year or (self.cost.last_year is not None and year > self.cost.last_year):
            return {}, f"共同経費「{self.cost.title}」の期間の外のため、分けていません。"
        rule = governing(self.rules, year)
        spec = spec_or_none(rule)
        if rule is None or spec is None or rule.state != SharingRule.State.ADOPTED:
            return {}, f"{format_table(year)}の負担割合の定めがまだ決まっていないため、分けていません。"
        figures, of_year = self._figures(year, set(bases_used(spec)))
        item = CostItem(
            region=self.cost.region,
            cost=self.cost,
            fiscal_year=year,
            stage=_STAGE.stage,
            cost_class=self.cost_class,
            title="備蓄の購入",
            amount=amount,
        )
        found = reckon(gather(self.cost, year, _STAGE, items=[item], figures=figures), spec)
        if found.shared is None:
            return {}, found.problem
        said = f"「{rule.title}」（第{rule.number}版）による。"
        if of_year is not None and of_year != year:
            said += (
                f"{format_table(year)}の基礎数値がまだないため、{format_table(of_year)}の値で計算した見込み。"
            )
        return dict(found.shares), said

    def _figures(self, year: int, bases: set[str]) -> tuple[list[BasisFigure], int | None]:
        if not bases:
            return [], None
        years = sorted(
            {row.fiscal_year for row in self.figures if row.basis in bases and row.fiscal_year <= year}
        )
        if not years:
            return [], None
        return [row for row in self.figures if row.fiscal_year == years[-1]], years[-1]


def divider_for(cost: JointCost, cost_class: str) -> Divider:
    """The divider of a joint cost. Two queries."""
    rules = list(SharingRule.objects.filter(cost=cost).order_by("-number"))
    rows = BasisFigure.objects.filter(cost=cost).select_related("municipality")
    return Divider(cost, cost_class, rules, list(rows.order_by("fiscal_year", "basis", "municipality__code")))
