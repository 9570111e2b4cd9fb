"""Pictures of the stockpile: how much of each need is there, what a plan costs and how far it comes year by year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from keniki.core.fiscal_year import format_short
from keniki.core.money import in_unit
from keniki.press import look
from keniki.press.charts import Chart, framed, stacked_by_municipality, year_bars
from keniki.rulebooks.disaster.standards import GROUPS

from .queries.stock_plans.positions import Position

#: Bars end here; what is more says so in its number.
_FULL: Final = 100
_ROW: Final = 22


def coverage_chart(position: Position) -> Chart:
    """A bar for each item: what is there in per cent of the need of all towns together (充足率)."""
    rows = [(row.name, row.covered, row.joint.has, row.joint.minimum, row.unit) for row in position.rows]
    data = [
        {"item": name, "shown": min(covered, _FULL), "label": f"{covered:,}％", "state": _state(covered)}
        for name, covered, *_ in rows
    ]
    order = [name for name, *_ in rows]
    y = {"field": "item", "type": "nominal", "sort": order, "axis": {"title": None, "labelLimit": 220}}
    x = {
        "field": "shown",
        "type": "quantitative",
        "scale": {"domain": [0, 115]},
        "axis": {"title": None, "values": [0, 50, 100]},
    }
    colours = {
        "field": "state",
        "type": "nominal",
        "legend": {"title": None, "orient": "top"},
        "scale": {
            "domain": ["足りる", "不足", "なし"],
            "range": [look.SERIES[2], look.SERIES[1], look.MUTED],
        },
    }
    label = {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "color": look.TEXT}
    spec = framed(
        {
            "data": {"values": data},
            "layer": [
                {
                    "mark": {"type": "bar", "height": {"band": 0.65}},
                    "encoding": {"x": x, "y": y, "color": colours},
                },
                {"mark": label, "encoding": {"x": x, "y": y, "text": {"field": "label"}}},
            ],
        },
        title="備蓄の充足率",
        subtitle="圏域の在庫 ÷ 圏域の必要量（％）",
        size=(420, _ROW * max(1, len(rows))),
    )
    listed = "、".join(f"{name} {covered:,}％" for name, covered, *_ in rows)
    return Chart(
        spec,
        ("品目", "充足率（％）", "在庫", "必要量", "単位"),
        tuple(rows),
        f"備蓄の充足率の棒グラフ：{listed}",
    )


def cost_chart(title: str, result: Mapping[str, Any], groups: Mapping[str, str]) -> Chart:
    """A bar for each fiscal year in 千円, stacked by the group of items (`groups` by item)."""
    years = [format_short(each["year"]) for each in result["years"]]
    values: dict[str, list[int | None]] = {}
    for key, name in GROUPS.items():
        row: list[int | None] = [
            int(in_unit(sum(one["cost"] for one in each["purchases"] if groups.get(one["item"]) == key)))
            for each in result["years"]
        ]
        if any(row):
            values[name] = list(row)
    if len(values) > 1:
        drawn = stacked_by_municipality(f"{title}　購入費", "千円", years, values)
        listed = "、".join(
            f"{year} {int(in_unit(each['cost'])):,}"
            for year, each in zip(years, result["years"], strict=True)
        )
        return Chart(
            drawn.spec,
            ("品目の区分", *drawn.columns[1:]),
            drawn.rows,
            f"{title}の年度別の購入費の積み上げ棒グラフ（千円）：{listed}",
        )
    bars = [(year, int(in_unit(each["cost"]))) for year, each in zip(years, result["years"], strict=True)]
    return year_bars(f"{title}　購入費", "千円", bars)


def reach_chart(title: str, result: Mapping[str, Any]) -> Chart:
    """A bar for each fiscal year: the mean over the bought items of stock ÷ final goal on 31 March, per cent."""
    goals: Mapping[str, int] = result["goals"]
    bars = []
    for each in result["years"]:
        parts = [min(1.0, each["stock"].get(key, 0) / goals[key]) for key in each["goal"] if goals.get(key)]
        bars.append((format_short(each["year"]), int(100 * sum(parts) / len(parts)) if parts else None))
    return year_bars(f"{title}　年度末の充足率（購入する品目の平均）", "％", bars, series=0)


def _state(covered: int) -> str:
    return "足りる" if covered >= _FULL else "不足" if covered else "なし"
