"""`keniki load`, run in the suite's own database: one object, exit codes, nothing stored when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Installation
from keniki.cli import database, main

pytestmark = pytest.mark.django_db
DATA = ROOT / "data"


@pytest.fixture(autouse=True)
def _the_suites_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)


def keniki(capsys: Any, *arguments: str) -> tuple[int, Any, str]:
    """Exit code, the object of `--json` and what stood on standard error."""
    code = main.main([*arguments, "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


@pytest.mark.slow
def test_a_folder_loads_and_says_how_much_and_the_second_time_nothing(capsys):
    code, first, _ = keniki(capsys, "load", str(DATA / "minami-sorachi"))
    assert code == 0
    assert (first["region"], first["changed"]) == ("minami-sorachi", 0)
    assert first["created"] == sum(kind["created"] for kind in first["by_kind"].values())
    assert first["by_kind"]["Activity"] == {"created": 44, "changed": 0}
    code, second, _ = keniki(capsys, "load", str(DATA / "minami-sorachi"))
    assert (code, second["created"], second["changed"], second["by_kind"]) == (0, 0, 0, {})
    assert second["unchanged"] > 300


@pytest.mark.slow
def test_a_person_reads_one_line(capsys):
    assert main.main(["load", str(DATA / "sapporo")]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "（sapporo）: 追加" in out


def test_wrong_files_are_2_with_file_row_and_column_and_store_nothing(capsys, tmp_path):
    from keniki.apps.regions.models import Region

    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [\n", encoding="utf-8")
    for path, file in ((tmp_path / "nashi", str(tmp_path / "nashi")), (broken, "broken.yaml")):
        code, answer, _ = keniki(capsys, "load", str(path))
        assert (code, answer["error"]["file"]) == (2, file)
        assert answer["error"]["message"]
        assert answer["error"].keys() == {"message", "file", "row", "column"}
    assert not Region.objects.exists()


def test_without_json_the_message_is_one_line_on_standard_error(capsys, tmp_path):
    assert main.main(["load", str(tmp_path)]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.startswith("keniki: ")
    assert out.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["a", "--synthetic", "1"], ["--synthetic", "たくさん"]])
def test_exactly_one_thing_is_loaded(capsys, arguments):
    assert keniki(capsys, "load", *arguments)[0] == 2


@pytest.mark.parametrize("number", ["0", "-1", "1601"])
def test_a_senseless_number_of_synthetic_regions_is_2(capsys, number):
    code, answer, _ = keniki(capsys, "load", "--synthetic", number)
    assert (code, answer["error"]["column"]) == (2, "--synthetic")


@pytest.mark.slow
def test_synthetic_regions_are_counted_and_refused_a_second_time(capsys):
    code, answer, _ = keniki(capsys, "load", "--synthetic", "1")
    assert (code, answer) == (0, {"regions": 1, "initiatives": 20, "activities": 1000})
    code, answer, _ = keniki(capsys, "load", "--synthetic", "1")
    assert code == 2
    assert "synthetic-0000 は既にあります" in answer["error"]["message"]


@pytest.mark.slow
def test_who_is_not_the_operator_loads_nothing(capsys, cast):
    code, answer, _ = keniki(capsys, "load", str(DATA / "sapporo"), "--as", "nakamura")
    assert code == 2
    assert "システム管理者" in answer["error"]["message"]
    code, answer, _ = keniki(capsys, "load", str(DATA / "sapporo"), "--as", "daremo")
    assert (code, answer["error"]["column"]) == (2, "--as")


@pytest.mark.slow
def test_the_command_itself_loads_into_a_new_home_with_progress_on_standard_error_only(
    installation: Installation,
):
    done = installation.run("load", str(Path(DATA / "sapporo")), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["region"] == "sapporo"
