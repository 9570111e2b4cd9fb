"""The day a rule means by its words for the time of a figure (時点), for a fiscal year."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta
from typing import Final

from keniki.core import era
from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

_BEFORE: Final = {
    "前々": 2, "一昨": 2, "前": 1, "昨": 1, "": 0, "当該": 0, "当": 0, "その": 0, "同": 0, "本": 0, "翌": -1,
}  # fmt: skip
_RELATIVE = re.compile(
    r"(?P<which>前々|一昨|前|昨|当該|当|その|同|本|翌)(?P<unit>年度|年)の?"
    r"(?:(?P<month>\d{1,2})月(?P<day>\d{1,2})日|(?P<end>末))"
)
_ALONE = re.compile(r"(?<![年度\d])(?P<month>\d{1,2})月(?P<day>\d{1,2})日")
_FULL = re.compile(
    r"(?:(?:令和|平成|昭和|R|H|S)\s*(?:元|\d{1,2})|\d{4})年(?:\(\d{4}年\))?\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2}"
)
_CENSUS = re.compile(r"(?P<year>(?:令和|平成|昭和)\s*(?:元|\d{1,2})年|\d{4}年)\s*の?国勢調査")


def day_of(text: str, year: int) -> date | None:
    """The day that 「負担する年度の前年9月30日」, 「前年度末」, 「令和2年国勢調査」 or a date mean for a fiscal year.

    「前年」 counts calendar years from the one in which the fiscal year begins, 「前年度」 fiscal years; a day
    without a year is the last one before the fiscal year has run a day. None where no day is meant.

    >>> day_of("負担する年度の前年9月30日", 2024)
    datetime.date(2023, 9, 30)
    >>> day_of("前年度の1月1日", 2024), day_of("前年1月1日", 2024)
    (datetime.date(2024, 1, 1), datetime.date(2023, 1, 1))
    >>> day_of("4月1日", 2024), day_of("9月30日現在", 2024)
    (datetime.date(2024, 4, 1), datetime.date(2023, 9, 30))
    >>> day_of("令和2年国勢調査", 2024)
    datetime.date(2020, 10, 1)
    """
    written = plain(text).replace(" ", "")
    if found := _FULL.search(written):
        with suppress(WrongInput):
            return era.parse_date(found[0])
        return None
    if found := _CENSUS.search(written):
        with suppress(WrongInput):
            return date(era.parse_year(found["year"]), 10, 1)
        return None
    if found := _RELATIVE.search(written):
        base = year - _BEFORE[found["which"]]
        if found["end"]:
            return FiscalYear(base).last_day if found["unit"] == "年度" else date(base, 12, 31)
        month, day = int(found["month"]), int(found["day"])
        return _day(base + (found["unit"] == "年度" and month < 4), month, day)
    if found := _ALONE.search(written):
        month, day = int(found["month"]), int(found["day"])
        own = _day(year, month, day)
        return own if own is None or own <= FiscalYear(year).first_day else _day(year - 1, month, day)
    return None


def last_day_of(period: str, year: int, *, fiscal: bool = False) -> date:
    """The last day of what a statistic's figure is of: `2023-09-30`, `2020-10`, or its year, a `fiscal` one to March.

    >>> last_day_of("2023-09-30", 2023), last_day_of("2020-10", 2020), last_day_of("", 2022, fiscal=True)
    (datetime.date(2023, 9, 30), datetime.date(2020, 10, 31), datetime.date(2023, 3, 31))
    """
    with suppress(ValueError):
        return date.fromisoformat(period)
    if found := re.fullmatch(r"(\d{4})-(\d{2})", period):
        month = int(found[2])
        with suppress(ValueError):
            after = date(int(found[1]) + month // 12, month % 12 + 1, 1)
            return after - timedelta(days=1)
    return FiscalYear(year).last_day if fiscal else date(year, 12, 31)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
