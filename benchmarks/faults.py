"""1,000 kills of database, server and both, while people save and tablets send, lose nothing acknowledged.

KENIKI_BENCH_KILLS changes the number.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from _home import own_home

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

KILLS = int(os.environ.get("KENIKI_BENCH_KILLS", "1000"))


def main() -> None:
    from tests.fault_events import sending
    from tests.faulting import running

    if os.environ.get("DATABASE_URL"):
        print("skipped: DATABASE_URL names a server of yours, which is not killed")
        return
    dice = random.Random(1)
    with own_home() as home, running(dict(os.environ), home) as site:
        started = time.perf_counter()
        with sending(site) as tablets:
            for number in range(1, KILLS + 1):
                both = site.kill_both if number % 50 == 0 else site.kill_database
                site.strike(site.kill_server if number % 20 == 0 else both, dice)
                if number % 50 == 0:
                    took = (time.perf_counter() - started) / number
                    lost = len(site.tally.wrong)
                    print(
                        f"{number} kills, {lost} lost or half, {took:.2f} s each", file=sys.stderr, flush=True
                    )
        outcome = tablets.outcome()
        seconds = time.perf_counter() - started
        tally = site.tally
    print(tally)
    print(f"lost or half: {len(tally.wrong) / tally.kills:.3f} of the kills (limit 0)")
    print(outcome)
    print(f"{seconds / tally.kills:.2f} s per kill")
    if (
        tally.wrong
        or tablets.wrong
        or outcome.lost
        or outcome.doubled
        or outcome.invented
        or not outcome.states_agree
    ):
        sys.exit("\n".join([*tally.wrong, *tablets.wrong, str(outcome)]))


if __name__ == "__main__":
    main()
