"""The standing cast as pytest fixtures (`pytest_plugins = ["keniki.apps.portal.fixtures"]`).

The cast is built once for each run of tests that ask for it, in a transaction around theirs; tests that need
real commits (`transactional_db`, `live_server`) build it anew. The plugin is loaded before Django's models are,
so they are imported inside the fixtures.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from keniki.apps.accounts.actor import Actor
    from keniki.apps.activities.models import Activity
    from keniki.apps.compacts.models import Initiative
    from keniki.apps.portal import testing
    from keniki.apps.regions.models import Municipality, Region


class Stage:
    """The transaction that holds the cast while tests play in savepoints inside it."""

    def __init__(self, blocker: Any) -> None:
        self.blocker = blocker
        self.frame: Any = None

    def open(self) -> None:
        from django.db import transaction

        from keniki.apps.portal import testing

        if self.frame is not None:
            return
        with self.blocker.unblock():
            self.frame = transaction.atomic()
            self.frame.__enter__()
            testing.build()

    def close(self) -> None:
        from django.db import Error, transaction

        if self.frame is None:
            return
        with self.blocker.unblock(), contextlib.suppress(Error):
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)
        self.frame = None


_STAGE = pytest.StashKey[Stage]()


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    names = getattr(item, "fixturenames", ())
    return bool(marker and marker.kwargs.get("transaction")) or not {
        "transactional_db",
        "live_server",
    }.isdisjoint(names)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Open the stage for tests with the cast, close it for all others."""
    stage = item.config.stash.get(_STAGE, None)
    if stage is None:
        return
    if "cast" in getattr(item, "fixturenames", ()) and not _commits(item):
        stage.open()
    else:
        stage.close()


@pytest.fixture(autouse=True)
def no_remembered_pages() -> None:
    """Public pages kept in memory belong to the records of one test."""
    if views := sys.modules.get("keniki.apps.portal.public.views"):
        views.forget_pages()


@pytest.fixture(scope="session")
def _stage(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    stage = Stage(django_db_blocker)
    request.config.stash[_STAGE] = stage
    if not _commits(request._pyfuncitem):
        stage.open()
    yield stage
    stage.close()


@pytest.fixture
def cast(_stage: Stage, db: None) -> testing.Cast:
    """Both regions and everyone in them."""
    from keniki.apps.portal import testing

    return testing.build() if _stage.frame is None else testing.Cast()


@pytest.fixture
def region(cast: testing.Cast) -> Region:
    """青葉圏域: three towns; not in scope by itself (see `in_region`)."""
    return cast.region


@pytest.fixture
def other_region(cast: testing.Cast) -> Region:
    """港南圏域, which shares 川北町."""
    return cast.other_region


@pytest.fixture
def in_region(region: Region) -> Iterator[Region]:
    """青葉圏域 in scope for the whole test, so that its records can be read."""
    from django_scopes import scope

    with scope(region=region):
        yield region


@pytest.fixture
def towns(cast: testing.Cast) -> dict[str, Municipality]:
    """The four towns by name."""
    return cast.towns


@pytest.fixture
def initiative(region: Region) -> Initiative:
    """地域防災体制の充実 of 青葉圏域."""
    from django_scopes import scope

    from keniki.apps.compacts.models import Initiative

    with scope(region=region):
        return Initiative.objects.get(slug="bousai")


@pytest.fixture
def activity(region: Region) -> Activity:
    """R6 スマートフォン講習会 of 青葉圏域: 49 people, of whom 20, 21 and 8 by town."""
    from django_scopes import scope

    from keniki.apps.activities.models import Activity

    with scope(region=region):
        return Activity.objects.get(slug="r6-sumaho")


def _seat(key: str, text: str) -> Any:
    def fixture(cast: testing.Cast) -> Actor:
        return cast.actor(key)

    fixture.__doc__ = text
    return pytest.fixture(fixture, name=key)


secretariat = _seat("secretariat", "Officer of the secretariat.")
administrator = _seat("administrator", "Administrator of the secretariat.")
centre_officer = _seat("centre_officer", "Officer of the centre, 青葉市, not of the secretariat.")
partner = _seat("partner", "Officer of 川北町 (in both regions).")
approver = _seat("approver", "Approver of 川北町.")
other_partner = _seat("other_partner", "Officer of 星野町.")
viewer = _seat("viewer", "Viewer in 星野町.")
panel_member = _seat("panel_member", "Member of the advisory panel.")
fire_officer = _seat("fire_officer", "Officer of the joint fire service.")
neighbour = _seat("neighbour", "Officer of 港南市, which is in the other region only.")
neighbour_secretariat = _seat("neighbour_secretariat", "Officer of the other region's secretariat.")


@pytest.fixture
def resident() -> Actor:
    """Somebody who is not logged in."""
    from keniki.apps.accounts.actor import VISITOR

    return VISITOR


@pytest.fixture
def operator() -> Actor:
    """The installation's own operator."""
    from keniki.apps.regions import queries

    return queries.operator()


@pytest.fixture
def client_as() -> Callable[[Actor], Client]:
    """A browser in which the actor is logged in; a visitor's is not."""
    from django.test import Client

    def login(actor: Actor) -> Client:
        client = Client()
        if actor.user is not None:
            client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return login
