"""`keniki disaster plan`: the same numbers as the page, into a folder; wrong input is exit 2 with its place."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from keniki.apps.disaster.formats.scenario import write_scenario
from keniki.apps.disaster.models import EvacuationPlan, Scenario
from keniki.apps.disaster.tests.planned import country, planned, scenario, spec
from keniki.cli import main
from keniki.cli.disaster import plan as command

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(in_region, secretariat, cast):
    return country(secretariat, in_region, cast.towns)


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own database is up already."""
    from keniki.cli import database

    monkeypatch.setattr(database, "prepare", lambda **_: None)


def run(capsys, *arguments: str) -> tuple[int, dict]:
    code = main.main(["disaster", "plan", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_the_command_writes_what_the_page_shows(
    in_region, secretariat, places, tmp_path: Path, capsys
) -> None:
    file = tmp_path / "想定.yaml"
    file.write_bytes(write_scenario(spec()))
    out = tmp_path / "out"
    code, said = run(capsys, "--region", "aoba", "--scenario", str(file), "--out", str(out))
    assert code == 0
    assert (said["people"], said["placed"], said["unplaced"], said["quarantined"]) == (500, 470, 30, 1)
    assert not Scenario.objects.exists()
    stored = planned(secretariat, in_region, scenario(secretariat, in_region))
    written = json.loads((out / "plan.json").read_text("utf-8"))
    assert {name: written[name] for name in stored.content} == stored.content
    assert (written["mode"], written["digest"]) == ("計画（想定）", stored.digest)
    with (out / "assignment.csv").open(encoding="utf-8-sig", newline="") as table:
        rows = list(csv.DictReader(table))
    assert sum(int(row["人数_人"]) for row in rows) == 470
    names = {Path(path).relative_to(out).as_posix() for path in said["files"]}
    assert names >= {"plan.json", "map.svg", "plan.pdf", "plan.docx", "plan.xlsx", "sheets.pdf", "towns.csv"}
    assert f"sheets/{places['east'].slug}.docx" in names
    assert all((out / name).stat().st_size for name in names)
    assert EvacuationPlan.objects.count() == 1


def test_a_person_reads_that_it_is_a_plan(in_region, places, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(command, "_written", lambda *_: [])
    file = tmp_path / "a.yaml"
    file.write_bytes(write_scenario(spec()))
    arguments = ["--region", "aoba", "--scenario", str(file), "--out", str(tmp_path / "out")]
    assert main.main(["disaster", "plan", *arguments]) == 0
    said = capsys.readouterr()
    assert "計画（想定）" in said.out
    assert "避難所に入れない人 30人" in said.out
    assert "下限 30、差 0" in said.out
    assert "計画に入れていない地区: 川北町 川区（架空）（40人）" in said.err


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"layer": "flood-9"}, "layer", "登録されていません"),
        ({"shelters": [{"shelter": "nowhere", "people": 1, "reason": "x"}]}, "shelters.0.shelter", "nowhere"),
    ],
)
def test_wrong_input_is_2_with_file_and_field(
    in_region, places, tmp_path: Path, capsys, changes, column, words
) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(write_scenario(spec(**changes)))
    out = tmp_path / "out"
    code, said = run(capsys, "--region", "aoba", "--scenario", str(file), "--out", str(out))
    assert code == 2
    assert words in said["error"]["message"]
    assert (said["error"]["file"], said["error"]["column"]) == (str(file), column)
    assert not out.exists()


def test_a_capacity_below_nothing_an_unknown_region_and_no_file_are_refused(
    in_region, tmp_path: Path, capsys
) -> None:
    text = write_scenario(spec(shelters=[{"shelter": "a", "people": 1, "reason": "x"}])).decode()
    file = tmp_path / "a.yaml"
    file.write_text(text.replace("people: 1", "people: -1"), "utf-8")
    at = ("--scenario", str(file), "--out", str(tmp_path / "out"))
    code, said = run(capsys, "--region", "aoba", *at)
    assert (code, said["error"]["column"]) == (2, "shelters.0.people")
    file.write_bytes(write_scenario(spec()))
    code, said = run(capsys, "--region", "nowhere", *at)
    assert (code, said["error"]["column"]) == (2, "--region")
    missing = str(tmp_path / "none.yaml")
    code, said = run(capsys, "--region", "aoba", "--scenario", missing, *at[2:])
    assert (code, said["error"]["file"]) == (2, missing)
