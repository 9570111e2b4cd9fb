"""What slices need of a GeoJSON geometry beside what is drawn and reckoned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def box_of(geometry: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """West, south, east and north of a Polygon or MultiPolygon."""
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    points = [point for polygon in polygons for point in polygon[0]]
    longitudes, latitudes = [point[0] for point in points], [point[1] for point in points]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)
