"""The board of an incident (圏域防災ボード): what is known of every town, now or as it was known at a moment.

`board_of` reads it and `composed` makes it of a state: neither needs an actor, only a scope.
"""

from .composing import Board, composed
from .data import Datum, Mark, Option, Split
from .places import Known, known_places
from .reading import board_of, marks_of
from .rows import (
    DamageRow,
    DistrictRow,
    NoteRow,
    RequestRow,
    RoadRow,
    ShelterRow,
    TownRow,
    WarningRow,
)

__all__ = [
    "Board",
    "DamageRow",
    "Datum",
    "DistrictRow",
    "Known",
    "Mark",
    "NoteRow",
    "Option",
    "RequestRow",
    "RoadRow",
    "ShelterRow",
    "Split",
    "TownRow",
    "WarningRow",
    "board_of",
    "composed",
    "known_places",
    "marks_of",
]
