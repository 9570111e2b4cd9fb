"""How far a forecast was from what was counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keniki.analysis.arrays import Array, divided, floats

from .people import InputError, Population


@dataclass(frozen=True)
class Errors:
    """Errors of a forecast against a census, over `n` municipalities that have people in both; all are fractions.

    `mape` and `median_ape`: mean and median of |forecast − actual| ÷ actual of the totals. `cell_error`: Σ|forecast −
    actual| ÷ Σ actual over municipalities, sexes and classes. `bias`: mean of (forecast − actual) ÷ actual.
    """

    n: int
    mape: float
    median_ape: float
    cell_error: float
    bias: float


def errors(forecast: Population, actual: Population) -> Errors:
    """The errors over the municipalities of `forecast`, which `actual` has to have too, in the same classes of ages.

    Municipalities where nobody lived in either are left out, since there is nothing to divide by. InputError for
    another year or other classes, and where nobody is left.

    >>> from keniki.analysis.population import five_year_ages
    >>> ages = five_year_ages(85)
    >>> counted = Population(("01210",), ages, np.full((1, 2, 18), 100.0), 2020)
    >>> errors(Population(("01210",), ages, np.full((1, 2, 18), 98.0), 2020), counted).mape
    0.02
    """
    if forecast.year != actual.year or forecast.ages != actual.ages:
        raise InputError(f"a forecast of {forecast.year} is not compared with figures of {actual.year}")
    counted = actual.of(forecast.codes)
    there = (forecast.totals > 0) & (counted.totals > 0)
    if not np.any(there):
        raise InputError("there is no municipality to compare", year=forecast.year)
    off = relative_errors(forecast, counted)[there]
    cells = np.abs(forecast.values[there] - counted.values[there]).sum() / counted.values[there].sum()
    return Errors(
        int(there.sum()),
        float(np.abs(off).mean()),
        float(np.median(np.abs(off))),
        float(cells),
        float(off.mean()),
    )


def relative_errors(forecast: Population, actual: Population) -> Array:
    """(forecast − actual) ÷ actual of the totals by municipality, (n,); NaN where nobody was counted.

    >>> from keniki.analysis.population import five_year_ages
    >>> counted = Population(("01210",), five_year_ages(85), np.full((1, 2, 18), 10.0), 2020)
    >>> relative_errors(Population(counted.codes, counted.ages, counted.values / 2, 2020), counted)
    array([-0.5])
    """
    return divided(forecast.totals - actual.totals, actual.totals)


def covered(low: Array, high: Array, actual: Array) -> float:
    """The share of figures that lie between the bounds, both included; arrays of one shape.

    >>> covered(np.array([1.0, 5.0]), np.array([3.0, 9.0]), np.array([2.0, 4.0]))
    0.5
    """
    return float(np.mean((floats(actual) >= low) & (floats(actual) <= high)))
