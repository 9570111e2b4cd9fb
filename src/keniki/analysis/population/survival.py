"""Five-year survival from published expectations of life (平均余命)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats

from .people import STEP, InputError, check_ages


@dataclass(frozen=True)
class LifeTable:
    """Expectation of life by sex at exact ages, as a life table (生命表) prints it, and the year it is of.

    `ages` begin at 0, rise, and hold every multiple of five up to five years above the open class that is wanted;
    single years in high ages make survival there more exact. `expectancy` (2, number of ages), in years.
    """

    year: int
    ages: tuple[int, ...]
    expectancy: Array

    def __post_init__(self) -> None:
        found = floats(self.expectancy)
        if found.shape != (2, len(self.ages)) or not np.all(found > 0):
            raise InputError(
                "expectations of life have to be given for both sexes at every age", year=self.year
            )
        if self.ages[:1] != (0,) or any(b <= a for a, b in pairwise(self.ages)):
            raise InputError("the ages of a life table begin at 0 and rise", year=self.year)
        if np.any(found[:, 1:] + np.diff(floats(self.ages)) < found[:, :-1]):
            raise InputError("expectations of life fall faster than age rises", year=self.year)
        object.__setattr__(self, "expectancy", found)

    def survivors(self) -> tuple[Array, Array]:
        """l(x), per one born, and T(x), the years lived from age x on, both (2, number of ages).

        Within an interval mortality is taken as constant: e(x) = (1 − p)·h/(−ln p) + p·e(x + h) is solved for p.
        """
        alive = np.ones_like(self.expectancy)
        for at, (age, later) in enumerate(pairwise(self.ages)):
            p = _survival(self.expectancy[:, at], self.expectancy[:, at + 1], float(later - age))
            alive[:, at + 1] = alive[:, at] * p
        return alive, alive * self.expectancy

    def ratios(self, ages: Sequence[AgeClass]) -> Array:
        """Survival by sex and class over five years, (2, K): persons of the next class per person of the class.

        The stationary population of the table: L(a + 5) ÷ L(a), for the open class T(ω + 5) ÷ T(ω). InputError where
        the table ends before the open class does.
        """
        check_ages(ages)
        _, years = self.survivors()
        open_age = ages[-1][0]
        at = {age: place for place, age in enumerate(self.ages)}
        missing = [age for age in range(0, open_age + 2 * STEP, STEP) if age not in at]
        if missing:
            raise InputError(f"the life table has no expectation at age {missing[0]}", year=self.year)
        bounds = years[:, [at[age] for age in range(0, open_age + 2 * STEP, STEP)]]
        lived = bounds[:, :-1] - bounds[:, 1:]
        closed = lived[:, 1:] / lived[:, :-1]
        last = bounds[:, -1] / bounds[:, -2]
        return floats(np.concatenate([closed, last[:, None]], axis=1))


def survival_between(tables: Sequence[LifeTable], start: int, ages: Sequence[AgeClass]) -> Array:
    """Survival over the five years from `start`, (2, K): the tables' ratios at the middle of the period.

    Between two tables the logarithm of mortality goes in a straight line; before the first and after the last it
    stays. InputError without any table.

    >>> table = LifeTable(2020, tuple(range(0, 106, 5)), np.linspace([80.0, 86.0], [1.6, 1.7], 22).T)
    >>> survival_between([table], 2020, [(0, 4), (5, 9)] + [(a, a + 4) for a in range(10, 85, 5)] + [(85, None)]).shape
    (2, 18)
    """
    if not tables:
        raise InputError("there is no life table")
    known: Mapping[int, Array] = {table.year: _hazard(table.ratios(ages)) for table in tables}
    years = sorted(known)
    middle = min(max(start + STEP / 2, years[0]), years[-1])
    after = next(year for year in years if year >= middle)
    before = max(year for year in years if year <= middle)
    weight = 0.0 if after == before else (middle - before) / (after - before)
    mixed = (1 - weight) * np.log(known[before]) + weight * np.log(known[after])
    return floats(np.exp(-np.exp(mixed)))


def _hazard(ratios: Array) -> Array:
    return np.maximum(-np.log(ratios), 1e-9)


def _survival(now: Array, then: Array, width: float) -> Array:
    """p with now = (1 − p)·width/(−ln p) + p·then; by bisection, the right side rises with p."""
    low, high = np.full(now.shape, 1e-12), np.full(now.shape, 1 - 1e-12)
    for _ in range(60):
        p = (low + high) / 2
        reached = (1 - p) * width / -np.log(p) + p * then
        low, high = np.where(reached < now, p, low), np.where(reached < now, high, p)
    return floats((low + high) / 2)
