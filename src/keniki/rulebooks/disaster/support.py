"""People who need help to evacuate (避難行動要支援者) and safety inquiries (安否情報の照会): what one chooses from,
what may be answered to whom.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Final, Literal, TypeAlias, cast

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load

Item: TypeAlias = Literal["where", "health", "contact", "held"]
#: What can be answered about a person, in words.
ITEMS: Final[dict[str, str]] = {
    "where": "居所",
    "health": "けがや病気の状況",
    "contact": "連絡先",
    "held": "安否に関する情報を持っているかどうか",
}
#: The rule for persons who agreed themselves.
CONSENTED: Final = "consented"


class Choice(Entry):
    """A reason to be on the list, or how the asker is related and which `items` may be answered then."""

    kind: Literal["reason", "relation"]
    key: str
    name: str
    items: tuple[Item, ...] = ()


def reasons(on: date) -> dict[str, str]:
    """The reasons to be on the list by their keys. They are examples: the town's own requirements hold."""
    return {rule.value.key: rule.value.name for rule in _rules(on) if rule.value.kind == "reason"}


def relations(on: date) -> dict[str, Rule[Choice]]:
    """How an asker may be related, without the rule for persons who agreed."""
    found = {rule.value.key: rule for rule in _rules(on) if rule.value.kind == "relation"}
    return {key: rule for key, rule in found.items() if key != CONSENTED}


def may_be_answered(relation: str, *, consent: bool | None, on: date) -> tuple[str, ...]:
    """The items a person who asks may be told. `consent` of the person sought: yes, no, or nobody asked.

    Who said no is not spoken of at all; beside what a relation allows stands what the person agreed to.
    """
    if consent is False:
        return ()
    rules = {rule.value.key: rule.value for rule in _rules(on) if rule.value.kind == "relation"}
    allowed = set(rules[relation].items) if relation in rules and relation != CONSENTED else set()
    if consent and CONSENTED in rules:
        allowed |= set(rules[CONSENTED].items)
    return tuple(item for item in ITEMS if item in allowed)


def confirmed(relation: str, on: date) -> bool:
    """Whether the rule for this relation was read in a text."""
    rule = relations(on).get(relation)
    return rule is not None and rule.confirmed


def _rules(on: date) -> list[Rule[Choice]]:
    return cast("list[Rule[Choice]]", list(_book().in_force(on).values()))


@cache
def _book() -> Rulebook[Choice]:
    return load("disaster/support.yaml", Choice)
