"""The region book's arithmetic: adding municipalities up, quotients, shift-share, intervals for small areas."""

from keniki.analysis.indicators.intervals import interval
from keniki.analysis.indicators.quotients import (
    closings_rate,
    density,
    location_quotient,
    openings_rate,
    per_100k,
    productivity_quotient,
    rate,
    relative_change,
    share,
)
from keniki.analysis.indicators.regional import (
    CannotAggregate,
    Figures,
    Regional,
    aggregate,
    compute,
    compute_term,
)
from keniki.analysis.indicators.shifts import ShiftShare, shift_share
from keniki.analysis.indicators.small_areas import Estimate, empirical_bayes, poisson_interval

__all__ = [
    "CannotAggregate",
    "Estimate",
    "Figures",
    "Regional",
    "ShiftShare",
    "aggregate",
    "closings_rate",
    "compute",
    "compute_term",
    "density",
    "empirical_bayes",
    "interval",
    "location_quotient",
    "openings_rate",
    "per_100k",
    "poisson_interval",
    "productivity_quotient",
    "rate",
    "relative_change",
    "share",
    "shift_share",
]
