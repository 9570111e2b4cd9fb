"""`keniki data`, run in the suite's own database: files are guessed and read, figures shown with their cell."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from keniki.apps.evidence.models import Figure, RawFile
from keniki.cli import console, database, main
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db
TEST_DATA = os.environ.get("KENIKI_TEST_DATA")
HEAD = "municipality_code,indicator,year,value,unit\n"
ROWS = "012106,day_night_ratio,2015,96.7,percent\n012092,day_night_ratio,2015,101.2,percent\n"

MAP = """
title: 路線バスの利用者
area: {code: 団体コード, name: 市町}
year: 2023
skip: [{column: 市町, values: [合計]}]
columns:
  - {column: 乗車人数（人）, indicator: bus_users, unit: persons}
"""


@pytest.fixture(autouse=True)
def _the_suites_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)


def keniki(capsys: Any, *arguments: str) -> tuple[int, Any, str]:
    """Exit code, the object of `--json` and what stood on standard error."""
    code = main.main([*arguments, "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "day_night.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    return path


def test_a_figure_is_shown_with_its_cell(capsys, file) -> None:
    code, done, err = keniki(capsys, "data", "import", str(file))
    assert code == 0
    assert (done["imports"][0]["stored"], done["imports"][0]["guessed"], done["quarantined"]) == (2, True, 0)
    assert "判定しました" in err
    code, shown, _ = keniki(capsys, "data", "show", "01210", "day_night_ratio", "--year", "2015")
    (figure,) = shown["figures"]
    assert (code, figure["value"], figure["unit"], figure["code"]) == (0, 96.7, "percent", "012106")
    assert figure["cell"]["row"] == 2
    assert {"value", "unit", "period", "source", "edition", "cell", "status"} <= figure.keys()


def test_the_same_file_again_stores_nothing(capsys, file) -> None:
    keniki(capsys, "data", "import", str(file))
    _, again, _ = keniki(capsys, "data", "import", str(file))
    assert (again["imports"][0]["stored"], again["imports"][0]["known"]) == (0, 2)
    assert Figure.objects.count() == 2


def test_rows_that_cannot_be_read_are_kept_aside_and_a_file_that_cannot_is_refused(
    capsys, file, tmp_path
) -> None:
    file.write_text(HEAD + ROWS + "012157,day_night_ratio,2015,きゅう,percent\n", encoding="utf-8")
    code, done, _ = keniki(capsys, "data", "import", str(file))
    assert (code, done["imports"][0]["stored"], done["quarantined"]) == (0, 2, 1)
    other = tmp_path / "memo.txt"
    other.write_text("きょうの予定\n", encoding="utf-8")
    code, refused, _ = keniki(capsys, "data", "import", str(other))
    assert code == 2
    assert "種類を判定できません" in refused["error"]["message"]
    assert keniki(capsys, "data", "import", str(tmp_path / "nai.csv"))[0] == 2
    assert keniki(capsys, "data", "show", "99999", "population")[0] == 2


def test_a_folder_is_read_whole_and_what_is_no_statistic_in_it_is_named(capsys, file) -> None:
    (file.parent / "SOURCE.txt").write_text("repo: somewhere\n", encoding="utf-8")
    code, done, err = keniki(capsys, "data", "import", str(file.parent))
    assert (code, done["imports"][0]["stored"]) == (0, 2)
    assert "SOURCE.txt" in err


def test_sources_say_where_to_get_them_and_what_is_loaded(capsys) -> None:
    code, told, _ = keniki(capsys, "data", "sources")
    assert code == 0
    census = next(source for source in told["sources"] if source["slug"] == "census")
    assert census["address"].startswith("https://")
    assert census["editions"] == []


def test_a_table_of_ones_own_is_read_by_a_mapping_that_is_remembered(capsys, tmp_path) -> None:
    table = '市町,団体コード,乗車人数（人）\n岩見沢市,012106,"1,234"\n夕張市,012092,56\n合計,,1290\n'
    (tmp_path / "bus2023.csv").write_text(table, encoding="utf-8")
    (tmp_path / "bus.yaml").write_text(MAP, encoding="utf-8")
    code, done, _ = keniki(
        capsys, "data", "import", str(tmp_path / "bus2023.csv"), "--map", str(tmp_path / "bus.yaml")
    )
    assert code == 0, done
    assert (done["imports"][0]["kind"], done["imports"][0]["stored"]) == ("mapped", 2)
    (tmp_path / "again.csv").write_text(table.replace("56", "57"), encoding="utf-8")
    code, done, _ = keniki(capsys, "data", "import", str(tmp_path / "again.csv"))
    assert code == 0, done
    assert (done["imports"][0]["guessed"], done["imports"][0]["stored"]) == (True, 2)
    _, shown, _ = keniki(capsys, "data", "show", "01209", "bus_users")
    assert sorted(figure["value"] for figure in shown["figures"]) == [56, 57]


@pytest.mark.slow
def test_a_regions_own_figures_are_read_and_shown_with_the_region_named(capsys, file) -> None:
    keniki(capsys, "load", str(ROOT / "data" / "minami-sorachi"))
    code, done, _ = keniki(capsys, "data", "import", str(file), "--region", "minami-sorachi")
    assert (code, done["imports"][0]["stored"]) == (0, 2)
    asked = ("data", "show", "012106", "day_night_ratio")
    assert keniki(capsys, *asked)[1]["figures"] == []
    assert len(keniki(capsys, *asked, "--region", "minami-sorachi")[1]["figures"]) == 1
    assert keniki(capsys, "data", "import", str(file), "--region", "nashi")[0] == 2


@pytest.mark.slow
@pytest.mark.skipif(not TEST_DATA, reason="KENIKI_TEST_DATA is not set")
def test_towns_that_are_gone_since_are_known_from_the_census_that_lists_them(capsys) -> None:
    keniki(capsys, "data", "import", f"{TEST_DATA}/census2020/population_census_2020.csv")
    code, done, _ = keniki(capsys, "data", "import", f"{TEST_DATA}/day_night/day_night_2015.csv")
    assert (code, done["imports"][0]["stored"], done["quarantined"]) == (0, 3_631, 0)
    tomiya = keniki(capsys, "data", "show", "04423", "day_night_ratio")[1]["figures"]
    assert [figure["value"] for figure in tomiya] == [77.2]


@pytest.mark.skipif(not TEST_DATA, reason="KENIKI_TEST_DATA is not set")
def test_files_of_one_name_are_told_apart_by_their_folder_and_shown_without_it(capsys) -> None:
    files = [f"{TEST_DATA}/ipss_h30/City{sex}/pp01210.json" for sex in "MF"]
    code, done, _ = keniki(capsys, "data", "import", *files)
    assert (code, done["imports"][0]["files"], done["quarantined"]) == (0, 2, 0)
    asked = ("data", "show", "01210", "projected_population", "--year", "2045", "--all")
    figures = keniki(capsys, *asked)[1]["figures"]
    assert {figure["sex"] for figure in figures} == {"male", "female"}
    assert {figure["cell"]["file"] for figure in figures} == {"pp01210.json"}
    assert sorted(RawFile.objects.values_list("folder", flat=True)) == ["CityF", "CityM"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("nai.csv", "見つかりません"), ("a.csv/b.csv", "見つかりません"), ("x\0.csv", "使えない文字")],
)
def test_a_file_that_cannot_be_opened_is_told_in_japanese(name, words, tmp_path) -> None:
    (tmp_path / "a.csv").write_text("a", encoding="utf-8")
    with pytest.raises(WrongInput, match=words):
        console.read_bytes(tmp_path / name)
    with pytest.raises(WrongInput, match="フォルダです"):
        console.read_bytes(tmp_path)
