"""Areas on the ellipsoid, and how much of an area others cover.

What is covered is summed over lines of equal latitude: between two heights at which no edge ends and no two edges
cross, the covered length is linear in the latitude, and the metres of a degree are smooth, so that Gauss's rule with
three points has no error above rounding. Lengths change little when a point moves little: borders that nearly run
along each other do no harm.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.machine import compiled

from .ellipsoid import AXIS, SQUARE, strip
from .shapes import Numbers, Shapes

#: Gauss's points and weights on 0..1.
_POINTS: Final = (0.5 - 0.6**0.5 / 2, 0.5, 0.5 + 0.6**0.5 / 2)
_WEIGHTS: Final = (5 / 18, 8 / 18, 5 / 18)


def areas(shapes: Shapes) -> Numbers:
    """Square metres (g,) of each geometry on the ellipsoid (GRS80), holes taken out; 0 for one without a polygon.

    Rings may run either way round; in a polygon the largest ring is the outer one. Polygons of one geometry that
    overlap count twice (`shares` counts them once).

    >>> from keniki.analysis.polygons import shapes_of
    >>> square = {"type": "Polygon", "coordinates": [[[141, 43], [142, 43], [142, 44], [141, 44], [141, 43]]]}
    >>> (areas(shapes_of([square, None])) / 1e6).round(1)
    array([8985.5,    0. ])
    """
    found = np.zeros(shapes.count)
    for polygon, owner in enumerate(shapes.owner):
        first, last = np.searchsorted(shapes.rings, shapes.starts[polygon : polygon + 2])
        rings = [
            abs(_within(shapes.edges[shapes.rings[ring] : shapes.rings[ring + 1]]))
            for ring in range(first, last)
        ]
        found[owner] += 2 * max(rings) - sum(rings)
    return found


def shares(area: Shapes, over: Shapes, classes: ArrayLike | None = None) -> Numbers:
    """Square metres of each geometry of `area` that `over` covers, by class: (g, k), what several cover counts once.

    `classes` (geometries of `over`,) are whole numbers from 0 (e.g. the order of depths); where several overlap the
    highest counts. Without them all are of class 0. The columns' sum is what is covered by any of them. The error is
    that of rounding, about 1e-12 of the area. ValueError for classes that are no whole numbers from 0.

    >>> from keniki.analysis.polygons import areas, shapes_of
    >>> town = {"type": "Polygon", "coordinates": [[[141, 43], [142, 43], [142, 44], [141, 44], [141, 43]]]}
    >>> town = shapes_of([town])
    >>> east = {"type": "Polygon", "coordinates": [[[141.5, 42], [143, 42], [143, 45], [141.5, 45], [141.5, 42]]]}
    >>> core = {"type": "Polygon", "coordinates": [[[141.4, 42], [141.6, 42], [141.6, 45], [141.4, 45], [141.4, 42]]]}
    >>> (shares(town, shapes_of([east, core]), [0, 1]) / areas(town)[:, None]).round(6)
    array([[0.4, 0.2]])
    """
    kinds = np.zeros(over.count, dtype=np.int64) if classes is None else np.asarray(classes)
    if kinds.shape != (over.count,) or (
        kinds.size and (not np.equal(np.mod(kinds, 1), 0).all() or kinds.min() < 0)
    ):
        raise ValueError("classes has a whole number from 0 for each geometry")
    kinds = kinds.astype(np.int64)
    number = int(kinds.max()) + 1 if kinds.size else 1
    found = np.zeros((area.count, number))
    for geometry in range(area.count):
        own = np.flatnonzero(area.owner == geometry)
        if not len(own):
            continue
        box = np.concatenate([area.boxes[own, :2].min(axis=0), area.boxes[own, 2:].max(axis=0)])
        beside = np.flatnonzero(
            (over.boxes[:, 0] < box[2])
            & (over.boxes[:, 2] > box[0])
            & (over.boxes[:, 1] < box[3])
            & (over.boxes[:, 3] > box[1])
        )
        if not len(beside):
            continue
        parts = [area.edges[area.starts[one] : area.starts[one + 1]] for one in own]
        parts += [over.edges[over.starts[one] : over.starts[one + 1]] for one in beside]
        of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        kind = np.concatenate([np.full(len(own), -1), kinds[over.owner[beside]]]).astype(np.int64)
        found[geometry] = _covered(np.concatenate(parts), of, kind, box, number)
    return found


def _within(edges: Numbers) -> float:
    """∮ of the strip below each edge, straight in degrees, by Gauss's rule on pieces of a tenth of a degree."""
    steps = np.maximum(1, np.ceil(np.abs(edges[:, 3] - edges[:, 1]) * 10)).astype(np.int64)
    of = np.repeat(np.arange(len(edges)), steps)
    at = np.arange(len(of)) - np.repeat(np.cumsum(steps) - steps, steps)
    width = (edges[:, 2] - edges[:, 0])[of] / steps[of]
    # From the lowest parallel, so that a small ring is not the difference of two large strips.
    base = strip(edges[:, 1].min())
    total = np.zeros(len(of))
    for point, weight in zip(_POINTS, _WEIGHTS, strict=True):
        latitude = edges[of, 1] + (edges[of, 3] - edges[of, 1]) * (at + point) / steps[of]
        total += weight * (strip(latitude) - base) * width
    return float(total.sum())


