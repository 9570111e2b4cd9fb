"""The population pyramid (人口ピラミッド): men to the left, women to the right, another year as an outline."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.press import look
from keniki.press.charts import Chart, Spec

from . import common as c

_WIDTH, _CLASS_HEIGHT = 460, 16
_MALE, _FEMALE = look.SERIES[0], look.SERIES[1]


def pyramid(
    title: str,
    classes: Sequence[str],
    male: c.Values,
    female: c.Values,
    *,
    outline: tuple[str, c.Values, c.Values] | None = None,
) -> Chart:
    """Persons by age class (the youngest first, drawn lowest) and sex; `outline` is another year's name, men, women.

    A class without a number has no bar and 「―」 in its place. ValueError where a series is not as long as the classes.
    """
    given = {"男": male, "女": female}
    if outline:
        given |= {f"{outline[0]} 男": outline[1], f"{outline[0]} 女": outline[2]}
    c.same_length(classes, given, "classes")
    numbers = [
        abs(number) for row in given.values() for value in row if (number := c.known(value)) is not None
    ]
    most = c.domain(numbers)[1]
    count = len(classes)
    x = c.number_axis([-most, most], labelExpr=c.AXIS_NUMBER.replace("datum.value < 0", "false"), grid=True)
    y = {
        "field": "low",
        "type": "quantitative",
        "scale": {"domain": [0, max(count, 1)], "nice": False, "zero": False},
        "axis": {
            "title": None,
            "grid": False,
            "values": [place + 0.5 for place in range(count)],
            "labelExpr": f"{c.written(classes)}[datum.value - 0.5]",
            "labelFontSize": 11,
            "labelLimit": 150,
            "tickCount": count,
        },
    }
    layers: list[Spec] = []
    absent: list[Spec] = []
    for name, row, side, colour in (("男", male, -1, _MALE), ("女", female, 1, _FEMALE)):
        data = []
        for place, value in enumerate(row):
            number = c.known(value)
            if number is None:
                absent.append({"low": place + 0.5, "value": side * most * 0.03, "label": c.ABSENT})
            else:
                data.append({"low": place + 0.07, "high": place + 0.93, "value": side * number, "zero": 0})
        layers.append(
            {
                "data": {"values": data},
                "mark": {"type": "rect", "color": colour, "opacity": 0.82},
                "encoding": {"x": x, "x2": {"field": "zero"}, "y": y, "y2": {"field": "high"}},
            }
        )
        head = f"{name}　{c.fixed(c.summed(row))}"
        where = {"expr": f"width/2{'-' if side < 0 else '+'}12"}
        layers += c.words(
            head,
            {"value": where},
            {"value": -9},
            align="right" if side < 0 else "left",
            color=colour,
            fontWeight="bold",
            fontSize=12.5,
        )
    layers += c.texts(absent, {"x": x, "y": y}, color=look.MUTED, fontSize=10)
    if outline:
        layers += _outline(outline[1], -1, x, y) + _outline(outline[2], 1, x, y)
    columns = ["年齢", "男", "女"]
    rows: list[c.Row] = [
        (name, male[place], female[place], *((outline[1][place], outline[2][place]) if outline else ()))
        for place, name in enumerate(classes)
    ]
    if outline:
        columns += [f"{outline[0]} 男", f"{outline[0]} 女"]
    rows.append(("計", *(c.summed(row) for row in given.values())))
    told = [(name, c.fixed(c.summed(row))) for name, row in given.items()]
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle="単位：人" + (f"　黒い線：{outline[0]}" if outline else ""),
        size=(_WIDTH, max(count, 1) * _CLASS_HEIGHT),
        columns=columns,
        rows=rows,
        alt=f"{title}の人口ピラミッド（人）：計 {c.listed(told)}{_widest(classes, male, female)}",
    )


def _outline(row: c.Values, side: int, x: Spec, y: Spec) -> list[Spec]:
    """A line around where the bars of the other year would end, broken where a number is missing."""
    data, stretch, order = [], 0, 0
    for place, value in enumerate(row):
        number = c.known(value)
        if number is None:
            stretch += 1
            continue
        for edge in (place, place + 1):
            data.append({"low": edge, "value": side * number, "order": order, "stretch": stretch})
            order += 1
    line = {"type": "line", "color": look.TEXT, "strokeWidth": 1.5, "interpolate": "linear"}
    encoding = {
        "x": x,
        "y": y,
        "order": {"field": "order", "type": "quantitative"},
        "detail": {"field": "stretch", "type": "nominal"},
    }
    return [{"data": {"values": data}, "mark": line, "encoding": encoding}] if data else []


def _widest(classes: Sequence[str], male: c.Values, female: c.Values) -> str:
    both = [(c.known(one) or 0.0) + (c.known(other) or 0.0) for one, other in zip(male, female, strict=True)]
    return f"、最も多い年齢 {classes[both.index(max(both))]}" if any(both) else ""
