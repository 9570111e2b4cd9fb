"""Pages ask the database a constant number of questions, however many regions, initiatives and activities there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from keniki.apps.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SLUG = "synthetic-0000"


def addresses() -> dict[str, str]:
    """Every address that needs a region and nothing else, by its name."""
    from django.urls import URLPattern, URLResolver, get_resolver, reverse

    found: dict[str, str] = {}

    def walk(patterns: list[Any], namespace: str, converters: frozenset[str]) -> None:
        for pattern in patterns:
            names = converters | set(pattern.pattern.converters)
            if isinstance(pattern, URLResolver):
                inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                walk(pattern.url_patterns, inside, names)
            elif isinstance(pattern, URLPattern) and names == {"region"} and pattern.name:
                found[namespace + pattern.name] = reverse(namespace + pattern.name, kwargs={"region": SLUG})

    walk(get_resolver().url_patterns, "", frozenset())
    return {"desk": "/desk/", **found}


@contextmanager
def synthetic(regions: int, initiatives: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """So many regions, somebody of all their secretariats logged in; then the queries of every page."""
    from django.db import transaction
    from django.test import Client

    from keniki.apps.portal import synthetic as making
    from keniki.apps.regions import queries

    monkeypatch.setattr(making, "INITIATIVES", initiatives)
    with transaction.atomic():
        making.make_regions(queries.operator(), regions)
        client = Client()
        client.force_login(somebody(), backend="django.contrib.auth.backends.ModelBackend")
        yield {name: asked(client, address) for name, address in addresses().items()}
        transaction.set_rollback(True)


def somebody(user: User | None = None) -> User:
    """A person with a post in every region's secretariat; with `user` the posts that are missing are added."""
    from keniki.apps.accounts.models import User
    from keniki.apps.accounts.verbs import verb
    from keniki.apps.portal.interchange.load import days
    from keniki.apps.regions import queries
    from keniki.apps.regions.models import Post, PostHolder, Region

    with verb(queries.operator(), "testing.posts", quiet=True):
        user = user or User.objects.create(login="everywhere", name="全域 花子", password="!")
        for region in Region.objects.exclude(secretariat__posts__holders__user=user):
            post = Post.objects.create(
                organisation=region.secretariat,
                slug=f"{region.slug}-post",
                section="企画課",
                role="secretariat",
            )
            PostHolder.objects.create(user=user, post=post, valid=days(date(2020, 4, 1), None))
    return user


def asked(client: Client, address: str) -> int:
    """How many queries the page needs once what is remembered between requests is known; -1 where GET is no use."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    if client.get(address).status_code in (405, 404, 403):
        return -1
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
    assert answer.status_code in (200, 302), f"{address}: {answer.status_code}"
    return len(seen)


def grown(few: dict[str, int], many: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {name: (few[name], many[name]) for name in few if many[name] > few[name]}


def test_the_list_of_pages_is_not_empty_and_names_the_main_ones():
    found = addresses()
    assert len(found) > 20
    for part in ("/desk/", f"/desk/{SLUG}/", f"/r/{SLUG}/", f"/desk/{SLUG}/documents/"):
        assert part in found.values()


def test_other_regions_cost_a_page_no_further_queries(monkeypatch):
    with synthetic(3, 2, monkeypatch) as few:
        pass
    with synthetic(12, 2, monkeypatch) as many:
        pass
    assert sum(queries > 0 for queries in few.values()) > 15
    assert grown(few, many) == {}


def test_ten_times_the_initiatives_and_activities_cost_a_page_no_further_queries(monkeypatch):
    with synthetic(1, 2, monkeypatch) as few:
        pass
    with synthetic(1, 20, monkeypatch) as many:
        pass
    assert grown(few, many) == {}