def _covered(edges: Numbers, of: Any, kind: Any, box: Numbers, number: int) -> Numbers:
    """Square metres by class: first the heights between which nothing ends, then the lengths there."""
    turned = edges[:, 1] > edges[:, 3]
    up = np.where(turned[:, None], edges[:, [2, 3, 0, 1]], edges)
    kept = (up[:, 1] < up[:, 3]) & (up[:, 1] < box[3]) & (up[:, 3] > box[1])
    # Where an edge east of the area is missing, what it ends goes on outside of the area.
    kept &= (kind[of] < 0) | (np.minimum(up[:, 0], up[:, 2]) < box[2])
    up, of = up[kept], of[kept]
    heights = np.unique(np.clip(np.concatenate([up[:, 1], up[:, 3], box[[1, 3]]]), box[1], box[3]))
    order = np.argsort(up[:, 1], kind="stable")
    found: Numbers = _sums(
        np.ascontiguousarray(up[order]),
        of[order],
        kind,
        heights,
        np.array(_POINTS),
        np.array(_WEIGHTS),
        number,
    )
    return found


@compiled
def _sums(edges: Any, of: Any, kind: Any, heights: Any, points: Any, weights: Any, number: int) -> Any:
    """Square metres by class (k,): over the slabs between two heights, each cut where two of its edges cross."""
    found = np.zeros(number)
    active = np.empty(len(edges), dtype=np.int64)
    low_at, high_at = np.empty(len(edges)), np.empty(len(edges))
    held, following = 0, 0
    within = np.zeros(len(kind), dtype=np.bool_)
    covering = np.empty(number, dtype=np.int64)
    for slab in range(len(heights) - 1):
        low, high = heights[slab], heights[slab + 1]
        while following < len(edges) and edges[following, 1] <= low:
            active[held] = following
            held += 1
            following += 1
        left = 0
        for at in range(held):
            if edges[active[at], 3] >= high:
                active[left] = active[at]
                left += 1
        held = left
        cuts = _cuts(edges, active, held, low, high, low_at, high_at)
        for piece in range(len(cuts) - 1):
            start, tall = cuts[piece], cuts[piece + 1] - cuts[piece]
            if tall <= 0:
                continue
            if len(cuts) > 2:
                _sort(edges, active, held, start + tall / 2, low_at)
            covering[:] = 0
            own = 0
            for at in range(held):
                edge = active[at]
                if own > 0 and at > 0:
                    for best in range(number - 1, -1, -1):
                        if covering[best] > 0:
                            for point in range(len(points)):
                                line = start + tall * points[point]
                                wide = _at(edges, edge, line) - _at(edges, active[at - 1], line)
                                found[best] += wide * tall * weights[point] * _square(line)
                            break
                polygon = of[edge]
                within[polygon] ^= True
                change = 1 if within[polygon] else -1
                if kind[polygon] < 0:
                    own += change
                else:
                    covering[kind[polygon]] += change
            for at in range(held):
                within[of[active[at]]] = False
    return found


@compiled
def _cuts(edges: Any, active: Any, held: int, low: float, high: float, low_at: Any, high_at: Any) -> Any:
    """The slab's two heights and those at which two of its edges cross; sorts the edges by where they begin in it.

    Edges that change places on the way up cross: sorting by insertion finds each such pair once.
    """
    cuts = [low, high]
    for at in range(held):
        edge = active[at]
        begin, end = _at(edges, edge, low), _at(edges, edge, high)
        place = at
        while place > 0 and (
            low_at[place - 1] > begin or (low_at[place - 1] == begin and high_at[place - 1] > end)
        ):
            low_at[place], high_at[place] = low_at[place - 1], high_at[place - 1]
            active[place] = active[place - 1]
            place -= 1
        low_at[place], high_at[place], active[place] = begin, end, edge
    for at in range(1, held):
        begin, end = low_at[at], high_at[at]
        place = at
        while place > 0 and high_at[place - 1] > end:
            apart = begin - low_at[place - 1]
            if apart > 0:
                cuts.append(low + (high - low) * (apart / (apart + high_at[place - 1] - end)))
            low_at[place], high_at[place] = low_at[place - 1], high_at[place - 1]
            place -= 1
        low_at[place], high_at[place] = begin, end
    cuts.sort()
    return cuts


@compiled
def _sort(edges: Any, active: Any, held: int, height: float, across: Any) -> None:
    """The edges by where they are at a height; they are nearly in order."""
    for at in range(held):
        edge = active[at]
        here = _at(edges, edge, height)
        place = at
        while place > 0 and across[place - 1] > here:
            across[place], active[place] = across[place - 1], active[place - 1]
            place -= 1
        across[place], active[place] = here, edge


@compiled
def _at(edges: Any, edge: int, height: float) -> float:
    """Where an edge that runs upwards is at a latitude between its ends."""
    x0, y0, x1, y1 = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
    place: float = x0 + (x1 - x0) * ((height - y0) / (y1 - y0))
    return place


@compiled
def _square(latitude: float) -> float:
    """Square metres of a square degree at a latitude."""
    phi = math.radians(latitude)
    below = 1 - SQUARE * math.sin(phi) ** 2
    return AXIS * AXIS * (1 - SQUARE) * math.cos(phi) / (below * below) * (math.pi / 180) ** 2
