"""Writing a town's return sheet: the cells to fill in, what is known beside them, and a hidden key.

Only the white cells can be changed. The key binds the sheet to its inquiry, town, form and version of the answer.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import xlsxwriter

from keniki.core import era

from ...models import FigureInquiry, TownAnswer
from ..items import Item, Kind, Slot, read_items, slots_of
from ..references import Reference, References
from ..values import LONGEST_NOTE, MARK_WORDS, Content, Value, read_content

ANSWERS: Final = "回答票"
KEPT: Final = "控え"
LISTS: Final = "選択肢"
MARK: Final = "keniki-inquiry/1"
#: The row of the headings, counted from 0, and the columns that are filled in.
HEAD_ROW: Final = 6
ANSWER_COLUMN: Final = 6
NOTE_COLUMN: Final = 8
COLUMNS: Final = (
    ("番号", 6),
    ("項目", 34),
    ("年", 12),
    ("前回の年", 12),
    ("前回の値", 14),
    ("登録済みの値", 14),
    ("回答", 18),
    ("単位", 10),
    ("注", 34),
)
#: The height of a line in points; lines kept free for an answer in words.
_LINE: Final = 18
#: Excel knows no higher row.
_HIGHEST: Final = 409
_ROOM: Final = 4
#: A file made twice of the same answer is the same.
_EPOCH: Final = date(2000, 1, 1)


def write_sheet(answer: TownAnswer, references: References, *, handed_in: int, blank: bool = False) -> bytes:
    """The sheet of a town with what it has typed so far (nothing if `blank`); `handed_in` versions were handed in."""
    inquiry = answer.inquiry
    slots = slots_of(read_items(inquiry.items), inquiry.years)
    content: Content = {} if blank else read_content(answer.content)
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"title": inquiry.title, "created": _EPOCH})
        looks = _looks(book)
        lists = _lists(book, slots)
        _answers(book, looks, answer, slots, references, content, lists)
        _kept(book, answer, slots, handed_in)
        book.get_worksheet_by_name(ANSWERS).activate()
    return out.getvalue()


def sheet_name(answer: TownAnswer) -> str:
    """The file's name: 回答票_012301_栗山町.xlsx"""
    town = answer.municipality
    return f"{ANSWERS}_{town.code}_{town.name}.xlsx"


