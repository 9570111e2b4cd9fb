"""Several neighbouring shapes as one: the borders between them go (行政区を市に合わせる)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from .outlines import inside

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = list[Point]


def joined(geometries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One GeoJSON MultiPolygon (degrees) of shapes that share their borders point by point; holes stay holes.

    Where two borders do not run through equal points the line between them stays. A geometry that is neither Polygon
    nor MultiPolygon adds nothing.
    """
    left: dict[Point, list[Point]] = {}
    for start, end in _single(_edges(geometries)):
        left.setdefault(start, []).append(end)
    outer: list[Ring] = []
    holes: list[Ring] = []
    for ring in _rings(left):
        (outer if _area(ring) > 0 else holes).append(ring)
    outer.sort(key=_area)
    polygons = [[ring] for ring in outer]
    for hole in holes:
        # The smallest ring around it: an island in a lake of another island has its own.
        owner = next((one for one in polygons if inside(_middle(hole), [one[:1]])), None)
        if owner is not None:
            owner.append(hole)
    return {"type": "MultiPolygon", "coordinates": polygons}


def _edges(geometries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Point, Point]]:
    """Every edge with the land on its left."""
    for geometry in geometries:
        coordinates = geometry.get("coordinates") or []
        if geometry.get("type") == "Polygon":
            coordinates = [coordinates]
        elif geometry.get("type") != "MultiPolygon":
            continue
        for polygon in coordinates:
            for at, ring in enumerate(polygon):
                points = [(float(point[0]), float(point[1])) for point in ring]
                points = points if points[:1] == points[-1:] else [*points, points[0]]
                if len(points) > 3 and (_area(points) > 0) != (at == 0):
                    points.reverse()
                yield from pairwise(points)


def _single(edges: Iterable[tuple[Point, Point]]) -> list[tuple[Point, Point]]:
    """The edges without those that another shape has the other way round."""
    kept: dict[tuple[Point, Point], None] = {}
    for start, end in edges:
        if (end, start) in kept:
            del kept[end, start]
        elif start != end:
            kept[start, end] = None
    return list(kept)


def _rings(left: dict[Point, list[Point]]) -> Iterator[Ring]:
    """The edges one after another, closed; where a ring touches itself it is cut there."""
    while left:
        start = next(iter(left))
        path: Ring = [start]
        seen = {start: 0}
        while path and (following := left.get(path[-1])):
            end = following.pop()
            if not following:
                del left[path[-1]]
            path.append(end)
            if end in seen:
                ring = path[seen[end] :]
                del path[seen[end] + 1 :]
                for point in ring[1:-1]:
                    seen.pop(point, None)
                if len(ring) > 3:
                    yield ring
            else:
                seen[end] = len(path) - 1


def _area(ring: Sequence[Point]) -> float:
    """Twice the square degrees within a closed ring, below zero where it runs clockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))


def _middle(ring: Ring) -> Point:
    """A point just inside the ring, near its first edge that is not flat."""
    (x0, y0), (x1, y1) = ring[0], ring[1]
    across = (y1 - y0) * 1e-6, (x0 - x1) * 1e-6
    # A hole runs clockwise: its inside is on the right of its edges.
    return (x0 + x1) / 2 + across[0], (y0 + y1) / 2 + across[1]
