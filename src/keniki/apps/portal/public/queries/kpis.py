"""The published KPIs with their standing, table and chart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils import timezone

from keniki.apps.compacts.models import Kpi
from keniki.apps.compacts.queries.kpis import Standing, chart_of, last_closed_year, standing, table
from keniki.apps.portal.public import published
from keniki.apps.regions.models import Origin, Region
from keniki.core.fiscal_year import FiscalYear, format_short
from keniki.press import charts
from keniki.rulebooks.kpi import status_rule

#: Widths of a chart's drawing area: beside another one, and on a phone.
CHART_WIDTHS = {"wide": 430, "narrow": 250}
CHART_HEIGHT = 220


@dataclass(frozen=True)
class KpiSheet:
    """A KPI with its standing and the rows of its table: (fiscal year, target, actual)."""

    standing: Standing
    rows: list[tuple[int, Decimal | None, Decimal | None]]
    baseline: str
    origin: Origin | None

    @property
    def kpi(self) -> Kpi:
        return self.standing.kpi

    @property
    def actual(self) -> Decimal | None:
        """The actual of the year that is judged."""
        return plain(self.standing.actual)


def kpi_sheets(region: Region) -> list[KpiSheet]:
    """The published KPIs, each judged by its latest actual up to the last year that is over."""
    return [sheet(kpi) for kpi in published.kpis(region)]


def sheet(kpi: Kpi) -> KpiSheet:
    """One KPI's table, without actuals of the running year."""
    year = last_closed_year()
    rows = [(row.year, plain(row.target), plain(row.actual)) for row in table(kpi, year)]
    known = [row for row in rows if row[1] is not None or row[2] is not None]
    return KpiSheet(standing(kpi, year), known, baseline_words(kpi), kpi.taken_from)


def kpi_chart(found: KpiSheet, width: int) -> charts.Chart:
    """The KPI's chart with the numbers of its table, drawn `width` units wide."""
    chart = chart_of(found.kpi, last_closed_year())
    return replace(chart, spec={**chart.spec, "width": width, "height": CHART_HEIGHT})


def baseline_words(kpi: Kpi) -> str:
    """「612人（R1～R3平均）」; empty without a baseline."""
    if kpi.baseline_value is None:
        return ""
    years = [FiscalYear(int(year)) for year in kpi.baseline_years]
    label = kpi.baseline_label or "、".join(format_short(year) for year in years)
    return f"{plain(kpi.baseline_value):,}{kpi.unit}" + (f"（{label}）" if label else "")


def status_statement() -> str:
    """The rule by which a KPI's standing is judged, as printed under the table."""
    return status_rule(timezone.localdate()).value.statement


def plain(value: Decimal | None) -> Decimal | None:
    """A stored decimal without the zeros the database adds."""
    if value is None:
        return None
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
