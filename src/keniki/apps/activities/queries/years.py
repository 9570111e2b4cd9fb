"""Whether a fiscal year takes entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max, Min
from django.utils import timezone

from keniki.apps.activities.models import YearClosing
from keniki.apps.compacts.models import Initiative, Vision
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear


@dataclass(frozen=True)
class YearState:
    """The state of a region's fiscal year; `reason` is what was written when it was last reopened."""

    year: int
    state: str
    label: str
    reason: str = ""
    version: int | None = None

    @property
    def is_closed(self) -> bool:
        return self.state == YearClosing.State.CLOSED

    @property
    def is_reopened(self) -> bool:
        return self.state == YearClosing.State.REOPENED

    @property
    def why_read_only(self) -> str:
        """The sentence a form shows while the year is closed; empty otherwise."""
        if not self.is_closed:
            return ""
        year = fiscal_year.format_table(self.year)
        return f"{year}は締め切られています。訂正するには、事務局が理由を付けて年度を再開します。"


def year_state(region: Region, year: int) -> YearState:
    """The state of one fiscal year; a year nobody closed is open."""
    return year_states(region, [year])[year]


def year_states(region: Region, years: Sequence[int]) -> dict[int, YearState]:
    """The states of several fiscal years, in one query."""
    rows = {row.fiscal_year: row for row in YearClosing.objects.filter(region=region, fiscal_year__in=years)}
    found = {}
    for year in years:
        row = rows.get(year)
        if row is None:
            found[year] = YearState(year, YearClosing.State.OPEN, YearClosing.State.OPEN.label)
        else:
            found[year] = YearState(year, row.state, row.get_state_display(), row.reason, row.version)
    return found


def years_of_region(region: Region) -> tuple[int, int]:
    """The first and last fiscal year in which anything of the region can be recorded.

    From the year in which its first programme, membership or initiative began, to next year (plans) or the last year
    of its programmes, initiatives and visions where that is later.
    """
    now = int(FiscalYear.of(timezone.localdate()))
    first, last = [], [now + 1]
    for programme in region.programmes.all():
        lower, upper = programme.valid.lower, programme.last_day
        first += [programme.first_fiscal_year, FiscalYear.of(lower) if lower else None]
        last += [programme.last_fiscal_year or now, FiscalYear.of(upper) if upper else now]
    first += [FiscalYear.of(row.valid.lower) for row in region.memberships.all() if row.valid.lower]
    own = Initiative.objects.filter(region=region).aggregate(first=Min("first_year"), last=Max("last_year"))
    own["vision"] = Vision.objects.filter(region=region).aggregate(last=Max("last_year"))["last"]
    begun = [int(year) for year in (*first, own["first"]) if year is not None]
    return min(begun, default=now), max(
        int(year) for year in (*last, own["last"] or now, own["vision"] or now)
    )


def check_year(region: Region, year: int, *, column: str = "fiscal_year") -> None:
    """Raise `WrongInput` for a fiscal year that is none of the region's."""
    first, last = years_of_region(region)
    if not first <= year <= last:
        known = f"{fiscal_year.format_table(first)}～{fiscal_year.format_table(last)}"
        given = fiscal_year.format_table_with_western(year) if 1868 <= year <= fiscal_year.LAST else f"{year}"
        raise WrongInput(
            f"{given}は、この圏域の年度（{known}）ではありません。年度を確かめてください。"
            "制度や取組の期間が違うときは、先にそちらを直します。",
            column=column,
        )
