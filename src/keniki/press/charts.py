"""Charts in one look: one Vega-Lite definition each, with the table of its numbers, as SVG, PNG or live."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Literal, TypeAlias

from keniki.press import blocks as b
from keniki.press import look

Number: TypeAlias = int | float | Decimal
Spec: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal[
    "increase", "decrease", "maintain", "ceiling", "floor", "cumulative", "undecided"
]

_FONT = f'"{look.SANS}", "Noto Sans JP", "BIZ UDPGothic", "Hiragino Sans", Meiryo, sans-serif'
_GRID = "#e6e6e6"
_LINE_Y: Spec = {
    "field": "value",
    "type": "quantitative",
    "scale": {"zero": False, "padding": 24, "nice": True},
}
_DIRECTIONS: Mapping[Direction, str] = {
    "increase": "増やす",
    "decrease": "減らす",
    "maintain": "維持する",
    "ceiling": "上限以下に保つ",
    "floor": "下限以上に保つ",
    "cumulative": "累計",
    "undecided": "検討中",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the table of its numbers; `alt` says in one sentence what it shows."""

    spec: Spec
    columns: tuple[str, ...]
    rows: tuple[tuple[str | Number | None, ...], ...]
    alt: str

    @property
    def wide(self) -> bool:
        """Whether its letters need the whole width of a page: panels side by side."""
        return bool(self.spec["width"] > 600)

    def vega_spec(self) -> Spec:
        """The Vega-Lite definition for an interactive page, as wide as its place.

        Rims of words, which `svg` writes below their letters, lie above them there.
        """
        return {**deepcopy(self.spec), "width": "container"}

    def svg(self) -> bytes:
        """The chart as SVG, the same bytes for the same numbers."""
        return _drawn(json.dumps(self.spec))

    def png(self, scale: float = 2) -> bytes:
        """The chart as PNG, `scale` times its size in pixels."""
        return svg_to_png(self.svg(), scale)

    def figure(self, caption: b.TextLike = "", width: float = 1.0) -> b.Figure:
        """The chart as a block of a document."""
        return b.Figure(b.Image(self.svg(), self.alt), caption, width)

    def table(self) -> b.DataTable:
        """The numbers as a block of a document; an absent value is 「―」."""
        columns = tuple(
            b.Column(title, 1, "left" if not x else "right") for x, title in enumerate(self.columns)
        )
        rows = tuple(tuple(b.NOTHING if cell is None else _cell(cell) for cell in row) for row in self.rows)
        return b.DataTable(columns, rows, size="small")


@dataclass(frozen=True, slots=True)
class KpiPoint:
    """A value at a year as printed (「R6」); None = not measured yet."""

    year: str
    value: Number | None


def kpi_line(
    name: str,
    unit: str,
    direction: Direction,
    *,
    baseline: KpiPoint | None,
    targets: Sequence[KpiPoint],
    actuals: Sequence[KpiPoint],
    years: Sequence[str],
    size: tuple[int, int] = (560, 250),
) -> Chart:
    """A KPI: baseline (基準値) as a rule, targets (目標) hollow and dashed, actuals (実績) solid.

    Every point's year must be one of `years`, which stand on the axis in the order given. `size` is that of the
    drawing between the axes.
    """
    _known(years, [*targets, *actuals, *([baseline] if baseline else [])])
    axis_x = _years_axis(years)
    goals, found = _kpi_values(targets, actuals, above=False), _kpi_values(actuals, targets, above=True)
    order = {year: place for place, year in enumerate(years)}
    ends = [max((order[value["year"]] for value in values), default=-1) for values in (goals, found)]
    layers: list[Spec] = []
    subtitle = f"単位：{unit}　めざす方向：{_DIRECTIONS[direction]}"
    if goals:
        goal = _Series("目標", look.SERIES[1], "diamond", (5, 4), beside=ends[0] > ends[1])
        layers += _series_layers(goal, goals, axis_x)
    if found:
        actual = _Series("実績", look.SERIES[0], "circle", (1, 0), beside=ends[1] > ends[0], filled=True)
        layers += _series_layers(actual, found, axis_x)
    if baseline is not None and baseline.value is not None:
        layers = _baseline_layers(baseline, axis_x) + layers
        subtitle += f"　┈┈ 基準値（{baseline.year}）{_shown(baseline.value)}{unit}"
    known = [*goals, *found, *([{"value": _plain(baseline.value)}] if baseline and baseline.value else [])]
    if known and min(value["value"] for value in known) >= 0:
        layers = [_without_negative(layer) for layer in layers]
    spec = framed(
        {"layer": layers or [{"data": {"values": []}, "mark": "point", "encoding": {"x": axis_x}}]},
        title=name,
        subtitle=subtitle,
        size=size,
    )
    rows = tuple(_kpi_row(year, baseline, targets, actuals) for year in years)
    return Chart(
        spec,
        ("年度", f"基準値（{unit}）", f"目標（{unit}）", f"実績（{unit}）"),
        rows,
        _kpi_alt(name, unit, rows),
    )


