"""Digits as Japanese documents write them: half-width, full-width, kanji."""

from __future__ import annotations

import unicodedata

_KANJI = {"〇": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
KANJI_DIGITS = "".join(_KANJI) + "十"
#: The largest number of PostgreSQL's bigint, the type of all ids.
LARGEST = 2**63 - 1
_LONGEST = 40
_TO_FULL_WIDTH = str.maketrans("0123456789,.", "０１２３４５６７８９，．")


def plain(text: str) -> str:
    """NFKC without the surrounding space: for reading a value, never for storing a name."""
    return unicodedata.normalize("NFKC", text).strip()


def whole_number(text: object, *, lowest: int = 0, highest: int = LARGEST) -> int | None:
    """The whole number that decimal digits of any width spell, None for all else and outside the bounds.

    For what comes from an address or a form by hand: `²` counts as a digit to `str.isdigit` but spells no
    number, and a number that PostgreSQL's bigint cannot hold names no record.
    """
    if not isinstance(text, str) or not text.isdecimal() or len(text) > _LONGEST:
        return None
    number = int(text)
    return number if lowest <= number <= highest else None


def to_full_width(text: str) -> str:
    """`1,200` → `１，２００`."""
    return text.translate(_TO_FULL_WIDTH)


def small_number(text: str) -> int:
    """A whole number below 100 in Arabic or kanji digits (`31`, `三十一`, `二〇`); ValueError otherwise."""
    if text.isascii() and text.isdigit():
        return int(text)
    if text and all(character in _KANJI for character in text):
        return int("".join(str(_KANJI[character]) for character in text))
    tens, ten, ones = text.partition("十")
    if ten and len(tens) <= 1 and len(ones) <= 1 and set(tens + ones) <= set(_KANJI) - {"〇"}:
        return (_KANJI[tens] if tens else 1) * 10 + (_KANJI[ones] if ones else 0)
    raise ValueError(text)
