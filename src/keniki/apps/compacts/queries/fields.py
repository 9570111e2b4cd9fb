"""Names of policy fields by key, over all programmes."""

from __future__ import annotations

from collections.abc import Iterable

from keniki.apps.regions import policies as regions
from keniki.rulebooks.loader import RuleNotInForce
from keniki.rulebooks.programmes import PROGRAMMES, policy_fields


def field_names(keep: Iterable[str] = ()) -> dict[str, str]:
    """The fields of all programmes in force, the first programme's name winning; unknown keys in `keep` as they are."""
    found: dict[str, str] = {}
    for programme in PROGRAMMES:
        try:
            rule = policy_fields(programme, regions.today())
        except RuleNotInForce:
            continue
        for field in rule.value.fields:
            found.setdefault(field.key, field.label)
    for key in keep:
        found.setdefault(key, key)
    return found
