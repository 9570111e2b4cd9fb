"""Points in polygons, exactly: a point on a border lies in the polygon, whatever rounding would say.

Whether a point is left of an edge is decided by doubles where their error cannot change the sign, and by fractions
where it could (the filter of Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997).
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keniki.analysis.machine import compiled

from .shapes import Numbers, Places, Shapes

#: (3 + 16 eps) eps with eps = 2**-53: the bound on the error of a 2 × 2 determinant of differences.
BOUND: Final = 3.3306690738754716e-16


def containing(shapes: Shapes, longitudes: ArrayLike, latitudes: ArrayLike) -> tuple[Places, Places]:
    """All pairs of a point and a geometry it lies in: two arrays (k,), the points in order, then the geometries.

    `longitudes`, `latitudes` (n,) in degrees. A point on a border, of a hole as well, lies in the polygon; so one on
    a border between two neighbours lies in both. A point with NaN lies nowhere. ValueError where lengths differ.

    >>> from keniki.analysis.polygons import shapes_of
    >>> west = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
    >>> east = {"type": "Polygon", "coordinates": [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]}
    >>> containing(shapes_of([west, east]), [0.5, 1.0, 3.0], [0.5, 0.5, 0.5])
    (array([0, 1, 1]), array([0, 0, 1]))
    """
    x, y = _points(longitudes, latitudes)
    if not len(shapes.boxes) or not len(x):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    cells, listed, grid = _grid(shapes.boxes)
    found, unsure = _look(
        x, y, shapes.edges, shapes.boxes, shapes.first_band, shapes.bands, shapes.banded, cells, listed, grid
    )
    exact = [pair for pair in unsure if _lies_in(shapes, pair[1], x[pair[0]], y[pair[0]])]
    pairs = np.concatenate([found, np.array(exact, dtype=np.int64).reshape(-1, 2)])
    owned = np.stack([pairs[:, 0], shapes.owner[pairs[:, 1]]], axis=1)
    owned = np.unique(owned, axis=0)
    return owned[:, 0], owned[:, 1]


def inside(shapes: Shapes, longitudes: ArrayLike, latitudes: ArrayLike) -> NDArray[np.bool_]:
    """Whether each point (n,) lies in any of the geometries, their borders included.

    >>> from keniki.analysis.polygons import shapes_of
    >>> square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
    >>> inside(shapes_of([square]), [0.5, 1.0, 1.1], [0.5, 1.0, 0.5])
    array([ True,  True, False])
    """
    points, _ = containing(shapes, longitudes, latitudes)
    found = np.zeros(np.asarray(longitudes).shape, dtype=bool)
    found[points] = True
    return found


def highest(shapes: Shapes, values: ArrayLike, longitudes: ArrayLike, latitudes: ArrayLike) -> Numbers:
    """The highest value (n,) of the geometries each point lies in, NaN where it lies in none.

    `values` (g,), e.g. the upper limit of the depth (想定浸水深) in metres; a border belongs to the higher side, so
    that the danger is never understated. A geometry without value (NaN) counts only where no other one has a value.

    >>> from keniki.analysis.polygons import shapes_of
    >>> low = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
    >>> deep = {"type": "Polygon", "coordinates": [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]}
    >>> highest(shapes_of([low, deep]), [0.5, 3.0], [0.5, 1.0, 3.0], [0.5, 0.5, 0.5])
    array([0.5, 3. , nan])
    """
    given = np.asarray(values, dtype=np.float64)
    if given.shape != (shapes.count,):
        raise ValueError("values has one entry for each geometry")
    points, places = containing(shapes, longitudes, latitudes)
    found: Numbers = np.full(np.asarray(longitudes).shape, np.nan)
    np.fmax.at(found, points, given[places])
    return found


def _points(longitudes: ArrayLike, latitudes: ArrayLike) -> tuple[Numbers, Numbers]:
    x, y = np.asarray(longitudes, dtype=np.float64), np.asarray(latitudes, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError("longitudes and latitudes are one-dimensional and equally long")
    return x, y


def _grid(boxes: Numbers) -> tuple[Places, Places, Numbers]:
    """The polygons whose box touches each cell of a square grid: where a cell's list begins, the lists, the grid."""
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    side = min(256, max(1, ceil(2 * sqrt(len(boxes)))))
    step_x, step_y = (east - west) / side or 1.0, (north - south) / side or 1.0
    grid = np.array([west, south, step_x, step_y, float(side), east, north])
    cells, listed = _filled(boxes, grid)
    return cells, listed, grid


