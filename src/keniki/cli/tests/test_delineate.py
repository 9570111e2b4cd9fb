"""`keniki delineate`: the one object, codes, what is asked for, and every mistake with its place; no database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from keniki.analysis.tests.test_delineation import CHAIN, TO_SAPPORO
from keniki.cli import main

SAPPORO = ["01100,011002,900000"] + [
    f"{code if at % 2 else code[:5]},{to},{persons}"
    for at, (code, share) in enumerate(TO_SAPPORO.items())
    for to, persons in (("01100", share), (code, 1000 - share))
]


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


@pytest.fixture
def delineate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write the flows (lines of a CSV without its head) and run the command: exit code and its object."""

    def run(
        rows: list[str], *arguments: str, head: str = "origin,destination,value", **files: str
    ) -> tuple[int, Any]:
        (tmp_path / "od.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        more = []
        for option, content in files.items():
            (tmp_path / f"{option}.csv").write_text(content, encoding="cp932")
            more += [f"--{option}", str(tmp_path / f"{option}.csv")]
        code = main.main(["delineate", "--od", str(tmp_path / "od.csv"), *arguments, *more, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def rows_of(text: str) -> list[str]:
    """The lines `a b 10` as those of a CSV."""
    return [",".join(line.replace("_", "").split()) for line in text.strip().splitlines()]


def test_sapporo_has_nine_towns_with_codes_of_six_digits(delineate) -> None:
    code, found = delineate(SAPPORO, "--rule", "ten")
    assert code == 0
    assert sorted(town for town, area in found["areas"].items() if area == "011002") == sorted(
        ["011002", *(town for town, share in TO_SAPPORO.items() if share >= 100)]
    )
    assert (found["count"], found["alone"]) == (4, ["012246", "013048", "014303"])
    assert {
        "code": "012106",
        "area": "011002",
        "role": "suburb",
        "order": 1,
        "towards": "011002",
        "share": 0.102,
    } in (found["members"])
    assert (found["unit"], found["parameters"]["threshold"]) == ("fraction", 0.1)
    _, more = delineate(SAPPORO, "--rule", "ten", "--params", "threshold=0.07,centres=01100")
    assert more["areas"]["013048"] == "011002"


def test_all_four_rules_answer_on_one_table(delineate) -> None:
    attributes = "code,did_population,centre_share\na,60000,0.9\n"
    answers = {
        rule: delineate(rows_of(CHAIN), "--rule", rule, attributes=attributes)[1]["areas"]
        for rule in ("ten", "uea", "lma", "fua")
    }
    assert answers == {
        "ten": {"a": "a", "b": "a", "c": "c", "d": "d"},
        "uea": {"a": "a", "b": "a", "c": "a", "d": "d"},
        "lma": {"a": "a", "b": "b", "c": "b", "d": "d"},
        "fua": {"a": "a", "b": "a", "c": "c", "d": "d"},
    }
    code, italian = delineate(rows_of(CHAIN), "--rule", "lma", "--params", "set=italy,minSZ=500,tarSC=0.7")
    assert code == 0
    assert italian["parameters"] == {
        "set": "italy",
        "min_size": 500,
        "min_containment": 0.6,
        "target_size": 10_000,
        "target_containment": 0.7,
    }


def test_without_what_a_rule_needs_the_answer_is_rough_and_names_the_column(delineate) -> None:
    for rule, column in (("uea", "did_population"), ("fua", "centre_share")):
        given = ("--params", "city_workers=1000") if rule == "fua" else ()
        code, found = delineate(rows_of(CHAIN), "--rule", rule, *given)
        assert (code, found["parameters"]["size"]) == (0, "workers")
        (note,) = [note for note in found["notes"] if "目安" in note]
        assert column in note
    assert delineate(rows_of(CHAIN), "--rule", "fua")[1]["parameters"]["city_workers"] == 50_000
    code, found = delineate(rows_of(CHAIN), "--rule", "fua", "--params", "city_workers=nan")
    assert (code, found["error"]["column"]) == (2, "--params")


def test_figures_may_stand_in_the_table_of_flows(delineate) -> None:
    head = "origin,destination,value,origin_did_population,origin_residents"
    rows = ["a,a,900,60000,", "b,a,60,,1000", 'b,b,"300",,"1,000"']
    code, found = delineate(rows, "--rule", "uea", head=head)
    assert (code, found["areas"]) == (0, {"a": "a", "b": "b"})
    code, found = delineate([*rows, "b,c,5,,999"], "--rule", "uea", head=head)
    assert (code, found["error"]["row"], found["error"]["column"]) == (2, 5, "origin_residents")


def test_beside_actual_regions_and_under_drawn_flows(delineate) -> None:
    regions = "code,region\n011002,札幌\n012106,札幌\n012246,札幌\n"
    code, found = delineate(SAPPORO, "--rule", "ten", "--draws", "20", "--seed", "5", regions=regions)
    assert code == 0
    assert found["agreement"]["n"] == 3
    (row,) = found["regions"]
    assert (row["region"], row["area"], row["only_region"]) == ("札幌", "011002", ["012246"])
    assert "012033" in row["only_area"]
    stays = found["stability"]["stays"]
    assert stays["012351"] == 1.0
    assert 0.2 < stays["012106"] < 0.9


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("01210,01100,-3", "value", "「-3」は使えません"),
        ("01210,01100,nan", "value", "「nan」は使えません"),
        ("01210,01100,", "value", "空欄です"),
        (",01100,3", "origin", "コードがありません"),
        ("012107,01100,3", "origin", "012106"),
        ("01210,1100,3", "destination", "先頭の0"),
        ("01235,01100,3", "destination", "2行目"),
        ("01210,01100,3,4", None, "カンマを含むセル"),
    ],
)
def test_a_wrong_row_is_named_with_its_column(delineate, row: str, column: str | None, words: str) -> None:
    good = ["01235,01100,477", "01235,01235,523", "01217,01100,1"]
    code, found = delineate([*good, row], "--rule", "ten")
    error = found["error"]
    assert (code, error["row"], error["column"]) == (2, 5, column)
    assert error["file"].endswith("od.csv")
    assert words in error["message"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ("threshold", "名前=値"),
        ("threshold=0.1,threshold=0.2", "1回だけ"),
        ("limit=3", "使えるもの: threshold"),
        ("threshold=ten", "数ではありません"),
        ("threshold=2", "1以下にしてください。（threshold）"),
        ("threshold=nan", "1以下"),
        ("centres=99999", "99999"),
    ],
)
def test_wrong_figures_are_told(delineate, params: str, words: str) -> None:
    code, found = delineate(SAPPORO, "--rule", "ten", "--params", params)
    assert (code, found["error"]["column"]) == (2, "--params")
    assert words in found["error"]["message"]


