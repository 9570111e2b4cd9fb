"""The four rules for natural regions by their names; `keniki.analysis.delineation` has the rest."""

from .delineation import (
    Delineation,
    Flows,
    agreement,
    beside,
    flows_of,
    functional_urban_areas,
    labour_market_areas,
    stability,
    ten_percent,
    uea,
)

__all__ = [
    "Delineation",
    "Flows",
    "agreement",
    "beside",
    "flows_of",
    "functional_urban_areas",
    "labour_market_areas",
    "stability",
    "ten_percent",
    "uea",
]