def year_bars(
    title: str, unit: str, values: Sequence[tuple[str, Number | None]], *, series: int = 2
) -> Chart:
    """One bar per year with its value above: grants, participants. A year without a value shows 「―」."""
    data = [{"year": year, "value": _plain(value)} for year, value in values if value is not None]
    absent = [{"year": year, "value": 0, "label": "―"} for year, value in values if value is None]
    x = _years_axis([year for year, _ in values])
    y = {
        "field": "value",
        "type": "quantitative",
        "axis": {"title": None, "format": ",~f"},
        "scale": {"zero": True},
    }
    bar = {"type": "bar", "color": look.SERIES[series], "width": {"band": 0.6}}
    label = {"type": "text", "dy": -8, "fontSize": 12, "color": look.TEXT}
    spec = framed(
        {
            "data": {"values": data},
            "layer": [
                {"mark": bar, "encoding": {"x": x, "y": y}},
                {"mark": label, "encoding": {"x": x, "y": y, "text": {"field": "value", "format": ",~f"}}},
                {
                    "data": {"values": absent},
                    "mark": {**label, "color": look.MUTED},
                    "encoding": {"x": x, "y": y, "text": {"field": "label"}},
                },
            ],
        },
        title=title,
        subtitle=f"単位：{unit}",
    )
    listed = "、".join(f"{year} {_shown(value)}" for year, value in values)
    return Chart(
        spec, ("年度", f"{title}（{unit}）"), tuple(values), f"{title}の棒グラフ（{unit}）：{listed}"
    )


