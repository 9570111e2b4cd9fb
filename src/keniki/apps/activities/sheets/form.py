"""Writing the workbook of one fiscal year.

Sheets: 様式 (one activity a row) and 市町別 (one total a row, one town a column) are filled in and read back;
データ and データ_行 hold one value per cell for machines; 選択肢 has the lists; 控え keeps what was handed out.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import xlsxwriter

from keniki.apps.activities import queries
from keniki.apps.activities.forms import KINDS, STATES
from keniki.apps.activities.models import Activity, ActivityLine
from keniki.apps.activities.queries.counts import quantity_label, whole
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import towns_in
from keniki.core import fiscal_year

FORM: Final = "様式"
FIGURES: Final = "市町別"
DATA: Final = "データ"
LINES: Final = "データ_行"
LISTS: Final = "選択肢"
KEPT: Final = "控え"
SHARED: Final = "共同"
MARK: Final = "keniki-activities/1"

COLUMNS: Final = (
    ("番号", 22),
    ("取組", 26),
    ("事業", 18),
    ("どこの活動か", 12),
    ("活動名", 36),
    ("種類", 12),
    ("状態", 8),
    ("開始日", 12),
    ("終了日", 12),
    ("場所", 18),
    ("主催", 18),
    ("結果（→）", 44),
    ("注（※）", 24),
    ("講師", 30),
)
HEADINGS: Final = tuple(name for name, _ in COLUMNS)
FIGURE_HEADINGS: Final = ("番号", "活動名", "数量", "何の数", "単位", "合計")
HEAD_ROW: Final = 3
BLANK_ROWS: Final = 30

_DATA_HEADINGS: Final = (
    "活動ID", "年度", "取組ID", "取組", "事業", "市町コード", "市町", "活動名", "種類", "状態", "集計のみ",
    "開始日", "終了日", "場所", "主催", "数量ID", "何の数", "数", "単位", "数え方", "数量の市町コード",
    "数量の市町", "内訳元の数量ID",
)  # fmt: skip
_LINE_HEADINGS: Final = ("活動ID", "順序", "種類", "文")


def write_sheet(region: Region, year: int) -> bytes:
    """The workbook of the region's fiscal year."""
    activities = [a for a in queries.activities_of(region, year, year) if a.state != Activity.State.NONE]
    towns = towns_in(region, year)
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"title": f"{region.name} {fiscal_year.format_table(year)} 活動"})
        looks = _looks(book)
        _form(book, looks, region, year, activities)
        _figures(book, looks, region, year, activities, towns)
        _data(book, looks, activities)
        _lines(book, looks, activities)
        _lists(book, looks, region, towns)
        _kept(book, region, year, activities)
    return out.getvalue()


def form_row(activity: Activity) -> list[Any]:
    """The activity as a row of 様式: texts and dates."""
    lines = queries.rendered_lines(activity)
    by_kind = {
        kind: "\n".join(line.text for line in lines if line.kind == kind) for kind in ActivityLine.Kind.values
    }
    return [
        activity.slug,
        activity.initiative.title,
        activity.project.title if activity.project else "",
        activity.municipality.name if activity.municipality else SHARED,
        activity.title,
        activity.get_kind_display(),
        activity.get_state_display(),
        activity.starts_on,
        activity.ends_on,
        activity.place,
        activity.organiser,
        by_kind["result"],
        by_kind["note"],
        by_kind["lecturer"],
    ]


def digest(row: Sequence[Any]) -> str:
    """What a row said when it was handed out."""
    plain = [cell.isoformat() if isinstance(cell, date) else str(cell or "").strip() for cell in row]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()[:24]


