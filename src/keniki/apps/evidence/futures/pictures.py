"""What the workbench shows while somebody moves a slider: pyramid, curves and table, drawn as lines of an SVG.

The charts of the book take a tenth of a second each to draw; these take none, so that the page answers at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats
from keniki.analysis.population import women_of
from keniki.analysis.population.people import places_of
from keniki.analysis.population.rates import at_step
from keniki.analysis.population.scenario import FERTILITY_PER_RATIO

from ..book.tables import printed as _printed
from ..queries.words import ages_shown
from .making import Projected
from .results import Result

#: Broad groups of age the curves are drawn of.
GROUPS: Final[tuple[AgeClass, ...]] = ((0, 14), (15, 64), (65, None), (75, None))
_WIDTH, _LEFT, _RIGHT, _TOP, _HEIGHT = 400, 54, 102, 26, 190
_ROW, _MIDDLE, _EDGE = 17, 64, 22
_TICKS: Final = 4
_APART: Final = 15


@dataclass(frozen=True)
class Tick:
    """A line of the scale, at `at`, with what stands beside it."""

    at: float
    label: str


@dataclass(frozen=True)
class Line:
    """A curve: its points, the class that colours it, the words at its end and their height."""

    points: str
    kind: str
    label: str = ""
    y: float = 0.0


@dataclass(frozen=True)
class Curves:
    """Curves over the years, of the unchanged forecast dashed, of the changed one drawn through.

    `left` and `right` bound the lines; `beside`, `below` and `after` are where the words of the scales and ends stand.
    """

    title: str
    said: str
    width: float
    height: float
    left: float
    right: float
    beside: float
    below: float
    after: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Bar:
    """Men and women of a class: where the bars begin and how long they are; `label` for every second class."""

    y: float
    middle: float
    label: str
    male: tuple[float, float]
    female: tuple[float, float]


@dataclass(frozen=True)
class Pyramid:
    """The last year's people as bars, those of the base and of the unchanged forecast as outlines (paths)."""

    title: str
    said: str
    first: int
    last: int
    men: str
    women: str
    width: float
    height: float
    centre: float
    end: float
    foot: float
    below: float
    row: float
    bars: tuple[Bar, ...]
    base: str
    plain: str
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class YearRow:
    """A year of the table, printed: persons of the unchanged and the changed forecast, their difference, groups."""

    year: int
    plain: str
    total: str
    difference: str
    groups: tuple[str, ...]
    old: str


@dataclass(frozen=True)
class Picture:
    """All of it: `said` in one sentence, `fertility` as total fertility rates of the first and the last step.

    `changed` says whether the scenario changes anything.
    """

    changed: bool
    pyramid: Pyramid
    curves: tuple[Curves, ...]
    heads: tuple[str, ...]
    rows: tuple[YearRow, ...]
    said: str
    fertility: str
    notes: tuple[str, ...]


def picture(unchanged: Projected, made: Projected) -> Picture:
    """The pictures of a forecast beside the unchanged one of the same places, base, model and year."""
    plain, changed = unchanged.without_draws(), made.without_draws()
    same = not made.wanted.changes
    years = changed.years
    totals = [plain.total, changed.total]
    groups = [plain.groups(GROUPS), changed.groups(GROUPS)]
    names = [ages_shown(*each) for each in GROUPS]
    names[-1] = f"うち{names[-1]}"
    both = [("changed is-group-0", "総人口" if same else "この条件", totals[1])]
    by_group = [
        (f"changed is-group-{number}", name, groups[1][:, number]) for number, name in enumerate(names)
    ]
    if not same:
        both.insert(0, ("plain", "変更なし", totals[0]))
        by_group += [(f"plain is-group-{number}", "", groups[0][:, number]) for number in range(len(GROUPS))]
    rows = tuple(
        YearRow(
            year,
            printed(totals[0][at]),
            printed(totals[1][at]),
            printed(totals[1][at] - totals[0][at]),
            tuple(printed(value) for value in groups[1][at, :3]),
            printed(100 * groups[1][at, 2] / totals[1][at], 1) if totals[1][at] else "―",
        )
        for at, year in enumerate(years)
    )
    return Picture(
        not same,
        _pyramid(plain, changed, same),
        (_curves("総人口", years, both), _curves("年齢別の人口", years, by_group)),
        tuple(names[:3]),
        rows,
        _sentence(plain, changed, same),
        _fertility(made),
        changed.notes,
    )


def printed(value: float, decimals: int = 0) -> str:
    """A number of an array as tables print it."""
    return _printed(float(value), decimals)


def _sentence(plain: Result, changed: Result, same: bool) -> str:
    first, last = changed.total[0], changed.total[-1]
    share = f"、{changed.years[0]}年の{printed(100 * last / first, 1)}％" if first else ""
    beside = "" if same else f"、変更しない推計との差 {_signed(last - plain.total[-1])}人"
    return f"{changed.years[-1]}年の総人口は{printed(last)}人{share}{beside}。"


def _signed(value: float) -> str:
    return f"＋{printed(value)}" if round(value) > 0 else printed(value)


def _fertility(made: Projected) -> str:
    """Children per woman as total fertility rates, in the first and in the last step."""
    years = made.made.years
    if len(years) < 2:
        return ""
    women = women_of(made.made.values[:, made.rows], made.made.ages)
    at = places_of(made.rates.codes, made.wanted.codes)
    words = []
    for year in (1, len(years) - 1):
        ratio = at_step(made.rates.child_women, year - 1)[at]
        there = women[year].sum()
        words.append(f"{FERTILITY_PER_RATIO * (ratio * women[year]).sum() / there:.2f}" if there else "―")
    return f"{years[1]}年 {words[0]} → {years[-1]}年 {words[1]}"


