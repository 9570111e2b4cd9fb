"""A network that is cut, silent or one-way loses nothing acknowledged, and the public board goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from conftest import SuiteServer, new_installation

from .fault_events import Tablets, agrees, sending
from .faulting import Site, running
from .wire import Wire, wired

pytestmark = pytest.mark.slow

OUTAGES = 12


@pytest.fixture
def site(tmp_path: Path, server_state: Path, suite_server: SuiteServer) -> Iterator[tuple[Site, Wire]]:
    """A site whose way to the database is a wire."""
    home = tmp_path / "home"
    with new_installation(home, server_state, suite_server, suite_server.migrated) as made:
        parts = conninfo_to_dict(made.environment["DATABASE_URL"])
        host, port = str(parts["host"]), int(parts.get("port") or 5432)
        target = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        with wired(target) as wire:
            way = make_conninfo(made.environment["DATABASE_URL"], host="127.0.0.1", port=wire.port)
            with running(made.environment | {"DATABASE_URL": way}, home) as running_site:
                yield running_site, wire


def test_a_torn_silent_or_deaf_line_to_the_tablets_loses_and_doubles_nothing(
    site: tuple[Site, Wire], say: Callable[[object], None]
) -> None:
    made, _ = site
    with wired(("127.0.0.1", made.port)) as wire, sending(made, port=wire.port, timeout=1.0) as tablets:
        outages(wire, tablets, silence=1.2)
    outcome = tablets.outcome()
    say(f"{OUTAGES} outages between tablets and server; {outcome}")
    agrees(tablets, outcome, 30)
    assert outcome.resent >= 5


def test_a_torn_silent_or_deaf_line_to_the_database_loses_and_doubles_nothing(
    site: tuple[Site, Wire], say: Callable[[object], None]
) -> None:
    """An answer of the database that is lost after it has stored: the tablet is told no and sends again."""
    made, wire = site
    made.board_is_up()
    with sending(made) as tablets:
        outages(wire, tablets, silence=1.2, meanwhile=made.shows_the_board)
    outcome = tablets.outcome()
    say(f"{OUTAGES} outages between server and database; {outcome}")
    agrees(tablets, outcome, 30)
    assert any("データベースに接続できません" in words for words in tablets.told)


def outages(
    wire: Wire, tablets: Tablets, *, silence: float, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Every kind of outage in turn, with work between them."""
    dice = random.Random(7)
    for number in range(OUTAGES):
        before, until = tablets.acknowledged, time.monotonic() + 30
        while tablets.acknowledged == before and time.monotonic() < until:
            time.sleep(0.02)
        assert tablets.acknowledged > before, f"nothing was taken after outage {number}"
        kind = ("cut", "refusing", "silent", "deaf")[number % 4]
        if kind == "cut":
            wire.cut()
            continue
        wire.state = kind  # type: ignore[assignment]
        if kind == "refusing":
            wire.cut()
        until = time.monotonic() + (silence if kind == "silent" else dice.uniform(0.2, 0.6))
        while time.monotonic() < until:
            meanwhile()
            time.sleep(0.05)
        wire.state = "open"
