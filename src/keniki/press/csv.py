"""Tables as CSV bytes for open data and for spreadsheets."""

from __future__ import annotations

from itertools import chain

from keniki.core.csv_dialect import CsvBytes, WriteEncoding, write_csv
from keniki.press.excel.data import DataSheet


def render_csv(table: DataSheet, *, encoding: WriteEncoding = "utf-8-sig", guard: bool = True) -> CsvBytes:
    """Head and rows of a データ sheet: ISO dates, empty for None, formulas guarded.

    In CP932 the letters it lacks are listed in `lacking`, by row and column of the file.
    """
    titles = [column if isinstance(column, str) else column.title for column in table.columns]
    return write_csv(chain([titles], table.rows), encoding=encoding, guard=guard)
