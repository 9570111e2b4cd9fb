"""`keniki disaster warnings`: telegrams from files, counted with their reasons; nothing is asked unless switched on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from keniki.apps.disaster.tests.jma_samples import kind, weather
from keniki.apps.portal.testing import KAWAKITA
from keniki.cli import database, main

pytestmark = pytest.mark.django_db


@pytest.fixture
def keniki(cast: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    monkeypatch.setattr(database, "prepare", lambda **_: None)

    def run(*arguments: object) -> tuple[int, dict[str, Any]]:
        code = main.main(["disaster", "warnings", *map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_files_are_taken_once_and_the_broken_one_is_counted(keniki, tmp_path) -> None:
    at = timezone.localtime().isoformat(timespec="seconds")
    good, elsewhere, broken = (tmp_path / f"{name}_VPWW55_016000.xml" for name in "abc")
    good.write_bytes(weather({f"{KAWAKITA[:5]}00": kind()}, at=at))
    elsewhere.write_bytes(weather({"4720100": kind()}, at=at))
    broken.write_bytes(b"<!DOCTYPE a><Report>")
    code, told = keniki(good, elsewhere, broken)
    assert code == 0
    assert [told[name] for name in ("taken", "elsewhere", "refused", "quarantined")] == [1, 1, 1, 1]
    assert told["telegrams"][2]["said"]
    code, again = keniki(good)
    assert (code, again["known"], again["taken"], again["told"]) == (0, 1, 0, 0)


def test_files_none_of_which_can_be_read_are_wrong_input_each_time(keniki, tmp_path) -> None:
    broken = tmp_path / "a_VPWW55_016000.xml"
    broken.write_bytes(weather({f"{KAWAKITA[:5]}00": kind()}, at="0001-01-01T00:00:00+09:00"))
    for _ in range(2):
        code, told = keniki(broken)
        assert code == 2
        assert "ReportDateTime" in told["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--fetch",), "切られています"),
        ((), "どちらか"),
        (("none.xml",), "none.xml"),
        (("a.xml", "--fetch"), "どちらか"),
    ],
)
def test_wrong_input_is_exit_2(keniki, arguments, words) -> None:
    code, told = keniki(*arguments)
    assert code == 2
    assert words in json.dumps(told["error"], ensure_ascii=False)
