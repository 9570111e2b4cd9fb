"""Charts of the workbench and the outlook of joint costs, each with the table of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from keniki.press import look
from keniki.press.book_charts import Band, Fan, fans, lines
from keniki.press.book_charts import common as c
from keniki.press.charts import Chart, Spec

from .comparing import Comparison
from .outlooking import Ahead, Course

#: Rules and solutions of one picture.
MOST: Final = 10
_WIDTH: Final = 470
_THOUSAND: Final = Decimal(1000)


def compared(comparison: Comparison, names: Mapping[str, str], chosen: str = "") -> Chart:
    """A mark per town and rule: what each pays, in thousand yen. The chosen rule comes first, then up to ten in all."""
    columns = sorted(comparison.columns, key=lambda column: column.key != chosen)[:MOST]
    title = "定めと理論の解による負担額の比較"
    towns = [names[code] for code in comparison.codes]
    values = {
        column.name: [_thousand(column.amounts.get(code)) for code in comparison.codes] for column in columns
    }
    labels = [column.name for column in columns]
    numbers = [number for row in values.values() for value in row if (number := c.known(value)) is not None]
    y, rows = c.rows_axis(towns)
    x = c.number_axis(c.domain(numbers, room=0.03), grid=True)
    colours = c.shades(len(columns))
    layers: list[Spec] = []
    for part, row in enumerate(values.values()):
        points = [
            {"at": at + (part + 1) / (len(columns) + 1), "value": number}
            for at, value in enumerate(row)
            if (number := c.known(value)) is not None
        ]
        mark = {
            "type": "point",
            "shape": look.SHAPES[part % len(look.SHAPES)],
            "size": 62,
            "opacity": 1,
            "filled": part % 2 == 0,
            "color": colours[part],
            "strokeWidth": 1.8,
        }
        layers.append({"data": {"values": points}, "mark": mark, "encoding": {"y": y, "x": x}})
    layers += c.names_above(labels, colours, _WIDTH, shapes=look.SHAPES)
    some = (
        f"図は{len(comparison.columns)}のうち{len(columns)}" if len(comparison.columns) > len(columns) else ""
    )
    told = [
        (name, "・".join(f"{label}{c.fixed(row[at])}" for label, row in values.items()))
        for at, name in enumerate(towns)
    ]
    return c.drawn(
        {"layer": layers},
        title=title,
        subtitle=c.unit_words("千円", some),
        size=(_WIDTH, max(len(towns), 1) * max(9 * len(columns) + 9, 20 if rows == 1 else 28)),
        columns=("市町村", *labels),
        rows=[(name, *(row[at] for row in values.values())) for at, name in enumerate(towns)],
        alt=f"{title}（千円）：{c.listed(told, 6)}",
    )


def staying(ahead: Ahead, chosen: str = "") -> Chart | None:
    """How likely each rule stays in the core by fiscal year, in per cent; None where nothing was tested."""
    rows = [course for course in ahead.courses if course.in_core is not None]
    rows.sort(key=lambda course: course.key != chosen)
    if not rows:
        return None
    series = {
        course.name: [round(float(value) * 100, 1) for value in course.in_core]
        for course in rows
        if course.in_core is not None
    }
    labels = [f"{year}" for year in ahead.years]
    return lines("どの組合せも単独・一部で行うより高くならない確率", "％", labels, series, 0, within=(0, 100))


def fanned(
    ahead: Ahead,
    course: Course,
    names: Mapping[str, str],
    now: Mapping[str, int],
    year: int,
    *,
    each: bool = False,
) -> Chart | None:
    """What each town pays under a rule year by year: the middle and the 80 % interval; None where it cannot be shared.

    In thousand yen, with this year's amounts (`now`); with `each` by resident in yen.
    """
    values = course.each if each else course.amounts
    if values is None:
        return None
    low, middle, high = values if each else values / 1000
    panels = []
    for at, code in enumerate(ahead.codes):
        band = Band("80 %区間", _listed(low[:, at]), _listed(high[:, at]))
        panels.append(
            Fan(
                names[code],
                [] if each else [(year, _thousand(now.get(code)))],
                list(zip(ahead.years, _listed(middle[:, at]), strict=True)),
                [band] if ahead.drawn else [],
            )
        )
    if each:
        return fans(f"{course.name}による住民1人当たりの負担額の見通し", "円", panels, 1)
    return fans(f"{course.name}による負担額の見通し", "千円", panels, counted="今年度の額")


def _listed(values: Sequence[float]) -> list[float]:
    return [round(float(value), 1) for value in values]


def _thousand(value: float | None) -> Decimal | None:
    return None if value is None else (Decimal(round(value)) / _THOUSAND).quantize(Decimal("0.1"))
