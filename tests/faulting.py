"""A server that is killed at random moments while somebody saves through its API, and what must hold afterwards."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 60.0
BOARD = "/disaster/board.json"
ADDRESS = "/api/v1/regions/aoba/activities/r6-sumaho"

_PREPARE = """
import json, sys
from keniki.cli import database
database.prepare()
from keniki.apps.accounts import actions
from keniki.apps.portal import testing
cast = testing.build()
officer = cast.actor("partner")
print(json.dumps({"token": actions.create_token(officer, "faults")[1], "code": testing.KAWAKITA}))
"""


@dataclass
class Tally:
    """What was tried and what came of it."""

    kills: int = 0
    during_a_save: int = 0
    saves: int = 0
    unavailable: int = 0
    wrong: list[str] = field(default_factory=list)
    #: Seconds from each blow until the records could be read again, by what was struck.
    back: dict[str, list[float]] = field(default_factory=dict)

    @property
    def slowest(self) -> float:
        """The longest time until the records could be read again."""
        return max((seconds for each in self.back.values() for seconds in each), default=0.0)

    def __str__(self) -> str:
        times = "; ".join(
            f"{name} {len(each)} times, back after {sorted(each)[len(each) // 2]:.1f} s in the middle, "
            f"{max(each):.1f} s at most"
            for name, each in sorted(self.back.items())
        )
        return (
            f"{self.kills} kills, {self.during_a_save} during a save ({times}); saves: {self.saves} acknowledged, "
            f"{self.unavailable} told to come again, {len(self.wrong)} lost or half"
        )


class Site:
    """`keniki serve` in a home of its own with the fictional cast, and a client that saves rising numbers."""

    def __init__(self, environment: dict[str, str], home: Path) -> None:
        self.environment, self.home = environment, home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        made = subprocess.run(
            [sys.executable, "-c", _PREPARE], env=environment, capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise RuntimeError(made.stderr)
        known = json.loads(made.stdout.splitlines()[-1])
        self.headers = {"Authorization": f"Bearer {known['token']}", "Content-Type": "application/json"}
        self.code = known["code"]
        self.tally = Tally()
        self.number = 100
        self.acknowledged = self.attempted = self.version = 0
        self.saving = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.said = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the site is)

    def start(self) -> None:
        """Start the server in a process group of its own and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "keniki.cli.main", "serve", "--port", str(self.port)],
            env=self.environment,
            stdout=self.said,
            stderr=self.said,
            start_new_session=True,
        )
        self.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)

    def ask(
        self, method: str, path: str, body: Any = None, *, port: int = 0, timeout: float = 20
    ) -> tuple[int, bytes]:
        """One request, to another port where one is given; (0, b"") where no answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def wait(self) -> float:
        """Seconds until the records can be read again."""
        started = time.monotonic()
        while self.ask("GET", ADDRESS)[0] != 200:
            if self.process is not None and self.process.poll() is not None:
                self.start()
            if time.monotonic() - started > PATIENCE:
                self.said.seek(0)
                last = self.said.read().decode(errors="replace")[-3000:]
                raise TimeoutError(f"the server did not come back; its last words:\n{last}")
            time.sleep(0.05)
        return time.monotonic() - started

    def save(self) -> None:
        """Save the next number as 川北町's figure."""
        self.number += 1
        self.attempted = self.number
        self.saving.set()
        body = {"value": self.number, "version": self.version}
        status, words = self.ask("PUT", f"{ADDRESS}/counts/people/{self.code}", body)
        self.saving.clear()
        if status == 200:
            self.version = _part(words)["version"]
            self.acknowledged = self.number
            self.tally.saves += 1
        elif status == 503:
            self.tally.unavailable += 1
        elif status:
            self.tally.wrong.append(f"{status}: {words[:200].decode(errors='replace')}")

    def stored(self) -> tuple[int, int]:
        """川北町's figure and the total, as the API reads them."""
        words = self.ask("GET", ADDRESS)[1]
        part = _part(words)
        self.version = part["version"]
        return int(float(part["value"])), int(float(_part(words, "people")["value"]))

    def shows_the_board(self) -> None:
        """Whoever looks at the public board sees it, whatever is broken."""
        assert self.ask("GET", BOARD, timeout=5)[0] == 200

    def board_is_up(self) -> None:
        """Wait for the board's first snapshot."""
        until = time.monotonic() + PATIENCE
        while self.ask("GET", BOARD)[0] != 200 and time.monotonic() < until:
            time.sleep(0.1)
        self.shows_the_board()

    def postmaster(self) -> int:
        """The database server's process."""
        words = next(
            path
            for root in (self.home, Path(self.environment["KENIKI_SERVER_STATE"]))
            for path in root.rglob("postmaster.pid")
        ).read_text(encoding="utf-8")
        return int(words.split()[0])

    def kill_database(self) -> None:
        with contextlib.suppress(ProcessLookupError, StopIteration, FileNotFoundError):
            os.kill(self.postmaster(), signal.SIGKILL)

    def kill_server(self) -> None:
        """Kill everything `keniki serve` started, itself first."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while self.ask("GET", "/healthz")[0]:
            time.sleep(0.02)

    def kill_both(self) -> None:
        """Kill the database and, before anything can start it again, the server."""
        self.kill_database()
        self.kill_server()

    def strike(self, blow: Callable[[], None], dice: random.Random) -> None:
        """Kill something at a random moment of a save, let it come back, and see what is stored."""
        stop = threading.Event()

        def saver() -> None:
            while not stop.is_set():
                self.save()

        thread = threading.Thread(target=saver, daemon=True)
        thread.start()
        self.saving.wait(5)
        time.sleep(dice.random() * 0.4)
        saves = self.tally.saves
        hit = self.saving.is_set()
        struck = time.monotonic()
        blow()
        stop.set()
        thread.join(PATIENCE)
        self.tally.kills += 1
        self.tally.during_a_save += hit and self.tally.saves == saves
        if self.process is None or self.process.poll() is not None:
            self.start()
        self.wait()
        name = getattr(blow, "__name__", "kill").replace("_", " ")
        self.tally.back.setdefault(name, []).append(time.monotonic() - struck)
        part, total = self.stored()
        if not (part == self.acknowledged or self.acknowledged < part <= self.attempted or part == 21):
            self.tally.wrong.append(f"stored {part}, acknowledged {self.acknowledged}")
        if total != 20 + part + 8:
            self.tally.wrong.append(f"total {total} with part {part}")
        self.acknowledged = max(self.acknowledged, part if part > 100 else 0)


def _part(activity: bytes, key: str = "people_kawakita") -> dict[str, Any]:
    return next(count for count in json.loads(activity)["counts"] if count["key"] == key)


@contextlib.contextmanager
def running(environment: dict[str, str], home: Path) -> Iterator[Site]:
    """A site that serves; stopped at the end."""
    site = Site(environment, home)
    site.start()
    site.stored()
    try:
        yield site
    finally:
        site.stop()


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """A disk of its own, in memory; None where none may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="keniki-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    mounted = shutil.which("mount") and not subprocess.run(mount, capture_output=True, check=False).returncode
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


def fill(folder: Path) -> Path:
    """A file that leaves no room, or takes what has become free since."""
    stuffing = folder / "stuffing"
    with stuffing.open("ab", buffering=0) as file:
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return stuffing


def log_agrees(rows: list[tuple[Any, Any]], stored: int) -> list[str]:
    """What is wrong with the log, given (before, after) of every entry in order: each save follows the one before."""
    problems = []
    values = [str(after) for _, after in rows]
    if len(set(values)) != len(values):
        problems.append("a save is logged twice")
    for (_, after), (before, _) in itertools.pairwise(rows):
        if str(after) != str(before):
            problems.append(f"the log jumps from {after} to {before}")
    if rows and str(stored) not in str(rows[-1][1]).replace(",", ""):
        problems.append(f"stored {stored}, last logged {rows[-1][1]}")
    return problems
