"""Triggers by which the database itself refuses a row, whatever region the session has in scope."""

from __future__ import annotations

from collections.abc import Callable

import pgtrigger

#: A server lets superusers alone attach a setting to a function, so the guard's body sets and resets it.
_SEEING_ALL = """PERFORM set_config('keniki.regions', '*', true);
{check}
PERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);
RETURN {returns};"""


class Guard(pgtrigger.Trigger):  # type: ignore[misc]
    """A trigger whose `check` (PL/pgSQL statements) raises where the row must not be written.

    The check reads the rows of every region: row security would show it nothing of a parent in another region's
    scope, and so let a change of the child pass. It must not contain RETURN.
    """

    def __init__(
        self,
        *,
        name: str,
        operation: pgtrigger.Operation,
        check: str,
        when: pgtrigger.When = pgtrigger.Before,
        timing: pgtrigger.Timing | None = None,
        condition: pgtrigger.Condition | None = None,
    ) -> None:
        returns = "NULL" if when is pgtrigger.After else "OLD" if operation is pgtrigger.Delete else "NEW"
        super().__init__(
            name=name,
            operation=operation,
            when=when,
            timing=timing,
            condition=condition,
            declare=[("in_scope", "text := current_setting('keniki.regions', true)")],
            func=_SEEING_ALL.replace("{check}", check.strip()).replace("{returns}", returns),
        )


def at_the_end(name: str, check: str) -> Guard:
    """A guard on inserts that speaks when the transaction ends, so that rows which belong together come first."""
    return Guard(
        name=name, operation=pgtrigger.Insert, when=pgtrigger.After, timing=pgtrigger.Deferred, check=check
    )


def guards(
    name: str,
    check: Callable[[str], str],
    *,
    update: str | None = None,
    names: tuple[str, str, str] | None = None,
) -> list[pgtrigger.Trigger]:
    """Guards on insert, update and delete. `check` makes the statements for the row `NEW` or `OLD`.

    An update is checked for the row as it was and as it becomes, unless `update` says otherwise. `names` are those
    of the three triggers, by default `name_insert`, `name_update`, `name_delete`.
    """
    insert_name, update_name, delete_name = names or (f"{name}_insert", f"{name}_update", f"{name}_delete")
    both = check("OLD") + check("NEW") if update is None else update
    return [
        Guard(name=insert_name, operation=pgtrigger.Insert, check=check("NEW")),
        Guard(name=update_name, operation=pgtrigger.Update, check=both),
        Guard(name=delete_name, operation=pgtrigger.Delete, check=check("OLD")),
    ]
