"""The library of triggers, as fast with hundreds of them as with a few."""

from __future__ import annotations

from typing import Any

from pgtrigger import registry


class TriggerRegistry(registry._Registry):  # type: ignore[misc]
    """Knows its triggers by table and by function name.

    The library goes through all of them for each one added, a third of the time a command takes to start here.
    """

    def __init__(self) -> None:
        self._by_table: dict[tuple[str, str], Any] = {}
        self._functions: set[str] = set()
        super().__init__()

    @property
    def by_db_table(self) -> dict[tuple[str, str], Any]:
        return self._by_table

    @property
    def pg_function_names(self) -> set[str]:
        return self._functions

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        model, trigger = value
        self._by_table[model._meta.db_table, trigger.name] = trigger
        self._functions.add(trigger.get_pgid(model))

    def __delitem__(self, key: str) -> None:
        model, trigger = self[key]
        super().__delitem__(key)
        del self._by_table[model._meta.db_table, trigger.name]
        self._functions.discard(trigger.get_pgid(model))


def use() -> None:
    """Register triggers there from now on; asked for before the first model is read."""
    if not isinstance(registry._registry, TriggerRegistry):
        registry._registry = TriggerRegistry()
