"""Polygons as arrays: edges one after another, each polygon's box, and its edges by bands of latitude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.machine import compiled

Numbers: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Shapes:
    """Polygons of `count` geometries; a MultiPolygon has several.

    `edges` (e, 4): x0, y0, x1, y1 in degrees, rings closed, polygon after polygon. `starts` (p + 1,): where each
    polygon's edges begin, `rings` (r + 1,): where each ring's do. `owner` (p,): the geometry a polygon is part of.
    `boxes` (p, 4): west, south, east, north. `bands` (b + 1,) and `banded`: the edges that touch each band of
    latitude, `first_band` (p + 1,): the bands of a polygon.
    """

    count: int
    edges: Numbers
    starts: Places
    rings: Places
    owner: Places
    boxes: Numbers
    first_band: Places
    bands: Places
    banded: Places

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east and north of all, None where there is no polygon."""
        if not len(self.boxes):
            return None
        west, south = self.boxes[:, :2].min(axis=0)
        east, north = self.boxes[:, 2:].max(axis=0)
        return float(west), float(south), float(east), float(north)


def shapes_of(geometries: Sequence[Mapping[str, Any] | None]) -> Shapes:
    """The polygons of GeoJSON geometries (degrees); one that is no Polygon or MultiPolygon, or None, has none.

    A ring that is not closed is closed. What lies within two rings of a polygon (a hole) is outside it. ValueError
    for a ring of fewer than three points and for a coordinate that is no finite number.

    >>> square = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 1], [0, 1], [0, 0]]]}
    >>> found = shapes_of([square, None])
    >>> found.count, len(found.edges), found.box
    (2, 4, (0.0, 0.0, 2.0, 1.0))
    """
    parts: list[Numbers] = []
    rings = [0]
    owner: list[int] = []
    for at, geometry in enumerate(geometries):
        for polygon in _polygons(geometry):
            own = [_edges(ring) for ring in polygon]
            rings.extend(len(ring) for ring in own)
            parts.append(np.concatenate(own))
            owner.append(at)
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64)
    edges = np.concatenate(parts) if parts else np.empty((0, 4))
    boxes = np.array(
        [[part[:, 0].min(), part[:, 1].min(), part[:, 0].max(), part[:, 1].max()] for part in parts]
    ).reshape(-1, 4)
    per = np.maximum(1, np.diff(starts) // 8)
    first_band = np.concatenate([[0], np.cumsum(per)]).astype(np.int64)
    bands, banded = _banded(edges, starts, boxes, first_band)
    return Shapes(
        len(geometries),
        edges,
        starts,
        np.cumsum(rings, dtype=np.int64),
        np.array(owner, dtype=np.int64),
        boxes,
        first_band,
        bands,
        banded,
    )


def _polygons(geometry: Mapping[str, Any] | None) -> Sequence[Any]:
    coordinates = (geometry or {}).get("coordinates") or []
    kind = (geometry or {}).get("type")
    polygons = [coordinates] if kind == "Polygon" else coordinates if kind == "MultiPolygon" else []
    return [polygon for polygon in polygons if polygon]


def _edges(ring: Sequence[Sequence[float]]) -> Numbers:
    points = np.array([point[:2] for point in ring], dtype=np.float64)
    if len(points) and (points[0] != points[-1]).any():
        points = np.concatenate([points, points[:1]])
    if len(points) < 4:
        raise ValueError("a ring has three points or more")
    if not np.isfinite(points).all():
        raise ValueError("coordinates are finite numbers")
    edges: Numbers = np.concatenate([points[:-1], points[1:]], axis=1)
    kept: Numbers = edges[(edges[:, :2] != edges[:, 2:]).any(axis=1)]
    return kept if len(kept) else edges[:1]


@compiled
def _banded(edges: Any, starts: Any, boxes: Any, first_band: Any) -> Any:
    """Edges by bands of equal height, counted and then filled in."""
    total = first_band[-1]
    bands = np.zeros(total + 1, dtype=np.int64)
    banded = np.empty(0, dtype=np.int64)
    for turn in range(2):
        if turn == 1:
            for band in range(total):
                bands[band + 1] += bands[band]
            banded = np.empty(bands[total], dtype=np.int64)
        filled = np.zeros(total, dtype=np.int64)
        for polygon in range(len(starts) - 1):
            south, north = boxes[polygon, 1], boxes[polygon, 3]
            number = first_band[polygon + 1] - first_band[polygon]
            scale = number / (north - south) if north > south else 0.0
            for edge in range(starts[polygon], starts[polygon + 1]):
                low, high = min(edges[edge, 1], edges[edge, 3]), max(edges[edge, 1], edges[edge, 3])
                one = min(number - 1, int((low - south) * scale))
                other = min(number - 1, int((high - south) * scale))
                for band in range(first_band[polygon] + one, first_band[polygon] + other + 1):
                    if turn == 0:
                        bands[band + 1] += 1
                    else:
                        banded[bands[band] + filled[band]] = edge
                        filled[band] += 1
    return bands, banded
