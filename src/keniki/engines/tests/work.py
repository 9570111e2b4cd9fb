"""What the tests let engines do: functions that any worker can import."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Another value in a test's own process than in one begun afresh.
told = "nothing"


class Odd(Exception):
    """An error that pickle cannot read again."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} in {where}")


class Weighed:
    """Something shared that leaves a file wherever it is unpacked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        (self.folder / f"{os.getpid()}-{uuid.uuid4().hex}").touch()


def square(number: int, more: int = 0) -> int:
    return number * number + more


def picky(number: int, refused: frozenset[int]) -> int:
    """The first one refused takes its time, so that another error comes before it."""
    if number in refused:
        time.sleep(0.02 if number == min(refused) else 0)
        raise ValueError(f"not {number}")
    return number


def resting(seconds: float) -> tuple[int, float]:
    time.sleep(seconds)
    return os.getpid(), seconds


def marked(number: int, folder: Path, seconds: float) -> int:
    """Leaves a file when it begins and another when it ends."""
    (folder / f"{number}-begun").touch()
    time.sleep(seconds)
    (folder / f"{number}-ended").touch()
    return number


def killed_once(number: int, victim: int, folder: Path) -> int:
    """Its process dies the first time that it is the victim's turn."""
    (folder / uuid.uuid4().hex).touch()
    if number == victim and not (folder / "dead").exists():
        (folder / "dead").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def deadly(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def odd(number: int) -> int:
    raise Odd("something", "somewhere")


def secretive(number: int) -> Callable[[], int]:
    return lambda: number


def weighed(number: int, _: Weighed) -> int:
    return number


def seen(_: int) -> tuple[str, str, int]:
    """What a worker was told, how many threads its libraries may use, how many it has."""
    return told, os.environ.get("OMP_NUM_THREADS", ""), threading.active_count()


def blocked_signals(_: int) -> list[int]:
    """The numbers of the signals this process does not hear."""
    return sorted(int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
