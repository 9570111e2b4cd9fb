"""Does a city meet a programme's requirements on a date, by a given census: a verdict rule by rule."""

from .assess import assess, census_to_use
from .facts import City, CityKind, Facts, FormerCity, ManualRecognition, Measured, Pair, Supporting, day_night
from .findings import Assessment, Finding, OtherEdition, Verdict

__all__ = (
    "Assessment",
    "City",
    "CityKind",
    "Facts",
    "Finding",
    "FormerCity",
    "ManualRecognition",
    "Measured",
    "OtherEdition",
    "Pair",
    "Supporting",
    "Verdict",
    "assess",
    "census_to_use",
    "day_night",
)