@compiled
def _filled(boxes: Any, grid: Any) -> Any:
    side = int(grid[4])
    cells = np.zeros(side * side + 1, dtype=np.int64)
    listed = np.empty(0, dtype=np.int64)
    for turn in range(2):
        if turn == 1:
            for cell in range(side * side):
                cells[cell + 1] += cells[cell]
            listed = np.empty(cells[side * side], dtype=np.int64)
        filled = np.zeros(side * side, dtype=np.int64)
        for polygon in range(len(boxes)):
            left = max(0, min(side - 1, int((boxes[polygon, 0] - grid[0]) / grid[2])))
            right = max(0, min(side - 1, int((boxes[polygon, 2] - grid[0]) / grid[2])))
            low = max(0, min(side - 1, int((boxes[polygon, 1] - grid[1]) / grid[3])))
            high = max(0, min(side - 1, int((boxes[polygon, 3] - grid[1]) / grid[3])))
            for row in range(low, high + 1):
                for column in range(left, right + 1):
                    cell = row * side + column
                    if turn == 0:
                        cells[cell + 1] += 1
                    else:
                        listed[cells[cell] + filled[cell]] = polygon
                        filled[cell] += 1
    return cells, listed


@compiled
def _standing(
    x: float, y: float, polygon: int, edges: Any, boxes: Any, first_band: Any, bands: Any, banded: Any
) -> int:
    """Whether a point lies in a polygon or on its border (1), outside (0), or doubles cannot say (2)."""
    south, north = boxes[polygon, 1], boxes[polygon, 3]
    number = first_band[polygon + 1] - first_band[polygon]
    scale = number / (north - south) if north > south else 0.0
    band = first_band[polygon] + min(number - 1, int((y - south) * scale))
    odd = False
    unsure = False
    for at in range(bands[band], bands[band + 1]):
        edge = banded[at]
        x0, y0, x1, y1 = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        if min(y0, y1) > y or max(y0, y1) < y or max(x0, x1) < x:
            continue
        if y0 == y and y1 == y:
            if min(x0, x1) <= x:
                return 1
            continue
        if (x0 == x and y0 == y) or (x1 == x and y1 == y):
            return 1
        crossing = (y0 > y) != (y1 > y)
        if min(x0, x1) > x:
            odd ^= crossing
            continue
        one, other = (x1 - x0) * (y - y0), (x - x0) * (y1 - y0)
        side = one - other
        if abs(side) <= BOUND * (abs(one) + abs(other)):
            unsure = True
            continue
        if crossing and (side > 0) == (y1 > y0):
            # The edge runs through the height of the point to its right.
            odd ^= True
    if unsure:
        return 2
    return 1 if odd else 0


@compiled
def _look(
    x: Any,
    y: Any,
    edges: Any,
    boxes: Any,
    first_band: Any,
    bands: Any,
    banded: Any,
    cells: Any,
    listed: Any,
    grid: Any,
) -> Any:
    """Pairs of a point and a polygon that contains it, and the pairs to decide by fractions."""
    side = int(grid[4])
    found = [(0, 0) for _ in range(0)]
    unsure = [(0, 0) for _ in range(0)]
    for point in range(len(x)):
        across, up = x[point], y[point]
        if not (grid[0] <= across <= grid[5] and grid[1] <= up <= grid[6]):
            continue
        column, row = int((across - grid[0]) / grid[2]), int((up - grid[1]) / grid[3])
        cell = min(row, side - 1) * side + min(column, side - 1)
        for at in range(cells[cell], cells[cell + 1]):
            polygon = listed[at]
            if (
                across < boxes[polygon, 0]
                or across > boxes[polygon, 2]
                or up < boxes[polygon, 1]
                or up > boxes[polygon, 3]
            ):
                continue
            standing = _standing(across, up, polygon, edges, boxes, first_band, bands, banded)
            if standing == 1:
                found.append((point, polygon))
            elif standing == 2:
                unsure.append((point, polygon))
    pairs = np.empty((len(found), 2), dtype=np.int64)
    for at in range(len(found)):
        pairs[at, 0], pairs[at, 1] = found[at]
    return pairs, unsure


def _lies_in(shapes: Shapes, polygon: int, x: float, y: float) -> bool:
    """Whether a point lies in a polygon, its border included, by fractions."""
    across, up = Fraction(float(x)), Fraction(float(y))
    odd = False
    for x0, y0, x1, y1 in shapes.edges[shapes.starts[polygon] : shapes.starts[polygon + 1]].tolist():
        if min(y0, y1) > y or max(y0, y1) < y or max(x0, x1) < x:
            continue
        left, low, right, high = (Fraction(place) for place in (x0, y0, x1, y1))
        side = (right - left) * (up - low) - (across - left) * (high - low)
        if side == 0 and min(x0, x1) <= x:
            return True
        if (y0 > y) != (y1 > y) and (side > 0) == (y1 > y0):
            odd = not odd
    return odd
