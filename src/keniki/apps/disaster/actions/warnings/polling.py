"""Asking the agency's feeds, as long as the operator has them switched on; one question at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.core.errors import WrongInput

from ... import policies
from ...formats.jma import Ask, Fetcher, Poll, answered, next_ask, start
from ...formats.jma.areas import prefectures_of
from ...formats.jma.feeds import Entry
from ...formats.jma.polling import BASE_URL, FeedState, Waiting
from ...models import WarningPolling, WarningSource, WarningTelegram
from .taking import Taken, our_towns, read_again, take_telegram
from .telling import standing_changed, tell_all

log = logging.getLogger(__name__)

#: How many remarks are kept for the page.
NOTES: Final = 30


@dataclass(frozen=True)
class Polled:
    """What a round brought: requests made, telegrams by what became of them, remarks, entries in incidents."""

    asked: int = 0
    taken: tuple[Taken, ...] = ()
    notes: tuple[str, ...] = ()
    told: int = 0


def poll(
    actor: Actor,
    *,
    seconds: float,
    now: Callable[[], datetime] = timezone.now,
    sleep: Callable[[float], None] = time.sleep,
    timeout: float = 20.0,
) -> Polled:
    """Ask what is due, for at most so many seconds; nothing where the source is switched off (`WrongInput`).

    What came is stored before the next question, so that nothing is lost when the process ends.
    """
    policies.fetch_warnings(actor).require()
    source = WarningSource.objects.filter(key="jma").first()
    read_again(actor)
    state = _restored(actor, source, now())
    fetcher = Fetcher(state.base_url, timeout=timeout)
    ends = now() + timedelta(seconds=seconds)
    asked, told, taken, notes = 0, 0, list[Taken](), list[str]()
    while (moment := now()) < ends:
        ask = next_ask(state, moment)
        if isinstance(ask, datetime):
            if ask >= ends:
                break
            sleep(max(0.0, (ask - moment).total_seconds()))
            continue
        answer = fetcher.fetch(ask)
        asked += 1
        state, body = answered(state, ask, answer, now())
        if body is not None:
            one = take_telegram(
                actor, body, ask.url.rpartition("/")[2][:200], via=WarningTelegram.Via.FEED, url=ask.url
            )
            taken.append(one)
            if one.outcome == "taken":
                told += tell_all()
                standing_changed()
        notes += state.notes
        if not _keep(actor, source, state, ask, answer.status in (200, 304), now()):
            notes.append("取得の設定が変わったため、途中で終わります。")
            break
    told += tell_all()
    for note in notes:
        log.warning("%s", note)
    return Polled(asked, tuple(taken), tuple(notes), told)


def _restored(actor: Actor, source: WarningSource | None, now: datetime) -> Poll:
    """The state to go on with; a new one where there is none, or another server or other prefectures are asked."""
    prefectures = prefectures_of(our_towns())
    base = settings.JMA_URL or BASE_URL
    active = source is not None and source.active
    fresh = start(
        now,
        prefectures,
        switched_on=active,
        base_url=base if base.endswith("/") else f"{base}/",
        names=source.feeds if source is not None else (),
        every=timedelta(minutes=source.minutes if source is not None else 1),
    )
    if not prefectures:
        raise WrongInput("市町村が登録されていません。先に圏域を登録してください。")
    kept = WarningPolling.objects.filter(key="jma").first()
    if kept is None or not kept.state:
        return fresh
    state = loaded(kept.state)
    same = (state.base_url, state.prefectures, state.every) == (
        fresh.base_url,
        fresh.prefectures,
        fresh.every,
    )
    names = {feed.name for feed in state.feeds} == {feed.name for feed in fresh.feeds}
    return state if same and names else fresh


def _keep(
    actor: Actor, source: WarningSource | None, state: Poll, ask: Ask, answered_: bool, at: datetime
) -> bool:
    """Store how far the asking has come; False where the operator changed the source meanwhile."""
    with verb(actor, "disaster.poll_warnings", quiet=True):
        row, _ = WarningPolling.objects.select_for_update().get_or_create(key="jma")
        current = WarningSource.objects.filter(key="jma").first()
        if current is None or source is None or current.version != source.version:
            return False
        row.state, row.asked_at = dumped(state), at
        if answered_:
            row.answered_at = at
        said = [{"at": at.isoformat(), "text": text} for text in state.notes]
        row.notes = [*reversed(said), *row.notes][:NOTES]
        row.save()
        return True


def dumped(poll: Poll) -> dict[str, Any]:
    """A state as JSON."""
    return {
        "base_url": poll.base_url,
        "prefectures": sorted(poll.prefectures),
        "feeds": [
            {
                "name": feed.name,
                "pace": feed.pace,
                "due_at": feed.due_at.isoformat(),
                "etag": feed.etag,
                "modified": feed.modified,
                "answered_at": feed.answered_at.isoformat() if feed.answered_at else None,
                "faults": feed.faults,
            }
            for feed in poll.feeds
        ],
        "waiting": [
            {
                "url": each.entry.url,
                "telegram": each.entry.telegram,
                "office_code": each.entry.office_code,
                "title": each.entry.title,
                "author": each.entry.author,
                "updated_at": each.entry.updated_at.isoformat(),
                "due_at": each.due_at.isoformat(),
                "faults": each.faults,
            }
            for each in poll.waiting
        ],
        "seen": [[url, at.isoformat()] for url, at in poll.seen],
        "asked_at": poll.asked_at.isoformat() if poll.asked_at else None,
        "day": poll.day.isoformat() if poll.day else None,
        "used": poll.used,
        "budget": poll.budget,
        "every": poll.every.total_seconds(),
    }


def loaded(kept: Mapping[str, Any]) -> Poll:
    """A state out of JSON.

    >>> begun = start(datetime.fromisoformat("2026-08-01T03:20:00+09:00"), {"01"}, switched_on=True)
    >>> loaded(dumped(begun)) == begun
    True
    """
    return Poll(
        base_url=kept["base_url"],
        prefectures=frozenset(kept["prefectures"]),
        feeds=tuple(
            FeedState(
                each["name"],
                each["pace"],
                datetime.fromisoformat(each["due_at"]),
                each["etag"],
                each["modified"],
                datetime.fromisoformat(each["answered_at"]) if each["answered_at"] else None,
                each["faults"],
            )
            for each in kept["feeds"]
        ),
        waiting=tuple(
            Waiting(
                Entry(
                    each["url"],
                    each["telegram"],
                    each["office_code"],
                    each["title"],
                    each["author"],
                    datetime.fromisoformat(each["updated_at"]),
                ),
                datetime.fromisoformat(each["due_at"]),
                each["faults"],
            )
            for each in kept["waiting"]
        ),
        seen=tuple((url, datetime.fromisoformat(at)) for url, at in kept["seen"]),
        asked_at=datetime.fromisoformat(kept["asked_at"]) if kept["asked_at"] else None,
        day=date.fromisoformat(kept["day"]) if kept["day"] else None,
        used=kept["used"],
        budget=kept["budget"],
        every=timedelta(seconds=kept["every"]),
    )
