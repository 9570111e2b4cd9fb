"""What single cells of statistics say: numbers, years, sexes, ages; and a file's name as a source's."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date
from functools import cache, lru_cache
from math import isfinite
from pathlib import PurePosixPath
from typing import Final

from keniki.core.digits import plain
from keniki.core.era import parse_year
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.indicators import catalogue

from .base import UNKNOWN_AGE, Sex

#: Marks that stand in official tables where there is no number.
MARKS: Final = frozenset({"-", "***", "…", "...", "X", "x", "χ", "･", "・", "－", "―", "‐"})
SEXES: Final[dict[str, Sex]] = {
    "": "",
    "総数": "",
    "男女計": "",
    "計": "",
    "total": "",
    "both": "",
    "男": "male",
    "男性": "male",
    "male": "male",
    "m": "male",
    "女": "female",
    "女性": "female",
    "female": "female",
    "f": "female",
}
FIRST_YEAR, LAST_YEAR = 1868, 2200


def number_in(text: str) -> float | None:
    """The number a cell shows: any width, thousands commas, ▲ △ or − for minus; None for anything else."""
    written = plain(text).replace(",", "")
    if written[:1] in ("▲", "△", "−", "‐"):
        written = f"-{written[1:].lstrip()}"
    if not _NUMBER.fullmatch(written):
        return None
    number = float(written)
    return number if isfinite(number) else None


@lru_cache(maxsize=4096)
def year_in(text: str) -> tuple[int, str] | None:
    """Year and period of `2020`, `2020年`, `令和2年`, `R2` (a calendar year) or `令和2年度`, `FY2020` (`FY2020`)."""
    written = plain(text)
    fiscal = re.fullmatch(r"FY(\d{4})", written, re.IGNORECASE)
    try:
        if fiscal or "年度" in written:
            year = int(fiscal[1]) if fiscal else int(FiscalYear.parse(written))
            period = f"FY{year}"
        else:
            year, period = parse_year(re.sub(r"\.0$", "", written)), ""
    except WrongInput:
        return None
    return (year, period) if FIRST_YEAR <= year <= LAST_YEAR else None


@lru_cache(maxsize=4096)
def sex_in(text: str) -> Sex | None:
    """The sex a cell names; empty for both together; None where it is no sex."""
    return SEXES.get(plain(text).casefold())


@lru_cache(maxsize=4096)
def ages_in(text: str) -> tuple[int | None, int | None] | None:
    """First and last age of `0-4`, `0～4歳`, `65`, `90+`, `85歳以上`, `15歳未満`, `不詳`; (None, None) for all ages."""
    written = re.sub(r"[歳才\s]", "", plain(text)).replace("年齢", "")
    if written in ("", "総数", "計", "総計", "all", "total"):
        return None, None
    if written in ("不詳", "「不詳」", "unknown"):
        return UNKNOWN_AGE, UNKNOWN_AGE
    if found := re.fullmatch(r"(\d{1,3})(?:\+|以上|[~〜～-])", written):
        return int(found[1]), None
    if found := re.fullmatch(r"(\d{1,3})未満", written):
        return (0, int(found[1]) - 1) if int(found[1]) else None
    if found := re.fullmatch(r"(\d{1,3})(?:[~〜～–—―ー-](\d{1,3}))?", written):
        first, last = int(found[1]), int(found[2] or found[1])
        return (first, last) if first <= last else None
    return None


def slug_of(name: str) -> str:
    """A slug for a source's name; a mark stands for what is not ASCII in it."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    slug = re.sub(r"[^a-z0-9_-]+", "-", folded).strip("-_")[:71]
    if slug and folded.isascii():
        return slug
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{slug}-{mark}" if slug else f"file-{mark}"


def without_year(stem: str) -> str:
    """A file's name without the year or date at its end: what it is called in every year."""
    return _YEAR_AT_END.sub("", stem) or stem


def title_of(name: str) -> str:
    """A file's name without its ending."""
    return PurePosixPath(name).stem or name


def year_in_name(name: str) -> int | None:
    """The one year (1868 to 2200) that a file's name holds."""
    stem = title_of(name)
    years = {int(found) for found in re.findall(r"(?<!\d)(\d{4})(?:\d{2}|\d{4})?(?!\d)", stem)}
    fitting = sorted(year for year in years if FIRST_YEAR <= year <= LAST_YEAR)
    return fitting[0] if len(fitting) == 1 else None


def span_of(years: set[int]) -> str:
    """`2020` or `2020-2050`; empty for none."""
    if not years:
        return ""
    return str(min(years)) if len(years) == 1 else f"{min(years)}-{max(years)}"


_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_YEAR_AT_END = re.compile(r"[_\-. ]*(?:fy)?\d{4,8}$", re.IGNORECASE)


def unit_id(written: str, indicator: str = "") -> str:
    """The catalogue's id of a unit that is written as it is printed (人, ％, ㎡); any other as it stands.

    Where two units are printed alike (戸), the one the indicator is counted in is meant.
    """
    typed = written.strip()
    book = catalogue(date.max)
    if typed in book.units:
        return typed
    folded = _folded(typed)
    if indicator in book and _folded(book.unit_label(indicator)) == folded:
        return book[indicator].unit
    return _units().get(folded, typed)


def indicator_id(written: str) -> str:
    """The catalogue's id of an indicator that is called by its name (総人口); any other as it stands."""
    typed = written.strip()
    return _indicators().get(_folded(typed), typed)


def _folded(text: str) -> str:
    """Units and names as they are compared: of one width, without blanks, exponents as figures."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


@cache
def _units() -> dict[str, str]:
    """Ids by label; of two units printed alike the first."""
    found: dict[str, str] = {"人口": "persons"}
    for key, unit in catalogue(date.max).units.items():
        if unit.label:
            found.setdefault(_folded(unit.label), key)
    return found


@cache
def _indicators() -> dict[str, str]:
    return {_folded(indicator.name): indicator.id for indicator in catalogue(date.max)}
