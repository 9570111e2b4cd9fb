"""A small exercise to show examples with: events with ids made from words, as documentation and tests need them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from .events import Event, parse_event

_SPACE: Final = uuid.UUID("6b1f3f0a-4b8e-4d0e-9c61-0d3a0f1c7e55")
INCIDENT: Final = "7d6cfb1e-94f1-4f6c-8a7e-0d1d1c5b2a11"


def ident(word: str) -> str:
    """The id that `word` stands for.

    >>> ident("a") == ident("a") != ident("b")
    True
    """
    return str(uuid.uuid5(_SPACE, word))


def person(word: str) -> str:
    """The person that `word` stands for.

    >>> person("sawako").partition(":")[0]
    'person'
    """
    return f"person:{ident(word)}"


def event(
    word: str,
    entity: str | None = None,
    /,
    *,
    seen: Sequence[str] = (),
    device: str = "pc-1",
    mode: str = "exercise",
    incident: str = INCIDENT,
    at: str = "2026-08-01T03:20:00+09:00",
    note: str = "",
    **values: Any,
) -> Event:
    """The event named `word`; it writes `values` (`__` for a dot) and has seen the events of the words in `seen`.

    >>> event("b", person("sawako"), seen=["a"], name="岩見 沢子").fields["name"].seen == (ident("a"),)
    True
    """
    return parse_event(
        {
            "id": ident(word),
            "incident": incident,
            "mode": mode,
            "kind": "example.write",
            "entity": entity or person("sawako"),
            "device": device,
            "seq": 1,
            "at": at,
            "fields": {
                name.replace("__", "."): {"value": value, "seen": [ident(each) for each in seen]}
                for name, value in values.items()
            },
            "note": note,
        }
    )
