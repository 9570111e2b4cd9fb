"""What the database holds about figures: never changed, and naming only what there is.

A foreign key is checked row by row when the transaction ends: two thirds of the time it takes to load a table of
200,000 figures. Here one statement checks all rows that a COPY brought, and what they name is never removed.
"""

from __future__ import annotations

from collections.abc import Mapping

import pgtrigger


def appended() -> tuple[pgtrigger.Trigger, ...]:
    """Rows are added and never changed or removed."""
    return (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)


def stays() -> pgtrigger.Trigger:
    """A row that figures name is never removed."""
    return pgtrigger.Protect(name="stays", operation=pgtrigger.Delete)


def names_what_there_is(tables: Mapping[str, str], name: str = "names_what_there_is") -> pgtrigger.Trigger:
    """Every added row's columns name a row of these tables; one check per statement. Empty ones name nothing."""
    lost = " OR ".join(
        f"EXISTS (SELECT 1 FROM added a WHERE a.{column} IS NOT NULL"  # noqa: S608 (names of our own tables)
        f" AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = a.{column}))"
        for column, table in tables.items()
    )
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func=f"""
            IF {lost} THEN
                RAISE EXCEPTION 'a figure names what there is not' USING ERRCODE = 'foreign_key_violation';
            END IF;
            RETURN NULL;
        """,
    )
