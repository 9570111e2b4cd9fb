"""Fewer points for maps on pages: neighbours keep exactly the same border, no ring is lost.

Lines are cut where borders meet, each stretch between is thinned once (Ramer, Douglas and Peucker) and used by both
its sides. A thinned line may touch another one that is closer to it than the tolerance.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import pairwise
from math import cos, hypot, radians
from typing import Any, Final, TypeAlias, TypeVar

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = list[Point]
#: A GeoJSON Polygon or MultiPolygon.
Geometry: TypeAlias = dict[str, Any]
Key = TypeVar("Key", bound=Hashable)

METRES_PER_DEGREE: Final = 111_195.0
#: Points of the smallest ring: three corners and the first one again.
SMALLEST_RING: Final = 4


def simplify(shapes: Mapping[Key, Geometry], tolerance_m: float) -> dict[Key, Geometry]:
    """The shapes (GeoJSON, degrees) with lines at most `tolerance_m` metres from where they were.

    Give all shapes of a map together: borders are shared where two of them run through equal points, whichever
    way round. Every ring stays closed, with three corners at least; the result's points are points of the input.
    """
    rings = {key: _rings(shape) for key, shape in shapes.items()}
    junctions = _junctions(ring for polygons in rings.values() for polygon in polygons for ring in polygon)
    cut = {
        key: [[_arcs(ring, junctions) for ring in polygon] for polygon in polygons]
        for key, polygons in rings.items()
    }
    lines = _Lines(tolerance_m)
    every = [ring for polygons in cut.values() for polygon in polygons for ring in polygon]
    waiting = every
    while waiting:
        # A ring that became too small takes back points of its lines, and so does whoever shares them.
        waiting = [ring for ring in waiting if len(lines.joined(ring)) < SMALLEST_RING and lines.refine(ring)]
    return {key: _geometry(shapes[key], cut[key], lines) for key in shapes}


_Arc: TypeAlias = tuple[Point, ...]


def _rings(shape: Geometry) -> list[list[Ring]]:
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return [[_points(ring) for ring in polygon] for polygon in polygons]


def _points(ring: Iterable[Any]) -> Ring:
    points: Ring = []
    for point in ring:
        place = (float(point[0]), float(point[1]))
        if not points or points[-1] != place:
            points.append(place)
    return points


def _junctions(rings: Iterable[Ring]) -> set[Point]:
    """The points where more or fewer than two lines meet."""
    beside: dict[Point, set[Point]] = {}
    for ring in rings:
        for one, other in pairwise(ring):
            beside.setdefault(one, set()).add(other)
            beside.setdefault(other, set()).add(one)
    return {point for point, others in beside.items() if len(others) != 2}


def _arcs(ring: Ring, junctions: set[Point]) -> list[_Arc]:
    """The ring's lines from junction to junction; without any, one closed line from its smallest point."""
    points = ring[:-1]
    at = [number for number, point in enumerate(points) if point in junctions]
    if not at:
        first = points.index(min(points))
        turned = points[first:] + points[:first]
        return [(*turned, turned[0])]
    turned = points[at[0] :] + points[: at[0]]
    turned.append(turned[0])
    arcs, line = [], [turned[0]]
    for point in turned[1:]:
        line.append(point)
        if point in junctions:
            arcs.append(tuple(line))
            line = [point]
    return arcs


class _Lines:
    """Every line once, whichever way round it is used, with the tolerance it is thinned by."""

    def __init__(self, tolerance_m: float) -> None:
        self.tolerance = tolerance_m
        self.own: dict[_Arc, float] = {}
        self.thinned: dict[_Arc, _Arc] = {}

    def joined(self, arcs: list[_Arc]) -> Ring:
        """The thinned ring, closed."""
        ring: Ring = []
        for arc in arcs:
            ring.extend(self._thin(arc)[:-1])
        ring.append(ring[0])
        return ring

    def refine(self, arcs: list[_Arc]) -> bool:
        """Halve the tolerance of a ring's lines, at last to none; False where they have all their points."""
        changed = False
        for arc in arcs:
            line = _canonical(arc)
            before = self.own.get(line, self.tolerance)
            if before > 0:
                self.own[line] = before / 2 if before > 0.01 else 0.0
                self.thinned.pop(line, None)
                changed = True
        return changed

    def _thin(self, arc: _Arc) -> _Arc:
        line = _canonical(arc)
        thin = self.thinned.get(line)
        if thin is None:
            thin = self.thinned[line] = _thinned(line, self.own.get(line, self.tolerance))
        return thin if line == arc else thin[::-1]


def _canonical(arc: _Arc) -> _Arc:
    return min(arc, arc[::-1])


def _thinned(line: _Arc, tolerance: float) -> _Arc:
    if tolerance <= 0 or len(line) <= 2:
        return line
    stretch = cos(radians(line[0][1])) * METRES_PER_DEGREE
    flat = [(point[0] * stretch, point[1] * METRES_PER_DEGREE) for point in line]
    last = len(line) - 1
    kept = {0, last}
    waiting = [(0, last)]
    while waiting:
        start, end = waiting.pop()
        farthest, distance = _farthest(flat, start, end)
        if distance > tolerance:
            kept.add(farthest)
            waiting += [(start, farthest), (farthest, end)]
    return tuple(line[number] for number in sorted(kept))


def _farthest(flat: list[Point], start: int, end: int) -> tuple[int, float]:
    """The point between two others that lies farthest from the line between them, and how far (metres)."""
    (x0, y0), (x1, y1) = flat[start], flat[end]
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    best, distance = start, -1.0
    for number in range(start + 1, end):
        x, y = flat[number]
        along = ((x - x0) * dx + (y - y0) * dy) / length if length else 0.0
        along = min(1.0, max(0.0, along))
        away = hypot(x - x0 - along * dx, y - y0 - along * dy)
        if away > distance:
            best, distance = number, away
    return best, distance


def _geometry(shape: Geometry, cut: list[list[list[_Arc]]], lines: _Lines) -> Geometry:
    polygons = [[[list(point) for point in lines.joined(ring)] for ring in polygon] for polygon in cut]
    if shape["type"] == "Polygon":
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}
