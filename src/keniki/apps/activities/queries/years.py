"""Whether a fiscal year takes entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keniki.apps.activities.models import YearClosing
from keniki.apps.regions.models import Region
from keniki.core import fiscal_year


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
