import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from keniki.core.errors import WrongInput
from keniki.press import blocks as b
from keniki.press.excel import DataColumn, DataSheet, render_xlsx
from keniki.press.tests import samples

ACTIVITIES = DataSheet(
    "活動",
    (DataColumn("市区町村コード", 14), "市町", "年月日", "参加人数_名", "金額_円", "公開", "備考"),
    (
        ("012106", "白樺市", date(2024, 6, 1), 26, Decimal("1234567"), True, "=1+1"),
        ("012092", "霧丘市", None, 0, None, False, "髙﨑德①㈱㎡〜－"),
    ),
)


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def part(data: bytes, name: str) -> str:
    with ZipFile(BytesIO(data)) as package:
        return package.read(name).decode()


def short(*blocks: b.Block, **changes: object) -> b.Document:
    return replace(b.Document("題", blocks, samples.DATED), **changes)


def test_the_same_document_gives_the_same_bytes():
    assert render_xlsx(samples.report(), [ACTIVITIES]) == render_xlsx(samples.report(), [ACTIVITIES])


def test_a_data_sheet_holds_exactly_the_values():
    rows = sheets(render_xlsx(None, [ACTIVITIES], dated=samples.DATED))["活動"]
    assert rows == [
        ["市区町村コード", "市町", "年月日", "参加人数_名", "金額_円", "公開", "備考"],
        ["012106", "白樺市", date(2024, 6, 1), 26.0, 1234567.0, True, "=1+1"],
        ["012092", "霧丘市", "", 0.0, "", False, "髙﨑德①㈱㎡〜－"],
    ]


def test_a_data_sheet_has_a_frozen_filtered_head_and_no_merged_cells():
    sheet = part(render_xlsx(None, [ACTIVITIES], dated=samples.DATED), "xl/worksheets/sheet1.xml")
    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A1:G3"/>' in sheet
    assert "mergeCell" not in sheet


def test_a_formula_someone_typed_stays_text_for_ever():
    data = render_xlsx(None, [ACTIVITIES], dated=samples.DATED)
    assert "<f>" not in part(data, "xl/worksheets/sheet1.xml")
    assert 'quotePrefix="1"' in part(data, "xl/styles.xml")
    form = render_xlsx(short(b.Paragraph("=HYPERLINK(1)")))
    assert "<f>" not in part(form, "xl/worksheets/sheet1.xml")
    assert 'quotePrefix="1"' in part(form, "xl/styles.xml")


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20))
)
def test_any_text_comes_back_as_it_was(words):
    sheet = DataSheet("試", ("語",), [(word,) for word in words])
    rows = sheets(render_xlsx(None, [sheet], dated=samples.DATED))["試"]
    assert [row[0] for row in rows[1:]] == words


def test_a_number_too_long_for_excel_is_kept_as_text():
    sheet = DataSheet("試", ("値",), [(12345678901234567890,), (Decimal("0.1234567890123456789"),)])
    rows = sheets(render_xlsx(None, [sheet], dated=samples.DATED))["試"]
    assert rows[1:] == [["12345678901234567890"], ["0.1234567890123456789"]]


def test_a_moment_is_written_with_its_zone():
    sheet = DataSheet("試", ("時刻",), [(samples.DATED,), (datetime(2025, 4, 1, 9, 0),)])  # noqa: DTZ001
    rows = sheets(render_xlsx(None, [sheet], dated=samples.DATED))["試"]
    assert rows[1:] == [["2025-04-18T09:30:00+09:00"], [datetime(2025, 4, 1, 9, 0)]]  # noqa: DTZ001


@pytest.mark.parametrize("name", ["", "a" * 32, "収入/支出", "[1]"])
def test_a_name_excel_refuses_is_refused_here(name):
    with pytest.raises(ValueError, match="not a name"):
        render_xlsx(None, [DataSheet(name, ("a",), [])], dated=samples.DATED)


def test_a_row_of_the_wrong_length_is_refused_with_its_place():
    with pytest.raises(ValueError, match="row 3: 1 values for 2 columns"):
        render_xlsx(None, [DataSheet("a", ("a", "b"), [(1, 2), (1,)])], dated=samples.DATED)


