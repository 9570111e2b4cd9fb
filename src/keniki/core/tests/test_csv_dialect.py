from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.csv_dialect import (
    guard_formula,
    read_csv,
    read_table,
    unguard_formula,
    write_csv,
)
from keniki.core.errors import WrongInput

characters = st.characters(
    blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff\uf8f0\uf8f1\uf8f2\uf8f3"
) | st.sampled_from('",\n\r\t')
cells = st.text(characters, max_size=8)
windows_cells = st.text(st.sampled_from('岩見沢市髙①ｶﾅ表能ソ予申十"\n,abc 1'), max_size=8)


def tables(cell):
    """Rows whose first cell is never empty, so that no row looks blank."""
    row = st.lists(cell, min_size=1, max_size=4).map(lambda row: [f"x{row[0]}", *row[1:]])
    return st.lists(row, min_size=1, max_size=5)


@pytest.mark.slow
@given(tables(cells), st.sampled_from(["utf-8", "utf-8-sig"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_table_comes_back_from_utf8(rows, encoding, newline):
    under_a_head = [["市町", "備考"], *rows]
    read = read_csv(write_csv(under_a_head, encoding=encoding, newline=newline, guard=False).data)
    assert read.rows == under_a_head
    assert read.encoding == encoding


@pytest.mark.slow
@given(tables(windows_cells))
def test_every_table_of_windows_characters_comes_back_from_cp932(rows):
    under_a_head = [["市町", "備考"], *rows]
    written = write_csv(under_a_head, encoding="cp932", guard=False)
    assert written.lacking == []
    assert read_csv(written.data).rows == under_a_head


@pytest.mark.parametrize("text", ["xﾅ①", "ﾐｶｻｼ", "ﾐｶｻｼ,ﾅﾝﾎﾟﾛ①"])
def test_half_width_kana_alone_are_recognised_as_cp932(text):
    assert read_csv(text.encode("cp932")).rows == [text.split(",")]


@pytest.mark.parametrize("text", ["café", "5×3", "±1℃", "α版"])
def test_a_few_foreign_letters_stay_utf8(text):
    assert read_csv(text.encode()).rows == [[text]]


def test_the_encoding_is_recognised():
    for encoding, expected in (("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp932", "cp932")):
        assert read_csv("市町,人口\n岩見沢市,79306\n".encode(encoding)).encoding == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_quotes_and_line_ends_of_all_kinds_are_read(newline):
    text = newline.join(['"市町","備考"', '岩見沢市,"a, ""b"""', ""])
    assert read_csv(text.encode("cp932")).rows == [["市町", "備考"], ["岩見沢市", 'a, "b"']]


def test_utf8_with_bom_is_what_is_written_unless_asked():
    assert write_csv([["市町"]]).data == "\ufeff市町\r\n".encode()


def test_data_are_written_without_ornament():
    row = [None, 1234567, Decimal("1E+3"), date(2020, 10, 9), -5, 0.1]
    assert write_csv([row], encoding="utf-8").data == b",1234567,1000,2020-10-09,-5,0.1\r\n"


def test_characters_cp932_lacks_are_reported_by_cell_and_replaced():
    written = write_csv([["市町", "期間"], ["𠮷田", "R3〜R6"]], encoding="cp932")
    assert [(lack.row, lack.column, lack.character, lack.written_as) for lack in written.lacking] == [
        (2, 1, "𠮷", "〓"),
        (2, 2, "〜", "～"),
    ]
    assert read_csv(written.data).rows[1] == ["〓田", "R3～R6"]


def test_bytes_that_are_no_text_are_refused_with_their_row():
    with pytest.raises(WrongInput, match="文字コードを判別できません") as raised:
        read_csv("市町\n岩見沢市\n".encode("cp932") + b"\x81\x00\xff\n", file="a.csv")
    assert (raised.value.file, raised.value.row) == ("a.csv", 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("市町".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest", "表計算"),
        (b'a,b\n"c,d\n', "引用符が閉じていません"),
        (b'a,b\n"c"x,d\n', "引用符の後に文字"),
        (b"a\x00b", "判別できません"),
    ],
)
def test_files_that_are_no_csv_are_refused_with_what_to_do(data, reason):
    with pytest.raises(WrongInput, match=reason):
        read_csv(data, file="a.csv")


@given(st.binary())
def test_no_bytes_break_the_reading(data):
    with suppress(WrongInput):
        read_csv(data)


def test_a_table_knows_the_row_number_of_each_record_and_skips_blank_lines():
    table = read_table("職, 氏名 \n\n係長,山田\n,,\n課長,髙橋\n".encode(), required=["職", "氏名"])
    assert [(record.row, record["職"], record["氏名"]) for record in table.records] == [
        (3, "係長", "山田"),
        (5, "課長", "髙橋"),
    ]
    assert table.records[0].get("備考") == ""


@pytest.mark.parametrize(
    ("text", "reason", "row", "column"),
    [
        ("", "空です", None, None),
        ("職\n係長\n", "「氏名」の列がありません", 1, "氏名"),
        ("職,氏名,職\n", "2つ以上", 1, "職"),
        ("職,氏名\n係長,山田,三笠\n", "より多い", 2, None),
    ],
)
def test_a_table_of_the_wrong_shape_is_refused_with_its_place(text, reason, row, column):
    with pytest.raises(WrongInput, match=reason) as raised:
        read_table(text.encode(), file="職.csv", required=["職", "氏名"])
    assert (raised.value.row, raised.value.column) == (row, column)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+81-126", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "=cmd|' /C calc'!A0", "-a"]
)
def test_cells_a_spreadsheet_would_run_are_guarded(cell):
    assert guard_formula(cell) == f"'{cell}"
    assert read_csv(write_csv([["x", cell]]).data).rows[0][1] == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["-5", "-1,200", "+3", "-0.5%", "－５", "-", "－", "―", "▲300", "R3-R6", "", "'"]
)
def test_numbers_dashes_and_plain_texts_stay(cell):
    assert guard_formula(cell) == cell


@given(st.text(st.sampled_from("'=+-@\t1a,.％")) | cells)
def test_the_guard_is_undone_exactly(cell):
    assert unguard_formula(guard_formula(cell)) == cell


@given(st.text(st.sampled_from("'=+-@\t1a,. ")))
def test_no_guarded_cell_begins_with_a_sign_unless_it_is_a_number(cell):
    guarded = guard_formula(cell)
    if guarded.startswith(("=", "@", "\t")):
        assert len(guarded) == 1
