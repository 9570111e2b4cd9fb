"""`keniki serve` and `keniki doctor` as a person meets them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Installation
from keniki.cli import doctor, serve
from keniki.core.errors import WrongInput

EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.mark.slow
def test_the_server_starts_answers_and_ends_gracefully(bare_installation: Installation) -> None:
    made = bare_installation
    with _serving(made) as (process, port, said):
        assert json.loads(_get(port, "/healthz")) == {"status": "ok"}
        page = _get(port, "/accounts/login/")
        assert "ログイン" in page
        error = made.json("serve", "--port", str(port), code=2)["error"]
        assert "使っています" in error["message"]
        children = _children(process.pid)
        assert len(children) == 3
        process.terminate()
        assert process.wait(60) == 0
        assert f"http://127.0.0.1:{port}/" in "".join(said)
        assert "終了しました" in "".join(said)
    assert not [pid for pid in children if _is_alive(pid)]
    _wait_for(lambda: not _answers(port))
    if "DATABASE_URL" not in made.environment:
        assert not list(made.home.rglob("postmaster.pid"))


@pytest.mark.slow
def test_the_server_survives_the_death_of_each_of_its_parts(bare_installation: Installation) -> None:
    made = bare_installation
    with _serving(made) as (process, port, said):
        web, worker, keeper = sorted(_children(process.pid))
        for victim in (*_children(web), worker, keeper, web):
            os.kill(victim, signal.SIGKILL)
            _wait_for(lambda: _answers(port))
        _wait_for(lambda: "裏の処理が終了しました" in "".join(said))
        _wait_for(lambda: "公開用の写しの更新が終了しました" in "".join(said))
        if "DATABASE_URL" not in made.environment:
            os.kill(process.pid, signal.SIGSTOP)
            os.kill(_database_process(made), signal.SIGKILL)
            with made.database():  # a command in between brings it back first
                os.kill(process.pid, signal.SIGCONT)
                _wait_for(lambda: "データベースが止まりました" in "".join(said))
            said.clear()
            os.kill(_database_process(made), signal.SIGKILL)
            _wait_for(lambda: "データベースが止まりました" in "".join(said))
            _wait_for(lambda: _answers(port))
        assert process.poll() is None


@pytest.mark.slow
def test_what_it_started_ends_when_it_is_killed(installation: Installation) -> None:
    with _serving(installation) as (process, port, _):
        children = _children(process.pid)
        everybody = children + [pid for child in children for pid in _children(child)]
        process.kill()
        process.wait()
        _wait_for(lambda: not any(_is_alive(pid) for pid in everybody))
        assert not _answers(port)


@pytest.mark.slow
def test_a_job_is_worked_off(installation: Installation) -> None:
    with _serving(installation), installation.database() as connection:
        connection.autocommit = True
        connection.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'keniki.site.jobs.housekeeping', 0,"
            " NULL, NULL, '{\"timestamp\": 0}', NULL)::procrastinate_job_to_defer_v1])"
        )
        _wait_for(
            lambda: (
                connection.execute(
                    "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'"
                ).fetchone()
                == (0,)
            )
        )


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        (EVERYWHERE, False),
        ("::", False),
        ("192.168.1.5", False),
        ("keniki.example.lg.jp", False),
    ],
)
def test_only_loopback_addresses_count_as_this_machine(host: str, loopback: bool) -> None:
    assert serve.is_loopback(host) is loopback


@pytest.mark.django_db
def test_demo_accounts_are_not_shown_to_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    from keniki.apps.accounts.models import User

    serve.refuse_demo_accounts(EVERYWHERE)
    User.objects.create_user("demo", "体験 用", "x", is_demo=True)
    serve.refuse_demo_accounts("127.0.0.1")
    with pytest.raises(WrongInput, match="体験用"):
        serve.refuse_demo_accounts(EVERYWHERE)


def test_the_names_it_answers_to_are_the_named_ones_or_the_machines_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KENIKI_HOSTS", raising=False)
    assert serve.allowed_hosts("127.0.0.1") == ["localhost", "127.0.0.1", "[::1]"]
    assert "192.0.2.7" in serve.allowed_hosts("192.0.2.7")
    assert "*" not in serve.allowed_hosts(EVERYWHERE)
    assert socket.gethostname() in serve.allowed_hosts(EVERYWHERE)
    monkeypatch.setenv("KENIKI_HOSTS", "keniki.example.lg.jp")
    assert serve.allowed_hosts(EVERYWHERE) == ["keniki.example.lg.jp"]


@pytest.mark.slow
def test_the_doctor_finds_everything_here_and_says_where_the_key_lies(
    bare_installation: Installation,
) -> None:
    found = bare_installation.json("doctor")
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert {states.pop("chromium")} <= {"ok", "optional"}
    assert states.pop("accounts") == "optional"
    assert set(states.values()) == {"ok"}
    assert found["ok"] is True
    key = next(check for check in found["checks"] if check["name"] == "encryption_key")
    assert str(bare_installation.home / "secrets" / "encryption_key") in key["detail"]


@pytest.mark.slow
def test_the_doctor_tells_what_is_wrong_and_what_to_do_and_still_exits_0(
    bare_installation: Installation,
) -> None:
    bare_installation.home.parent.joinpath("file").touch()
    found = bare_installation.json(
        "doctor",
        KENIKI_HOME=str(bare_installation.home.parent / "file" / "home"),
        KENIKI_HTTPS="はい",
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        PATH="/nowhere",
    )
    wrong = {check["name"]: check for check in found["checks"] if check["state"] != "ok"}
    assert {
        "settings",
        "home",
        "postgresql",
        "encryption_key",
        "chromium",
        "accounts",
        "row_security",
    } == set(wrong)
    assert "KENIKI_HTTPS" in wrong["settings"]["detail"]
    assert all(check["how"] for check in wrong.values())
    assert found["ok"] is False


def test_a_readable_encryption_key_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KENIKI_HOME", str(tmp_path))
    assert doctor.encryption_key()["state"] == "ok"
    (tmp_path / "secrets" / "encryption_key").chmod(0o644)
    assert "chmod 600" in doctor.encryption_key()["how"]


@contextlib.contextmanager
def _serving(installation: Installation) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = installation.start("serve", "--port", str(port), stderr=subprocess.PIPE)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(iter(process.stderr.readline, "")), daemon=True)
    reader.start()
    try:
        _wait_for(lambda: "開始しました" in "".join(said) or process.poll() is not None)
        assert process.poll() is None, "".join(said)
        yield process, port, said
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
        reader.join(10)


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return answer.read().decode()


def _answers(port: int) -> bool:
    try:
        return "ok" in _get(port, "/healthz")
    except (OSError, urllib.error.URLError):
        return False


def _database_process(made: Installation) -> int:
    place = json.loads((made.home / "postgres" / "place.json").read_text())
    return int((Path(place["base"]) / "data" / "postmaster.pid").read_text().splitlines()[0])


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(stat.parent.name))
    return found


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def _wait_for(met, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)
