"""Features of a GeoJSON file: areas and points with their properties, those within a region."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from keniki.analysis.polygons import Shapes, inside, shapes_of, shares
from keniki.core.errors import WrongInput

from ..base import Problem
from ..cells import Wrong
from ..tables import load_json
from .geometry import check_system, point_of, polygons_of

T = TypeVar("T")
MAX_BYTES: Final = 200_000_000
MAX_FEATURES: Final = 200_000


@dataclass(frozen=True)
class Area:
    """A feature: its number in the file, from 1, its checked geometry and its properties as written."""

    number: int
    geometry: Mapping[str, Any]
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class GeoFile:
    """The features that were taken, and those that were not."""

    name: str
    areas: tuple[Area, ...]
    problems: tuple[Problem, ...]


def read_areas(data: bytes, name: str, *, region: Sequence[Mapping[str, Any]] = ()) -> GeoFile:
    """Polygons and MultiPolygons of a FeatureCollection, e.g. districts (地区).

    `region`: GeoJSON geometries of the region's towns; a feature no part of which lies in them is a problem.
    WrongInput for what is no FeatureCollection, too large, or in another reference system.
    """
    return _read(data, name, polygons_of, _Region(region).refuse_area)


def read_points(data: bytes, name: str, *, region: Sequence[Mapping[str, Any]] = ()) -> GeoFile:
    """Points of a FeatureCollection, as GeoJSON Points; those outside the region are problems."""

    def point(geometry: object) -> dict[str, Any]:
        return {"type": "Point", "coordinates": list(point_of(geometry))}

    return _read(data, name, point, _Region(region).refuse_point)


def collection(data: bytes, name: str) -> list[object]:
    """The features of a file as written; a single Feature is a file of one."""
    if len(data) > MAX_BYTES:
        raise WrongInput(
            f"ファイルが大きすぎます（上限{MAX_BYTES // 1_000_000} MB）。範囲を分けてください。", file=name
        )
    content = load_json(data, name)
    if isinstance(content, dict) and content.get("type") == "Feature":
        content = {"type": "FeatureCollection", "features": [content], "crs": content.get("crs")}
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or content.get("type", "FeatureCollection") != "FeatureCollection":
        raise WrongInput("GeoJSONの FeatureCollection ではありません。", file=name)
    check_system(content, name)
    if len(features) > MAX_FEATURES:
        raise WrongInput(
            f"区域が{len(features):,}あります（上限{MAX_FEATURES:,}）。範囲を分けてください。", file=name
        )
    return features


def _read(
    data: bytes,
    name: str,
    geometry_of: Callable[[object], dict[str, Any]],
    refuse: Callable[[Mapping[str, Any]], None],
) -> GeoFile:
    found, problems = [], []
    for number, feature in enumerate(collection(data, name), start=1):
        properties = _properties(feature)
        try:
            if not isinstance(feature, dict):
                raise Wrong("", "区域（Feature）の形になっていません。")
            geometry = geometry_of(feature.get("geometry"))
            refuse(geometry)
            found.append(Area(number, geometry, properties))
        except Wrong as wrong:
            raw = json.dumps(properties, ensure_ascii=False, default=str)[:500]
            problems.append(Problem(number, wrong.column, wrong.reason, raw))
    return GeoFile(name, tuple(found), tuple(problems))


def _properties(feature: object) -> Mapping[str, Any]:
    given = feature.get("properties") if isinstance(feature, dict) else None
    return given if isinstance(given, dict) else {}


class _Region:
    """The towns a feature has to touch; without any nothing is refused."""

    def __init__(self, geometries: Sequence[Mapping[str, Any]]) -> None:
        self.shapes: Shapes = shapes_of(geometries)

    def refuse_area(self, geometry: Mapping[str, Any]) -> None:
        if self.shapes.box is None:
            return
        area = shapes_of([geometry])
        points = list(_corners(geometry))
        if not self._near(area):
            raise Wrong("geometry", f"圏域の外の区域です（{_where(points[0])}の付近）。")
        if inside(self.shapes, [point[0] for point in points], [point[1] for point in points]).any():
            return
        if not shares(area, self.shapes).sum() > 0:
            raise Wrong("geometry", f"圏域の外の区域です（{_where(points[0])}の付近）。")

    def refuse_point(self, geometry: Mapping[str, Any]) -> None:
        point = geometry["coordinates"]
        if self.shapes.box is not None and not inside(self.shapes, [point[0]], [point[1]])[0]:
            raise Wrong("geometry", f"圏域の外の地点です（{_where(point)}）。")

    def _near(self, area: Shapes) -> bool:
        own, other = self.shapes.box, area.box
        if own is None or other is None:
            return False
        return own[0] <= other[2] and other[0] <= own[2] and own[1] <= other[3] and other[1] <= own[3]


def _corners(geometry: Mapping[str, Any]) -> Iterator[Sequence[float]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield from polygon[0]


def _where(point: Sequence[float]) -> str:
    return f"経度 {point[0]:.5f}、緯度 {point[1]:.5f}"
