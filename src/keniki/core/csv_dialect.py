"""CSV as Japanese offices exchange it: UTF-8 with or without BOM, CP932, any line end, quotes or none."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from keniki.core.errors import WrongInput
from keniki.core.text import outside_cp932, to_cp932

ReadEncoding: TypeAlias = Literal["utf-8", "utf-8-sig", "cp932"]
WriteEncoding: TypeAlias = Literal["utf-8-sig", "utf-8", "cp932"]
Cell: TypeAlias = str | int | float | Decimal | date | None


@dataclass(frozen=True)
class CsvText:
    """What a file said: its rows as typed (a blank line is an empty row) and its encoding."""

    rows: list[list[str]]
    encoding: ReadEncoding


@dataclass(frozen=True)
class Record:
    """One row under the head: its row number in the file and its cells by heading."""

    row: int
    cells: Mapping[str, str]

    def __getitem__(self, heading: str) -> str:
        return self.cells[heading]

    def get(self, heading: str, default: str = "") -> str:
        """The cell, or `default` where the file has no such column."""
        return self.cells.get(heading, default)


@dataclass(frozen=True)
class CsvTable:
    """A file with one head row."""

    headings: list[str]
    records: list[Record]
    encoding: ReadEncoding


@dataclass(frozen=True, slots=True)
class LackingCharacter:
    """A character CP932 lacks: where it stood (row and column from 1) and what was written in its place."""

    row: int
    column: int
    character: str
    written_as: str


@dataclass(frozen=True)
class CsvBytes:
    """A written file and, for CP932, the characters that had to be replaced."""

    data: bytes
    lacking: list[LackingCharacter]


def read_csv(data: bytes, *, file: str | None = None, delimiter: str = ",") -> CsvText:
    """All rows of a file. WrongInput names the row whose bytes or quotes cannot be read."""
    text, encoding = decode(data, file=file)
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise WrongInput(
            f'CSVとして読めません（{_csv_reason(error)}）。この行の引用符（"）と改行を確かめてください。',
            file=file,
            row=len(rows) + 1,
        ) from None
    while rows and not any(rows[-1]):
        rows.pop()
    return CsvText(rows, encoding)


def read_table(
    data: bytes, *, file: str | None = None, required: Iterable[str] = (), delimiter: str = ","
) -> CsvTable:
    """A file with a head in its first row; headings are trimmed, cells are as typed, blank rows are left out.

    WrongInput for an empty file, a missing or doubled heading and a row with more cells than the head.
    """
    content = read_csv(data, file=file, delimiter=delimiter)
    if not content.rows:
        raise WrongInput("ファイルが空です。1行目に見出し、2行目以後にデータを入れてください。", file=file)
    headings = [heading.strip() for heading in content.rows[0]]
    while headings and not headings[-1]:
        headings.pop()
    for heading in headings:
        if heading and headings.count(heading) > 1:
            raise WrongInput(
                "同じ見出しの列が2つ以上あります。1つにしてください。", file=file, row=1, column=heading
            )
    for heading in required:
        if heading not in headings:
            raise WrongInput(
                f"見出し「{heading}」の列がありません。見出し：{'、'.join(headings)}",
                file=file,
                row=1,
                column=heading,
            )
    return CsvTable(headings, list(_records(content.rows, headings, file)), content.encoding)


def decode(data: bytes, *, file: str | None = None) -> tuple[str, ReadEncoding]:
    """The text of a file and its encoding; WrongInput names the first line that cannot be read."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise WrongInput(
            "文字コードがUTF-16です。「CSV UTF-8（コンマ区切り）」で保存し直してください。", file=file
        )
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise WrongInput("表計算ソフトのファイルです。CSVで保存し直してください。", file=file)
    if data.startswith(_BOM):
        try:
            return _decode_as(data[len(_BOM) :], "utf-8", file), "utf-8-sig"
        except WrongInput as wrong:
            raise WrongInput(
                "UTF-8の印（BOM）で始まりますが、UTF-8ではない文字があります。"
                "「CSV UTF-8（コンマ区切り）」で保存し直してください。",
                file=file,
                row=wrong.row,
            ) from None
    try:
        text = _decode_as(data, "utf-8", file)
    except WrongInput as wrong:
        return _decode_cp932(data, file, not_utf8=wrong), "cp932"
    if _is_unlikely(text):
        with suppress(WrongInput):
            return _decode_as(data, "cp932", file), "cp932"
    return text, "utf-8"


