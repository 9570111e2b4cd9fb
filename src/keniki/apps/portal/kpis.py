"""How the region's KPIs stand: targets from `compacts`, counted actuals from `activities`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from keniki.apps.activities.queries import count_query_actuals
from keniki.apps.compacts.kpi_status import Direction, Goal, Status, Verdict, accumulated, kpi_status
from keniki.apps.compacts.models import Kpi
from keniki.apps.regions.models import Region
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.kpi import status_rule


@dataclass(frozen=True)
class Standing:
    """A KPI with its actuals and how it stands in a year."""

    kpi: Kpi
    year: FiscalYear
    actuals: dict[int, Decimal]
    verdict: Verdict

    @property
    def actual(self) -> Decimal | None:
        return self.actuals.get(int(self.year))


def actuals_of(kpi: Kpi, years: Iterable[int]) -> dict[int, Decimal]:
    """Typed actuals, and counted ones for the years asked; cumulative KPIs as sums up to each year."""
    found = {reading.fiscal_year: reading.value for reading in kpi.readings.all()}
    if kpi.count_query:
        found.update({year: actual.value for year, actual in count_query_actuals(kpi, years).items()})
    return accumulated(found) if kpi.direction == Kpi.Direction.CUMULATIVE and kpi.count_query else found


def goal_of(kpi: Kpi) -> Goal:
    """What the KPI aims at, for the pure rule."""
    years = [int(year) for year in kpi.baseline_years]
    return Goal(
        direction=Direction(kpi.direction),
        targets={target.fiscal_year: target.value for target in kpi.targets.all()},
        baseline=kpi.baseline_value,
        baseline_year=max(years) if years else None,
    )


def standing(kpi: Kpi, year: FiscalYear) -> Standing:
    """How the KPI stands in the fiscal year; in a vision that is over, in its last year."""
    goal = goal_of(kpi)
    last = goal.final_year
    judged = FiscalYear(min(int(year), last)) if last else year
    first = min([*goal.targets, goal.baseline_year or int(judged)], default=int(judged))
    actuals = actuals_of(kpi, range(first, int(judged) + 1))
    rule = status_rule(judged.last_day).value
    return Standing(kpi, judged, actuals, kpi_status(goal, int(judged), actuals.get(int(judged)), rule))


def standings(region: Region, year: FiscalYear) -> list[Standing]:
    """All KPIs of the region."""
    rows = Kpi.objects.prefetch_related("targets", "readings").order_by("order", "slug")
    return [standing(kpi, year) for kpi in rows]


def summary(region: Region, year: FiscalYear) -> list[tuple[Status, int]]:
    """How many KPIs stand how, in the order of the statuses."""
    counted = Counter(row.verdict.status for row in standings(region, year))
    return [(status, counted[status]) for status in Status if counted[status]]
