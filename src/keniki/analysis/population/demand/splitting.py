"""Five-year classes split into single years of age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats

from ..people import STEP, InputError, check_ages

Method: TypeAlias = Literal["pchip", "sprague"]

#: Sprague's multipliers: the share of single years (rows) in the classes of a panel (columns).
_FIRST: Final = floats(
    [
        [0.3616, -0.2768, 0.1488, -0.0336],
        [0.2640, -0.0960, 0.0400, -0.0080],
        [0.1840, 0.0400, -0.0320, 0.0080],
        [0.1200, 0.1360, -0.0720, 0.0160],
        [0.0704, 0.1968, -0.0848, 0.0176],
    ]
)
_SECOND: Final = floats(
    [
        [0.0336, 0.2272, -0.0752, 0.0144],
        [0.0080, 0.2320, -0.0480, 0.0080],
        [-0.0080, 0.2160, -0.0080, 0.0000],
        [-0.0160, 0.1840, 0.0400, -0.0080],
        [-0.0176, 0.1408, 0.0912, -0.0144],
    ]
)
_MIDDLE: Final = floats(
    [
        [-0.0128, 0.0848, 0.1504, -0.0240, 0.0016],
        [-0.0016, 0.0144, 0.2224, -0.0416, 0.0064],
        [0.0064, -0.0336, 0.2544, -0.0336, 0.0064],
        [0.0064, -0.0416, 0.2224, 0.0144, -0.0016],
        [0.0016, -0.0240, 0.1504, 0.0848, -0.0128],
    ]
)
#: Where in a class its single years end, as shares of its width.
_ENDS: Final = np.arange(STEP + 1) / STEP


def single_years(values: Array, ages: Sequence[AgeClass], method: Method = "pchip") -> Array:
    """Persons by class (…, K) as persons by single year of age (…, A): 0, 1 … and the open class, which stays whole.

    `pchip`: the curve of all persons below an age through the bounds of the classes, monotone between them (Fritsch and
    Carlson). `sprague`: Sprague's multipliers, which follow the neighbouring classes more closely; a class that would
    get a year with fewer than nobody has its negative years set to 0 and the others scaled to its sum. Both keep the
    sum of every class and are never negative. InputError for a gap in the ages and for fewer than nobody.

    >>> from keniki.analysis.population import five_year_ages
    >>> made = single_years(np.arange(18.0, 0.0, -1.0), five_year_ages(85))
    >>> made.shape, made[:5].round(3).tolist(), round(float(made[5:10].sum()), 9)
    ((86,), [3.68, 3.641, 3.601, 3.56, 3.518], 17.0)
    """
    check_ages(ages)
    found = _counts(values, ages)
    parts = [split_class(found, at, method) for at in range(len(ages) - 1)]
    return np.concatenate([*parts, found[..., -1:]], axis=-1)


def split_class(values: Array, at: int, method: Method = "pchip") -> Array:
    """The single years of one closed class, (…, 5): class number `at` of persons by class (…, K), the last open.

    >>> split_class(np.full(18, 10.0), 3)
    array([2., 2., 2., 2., 2.])
    """
    closed = values[..., :-1]
    return _sprague(closed, at) if method == "sprague" else _pchip(closed, at)


def _counts(values: Array, ages: Sequence[AgeClass]) -> Array:
    found = floats(values)
    if found.shape[-1] != len(ages):
        raise InputError(f"{found.shape[-1]} figures for {len(ages)} classes of age")
    wrong = ~np.isfinite(found) | (found < 0)
    if np.any(wrong):
        raise InputError(
            "fewer than nobody, or a figure is missing", age=ages[int(np.argwhere(wrong)[0][-1])]
        )
    return found


def _pchip(closed: Array, at: int) -> Array:
    """Hermite's cubic between two bounds of the cumulated curve, differences of its values at the single years."""
    now, low, high = closed[..., at], _slope(closed, at), _slope(closed, at + 1)
    t = _ENDS
    curve = (
        (t**3 - 2 * t**2 + t) * low[..., None]
        + (3 * t**2 - 2 * t**3) * now[..., None]
        + (t**3 - t**2) * high[..., None]
    )
    return floats(np.maximum(np.diff(curve, axis=-1), 0.0))


def _slope(closed: Array, bound: int) -> Array:
    """Persons per class width at a bound between classes: the harmonic mean of both, one-sided at the ends."""
    last = closed.shape[-1]
    if bound in (0, last):
        inner, next_one = (0, 1) if bound == 0 else (last - 1, last - 2)
        there, further = closed[..., inner], closed[..., next_one]
        return floats(np.clip((3 * there - further) / 2, 0.0, 3 * there))
    below, above = closed[..., bound - 1], closed[..., bound]
    together = below + above
    return floats(
        np.divide(2 * below * above, together, out=np.zeros_like(together), where=(below > 0) & (above > 0))
    )


def _sprague(closed: Array, at: int) -> Array:
    last = closed.shape[-1] - 1
    if at in (0, 1):
        panel, window = (_FIRST, _SECOND)[at], closed[..., :4]
    elif at in (last, last - 1):
        panel, window = (_FIRST, _SECOND)[last - at][::-1, ::-1], closed[..., -4:]
    else:
        panel, window = _MIDDLE, closed[..., at - 2 : at + 3]
    made = np.maximum(window @ panel.T, 0.0)
    sums = made.sum(axis=-1, keepdims=True)
    even = np.full_like(made, 1 / STEP)
    return floats(np.divide(made, sums, out=even, where=sums > 0) * closed[..., at, None])
