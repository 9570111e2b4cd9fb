"""Natural regions (圏域の設定): who belongs together by where people go to work and study, after four published rules.

From an origin–destination table of any size (`flows_of`) to a `Delineation`; beside actual regions (`agreement`,
`beside`) and under resampled flows (`stability`).
"""

from .areas import Delineation, Member, Role
from .comparing import Agreement, Beside, agreement, beside
from .flows import Flows, flows_of
from .fua import FuaRules, functional_urban_areas
from .lma import ITALY, SETS, UK, LmaRules, labour_market_areas, validity
from .stable import Stability, pooled, resampled, stability
from .ten import TenPercent, ten_percent
from .uea import METROPOLITAN, MICROPOLITAN, UeaRules, uea

__all__ = [
    "ITALY",
    "METROPOLITAN",
    "MICROPOLITAN",
    "SETS",
    "UK",
    "Agreement",
    "Beside",
    "Delineation",
    "Flows",
    "FuaRules",
    "LmaRules",
    "Member",
    "Role",
    "Stability",
    "TenPercent",
    "UeaRules",
    "agreement",
    "beside",
    "flows_of",
    "functional_urban_areas",
    "labour_market_areas",
    "pooled",
    "resampled",
    "stability",
    "ten_percent",
    "uea",
    "validity",
]
