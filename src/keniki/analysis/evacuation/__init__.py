"""Plans of evacuation across borders (広域避難): who goes where, what towns receive, where places are short.

`plan(cells, shelters, scenario)` gives a `Plan`; `cells_of`, `shelters_of` and `evacuating` make its inputs.
"""

from .inputs import (
    Cells,
    PerPeople,
    Reserve,
    Scenario,
    Shelters,
    Whole,
    cells_of,
    evacuating,
    shelters_of,
)
from .planning import plan
from .results import (
    Aim,
    Assignment,
    DistrictPlan,
    Equipment,
    Nearest,
    Part,
    Plan,
    Receiving,
    Short,
)

__all__ = [
    "Aim",
    "Assignment",
    "Cells",
    "DistrictPlan",
    "Equipment",
    "Nearest",
    "Part",
    "PerPeople",
    "Plan",
    "Receiving",
    "Reserve",
    "Scenario",
    "Shelters",
    "Short",
    "Whole",
    "cells_of",
    "evacuating",
    "plan",
    "shelters_of",
]
