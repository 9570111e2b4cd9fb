"""Killing the database or the server during a save loses nothing acknowledged and leaves nothing half."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import new_installation

from .fault_events import sending
from .faulting import ADDRESS, Site, log_agrees, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="a server of yours is not killed"),
]

DATABASE_KILLS, SERVER_KILLS = 45, 5


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, server_state: Path) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("faults") / "home"
    with new_installation(home, server_state) as made, running(made.environment, home) as site:
        site.installation = made
        yield site


def test_50_kills_during_saves_lose_nothing_that_was_acknowledged(site: Site) -> None:
    dice = random.Random(20201009)
    blows = [site.kill_database] * DATABASE_KILLS + [site.kill_server] * SERVER_KILLS
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
    assert outcome.acknowledged >= 50
    assert outcome.resent >= 5
    assert (outcome.lost, outcome.invented, outcome.doubled) == (0, 0, 0)
    assert outcome.states_agree


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
