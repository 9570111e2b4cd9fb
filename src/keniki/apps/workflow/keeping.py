"""Which stored files records still refer to, and which nothing refers to any more.

Every slice that stores files names the fields that hold their hashes (`refer`) when it starts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Q
from django_scopes import scopes_disabled

from . import storage

_DAY = 24 * 60 * 60
_REFERENCES: list[tuple[str, str, Q]] = []


@dataclass(frozen=True)
class Unused:
    """A stored file without any record: its hash (empty for a half-written one), bytes, days since it was stored."""

    file: storage.Stored
    days: int

    @property
    def size(self) -> int:
        return self.file.size


def refer(model: str, field: str, where: Q | None = None) -> None:
    """Name a field (`slice.Model`, a path of field names) that holds hashes of stored files; rows of `where` count."""
    _REFERENCES.append((model, field, where if where is not None else Q()))


def references() -> Iterator[tuple[str, str]]:
    """Model and field of everything that was named."""
    return ((model, field) for model, field, _ in _REFERENCES)


def in_use() -> set[str]:
    """The hashes of all files that any record of any region refers to."""
    found: set[str] = set()
    with scopes_disabled():
        for model, field, where in _REFERENCES:
            rows = apps.get_model(model)._base_manager.filter(where)
            found.update(rows.exclude(**{field: ""}).values_list(field, flat=True).distinct())
    return found - {""}


def unused(days: int = 0) -> list[Unused]:
    """Files that nothing refers to, stored at least this many days ago, the oldest first."""
    now = time.time()
    used = in_use()
    found = [
        Unused(file, int((now - file.stored_at) // _DAY))
        for file in storage.everything()
        if file.digest not in used and now - file.stored_at >= days * _DAY
    ]
    return sorted(found, key=lambda each: (-each.days, str(each.file.path)))
