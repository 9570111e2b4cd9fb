"""What a change of demand is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keniki.analysis.arrays import Array, floats


@dataclass(frozen=True)
class Parts:
    """The change of a demand since the first year by cause, each (T,); their sum is the change exactly."""

    size: Array
    structure: Array
    rate: Array

    @property
    def whole(self) -> Array:
        """The change itself, (T,)."""
        return floats(self.size + self.structure + self.rate)


def parts_of_change(people: Array, rates: Array) -> Parts:
    """The change of Σ people × rate since the first year: size of the population, its age structure, the rate.

    `people` (T, n, …) persons by year, municipality and any cells of sex and age, `rates` of the same shape or without
    the years. Each municipality's change is split evenly over all orders in which the three may change (Shapley; Das
    Gupta 1993), then summed over the municipalities, so that people's moving between them is part of the size.

    >>> parts = parts_of_change(np.array([[[10.0, 10.0]], [[5.0, 25.0]]]), np.array([[0.1, 0.4]]))
    >>> parts.size.round(3).tolist(), parts.structure.round(3).tolist(), parts.rate.tolist()
    ([0.0, 3.0], [0.0, 2.5], [0.0, 0.0])
    """
    years, towns = people.shape[:2]
    cells = people.reshape(years, towns, -1)
    given = np.broadcast_to(rates, people.shape) if rates.ndim < people.ndim else rates
    rate = given.reshape(years, towns, -1)
    total = cells.sum(axis=-1)
    share = np.divide(
        cells,
        total[..., None],
        out=np.zeros_like(cells),
        where=np.broadcast_to(total[..., None] > 0, cells.shape),
    )
    p0, c0, r0 = total[:1], share[:1], rate[:1]
    p1, c1, r1 = total, share, rate
    same = (c0 * r0).sum(-1) + (c1 * r1).sum(-1)
    crossed = (c0 * r1).sum(-1) + (c1 * r0).sum(-1)
    size = (p1 - p0) * (same / 3 + crossed / 6)
    moved = (c1 - c0) * (
        (p0[..., None] * r0 + p1[..., None] * r1) / 3 + (p0[..., None] * r1 + p1[..., None] * r0) / 6
    )
    rated = (r1 - r0) * (
        (p0[..., None] * c0 + p1[..., None] * c1) / 3 + (p0[..., None] * c1 + p1[..., None] * c0) / 6
    )
    return Parts(floats(size.sum(axis=1)), floats(moved.sum(axis=(1, 2))), floats(rated.sum(axis=(1, 2))))
