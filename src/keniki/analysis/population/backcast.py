"""Back-casting: forecasts of censuses that are already there, from what was known before them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from keniki.analysis.arrays import Array

from .accuracy import Errors, errors
from .cohorts import Shrinkage, cohort_rates
from .people import STEP, History, InputError, Population
from .projecting import project


def forecast(
    history: History, origin: int, target: int, survival: Array, *, shrinkage: Shrinkage | None = None
) -> Population:
    """The population of `target` as forecast from the censuses up to `origin`, of the municipalities with that census.

    Nothing after `origin` is looked at. InputError unless both are censuses' years, the target the later one.

    >>> from keniki.analysis.population import five_year_ages
    >>> censuses = History(("01210",), five_year_ages(85), np.full((1, 2, 18, 3), 100.0), (2010, 2015, 2020))
    >>> forecast(censuses, 2015, 2020, np.full((1, 2, 18), 0.9)).totals.round()
    array([3600.])
    """
    steps, left = divmod(target - origin, STEP)
    if left or steps < 1:
        raise InputError(f"{target} is not a number of steps of {STEP} years after {origin}", year=target)
    known = history.until(origin)
    rates = cohort_rates(known, survival, steps, shrinkage=shrinkage)
    return project(known.at(origin), rates, target).at(target)


def tune(
    history: History, survival: Array, candidates: Iterable[Shrinkage], origins: Sequence[int]
) -> list[tuple[float, Shrinkage, tuple[Errors, ...]]]:
    """The candidates by how well they forecast one step from each origin, the best first.

    The score is the mean over the origins of mean, median and cell error, each relative to that of the first
    candidate: below 1 is better than it. The censuses five years after the origins have to be in the history.
    Municipalities that lost more than half of their people in five years, as by an order to evacuate, are not
    counted: no rate foretells that.

    >>> from keniki.analysis.population import five_year_ages
    >>> people = 100.0 * 0.99 ** np.arange(3) * np.ones((1, 2, 18, 1))
    >>> censuses = History(("01210",), five_year_ages(85), people, (2010, 2015, 2020))
    >>> ranked = tune(censuses, np.full((1, 2, 18), 0.9), [Shrinkage(), Shrinkage(others=0.0)], [2015])
    >>> len(ranked), ranked[0][2][0].n
    (2, 1)
    """
    kept = settled(history)
    found: list[tuple[float, Shrinkage, tuple[Errors, ...]]] = []
    first: tuple[Errors, ...] | None = None
    for candidate in candidates:
        made = tuple(
            _error(history, kept, forecast(history, origin, origin + STEP, survival, shrinkage=candidate))
            for origin in origins
        )
        first = first or made
        score = np.mean([_relative(one, base) for one, base in zip(made, first, strict=True)])
        found.append((float(score), candidate, made))
    return sorted(found, key=lambda each: each[0])


def settled(history: History) -> frozenset[str]:
    """Municipalities that never lost more than half of their people between two censuses.

    >>> from keniki.analysis.population import five_year_ages
    >>> people = np.array([[1.0, 0.9], [1.0, 0.1]])[:, None, None, :] * np.ones((1, 2, 18, 1))
    >>> sorted(settled(History(("01210", "07546"), five_year_ages(85), people, (2010, 2015))))
    ['01210']
    """
    totals = history.values.sum(axis=(1, 2))
    fell = np.any(totals[:, 1:] < totals[:, :-1] / 2, axis=1)
    return frozenset(code for code, has_fallen in zip(history.codes, fell, strict=True) if not has_fallen)


def _error(history: History, kept: frozenset[str], made: Population) -> Errors:
    counted = history.at(made.year)
    there = kept & set(counted.codes)
    return errors(made.of([code for code in made.codes if code in there]), counted)


def _relative(one: Errors, base: Errors) -> float:
    return (one.mape / base.mape + one.median_ape / base.median_ape + one.cell_error / base.cell_error) / 3
