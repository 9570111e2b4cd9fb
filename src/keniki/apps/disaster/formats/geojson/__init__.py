"""GeoJSON of hazards, districts and points: every feature is checked, one that is wrong is left out with its reason."""

from __future__ import annotations

from .features import Area, GeoFile, read_areas, read_points
from .hazards import HazardArea, HazardFile, read_hazards

__all__ = ["Area", "GeoFile", "HazardArea", "HazardFile", "read_areas", "read_hazards", "read_points"]
