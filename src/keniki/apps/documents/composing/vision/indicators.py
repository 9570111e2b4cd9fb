"""成果指標（KPI）of a vision: one table of them, and a chart with its numbers for each."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import cast

from keniki.apps.compacts.models import Kpi
from keniki.core import fiscal_year
from keniki.press import blocks as b
from keniki.press import charts

from .records import Records

#: Of a chart between its axes: wide enough for small print, low enough for three on a page with their numbers.
CHART_SIZE = (440, 130)


def indicators(r: Records, kpis: Sequence[Kpi], place: str) -> list[b.Block]:
    """The table of these indicators, and under it the chart of each that has numbers to draw."""
    drawn = [kpi for kpi in kpis if kpi.direction != Kpi.Direction.UNDECIDED or _known(r, kpi)]
    return [kpi_table(r, kpis, place), *(chart(r, kpi, place) for kpi in drawn)]


def chart(r: Records, kpi: Kpi, place: str) -> b.Block:
    """Baseline, targets and actuals over the years as a picture with its numbers, 未入力 where there are none."""
    if not _known(r, kpi):
        missing = r.gaps.missing(place, f"「{kpi.name}」の目標値", kpi, label="目標値・実績値")
        return b.Paragraph(b.text(f"「{kpi.name}」の推移　", missing), align="left")
    drawn = _drawn(r, kpi)
    unit = f"（{kpi.unit}）" if kpi.unit else ""
    years = [b.Column(str(row[0]), 1, "right") for row in drawn.rows]
    return b.Group(
        (
            b.Figure(b.Image(drawn.svg(), drawn.alt), width=0.68),
            b.DataTable(
                columns=(b.Column(unit, 1.4), *years),
                rows=tuple(
                    (label, *(_number(row[at]) for row in drawn.rows))
                    for at, label in enumerate(("基準値", "目標", "実績"), 1)
                ),
                size="small",
            ),
        )
    )


def kpi_table(r: Records, kpis: Sequence[Kpi], place: str) -> b.Block:
    rows = []
    for kpi in kpis:
        targets = list(kpi.targets.all())
        target: b.TextLike
        if kpi.direction == Kpi.Direction.UNDECIDED:
            target = "検討中"
        elif targets:
            last = targets[-1]
            by = fiscal_year.format_short(last.fiscal_year)
            target = f"{amount(last.value, kpi.unit)}{_bound(kpi)}\n（{by}）"
        else:
            target = r.gaps.missing(place, f"「{kpi.name}」の目標値", kpi)
        rows.append((kpi.name, baseline(r, kpi, place), target, kpi.get_direction_display()))
    return b.DataTable(
        columns=(
            b.Column("指標", 5),
            b.Column("基準値（年度）", 3, "right"),
            b.Column("目標値（年度）", 3, "right"),
            b.Column("方向", 1.5, "center"),
        ),
        rows=tuple(rows),
    )


def baseline(r: Records, kpi: Kpi, place: str) -> b.TextLike:
    if kpi.baseline_value is None:
        if kpi.direction == Kpi.Direction.UNDECIDED:
            return b.NOTHING
        return r.gaps.missing(place, f"「{kpi.name}」の基準値", kpi)
    years = [int(year) for year in kpi.baseline_years]
    label = kpi.baseline_label
    if not label and years:
        label = fiscal_year.format_short(years[0])
        if len(years) > 1:
            label += f"～{fiscal_year.format_short(years[-1])}"
        if kpi.baseline_average:
            label += "平均"
    return f"{amount(kpi.baseline_value, kpi.unit)}" + (f"\n（{label}）" if label else "")


def amount(value: Decimal, unit: str) -> str:
    """`1,234人`, `2.5％` without trailing zeros."""
    plain = f"{value:,f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return f"{plain}{unit}"


def _bound(kpi: Kpi) -> str:
    return {
        Kpi.Direction.CEILING: "以内",
        Kpi.Direction.FLOOR: "以上",
        Kpi.Direction.CUMULATIVE: "（累計）",
    }.get(Kpi.Direction(kpi.direction), "")


def _known(r: Records, kpi: Kpi) -> set[int]:
    """The years of which a target or an actual is known."""
    return {target.fiscal_year for target in kpi.targets.all()} | set(r.actuals[kpi.pk])


def _number(value: object) -> b.CellValue:
    if not isinstance(value, Decimal):
        return b.NOTHING
    return int(value) if value == int(value) else value.normalize()


def _drawn(r: Records, kpi: Kpi) -> charts.Chart:
    label = fiscal_year.format_short
    known = _known(r, kpi) | {int(year) for year in r.years}
    years = list(range(min(known), max(known) + 1))
    at = max(map(int, kpi.baseline_years), default=None) if kpi.baseline_value is not None else None
    if at is not None and at not in years:
        years = [at, *years] if at < years[0] else [*years, at]
    return charts.kpi_line(
        kpi.name,
        kpi.unit,
        cast(charts.Direction, kpi.direction),
        baseline=None if at is None else charts.KpiPoint(label(at), kpi.baseline_value),
        targets=[charts.KpiPoint(label(one.fiscal_year), one.value) for one in kpi.targets.all()],
        actuals=[charts.KpiPoint(label(year), value) for year, value in sorted(r.actuals[kpi.pk].items())],
        years=[label(year) for year in years],
        size=CHART_SIZE,
    )
