"""50 people at once on a running server: the public page and the desk of a region with 1,000 activities.

KENIKI_BENCH_USERS changes the number of people.
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from _home import loaded_home
from _limits import Limits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

USERS = int(os.environ.get("KENIKI_BENCH_USERS", "50"))
VISITS = 6
LIMIT = 5.0
HOME, DESK, SLUG = "/r/{slug}/", "/desk/{slug}/", "synthetic-0000"


def main() -> None:
    with Limits() as limits, loaded_home():
        from django.db import connections
        from django.test import Client

        from keniki.apps.portal import synthetic
        from keniki.apps.regions import queries
        from tests.filled import somebody

        synthetic.make_regions(queries.operator(), 1)
        client = Client()
        client.force_login(somebody(), backend="django.contrib.auth.backends.ModelBackend")
        session = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        connections.close_all()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "keniki.cli.main", "serve", "--port", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            until_ready(port)
            print(f"{USERS} people, {VISITS} visits each")
            print(f"{'page':28} {'errors':>7} {'p50 ms':>8} {'p95 ms':>8} {'a second':>9}")
            found = [
                told("public page, first visit", *visit(port, HOME.format(slug=SLUG), "")),
                told("public page, again", *visit(port, HOME.format(slug=SLUG), "", again=True)),
                told("a region's desk", *visit(port, DESK.format(slug=SLUG), session)),
            ]
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                open_now = cursor.fetchone()[0] - 1
                cursor.execute("SHOW max_connections")
                print(f"database connections: {open_now} of {cursor.fetchone()[0]}")
            limits.hold("visits that failed", sum(errors for _, errors in found), 0, "visits")
            limits.hold("slowest p95", max(p95 for p95, _ in found), LIMIT)
        finally:
            server.terminate()
            server.wait(timeout=60)


def visit(port: int, address: str, cookie: str, *, again: bool = False) -> tuple[list[float], int, float]:
    """Seconds of every visit, how many failed, seconds in all; `again` comes back with the tag of the page."""
    times: list[float] = []
    errors = [0]
    start = threading.Barrier(USERS + 1)

    def person() -> None:
        tag = ""
        start.wait()
        for number in range(VISITS + again):
            begun = time.perf_counter()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                headers = {"Cookie": cookie} if cookie else {}
                connection.request("GET", address, headers=headers | ({"If-None-Match": tag} if tag else {}))
                answer = connection.getresponse()
                answer.read()
                connection.close()
                errors[0] += answer.status != (304 if tag else 200)
                tag = answer.headers.get("ETag", "") if again else ""
            except OSError:
                errors[0] += 1
            if number >= again:
                times.append(time.perf_counter() - begun)

    people = [threading.Thread(target=person) for _ in range(USERS)]
    for each in people:
        each.start()
    start.wait()
    begun = time.perf_counter()
    for each in people:
        each.join()
    return times, errors[0], time.perf_counter() - begun


def told(name: str, times: list[float], errors: int, seconds: float) -> tuple[float, int]:
    """Print a row; the 95th percentile in seconds and how many visits failed."""
    p95 = statistics.quantiles(times, n=20)[-1]
    rate = len(times) / seconds
    print(f"{name:28} {errors:7} {statistics.median(times) * 1000:8.0f} {p95 * 1000:8.0f} {rate:9.0f}")
    return p95, errors


def until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main()
