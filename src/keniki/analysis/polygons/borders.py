"""Borders: how far it is to them, and rings that cross themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.machine import compiled

from .ellipsoid import radii
from .points import BOUND, _points
from .shapes import Numbers, Shapes


def border_distances(shapes: Shapes, longitudes: ArrayLike, latitudes: ArrayLike) -> Numbers:
    """Metres (n,) from each point to the nearest border of any polygon, 0 on it, from inside as from outside.

    Measured on the plane that touches the ellipsoid (GRS80) at the point: within 0.1 % up to 10 km and 1 % up to
    100 km at the latitudes of Japan. NaN where there is no polygon and for a point with NaN.

    >>> from keniki.analysis.polygons import shapes_of
    >>> square = {"type": "Polygon", "coordinates": [[[141, 43], [142, 43], [142, 44], [141, 44], [141, 43]]]}
    >>> border_distances(shapes_of([square]), [141.5, 141.0], [42.99, 43.5]).round()
    array([1111.,    0.])
    """
    x, y = _points(longitudes, latitudes)
    east, north = radii(y)
    found: Numbers = _nearest(x, y, east, north, shapes.edges, shapes.starts, shapes.boxes)
    return found


def self_crossing(rings: Sequence[ArrayLike]) -> tuple[float, float] | None:
    """Where (longitude, latitude) the rings of one polygon cross each other or themselves, None where they don't.

    Rings (points, 2), closed. Crossing is: two edges that meet elsewhere than at an end of one of them, or that run
    along each other. Rings that only touch at a point don't cross. Decided exactly, whatever rounding would say.

    >>> self_crossing([[(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)]])
    (1.0, 1.0)
    >>> self_crossing([[(0, 0), (2, 0), (2, 2), (0, 2), (0, 0)], [(0, 0), (1, 1), (1, 0.5), (0, 0)]]) is None
    True
    """
    closed = [np.asarray(ring, dtype=np.float64)[:, :2] for ring in rings]
    edges = np.concatenate([np.concatenate([ring[:-1], ring[1:]], axis=1) for ring in closed])
    edges = edges[(edges[:, :2] != edges[:, 2:]).any(axis=1)]
    order = np.argsort(np.minimum(edges[:, 0], edges[:, 2]), kind="stable")
    edges = np.ascontiguousarray(edges[order])
    pair, unsure = _first_crossing(edges)
    if pair[0] >= 0:
        return _meeting(edges[pair[0]], edges[pair[1]])
    for one, other in unsure:
        if _cross(edges[one], edges[other]):
            return _meeting(edges[one], edges[other])
    return None


@compiled
def _nearest(x: Any, y: Any, east: Any, north: Any, edges: Any, starts: Any, boxes: Any) -> Any:
    found = np.full(len(x), np.nan)
    for point in range(len(x)):
        if math.isnan(x[point]) or math.isnan(y[point]):
            continue
        best = np.inf
        for polygon in range(len(starts) - 1):
            aside = max(0.0, boxes[polygon, 0] - x[point], x[point] - boxes[polygon, 2]) * east[point]
            above = max(0.0, boxes[polygon, 1] - y[point], y[point] - boxes[polygon, 3]) * north[point]
            if aside * aside + above * above >= best:
                continue
            for edge in range(starts[polygon], starts[polygon + 1]):
                x0 = (edges[edge, 0] - x[point]) * east[point]
                y0 = (edges[edge, 1] - y[point]) * north[point]
                along = (edges[edge, 2] - edges[edge, 0]) * east[point]
                up = (edges[edge, 3] - edges[edge, 1]) * north[point]
                square = along * along + up * up
                part = 0.0
                if square > 0:
                    part = min(1.0, max(0.0, -(x0 * along + y0 * up) / square))
                across, rise = x0 + part * along, y0 + part * up
                best = min(best, across * across + rise * rise)
        if best < np.inf:
            found[point] = math.sqrt(best)
    return found


@compiled
def _side(x0: float, y0: float, x1: float, y1: float, x: float, y: float) -> int:
    """1 left of the line, −1 right of it, 0 where doubles cannot say."""
    one, other = (x1 - x0) * (y - y0), (x - x0) * (y1 - y0)
    side = one - other
    if abs(side) <= BOUND * (abs(one) + abs(other)):
        return 0
    return 1 if side > 0 else -1


@compiled
def _first_crossing(edges: Any) -> Any:
    """Two edges that surely cross (−1 where there are none), and the pairs to decide by fractions."""
    unsure = [(0, 0) for _ in range(0)]
    for one in range(len(edges)):
        right = max(edges[one, 0], edges[one, 2])
        low, high = min(edges[one, 1], edges[one, 3]), max(edges[one, 1], edges[one, 3])
        for other in range(one + 1, len(edges)):
            if min(edges[other, 0], edges[other, 2]) > right:
                break
            if max(edges[other, 1], edges[other, 3]) < low or min(edges[other, 1], edges[other, 3]) > high:
                continue
            a = _side(
                edges[one, 0], edges[one, 1], edges[one, 2], edges[one, 3], edges[other, 0], edges[other, 1]
            )
            b = _side(
                edges[one, 0], edges[one, 1], edges[one, 2], edges[one, 3], edges[other, 2], edges[other, 3]
            )
            if a * b > 0:
                continue
            c = _side(
                edges[other, 0],
                edges[other, 1],
                edges[other, 2],
                edges[other, 3],
                edges[one, 0],
                edges[one, 1],
            )
            d = _side(
                edges[other, 0],
                edges[other, 1],
                edges[other, 2],
                edges[other, 3],
                edges[one, 2],
                edges[one, 3],
            )
            if c * d > 0:
                continue
            if a * b < 0 and c * d < 0:
                return (one, other), unsure
            shared = (
                (edges[one, 0] == edges[other, 0] and edges[one, 1] == edges[other, 1])
                or (edges[one, 0] == edges[other, 2] and edges[one, 1] == edges[other, 3])
                or (edges[one, 2] == edges[other, 0] and edges[one, 3] == edges[other, 1])
                or (edges[one, 2] == edges[other, 2] and edges[one, 3] == edges[other, 3])
            )
            if shared and (a != 0 or b != 0):
                # They meet at their common end and are not in line.
                continue
            unsure.append((one, other))
    return (-1, -1), unsure


def _cross(one: Numbers, other: Numbers) -> bool:
    """Whether two edges cross, by fractions."""
    a, b, c, d = (
        (Fraction(float(edge[at])), Fraction(float(edge[at + 1]))) for edge in (one, other) for at in (0, 2)
    )

    def side(start: Any, end: Any, point: Any) -> int:
        turn = (end[0] - start[0]) * (point[1] - start[1]) - (point[0] - start[0]) * (end[1] - start[1])
        return int(turn > 0) - int(turn < 0)

    sides = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    if any(sides):
        return False
    # In line: they run along each other where more than a point is common.
    axis = 0 if a[0] != b[0] else 1
    first, last = sorted((a[axis], b[axis])), sorted((c[axis], d[axis]))
    return bool(max(first[0], last[0]) < min(first[1], last[1]))


def _meeting(one: Numbers, other: Numbers) -> tuple[float, float]:
    """The point two edges have in common; of two in line, one of their ends."""
    x0, y0, x1, y1 = (float(place) for place in one)
    x2, y2, x3, y3 = (float(place) for place in other)
    below = (x1 - x0) * (y3 - y2) - (y1 - y0) * (x3 - x2)
    if below == 0:
        return x2, y2
    part = min(1.0, max(0.0, ((x2 - x0) * (y3 - y2) - (y2 - y0) * (x3 - x2)) / below))
    return x0 + part * (x1 - x0), y0 + part * (y1 - y0)