def form_mark(inquiry: FigureInquiry) -> str:
    """What tells the form of an inquiry from any other one: its items and years."""
    said = json.dumps([inquiry.pk, inquiry.items, inquiry.years], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _answers(
    book: Any,
    looks: dict[str, Any],
    answer: TownAnswer,
    slots: Sequence[Slot],
    references: References,
    content: Content,
    lists: dict[str, str],
) -> None:
    inquiry, town = answer.inquiry, answer.municipality
    sheet = book.add_worksheet(ANSWERS)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROW)
    sheet.freeze_panes(HEAD_ROW + 1, 2)
    for column, (name, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(HEAD_ROW, column, name, looks["head"])
    until = era.format_date_with_weekday(inquiry.deadline) if inquiry.deadline else ""
    heads = (
        (f"{inquiry.title}　回答票", "title"),
        (f"団体名　{town.name}（{town.code}）", "name"),
        (f"回答期限　{until}", "name"),
        (
            "白い欄に入力します。数がないときは「該当なし」、分からないときは「不明」（空欄は未入力）。",
            "note",
        ),
        ("前回と大きく違うときは、理由を注に入力してください。行・列・シートは変えないでください。", "note"),
    )
    for row, (words, look) in enumerate(heads):
        sheet.write_string(row, 0, words, looks[look])
    for row, slot in enumerate(slots, HEAD_ROW + 1):
        item, known = slot.item, references.of(town.code, slot)
        first = row == HEAD_ROW + 1 or slots[row - HEAD_ROW - 2].item is not item
        name = f"{item.name}\n{item.note}".strip() if first else item.name
        sheet.set_row(row, min(_LINE * _lines(name, item), _HIGHEST))
        sheet.write_number(row, 0, slot.number, looks["fixed"])
        sheet.write_string(row, 1, name, looks["fixed"])
        sheet.write_string(row, 2, item.year_label(slot.year), looks["fixed"])
        _known(sheet, row, slot, known, looks)
        _answer(sheet, row, content.get(slot.key, Value()), looks)
        sheet.write_string(row, 7, item.unit_label, looks["fixed"])
        _validate(sheet, row, item, lists.get(item.key, ""))
    sheet.protect(
        "", {"select_locked_cells": True, "format_columns": True, "format_rows": True, "sort": False}
    )


def _lines(name: str, item: Item) -> int:
    """How many lines a row takes: its name in its column, room to write in for an answer in words."""
    letters = COLUMNS[1][1] // 2
    lines = sum(max(1, math.ceil(len(part) / letters)) for part in name.split("\n"))
    return max(lines, _ROOM if item.kind is Kind.TEXT else 1)


def _known(sheet: Any, row: int, slot: Slot, known: Reference, looks: dict[str, Any]) -> None:
    before = known.before
    sheet.write_string(row, 3, slot.item.year_label(before.year) if before else "", looks["known"])
    if before is not None:
        sheet.write_number(row, 4, before.number, looks["number_known"])
    else:
        sheet.write_string(row, 4, known.last[:200], looks["known"])
    if known.same is not None:
        sheet.write_number(row, 5, known.same.number, looks["number_known"])
    else:
        sheet.write_blank(row, 5, None, looks["known"])


def _answer(sheet: Any, row: int, value: Value, looks: dict[str, Any]) -> None:
    if value.number is not None:
        sheet.write_number(row, ANSWER_COLUMN, value.number, looks["answer"])
    elif value.typed:
        sheet.write_string(row, ANSWER_COLUMN, value.typed, looks["answer"])
    else:
        sheet.write_blank(row, ANSWER_COLUMN, None, looks["answer"])
    if value.note:
        sheet.write_string(row, NOTE_COLUMN, value.note, looks["text"])
    else:
        sheet.write_blank(row, NOTE_COLUMN, None, looks["text"])


def _validate(sheet: Any, row: int, item: Item, options: str) -> None:
    note = {
        "validate": "length",
        "criteria": "<=",
        "value": LONGEST_NOTE,
        "error_title": "注",
        "error_message": f"注は{LONGEST_NOTE}字までにしてください。",
    }
    sheet.data_validation(row, NOTE_COLUMN, row, NOTE_COLUMN, note)
    rule: dict[str, Any] = {"error_title": "回答"}
    if options:
        rule |= {
            "validate": "list",
            "source": f"={options}",
            "error_message": "一覧から選んでください。",
        }
    elif item.is_number:
        cell = f"{chr(ord('A') + ANSWER_COLUMN)}{row + 1}"
        words = ",".join(f'{cell}="{word}"' for word in MARK_WORDS)
        unit = f"（{item.unit_label}）" if item.unit_label else ""
        rule |= {
            "validate": "custom",
            "value": f"=OR(ISNUMBER({cell}),{words})",
            "error_type": "warning",
            "input_title": item.name[:32],
            "input_message": f"数{unit}、該当なし、不明 のどれか",
            "error_message": "数か、該当なし、不明 を入力してください。",
        }
    else:
        return
    sheet.data_validation(row, ANSWER_COLUMN, row, ANSWER_COLUMN, rule)


def _lists(book: Any, slots: Sequence[Slot]) -> dict[str, str]:
    """A hidden sheet with what can be chosen, one column an item; the names of the lists by item."""
    items = {slot.item.key: slot.item for slot in slots if slot.item.options}
    if not items:
        return {}
    sheet = book.add_worksheet(LISTS)
    sheet.hide()
    names = {}
    for column, item in enumerate(items.values()):
        words = [*item.options, *(MARK_WORDS if item.kind is Kind.CHOICE else ())]
        for row, word in enumerate(words):
            sheet.write_string(row, column, word)
        place = xlsxwriter.utility.xl_range_abs(0, column, len(words) - 1, column)
        names[item.key] = f"一覧_{column + 1}"
        book.define_name(names[item.key], f"='{LISTS}'!{place}")
    return names


def _kept(book: Any, answer: TownAnswer, slots: Sequence[Slot], handed_in: int) -> None:
    """Hidden: what the sheet belongs to, and which item and year stands in which row."""
    sheet = book.add_worksheet(KEPT)
    sheet.very_hidden()
    inquiry = answer.inquiry
    rows = [
        (MARK, inquiry.region.slug, inquiry.pk, answer.municipality.code, form_mark(inquiry), handed_in),
        *((row + 1, *slot.key) for row, slot in enumerate(slots, HEAD_ROW + 1)),
    ]
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            sheet.write_string(row, column, str(value))
    sheet.protect()


def _looks(book: Any) -> dict[str, Any]:
    font = {"font_name": "BIZ UDPゴシック", "font_size": 11}
    box = {**font, "border": 1, "border_color": "#767676", "valign": "top", "text_wrap": True}
    fixed = {**box, "bg_color": "#f2f2f2"}
    return {
        "title": book.add_format({**font, "font_size": 14, "bold": True}),
        "name": book.add_format({**font, "bold": True}),
        "note": book.add_format(font),
        "head": book.add_format({**box, "bold": True, "bg_color": "#c2e5d1"}),
        "fixed": book.add_format(fixed),
        "known": book.add_format({**fixed, "font_color": "#333333"}),
        "number_known": book.add_format({**fixed, "num_format": "#,##0.######", "align": "right"}),
        "answer": book.add_format({**box, "num_format": "#,##0.######", "locked": False, "align": "right"}),
        "text": book.add_format({**box, "locked": False}),
    }
