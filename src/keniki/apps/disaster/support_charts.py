"""The picture of plans: how many of a town's list have one."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.press import look
from keniki.press.charts import Chart, framed

from .queries.support.people import TownNumbers


def plan_chart(rows: Sequence[TownNumbers]) -> Chart:
    """A bar for each town: persons with a plan, persons without one yet, with the share in words."""
    shown = [row for row in rows if row.people]
    data = [
        {"town": row.town.name, "state": state, "people": number, "order": order}
        for row in shown
        for order, (state, number) in enumerate(
            (("計画あり", row.plans), ("計画なし", row.people - row.plans))
        )
    ]
    labels = [{"town": row.town.name, "people": row.people, "label": f"{row.share}％"} for row in shown]
    order = [row.town.name for row in shown]
    most = max((row.people for row in shown), default=1)
    y = {"field": "town", "type": "nominal", "sort": order, "axis": {"title": None, "labelLimit": 220}}
    colours = {
        "field": "state",
        "type": "nominal",
        "legend": {"title": None, "orient": "top"},
        "scale": {"domain": ["計画あり", "計画なし"], "range": [look.SERIES[2], look.MUTED]},
    }
    x = {
        "field": "people",
        "type": "quantitative",
        "stack": "zero",
        "axis": {"title": "人", "tickCount": min(5, most), "format": ",d"},
    }
    label = {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "color": look.TEXT}
    spec = framed(
        {
            "layer": [
                {
                    "data": {"values": data},
                    "mark": {"type": "bar", "height": {"band": 0.65}},
                    "encoding": {"y": y, "x": x, "color": colours, "order": {"field": "order"}},
                },
                {
                    "data": {"values": labels},
                    "mark": label,
                    "encoding": {"y": y, "x": {**x, "stack": None}, "text": {"field": "label"}},
                },
            ]
        },
        title="個別避難計画のある人",
        subtitle="避難行動要支援者名簿の人数（人）と、計画のある割合（％）",
        size=(420, 26 * max(1, len(shown))),
    )
    table = tuple((row.town.name, row.people, row.plans, row.share) for row in shown)
    said = "、".join(f"{row.town.name} {row.plans:,}人／{row.people:,}人" for row in shown)
    return Chart(
        spec,
        ("市町村", "名簿の人数", "計画のある人", "割合（％）"),
        table,
        f"個別避難計画のある人の棒グラフ：{said}",
    )
