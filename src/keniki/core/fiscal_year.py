"""Fiscal years (年度): 1 April to 31 March, named by the year they begin in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, Self

from keniki.core.digits import KANJI_DIGITS, plain, small_number, whole_number
from keniki.core.era import (
    FIRST_DAY,
    era_named,
    era_pattern,
    format_year,
    format_year_short,
    western_year,
)
from keniki.core.errors import WrongInput

LAST: Final = 2117


class FiscalYear(int):
    """A fiscal year, as an integer the year it begins in: `FiscalYear(2020)` is 令和2年度.

    It sorts, counts and is stored like its integer; adding gives a plain int, `shift` a fiscal year.
    """

    def __new__(cls, year: int) -> Self:
        if not FIRST_DAY.year <= year <= LAST:
            raise WrongInput(
                f"{int(year)} は年度として扱えません。{FIRST_DAY.year}～{LAST} の年を入力してください。"
            )
        return super().__new__(cls, year)

    def __repr__(self) -> str:
        return f"FiscalYear({int(self)})"

    __str__ = int.__repr__

    @classmethod
    def of(cls, day: date) -> Self:
        """The fiscal year that `day` lies in."""
        return cls(day.year if day.month >= 4 else day.year - 1)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The fiscal year of `R2`, `（R2年度）`, `令和２年度`, `㋿2`, `令和元年度`, `2020` or `2020年度`.

        `令和2年` is a calendar year and is refused.
        """
        found = _FISCAL_YEAR.fullmatch(plain(text))
        if found is None:
            hint = "「年」と「年度」は別のものです。" if _CALENDAR_YEAR.search(plain(text)) else ""
            raise WrongInput(
                f"「{text.strip()}」を年度として読めません。{hint}"
                "令和2年度、R2、2020 のように入力してください。"
            )
        if found["year"]:
            return cls(int(found["year"]))
        era = era_named(found["era"])
        assert era is not None
        try:
            return cls(western_year(era, 1 if found["number"] == "元" else small_number(found["number"])))
        except ValueError:
            raise WrongInput(
                f"「{text.strip()}」という年度はありません。元号と年を確かめてください。"
            ) from None

    @classmethod
    def named(cls, text: object) -> Self | None:
        """The fiscal year that an address or a button names by its western year (`2020`), else None."""
        year = whole_number(text, lowest=FIRST_DAY.year, highest=LAST)
        return None if year is None else cls(year)

    @classmethod
    def span(cls, first: int, last: int) -> tuple[Self, ...]:
        """All fiscal years from `first` to `last`, both included."""
        if first > last:
            raise WrongInput(f"期間の始まり（{first}年度）が終わり（{last}年度）より後です。")
        return tuple(cls(year) for year in range(first, last + 1))

    @property
    def first_day(self) -> date:
        """1 April."""
        return date(int(self), 4, 1)

    @property
    def last_day(self) -> date:
        """31 March of the next calendar year."""
        return date(int(self) + 1, 3, 31)

    @property
    def settlement_last_day(self) -> date:
        """31 May after its end, when its settlement period (出納整理期間) closes."""
        return date(int(self) + 1, 5, 31)

    @property
    def next(self) -> Self:
        """The fiscal year after this one."""
        return self.shift(1)

    @property
    def previous(self) -> Self:
        """The fiscal year before this one."""
        return self.shift(-1)

    def shift(self, years: int) -> Self:
        """The fiscal year `years` later (earlier when negative)."""
        return type(self)(int(self) + years)

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def days(self) -> int:
        """365, or 366 when its February is long."""
        return (self.last_day - self.first_day).days + 1


def fiscal_years_of_payment(day: date) -> tuple[FiscalYear, ...]:
    """The fiscal years a payment on `day` may belong to, the earlier first.

    From 1 April to 31 May (出納整理期間) a payment may settle the fiscal year that has just ended, so two are
    possible and a person has to say which; on all other days there is one.
    """
    own = FiscalYear.of(day)
    return (own.previous, own) if day <= own.previous.settlement_last_day else (own,)


def check_payment(day: date, year: FiscalYear) -> None:
    """WrongInput when a payment on `day` cannot belong to `year`."""
    possible = fiscal_years_of_payment(day)
    if year not in possible:
        names = "又は".join(format_table(candidate) for candidate in possible)
        raise WrongInput(
            f"{day.isoformat()} の支払は{format_table(year)}の会計に入れられません。{names}にしてください。"
        )


def format_table(year: int) -> str:
    """In tables: `令和2年度`."""
    return f"{format_year(year)}度"


def format_table_with_western(year: int) -> str:
    """Where a year is chosen: `令和2年度（2020）`."""
    return f"{format_table(year)}（{int(year)}）"


def format_short(year: int) -> str:
    """In photo captions and chart axes: `R2`."""
    return format_year_short(year)


def format_text(year: int) -> str:
    """In the text of a project, as the head of its year: `（R2年度）`."""
    return f"（{format_year_short(year)}年度）"


def format_title(years: Iterable[int]) -> str:
    """Behind a project's title: `（R2のみ実施）`, `（R3～R6）`, `（R3～R4・R6）`; empty for no year."""
    runs = list(_runs(sorted(set(years))))
    if not runs:
        return ""
    if len(runs) == 1 and runs[0][0] == runs[0][1]:
        return f"（{format_short(runs[0][0])}のみ実施）"
    spans = [
        format_short(first) if first == last else f"{format_short(first)}～{format_short(last)}"
        for first, last in runs
    ]
    return f"（{'・'.join(spans)}）"


def format_period(first: int, last: int) -> str:
    """The period of a document: `令和2年度～令和6年度`, one year alone `令和2年度`."""
    return format_table(first) if first == last else f"{format_table(first)}～{format_table(last)}"


def parse_period(text: str) -> tuple[FiscalYear, FiscalYear]:
    """First and last year of `令和2年度～令和6年度`, `（R3～R6）`, `R2のみ実施` or `R2-R6`."""
    inner = plain(text)
    if inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1]
    parts = _TILDE.split(inner.removesuffix("のみ実施").removesuffix("のみ"))
    if len(parts) > 2:
        raise WrongInput(
            f"「{text.strip()}」を期間として読めません。令和2年度～令和6年度 のように入力してください。"
        )
    first, last = FiscalYear.parse(parts[0]), FiscalYear.parse(parts[-1])
    if first > last:
        raise WrongInput(f"「{text.strip()}」の始まりが終わりより後です。順序を確かめてください。")
    return first, last


_FISCAL_YEAR = re.compile(
    rf"\(?(?:(?P<era>{era_pattern()})\s*(?P<number>元|\d{{1,2}}|[{KANJI_DIGITS}]{{1,3}})|(?P<year>\d{{4}}))"
    r"\s*(?:年度)?\)?",
    re.IGNORECASE,
)
_CALENDAR_YEAR = re.compile(r"年(?!度)")
_TILDE = re.compile(r"\s*[~〜\-–—−]\s*")


def _runs(years: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for position in range(1, len(years) + 1):
        if position == len(years) or years[position] != years[position - 1] + 1:
            yield years[start], years[position - 1]
            start = position
