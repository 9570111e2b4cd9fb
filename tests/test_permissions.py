"""Who gets what at every address: the resolver against the table, for every kind of person.

Who may not is always asked; of those who may, some, by turns: at one address they see the same page.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from zlib import crc32

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from . import addresses
from .addresses import ADDRESSES, EVERYONE, INSIDE, SEATS, SIGN_IN, Address
from .filling import filled
from .test_network import loaded_from_elsewhere
from .world import World

WRITING = re.compile(r"\s*(insert|update|delete|select\s+procrastinate)", re.I)
#: Pages of one incident: their title says whether it is an exercise.
OF_INCIDENT = re.compile(r"/disaster/incidents/(?!new/)[^/]+/")
#: Written by looking: sessions, texts kept for the next reader, and that somebody looked at persons.
NOT_RECORDS = ("disaster_personalaccess", "django_session", "keniki_cache")


def test_every_address_is_in_the_table() -> None:
    known = {name for name in addresses.names() if not name.startswith(addresses.ELSEWHERE)}
    assert known == {*ADDRESSES, *SIGN_IN}


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_opens_for_those_it_is_for_and_no_one_else(
    name: str, world: World, clients: dict[str, Client]
) -> None:
    address = ADDRESSES[name]
    url = address.url(name, world)
    asking = some_of(address.opens or (), name)
    with writes() as written:
        answers = {seat: clients[seat].get(url) for seat in asking}
    found = {seat: answer.status_code for seat, answer in answers.items()}
    if address.opens is None:
        assert {found[seat] for seat in INSIDE} == {405}
        assert set(found.values()) <= {302, 404, 405}
    else:
        assert found == {seat: expected(address, seat) for seat in asking}
    for seat, answer in answers.items():
        if answer.status_code == 403:
            assert reason(answer), f"{name} refuses {seat} without a reason"
        if (
            OF_INCIDENT.search(url)
            and answer.status_code == 200
            and b"<title>" in getattr(answer, "content", b"")
        ):
            title = unescape(answer.content.decode()).partition("<title>")[2]
            assert title.startswith(("【訓練】", "【実災害】")), f"{name}: {title[:40]}"
        if answer.status_code == 302 and address.opens != EVERYONE and seat == "resident":
            assert answer["Location"].startswith("/accounts/login/?next=/")
    assert written == []
    for seat, answer in answers.items():
        assert loaded_from_elsewhere(answer) == [], seat


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.writes])
def test_only_those_who_may_write_do(name: str, world: World, clients: dict[str, Client]) -> None:
    """Who may, sends the page's form with valid entries and something is stored; the same from others is refused."""
    address = ADDRESSES[name]
    url = address.url(name, world)
    forms: dict[str, dict[str, Any]] = {}
    for seat in some_of(address.writes, name):
        sender = seat if seat in address.writes else min(address.writes, key=SEATS[::-1].index)
        if sender not in forms:
            with rolled_back():
                forms[sender] = form_of(name, world, sender, clients[sender])
        with rolled_back(), writes() as written:
            answer = clients[seat].post(url, again(forms[sender]))
        status = answer.status_code
        if seat in address.writes:
            assert status in {200, 302}, f"{seat}: {status} {complaint(answer)}"
            assert bool(written) is address.stores, f"{seat}: {status} {complaint(answer)}"
            continue
        assert written == [], seat
        assert status == refused(address, seat), f"{seat}: {status}"
        if status == 403:
            assert reason(answer), f"{name} refuses {seat} without a reason"


def some_of(may: Collection[str], name: str) -> list[str]:
    """All who may not, and of those who may the first, the last, the visitor and by turns one between them."""
    able = [seat for seat in SEATS if seat in may]
    taken = {*able[:1], *able[-1:], "resident", *able[crc32(name.encode()) % max(len(able), 1) :][:1]}
    return [seat for seat in SEATS if seat not in may or seat in taken]


def form_of(name: str, world: World, seat: str, client: Client) -> dict[str, Any]:
    """What the seat sends: the form as the page shows it, with the entries of the table typed in."""
    address = ADDRESSES[name]
    url, entries = address.url(name, world), address.posted(world, seat)
    if address.before:
        first = ADDRESSES[address.before]
        answer = client.post(first.url(address.before, world), form_of(address.before, world, seat, client))
        return filled(answer.content.decode(), url, entries)
    return filled(client.get(url).content.decode(), url, entries) if address.opens is not None else entries


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name, address in ADDRESSES.items() if not address.writes and address.opens is not None]
)
def test_a_page_without_a_form_writes_nothing_whatever_is_sent(
    name: str, world: World, clients: dict[str, Client]
) -> None:
    for seat in ("resident", "secretariat"):
        with writes() as written:
            answer = clients[seat].post(ADDRESSES[name].url(name, world), {"version": "1", "text": "x"})
        assert answer.status_code < 500
        assert written == [], seat


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGN_IN)
def test_the_sign_in_pages_show_nobody_anothers_account(
    name: str, world: World, clients: dict[str, Client]
) -> None:
    kwargs, visitor, person = SIGN_IN[name]
    url = reverse(name, kwargs=kwargs)
    with writes() as written:
        answers = {seat: clients[seat].get(url) for seat in ("resident", "neighbour", "secretariat")}
        with rolled_back():
            nobody = Client().post(url, {"password": "x", "code": "000000"})
    found = [answer.status_code for answer in answers.values()]
    assert found == [visitor, person, person]
    assert "佐藤一郎" not in answers["resident"].content.decode() + answers["neighbour"].content.decode()
    assert nobody.status_code < 500
    assert written == []


def again(sent: dict[str, Any]) -> dict[str, Any]:
    """The same entries, their files from the beginning."""
    for value in sent.values():
        if hasattr(value, "seek"):
            value.seek(0)
    return sent


def expected(address: Address, seat: str) -> int:
    """What GET answers."""
    assert address.opens is not None
    return address.ok if seat in address.opens else outside(address, seat)


def refused(address: Address, seat: str) -> int:
    """What POST answers to those who may not write."""
    return address.refusal if seat in INSIDE else outside(address, seat)


def outside(address: Address, seat: str) -> int:
    """A visitor is sent to the log-in, a stranger to the region finds nothing, the others are told why not."""
    if seat == "resident":
        return 302
    return 404 if seat == "neighbour" and address.regional else address.refusal


def complaint(answer: Any) -> str:
    """What a page says is wrong with what was sent."""
    found = re.search(r'class="error-summary".*?</ul>', answer.content.decode(), re.S)
    return unescape(re.sub(r"<[^>]+>|\s+", " ", found[0])).strip() if found else ""


def reason(answer: Any) -> str:
    """The sentence after 理由 on a page that refuses."""
    found = re.search(r"理由：</strong>([^<]+)", answer.content.decode())
    return unescape(found[1]).strip() if found else ""


@contextmanager
def writes() -> Iterator[list[str]]:
    """Collect the statements that change a record."""
    seen: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if WRITING.match(sql) and not any(table in sql for table in NOT_RECORDS):
            seen.append(sql[:120])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield seen


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
