"""Points and lines: location quotients around 1.0, several series over years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from keniki.press import look
from keniki.press.charts import Chart, Number, Spec

from . import common as c

#: Quotients beyond it stand at the right edge with their number: to scale they would press all others together.
QUOTIENT_MOST: Final = 5.0
#: Lines of one picture.
LINES_MOST: Final = 12
_WIDTH = 420
_SHAPES = (*look.SHAPES, "triangle-right", "triangle-left")


def quotients(title: str, categories: Sequence[str], series: Mapping[str, c.Values]) -> Chart:
    """Location quotients (特化係数): a mark per series and category on both sides of the rule at 1.0.

    ValueError where a series is not as long as the categories.
    """
    c.same_length(categories, series, "categories")
    values = [value for row in series.values() for value in row]
    numbers = [number for value in values if (number := c.known(value)) is not None]
    within = [number for number in numbers if 0 <= number <= QUOTIENT_MOST]
    high = c.domain([*within, 2.0])[1]
    beyond = any(number > high for number in numbers)
    ends = [0.0, high * 1.28 if beyond else high]
    y, lines = c.rows_axis(categories)
    x = c.number_axis(ends, grid=True, values=_ticks(high))
    colours = c.shades(len(series))
    points, labels = [], []
    for part, row in enumerate(series.values()):
        for at, value in enumerate(row):
            number = c.known(value)
            if number is None:
                continue
            outside = number > high or number < 0
            place = high * 1.1 if number > high else max(number, 0.0)
            points.append({"at": at + (part + 1) / (len(series) + 1), "part": part, "value": place})
            if outside or len(series) == 1:
                label = c.fixed(value, 2 if abs(number) < 100 else 0)
                labels.append(
                    {**points[-1], "label": label, "left": not outside and number < 1 and place > high / 5}
                )
    row_height = max(11 * len(series) + 9, 20 if lines == 1 else 28)
    encoding = {"y": y, "x": x}
    layers: list[Spec] = [_stripes(len(categories), y)] if len(series) > 1 else []
    layers += [_beyond(high, ends[1])] if beyond else []
    layers.append(
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": look.TEXT, "strokeWidth": 1.4},
            "encoding": {"x": {"datum": 1}},
        }
    )
    for part in range(len(series)):
        mark = {
            "type": "point",
            "shape": _SHAPES[part % len(_SHAPES)],
            "size": 62,
            "opacity": 1,
            "filled": part % 2 == 0,
            "color": colours[part],
            "strokeWidth": 1.8,
        }
        chosen = [point for point in points if point["part"] == part]
        layers.append({"data": {"values": chosen}, "mark": mark, "encoding": encoding})
    for left in (False, True):
        own = [label for label in labels if label["left"] == left]
        side: Spec = {"align": "right", "dx": -8} if left else {"align": "left", "dx": 8}
        layers += c.texts(own, encoding, fontSize=10, baseline="middle", **side)
    layers += c.names_above(list(series), colours, _WIDTH, shapes=_SHAPES)
    rows = [(category, *(row[at] for row in series.values())) for at, category in enumerate(categories)]
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle="1.0＝比較の基準と同じ" + ("　右の帯は目盛りを超える値（数字で示す）" if beyond else ""),
        size=(_WIDTH, max(len(categories), 1) * row_height),
        columns=("区分", *series),
        rows=rows,
        alt=f"{title}の図：{_quotients_told(categories, series)}",
    )


def lines(
    title: str,
    unit: str,
    years: Sequence[str],
    series: Mapping[str, c.Values],
    decimals: int = 0,
    *,
    base: Number | None = None,
    within: tuple[float, float] | None = None,
) -> Chart:
    """A line per series with its name and last value at the end, a gap where a value is missing.

    `base` is the value of the first year in an index (100) and gets a rule; `within` are the ends of the scale where
    the values have such (0 and 100 for chances). More than twelve series: the first
    twelve are drawn, all stand in the table. ValueError where a series is not as long as the years.
    """
    c.same_length(years, series, "years")
    chosen = list(series.items())[:LINES_MOST]
    size = (470, max(260, 17 * len(chosen) + 30))
    numbers = [number for _, row in chosen for value in row if (number := c.known(value)) is not None]
    held = [*numbers, *([float(base)] if c.known(base) is not None and base is not None else [])]
    ends = c.domain(held, zero=False, room=0.06)
    if held and min(held) >= 0 and min(held) < 0.35 * max(held):
        ends = c.domain(held, room=0.04)
    ends = list(within) if within is not None else ends
    x, y = c.years_axis(years, size[0]), c.number_axis(ends, grid=True)
    x["scale"]["padding"] = 0.5
    colours = c.shades(len(chosen))
    layers: list[Spec] = []
    if base is not None and c.known(base) is not None:
        rule = {"type": "rule", "color": look.MUTED, "strokeDash": [2, 3], "strokeWidth": 1.3}
        layers.append({"data": {"values": [{}]}, "mark": rule, "encoding": {"y": {"datum": float(base)}}})
    for part, (_, row) in enumerate(chosen):
        layers += _line(part, row, colours[part], x, y)
    layers += _ends(
        [name for name, _ in chosen], [row for _, row in chosen], colours, ends, size, decimals, x
    )
    told = [
        (
            name,
            f"{years[span[0]]} {c.fixed(row[span[0]], decimals)}→{years[span[1]]} {c.fixed(row[span[1]], decimals)}",
        )
        if (span := _span(row))
        else (name, c.ABSENT)
        for name, row in series.items()
    ]
    index = f"┈┈ 基準 {c.fixed(base, decimals)}" if base is not None else ""
    some = f"図は{len(series)}のうち初めの{len(chosen)}" if len(series) > len(chosen) else ""
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words(unit, index, some),
        size=size,
        columns=("区分", *years),
        rows=[(name, *row) for name, row in series.items()],
        alt=f"{title}の折れ線グラフ{c.bracketed(unit)}：{c.listed(told)}",
    )


def _ticks(high: float) -> list[float]:
    size = c.step(high)
    return [round(size * count, 6) for count in range(int(high / size + 1e-9) + 1)]


def _beyond(start: float, end: float) -> Spec:
    """The strip of what is beyond the scale."""
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rect", "color": "#e9eef5"},
        "encoding": {
            "x": {"datum": start},
            "x2": {"datum": end},
            "y": {"value": 0},
            "y2": {"value": {"expr": "height"}},
        },
    }


def _stripes(count: int, y: Spec) -> Spec:
    """Every second category on pale ground, so that the marks of one are seen together."""
    return {
        "data": {"values": [{"at": at, "to": at + 1} for at in range(0, count, 2)]},
        "mark": {"type": "rect", "color": "#f7f7f7"},
        "encoding": {"y": y, "y2": {"field": "to"}, "x": {"value": 0}, "x2": {"value": {"expr": "width"}}},
    }


def _quotients_told(categories: Sequence[str], series: Mapping[str, c.Values]) -> str:
    """The highest of each series."""
    told = []
    for name, row in series.items():
        there = [
            (number, category)
            for category, value in zip(categories, row, strict=True)
            if (number := c.known(value)) is not None
        ]
        if there:
            best = sorted(there, key=lambda one: -one[0])[:3]
            told.append(
                f"{name} " + "、".join(f"{category}{c.fixed(number, 2)}" for number, category in best)
            )
    return "／".join(told) + " が高い" if told else "値なし"


def _span(row: c.Values) -> tuple[int, int] | None:
    """The places of the first and the last value."""
    there = [at for at, value in enumerate(row) if c.known(value) is not None]
    return (there[0], there[-1]) if there else None


def _line(part: int, row: c.Values, colour: str, x: Spec, y: Spec) -> list[Spec]:
    """A series: one stretch of line between gaps, a point of its shape at each value."""
    data, stretch = [], 0
    for at, value in enumerate(row):
        number = c.known(value)
        if number is None:
            stretch += 1
        else:
            data.append({"at": at, "value": number, "stretch": stretch})
    again = part >= len(look.SHAPES)
    line = {"type": "line", "color": colour, "strokeWidth": 2, "strokeDash": list(look.DASHES[part % 6])}
    point = {
        "type": "point",
        "shape": look.SHAPES[part % 6],
        "size": 46,
        "color": colour,
        "fill": look.WHITE if again else colour,
        "opacity": 1,
        "strokeWidth": 1.6,
    }
    encoding = {"x": x, "y": y}
    detail = {"detail": {"field": "stretch", "type": "nominal"}}
    own = {"data": {"values": data}}
    return [
        {**own, "mark": line, "encoding": {**encoding, **detail}},
        {**own, "mark": point, "encoding": encoding},
    ]


def _ends(
    names: Sequence[str],
    rows: Sequence[c.Values],
    colours: Sequence[str],
    ends: Sequence[float],
    size: tuple[int, int],
    decimals: int,
    x: Spec,
) -> list[Spec]:
    """Name and last value of each line right of the drawing, apart from each other, led to by a thin line."""
    per_pixel = (ends[1] - ends[0]) / size[1]
    spans = [_span(row) for row in rows]
    lasts = [c.known(row[span[1]]) or 0.0 if span else ends[0] for row, span in zip(rows, spans, strict=True)]
    places = c.spread(lasts, 16 * per_pixel, ends[0], ends[1])
    data = [
        {
            "at": span[1] if span else 0,
            "there": span is not None,
            "from": last,
            "to": place,
            "part": part,
            "colour": colour,
            "label": f"{name}  {c.fixed(row[span[1]] if span else None, decimals)}",
        }
        for part, (name, row, colour, span, last, place) in enumerate(
            zip(names, rows, colours, spans, lasts, places, strict=True)
        )
    ]
    scale = {"domain": list(ends), "nice": False, "zero": False}
    start = {"field": "from", "type": "quantitative", "scale": scale}
    at = {"field": "to", "type": "quantitative", "scale": scale}
    colour = {"field": "colour", "type": "nominal", "scale": None}
    layers: list[Spec] = [
        {
            "data": {"values": [row for row in data if row["there"]]},
            "mark": {"type": "rule", "strokeWidth": 0.8, "strokeDash": [1, 2]},
            "encoding": {
                "x": x,
                "x2": {"value": {"expr": "width+6"}},
                "y": start,
                "y2": {"field": "to"},
                "color": colour,
            },
        }
    ]
    for row in data:
        mark = {
            "type": "point",
            "shape": look.SHAPES[row["part"] % 6],
            "size": 46,
            "color": row["colour"],
            "fill": look.WHITE if row["part"] >= 6 else row["colour"],
            "opacity": 1,
        }
        place = {"x": {"value": {"expr": "width+11"}}, "y": at}
        layers.append({"data": {"values": [row]}, "mark": mark, "encoding": place})
    layers.append(
        {
            "data": {"values": data},
            "mark": {"type": "text", "align": "left", "fontSize": 11.5, "color": look.TEXT},
            "encoding": {"x": {"value": {"expr": "width+19"}}, "y": at, "text": {"field": "label"}},
        }
    )
    return layers
