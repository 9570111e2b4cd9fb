"""From the records of a joint cost to what each town pays: costs by class, figures by basis, the split with its steps.

The one path by which the workbench, a decision, a bill and a paper come to an amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from keniki.analysis.sharing import Deduction, Problem, Shared, ShareError, Split, Step, said, share
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.queries import members_between
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.core.municipality_code import parse_code
from keniki.rulebooks.sharing import RuleSpec

from ..models import BasisFigure, BudgetLine, CostItem, JointCost
from .described import basis_label
from .text import stored

Stage = BudgetLine.Stage

#: What is wrong in the words of the pages, where those of the command speak of its files.
_SAID: Final = {
    Problem.UNKNOWN: "この年度に負担しない市町村が、定めにあります。定めの市町村を置き換えてください。",
    Problem.LEFT_OUT: "定めに額や割合があるのに、負担しない市町村にもなっています。どちらかに直してください。",
    Problem.TABLE_MEMBER: "固定割合や借入年度の率がありますが、この年度に負担する市町村ではありません。"
    "負担する市町村の割合に置き換えてください。",
    Problem.NO_BASIS: "按分の基礎数値がありません。全ての市町村の値を入力してください。",
    Problem.MISSING: "按分の基礎数値がありません。値を入力するか、定めでその割から除いてください。",
    Problem.NEGATIVE: "按分の基礎数値が負です。0以上の値に直してください。",
    Problem.CLASS: "経費の区分「{found}」は、定めにありません。経費の区分か定めを直してください。",
    Problem.YEAR: "{found}年度に借り入れた額の率が、定めにありません。定めに加えてください。",
}


@dataclass(frozen=True, order=True)
class StageOf:
    """A stage at which a cost is put at a figure; `round` is the number of a 補正."""

    stage: str
    round: int = 0

    @property
    def label(self) -> str:
        """「当初」, 「第1号補正後」."""
        if self.stage == Stage.SUPPLEMENTARY:
            return f"第{self.round}号補正後"
        return str(Stage(self.stage).label)


@dataclass(frozen=True)
class Gathered:
    """What the records say of a joint cost in a fiscal year at a stage. Codes have six digits; whole yen.

    `costs` by class of cost (`""` for none, `debt:2015` by year of borrowing), with `revenues` taken off them;
    `spent` what each municipality spends itself; `bases` the figures by basis.
    """

    cost: JointCost
    fiscal_year: int
    stage: StageOf
    towns: tuple[Municipality, ...]
    costs: Mapping[str, int]
    revenues: Mapping[str, tuple[Deduction, ...]]
    spent: Mapping[str, int]
    bases: Mapping[str, Mapping[str, Decimal]]
    items: tuple[CostItem, ...] = ()
    figures: tuple[BasisFigure, ...] = ()

    @property
    def codes(self) -> list[str]:
        """The towns' codes in the region's order."""
        return [town.code for town in self.towns]

    @property
    def total(self) -> int:
        """All costs."""
        return sum(self.costs.values())


@dataclass(frozen=True)
class Reckoned:
    """What a rule makes of gathered costs: `shared`, or the sentence that says why not and where (`town`, `basis`)."""

    gathered: Gathered
    spec: RuleSpec
    shared: Shared | None
    problem: str = ""
    town: str = ""
    basis: str = ""

    @property
    def shares(self) -> Mapping[str, int]:
        """Yen by six-digit code; empty where it could not be shared."""
        return self.shared.shares if self.shared is not None else {}

    def to_json(self) -> dict[str, Any]:
        """What an allocation keeps: costs, figures, the rule and every step, as plain data."""
        assert self.shared is not None
        return {
            "rule": stored(self.spec),
            "costs": dict(self.gathered.costs),
            "revenues": {
                key: [[each.name, each.amount] for each in found]
                for key, found in self.gathered.revenues.items()
            },
            "bases": {
                key: {code: str(value) for code, value in figures.items()}
                for key, figures in self.gathered.bases.items()
            },
            "sources": [
                [each.basis, each.municipality.code, each.source, each.as_of, each.edition, each.cell]
                for each in self.gathered.figures
            ],
            "items": [
                [item.title, item.kind, item.cost_class, item.loan_year, item.amount, item.reckoning]
                for item in self.gathered.items
            ],
            "splits": {key: _split_json(split) for key, split in self.shared.splits.items()},
            "shares": dict(self.shared.shares),
        }


def splits_of(content: Mapping[str, Any]) -> dict[str, Split]:
    """The splits that `Reckoned.to_json` wrote, by class of cost, with exact fractions."""
    return {
        key: Split(
            kept["cost"],
            kept["deducted"],
            kept["shares"],
            tuple(
                Step(
                    each["what"],
                    Fraction(each["amount"]),
                    {code: Fraction(value) for code, value in each["of"].items()},
                    each["basis"],
                    Fraction(each["weight"]) if each["weight"] is not None else None,
                    {code: Fraction(value) for code, value in each["figures"].items()},
                )
                for each in kept["steps"]
            ),
        )
        for key, kept in content["splits"].items()
    }


def towns_of(cost: JointCost, year: int) -> list[Municipality]:
    """Who takes part in a fiscal year: the members of any of its days, or of them those the cost names; in order."""
    period = FiscalYear(year)
    members = members_between(cost.region, period.first_day, period.last_day)
    found = dict.fromkeys(row.municipality for row in members)
    return [town for town in found if not cost.places or town.code in cost.places]


def stages_of(items: Iterable[CostItem]) -> list[StageOf]:
    """The stages that have items, in their order."""
    order = [each.value for each in Stage]
    found = {StageOf(item.stage, item.round) for item in items}
    return sorted(found, key=lambda each: (order.index(each.stage), each.round))


def gather(
    cost: JointCost,
    year: int,
    stage: StageOf,
    *,
    items: Sequence[CostItem] | None = None,
    figures: Sequence[BasisFigure] | None = None,
) -> Gathered:
    """The records of a year at a stage; after a 補正 the 当初 with all 補正 up to it. Reads what is not given."""
    if items is None:
        items = list(CostItem.objects.filter(cost=cost, fiscal_year=year).select_related("municipality"))
    if figures is None:
        figures = list(BasisFigure.objects.filter(cost=cost, fiscal_year=year).select_related("municipality"))
    taken = tuple(item for item in items if _counts(item, stage))
    costs: dict[str, int] = {}
    revenues: dict[str, dict[str, int]] = {}
    spent: dict[str, int] = {}
    for item in taken:
        key = f"{item.cost_class}:{item.loan_year}" if item.loan_year else item.cost_class
        if item.kind == CostItem.Kind.REVENUE:
            named = revenues.setdefault(key, {})
            named[item.title] = named.get(item.title, 0) + item.amount
            continue
        costs[key] = costs.get(key, 0) + item.amount
        if item.municipality is not None:
            code = item.municipality.code
            spent[code] = spent.get(code, 0) + item.amount
    bases: dict[str, dict[str, Decimal]] = {}
    for row in figures:
        bases.setdefault(row.basis, {})[row.municipality.code] = row.value
    return Gathered(
        cost,
        year,
        stage,
        tuple(towns_of(cost, year)),
        costs,
        {key: tuple(Deduction(name, yen) for name, yen in named.items()) for key, named in revenues.items()},
        spent,
        bases,
        taken,
        tuple(figures),
    )


def reckon(gathered: Gathered, spec: RuleSpec) -> Reckoned:
    """What the rule makes of it, or why it cannot be shared."""
    if not gathered.towns:
        return Reckoned(
            gathered,
            spec,
            None,
            "負担する市町村がありません。共同経費の「負担する市町村」を確かめてください。",
        )
    if not gathered.costs:
        return Reckoned(
            gathered, spec, None, "この段階の経費がまだありません。経費の内訳を入力してください。"
        )
    classless = next((key for key in gathered.revenues if key not in gathered.costs), None)
    if classless is not None:
        named = f"区分「{classless}」の" if classless else "区分のない"
        return Reckoned(
            gathered,
            spec,
            None,
            f"{named}特定財源に対する経費がありません。特定財源の区分を経費と同じにしてください。",
        )
    bases = {
        key: {code: Fraction(value) for code, value in figures.items()}
        for key, figures in gathered.bases.items()
    }
    try:
        found = share(spec, gathered.costs, gathered.codes, bases, _code, revenues=gathered.revenues)
    except ShareError as error:
        return Reckoned(
            gathered, spec, None, _problem(error, gathered, spec), error.town or "", error.basis or ""
        )
    return Reckoned(gathered, spec, found)


def _problem(error: ShareError, gathered: Gathered, spec: RuleSpec) -> str:
    names = {town.code: town.name for town in gathered.towns}
    town = names.get(error.town or "", f"団体コード {error.town}" if error.town else "")
    where = "・".join(part for part in (basis_label(spec, error.basis or ""), town) if part)
    words = _SAID.get(error.problem)
    if error.problem in (Problem.CLASS, Problem.NO_CLASS) and not error.found:
        words = (
            "区分のない経費があります。この定めは区分ごとに分けるため、経費の内訳に区分を入力してください。"
        )
    if error.problem is Problem.YEAR and not error.found.isdecimal():
        words = "借入年度のない経費があります。経費の内訳に借入年度を入力してください。"
    text = words.format(found=error.found) if words else said(error)
    return f"{where}：{text}" if where else text


def _counts(item: CostItem, stage: StageOf) -> bool:
    if stage.stage != Stage.SUPPLEMENTARY:
        return item.stage == stage.stage
    return item.stage == Stage.INITIAL or (item.stage == Stage.SUPPLEMENTARY and item.round <= stage.round)


def _code(text: str) -> str:
    """Six digits; what is no code stays, and is named as unknown by whoever looks for it."""
    try:
        return parse_code(text)
    except WrongInput:
        return text


def _split_json(split: Split) -> dict[str, Any]:
    return {
        "cost": split.cost,
        "deducted": split.deducted,
        "shares": dict(split.shares),
        "steps": [
            {
                "what": step.what,
                "amount": str(step.amount),
                "of": {code: str(value) for code, value in step.of.items()},
                "basis": step.basis,
                "weight": None if step.weight is None else str(step.weight),
                "figures": {code: str(value) for code, value in step.figures.items()},
            }
            for step in split.steps
        ],
    }
