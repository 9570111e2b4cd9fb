"""Snapshots as files: one per address, whole or not there, whatever is killed or full.

A file holds, in this order: a line with the SHA-256 of all that follows, a line of JSON (address, type, time, lengths,
tag, owner), the body, and the body compressed with gzip. Its name is a digest of the address, which never
reaches the file system.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from keniki.apps.accounts.snapshots import Snapshot, stamp
from keniki.site.home import reason

MAGIC = b"keniki-snapshot-1 "
FIRST_LINE = len(MAGIC) + 64 + 1
SUFFIX = ".snapshot"
_DRAFT = ".draft-"
_FORGOTTEN_SECONDS = 600.0
_TOMBSTONE_SECONDS = 24 * 3600.0
_ADDRESS = re.compile(r"/(?:[A-Za-z0-9._~-]+/)*[A-Za-z0-9._~-]*\Z")
_CONTENT_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(?:; charset=utf-8)?\Z")
_MODES = ("", "real", "exercise")
#: Only somebody who is logged in, or the server itself, may answer there.
_NEVER = ("/desk/", "/accounts/", "/static/", "/healthz")


class NotPublished(RuntimeError):
    """A snapshot could not be stored; the one before it goes on being served."""


class Damaged(ValueError):
    """A file is not what was written."""


@dataclass(frozen=True)
class Stored:
    """A snapshot as read back. `compressed` is empty where that would not be shorter; a withdrawn one has no body."""

    address: str
    content_type: str
    body: bytes
    compressed: bytes
    generated_at: datetime
    tag: str
    mode: str
    parameters: frozenset[str]
    fresh_seconds: int
    owner: str
    withdrawn: bool


def publish(folder: Path, snapshot: Snapshot, owner: str = "") -> None:
    """Store a snapshot; who reads meanwhile sees the one before or this one, never a part.

    `ValueError` for one that must not be published, `NotPublished` where it can't be stored.
    """
    _check(snapshot)
    compressed = gzip.compress(snapshot.body, 9, mtime=0)
    if len(compressed) >= len(snapshot.body):
        compressed = b""
    kind = snapshot.content_type
    about = {
        "address": snapshot.address,
        "content_type": kind,
        "generated_at": snapshot.generated_at.astimezone(UTC).isoformat(),
        "length": len(snapshot.body),
        "compressed": len(compressed),
        "tag": hashlib.sha256(kind.encode() + b"\n" + snapshot.body).hexdigest()[:32],
        "mode": snapshot.mode,
        "parameters": sorted(snapshot.parameters),
        "fresh_seconds": snapshot.fresh_seconds,
        "owner": owner,
        "withdrawn": False,
    }
    _store(folder, about, snapshot.body + compressed)


def withdraw(folder: Path, address: str, owner: str = "") -> None:
    """The address is Django's again. A file says so: one that is merely lost goes on being served from memory."""
    about = {
        "address": address,
        "content_type": "",
        "generated_at": datetime.now(UTC).isoformat(),
        "length": 0,
        "compressed": 0,
        "tag": "",
        "mode": "",
        "parameters": [],
        "fresh_seconds": 0,
        "owner": owner,
        "withdrawn": True,
    }
    _store(folder, about, b"")


def read(path: Path) -> tuple[bytes, Stored]:
    """First line and content of a file; `Damaged` unless every byte is as it was written."""
    first, _, rest = path.read_bytes().partition(b"\n")
    if not first.startswith(MAGIC) or first[len(MAGIC) :] != hashlib.sha256(rest).hexdigest().encode():
        raise Damaged(f"{path.name}: its digest is not that of its content")
    line, _, bodies = rest.partition(b"\n")
    about: dict[str, Any] = json.loads(line)
    length = about["length"]
    stored = Stored(
        address=about["address"],
        content_type=about["content_type"],
        body=bodies[:length],
        compressed=bodies[length:],
        generated_at=datetime.fromisoformat(about["generated_at"]),
        tag=about["tag"],
        mode=about["mode"],
        parameters=frozenset(about["parameters"]),
        fresh_seconds=about["fresh_seconds"],
        owner=about["owner"],
        withdrawn=about["withdrawn"],
    )
    return first, stored


def name_of(address: str) -> str:
    """The name of the file that holds an address."""
    return hashlib.sha256(address.encode()).hexdigest()[:32] + SUFFIX


def owned(folder: Path) -> dict[str, str]:
    """The owner of every address that is published, as far as its file can be read."""
    found = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(OSError, ValueError):
            _, stored = read(path)
            if not stored.withdrawn:
                found[stored.address] = stored.owner
    return found


def tidy(folder: Path) -> None:
    """Remove drafts that somebody was killed over, and what was withdrawn so long ago that every process knows."""
    now = time.time()
    for path in folder.glob(f"{_DRAFT}*"):
        with contextlib.suppress(FileNotFoundError):
            if now - path.stat().st_mtime > _FORGOTTEN_SECONDS:
                path.unlink()
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(FileNotFoundError, ValueError):
            if now - path.stat().st_mtime > _TOMBSTONE_SECONDS and read(path)[1].withdrawn:
                path.unlink()


def _check(snapshot: Snapshot) -> None:
    address = snapshot.address
    if not _ADDRESS.match(address) or ".." in address.split("/") or f"{address}/".startswith(_NEVER):
        raise ValueError(f"{address!r} is no address of a snapshot")
    if not _CONTENT_TYPE.match(snapshot.content_type):
        raise ValueError(f"{address}: {snapshot.content_type!r} is no content type of a snapshot")
    if snapshot.mode not in _MODES:
        raise ValueError(f"{address}: {snapshot.mode!r} is neither real nor an exercise")
    if snapshot.generated_at.tzinfo is None:
        raise ValueError(f"{address}: the time it was made at has no zone")
    if stamp(snapshot.generated_at).encode() not in snapshot.body:
        raise ValueError(f"{address}: the body does not say when it was made")


def _store(folder: Path, about: dict[str, Any], bodies: bytes) -> None:
    rest = json.dumps(about, separators=(",", ":")).encode() + b"\n" + bodies
    content = MAGIC + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest
    draft = folder / f"{_DRAFT}{os.getpid()}-{secrets.token_hex(6)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with open(draft, "xb") as file:  # noqa: PTH123
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, folder / name_of(about["address"]))  # noqa: PTH105
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        _flush(folder)
    except OSError as error:
        raise NotPublished(
            f"公開用の写し {about['address']} を {folder} に保存できません（{reason(error)}）。"
            "空き容量と書き込みの権限を確かめてください。最後に保存した内容の公開は続きます。"
        ) from error


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
