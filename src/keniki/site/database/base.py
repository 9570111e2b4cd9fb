"""The engine Django loads: every statement runs under the row security of the scope it is written in.

`scope(region=…)` narrows the managers in Python; the same scope stands in the session's setting `keniki.regions`,
by which the tables' policies show a region's rows. Code that goes past the managers is stopped by the server.
`scope(towns=…)` stands in `keniki.towns`, by which rows about persons are shown to the towns they are of.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as Postgresql
from django_scopes import get_scope
from psycopg.pq import TransactionStatus

EVERY, NONE = "*", "-"


def regions_in_scope() -> str:
    """What the policies compare with: keys of the regions in scope, `-` for an empty list of them, `*` where scopes
    are disabled; nothing outside any scope, where the server refuses.
    """
    state = get_scope()
    if not state.get("_enabled", True):
        return EVERY
    region = state.get("region")
    if region is None:
        return ""
    regions = region if isinstance(region, list | tuple | set | frozenset) else [region]
    return ",".join(str(one.pk) for one in regions) or NONE


def towns_in_scope() -> str:
    """Ids of the municipalities whose personal rows are shown, `-` for none of them, `*` where scopes are disabled;
    nothing where nobody said, where the server refuses.
    """
    state = get_scope()
    if not state.get("_enabled", True):
        return EVERY
    towns = state.get("towns")
    if towns is None:
        return ""
    return ",".join(sorted(str(town) for town in towns)) or NONE


class DatabaseWrapper(Postgresql):
    """Sets `keniki.regions` and `keniki.towns` when the scope differs from what the session was last told."""

    _told: tuple[str, str] | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._told = None
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        self._tell()
        return super().create_cursor(name)

    def _tell(self) -> None:
        wanted = (regions_in_scope(), towns_in_scope())
        if wanted == self._told or self.connection.info.transaction_status == TransactionStatus.INERROR:
            return
        self.connection.execute(
            "SELECT set_config('keniki.regions', %s, false), set_config('keniki.towns', %s, false)", wanted
        )
        self._told = wanted

    def _rollback(self) -> None:
        """A rollback also takes back what the session was told meanwhile."""
        self._told = None
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._told = None
