"""The pool model (転出率と配分率): what is lost in one place arrives in another."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.arrays import divided, floats

from .people import STEP, InputError, Population
from .rates import Rates, at_step, by_end

#: Nobody's rate of leaving is taken as higher than this share of those who survive.
MOST: Final = 0.9


def pool_rates(net: Rates, base: Population, leavers: ArrayLike, arrivals: ArrayLike) -> Rates:
    """The pool model that gives the same first step as `net` and the moves that are registered.

    `leavers` and `arrivals` (n,) are persons a year by municipality (転出者数, 転入者数) about the time of `base`.
    How likely a class is to move follows from how far the net rates of municipalities lie apart in it (mean |rate|,
    weighted by people); each municipality's level from its leavers: Σ P·o = 5·leavers. Arrivals are net moves plus
    leavers and give the shares; where that would be fewer than nobody, more leave. What the municipalities gain or
    lose together is moves with the outside and stays in `migration`.

    Five years' moves are counted as persons, though some move twice: the level is an upper bound, the net result is
    not touched by it. InputError where a municipality has no moves registered, or other municipalities are in
    `base`.

    >>> from keniki.analysis.population import five_year_ages, project
    >>> ages = five_year_ages(85)
    >>> moves = np.array([0.02, -0.02])[None, :, None, None] * np.ones((1, 2, 2, 18))
    >>> codes, lived = ("01100", "01210"), np.full((1, 2, 2, 18), 0.9)
    >>> net = Rates(codes, ages, lived, moves, np.zeros((1, 2)), np.ones((1, 2)), "net")
    >>> base = Population(codes, ages, np.full((2, 2, 18), 100.0), 2020)
    >>> pool = pool_rates(net, base, [30.0, 60.0], [45.0, 45.0])
    >>> bool(np.allclose(project(base, pool, 2025).values, project(base, net, 2025).values))
    True
    """
    if net.codes != base.codes:
        raise InputError("the pool needs a base of exactly the municipalities of its rates")
    away, here = floats(leavers), floats(arrivals)
    for code, lost, won in zip(base.codes, away, here, strict=True):
        if not (lost >= 0 and won >= 0):
            raise InputError("no in- and out-moves are known, which the pool model needs", code=code)
    people, lived, moved = base.values, at_step(net.survival, 0), at_step(net.migration, 0)
    sums = people.sum(axis=0)
    outside = np.nan_to_num(divided((moved * people).sum(axis=0), sums))
    inside = moved - outside
    profile = np.nan_to_num(divided((np.abs(inside) * people).sum(axis=0), sums))
    level = np.nan_to_num(divided(STEP * away, (people * profile).sum(axis=(1, 2))))
    leaving = np.minimum(level[:, None, None] * profile, MOST * lived)
    leaving = np.minimum(np.maximum(leaving, -inside), 1.0)
    coming = by_end(np.maximum(people * (inside + leaving), 0.0))
    total = coming.sum(axis=0)
    even = np.broadcast_to(1 / len(base.codes), coming.shape)
    shares = np.divide(coming, total, out=even.copy(), where=total > 0)
    return replace(
        net,
        survival=lived[None],
        migration=np.broadcast_to(outside, moved.shape)[None],
        child_women=net.child_women,
        boys=net.boys,
        leaving=leaving[None],
        arriving=shares[None],
        model="pool",
    )
