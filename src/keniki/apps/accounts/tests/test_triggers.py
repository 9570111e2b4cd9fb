"""The quick registry of triggers refuses what the library's own refuses."""

from __future__ import annotations

import pgtrigger
import pytest
from pgtrigger import registry

from keniki.apps.accounts.triggers import TriggerRegistry
from keniki.apps.regions.models import Region


def trigger(name: str, operation: pgtrigger.Operation = pgtrigger.Delete) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(name=name, operation=operation, when=pgtrigger.After, func="RETURN OLD;")


def test_every_trigger_is_known_by_its_table_and_its_function() -> None:
    known = registry._registry
    assert isinstance(known, TriggerRegistry)
    slow = {(model._meta.db_table, each.name): each for model, each in known.values()}
    assert known.by_db_table == slow
    assert known.pg_function_names == {each.get_pgid(model) for model, each in known.values()}


def test_a_name_is_given_once_and_free_again_after_its_removal() -> None:
    first = trigger("once")
    first.register(Region)
    try:
        with pytest.raises(KeyError, match="already used"):
            trigger("once", pgtrigger.Update).register(Region)
    finally:
        first.unregister(Region)
    again = trigger("once", pgtrigger.Update)
    again.register(Region)
    again.unregister(Region)
    assert (Region._meta.db_table, "once") not in registry._registry.by_db_table
