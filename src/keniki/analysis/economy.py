"""The region's economy: quotients, shift-share, openings, small-area rates, and multipliers without a survey.

The arithmetic of the region book (`keniki.analysis.indicators`) by its names, and regional input–output coefficients
that are estimated from the nation's table and the region's output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, divided, floats, not_negative
from .indicators import (
    Estimate,
    ShiftShare,
    closings_rate,
    empirical_bayes,
    location_quotient,
    openings_rate,
    per_100k,
    poisson_interval,
    productivity_quotient,
    shift_share,
)

__all__ = [
    "Estimate",
    "Multipliers",
    "ShiftShare",
    "closings_rate",
    "empirical_bayes",
    "leontief",
    "location_quotient",
    "openings_rate",
    "per_100k",
    "poisson_interval",
    "productivity_quotient",
    "regional_coefficients",
    "shift_share",
]

Method: TypeAlias = Literal["slq", "cilq", "flq"]
METHODS: Final[tuple[Method, ...]] = ("slq", "cilq", "flq")


@dataclass(frozen=True)
class Multipliers:
    """What one more unit of final demand in a sector brings about in all sectors of the region.

    `inverse` (k, k): the Leontief inverse (逆行列係数), output of row sector per final demand of column sector.
    `output` (k,): its column sums. `employment` (k,): persons per unit of final demand, None without employment.
    """

    inverse: Array
    output: Array
    employment: Array | None


def regional_coefficients(
    national: ArrayLike,
    region_output: ArrayLike,
    nation_output: ArrayLike,
    *,
    method: Method = "flq",
    delta: float = 0.25,
) -> Array:
    """Regional input coefficients (地域内投入係数) from the nation's, (k, k): r_ij = a_ij · min(1, q_ij).

    `national` (k, k): input of row sector per unit of output of column sector, imports from abroad left out;
    `region_output` and `nation_output` (k,): output, value added or employment by sector. q_ij is the simple location
    quotient LQ_i (`slq`), the cross-industry quotient LQ_i ÷ LQ_j with LQ_i on the diagonal (`cilq`), or Flegg's,
    the latter times λ = log₂(1 + Σregion ÷ Σnation)^δ (`flq`), which lets small regions import more. δ is not known
    beforehand: studies find 0.15 to 0.35, so results are to be shown over that range.

    A sector that the region does not have supplies nothing and buys nothing. ValueError for negative figures, columns
    that sum to 1 or more, a region larger than the nation, another method. Sources: Flegg & Webber (1997, 2000).

    >>> regional_coefficients([[0.1, 0.2], [0.3, 0.1]], [10, 10], [100, 300], method="slq").round(4)
    array([[0.1   , 0.2   ],
           [0.2   , 0.0667]])
    """
    inputs = _square("national", national)
    here, there = not_negative("region_output", region_output), not_negative("nation_output", nation_output)
    if method not in METHODS:
        raise ValueError(f"there is no method {method}")
    if here.shape != there.shape or here.shape != inputs.shape[:1]:
        raise ValueError("outputs and coefficients need the same sectors")
    if np.any(inputs.sum(axis=0) >= 1):
        raise ValueError("a sector's inputs come to its whole output or more")
    if np.any(here > there) or there.sum() == 0:
        raise ValueError("a region has no more of a sector than the nation it is part of")
    if not 0 <= delta < 1:
        raise ValueError("delta is a number from 0 up to 1")
    quotient = np.nan_to_num(divided(divided(here, here.sum()), divided(there, there.sum())))
    if method == "slq":
        factor = np.repeat(quotient[:, None], len(quotient), axis=1)
    else:
        factor = np.nan_to_num(divided(quotient[:, None], quotient[None, :]))
        np.fill_diagonal(factor, quotient)
        if method == "flq":
            factor = factor * np.log2(1 + here.sum() / there.sum()) ** delta
    found = inputs * np.minimum(factor, 1.0)
    return floats(np.where(here[None, :] > 0, found, 0.0))


def leontief(coefficients: ArrayLike, employment_per_output: ArrayLike | None = None) -> Multipliers:
    """The multipliers (乗数) of regional coefficients (k, k): (I − R)⁻¹.

    `employment_per_output` (k,): persons per unit of output. ValueError for negative figures, or where the sectors need
    more of each other than they make (Hawkins–Simon).

    >>> leontief([[0.2, 0.3], [0.4, 0.1]]).output.round(4)
    array([2.1667, 1.8333])
    """
    inputs = _square("coefficients", coefficients)
    if np.max(np.abs(np.linalg.eigvals(inputs))) >= 1:
        raise ValueError("the sectors need more of each other than they make")
    inverse = floats(np.linalg.inv(np.eye(len(inputs)) - inputs))
    jobs = None
    if employment_per_output is not None:
        per_output = not_negative("employment_per_output", employment_per_output)
        if per_output.shape != inputs.shape[:1]:
            raise ValueError("employment and coefficients need the same sectors")
        jobs = floats(per_output @ inverse)
    return Multipliers(inverse, floats(inverse.sum(axis=0)), jobs)


def _square(name: str, values: ArrayLike) -> Array:
    found = not_negative(name, values)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or not np.all(np.isfinite(found)):
        raise ValueError(f"{name} has to be a square table without gaps")
    return found
