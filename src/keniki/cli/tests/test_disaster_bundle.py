"""`keniki disaster bundle`: a stick's file into its incident; who may not and what is broken is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.actions.reception.devices import register_device
from keniki.apps.disaster.tests.boarded import halls
from keniki.apps.disaster.tests.test_incidents import DRILL
from keniki.apps.disaster.tests.test_reception_field import DRAFT, sent, stick
from keniki.cli import main

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own database is up already."""
    from keniki.cli import database

    monkeypatch.setattr(database, "prepare", lambda **_: None)


@pytest.mark.slow
def test_a_file_is_read_into_its_incident(
    in_region, secretariat, partner, towns, tmp_path: Path, capsys
) -> None:
    halls(in_region, towns, secretariat)
    drill = save_incident(secretariat, in_region, DRILL)
    register_device(partner, in_region, towns["川北町"], DRAFT)
    file = tmp_path / "訓練_aoba.keniki"
    file.write_bytes(stick(drill, sent(drill, 2)))

    def run(*more: str) -> tuple[int, dict]:
        code = main.main(["disaster", "bundle", str(file), "--region", "aoba", "--json", *more])
        return code, json.loads(capsys.readouterr().out)

    code, said = run()
    assert code != 0
    assert "--as" in said["error"]["message"]
    login = partner.user.login
    code, said = run("--as", login)
    assert (code, said["stored"], said["mode"], said["quarantined"]) == (0, 2, "exercise", 0)
    code, said = run("--as", login)
    assert (code, said["again"], said["stored"]) == (0, True, 0)
    file.write_bytes(b"x")
    code, said = run("--as", login)
    assert (code, said["error"]["message"]) == (2, "持ち運びファイルではありません。")
