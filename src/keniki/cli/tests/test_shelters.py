"""`keniki shelters`: files in, with what is kept aside counted, and out under the published head."""

from __future__ import annotations

import json
from typing import Any

import pytest

from keniki.apps.disaster.formats import columns
from keniki.apps.disaster.tests.test_formats_shelters import SITES, file
from keniki.apps.disaster.tests.test_shelter_files import THREE, site
from keniki.cli import database, main

pytestmark = pytest.mark.django_db


@pytest.fixture
def keniki(cast: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    monkeypatch.setattr(database, "prepare", lambda **_: None)

    def run(*arguments: object) -> tuple[int, dict[str, Any]]:
        code = main.main(["shelters", *map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def sites(tmp_path):
    path = tmp_path / "2.csv"
    path.write_bytes(file(SITES, *THREE, site(5, "東公園", latitude="10")))
    return path


@pytest.mark.slow
def test_a_file_is_taken_and_bad_rows_are_counted_with_their_place(keniki, sites) -> None:
    code, dry = keniki("import", sites, "--region", "aoba", "--dry-run")
    assert (code, dry["new"], dry["stored"]) == (0, 3, False)
    code, told = keniki("import", sites, "--region", "aoba")
    assert code == 0
    assert (told["new"], told["quarantined"], told["kind"]) == (3, 1, "gsi_sites")
    assert (told["problems"][0]["row"], told["problems"][0]["column"]) == (5, "緯度")
    code, again = keniki("import", sites, "--region", "aoba")
    assert (code, again["new"], again["changed"], again["unchanged"]) == (0, 0, 0, 3)


def test_what_is_not_read_of_a_file_is_said(keniki, tmp_path) -> None:
    strange = tmp_path / "2.csv"
    rows = [f"{line}," for line in (*THREE, site(6, "紅葉園", town="夕張市", code="012092"))]
    strange.write_bytes(file(f"{SITES},広さ", *rows))
    _, told = keniki("import", strange, "--region", "aoba")
    assert told["notes"] == ["次の列は読みません：広さ"]
    assert (told["new"], told["outside"]) == (3, 1)


def test_sites_come_out_under_the_published_head_and_all_with_spaces(keniki, sites, tmp_path) -> None:
    keniki("import", sites, "--region", "aoba")
    out = tmp_path / "out.csv"
    code, told = keniki("export", out, "--region", "aoba", "--standard")
    assert (code, told["shelters"]) == (0, 3)
    assert out.read_text("utf-8-sig").splitlines()[0] == ",".join(columns.STANDARD)
    code, told = keniki("export", out, "--region", "aoba", "--town", "019020")
    assert (code, told["shelters"], told["kind"]) == (0, 2, "own")
    assert keniki("import", out, "--region", "aoba")[1]["changed"] == 0


@pytest.mark.parametrize(
    ("arguments", "column"),
    [
        (("import", "nowhere.csv", "--region", "aoba"), None),
        (("import", "nowhere.csv", "--region", "none"), "--region"),
        (("import", "nowhere.csv"), "--region"),
        (("export", "x.csv", "--region", "aoba", "--town", "999999"), "--town"),
    ],
)
def test_wrong_input_is_2_with_its_place(keniki, arguments, column) -> None:
    code, told = keniki(*arguments)
    assert (code, told["error"]["column"]) == (2, column)


def test_a_file_of_something_else_is_2_with_its_name(keniki, tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    code, told = keniki("import", path, "--region", "aoba")
    assert (code, told["error"]["file"]) == (2, "a.csv")


def test_a_folder_that_is_not_there_is_a_fault(keniki, tmp_path) -> None:
    code, told = keniki("export", tmp_path / "none" / "x.csv", "--region", "aoba")
    assert code == 1
    assert "書き込めません" in told["error"]["message"]