def stacked_by_municipality(
    title: str, unit: str, years: Sequence[str], values: Mapping[str, Sequence[Number | None]]
) -> Chart:
    """One bar per year, one layer per municipality in the order of `values` (first lowest), totals above."""
    names = list(values)
    for name, row in values.items():
        if len(row) != len(years):
            raise ValueError(f"{name}: {len(row)} values for {len(years)} years")
        if any(value is not None and value < 0 for value in row):
            raise ValueError(f"{name}: a negative value cannot be stacked")
    totals = [
        sum((Decimal(str(row[i] or 0)) for row in values.values()), Decimal(0)) for i in range(len(years))
    ]
    largest = max(totals, default=Decimal(1)) or Decimal(1)
    partial = [any(row[i] is None for row in values.values()) for i in range(len(years))]
    shades = palette(len(names))
    data = [
        {
            "year": year,
            "town": name,
            "value": _plain(value),
            "order": order,
            "ink": look.WHITE if dark(shades[order]) else look.TEXT,
            "label": f"{name} {_shown(value)}" if Decimal(str(value)) / largest >= Decimal("0.07") else "",
        }
        for order, (name, row) in enumerate(values.items())
        for year, value in zip(years, row, strict=True)
        if value
    ]
    x = _years_axis(years)
    y = {"field": "value", "type": "quantitative", "stack": "zero", "axis": {"title": None, "format": ",~f"}}
    colours = {"field": "town", "type": "nominal", "scale": {"domain": names, "range": shades}}
    colours["legend"] = {
        "title": None,
        "orient": "right",
        "symbolType": "square",
        "labelFontSize": 11,
        "values": names[::-1],
    }
    order = {"field": "order", "type": "quantitative"}
    label = {"type": "text", "fontSize": 10, "fontWeight": "bold", "baseline": "middle"}
    sums = [
        {"year": year, "total": float(total), "label": _shown(total) + ("※" if lacks else "")}
        for year, total, lacks in zip(years, totals, partial, strict=True)
    ]
    bar = {"type": "bar", "stroke": look.WHITE, "strokeWidth": 1, "width": {"band": 0.72}}
    spec = framed(
        {
            "data": {"values": data},
            "layer": [
                {
                    "mark": bar,
                    "encoding": {"x": x, "y": y, "order": order, "color": colours},
                },
                {
                    "mark": label,
                    "encoding": {
                        "x": x,
                        "y": {**y, "bandPosition": 0.5},
                        "order": order,
                        "detail": {"field": "town"},
                        "text": {"field": "label"},
                        "color": {"field": "ink", "type": "nominal", "scale": None},
                    },
                },
                {
                    "data": {"values": sums},
                    "mark": {
                        "type": "text",
                        "dy": -8,
                        "fontSize": 12,
                        "fontWeight": "bold",
                        "color": look.TEXT,
                    },
                    "encoding": {
                        "x": x,
                        "y": {"field": "total", "type": "quantitative"},
                        "text": {"field": "label"},
                    },
                },
            ],
        },
        title=title,
        subtitle=f"単位：{unit}" + ("　※値のない市町を除く計" if any(partial) else ""),
    )
    rows = tuple((name, *row) for name, row in values.items())
    total_row = ("計", *(int(total) if total == int(total) else total for total in totals))
    alt = f"{title}の市町別積み上げ棒グラフ（{unit}）：" + "、".join(
        f"{year} 計{_shown(total)}" for year, total in zip(years, totals, strict=True)
    )
    return Chart(spec, ("市町", *years), (*rows, total_row), alt)


def palette(count: int) -> list[str]:
    """So many different colours: the six series colours, then lighter and darker kin of them."""
    shades = [1.0, 0.68, 1.45, 0.5]
    if count > len(look.SERIES) * len(shades):
        raise ValueError(f"{count} series are too many to tell apart")
    return [_shaded(colour, shade) for shade in shades for colour in look.SERIES][:count]


@lru_cache(maxsize=1024)
def _drawn(spec: str) -> bytes:
    """Drawing takes a tenth of a second, and a document is composed again whenever it is looked at."""
    _fonts()
    import vl_convert

    return _rimmed(_renumbered(vl_convert.vegalite_to_svg(spec))).encode()


def svg_to_png(svg: bytes, scale: float = 2) -> bytes:
    """SVG as PNG with the bundled fonts; kept a while, since Word file and page ask for the same ones."""
    return _rastered(svg, scale)


@lru_cache(maxsize=128)
def _rastered(svg: bytes, scale: float) -> bytes:
    # Apart from its public form: a default left out and the same one given would be two entries.
    from keniki.press.pdf import svg_as_png

    return svg_as_png(svg, scale)


@dataclass(frozen=True, slots=True)
class _Series:
    """A line of a chart. `beside`: no other line goes on to the right of its last point."""

    title: str
    colour: str
    shape: str
    dash: tuple[int, int]
    beside: bool
    filled: bool = False


