"""`keniki report`, run in the suite's own database: one path per line, gaps on standard error, wrong input is 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from keniki.cli import database, main

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_suites_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "prepare", lambda **_: None)


@pytest.fixture(scope="module")
def _loaded(django_db_setup: None, django_db_blocker: Any) -> Any:
    from django.db import transaction

    from keniki.apps.documents.tests import small_region
    from keniki.apps.portal.interchange.load import load_region
    from keniki.apps.portal.interchange.read import read
    from keniki.apps.regions import queries

    with django_db_blocker.unblock():
        frame = transaction.atomic()
        frame.__enter__()
        load_region(queries.operator(), read(ROOT / "data" / "minami-sorachi"))
        load_region(queries.operator(), small_region.document())
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        frame.__exit__(None, None, None)


@pytest.fixture
def report(_loaded: Any, db: None, capsys: Any, tmp_path: Path) -> Any:
    """Run it for the pilot's R2–R6 with `--json`; exit code, object and standard error."""

    def run(*arguments: str, **changes: str) -> tuple[int, Any, str]:
        options = {
            "region": "minami-sorachi",
            "kind": "results",
            "from": "2020",
            "to": "2024",
            "out": str(tmp_path),
        }
        options |= changes
        named = [word for name, value in options.items() if value for word in (f"--{name}", value)]
        code = main.main(["report", *named, *arguments, "--json"])
        out = capsys.readouterr()
        return code, json.loads(out.out), out.err

    return run


@pytest.mark.slow
@pytest.mark.usefixtures("_loaded")
def test_it_writes_three_files_and_prints_one_path_per_line(capsys, tmp_path):
    out = tmp_path / "new" / "folder"
    arguments = [
        "--region",
        "minami-sorachi",
        "--kind",
        "results",
        "--from",
        "2020",
        "--to",
        "2024",
        "--out",
        str(out),
    ]
    assert main.main(["report", *arguments]) == 0
    printed = capsys.readouterr()
    expected = [str(out / f"minami-sorachi-results.{ending}") for ending in ("docx", "pdf", "xlsx")]
    assert printed.out.splitlines() == expected
    assert sorted(path.name for path in out.iterdir()) == sorted(Path(path).name for path in expected)
    assert "未入力 19 件（提出版は出力できません）:" in printed.err
    assert (out / "minami-sorachi-results.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["results", "agreement", "declaration", "vision"])
def test_every_kind_is_written_under_its_own_name(report, tmp_path, kind):
    code, answer, _ = report("--formats", "pdf", kind=kind)
    assert code == 0
    assert answer["files"] == [str(tmp_path / f"minami-sorachi-{kind}.pdf")]
    assert all(gap.keys() == {"place", "what", "record"} for gap in answer["missing"])


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param("2020", "2024", marks=pytest.mark.slow),
        pytest.param("R2", "R6", marks=pytest.mark.slow),
        pytest.param("令和2年度", "令和６年度", marks=pytest.mark.slow),
        ("㋿2", "R6"),
    ],
)
def test_years_may_be_typed_in_every_notation(report, first, last, tmp_path):
    from keniki.apps.documents.tests.reading import pdf_text

    assert report("--formats", "pdf", **{"from": first, "to": last})[0] == 0
    assert "（令和2年度～令和6年度）" in pdf_text((tmp_path / "minami-sorachi-results.pdf").read_bytes())


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"kind": "novel"}, None, "novel"),
        ({"region": "nashi"}, "--region", "登録されている圏域: "),
        ({"from": ""}, "--from", "最初と最後の年度"),
        ({"to": ""}, "--to", "最初と最後の年度"),
        ({"from": "いつか"}, "--from", "いつか"),
        ({"from": "2024", "to": "2020"}, "to", "終わりの年度"),
        ({"from": "2020", "to": "2300"}, "--to", ""),
        ({"kind": "agreement", "slug": "nashi"}, None, "nashi"),
        ({"kind": "future"}, None, "掲載している将来推計がありません"),
        ({"kind": "future", "forecast": "nashi"}, None, "将来推計「nashi」がありません"),
        ({"programme": "renkei"}, None, "制度が登録されていません"),
        ({"stage": "submitted"}, None, "未入力が19件あるため提出版は出力できません"),
        ({"formats": "odt"}, None, "odt"),
    ],
)
def test_wrong_input_is_2_with_a_clear_message_and_writes_nothing(report, tmp_path, changes, column, words):
    code, answer, _ = report(**changes)
    assert code == 2
    assert words in answer["error"]["message"]
    if column:
        assert answer["error"]["column"] in (column, f"--{column}")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_cannot_be_made_is_2(report, tmp_path):
    (tmp_path / "file").touch()
    code, answer, _ = report(out=str(tmp_path / "file" / "folder"))
    assert (code, answer["error"]["column"]) == (2, "--out")


def test_a_complete_region_gets_its_submitted_version(report, tmp_path):
    code, answer, _ = report(
        "--formats", "pdf", region="umibe", stage="submitted", **{"from": "2022", "to": "2024"}
    )
    assert (code, answer["missing"]) == (0, [])
