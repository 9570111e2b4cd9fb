from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image as Pillow
from pypdf import PdfReader

from keniki.core.errors import WrongInput
from keniki.press import blocks as b
from keniki.press.changes import tracked
from keniki.press.charts import year_bars
from keniki.press.pdf import render_pdf, render_png
from keniki.press.tests import samples


def pages(document: b.Document) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(render_pdf(document))).pages]


def short(*blocks: b.Block, **settings: object) -> b.Document:
    return replace(b.Document("題", blocks, samples.DATED), **settings)


@pytest.fixture(scope="module")
def report() -> bytes:
    return render_pdf(samples.report())


def test_the_same_document_gives_the_same_bytes(report):
    assert render_pdf(samples.report()) == report


def test_it_is_tagged_pdf_a_and_pdf_ua_with_its_title(report):
    reader = PdfReader(BytesIO(report))
    xmp = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].lower().startswith("ja")
    assert reader.metadata.title == "白樺圏域 広域連携加速化事業 実績報告書"


def test_its_only_time_is_the_last_change(report):
    assert PdfReader(BytesIO(report)).metadata.creation_date == samples.DATED
    assert PdfReader(BytesIO(report)).metadata.modification_date == samples.DATED


@pytest.mark.slow
def test_the_cover_has_no_number_and_the_next_page_is_number_one(report):
    texts = [page.extract_text() for page in PdfReader(BytesIO(report)).pages]
    assert "- 1 -" not in texts[0]
    assert "- 0 -" not in texts[0]
    assert "- 1 -" in texts[1]
    assert f"- {len(texts) - 1} -" in texts[-1]


@pytest.mark.slow
def test_the_report_says_what_the_records_say(report):
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(report)).pages)
    assert len(PdfReader(BytesIO(report)).pages) == 7
    for expected in (
        "連携地域の概要",
        "1,234.56 km2",
        "交付額（千円） ※令和6年度は交付予定額",
        "10,000",
        "※令和2年国勢調査結果より",
        "（R2年度）",
        "→26回 252名参加",
        "架空大学災害科学研究所 髙﨑 德子 氏",
        "これまでの",
        "①",
        "●防災分野の活動記録写真",
        "写真 未入力",
        "策定日 未入力",
    ):
        assert expected in text, expected


@pytest.mark.slow
def test_every_page_carries_the_draft_mark_and_the_band():
    for text in pages(samples.report()):
        assert "確認版" in text
        assert "架空" in text
    for text in pages(samples.report(draft_mark=None, fictional=False)):
        assert "確認版" not in text
        assert "見本" not in text


def test_hard_letters_are_all_in_the_fonts():
    for style in ("report", "formal"):
        document = short(
            b.Paragraph(samples.HARD_LETTERS), b.Paragraph(b.bold(samples.HARD_LETTERS)), style=style
        )
        reader = PdfReader(BytesIO(render_pdf(document)))
        assert reader.pages[0].extract_text().count(samples.HARD_LETTERS) == 2


def test_bold_is_a_bold_font():
    reader = PdfReader(BytesIO(render_pdf(short(b.Paragraph(b.text("並", b.bold("太")))))))
    names = {
        font["/BaseFont"]
        for font in (f.get_object() for f in reader.pages[0]["/Resources"]["/Font"].values())
    }
    assert any("NotoSansCJKjp-Bold" in name for name in names)
    assert any("NotoSansCJKjp-Regular" in name for name in names)


def test_a_long_table_repeats_its_head_on_every_page():
    rows = tuple((f"{number}番", number) for number in range(1, 121))
    texts = pages(short(b.DataTable((b.Column("通し番号の見出し"), b.Column("数量", unit="名")), rows)))
    assert len(texts) >= 3
    assert all("通し番号の見出し" in text and "（名）" in text for text in texts)
    assert "120番" in texts[-1]


def test_a_row_that_continues_on_the_next_page_shows_its_label_again():
    items = tuple(b.BulletItem(f"活動その{number}", ("→1回 10名参加",)) for number in range(60))
    texts = pages(short(b.KeyValueTable((b.KeyValueRow("事業概要", (b.BulletList(items),)),))))
    assert len(texts) >= 2
    assert "続き" not in texts[0]
    assert all("事業概要（続き）" in text.replace("\n", "") for text in texts[1:])


@pytest.mark.slow
def test_a_heading_is_never_left_alone_at_the_foot_of_a_page():
    for lines in range(36, 48):
        blocks = (
            b.Heading(1, "始め"),
            *(b.Paragraph("行") for _ in range(lines)),
            b.Heading(2, "見出しの語"),
        )
        texts = pages(short(*blocks, b.Paragraph("本文の語")))
        page = next(text for text in texts if "見出しの語" in text)
        assert "本文の語" in page


@pytest.mark.slow
def test_a_signatory_is_never_torn_over_two_pages():
    for lines in range(20, 30):
        document = short(
            *(b.Paragraph("行") for _ in range(lines)),
            b.SignatureBlock((b.Signatory("住所の語", "団体の語", "市長", "氏 名"),) * 3),
        )
        for text in pages(document):
            assert text.count("住所の語") == text.count("団体の語") == text.count("氏 名") == text.count("㊞")


def test_words_are_never_taken_for_commands():
    words = '#panic("x") *太* _斜_ $x$ @ref <label> [箱] \\ // 注 = 見出し\n- 点 "引用" {"json": 1}'
    assert words.split("\n")[0] in pages(short(b.Paragraph(words, align="left")))[0]


def test_a_long_address_of_the_net_stays_inside_its_cell():
    address = "https://example.com/" + "x" * 200
    page = pages(short(b.DataTable((b.Column("所在"), b.Column("備考")), ((address, "後"),))))[0]
    assert max(len(line) for line in page.split("\n")) < 60
    assert address in page.replace("\n", "")


def test_names_are_not_broken_over_two_lines():
    row = b.KeyValueRow("実施団体名", b.names(samples.TOWNS * 3))
    lines = pages(short(b.KeyValueTable((row,))))[0].split("\n")
    assert all(line.rstrip().endswith(("・", "町", "団体名", "-")) for line in lines if line.strip())


def test_line_ends_and_control_characters_do_no_harm():
    text = pages(short(b.Paragraph("一\r\n二\x0b三\x01四")))[0]
    assert text.split("\n")[:3] == ["一", "二", "三四"]


def test_charts_and_tracked_text_stand_in_the_page():
    chart = year_bars("交付額", "千円", [("R2", 10000), ("R3", None)])
    text = pages(
        short(
            b.Heading(1, "図"),
            chart.figure("図1 交付額"),
            chart.table(),
            b.Paragraph(tracked("旧案", "新案")),
        )
    )[0]
    assert "図1 交付額" in text
    assert text.count("10,000") >= 2
    assert "旧新案" in text


def test_a_final_document_with_something_missing_is_not_made():
    with pytest.raises(WrongInput, match="未入力"):
        render_pdf(samples.report(final=True))


def test_the_preview_has_one_picture_per_page():
    images = render_png(samples.agreement(), ppi=40)
    assert len(images) == len(pages(samples.agreement()))
    with Pillow.open(BytesIO(images[0])) as first:
        assert first.size == (331, 468)


def test_a_landscape_page_is_turned():
    box = PdfReader(BytesIO(render_pdf(short(b.Paragraph("横"), landscape=True)))).pages[0].mediabox
    assert box.width > box.height
