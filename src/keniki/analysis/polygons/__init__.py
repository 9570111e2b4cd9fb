"""Areas on a map (GeoJSON polygons): which points lie in them, how large they are, how far a border is, what overlaps.

Two positions are joined by a straight line in longitude and latitude, as RFC 7946 says. Borders belong to the area.
"""

from __future__ import annotations

from .areas import areas, shares
from .borders import border_distances, self_crossing
from .points import containing, highest, inside
from .shapes import Shapes, shapes_of

__all__ = [
    "Shapes",
    "areas",
    "border_distances",
    "containing",
    "highest",
    "inside",
    "self_crossing",
    "shapes_of",
    "shares",
]
