from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document as WordDocument
from hypothesis import HealthCheck, given, settings
from lxml import etree
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from keniki.press.excel import render_xlsx
from keniki.press.pdf import render_pdf
from keniki.press.tests import trees
from keniki.press.word import render_docx

often = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@often
@given(trees.documents)
@pytest.mark.slow
def test_any_tree_becomes_a_pdf(document):
    assert len(PdfReader(BytesIO(render_pdf(document))).pages) >= 1


@often
@given(trees.documents)
@pytest.mark.slow
def test_any_tree_becomes_a_word_file(document):
    data = render_docx(document)
    WordDocument(BytesIO(data))
    with ZipFile(BytesIO(data)) as package:
        body = etree.fromstring(package.read("word/document.xml"))
    space = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
    for cell in body.iterfind(".//w:tc", space):
        assert cell[-1].tag.endswith("}p")
    for row in body.iterfind(".//w:tr", space):
        grid = row.getparent().find("w:tblGrid", space)
        spans = [cell.find("w:tcPr/w:gridSpan", space) for cell in row.iterfind("w:tc", space)]
        assert sum(1 if span is None else int(span.attrib.values()[0]) for span in spans) == len(grid)


@pytest.mark.slow
@often
@given(trees.documents)
def test_any_tree_becomes_an_excel_file(document):
    book = CalamineWorkbook.from_filelike(BytesIO(render_xlsx(document)))
    assert book.sheet_names[-1] == "様式"
