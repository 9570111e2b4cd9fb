"""Bars that lie: one value per place against references, and two or more series side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keniki.press import look
from keniki.press.charts import Chart, Number, Spec

from . import common as c

_RULES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))
_WIDTH = 460


def bars(
    title: str,
    unit: str,
    places: Sequence[str],
    values: c.Values,
    *,
    references: Mapping[str, Number] | None = None,
    intervals: Sequence[tuple[float, float] | None] | None = None,
    decimals: int = 0,
    highlight: Sequence[str] = (),
) -> Chart:
    """A bar per place with its value written, rules for what it is held against (圏域, 都道府県, 全国), whiskers for
    the interval in which the true value lies.

    Highlighted places are dark with bold names, the others pale. ValueError where values or intervals are not as many
    as the places.
    """
    c.same_length(
        places, {title: values, **({"intervals": intervals} if intervals is not None else {})}, "places"
    )
    spans = list(intervals) if intervals is not None else [None] * len(places)
    rules = {name: value for name, value in (references or {}).items() if c.known(value) is not None}
    numbers = [c.known(value) for value in values]
    ends = c.domain(
        [
            *(number for number in numbers if number is not None),
            *(float(value) for value in rules.values()),
            *(edge for span in spans if span for edge in span),
        ],
        room=0.02,
        left=0.1,
    )
    y, lines = c.names_axis(places, bold=highlight)
    x = c.number_axis(ends, grid=True)
    data = [
        {
            "at": at,
            "value": number,
            "colour": look.SERIES[0] if not highlight or place in highlight else "#8fb4dc",
        }
        for at, (place, number) in enumerate(zip(places, numbers, strict=True))
        if number is not None
    ]
    whiskers = [{"at": at, "value": span[0], "high": span[1]} for at, span in enumerate(spans) if span]
    colour = {"field": "colour", "type": "nominal", "scale": None}
    layers: list[Spec] = [
        {
            "data": {"values": data},
            "mark": {"type": "bar", "height": {"band": 0.66}},
            "encoding": {"y": y, "x": x, "color": colour},
        },
        *_rules(rules, ends, decimals),
        *_whiskers(whiskers, x, y),
        *_numbers(values, spans, decimals, x, y),
    ]
    whole = intervals is not None
    rows = [
        (place, value, *((span[0], span[1]) if span else (None, None) if whole else ()))
        for place, value, span in zip(places, values, spans, strict=True)
    ]
    rows += [(name, value, *((None, None) if whole else ())) for name, value in (references or {}).items()]
    told = [(place, c.fixed(value, decimals)) for place, value in zip(places, values, strict=True)]
    held = "".join(f"／{name} {c.fixed(value, decimals)}" for name, value in rules.items())
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words(unit, "├─┤ 真の値があると見込まれる幅" if whiskers else ""),
        size=(_WIDTH, max(len(places), 1) * (19 if lines == 1 else 28)),
        columns=("市町村", c.headed(title, unit), *(("下限", "上限") if whole else ())),
        rows=rows,
        alt=f"{title}の棒グラフ{c.bracketed(unit)}：{c.listed(told)}{held}",
    )


def paired(
    title: str,
    unit: str,
    categories: Sequence[str],
    series: Mapping[str, c.Values],
    decimals: int = 1,
) -> Chart:
    """Bars side by side in each category, e.g. region and nation by industry, each with its value.

    ValueError where a series is not as long as the categories.
    """
    c.same_length(categories, series, "categories")
    colours = c.shades(len(series))
    values = [value for row in series.values() for value in row]
    ends = c.domain(
        [number for value in values if (number := c.known(value)) is not None], room=0.02, left=0.1
    )
    y, lines = c.names_axis(categories)
    y["scale"]["paddingInner"] = 0.22
    x = c.number_axis(ends, grid=True)
    order = {"field": "part", "type": "ordinal", "scale": {"domain": list(range(len(series)))}}
    data, labels = [], []
    named: set[int] = set()
    for part, (name, row) in enumerate(series.items()):
        for at, value in enumerate(row):
            number = c.known(value)
            place = {"at": at, "part": part, "value": number or 0.0, "colour": colours[part]}
            if number is not None:
                data.append(place)
            first = number is not None and part not in named
            if first:
                named.add(part)
            text = c.fixed(value, decimals)
            labels.append(
                {**place, "label": f"{text}  {name}" if first else text, "left": (number or 0.0) < 0}
            )
    colour = {"field": "colour", "type": "nominal", "scale": None}
    row_height = max(13 * max(len(series), 1) + 7, 19 if lines == 1 else 28)
    encoding = {"y": y, "x": x, "yOffset": order}
    layers: list[Spec] = [
        {
            "data": {"values": data},
            "mark": {"type": "bar", "stroke": look.WHITE, "strokeWidth": 0.5},
            "encoding": {**encoding, "color": colour},
        },
        _zero(),
    ]
    for left in (False, True):
        chosen = [label for label in labels if label["left"] == left]
        layers += c.texts(
            chosen,
            encoding,
            align="right" if left else "left",
            dx=-4 if left else 4,
            fontSize=10,
            baseline="middle",
        )
    layers += c.names_above(list(series), colours, _WIDTH)
    rows = [(category, *(row[at] for row in series.values())) for at, category in enumerate(categories)]
    told = [
        (category, "・".join(f"{name}{c.fixed(row[at], decimals)}" for name, row in series.items()))
        for at, category in enumerate(categories)
    ]
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words(unit),
        size=(_WIDTH, max(len(categories), 1) * row_height),
        columns=("区分", *(c.headed(name, unit) for name in series)),
        rows=rows,
        alt=f"{title}の比較の棒グラフ{c.bracketed(unit)}：{c.listed(told, 8)}",
    )


def _zero() -> Spec:
    rule = {"type": "rule", "color": look.MUTED, "strokeWidth": 0.8}
    return {"data": {"values": [{}]}, "mark": rule, "encoding": {"x": {"datum": 0}}}


def _rules(rules: Mapping[str, Number], ends: Sequence[float], decimals: int) -> list[Spec]:
    """Rules through all bars, each named left of its upper end, higher where the name would meet another rule."""
    span = ends[1] - ends[0]
    placed: list[tuple[float, int]] = []
    layers: list[Spec] = []
    names: list[Spec] = []
    for order, (name, value) in enumerate(sorted(rules.items(), key=lambda rule: float(rule[1]))):
        text = f"{name} {c.fixed(value, decimals)}"
        end = (float(value) - ends[0]) / span * _WIDTH
        start = end - c.text_width(text, 11) - 10
        line = max((below + 1 for other, below in placed if other > start), default=0)
        placed.append((end, line))
        colour = (look.SERIES[1], look.SERIES[3], look.SERIES[2], look.SERIES[5])[order % 4]
        dash = list(_RULES[order % 4])
        layers.append(
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "color": colour, "strokeWidth": 1.6, "strokeDash": dash},
                "encoding": {
                    "x": {"datum": float(value)},
                    "y": {"value": -18 - 15 * line},
                    "y2": {"value": {"expr": "height"}},
                },
            }
        )
        names += c.words(
            text,
            {"datum": float(value)},
            {"value": -10 - 15 * line},
            color=colour,
            fontWeight="bold",
            align="right",
            dx=-4,
        )
    return layers + names


def _whiskers(whiskers: Sequence[Spec], x: Spec, y: Spec) -> list[Spec]:
    if not whiskers:
        return []
    data = {"values": list(whiskers)}
    tick = {"type": "tick", "color": look.TEXT, "thickness": 1.4, "size": 8}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": look.TEXT, "strokeWidth": 1.4},
            "encoding": {"y": y, "x": x, "x2": {"field": "high"}},
        },
        {"data": data, "mark": tick, "encoding": {"y": y, "x": x}},
        {"data": data, "mark": tick, "encoding": {"y": y, "x": {**x, "field": "high"}}},
    ]


def _numbers(
    values: c.Values, spans: Sequence[tuple[float, float] | None], decimals: int, x: Spec, y: Spec
) -> list[Spec]:
    """The values beyond the end of bar and whisker, left of those below zero."""
    layers: list[Spec] = []
    data: list[Spec] = []
    for at, (value, span) in enumerate(zip(values, spans, strict=True)):
        number = c.known(value) or 0.0
        edges = (number, *(span or ()))
        end = min(edges) if number < 0 else max(edges)
        data.append({"at": at, "value": end, "label": c.fixed(value, decimals), "left": number < 0})
    for left in (False, True):
        layers += c.texts(
            [row for row in data if row["left"] == left],
            {"x": x, "y": y},
            align="right" if left else "left",
            dx=-5 if left else 5,
            baseline="middle",
        )
    return layers
