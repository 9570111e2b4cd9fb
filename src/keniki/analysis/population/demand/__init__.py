"""What a population needs (需要): people by age × rates, for a projection and for every draw with the same code.

Arrays end in (n municipalities, 2 sexes, K classes); years and draws stand before. Rates keep classes of their own.
"""

from .parting import Parts, parts_of_change
from .rates import AgeRates, People, raked
from .reckoning import beds, births, deaths, elastic, vacant, waste, water
from .renewal import Building, Cycle, UnitCost, renewal_costs
from .splitting import Method, single_years, split_class

__all__ = [
    "AgeRates",
    "Building",
    "Cycle",
    "Method",
    "Parts",
    "People",
    "UnitCost",
    "beds",
    "births",
    "deaths",
    "elastic",
    "parts_of_change",
    "raked",
    "renewal_costs",
    "single_years",
    "split_class",
    "vacant",
    "waste",
    "water",
]
