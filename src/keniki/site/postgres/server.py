"""The embedded server itself: make a cluster, start it, find out by connecting whether it lives, stop it."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from keniki.core.errors import WrongInput
from keniki.site.home import Home, secret
from keniki.site.postgres import place as places
from keniki.site.postgres.place import PORT, Place

DATABASE = "keniki"
ROLE = "keniki"
ADMINISTRATOR = "postgres"
START_SECONDS = 60.0


def password_file(home: Home) -> Path:
    """The two random passwords in libpq's format, readable by their owner only."""
    return home.secrets / "pgpass"


def answers(home: Home, place: Place, *, database: str = DATABASE) -> bool:
    """Whether the server takes a connection right now, found out by making one."""
    try:
        _connect(home, place, ROLE, database).close()
    except psycopg.Error:
        return False
    return True


def start(home: Home, place: Place) -> Place:
    """Bring the server up, making the cluster first where there is none; the place it ended up in.

    After a crash PostgreSQL replays its log: that may take up to 60 seconds. Raises `WrongInput` with the
    server's own last words when it does not come up.
    """
    place = _settle(home, place)
    programs = places.programs(place.user)
    _check_version(place, programs)
    if not (place.data / "PG_VERSION").is_file():
        _make_cluster(home, place, programs)
    _write_configuration(place)
    places.record(home, place)
    deadline = time.monotonic() + START_SECONDS
    while True:
        if not alive(place):
            _remove_stale_files(place)
            _launch(place, programs)
        if _wait(home, place, deadline):
            break
        if time.monotonic() > deadline:
            raise WrongInput(
                f"内蔵PostgreSQLが {START_SECONDS:.0f} 秒以内に起動しませんでした。"
                "前回の中断からの復旧が続いているなら、少し待ってからやり直してください。"
                f"記録 {place.log} の最後: {last_words(place) or 'なし'}"
            )
    _make_database(home, place)
    return place


def stop(place: Place) -> None:
    """Stop the server: open transactions are rolled back, everything committed is on disk."""
    _run(
        place,
        places.programs(place.user) / "pg_ctl",
        ["stop", "-D", str(place.data), "-m", "fast", "-w", "-t", "60", "-s"],
    )


def alive(place: Place) -> bool:
    """Whether the process named in the cluster's pid file is this cluster's server and not a leftover."""
    pid = postmaster_pid(place)
    return pid is not None and _is_postgres(pid, place.data)


def postmaster_pid(place: Place) -> int | None:
    """The pid in `postmaster.pid`, whether or not it still lives."""
    try:
        first = (place.data / "postmaster.pid").read_text().splitlines()[0]
        return int(first)
    except (OSError, ValueError, IndexError):
        return None


def last_words(place: Place) -> str:
    """The newest complaint in the server's logs; empty when there is none."""
    try:
        logs = sorted(place.log.glob("*.log"), key=lambda path: path.stat().st_mtime)
    except OSError:
        return ""
    for log in reversed(logs):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in reversed(lines[-200:]):
            if any(word in line for word in ("FATAL", "PANIC", "ERROR", "error:")):
                return line.strip()
    return ""


def _settle(home: Home, place: Place) -> Place:
    places.prepare(home, place)
    if place.data.is_dir():
        if not places.can_enter(place.data, place.user):
            raise WrongInput(
                f"データベースの利用者 {place.user.name if place.user else ''} が {place.data} に入れません。"
                "途中のフォルダの権限を、データベースを作ったときのものに戻してください。"
            )
        return place
    if place.base == home.postgres and not places.can_enter(place.log, place.user):
        place = places.of(home, beside=True)
        places.prepare(home, place)
    return place


