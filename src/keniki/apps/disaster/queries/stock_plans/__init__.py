"""Reading what the joint stockpile is to hold, what it holds, what is bought, and what is made public."""

from .holdings import Held, Uncounted, as_lots, held_on
from .positions import ItemRow, Position, position_of
from .targets import TownNeed, joint_people, own_figures, reckon_target, rules_on, target_for, town_needs

__all__ = [
    "Held",
    "ItemRow",
    "Position",
    "TownNeed",
    "Uncounted",
    "as_lots",
    "held_on",
    "joint_people",
    "own_figures",
    "position_of",
    "reckon_target",
    "rules_on",
    "target_for",
    "town_needs",
]
