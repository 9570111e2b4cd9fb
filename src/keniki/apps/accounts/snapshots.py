"""Public pages and data that are made before anybody asks for them: who makes them, and when to make them anew.

A slice registers a source in its `AppConfig.ready` and calls `touch` where a verb changed what the source shows. The
site renders, stores and serves; what is served stays as it is while a source fails or the database is away.

register(Source("disaster.board", keys=board.slugs, build=board.snapshots))
touch("disaster.board", region.slug)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection
from django.utils import timezone

CHANNEL = "keniki_snapshots"
Mode = Literal["", "real", "exercise"]


@dataclass(frozen=True)
class Snapshot:
    """One answer to one public address (公開用の写し).

    `body` is the same for everybody and contains `stamp(generated_at)`: the data's age is known wherever it ends up.
    `mode` is given by whatever stands for an incident and goes into a header as well. `parameters` are the names in a
    query string that the page itself answers; any other query string changes nothing. `fresh_seconds` is how long a
    browser or a cache in front may answer without asking again.
    """

    address: str
    content_type: str
    body: bytes
    generated_at: datetime
    mode: Mode = ""
    parameters: tuple[str, ...] = ()
    fresh_seconds: int = 2


@dataclass(frozen=True)
class Source:
    """Makes snapshots, several at a time: `build` those of one key, `keys` all that exist at present.

    What `build` no longer returns, and what belongs to a key that is gone, is withdrawn: the page itself answers again.
    Both set the scope they read in by themselves.
    """

    name: str
    keys: Callable[[], Iterable[str]]
    build: Callable[[str], Iterable[Snapshot]]


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Make a source known; a second one under its name is an error."""
    if ":" in source.name or _sources.setdefault(source.name, source) is not source:
        raise ValueError(f"source {source.name!r} is registered already, or its name has a colon")


def sources() -> dict[str, Source]:
    """Every registered source by its name."""
    return dict(_sources)


def touch(name: str, key: str = "") -> None:
    """Have the snapshots of `key` made anew once the running transaction is committed; never if it is rolled back.

    Free of charge for whoever writes: a notice, no row. `KeyError` for a name nobody registered.
    """
    if name not in _sources:
        raise KeyError(f"no source of snapshots is called {name!r}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{name}:{key}"))


def stamp(moment: datetime) -> str:
    """How a body writes when it was made: local time to the second with its offset (2026-11-23T02:46:25+09:00)."""
    return timezone.localtime(moment).isoformat(timespec="seconds")
