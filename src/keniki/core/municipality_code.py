"""Codes of municipalities (全国地方公共団体コード): five digits and a check digit, kept as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keniki.core.digits import plain
from keniki.core.errors import WrongInput
from keniki.core.text import search_key

PREFECTURES: Final = range(1, 48)


class CodeKind(StrEnum):
    """What a code stands for."""

    PREFECTURE = "prefecture"
    MUNICIPALITY = "municipality"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class Code:
    """A code that has been read: `text` is its output form (six digits; a former municipality's `0121B`)."""

    text: str
    kind: CodeKind

    @property
    def five(self) -> str:
        """The first five characters, as statistics tables write the code."""
        return self.text[:5]

    @property
    def prefecture(self) -> str:
        """The prefecture's two digits, `01`."""
        return self.text[:2]

    def __str__(self) -> str:
        return self.text


def check_digit(five: str) -> str:
    """The sixth digit of a five-digit code: (11 − Σ(6,5,4,3,2)·d mod 11) mod 10."""
    if not _FIVE.fullmatch(five):
        raise ValueError(five)
    weighted = sum(weight * int(digit) for weight, digit in zip(range(6, 1, -1), five, strict=True))
    return str((11 - weighted % 11) % 10)


def six_digits(five: str) -> str:
    """A five-digit code with its check digit."""
    return five + check_digit(five)


def parse_code(text: str) -> str:
    """Six digits of a five- or six-digit code. WrongInput names the right check digit where it is wrong.

    A former municipality's code is refused here; `read_code` takes both.
    """
    code = read_code(text)
    if code.kind is CodeKind.FORMER:
        raise WrongInput(
            f"「{code.text}」は合併前の旧市町村のコードです。現在の市町村のコードを入力してください。"
        )
    return code.text


def read_code(text: str) -> Code:
    """A code of any kind, in any width: five digits, six digits, or a former municipality's `0121B`."""
    digits = plain(text).upper()
    if _FORMER.fullmatch(digits):
        _check_prefecture(digits)
        return Code(digits, CodeKind.FORMER)
    if _FIVE.fullmatch(digits):
        _check_prefecture(digits)
        digits += check_digit(digits)
    elif not _SIX.fullmatch(digits):
        lost = "先頭の0が落ちていないか確かめてください。" if re.fullmatch(r"\d{4}", digits) else ""
        raise WrongInput(
            f"「{text.strip()}」は団体コードではありません。{lost}5桁又は6桁の数字で入力してください。"
        )
    right = check_digit(digits[:5])
    if digits[5] != right:
        raise WrongInput(
            f"団体コード「{digits}」の検査数字（6桁目）が正しくありません。"
            f"{digits[:5]} の検査数字は {right} です（{digits[:5]}{right}）。"
        )
    _check_prefecture(digits)
    return Code(digits, CodeKind.PREFECTURE if digits[2:5] == "000" else CodeKind.MUNICIPALITY)


def is_code(text: str) -> bool:
    """Whether `text` can be read as a code of any kind."""
    try:
        read_code(text)
    except WrongInput:
        return False
    return True


def repair_column(
    rows: Sequence[tuple[str, str]],
    names: Mapping[str, str],
    *,
    file: str | None = None,
    column: str | None = None,
    first_row: int = 2,
) -> list[str]:
    """Six-digit codes (former ones as they are) of a column of (code, name beside it).

    A spreadsheet drops leading zeros, and then 12106 may be 千葉市美浜区 or 012106 岩見沢市. The column is
    read in three ways: nothing lost; six-digit codes that lost zeros; five-digit codes that lost zeros. The
    way in which every row agrees with its name wins. `names` gives the name of a six-digit code; `first_row`
    is the row number of the first pair in `file`. WrongInput names the row and both candidates otherwise.
    """
    as_written = _Reading.of(rows, names, width=None)
    if as_written.agrees_everywhere:
        return as_written.codes()
    restored = [reading for width in (6, 5) if (reading := _Reading.of(rows, names, width=width)).restores]
    fitting = [reading for reading in restored if reading.agrees_everywhere]
    if len(fitting) == 1:
        return fitting[0].codes()
    if as_written.contradicts_nowhere and not any(reading.agrees_somewhere for reading in restored):
        return as_written.codes()
    raise _ambiguous(rows, names, as_written, restored, file=file, column=column, first_row=first_row)


_FIVE = re.compile(r"[0-9]{5}")
_SIX = re.compile(r"[0-9]{6}")
_FORMER = re.compile(r"[0-9]{4}[A-Z]")
_BEFORE_NAME = re.compile(r".*[都道府県庁局郡市]")


def _check_prefecture(code: str) -> None:
    if int(code[:2]) not in PREFECTURES:
        raise WrongInput(
            f"団体コード「{code}」の都道府県番号（上2桁）{code[:2]} はありません。"
            "01～47 で始まるコードにしてください。"
        )


def _read_or_none(text: str) -> Code | None:
    try:
        return read_code(text)
    except WrongInput:
        return None


def _agree(name: str, known: str) -> bool:
    """Whether two ways of writing a name can be one municipality: equal, or one with what lies above it."""
    one, other = search_key(name), search_key(known)
    if not one or not other:
        return False
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return longer == shorter or (
        longer.endswith(shorter) and _BEFORE_NAME.fullmatch(longer[: -len(shorter)]) is not None
    )


@dataclass(frozen=True)
class _Reading:
    """One way to read a whole column: per row the code, or None, and whether it agrees with the name."""

    read: tuple[Code | None, ...]
    agreement: tuple[bool | None, ...]
    restores: bool

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str]], names: Mapping[str, str], *, width: int | None) -> _Reading:
        texts = [plain(text).upper() for text, _ in rows]
        padded = [
            f"0{text}" if width is not None and text.isdigit() and len(text) == width - 1 else text
            for text in texts
        ]
        fits = [width is None or len(text) == width or _FORMER.fullmatch(text) is not None for text in padded]
        read = tuple(_read_or_none(text) if fit else None for text, fit in zip(padded, fits, strict=True))
        agreement = tuple(
            None
            if code is None or code.kind is CodeKind.FORMER or code.text not in names
            else _agree(name, names[code.text])
            for code, (_, name) in zip(read, rows, strict=True)
        )
        return cls(read, agreement, restores=padded != texts)

    @property
    def agrees_everywhere(self) -> bool:
        return all(
            code is not None and (agrees or code.kind is CodeKind.FORMER)
            for code, agrees in zip(self.read, self.agreement, strict=True)
        )

    @property
    def agrees_somewhere(self) -> bool:
        return any(self.agreement)

    @property
    def contradicts_nowhere(self) -> bool:
        return None not in self.read and False not in self.agreement

    def codes(self) -> list[str]:
        return [code.text for code in self.read if code is not None]


def _ambiguous(
    rows: Sequence[tuple[str, str]],
    names: Mapping[str, str],
    as_written: _Reading,
    restored: Sequence[_Reading],
    *,
    file: str | None,
    column: str | None,
    first_row: int,
) -> WrongInput:
    attempts = [as_written, *restored]
    agreed = [any(attempt.agreement[index] for attempt in attempts) for index in range(len(rows))]
    position = agreed.index(False) if False in agreed else list(as_written.agreement).index(None)
    text, name = rows[position]
    candidates: dict[str, str] = {}
    for attempt in attempts:
        code = attempt.read[position]
        if code is not None:
            candidates.setdefault(code.text, names.get(code.text, "名称不明"))
    if not candidates:
        try:
            read_code(text)
        except WrongInput as wrong:
            return wrong.at(file=file, row=first_row + position, column=column)
    listed = "、".join(f"{code} {known}" for code, known in candidates.items())
    return WrongInput(
        f"団体コード「{text.strip()}」（{name.strip()}）を決められません。候補：{listed}。"
        "6桁の団体コードを文字列として入力し、名称と一致させてください。",
        file=file,
        row=first_row + position,
        column=column,
    )
