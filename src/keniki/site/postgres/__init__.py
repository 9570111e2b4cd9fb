"""The database: your own PostgreSQL by `DATABASE_URL`, else ours, which runs while a command needs it."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from keniki.core.errors import WrongInput
from keniki.site import home as homes
from keniki.site import options
from keniki.site.home import Home
from keniki.site.postgres import lease, place, server
from keniki.site.postgres.lease import Lease

__all__ = [
    "OLDEST",
    "Status",
    "bypasses_row_security",
    "connection",
    "ensure",
    "environment",
    "major",
    "others_use_it",
    "process",
    "release",
    "remove",
    "running",
    "status",
    "stop",
]

OLDEST = 15
_MARK = "started"
_leases: dict[Home, Lease] = {}


class Status(TypedDict):
    """What `status` reports. `kind` is `embedded` or `own`; paths are None for your own server."""

    kind: str
    answers: bool
    version: str | None
    message: str | None
    data: str | None
    sockets: str | None
    in_use: bool | None


def connection(home: Home | None = None) -> dict[str, Any]:
    """Django's `DATABASES` entry. Starts nothing: `ensure` must have brought the server up before use."""
    own = options.text("DATABASE_URL")
    if own:
        return _entry(**_parse(own))
    home = home or homes.current()
    where = place.of(home)
    return _entry(
        dbname=server.DATABASE,
        user=server.ROLE,
        host=str(where.sockets),
        port=str(place.PORT),
        passfile=str(server.password_file(home)),
    )


def ensure(home: Home | None = None) -> dict[str, Any]:
    """Make sure the database answers and stays while this process lives; Django's `DATABASES` entry.

    The embedded server is started where needed and stopped by the last process that used it. Raises
    `WrongInput` when it can't be had.
    """
    own = options.text("DATABASE_URL")
    if own:
        _check_own(own)
        return connection()
    home = (home or homes.current()).create()
    if home not in _leases or _leases[home].owner != os.getpid():
        with lease.turn(home.postgres):
            share = Lease(home.postgres)
            where = place.of(home)
            try:
                if not server.answers(home, where):
                    where = server.start(home, where)
                    _mark(home).write_text(f"{server.postmaster_pid(where)}\n")
            except BaseException:
                share.end()
                raise
            _leases[home] = share
        atexit.register(release, home)
    elif not server.answers(home, place.of(home)):
        with lease.turn(home.postgres):
            where = place.of(home)
            if not server.answers(home, where):
                where = server.start(home, where)
                _mark(home).write_text(f"{server.postmaster_pid(where)}\n")
    return connection(home)


def release(home: Home | None = None) -> None:
    """This process needs the server no more: the last one to say so stops it, if a command had started it."""
    home = home or homes.current()
    share = _leases.get(home)
    if share is None or share.owner != os.getpid():
        return
    del _leases[home]
    if not home.postgres.is_dir():
        return
    with lease.turn(home.postgres):
        if share.end() and _is_ours(home):
            _mark(home).unlink(missing_ok=True)
            server.stop(place.of(home))


@contextmanager
def running(home: Home | None = None) -> Iterator[dict[str, Any]]:
    """`ensure` on entering, `release` on leaving."""
    entry = ensure(home)
    try:
        yield entry
    finally:
        release(home)


def stop(home: Home | None = None) -> bool:
    """Stop the embedded server even though others may be using it; False if it was not running."""
    home = home or homes.current()
    if not home.postgres.is_dir():
        return False
    with lease.turn(home.postgres):
        where = place.of(home)
        _mark(home).unlink(missing_ok=True)
        if not server.alive(where):
            return False
        server.stop(where)
        return True


def process(home: Home | None = None) -> int | None:
    """The embedded server's process, None while it is dead: cheap enough to ask often. 0 for your own server."""
    if options.text("DATABASE_URL"):
        return 0
    where = place.of(home or homes.current())
    return server.postmaster_pid(where) if server.alive(where) else None


def status(home: Home | None = None) -> Status:
    """Whether the database answers, without starting it."""
    own = options.text("DATABASE_URL")
    if own:
        try:
            version = _check_own(own)
        except WrongInput as error:
            return _status("own", message=error.message)
        return _status("own", answers=True, version=version)
    home = home or homes.current()
    try:
        where = place.of(home)
    except WrongInput as error:
        return _status("embedded", message=error.message)
    found = _status("embedded", answers=server.answers(home, where))
    found["data"], found["sockets"] = str(where.data), str(where.sockets)
    found["in_use"] = home.postgres.is_dir() and lease.in_use(home.postgres)
    try:
        found["version"] = server.program_version(place.wheel_programs())
    except (WrongInput, OSError) as error:
        found["message"] = str(error)
    return found


def bypasses_row_security(home: Home | None = None) -> bool:
    """Whether the role we connect as stands above row security (a superuser, or BYPASSRLS)."""
    entry = connection(home)
    with psycopg.connect(
        dbname=entry["NAME"],
        user=entry["USER"] or None,
        password=entry["PASSWORD"] or None,
        host=entry["HOST"] or None,
        port=entry["PORT"] or None,
        **entry["OPTIONS"],
    ) as found:
        row = found.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    return bool(row and row[0])


