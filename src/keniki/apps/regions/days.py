"""Periods of whole days: `DateRange` is half-open in the database, people name the last day."""

from __future__ import annotations

from datetime import date, timedelta

from psycopg.types.range import DateRange

from keniki.core import era
from keniki.core.errors import WrongInput


def period(first: date | None, last: date | None = None) -> DateRange:
    """Days from `first` to `last`, both included; None is open. WrongInput when it ends before it begins."""
    if first is not None and last is not None and last < first:
        raise WrongInput("終わりの日が始まりの日より前です。日付を確かめてください。")
    return DateRange(first, era.day_after(last) if last else None, "[)")


def last_day(valid: DateRange) -> date | None:
    """The last day of a period; None while it is open."""
    return valid.upper - timedelta(days=1) if valid.upper else None


def in_words(valid: DateRange) -> str:
    """「令和2年10月9日から」, 「令和2年10月9日から令和7年3月31日まで」"""
    first = f"{era.format_date(valid.lower)}から" if valid.lower else ""
    last = last_day(valid)
    return f"{first}{era.format_date(last)}まで" if last else first or "期限なし"
