"""Fans (ファンチャート): what was counted, what is projected, and the bands in which it is expected to lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from keniki.press import look
from keniki.press.charts import Chart, Number, Spec

from . import common as c

COUNTED, PROJECTED = "実績", "推計"
#: Bands from the widest to the narrowest, told apart in grey print too.
_BANDS: Final = ("#dbe7f5", "#a8c6e8", "#7fa9d9")
_LINE: Final = look.SERIES[0]
_SIZE: Final = (470, 270)
#: Panels beside each other, and the size of one in pixels.
ACROSS: Final = 5
_PANEL: Final = (136, 96)
_GAP: Final = (56, 58)
#: How much of a panel stays free above the highest value, for the numbers.
_ROOM: Final = 1.16


@dataclass(frozen=True)
class Band:
    """An interval by year of the projection; `name` is printed at its edges, e.g. 「80 %区間」."""

    name: str
    low: c.Values
    high: c.Values


@dataclass(frozen=True)
class Fan:
    """One figure over time: what was counted, what is projected after it, and its bands, the widest first.

    `past` and `ahead` are (year, value), the years rising; `unit` is named where panels have different ones.
    """

    name: str
    past: Sequence[tuple[int, Number | None]]
    ahead: Sequence[tuple[int, Number | None]]
    bands: Sequence[Band] = field(default=())
    unit: str = ""


def fan(
    title: str, unit: str, shown: Fan, decimals: int = 0, *, checked: str = "", counted: str = COUNTED
) -> Chart:
    """A fan with its values at the ends; `checked` says below the title how such bands held in the past.

    `counted` is what the values up to the base year are called. Without bands the projection is a line
    alone. ValueError where a band is not as long as the years ahead.
    """
    _fit(shown)
    years = [year for year, _ in (*shown.past, *shown.ahead)] or [0, 1]
    size = _SIZE
    ends = _ends_of(shown, room=0.08)
    x = {
        "field": "year",
        "type": "quantitative",
        "scale": {"domain": [min(years), max(max(years), min(years) + 1)], "nice": False, "zero": False},
        "axis": {"title": None, "format": "d", "values": _marked_years(years), "labelOverlap": "greedy"},
    }
    y = c.number_axis(ends, grid=True)
    layers: list[Spec] = []
    start = _start(shown)
    for at, band in enumerate(shown.bands):
        data = _edges(start, shown.ahead, band)
        area = {"type": "area", "color": _BANDS[at % len(_BANDS)], "line": False}
        layers.append(
            {
                "data": {"values": data},
                "mark": area,
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            }
        )
    if shown.past and shown.ahead:
        rule = {"type": "rule", "color": look.MUTED, "strokeDash": [4, 3]}
        layers.append({"data": {"values": [{"year": shown.past[-1][0]}]}, "mark": rule, "encoding": {"x": x}})
    for data, ahead in ((_points(shown.past), False), (_points([*start, *shown.ahead]), True)):
        line = {"type": "line", "color": _LINE, "strokeWidth": 2.2, "strokeDash": [6, 3] if ahead else [1, 0]}
        point = {"type": "point", "size": 40, "color": _LINE, "opacity": 1, "strokeWidth": 1.6}
        point["fill"] = look.WHITE if ahead else _LINE
        marks = data[len(start) :] if ahead else data
        layers.append(_layer(data, line, x, y))
        layers.append(_layer(marks, point, x, y))
    layers += _words_at_points(shown, x, y, decimals)
    layers += _words_at_edges(shown, x, ends, size, decimals)
    said = _marks_named([shown], counted)
    made = c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words(unit, said),
        size=size,
        columns=("年", *_columns(shown, unit, counted)),
        rows=_rows(shown),
        alt=f"{title}の図{c.bracketed(unit)}：{_told(shown, decimals, counted)}",
    )
    if checked:
        made.spec["title"]["subtitle"] += c.wrapped(checked, size[0] + 120, 12)
    return made


def fans(
    title: str,
    unit: str,
    panels: Sequence[Fan],
    decimals: int = 0,
    *,
    checked: str = "",
    counted: str = COUNTED,
) -> Chart:
    """Small fans side by side, each from 0 to its own highest value, with its last counted and last value.

    `checked` and `counted` as in `fan`. The table has a row for each panel and year. ValueError as `fan`.
    """
    for panel in panels:
        _fit(panel)
    down = -(-max(len(panels), 1) // ACROSS)
    across = -(-max(len(panels), 1) // down)
    widest = max((c.text_width(c.fixed(_last(panel), decimals), 10.5) for panel in panels), default=0.0)
    wide = _PANEL[0] + max(_GAP[0], round(widest) + 22)
    size = (across * wide, down * (_PANEL[1] + _GAP[1]) - 14)
    x = {"field": "x", "type": "quantitative", "axis": None, "scale": _pixels(size[0])}
    y = {"field": "y", "type": "quantitative", "axis": None, "scale": {**_pixels(size[1]), "reverse": True}}
    areas: list[Spec] = []
    lines: dict[bool, list[Spec]] = {False: [], True: []}
    points: dict[bool, list[Spec]] = {False: [], True: []}
    frames: list[Spec] = []
    named: list[Spec] = []
    labels: list[Spec] = []
    for at, panel in enumerate(panels):
        left = at % across * wide
        top = at // across * (_PANEL[1] + _GAP[1]) + 28
        small = _Panel(panel, at, left, top)
        areas += small.areas()
        for ahead in (False, True):
            lines[ahead] += small.line(ahead)
            points[ahead] += small.ends(ahead)
        frames.append({"x": left, "x2": left + _PANEL[0], "y": top + _PANEL[1]})
        named += small.names()
        labels += small.labels(decimals)
    place = {"x": x, "y": y}
    layers: list[Spec] = []
    for shade in range(max((len(panel.bands) for panel in panels), default=0)):
        area = {"type": "area", "color": _BANDS[shade % len(_BANDS)], "line": False}
        detail = {"field": "panel", "type": "nominal"}
        data = [row for row in areas if row["shade"] == shade]
        encoding = {**place, "y2": {"field": "y2"}, "detail": detail}
        layers.append({"data": {"values": data}, "mark": area, "encoding": encoding})
    base = {"type": "rule", "color": look.MUTED, "strokeWidth": 1}
    layers.append({"data": {"values": frames}, "mark": base, "encoding": {**place, "x2": {"field": "x2"}}})
    for ahead in (False, True):
        line = {"type": "line", "color": _LINE, "strokeWidth": 1.8, "strokeDash": [4, 2] if ahead else [1, 0]}
        detail = {"field": "panel", "type": "nominal"}
        encoding = {**place, "detail": detail, "order": {"field": "x", "type": "quantitative"}}
        layers.append({"data": {"values": lines[ahead]}, "mark": line, "encoding": encoding})
        point = {"type": "point", "size": 26, "color": _LINE, "opacity": 1, "strokeWidth": 1.5}
        point["fill"] = look.WHITE if ahead else _LINE
        layers.append({"data": {"values": points[ahead]}, "mark": point, "encoding": place})
    text = {"type": "text", "align": "left", "fontSize": 12, "fontWeight": "bold", "color": look.TEXT}
    own = {"data": {"values": named}, "encoding": {**place, "text": {"field": "label"}}}
    layers.append({**own, "mark": text})
    for align in ("left", "center", "right"):
        chosen = [row for row in labels if row["align"] == align]
        layers += c.texts(chosen, place, align=align, fontSize=10.5, baseline="middle")
    first = panels[0] if panels else Fan("", (), ())
    columns = ("区分", "年", *_columns(first, unit, counted))
    rows = [(panel.name, *row) for panel in panels for row in _rows(panel)]
    ends = [
        (panel.name, f"{c.fixed(_first(panel), decimals)}→{c.fixed(_last(panel), decimals)}")
        for panel in panels
    ]
    said = _marks_named(panels or [first], counted)
    made = c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words(unit, said, "縦軸はそれぞれ0から"),
        size=size,
        columns=columns,
        rows=[(*row, *(None,) * (len(columns) - len(row))) for row in rows],
        alt=f"{title}の小さな図を並べたもの{c.bracketed(unit)}：{c.listed(ends)}",
    )
    if checked:
        made.spec["title"]["subtitle"] += c.wrapped(checked, max(size[0], 360), 12)
    return made


class _Panel:
    """A small fan in pixels of the whole drawing."""

    def __init__(self, panel: Fan, number: int, left: float, top: float) -> None:
        self.panel, self.number, self.left, self.top = panel, number, left, top
        years = [year for year, _ in (*panel.past, *panel.ahead)]
        self.first = min(years, default=0)
        self.span = max(max(years, default=1) - self.first, 1)
        self.high = max([*_numbers(panel), 0.0]) * _ROOM or 1.0
        self.low = min([*_numbers(panel), 0.0])

    def at(self, year: int, value: float) -> Spec:
        share = (value - self.low) / (self.high - self.low)
        return {
            "x": round(self.left + (year - self.first) / self.span * _PANEL[0], 2),
            "y": round(self.top + _PANEL[1] - share * _PANEL[1], 2),
            "panel": self.number,
        }

    def areas(self) -> list[Spec]:
        start = _start(self.panel)
        return [
            {**self.at(row["year"], row["low"]), "y2": self.at(row["year"], row["high"])["y"], "shade": shade}
            for shade, band in enumerate(self.panel.bands)
            for row in _edges(start, self.panel.ahead, band)
        ]

    def line(self, ahead: bool) -> list[Spec]:
        values = [*_start(self.panel), *self.panel.ahead] if ahead else self.panel.past
        return [self.at(row["year"], row["value"]) for row in _points(values)]

    def ends(self, ahead: bool) -> list[Spec]:
        points = _points(self.panel.ahead if ahead else self.panel.past)
        return [self.at(row["year"], row["value"]) for row in points[-1:]]

    def names(self) -> list[Spec]:
        name = f"{self.panel.name}{c.bracketed(self.panel.unit)}"
        lines = c.wrapped(name, _PANEL[0] + _GAP[0] - 8, 12, 2)
        return [
            {"x": self.left, "y": self.top - 11 - 14 * (len(lines) - 1 - at), "label": c.literal(line)}
            for at, line in enumerate(lines)
        ]

    def labels(self, decimals: int) -> list[Spec]:
        """The first and last year below, the last counted and the last projected value at their points."""
        years = [year for year, _ in (*self.panel.past, *self.panel.ahead)]
        if not years:
            return []
        below = self.top + _PANEL[1] + 9
        found = [
            {"x": self.left, "y": below, "label": f"{years[0]}", "align": "left"},
            {"x": self.left + _PANEL[0], "y": below, "label": f"{years[-1]}", "align": "right"},
        ]
        past, ahead = _points(self.panel.past), _points(self.panel.ahead)
        if past and ahead:
            point = self.at(past[-1]["year"], past[-1]["value"])
            if 30 < point["x"] - self.left < _PANEL[0] - 30:
                found.append({"x": point["x"], "y": below, "label": f"{past[-1]['year']}", "align": "center"})
            rising = ahead[-1]["value"] > past[-1]["value"] and point["x"] - self.left > 50
            found.append(
                {
                    "x": point["x"] + (4 if rising else -4),
                    "y": point["y"] - 13,
                    "label": c.fixed(past[-1]["value"], decimals),
                    "align": "right" if rising else "left",
                }
            )
        for row in (ahead or past)[-1:]:
            point = self.at(row["year"], row["value"])
            label = c.fixed(row["value"], decimals)
            found.append({"x": point["x"] + 7, "y": point["y"], "label": label, "align": "left"})
        return found


def _fit(shown: Fan) -> None:
    for band in shown.bands:
        years = [f"{year}" for year, _ in shown.ahead]
        c.same_length(years, {f"{band.name} low": band.low, f"{band.name} high": band.high}, "years")


def _pixels(most: float) -> Spec:
    return {"domain": [0, most], "nice": False, "zero": False}


def _numbers(shown: Fan) -> list[float]:
    values = [value for _, value in (*shown.past, *shown.ahead)]
    edges = [value for band in shown.bands for value in (*band.low, *band.high)]
    return [number for value in (*values, *edges) if (number := c.known(value)) is not None]


def _ends_of(shown: Fan, room: float) -> list[float]:
    held = _numbers(shown)
    if held and min(held) >= 0 and min(held) < 0.5 * max(held):
        return c.domain(held, room=room)
    return c.domain(held, zero=False, room=room)


def _start(shown: Fan) -> list[tuple[int, Number | None]]:
    """The last counted point, from which a fan opens."""
    return [point for point in shown.past[-1:] if shown.ahead and c.known(point[1]) is not None]


def _points(values: Sequence[tuple[int, Number | None]]) -> list[Spec]:
    return [
        {"year": year, "value": number} for year, value in values if (number := c.known(value)) is not None
    ]


def _edges(
    start: Sequence[tuple[int, Number | None]],
    ahead: Sequence[tuple[int, Number | None]],
    band: Band,
) -> list[Spec]:
    found = [{"year": year, "low": c.known(value), "high": c.known(value)} for year, value in start]
    for (year, _), low, high in zip(ahead, band.low, band.high, strict=True):
        ends = c.known(low), c.known(high)
        if None not in ends:
            found.append({"year": year, "low": ends[0], "high": ends[1]})
    return found


def _layer(data: Sequence[Spec], mark: Spec, x: Spec, y: Spec) -> Spec:
    return {"data": {"values": list(data)}, "mark": mark, "encoding": {"x": x, "y": y}}


def _marked_years(years: Sequence[int]) -> list[int]:
    """Every year, or every second or fourth so that at most twelve are named, the last counted from the end."""
    every = sorted(set(years))
    step = next((step for step in (1, 2, 4, 8, 16) if len(every) / step <= 12), 32)
    return every[::-1][::step][::-1]


def _words_at_points(shown: Fan, x: Spec, y: Spec, decimals: int) -> list[Spec]:
    """The first and the last counted value with their years."""
    past, ahead = _points(shown.past), _points(shown.ahead)
    rising = bool(past and ahead) and ahead[0]["value"] > past[-1]["value"] and len(past) > 3
    layers: list[Spec] = []
    for at, row in enumerate([past[0], past[-1]] if len(past) > 1 else past):
        left = at == 0 or not rising
        label = {**row, "label": f"{row['year']}年 {c.fixed(row['value'], decimals)}"}
        words: Spec = {"align": "left" if left else "right", "fontWeight": "bold"}
        if len(past) > 1:
            layers += c.texts([label], {"x": x, "y": y}, dx=-2 if left else 2, dy=-13, **words)
        else:
            layers += c.texts([label], {"x": x, "y": {"value": 4}}, dx=4, **words)
    return layers


def _words_at_edges(
    shown: Fan, x: Spec, ends: Sequence[float], size: tuple[int, int], decimals: int
) -> list[Spec]:
    """The last projected value and the edges of the bands at the right, apart from each other."""
    found: list[tuple[float, str, bool]] = [
        (row["value"], f"{PROJECTED}  {c.fixed(row['value'], decimals)}", True)
        for row in _points(shown.ahead[-1:])
    ]
    for band in shown.bands:
        for values, edge in ((band.high, "上限"), (band.low, "下限")):
            number = c.known(values[-1]) if values else None
            if number is not None:
                found.append((number, f"{band.name}の{edge}  {c.fixed(values[-1], decimals)}", False))
    per_pixel = (ends[1] - ends[0]) / size[1]
    places = c.spread([value for value, *_ in found], 16 * per_pixel, ends[0], ends[1])
    scale = {"domain": list(ends), "nice": False, "zero": False}
    rows = [
        {"from": value, "to": place, "label": label, "weight": "bold" if bold else "normal"}
        for (value, label, bold), place in zip(found, places, strict=True)
    ]
    at = {"field": "to", "type": "quantitative", "scale": scale}
    rule = {"type": "rule", "color": look.MUTED, "strokeWidth": 0.8, "strokeDash": [1, 2]}
    layers: list[Spec] = [
        {
            "data": {"values": rows},
            "mark": rule,
            "encoding": {
                "x": {"value": {"expr": "width"}},
                "x2": {"value": {"expr": "width+10"}},
                "y": {"field": "from", "type": "quantitative", "scale": scale},
                "y2": {"field": "to"},
            },
        }
    ]
    for weight in ("bold", "normal"):
        mark = {"type": "text", "align": "left", "fontSize": 11.5, "color": look.TEXT, "fontWeight": weight}
        layers.append(
            {
                "data": {"values": [row for row in rows if row["weight"] == weight]},
                "mark": mark,
                "encoding": {"x": {"value": {"expr": "width+13"}}, "y": at, "text": {"field": "label"}},
            }
        )
    return layers


def _marks_named(panels: Sequence[Fan], counted: str) -> str:
    """What line, points and shades are: 「●・実線：実績　○・破線：推計　淡い帯：95 %区間 …」."""
    past = "●・実線" if any(len(panel.past) > 1 for panel in panels) else "●"
    bands = max((panel.bands for panel in panels), key=len)
    shades = ("淡い帯", "濃い帯") if len(bands) == 2 else ("帯",) * len(bands)
    named = [f"{shade}：{band.name}" for shade, band in zip(shades, bands, strict=True)]
    return "　".join([f"{past}：{counted}", f"○・破線：{PROJECTED}", *named])


def _columns(shown: Fan, unit: str, counted: str) -> list[str]:
    edges = [f"{band.name}の{edge}" for band in shown.bands for edge in ("下限", "上限")]
    return [c.headed(counted, unit), c.headed(PROJECTED, unit), *edges]


def _rows(shown: Fan) -> list[c.Row]:
    empty = (None,) * (2 * len(shown.bands))
    rows: list[c.Row] = [(f"{year}", value, None, *empty) for year, value in shown.past]
    for at, (year, value) in enumerate(shown.ahead):
        edges = [side[at] for band in shown.bands for side in (band.low, band.high)]
        rows.append((f"{year}", None, value, *edges))
    return rows


def _first(shown: Fan) -> Number | None:
    there = [value for _, value in (*shown.past, *shown.ahead) if c.known(value) is not None]
    return there[0] if there else None


def _last(shown: Fan) -> Number | None:
    there = [value for _, value in (*shown.past, *shown.ahead) if c.known(value) is not None]
    return there[-1] if there else None


def _told(shown: Fan, decimals: int, counted: str) -> str:
    parts = []
    for name, values in ((counted, shown.past), (PROJECTED, shown.ahead)):
        if there := _points(values):
            parts.append(
                f"{name} " + "、".join(f"{row['year']}年 {c.fixed(row['value'], decimals)}" for row in there)
            )
    parts += [
        f"{shown.ahead[-1][0]}年の{band.name} {c.fixed(band.low[-1], decimals)}～{c.fixed(band.high[-1], decimals)}"
        for band in shown.bands
        if band.low and c.known(band.low[-1]) is not None
    ]
    return "／".join(parts) or "値なし"
