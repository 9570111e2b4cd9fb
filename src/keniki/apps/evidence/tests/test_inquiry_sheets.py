"""The return sheet: written, filled in by several programs, read back; and every way it can be wrong."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from keniki.apps.evidence.inquiring import actions, queries
from keniki.apps.evidence.inquiring.items import Item, Kind, from_catalogue, read_items, slots_of
from keniki.apps.evidence.inquiring.references import References
from keniki.apps.evidence.inquiring.sheets import ANSWERS, write_sheet
from keniki.apps.evidence.inquiring.sheets.writing import ANSWER_COLUMN, HEAD_ROW, KEPT, NOTE_COLUMN
from keniki.apps.evidence.inquiring.values import Mark, Value, read_content
from keniki.apps.regions import policies as rights
from keniki.core.errors import WrongInput

from .test_inquiries import HOSHINO, _media, answer_of, content, draft, handed_in, sent  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MERGED = "merged"
Change = Callable[[Any], None]


def written(inquiry: Any, code: str = "", *, blank: bool = True) -> bytes:
    answer = answer_of(inquiry, code) if code else answer_of(inquiry)
    references = References(answer.inquiry, [answer.municipality])
    return write_sheet(answer, references, handed_in=answer.versions.count(), blank=blank)


def changed(sheet: bytes, change: Change) -> bytes:
    """The workbook after a change of its rows, as another spreadsheet program saves it."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheet))
    rows = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    change(rows)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as new:
        for name, lines in rows.items():
            page = new.add_worksheet(name)
            for number, line in enumerate(lines):
                for column, value in enumerate(line):
                    if value == MERGED:
                        page.merge_range(number, column, number + 1, column, 1)
                    elif str(value).startswith("="):
                        page.write_formula(number, column, value, None, "#DIV/0!")
                    elif value != "":
                        page.write(number, column, value)
    return out.getvalue()


def typed(*values: Any, note: str = "") -> Change:
    """Type values into the white cells from the first one down."""

    def change(book: Any) -> None:
        for row, value in enumerate(values, HEAD_ROW + 1):
            book[ANSWERS][row][ANSWER_COLUMN] = value
        book[ANSWERS][HEAD_ROW + 1][NOTE_COLUMN] = note

    return change


def key(column: int, value: str) -> Change:
    """Change the hidden key."""
    return lambda book: book[KEPT][0].__setitem__(column, value)


def said(inquiry: Any) -> list[Value]:
    stored = read_content(answer_of(inquiry).content)
    slots = slots_of(read_items(inquiry.items), inquiry.years)
    return [stored.get(slot.key, Value()) for slot in slots]


def test_a_filled_in_sheet_comes_back_with_numbers_marks_words_and_notes(sent, partner):  # noqa: F811
    filled = changed(
        written(sent), typed(30, "１，２３４", "該当なし", "不明", "ウェブ", "人手", note="団地")
    )
    done = actions.take_sheet(partner, answer_of(sent), None, filled, file="回答票.xlsx")
    assert (done.answered, done.replaced) == (6, [])
    assert said(sent) == [
        Value(30.0, note="団地"),
        Value(1234.0),
        Value(mark=Mark.NONE),
        Value(mark=Mark.UNKNOWN),
        Value(text="ウェブ"),
        Value(text="人手"),
    ]
    assert actions.hand_in(partner, answer_of(sent), None).number == 1


def test_only_the_white_cells_can_be_typed_in_and_the_key_is_hidden(sent):  # noqa: F811
    with zipfile.ZipFile(io.BytesIO(written(sent))) as packed:
        parts = {name: packed.read(name).decode() for name in packed.namelist() if name.endswith(".xml")}
    pages = [text for text in parts.values() if "<sheetProtection" in text]
    form = next(text for text in pages if "dataValidation" in text)
    assert form.count("<dataValidation ") == 11
    assert len(pages) == 2
    assert parts["xl/styles.xml"].count('<protection locked="0"/>') == 2
    assert re.search(rf'name="{KEPT}"[^>]*state="veryHidden"', parts["xl/workbook.xml"])


