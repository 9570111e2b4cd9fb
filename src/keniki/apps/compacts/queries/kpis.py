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
from keniki.core.fiscal_year import FiscalYear
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
    """A KPI, the year it is judged in, and how it stands; `countable` is false where nobody can count."""

    kpi: Kpi
    year: int
    actuals: dict[int, Decimal]
    verdict: Verdict
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
    """The fiscal years of a KPI's table: from the one after the baseline to the last target or actual.

    `fallback` stands alone where neither is known.
    """
    targets = [target.fiscal_year for target in kpi.targets.all()]
    readings = [reading.fiscal_year for reading in kpi.readings.all()]
    known = [*targets, *readings]
    if not known:
        return [fallback]
    first = min([*known, *(year + 1 for year in kpi.baseline_years[-1:])])
    return list(range(first, max(known) + 1))


def actuals_of(kpi: Kpi, years: list[int]) -> dict[int, Decimal]:
    """Typed actuals, or counted ones; counted cumulative KPIs as sums up to each year."""
    if kpi.count_query is None:
        return {reading.fiscal_year: reading.value for reading in kpi.readings.all()}
    found = counted.actuals(kpi, years) or {}
    return accumulated(found) if kpi.direction == Kpi.Direction.CUMULATIVE else found


def standing(kpi: Kpi, year: int) -> Standing:
    """How the KPI stands in the fiscal year; after its last target year, in that."""
    goal = goal_of(kpi)
    judged = min(year, goal.final_year) if goal.final_year else year
    actuals = actuals_of(kpi, [each for each in years_of(kpi, judged) if each <= judged])
    countable = kpi.count_query is None or counted.actuals(kpi, [judged]) is not None
    return Standing(
        kpi, judged, actuals, kpi_status(goal, judged, actuals.get(judged), rule_in(judged)), countable
    )


def table(kpi: Kpi) -> list[YearRow]:
    """Every year of the KPI with target, value due, actual and verdict (for years with an actual)."""
    this_year = int(FiscalYear.of(regions.today()))
    goal = goal_of(kpi)
    years = years_of(kpi, this_year)
    actuals = actuals_of(kpi, [year for year in years if year <= this_year])
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


def rule_in(year: int) -> StatusRule:
    """The status rule at the end of a fiscal year."""
    return status_rule(FiscalYear(year).last_day).value


def last_closed_year() -> int:
    """The fiscal year before the running one: the last whose actuals can be whole."""
    return int(FiscalYear.of(regions.today())) - 1


def tally(standings: list[Standing]) -> list[tuple[Status, int]]:
    """How many KPIs stand how, those that occur, in the order of the statuses."""
    found = [row.verdict.status for row in standings]
    return [(status, found.count(status)) for status in Status if status in found]
