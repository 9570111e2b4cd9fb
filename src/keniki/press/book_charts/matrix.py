"""A table of flows as colours (通勤・通学の流動), with the numbers in the cells."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from keniki.press import look
from keniki.press.charts import Chart, Spec

from . import common as c

_HIGH, _LOW = (0x00, 0x55, 0xAD), (0xC7, 0x47, 0x00)
_ABSENT = "#e8e8e8"


def matrix(
    title: str,
    unit: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[c.Values],
    decimals: int = 1,
    *,
    said: str = "行から列へ、濃いほど大きい",
) -> Chart:
    """A cell per row and column, darker for more (by the square root, so that small flows are told apart too), orange
    below zero, grey with 「―」 where missing; `said` stands below the title. ValueError where the values are not rows ×
    columns.
    """
    if len(values) != len(rows):
        raise ValueError(f"{len(values)} rows of values for {len(rows)} rows")
    c.same_length(columns, dict(zip(map(str, range(len(rows))), values, strict=True)), "columns")
    numbers = [number for row in values for value in row if (number := c.known(value)) is not None]
    most = max((abs(number) for number in numbers), default=0.0)
    longest = max((c.text_width(c.fixed(value, decimals), 10) for row in values for value in row), default=20)
    cell = max(24.0, min(longest + 7, 64.0, max(620 / max(len(columns), 1), 24.0)))
    size = 10.0 if longest <= cell - 3 else max(10.0 * (cell - 3) / longest, 6.0)
    width, height = round(cell * max(len(columns), 1)), 21 * max(len(rows), 1)
    y, _ = c.names_axis(rows, size=11)
    x = _columns_axis(columns, cell)
    data = []
    for at, row in enumerate(values):
        for column, value in enumerate(row):
            number = c.known(value)
            colour = _ABSENT if number is None else _shade(number, most)
            fits = c.text_width(c.fixed(value, decimals), size) <= cell
            data.append(
                {
                    "at": at,
                    "column": column,
                    "colour": colour,
                    "ink": look.MUTED if number is None else c.ink(colour),
                    "label": c.fixed(value, decimals) if fits else "",
                }
            )
    place = {"x": x, "y": y}
    fill = {"field": "colour", "type": "nominal", "scale": None}
    layers: list[Spec] = [
        {
            "data": {"values": data},
            "mark": {"type": "rect", "stroke": look.WHITE, "strokeWidth": 1},
            "encoding": {**place, "fill": fill},
        },
        {
            "data": {"values": data},
            "mark": {"type": "text", "fontSize": round(size, 1), "baseline": "middle"},
            "encoding": {
                **place,
                "text": {"field": "label"},
                "color": {"field": "ink", "type": "nominal", "scale": None},
            },
        },
    ]
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words(unit, said),
        size=(width, height),
        columns=("", *columns),
        rows=[(name, *row) for name, row in zip(rows, values, strict=True)],
        alt=f"{title}の表{c.bracketed(unit)}：{_largest(rows, columns, values, decimals)}",
    )


def _columns_axis(columns: Sequence[str], cell: float) -> Spec:
    """The columns' names above: along where they fit, else upwards."""
    along = all(c.text_width(name, 11) <= cell - 2 for name in columns)
    axis = {
        "title": None,
        "orient": "top",
        "labelExpr": f"{c.written(columns)}[datum.value]",
        "labelAngle": 0 if along else -55,
        "labelFontSize": 11,
        "labelLimit": 160,
        "labelOverlap": False,
        "domain": False,
        "ticks": False,
    }
    if not along:
        axis |= {"labelAlign": "left", "labelBaseline": "middle"}
    return {
        "field": "column",
        "type": "ordinal",
        "scale": {"domain": list(range(len(columns)))},
        "axis": axis,
    }


def _shade(value: float, most: float) -> str:
    part = sqrt(abs(value) / most) if most else 0.0
    strong = _LOW if value < 0 else _HIGH
    return "#" + "".join(f"{round(247 - (247 - channel) * part):02x}" for channel in strong)


def _largest(rows: Sequence[str], columns: Sequence[str], values: Sequence[c.Values], decimals: int) -> str:
    there = [
        (abs(number), f"{name}→{column}", c.fixed(value, decimals))
        for name, row in zip(rows, values, strict=True)
        for column, value in zip(columns, row, strict=True)
        if (number := c.known(value)) is not None
    ]
    there.sort(key=lambda one: -one[0])
    return f"{len(rows)}行{len(columns)}列、大きい順に " + (
        "、".join(f"{name} {value}" for _, name, value in there[:5]) or "値なし"
    )
