"""データ sheets: one value per cell, no merged cells, no unit inside a number, head frozen and filtered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from keniki.core.csv_dialect import guard_formula
from keniki.press import look

Value: TypeAlias = str | int | float | Decimal | date | datetime | bool | None
_FORBIDDEN = set("[]:*?/\\")
_EXACT_DIGITS = 15
_NARROW = re.compile("[\x00-\xff]+")


@dataclass(frozen=True, slots=True)
class DataColumn:
    """A heading such as 「参加人数_名」 or 「市区町村コード」; `width` in letters, 0 = from the values."""

    title: str
    width: float = 0


@dataclass(frozen=True, slots=True)
class DataSheet:
    """A table for machines. Codes are strings, dates are `date`, an absent value is None."""

    name: str
    columns: tuple[DataColumn | str, ...]
    rows: Sequence[Sequence[Value]]


def write_sheet(book: Any, sheet: DataSheet) -> None:
    """Add the sheet to an XlsxWriter workbook; ValueError for a bad name or a row of the wrong length."""
    if not 0 < len(sheet.name) <= 31 or _FORBIDDEN & set(sheet.name):
        raise ValueError(f"not a name for a sheet: {sheet.name!r}")
    page = book.add_worksheet(sheet.name)
    font = {"font_name": look.EXCEL_SANS, "font_size": 10}
    head = book.add_format(
        {**font, "bold": True, "bg_color": look.KEY_PALE, "bottom": 1, "text_wrap": True, "valign": "top"}
    )
    formats = {
        "text": book.add_format({**font, "num_format": "@"}),
        "guarded": book.add_format({**font, "num_format": "@", "quote_prefix": True}),
        "number": book.add_format(font),
        "date": book.add_format({**font, "num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({**font, "num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    columns = [DataColumn(column) if isinstance(column, str) else column for column in sheet.columns]
    widths = [column.width or min(40, _letters(column.title) + 3) for column in columns]
    for x, column in enumerate(columns):
        page.write_string(0, x, column.title, head)
    for y, row in enumerate(sheet.rows, 1):
        if len(row) != len(columns):
            raise ValueError(f"sheet {sheet.name}, row {y + 1}: {len(row)} values for {len(columns)} columns")
        for x, value in enumerate(row):
            _write(page, y, x, value, formats)
            if not columns[x].width and widths[x] < 40 and value is not None:
                widths[x] = min(40, max(widths[x], _letters(str(value)) + 2))
    for x, width in enumerate(widths):
        page.set_column(x, x, max(9, width))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(1, len(sheet.rows)), len(columns) - 1)
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer("&C- &P -")


def _write(page: Any, y: int, x: int, value: Value, formats: dict[str, Any]) -> None:
    match value:
        case None:
            pass
        case str():
            guarded = guard_formula(value) != value
            page.write_string(y, x, value, formats["guarded" if guarded else "text"])
        case bool():
            page.write_boolean(y, x, value, formats["number"])
        case int() | float() | Decimal():
            if isinstance(value, (int, Decimal)) and len(Decimal(value).as_tuple().digits) > _EXACT_DIGITS:
                page.write_string(y, x, str(value), formats["text"])
            else:
                page.write_number(y, x, value, formats["number"])
        case datetime() if value.tzinfo is not None:
            page.write_string(y, x, value.isoformat(), formats["text"])
        case datetime():
            page.write_datetime(y, x, value, formats["moment"])
        case date():
            page.write_datetime(y, x, value, formats["date"])


def _letters(words: str) -> float:
    """The width of the longest line; Japanese letters count two."""
    if "\n" in words:
        return max(map(_letters, words.split("\n")))
    return len(words) if words.isascii() else len(words) + len(_NARROW.sub("", words))
