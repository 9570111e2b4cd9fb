"""Switching the agency's feeds on and off. Until then nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.core.errors import WrongInput

from ... import policies
from ...formats.jma.polling import FEEDS
from ...models import WarningPolling, WarningSource

#: What the frequent feeds are called.
FEED_WORDS: Final = {"extra": "随時（気象警報・注意報など）", "eqvol": "地震火山（震度など）"}


def switch_source(
    actor: Actor, *, active: bool, feeds: Sequence[str], minutes: int, version: int | None = None
) -> WarningSource:
    """Have the agency's feeds asked from now on, or no longer. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.fetch_warnings(actor).require()
    wanted = [name for name in FEEDS if name in feeds]
    if set(feeds) - set(FEEDS):
        raise WrongInput("フィードを選んでください。", column="feeds")
    if active and not wanted:
        raise WrongInput("取得するフィードを1つ以上選んでください。", column="feeds")
    if not 1 <= minutes <= 10:
        raise WrongInput("間隔は1分から10分までで入力してください。", column="minutes")
    with verb(actor, "disaster.switch_warnings", ruling=ruling, quiet=True) as act:
        lock("warning-source", 0)
        found = WarningSource.objects.filter(key="jma").first()
        row = act.lock(found, version) if found is not None else WarningSource()
        old = _content(row)
        row.active, row.feeds, row.minutes = active, wanted, minutes
        before, after = changes(old, _content(row))
        if not after:
            return row
        row.switched_by, row.switched_at = actor.user, timezone.now()
        act.save(row)
        polling, _ = WarningPolling.objects.get_or_create(key="jma")
        polling.state = {}
        polling.save()
        act.log(
            row,
            before if found is not None else None,
            after,
            f"気象庁の電文を{'取得することに' if active else '取得しないことに'}"
            f"（{'・'.join(FEED_WORDS[name] for name in wanted) or 'フィードなし'}、{minutes}分ごと）",
        )
        return row


def _content(row: WarningSource) -> dict[str, Any]:
    return {
        "active": row.active,
        "feeds": "・".join(FEED_WORDS.get(name, name) for name in row.feeds),
        "minutes": row.minutes,
    }
