"""Maps of places as SVG, without network and script: towns, hazards and districts as areas, shelters as signs.

Everything is drawn in the projection of Mercator, which keeps angles; a map shows what `focus` names and cuts the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, floor, log10, radians
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keniki.press.maps.outlines import Polygon, innermost, largest

Numbers: TypeAlias = NDArray[np.float64]
#: Longitude and latitude in degrees.
Position: TypeAlias = tuple[float, float]

WIDTH: Final = 960
_HEIGHTS: Final = (420.0, 860.0)
_MARGIN: Final = 18.0
#: Of a single place so much is shown around it, in degrees of longitude.
_AROUND: Final = 0.02
#: Points stand on a grid of so many pixels; what is smaller cannot be seen.
_GRID: Final = 0.5
#: More signs than this are drawn without a way to each of them.
MOST_LINKED: Final = 1_000
_EARTH_KM: Final = 6371.0
#: Signs by kind, as paths around their middle.
SIGNS: Final = {
    "site": "M0-7 7 6-7 6Z",
    "shelter": "M0-6.5A6.5 6.5 0 1 0 0 6.5 6.5 6.5 0 1 0 0-6.5Z",
    "both": "M-6-6H6V6H-6Z",
    "welfare": "M0-8 8 0 0 8-8 0Z",
    "other": "M-5-5 5 5M-5 5 5-5",
    "district": "M0-8-7-3-4.5 6H4.5L7-3Z",
    "group": "M0-11A11 11 0 1 0 0 11 11 11 0 1 0 0-11Z",
    "house-total": "M-7-7H7V7H-7Z",
    "house-major_half": "M0-9 9 0 0 9-9 0Z",
    "house-middle_half": "M0-8 8 7-8 7Z",
    "house-half": "M0 8 8-7-8-7Z",
    "house-quasi_half": "M0-7A7 7 0 1 0 0 7 7 7 0 1 0 0-7Z",
    "house-partial": "M-2.5-7H2.5V-2.5H7V2.5H2.5V7H-2.5V2.5H-7V-2.5H-2.5Z",
    "house-surveyed": "M0-7A7 7 0 1 0 0 7 7 7 0 1 0 0-7ZM0-4A4 4 0 1 0 0 4 4 4 0 1 0 0-4Z",
    "house-waiting": "M-5-5 5 5M-5 5 5-5",
    "house-other": "M-7-2H7V2H-7Z",
}


@dataclass(frozen=True)
class Area:
    """An area to draw: its GeoJSON geometry, the class of its look, what it is called, where it leads."""

    geometry: Mapping[str, Any]
    look: str
    title: str = ""
    url: str = ""
    name: str = ""


@dataclass(frozen=True)
class Place:
    """A place to draw: where it is, its sign and the class of its look, what it is called, where it leads, what is
    written beside it."""

    at: Position
    sign: str
    title: str
    url: str = ""
    look: str = ""
    label: str = ""


@dataclass(frozen=True)
class DrawnArea:
    """An area in pixels: the data of an SVG path."""

    path: str
    look: str
    title: str
    url: str


@dataclass(frozen=True)
class DrawnPlace:
    """A sign in pixels."""

    x: float
    y: float
    path: str
    look: str
    title: str
    url: str
    label: str = ""

    @property
    def label_y(self) -> float:
        """Where its words stand: below it."""
        return round(self.y + 24, 1)


@dataclass(frozen=True)
class Map:
    """A map for the template `disaster/_map.html`; `scale` is how many pixels `scale_km` take."""

    width: int
    height: int
    areas: tuple[DrawnArea, ...]
    places: tuple[DrawnPlace, ...]
    names: tuple[tuple[float, float, str], ...]
    scale: float
    scale_km: str
    alt: str
    linked: bool = True
    signs: tuple[tuple[str, str, str], ...] = field(default=())

    @property
    def scale_y(self) -> int:
        """Where the scale stands."""
        return self.height - 14


def drawn(
    alt: str,
    areas: Iterable[Area],
    places: Iterable[Place] = (),
    *,
    focus: Sequence[Mapping[str, Any]] = (),
    signs: Sequence[tuple[str, str]] = (),
) -> Map | None:
    """The areas, the later ones above, and the places on top; None where nothing has a position.

    `focus` are the geometries the map is fitted to; without them to everything. `signs` are the keys and words of the
    legend.
    """
    areas, places = list(areas), list(places)
    fit = [_all_points(each) for each in focus]
    if not any(len(each) for each in fit):
        fit = [_all_points(each.geometry) for each in areas]
    if places and not focus:
        fit.append(np.array([each.at for each in places], dtype=np.float64))
    fit = [each for each in fit if len(each)]
    if not fit:
        return None
    view = _View.around(np.concatenate(fit))
    made: list[DrawnArea] = []
    names: list[tuple[float, float, str]] = []
    for each in areas:
        polygons = view.polygons(each.geometry)
        if not polygons:
            continue
        made.append(DrawnArea(_path(polygons), each.look, each.title, each.url))
        if each.name:
            x, y = innermost(largest(polygons))
            names.append((round(x, 1), round(y, 1), each.name))
    linked = len(places) <= MOST_LINKED
    at = view.pixels(np.array([each.at for each in places], dtype=np.float64).reshape(-1, 2))
    signed = tuple(
        DrawnPlace(
            round(float(x), 1),
            round(float(y), 1),
            SIGNS[each.sign],
            f"is-{each.sign} {each.look}".strip(),
            each.title,
            each.url,
            each.label,
        )
        for each, (x, y) in zip(places, at, strict=True)
        if -10 <= x <= WIDTH + 10 and -10 <= y <= view.height + 10
    )
    length, words = view.scale()
    return Map(
        WIDTH,
        view.height,
        tuple(made),
        signed,
        tuple(names),
        length,
        words,
        alt,
        linked,
        tuple((SIGNS[key], key, words) for key, words in signs),
    )


@dataclass(frozen=True)
class _View:
    """What is shown: the corner in the north-west (Mercator, in radians), pixels for each radian, the height."""

    west: float
    north: float
    pixels_a_radian: float
    height: int
    latitude: float

    @classmethod
    def around(cls, degrees: Numbers) -> _View:
        flat = _mercator(degrees)
        low, high = flat.min(axis=0), flat.max(axis=0)
        least = radians(_AROUND)
        spread = np.maximum(high - low, least)
        middle = (low + high) / 2
        inner = WIDTH - 2 * _MARGIN
        scale = inner / spread[0]
        height = float(spread[1] * scale + 2 * _MARGIN)
        if height > _HEIGHTS[1]:
            scale *= (_HEIGHTS[1] - 2 * _MARGIN) / (height - 2 * _MARGIN)
        height = min(max(height, _HEIGHTS[0]), _HEIGHTS[1])
        west = float(middle[0]) - WIDTH / 2 / scale
        north = float(middle[1]) + height / 2 / scale
        return cls(west, north, float(scale), round(height), float(degrees[:, 1].mean()))

    def pixels(self, degrees: Numbers) -> Numbers:
        flat = _mercator(degrees)
        return np.column_stack(
            (
                (flat[:, 0] - self.west) * self.pixels_a_radian,
                (self.north - flat[:, 1]) * self.pixels_a_radian,
            )
        )

    def polygons(self, geometry: Mapping[str, Any]) -> list[Polygon]:
        """The polygons that touch the picture, thinned to what can be seen."""
        found: list[Polygon] = []
        for polygon in _polygons(geometry):
            rings = [self._ring(ring) for ring in polygon]
            if rings and len(rings[0]) > 3:
                found.append([rings[0], *(ring for ring in rings[1:] if len(ring) > 3)])
        return found

    def _ring(self, ring: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
        points = self.pixels(np.array([point[:2] for point in ring], dtype=np.float64))
        low, high = points.min(axis=0), points.max(axis=0)
        if high[0] < 0 or high[1] < 0 or low[0] > WIDTH or low[1] > self.height:
            return []
        on_grid = np.round(points / _GRID)
        moved = np.any(np.diff(on_grid, axis=0) != 0, axis=1)
        kept = on_grid[np.concatenate(([True], moved))] * _GRID
        return [(float(x), float(y)) for x, y in kept]

    def scale(self) -> tuple[float, str]:
        """A round length of about a fifth of the picture, in pixels and in words."""
        pixels_a_km = self.pixels_a_radian / (_EARTH_KM * cos(radians(self.latitude)))
        wanted = WIDTH / 5 / pixels_a_km
        power = 10.0 ** floor(log10(wanted))
        km = next(step * power for step in (5, 2, 1) if step * power <= wanted)
        words = f"{km:g}km" if km >= 1 else f"{km * 1000:g}m"
        return round(km * pixels_a_km, 1), words


def _mercator(degrees: Numbers) -> Numbers:
    latitudes = np.radians(np.clip(degrees[:, 1], -85, 85))
    return np.column_stack((np.radians(degrees[:, 0]), np.arcsinh(np.tan(latitudes))))


def _polygons(geometry: Mapping[str, Any]) -> Sequence[Any]:
    coordinates = geometry.get("coordinates") or []
    return [coordinates] if geometry.get("type") == "Polygon" else coordinates


def _all_points(geometry: Mapping[str, Any]) -> Numbers:
    rings = [
        np.array([point[:2] for point in ring], dtype=np.float64)
        for polygon in _polygons(geometry)
        for ring in polygon[:1]
        if ring
    ]
    return np.concatenate(rings) if rings else np.empty((0, 2))


def _path(polygons: Sequence[Polygon]) -> str:
    return "".join(
        "M" + "L".join(f"{x:g} {y:g}" for x, y in ring[:-1]) + "Z" for polygon in polygons for ring in polygon
    )
