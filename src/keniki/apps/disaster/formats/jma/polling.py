"""What to ask the agency's server for, and when: a state that only changes by answers, without clock or network.

Frequent feeds are asked once a minute with what they said last (ETag, Last-Modified), the long ones each hour and after
a gap that the frequent ones don't bridge. One request at a time, a pause between them, growing pauses after faults, and
a budget of bytes a day: the agency closes its server to who takes about 10 GB a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal, TypeAlias
from urllib.parse import urljoin

from keniki.core.errors import WrongInput

from .feeds import Entry, concerns, read_feed

Pace: TypeAlias = Literal["frequent", "long"]
BASE_URL: Final = "https://www.data.jma.go.jp/developer/xml/feed/"
#: The feeds that have what is read here: 随時 (warnings), 地震火山 (earthquakes).
FEEDS: Final = ("extra", "eqvol")
JST: Final = timezone(timedelta(hours=9))
EVERY: Final[dict[Pace, timedelta]] = {"frequent": timedelta(minutes=1), "long": timedelta(hours=1)}
#: How far back a frequent feed reaches at least; a longer silence is bridged by the long one.
REACH: Final = timedelta(minutes=10)
#: Between two requests.
PAUSE: Final = timedelta(seconds=1)
LONGEST: Final = timedelta(minutes=15)
#: Bytes a day.
BUDGET: Final = 2 * 1024**3
#: How often a telegram is asked for, and how long its name is kept so that it is not asked for again.
ATTEMPTS: Final = 5
KEPT: Final = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: what for, and the headers it has."""

    kind: Literal["feed", "telegram"]
    url: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the status (0 where nothing came), the body as sent, its size on the way, what the server said."""

    status: int
    body: bytes = b""
    size: int = 0
    etag: str = ""
    modified: str = ""
    retry_after: float | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed: what it said last, when it is due, how often it failed in a row."""

    name: str
    pace: Pace
    due_at: datetime
    etag: str = ""
    modified: str = ""
    answered_at: datetime | None = None
    faults: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A telegram to be asked for."""

    entry: Entry
    due_at: datetime
    faults: int = 0


@dataclass(frozen=True)
class Poll:
    """Everything the asking depends on. `seen` has the addresses of telegrams that were taken, with their moment."""

    base_url: str
    prefectures: frozenset[str]
    feeds: tuple[FeedState, ...]
    waiting: tuple[Waiting, ...] = ()
    seen: tuple[tuple[str, datetime], ...] = ()
    asked_at: datetime | None = None
    day: date | None = None
    used: int = 0
    budget: int = BUDGET
    every: timedelta = EVERY["frequent"]
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def left(self) -> int:
        """Bytes that may still be taken today."""
        return max(0, self.budget - self.used)

    def pause(self, pace: Pace) -> timedelta:
        """The time between two questions for a feed."""
        return self.every if pace == "frequent" else EVERY[pace]


def start(
    now: datetime,
    prefectures: Collection[str],
    *,
    switched_on: bool,
    base_url: str = BASE_URL,
    budget: int = BUDGET,
    names: Collection[str] = FEEDS,
    every: timedelta = EVERY["frequent"],
) -> Poll:
    """The state to begin with: every feed of these names is due, the long ones for what happened before. WrongInput
    unless an administrator switched the source on."""
    if not switched_on:
        raise WrongInput(
            "気象庁の電文の取得は切られています。取得するには、管理者が設定で有効にしてください。"
        )
    feeds = [FeedState(f"{name}_l", "long", now) for name in names]
    feeds += [FeedState(name, "frequent", now) for name in names]
    return Poll(base_url, frozenset(prefectures), tuple(feeds), budget=budget, every=every)


def next_ask(poll: Poll, now: datetime) -> Ask | datetime:
    """The next request, or the moment before which there is none. Telegrams come before feeds: they are the news."""
    poll = _today(poll, now)
    earliest = now if poll.asked_at is None else poll.asked_at + PAUSE
    if poll.left <= 0:
        return _tomorrow(now)
    if earliest > now:
        return earliest
    telegrams = [each for each in poll.waiting if each.due_at <= now]
    if telegrams:
        newest = max(telegrams, key=lambda each: each.entry.updated_at)
        return Ask("telegram", newest.entry.url)
    feeds = [feed for feed in poll.feeds if feed.due_at <= now]
    if feeds:
        first = min(feeds, key=lambda feed: (feed.due_at, feed.pace))
        return Ask("feed", _url(poll, first), _conditions(first))
    return min([*(feed.due_at for feed in poll.feeds), *(each.due_at for each in poll.waiting)])


def answered(poll: Poll, ask: Ask, answer: Answer, now: datetime) -> tuple[Poll, bytes | None]:
    """The state after an answer, and the telegram where one came. What it noticed is in `notes`, for the log."""
    poll = replace(_today(poll, now), asked_at=now, notes=())
    poll = replace(poll, used=poll.used + answer.size)
    if poll.left <= 0:
        poll = _noted(poll, "今日の通信量の上限に達しました。明日まで取得しません。")
    if ask.kind == "feed":
        return _feed_answered(poll, ask, answer, now), None
    return _telegram_answered(poll, ask, answer, now)


def _feed_answered(poll: Poll, ask: Ask, answer: Answer, now: datetime) -> Poll:
    feed = next((each for each in poll.feeds if _url(poll, each) == ask.url), None)
    if feed is None:
        return poll
    if answer.status not in (200, 304):
        return _feed_failed(poll, feed, answer, now, answer.fault or f"HTTP {answer.status}")
    entries: tuple[Entry, ...] = ()
    if answer.status == 200:
        try:
            read = read_feed(answer.body, f"{feed.name}.xml", base_url=ask.url)
        except WrongInput as error:
            return _feed_failed(poll, feed, answer, now, str(error))
        entries = read.entries
        for problem in read.problems:
            poll = _noted(poll, f"{feed.name}.xml {problem.row}行目：{problem.reason}")
    reach = max(REACH, poll.every + EVERY["frequent"])
    gap = feed.pace == "frequent" and feed.answered_at is not None and now - feed.answered_at > reach
    fresh = replace(
        feed,
        due_at=now + poll.pause(feed.pace),
        etag=answer.etag or (feed.etag if answer.status == 304 else ""),
        modified=answer.modified or (feed.modified if answer.status == 304 else ""),
        answered_at=now,
        faults=0,
    )
    poll = _with_feed(poll, fresh)
    if gap:
        poll = _bridge(poll, feed, now)
    return _queued(poll, entries, now)


def _feed_failed(poll: Poll, feed: FeedState, answer: Answer, now: datetime, says: str) -> Poll:
    faults = feed.faults + 1
    due = now + max(_backoff(faults, poll.every), poll.pause(feed.pace) if faults > 5 else timedelta(0))
    due = max(due, _wanted_pause(answer, now))
    return _noted(
        _with_feed(poll, replace(feed, due_at=due, faults=faults)),
        f"フィード {feed.name} を取得できません（{says}、続けて{faults}回目）。",
    )


def _bridge(poll: Poll, feed: FeedState, now: datetime) -> Poll:
    """Ask the long feed at once: the frequent one may have lost what happened in the gap."""
    long = next((each for each in poll.feeds if each.name == f"{feed.name}_l"), None)
    if long is None:
        return poll
    told = f"フィード {feed.name} が{REACH.seconds // 60}分以上途切れたため、長期のフィードで補います。"
    return _noted(_with_feed(poll, replace(long, due_at=now)), told)


def _queued(poll: Poll, entries: Iterable[Entry], now: datetime) -> Poll:
    known = {url for url, _ in poll.seen} | {each.entry.url for each in poll.waiting}
    fresh: dict[str, Waiting] = {}
    for entry in entries:
        if entry.url in known or not concerns(entry, poll.prefectures) or now - entry.updated_at > KEPT:
            continue
        fresh.setdefault(entry.url, Waiting(entry, now))
    return replace(poll, waiting=(*poll.waiting, *fresh.values()))


def _telegram_answered(poll: Poll, ask: Ask, answer: Answer, now: datetime) -> tuple[Poll, bytes | None]:
    waits = next((each for each in poll.waiting if each.entry.url == ask.url), None)
    if waits is None:
        return poll, None
    others = tuple(each for each in poll.waiting if each is not waits)
    if answer.status == 200:
        return _seen(replace(poll, waiting=others), ask.url, now), answer.body
    says = answer.fault or f"HTTP {answer.status}"
    gone = 400 <= answer.status < 500 and answer.status != 429
    if gone or waits.faults + 1 >= ATTEMPTS:
        left = _seen(replace(poll, waiting=others), ask.url, now)
        return _noted(left, f"電文 {waits.entry.file} を取得できませんでした（{says}）。"), None
    faults = waits.faults + 1
    due = max(now + _backoff(faults, PAUSE * 5), _wanted_pause(answer, now))
    again = replace(waits, due_at=due, faults=faults)
    told = f"電文 {waits.entry.file} をもう一度取得します（{says}、{faults}回目）。"
    return _noted(replace(poll, waiting=(*others, again)), told), None


def _seen(poll: Poll, url: str, now: datetime) -> Poll:
    kept = tuple((known, at) for known, at in poll.seen if now - at <= KEPT)
    return replace(poll, seen=(*kept, (url, now)))


def _with_feed(poll: Poll, feed: FeedState) -> Poll:
    return replace(poll, feeds=tuple(feed if each.name == feed.name else each for each in poll.feeds))


def _noted(poll: Poll, text: str) -> Poll:
    return replace(poll, notes=(*poll.notes, text))


def _url(poll: Poll, feed: FeedState) -> str:
    return urljoin(poll.base_url, f"{feed.name}.xml")


def _conditions(feed: FeedState) -> tuple[tuple[str, str], ...]:
    told = (("If-None-Match", feed.etag), ("If-Modified-Since", feed.modified))
    return tuple((name, value) for name, value in told if value)


def _backoff(faults: int, first: timedelta) -> timedelta:
    doubled: timedelta = first * (1 << min(faults - 1, 10))
    return min(doubled, LONGEST)


def _wanted_pause(answer: Answer, now: datetime) -> datetime:
    """What the server asks for (Retry-After), at most a day."""
    return now + timedelta(seconds=min(answer.retry_after or 0.0, 86_400.0))


def _today(poll: Poll, now: datetime) -> Poll:
    day = now.astimezone(JST).date()
    return poll if poll.day == day else replace(poll, day=day, used=0)


def _tomorrow(now: datetime) -> datetime:
    local = now.astimezone(JST)
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
