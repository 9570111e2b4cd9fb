"""Joint costs shared: rules as they are kept, records gathered into bills, what comes of them for each town."""

from .reckoning import Gathered, Reckoned, StageOf, gather, reckon, stages_of, towns_of
from .text import canonical, digest_of, spec_of, stored

__all__ = [
    "Gathered",
    "Reckoned",
    "StageOf",
    "canonical",
    "digest_of",
    "gather",
    "reckon",
    "spec_of",
    "stages_of",
    "stored",
    "towns_of",
]
