"""How many houses of a town came to which class: put on the board as one entry when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality
from keniki.rulebooks.disaster import law
from keniki.rulebooks.disaster.law import ReportForm
from keniki.rulebooks.loader import Rule

from ... import policies
from ...models import Incident
from ...queries import housing as queries
from ...queries.states import state_of
from ..board.writing import Writing, shown_before, shown_of, write
from ..events import Receipt


def form_on(day: date) -> Rule[ReportForm]:
    """The damage report in force on a day; of an earlier day the first one that is known."""
    return law.damage_form(max(day, law.first_day()))


def values_of(state: merging.State, code: str, form: ReportForm) -> dict[str, object]:
    """What the board says of a town in the rows by class (None: nobody said, or people disagree)."""
    shown = shown_of(state.joined.get(state.name_of(f"damage:{code}")))
    return {row.field: shown.value(row.field) for row in form.by_class}


def figures_of(counts: Mapping[str, int], form: ReportForm) -> dict[str, int]:
    """The rows by class for houses by class."""
    return {row.field: sum(counts.get(key, 0) for key in row.classes) for row in form.by_class}


@dataclass(frozen=True)
class Reported:
    """What the board says of these rows: the value of each (None: nobody said, or people disagree), the writes seen."""

    values: Mapping[str, object]
    seen: Mapping[str, list[str]]


def reported(incident: Incident, town: Municipality, form: ReportForm) -> Reported:
    """What the board says now."""
    state = state_of(incident, ("damage",))
    shown = shown_of(state.joined.get(state.name_of(f"damage:{town.code}")))
    return Reported(
        values_of(state, town.code, form),
        {row.field: shown.seen(row.field) for row in form.by_class if shown.seen(row.field)},
    )


def post_totals(
    actor: Actor, incident: Incident, town: Municipality, seen: Mapping[str, Sequence[str]]
) -> Receipt:
    """Put the houses that were decided on onto the board: one entry that replaces the writes its page showed (`seen`).

    Raises `WrongInput` where nothing changed, or `Denied`.
    """
    policies.record_person(actor, incident.region, town).require()
    form = form_on(timezone.localtime(incident.began_at).date()).value
    figures = figures_of(queries.counts_of(incident, town).official, form)
    entity = f"damage:{town.code}"
    shown = shown_before(state_of(incident, ("damage",)), entity, seen)
    writing = Writing(entity, figures, shown)
    return write(actor, incident, "damage.report", [writing], note="住家被害認定調査の決定による棟数")
