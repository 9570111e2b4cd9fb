"""`keniki profile`: the region book of any municipalities, run in the suite's own database."""

from __future__ import annotations

import csv
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from keniki.cli import database, main

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEAD = "municipality_code,indicator,year,value,unit\n"
PEOPLE = {"012106": (84_499, 79_306), "012092": (8_843, 7_334), "131016": (58_406, 66_680)}


@pytest.fixture(autouse=True)
def _the_suites_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)


@pytest.fixture
def figures(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "people.csv"
    rows = [
        f"{code},population,{year},{number},persons"
        for code, both in PEOPLE.items()
        for year, number in zip((2015, 2020), both, strict=True)
    ]
    path.write_text(HEAD + "\n".join(rows), encoding="utf-8")
    assert main.main(["data", "import", str(path)]) == 0
    capsys.readouterr()


def profile(capsys: Any, *arguments: str) -> tuple[int, Any, str]:
    code = main.main(["profile", *arguments, "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


def test_word_pdf_excel_and_every_chart_and_table_are_written(capsys, tmp_path, figures) -> None:
    out = tmp_path / "本" / "out"
    code, done, err = profile(capsys, "--municipalities", "01210,012092", "--out", str(out))
    assert code == 0, done
    assert [place["code"] for place in done["municipalities"]] == ["012106", "012092"]
    assert {Path(each).suffix for each in done["files"]} == {".docx", ".pdf", ".xlsx"}
    pdf = next(Path(each) for each in done["files"] if each.endswith(".pdf"))
    words = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf.read_bytes())).pages)
    assert "人口の推移と見通し" in words
    assert "86,640" in words
    exhibit = next(each for each in done["exhibits"] if each["id"] == "population_by_year")
    assert {Path(each).suffix for each in exhibit["files"]} == {".svg", ".png", ".csv", ".xlsx"}
    table = next(Path(each) for each in exhibit["files"] if each.endswith(".csv"))
    rows = list(csv.reader(table.read_text("utf-8-sig").splitlines()))
    assert rows[1][1:] == ["84499", "79306"]
    book = CalamineWorkbook.from_path(next(each for each in done["files"] if each.endswith(".xlsx")))
    assert any("人口の推移" in name for name in book.sheet_names)
    assert "出典" in book.sheet_names
    assert done["missing"]
    assert "まだない図表" in err


def test_a_single_municipality_of_another_prefecture_has_its_book_too(capsys, tmp_path, figures) -> None:
    code, done, _ = profile(capsys, "--municipalities", "13101", "--out", str(tmp_path))
    assert code == 0
    assert [each["id"] for each in done["exhibits"]][:2] == ["summary", "population_by_year"]


@pytest.mark.parametrize(
    ("arguments", "column", "words"),
    [
        (["--municipalities", "99999"], "--municipalities", "団体コード"),
        (["--municipalities", " , "], "--municipalities", "1～200個"),
        (["--region", "nowhere"], "--region", "nowhere"),
    ],
)
def test_wrong_input_is_told_and_nothing_written(capsys, tmp_path, arguments, column, words) -> None:
    out = tmp_path / "out"
    code, done, _ = profile(capsys, *arguments, "--out", str(out))
    assert code == 2
    assert done["error"]["column"] == column
    assert words in done["error"]["message"]
    assert not list(out.glob("*"))


def test_a_folder_that_cannot_be_made_is_told(capsys, tmp_path, figures) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    code, done, _ = profile(capsys, "--municipalities", "01210", "--out", str(taken))
    assert code == 2
    assert done["error"]["file"] == str(taken)
