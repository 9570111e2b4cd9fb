"""The workbook of a year: handed out, filled in, shown, stored all or nothing."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from keniki.apps.accounts.models import LogEntry
from keniki.apps.activities import actions, queries
from keniki.apps.activities.models import Activity
from keniki.apps.activities.sheets import FIGURES, FORM, read_sheet, write_sheet
from keniki.core.errors import WrongInput

SHEETS = "/desk/aoba/activities/sheets/"


def filled(content: bytes, *cells: tuple[str, int, str, Any]) -> bytes:
    """The workbook with cells (sheet, row, heading, value) typed over, as a spreadsheet program saves it."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
    }
    for name, row, heading, value in cells:
        rows = sheets[name]
        while len(rows) < row:
            rows.append([""] * len(rows[2]))
        rows[row - 1][rows[2].index(heading)] = value
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as new:
        for name, rows in sheets.items():
            sheet = new.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if hasattr(value, "isoformat"):
                        sheet.write_datetime(
                            number, column, value, new.add_format({"num_format": "yyyy-mm-dd"})
                        )
                    else:
                        sheet.write(number, column, value)
    return out.getvalue()


@pytest.fixture
def book(in_region, activity) -> bytes:
    return write_sheet(in_region, 2024)


def test_what_was_handed_out_changes_nothing_when_it_comes_back(in_region, book, secretariat, viewer) -> None:
    assert read_sheet(secretariat, in_region, book).is_empty
    assert read_sheet(viewer, in_region, filled(book)).is_empty


def test_the_data_sheet_has_one_value_per_cell(book) -> None:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name("データ").to_python()
    head, *body = rows
    found = [dict(zip(head, row, strict=True)) for row in body]
    kawakita = next(row for row in found if row["数量の市町"] == "川北町")
    assert (kawakita["数"], kawakita["単位"], kawakita["内訳元の数量ID"]) == (21, "名", "people")
    assert len(kawakita["数量の市町コード"]) == 6


def test_an_officer_brings_in_the_figures_of_its_town(in_region, book, activity, partner) -> None:
    content = filled(book, (FIGURES, 4, "川北町", 28))
    entries = LogEntry.objects.count()
    plan = actions.store_sheet(partner, in_region, content)
    assert [(change.town.name, change.before_words, change.after_words) for change in plan.figures] == [
        ("川北町", "21", "28")
    ]
    assert queries.total_words(queries.activity_for(in_region, activity.slug), "participants") == "56名"
    assert LogEntry.objects.count() == entries + 1
    assert LogEntry.objects.first().text == (
        "川北町 企画課 中村次郎 が 令和6年度の様式を取込(団体別の数値1件)"
    )
    assert read_sheet(partner, in_region, write_sheet(in_region, 2024)).is_empty


def test_another_towns_figure_is_refused_with_its_place_and_nothing_is_stored(
    in_region, book, activity, partner
) -> None:
    content = filled(book, (FIGURES, 4, "川北町", 28), (FIGURES, 4, "星野町", 9))
    with pytest.raises(WrongInput, match="星野町の担当者だけ") as raised:
        actions.store_sheet(partner, in_region, content, file="様式.xlsx")
    assert (raised.value.file, raised.value.row, raised.value.column) == (
        "様式.xlsx シート「市町別」", 4, "星野町",
    )  # fmt: skip
    assert queries.total_words(queries.activity_for(in_region, activity.slug), "participants") == "49名"


@pytest.mark.slow
def test_the_secretariat_adds_and_changes_activities(in_region, book, activity, secretariat) -> None:
    content = filled(
        book,
        (FORM, 4, "場所", "公民館"),
        (FORM, 5, "取組", "地域防災体制の充実"),
        (FORM, 5, "どこの活動か", "共同"),
        (FORM, 5, "活動名", "夜間訓練"),
        (FORM, 5, "種類", "訓練"),
        (FORM, 5, "状態", "実施"),
        (FORM, 5, "開始日", "令和6年9月1日"),
        (FORM, 5, "結果（→）", "2回 30名参加\n備蓄も確認"),
    )
    plan = actions.store_sheet(secretariat, in_region, content)
    assert (plan.new, plan.changed) == (1, 1)
    new = queries.activity_for(in_region, Activity.objects.get(title="夜間訓練").slug)
    assert [line.text for line in queries.rendered_lines(new)] == ["2回 30名参加", "備蓄も確認"]
    assert queries.total_words(new, "participants") == "30名"
    assert new.starts_on.isoformat() == "2024-09-01"
    stored = queries.activity_for(in_region, activity.slug)
    assert stored.place == "公民館"
    assert "活動の登録1件、活動の変更1件" in LogEntry.objects.first().text


@pytest.mark.parametrize(
    ("cells", "message", "column"),
    [
        ([(FORM, 4, "種類", "祭り")], "選べません", "種類"),
        ([(FORM, 4, "開始日", "あした")], "日付として読めません", "開始日"),
        ([(FORM, 4, "開始日", "2025-05-01")], "日ではありません", "開始日"),
        ([(FORM, 4, "活動名", "")], "活動名を入力", "活動名"),
        ([(FORM, 4, "番号", "なし-1")], "削除されたか", "番号"),
        ([(FORM, 5, "活動名", "新しい活動")], "入力してください", "取組"),
        ([(FIGURES, 4, "青葉市", "多数")], "数として読めません", "青葉市"),
        ([(FIGURES, 4, "数量", "なにか")], "数量「なにか」がありません", "番号"),
        ([(FORM, 3, "活動名", "題名")], "列「活動名」がありません", "活動名"),
    ],
)
def test_the_first_fault_names_sheet_row_and_column(
    in_region, book, secretariat, cells, message, column
) -> None:
    with pytest.raises(WrongInput, match=message) as raised:
        actions.store_sheet(secretariat, in_region, filled(book, *cells), file="様式.xlsx")
    assert raised.value.column == column
    assert raised.value.row == cells[0][1]
    assert cells[0][0] in raised.value.file


