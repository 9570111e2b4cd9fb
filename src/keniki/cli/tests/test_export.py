"""`keniki export`, run in the suite's own database: the keys in order, no users, no log, readable by `load`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from keniki.apps.portal import testing
from keniki.cli import database, main

pytestmark = pytest.mark.django_db

KEYS = (
    "format, region, municipalities, members, agreements, declarations, visions, initiatives, activities, "
    "grants, budgets, joint_costs, kpi, "
    "arrangements, matters, candidates, rule_answers, city_facts, revenue_claims, claim_years, "
    "procedure_plans"
)


@pytest.fixture
def keniki(cast: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    monkeypatch.setattr(database, "prepare", lambda **_: None)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.main([*arguments])
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


@pytest.mark.slow
def test_the_keys_come_in_their_order_with_and_without_json(keniki):
    for more in ([], ["--json"], ["--format", "json"]):
        code, out, _ = keniki("export", "--region", "aoba", *more)
        assert code == 0
        assert ", ".join(json.loads(out)) == KEYS


@pytest.mark.slow
def test_it_holds_no_users_and_no_log_and_two_exports_are_equal(keniki):
    _, first, _ = keniki("export", "--region", "aoba")
    _, second, _ = keniki("export", "--region", "aoba")
    assert first == second
    for seat in testing.SEATS.values():
        assert seat.name not in first
        assert seat.login not in first
    assert "の記録をファイルから読み込み" not in first


@pytest.mark.slow
def test_a_file_is_written_where_asked_and_loads_without_a_change(keniki, tmp_path):
    file = tmp_path / "aoba.json"
    code, out, _ = keniki("export", "--region", "aoba", "--out", str(file))
    assert (code, out) == (0, f"{file}\n")
    assert list(json.loads(file.read_text(encoding="utf-8"))) == KEYS.split(", ")
    code, out, _ = keniki("load", str(file), "--json")
    assert code == 0
    assert (json.loads(out)["created"], json.loads(out)["changed"]) == (0, 0)


def test_an_unknown_region_is_2_and_a_folder_that_is_not_there_is_told(keniki, tmp_path):
    code, out, _ = keniki("export", "--region", "nashi", "--json")
    assert (code, json.loads(out)["error"]["column"]) == (2, "--region")
    code, _, err = keniki("export", "--region", "aoba", "--out", str(tmp_path / "nashi" / "x.json"))
    assert code in (1, 2)
    assert "に書き込めません" in err


def test_somebody_exports_and_reports_only_their_own_regions(keniki, tmp_path):
    report = [
        "report",
        "--region",
        "aoba",
        "--kind",
        "agreement",
        "--out",
        str(tmp_path),
        "--as",
        "kimura",
        "--json",
    ]
    code, out, _ = keniki(*report)
    assert (code, json.loads(out)["error"]["column"]) == (2, "--region")
    code, out, _ = keniki("export", "--region", "aoba", "--as", "kimura", "--json")
    assert (code, json.loads(out)["error"]["column"]) == (2, "--region")
    assert "aoba" not in json.loads(out)["error"]["message"].split("登録されている圏域")[1]
