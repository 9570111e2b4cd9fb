"""Japanese eras (和暦): dates and calendar years between the era and the Western way of writing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from keniki.core.digits import KANJI_DIGITS, plain, small_number
from keniki.core.errors import WrongInput


@dataclass(frozen=True, slots=True)
class Era:
    """One era: its name (令和), its letter (R) and its first day."""

    name: str
    letter: str
    first_day: date


ERAS: Final = (
    Era("令和", "R", date(2019, 5, 1)),
    Era("平成", "H", date(1989, 1, 8)),
    Era("昭和", "S", date(1926, 12, 25)),
    Era("大正", "T", date(1912, 7, 30)),
    Era("明治", "M", date(1868, 1, 25)),
)
FIRST_DAY: Final = ERAS[-1].first_day
LONGEST_PLAN_YEARS: Final = 20
WEEKDAYS: Final = "月火水木金土日"


def era_of(day: date) -> Era:
    """The era in force on `day`; WrongInput before 明治 (1868-01-25)."""
    for era in ERAS:
        if day >= era.first_day:
            return era
    raise WrongInput(
        f"{day.isoformat()} は明治より前のため和暦で表せません。1868年1月25日以後の日付にしてください。"
    )


def era_year(day: date) -> tuple[Era, int]:
    """The era and the year within it, 2020-10-09 → (令和, 2)."""
    era = era_of(day)
    return era, day.year - era.first_day.year + 1


def era_of_year(year: int) -> tuple[Era, int]:
    """Era and year number of a whole calendar (or fiscal) year: the era in force on its 31 December.

    So 2019 is 令和元年 and 1989 is 平成元年, as the ministries wrote for the fiscal years of those names.
    """
    return era_year(date(year, 12, 31))


def format_date(day: date) -> str:
    """`令和2年10月9日`, the first year as 元年."""
    era, number = era_year(day)
    return f"{era.name}{_year_number(number)}年{day.month}月{day.day}日"


def format_date_with_western(day: date, *, full_width: bool = False) -> str:
    """`令和2年(2020年)10月9日`, as agreements are dated; `full_width` gives （2020年）."""
    era, number = era_year(day)
    before, after = "（）" if full_width else "()"
    return f"{era.name}{_year_number(number)}年{before}{day.year}年{after}{day.month}月{day.day}日"


def format_date_short(day: date) -> str:
    """`R2.10.9`, for narrow columns."""
    era, number = era_year(day)
    return f"{era.letter}{number}.{day.month}.{day.day}"


def format_date_with_weekday(day: date) -> str:
    """`令和6年5月24日(金)`."""
    return f"{format_date(day)}({WEEKDAYS[day.weekday()]})"


def format_year(year: int) -> str:
    """`令和2年` for a calendar year; a year in which the era changed takes the new era's name."""
    era, number = era_of_year(year)
    return f"{era.name}{_year_number(number)}年"


def format_year_with_western(year: int) -> str:
    """`令和2年(2020年)`."""
    return f"{format_year(year)}({year}年)"


def format_year_short(year: int) -> str:
    """`R2`."""
    era, number = era_of_year(year)
    return f"{era.letter}{number}"


def western_year(era: Era, number: int) -> int:
    """The Western year of a year in an era; ValueError when the era never had or planned for such a year.

    Plans written before a change of era name years that the era did not reach (平成35年度), so
    `LONGEST_PLAN_YEARS` beyond its end are read as meant.
    """
    year = era.first_day.year + number - 1
    position = ERAS.index(era)
    last = ERAS[position - 1].first_day.year + LONGEST_PLAN_YEARS if position else era.first_day.year + 99
    if number < 1 or year > last:
        raise ValueError(number)
    return year


def parse_year(text: str) -> int:
    """The Western calendar year of `令和2年`, `令和２年(2020年)`, `㋿2`, `R2`, `平成元年` or `2020`.

    A fiscal year (`令和2年度`) is another thing and is refused.
    """
    found = _YEAR.fullmatch(plain(text))
    if found is None:
        hint = "「年度」ではなく「年」で入力してください。" if "年度" in text else ""
        raise WrongInput(
            f"「{text.strip()}」を年として読めません。{hint}令和2年、R2、2020 のように入力してください。"
        )
    return _year_of(found, text)


