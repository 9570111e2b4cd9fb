"""What every editable record shares: a version number, row history by trigger, and writing through verbs only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
from django.db import models

from . import verbs

M = TypeVar("M", bound=type[models.Model])


def tracked(model: M) -> M:
    """Keep every past row of `model` in its own event table, by database trigger (bulk writes too)."""
    decorate: Callable[[M], M] = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        append_only=True,
    )
    return decorate(model)


class Written(models.Model):
    """A row that only a verb (one function in `actions.py`) may write."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        verbs.require_verb(self)
        super().save(*args, **kwargs)

    @property
    def record_kind(self) -> str:
        """`slice.model`: how addresses and the log name this kind of record."""
        return self._meta.label_lower

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        verbs.require_verb(self)
        return super().delete(*args, **kwargs)


class Record(Written):
    """A record people edit: `version` grows with every save made through `verbs.save`."""

    version = models.PositiveIntegerField("版", default=1, editable=False)
    changed_at = models.DateTimeField("更新日時", auto_now=True)

    class Meta:
        abstract = True
