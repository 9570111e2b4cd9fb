"""`keniki demo`: accounts of every kind in a private file, documents written, loopback only."""

from __future__ import annotations

import json
import stat

import pytest

from conftest import Installation

ROLES = {
    "secretariat",
    "partner",
    "approver",
    "administrator",
    "panel_member",
    "viewer",
    "officer",
    "neighbour",
    "operator",
}


@pytest.mark.slow
def test_the_demo_prepares_everything_once_and_a_second_start_changes_nothing(
    bare_installation: Installation,
) -> None:
    made = bare_installation
    first = _demo(made)
    assert first["loaded"] == ["minami-sorachi", "sapporo", "sample"]
    file = made.home / "demo-accounts.json"
    assert first["accounts"] == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    accounts = json.loads(file.read_text(encoding="utf-8"))
    assert all({"role", "login", "password"} <= account.keys() for account in accounts)
    assert {account["role"] for account in accounts} == ROLES
    assert len({account["login"] for account in accounts}) == len(accounts)
    assert len({account["password"] for account in accounts}) == len(accounts)
    names = {path.name for path in (made.home / "out").iterdir()}
    assert {
        f"minami-sorachi-{kind}.{ending}"
        for kind in ("results", "agreement")
        for ending in ("docx", "pdf", "xlsx")
    } <= names
    second = _demo(made)
    assert (second["loaded"], second["documents"]) == ([], [])
    assert json.loads(file.read_text(encoding="utf-8")) == accounts
    file.unlink()
    _demo(made)
    again = json.loads(file.read_text(encoding="utf-8"))
    assert [account["login"] for account in again] == [account["login"] for account in accounts]
    assert again[0]["password"] != accounts[0]["password"]


def _demo(installation: Installation) -> dict[str, object]:
    done = installation.run("demo", "--no-serve", "--json", timeout=600)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.slow
def test_demo_accounts_are_refused_on_an_address_others_reach(installation: Installation) -> None:
    done = installation.run("demo", "--host", "0.0.0.0", "--json")  # noqa: S104
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["column"] == "--host"
    assert "この機械の中だけ" in error["message"]
    assert not (installation.home / "demo-accounts.json").exists()
