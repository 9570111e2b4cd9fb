"""How many houses of a town came to which class: put on the board as one entry when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality

from ... import policies
from ...models import Incident
from ...queries import housing as queries
from ...queries.states import state_of
from ..board.writing import Writing, shown_before, shown_of, write
from ..events import Receipt

#: The rows of the damage report (第4号様式), and the classes that are counted in each.
REPORTED: Final[Mapping[str, tuple[str, ...]]] = {
    "houses.total": ("total",),
    "houses.half": ("major_half", "middle_half", "half"),
    "houses.partial": ("quasi_half", "partial"),
}
#: These rows in words.
WORDS: Final = {"houses.total": "全壊", "houses.half": "半壊", "houses.partial": "一部破損"}


def values_of(state: merging.State, code: str) -> dict[str, object]:
    """What the board says of a town in these rows (None: nobody said, or people disagree)."""
    shown = shown_of(state.joined.get(state.name_of(f"damage:{code}")))
    return {field: shown.value(field) for field in REPORTED}


def figures_of(counts: Mapping[str, int]) -> dict[str, int]:
    """The rows of the damage report for houses by class."""
    return {field: sum(counts.get(key, 0) for key in keys) for field, keys in REPORTED.items()}


@dataclass(frozen=True)
class Reported:
    """What the board says of these rows: the value of each (None: nobody said, or people disagree), the writes seen."""

    values: Mapping[str, object]
    seen: Mapping[str, list[str]]


def reported(incident: Incident, town: Municipality) -> Reported:
    """What the board says now."""
    state = state_of(incident, ("damage",))
    shown = shown_of(state.joined.get(state.name_of(f"damage:{town.code}")))
    return Reported(
        values_of(state, town.code),
        {field: shown.seen(field) for field in REPORTED if shown.seen(field)},
    )


def post_totals(
    actor: Actor, incident: Incident, town: Municipality, seen: Mapping[str, Sequence[str]]
) -> Receipt:
    """Put the houses that were decided on onto the board: one entry that replaces the writes its page showed (`seen`).

    Raises `WrongInput` where nothing changed, or `Denied`.
    """
    policies.record_person(actor, incident.region, town).require()
    figures = figures_of(queries.counts_of(incident, town).official)
    entity = f"damage:{town.code}"
    shown = shown_before(state_of(incident, ("damage",)), entity, seen)
    writing = Writing(entity, figures, shown)
    return write(actor, incident, "damage.report", [writing], note="住家被害認定調査の決定による棟数")
