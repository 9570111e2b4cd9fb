"""Shapes of a map in pixels: projected, thinned to what a picture can show, hatched, and where words fit in them."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import cos, log, pi, sin, tan
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Point: TypeAlias = tuple[float, float]
#: Closed: the last point is the first one.
Ring: TypeAlias = list[Point]
Polygon: TypeAlias = list[Ring]
#: Left, top, right, bottom.
Box: TypeAlias = tuple[float, float, float, float]

#: Points stand on a grid of half pixels: borders of neighbours stay one, and what is smaller cannot be seen.
GRID: Final = 0.5
MARGIN: Final = 4
#: Islands of fewer square pixels are left out where the shape has a larger part.
SMALLEST: Final = 0.6
_POLE: Final = 85.0


def on_picture(geometries: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> list[list[Polygon]]:
    """The polygons of GeoJSON geometries (degrees) in pixels of a picture that they fill together, north above.

    A geometry that is neither Polygon nor MultiPolygon or has no points gives none; every other keeps one at least.
    """
    degrees = [_polygons(geometry) for geometry in geometries]
    rings = [ring for polygons in degrees for polygon in polygons for ring in polygon]
    if not rings:
        return [[] for _ in geometries]
    flat = iter(_fitted(_conformal(np.concatenate(rings)), [len(ring) for ring in rings], size))
    return [_kept([[next(flat) for _ in polygon] for polygon in polygons]) for polygons in degrees]


def area(ring: Ring) -> float:
    """Square pixels within a ring."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))) / 2


def largest(polygons: Sequence[Polygon]) -> Polygon:
    """The polygon with the largest outer ring."""
    return max(polygons, key=lambda polygon: area(polygon[0]))


def innermost(polygon: Polygon, wide: float = 1.0) -> Point:
    """The point farthest from the edges (pole of inaccessibility), for words `wide` times as wide as high."""
    return _innermost(tuple(tuple(ring) for ring in polygon), wide)


@lru_cache(maxsize=4096)
def _innermost(polygon: tuple[tuple[Point, ...], ...], wide: float) -> Point:
    """The maps of a book show the same shapes again and again, with names of the same width."""
    points = [np.array(ring) * (1.0, wide) for ring in polygon]
    starts = np.concatenate([ring[:-1] for ring in points])
    ends = np.concatenate([ring[1:] for ring in points])
    low, high = points[0].min(axis=0), points[0].max(axis=0)
    cell = float(min(high - low)) or 1.0
    middle = [float(place) for place in (low + high) / 2]
    best = (_depth(middle[0], middle[1], starts, ends), middle[0], middle[1])
    waiting: list[tuple[float, float, float, float, float]] = []

    def look_at(x: float, y: float, half: float) -> None:
        depth = _depth(x, y, starts, ends)
        heapq.heappush(waiting, (-(depth + half * 1.4143), depth, x, y, half))

    for x in np.arange(low[0] + cell / 2, high[0] + cell / 2, cell):
        for y in np.arange(low[1] + cell / 2, high[1] + cell / 2, cell):
            look_at(float(x), float(y), cell / 2)
    for _ in range(400):
        if not waiting:
            break
        reach, depth, x, y, half = heapq.heappop(waiting)
        if depth > best[0]:
            best = (depth, x, y)
        if -reach - best[0] <= 2 * GRID:
            break
        for right in (-half / 2, half / 2):
            for down in (-half / 2, half / 2):
                look_at(x + right, y + down, half / 2)
    return best[1], best[2] / wide


def within(box: Box, polygons: Sequence[Polygon]) -> bool:
    """Whether the box lies in one of the polygons and no edge runs through it."""
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return inside(middle, polygons) and not any(
        _crosses(box, np.array(ring)) for polygon in polygons for ring in polygon
    )


def inside(point: Point, polygons: Sequence[Polygon]) -> bool:
    """Whether the point lies in one of the polygons (not in their holes)."""
    x, y = point
    odd = False
    for polygon in polygons:
        for ring in polygon:
            for (x0, y0), (x1, y1) in pairwise(ring):
                if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                    odd = not odd
    return odd


