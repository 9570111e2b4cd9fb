"""Shift-share analysis: what growth owes to the nation, to the mix of industries, to the place itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.arrays import Array, divided, not_negative


@dataclass(frozen=True)
class ShiftShare:
    """Components by class (…, k), in the unit of the input; they sum to the change of each class.

    `national` (NS): growth had the class grown as the whole nation did. `mix` (IM): what the class's own national
    growth adds. `regional` (RS): the rest, what the place did differently.
    """

    national: Array
    mix: Array
    regional: Array
    change: Array

    @property
    def totals(self) -> tuple[Array, Array, Array]:
        """NS, IM, RS summed over the classes."""
        return self.national.sum(axis=-1), self.mix.sum(axis=-1), self.regional.sum(axis=-1)


def shift_share(
    before: ArrayLike, after: ArrayLike, nation_before: ArrayLike, nation_after: ArrayLike
) -> ShiftShare:
    """NSᵢ = xᵢ·g, IMᵢ = xᵢ·(gᵢ − g), RSᵢ = xᵢ·(gᵣᵢ − gᵢ) = xᵢ′ − xᵢ·(1 + gᵢ), so NS + IM + RS = change.

    `before` and `after` (…, k) are the place's, `nation_…` (k,) the nation's, all counts of one kind in one unit;
    g is the growth of the nation's sum over k, gᵢ that of its class i. A class that the nation did not have before has
    no growth of its own: what the place gained in it is regional. ValueError for negative figures, different numbers of
    classes, an empty nation, or a class the place had and the nation had not. NaN stays NaN.
    Source: Dunn (1960), classical three-component form.

    >>> result = shift_share([100, 50], [110, 40], [1000, 1000], [1100, 900])
    >>> [part.item() for part in result.totals]
    [0.0, 5.0, -5.0]
    >>> result.change
    array([ 10., -10.])
    """
    x, y = not_negative("before", before), not_negative("after", after)
    base, later = not_negative("nation_before", nation_before), not_negative("nation_after", nation_after)
    if not x.shape[-1:] == y.shape[-1:] == base.shape[-1:] == later.shape[-1:]:
        raise ValueError("before, after and the nation's figures need the same classes")
    if base.sum() == 0:
        raise ValueError("the nation has nothing before")
    if np.any((base == 0) & (x > 0)):
        raise ValueError("a class exists in the place but not in the nation it is part of")
    growth = (later.sum() - base.sum()) / base.sum()
    own = np.where(base == 0, growth, divided(later - base, base))
    national, mix = x * growth, x * (own - growth)
    change = y - x
    return ShiftShare(national=national, mix=mix, regional=change - national - mix, change=change)
