"""Reading a return sheet back: its key first, then every white cell; nothing is read where one cell is wrong."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook
from xlsxwriter.utility import xl_col_to_name

from keniki.core.digits import plain, whole_number
from keniki.core.errors import WrongInput

from ...models import TownAnswer
from ..items import Slot, read_items, slots_of
from ..values import Content, Value, read_value
from .writing import ANSWER_COLUMN, ANSWERS, COLUMNS, HEAD_ROW, KEPT, MARK, NOTE_COLUMN, form_mark

MAX_BYTES: Final = 3 * 1024 * 1024
MAX_UNPACKED: Final = 60 * 1024 * 1024
MAX_ROWS: Final = 2000
#: So many wrong cells are named at once.
_NAMED: Final = 8
_AGAIN = "照会の画面から、この団体の回答票をもう一度出力して使ってください。"


@dataclass(frozen=True)
class Sheet:
    """What a return sheet says, and how many versions had been handed in when it was written."""

    content: Content
    handed_in: int


def read_sheet(answer: TownAnswer, content: bytes, *, file: str = "") -> Sheet:
    """What a town's return sheet answers; `WrongInput` names the sheet and the cells that are wrong.

    A sheet of another inquiry, town or form is refused, and one whose rows were moved.
    """
    book = _Book(content, file)
    handed_in, rows = _key(book, answer)
    slots = {slot.key: slot for slot in slots_of(read_items(answer.inquiry.items), answer.inquiry.years)}
    grid = book.rows(ANSWERS)
    _same_head(book, grid)
    book.refuse_merged()
    found: dict[tuple[str, str], Value] = {}
    wrong: list[str] = []
    for row, key in rows:
        slot = slots.get(key)
        cells = grid[row - 1] if row <= len(grid) else []
        if slot is None or (_text(cells, 0), _text(cells, 2)) != (str(slot.number), slot.year_words):
            raise WrongInput(
                f"{row}行目の番号か年が、送付したときと違います。行を動かしたり消したりしないでください。{_AGAIN}",
                file=book.at(ANSWERS),
                row=row,
            )
        try:
            value = _value(slot, cells, book.errors, row)
        except WrongInput as fault:
            wrong.append(f"{_cell(ANSWER_COLUMN, row)}（{slot.label}）：{fault.message}")
            continue
        if value != Value():
            found[key] = value
    wrong += _beside(grid, {row for row, _ in rows})
    if wrong:
        more = f" ほか{len(wrong) - _NAMED}か所" if len(wrong) > _NAMED else ""
        raise WrongInput(
            f"{'　'.join(wrong[:_NAMED])}{more}　読み込んでいません。直して、もう一度選んでください。",
            file=book.at(ANSWERS),
        )
    return Sheet(found, handed_in)


class _Book:
    """The sheets as rows of cells; `errors` are the cells with an error value or a formula nobody calculated."""

    def __init__(self, content: bytes, file: str) -> None:
        self.file = file
        if len(content) > MAX_BYTES:
            raise WrongInput(f"ファイルが大きすぎます（上限{MAX_BYTES // 1024**2} MB）。{_AGAIN}", file=file)
        if other := _other_format(content):
            raise WrongInput(other, file=file)
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                    raise WrongInput("ファイルの中身が大きすぎます。", file=file)
                self.errors = _broken_cells(packed)
            self.book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        except (zipfile.BadZipFile, CalamineError, KeyError) as error:
            raise WrongInput(f"Excelファイル（.xlsx）として読めません。{_AGAIN}", file=file) from error
        for name in (ANSWERS, KEPT):
            if name not in self.book.sheet_names:
                raise WrongInput(f"シート「{name}」がありません。{_AGAIN}", file=file)

    def rows(self, name: str) -> list[list[Any]]:
        rows: list[list[Any]] = self.book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        if len(rows) > MAX_ROWS:
            raise WrongInput(f"行が多すぎます（上限{MAX_ROWS}行）。{_AGAIN}", file=self.at(name))
        return rows

    def refuse_merged(self) -> None:
        """Merged cells hide what they cover: it would be read as empty."""
        for (row, column), (last, _) in self.book.get_sheet_by_name(ANSWERS).merged_cell_ranges or []:
            if last >= HEAD_ROW:
                raise WrongInput(
                    f"セル {_cell(column, row + 1)} が結合されています。結合を解除してください。",
                    file=self.at(ANSWERS),
                )

    def at(self, sheet: str) -> str:
        return f"{self.file} シート「{sheet}」".strip()


def _key(book: _Book, answer: TownAnswer) -> tuple[int, list[tuple[int, tuple[str, str]]]]:
    """The version the sheet was written for and its rows, of the sheet that belongs to this answer."""
    kept = [[str(cell).strip() for cell in row] for row in book.rows(KEPT)]
    head = kept[0] if kept else []
    inquiry, town = answer.inquiry, answer.municipality
    if len(head) < 6 or head[0] != MARK:
        raise WrongInput(f"この照会の回答票として読めません。{_AGAIN}", file=book.at(KEPT))
    if head[1] != inquiry.region.slug or head[2] != str(inquiry.pk):
        raise WrongInput(f"ほかの照会の回答票です。{_AGAIN}", file=book.file)
    if head[3] != town.code:
        raise WrongInput(
            f"ほかの団体（団体コード {head[3][:6]}）の回答票です。{town.name}のものを選んでください。",
            file=book.file,
        )
    version = whole_number(head[5])
    if head[4] != form_mark(inquiry) or version is None:
        raise WrongInput(f"項目が今の照会と違う回答票です。{_AGAIN}", file=book.file)
    rows = []
    for cells in kept[1:]:
        number = whole_number(cells[0])
        if number is None or len(cells) < 3:
            raise WrongInput(f"回答票の控えが壊れています。{_AGAIN}", file=book.at(KEPT))
        rows.append((number, (cells[1], cells[2])))
    if len(rows) != len(slots_of(read_items(inquiry.items), inquiry.years)):
        raise WrongInput(f"回答票の控えが壊れています。{_AGAIN}", file=book.at(KEPT))
    return version, rows


def _same_head(book: _Book, grid: list[list[Any]]) -> None:
    head = [plain(str(cell)) for cell in grid[HEAD_ROW][: len(COLUMNS)]] if len(grid) > HEAD_ROW else []
    for column, (name, _) in enumerate(COLUMNS):
        if column >= len(head) or head[column] != name:
            raise WrongInput(
                f"セル {_cell(column, HEAD_ROW + 1)} の見出し「{name}」がありません。列を変えないでください。{_AGAIN}",
                file=book.at(ANSWERS),
            )


def _beside(grid: list[list[Any]], known: set[int]) -> list[str]:
    """What somebody wrote where nothing is read: below the rows that were sent, and behind the last column."""
    found = []
    for number, cells in enumerate(grid[HEAD_ROW + 1 :], HEAD_ROW + 2):
        first = len(COLUMNS) if number in known else ANSWER_COLUMN
        column = next((place for place in range(first, len(cells)) if _text(cells, place)), None)
        if column is not None:
            where = "注の欄" if number in known else "照会にない行です。該当する行の注の欄"
            found.append(f"{xl_col_to_name(column)}{number}に入力があります。{where}に入力してください。")
    return found


def _other_format(content: bytes) -> str:
    """What to do with a file that is no .xlsx, where it can be told what it is; empty otherwise."""
    save = "Excelの「名前を付けて保存」で「Excelブック（.xlsx）」にして"
    if content.startswith(_OLD_EXCEL):
        return f"古い形式のExcel（.xls）か、パスワードの付いたファイルです。パスワードを外し、{save}選んでください。"
    if content.startswith(b"%PDF"):
        return "PDFです。回答票（Excel）に入力して選んでください。"
    if not content.startswith(b"PK"):
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = set(packed.namelist())
    except zipfile.BadZipFile:
        return ""
    if "xl/workbook.bin" in names:
        return f"バイナリ形式のExcel（.xlsb）です。{save}選んでください。"
    if "mimetype" in names and "content.xml" in names:
        return "OpenDocument（.ods）です。「Excel（.xlsx）」の形式で保存して選んでください。"
    if "xl/workbook.xml" not in names:
        return "Excelファイルではありません（ZIPなど）。中の回答票（.xlsx）を取り出して選んでください。"
    return ""


#: The first bytes of .xls files and of encrypted ones.
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")


def _value(slot: Slot, cells: list[Any], errors: frozenset[str], row: int) -> Value:
    for column in (ANSWER_COLUMN, NOTE_COLUMN):
        if _cell(column, row) in errors:
            raise WrongInput("数式に値がないか、エラー（#REF! など）です。値を直接入力してください。")
    given = cells[ANSWER_COLUMN] if len(cells) > ANSWER_COLUMN else ""
    if isinstance(given, bool | datetime | date):
        raise WrongInput("日付や論理値ではなく、数か文字を入力してください。")
    return read_value(slot.item, _text(cells, ANSWER_COLUMN), _text(cells, NOTE_COLUMN))


def _text(cells: list[Any], column: int) -> str:
    value = cells[column] if column < len(cells) else ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return "" if value is None else str(value).strip()


def _cell(column: int, row: int) -> str:
    """`G12`"""
    return f"{chr(ord('A') + column)}{row}"


def _broken_cells(packed: zipfile.ZipFile) -> frozenset[str]:
    """The cells of 回答票 (the sheet with the headings) that hold an error or a formula without a value."""
    found: set[str] = set()
    for part in packed.namelist():
        if _WORKSHEET.fullmatch(part):
            text = packed.read(part).decode("utf-8", "replace")
            for pattern in (_ERROR, _UNCALCULATED):
                found |= {match["cell"] for match in pattern.finditer(text)}
    return frozenset(found)


_WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_OPEN = r'<(?:\w+:)?c\b(?=[^>]*\br="(?P<cell>[A-Z]+\d+)")'
_ERROR = re.compile(rf'{_OPEN}[^>]*\bt="e"')
_UNCALCULATED = re.compile(
    rf"{_OPEN}[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?"
    r"\s*</(?:\w+:)?c>"
)
