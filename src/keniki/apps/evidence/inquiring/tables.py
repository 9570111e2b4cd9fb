"""All answers of an inquiry as files: one line an answer for machines, and towns side by side to look at."""

from __future__ import annotations

from datetime import UTC, datetime

from keniki.press.csv import render_csv
from keniki.press.excel import DataSheet, render_xlsx

from ..models import FigureInquiry
from .queries import Table
from .values import Value

_HEAD = (
    "団体コード", "団体名", "状態", "項目ID", "項目", "種類", "年", "年の種類", "数", "単位", "区分", "文", "注",
)  # fmt: skip
_WIDE = ("項目ID", "項目", "年", "単位", "合計")


def csv_file(table: Table) -> bytes:
    """The answers with UTF-8 BOM, formulas disarmed."""
    return render_csv(_long(table)).data


def xlsx_file(inquiry: FigureInquiry, table: Table) -> bytes:
    """The answers as a workbook: 回答 (one line an answer) and 一覧 (towns side by side)."""
    moment = datetime.combine(inquiry.asked_on or inquiry.made_at.date(), datetime.min.time(), tzinfo=UTC)
    return render_xlsx(None, [_wide(table), _long(table)], dated=moment)


def _long(table: Table) -> DataSheet:
    rows = []
    for column, town in enumerate(table.towns):
        for row in table.rows:
            item, value = row.slot.item, row.values[column]
            kind = ("年度" if item.fiscal else "年") if item.is_figure else ""
            rows.append(
                (
                    town.town.code,
                    town.town.name,
                    town.label,
                    item.key,
                    item.name,
                    item.kind.label,
                    row.slot.year,
                    kind,
                    _number(value),
                    item.unit_label,
                    value.mark.label if value.mark is not None else "",
                    value.text,
                    value.note,
                )
            )
    return DataSheet("回答", _HEAD, rows)


def _wide(table: Table) -> DataSheet:
    names = [town.town.name for town in table.towns]
    heads = [
        town.town.name if names.count(town.town.name) == 1 else f"{town.town.name}（{town.town.code}）"
        for town in table.towns
    ]
    rows = []
    for row in table.rows:
        item = row.slot.item
        cells = [_number(value) if value.number is not None else value.typed for value in row.values]
        rows.append((item.key, item.name, item.year_label(row.slot.year), item.unit_label, row.total, *cells))
    return DataSheet("一覧", (*_WIDE, *heads), rows)


def _number(value: Value) -> int | float | None:
    if value.number is None:
        return None
    number = float(value.number)
    return int(number) if number.is_integer() else number
