"""The settings of a purchase plan, what it is reckoned from, and what comes of it (備蓄の購入計画)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Final

from keniki.analysis.needs import Lot, Plan, Target, apportioned, plan
from keniki.apps.finance.sharing import digest_of
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table

from ...models import PurchasePlan
from .dividing import Divider, divider_for
from .holdings import Held, as_lots, held_on
from .positions import lines_of, wanted
from .targets import TownNeed, joint_people, rules_on, town_needs

#: Who pays which part of a year's cost.
SPLITS: Final = {
    "none": "分けない",
    "rule": "共同経費の負担割合の定めで分ける",
    "people": "備蓄の対象人数で分ける",
    "weights": "入力した割合で分ける",
}


@dataclass(frozen=True)
class BuyLine:
    """How an item is bought: `price` yen of a pack of `pack` units of the standard; lower `priority` first."""

    item: str
    price: int
    pack: int = 1
    shelf_months: int | None = None
    priority: int = 1


@dataclass(frozen=True)
class Settings:
    """What a plan is reckoned with; `as_of` is the day of the stock it begins with."""

    as_of: date
    goal: str = "joint"
    phase_in: int = 1
    budget: int | None = None
    rolling_months: int = 6
    delivery: tuple[int, int] = (10, 1)
    split: str = "none"
    weights: Mapping[str, str] = field(default_factory=dict)
    cost_class: str = ""
    lines: tuple[BuyLine, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a plan keeps it."""
        found = asdict(self) | {"as_of": self.as_of.isoformat(), "delivery": list(self.delivery)}
        return found | {"weights": dict(self.weights), "lines": [asdict(each) for each in self.lines]}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Settings:
        """What `to_json` wrote."""
        data = dict(content)
        data["as_of"] = date.fromisoformat(data["as_of"])
        data["delivery"] = tuple(data["delivery"])
        data["lines"] = tuple(BuyLine(**each) for each in data["lines"])
        return cls(**data)


@dataclass(frozen=True)
class Inputs:
    """All a plan is reckoned from; `digest` is another one when any of it changed."""

    plan: PurchasePlan
    settings: Settings
    towns: tuple[TownNeed, ...]
    goals: Mapping[str, int]
    lots: tuple[Lot, ...]
    divider: Divider | None

    @property
    def digest(self) -> str:
        """One hash over settings, needs, stock, and the rule by which costs are divided."""
        return digest_of(
            [
                self.plan.first_year,
                self.plan.years,
                self.settings.to_json(),
                [[key, number] for key, number in self.goals.items()],
                [
                    [each.town.code, each.needs.people.count if each.needs is not None else 0]
                    for each in self.towns
                ],
                [[lot.key, lot.item, lot.quantity, str(lot.expires_on)] for lot in self.lots],
                self.divider.mark if self.divider is not None else "",
            ]
        )

    @property
    def names(self) -> dict[str, str]:
        """Items by key."""
        return {key: next(iter(lines.values())).name for key, lines in self.lines.items()}

    @property
    def lines(self) -> Mapping[str, Any]:
        """The towns' lines by item, then code."""
        return lines_of([each for each in self.towns if each.needs is not None])


def inputs_of(plan: PurchasePlan, *, held: list[Held] | None = None) -> Inputs:
    """What a plan would be reckoned from now. Constant number of queries."""
    region, settings = plan.region, Settings.of(plan.content)
    towns = town_needs(region, plan.first_year)
    reckoned = [each for each in towns if each.needs is not None]
    there = held_on(region, settings.as_of) if held is None else held
    lots, _ = as_lots(region, there, rules_on(plan.first_year), by_owner=False)
    divider = divider_for(plan.cost, settings.cost_class) if settings.split == "rule" and plan.cost else None
    return Inputs(plan, settings, tuple(towns), wanted(reckoned, settings.goal), tuple(lots), divider)


def reckon_plan(inputs: Inputs) -> dict[str, Any]:
    """The plan's years as plain data. Raises `WrongInput` where it cannot be reckoned."""
    if not inputs.goals:
        raise WrongInput(
            f"{format_table(inputs.plan.first_year)}までの備蓄目標がありません。先に備蓄目標を登録してください。"
        )
    settings, names = inputs.settings, inputs.names
    bought = {each.item: each for each in settings.lines}
    targets = [
        Target(key, number, line.price, line.pack, line.shelf_months, line.priority)
        for key, number in inputs.goals.items()
        if (line := bought.get(key)) is not None
    ]
    if not targets:
        raise WrongInput("購入する品目がありません。条件に、品目と単価を入力してください。", column="lines")
    try:
        found = plan(
            targets,
            inputs.lots,
            inputs.plan.first_year,
            inputs.plan.years,
            phase_in=settings.phase_in,
            budget=settings.budget,
            rolling_months=settings.rolling_months,
            delivery=settings.delivery,
        )
    except WrongInput as wrong:
        raise WrongInput(_named(wrong.message, names), column=wrong.column) from None
    return {
        "people": joint_people(inputs.towns),
        "goals": dict(inputs.goals),
        "names": names,
        "units": {key: next(iter(lines.values())).unit for key, lines in inputs.lines.items()},
        "left_out": [key for key in inputs.goals if key not in bought],
        "cost": found.cost,
        "years": _years(inputs, found),
    }


def _years(inputs: Inputs, found: Plan) -> list[dict[str, Any]]:
    made = []
    for year in found.years:
        shares, note = _shares(inputs, year.year, year.cost)
        made.append(
            {
                "year": year.year,
                "cost": year.cost,
                "shares": shares,
                "share_note": note,
                "goal": dict(year.goal),
                "stock": dict(year.stock),
                "behind": dict(year.behind),
                "lowest": {key: [number, day.isoformat()] for key, (number, day) in year.lowest.items()},
                "purchases": [
                    asdict(each)
                    | {"expires_on": each.expires_on.isoformat() if each.expires_on is not None else None}
                    for each in year.purchases
                ],
                "rolling": [
                    asdict(each) | {"since": each.since.isoformat(), "until": each.until.isoformat()}
                    for each in year.rolling
                ],
            }
        )
    return made


def _shares(inputs: Inputs, year: int, cost: int) -> tuple[dict[str, int], str]:
    """What every town pays of a year's cost, to the yen, by code; and by what it was divided, or why it was not."""
    settings = inputs.settings
    if settings.split == "none" or not cost:
        return {}, ""
    if settings.split == "rule":
        if inputs.divider is None:
            return {}, "共同経費が選ばれていないため、分けていません。"
        return inputs.divider.divide(year, cost)
    weights: dict[str, object]
    if settings.split == "people":
        weights = {each.town.code: each.needs.people.count for each in inputs.towns if each.needs is not None}
        return apportioned(cost, weights), f"{format_table(inputs.plan.first_year)}の備蓄の対象人数による。"
    weights = {code: Fraction(text) for code, text in settings.weights.items()}
    return apportioned(cost, weights), "入力した割合による。"


def _named(message: str, names: Mapping[str, str]) -> str:
    for key, name in names.items():
        message = message.replace(f"「{key}」", f"「{name}」")
    return message
