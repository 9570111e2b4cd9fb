"""Who uses the server: every process holds a shared lock; starting and stopping take turns under another."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keniki.core.errors import WrongInput

TURN_SECONDS = 180.0


@contextmanager
def turn(folder: Path, *, seconds: float = TURN_SECONDS) -> Iterator[None]:
    """Only one process at a time starts or stops the server of this folder; waits for its turn."""
    with _opened(folder / "lock") as descriptor:
        deadline = time.monotonic() + seconds
        while not _try(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise WrongInput(
                    f"別の keniki がデータベースを起動・停止している途中のまま {seconds:.0f} 秒たちました。"
                    "しばらく待ってからやり直してください。"
                )
            time.sleep(0.05)
        yield


class Lease:
    """This process's share in the server. The lock goes with the process, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = _open(folder / "lease")
        self.owner = os.getpid()
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """True if nobody else holds a share. Call it inside `turn`."""
        alone = _try(self._descriptor, fcntl.LOCK_EX)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return alone

    def end(self) -> bool:
        """Give the share back; True if nobody else holds one. Call it inside `turn`."""
        alone = _try(self._descriptor, fcntl.LOCK_EX)
        os.close(self._descriptor)
        return alone


def in_use(folder: Path) -> bool:
    """Whether any process holds a share."""
    with _opened(folder / "lease") as descriptor:
        return not _try(descriptor, fcntl.LOCK_EX)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = _open(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
