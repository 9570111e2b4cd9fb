"""Beside the special allocation: bonds, a hub city's ordinary allocation as a reference, experts, funds, income."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from itertools import pairwise

from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.loader import Rule
from keniki.rulebooks.programmes import grant_parameters, policy_fields
from keniki.rulebooks.programmes.funding import Support, support


@dataclass(frozen=True, slots=True)
class Bond:
    """A regional revitalisation bond (地域活性化事業債) for a project, all in yen.

    `borrowed` + `cash` is what grants leave of the cost; `supported` is the part of repaid principal and interest
    that later counts in the standard need (基準財政需要額); `net` is what the municipality bears in the end.
    """

    cost: int
    earmarked: int
    borrowed: int
    cash: int
    interest: int
    supported: int
    rule: Rule[Support]

    @property
    def net(self) -> int:
        """実質負担: cash and repayments less what is supported."""
        return self.cash + self.borrowed + self.interest - self.supported


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund for loans to private bodies: its bond and the interest met by the special allocation (yen)."""

    size: int
    borrowed: int
    interest: int
    supported: int
    rule: Rule[Support]


@dataclass(frozen=True, slots=True)
class HubReference:
    """A reference for a hub city's ordinary allocation in yen: no statutory amount.

    `amount` lies on the straight line between the two published points; `upper` on the power curve through them.
    """

    population: int
    amount: int
    upper: int
    statement: str
    rule: Rule[Support]


class IncomeKind(StrEnum):
    """What a region's money comes from beside general revenue."""

    GRANT = "grant"
    COMMISSION = "commission"
    FUND = "fund_income"

    @property
    def label(self) -> str:
        """交付金, 委託金, 基金運用益."""
        return _INCOME_LABELS[self]


_INCOME_LABELS = {
    IncomeKind.GRANT: "交付金",
    IncomeKind.COMMISSION: "委託金",
    IncomeKind.FUND: "基金運用益",
}


@dataclass(frozen=True, slots=True)
class Income:
    """An amount (yen) a region received or expects; it is earmarked (特定財源) and lowers general revenue."""

    kind: IncomeKind
    title: str
    year: FiscalYear
    yen: int
    source: str = ""


def regional_bond(
    programme: str,
    year: FiscalYear,
    cost: int,
    *,
    field: str = "",
    earmarked: int = 0,
    interest: int = 0,
    settings: Mapping[str, object] | None = None,
) -> Bond:
    """The bond for a project of a policy field (its key); `interest` over the whole term, if known.

    WrongInput for a field the bond is not for, and for amounts that cannot be.
    """
    rule = support(f"{programme}.bond", year, settings)
    if rule.value.fields and field not in rule.value.fields:
        known = policy_fields(programme, year.last_day).value.fields
        names = "、".join(known_field.name for known_field in known if known_field.key in rule.value.fields)
        raise WrongInput(
            f"地域活性化事業債は{names}の分野に限られます。分野「{field}」では計算できません。",
            column="分野",
        )
    if not 0 <= earmarked <= cost or interest < 0:
        raise WrongInput("事業費、特定財源、利子を確かめてください（特定財源は事業費以下、利子は0以上）。")
    local = cost - earmarked
    borrowed = _floor(Decimal(local) * rule.value.factor)
    supported = _floor((borrowed + interest) * (rule.value.supported or Decimal(0)))
    return Bond(cost, earmarked, borrowed, local - borrowed, interest, supported, rule)