def _form(
    book: Any, looks: dict[str, Any], region: Region, year: int, activities: Sequence[Activity]
) -> None:
    sheet = _form_sheet(book, looks, FORM, f"{region.name} {fiscal_year.format_table(year)} 活動実績 様式")
    sheet.write_string(
        1,
        0,
        "白い欄を直し、空いた行に新しい活動を書きます。番号の欄は変えないでください。"
        "結果・注・講師は、1行ずつセル内で改行（Alt＋Enter）します。",
        looks["note"],
    )
    for column, (name, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(HEAD_ROW - 1, column, name, looks["head"])
    rows = [form_row(activity) for activity in activities]
    for number, row in enumerate([*rows, *([[""] * len(COLUMNS)] * BLANK_ROWS)], HEAD_ROW):
        for column, value in enumerate(row):
            look = looks["fixed"] if column == 0 else looks["date"] if column in (7, 8) else looks["cell"]
            _write(sheet, number, column, value, look)
    last = HEAD_ROW + len(rows) + BLANK_ROWS - 1
    for column, name in ((1, "取組"), (2, "事業"), (3, "どこの活動か"), (5, "種類"), (6, "状態")):
        sheet.data_validation(
            HEAD_ROW,
            column,
            last,
            column,
            {
                "validate": "list",
                "source": f"={_list_name(name)}",
                "error_title": name,
                "error_message": "一覧から選んでください。",
            },
        )
    days = fiscal_year.FiscalYear(year)
    sheet.data_validation(
        HEAD_ROW,
        7,
        last,
        8,
        {
            "validate": "date",
            "criteria": "between",
            "minimum": days.first_day,
            "maximum": days.last_day,
            "error_title": "日付",
            "error_message": f"{fiscal_year.format_table(year)}の日付を入力してください。",
        },
    )
    sheet.autofilter(HEAD_ROW - 1, 0, last, len(COLUMNS) - 1)


def _figures(
    book: Any,
    looks: dict[str, Any],
    region: Region,
    year: int,
    activities: Sequence[Activity],
    towns: Sequence[Municipality],
) -> None:
    sheet = _form_sheet(
        book, looks, FIGURES, f"{region.name} {fiscal_year.format_table(year)} 市町別の数値 様式", columns=2
    )
    sheet.write_string(
        1, 0, "あなたの団体の列にだけ、数を入力してください（未入力は空欄、なしは0）。", looks["note"]
    )
    widths = (22, 36, 16, 12, 8, 10, *(10 for _ in towns))
    for column, (name, width) in enumerate(
        zip((*FIGURE_HEADINGS, *(t.name for t in towns)), widths, strict=True)
    ):
        sheet.set_column(column, column, width)
        sheet.write_string(HEAD_ROW - 1, column, name, looks["head"])
    number = HEAD_ROW
    for activity in activities:
        for breakdown in queries.breakdowns(activity):
            total = breakdown.total
            fixed = [
                activity.slug,
                activity.title,
                total.key,
                quantity_label(total.quantity),
                total.counter,
                whole(total.value),
            ]
            for column, value in enumerate(fixed):
                _write(sheet, number, column, value, looks["fixed"])
            for column, town in enumerate(towns, len(fixed)):
                part = breakdown.parts.get(town.pk)
                own = activity.municipality_id in (None, town.pk)
                _write(sheet, number, column, _value(part), looks["number"] if own else looks["fixed"])
            number += 1
    if number > HEAD_ROW:
        sheet.data_validation(
            HEAD_ROW,
            len(FIGURE_HEADINGS),
            number - 1,
            len(FIGURE_HEADINGS) + max(len(towns), 1) - 1,
            {
                "validate": "decimal",
                "criteria": ">=",
                "value": 0,
                "error_title": "数値",
                "error_message": "0以上の数を入力してください。",
            },
        )


def _data(book: Any, looks: dict[str, Any], activities: Sequence[Activity]) -> None:
    sheet = _data_sheet(book, looks, DATA, _DATA_HEADINGS)
    number = 1
    for activity in activities:
        own = activity.municipality
        head = [
            activity.slug,
            activity.fiscal_year,
            activity.initiative.slug,
            activity.initiative.title,
            activity.project.title if activity.project else "",
            own.code if own else "",
            own.name if own else "",
            activity.title,
            activity.get_kind_display(),
            activity.get_state_display(),
            int(activity.tally_only),
            activity.starts_on,
            activity.ends_on,
            activity.place,
            activity.organiser,
        ]
        counts = [
            [
                count.key,
                quantity_label(count.quantity),
                whole(count.value),
                count.counter,
                count.get_basis_display(),
                count.municipality.code if count.municipality else "",
                count.municipality.name if count.municipality else "",
                count.part_of.key if count.part_of else "",
            ]
            for count in activity.counts.all()
        ]
        for tail in counts or [[]]:
            for column, value in enumerate([*head, *tail]):
                _write(sheet, number, column, value, looks["day"] if isinstance(value, date) else None)
            number += 1


def _lines(book: Any, looks: dict[str, Any], activities: Sequence[Activity]) -> None:
    sheet = _data_sheet(book, looks, LINES, _LINE_HEADINGS)
    labels = dict(ActivityLine.Kind.choices)
    number = 1
    for activity in activities:
        for order, line in enumerate(queries.rendered_lines(activity), 1):
            for column, value in enumerate((activity.slug, order, labels[line.kind], line.text)):
                _write(sheet, number, column, value, None)
            number += 1


def _lists(book: Any, looks: dict[str, Any], region: Region, towns: Sequence[Municipality]) -> None:
    initiatives = queries.initiatives_of(region)
    lists = {
        "取組": [row.title for row in initiatives],
        "事業": list(dict.fromkeys(project.title for row in initiatives for project in row.projects.all())),
        "どこの活動か": [SHARED, *(town.name for town in towns)],
        "種類": [label for _, label in KINDS],
        "状態": [label for _, label in STATES],
    }
    sheet = _data_sheet(book, looks, LISTS, tuple(lists))
    for column, (name, values) in enumerate(lists.items()):
        for number, value in enumerate(values, 1):
            sheet.write_string(number, column, value)
        letter = chr(ord("A") + column)
        book.define_name(_list_name(name), f"='{LISTS}'!${letter}$2:${letter}${max(len(values), 1) + 1}")


def _kept(book: Any, region: Region, year: int, activities: Sequence[Activity]) -> None:
    """Hidden: for every activity its version and row, for every figure its value, as handed out."""
    sheet = book.add_worksheet(KEPT)
    sheet.hide()
    rows: list[list[Any]] = [[MARK, region.slug, year]]
    for activity in activities:
        rows.append(["activity", activity.slug, activity.version, digest(form_row(activity))])
        for breakdown in queries.breakdowns(activity):
            for part in breakdown.parts.values():
                town = part.municipality
                code = town.code if town is not None else ""
                rows.append(["figure", activity.slug, breakdown.total.key, code, str(whole(part.value))])
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write_string(number, column, str(value))


def _form_sheet(book: Any, looks: dict[str, Any], name: str, title: str, *, columns: int = 5) -> Any:
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROW - 1)
    sheet.freeze_panes(HEAD_ROW, columns)
    sheet.write_string(0, 0, title, looks["title"])
    return sheet


