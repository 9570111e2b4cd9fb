"""Money: stored as whole yen, printed in 円, 千円, 万円, 百万円 or 億円 with a stated rule of rounding."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from enum import Enum
from typing import Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput

MINUS: Final = "▲"


class Unit(Enum):
    """A unit money is printed in; the value is its size in yen."""

    YEN = 1
    THOUSAND = 1_000
    TEN_THOUSAND = 10_000
    MILLION = 1_000_000
    HUNDRED_MILLION = 100_000_000

    @property
    def label(self) -> str:
        """円, 千円, 万円, 百万円 or 億円."""
        return _UNIT_LABELS[self]


class Rounding(Enum):
    """How an amount is cut to a unit; all work on the absolute value, so ▲ amounts mirror the others."""

    HALF_UP = "四捨五入"
    DOWN = "切捨て"
    UP = "切上げ"


_UNIT_LABELS: Final = {
    Unit.YEN: "円",
    Unit.THOUSAND: "千円",
    Unit.TEN_THOUSAND: "万円",
    Unit.MILLION: "百万円",
    Unit.HUNDRED_MILLION: "億円",
}
_DECIMAL_ROUNDING: Final = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.DOWN: ROUND_DOWN,
    Rounding.UP: ROUND_UP,
}


def in_unit(
    yen: int, unit: Unit = Unit.THOUSAND, *, rounding: Rounding = Rounding.HALF_UP, decimals: int = 0
) -> Decimal:
    """`yen` counted in `unit` and rounded to `decimals` places."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(yen) / unit.value
        return exact.quantize(Decimal(1).scaleb(-decimals), rounding=_DECIMAL_ROUNDING[rounding])


def format_money(
    yen: int,
    unit: Unit = Unit.YEN,
    *,
    rounding: Rounding = Rounding.HALF_UP,
    decimals: int = 0,
    with_unit: bool = False,
) -> str:
    """For documents: `1,200`, `▲1,200千円`; what rounds to nothing is `0` without a sign."""
    amount = in_unit(yen, unit, rounding=rounding, decimals=decimals)
    sign = MINUS if amount < 0 else ""
    return f"{sign}{abs(amount):,f}{unit.label if with_unit else ''}"


def format_data(yen: int) -> str:
    """For data files: digits in yen with `-` for minus, no separators, no unit."""
    return str(int(yen))


def rounding_note(unit: Unit, rounding: Rounding = Rounding.HALF_UP, *, sums: bool = True) -> str:
    """The note under a table in `unit`; empty for whole yen, where nothing is rounded.

    `sums`: the table prints sums, which may then differ from the rounded parts.
    """
    if unit is Unit.YEN:
        return ""
    if not sums:
        return f"※{unit.label}未満を{rounding.value}して表示している。"
    return f"※{unit.label}未満を{rounding.value}しているため、合計が一致しない場合がある。"


def parse_money(text: str, unit: Unit = Unit.YEN) -> int:
    """Whole yen of an amount as typed: `1,200千円`, `▲300`, `１，２００`, `1.2億円`, `3億4,000万円`.

    `unit` is what a number without a unit counts (the unit in the table's head). WrongInput for anything
    else, for separators at the wrong place and for parts of a yen.
    """
    typed = text.strip()
    found = _AMOUNT.fullmatch(plain(text))
    if found is None:
        raise WrongInput(f"「{typed}」を金額として読めません。1,200千円、▲300 のように入力してください。")
    yen = Decimal(0)
    largest: int | None = None
    for part in _PART.finditer(found["amount"]):
        number, size = part["number"], _SIZES.get(part["size"] or "")
        if size is None:
            size = 1 if largest is not None or found["yen"] else unit.value
        if largest is not None and size >= largest:
            raise WrongInput(
                f"「{typed}」の単位の順が正しくありません。3億4,000万円 のように大きい単位から書きます。"
            )
        if "," in number and not _GROUPED.fullmatch(number):
            raise WrongInput(
                f"「{typed}」の桁区切りの位置が正しくありません。カンマは3桁ごとに入れてください。"
            )
        yen += Decimal(number.replace(",", "")) * size
        largest = size
    if yen != yen.to_integral_value():
        raise WrongInput(f"「{typed}」は1円未満の端数を含みます。円単位の金額にしてください。")
    return -int(yen) if found["sign"] in _MINUS_SIGNS else int(yen)


_MINUS_SIGNS: Final = ("-", "−", "▲", "△", "‐", "–")
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_SIZES: Final = {
    "千": 1_000,
    "万": 10_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "億": 100_000_000,
    "十億": 1_000_000_000,
    "兆": 1_000_000_000_000,
}
_SIZE = "|".join(sorted(_SIZES, key=len, reverse=True))
_PART = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<size>{_SIZE})?")
_AMOUNT = re.compile(
    rf"(?P<sign>[+{''.join(re.escape(sign) for sign in _MINUS_SIGNS)}])?\s*[¥\\]?\s*"
    rf"(?P<amount>(?=\d)(?:{_NUMBER}\s*(?:{_SIZE})\s*)*(?:{_NUMBER}\s*)?)(?P<yen>円)?"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
