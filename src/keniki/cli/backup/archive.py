"""The backup file: a .tar.gz whose last member lists the others with their SHA-256, checked before use."""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import shutil
import tarfile
import time
import zlib
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypedDict
from zoneinfo import ZoneInfo

from keniki.core.errors import WrongInput
from keniki.site.home import Home

FORMAT = "keniki-backup/1"
MANIFEST = "manifest.json"
_PLACES = ("media", "secrets")
_CHUNK = 1024 * 1024


class FileEntry(TypedDict):
    """One member."""

    sha256: str
    bytes: int


class Keys(TypedDict):
    """Whether the keys are inside, and what they hash to, so that a wrong key is noticed."""

    included: bool
    fingerprints: dict[str, str]


class Manifest(TypedDict):
    """What the file says about itself. `migrations` maps an app to its applied migrations."""

    format: str
    keniki: str
    created_at: str
    kind: str
    server: str
    migrations: dict[str, list[str]]
    keys: Keys
    files: dict[str, FileEntry]


class Writer:
    """Writes a backup beside its final name; `finish` moves it there, anything else leaves no trace."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
        self._files: dict[str, FileEntry] = {}

    def __enter__(self) -> Writer:
        self.scratch = self._draft.with_suffix(".scratch")
        self.scratch.mkdir(mode=0o700)
        descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w:gz", compresslevel=3, format=tarfile.PAX_FORMAT)
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()
        self._file.close()
        self._draft.unlink(missing_ok=True)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def add(self, name: str, source: Path, *, may_vanish: bool = False) -> None:
        """Add one file; with `may_vanish` a file deleted since the database was saved is left out."""
        try:
            file = source.open("rb")
        except FileNotFoundError:
            if may_vanish:
                return
            raise
        with file:
            status = os.fstat(file.fileno())
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = status.st_size, int(status.st_mtime), 0o600
            reader = _Hashing(file)
            self._tar.addfile(member, reader)
        self._files[name] = {"sha256": reader.digest(), "bytes": status.st_size}

    def finish(
        self, *, keniki: str, server: str, kind: str, migrations: dict[str, list[str]], keys: Keys
    ) -> Manifest:
        """Write the list of files, flush to disk, move to the final name."""
        manifest = Manifest(
            format=FORMAT,
            keniki=keniki,
            created_at=datetime.now(ZoneInfo("Asia/Tokyo")).isoformat(timespec="seconds"),
            kind=kind,
            server=server,
            migrations=migrations,
            keys=keys,
            files=self._files,
        )
        content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mtime, member.mode = len(content), int(time.time()), 0o600
        self._tar.addfile(member, io.BytesIO(content))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._draft.replace(self.path)
        return manifest


def unpack(path: Path, target: Path) -> Manifest:
    """Unpack into the empty folder `target` and check every file; raises `WrongInput` if one differs.

    Members that are not plain files, or lie elsewhere than a backup's, are refused.
    """
    found: dict[str, FileEntry] = {}
    listed: bytes | None = None
    try:
        with tarfile.open(path, "r|gz") as tar:
            for member in tar:
                if listed is not None or not member.isreg() or not _is_safe(member.name):
                    raise _broken(path, f"予期しない中身 {member.name}")
                source = tar.extractfile(member)
                assert source is not None
                if member.name == MANIFEST:
                    listed = source.read()
                    continue
                found[member.name] = _unpack_one(source, target / member.name)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _broken(path, "途中で切れているか壊れています") from error
    if listed is None:
        raise _broken(path, "一覧（manifest.json）がありません")
    manifest = _manifest(path, listed)
    for name in sorted(found.keys() | manifest["files"].keys()):
        if found.get(name) != manifest["files"].get(name):
            raise _broken(path, f"{name} が一覧のハッシュ値と合いません")
    if "database.sql" not in found:
        raise _broken(path, "database.sql がありません")
    return manifest


def key_fingerprints(home: Home) -> dict[str, str]:
    """File name to a short hash of each key that exists."""
    return {
        file.name: fingerprint(file.read_bytes())
        for file in (home.secret_key_file, home.encryption_key_file)
        if file.is_file()
    }


def fingerprint(key: bytes) -> str:
    """A hash that identifies a key without giving it away."""
    return hashlib.sha256(b"keniki key\0" + key.strip()).hexdigest()[:16]


def token() -> str:
    """A name nobody else has."""
    return secrets.token_hex(8)


class _Hashing:
    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def digest(self) -> str:
        return self._hash.hexdigest()


def _unpack_one(source: IO[bytes], target: Path) -> FileEntry:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reader, size = _Hashing(source), 0
    with target.open("wb") as file:
        target.chmod(0o600)
        while chunk := reader.read(_CHUNK):
            file.write(chunk)
            size += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": reader.digest(), "bytes": size}


def _manifest(path: Path, content: bytes) -> Manifest:
    try:
        manifest: Any = json.loads(content)
    except ValueError as error:
        raise _broken(path, "一覧（manifest.json）を読み取れません") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise WrongInput(f"この版の keniki が読めるバックアップ（{FORMAT}）ではありません。", file=path.name)
    result: Manifest = manifest  # type: ignore[assignment]
    return result


def _is_safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or "\0" in name or name != str(PurePosixPath(name)):
        return False
    return name in {MANIFEST, "database.sql"} or (len(parts) > 1 and parts[0] in _PLACES)


def _broken(path: Path, what: str) -> WrongInput:
    return WrongInput(
        f"バックアップが壊れています: {what}。別のバックアップを使ってください。何も変更していません。",
        file=path.name,
    )