def _data_sheet(book: Any, looks: dict[str, Any], name: str, headings: Sequence[str]) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headings) - 1, 16)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, looks["head"])
    return sheet


def _write(sheet: Any, row: int, column: int, value: Any, look: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, look)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, look)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, look)
    else:
        sheet.write_number(row, column, value, look)


def _looks(book: Any) -> dict[str, Any]:
    font = {"font_name": "Noto Sans JP", "font_size": 10}
    box = {**font, "border": 1, "border_color": "#cccccc", "valign": "top", "text_wrap": True}
    return {
        "title": book.add_format({**font, "font_size": 14, "bold": True}),
        "note": book.add_format({**font, "font_color": "#555555"}),
        "head": book.add_format({**box, "bold": True, "bg_color": "#e6f5ec", "valign": "vcenter"}),
        "cell": book.add_format(box),
        "fixed": book.add_format({**box, "bg_color": "#f2f2f2", "font_color": "#555555"}),
        "number": book.add_format({**box, "num_format": "#,##0.###"}),
        "date": book.add_format({**box, "num_format": "yyyy-mm-dd"}),
        "day": book.add_format({**font, "num_format": "yyyy-mm-dd"}),
    }


def _value(part: Any) -> Any:
    return whole(part.value) if part is not None else None


def _list_name(name: str) -> str:
    return f"一覧_{name}"
