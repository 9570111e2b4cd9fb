"""How wrong forecasts of this kind have been, and so how wide the bands around the next one have to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats

from .backcast import forecast, settled
from .cohorts import Shrinkage, cohort_rates
from .people import STEP, History, InputError, Mask
from .projecting import advance
from .rates import Rates

#: Errors are told apart by who is forecast (class at the end): 0–4; 15–29; 5–14 and 30–64, who move as families; 65+.
COMPONENTS: Final = ("births", "young", "families", "old")
#: Expected persons of a component at which errors are measured; between them the logarithm goes in a straight line.
KNOTS: Final = (100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0, 100_000.0)
#: 97.5 % ÷ 75 % quantile of Student's t by degrees of freedom; None is the normal distribution.
TAILS: Final[dict[int | None, float]] = {4: 3.748, 6: 3.410, 8: 3.264, None: 2.906}
#: The 75 % quantile of the same.
QUARTILES: Final[dict[int | None, float]] = {4: 0.7407, 6: 0.7176, 8: 0.7064, None: 0.6745}
#: The 90 % quantile of the same, half of what an 80 % band is wide.
NINE_TENTHS: Final[dict[int | None, float]] = {4: 1.533, 6: 1.440, 8: 1.397, None: 1.282}
_FEWEST: Final = 30
_CLIP: Final = 0.3
#: AR(1) where no two steps can be checked, and at most.
_USUAL_MEMORY: Final = 0.4
_MOST_MEMORY: Final = 0.95


@dataclass(frozen=True)
class Uncertainty:
    """Standard deviations of the error of one step, in logarithms, by component (births, young, families, old).

    `local` (4, number of `KNOTS`) is that of a municipality by the persons expected; `tails` the degrees of freedom of
    its distribution (4, 6, 8; None: normal). `prefecture` (4,) and `nation` (4,) are shared by all of a prefecture and
    by everyone. `memory` (4,) is the AR(1) coefficient from one step to the next of municipality and prefecture,
    `nation_memory` that of the nation. `correlation` (4, 4) is between the components, on every level.
    `origins` are the censuses whose forecasts it was measured on.
    """

    local: Array
    prefecture: Array
    nation: Array
    memory: Array
    correlation: Array
    tails: int | None
    nation_memory: float = 0.8
    origins: tuple[int, ...] = ()

    def spread(self, expected: Array) -> Array:
        """Local deviation for so many expected persons: (…, 4) to (…, 4).

        >>> flat = Uncertainty(np.full((4, 7), 0.1), *(np.zeros(4) for _ in range(3)), np.eye(4), None)
        >>> flat.spread(np.array([50.0, 500.0, 5e3, 5e6]))
        array([0.1, 0.1, 0.1, 0.1])
        """
        at = np.log(np.maximum(floats(expected), 1.0))
        knots = np.log(KNOTS)
        found = np.empty_like(at)
        for place in range(len(COMPONENTS)):
            found[..., place] = np.exp(np.interp(at[..., place], knots, np.log(self.local[place])))
        return found


def components_of(ages: Sequence[AgeClass]) -> NDArray[np.int64]:
    """The component of each class at the end, (K,): its place in `COMPONENTS`.

    >>> components_of([(0, 4), (5, 9), (10, 14), (15, 19), (20, None)]).tolist()
    [0, 2, 2, 1, 1]
    """
    found = np.full(len(ages), 2, dtype=np.int64)
    for at, (first, _) in enumerate(ages):
        if first == 0:
            found[at] = 0
        elif 15 <= first < 30:
            found[at] = 1
        elif first >= 65:
            found[at] = 3
    return found


def sums_by_component(values: Array, ages: Sequence[AgeClass]) -> Array:
    """Persons by component, both sexes: (…, 2, K) to (…, 4).

    >>> from keniki.analysis.population import five_year_ages
    >>> sums_by_component(np.ones((2, 18)), five_year_ages(85))
    array([ 2.,  6., 18., 10.])
    """
    place = components_of(ages)
    both = values.sum(axis=-2)
    return floats(
        np.stack([both[..., place == each].sum(axis=-1) for each in range(len(COMPONENTS))], axis=-1)
    )


def calibrate(history: History, survival: Array, *, shrinkage: Shrinkage | None = None) -> Uncertainty:
    """The uncertainty that forecasts one step ahead had at every origin of the history which lets one be checked.

    Origins have as many periods before them as the rates use, or all there are, and a census after them. Errors are
    ln(actual ÷ forecast) by municipality and component; the nation's is that of the sums, the prefecture's the
    weighted mean of what is left less what the municipalities' own errors make of it, the municipality's the rest.
    Local deviations come from medians, so that single disasters don't widen every band; the tails are chosen to fit
    how far the largest errors lie out.

    InputError where no origin can be checked.

    >>> from keniki.analysis.population import five_year_ages
    >>> people = 1000 + np.random.default_rng(1).normal(0, 50, (60, 2, 18, 4))
    >>> codes = tuple(f"{number:05d}" for number in range(1001, 1061))
    >>> censuses = History(codes, five_year_ages(85), people, (2005, 2010, 2015, 2020))
    >>> found = calibrate(censuses, np.full((1, 2, 18), 0.9))
    >>> found.origins, bool(np.all(found.local > 0))
    ((2015,), True)
    """
    wanted = len((shrinkage or Shrinkage()).periods)
    origins = history.years[min(wanted, len(history.years) - 2) : -1]
    if len(history.years) < 3:
        raise InputError("an error can be measured from three censuses on")
    rows = [_residuals(history, origin, survival, shrinkage) for origin in origins]
    residuals = np.stack([each[0] for each in rows])
    expected = np.stack([each[1] for each in rows])
    nation = np.stack([each[2] for each in rows])
    prefecture = np.array([code[:2] for code in history.codes], dtype=str)
    local = np.stack([_by_size(residuals[..., at], expected[..., at]) for at in range(len(COMPONENTS))])
    plain = Uncertainty(local, np.zeros(4), np.zeros(4), np.zeros(4), np.eye(4), None)
    spread = plain.spread(np.where(np.isnan(expected), 1.0, expected))
    tails = _tails(residuals / spread)
    found = Uncertainty(
        local * QUARTILES[None] / QUARTILES[tails],
        np.array(
            [_shared(residuals[..., at], expected[..., at], spread[..., at], prefecture) for at in range(4)]
        ),
        np.sqrt((nation**2).mean(axis=0)),
        _memory(history, origins, survival, shrinkage),
        _correlation(residuals),
        tails,
        origins=tuple(origins),
    )
    return replace(found, local=found.local * _fit_of_totals(found, residuals + nation[:, None], expected))


def _residuals(
    history: History, origin: int, survival: Array, shrinkage: Shrinkage | None
) -> tuple[Array, Array, Array]:
    """Local errors and expected persons (n, 4), NaN where there is none, and the nation's error (4,)."""
    made, counted = (
        forecast(history, origin, origin + STEP, survival, shrinkage=shrinkage),
        history.at(origin + STEP),
    )
    there = settled(history) & set(counted.codes)
    codes = [code for code in made.codes if code in there]
    hoped = sums_by_component(made.of(codes).values, history.ages)
    seen = sums_by_component(counted.of(codes).values, history.ages)
    shared = np.log(seen.sum(axis=0) / hoped.sum(axis=0))
    found = np.full((len(history.codes), len(COMPONENTS)), np.nan)
    of = np.full_like(found, np.nan)
    at = {code: place for place, code in enumerate(history.codes)}
    rows = np.array([at[code] for code in codes], dtype=np.intp)
    enough = (hoped > 1) & (seen > 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found[rows] = np.where(enough, np.log(seen / hoped) - shared, np.nan)
    of[rows] = np.where(enough, hoped, np.nan)
    return found, of, floats(shared)


def _by_size(residuals: Array, expected: Array) -> Array:
    """Deviation at each knot from the median |error| of municipalities about that size; never rising with size."""
    known = ~np.isnan(residuals)
    off, size = np.abs(residuals[known]), np.log(expected[known])
    bounds = np.log([np.sqrt(a * b) for a, b in pairwise(KNOTS)])
    edges = [-np.inf, *bounds, np.inf]
    found = np.full(len(KNOTS), np.nan)
    for at, (low, high) in enumerate(pairwise(edges)):
        inside = (size >= low) & (size < high)
        if inside.sum() >= _FEWEST:
            found[at] = np.median(off[inside]) / QUARTILES[None]
    if np.all(np.isnan(found)):
        found[:] = np.median(off) / QUARTILES[None]
    given = ~np.isnan(found)
    filled = np.exp(np.interp(np.log(KNOTS), np.log(KNOTS)[given], np.log(np.maximum(found[given], 1e-4))))
    return floats(np.minimum.accumulate(filled))


def _fit_of_totals(found: Uncertainty, residuals: Array, expected: Array) -> float:
    """The factor on local deviations with which four of five municipalities' totals were within their 80 % band."""
    rows: Mask = ~np.any(np.isnan(residuals), axis=-1)
    off, size = residuals[rows], expected[rows]
    share = size / size.sum(axis=1, keepdims=True)
    variance = np.zeros(len(share))
    for deviation in (found.spread(size), found.prefecture, found.nation):
        part = share * deviation
        variance += np.einsum("ic,cd,id->i", part, found.correlation, part)
    total = np.abs((share * off).sum(axis=1)) / np.sqrt(variance)
    return float(np.clip(np.quantile(total, 0.8) / NINE_TENTHS[found.tails], 0.7, 1.3))


def _tails(standard: Array) -> int | None:
    """The degrees of freedom whose ratio of far to middling errors is nearest to that of the errors."""
    off = np.abs(standard[~np.isnan(standard)])
    ratio = float(np.quantile(off, 0.95) / np.quantile(off, 0.5))
    return min(TAILS, key=lambda each: float(abs(TAILS[each] - ratio)))


def _shared(residuals: Array, expected: Array, spread: Array, prefecture: NDArray[np.str_]) -> float:
    """Deviation shared by a prefecture's municipalities beyond what their own errors make of its mean."""
    excess = []
    for row, weight, own in zip(residuals, expected, spread, strict=True):
        for name in np.unique(prefecture):
            inside: Mask = (prefecture == name) & ~np.isnan(row)
            if inside.sum() < 5:
                continue
            share = weight[inside] / weight[inside].sum()
            excess.append(float((share * row[inside]).sum() ** 2 - ((share * own[inside]) ** 2).sum()))
    return float(np.sqrt(max(float(np.mean(excess)), 0.0))) if excess else 0.0


def _memory(history: History, origins: Sequence[int], survival: Array, shrinkage: Shrinkage | None) -> Array:
    """AR(1) coefficients (4,): how far the error of a step goes on in the next one when the rates are not made anew.

    From the census after each origin the second step of the same rates is made; its error e₂ and that of the first
    step e₁ are correlated by c, and with e₂ = ρ·e₁ + a new error of the same size c = ρ ÷ √(1 + ρ²).
    """
    found = []
    for origin in origins:
        if origin + 2 * STEP > history.years[-1]:
            continue
        rates = cohort_rates(history.until(origin), survival, 2, shrinkage=shrinkage)
        at = history.years.index(origin)
        pair = [_step_errors(history, rates, at + step, step) for step in range(2)]
        rows: Mask = ~np.any(np.isnan(pair[0]) | np.isnan(pair[1]), axis=1)
        if rows.sum() >= _FEWEST:
            both = (np.clip(each[rows], -_CLIP, _CLIP) for each in pair)
            found.append([np.corrcoef(a, b)[0, 1] for a, b in zip(*(each.T for each in both), strict=True)])
    if not found:
        return np.full(len(COMPONENTS), _USUAL_MEMORY)
    correlation = np.clip(np.mean(found, axis=0), 0.0, _MOST_MEMORY / np.hypot(1.0, _MOST_MEMORY))
    return floats(correlation / np.sqrt(1 - correlation**2))


def _step_errors(history: History, rates: Rates, at: int, step: int) -> Array:
    """ln(actual ÷ forecast) less the nation's, of one step of these rates from census number `at`, (n, 4)."""
    now, later = history.values[..., at], history.values[..., at + 1]
    there: Mask = np.isin(history.codes, sorted(settled(history))) & ~np.any(
        np.isnan(now + later), axis=(1, 2)
    )
    made = np.empty_like(now[there])
    advance(now[there], rates, step, np.flatnonzero(there), out=made)
    hoped, seen = sums_by_component(made, history.ages), sums_by_component(later[there], history.ages)
    found = np.full((len(history.codes), len(COMPONENTS)), np.nan)
    shared = np.log(seen.sum(axis=0) / hoped.sum(axis=0))
    found[there] = np.log(np.maximum(seen, 1.0) / np.maximum(hoped, 1.0)) - shared
    return found


def _correlation(residuals: Array) -> Array:
    rows = np.clip(residuals.reshape(-1, len(COMPONENTS)), -_CLIP, _CLIP)
    rows = rows[~np.any(np.isnan(rows), axis=1)]
    if len(rows) < _FEWEST:
        return np.eye(len(COMPONENTS))
    return floats(np.corrcoef(rows.T))