#: What Excel 2010 does not know: newer functions, dynamic arrays, rich values, extensions of later versions.
NEWER = (
    "_xlfn",
    "_xlws",
    "_xlpm",
    "metadata.xml",
    "richData",
    ' cm="',
    ' vm="',
    "<extLst",
    "x14:",
    "xr:",
    "threaded",
)


def test_the_sheet_opens_in_an_old_excel(draft, secretariat):  # noqa: F811
    items = [
        from_catalogue("population"),
        Item("", Kind.CHOICE, "選" * 300, choices=tuple(f"とても長い選択肢その{n}" * 4 for n in range(30))),
        Item("", Kind.NUMBER, "数" * 120, note="注" * 300, unit="人"),
        Item("", Kind.TEXT, "文" * 300, note="注" * 300),
    ]
    changed_draft = actions.change_items(secretariat, draft, draft.version, items)
    actions.send_inquiry(secretariat, changed_draft, changed_draft.version, dated=rights.today())
    with zipfile.ZipFile(io.BytesIO(written(draft))) as packed:
        parts = {name: packed.read(name).decode() for name in packed.namelist()}
    for name, text in parts.items():
        assert not [mark for mark in NEWER if mark in text or mark in name], name
    rules = [
        rule for text in parts.values() for rule in re.findall(r"<dataValidation .*?</dataValidation>", text)
    ]
    assert len(rules) == 9
    limits = {"errorTitle": 32, "promptTitle": 32, "error": 225, "prompt": 255}
    for rule in rules:
        assert all(len(unescape(text)) <= 255 for text in re.findall(r"<formula\d>(.*?)</formula\d>", rule))
        said = dict(re.findall(r' (\w+)="([^"]*)"', rule))
        assert all(len(unescape(said.get(name, ""))) <= most for name, most in limits.items()), rule
        assert (said["type"] != "list") or re.search(r"<formula1>一覧_\d+</formula1>", rule)
    heights = [float(found) for text in parts.values() for found in re.findall(r' ht="([\d.]+)"', text)]
    assert max(heights) <= 409
    (form,) = [text for name, text in parts.items() if "worksheets/" in name and "dataValidation" in text]
    assert "<f>" not in form
    assert all(len(name) <= 31 for name in re.findall(r'<sheet name="([^"]*)"', parts["xl/workbook.xml"]))


def test_a_sheet_keeps_what_it_leaves_empty_and_says_what_it_replaced(sent, partner):  # noqa: F811
    actions.save_answer(partner, answer_of(sent), None, content(sent, 31, 28))
    done = actions.take_sheet(
        partner, answer_of(sent), None, changed(written(sent), typed(30)), file="a.xlsx"
    )
    assert [slot.label for slot in done.replaced] == ["出生数（令和5年）"]
    assert [value.number for value in said(sent)[:2]] == [30.0, 28.0]


def test_what_was_typed_goes_out_with_the_sheet(sent, partner):  # noqa: F811
    actions.save_answer(partner, answer_of(sent), None, content(sent, 31, 28))
    done = actions.take_sheet(partner, answer_of(sent), None, written(sent, blank=False), file="a.xlsx")
    assert done.answered == 3
    assert done.replaced == []


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return out.getvalue()


def sorted_rows(book: Any) -> None:
    book[ANSWERS][HEAD_ROW + 1 :] = reversed(book[ANSWERS][HEAD_ROW + 1 :])


def column_moved(book: Any) -> None:
    for line in book[ANSWERS]:
        line.insert(3, "")


def row_added(book: Any) -> None:
    book[ANSWERS].append(["", "追加の項目", "", "", "", "", 5, "人", ""])


