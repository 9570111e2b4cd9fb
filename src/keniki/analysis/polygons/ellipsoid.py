"""The ellipsoid of Japan's maps (GRS80, 測地系 JGD2011): metres of a degree, areas between parallels."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from .shapes import Numbers

#: Half the longer axis, metres, and the flattening (測量法施行令 第3条).
AXIS: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257222101
#: The square of the eccentricity.
SQUARE: Final = FLATTENING * (2 - FLATTENING)


def radii(latitude: ArrayLike) -> tuple[Numbers, Numbers]:
    """Metres of a degree of longitude and of a degree of latitude at latitudes (n,) in degrees.

    >>> east, north = radii([43.0])
    >>> east.round(1), north.round(1)
    (array([81541.]), array([111092.7]))
    """
    phi = np.radians(np.asarray(latitude, dtype=np.float64))
    bend = np.sqrt(1 - SQUARE * np.sin(phi) ** 2)
    east: Numbers = AXIS / bend * np.cos(phi) * np.pi / 180
    north: Numbers = AXIS * (1 - SQUARE) / bend**3 * np.pi / 180
    return east, north


def strip(latitude: ArrayLike) -> Any:
    """Square metres from the equator to latitudes (n,), in degrees, per degree of longitude; negative in the south.

    >>> bool(abs(strip(90.0) * 720 - 5.10065621724e14) < 1e4)
    True
    """
    sine = np.sin(np.radians(np.asarray(latitude, dtype=np.float64)))
    root = np.sqrt(SQUARE)
    polar = AXIS**2 * (1 - SQUARE)
    return polar / 2 * (sine / (1 - SQUARE * sine**2) + np.arctanh(root * sine) / root) * np.pi / 180
