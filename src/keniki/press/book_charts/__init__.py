"""The charts of a region book (圏域基礎調査), for any region of one to some forty municipalities.

Every function gives a `Chart`: the drawing, the table of the very numbers given (a missing one is None there and
「―」 or a gap in the drawing) and a sentence that tells the main ones.
"""

from __future__ import annotations

from .bars import bars, paired
from .fan import Band, Fan, fan, fans
from .matrix import matrix
from .points import lines, quotients
from .pyramid import pyramid
from .stacks import columns_by_year, components, shares

__all__ = [
    "Band",
    "Fan",
    "bars",
    "columns_by_year",
    "components",
    "fan",
    "fans",
    "lines",
    "matrix",
    "paired",
    "pyramid",
    "quotients",
    "shares",
]
