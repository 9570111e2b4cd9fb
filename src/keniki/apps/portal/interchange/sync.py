"""Bring stored rows into the state a file describes, writing only what differs and counting it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import models

from keniki.apps.accounts.records import Record

M = TypeVar("M", bound=models.Model)
K = TypeVar("K", bound=Hashable)
Values = Mapping[str, Any]

BATCH = 2000


class Sync:
    """Counts of rows created and changed, by model, over one load."""

    def __init__(self) -> None:
        self.created: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.same: Counter[str] = Counter()
        self._fresh: set[tuple[type[models.Model], Any]] = set()

    @property
    def anything(self) -> bool:
        return bool(self.created.total() or self.changed.total())

    def rows(
        self,
        model: type[M],
        existing: Iterable[M],
        key: Callable[[M], K],
        wanted: Sequence[tuple[K, Values]],
    ) -> dict[K, M]:
        """Create what is missing and save what differs; rows that the file does not name stay. By key."""
        found: dict[K, M] = {key(row): row for row in existing}
        new: list[tuple[K, M]] = []
        for name, values in wanted:
            row = found.get(name)
            if row is None:
                new.append((name, model(**values)))
                continue
            differing = [field for field, value in values.items() if not _same(getattr(row, field), value)]
            if not differing:
                self.same[model.__name__] += 1
                continue
            for field in differing:
                setattr(row, field, values[field])
            if (model, row.pk) in self._fresh:
                row.save()
                continue
            if isinstance(row, Record):
                row.version += 1
            row.save()
            self.changed[model.__name__] += 1
        model._base_manager.bulk_create([row for _, row in new], batch_size=BATCH)
        self.created[model.__name__] += len(new)
        self._fresh.update((model, row.pk) for _, row in new)
        return {**found, **dict(new)}

    def children(
        self,
        model: type[M],
        parent: str,
        wanted: Mapping[models.Model, Sequence[Values]],
        fields: Sequence[str],
    ) -> None:
        """Make each parent's ordered children equal to the rows given; a parent whose rows differ gets them anew.

        `parent` is the foreign key's name; `fields` are what is compared, in order of the rows.
        """
        stored: dict[int, list[M]] = defaultdict(list)
        ids = [row.pk for row in wanted]
        for child in model._base_manager.filter(**{f"{parent}__in": ids}).order_by("order", "id"):
            stored[getattr(child, f"{parent}_id")].append(child)
        stale: list[int] = []
        new: list[M] = []
        for row, values in wanted.items():
            have = [tuple(getattr(child, field) for field in fields) for child in stored[row.pk]]
            want = [tuple(value[field] for field in fields) for value in values]
            if len(have) == len(want) and all(
                _same(a, b)
                for old, now in zip(have, want, strict=True)
                for a, b in zip(old, now, strict=True)
            ):
                self.same[model.__name__] += len(have)
                continue
            stale.extend(child.pk for child in stored[row.pk])
            if stored[row.pk]:
                self.changed[model.__name__] += len(values)
                if isinstance(row, Record):
                    row.version += 1
                    row.save()
            else:
                self.created[model.__name__] += len(values)
            new.extend(model(**{parent: row}, **value) for value in values)
        model._base_manager.filter(pk__in=stale).delete()
        model._base_manager.bulk_create(new, batch_size=BATCH)


def _same(stored: Any, wanted: Any) -> bool:
    if isinstance(stored, models.Model) and isinstance(wanted, models.Model):
        return bool(stored.pk == wanted.pk)
    return bool(stored == wanted)