def note_beside(book: Any) -> None:
    for line in book[ANSWERS]:
        line.append("")
    book[ANSWERS][HEAD_ROW + 1][-1] = "前年から減った"


def moved(book: Any) -> None:
    del book[ANSWERS][HEAD_ROW + 1]


def renamed(book: Any) -> None:
    book["Sheet1"] = book.pop(ANSWERS)


def headless(book: Any) -> None:
    book[ANSWERS][HEAD_ROW][ANSWER_COLUMN] = "答え"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            typed("百", 28, "三"),
            r"シート「回答票」：G8（出生数（令和5年））：「百」を数として.*G10（町民講座",
        ),
        (typed(30, 28, 1, 1, "回覧板"), r"G12（広報の方法）：「回覧板」は選択肢にありません"),
        (typed(True), "数か文字を入力"),
        (typed("=1/0"), r"G8.*数式に値がない"),
        (typed(MERGED), "G8 が結合されています"),
        (moved, "8行目の番号か年が"),
        (sorted_rows, "8行目の番号か年が"),
        (column_moved, "セル D7 の見出し「前回の年」がありません"),
        (row_added, "G14に入力があります。照会にない行です"),
        (note_beside, "J8に入力があります。注の欄に"),
        (renamed, "シート「回答票」がありません"),
        (headless, "セル G7 の見出し「回答」がありません"),
    ],
)
def test_a_wrong_cell_or_layout_is_named_and_nothing_is_stored(sent, partner, change, words):  # noqa: F811
    with pytest.raises(WrongInput, match=words):
        actions.take_sheet(partner, answer_of(sent), None, changed(written(sent), change), file="回答票.xlsx")
    assert answer_of(sent).content == {}


def test_the_sheet_of_another_town_inquiry_form_or_version_is_refused(sent, partner, secretariat):  # noqa: F811
    following = actions.copy_inquiry(secretariat, sent)
    actions.send_inquiry(secretariat, following, following.version, dated=rights.today())
    blank = written(sent)
    for sheet, words in (
        (written(sent, HOSHINO), "ほかの団体.*川北町のものを選んで"),
        (written(following), "ほかの照会の回答票"),
        (changed(blank, key(4, "0")), "項目が今の照会と違う"),
        (changed(blank, key(0, "x")), "回答票として読めません"),
        (b"PK\x03\x04nothing", "Excelファイル"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, r"古い形式のExcel（\.xls）.*Excelブック（\.xlsx）"),
        (b"%PDF-1.7", "PDFです"),
        (zipped("content.xml", "mimetype"), r"OpenDocument（\.ods）"),
        (zipped("xl/workbook.bin"), r"バイナリ形式のExcel（\.xlsb）"),
        (zipped("回答票.xlsx"), "中の回答票"),
        (b"", "Excelファイル"),
    ):
        with pytest.raises(WrongInput, match=words):
            actions.take_sheet(partner, answer_of(sent), None, sheet, file="回答票.xlsx")
    handed_in(partner, sent, 30)
    with pytest.raises(WrongInput, match="回答が提出されています"):
        actions.take_sheet(partner, answer_of(sent), None, changed(blank, typed(1)), file="回答票.xlsx")
    assert queries.state_of(answer_of(sent)).is_changed is False


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_a_sheet_saved_by_another_office_program_is_read(sent, partner, tmp_path: Path):  # noqa: F811
    path = tmp_path / "kaitou.xlsx"
    path.write_bytes(changed(written(sent), typed(30, "該当なし", 12.5, "不明", "ウェブ", "人手")))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=180)
    back = tmp_path / "back"
    subprocess.run(
        [
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(back),
            str(tmp_path / "kaitou.ods"),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    done = actions.take_sheet(
        partner, answer_of(sent), None, (back / "kaitou.xlsx").read_bytes(), file="k.xlsx"
    )
    assert done.answered == 6
    assert [value.typed for value in said(sent)] == ["30", "該当なし", "12.5", "不明", "ウェブ", "人手"]
