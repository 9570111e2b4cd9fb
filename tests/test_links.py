"""Nobody is led where they may not go: every link a page shows to a person opens for that person.

The secretariat opens several addresses of each kind. The others, who see the same records, open one: what decides for
them is who they are, and the kind of page.
"""

from __future__ import annotations

from collections import Counter, deque
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from django_scopes import scope

from keniki.apps.activities import actions as activities
from keniki.apps.portal.testing import SEATS

from .world import World

pytestmark = pytest.mark.slow

#: What a page shows or leads to, by tag and attribute.
WAYS = {("a", "href"), ("img", "src"), ("iframe", "src"), ("link", "href")}
#: Ends the session of who follows it; served by the web server itself.
NOT_FOLLOWED = ("/accounts/logout/", "/static/")
PUBLIC = "/r/"
#: Of a kind of page: how many of a region are opened by the secretariat and a resident (hundreds show one figure each),
#: and by the others.
MANY, ONE = 8, 1


@pytest.mark.parametrize("seat", [*SEATS, "resident"])
def test_no_link_shown_to_a_person_is_refused_missing_or_broken(seat: str, world: World) -> None:
    with scope(region=world.cast.region):
        activities.close_year(world.actor("secretariat"), world.cast.region, 2023)
    client = Client(raise_request_exception=False)
    if seat != "resident":
        client.force_login(world.actor(seat).user, backend="django.contrib.auth.backends.ModelBackend")
    start = ["/"] if seat == "resident" else ["/desk/", "/accounts/profile/", "/accounts/2fa/"]
    without = NOT_FOLLOWED if seat == "resident" else (*NOT_FOLLOWED, PUBLIC)
    most = MANY if seat in {"secretariat", "resident"} else ONE
    opened, dead = crawl(client, start, without, most)
    assert len(opened) > (15 if seat.startswith("neighbour") or seat == "resident" else 80)
    assert dead == [], "\n".join(dead)


def crawl(
    client: Client, start: list[str], without: tuple[str, ...], most: int
) -> tuple[set[str], list[str]]:
    """Follow every link from the start; what was opened, and what answered 4xx or 5xx with the page that led there.

    Of addresses that differ only in the values of their query one is opened, of one kind of page in one region `most`.
    """
    waiting = deque((address, "") for address in start)
    known = {_shape(address) for address in start}
    kinds: Counter[object] = Counter()
    dead: list[str] = []
    while waiting:
        address, origin = waiting.popleft()
        answer = client.get(address)
        if answer.status_code >= 400:
            dead.append(f"{answer.status_code} {address} ← {origin}")
            continue
        if 300 <= answer.status_code < 400:
            found = [answer["Location"]]
        elif answer["Content-Type"].startswith("text/html"):
            found = _links(answer.content.decode())
        else:
            for _ in getattr(answer, "streaming_content", ()):
                pass
            continue
        for link in found:
            target = urljoin(address, link).partition("#")[0]
            parts = urlsplit(target)
            if parts.netloc or parts.scheme or target.startswith(without) or _shape(target) in known:
                continue
            kind = _kind(target)
            kinds[kind] += 1
            if kinds[kind] > most:
                continue
            known.add(_shape(target))
            waiting.append((target, address))
    return known, dead


class _Reader(HTMLParser):
    """Collects the addresses a page shows; a form that only asks (GET) as it stands when the page opens."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.form: tuple[str, dict[str, str]] | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            asks = given.get("method", "get").lower() == "get"
            self.form = (given.get("action", ""), {}) if asks else None
        elif tag == "select":
            self.select = given.get("name", "")
        elif (
            self.form is not None
            and tag == "input"
            and given.get("type", "text") in {"hidden", "text", "search"}
        ):
            self.form[1][given.get("name", "")] = given.get("value", "")
        elif (
            self.form is not None
            and tag == "option"
            and ("selected" in given or self.select not in self.form[1])
        ):
            self.form[1][self.select] = given.get("value", "")
        else:
            self.found += [
                value for name, value in given.items() if (tag, name) in WAYS and value and value[0] != "#"
            ]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form is not None:
            action, values = self.form
            self.found.append(f"{action}?{urlencode(values)}")
            self.form = None


def _links(page: str) -> list[str]:
    reader = _Reader()
    reader.feed(page)
    return reader.found


def _shape(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{'&'.join(_names(parts.query))}"


def _kind(address: str) -> object:
    """The page that answers, the region it is of and what is asked; the address where no page answers."""
    parts = urlsplit(address)
    try:
        found = resolve(parts.path)
    except Resolver404:
        return address
    return found.view_name, found.kwargs.get("region"), *_names(parts.query)


def _names(query: str) -> list[str]:
    return sorted({name for name, _ in parse_qsl(query)})