def hub_reference(
    population: int, year: FiscalYear, *, settings: Mapping[str, object] | None = None
) -> HubReference:
    """The reference for a region of that population, between the two published points only.

    WrongInput outside them: no formula is published, the amount has to be entered by hand.
    """
    rule = support("renkei.ordinary", year, settings)
    points = rule.value.points
    first, last = points[0], points[-1]
    if not first.population <= population <= last.last_population:
        span = f"{first.population // 10000}万人と約{last.population // 10000}万人"
        raise WrongInput(
            f"圏域人口 {population:,}人は、公表された2点（{span}）の間にないため、普通交付税の参考額を計算できません。"
            "都道府県・総務省に確かめた額を手入力してください。",
            column="圏域人口",
        )
    for lower, upper in pairwise(points):
        if population <= upper.last_population:
            within = min(population, upper.population)
            share = Decimal(within - lower.population) / (upper.population - lower.population)
            amount = lower.yen + _floor(share * (upper.yen - lower.yen))
            exponent = math.log(upper.yen / lower.yen) / math.log(upper.population / lower.population)
            curve = lower.yen * (within / lower.population) ** exponent
            top = min(max(amount, math.floor(curve)), upper.yen)
            break
    return HubReference(
        population,
        amount,
        top,
        "参考（公表された2点の補間）。省令による算定額ではない。",
        rule,
    )


def expert_support(
    programme: str,
    year: FiscalYear,
    cost: int,
    nth_year: int,
    *,
    settings: Mapping[str, object] | None = None,
) -> int:
    """At most what an outside expert may bring in their n-th year (yen); 0 after the last year.

    RuleUnknown where no text gives the cap.
    """
    rule = support(f"{programme}.experts", year, settings).value
    if cost < 0 or nth_year < 1:
        raise WrongInput("経費は0以上、年数は1年目から入力してください。")
    return 0 if rule.years is not None and nth_year > rule.years else min(cost, rule.cap)


def medical_support(
    programme: str, year: FiscalYear, share: int, *, settings: Mapping[str, object] | None = None
) -> int:
    """What a share (負担金, yen) in regional medical care may bring in: min(cap, rate × share).

    RuleUnknown until the installation has entered rate and cap: no text read gives them.
    """
    rule = support(f"{programme}.medical", year, settings).value
    if share < 0:
        raise WrongInput("負担金は0以上の金額にしてください。")
    amount = _floor(share * rule.factor)
    return amount if rule.yen is None else min(amount, rule.yen)


def prefecture_grant(year: FiscalYear, cost: int, *, settings: Mapping[str, object] | None = None) -> int:
    """The grant (交付金, yen) of the Hokkaido programme: min(cap, rate × cost).

    RuleUnknown until the installation has entered rate and cap: no public text gives them.
    """
    if cost < 0:
        raise WrongInput("経費は0以上の金額にしてください。")
    book = grant_parameters(dict(settings or {}))
    rate = book.on("hokkaido.grant_rate", year.last_day).value
    cap = book.on("hokkaido.grant_cap", year.last_day).value
    return min(_floor(cap), _floor(cost * rate))


def fund_formation(
    year: FiscalYear, size: int, interest: int, *, settings: Mapping[str, object] | None = None
) -> Fund:
    """The bond of a hub city's fund and the interest that is met."""
    rule = support("renkei.fund", year, settings)
    if size < 0 or interest < 0:
        raise WrongInput("ファンドの額と利子は0以上の金額にしてください。")
    borrowed = _floor(Decimal(size) * rule.value.factor)
    return Fund(size, borrowed, interest, _floor(interest * (rule.value.supported or Decimal(0))), rule)


def fund_income(principal: int, rate: Decimal) -> int:
    """What a union's fund earns in a year (基金運用益, yen): principal × rate of interest (a fraction)."""
    if principal < 0 or rate < 0:
        raise WrongInput("基金の額と利率は0以上にしてください。")
    return _floor(Decimal(principal) * rate)


def general_revenue(cost: int, incomes: Iterable[int]) -> int:
    """一般財源 of a cost: what grants, commissions, fees and fund income leave. WrongInput when they exceed it."""
    rest = cost - sum(incomes)
    if rest < 0:
        raise WrongInput(f"特定財源が事業費を {-rest:,}円超えています。金額を確かめてください。")
    return rest


def income_by_kind(incomes: Iterable[Income], year: FiscalYear) -> dict[IncomeKind, int]:
    """The sums of a fiscal year in yen, kinds without any with 0."""
    sums = dict.fromkeys(IncomeKind, 0)
    for income in incomes:
        if income.year == year:
            sums[income.kind] += income.yen
    return sums


def _floor(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_FLOOR))
