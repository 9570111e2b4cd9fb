"""Housing damage assessment (住家被害認定): a survey in, the class with its arithmetic out; training for assessors.

`read_house` reads a survey, `assess` judges it by the rules of its day, `training` scores those who learn it.
"""

from .assess import assess
from .carried import carried_rules
from .inputs import COLLAPSED, MODES, SUNK_TO, Damage, House, exact, read_house
from .parts import Counting, cell_loss, part_losses, total
from .results import METHODS, Assessment, Cell, Confirmation, Method, PartLoss, number, shown
from .training import (
    CAUSES,
    Agreement,
    Case,
    Cause,
    Comparison,
    Finding,
    Score,
    agreement,
    case_of,
    cases,
    compare,
    score,
    weighted_kappa,
)

__all__ = [
    "CAUSES",
    "COLLAPSED",
    "METHODS",
    "MODES",
    "SUNK_TO",
    "Agreement",
    "Assessment",
    "Case",
    "Cause",
    "Cell",
    "Comparison",
    "Confirmation",
    "Counting",
    "Damage",
    "Finding",
    "House",
    "Method",
    "PartLoss",
    "Score",
    "agreement",
    "assess",
    "carried_rules",
    "case_of",
    "cases",
    "cell_loss",
    "compare",
    "exact",
    "number",
    "part_losses",
    "read_house",
    "score",
    "shown",
    "total",
    "weighted_kappa",
]
