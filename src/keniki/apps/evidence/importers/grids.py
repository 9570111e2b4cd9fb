"""Tables as rows of text: CSV of any dialect and the sheets of a workbook (xlsx, xls, ods)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from keniki.core.csv_dialect import read_csv
from keniki.core.errors import WrongInput

from .base import RawBytes

MAX_UNPACKED: Final = 400 * 1024 * 1024
_WORKBOOK: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Grid:
    """The rows of one sheet, trimmed text, each as long as it is written; `sheet` is empty for CSV."""

    file: str
    sheet: str
    rows: Sequence[Sequence[str]]

    def cell(self, row: int, column: int) -> str:
        """The cell at row and column from 1, empty outside."""
        cells = self.rows[row - 1] if 0 < row <= len(self.rows) else ()
        return cells[column - 1] if 0 < column <= len(cells) else ""

    @property
    def width(self) -> int:
        return max(map(len, self.rows), default=0)


def sheets_of(file: RawBytes) -> list[str]:
    """The names of a workbook's sheets; one empty name for CSV."""
    return list(_book(file).sheet_names) if file.content.startswith(_WORKBOOK) else [""]


def grid_of(file: RawBytes, sheet: str | int | None = None) -> Grid:
    """The rows of the sheet of this name or number (from 1), by default the first; WrongInput lists the sheets."""
    if not file.content.startswith(_WORKBOOK):
        rows = [[cell.strip() for cell in row] for row in read_csv(file.content, file=file.name).rows]
        return Grid(file.name, "", rows)
    book = _book(file)
    names = list(book.sheet_names)
    name = names[0] if sheet is None else sheet
    if isinstance(name, int) and 0 < name <= len(names):
        name = names[name - 1]
    if name not in names:
        raise WrongInput(
            f"シート「{sheet}」がありません。あるシート：{'、'.join(names)}", file=file.name, column="sheet"
        )
    try:
        found = book.get_sheet_by_name(str(name)).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(file) from error
    return Grid(file.name, str(name), [[_text(cell) for cell in row] for row in found])


def _book(file: RawBytes) -> CalamineWorkbook:
    try:
        if file.content.startswith(_WORKBOOK[0]):
            with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
                if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                    raise WrongInput("ファイルの中身が大きすぎます。", file=file.name)
        return CalamineWorkbook.from_filelike(io.BytesIO(file.content))
    except (zipfile.BadZipFile, CalamineError, OSError, ValueError) as error:
        raise _unreadable(file) from error


def _unreadable(file: RawBytes) -> WrongInput:
    return WrongInput(
        "Excelファイルとして読めません。壊れていないか、パスワードが付いていないか確かめてください。",
        file=file.name,
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value).strip()