@pytest.mark.slow
def test_files_beside_the_flows_are_checked_too(delineate, tmp_path: Path) -> None:
    wrong = [
        ({"attributes": "code,did_population\na,5\na,6\n"}, 3, "code", "2行目にもあります"),
        ({"attributes": "code,centre_share\na,50\n"}, 2, "centre_share", "50％は 0.5"),
        ({"attributes": "code,did_population\nx,5\n"}, None, "code", "1つもありません"),
        ({"regions": "code,region\na,\n"}, 2, "region", "空欄です"),
        ({"regions": "code,region\nx,y\n"}, None, "--regions", "1つもありません"),
        ({"regions": "code\n"}, 1, "region", "見出し「region」"),
        ({"attributes": "code,residents\nb,5\n"}, None, None, "流動の合計"),
    ]
    for files, row, column, words in wrong:
        code, found = delineate(rows_of(CHAIN), "--rule", "ten", **files)
        error = found["error"]
        assert (code, error["row"], error["column"]) == (2, row, column), words
        assert words in error["message"]
        assert (error["file"] or "").endswith(f"{next(iter(files))}.csv") or column == "--regions"
    code, found = delineate([], "--rule", "ten")
    assert (code, "1行もありません" in found["error"]["message"]) == (2, True)
    assert main.main(["delineate", "--od", str(tmp_path / "none.csv"), "--rule", "ten", "--json"]) == 2


def test_a_person_reads_the_areas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "od.csv"
    path.write_text("\n".join(["origin,destination,value", *SAPPORO]), encoding="utf-8")
    assert main.main(["delineate", "--od", str(path), "--rule", "ten"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "通勤通学割合10％の基準: 1 圏域、どこにも属さない市区町村 3"
    assert lines[1].startswith("  011002  10市区町村  012033 012106")
    assert lines[2] == "  単独: 012246 013048 014303"
