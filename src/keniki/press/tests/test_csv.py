from datetime import date

from keniki.core.csv_dialect import read_table
from keniki.press.csv import render_csv
from keniki.press.excel import DataSheet

SHEET = DataSheet(
    "活動",
    ("市区町村コード", "市町", "年月日", "参加人数_名"),
    [("012106", "白樺市", date(2024, 6, 1), 26), ("012092", "=1+1", None, -3)],
)


def test_it_is_utf8_with_a_mark_and_reads_back():
    data = render_csv(SHEET).data
    assert data.startswith(b"\xef\xbb\xbf")
    table = read_table(data)
    assert table.headings == ["市区町村コード", "市町", "年月日", "参加人数_名"]
    assert dict(table.records[0].cells) == {
        "市区町村コード": "012106",
        "市町": "白樺市",
        "年月日": "2024-06-01",
        "参加人数_名": "26",
    }


def test_a_formula_is_disarmed_and_a_negative_number_is_not():
    record = read_table(render_csv(SHEET).data).records[1]
    assert record["市町"] == "'=1+1"
    assert record["参加人数_名"] == "-3"


def test_letters_cp932_lacks_are_reported_by_cell():
    written = render_csv(DataSheet("名", ("氏名",), [("髙﨑",), ("𠮷田",)]), encoding="cp932")
    assert [(lost.row, lost.column, lost.character) for lost in written.lacking] == [(3, 1, "𠮷")]
