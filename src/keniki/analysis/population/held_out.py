"""A census is held out, forecast from those before it, and compared with what was counted, bands included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keniki.analysis.arrays import Array

from .accuracy import Errors, covered, errors
from .cohorts import cohort_rates
from .drawing import draw
from .people import STEP, History, InputError, Population
from .projecting import project
from .uncertainty import calibrate

#: Draws with which the bands of a check are made.
DRAWS = 1000


@dataclass(frozen=True)
class HeldOut:
    """How well the census of `target` was foreseen at `origin`: errors of `forecast`, and coverage of the bands.

    `coverage_80` and `coverage_95` are shares of the municipalities whose total lay in their band; None where the
    censuses up to the origin are too few (fewer than three) to measure a band on.
    """

    origin: int
    target: int
    forecast: Population
    errors: Errors
    coverage_80: float | None
    coverage_95: float | None


def held_out(
    known: History,
    counted: Population,
    survival: Array,
    *,
    draws: int = DRAWS,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> HeldOut:
    """Forecast `counted` from the censuses `known`, the last of which is the origin.

    `survival` (steps or 1, 2, K) as in `cohort_rates`. Municipalities that were not counted at the origin are left
    out. InputError where nothing can be compared, or `counted` is not a number of steps after the origin.

    >>> import numpy as np
    >>> from keniki.analysis.population import five_year_ages
    >>> ages = five_year_ages(85)
    >>> censuses = History(("01210",), ages, np.full((1, 2, 18, 2), 100.0), (2010, 2015))
    >>> counted = Population(("01210",), ages, np.full((1, 2, 18), 100.0), 2020)
    >>> found = held_out(censuses, counted, np.full((1, 2, 18), 0.9))
    >>> found.errors.n, found.coverage_80 is None
    (1, True)
    """
    origin = known.years[-1]
    steps, left = divmod(counted.year - origin, STEP)
    if left or steps < 1:
        raise InputError(f"{counted.year} is not a number of steps after {origin}", year=counted.year)
    base = known.at(origin)
    rates = cohort_rates(known, survival, steps)
    made = project(base, rates, counted.year).at(counted.year)
    there = set(counted.codes)
    forecast = made.of([code for code in made.codes if code in there])
    off = errors(forecast, counted)
    shares: tuple[float | None, float | None] = (None, None)
    if len(known.years) > 2:
        drawn = draw(
            base,
            rates,
            counted.year,
            calibrate(known, survival[:1]),
            draws,
            seed,
            groups=((0, None),),
            progress=progress,
        )
        rows = [row for row, code in enumerate(drawn.codes) if code in there]
        actual = counted.of([drawn.codes[row] for row in rows]).totals
        bands = drawn.quantiles()[:, -1, rows, 0]
        lived = (actual > 0) & (bands[2] > 0)
        low, ten, _, ninety, high = bands[:, lived]
        shares = covered(ten, ninety, actual[lived]), covered(low, high, actual[lived])
    return HeldOut(origin, counted.year, forecast, off, *shares)
