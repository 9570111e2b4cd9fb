"""When a share is paid (納期) and how much of it each time: a written `PaymentSpec` in one fiscal year."""

from __future__ import annotations

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from keniki.core.fiscal_year import FiscalYear
from keniki.core.holidays import Calendar
from keniki.rulebooks.sharing import PaymentSpec
from keniki.rulebooks.sharing.spec import DaySpec

from .rounding import Yen, whole


@dataclass(frozen=True)
class DueDate:
    """A day on which money falls due: `nominal_on` as the rule names it, `due_on` where a closed day moved it."""

    nominal_on: date
    due_on: date
    percent: Fraction

    @property
    def is_moved(self) -> bool:
        return self.due_on != self.nominal_on


@dataclass(frozen=True)
class Part:
    """One instalment: its number from 1, whole yen, the rule's day and the day it is due."""

    number: int
    amount: Yen
    nominal_on: date
    due_on: date


def due_dates(payment: PaymentSpec, year: int, calendar: Calendar) -> tuple[DueDate, ...]:
    """The rule's days in a fiscal year, in order; one that the office is closed on moves as the rule says.

    29 February is the 28th where the year has none.

    >>> spec = PaymentSpec.model_validate({"instalments": [{"month": 5, "day": 19}], "closed_days": "previous"})
    >>> [(str(each.nominal_on), str(each.due_on)) for each in due_dates(spec, 2024, Calendar())]
    [('2024-05-19', '2024-05-17')]
    """
    found = []
    for each in payment.instalments:
        nominal = _day_in(year, each)
        moved = nominal
        if payment.closed_days == "next":
            moved = calendar.next_business_day(nominal)
        elif payment.closed_days == "previous":
            moved = calendar.previous_business_day(nominal)
        found.append(DueDate(nominal, moved, Fraction(each.percent)))
    return tuple(found)


def instalments(
    amount: Yen, payment: PaymentSpec, year: int, calendar: Calendar, *, since: date | None = None
) -> tuple[Part, ...]:
    """An amount in the rule's instalments of a fiscal year, to the yen by the largest remainder.

    Up to `payment.above` yen it is one sum on the first day. What is claimed in the middle of a year (`since`) falls
    on the days that are still ahead, the days of notice included, in their own proportion; none where none is ahead.
    A day on which less than a yen would fall due is left out. ValueError for no amount.

    >>> days = [{"month": 5, "day": 20, "percent": 50}, {"month": 11, "day": 20, "percent": 50}]
    >>> spec = PaymentSpec.model_validate({"instalments": days})
    >>> [(each.amount, str(each.due_on)) for each in instalments(100_001, spec, 2024, Calendar())]
    [(50001, '2024-05-20'), (50000, '2024-11-20')]
    >>> [(each.amount, str(each.due_on)) for each in instalments(9, spec, 2024, Calendar(), since=date(2024, 6, 1))]
    [(9, '2024-11-20')]
    """
    if amount < 1:
        raise ValueError(f"{amount} yen have no instalments")
    days: Sequence[DueDate] = due_dates(payment, year, calendar)
    if since is not None:
        first = since + timedelta(days=payment.notice_days or 0)
        days = [each for each in days if each.due_on >= first]
    if not days:
        return ()
    if amount <= payment.above:
        days = days[:1]
    percent = sum(each.percent for each in days)
    parts = {f"{number:02d}": amount * each.percent / percent for number, each in enumerate(days)}
    shares = [(share, each) for share, each in zip(whole(parts, amount).values(), days, strict=True) if share]
    return tuple(
        Part(number, share, each.nominal_on, each.due_on) for number, (share, each) in enumerate(shares, 1)
    )


def _day_in(year: int, each: DaySpec) -> date:
    calendar_year = year if each.month >= FiscalYear(year).first_day.month else year + 1
    return date(calendar_year, each.month, min(each.day, months.monthrange(calendar_year, each.month)[1]))
