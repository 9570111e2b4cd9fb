"""Documents as Excel files: 様式 sheets to print and データ sheets for machines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

import xlsxwriter

from keniki.press import layout
from keniki.press.blocks import Document
from keniki.press.excel.data import DataColumn, DataSheet, write_sheet
from keniki.press.excel.form import FormWriter

__all__ = ["DataColumn", "DataSheet", "render_xlsx"]


def render_xlsx(
    form: Document | None, data: Sequence[DataSheet] = (), *, dated: datetime | None = None
) -> bytes:
    """The 様式 of `form` (表紙 and 様式 sheets) followed by one データ sheet per item of `data`.

    `dated` is needed only without a form. The same input gives the same bytes. Raises `WrongInput` for a
    final form with something 未入力, `ValueError` for a malformed tree or sheet.
    """
    moment = form.dated if form is not None else dated
    if moment is None:
        raise ValueError("an Excel file without a form needs dated")
    if form is not None:
        layout.check(form)
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties(
        {
            "title": form.title if form else "",
            "subject": form.subject if form else "",
            "author": form.author if form else "",
            "keywords": ", ".join(form.keywords) if form else "",
            "created": moment.astimezone(UTC).replace(tzinfo=None, microsecond=0),
        }
    )
    if form is not None:
        FormWriter(book, form).write()
    for sheet in data:
        write_sheet(book, sheet)
    book.close()
    return out.getvalue()
