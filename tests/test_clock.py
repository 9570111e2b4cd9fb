"""The server's clock jumps while tablets send: nothing is lost or twice, no state changes, and it heals by itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conftest import SuiteServer, new_installation

from .fault_events import agrees, sending
from .faulting import BOARD, PATIENCE, Site, running

#: libfaketime: the server alone is told another time, and told anew while it runs.
LIBRARY = next(iter(sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(LIBRARY is None, reason="no libfaketime here (Debian: apt-get install libfaketime)"),
]

#: Days the server's clock is off, one after the other: back, a month ahead, back behind where it began, right again.
JUMPS = (-3, 40, -1, 0)
SECONDS_EACH = 3.0


@dataclass
class Clock:
    """The clock of the server."""

    file: Path

    def jump(self, days: int) -> None:
        """It is so many days off from now on; whoever reads the file finds the old word or the new one."""
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{days:+d}d\n", encoding="ascii")
        os.replace(draft, self.file)  # noqa: PTH105


@pytest.fixture
def site(tmp_path: Path, server_state: Path, suite_server: SuiteServer) -> Iterator[tuple[Site, Clock]]:
    clock = Clock(tmp_path / "clock")
    clock.jump(0)
    with new_installation(tmp_path / "home", server_state, suite_server, suite_server.migrated) as made:
        off = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(clock.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Its own handling of waits by the monotonic clock makes them long, and Python's threads wait so for their
            # turn: one that computes would keep the others out, and an answer of 0.2 s take 20 s.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }
        with running(made.environment | off, made.home) as running_site:
            yield running_site, clock


def test_a_server_whose_clock_jumps_loses_and_doubles_nothing(
    site: tuple[Site, Clock], say: Callable[[object], None]
) -> None:
    made, clock = site
    made.board_is_up()
    with sending(made) as tablets:
        for days in JUMPS:
            clock.jump(days)
            before = tablets.acknowledged
            time.sleep(SECONDS_EACH)
            made.save()
            made.shows_the_board()
            follows(made, days)
            assert tablets.acknowledged > before
            assert made.tally.wrong == []
    outcome = tablets.outcome()
    say(f"the server's clock {', '.join(f'{days:+d}' for days in JUMPS)} days off; {outcome}")
    agrees(tablets, outcome, 20)
    assert made.tally.saves == len(JUMPS)
    assert made.stored()[0] == made.acknowledged


def follows(site: Site, days: int) -> None:
    """The public board says the time of the server's clock."""
    until = time.monotonic() + PATIENCE
    while True:
        said = datetime.fromisoformat(json.loads(site.ask("GET", BOARD)[1])["generated_at"])
        off = (said - datetime.now(UTC)) / timedelta(days=1)
        if abs(off - days) < 0.1:
            return
        assert time.monotonic() < until, f"the board is {off:.2f} days off, the clock {days}"
        time.sleep(0.2)
