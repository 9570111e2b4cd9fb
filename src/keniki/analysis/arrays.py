"""Array types and the two divisions the whole package uses."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]


def floats(values: ArrayLike) -> Array:
    """The values as an array of doubles; NaN stands for a figure that is missing.

    >>> floats([1, 2])
    array([1., 2.])
    """
    return np.asarray(values, dtype=np.float64)


def divided(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    """Element by element (broadcast); NaN where the denominator is 0 or a figure is missing, never infinite.

    >>> divided([1, 2], [4, 0])
    array([0.25,  nan])
    """
    above, below = np.broadcast_arrays(floats(numerator), floats(denominator))
    out: Array = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below != 0)
    return out


def not_negative(name: str, values: ArrayLike) -> Array:
    """The values; ValueError where one is negative (missing ones pass).

    >>> not_negative("deaths", [0, 3])
    array([0., 3.])
    """
    found = floats(values)
    if np.any(found < 0):
        raise ValueError(f"{name} must not be negative")
    return found