@pytest.mark.slow
def test_what_somebody_changed_since_is_not_overwritten(
    in_region, book, activity, partner, secretariat, towns
) -> None:
    actions.enter_town_count(partner, activity, "people", towns["川北町"], 30)
    with pytest.raises(WrongInput, match="30へ更新されています"):
        actions.store_sheet(secretariat, in_region, filled(book, (FIGURES, 4, "川北町", 25)))
    with pytest.raises(WrongInput, match="ほかの人が更新"):
        actions.store_sheet(secretariat, in_region, filled(book, (FORM, 4, "場所", "公民館")))
    plan = actions.store_sheet(secretariat, in_region, filled(book, (FIGURES, 4, "星野町", 10)))
    assert len(plan.figures) == 1
    assert queries.total_words(queries.activity_for(in_region, activity.slug), "participants") == "60名"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"a,b,c\r\n1,2,3"])
def test_a_file_that_is_no_workbook_is_refused(in_region, secretariat, content) -> None:
    with pytest.raises(WrongInput, match="Excelファイル"):
        read_sheet(secretariat, in_region, content, file="表.csv")


def test_a_sheet_of_another_region_or_a_closed_year_is_refused(
    in_region, other_region, book, secretariat, neighbour_secretariat
) -> None:
    with pytest.raises(WrongInput, match="ほかの圏域"):
        read_sheet(neighbour_secretariat, other_region, book)
    actions.close_year(secretariat, in_region, 2024)
    with pytest.raises(WrongInput, match="締め切られています"):
        read_sheet(secretariat, in_region, filled(book, (FORM, 4, "場所", "公民館")))


@pytest.mark.slow
def test_nothing_is_stored_before_the_preview_is_confirmed(
    in_region, book, activity, client_as, partner
) -> None:
    client = client_as(partner)
    content = filled(book, (FIGURES, 4, "川北町", 28))
    page = client.post(SHEETS, {"file": SimpleUploadedFile("様式.xlsx", content)}).content.decode()
    assert "確認して保存" in page
    assert queries.total_words(queries.activity_for(in_region, activity.slug), "participants") == "49名"
    hidden = dict(
        re.findall(r'<input type="hidden" name="(content|name|fingerprint)" value="([^"]*)">', page)
    )
    assert base64.b64decode(hidden["content"]) == content
    refused = client.post(f"{SHEETS}store/", hidden | {"fingerprint": "other"}, follow=True).content.decode()
    assert "もう一度ファイルを選んで" in refused
    assert client.post(f"{SHEETS}store/", hidden).status_code == 302
    assert queries.total_words(queries.activity_for(in_region, activity.slug), "participants") == "56名"


def test_viewers_bring_nothing_in(in_region, book, client_as, viewer) -> None:
    client = client_as(viewer)
    file = SimpleUploadedFile("様式.xlsx", book)
    assert client.post(SHEETS, {"file": file}).status_code == 403
    assert client.post(f"{SHEETS}store/", {"content": ""}).status_code == 403


def rewritten(content: bytes, pattern: str, put: str) -> bytes:
    """The workbook with the first match in its sheets' XML replaced, as another program might have saved it."""
    out, left = io.BytesIO(), 1
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/") and left:
                text, number = re.subn(pattern, put, data.decode(), count=left)
                data, left = text.encode(), left - number
            new.writestr(name, data)
    assert not left
    return out.getvalue()


@pytest.mark.parametrize(
    ("pattern", "put", "message"),
    [
        (r'<c r="(\w+)"( s="\d+")?><v>21</v></c>', r'<c r="\1" t="e"><v>#REF!</v></c>', "セル H4 の数式"),
        (r'<c r="(\w+)"( s="\d+")?><v>21</v></c>', r'<c r="\1"><f>20+1</f><v></v></c>', "セル H4 の数式"),
        ("</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="C4:D5"/></mergeCells>', "結合"),
    ],
)
def test_a_cell_that_lost_its_value_is_refused_and_deletes_nothing(
    in_region, book, secretariat, pattern, put, message
) -> None:
    with pytest.raises(WrongInput, match=message):
        read_sheet(secretariat, in_region, rewritten(filled(book), pattern, put))


def test_a_formula_with_its_result_is_read_as_the_result(in_region, book, secretariat) -> None:
    content = rewritten(
        filled(book), r'<c r="(\w+)"( s="\d+")?><v>21</v></c>', r'<c r="\1"><f>20+2</f><v>22</v></c>'
    )
    assert [change.after_words for change in read_sheet(secretariat, in_region, content).figures] == ["22"]


def test_more_changes_than_one_import_takes_are_refused_with_what_to_do(in_region, book, secretariat) -> None:
    new = {"取組": "地域防災体制の充実", "どこの活動か": "共同", "種類": "訓練", "状態": "実施"}
    cells = [
        (FORM, 5 + number, heading, value)
        for number in range(501)
        for heading, value in {**new, "活動名": f"訓練{number}"}.items()
    ]
    with pytest.raises(WrongInput, match=r"変更が501件あります。.*分けて取り込んでください"):
        read_sheet(secretariat, in_region, filled(book, *cells))
