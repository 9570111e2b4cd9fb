"""Rows copied within the database, with their row history, from one synthetic region to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import models


@contextmanager
def without_triggers(cursor: Any, *kinds: type[models.Model]) -> Iterator[None]:
    """No row triggers of ours (keys are checked as ever): a trigger that is only ignored still costs its call.

    Until the transaction ends nobody else writes these tables.
    """
    for when in ("DISABLE", "ENABLE"):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for kind in kinds:
            cursor.execute(f'ALTER TABLE "{kind._meta.db_table}" {when} TRIGGER USER')
        if when == "DISABLE":
            yield
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def copy(cursor: Any, model: type[models.Model], source: str, replaced: dict[str, str]) -> int:
    """Copy the rows `o` of a table that `source` picks, some columns replaced; how many they were.

    Row history is written by the same statement, as the triggers would row by row.
    """
    columns = [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
    values = [replaced.get(column, f'o."{column}"') for column in columns]
    quoted = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    copying = (
        f'INSERT INTO "{table}" ({quoted}) SELECT {", ".join(values)} FROM "{table}" o {source} ORDER BY o.id'  # noqa: S608
    )
    history = _history(model)
    if history is None:
        cursor.execute(copying)
    else:
        kept = ", ".join(f'"{column}"' for column in ("id", *columns))
        cursor.execute(
            f"WITH made AS ({copying} RETURNING *) "  # noqa: S608
            f'INSERT INTO "{history}" (pgh_created_at, pgh_label, pgh_obj_id, pgh_context_id, {kept}) '
            f"SELECT now(), 'insert', made.id, (SELECT _pgh_attach_context()), {kept} FROM made"
        )
    return int(cursor.rowcount)


def _history(model: type[models.Model]) -> str | None:
    """The table of the model's row history, where it keeps one."""
    try:
        found = apps.get_model(model._meta.app_label, f"{model.__name__}Event")
    except LookupError:
        return None
    return str(found._meta.db_table)
