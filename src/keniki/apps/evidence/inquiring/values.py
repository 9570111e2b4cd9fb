"""What a cell of an answer says: a number as offices write it, 該当なし, 不明, words; and what looks doubtful."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from keniki.apps.regions.policies import today
from keniki.core import digits
from keniki.core.errors import WrongInput
from keniki.press.blocks import printable
from keniki.rulebooks.indicators import catalogue

from ..importers.cells import number_in, unit_id
from ..queries import printed
from .items import Item, Slot

LARGEST: Final = 1e15
LONGEST_TEXT: Final = 2000
LONGEST_NOTE: Final = 300
#: A value is asked about when it is so many times larger or smaller than what it is compared with.
FAR: Final = 2.0
#: Between these it looks as if thousands and ones were confused.
THOUSANDS: Final = (500.0, 2000.0)


class Mark(StrEnum):
    """An answer that is no number: there is nothing to count, or nobody knows."""

    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return _MARKS[self]


_MARKS = {Mark.NONE: "該当なし", Mark.UNKNOWN: "不明"}
MARK_WORDS: Final = tuple(_MARKS.values())
_READ_AS = {
    "該当なし": Mark.NONE,
    "該当無し": Mark.NONE,
    "該当なし。": Mark.NONE,
    "非該当": Mark.NONE,
    "不明": Mark.UNKNOWN,
    "不詳": Mark.UNKNOWN,
}
_DASHES = frozenset("-－‐―–—ー−…･・")


@dataclass(frozen=True)
class Value:
    """One answered cell: a number, a mark or words, perhaps with a note; a note may stand alone."""

    number: float | None = None
    mark: Mark | None = None
    text: str = ""
    note: str = ""

    @property
    def is_answered(self) -> bool:
        """Whether it is more than a note."""
        return self.number is not None or self.mark is not None or bool(self.text)

    @property
    def typed(self) -> str:
        """The answer as its field shows it."""
        if self.mark is not None:
            return self.mark.label
        return self.text if self.number is None else printed(self.number, "")


EMPTY: Final = Value()


def read_value(item: Item, typed: str, note: str = "") -> Value:
    """What was typed into a cell; WrongInput says what is wrong and what to type instead."""
    words = printable(typed).strip()
    said = printable(note).strip()
    if len(said) > LONGEST_NOTE:
        raise WrongInput(f"注は{LONGEST_NOTE}字までにしてください。")
    if not words:
        return Value(note=said)
    mark = _READ_AS.get(digits.plain(words))
    if mark is not None:
        return Value(mark=mark, note=said)
    if item.is_number:
        return Value(number=_number(item, words), note=said)
    if item.options and words not in item.options:
        raise WrongInput(
            f"「{words[:40]}」は選択肢にありません。{'、'.join(item.options)} から選んでください。"
        )
    if len(words) > LONGEST_TEXT:
        raise WrongInput(f"回答は{LONGEST_TEXT:,}字までにしてください。")
    return Value(text=words, note=said)


def _number(item: Item, words: str) -> float:
    if set(digits.plain(words)) <= _DASHES:
        raise WrongInput("「－」では分かりません。0、該当なし、不明 のどれかを入力してください。")
    found = number_in(words)
    if found is None:
        found = _with_unit(item, words)
    if found is None:
        raise WrongInput(
            f"「{words[:40]}」を数として読めません。数（例 1,234）か、該当なし、不明 を入力してください。"
        )
    if abs(found) >= LARGEST:
        raise WrongInput("数が大きすぎます。単位を確かめてください。")
    return found


def _with_unit(item: Item, words: str) -> float | None:
    """A number with its unit behind it (12人, 1,200千円), in the unit asked for; WrongInput for another kind."""
    split = _WITH_UNIT.fullmatch(digits.plain(words))
    number = number_in(split["number"]) if split else None
    if split is None or number is None:
        return None
    written = split["unit"].strip()
    if written in (item.unit_label, digits.plain(item.unit_label)):
        return number
    units, unit = catalogue(today()).units, unit_id(written)
    if unit in units and item.unit in units:
        one, other = units[unit], units[item.unit]
        if (one.base or unit) == (other.base or item.unit):
            return catalogue(today()).converted(number, unit, item.unit)
    if item.unit_label:
        raise WrongInput(f"「{words[:40]}」の単位が違います。{item.unit_label}の数を入力してください。")
    return None


_WITH_UNIT = re.compile(r"(?P<number>[▲△+-]?\s*[\d,.]+)\s*(?P<unit>\D\S*)")


# --- as it is kept -----------------------------------------------------------------------------------------

#: An answer by item and year.
Content = Mapping[tuple[str, str], Value]


def read_content(stored: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[tuple[str, str], Value]:
    """An answer as it is kept."""
    return {
        (item, year): Value(
            float(cell["value"]) if "value" in cell else None,
            Mark(cell["mark"]) if "mark" in cell else None,
            cell.get("text", ""),
            cell.get("note", ""),
        )
        for item, years in stored.items()
        for year, cell in years.items()
    }


def kept_content(slots: Sequence[Slot], content: Content) -> dict[str, dict[str, dict[str, Any]]]:
    """An answer to be kept: what was said, in the order of the form."""
    kept: dict[str, dict[str, dict[str, Any]]] = {}
    for slot in slots:
        value = content.get(slot.key, EMPTY)
        cell: dict[str, Any] = {}
        if value.number is not None:
            number = float(value.number)
            cell["value"] = int(number) if number.is_integer() else number
        if value.mark is not None:
            cell["mark"] = value.mark.value
        cell |= {name: words for name, words in (("text", value.text), ("note", value.note)) if words}
        if cell:
            item, year = slot.key
            kept.setdefault(item, {})[year] = cell
    return kept


# --- what looks doubtful -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """What a value is measured against: a number and what it is called."""

    number: float
    words: str


def doubt(slot: Slot, value: Value, compared: Compared | None) -> str:
    """Why a value without a note should be looked at again; empty where nothing is odd. It is never refused."""
    if value.number is None or value.note or compared is None or not compared.number:
        return ""
    ratio = value.number / compared.number
    against = f"{compared.words}（{printed(compared.number, '')}）"
    if ratio <= 0:
        return f"{against}と大きく違います。確かめて、理由を注に入力してください。"
    times = ratio if ratio >= 1 else 1 / ratio
    if THOUSANDS[0] <= times <= THOUSANDS[1]:
        return f"{against}とおよそ1,000倍違います。単位（{slot.item.unit_label}）を確かめてください。"
    if times > FAR:
        return f"{against}の{FAR:g}倍を超える違いがあります。確かめて、理由を注に入力してください。"
    return ""
