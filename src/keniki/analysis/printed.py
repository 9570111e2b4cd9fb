"""Figures as they are printed: the value and how far rounding may have moved it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput


@dataclass(frozen=True)
class Printed:
    """A printed figure. `half` is half the unit of its last digit, 0 where it is exact (a count).

    `value` is in the unit of the table's figures times that unit's size; a percentage stays one (約55% is 55).
    """

    value: Fraction
    half: Fraction
    text: str

    @property
    def low(self) -> Fraction:
        """The least the true figure can be."""
        return self.value - self.half

    @property
    def high(self) -> Fraction:
        """The most the true figure can be."""
        return self.value + self.half


def read_printed(text: str, *, unit: int = 1, rounded: bool = False) -> Printed:
    """Read `152,486`, `289.4`, `約225万人`, `▲29.0%`, `1兆2,114億円`.

    Whole numbers are exact unless something says they are rounded: decimals, 約, %, a word such as 万, a `unit` other
    than 1 (a table in 千人: 1000), or `rounded`. Words after the number (人, 円) are passed over.
    WrongInput where there is no number, or words stand before it.

    >>> read_printed("約225万人").half
    Fraction(5000, 1)
    >>> float(read_printed("1兆2,114億円").value)
    1211400000000.0
    >>> read_printed("87,046", unit=1000).half
    Fraction(500, 1)
    >>> read_printed("152,486").half
    Fraction(0, 1)
    """
    typed = plain(text).replace(",", "").replace(" ", "")
    about = _ABOUT.match(typed)
    rest = typed[about.end() :] if about else typed
    sign = -1 if rest[:1] in _MINUS else 1
    rest = rest[1:] if rest[:1] in _MINUS else rest
    total, last_unit, found = Fraction(0), Fraction(0), False
    while match := _NUMBER.match(rest):
        size = Fraction(_SIZES.get(match[2], 1))
        decimals = len(match[1].partition(".")[2])
        total += Fraction(match[1]) * size
        last_unit = size / 10**decimals
        found = True
        rest = rest[match.end() :]
        if not match[2]:
            break
    if not found:
        raise WrongInput(f"「{text}」を数値として読めません。数字で始まる値を入力してください。")
    exact = last_unit == 1 and unit == 1 and not (about or rounded or rest.startswith("%"))
    half = Fraction(0) if exact else last_unit * unit / 2
    return Printed(sign * total * unit, half, text)


_ABOUT: Final = re.compile(r"(約|およそ|おおむね|概ね)")
_MINUS: Final = tuple("▲△-－−")
_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)(千|万|百万|億|兆)?")
_SIZES: Final = {"千": 10**3, "万": 10**4, "百万": 10**6, "億": 10**8, "兆": 10**12}
