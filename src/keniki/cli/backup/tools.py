"""PostgreSQL's own dump and client programs, always given their password through the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from keniki.cli import console
from keniki.cli.console import Fault
from keniki.core.errors import WrongInput
from keniki.site import postgres
from keniki.site.home import Home
from keniki.site.postgres import place


def server_major() -> int:
    """The major version of the server Django is connected to."""
    from django.db import connection

    connection.ensure_connection()
    return int(connection.connection.info.server_version) // 10_000


def applied_migrations() -> dict[str, list[str]]:
    """App to the names of the migrations its tables have seen."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    result: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        result.setdefault(app, []).append(name)
    return result


#: A session that reads the rows of every region and those about the persons of every town.
EVERYTHING: Final = "-c keniki.regions=* -c keniki.towns=*"


def dump(home: Home, target: Path) -> Path:
    """Write the whole database as SQL text, as of one moment; `target`."""
    with target.open("wb") as out, console.progress("データベースを保存しています（バイト）") as step:
        running = subprocess.Popen(  # noqa: S603
            [
                _program("pg_dump", server_major()),
                "--format=plain",
                "--encoding=UTF8",
                "--no-owner",
                "--no-privileges",
                "--no-password",
                "--enable-row-security",
            ],
            env=_environment(home) | {"PGOPTIONS": EVERYTHING},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
        )
        seen = 0
        while running.poll() is None:
            time.sleep(0.05)
            size = target.stat().st_size
            step(size - seen)
            seen = size
        assert running.stderr is not None
        complaint = running.stderr.read().decode(errors="replace")
    if running.returncode != 0:
        raise Fault(f"データベースを保存できません（pg_dump）: {' '.join(complaint.split())}")
    return target


def run_script(home: Home, parts: Iterable[bytes], *, label: str) -> None:
    """Run SQL in one transaction: all of it or nothing. Raises `Fault` with the server's complaint."""
    running = subprocess.Popen(  # noqa: S603
        [
            _program("psql", server_major()),
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--no-password",
            "--file=-",
        ],
        env=_environment(home) | {"PGOPTIONS": "-c client_min_messages=warning -c lock_timeout=30s"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert running.stdin is not None
    assert running.stderr is not None
    try:
        with console.progress(label) as step:
            _feed(running.stdin, parts, step)
    except BrokenPipeError:
        pass
    except BaseException:
        running.kill()
        running.wait()
        raise
    complaint = running.stderr.read().decode(errors="replace")
    if running.wait() != 0:
        first = next(
            (line for line in complaint.splitlines() if "ERROR" in line or "error" in line), complaint
        )
        advice = (
            "PostgreSQLの設定 max_locks_per_transaction を256以上にして、もう一度実行してください。"
            if "out of shared memory" in first
            else ""
        )
        raise Fault(
            f"データベースに書き込めません（psql）: {' '.join(first.split())}。何も変更していません。{advice}"
        )


def fitting(lines: Iterable[bytes], server: int) -> Iterator[bytes]:
    """A dump's lines without what the target refuses: settings it lacks, comments on extensions it owns."""
    refused = (b"COMMENT ON EXTENSION ", *((b"SET transaction_timeout ",) if server < 17 else ()))
    inside_rows = False
    for line in lines:
        if inside_rows:
            inside_rows = line.rstrip(b"\r\n") != b"\\."
        elif line.startswith(b"COPY ") and line.rstrip().endswith(b"FROM stdin;"):
            inside_rows = True
        elif line.startswith(refused):
            continue
        yield line


def _feed(target: IO[bytes], parts: Iterable[bytes], step: console.Step) -> None:
    for part in parts:
        target.write(part)
        step()
    target.close()


def _program(name: str, server: int) -> str:
    """The wheel's program, or a newer one on the path where the server is newer than the wheel."""
    wheel = place.wheel_programs()
    own = wheel / name
    if own.is_file() and postgres.major(wheel) >= server:
        return str(own)
    found = shutil.which(name)
    if found is not None and _major_of(found) >= server:
        return found
    raise WrongInput(
        f"PostgreSQL {server} に対応する {name} がありません。PostgreSQL {server} のクライアント"
        f"（Debianでは apt-get install postgresql-client-{server}）を入れてください。"
    )


def _major_of(program: str) -> int:
    output = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    for word in output.split():
        if word[:1].isdigit():
            return int(word.split(".")[0])
    return 0


def _environment(home: Home) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | postgres.environment(home) | {"PGCLIENTENCODING": "UTF8", "LC_ALL": "C"}
