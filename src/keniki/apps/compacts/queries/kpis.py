"""KPIs with their actuals and how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import Http404

from keniki.apps.compacts import counted
from keniki.apps.compacts.kpi_status import Direction, Goal, Status, Verdict, accumulated, due_in, kpi_status
from keniki.apps.compacts.models import Kpi, KpiTarget
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year
from keniki.core.fiscal_year import FiscalYear
from keniki.press import charts
from keniki.rulebooks.kpi import StatusRule, status_rule


@dataclass(frozen=True)
class YearRow:
    """One fiscal year of a KPI: target as set, value due on the way, actual, verdict."""

    year: int
    target: Decimal | None
    due: Decimal | None
    actual: Decimal | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Standing:
    """How a KPI stands by its latest actual, that of `year`.

    `awaited` is the year whose actual is still to come in (None: nothing is missing); `countable` is false where
    nobody can count.
    """

    kpi: Kpi
    year: int
    actuals: dict[int, Decimal]
    verdict: Verdict
    awaited: int | None = None
    countable: bool = True

    @property
    def last_target(self) -> KpiTarget | None:
        return next(reversed(list(self.kpi.targets.all())), None)

    @property
    def actual(self) -> Decimal | None:
        return self.actuals.get(self.year)


def kpis(region: Region) -> list[Kpi]:
    """All KPIs in order with targets and readings."""
    return list(
        Kpi.objects.filter(region=region)
        .select_related("vision", "initiative", "region", "source")
        .prefetch_related("targets", "readings")
    )


def kpi(region: Region, slug: str) -> Kpi:
    """One KPI; 404 when the region has none of that name."""
    found = (
        Kpi.objects.filter(region=region, slug=slug)
        .select_related("vision", "initiative", "region", "source")
        .prefetch_related("targets", "readings")
        .first()
    )
    if found is None:
        raise Http404("KPIが見つかりません。")
    return found


def goal_of(kpi: Kpi) -> Goal:
    """What the KPI aims at, for the pure rule."""
    years = [int(year) for year in kpi.baseline_years]
    return Goal(
        direction=Direction(kpi.direction),
        targets={target.fiscal_year: target.value for target in kpi.targets.all()},
        baseline=kpi.baseline_value,
        baseline_year=max(years) if years else None,
    )


def years_of(kpi: Kpi, fallback: int) -> list[int]:
    """The fiscal years of a KPI's table, up to the last target or actual; `fallback` where neither is known.

    They begin with the first of these, or with the year after the baseline where a way leads from there.
    """
    targets = [target.fiscal_year for target in kpi.targets.all()]
    readings = [reading.fiscal_year for reading in kpi.readings.all()]
    known = [*targets, *readings]
    if not known:
        return [fallback]
    way = targets and kpi.direction in (Kpi.Direction.INCREASE, Kpi.Direction.DECREASE)
    first = min([*known, *(year + 1 for year in kpi.baseline_years[-1:] if way)])
    return list(range(first, max(known) + 1))


def actuals_of(kpi: Kpi, years: list[int]) -> dict[int, Decimal]:
    """Typed actuals, or counted ones; counted cumulative KPIs as sums up to each year."""
    if kpi.count_query is None:
        return {reading.fiscal_year: reading.value for reading in kpi.readings.all()}
    found = counted.actuals(kpi, years) or {}
    return accumulated(found) if kpi.direction == Kpi.Direction.CUMULATIVE else found


def standing(kpi: Kpi, until: int) -> Standing:
    """How the KPI stands by its latest actual up to the fiscal year `until` (or its last target's year)."""
    goal = goal_of(kpi)
    last = min(until, goal.final_year) if goal.final_year else until
    years = [year for year in years_of(kpi, last) if year <= last]
    actuals = {year: value for year, value in actuals_of(kpi, years).items() if year <= last}
    judged = max(actuals, default=last)
    countable = kpi.count_query is None or counted.actuals(kpi, [judged]) is not None
    verdict = kpi_status(goal, judged, actuals.get(judged), rule_in(judged))
    asked = verdict.status is not Status.CONSIDERING and countable and bool(years)
    return Standing(kpi, judged, actuals, verdict, last if asked and last not in actuals else None, countable)


def table(kpi: Kpi, until: int | None = None) -> list[YearRow]:
    """Every year of the KPI with target, value due, actual and verdict (for years with an actual).

    Actuals are those up to the fiscal year `until` (this year by default).
    """
    this_year = int(FiscalYear.of(regions.today()))
    last = this_year if until is None else until
    goal = goal_of(kpi)
    years = years_of(kpi, this_year)
    found = actuals_of(kpi, [year for year in years if year <= last])
    actuals = {year: value for year, value in found.items() if until is None or year <= until}
    return [
        YearRow(
            year=year,
            target=goal.targets.get(year),
            due=due_in(goal, year) if goal.direction is not Direction.UNDECIDED else None,
            actual=actuals.get(year),
            verdict=kpi_status(goal, year, actuals[year], rule_in(year)) if year in actuals else None,
        )
        for year in years
    ]


def chart_of(kpi: Kpi, until: int | None = None) -> charts.Chart:
    """Baseline, targets and actuals over the KPI's years; `until` as in `table`."""
    rows = table(kpi, until)
    years = [row.year for row in rows]
    at = max(kpi.baseline_years) if kpi.baseline_years and kpi.baseline_value is not None else None
    if at is not None and at not in years:
        years = [at, *years] if not years or at < years[0] else years
    label = fiscal_year.format_short
    baseline = charts.KpiPoint(label(at), kpi.baseline_value) if at in years and at is not None else None
    return charts.kpi_line(
        kpi.name,
        kpi.unit,
        kpi.direction,  # type: ignore[arg-type]
        baseline=baseline,
        targets=[charts.KpiPoint(label(row.year), row.target) for row in rows if row.target is not None],
        actuals=[charts.KpiPoint(label(row.year), row.actual) for row in rows if row.actual is not None],
        years=[label(year) for year in years],
    )


def rule_in(year: int) -> StatusRule:
    """The status rule at the end of a fiscal year."""
    return status_rule(FiscalYear(year).last_day).value


def last_closed_year() -> int:
    """The fiscal year before the running one: the last whose actuals can be whole."""
    return int(FiscalYear.of(regions.today())) - 1


def tally(standings: list[Standing]) -> list[tuple[Status, int]]:
    """How many KPIs stand how, those that occur, in the order of the statuses."""
    found = [row.verdict.status for row in standings if row.countable]
    return [(status, found.count(status)) for status in Status if status in found]
