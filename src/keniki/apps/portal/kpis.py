"""How all of a region's KPIs stand, by the one rule that `compacts` states."""

from __future__ import annotations

from keniki.apps.compacts.kpi_status import Status
from keniki.apps.compacts.models import Kpi
from keniki.apps.compacts.queries.kpis import Standing, kpis, tally
from keniki.apps.compacts.queries.kpis import standing as standing_until
from keniki.apps.regions.models import Region
from keniki.core.fiscal_year import FiscalYear

__all__ = ["Standing", "standing", "standings", "summary"]


def standing(kpi: Kpi, year: FiscalYear) -> Standing:
    """How the KPI stands by its latest actual up to the fiscal year."""
    return standing_until(kpi, int(year))


def standings(region: Region, year: FiscalYear) -> list[Standing]:
    """All KPIs of the region."""
    return [standing(kpi, year) for kpi in kpis(region)]


def summary(region: Region, year: FiscalYear) -> list[tuple[Status, int]]:
    """How many KPIs stand how, in the order of the statuses."""
    return tally(standings(region, year))