def _series_layers(series: _Series, values: list[Spec], x: Spec) -> list[Spec]:
    """Line, points, numbers above or below the points (datum `above`) and the name at the last point.

    The name stands beside that point, or beyond its number where another line passes beside it.
    """
    colour = series.colour
    y = {**_LINE_Y, "axis": {"title": None, "format": ",~f"}}
    encoding: Spec = {"x": x, "y": y}
    line = {"type": "line", "color": colour, "strokeWidth": 2.2, "strokeDash": list(series.dash)}
    point: Spec = {
        "type": "point",
        "shape": series.shape,
        "size": 75,
        "color": colour,
        "opacity": 1,
        "strokeWidth": 2,
    }
    point["fill"] = colour if series.filled else look.WHITE
    last = values[-1]
    place = {"align": "left", "dx": 11, "dy": 1} if series.beside else {"dy": -28 if last["above"] else 30}
    name = {"type": "text", "fontSize": 12.5, "fontWeight": "bold", **place, "text": series.title}
    layers: list[Spec] = [
        {"data": {"values": values}, "mark": line, "encoding": encoding},
        {"data": {"values": values}, "mark": point, "encoding": encoding},
    ]
    for above in (True, False):
        chosen = [value for value in values if value["above"] == above]
        number = {"type": "text", "dy": -13 if above else 15, "fontSize": 11.5}
        shown = {**encoding, "text": {"field": "value", "format": ",~f"}}
        if chosen:
            halo = {**number, "stroke": look.WHITE, "strokeWidth": 3, "color": look.WHITE}
            layers.append({"data": {"values": chosen}, "mark": halo, "encoding": shown})
            layers.append(
                {"data": {"values": chosen}, "mark": {**number, "color": colour}, "encoding": shown}
            )
    named = {"data": {"values": [last]}, "encoding": encoding}
    halo = {"stroke": look.WHITE, "strokeWidth": 3, "color": look.WHITE}
    layers.append({**named, "mark": {**name, **halo}})
    layers.append({**named, "mark": {**name, "color": colour}})
    return layers


def _without_negative(layer: Spec) -> Spec:
    """The layer with nothing on the axis below zero, where the room under the lowest point reaches there."""
    y = layer["encoding"]["y"]
    grid = {"condition": {"test": "datum.value < 0", "value": "transparent"}, "value": _GRID}
    axis = {**y["axis"], "labelExpr": "datum.value < 0 ? '' : datum.label", "gridColor": grid}
    return {**layer, "encoding": {**layer["encoding"], "y": {**y, "axis": axis}}}


def _kpi_values(points: Sequence[KpiPoint], others: Sequence[KpiPoint], *, above: bool) -> list[Spec]:
    """Points with a value; where the other series stands at the same year, the higher number goes above."""
    there = {point.year: point.value for point in others if point.value is not None}
    return [
        {
            "year": point.year,
            "value": _plain(point.value),
            "above": above
            if there.get(point.year) in (None, point.value)
            else point.value > there[point.year],
        }
        for point in points
        if point.value is not None
    ]


def _years_axis(years: Sequence[str]) -> Spec:
    return {
        "field": "year",
        "type": "ordinal",
        "sort": list(years),
        "scale": {"domain": list(years)},
        "axis": {"title": None, "labelAngle": 0},
    }


def _baseline_layers(baseline: KpiPoint, x: Spec) -> list[Spec]:
    """A rule through the baseline with a mark at its year; what it is stands above the chart, where no line runs."""
    y = {**_LINE_Y, "axis": {"title": None, "format": ",~f"}}
    values = [{"year": baseline.year, "value": _plain(baseline.value)}]
    mark = {
        "type": "point",
        "shape": "square",
        "size": 45,
        "color": look.MUTED,
        "fill": look.WHITE,
        "opacity": 1,
    }
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rule", "color": look.MUTED, "strokeDash": [2, 3], "strokeWidth": 1.3},
            "encoding": {"y": y},
        },
        {"data": {"values": values}, "mark": mark, "encoding": {"x": x, "y": y}},
    ]