def test_the_form_has_a_cover_and_all_the_words_of_the_report():
    book = sheets(render_xlsx(samples.report(), [ACTIVITIES]))
    assert list(book) == ["表紙", "様式", "活動"]
    words = {str(value) for row in book["様式"] for value in row if value != ""}
    for expected in (
        "連携地域の概要",
        "1,234.56 km2",
        "○",
        "交付額（千円） ※令和6年度は交付予定額",
        "（R2年度）\n―",
        "写真 未入力",
    ):
        assert expected in words, expected
    assert "実績報告書" in {str(value) for row in book["表紙"] for value in row}


def test_numbers_in_the_form_stay_numbers():
    rows = sheets(render_xlsx(samples.report()))["様式"]
    grants = next(row for row in rows if 10000.0 in row)
    assert [value for value in grants if value != ""] == [10000.0, 600.0, 8000.0, 3900.0, 3300.0]
    assert "#,##0;▲#,##0" in part(render_xlsx(samples.report()), "xl/styles.xml")


def test_the_form_prints_on_a4_one_page_wide_with_numbers_and_marks():
    sheet = part(render_xlsx(samples.report()), "xl/worksheets/sheet2.xml")
    assert 'paperSize="9"' in sheet
    assert 'orientation="portrait"' in sheet
    assert 'fitToHeight="0"' in sheet
    assert "&amp;C- &amp;P -" in sheet
    assert "確認版" in sheet
    assert "架空" in sheet
    assert "<rowBreaks" in sheet


def test_the_head_of_a_single_long_table_is_repeated():
    table = b.DataTable((b.Column("番号"), b.Column("数量")), tuple((str(n), n) for n in range(100)))
    assert "'様式'!$2:$2" in part(render_xlsx(short(b.Paragraph("一覧"), table)), "xl/workbook.xml") or (
        "様式!$2:$2" in part(render_xlsx(short(b.Paragraph("一覧"), table)), "xl/workbook.xml")
    )


def test_a_heading_is_never_left_alone_at_the_foot_of_a_page():
    for lines in range(28, 44):
        blocks = [b.Heading(1, "始め"), *(b.Paragraph("行") for _ in range(lines)), b.Heading(2, "見出し")]
        data = render_xlsx(short(*blocks, b.Paragraph("本文"), *(b.Paragraph("後") for _ in range(20))))
        rows = sheets(data)["様式"]
        heading = next(number for number, row in enumerate(rows) if "見出し" in row)
        body = next(number for number, row in enumerate(rows) if "本文" in row)
        breaks = [
            int(found.split('"')[0])
            for found in part(data, "xl/worksheets/sheet1.xml").split('<brk id="')[1:]
        ]
        assert not [place for place in breaks if heading < place <= body]


def test_a_wholly_changed_text_keeps_its_mark():
    rows = (b.ComparisonRow(b.Run("旧の文", change="deleted"), b.Run("新の文", change="changed")),)
    styles = part(render_xlsx(short(b.ComparisonTable(rows))), "xl/styles.xml")
    assert "<u/>" in styles
    assert "<strike/>" in styles


def test_a_group_stays_on_one_page():
    group = b.Group(tuple(b.Paragraph(f"組{n}") for n in range(6)))
    for lines in range(32, 44):
        data = render_xlsx(short(*(b.Paragraph("行") for _ in range(lines)), group))
        rows = sheets(data)["様式"]
        inside = [y for y, row in enumerate(rows) if str(row[0]).startswith("組")]
        found = part(data, "xl/worksheets/sheet1.xml").split('<brk id="')[1:]
        breaks = [int(place.split('"')[0]) for place in found]
        assert not [place for place in breaks if inside[0] < place <= inside[-1]]


def test_a_final_document_with_something_missing_is_not_made():
    with pytest.raises(WrongInput, match="未入力"):
        render_xlsx(samples.report(final=True))


@pytest.mark.slow
def test_every_block_finds_its_way_into_the_form():
    words = {str(value) for row in sheets(render_xlsx(samples.everything()))["様式"] for value in row}
    for expected in (
        "改正案",
        "（削除）",
        "R6　3,300",
        "甲",
        "(1) 第一の項目",
        "決定額 未入力",
        "不詳",
        "図1 指標の推移",
    ):
        assert any(expected in word for word in words), expected


def test_a_column_is_as_wide_as_its_longest_date_or_number():
    sheet = DataSheet("試", ("日", "数"), [(date(2020, 10, 9), 1_234_567_890_123)])
    page = part(render_xlsx(None, [sheet], dated=samples.DATED), "xl/worksheets/sheet1.xml")
    widths = [float(width) for width in re.findall(r'<col [^>]*?width="([^"]+)"', page)]
    assert len(widths) == 2
    assert min(widths) > 11