def _curves(title: str, years: Sequence[int], series: Sequence[tuple[str, str, Array]]) -> Curves:
    top = _nice(max(float(values.max(initial=0.0)) for _, _, values in series))
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT
    span = max(years[-1] - years[0], 1)

    def x(year: float) -> float:
        return round(_LEFT + width * (year - years[0]) / span, 1)

    def y(value: float) -> float:
        return round(_TOP + height * (1 - value / top), 1)

    ends = _spread([(y(float(values[-1])), bool(label)) for _, label, values in series])
    lines = tuple(
        Line(
            " ".join(f"{x(year)},{y(float(value))}" for year, value in zip(years, values, strict=True)),
            kind,
            label,
            end + 5,
        )
        for (kind, label, values), end in zip(series, ends, strict=True)
    )
    every = 10 if span > 20 else 5
    across = tuple(Tick(x(year), str(year)) for year in years if (year - years[0]) % every == 0)
    up = tuple(Tick(y(top * part / _TICKS), _short(top * part / _TICKS, top)) for part in range(_TICKS + 1))
    said = "、".join(
        f"{label or '変更なし'}：{years[0]}年 {printed(values[0])}人、{years[-1]}年 {printed(values[-1])}人"
        for _, label, values in series
        if label
    )
    bottom, right = _TOP + height, _LEFT + width
    return Curves(
        title,
        said,
        _WIDTH,
        bottom + 28,
        _LEFT,
        right,
        _LEFT - 6,
        bottom + 20,
        right + 6,
        across,
        up,
        lines,
    )


def _spread(ends: Sequence[tuple[float, bool]]) -> list[float]:
    """Heights of the labels at the lines' ends, moved apart where they would lie on each other."""
    order = sorted((at for at, (_, labelled) in enumerate(ends) if labelled), key=lambda at: ends[at][0])
    found = [height for height, _ in ends]
    for before, at in pairwise(order):
        found[at] = max(found[at], found[before] + _APART)
    lowest = _TOP + _HEIGHT + 4.0
    for at in reversed(order):
        found[at] = min(found[at], lowest)
        lowest = found[at] - _APART
    return found


def _pyramid(plain: Result, changed: Result, same: bool) -> Pyramid:
    first, last = changed.years[0], changed.years[-1]
    base, then, unchanged = changed.pyramid(first), changed.pyramid(last), plain.pyramid(last)
    ages = changed.ages
    count = len(ages)
    side = (_WIDTH - _MIDDLE) / 2 - _EDGE
    most = _nice(float(max(base.max(initial=0.0), then.max(initial=0.0), unchanged.max(initial=0.0))))
    left, right = _WIDTH / 2 - _MIDDLE / 2, _WIDTH / 2 + _MIDDLE / 2
    foot = _TOP + count * _ROW

    def length(value: float) -> float:
        return round(side * value / most, 1)

    bars = tuple(
        Bar(
            foot - (at + 1) * _ROW + 1.5,
            foot - at * _ROW - 4,
            _class(ages[at]) if at % 2 == 0 or at == count - 1 else "",
            (round(left - length(then[0, at]), 1), length(then[0, at])),
            (right, length(then[1, at])),
        )
        for at in range(count)
    )

    def outline(people: Array) -> str:
        paths = []
        for row, edge, way in ((people[0], left, -1), (people[1], right, 1)):
            points = [f"M{edge},{foot}"]
            for at in range(count):
                x = round(edge + way * length(row[at]), 1)
                points.append(f"H{x}V{foot - (at + 1) * _ROW}")
            paths.append("".join([*points, f"H{edge}"]))
        return "".join(paths)

    ticks = tuple(
        Tick(round(edge + way * side * part / 2, 1), _short(most * part / 2, most))
        for edge, way in ((left, -1), (right, 1))
        for part in (1, 2)
    )
    men, women = (printed(then[sex].sum()) for sex in (0, 1))
    said = (
        f"{last}年の男{men}人、女{women}人を5歳階級の帯で、{first}年を線で示す。"
        f"{last}年に最も多い階級は{_class(ages[int(floats(then.sum(axis=0)).argmax())])}歳。"
    )
    return Pyramid(
        f"{last}年の人口ピラミッド",
        said,
        first,
        last,
        f"{men}人",
        f"{women}人",
        _WIDTH,
        foot + 28,
        _WIDTH / 2,
        _WIDTH - 4,
        foot,
        foot + 20,
        _ROW - 3,
        bars,
        outline(base),
        "" if same else outline(unchanged),
        ticks,
    )


def _class(age: AgeClass) -> str:
    return f"{age[0]}～" if age[1] is None else f"{age[0]}～{age[1]}"


def _nice(value: float) -> float:
    """A round number not below the value, for the end of a scale."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** np.floor(np.log10(value))
    return float(
        next(unit * step for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if unit * step >= value)
    )


def _short(value: float, top: float) -> str:
    """A number of a scale that ends at `top`: 12万, 3,000, 0."""
    if value and top >= 100_000:
        return f"{value / 10_000:,.1f}".removesuffix(".0") + "万"
    return printed(value, 0 if value == round(value) else 1)