def parse_date(text: str) -> date:
    """The date of `令和2年10月9日`, `令和2年(2020年)10月9日`, `R2.10.9`, `㋿2.10.9` or `2020-10-09`.

    Any width, kanji digits and a weekday in brackets are read; the weekday and the second year must be right.
    """
    found = _DATE.fullmatch(plain(text)) or _EIGHT_DIGITS.fullmatch(plain(text))
    if found is None:
        raise WrongInput(
            f"「{text.strip()}」を日付として読めません。"
            "令和2年10月9日、R2.10.9、2020-10-09 のように入力してください。"
        )
    parts = found.groupdict()
    year = _year_of(found, text)
    try:
        day = date(year, small_number(parts["month"]), small_number(parts["day"]))
    except ValueError:
        raise WrongInput(f"「{text.strip()}」という日はありません。月と日を確かめてください。") from None
    era = era_named(parts.get("era") or "")
    if era is not None and day < era.first_day:
        raise WrongInput(
            f"「{text.strip()}」は{era.name}の始まり（{era.first_day.isoformat()}）より前です。元号を確かめてください。"
        )
    weekday = parts.get("weekday")
    if weekday and WEEKDAYS[day.weekday()] != weekday:
        raise WrongInput(
            f"「{text.strip()}」の曜日が合いません（{day.isoformat()} は{WEEKDAYS[day.weekday()]}曜日です）。"
        )
    return day


def era_pattern() -> str:
    """A regular expression for an era's name or letter, for text that went through `digits.plain`."""
    return "|".join([era.name for era in ERAS] + [era.letter for era in ERAS])


def era_named(name: str) -> Era | None:
    """The era called `令和`, `R` or `r`; None if there is none."""
    return next((era for era in ERAS if name.upper() in (era.name, era.letter)), None)


def _year_number(number: int) -> str:
    return "元" if number == 1 else str(number)


_NUMBER = rf"(?:\d{{1,2}}|[{KANJI_DIGITS}]{{1,3}})"
_ERA_YEAR = rf"(?P<era>{era_pattern()})\s*(?P<number>元|{_NUMBER})"
_WESTERN_YEAR = r"(?P<year>\d{4})"
_YEAR = re.compile(rf"(?:{_ERA_YEAR}|{_WESTERN_YEAR})\s*年?\s*(?:\((?P<beside>\d{{4}})年?\))?", re.IGNORECASE)
_DATE = re.compile(
    rf"(?:{_ERA_YEAR}|{_WESTERN_YEAR})\s*(?:年\s*(?:\((?P<beside>\d{{4}})年?\))?|[./-])\s*"
    rf"(?P<month>{_NUMBER})\s*[月./-]\s*(?P<day>{_NUMBER})\s*日?\s*(?:\((?P<weekday>[{WEEKDAYS}])曜?日?\))?",
    re.IGNORECASE,
)
_EIGHT_DIGITS = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")


def _year_of(found: re.Match[str], text: str) -> int:
    parts = found.groupdict()
    era = era_named(parts.get("era") or "")
    if era is None:
        year = int(parts["year"])
        if year < FIRST_DAY.year:
            raise WrongInput(f"「{text.strip()}」は古すぎます。1868年以後の年を入力してください。")
        return year
    try:
        year = western_year(era, 1 if parts["number"] == "元" else small_number(parts["number"]))
    except ValueError:
        raise WrongInput(f"「{text.strip()}」という年はありません。元号と年を確かめてください。") from None
    beside = parts.get("beside")
    if beside and int(beside) != year:
        raise WrongInput(f"「{text.strip()}」の和暦と西暦が合いません（{era.name}の年は {year}年 です）。")
    return year


def day_after(day: date) -> date:
    """The next day. WrongInput for the last day a calendar of ours has."""
    if day == date.max:
        raise WrongInput("9999年12月30日までの日付を入力してください。")
    return day + timedelta(days=1)
