"""Asking for telegrams: politely, only when switched on, of one host, against a server on this machine."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from keniki.apps.disaster.formats.jma import (
    Answer,
    Ask,
    Fetcher,
    Poll,
    answered,
    next_ask,
    polling,
    read_feed,
    read_telegram,
    start,
)
from keniki.core.errors import WrongInput

from .jma_samples import AT, feed, kind, weather
from .serving import Server, serving

NOW = datetime.fromisoformat(AT)
BASE = "https://jma.example/feed/"
DATA = "https://jma.example/data/20260801_0_VPWW55_016000.xml"
SECOND = timedelta(seconds=1)


def begun(**more: object) -> Poll:
    return start(NOW, {"01"}, **{"switched_on": True, "base_url": BASE, **more})  # type: ignore[arg-type]


def asked(poll: Poll, now: datetime) -> Ask:
    found = next_ask(poll, now)
    assert isinstance(found, Ask), found
    return found


def run(poll: Poll, now: datetime, *answers: Answer) -> tuple[Poll, datetime, list[str]]:
    """Answer the next requests in order, a second apart; gives the addresses asked for."""
    urls = []
    for answer in answers:
        ask = asked(poll, now)
        urls.append(ask.url)
        poll, _ = answered(poll, ask, answer, now)
        now += SECOND
    return poll, now, urls


def quiet(poll: Poll, now: datetime) -> tuple[Poll, datetime]:
    """All four feeds answered with nothing new."""
    poll, now, urls = run(poll, now, *[Answer(200, feed([]), 300, etag='"1"')] * 4)
    assert [url.rpartition("/")[2] for url in urls] == [
        "extra.xml",
        "eqvol.xml",
        "extra_l.xml",
        "eqvol_l.xml",
    ]
    return poll, now


def test_nothing_is_asked_unless_switched_on() -> None:
    with pytest.raises(WrongInput, match="切られています"):
        start(NOW, {"01"}, switched_on=False)


def test_frequent_feeds_each_minute_long_ones_each_hour() -> None:
    poll, now = quiet(begun(), NOW)
    due = next_ask(poll, now)
    assert due == NOW + timedelta(minutes=1)
    asks = {"extra": 0, "eqvol": 0, "extra_l": 0, "eqvol_l": 0}
    for _ in range(2000):
        found = next_ask(poll, now)
        if isinstance(found, datetime):
            assert found > now
            now = found
            continue
        if now > NOW + timedelta(hours=3, minutes=30):
            break
        asks[found.url.rpartition("/")[2].removesuffix(".xml")] += 1
        poll, _ = answered(poll, found, Answer(304), now)
    assert asks["extra_l"] == asks["eqvol_l"] == 3
    assert 200 <= asks["extra"] <= 211


def test_requests_are_a_second_apart() -> None:
    poll = begun()
    ask = asked(poll, NOW)
    poll, _ = answered(poll, ask, Answer(200, feed([])), NOW)
    assert next_ask(poll, NOW) == NOW + SECOND
    assert isinstance(next_ask(poll, NOW + SECOND), Ask)


def test_a_feed_is_asked_with_what_it_said_last() -> None:
    poll = begun()
    first = asked(poll, NOW)
    assert first.headers == ()
    said = Answer(200, feed([]), etag='"abc"', modified="Sat, 01 Aug 2026 03:20:00 GMT")
    poll, _ = answered(poll, first, said, NOW)
    conditions = (("If-None-Match", '"abc"'), ("If-Modified-Since", "Sat, 01 Aug 2026 03:20:00 GMT"))
    later = NOW + timedelta(minutes=2)
    again = next(each for each in _all_asks(poll, later) if each.url == first.url)
    assert again.headers == conditions
    poll, _ = answered(poll, again, Answer(304), later)
    third = next(each for each in _all_asks(poll, later + timedelta(minutes=2)) if each.url == first.url)
    assert third.headers == conditions


def test_telegrams_are_taken_once_newest_first_and_only_those_that_concern() -> None:
    older, newer = DATA.replace("VPWW55", "VPWW56"), DATA
    listed = feed(
        [
            (older, "2026-08-01T02:00:00+09:00"),
            (newer, "2026-08-01T03:00:00+09:00"),
            (DATA.replace("016000", "130000"), AT),
            (DATA.replace("VPWW55", "VPZJ50"), AT),
            (DATA.replace("20260801", "20260701"), "2026-07-01T03:00:00+09:00"),
        ]
    )
    poll, now, _ = run(begun(), NOW, Answer(200, listed))
    telegram = weather({"0121000": kind()})
    taken = []
    for _ in range(2):
        ask = asked(poll, now)
        assert ask.kind == "telegram"
        poll, body = answered(poll, ask, Answer(200, telegram, len(telegram)), now)
        taken.append((ask.url, body))
        now += SECOND
    assert taken == [(newer, telegram), (older, telegram)]
    poll, now, urls = run(poll, now, Answer(200, listed), Answer(200, listed), Answer(200, listed))
    assert all(url.startswith(BASE) for url in urls)
    assert poll.waiting == ()
    assert isinstance(next_ask(poll, now), datetime)


def test_a_feed_that_fails_is_asked_less_and_less_and_then_again_each_minute() -> None:
    poll, now = begun(), NOW
    pauses = []
    for _ in range(7):
        ask = next(each for each in _all_asks(poll, now) if each.url.endswith("/extra.xml"))
        poll, _ = answered(poll, ask, Answer(0, fault="接続できない"), now)
        state = next(each for each in poll.feeds if each.name == "extra")
        pauses.append((state.due_at - now).total_seconds())
        now = state.due_at
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    assert "接続できない" in poll.notes[0]
    ask = next(each for each in _all_asks(poll, now) if each.url.endswith("/extra.xml"))
    poll, _ = answered(poll, ask, Answer(200, feed([])), now)
    state = next(each for each in poll.feeds if each.name == "extra")
    assert (state.faults, state.due_at) == (0, now + timedelta(minutes=1))


def test_after_a_gap_the_long_feed_is_asked_at_once() -> None:
    poll, now = quiet(begun(), NOW)
    later = now + timedelta(minutes=25)
    ask = asked(poll, later)
    assert ask.url.endswith("/extra.xml")
    poll, _ = answered(poll, ask, Answer(200, feed([])), later)
    assert "長期のフィード" in poll.notes[0]
    urls = {each.url.rpartition("/")[2] for each in _all_asks(poll, later + SECOND)}
    assert "extra_l.xml" in urls


def test_what_the_server_asks_for_is_kept() -> None:
    poll = begun()
    ask = asked(poll, NOW)
    poll, _ = answered(poll, ask, Answer(503, retry_after=600.0), NOW)
    state = next(each for each in poll.feeds if BASE + each.name + ".xml" == ask.url)
    assert state.due_at == NOW + timedelta(seconds=600)


def test_a_broken_feed_is_a_fault_and_a_broken_entry_is_not() -> None:
    poll = begun()
    ask = asked(poll, NOW)
    poll, _ = answered(poll, ask, Answer(200, b"<html>"), NOW)
    assert "XMLとして読めません" in poll.notes[0]
    strange = feed([("https://other.example/x_VPWW55_016000.xml", AT), (DATA, "?"), (DATA, AT)])
    read = read_feed(strange, "extra.xml", base_url=BASE)
    assert [entry.url for entry in read.entries] == [DATA]
    assert ["別のサーバー" in problem.reason for problem in read.problems] == [True, False]
    for wrong in (b"<feed/>", b'<feed xmlns="http://www.w3.org/2005/Atom"><updated>x</updated></feed>'):
        with pytest.raises(WrongInput):
            read_feed(wrong, "extra.xml", base_url=BASE)


def test_a_telegram_is_tried_again_and_given_up_in_the_end() -> None:
    for fault, tries in ((Answer(500), 5), (Answer(0, fault="接続できない"), 5), (Answer(404), 1)):
        poll, now, _ = run(begun(), NOW, Answer(200, feed([(DATA, AT)])))
        count = 0
        while poll.waiting:
            now = max(now, *(each.due_at for each in poll.waiting))
            ask = next((each for each in _all_asks(poll, now) if each.kind == "telegram"), None)
            assert ask is not None
            poll, body = answered(poll, ask, fault, now)
            assert body is None
            count += 1
            now += SECOND
        assert count == tries
        assert "取得できませんでした" in poll.notes[0]
        poll, _, _ = run(poll, now, Answer(200, feed([(DATA, AT)])))
        assert poll.waiting == ()


def test_the_days_budget_stops_the_asking_until_the_next_day() -> None:
    poll = begun(budget=1000)
    poll, now, _ = run(poll, NOW, Answer(200, feed([]), 1000))
    assert "上限" in poll.notes[-1]
    until = next_ask(poll, now)
    assert until == datetime.fromisoformat("2026-08-02T00:00:00+09:00")
    assert isinstance(next_ask(poll, until), Ask)


def test_an_answer_nobody_waits_for_changes_nothing_but_the_budget() -> None:
    poll = begun()
    after, body = answered(poll, Ask("telegram", DATA), Answer(200, b"x", 5), NOW)
    assert (body, after.waiting, after.seen, after.used) == (None, (), (), 5)
    after, _ = answered(poll, Ask("feed", BASE + "other.xml"), Answer(200, b"x"), NOW)
    assert after.feeds == poll.feeds


def _all_asks(poll: Poll, now: datetime) -> Iterator[Ask]:
    """Every request that is due, as if each were asked for first."""
    held = poll
    while True:
        found = next_ask(replace(held, asked_at=None), now)
        if not isinstance(found, Ask):
            return
        yield found
        later = now + timedelta(days=30)
        held = replace(
            held,
            waiting=tuple(
                replace(each, due_at=later) if each.entry.url == found.url else each for each in held.waiting
            ),
            feeds=tuple(
                replace(each, due_at=later) if f"{held.base_url}{each.name}.xml" == found.url else each
                for each in held.feeds
            ),
        )


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as played:
        yield played


def test_from_the_feed_to_the_warning_over_http(server: Server) -> None:
    telegram = weather({"0121000": kind()}, status="訓練")
    listed = feed([(f"{server.address}/data/20260801_0_VPWW55_016000.xml", AT)])
    server.replies = {
        "/feed/extra.xml": (200, gzip.compress(listed), {"Content-Encoding": "gzip", "ETag": '"7"'}),
        "/feed/eqvol.xml": (304, b"", {}),
        "/data/20260801_0_VPWW55_016000.xml": (200, telegram, {}),
    }
    base = f"{server.address}/feed/"
    poll = start(NOW, {"01"}, switched_on=True, base_url=base)
    fetcher, now, read = Fetcher(base, timeout=5), NOW, []
    for _ in range(3):
        ask = asked(poll, now)
        poll, body = answered(poll, ask, fetcher.fetch(ask), now)
        if body is not None:
            read.append(read_telegram(body, ask.url, members=["012106"]))
        now += SECOND
    assert [(each.mode, each.warnings[0].level) for each in read] == [("exercise", 4)]
    assert poll.used == len(gzip.compress(listed)) + len(telegram)
    (ask,) = [each for each in _all_asks(poll, now + timedelta(minutes=2)) if each.url == f"{base}extra.xml"]
    fetcher.fetch(ask)
    assert server.asked[-1][1]["if-none-match"] == '"7"'


def test_what_may_go_wrong_is_an_answer(server: Server) -> None:
    fetcher = Fetcher(f"{server.address}/feed/", timeout=0.3)
    ask = Ask("feed", f"{server.address}/feed/extra.xml")
    assert (fetcher.fetch(ask).status, fetcher.fetch(ask).fault) == (404, "HTTP 404")
    server.replies = {"/feed/extra.xml": (503, b"", {"Retry-After": "30"})}
    assert fetcher.fetch(ask).retry_after == 30.0
    server.replies = {"/feed/extra.xml": (200, b"abcdef", {})}
    server.cut = 3
    assert fetcher.fetch(ask).fault == "答えが途中で切れた"
    server.cut = None
    packed = gzip.compress(b"x" * 1000)
    for body in (packed[:-9], b"no gzip"):
        server.replies = {"/feed/extra.xml": (200, body, {"Content-Encoding": "gzip"})}
        assert fetcher.fetch(ask).fault == "答えが途中で切れた"
    server.wait = 0.6
    assert "答えがない" in fetcher.fetch(ask).fault


def test_a_bomb_in_gzip_and_an_endless_body_are_cut(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keniki.apps.disaster.formats.jma.fetching.MAX_BYTES", 100_000)
    fetcher = Fetcher(f"{server.address}/feed/", timeout=5)
    ask = Ask("feed", f"{server.address}/feed/extra.xml")
    bomb = gzip.compress(b"\0" * 10_000_000)
    server.replies = {"/feed/extra.xml": (200, bomb, {"Content-Encoding": "gzip"})}
    answer = fetcher.fetch(ask)
    assert (answer.status, answer.fault, answer.size) == (0, "答えが大きすぎる", len(bomb))
    server.replies = {"/feed/extra.xml": (200, b"x" * 300_000, {})}
    assert fetcher.fetch(ask).fault == "答えが大きすぎる"


def test_no_other_host_is_asked(server: Server) -> None:
    fetcher = Fetcher(f"{server.address}/feed/", timeout=5)
    assert "別のサーバー" in fetcher.fetch(Ask("telegram", "http://127.0.0.1:1/x.xml")).fault
    assert "別のサーバー" in fetcher.fetch(Ask("telegram", "file:///etc/passwd")).fault
    server.replies = {
        "/feed/extra.xml": (302, b"", {"Location": "http://localhost:1/away.xml"}),
        "/feed/eqvol.xml": (302, b"", {"Location": "/feed/moved.xml"}),
        "/feed/moved.xml": (200, b"<a/>", {}),
    }
    assert fetcher.fetch(Ask("feed", f"{server.address}/feed/extra.xml")).status == 302
    assert fetcher.fetch(Ask("feed", f"{server.address}/feed/eqvol.xml")).body == b"<a/>"
    for wrong in ("ftp://x/", "jma.example", ""):
        with pytest.raises(WrongInput):
            Fetcher(wrong)


def test_a_server_that_is_not_there_is_an_answer() -> None:
    answer = Fetcher("http://127.0.0.1:1/feed/", timeout=2).fetch(
        Ask("feed", "http://127.0.0.1:1/feed/a.xml")
    )
    assert (answer.status, answer.fault) == (0, "接続できない")


def test_the_agencys_limit_is_far_from_the_budget() -> None:
    assert polling.BUDGET < 10 * 1024**3 / 4
