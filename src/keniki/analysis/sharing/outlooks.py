"""A rule over the years to come: what each municipality pays as its people change, and how likely nobody would leave.

Amounts here are not rounded: an outlook is no bill. D are drawn futures, T years, n municipalities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from keniki.analysis.arrays import Array, floats

from .costs import MOST_PARTS, CostFunction, in_parts, together
from .games import TOLERANCE, GameError, Lack, sums
from .rules import EQUAL, Limit, Problem, Rule, ShareError

QUANTILES: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Outlook:
    """What comes of a rule: `shares` (D, T, n) in money, `in_core` (T,) the share of futures in which nobody would be
    better off in a smaller group, `dearest` (T, n) the mean surcharge of the most overcharged group by member of it.
    """

    shares: Array
    in_core: Array
    dearest: Array

    def quantiles(self, at: Sequence[float] = QUANTILES) -> Array:
        """Quantiles of each municipality's share by year, (number of quantiles, T, n)."""
        return floats(np.quantile(self.shares, at, axis=0))


def outlook(rule: Rule, towns: Sequence[str], bases: Mapping[str, Array], costs: Array) -> Outlook:
    """A rule applied to every drawn future.

    `bases` are figures by basis, (D, T, n) or what broadcasts to it; `costs` (D, T, 2ⁿ) those of every coalition, the
    last the cost to be shared. ShareError as `rules.split`; limits that cannot be kept are left where they break.

    >>> from fractions import Fraction
    >>> from keniki.analysis.sharing import Component
    >>> rule = Rule("均等", (Component("equal", Fraction(100)),))
    >>> costs = np.array([[[0.0, 6.0, 6.0, 10.0], [0.0, 4.0, 9.0, 10.0]]])
    >>> found = outlook(rule, ["A", "B"], {}, costs)
    >>> found.shares[0].tolist(), found.in_core
    ([[5.0, 5.0], [5.0, 5.0]], array([1., 0.]))
    """
    every = floats(costs)
    if every.ndim != 3 or every.shape[-1] != 1 << len(towns):
        raise GameError(Lack.COUNT, found=every.shape[-1] if every.ndim else 0)
    return judged(amounts(rule, towns, bases, every[..., -1]), every)


def judged(shares: Array, costs: Array) -> Outlook:
    """Shares (D, T, n), however they were made, held against what every coalition would pay, (D, T, 2ⁿ).

    All together are taken to pay what the shares add up to. GameError where the two don't fit.

    >>> judged(np.array([[[7.0, 3.0]]]), np.array([[[0.0, 6.0, 6.0, 10.0]]])).in_core
    array([0.])
    """
    every = floats(costs)
    n = shares.shape[-1]
    if every.ndim != 3 or every.shape[-1] != 1 << n:
        raise GameError(Lack.COUNT, found=every.shape[-1] if every.ndim else 0)
    worst, over = _worst(shares, every)
    slack = TOLERANCE * np.maximum(every[..., -1], 1.0)
    inside = over <= slack
    members = worst[..., None] >> np.arange(n) & 1
    dearest = np.where(members == 1, np.maximum(over, 0.0)[..., None], 0.0)
    return Outlook(shares, floats(inside.mean(axis=0)), floats(dearest.mean(axis=0)))


