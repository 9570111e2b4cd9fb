"""Japanese holidays and the days a municipal office is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final

import holidays as published

from keniki.core.errors import WrongInput

YEARS: Final = range(1949, 2100)
EQUINOXES: Final = ("春分の日", "秋分の日")


@dataclass(frozen=True)
class Calendar:
    """Holidays with the office's own exceptions, for 1949 to 2099.

    `overrides` names days that are holidays (or closed) beside the law's, and with None days that are not.
    `year_end` are the first and last closed day at the turn of the year as (month, day): an ordinance of each
    municipality sets them (地方自治法4条の2), mostly 29 December to 3 January; None for no closing.
    """

    overrides: Mapping[date, str | None] = field(default_factory=lambda: MappingProxyType({}))
    year_end: tuple[tuple[int, int], tuple[int, int]] | None = ((12, 29), (1, 3))

    def holiday_name(self, day: date) -> str | None:
        """The holiday's name, None on any other day."""
        if day in self.overrides:
            return self.overrides[day]
        return _holidays_of(day.year).get(day)

    def is_holiday(self, day: date) -> bool:
        """Whether the day is a holiday (Sundays alone are not)."""
        return self.holiday_name(day) is not None

    def is_business_day(self, day: date) -> bool:
        """Whether the office is open: no Saturday, Sunday, holiday or day at the turn of the year.

        An override of None opens a day at the turn of the year too, but no Saturday or Sunday.
        """
        if day.weekday() >= 5:
            return False
        if day in self.overrides:
            return self.overrides[day] is None
        return not self.is_holiday(day) and not self._is_year_end(day)

    def next_business_day(self, day: date) -> date:
        """`day` itself if the office is open, else the next day that it is."""
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day

    def previous_business_day(self, day: date) -> date:
        """`day` itself if the office is open, else the last day before that it was."""
        while not self.is_business_day(day):
            day -= timedelta(days=1)
        return day

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th business day after `day` (before it when negative); 0 gives `next_business_day`."""
        if count == 0:
            return self.next_business_day(day)
        step = timedelta(days=1 if count > 0 else -1)
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def _is_year_end(self, day: date) -> bool:
        if self.year_end is None:
            return False
        first, last = self.year_end
        return (day.month, day.day) >= first or (day.month, day.day) <= last


def announced_through(today: date) -> date:
    """The last day whose equinoxes are fixed on `today`: each February announces the next year's."""
    announcement = Calendar().next_business_day(date(today.year, 2, 1))
    return date(today.year + 1 if today >= announcement else today.year, 12, 31)


def is_estimate(day: date, today: date) -> bool:
    """Whether `day` is or adjoins an equinox that is only computed: not yet announced on `today`."""
    return day > announced_through(today) and any(
        Calendar().holiday_name(day + timedelta(days=near)) in EQUINOXES for near in (-2, -1, 0, 1, 2)
    )


@cache
def _holidays_of(year: int) -> dict[date, str]:
    if year not in YEARS:
        raise WrongInput(f"{year}年の祝日は計算できません。{YEARS[0]}年～{YEARS[-1]}年の日付にしてください。")
    return dict(published.country_holidays("JP", years=year, language="ja"))
