"""Pictures of certificates: how bad the certified dwellings are, by town."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.press.charts import Chart, stacked_by_municipality

from .models import Incident
from .queries.certificates import OfTown, class_names


def class_chart(incident: Incident, rows: Sequence[OfTown]) -> Chart:
    """A bar for each town with certificates, stacked by class of damage."""
    shown = [each for each in rows if each.issued] or list(rows)[:1]
    towns = [each.town.name for each in shown]
    values: dict[str, Sequence[int | None]] = {
        name: [each.by_class.get(key, 0) for each in shown]
        for key, name in class_names().items()
        if any(each.by_class.get(key) for each in shown)
    }
    mode = incident.get_mode_display()
    title = f"【{mode}】{incident.title}　罹災証明書の発行"
    drawn = stacked_by_municipality(title, "枚", towns, values or {"なし": [0 for _ in towns]})
    listed = "、".join(f"{each.town.name} {each.issued}枚" for each in shown)
    return Chart(
        drawn.spec, drawn.columns, drawn.rows, f"市町村ごとの罹災証明書の枚数の積み上げ棒グラフ：{listed}"
    )
