"""Whatever stands in an address or comes from a form by hand, no page fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode
from zlib import crc32

import pytest
from django.core.handlers import wsgi
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from keniki.apps.regions.editing import ROWS

from .addresses import ADDRESSES
from .test_permissions import rolled_back
from .world import World

#: What most readers stumble over, asked of every field and every address: digits that spell no number, more than a
#: float, an id or Python's own reader holds, the first of all days, a record whose number is none.
WORST = ("²", "1e999", "9" * 30, "9" * 5000, "0001-01-01", "compacts.initiative:²")
#: What few stumble over: every field and every address gets some, and all of them come up many times.
OTHERS = (
    "٣",
    "０",
    "-1",
    "2024-13-45",
    "9999-12-31",
    "'\"><",
    "あ" * 5000,
    f"compacts.initiative:{'9' * 30}",
    "nothing.at-all:1",
    "accounts.user:1",
)
TEXTS = (*WORST, *OTHERS)
NUMBERS = ("0", "1", "9" * 9, "9" * 18)
#: Bytes of an address that are no text.
HALF_A_CHARACTER = "%ED%A0%80"
#: The fields of the forms that were filled in with every text; what else they carry says what is changed.
_tried: set[frozenset[str]] = set()
_SAYS_WHAT = {"version", "record", "key"}


@pytest.fixture
def names_read(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names that pages have read from the query of their address, as they read them."""
    found: set[str] = set()

    class Watched(QueryDict):
        def get(self, key: str, default: Any = None) -> Any:
            found.add(key)
            return super().get(key, default)

        def getlist(self, key: str, default: Any = None) -> Any:
            found.add(key)
            return super().getlist(key, default)

        def __getitem__(self, key: str) -> Any:
            found.add(key)
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            if not self._mutable:
                found.add(str(key))
            return super().__contains__(key)

    monkeypatch.setattr(wsgi, "QueryDict", Watched)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDRESSES)
def test_no_value_in_an_address_makes_a_page_fail(
    name: str, world: World, clients: dict[str, Client], names_read: set[str]
) -> None:
    """Every name that the page reads gets texts by turns; a page that reads none is the same for all of them."""
    url = ADDRESSES[name].url(name, world).partition("?")[0]
    answers(clients["secretariat"], f"{url}?{urlencode({'text': TEXTS[-1]})}")
    known: set[str] = set()
    while names_read != known:
        known = set(names_read)
        for raw in (*map(quote, (*_turn(WORST, name, 3), *_turn(OTHERS, name, 1))), HALF_A_CHARACTER):
            query = "&".join(f"{quote(each)}={raw}" for each in sorted(known))
            answers(clients["secretariat"], f"{url}?{query}")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.kwargs])
def test_no_part_of_an_address_makes_a_page_fail(name: str, world: World, clients: dict[str, Client]) -> None:
    """What the table of addresses refuses reaches no page: that such an address is not found is asked once.

    A form looks up its address as its page does: it is sent with the first text and the longest of each part.
    """
    address = ADDRESSES[name]
    parts = address.url(name, world).partition("?")[0].split("/")
    own = {str(value) for value in resolve("/".join(parts)).kwargs.values()} - {"aoba"}
    refused = ""
    for place in (place for place, part in enumerate(parts) if part in own):
        texts = (*_turn(WORST, f"{name} {place}", 3), *_turn(OTHERS, f"{name} {place}", 1))
        values = (*texts, *NUMBERS[1:]) if parts[place].isdigit() else texts
        heard = [
            each for each in values if leads_to_a_page("/".join([*parts[:place], each, *parts[place + 1 :]]))
        ]
        for value in values:
            url = "/".join([*parts[:place], quote(value, safe=""), *parts[place + 1 :]])
            if value not in heard:
                refused = url
                continue
            answers(clients["secretariat"], url)
            if value in (heard[0], max(heard, key=len)):
                with rolled_back():
                    answers(clients["secretariat"], url, address.posted(world))
    if refused:
        answers(clients["secretariat"], refused)


