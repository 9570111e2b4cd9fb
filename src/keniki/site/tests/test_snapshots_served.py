"""`keniki serve` hands out snapshots, also while its database is cut off or down."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from conftest import Installation
from keniki.apps.accounts.snapshots import Snapshot, stamp
from keniki.site import snapshots
from keniki.site.apart import DJANGO_THREADS, MOST_WAITING

pytestmark = pytest.mark.slow
BOARD = "/test/board.json"
#: More than both processes together let wait.
CROWD = 180


class Line:
    """The line to the database: it can be cut without anybody being told, torn down, and put up again."""

    def __init__(self, target: str) -> None:
        parts = conninfo_to_dict(target)
        host, port = str(parts.get("host") or "127.0.0.1"), int(parts.get("port") or 5432)
        self._unix = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else ""
        self._target = host, port
        self._flows = threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.up()
        self.address = make_conninfo(target, host="127.0.0.1", port=self.port)

    def up(self) -> None:
        self._flows.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=200)
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        self._flows.clear()

    def down(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()
        self._flows.set()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                ours, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(ours,), daemon=True).start()

    def _join(self, ours: socket.socket) -> None:
        self._open.append(ours)
        self._flows.wait()
        theirs = socket.socket(socket.AF_UNIX if self._unix else socket.AF_INET)
        with contextlib.suppress(OSError):
            theirs.connect(self._unix or self._target)
            self._open.append(theirs)
            threading.Thread(target=self._pump, args=(theirs, ours), daemon=True).start()
            self._pump(ours, theirs)

    def _pump(self, source: socket.socket, into: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                self._flows.wait()
                into.sendall(part)
        for each in (source, into):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture
def line(installation: Installation) -> Iterator[Line]:
    made = Line(installation.environment["DATABASE_URL"])
    installation.environment["DATABASE_URL"] = made.address
    yield made
    made.down()


@pytest.fixture
def port(installation: Installation, line: Line) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    process = installation.start(
        "serve", "--port", str(number), stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_for(lambda: _ask(number, "/healthz")[0] == 200)
        yield number
    finally:
        line.up()
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(40)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _publish(home: Path, text: str) -> None:
    at = datetime.now(UTC)
    body = json.dumps({"generated_at": stamp(at), "text": text * 50}).encode()
    snapshots.publish(home / "snapshots", Snapshot(BOARD, "application/json", body, at, "exercise"))


def _ask(
    port: int, path: str = BOARD, method: str = "GET", timeout: float = 20, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def _wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_server_sends_whole_snapshots_and_what_is_known_of_them(
    installation: Installation, port: int
) -> None:
    assert _ask(port)[0] == 404
    _publish(installation.home, "first")
    _wait_for(lambda: all(_ask(port)[0] == 200 for _ in range(20)), 5)
    _, headers, body = _ask(port)
    assert json.loads(body)["text"].startswith("first")
    assert headers["content-length"] == str(len(body))
    assert headers["x-keniki-mode"] == "exercise"
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert _ask(port, method="HEAD")[1]["content-length"] == str(len(body))
    assert _ask(port, method="HEAD")[2] == b""
    assert _ask(port, **{"If-None-Match": headers["etag"]})[::2] == (304, b"")
    packed = _ask(port, **{"Accept-Encoding": "gzip"})
    assert packed[1]["content-encoding"] == "gzip"
    assert packed[1]["content-length"] == str(len(packed[2]))
    assert _ask(port, method="DELETE")[0] in {403, 404, 405}
    _publish(installation.home, "second")
    _wait_for(lambda: all(b"second" in _ask(port)[2] for _ in range(20)), 5)
    assert _ask(port, **{"If-None-Match": headers["etag"]})[0] == 200


def test_a_stream_and_a_file_of_djangos_come_whole(installation: Installation, port: int) -> None:
    status, headers, body = _ask(port, "/static/keniki/css/base.css")
    assert status == 200
    assert int(headers["content-length"]) == len(body) > 1000


def test_a_database_that_no_longer_answers_stops_no_snapshot(
    installation: Installation, port: int, line: Line
) -> None:
    _publish(installation.home, "last")
    _wait_for(lambda: all(_ask(port)[0] == 200 for _ in range(20)), 5)
    line.cut()
    statuses: list[int] = []
    crowd = [
        threading.Thread(target=lambda: statuses.append(_ask(port, "/healthz", timeout=60)[0]))
        for _ in range(CROWD)
    ]
    for each in crowd:
        each.start()
    time.sleep(3)
    slowest, ages = 0.0, []
    until = time.monotonic() + 4
    while time.monotonic() < until:
        begun = time.monotonic()
        status, headers, body = _ask(port)
        slowest = max(slowest, time.monotonic() - begun)
        assert status == 200
        assert json.loads(body)["text"].startswith("last")
        ages.append(int(headers["x-keniki-data-age"]))
        time.sleep(0.02)
    assert slowest < 1.0
    assert ages == sorted(ages)
    assert ages[-1] >= 6
    assert statuses.count(503) >= CROWD - 2 * MOST_WAITING - 2 * DJANGO_THREADS
    _publish(installation.home, "news")
    _wait_for(lambda: b"news" in _ask(port)[2], 5)
    line.up()
    for each in crowd:
        each.join(90)
    assert len(statuses) == CROWD
    assert set(statuses) <= {200, 500, 503}
    _wait_for(lambda: _ask(port, "/healthz")[0] == 200)


def test_a_database_that_is_down_stops_no_snapshot(installation: Installation, port: int, line: Line) -> None:
    _publish(installation.home, "last")
    _wait_for(lambda: all(_ask(port)[0] == 200 for _ in range(20)), 5)
    line.down()
    _wait_for(lambda: _ask(port, "/healthz")[0] == 503)
    for _ in range(50):
        assert b"last" in _ask(port)[2]
    line.up()
    _wait_for(lambda: _ask(port, "/healthz")[0] == 200)


def test_the_public_board_is_made_ahead_without_being_asked_for(
    installation: Installation, port: int
) -> None:
    _wait_for(lambda: "x-keniki-data-age" in _ask(port, "/disaster/board.json")[1])
    _, headers, body = _ask(port, "/disaster/board.json")
    made = datetime.fromisoformat(json.loads(body)["generated_at"])
    age = (datetime.now(UTC) - made).total_seconds()
    assert 0 <= age < 60
    assert abs(int(headers["x-keniki-data-age"]) - age) < 3
    assert headers["content-type"].startswith("application/json")
