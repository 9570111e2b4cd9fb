"""Pages ask the database a constant number of questions, however many regions and records there are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from .filled import addresses, somebody

if TYPE_CHECKING:
    from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

#: Of everything there can be many of: a few. The others are as many as in any synthetic region.
FEW = {"INITIATIVES": 2, "TOWNS": 3}
FEW_DAILY = {"KPIS": 2, "PHOTOS": 2, "COMMENTS": 2, "DUES": 2, "LOG_LINES": 2, "BUILDS": 5}
#: Made ahead and about every region of the installation: they read each of them.
OF_ALL_REGIONS = frozenset({"disaster:public", "disaster:board-json"})


@contextmanager
def synthetic(regions: int, small: bool = True) -> Iterator[Client]:
    """So many regions, and somebody of all their secretariats logged in."""
    from django.db import transaction
    from django.test import Client

    from keniki.apps.portal import synthetic as making
    from keniki.apps.portal.synthetic import daily
    from keniki.apps.regions import queries

    with pytest.MonkeyPatch.context() as changed, transaction.atomic():
        for module, numbers in ((making, FEW), (daily, FEW_DAILY)) if small else ():
            for name, number in numbers.items():
                changed.setattr(module, name, number)
        making.make_regions(queries.operator(), regions)
        client = Client(raise_request_exception=False)
        client.force_login(somebody(), backend="django.contrib.auth.backends.ModelBackend")
        yield client
        transaction.set_rollback(True)


def asked(client: Client, address: str, known: int | None = None) -> int | str:
    """How many queries the page needs to be made anew; what it answered where it was not the page.

    A page seen for the first time in a process may ask more, so the second opening counts. Where the number with fewer
    records is `known`, a first opening that asks no more has answered already.
    """
    first = opened(client, address)
    enough = known is not None and isinstance(first, int) and first <= known
    return first if enough else opened(client, address)


def opened(client: Client, address: str) -> int | str:
    """The queries of one opening without anything in the cache.

    The session has just been seen: once a minute a page writes that down, whichever page it is.
    """
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    session = client.session
    session["keniki_seen"] = int(time.time())
    session.save()
    cache.clear()
    # Django keeps the last 9,000 queries and counts by the length of what it keeps.
    connection.queries_log.clear()
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
    return len(seen) if answer.status_code == 200 else f"{address} answers {answer.status_code}"


def queries(regions: int, small: bool = True, known: Mapping[str, int] | None = None) -> dict[str, int]:
    """The number of queries of every page; each of them has to answer."""
    before = known or {}
    with synthetic(regions, small) as client:
        found = {name: asked(client, address, before.get(name)) for name, address in addresses().items()}
    refused = [number for number in found.values() if isinstance(number, str)]
    assert refused == [], "\n".join(refused)
    return {name: number for name, number in found.items() if isinstance(number, int)}


@pytest.fixture(scope="module")
def few(django_db_setup: None, django_db_blocker: Any) -> dict[str, int]:
    """Three small regions: whoever works in several is asked once more which of them a post belongs to."""
    with django_db_blocker.unblock():
        return queries(3)


def grown(few: dict[str, int], many: dict[str, int]) -> str:
    """A line for each page that asks more where there is more."""
    return "\n".join(f"{name}: {few[name]} → {many[name]}" for name in few if many[name] > few[name])


def test_every_page_and_route_is_visited(few: dict[str, int]):
    assert len(few) > 130
    assert {"portal:desk", "public:home", "documents:document", "api /api/v1/me"} <= few.keys()
    assert sum(number > 0 for number in few.values()) > 120


def test_more_regions_with_ten_times_the_records_cost_a_page_no_further_queries(few: dict[str, int]):
    many = queries(6, small=False, known=few)
    more = {name: few[name] for name in few if name not in OF_ALL_REGIONS}
    assert grown(more, many) == ""


def test_what_is_about_all_regions_costs_no_further_queries_for_ten_times_the_records(few: dict[str, int]):
    with synthetic(3, small=False) as client:
        of_all = addresses()
        assert {name: asked(client, of_all[name]) for name in OF_ALL_REGIONS} == {
            name: few[name] for name in OF_ALL_REGIONS
        }
