"""What the kinds of activities come to: studied only, or done."""

from __future__ import annotations

from datetime import date
from functools import cache

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load


class Outcomes(Entry):
    """The kinds that make a promise studied only (検討); whatever else was done makes it done (実施).

    `statement` is the rule as printed beside the trace.
    """

    studied: frozenset[str]
    statement: str


def outcomes(on: date) -> Rule[Outcomes]:
    """The rule for activities of the fiscal year that begins on that day."""
    return _outcomes().on("outcomes", on)


@cache
def _outcomes() -> Rulebook[Outcomes]:
    return load("activities/outcomes.yaml", Outcomes)
