"""Killing database or server during a save, or filling their disk, loses nothing acknowledged, leaves nothing half."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import new_installation

from .fault_events import agrees, sending
from .faulting import ADDRESS, Site, fill, log_agrees, running, small_disk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="a server of yours is not killed"),
]

DATABASE_KILLS, SERVER_KILLS, KILLS_OF_BOTH = 37, 7, 6
#: Megabytes: the database, its log of a few hundred saves, and not much else.
DISK = 420


@pytest.fixture(scope="module")
def disk() -> Iterator[Path | None]:
    with small_disk(DISK) as folder:
        yield folder


@pytest.fixture(scope="module")
def site(disk: Path | None, tmp_path_factory: pytest.TempPathFactory, server_state: Path) -> Iterator[Site]:
    home = (disk or tmp_path_factory.mktemp("faults")) / "home"
    with new_installation(home, server_state) as made, running(made.environment, home) as site:
        site.installation = made
        yield site


def test_50_kills_during_saves_lose_nothing_that_was_acknowledged(
    site: Site, say: Callable[[object], None]
) -> None:
    dice = random.Random(20201009)
    blows = [site.kill_database] * DATABASE_KILLS
    blows += [site.kill_server] * SERVER_KILLS + [site.kill_both] * KILLS_OF_BOTH
    dice.shuffle(blows)
    with sending(site) as tablets:
        for blow in blows:
            site.strike(blow, dice)
            assert site.tally.wrong == []
            assert tablets.wrong == []
    assert site.tally.kills == 50
    assert site.tally.during_a_save >= 10
    assert site.tally.saves >= 10
    part, _ = site.stored()
    with site.installation.database() as connection:
        rows = connection.execute(
            "SELECT before ->> 'people', after ->> 'people' FROM accounts_logentry "
            "WHERE verb = 'activities.enter_town_count' ORDER BY id"
        ).fetchall()
        history = connection.execute(
            "SELECT count(DISTINCT value) FROM activities_countevent WHERE key = 'people_kawakita'"
        ).fetchone()
    assert log_agrees(rows, part) == []
    assert history == (len(rows) + 1,)
    outcome = tablets.outcome()
    say(f"{site.tally}; {outcome}")
    agrees(tablets, outcome, 50)
    assert outcome.resent >= 5


def test_while_the_database_is_away_a_page_says_so_and_then_comes_back(site: Site) -> None:
    site.kill_database()
    seen = set()
    until = time.monotonic() + 30
    while time.monotonic() < until:
        status, words = site.ask("GET", "/r/aoba/")
        seen.add(status)
        if status == 503:
            assert "保存は完了していません" in words.decode()
        if status == 200:
            break
    assert 200 in seen
    assert seen <= {200, 503}
    assert site.ask("GET", ADDRESS)[0] == 200


def test_a_full_disk_is_said_and_loses_nothing_and_when_there_is_room_again_all_goes_on(
    site: Site, disk: Path | None, say: Callable[[object], None]
) -> None:
    if disk is None:
        pytest.skip("no disk may be mounted here")
    site.board_is_up()
    with sending(site) as tablets:

        def until(done: Callable[[], bool]) -> None:
            given_up = time.monotonic() + 60
            while not done():
                site.shows_the_board()
                assert time.monotonic() < given_up
                time.sleep(0.1)

        for _ in range(2):
            before = tablets.acknowledged
            until(lambda before=before: tablets.acknowledged > before + 5)
            for tablet in tablets.tablets:
                tablet.told.clear()
            stuffing = fill(disk)
            until(lambda: bool(fill(disk)) and any("ディスク" in words for words in tablets.told))
            stuffing.unlink()
    outcome = tablets.outcome()
    say(f"the disk full twice; {outcome}")
    agrees(tablets, outcome, 10)
    site.wait()


def test_with_a_full_disk_the_database_that_is_killed_comes_back_when_there_is_room(
    site: Site, disk: Path | None, say: Callable[[object], None]
) -> None:
    """Without room its log cannot be replayed; who looks at the board sees it all the time."""
    if disk is None:
        pytest.skip("no disk may be mounted here")
    site.board_is_up()
    with sending(site) as tablets:
        stuffing = fill(disk)
        site.kill_database()
        until = time.monotonic() + 3
        while time.monotonic() < until:
            site.shows_the_board()
            fill(disk)
            time.sleep(0.1)
        stuffing.unlink()
        site.wait()
        assert site.process is not None
        assert site.process.poll() is None
    outcome = tablets.outcome()
    say(f"the disk full and the database killed; {outcome}")
    agrees(tablets, outcome, 1)