def write_csv(
    rows: Iterable[Sequence[Cell]],
    *,
    encoding: WriteEncoding = "utf-8-sig",
    guard: bool = True,
    newline: str = "\r\n",
) -> CsvBytes:
    """The bytes of a file; dates are ISO, None is empty.

    `guard` puts an apostrophe before cells that a spreadsheet would run as a formula (`guard_formula`). In
    CP932 a character it lacks is written as its twin or as 〓 and reported by cell.
    """
    texts = [[_cell_text(cell, guard=guard) for cell in row] for row in rows]
    content = "".join(",".join(_quoted(cell, alone=len(row) == 1) for cell in row) + newline for row in texts)
    if encoding != "cp932":
        return CsvBytes(content.encode(encoding), [])
    lacking = [
        LackingCharacter(row, column, lost.character, lost.written_as)
        for row, cells in enumerate(texts, start=1)
        for column, cell in enumerate(cells, start=1)
        for lost in outside_cp932(cell)
    ]
    return CsvBytes(to_cp932(content), lacking)


def guard_formula(cell: str) -> str:
    """The cell with an apostrophe in front when a spreadsheet would take it for a formula.

    That is a cell beginning with = + - @ (of either width), TAB or CR; numbers such as -5 and a lone sign
    stay. `unguard_formula` undoes it exactly.
    """
    return f"'{cell}" if _is_formula(cell.lstrip("'")) else cell


def unguard_formula(cell: str) -> str:
    """The cell as it was before `guard_formula`."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell.lstrip("'")) else cell


_BOM: Final = b"\xef\xbb\xbf"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SIGNED_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?%?")
_NEEDS_QUOTES = re.compile(r'[",\r\n]|^\s|\s$')
_REASONS: Final = (
    ("unexpected end of data", "引用符が閉じていません"),
    ("expected after", "引用符の後に文字があります"),
    ("field larger than field limit", "1つのセルが大きすぎます"),
)


def _is_formula(cell: str) -> bool:
    if len(cell) < 2 or not cell.startswith(_FORMULA_STARTS):
        return False
    return _SIGNED_NUMBER.fullmatch(unicodedata.normalize("NFKC", cell)) is None


def _quoted(cell: str, *, alone: bool) -> str:
    if _NEEDS_QUOTES.search(cell) or (alone and not cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _cell_text(cell: Cell, *, guard: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guard_formula(cell) if guard else cell
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, int):
        return str(int(cell))
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell.isoformat() if isinstance(cell, date) else repr(cell)


def _decode_as(data: bytes, encoding: Literal["utf-8", "cp932"], file: str | None) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise WrongInput(f"{encoding} ではない", file=file, row=_line_of(data[: error.start])) from None
    bad = _NOT_TEXT.search(text)
    if bad is not None:
        row = _line_of(text[: bad.start()].encode("utf-8", "replace"))
        raise WrongInput("文字ではない", file=file, row=row)
    return text


# Control characters, and what Python's cp932 makes of the bytes 80, A0 and FD-FF that are no characters.
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\uf8f0-\uf8f3]")


def _decode_cp932(data: bytes, file: str | None, *, not_utf8: WrongInput) -> str:
    try:
        return _decode_as(data, "cp932", file)
    except WrongInput as not_cp932:
        raise WrongInput(
            "文字コードを判別できません（UTF-8でもCP932（シフトJIS）でもない文字があります）。"
            "「CSV UTF-8（コンマ区切り）」で保存し直してください。",
            file=file,
            row=max(not_utf8.row or 0, not_cp932.row or 0),
        ) from None


def _is_unlikely(text: str) -> bool:
    """Whether UTF-8 gave only foreign letters, which half-width kana of CP932 (ﾅ①) do by accident."""
    foreign = [character for character in text if not character.isascii()]
    return bool(foreign) and max(foreign) < "\u2000" and max(foreign) > "\u00ff"


def _line_of(before: bytes) -> int:
    return len(re.findall(rb"\r\n|\r|\n", before)) + 1


def _csv_reason(error: csv.Error) -> str:
    return next((reason for sign, reason in _REASONS if sign in str(error)), str(error))


def _records(rows: list[list[str]], headings: list[str], file: str | None) -> Iterator[Record]:
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if any(cell.strip() for cell in row[len(headings) :]):
            raise WrongInput(
                f"セルの数（{len(row)}）が見出しの数（{len(headings)}）より多い行です。"
                'カンマを含むセルは引用符（"）で囲んでください。',
                file=file,
                row=number,
            )
        padded = row + [""] * (len(headings) - len(row))
        named = {heading: cell for heading, cell in zip(headings, padded, strict=False) if heading}
        yield Record(number, named)
