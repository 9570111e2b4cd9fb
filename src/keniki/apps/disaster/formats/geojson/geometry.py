"""Checks of a geometry: numbers, order of coordinates, closed rings, holes within, nothing that crosses itself."""

from __future__ import annotations

from itertools import chain, pairwise
from math import isfinite
from typing import Any, Final, TypeAlias

import numpy as np

from keniki.analysis.polygons import containing, self_crossing, shapes_of
from keniki.core.errors import WrongInput

from ..cells import LATITUDES, LONGITUDES, Wrong

Ring: TypeAlias = list[list[float]]
#: Points of one feature.
MAX_POINTS: Final = 1_000_000
#: The reference systems whose degrees are the same within a metre or two: WGS 84, JGD2000, JGD2011.
_SYSTEMS: Final = ("CRS84", "4326", "4612", "6668", "6667", "4979", "CRS83")


def check_system(content: dict[str, Any], name: str) -> None:
    """WrongInput where the file says that its coordinates are not longitude and latitude of the world's system."""
    given = content.get("crs")
    if given is None:
        return
    properties = given.get("properties") if isinstance(given, dict) else None
    told = str(properties.get("name") if isinstance(properties, dict) else given)
    if told.replace("/", ":").rsplit(":", 1)[-1].upper() not in _SYSTEMS:
        raise WrongInput(
            f"座標参照系「{told[:80]}」は読めません。世界測地系（JGD2011又はWGS 84）の経度・緯度に変換してください。",
            file=name,
            column="crs",
        )


def polygons_of(geometry: object) -> dict[str, Any]:
    """The checked Polygon or MultiPolygon, in two dimensions; outer rings run anticlockwise (RFC 7946)."""
    kind, coordinates = _parts(geometry)
    if kind not in ("Polygon", "MultiPolygon"):
        raise Wrong("geometry", f"形の種類が「{kind}」です。Polygon か MultiPolygon にしてください。")
    written = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(written, list) or not written:
        raise Wrong("geometry", "形に座標がありません。")
    polygons = [_polygon(polygon) for polygon in written]
    if sum(len(ring) for ring in chain.from_iterable(polygons)) > MAX_POINTS:
        raise Wrong(
            "geometry", f"点が多すぎます（上限{MAX_POINTS:,}点）。形を分けるか、点を減らしてください。"
        )
    return {"type": kind, "coordinates": polygons[0] if kind == "Polygon" else polygons}


def point_of(geometry: object) -> tuple[float, float]:
    """Longitude and latitude of a checked Point."""
    kind, coordinates = _parts(geometry)
    if kind != "Point":
        raise Wrong("geometry", f"形の種類が「{kind}」です。Point にしてください。")
    east, north = _position(coordinates, "")
    return east, north


def _parts(geometry: object) -> tuple[str, object]:
    if not isinstance(geometry, dict):
        raise Wrong("geometry", "形（geometry）がありません。")
    return str(geometry.get("type"))[:40], geometry.get("coordinates")


def _polygon(rings: object) -> list[Ring]:
    if not isinstance(rings, list) or not rings:
        raise Wrong("geometry", "形に座標がありません。")
    read = [_ring(ring, "穴" if at else "外周") for at, ring in enumerate(rings)]
    crossing = self_crossing(read)
    if crossing is not None:
        raise Wrong(
            "geometry",
            f"境界線が自分と交わっています（経度 {crossing[0]:.6f}、緯度 {crossing[1]:.6f} の付近）。"
            "形を直してください。",
        )
    if len(read) > 1:
        _check_holes(read)
    return [ring if _turn(ring) == (at == 0) else ring[::-1] for at, ring in enumerate(read)]


def _ring(points: object, words: str) -> Ring:
    if not isinstance(points, list) or len(points) < 4:
        raise Wrong("geometry", f"{words}の点が4つより少なく、面になりません。")
    ring = [_position(point, f"{words}の{at}番目の点の") for at, point in enumerate(points, start=1)]
    if ring[0] != ring[-1]:
        raise Wrong("geometry", f"{words}が閉じていません（最初の点と最後の点が違います）。")
    kept = [ring[0], *(point for before, point in pairwise(ring) if point != before)]
    if len(kept) < 4:
        raise Wrong("geometry", f"{words}の点が重なっていて、面になりません。")
    return kept


def _position(point: object, words: str) -> list[float]:
    if not isinstance(point, list) or len(point) < 2 or not all(_is_number(each) for each in point[:2]):
        raise Wrong("geometry", f"{words}座標が数値ではありません。")
    east, north = float(point[0]), float(point[1])
    if LONGITUDES[0] <= east <= LONGITUDES[1] and LATITUDES[0] <= north <= LATITUDES[1]:
        return [east, north]
    if LONGITUDES[0] <= north <= LONGITUDES[1] and LATITUDES[0] <= east <= LATITUDES[1]:
        raise Wrong("geometry", f"{words}座標が緯度・経度の順です。経度・緯度の順にしてください。")
    raise Wrong("geometry", f"{words}座標（{east:g}, {north:g}）が日本の範囲にありません。")


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return isfinite(value) if isinstance(value, float) else abs(value) < 10**9


def _check_holes(rings: list[Ring]) -> None:
    """Holes lie within the outer ring and not within each other: nothing crosses, so it is all of a hole or nothing.

    A hole may touch another ring at points; so all its points are asked, and not one alone.
    """
    points = np.array(list(chain.from_iterable(rings[1:])))
    of = np.repeat(np.arange(1, len(rings)), [len(ring) for ring in rings[1:]])
    shapes = shapes_of([{"type": "Polygon", "coordinates": [ring]} for ring in rings])
    at, containers = containing(shapes, points[:, 0], points[:, 1])
    pairs, counts = np.unique(np.stack([of[at], containers], axis=1), axis=0, return_counts=True)
    whole = counts == np.bincount(of, minlength=len(rings))[pairs[:, 0]]
    within = {(int(hole), int(ring)) for hole, ring in pairs[whole]}
    for hole in range(1, len(rings)):
        if (hole, 0) not in within:
            raise Wrong("geometry", f"{hole}番目の穴が外周の外にあります。")
    nested = min((hole for hole, ring in within if ring not in (0, hole)), default=None)
    if nested is not None:
        raise Wrong("geometry", f"{nested}番目の穴が別の穴の中にあります。")


def _turn(ring: Ring) -> bool:
    """Whether a ring runs anticlockwise."""
    points = np.array(ring) - np.array(ring[0])
    return bool((points[:-1, 0] * points[1:, 1] - points[1:, 0] * points[:-1, 1]).sum() > 0)