def amounts(rule: Rule, towns: Sequence[str], bases: Mapping[str, Array], cost: Array) -> Array:
    """What a rule makes of costs (…,) and figures that broadcast to (…, n), not rounded: (…, n).

    >>> from fractions import Fraction
    >>> from keniki.analysis.sharing import Component
    >>> rule = Rule("人口割", (Component("population", Fraction(100)),))
    >>> amounts(rule, ["A", "B"], {"population": np.array([[3.0, 1.0], [1.0, 1.0]])}, np.array([8.0, 8.0]))
    array([[6., 2.],
           [4., 4.]])
    """
    n = len(towns)
    paying = np.array([town not in rule.without for town in towns])
    if not paying.any():
        raise ShareError(Problem.NOBODY)
    left = floats(cost)
    deducted = sum(float(each.amount) + left * float(each.percent) / 100 for each in rule.deductions)
    total = np.maximum(left - deducted, 0.0)
    found = np.zeros((*total.shape, n))
    rest = total.copy()
    if rule.host is not None:
        part = rest * float(rule.host_percent) / 100
        found[..., towns.index(rule.host)] += part
        rest -= part
    for town, fixed in rule.fixed.items():
        part = np.minimum(float(fixed), rest)
        found[..., towns.index(town)] += part
        rest -= part
    for component in rule.components:
        taking = paying & np.array([town not in component.without for town in towns])
        if component.table is not None:
            figures = np.array([float(component.table.get(town, 0)) for town in towns])
        elif component.basis == EQUAL:
            figures = np.ones(n)
        elif component.basis in bases:
            figures = floats(bases[component.basis])
        else:
            raise ShareError(Problem.NO_BASIS, basis=component.basis)
        if np.any(figures < 0) or not np.all(np.isfinite(figures)):
            raise ShareError(Problem.NEGATIVE, basis=component.basis)
        used = np.where(taking, figures, 0.0)
        whole = used.sum(axis=-1, keepdims=True)
        if np.any(whole == 0):
            raise ShareError(Problem.NONE_OF_IT, basis=component.basis)
        found += (rest * float(component.weight) / 100)[..., None] * used / whole
    return _limited(found, rule.limits, towns, total)


def coalition_costs(
    function: CostFunction, demands: Array, ways: Array | None = None, joint: Array | None = None
) -> Array:
    """The costs of every coalition in every future and year, (D, T, n) to (D, T, 2ⁿ), in the cheapest parts.

    As `costs.game_from_function`, for demands that change. With `joint` (T,) or (D, T) all costs of a year are scaled
    so that those of all together are these.

    >>> coalition_costs(CostFunction(10, 1), np.array([[[1.0, 2.0]]]))
    array([[[ 0., 11., 12., 13.]]])
    """
    wanted = floats(demands)
    n = wanted.shape[-1]
    if n > MOST_PARTS:
        raise GameError(Lack.TOO_MANY, found=MOST_PARTS)
    if np.any(wanted < 0) or not np.all(np.isfinite(wanted)):
        raise GameError(Lack.FUNCTION, found="demands")
    found = in_parts(together(function, wanted, ways))
    if joint is not None:
        found = found * (floats(joint) / np.where(found[..., -1] > 0, found[..., -1], 1.0))[..., None]
    return floats(found)


def _worst(shares: Array, costs: Array) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Array]:
    """The most overcharged coalition's number and its surcharge, (D, T)."""
    over = (sums(shares) - costs)[..., 1:-1]
    if not over.shape[-1]:
        return np.ones(shares.shape[:-1], dtype=np.int64), np.zeros(shares.shape[:-1])
    worst = over.argmax(axis=-1)
    return worst + 1, floats(np.take_along_axis(over, worst[..., None], axis=-1)[..., 0])


def _limited(found: Array, limits: Mapping[str, Limit], towns: Sequence[str], total: Array) -> Array:
    """Within floors and caps, the rest in proportion; as often as there are limits."""
    if not limits:
        return found
    low, high = np.zeros(found.shape), np.full(found.shape, np.inf)
    for town, limit in limits.items():
        at = list(towns).index(town)
        if limit.least is not None:
            low[..., at] = float(limit.least)
        if limit.most is not None:
            high[..., at] = float(limit.most)
        if limit.most_percent is not None:
            high[..., at] = np.minimum(high[..., at], total * float(limit.most_percent) / 100)
    made = found
    held = np.zeros(found.shape, dtype=bool)
    for _ in range(2 * len(limits)):
        over, under = made > high * (1 + TOLERANCE), made < low * (1 - TOLERANCE)
        if not np.any(over | under):
            break
        more_over = np.where(over, made - high, 0.0).sum(-1) >= np.where(under, low - made, 0.0).sum(-1)
        held |= np.where(more_over[..., None], over, under)
        fixed = np.where(held, np.clip(made, low, high), 0.0)
        free = np.where(held, 0.0, found)
        base = free.sum(axis=-1, keepdims=True)
        left = (total - fixed.sum(axis=-1))[..., None]
        made = fixed + np.where(base > 0, free * left / np.where(base > 0, base, 1.0), 0.0)
    return floats(made)
