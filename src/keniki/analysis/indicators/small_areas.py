"""Rates of small areas with an interval: exact Poisson, and shrunk towards the rate of all (Marshall 1991)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.arrays import Array, divided, floats, not_negative
from keniki.analysis.gamma import gamma_quantile


@dataclass(frozen=True)
class Estimate:
    """A rate and its interval, in the unit `per` asked for; arrays of one shape."""

    rate: Array
    low: Array
    high: Array


def poisson_interval(count: ArrayLike, base: ArrayLike, *, level: float = 0.95, per: float = 1.0) -> Estimate:
    """count ÷ base × per with the exact (Garwood 1936) interval of a Poisson count, broadcast.

    low = G(α/2; count), high = G(1 − α/2; count + 1) with G the gamma quantile; a count of 0 has the low bound 0.
    `count` ≥ 0 are events, `base` ≥ 0 persons (or years of exposure); NaN where the base is 0 or a figure is missing.
    ValueError for a level outside 0…1 or negative figures.

    >>> doctors = poisson_interval(2, 3329, per=100_000)
    >>> [value.round(1).item() for value in (doctors.rate, doctors.low, doctors.high)]
    [60.1, 7.3, 217.0]
    """
    alpha = _alpha(level)
    events, exposed = np.broadcast_arrays(not_negative("count", count), not_negative("base", base))
    known = np.where(np.isnan(events), 0.0, events)
    low, high = gamma_quantile(alpha / 2, known), gamma_quantile(1 - alpha / 2, known + 1)
    missing = np.where(np.isnan(events), np.nan, 1.0)
    return Estimate(
        divided(events * per, exposed),
        divided(low * per * missing, exposed),
        divided(high * per * missing, exposed),
    )


def empirical_bayes(count: ArrayLike, base: ArrayLike, *, level: float = 0.95, per: float = 1.0) -> Estimate:
    """Rates of n areas shrunk towards their common rate, the more the smaller the area; `count`, `base` (n,).

    Global estimator of Marshall (1991), Applied Statistics 40(2): m = ΣO/Σn, s² = Σnᵢ(rᵢ − m)²/Σn,
    A = max(0, s² − m/n̄), θᵢ = m + A/(A + m/nᵢ)·(rᵢ − m). The interval is the central one of the gamma distribution
    with the prior's mean m and variance A, updated by the area's count, widened where it would leave θᵢ out. Where A is
    0 the areas do not differ beyond chance: all get m with the exact interval of the pooled count.
    Areas with a missing figure or a base of 0 stay NaN and do not count. ValueError as in `poisson_interval`.

    >>> shrunk = empirical_bayes([0, 12, 40], [500, 5000, 20000], per=1000)
    >>> shrunk.rate.round(2)
    array([2.04, 2.04, 2.04])
    >>> shrunk = empirical_bayes([9, 12, 10], [500, 5000, 20000], per=1000)
    >>> shrunk.rate.round(2)
    array([13.19,  2.35,  0.51])
    """
    alpha = _alpha(level)
    events, exposed = np.broadcast_arrays(not_negative("count", count), not_negative("base", base))
    used = ~np.isnan(events) & ~np.isnan(exposed) & (exposed > 0)
    out = Estimate(*(np.full(events.shape, np.nan) for _ in range(3)))
    o, n = events[used], exposed[used]
    if not o.size:
        return out
    mean = o.sum() / n.sum()
    spread = (n * (o / n - mean) ** 2).sum() / n.sum()
    between = max(0.0, float(spread - mean / n.mean()))
    if between == 0:
        pooled = poisson_interval(o.sum(), n.sum(), level=level, per=per)
        for target, value in ((out.rate, pooled.rate), (out.low, pooled.low), (out.high, pooled.high)):
            target[used] = value
        return out
    shape, weight = o + mean**2 / between, n + mean / between
    rates = shape / weight
    out.rate[used] = rates * per
    out.low[used] = np.minimum(rates, gamma_quantile(alpha / 2, shape) / weight) * per
    out.high[used] = np.maximum(rates, gamma_quantile(1 - alpha / 2, shape) / weight) * per
    return out


def _alpha(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    return float(floats(1 - level))