def _check_version(place: Place, programs: Path) -> None:
    try:
        of_data = (place.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    of_programs = program_version(programs)
    if of_data != of_programs:
        raise WrongInput(
            f"データ（{place.data}）はPostgreSQL {of_data} のものですが、"
            f"入っているのは {of_programs} です。"
            f"PostgreSQL {of_data} を含む以前の版の keniki で keniki backup を行い、"
            "この版の新しい KENIKI_HOME で keniki restore してください。データには触れていません。"
        )


def program_version(programs: Path) -> str:
    """The major version of the programs, e.g. `18`."""
    output = subprocess.run(  # noqa: S603
        [str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return output.split()[-1].split(".")[0]


def _make_cluster(home: Home, place: Place, programs: Path) -> None:
    if place.data.exists() and any(place.data.iterdir()):
        raise WrongInput(
            f"{place.data} に PG_VERSION がありません。PostgreSQLのデータではないため使えません。"
        )
    passwords = _passwords(home)
    draft = place.base / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    first_password = place.log / ".first"
    first_password.touch(mode=0o600)
    first_password.write_text(passwords[ADMINISTRATOR] + "\n", encoding="ascii")
    if place.user is not None:
        os.chown(draft, place.user.uid, place.user.gid)
        os.chown(first_password, place.user.uid, place.user.gid)
    try:
        _run(
            place,
            programs / "initdb",
            [
                f"--pgdata={draft}",
                f"--username={ADMINISTRATOR}",
                f"--pwfile={first_password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-instructions",
            ],
        )
    finally:
        first_password.unlink()
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude_if_exists = 'keniki.conf'\n")
    if place.data.exists():
        place.data.rmdir()
    draft.rename(place.data)


def _write_configuration(place: Place) -> None:
    memory = _memory_megabytes()
    values: Mapping[str, str] = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": _list_item(place.sockets),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        # A restore takes the old tables away and brings the new ones in one transaction.
        "max_locks_per_transaction": "256",
        "shared_buffers": f"{min(max(memory // 16, 64), 512)}MB",
        "effective_cache_size": f"{max(memory // 2, 128)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "dynamic_shared_memory_type": "posix" if os.access("/dev/shm", os.W_OK) else "mmap",  # noqa: S108
        "random_page_cost": "1.1",
        "jit": "off",
        "fsync": "on",
        # After a crash: each of some 5,000 files by itself takes seconds, on a busy disk a minute.
        "recovery_init_sync_method": _sync_method(),
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "max_wal_size": "1GB",
        "idle_in_transaction_session_timeout": "30min",
        "timezone": "Asia/Tokyo",
        "log_timezone": "Asia/Tokyo",
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": str(place.log),
        "log_filename": "server-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "%m [%p] ",
    }
    lines = [f"{name} = {_quoted(value)}" for name, value in values.items()]
    path = place.data / "keniki.conf"
    text = "\n".join(["# Written by keniki at every start that needs another one.", *lines, ""])
    with contextlib.suppress(FileNotFoundError):
        if path.read_text(encoding="utf-8") == text:
            return
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o600)
    if place.user is not None:
        os.chown(draft, place.user.uid, place.user.gid)
    draft.replace(path)


def _sync_method() -> str:
    """`syncfs` where it is there and tells of errors (Linux 5.8)."""
    if sys.platform != "linux":
        return "fsync"
    release = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return "syncfs" if release and (int(release[1]), int(release[2])) >= (5, 8) else "fsync"


def _launch(place: Place, programs: Path) -> None:
    said = place.log / "start.log"
    said.unlink(missing_ok=True)
    background = 'log=$1; shift; "$@" </dev/null >"$log" 2>&1 &'
    arguments = ["-c", background, "sh", str(said), str(programs / "postgres"), "-D", str(place.data)]
    _run(place, Path("/bin/sh"), arguments)


def _wait(home: Home, place: Place, deadline: float) -> bool:
    """True once the server takes connections; False when it has given up or time is over."""
    until_seen = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            _connect(home, place, ADMINISTRATOR, "postgres").close()
        except psycopg.Error as error:
            if "password authentication failed" in str(error):
                raise WrongInput(
                    f"内蔵PostgreSQLのパスワード（{password_file(home)}）がデータと合いません。"
                    "バックアップから復元したファイルを混ぜていないか確かめてください。"
                ) from error
        else:
            return True
        if not alive(place) and time.monotonic() > until_seen:
            return False
        time.sleep(0.02)
    return False


def _make_database(home: Home, place: Place) -> None:
    if answers(home, place):
        return
    password = _passwords(home)[ROLE]
    with _connect(home, place, ADMINISTRATOR, "postgres") as connection:
        connection.autocommit = True
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
        verb = sql.SQL("ALTER" if exists else "CREATE")
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}").format(verb, role, sql.Literal(password))
        )
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))


def _connect(home: Home, place: Place, role: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(place.sockets),
        port=PORT,
        user=role,
        dbname=database,
        passfile=str(password_file(home)),
        connect_timeout=5,
        application_name="keniki",
    )


def _passwords(home: Home) -> dict[str, str]:
    """Role to password, made on first use. Both stand in one file, so that libpq finds them by itself."""
    text = secret(
        password_file(home),
        lambda: "\n".join(f"*:*:*:{role}:{secrets.token_hex(24)}" for role in (ROLE, ADMINISTRATOR)),
    )
    return {line.split(":")[3]: line.split(":")[4] for line in text.splitlines()}


def _remove_stale_files(place: Place) -> None:
    for path in (
        place.data / "postmaster.pid",
        place.socket,
        place.socket.with_name(place.socket.name + ".lock"),
    ):
        path.unlink(missing_ok=True)


def _is_postgres(pid: int, data: Path) -> bool:
    folder = Path("/proc") / str(pid)
    if Path("/proc/self").exists():
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if state in {"Z", "X"}:
                return False
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return b"-D" in arguments and os.fsencode(data) in arguments
    output = subprocess.run(  # noqa: S603
        ["/bin/ps", "-p", str(pid), "-o", "stat=,command="], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(output) and not output.startswith("Z") and str(data) in output


def _run(place: Place, program: Path, arguments: list[str]) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "LC_")) and name not in {"LANG", "LANGUAGE"}
    }
    environment |= {"LC_ALL": "C", "TZ": "UTC"}
    user = place.user
    try:
        done = subprocess.run(  # noqa: S603
            [str(program), *arguments],
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise WrongInput(
            f"{program.name} を実行できません（{error}）。keniki doctor で確かめてください。"
        ) from error
    if done.returncode != 0:
        words = " ".join(done.stderr.split()) or last_words(place)
        raise WrongInput(f"{program.name} が失敗しました: {words}")


def _memory_megabytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    except (ValueError, OSError):
        return 2048


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _list_item(path: Path) -> str:
    return '"' + str(path).replace('"', '""') + '"'
