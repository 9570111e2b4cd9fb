"""How municipalities share a bill in practice (負担金の算定): weighted bases, deductions, caps, whole yen.

All reckoning is exact (fractions); only the last step rounds. `split` answers with every step, so that each yen can be
traced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeAlias

from .rounding import LARGEST, Direction, Yen, whole

#: Figures of one basis by municipality.
Figures: TypeAlias = Mapping[str, Fraction]
#: The basis of which everybody has as much (均等割).
EQUAL: Final = "equal"
_WHOLE: Final = Fraction(100)


class Problem(StrEnum):
    """What may be wrong with a bill or its rule, as a sentence with the numbers left out."""

    WEIGHTS = "the weights don't add up to 100 but to {found}"
    NEGATIVE_WEIGHT = "a weight is negative"
    TABLE = "the fixed per cents don't add up to 100 but to {found}"
    HOST_PERCENT = "the host's part is not between 0 and 100"
    COST = "the cost is negative"
    TWICE = "a municipality is named twice"
    NOBODY = "nobody takes part"
    UNKNOWN = "the rule names a municipality that is not there"
    LEFT_OUT = "the rule names a municipality that takes no part"
    DEDUCTION = "the deduction {found} is negative"
    DEDUCTIONS = "{found} yen are deducted, more than the cost"
    FIXED = "the fixed amount is negative"
    FIXED_SUM = "the fixed amounts are more than there is to pay"
    TABLE_MEMBER = "has a fixed per cent but takes no part"
    NONE_OF_IT = "nobody has any of this basis"
    NO_BASIS = "there are no figures of this basis"
    MISSING = "the figure is missing"
    NEGATIVE = "the figure is negative"
    FLOOR = "the floor is above the cap"
    LIMITS = "the limits cannot all be kept"
    REMAINDER = "rounding the others leaves less than nothing for it"
    CLASS = "the rule has no class of cost {found}"
    NO_CLASS = "the class of cost {found} has no cost"
    YEAR = "the rule has no ratio of the year {found}"


class ShareError(ValueError):
    """A bill that cannot be shared. `town` and `basis` say whose figure it is, where that is known."""

    def __init__(
        self, problem: Problem, *, town: str | None = None, basis: str | None = None, found: object = ""
    ) -> None:
        where = " ".join(part for part in (basis, town) if part)
        said = problem.value.format(found=found)
        super().__init__(f"{where}: {said}" if where else said)
        self.problem = problem
        self.town = town
        self.basis = basis
        self.found = str(found)


@dataclass(frozen=True)
class Component:
    """So many per cent of the bill by one basis (割): `equal`, figures by municipality under this name, or a `table`
    of fixed per cents (also ratios kept from an earlier agreement). `without` takes no part in it.
    """

    basis: str
    weight: Fraction
    table: Figures | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Deduction:
    """Revenue meant for the cost (特定財源), taken off first: an amount, or per cents of the cost."""

    name: str
    amount: Yen = 0
    percent: Fraction = Fraction(0)


@dataclass(frozen=True)
class Limit:
    """The least and the most a municipality pays (下限・上限): in yen or in per cents of what is shared."""

    least: Yen | None = None
    most: Yen | None = None
    most_percent: Fraction | None = None


@dataclass(frozen=True)
class Rule:
    """A rule of sharing. The components' weights add up to 100.

    `host` pays `host_percent` of what is left after deductions (所在市町村の負担) and then its share of the rest;
    `fixed` amounts are paid first (固定額). `without` takes no part at all. `unit`, `remainder`, `direction` as in
    `rounding.whole`; with `each_component` every component is rounded by itself.
    """

    name: str
    components: tuple[Component, ...]
    deductions: tuple[Deduction, ...] = ()
    fixed: Mapping[str, Yen] = field(default_factory=dict)
    host: str | None = None
    host_percent: Fraction = Fraction(0)
    without: frozenset[str] = frozenset()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    unit: Yen = 1
    remainder: str = LARGEST
    direction: Direction = "down"
    each_component: bool = False

    def __post_init__(self) -> None:
        total = sum((each.weight for each in self.components), Fraction(0))
        if total != _WHOLE:
            raise ShareError(Problem.WEIGHTS, found=_shown(total))
        for each in self.components:
            if each.weight < 0:
                raise ShareError(Problem.NEGATIVE_WEIGHT, basis=each.basis)
            if each.table is not None and sum(each.table.values()) != _WHOLE:
                raise ShareError(
                    Problem.TABLE,
                    basis=each.basis,
                    found=_shown(sum(each.table.values(), Fraction(0))),
                )
        if not 0 <= self.host_percent <= 100:
            raise ShareError(Problem.HOST_PERCENT, town=self.host)


@dataclass(frozen=True)
class Step:
    """One step of the reckoning: what is done, with which amount of yen, and what it is for each municipality."""

    what: str
    amount: Fraction
    of: Mapping[str, Fraction] = field(default_factory=dict)
    basis: str = ""
    weight: Fraction | None = None
    figures: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Split:
    """A bill shared: whole yen by municipality, which with the deductions add up to the cost; and every step."""

    cost: Yen
    deducted: Yen
    shares: Mapping[str, Yen]
    steps: tuple[Step, ...]


def split(rule: Rule, cost: Yen, towns: Sequence[str], bases: Mapping[str, Figures]) -> Split:
    """Share a cost of whole yen among `towns`, with the figures of each basis the rule names.

    In this order: deductions, the host's part, fixed amounts, the components of the rest, caps and floors (what is cut
    off or added goes to the others in proportion to their parts), rounding. ShareError names the municipality or
    basis: a figure that is missing or negative, a basis of which nobody has any, deductions or fixed amounts above
    the cost, limits that cannot be kept.

    >>> rule = Rule("均等20・人口80", (Component("equal", Fraction(20)), Component("population", Fraction(80))))
    >>> split(rule, 1000, ["A", "B"], {"population": {"A": Fraction(3), "B": Fraction(1)}}).shares
    {'A': 700, 'B': 300}
    """
    if cost < 0:
        raise ShareError(Problem.COST)
    named = tuple(dict.fromkeys(towns))
    if len(named) != len(towns):
        raise ShareError(Problem.TWICE)
    paying = tuple(town for town in named if town not in rule.without)
    if not paying:
        raise ShareError(Problem.NOBODY)
    _known(rule, named)
    steps = [Step("cost", Fraction(cost))]
    deducted = _deducted(rule, cost, steps)
    parts: dict[str, Fraction] = {town: Fraction(0) for town in named}
    left = _paid_first(rule, Fraction(cost - deducted), parts, steps)
    for component in rule.components:
        share = left * component.weight / _WHOLE
        found = _by_basis(component, share, paying, bases, steps)
        if rule.each_component:
            found = _rounded_alone(rule, found, steps)
        for town, part in found.items():
            parts[town] = parts[town] + part if parts[town] else part
    parts = _limited(rule, parts, paying, cost - deducted, steps)
    shares = _whole(rule, parts, cost - deducted)
    steps.append(Step("round", Fraction(sum(shares.values())), {t: Fraction(v) for t, v in shares.items()}))
    return Split(cost, deducted, shares, tuple(steps))


def _known(rule: Rule, towns: Sequence[str]) -> None:
    asked = [*rule.fixed, *rule.limits, *([rule.host] if rule.host else [])]
    asked += [] if rule.remainder == LARGEST else [rule.remainder]
    for town in asked:
        if town not in towns:
            raise ShareError(Problem.UNKNOWN, town=town)
        if town in rule.without:
            raise ShareError(Problem.LEFT_OUT, town=town)


def _deducted(rule: Rule, cost: Yen, steps: list[Step]) -> Yen:
    total = 0
    for each in rule.deductions:
        if each.amount < 0 or each.percent < 0:
            raise ShareError(Problem.DEDUCTION, found=each.name)
        amount = each.amount + int(cost * each.percent / _WHOLE)
        total += amount
        steps.append(Step("deduct", Fraction(amount), basis=each.name))
    if total > cost:
        raise ShareError(Problem.DEDUCTIONS, found=f"{total:,}")
    return total


def _paid_first(rule: Rule, left: Fraction, parts: dict[str, Fraction], steps: list[Step]) -> Fraction:
    if rule.host is not None and rule.host_percent:
        amount = left * rule.host_percent / _WHOLE
        parts[rule.host] += amount
        steps.append(Step("host", amount, {rule.host: amount}))
        left -= amount
    for town, fixed in rule.fixed.items():
        if fixed < 0:
            raise ShareError(Problem.FIXED, town=town)
        parts[town] += fixed
        left -= fixed
        steps.append(Step("fixed", Fraction(fixed), {town: Fraction(fixed)}))
    if left < 0:
        raise ShareError(Problem.FIXED_SUM)
    return left


def _by_basis(
    component: Component,
    share: Fraction,
    paying: Sequence[str],
    bases: Mapping[str, Figures],
    steps: list[Step],
) -> dict[str, Fraction]:
    taking = [town for town in paying if town not in component.without]
    if component.table is not None:
        figures = {town: component.table.get(town, Fraction(0)) for town in taking}
        lost = [town for town in component.table if town not in taking and component.table[town]]
        if lost:
            raise ShareError(Problem.TABLE_MEMBER, town=lost[0], basis=component.basis)
    elif component.basis == EQUAL:
        figures = dict.fromkeys(taking, Fraction(1))
    else:
        figures = _figures(component.basis, taking, bases)
    whole_basis = sum(figures.values(), Fraction(0))
    if whole_basis == 0 and share:
        raise ShareError(Problem.NONE_OF_IT, basis=component.basis)
    each = share / whole_basis if share else Fraction(0)
    found = {town: value * each for town, value in figures.items()}
    steps.append(Step("component", share, found, component.basis, component.weight, figures))
    return found


def _figures(basis: str, towns: Sequence[str], bases: Mapping[str, Figures]) -> dict[str, Fraction]:
    if basis not in bases:
        raise ShareError(Problem.NO_BASIS, basis=basis)
    found = {}
    for town in towns:
        value = bases[basis].get(town)
        if value is None:
            raise ShareError(Problem.MISSING, town=town, basis=basis)
        if value < 0:
            raise ShareError(Problem.NEGATIVE, town=town, basis=basis)
        found[town] = value
    return found


def _rounded_alone(rule: Rule, parts: dict[str, Fraction], steps: list[Step]) -> dict[str, Fraction]:
    """A component in whole units; what lies below a yen of the component itself stays with the first remainder."""
    total = sum(parts.values(), Fraction(0))
    yen = int(total)
    over = total - yen
    remainder = rule.remainder if rule.remainder in parts else LARGEST
    last = remainder if remainder != LARGEST else max(parts, key=lambda town: (parts[town], town))
    cut = {**parts, last: parts[last] - over}
    made = whole(cut, yen, unit=rule.unit, remainder=remainder, direction=rule.direction)
    found = {town: Fraction(value) for town, value in made.items()}
    found[last] += over
    steps.append(Step("round_component", total, found))
    return found


def _limited(
    rule: Rule, parts: dict[str, Fraction], paying: Sequence[str], total: Yen, steps: list[Step]
) -> dict[str, Fraction]:
    """Parts within their limits; what is cut off or added is shared by the others in proportion to their parts."""
    if not rule.limits:
        return parts
    low = {town: Fraction(limit.least or 0) for town, limit in rule.limits.items()}
    high: dict[str, Fraction] = {}
    for town, limit in rule.limits.items():
        tops = [Fraction(limit.most)] if limit.most is not None else []
        if limit.most_percent is not None:
            tops.append(total * limit.most_percent / _WHOLE)
        if tops:
            high[town] = min(tops)
            if high[town] < low[town]:
                raise ShareError(Problem.FLOOR, town=town)
    held: dict[str, Fraction] = {}
    found = dict(parts)
    for _ in range(2 * len(paying) + 1):
        free = [town for town in paying if town not in held]
        left = total - sum(held.values(), Fraction(0))
        base = sum((parts[town] for town in free), Fraction(0))
        if left < 0 or (left > 0 and not free) or (left > 0 and base == 0):
            raise ShareError(Problem.LIMITS)
        found = {
            town: held[town] if town in held else (parts[town] * left / base if base else Fraction(0))
            for town in parts
        }
        over = {town: found[town] - high[town] for town in free if town in high and found[town] > high[town]}
        under = {town: low[town] - found[town] for town in free if town in low and found[town] < low[town]}
        if not over and not under:
            break
        if sum(over.values(), Fraction(0)) >= sum(under.values(), Fraction(0)):
            held |= {town: high[town] for town in over}
        else:
            held |= {town: low[town] for town in under}
    if held:
        steps.append(Step("limit", sum(found.values(), Fraction(0)), found))
    return found


def _whole(rule: Rule, parts: dict[str, Fraction], total: Yen) -> dict[str, Yen]:
    try:
        return whole(parts, total, unit=rule.unit, remainder=rule.remainder, direction=rule.direction)
    except ValueError as error:
        raise ShareError(
            Problem.REMAINDER, town=None if rule.remainder == LARGEST else rule.remainder
        ) from error


def _shown(value: Fraction | int) -> str:
    found = Fraction(value)
    return str(found.numerator) if found.denominator == 1 else f"{float(found):g}"
