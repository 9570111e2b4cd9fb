from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn

from keniki.core.errors import WrongInput
from keniki.press import blocks as b
from keniki.press.changes import tracked
from keniki.press.charts import year_bars
from keniki.press.tests import samples
from keniki.press.word import render_docx


def opened(document: b.Document):
    return docx.Document(BytesIO(render_docx(document)))


def short(*blocks: b.Block, **settings: object) -> b.Document:
    return replace(b.Document("題", blocks, samples.DATED), **settings)


def letters(element) -> str:
    return "".join(node.text or "" for node in element.iter(qn("w:t")))


@pytest.fixture(scope="module")
def report():
    return opened(samples.report())


def test_the_same_document_gives_the_same_bytes():
    assert render_docx(samples.report()) == render_docx(samples.report())


def test_every_time_in_the_file_is_the_last_change():
    with ZipFile(BytesIO(render_docx(samples.report()))) as package:
        assert {entry.date_time for entry in package.infolist()} == {(2025, 4, 18, 0, 30, 0)}
        core = package.read("docProps/core.xml").decode()
    assert core.count("2025-04-18T00:30:00Z") == 2


def test_headings_are_real_headings_in_order(report):
    found = [(p.style.name, p.text) for p in report.paragraphs if p.style.name.startswith("Heading")]
    assert found[:3] == [
        ("Heading 1", "白樺圏域"),
        ("Heading 2", "連携地域の概要"),
        ("Heading 2", "広域連携加速化事業における実施事業（概要）"),
    ]


def test_lists_are_real_lists_and_every_numbered_one_starts_anew():
    word = opened(short(b.BulletList(("一", "二"), "①"), b.BulletList(("三",), "①"), b.BulletList(("四",))))
    numbers = [p._p.pPr.numPr.numId.val for p in word.paragraphs]
    assert numbers[0] == numbers[1] != numbers[2] != numbers[3]
    numbering = word.part.numbering_part.element
    starts = [num for num in numbering.iter(qn("w:num")) if num.numId == numbers[2]]
    assert starts[0].find(qn("w:lvlOverride")).find(qn("w:startOverride")).get(qn("w:val")) == "1"
    assert 'w:val="decimalEnclosedCircle"' in numbering.xml


def test_fonts_are_set_for_east_asian_letters(report):
    def fonts(name):
        return report.styles[name].element.rPr.find(qn("w:rFonts"))

    assert fonts("Normal").get(qn("w:eastAsia")) == "游ゴシック"
    assert fonts("Heading 1").get(qn("w:eastAsia")) == "游ゴシック"
    assert fonts("Heading 1").get(qn("w:eastAsiaTheme")) is None
    formal = opened(samples.agreement())
    assert formal.styles["Normal"].element.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia")) == "游明朝"


def test_the_head_of_a_table_is_repeated_and_its_rows_stay_whole(report):
    table = next(table for table in report.tables if "交付額" in letters(table._tbl))
    rows = table._tbl.findall(qn("w:tr"))
    heads = [row.find(qn("w:trPr")).find(qn("w:tblHeader")) is not None for row in rows]
    assert heads == [True, True, False]
    assert all(row.find(qn("w:trPr")).find(qn("w:cantSplit")) is not None for row in rows)
    assert table.cell(0, 0).text == table.cell(0, 4).text == "交付額（千円） ※令和6年度は交付予定額"
    assert [table.cell(2, x).text for x in range(5)] == ["10,000", "600", "8,000", "3,900", "3,300"]


def test_cells_merged_downwards_read_as_one():
    table = b.DataTable(
        (b.Column("区分"), b.Column("項目"), b.Column("値", align="right")),
        (
            (b.Cell("歳入", rowspan=2), "負担金", 100),
            ("補助金", -20),
            b.Row((b.Cell("計", colspan=2), 80), "sum"),
        ),
    )
    grid = opened(short(table)).tables[0]
    assert grid.cell(1, 0).text == grid.cell(2, 0).text == "歳入"
    assert grid.cell(2, 2).text == "▲20"
    assert grid.cell(3, 0).text == grid.cell(3, 1).text == "計"


def test_pages_are_numbered_by_a_field_after_the_cover(report):
    cover, body = report.sections[0], report.sections[-1]
    assert "PAGE" not in cover.footer._element.xml
    assert "PAGE" in body.footer._element.xml
    assert body._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"


def test_every_page_carries_the_draft_mark_and_the_band(report):
    header = report.sections[0].header
    assert "確認版" in letters(header._element)
    assert "架空" in letters(header._element)
    assert all(section.header.is_linked_to_previous for section in list(report.sections)[1:])


def test_pictures_have_alternative_text_and_their_own_numbers(report):
    shapes = list(report.element.body.iter(qn("wp:docPr")))
    assert [shape.get("descr") for shape in shapes[:3]] == ["研修会場の画面", "防災テント", "空き家の調査"]
    assert len({shape.get("id") for shape in shapes}) == len(shapes) == 6


def test_a_chart_goes_in_as_png():
    chart = year_bars("交付額", "千円", [("R2", 10000)])
    with ZipFile(BytesIO(render_docx(short(chart.figure("図1"))))) as package:
        media = [name for name in package.namelist() if name.startswith("word/media/")]
        assert package.read(media[0]).startswith(b"\x89PNG")


def test_tracked_text_is_word_s_own():
    word = opened(short(b.Paragraph(tracked("協議の上定める", "協議により定める")), author="事務局"))
    paragraph = word.paragraphs[0]._p
    deleted, inserted = paragraph.find(qn("w:del")), paragraph.find(qn("w:ins"))
    assert "".join(node.text for node in deleted.iter(qn("w:delText"))) == "の上"
    assert letters(inserted) == "により"
    assert inserted.get(qn("w:author")) == "事務局"
    assert inserted.get(qn("w:date")) == "2025-04-18T00:30:00Z"
    assert deleted.get(qn("w:id")) != inserted.get(qn("w:id"))


def test_what_is_missing_is_marked_in_red():
    run = opened(short(b.Paragraph(b.Missing("氏名")))).paragraphs[0].runs[0]
    assert run.text == "氏名 未入力"
    assert str(run.font.color.rgb) == "CE0000"


def test_square_kilometres_are_superscript(report):
    cell = next(table for table in report.tables if "面積" in letters(table._tbl)).cell(1, 1)
    assert cell.text == "1,234.56 km2"
    assert cell.paragraphs[0].runs[-1].font.superscript


def test_it_says_the_same_as_the_pdf():
    from pypdf import PdfReader

    from keniki.press.pdf import render_pdf

    document = samples.agreement()
    pdf = "".join(page.extract_text() for page in PdfReader(BytesIO(render_pdf(document))).pages)
    squeezed = "".join(pdf.split())
    for paragraph in opened(document).element.body.iter(qn("w:p")):
        words = "".join(letters(paragraph).split())
        assert words in squeezed, words


def test_a_final_document_with_something_missing_is_not_made():
    with pytest.raises(WrongInput, match="未入力"):
        render_docx(replace(samples.agreement(), final=True))
