"""Hazard polygons: the depth or zone of each by the properties of published maps, or by our own ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from keniki.core.digits import plain
from keniki.rulebooks.disaster.hazard_maps import HazardMap, hazard_maps

from ..base import Problem
from ..cells import Wrong
from .features import read_areas

#: Our own properties: a depth in metres (the class's upper limit), a name of the class.
DEPTH_NAMES: Final = ("浸水深", "浸水深_m", "浸水深（m）", "depth", "depth_m")
LABEL_NAMES: Final = ("区分", "名称", "label", "name")
#: No flood of any map is deeper, metres.
DEEPEST: Final = 100.0


@dataclass(frozen=True)
class HazardArea:
    """One polygon of a hazard map.

    `from_m` (inclusive) to `to_m` (exclusive) metres; an open class (20 m以上) has no `to_m`, a zone neither. `code` is
    the class as written, `map_key` the kind of map that explained it, empty for our own properties.
    """

    number: int
    geometry: Mapping[str, Any]
    label: str
    from_m: float | None
    to_m: float | None
    code: str
    map_key: str
    hazard: str
    properties: Mapping[str, Any]

    @property
    def depth(self) -> float | None:
        """The upper limit in metres, of an open class the lower one: at least so deep. None where no depth is told."""
        return self.to_m if self.to_m is not None else self.from_m

    @property
    def is_open(self) -> bool:
        """Whether the class has no upper limit."""
        return self.from_m is not None and self.to_m is None


@dataclass(frozen=True)
class HazardFile:
    """The polygons that were taken, those that were not, and notes for the person."""

    name: str
    areas: tuple[HazardArea, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def read_hazards(data: bytes, name: str, *, on: date, region: Sequence[Mapping[str, Any]] = ()) -> HazardFile:
    """The polygons of a hazard map with their depths, by the rules for published maps in force `on`.

    `region`: GeoJSON geometries of the region's towns; a polygon no part of which lies in them is a problem, the rest
    is taken. WrongInput for what is no FeatureCollection or in another reference system.
    """
    file = read_areas(data, name, region=region)
    maps = {key: rule.value for key, rule in hazard_maps(on).items()}
    found, problems = [], list(file.problems)
    unknown = 0
    for area in file.areas:
        try:
            made = _hazard(area.number, area.geometry, area.properties, maps)
        except Wrong as wrong:
            raw = str(area.properties.get(wrong.column, ""))[:500]
            problems.append(Problem(area.number, wrong.column, wrong.reason, raw))
            continue
        unknown += made.depth is None and not made.code
        found.append(made)
    notes = []
    if unknown:
        notes.append(f"{unknown}区域は浸水深も区分も分かりません（区域の中か外かだけを用います）。")
    problems.sort(key=lambda problem: problem.row or 0)
    return HazardFile(name, tuple(found), tuple(problems), tuple(notes))


def _hazard(
    number: int, geometry: Mapping[str, Any], properties: Mapping[str, Any], maps: Mapping[str, HazardMap]
) -> HazardArea:
    label = _first_text(properties, LABEL_NAMES)
    for key, kind in maps.items():
        column = next((name for name in kind.properties if properties.get(name) not in (None, "")), None)
        if column is None:
            continue
        code = _text(properties[column])
        if kind.classes:
            known = kind.classes.get(code)
            if known is None:
                codes = "、".join(kind.classes)
                raise Wrong(column, f"区分のコード「{code[:20]}」は読めません（読めるコード：{codes}）。")
            words, low, high = known.words, known.from_m, known.to_m
        else:
            words = str(properties[column]).strip()
            low, high = depth_in_words(code, column)
        named = _first_text(properties, kind.label)
        told = " ".join(part for part in (named, words) if part)
        return HazardArea(number, geometry, told[:120], low, high, code, key, kind.hazard, properties)
    column = next((name for name in DEPTH_NAMES if properties.get(name) not in (None, "")), "")
    if not column:
        return HazardArea(number, geometry, label[:120], None, None, label, "", "", properties)
    written = properties[column]
    if isinstance(written, int | float) and not isinstance(written, bool):
        low, high = None, _depth(float(written), column)
    else:
        low, high = depth_in_words(_text(written), column)
    return HazardArea(
        number, geometry, (label or str(written).strip())[:120], low, high, _text(written), "", "", properties
    )


def depth_in_words(text: str, column: str = "浸水深") -> tuple[float | None, float | None]:
    """The metres from and to of a class in words; a plain number is an upper limit.

    >>> depth_in_words("0.5m以上3.0m未満"), depth_in_words("20m以上"), depth_in_words("1.0～2.0ｍ")
    ((0.5, 3.0), (20.0, None), (1.0, 2.0))
    """
    told = "".join(plain(text).replace("メートル", "m").split())
    for pattern, ends in _WORDS:
        found = pattern.fullmatch(told)
        if found is None:
            continue
        numbers = [_depth(float(number), column) for number in found.groups()]
        low, high = ends(numbers)
        if low is not None and high is not None and low >= high:
            break
        return low, high
    raise Wrong(column, f"浸水深「{text[:30]}」は読めません。「0.5m以上3.0m未満」のように書いてください。")


_N: Final = r"(\d{1,3}(?:\.\d{1,4})?)m?"
_WORDS: Final[tuple[tuple[re.Pattern[str], Any], ...]] = (
    (
        re.compile(rf"{_N}(?:(?:以上|超)[~〜～\-ー]?|[~〜～\-ー]){_N}(?:未満|以下)"),
        lambda numbers: (numbers[0], numbers[1]),
    ),
    (re.compile(rf"{_N}[~〜～\-ー]{_N}"), lambda numbers: (numbers[0], numbers[1])),
    (re.compile(rf"[~〜～]?{_N}(?:未満|以下)"), lambda numbers: (0.0, numbers[0])),
    (re.compile(rf"{_N}(?:以上|超|[~〜～])"), lambda numbers: (numbers[0], None)),
    (re.compile(_N), lambda numbers: (None, numbers[0])),
)


def _depth(number: float, column: str) -> float:
    if not 0 <= number <= DEEPEST:
        raise Wrong(column, f"浸水深 {number:g} m は0～{DEEPEST:g} mの範囲にありません。")
    return number


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return plain(str(value))


def _first_text(properties: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of these properties that says something, as it is written."""
    return next(
        (str(properties[name]).strip() for name in names if properties.get(name) not in (None, "")), ""
    )
