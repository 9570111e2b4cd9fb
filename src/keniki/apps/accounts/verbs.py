"""The frame of a business verb: policy, one transaction, version check, one log entry.

with verb(actor, "activities.correct_count", region=region.slug, ruling=ruling) as act:
    activity = act.lock(activity, version)
    ...
    act.save(activity)
    act.log(activity, before, after, "…を 21→28名 に訂正(圏域計 207名)")
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import pghistory
from django.db import DatabaseError, connection, models, transaction

from .actor import Actor, PostRef, Ruling
from .collisions import translated

if TYPE_CHECKING:
    from .models import LogEntry
    from .records import Record

R = TypeVar("R", bound="Record")
_log = logging.getLogger(__name__)

_active: contextvars.ContextVar[bool] = contextvars.ContextVar("keniki_verb", default=False)


class Stale(Exception):
    """Somebody else changed the record since it was read. `current` is the record as it is now."""

    def __init__(self, current: models.Model):
        super().__init__("ほかの利用者がこの記録を更新しました。両方の内容を見て選んでください。")
        self.current = current


class WrittenOutsideVerb(RuntimeError):
    """Code tried to write a record without going through an action."""


def require_verb(record: models.Model) -> None:
    """Raise unless a verb is running: pages, API and imports must call an action."""
    if not _active.get():
        raise WrittenOutsideVerb(f"{record._meta.label} is written by actions only")


@dataclass
class Act:
    """A verb while it runs."""

    actor: Actor
    name: str
    region: str
    post: PostRef | None
    on_behalf_of: str
    entries: list[LogEntry] = field(default_factory=list)

    def lock(self, record: R, version: int | None) -> R:
        """Re-read `record` for update; raise `Stale` if its version is not the one the user saw.

        `version=None` means the caller has not shown the record to anyone (imports, jobs).
        """
        model = type(record)
        current: R = model._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
        if version is not None and current.version != version:
            raise Stale(current)
        return current

    def save(self, record: R, **kwargs: Any) -> R:
        """Save, counting the version up when the record existed before."""
        if record.pk is not None and not record._state.adding:
            record.version += 1
        record.save(**kwargs)
        return record

    def log(
        self,
        record: models.Model,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        text: str,
        *,
        municipality: str = "",
    ) -> LogEntry:
        """Write the verb's line: `text` continues 「… が 」 and is printed as it stands."""
        from .models import LogEntry

        proxy = f"（{self.on_behalf_of}分を代理入力）" if self.on_behalf_of else ""
        entry = LogEntry.objects.create(
            user=self.actor.user,
            actor_name=self.actor.name,
            post_label=self.post.label if self.post else "",
            on_behalf_of=self.on_behalf_of,
            via=self.actor.via,
            verb=self.name,
            object_kind=record._meta.label_lower,
            object_key=str(record.pk or ""),
            region=self.region,
            municipality=municipality,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
            text=f"{self.actor.label(self.post)} が{proxy} {text}",
        )
        self.entries.append(entry)
        return entry


class NothingLogged(RuntimeError):
    """A verb ended without its log entry."""


@contextmanager
def verb(
    actor: Actor, name: str, *, region: str = "", ruling: Ruling | None = None, quiet: bool = False
) -> Iterator[Act]:
    """Run one business verb: all of it is saved with its log entry, or nothing is.

    `ruling` is the policy's answer (raises `Denied` when it is no). `quiet` verbs may end without a log
    entry (nothing changed). What the database refuses, as two people writing at once bring about, is raised as
    `WrongInput` in words.
    """
    ruling = ruling.require() if ruling is not None else None
    post = ruling.post if ruling and ruling.post else actor.post
    act = Act(actor, name, region, post, ruling.on_behalf_of if ruling else "")
    token = _active.set(True)
    try:
        with transaction.atomic(), pghistory.context(verb=name, actor=actor.name):
            yield act
            if not act.entries and not quiet:
                raise NothingLogged(name)
    except DatabaseError as error:
        if (refusal := translated(error)) is None:
            raise
        _log.warning("the database refused %s: %s", name, error)
        raise refusal from error
    finally:
        _active.reset(token)


def lock(*name: object, shared: bool = False) -> None:
    """Take the named lock until the transaction ends."""
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [" ".join(map(str, name))])


def snapshot(record: models.Model, *fields: str) -> dict[str, Any]:
    """The named fields (all concrete ones by default) as JSON-ready values, for the log's before and after."""
    names = fields or tuple(f.attname for f in record._meta.concrete_fields)
    return {name: _plain(getattr(record, name)) for name in names}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only what differs, as two mappings of the same keys."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return str(value)
