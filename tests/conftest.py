"""What the whole-product tests share: the world is built once, people are logged in, a browser is open."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from keniki.apps.portal import testing

    from .browser import Browser
    from .tablets import Tablet
    from .world import World

#: Seconds. What a page writes once a minute (who was seen) is taken back after a test: no minute is over in a run.
ALL_DAY = 24 * 3600


@pytest.fixture(scope="module", autouse=True)
def _pages_as_served(django_test_environment: None) -> Iterator[None]:
    """Django's tests keep a copy of what every template was given; nobody here looks at it."""
    from django.template import Template
    from django.test import utils

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(Template, "_render", utils._TestState.saved_data.template_render)
        yield


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Print a line of a test's figures, also where the test is well."""

    def line(words: object) -> None:
        with capfd.disabled():
            sys.stdout.write(f"\n{request.node.name}\n  {words}\n")
            sys.stdout.flush()

    return line


@pytest.fixture(scope="module")
def _world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    from django.db import connection, transaction

    from . import world

    with django_db_blocker.unblock(), transaction.atomic():
        built = world.build()
        # Checked once: what stays deferred would be checked again at the end of every test.
        connection.check_constraints()
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def world(_world: World, db: None) -> World:
    """Every kind of record, built once for a module; each test plays in a savepoint."""
    return _world


@pytest.fixture
def clients(_people: dict[str, Client], db: None) -> dict[str, Client]:
    """A browser for every seat; the resident's is not logged in."""
    return _people


@pytest.fixture(scope="module")
def _people(_world: World, django_db_blocker: Any) -> dict[str, Client]:
    from django.test import Client

    from .addresses import SEATS

    found = {seat: Client() for seat in SEATS}
    for seat, client in found.items():
        if seat != "resident":
            client.force_login(_world.actor(seat).user, "django.contrib.auth.backends.ModelBackend")
            session = client.session
            session["keniki_seen"] = session["keniki_started"] = int(time.time()) + ALL_DAY
            session.save()
    return found


@pytest.fixture(scope="module")
def _chromium() -> Iterator[Any]:
    from .browser import running

    with running() as opened:
        yield opened


@pytest.fixture
def browser(_chromium: Any, live_server: Any) -> Iterator[Browser]:
    """A browser on the running product; a page that complains fails the test."""
    from .browser import Browser

    made = Browser(_chromium, live_server.url)
    yield made
    for context in list(_chromium.contexts):
        context.close()
    assert made.complaints == []


@pytest.fixture
def playwright() -> Iterator[Any]:
    """For tests that start a browser more than once, each time with the same profile."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as started:
            yield started


@pytest.fixture
def tablet(playwright: Any, live_server: Any, cast: testing.Cast, tmp_path: Path) -> Iterator[Tablet]:
    """A tablet of the partner's, on a line that can be cut; a page that complains fails the test."""
    from .tablets import Tablet

    made = Tablet(playwright, tmp_path / "tablet", live_server.url, cast.actor("partner"))
    yield made
    made.line.wire.close()
    assert made.errors == []
