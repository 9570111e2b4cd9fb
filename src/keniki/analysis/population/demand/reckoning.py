"""Demands that are more than a rate times people: deaths, water, dwellings, staff."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.arrays import Array, floats

from ..people import STEP, InputError
from ..rates import at_step

#: Litres in a cubic metre, grams in a tonne, days in a year.
LITRES, GRAMS, DAYS = 1000.0, 1e6, 365.0


def deaths(people: Array, survival: Array) -> Array:
    """Deaths a year in each step of five, (…, T, n): `people` (…, T + 1, n, 2, K) at the start of each and the end.

    Σ P(start)·(1 − S) ÷ 5 with the survival S of the step (T or 1, n, 2, K). Children born in the step who die in it
    are not counted (below 0.3 % of births), nor the deaths of people who move in after its start.

    >>> deaths(np.full((2, 1, 2, 18), 10.0), np.full((1, 1, 2, 18), 0.95))
    array([[3.6]])
    """
    steps = people.shape[-4] - 1
    dying = 1.0 - np.stack([at_step(survival, step) for step in range(steps)])
    return floats(np.einsum("...tnsk,tnsk->...tn", people[..., :-1, :, :, :], dying) / STEP)


def births(people: Array) -> Array:
    """Births a year in each step of five, (…, T, n): those of 0–4 at its end ÷ 5.

    >>> births(np.full((2, 1, 2, 18), 10.0))
    array([[4.]])
    """
    return floats(people[..., 1:, :, :, 0].sum(axis=-1) / STEP)


def beds(patients: Array, occupancy: float) -> Array:
    """Beds for so many in-patients a day at a share of beds in use (病床利用率).

    >>> round(float(beds(floats(77.0), 0.77)), 6)
    100.0
    """
    return floats(patients) / _share("the occupancy of beds", occupancy)


def water(
    people: Array,
    litres: ArrayLike,
    served: ArrayLike = 1.0,
    *,
    load_factor: float | None = None,
    effective: float = 1.0,
) -> tuple[Array, Array | None]:
    """Water a day in m³: the average and, with a load factor (負荷率 = average ÷ maximum), the maximum.

    People × share served (給水普及率) × litres per person and day ÷ 1,000. Where the litres are those billed
    (有収水量), `effective` is the share of the water supplied that is billed (有収率); litres supplied need none.

    >>> average, maximum = water(floats([141_920]), 258, load_factor=0.83)
    >>> average.round().tolist(), maximum.round().tolist()
    ([36615.0], [44115.0])
    """
    if np.any(floats(litres) < 0):
        raise InputError("water per person is not negative")
    average = floats(people) * _share("the share served", served, above=False) * floats(litres) / LITRES
    average = average / _share("the share billed", effective)
    return average, None if load_factor is None else average / _share("the load factor", load_factor)


def waste(people: Array, grams: ArrayLike) -> Array:
    """Waste in tonnes a year: people × grams per person and day × 365.

    >>> waste(floats([1000]), 880).tolist()
    [321.2]
    """
    return floats(people) * floats(grams) * DAYS / GRAMS


def vacant(
    dwellings: Array, households: Array, years: ArrayLike, built: ArrayLike = 0.0, removed: ArrayLike = 0.0
) -> Array:
    """Dwellings without a household, (…, T, n): the stock, + built − removed a year, − households; not below 0.

    `dwellings` (n,) in the first of the `years` (T,); `households` (…, T, n).

    >>> vacant(floats([120]), floats([[100], [90]]), [2020, 2025], built=1, removed=3).tolist()
    [[20.0], [20.0]]
    """
    since = floats(years) - floats(years)[0]
    stock = floats(dwellings) + since[:, None] * (floats(built) - floats(removed))
    return floats(np.maximum(stock - households, 0.0))


def elastic(start: Array, people: Array, people_then: Array, elasticity: float) -> Array:
    """What follows population less than in proportion: start × (people ÷ people then)^elasticity.

    >>> elastic(floats(100.0), floats(63.0), floats(100.0), 0.6).round(1).item()
    75.8
    """
    if elasticity < 0:
        raise InputError("an elasticity is not negative")
    ratio = np.divide(
        people, people_then, out=np.zeros(np.broadcast(people, people_then).shape), where=people_then > 0
    )
    return floats(start * ratio**elasticity)


def _share(name: str, given: ArrayLike, *, above: bool = True) -> Array:
    found = floats(given)
    if np.any(~np.isfinite(found)) or np.any(found > 1) or np.any(found <= 0 if above else found < 0):
        raise InputError(f"{name} is a share between 0 and 1")
    return found
