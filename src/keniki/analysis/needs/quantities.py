"""Exact numbers as people read them, and the checks every quantity of this package goes through."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Final

from keniki.core.errors import WrongInput

#: More people, units or m² than any region has are a slip of the finger.
MOST: Final = 10**9
_DECIMALS: Final = 4
_MOST_DECIMALS: Final = 9


def shown(value: Fraction | int, decimals: int = _DECIMALS) -> str:
    """A number with thousands separated; one that does not end is rounded half up to `decimals` places.

    >>> shown(Fraction(18747)), shown(Fraction(7, 2)), shown(Fraction(1, 7))
    ('18,747', '3.5', '0.1429')
    """
    exact = Fraction(value)
    if exact.denominator == 1:
        return f"{exact.numerator:,}"
    scaled = exact * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    text = f"{Decimal(whole).scaleb(-decimals):,.{decimals}f}"
    return text.rstrip("0").rstrip(".")


def written(value: Fraction | int) -> str:
    """A rate as it is written down, exact: decimals where they end, else a fraction.

    >>> written(Fraction(9, 200)), written(Fraction(1, 7))
    ('0.045', '1/7')
    """
    exact = Fraction(value)
    ends = 10**_MOST_DECIMALS % exact.denominator == 0
    return shown(exact, _MOST_DECIMALS) if ends else f"{exact.numerator:,}/{exact.denominator:,}"


def percent(share: Fraction) -> str:
    """A share of the whole in per cent, with five decimals at most.

    >>> percent(Fraction(1, 4)), percent(Fraction(1, 3))
    ('25％', '33.33333％')
    """
    return f"{shown(share * 100, 5)}％"


def up(value: Fraction) -> int:
    """The next whole number: nobody gets half a meal too little.

    >>> up(Fraction(7, 2)), up(Fraction(3))
    (4, 3)
    """
    return -(-value.numerator // value.denominator)


def counted(value: object, name: str, column: str, *, least: int = 0, most: int = MOST) -> int:
    """A whole number between `least` and `most`; WrongInput names it otherwise.

    >>> counted(3, "日数", "days", least=1)
    3
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise WrongInput(
            f"{name}は{least:,}から{most:,}までの整数にしてください（{_given(value)}）。", column=column
        )
    return value


def measured(value: object, name: str, column: str, *, positive: bool = False) -> Fraction:
    """A number from 0 on (above 0 with `positive`), exact; WrongInput for everything else.

    A float counts as it is printed, so that 3.5 and 0.1 are what they say.

    >>> measured(0.1, "面積", "area")
    Fraction(1, 10)
    """
    found: Fraction | None = None
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        found = Fraction(value)
    elif isinstance(value, float | Decimal) and math.isfinite(value) and 0 <= value <= MOST:
        found = Fraction(str(value))
    if found is None or found < 0 or found > MOST or (positive and found == 0):
        bound = "0より大きく" if positive else "0以上"
        raise WrongInput(f"{name}は{bound}{MOST:,}までの数にしてください（{_given(value)}）。", column=column)
    return found


def share(value: object, name: str, column: str) -> Fraction:
    """A share of the whole from 0 to 1, exact; WrongInput otherwise.

    >>> share(0.4, "割合", "share")
    Fraction(2, 5)
    """
    found = measured(value, name, column)
    if found > 1:
        raise WrongInput(
            f"{name}は0から1までの数にしてください（{_given(value)}）。40％は0.4です。", column=column
        )
    return found


def _given(value: object) -> str:
    """What somebody gave, as far as a message has room for it."""
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return written(value) if -(10**18) < value < 10**18 else "大きすぎる数"
    return str(value)[:30]