def hatched(polygons: Sequence[Polygon], gap: float) -> list[list[list[float]]]:
    """Slanted lines `gap` pixels apart, cut at the edges of the polygons, as coordinates of a MultiLineString."""
    edges = [edge for polygon in polygons for ring in polygon for edge in pairwise(ring)]
    sums = [x + y for (x, y), _ in edges]
    found = []
    line = (min(sums) // gap + 1) * gap + 0.01
    while line < max(sums):
        crossings = []
        for (x0, y0), (x1, y1) in edges:
            start, end = x0 + y0 - line, x1 + y1 - line
            if (start > 0) != (end > 0):
                crossings.append(x0 + (x1 - x0) * start / (start - end))
        crossings.sort()
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            found.append([[round(left, 1), round(line - left, 1)], [round(right, 1), round(line - right, 1)]])
        line += gap
    return found


def _polygons(geometry: Mapping[str, Any]) -> list[list[NDArray[np.float64]]]:
    coordinates = geometry.get("coordinates") or []
    if geometry.get("type") == "Polygon":
        coordinates = [coordinates]
    elif geometry.get("type") != "MultiPolygon":
        return []
    polygons = []
    for polygon in coordinates:
        rings = [np.array([point[:2] for point in ring], dtype=float) for ring in polygon if len(ring) >= 3]
        if rings:
            polygons.append(rings)
    return polygons


def _conformal(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lambert's conformal conic projection of a sphere, its parallels a sixth from the ends of what is shown."""
    latitudes = np.clip(degrees[:, 1], -_POLE, _POLE)
    south, north = float(latitudes.min()), float(latitudes.max())
    first, second = ((south + (north - south) * part) * pi / 180 for part in (1 / 6, 5 / 6))
    bend = sin(first)
    if abs(first - second) > 1e-6:
        bend = log(cos(first) / cos(second)) / log(tan(pi / 4 + second / 2) / tan(pi / 4 + first / 2))
    if abs(bend) < 1e-3:
        bend = 1e-3
    middle = (float(degrees[:, 0].min()) + float(degrees[:, 0].max())) / 2
    from_pole = np.tan(pi / 4 + np.radians(latitudes) / 2) ** -bend
    turned = bend * np.radians(degrees[:, 0] - middle)
    return np.column_stack((from_pole * np.sin(turned), from_pole * np.cos(turned))) / bend


def _fitted(points: NDArray[np.float64], lengths: Sequence[int], size: tuple[int, int]) -> list[Ring]:
    """The points as rings in the middle of the picture, as large as it allows, on the grid."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.maximum(high - low, 1e-12)
    room = np.array(size) - 2 * MARGIN
    pixels = (points - (low + high) / 2) * float((room / span).min()) + np.array(size) / 2
    on_grid = np.round(pixels / GRID).astype(int).tolist()
    rings, at = [], 0
    for length in lengths:
        rings.append(_thinned([(x, y) for x, y in on_grid[at : at + length]]))
        at += length
    return rings


def _thinned(points: Sequence[tuple[int, int]]) -> Ring:
    """A closed ring without points that fall together or lie on the line between their neighbours."""
    kept: list[tuple[int, int]] = []
    for point in (*points, points[0]):
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return [(x * GRID, y * GRID) for x, y in kept]


def _straight(one: tuple[int, int], other: tuple[int, int], last: tuple[int, int]) -> bool:
    before = (other[0] - one[0], other[1] - one[1])
    after = (last[0] - other[0], last[1] - other[1])
    return before[0] * after[1] == before[1] * after[0] and before[0] * after[0] + before[1] * after[1] > 0


def _kept(polygons: Sequence[Polygon]) -> list[Polygon]:
    """What can be seen of a shape: its largest part always, as a dot of one pixel where it is smaller."""
    if not polygons:
        return []
    first = largest(polygons)
    if area(first[0]) < SMALLEST:
        x, y = first[0][0]
        return [[[(x - 0.5, y), (x, y - 0.5), (x + 0.5, y), (x, y + 0.5), (x - 0.5, y)]]]
    return [
        [polygon[0], *(ring for ring in polygon[1:] if area(ring) >= SMALLEST)]
        for polygon in polygons
        if polygon is first or area(polygon[0]) >= SMALLEST
    ]


def _depth(x: float, y: float, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> float:
    """How far within the edges a point lies; negative outside."""
    along = ends - starts
    away = np.array((x, y)) - starts
    lengths = (along * along).sum(axis=1)
    part = np.clip((away * along).sum(axis=1) / np.where(lengths > 0, lengths, 1), 0, 1)
    distance = float(np.hypot(*(away - along * part[:, None]).T).min())
    crossing = (starts[:, 1] > y) != (ends[:, 1] > y)
    rise = np.where(along[:, 1] == 0, 1, along[:, 1])
    right = x < starts[:, 0] + (y - starts[:, 1]) / rise * along[:, 0]
    return distance if int((crossing & right).sum()) % 2 else -distance


def _crosses(box: Box, ring: NDArray[np.float64]) -> bool:
    """Whether an edge of the ring runs through the box (Liang and Barsky)."""
    starts, along = ring[:-1], ring[1:] - ring[:-1]
    enter, leave = np.zeros(len(starts)), np.ones(len(starts))
    missed = np.zeros(len(starts), dtype=bool)
    for axis, low, high in ((0, box[0], box[2]), (1, box[1], box[3])):
        flat = along[:, axis] == 0
        missed |= flat & ((starts[:, axis] < low) | (starts[:, axis] > high))
        by = np.where(flat, 1, along[:, axis])
        one, other = (low - starts[:, axis]) / by, (high - starts[:, axis]) / by
        enter = np.where(flat, enter, np.maximum(enter, np.minimum(one, other)))
        leave = np.where(flat, leave, np.minimum(leave, np.maximum(one, other)))
    return bool((~missed & (enter <= leave)).any())
