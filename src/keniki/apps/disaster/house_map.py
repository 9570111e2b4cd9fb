"""The map of a town's stricken houses: each by what was decided on it, or by how far it is; many as their districts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from keniki.rulebooks.disaster.damage import CLASS_ORDER

from .maps import Area, Map, Place, Position, drawn
from .models import House
from .queries.hazards import TownShapes
from .queries.housing import STATES, state_of_house

#: More houses than this are drawn as one sign for each district.
MOST_SINGLE: Final = 400
#: Houses that nobody decided on, as the legend names them.
UNDECIDED: Final = {
    "surveyed": "調査済み（決定前）",
    "waiting": STATES["waiting"],
    "other": STATES["other"],
}
_OF_STATE: Final = {"submitted": "surveyed", "confirmed": "surveyed"}


@dataclass(frozen=True)
class Mapped:
    """A map with what its reader has to know: houses by sign, the districts where it groups them, houses without a
    position."""

    map: Map | None
    counts: tuple[tuple[str, str, int], ...]
    grouped: bool
    districts: tuple[tuple[str, int, dict[str, int]], ...]
    placed: int
    unplaced: int


def key_of(house: House) -> str:
    """The sign of a house of `houses_of`: the key of its class, or of UNDECIDED."""
    if house.official is not None and house.use != House.Use.OTHER:
        return house.official.class_key
    state = state_of_house(house)
    return _OF_STATE.get(state, state)


def position_of(house: House) -> Position | None:
    """Longitude and latitude, None where they are unknown, were erased or cannot be read."""
    sealed = house.sealed or {}
    try:
        return float(sealed["longitude"]), float(sealed["latitude"])
    except (KeyError, TypeError, ValueError):
        return None


def house_map(
    alt: str,
    known: TownShapes,
    houses: Iterable[House],
    class_names: Sequence[tuple[str, str]],
    asked: dict[str, str],
) -> Mapped:
    """The map of `houses`, up to `MOST_SINGLE` one by one; of more their districts, each leading to itself alone.

    `class_names` are the classes in force; `asked` is what the page is narrowed to, for the ways on.
    """
    houses = list(houses)
    words = {**dict(class_names), **UNDECIDED}
    at = {each.pk: position_of(each) for each in houses}
    keys = {each.pk: key_of(each) for each in houses}
    for each in houses:
        if each.official is not None:
            words.setdefault(keys[each.pk], each.official.result["class"])
    counts = Counter(keys.values())
    order = [key for key in (*CLASS_ORDER, *UNDECIDED) if key in words]
    placed = [each for each in houses if at[each.pk] is not None]
    grouped = len(placed) > MOST_SINGLE and not asked.get("district")
    by_district: dict[str, list[House]] = {}
    for each in houses:
        by_district.setdefault(each.district, []).append(each)
    if grouped:
        places = [
            sign for name, rows in by_district.items() if (sign := _group(name, rows, at, asked)) is not None
        ]
        signs = [("group", "地区・町字（数字は棟数）")]
    else:
        # What is worst stands on top.
        placed.sort(key=lambda each: -order.index(keys[each.pk]))
        places = [
            Place(
                _known(at[each.pk]),
                f"house-{keys[each.pk]}",
                f"{each}（{words[keys[each.pk]]}）",
                each.get_absolute_url(),
            )
            for each in placed
        ]
        used = {keys[each.pk] for each in placed}
        signs = [(f"house-{key}", words[key]) for key in order if key in used]
    areas = [Area(shape, "is-town", name=known.names[code]) for code, shape in known.shapes.items()]
    focus = [{"type": "Polygon", "coordinates": [[list(each.at) for each in places]]}] if places else []
    return Mapped(
        drawn(alt, areas, places, focus=focus, signs=signs) if places else None,
        tuple((key, words[key], counts[key]) for key in order if counts[key]),
        grouped,
        tuple(
            (name, len(rows), dict(Counter(keys[each.pk] for each in rows)))
            for name, rows in sorted(by_district.items())
        ),
        len(placed),
        len(houses) - len(placed),
    )


def _group(
    name: str, rows: Sequence[House], at: dict[Any, Position | None], asked: dict[str, str]
) -> Place | None:
    found = [place for each in rows if (place := at[each.pk]) is not None]
    if not found:
        return None
    middle = (sum(x for x, _ in found) / len(found), sum(y for _, y in found) / len(found))
    url = f"?{urlencode({**asked, 'district': name})}" if name else ""
    called = name or "地区の記録なし"
    return Place(middle, "group", f"{called} {len(found):,}棟", url, label=f"{called} {len(found):,}")


def _known(place: Position | None) -> Position:
    assert place is not None
    return place
