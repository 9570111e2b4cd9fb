"""What was made in an exercise says so on every page of every format."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import docx
import pytest
from pypdf import PdfReader

from keniki.press import blocks as b
from keniki.press import look
from keniki.press.excel import render_xlsx
from keniki.press.pdf import render_pdf
from keniki.press.word import render_docx

from . import samples

pytestmark = pytest.mark.slow


def words(form: str, document: b.Document) -> list[str]:
    """The text of every page (of the one header in Word, of every sheet in Excel)."""
    if form == "pdf":
        return [page.extract_text() for page in PdfReader(io.BytesIO(render_pdf(document))).pages]
    if form == "docx":
        header = docx.Document(io.BytesIO(render_docx(document))).sections[0].header
        return ["\n".join(paragraph.text for paragraph in header.paragraphs)]
    with zipfile.ZipFile(io.BytesIO(render_xlsx(document))) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return [book.read(name).decode() for name in names]


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx"])
@pytest.mark.parametrize("fictional", [False, True])
def test_every_page_of_an_exercise_says_so(form: str, fictional: bool) -> None:
    document = replace(samples.report(fictional=fictional), exercise=True)
    for text in words(form, document):
        assert "訓練のために作成したものです" in text
        assert ("架空のデータ" in text) is fictional


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx"])
def test_nothing_else_says_so(form: str) -> None:
    for text in words(form, samples.report()):
        assert look.EXERCISE[:4] not in text
