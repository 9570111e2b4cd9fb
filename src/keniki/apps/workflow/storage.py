"""Stored files, found by the SHA-256 of their content and encrypted on disk (AES-256-GCM).

Layout: `media/ab/abcdef….bin` = 12-byte nonce + ciphertext; the digest is the associated data, so a file moved to
another name does not open.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from keniki.apps.accounts.sealing import key

_NONCE = 12


@dataclass(frozen=True)
class Stored:
    """A file on disk: the digest in its name ("" for a half-written one), its size, when it was stored (epoch)."""

    path: Path
    digest: str
    size: int
    stored_at: float


class LostFile(Exception):
    """A stored file is gone or does not open with this installation's key; the text names the digest."""


def put(content: bytes) -> str:
    """Store `content` durably and return its digest; the same content twice is stored once, anew from then on."""
    digest = hashlib.sha256(content).hexdigest()
    path = _path(digest)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(fcntl.LOCK_SH), contextlib.suppress(FileNotFoundError):
        os.utime(path)
        return digest
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(key()).encrypt(nonce, content, digest.encode())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)
    return digest


def get(digest: str) -> bytes:
    """The content with this digest; raises `LostFile`."""
    try:
        sealed = _path(digest).read_bytes()
        return AESGCM(key()).decrypt(sealed[:_NONCE], sealed[_NONCE:], digest.encode())
    except FileNotFoundError as error:
        raise LostFile(f"保存されたファイル {digest[:12]}… がありません。") from error
    except InvalidTag as error:
        raise LostFile(f"保存されたファイル {digest[:12]}… をこの鍵で開けません。") from error


def exists(digest: str) -> bool:
    return bool(digest) and _path(digest).exists()


def everything() -> Iterator[Stored]:
    """All files in the store, half-written ones too."""
    for path in Path(settings.MEDIA_ROOT).glob("??/*"):
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            digest = "" if path.name.startswith(".") else path.name.removesuffix(".bin")
            yield Stored(path, digest, found.st_size, found.st_mtime)


def discard(file: Stored, days: int) -> bool:
    """Remove a file nothing refers to, unless somebody stored it again within the last `days`."""
    with _locked(fcntl.LOCK_EX), contextlib.suppress(FileNotFoundError):
        if time.time() - file.path.stat().st_mtime >= days * 24 * 60 * 60:
            file.path.unlink()
            return True
    return False


def _path(digest: str) -> Path:
    if len(digest) != 64 or not digest.isalnum():
        raise LostFile("ファイルの番号が正しくありません。")
    return Path(settings.MEDIA_ROOT) / digest[:2] / f"{digest}.bin"


@contextlib.contextmanager
def _locked(kind: int) -> Iterator[None]:
    """Hold the store: shared while a file's presence is relied on, alone while one is removed."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