def leads_to_a_page(path: str) -> bool:
    """Whether the table of addresses has a page for the path."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("value", [*TEXTS, *NUMBERS, "\0", HALF_A_CHARACTER])
def test_an_address_that_no_page_has_is_not_found(
    value: str, world: World, clients: dict[str, Client]
) -> None:
    for url in (f"/{quote(value, safe='')}/", f"/desk/aoba/{quote(value, safe='')}/?{quote(value)}"):
        answers(clients["secretariat"], url)
        answers(clients["secretariat"], url, {"text": value})


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.writes])
def test_no_value_in_a_form_makes_a_page_fail(name: str, world: World, clients: dict[str, Client]) -> None:
    address = ADDRESSES[name]
    url = address.url(name, world)
    client = clients["secretariat" if "secretariat" in address.writes else "administrator"]
    shown = client.get(url).content.decode()
    fields = {*re.findall(r'\bname="([^"]+)"', shown), *address.data, "version", "record", "year", "key"}
    names = [unescape(field) for field in sorted(fields - {"csrfmiddlewaretoken"})]
    for values in _assigned(name, names):
        with rolled_back():
            answers(client, url, dict(zip(names, values, strict=True)))
    for place, field in enumerate(_some(names)):
        with rolled_back():
            value = ("²", "9" * 30, "-1")[place % 3]
            answers(client, url, {**_filled(shown), **address.posted(world), field: value})


@pytest.mark.slow
def test_digits_that_spell_no_number_and_ids_beyond_all_ids_find_nothing(
    world: World, clients: dict[str, Client]
) -> None:
    client = clients["secretariat"]
    for value in ("²", "9" * 30):
        assert client.get(f"/desk/aoba/rights/?record=compacts.initiative:{value}").status_code == 200
        assert client.get(f"/desk/aoba/comments/new/?record=compacts.initiative:{value}").status_code == 404
        assert client.get(f"/desk/aoba/activities/new/?initiative=bousai&year={value}").status_code == 200
        assert (
            client.post("/desk/aoba/activities/years/", {"verb": "close", "year": value}).status_code == 404
        )
        assert client.get(f"/r/aoba/activities/?year={value}").status_code == 200
    assert client.get(f"/desk/aoba/files/{'9' * 30}/").status_code == 404
    assert client.get(f"/desk/aoba/files/{'9' * 5000}/").status_code == 404


@pytest.mark.slow
def test_a_form_that_claims_endless_rows_is_refused_with_few_of_them(
    world: World, clients: dict[str, Client]
) -> None:
    sent = {"steps-TOTAL_FORMS": "9" * 30, "steps-INITIAL_FORMS": "0"}
    answer = clients["secretariat"].post(reverse("finance:new-grant", args=["aoba"]), sent)
    assert answer.status_code == 422
    assert f"最大で {ROWS} 個" in answer.content.decode()
    assert answer.content.count(b"data-row>") == ROWS + 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "url", ["/desk/aoba/trace/?town=%00", "/desk/aoba/people/a%00b/", "/r/aoba/activities/?initiative=%00"]
)
def test_the_character_nul_is_refused(url: str, world: World, clients: dict[str, Client]) -> None:
    answer = clients["secretariat"].get(url)
    assert answer.status_code == 400
    assert "受け付けられません" in answer.content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("sent", [{"title": "a\0b"}, {"no\0field": "a"}])
def test_a_form_with_the_character_nul_is_refused(
    sent: dict[str, str], world: World, clients: dict[str, Client]
) -> None:
    answer = clients["secretariat"].post(reverse("finance:new-grant", args=["aoba"]), sent)
    assert answer.status_code == 400
    assert "受け付けられません" in answer.content.decode()


def answers(client: Client, url: str, data: dict[str, Any] | None = None) -> None:
    """The page answers with anything but a fault; an exception of the view fails the test with its place."""
    with transaction.atomic():
        answer = client.get(url) if data is None else client.post(url, data)
        for _ in getattr(answer, "streaming_content", ()):
            pass
    assert answer.status_code < 500, url[:300]


def _assigned(name: str, fields: list[str]) -> Iterator[list[str]]:
    """Values for all fields of a form at once: of the worst every second, of the others some, by turns.

    Fields side by side begin at different ones, so that each form meets all of them. The same form on a second
    page (new, then changed) gets a few again.
    """
    for texts, step in ((WORST, 2), (OTHERS, 5)) if _is_new(fields) else ((TEXTS, 8),):
        for start in range(0, len(texts), step):
            yield [texts[(_place(name) + start + place) % len(texts)] for place in range(len(fields))]


def _turn(texts: tuple[str, ...], name: str, number: int) -> list[str]:
    """So many of the texts, those whose turn it is at this address."""
    return [texts[(_place(name) + each) % len(texts)] for each in range(number)]


def _place(name: str) -> int:
    """Where in the texts an address begins: elsewhere than its neighbours, and always at the same."""
    return crc32(name.encode())


def _is_new(names: list[str]) -> bool:
    form = frozenset(names) - _SAYS_WHAT
    known = form in _tried
    _tried.add(form)
    return not known


def _some(fields: list[str]) -> list[str]:
    """Some fields from all of a form."""
    return fields[:: len(fields) // 3 + 1]


def _filled(shown: str) -> dict[str, str]:
    """The fields of a page with the values it shows."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", shown):
        name, value = re.search(r'\bname="([^"]+)"', tag), re.search(r'\bvalue="([^"]*)"', tag)
        if name and value and name[1] != "csrfmiddlewaretoken":
            found[unescape(name[1])] = unescape(value[1])
    return found
