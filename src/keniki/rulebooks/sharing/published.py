"""Rules of sharing that municipalities published, as examples to start from."""

from __future__ import annotations

from keniki.rulebooks.loader import Entry, Rule, load

from .spec import RuleSpec


class PublishedRule(Entry):
    """A rule somewhere in force: whose it is, for what, and what it says."""

    body: str
    subject: str
    rule: RuleSpec


def published_rules() -> list[Rule[PublishedRule]]:
    """Every published rule of sharing, in the order of the file."""
    return list(load("sharing/published.yaml", PublishedRule).rules)
