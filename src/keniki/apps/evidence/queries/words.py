"""How values, indicators and units are printed."""

from __future__ import annotations

from keniki.apps.regions.policies import today
from keniki.rulebooks.indicators import catalogue


def printed(value: float | None, text: str) -> str:
    """A value as it is printed; the mark or the words that stand where there is none."""
    return text if value is None else f"{value:,.10g}"


def indicator_name(indicator: str, heading: str = "") -> str:
    """What the catalogue calls an indicator; what the file calls its column where the catalogue does not know it."""
    book = catalogue(today())
    return book[indicator].name if indicator in book else heading or indicator


def unit_name(unit: str) -> str:
    """The unit as it is printed; as it was written where the catalogue does not know it."""
    known = catalogue(today()).units.get(unit)
    return known.label if known else unit


def sex_shown(sex: str) -> str:
    """男, 女, or nothing for both together."""
    return _SEXES.get(sex, "")


def ages_shown(first: int | None, last: int | None) -> str:
    """An age class in words; empty for all ages."""
    if first is None:
        return ""
    if first < 0:
        return "年齢不詳"
    return f"{first}歳以上" if last is None else f"{first}～{last}歳"


_SEXES = {"male": "男", "female": "女"}
