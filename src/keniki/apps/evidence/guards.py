"""What the database holds about figures: never changed, and naming only what there is.

A foreign key is checked row by row when the transaction ends: two thirds of the time it takes to load a table of
200,000 figures. Here one statement checks all rows that a COPY brought, and what they name is never removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pgtrigger


def appended() -> tuple[pgtrigger.Trigger, ...]:
    """Rows are added and never changed or removed."""
    return (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)


def stays() -> pgtrigger.Trigger:
    """A row that figures name is never removed."""
    return pgtrigger.Protect(name="stays", operation=pgtrigger.Delete)


def names_what_there_is(
    tables: Mapping[str, str], rarely: Mapping[str, str] = MappingProxyType({})
) -> pgtrigger.Trigger:
    """Every added row's columns name a row of these tables; all are looked up in one pass over what was added.

    Columns in `rarely` are mostly empty, and empty ones name nothing: their (large) tables are looked at for the
    others only.
    """
    joins = " ".join(
        f"LEFT JOIN {table} t{number} ON t{number}.id = a.{column}"
        for number, (column, table) in enumerate(tables.items())
    )
    lost = " OR ".join(f"t{number}.id IS NULL" for number in range(len(tables)))
    refused = "RAISE EXCEPTION 'a figure names what there is not' USING ERRCODE = 'foreign_key_violation';"
    checks = [
        f"IF EXISTS (SELECT 1 FROM added a {joins} WHERE {lost}) THEN {refused} END IF;"  # noqa: S608 (own names)
    ]
    checks += [
        f"IF EXISTS (SELECT 1 FROM added WHERE {column} IS NOT NULL) THEN"  # noqa: S608
        f" IF EXISTS (SELECT 1 FROM added a WHERE a.{column} IS NOT NULL"
        f" AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = a.{column})) THEN {refused} END IF; END IF;"
        for column, table in rarely.items()
    ]
    return pgtrigger.Trigger(
        name="names_what_there_is",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func=" ".join([*checks, "RETURN NULL;"]),
    )
