"""Pictures of training: how many named the right class in each case."""

from __future__ import annotations

from typing import Final

from keniki.press import look
from keniki.press.charts import Chart, framed

from .queries.training import Results

_ROW: Final = 26


def right_chart(results: Results) -> Chart:
    """A bar for each case: who named the right class, in per cent of those who answered."""
    rows = [(each.case.title, each.share, each.right, each.answered) for each in results.cases]
    data = [
        {
            "case": title,
            "share": share or 0,
            "label": "―" if share is None else f"{share}％（{right}／{answered}人）",
        }
        for title, share, right, answered in rows
    ]
    y = {
        "field": "case",
        "type": "nominal",
        "sort": [title for title, *_ in rows],
        "axis": {"title": None, "labelLimit": 260},
    }
    x = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 130]},
        "axis": {"title": None, "values": [0, 50, 100]},
    }
    label = {"type": "text", "align": "left", "dx": 4, "fontSize": 12, "color": look.TEXT}
    bar = {"type": "bar", "color": look.SERIES[2], "height": {"band": 0.6}}
    spec = framed(
        {
            "data": {"values": data},
            "layer": [
                {"mark": bar, "encoding": {"x": x, "y": y}},
                {"mark": label, "encoding": {"x": x, "y": y, "text": {"field": "label"}}},
            ],
        },
        title="【訓練】区分が合った人の割合",
        subtitle="正しい区分を答えた人 ÷ 答えた人（％）",
        size=(420, _ROW * max(1, len(rows))),
    )
    listed = "、".join(f"{title} {'―' if share is None else share}％" for title, share, *_ in rows)
    return Chart(
        spec,
        ("事例", "区分が合った割合（％）", "合った人", "答えた人"),
        tuple(rows),
        f"事例ごとに区分が合った人の割合の棒グラフ：{listed}",
    )
