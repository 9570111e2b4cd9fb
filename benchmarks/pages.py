"""Queries and time of every page, file and API route: two synthetic regions against 130 of them.

Two, because whoever works in several regions is asked once more which of them a post belongs to.

KENIKI_BENCH_REGIONS changes the number of regions.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from _home import loaded_home
from _limits import Limits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

REGIONS = int(os.environ.get("KENIKI_BENCH_REGIONS", "130"))
FEW = 2
LIMIT = 1.0


def main() -> None:
    with Limits() as limits, loaded_home():
        from django.conf import settings

        settings.ALLOWED_HOSTS = ["testserver"]
        from django.test import Client

        from keniki.apps.portal import synthetic
        from keniki.apps.regions import queries
        from tests.filled import addresses, somebody

        synthetic.make_regions(queries.operator(), FEW)
        user = somebody()
        client = Client(raise_request_exception=False)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        pages = addresses()
        before = {name: measured(client, address) for name, address in pages.items()}
        made = synthetic.make_regions(queries.operator(), REGIONS - FEW, first=FEW)
        somebody(user)
        after = {name: measured(client, address) for name, address in pages.items()}
        print(f"{made['regions'] + FEW} regions, {made['activities'] + 1000 * FEW:,} activities")
        print(f"{'page':42} {'queries':>9} {'with all':>9} {'ms':>7} {'with all':>9} {'ratio':>6}")
        grown = 0
        failed = [name for pages in (before, after) for name, (asked, _) in pages.items() if asked < 0]
        for name, (asked, seconds) in before.items():
            asked_then, seconds_then = after[name]
            if min(asked, asked_then) < 0:
                continue
            grown += asked_then > asked
            ratio = seconds_then / seconds
            print(
                f"{name:42} {asked:9} {asked_then:9} {seconds * 1000:7.0f} {seconds_then * 1000:9.0f} {ratio:6.2f}"
            )
        slowest = max(seconds for asked, seconds in after.values() if asked >= 0)
        print(f"pages that did not answer: {', '.join(failed) or 'none'}")
        limits.hold("pages that did not answer", len(failed), 0, "pages")
        limits.hold(f"pages that ask more with {REGIONS} regions", grown, 0, "pages")
        limits.hold("slowest page", slowest, LIMIT)


def measured(client: Any, address: str) -> tuple[int, float]:
    """Queries and seconds (median of three) of a page once it is warm; -1 where it does not answer 200."""
    from django.db import connection

    if client.get(address).status_code != 200:
        return -1, 0.0
    seen: list[str] = []

    def counted(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(counted):
        client.get(address)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
        times.append(time.perf_counter() - started)
    return len(seen), statistics.median(times)


if __name__ == "__main__":
    main()
