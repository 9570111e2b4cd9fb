"""Reading the board of an incident: a constant number of queries, whatever happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ...models import Event, Incident
from ..states import headcounts_of, state_of
from .composing import KINDS, Board, composed
from .data import Mark, heads
from .places import known_places

_MARK = ("pk", "received_at", "actor_name", "post_label", "on_behalf_of", "via")


def board_of(incident: Incident, *, at: datetime | None = None) -> Board:
    """The board of an incident, now or as it was known at a moment; needs a scope of the region, and no actor."""
    state = state_of(incident, KINDS, at=at)
    known = known_places(incident.region)
    marks = marks_of(incident, heads(state.entities.values()))
    return composed(state, headcounts_of(incident, at=at), known, marks, at)


def marks_of(incident: Incident, events: Iterable[str]) -> dict[str, Mark]:
    """Who wrote these events that are about no person, and when they arrived."""
    rows: Any = Event.objects.filter(incident=incident, personal=False, pk__in=list(events))
    labels = dict(Event.Via.choices)
    return {
        str(pk): Mark(at, who, post, behalf, str(labels[via]))
        for pk, at, who, post, behalf, via in rows.values_list(*_MARK)
    }
