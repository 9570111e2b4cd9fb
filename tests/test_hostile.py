"""Whatever stands in an address or comes from a form by hand, no page fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve

from .addresses import ADDRESSES
from .test_permissions import rolled_back
from .world import World

#: Written as one looks for a hole: digits that spell no number, too large ones, NUL, half a character, markup.
TEXTS = (
    "²",
    "٣",
    "０",
    "-1",
    "1e999",
    "9" * 30,
    "9" * 5000,
    "\0",
    "%ED%A0%80",
    "2024-13-45",
    "0001-01-01",
    "9999-12-31",
    "'\"><",
    "あ" * 5000,
    "compacts.initiative:²",
    f"compacts.initiative:{'9' * 30}",
    "compacts.initiative:\0",
    "nothing.at-all:1",
    "accounts.user:1",
)
NUMBERS = ("0", "1", "9" * 9, "9" * 18, "9" * 30, "9" * 5000)
#: A form with more fields than this has rows that are alike.
LARGE = 40
#: Every name that a page reads from its address.
NAMES = [
    "activity",
    "amount",
    "answers",
    "earmarked",
    "interest",
    "nth_year",
    "rate",
    "shape",
    "what",
    "field",
    "encoding",
    "initiative",
    "kind",
    "missing",
    "municipality",
    "next",
    "new",
    "old",
    "on",
    "page",
    "parties",
    "reason",
    "person",
    "places",
    "programme",
    "project",
    "record",
    "region",
    "state",
    "text",
    "town",
    "verb",
    "version",
    "vision",
    "whole",
    "start",
    "city",
    "date",
    "census",
    "year",
    "years",
    "from",
    "to",
    "q",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDRESSES)
def test_no_value_in_an_address_makes_a_page_fail(
    name: str, world: World, clients: dict[str, Client]
) -> None:
    url = ADDRESSES[name].url(name, world).partition("?")[0]
    for value in TEXTS:
        query = (
            urlencode(dict.fromkeys(NAMES, value))
            if "%" not in value
            else "&".join(f"{each}={value}" for each in NAMES)
        )
        answers(clients["secretariat"], f"{url}?{query}")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.kwargs])
def test_no_part_of_an_address_makes_a_page_fail(name: str, world: World, clients: dict[str, Client]) -> None:
    address = ADDRESSES[name]
    parts = address.url(name, world).partition("?")[0].split("/")
    own = {str(value) for value in resolve("/".join(parts)).kwargs.values()} - {"aoba"}
    for place in (place for place, part in enumerate(parts) if part in own):
        for value in (*TEXTS, *NUMBERS):
            url = "/".join([*parts[:place], quote(value, safe=""), *parts[place + 1 :]])
            answers(clients["secretariat"], url)
            with rolled_back():
                answers(clients["secretariat"], url, address.posted(world))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.writes])
def test_no_value_in_a_form_makes_a_page_fail(name: str, world: World, clients: dict[str, Client]) -> None:
    address = ADDRESSES[name]
    url = address.url(name, world)
    client = clients["secretariat" if "secretariat" in address.writes else "administrator"]
    shown = client.get(url).content.decode()
    fields = {*re.findall(r'\bname="([^"]+)"', shown), *address.data, "version", "record", "year", "key"}
    names = [unescape(field) for field in sorted(fields - {"csrfmiddlewaretoken"})]
    for values in _assigned(len(names)):
        with rolled_back():
            answers(client, url, dict(zip(names, values, strict=True)))
    for place, field in enumerate(_some(names)):
        with rolled_back():
            value = ("²", "9" * 30, "\0")[place % 3]
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


@pytest.mark.parametrize(
    "url", ["/desk/aoba/trace/?town=%00", "/desk/aoba/people/a%00b/", "/r/aoba/activities/?initiative=%00"]
)
def test_the_character_nul_is_refused(url: str, world: World, clients: dict[str, Client]) -> None:
    answer = clients["secretariat"].get(url)
    assert answer.status_code == 400
    assert "受け付けられません" in answer.content.decode()


def answers(client: Client, url: str, data: dict[str, Any] | None = None) -> None:
    """The page answers with anything but a fault; an exception of the view fails the test with its place."""
    with transaction.atomic():
        answer = client.get(url) if data is None else client.post(url, data)
        for _ in getattr(answer, "streaming_content", ()):
            pass
    assert answer.status_code < 500, url[:300]


def _assigned(fields: int) -> Iterator[list[str]]:
    """Values for all fields of a form at once: each in every field of a small form.

    In a large one, whose rows are alike, every field gets some of them and every kind of field nearly all.
    """
    if fields <= LARGE:
        yield from ([value] * fields for value in TEXTS)
        return
    for start in range(0, len(TEXTS), 3):
        yield [TEXTS[(start + place) % len(TEXTS)] for place in range(fields)]


def _some(fields: list[str]) -> list[str]:
    """Every field of a small form, and of a large one some from all of it: its rows are alike."""
    return fields[:: len(fields) // 8 + 1]


def _filled(shown: str) -> dict[str, str]:
    """The fields of a page with the values it shows."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", shown):
        name, value = re.search(r'\bname="([^"]+)"', tag), re.search(r'\bvalue="([^"]*)"', tag)
        if name and value and name[1] != "csrfmiddlewaretoken":
            found[unescape(name[1])] = unescape(value[1])
    return found
