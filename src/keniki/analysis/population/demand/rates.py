"""Rates by sex and age in classes of their own, and what a population needs by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats

from ..people import SEXES, STEP, InputError, check_ages
from .splitting import Method, split_class

#: Nobody is older.
_OLDEST: Final = 131


@dataclass(frozen=True)
class AgeRates:
    """A rate by sex (male, female) and class of age: `values` (2, C) per person, or (C,) for both sexes alike.

    The classes follow one another without a gap and may be of any width (0, 1–4, 7–17, 90 and over); outside of them
    the rate is 0. InputError names the class of a gap, of a negative rate and of one that is missing.
    """

    ages: tuple[AgeClass, ...]
    values: Array

    def __post_init__(self) -> None:
        found = floats(self.values)
        if found.ndim == 1:
            found = np.stack([found, found])
        if not self.ages or found.shape != (len(SEXES), len(self.ages)):
            raise InputError(f"{found.shape} rates for {len(self.ages)} classes of age")
        awaited: int | None = self.ages[0][0]
        for age in self.ages:
            first, last = age
            if first != awaited or first < 0 or (last is not None and last < first):
                raise InputError("the ages of a rate follow one another without a gap", age=age)
            awaited = None if last is None else last + 1
        wrong = ~np.isfinite(found) | (found < 0)
        if np.any(wrong):
            sex, age_at = np.argwhere(wrong)[0]
            what = "a rate is negative" if found[sex, age_at] < 0 else "a rate is missing"
            raise InputError(what, sex=SEXES[sex], age=self.ages[age_at])
        object.__setattr__(self, "values", found)

    def times(self, factor: ArrayLike) -> AgeRates:
        """The same times a factor, one for all or (2,) for each sex.

        >>> AgeRates(((65, None),), floats([0.1])).times(2).values.tolist()
        [[0.2], [0.2]]
        """
        return replace(self, values=self.values * floats(factor).reshape(-1, 1))

    def by_year(self, open_age: int, old: Array | None = None, *, later: int = 0) -> Array:
        """The rate by single year of age, (2, open_age + 1); the last is that of the open class.

        Where the classes go on beyond `open_age`, the open class takes their mean weighted with `old` (2, m), persons
        of `open_age`, `open_age + 1` … in a stationary population, the last with all older ones. `later`: every age has
        the rate of so many years younger (healthier ageing). InputError where weights are wanted and there are none.

        >>> rate = AgeRates(((85, 89), (90, None)), floats([0.2, 0.6]))
        >>> rate.by_year(85, np.array([[3.0] * 5 + [5.0]] * 2))[0, 84:].tolist()
        [0.0, 0.3]
        >>> rate.by_year(90, np.ones((2, 2)), later=1)[0, 84:].tolist()
        [0.0, 0.0, 0.2, 0.2, 0.2, 0.2, 0.4]
        """
        if old is None:
            beyond = self._at(np.arange(open_age, _OLDEST) - later)
            if np.any(beyond != beyond[:, :1]):
                raise InputError("rates within the open class of ages need weights", age=(open_age, None))
            last = beyond[:, :1]
        else:
            beyond = self._at(np.arange(open_age, open_age + old.shape[1]) - later)
            last = (beyond * old).sum(axis=1, keepdims=True) / old.sum(axis=1, keepdims=True)
        return np.concatenate([self._at(np.arange(open_age) - later), last], axis=1)

    def _at(self, years: NDArray[np.integer[Any]]) -> Array:
        found = np.zeros((len(SEXES), len(years)))
        for at, (first, last) in enumerate(self.ages):
            inside = (years >= first) & (years <= (np.inf if last is None else last))
            found[:, inside] = self.values[:, at, None]
        return found


class People:
    """A population by class (…, n, 2, K), projected or drawn, whose classes are split into single years once and only
    where a rate differs within them.

    >>> from keniki.analysis.population import five_year_ages
    >>> ages = five_year_ages(85)
    >>> pupils = AgeRates(((6, 11),), floats([1.0])).by_year(85)
    >>> People(np.full((1, 2, 18), 50.0), ages).needing(pupils[None])
    array([120.])
    """

    def __init__(self, values: Array, ages: Sequence[AgeClass], method: Method = "pchip") -> None:
        self.values = floats(values)
        self.ages = check_ages(ages)
        self.method: Method = method
        self._split: dict[int, Array] = {}

    @property
    def totals(self) -> Array:
        """Persons, (…, n)."""
        return floats(self.values.sum(axis=(-2, -1)))

    def needing(self, rates: Array) -> Array:
        """Σ rate × persons, (…, n): `rates` by single year of age (n or 1, 2, A) as `AgeRates.by_year` makes them."""
        first = rates[..., 0 : (len(self.ages) - 1) * STEP : STEP]
        even = np.concatenate([first, rates[..., -1:]], axis=-1)
        closed = rates[..., :-1].reshape(*rates.shape[:-1], -1, STEP)
        cut = np.flatnonzero(np.any(closed != first[..., None], axis=(0, 1, 3)))
        even[..., cut] = 0.0
        found = np.einsum("...nsk,nsk->...n", self.values, self._wide(even))
        for at in cut:
            found += np.einsum("...nsy,nsy->...n", self.years_of(int(at)), self._wide(closed[:, :, at]))
        return floats(found)

    def years_of(self, at: int) -> Array:
        """The single years of class number `at`, (…, n, 2, 5)."""
        if at not in self._split:
            self._split[at] = split_class(self.values, at, self.method)
        return self._split[at]

    def single_years(self) -> Array:
        """Persons by single year of age, (…, n, 2, A)."""
        parts = [self.years_of(at) for at in range(len(self.ages) - 1)]
        return np.concatenate([*parts, self.values[..., -1:]], axis=-1)

    def _wide(self, rates: Array) -> Array:
        return np.broadcast_to(rates, (self.values.shape[-3], *rates.shape[1:]))


def raked(seed: Array, rows: Array, columns: Array, rounds: int = 200) -> Array:
    """A table (r, c) with the pattern of `seed` and these sums of rows (r,) and columns (c,) (比例反復法).

    The columns are first scaled to the sum of the rows. InputError for a negative figure and for a row or column of
    nobody whose sum is not 0.

    >>> raked(floats([[1, 1], [1, 3]]), floats([4, 6]), floats([5, 5])).sum(axis=0).round(6).tolist()
    [5.0, 5.0]
    """
    made = floats(seed).copy()
    if np.any(made < 0) or np.any(rows < 0) or np.any(columns < 0):
        raise InputError("a table and its sums are not negative")
    if np.any((made.sum(axis=1) == 0) & (rows > 0)) or np.any((made.sum(axis=0) == 0) & (columns > 0)):
        raise InputError("a row or column of nobody cannot be scaled to a sum")
    wanted = columns * (rows.sum() / columns.sum()) if columns.sum() > 0 else columns
    for _ in range(rounds):
        made *= _ratio(wanted, made.sum(axis=0))
        made *= _ratio(rows, made.sum(axis=1))[:, None]
    return made


def _ratio(wanted: Array, there: Array) -> Array:
    return floats(np.divide(wanted, there, out=np.zeros_like(there), where=there > 0))
