"""The public board under load while it is published anew each second: requests a second, CPU each, p99.

A running `keniki serve` beside a plain file from nginx (else from granian's static mount), on the same machine and with
the same generator, as fast as each goes. Then 5,000 a second while officers send events (who comes to a shelter and
leaves it) of a public exercise through the API. What the events cost is measured before, without readers, and taken off
that row: the rest is what each request costs. What is sent unpacked is shown and not held: nearly every client takes
gzip, and 5,000 boards of 83 kB a second are more than 3 Gbit/s.

KENIKI_BENCH_SECONDS changes the length of a round, KENIKI_BENCH_OFFICERS the number of officers, KENIKI_BENCH_PAUSE the
seconds between two saves of one.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from _home import loaded_home
from _limits import Limits

SECONDS = float(os.environ.get("KENIKI_BENCH_SECONDS", "3"))
ROUNDS = 3
OFFICERS = int(os.environ.get("KENIKI_BENCH_OFFICERS", "50"))
PAUSE = float(os.environ.get("KENIKI_BENCH_PAUSE", "5"))
CONNECTIONS = 64
BOARD, PAGE = "/benchmark/board.json", "/benchmark/board"
EVENTS = "/api/v1/disaster/events"
LEAST_RATE, MOST_CPU, MOST_P99 = 5_000, 0.15, 100.0
TOWNS, SHELTERS = 9, 300
GZIP = "Accept-Encoding: gzip"


@dataclass(frozen=True)
class Found:
    """A run: requests a second, CPU milliseconds of the server each, 99th percentile in milliseconds."""

    rate: float
    cpu: float
    p99: float


@dataclass
class Office:
    """What the officers did: seconds of every batch, events stored, and answers that were no receipt of all of it."""

    saves: list[float] = field(default_factory=list)
    stored: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    with Limits() as limits, loaded_home() as home:
        from django.db import connections

        from keniki.apps.accounts import actions
        from keniki.apps.portal import testing

        cast = testing.build()
        token = actions.create_token(cast.actor("partner"), "benchmark")[1]
        incident = opened_exercise(cast)
        connections.close_all()
        port = free_port()
        command = [sys.executable, "-m", "keniki.cli.main", "serve", "--port", str(port), "--workers", "2"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            until_ready(port)
            with publishing(home / "snapshots"):
                until_answered(port, BOARD, PAGE)
                print(
                    f"{CONNECTIONS} connections, the middle of {ROUNDS} x {SECONDS:g} s; CPU of all its processes"
                )
                print(f"{'':42} {'bytes':>8} {'a second':>9} {'CPU ms':>7} {'p50 ms':>7} {'p99 ms':>7}")
                runs = {
                    "board.json, gzip": measure("board.json, gzip", port, BOARD, server.pid, GZIP),
                    "page, gzip": measure("page, gzip", port, PAGE, server.pid, GZIP),
                    "board.json, plain": measure("board.json, plain", port, BOARD, server.pid),
                }
                runs["board.json, 304"] = measure(
                    "board.json, known (304)",
                    port,
                    BOARD,
                    server.pid,
                    GZIP,
                    f"If-None-Match: {a_tag(port)}, *",
                )
                with officers(port, token, incident) as office:
                    alone = idle(server.pid)
                    name = f"the same at {LEAST_RATE:,}, {OFFICERS} officers write"
                    busy = measure(name, port, BOARD, server.pid, GZIP, rate=LEAST_RATE)
        finally:
            server.terminate()
            server.wait(timeout=60)
        with plain_file(home) as (peer, peer_port, pid):
            beside = measure(f"the same file from {peer}", peer_port, BOARD, pid, GZIP)
        own = runs["board.json, gzip"]
        more = own.cpu / beside.cpu
        print(f"ratio to {peer}: {own.rate / beside.rate:.2f} of the requests, {more:.1f} times the CPU")
        office.saves.sort()
        middle = office.saves[len(office.saves) // 2] * 1000 if office.saves else 0.0
        print(
            f"officers: {len(office.saves)} batches ({middle:.0f} ms in the middle), {office.stored} events stored"
        )
        each = busy.cpu - alone / busy.rate
        print(f"their events alone: {alone:.0f} ms of CPU a second; without it a request costs {each:.3f} ms")
        for name, run in runs.items():
            if name.endswith("plain"):
                continue
            limits.hold(f"{name}: time for {LEAST_RATE:,} requests", LEAST_RATE / run.rate, 1.0)
            limits.hold(f"{name}: CPU each", run.cpu, MOST_CPU, "ms")
            limits.hold(f"{name}: p99", run.p99, MOST_P99, "ms")
        limits.hold(
            "with officers: requests a second left behind", max(LEAST_RATE * 0.99 - busy.rate, 0), 0, ""
        )
        limits.hold("with officers: CPU each, without that of the events", each, MOST_CPU, "ms")
        limits.hold("with officers: p99", busy.p99, MOST_P99, "ms")
        limits.hold("batches that went wrong", len(office.wrong), 0, "batches")


def measure(name: str, port: int, address: str, pid: int, *headers: str, rate: int = 0) -> Found:
    """Load an address some times, as fast as it goes or at a rate, and print and return the middle."""
    load = [sys.executable, str(Path(__file__).with_name("_http_load.py")), str(port), address]
    load += [str(SECONDS), str(CONNECTIONS), str(rate), *headers]
    rounds: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        before = cpu_seconds(pid)
        done = subprocess.run(load, capture_output=True, text=True, check=True)
        used = cpu_seconds(pid) - before
        found: dict[str, Any] = json.loads(done.stdout)
        if set(found["statuses"]) - {"200", "304"}:
            raise RuntimeError(f"{name}: {found['statuses']}")
        one = {"rate": found["requests"] / found["seconds"], "cpu": used / found["requests"] * 1000}
        rounds.append(one | {key: found[key] for key in ("bytes", "p50", "p99")})
    middle = {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
    row = f"{middle['rate']:9,.0f} {middle['cpu']:7.3f} {middle['p50']:7.1f} {middle['p99']:7.1f}"
    print(f"{name:42} {middle['bytes']:8,.0f} {row}", flush=True)
    return Found(middle["rate"], middle["cpu"], middle["p99"])


def idle(pid: int) -> float:
    """Milliseconds of CPU the server takes each second while nobody reads."""
    begun, before = time.perf_counter(), cpu_seconds(pid)
    time.sleep(max(SECONDS * ROUNDS, 2 * PAUSE))
    return (cpu_seconds(pid) - before) / (time.perf_counter() - begun) * 1000


def content(number: int) -> tuple[bytes, bytes, datetime]:
    """A board of nine towns and 300 shelters as JSON and as a page, and when it was made."""
    from keniki.apps.accounts.snapshots import stamp

    dice = random.Random(number)
    at = datetime.now(UTC)
    towns = [
        {
            "code": f"01{n:04}",
            "name": f"第{n}町",
            "level": dice.randrange(1, 6),
            "headquarters": "災害対策本部設置",
        }
        for n in range(TOWNS)
    ]
    shelters = [
        {
            "id": f"shelter-{n:03}",
            "name": f"第{n}コミュニティセンター",
            "town": towns[n % TOWNS]["name"],
            "address": f"{n % 40 + 1}条{n % 9 + 1}丁目{n % 30 + 1}番地",
            "state": dice.choice(("未開設", "開設", "満員", "閉鎖")),
            "people": [dice.randrange(0, 90), dice.randrange(90, 120)],
            "capacity": dice.randrange(40, 400),
            "latitude": round(43 + dice.random(), 6),
            "longitude": round(141 + dice.random(), 6),
            "updated_at": stamp(at),
        }
        for n in range(SHELTERS)
    ]
    board = {"generated_at": stamp(at), "mode": "exercise", "towns": towns, "shelters": shelters}
    rows = "\n".join(
        f'<tr id="{each["id"]}"><th scope="row">{each["name"]}</th><td>{each["town"]}</td><td>{each["address"]}</td>'
        f'<td>{each["state"]}</td><td class="number">{each["people"]}</td><td>{each["capacity"]}</td></tr>'
        for each in shelters
    )
    said = f'<title>訓練</title><time datetime="{stamp(at)}"></time>'
    page = f'<!doctype html><html lang="ja">{said}<table>{rows}</table>'
    return json.dumps(board, ensure_ascii=False).encode(), page.encode(), at


@contextlib.contextmanager
def publishing(folder: Path) -> Iterator[None]:
    """Publish both anew each second."""
    from keniki.apps.accounts.snapshots import Snapshot
    from keniki.site import snapshots

    over = threading.Event()

    def publish(number: int) -> None:
        board, page, at = content(number)
        snapshots.publish(folder, Snapshot(BOARD, "application/json", board, at, "exercise"))
        snapshots.publish(folder, Snapshot(PAGE, "text/html; charset=utf-8", page, at, "exercise"))

    def run() -> None:
        number = 1
        while not over.wait(1.0):
            publish(number)
            number += 1

    publish(0)
    writer = threading.Thread(target=run)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def opened_exercise(cast: Any) -> str:
    """A public exercise of 青葉圏域: its uid."""
    from django_scopes import scope

    from keniki.apps.accounts.actor import SYSTEM
    from keniki.apps.disaster.actions.incidents import IncidentDraft, save_incident

    with scope(region=cast.region):
        draft = IncidentDraft("exercise", "負荷訓練（架空）", "flood", datetime.now(UTC), public=True)
        return str(save_incident(SYSTEM, cast.region, draft).uid)


@contextlib.contextmanager
def officers(port: int, token: str, incident: str) -> Iterator[Office]:
    """Officers of a town who each send three events after a pause, over a kept connection as a browser does."""

    office, over = Office(), threading.Event()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def event(number: int, seq: int, entity: str, fields: dict[str, Any], seen: list[str]) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()), "incident": incident, "mode": "exercise", "kind": "benchmark.write",
            "entity": entity, "device": f"officer-{number}", "seq": seq, "note": "",
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "fields": {name: {"value": value, "seen": seen} for name, value in fields.items()},
        }  # fmt: skip

    def batch(number: int, seq: int) -> list[dict[str, Any]]:
        """Two persons come in, one of them leaves again."""
        came = {"state": "in"}
        ways = [f"person:{uuid.uuid4()}" for _ in range(2)]
        made = [
            event(
                number,
                3 * seq + place,
                way,
                {"name": f"架空 {number}-{seq}-{place}", "presence": came},
                [],
            )
            for place, way in enumerate(ways)
        ]
        leaves = {"presence": {"state": "left"}}
        return [*made, event(number, 3 * seq + 2, ways[0], leaves, [made[0]["id"]])]

    def officer(number: int) -> None:
        dice, seq = random.Random(number), 0
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while not over.wait(PAUSE * dice.uniform(0.5, 1.5)):
            seq += 1
            events = batch(number, seq)
            begun = time.perf_counter()
            try:
                connection.request("POST", EVENTS, json.dumps({"region": "aoba", "events": events}), headers)
                answer = connection.getresponse()
                said = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError) as error:
                office.wrong.append(str(error))
                connection.close()
                continue
            office.saves.append(time.perf_counter() - begun)
            if answer.status == 200 and len(said["stored"]) == len(events):
                office.stored += len(events)
            else:
                office.wrong.append(f"{answer.status}: {said}")
        connection.close()

    people = [threading.Thread(target=officer, args=(number,)) for number in range(OFFICERS)]
    for each in people:
        each.start()
    try:
        yield office
    finally:
        over.set()
        for each in people:
            each.join()


@contextlib.contextmanager
def plain_file(home: Path) -> Iterator[tuple[str, int, int]]:
    """The same JSON as a plain file, packed ahead: from nginx where there is one, else from granian's static mount."""
    import gzip

    folder = Path(tempfile.mkdtemp(prefix="keniki-bench-peer-"))
    folder.chmod(0o755)
    (folder / "benchmark").mkdir()
    board = content(0)[0]
    (folder / BOARD[1:]).write_bytes(board)
    (folder / f"{BOARD[1:]}.gz").write_bytes(gzip.compress(board, 9))
    port, nginx = free_port(), shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx:
        (folder / "nginx.conf").write_text(
            f"worker_processes 2; daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
            "events { worker_connections 1024; }\n"
            f"http {{ access_log off; types {{ application/json json; }} sendfile on; keepalive_requests 100000000;\n"
            f"client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};\n"
            f"uwsgi_temp_path {folder}; scgi_temp_path {folder};\n"
            f"server {{ listen 127.0.0.1:{port}; root {folder}; gzip_static on; }} }}\n"
        )
        command = [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    else:
        (folder / BOARD[1:]).write_bytes(gzip.compress(board, 9))
        (folder / "app.py").write_text("def app(environ, start_response):\n    raise NotImplementedError\n")
        command = [sys.executable, "-m", "granian", "app:app", "--interface", "wsgi", "--port", str(port)]
        command += ["--workers", "2", "--working-dir", str(folder), "--static-path-mount", str(folder)]
        command += ["--static-path-route", "/", "--no-log"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_answered(port, BOARD)
        yield ("nginx" if nginx else "granian's static mount"), port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def cpu_seconds(pid: int) -> float:
    """CPU used so far by a process and everything below it."""
    ticks, todo = 0, [pid]
    while todo:
        one = todo.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            values = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(values[11]) + int(values[12])
            for task in Path(f"/proc/{one}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
    return ticks / os.sysconf("SC_CLK_TCK")


def a_tag(port: int) -> str:
    """The present tag of the board."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", BOARD, headers={"Accept-Encoding": "gzip"})
    return connection.getresponse().headers["ETag"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_ready(port: int, address: str = "/healthz") -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", address)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"{address} is not answered")
        time.sleep(0.1)


def until_answered(port: int, *addresses: str) -> None:
    """Every worker knows the addresses: as many new connections as reach each of them are answered."""
    for address in addresses:
        for _ in range(CONNECTIONS):
            until_ready(port, address)


if __name__ == "__main__":
    main()
