"""The projection itself: from a population and rates, step by step, to a population (コーホート要因法)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keniki.analysis.ages import BROAD_GROUPS, AgeClass, group_ages
from keniki.analysis.arrays import Array, floats

from .control import Control
from .people import STEP, InputError, Places, Population, places_of, women_of
from .rates import Rates, at_step, births, by_end


@dataclass(frozen=True)
class Projection:
    """Persons at the base and after each step: `values` (T + 1, n, 2, K); the first is the base population itself."""

    codes: tuple[str, ...]
    ages: tuple[AgeClass, ...]
    years: tuple[int, ...]
    values: Array
    rates: Rates

    @property
    def totals(self) -> Array:
        """Persons by year and municipality, (T + 1, n)."""
        return floats(self.values.sum(axis=(2, 3)))

    def at(self, year: int) -> Population:
        """The population of a year; InputError for a year that was not projected."""
        if year not in self.years:
            raise InputError(f"not projected: {year}; there are {self.years}", year=year)
        return Population(self.codes, self.ages, self.values[self.years.index(year)], year)

    def groups(self, groups: Sequence[AgeClass] = BROAD_GROUPS) -> Array:
        """Persons by year, municipality and broad group of age, both sexes, (T + 1, n, number of groups)."""
        return group_ages(self.values.sum(axis=2), self.ages, groups)


@dataclass(frozen=True)
class Balance:
    """What a change of population is made of, persons in each step of five years by municipality, (T, n).

    `children` are those born in the step who are alive at its end (0–4), `deaths` those of the people there at its
    start, `moves` the rest: net migration with whatever a control total added. Their sum is the change.
    """

    children: Array
    deaths: Array
    moves: Array


def balance(made: Projection) -> Balance:
    """The change of each step by its causes (人口増減の内訳).

    >>> from keniki.analysis.population import five_year_ages
    >>> ages = five_year_ages(85)
    >>> base = Population(("01210",), ages, np.full((1, 2, 18), 100.0), 2020)
    >>> half, none = np.full((1, 1, 2, 18), 0.5), np.zeros((1, 1, 2, 18))
    >>> made = project(base, Rates(("01210",), ages, half, none, np.array([[0.2]]), np.array([[0.5]]), "net"), 2025)
    >>> found = balance(made)
    >>> [float(each[0, 0]) for each in (found.children, found.deaths, found.moves)]
    [70.0, 1800.0, 0.0]
    """
    rows = _rows(Population(made.codes, made.ages, made.values[0], made.years[0]), made.rates)
    steps = len(made.years) - 1
    deaths = np.empty((steps, len(made.codes)))
    for step in range(steps):
        dying = 1.0 - at_step(made.rates.survival, step)[rows]
        deaths[step] = (made.values[step] * dying).sum(axis=(1, 2))
    children = made.values[1:, :, :, 0].sum(axis=2)
    change = np.diff(made.totals, axis=0)
    return Balance(floats(children), deaths, floats(change - children + deaths))


def project(base: Population, rates: Rates, until: int, *, control: Control | None = None) -> Projection:
    """The population every five years until `until`.

    P(a + 5, t + 5) = P(a, t)·(survival + net migration), the open class from itself and the one below; in the pool
    model those who leave are taken off, put together for all municipalities by sex and class, and given to each by
    its share. Children of 0–4 are the women of 15–49 at the end times the child–woman ratio. With `control`, the
    result of each step is corrected uniformly (一律補正) to the totals given. A class that would fall below nobody
    (more net leavers than people) becomes empty.

    The rates are of the same municipalities in the same order (or of more: then those of the base are taken; in the
    pool model all are needed, since the others' leavers arrive here). InputError for another set of ages, a
    municipality without rates, a year that is not a step of five, rates that end before. Linear in memory and time:
    (T + 1)·n·2·K.

    >>> from keniki.analysis.population import five_year_ages
    >>> ages = five_year_ages(85)
    >>> base = Population(("01210",), ages, np.full((1, 2, 18), 100.0), 2020)
    >>> survival = np.full((1, 1, 2, 18), 0.5)
    >>> rates = Rates(("01210",), ages, survival, np.zeros((1, 1, 2, 18)), np.array([[0.2]]), np.array([[0.5]]), "net")
    >>> project(base, rates, 2025).values[1, 0, 0, [0, 1, 17]]
    array([ 35.,  50., 100.])
    """
    steps, left = divmod(until - base.year, STEP)
    if left or steps < 0:
        raise InputError(f"{until} is not a number of steps of {STEP} years after {base.year}", year=until)
    if rates.ages != base.ages:
        raise InputError("the rates are of other classes of ages than the population")
    rows = _rows(base, rates)
    values = np.empty((steps + 1, *base.values.shape))
    values[0] = base.values
    for step in range(steps):
        advance(values[step], rates, step, rows, out=values[step + 1])
        if control is not None:
            control.correct(values[step + 1], base.year + STEP * (step + 1), base.codes, base.ages)
    years = tuple(range(base.year, until + 1, STEP))
    return Projection(base.codes, base.ages, years, values, rates)


def advance(people: Array, rates: Rates, step: int, rows: Places | slice, *, out: Array) -> Array:
    """One step: `people` (n, 2, K) five years later, written to `out` of the same shape.

    `rows` are the places of these municipalities in the rates.

    >>> from keniki.analysis.population import five_year_ages
    >>> still, nobody = np.ones((1, 1, 2, 18)), np.zeros((1, 1, 2, 18))
    >>> rates = Rates(("01210",), five_year_ages(85), still, nobody, np.array([[0.1]]), np.array([[0.5]]), "net")
    >>> out = np.empty((1, 2, 18))
    >>> advance(np.full((1, 2, 18), 10.0), rates, 0, slice(None), out=out)[0, 1, [0, 1, 17]]
    array([ 3.5, 10. , 20. ])
    """
    moved = people * rates.staying(step)[rows]
    out[..., 1:] = moved[..., :-1]
    out[..., -1] += moved[..., -1]
    if rates.leaving is not None and rates.arriving is not None:
        pool = by_end((people * at_step(rates.leaving, step)).sum(axis=0))
        out[..., 1:] += at_step(rates.arriving, step)[..., 1:] * pool[..., 1:]
    if rates.extra is not None:
        out[..., 1:] += at_step(rates.extra, step)[rows][..., 1:]
    np.maximum(out[..., 1:], 0.0, out=out[..., 1:])
    out[..., 0] = births(
        women_of(out, rates.ages), at_step(rates.child_women, step)[rows], at_step(rates.boys, step)[rows]
    )
    if rates.extra is not None:
        out[..., 0] += at_step(rates.extra, step)[rows][..., 0]
        np.maximum(out[..., 0], 0.0, out=out[..., 0])
    return out


def _rows(base: Population, rates: Rates) -> Places | slice:
    if rates.codes == base.codes:
        return slice(None)
    if rates.leaving is not None:
        raise InputError("the pool model projects all municipalities of its rates together")
    return places_of(rates.codes, base.codes)
