"""A count: its value, counter and basis beside the way it was typed, and how a changed one is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from keniki.core.counts.counters import Quantity, quantity_of
from keniki.core.digits import to_full_width

__all__ = ["Basis", "Count", "Quantity", "format_count", "municipality_count", "quantity_of", "read_number"]


class Basis(StrEnum):
    """How a count was made: heads (実数), repeats counted (延べ), about (約), or both of the last."""

    EXACT = "exact"
    CUMULATIVE = "cumulative"
    ABOUT = "about"
    ABOUT_CUMULATIVE = "about_cumulative"

    @classmethod
    def of(cls, *, about: bool, cumulative: bool) -> Basis:
        """The basis with these two properties."""
        if cumulative:
            return cls.ABOUT_CUMULATIVE if about else cls.CUMULATIVE
        return cls.ABOUT if about else cls.EXACT

    @property
    def is_about(self) -> bool:
        """Whether the value is rounded or estimated."""
        return self in (Basis.ABOUT, Basis.ABOUT_CUMULATIVE)

    @property
    def is_cumulative(self) -> bool:
        """Whether the same person or thing may be counted more than once."""
        return self in (Basis.CUMULATIVE, Basis.ABOUT_CUMULATIVE)

    @property
    def label(self) -> str:
        """実数, 延べ, 約 or 延べ約."""
        return _BASIS_LABELS[self]


_BASIS_LABELS: Final = {
    Basis.EXACT: "実数",
    Basis.CUMULATIVE: "延べ",
    Basis.ABOUT: "約",
    Basis.ABOUT_CUMULATIVE: "延べ約",
}


@dataclass(frozen=True, slots=True)
class Count:
    """One typed count.

    `as_typed` is the exact text it stands for (`延べ100作品`; empty for a new count). `part_of` is the
    position, in the same list of counts, of the total that contains this one. `breakdown` holds the kinds
    of a count such as 4市3町, whose value is 7 and counter 市町.
    """

    value: int | Decimal
    counter: str
    basis: Basis = Basis.EXACT
    as_typed: str = ""
    quantity: Quantity = Quantity.OTHER
    part_of: int | None = None
    breakdown: tuple[tuple[int, str], ...] = ()


def municipality_count(*kinds: tuple[int, str]) -> Count:
    """A count such as 4市3町: `municipality_count((4, "市"), (3, "町"))`."""
    present = tuple((number, kind) for number, kind in kinds if number)
    counter = "".join(kind for _, kind in present)
    value = sum(number for number, _ in present)
    typed = "".join(f"{number}{kind}" for number, kind in present)
    return Count(value, counter, Basis.EXACT, typed, Quantity.MUNICIPALITIES, None, present)


def format_count(count: Count) -> str:
    """The count in words: as typed while it still says the same, else rewritten in the same style.

    The style is the width of the digits, thousands separators (used for a new count), the words around the
    number and the space before the counter.
    """
    typed = read_typed(count.as_typed)
    if typed is not None and (typed.value, typed.counter, typed.basis) == _meaning(count):
        return count.as_typed
    if count.breakdown and sum(number for number, _ in count.breakdown) == count.value:
        kinds = "".join(f"{number}{kind}" for number, kind in count.breakdown)
        return f"{_BASIS_WORDS[count.basis]}{kinds}"
    if typed is None:
        return f"{_BASIS_WORDS[count.basis]}{_grouped(count.value)}{count.counter}"
    number = typed.number if typed.value == count.value else _number_like(typed.number, count.value)
    if typed.basis == count.basis:
        return f"{typed.before}{number}{typed.gap}{count.counter}{typed.after}"
    return f"{_BASIS_WORDS[count.basis]}{number}{typed.gap}{count.counter}"


def read_number(text: str) -> int | Decimal | None:
    """The value of `252`, `６，６００`, `1.5万` or `1万2千`; None when its units do not descend."""
    value = Decimal(0)
    limit: int | None = None
    for part in _NUMBER_PART.finditer(text):
        size = _SIZES.get(part["size"] or "", 1)
        if limit is not None and size >= limit:
            return None
        number = part["number"].replace(",", "").replace("，", "").replace("．", ".")
        value += Decimal(number) * size
        limit = size
    if limit is None:
        return None
    return int(value) if value == value.to_integral_value() else value.normalize()


@dataclass(frozen=True, slots=True)
class Typed:
    """What the text of one count says, taken apart."""

    value: int | Decimal
    counter: str
    basis: Basis
    before: str
    number: str
    gap: str
    after: str
    breakdown: tuple[tuple[int, str], ...] = ()


def read_typed(text: str) -> Typed | None:
    """What the text of one count says, read without its surroundings; None when it is not one count."""
    compound = COMPOUND.fullmatch(text)
    if compound is not None:
        return _read_compound(compound)
    found = _TYPED.fullmatch(text)
    if found is None:
        return None
    value = read_number(found["number"])
    if value is None:
        return None
    before, after = found["before"] or "", found["after"] or ""
    basis = _basis_of(before + after)
    return Typed(value, found["counter"].strip(), basis, before, found["number"], found["gap"], after)


DIGIT: Final = r"[0-9０-９]"
_DIGITS: Final = rf"(?:{DIGIT}{{1,3}}(?:[,，]{DIGIT}{{3}})+(?!{DIGIT})|{DIGIT}+)(?:[.．]{DIGIT}+)?"
NUMBER: Final = rf"(?:{_DIGITS}[億万千])*{_DIGITS}[億万千]?"
BEFORE: Final = (
    r"(?:(?:延べ|(?<![順遅])延|のべ)"
    r"(?:参加者数|参加人数|利用者数|来場者数|人数|人員|回数|件数)?[:：はで]?[ 　]?)?"
    r"(?:(?:(?<![契協予条規制公誓盟要節集特確])約|およそ|おおよそ|概ね|おおむね|実)[ 　]?)?"
)
AFTER: Final = r"(?:程度|余り|ほど|前後|[(（](?:延べ|延|のべ|延べ人数|実数|実人数|実|概数)[)）])?"
_KIND: Final = "(?:町村|[市区町村])"
COMPOUND: Final = re.compile(
    rf"(?P<before>{BEFORE})(?P<kinds>{DIGIT}{{1,4}}{_KIND}(?:{DIGIT}{{1,4}}{_KIND}){{1,3}})(?P<after>{AFTER})"
)
_ONE_KIND = re.compile(rf"({DIGIT}+)({_KIND})")
_TYPED = re.compile(
    rf"(?P<before>{BEFORE})(?P<number>{NUMBER})(?P<gap>[ 　]?)(?P<counter>[^0-9０-９\s]+?)(?P<after>{AFTER})"
)
_NUMBER_PART = re.compile(rf"(?P<number>{_DIGITS})(?P<size>[億万千])?")
_SIZES: Final = {"千": 1_000, "万": 10_000, "億": 100_000_000}
_BASIS_WORDS: Final = {
    Basis.EXACT: "",
    Basis.CUMULATIVE: "延べ",
    Basis.ABOUT: "約",
    Basis.ABOUT_CUMULATIVE: "延べ約",
}
_ABOUT_WORDS: Final = ("約", "およそ", "おおよそ", "概", "おおむね", "程度", "余り", "ほど", "前後")
_CUMULATIVE_WORDS: Final = ("延", "のべ")


def _basis_of(words: str) -> Basis:
    return Basis.of(
        about=any(word in words for word in _ABOUT_WORDS),
        cumulative=any(word in words for word in _CUMULATIVE_WORDS),
    )


def _read_compound(found: re.Match[str]) -> Typed:
    breakdown = tuple((int(number), kind) for number, kind in _ONE_KIND.findall(found["kinds"]))
    basis = _basis_of(found["before"] + found["after"])
    return Typed(
        sum(number for number, _ in breakdown),
        "".join(dict.fromkeys(kind for _, kind in breakdown)),
        basis,
        found["before"],
        found["kinds"],
        "",
        found["after"],
        breakdown,
    )


def _meaning(count: Count) -> tuple[int | Decimal, str, Basis]:
    return count.value, count.counter, count.basis


def _grouped(value: int | Decimal) -> str:
    return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"


def _number_like(style: str, value: int | Decimal) -> str:
    """`value` with the digits' width and the separators of `style`."""
    half = style.translate(_TO_HALF_WIDTH)
    plain_thousands = re.fullmatch(r"\d{4,}(?:\.\d+)?", half) is not None
    text = _grouped(value).replace(",", "") if plain_thousands else _grouped(value)
    return to_full_width(text) if re.search("[０-９]", style) else text


_TO_HALF_WIDTH: Final = str.maketrans("０１２３４５６７８９，．", "0123456789,.")
