from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.errors import WrongInput
from keniki.press import blocks as b
from keniki.press import layout
from keniki.press.tests import samples


def document(*blocks: b.Block, **settings: object) -> b.Document:
    return replace(b.Document("題", blocks, samples.DATED), **settings)


def test_everything_missing_is_listed_with_its_place():
    marks = layout.missing_marks(samples.report(initiatives=1))
    assert [(mark.place, mark.label) for mark in marks] == [
        ("連携地域の概要 連携ビジョン策定", "策定日"),
        ("広域連携加速化事業における実施事業（詳細）", "取組内容"),
        ("広域連携加速化事業における実施事業（詳細） R6 防災テントを用いた研修会の様子", "写真"),
    ]
    assert [mark.place for mark in layout.missing_marks(samples.agreement())] == ["霧丘市"]


def test_a_final_document_with_something_missing_is_refused_and_says_what():
    with pytest.raises(WrongInput, match="未入力が3件残っている") as refused:
        layout.check(samples.report(initiatives=1, final=True))
    assert "連携ビジョン策定「策定日」" in refused.value.message


def test_a_final_document_with_nothing_missing_passes():
    layout.check(document(b.Heading(1, "概要"), b.Paragraph(b.NOTHING), final=True))


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        (b.Heading(2, "第二"), "level 2 after 0"),
        (b.Figure(b.Image(samples.picture(1), " ")), "an image needs a text"),
        (b.Figure(b.Image(b"GIF89a", "図")), "JPEG, PNG or SVG"),
        (b.YearSections((b.YearSection("（R2年度）", ()),)), "an empty section"),
        (b.DataTable((b.Column("a"), b.Column("b")), (("1",),)), "fewer cells"),
        (b.DataTable((b.Column("a"),), (("1", "2"),)), "over the edge"),
        (
            b.KeyValueTable((b.KeyValueRow("名", (b.DataTable((b.Column("a"),), (("1", "2"),)),)),)),
            "over the edge",
        ),
    ],
)
def test_a_malformed_tree_is_refused(block, complaint):
    with pytest.raises(ValueError, match=complaint):
        layout.check(document(block))


def test_a_document_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        layout.check(document(dated=datetime(2025, 4, 1)))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (1234567, "1,234,567"),
        (-5, "▲5"),
        (0, "0"),
        (Decimal("2562.250"), "2,562.250"),
        (Decimal("-0.5"), "▲0.5"),
    ],
)
def test_numbers_are_printed_with_separators_and_a_triangle_for_minus(value, printed):
    assert layout.number_text(value) == printed


def test_marks_count_on_past_twenty():
    marks = [layout.marker("①", position) for position in (0, 19, 20, 34, 35, 49, 50)]
    assert marks == [*"①⑳㉑㉟㊱㊿", "(51)"]
    assert layout.marker("(1)", 2) == "(3)"


@pytest.mark.slow
@given(st.data())
def test_spans_cover_the_grid_once(data):
    width = data.draw(st.integers(1, 6))
    height = data.draw(st.integers(1, 6))
    free = [[True] * width for _ in range(height)]
    rows: list[list[b.Cell]] = []
    for y in range(height):
        row = []
        for x in range(width):
            if not free[y][x]:
                continue
            across = data.draw(
                st.integers(1, next((j for j in range(x, width) if not free[y][j]), width) - x)
            )
            down = data.draw(st.integers(1, height - y))
            down = next((d for d in range(1, down) if not all(free[y + d][x : x + across])), down)
            for i in range(down):
                free[y + i][x : x + across] = [False] * across
            row.append(b.Cell("x", across, down))
        rows.append(row)
    covered = [
        (placed.row + i, placed.column + j)
        for row in layout.grid(rows, width, ["left"] * width)
        for placed in row
        for i in range(placed.cell.rowspan)
        for j in range(placed.cell.colspan)
    ]
    assert sorted(covered) == [(y, x) for y in range(height) for x in range(width)]


def test_columns_without_a_share_are_as_wide_as_their_text_and_the_rest_is_shared():
    table = b.DataTable(
        (b.Column("年度", 0), b.Column("内容", 3), b.Column("備考", 1)), (("R6", "研修", ""),)
    )
    narrow, wide, last = layout.column_widths(table, 160)
    assert 8 < narrow < 20
    assert wide == pytest.approx(3 * last)
    assert narrow + wide + last == pytest.approx(160)


def test_plain_text_leaves_out_what_was_deleted():
    words = b.text(b.Run("旧", change="deleted"), b.Run("新", change="inserted"), b.Missing("氏名"))
    assert b.plain(words) == "新氏名 未入力"
    assert b.plain(words, deleted=True) == "旧新氏名 未入力"