def environment(home: Home | None = None) -> dict[str, str]:
    """The environment by which `psql` and `pg_dump` find the database; no password in a process list."""
    entry = connection(home)
    parts = {
        "dbname": entry["NAME"],
        "user": entry["USER"],
        "password": entry["PASSWORD"],
        "host": entry["HOST"],
        "port": entry["PORT"],
        **entry["OPTIONS"],
    }
    names = {option.keyword.decode(): (option.envvar or b"").decode() for option in Conninfo.get_defaults()}
    return {names[part]: str(value) for part, value in parts.items() if value and names.get(part)}


def others_use_it(home: Home | None = None) -> bool:
    """Whether another process holds a share in the embedded server; your own server is not asked."""
    home = home or homes.current()
    if options.text("DATABASE_URL") or home not in _leases:
        return False
    with lease.turn(home.postgres):
        return not _leases[home].alone()


def major(programs: Path) -> int:
    """The major version of the programs in this folder."""
    return int(server.program_version(programs))


def remove(home: Home | None = None) -> None:
    """Stop the embedded server and delete its data, also where that lies outside the home."""
    home = home or homes.current()
    if not home.postgres.is_dir():
        return
    stop(home)
    where = place.of(home)
    shutil.rmtree(where.base, ignore_errors=True)
    if where.sockets.parent != where.base:
        shutil.rmtree(where.sockets, ignore_errors=True)


def _mark(home: Home) -> Path:
    return home.postgres / _MARK


def _is_ours(home: Home) -> bool:
    try:
        pid = int(_mark(home).read_text())
    except (OSError, ValueError):
        return False
    return pid == server.postmaster_pid(place.of(home))


def _status(
    kind: str, *, answers: bool = False, version: str | None = None, message: str | None = None
) -> Status:
    return Status(
        kind=kind, answers=answers, version=version, message=message, data=None, sockets=None, in_use=None
    )


def _parse(url: str) -> dict[str, str]:
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error as error:
        raise WrongInput(
            "DATABASE_URL を読み取れません。postgresql://利用者:パスワード@ホスト:5432/データベース名 の形で"
            "指定してください。記号を含むパスワードは %40 のように書きます。"
        ) from error
    if "dbname" not in parts:
        raise WrongInput(
            "DATABASE_URL にデータベース名がありません。末尾に /データベース名 を付けてください。"
        )
    return parts


def _entry(
    *, dbname: str, user: str = "", password: str = "", host: str = "", port: str = "", **more: str
) -> dict[str, Any]:
    return {
        "ENGINE": "keniki.site.database",
        "NAME": dbname,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port,
        "OPTIONS": {"connect_timeout": 10, **more},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _check_own(url: str) -> str:
    parts = _parse(url)
    shown = f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/{parts['dbname']}"
    try:
        with psycopg.connect(url, connect_timeout=10) as found:
            number, words = found.info.server_version, found.info.parameter_status("server_version")
    except psycopg.Error as error:
        raise WrongInput(
            f"DATABASE_URL のPostgreSQL（{shown}）に接続できません。{_why_not(str(error))}"
        ) from error
    if number < OLDEST * 10_000:
        raise WrongInput(
            f"DATABASE_URL のPostgreSQL（{shown}）は {words} です。{OLDEST} 以上が必要です。"
            "サーバを更新するか、DATABASE_URL を空にして内蔵のものを使ってください。"
        )
    return str(words)


#: What the client library says, and what to do about it.
_NO_CONNECTION = (
    ("password authentication failed", "利用者名かパスワードが違います。"),
    ("no password supplied", "パスワードがありません。DATABASE_URL に書いてください。"),
    ("role ", "その利用者はサーバに登録されていません。CREATE ROLE で作るか、利用者名を確かめてください。"),
    ("database ", "そのデータベースがありません。CREATE DATABASE で作るか、名前を確かめてください。"),
    ("pg_hba.conf", "サーバの pg_hba.conf がこの機械からの接続を許していません。"),
    ("Connection refused", "サーバが動いていないか、ポートが違います。"),
    ("No such file or directory", "サーバが動いていないか、ソケットの場所が違います。"),
    ("resolve", "ホスト名が見つかりません。つづりを確かめてください。"),
    ("translate host name", "ホスト名が見つかりません。つづりを確かめてください。"),
    ("timeout", "応答がありません。ホスト名、ポート、通信の許可を確かめてください。"),
    ("starting up", "サーバが起動の途中です。少し待ってからやり直してください。"),
    ("too many", "サーバの接続数が上限です。使っていない接続を閉じてください。"),
    ("SSL", "SSL の設定がサーバと合いません。sslmode を確かめてください。"),
)


def _why_not(words: str) -> str:
    told = " ".join(words.split())
    meaning = next((meaning for piece, meaning in _NO_CONNECTION if piece in told), None)
    return meaning or f"接続先と権限を確かめてください（{told[:200]}）。"
