"""The map of the board: towns by their warning level, districts under orders, shelters and roads by their state."""

from __future__ import annotations

from typing import Final

from .maps import Area, Map, Place, drawn
from .queries.board import Board, ShelterRow
from .queries.board.rows import LEVEL_WORDS, ROAD_WORDS, SHELTER_WORDS
from .queries.hazards import TownShapes

SIGNS: Final = {
    "shelter": "避難所（開設）",
    "both": "避難所（満員）",
    "site": "避難所（準備・閉鎖）",
    "other": "道路",
}
_SIGN_OF: Final = {"open": "shelter", "full": "both"}


def board_map(alt: str, known: TownShapes, board: Board, url: str) -> Map | None:
    """The map; None where no town has a shape and nothing a position."""
    levels = {row.town: max((*row.levels, row.highest), default=0) for row in board.towns}
    areas = [
        Area(
            shape,
            f"is-town level-area is-level-{levels.get(code, 0)}",
            f"{known.names[code]}　{_level(levels.get(code, 0))}",
            f"{url}towns/{code}/",
            known.names[code],
        )
        for code, shape in known.shapes.items()
    ]
    places = [
        Place(row.position, _sign(row), _told(row), f"{url}shelters/{row.slug}/", f"is-state-{row.states[0]}")
        for row in board.active_shelters
        if row.position is not None
    ]
    places += [
        Place(
            row.position,
            "other",
            f"{row.name.value or '道路'}：{'／'.join(ROAD_WORDS[state] for state in row.states)}",
            f"{url}roads/{row.entity.partition(':')[2]}/",
        )
        for row in board.roads
        if row.position is not None and row.states != ("open",)
    ]
    used = {place.sign for place in places}
    signs = [(key, words) for key, words in SIGNS.items() if key in used]
    return drawn(alt, areas, places, signs=signs)


def _sign(row: ShelterRow) -> str:
    return next((_SIGN_OF[state] for state in row.states if state in _SIGN_OF), "site")


def _told(row: ShelterRow) -> str:
    states = "／".join(SHELTER_WORDS[state] for state in row.states)
    people = f"{row.low:,}人" if row.low == row.high else f"{row.low:,}～{row.high:,}人"
    return f"{row.name}（{row.town_name}、{states}、{people}）"


def _level(level: int) -> str:
    return f"警戒レベル{level} {LEVEL_WORDS[level]}" if level else "警戒レベルの記録なし"