def framed(body: Spec, *, title: str, subtitle: str, size: tuple[int, int] = (560, 250)) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": size[0],
        "height": size[1],
        "padding": {"left": 4, "right": 16, "top": 4, "bottom": 4},
        "background": look.WHITE,
        "title": {"text": title, "subtitle": subtitle, "anchor": "start", "frame": "group", "offset": 16},
        **body,
        "config": {
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "labelFontSize": 12,
                "titleFontSize": 12,
                "labelColor": look.TEXT_SOFT,
                "gridColor": _GRID,
                "domainColor": look.MUTED,
                "tickColor": look.MUTED,
                "labelPadding": 5,
            },
            "axisX": {"grid": False},
            "axisY": {"domain": False, "ticks": False, "tickCount": 5},
            "title": {
                "fontSize": 14,
                "color": look.TEXT,
                "subtitleFontSize": 12,
                "subtitleColor": look.TEXT_SOFT,
                "subtitlePadding": 5,
            },
            "legend": {"labelColor": look.TEXT},
        },
    }


def _kpi_row(
    year: str, baseline: KpiPoint | None, targets: Sequence[KpiPoint], actuals: Sequence[KpiPoint]
) -> tuple[str | Number | None, ...]:
    def at(points: Sequence[KpiPoint]) -> Number | None:
        return next((point.value for point in points if point.year == year), None)

    return (year, at([baseline] if baseline else []), at(targets), at(actuals))


def _kpi_alt(name: str, unit: str, rows: Sequence[tuple[str | Number | None, ...]]) -> str:
    parts = []
    for title, position in (("基準値", 1), ("目標", 2), ("実績", 3)):
        found = [f"{row[0]} {_shown(row[position])}" for row in rows if row[position] is not None]
        if found:
            parts.append(f"{title} " + "、".join(found))
    return f"{name}の折れ線グラフ（{unit}）：{'／'.join(parts) or '値なし'}"


def _known(years: Sequence[str], points: Sequence[KpiPoint]) -> None:
    for point in points:
        if point.year not in years:
            raise ValueError(f"{point.year} is not one of the years of the axis")


def _plain(value: Number | None) -> int | float | None:
    return float(value) if isinstance(value, Decimal) else value


def _shown(value: object) -> str:
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(str(value))
        return f"{number.normalize():,f}" if number != number.to_integral() else f"{int(number):,}"
    return "―"


def _cell(value: str | Number) -> b.CellValue:
    return Decimal(str(value)) if isinstance(value, float) else value


def _shaded(colour: str, shade: float) -> str:
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    if shade <= 1:
        parts = [round(255 - (255 - part) * shade) for part in parts]
    else:
        parts = [round(part / shade) for part in parts]
    return "#" + "".join(f"{part:02x}" for part in parts)


def dark(colour: str) -> bool:
    """Whether white letters on it reach a contrast of 4.5 (WCAG 2, relative luminance)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


_TEXT = re.compile(r"<text ([^>]*)>(.*?)</text>", re.DOTALL)
_STROKE = re.compile(r' ?stroke(?:-width|-linejoin)?="[^"]*"')


def _rimmed(svg: str) -> str:
    """The letters of every text with a rim once more above it.

    Two texts in the definition would be measured twice, which is most of the work of drawing; `paint-order` is
    drawn letter by letter in PDF, each over its neighbour.
    """

    def above(found: re.Match[str]) -> str:
        marks, words = found.groups()
        if f'stroke="{look.WHITE}"' not in marks or f'fill="{look.WHITE}"' in marks:
            return found[0]
        return f"{found[0]}<text {_STROKE.sub('', marks)}>{words}</text>"

    return _TEXT.sub(above, svg)


def _renumbered(svg: str) -> str:
    """Ids that count up over the life of the process, counted anew from 1 in each picture."""
    found = dict.fromkeys(re.findall(r'\bid="((?:clip|gradient)[^"]*?\d+)"', svg))
    for position, name in enumerate(found, 1):
        svg = re.sub(rf'(id="|url\(#){re.escape(name)}(?=["\)])', rf"\g<1>part-{position}", svg)
    return svg


@cache
def _fonts() -> None:
    import vl_convert

    for folder in sorted({str(path.parent) for path in look.font_files()}):
        vl_convert.register_font_directory(folder)
