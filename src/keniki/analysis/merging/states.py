"""The state of an incident: all its events folded, entities entered twice joined, in whatever order they came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeAlias

from keniki.core.errors import WrongInput

from .entities import Entity, add, built
from .events import Event, Mode, Write, check_incident
from .joining import Joined, join
from .kinds import SAME_AS
from .registers import Past, history_of
from .spelling import digest as digest_of

Arrival: TypeAlias = Literal["taken", "known", "clash", "refused"]


@dataclass(frozen=True)
class State:
    """Everything known in an incident; `refused` says why events of the other mode or another incident do not count.

    `clashes` are ids that came with different contents (a broken or forged device): all their digests; the
    smallest counts.
    """

    incident: str
    mode: Mode
    entities: Mapping[str, Entity]
    clashes: Mapping[str, tuple[str, ...]]
    refused: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole: equal exactly for those who know the same events; no clock is in it."""
        return digest_of(
            {
                "incident": self.incident,
                "mode": self.mode,
                "clashes": {ident: list(each) for ident, each in self.clashes.items()},
                "entities": [[name, self.entities[name].digest] for name in sorted(self.entities)],
            }
        )

    @cached_property
    def joined(self) -> dict[str, Joined]:
        """What was entered, each thing once, by its name, sorted."""
        return join(self.entities)

    @cached_property
    def _names(self) -> dict[str, str]:
        return {member: name for name, each in self.joined.items() for member in each.members}

    def name_of(self, entity: str) -> str:
        """The name of what `entity` is joined with; its own when it is alone or unknown."""
        return self._names.get(entity, entity)

    def of_kind(self, kind: str, *, void: bool = False) -> list[Joined]:
        """What there is of a kind; with `void` also what was taken back."""
        start = f"{kind}:"
        return [
            each for name, each in self.joined.items() if name.startswith(start) and (void or not each.void)
        ]

    def conflicts(self) -> list[tuple[str, str]]:
        """Every disagreement a person has to decide: entity and field."""
        return [(name, field) for name, each in self.joined.items() for field in each.conflicts]

    def history(self, entity: str, field: str) -> list[Past]:
        """Every write of a field of an entity and of what it is joined with, and by whom each was replaced."""
        joined = self.joined.get(self.name_of(entity))
        members = (entity,) if joined is None or field == SAME_AS else joined.members
        writes: dict[str, Write] = {}
        for member in members:
            if member in self.entities:
                writes.update(self.entities[member].writes.get(field, {}))
        return history_of(writes)


def fold(events: Iterable[Event], *, incident: str, mode: Mode) -> State:
    """The state of the incident from its events, in any order, each any number of times.

    What belongs to the other mode or to another incident does not count and stands in `refused`.

    >>> from keniki.analysis.merging.examples import INCIDENT, event
    >>> state = fold([event("a", name="岩見 沢子")], incident=INCIDENT, mode="real")
    >>> state.entities, list(state.refused.values())
    ({}, ['訓練の記録です。実災害の事案には入れられません。'])
    """
    folding = Folding(incident, mode)
    given: dict[str, Event] = {}
    digests: dict[str, set[str]] = {}
    for event in events:
        if event.incident != incident or event.mode != mode:
            folding.add(event)
            continue
        first = given.get(event.id)
        if first is None:
            given[event.id] = event
        elif first.digest != event.digest:
            digests.setdefault(event.id, {first.digest}).add(event.digest)
            if event.digest < first.digest:
                given[event.id] = event
    clashes = {ident: tuple(sorted(each)) for ident, each in sorted(digests.items())}
    about: dict[str, list[Event]] = {}
    for event in given.values():
        about.setdefault(event.entity, []).append(event)
    entities = {
        name: built(each, {event.id: clashes[event.id] for event in each if event.id in clashes})
        for name, each in about.items()
    }
    return State(incident, mode, entities, clashes, dict(sorted(folding.refused.items())))


class Folding:
    """A state to which events are added one by one; at any moment equal to folding all that came.

    >>> from keniki.analysis.merging.examples import INCIDENT, event
    >>> folding = Folding(INCIDENT, "exercise")
    >>> folding.add(event("a", name="岩見 沢子")), folding.add(event("a", name="岩見 沢子"))
    ('taken', 'known')
    """

    def __init__(self, incident: str, mode: Mode) -> None:
        self.incident: str = incident
        self.mode: Mode = mode
        self.entities: dict[str, Entity] = {}
        self.refused: dict[str, str] = {}
        self._events: dict[str, Event] = {}
        self._about: dict[str, dict[str, Event]] = {}
        self._clashes: dict[str, set[str]] = {}

    def add(self, event: Event) -> Arrival:
        """Take an event; says whether it is new, known, differs from one of the same id, or does not belong here."""
        try:
            check_incident(event.incident, event.mode, incident=self.incident, mode=self.mode)
        except WrongInput as error:
            self.refused[event.id] = min(error.message, self.refused.get(event.id, error.message))
            return "refused"
        known = self._events.get(event.id)
        if known is None:
            self._place(event)
            self.entities[event.entity] = add(self.entities.get(event.entity), event)
            return "taken"
        if event.digest == known.digest or event.digest in self._clashes.get(event.id, ()):
            return "known"
        self._clashes.setdefault(event.id, {known.digest}).add(event.digest)
        if event.digest < known.digest:
            del self._about[known.entity][known.id]
            self._place(event)
        self._again({known.entity, event.entity})
        return "clash"

    def state(self) -> State:
        """The state as of now."""
        return State(
            self.incident,
            self.mode,
            dict(self.entities),
            {ident: tuple(sorted(each)) for ident, each in sorted(self._clashes.items())},
            dict(sorted(self.refused.items())),
        )

    def _place(self, event: Event) -> None:
        self._events[event.id] = event
        self._about.setdefault(event.entity, {})[event.id] = event

    def _again(self, entities: set[str]) -> None:
        """Fold these entities anew: an event of theirs turned out to be another."""
        for name in entities:
            events = list(self._about.get(name, {}).values())
            clashes = {
                event.id: tuple(sorted(self._clashes[event.id]))
                for event in events
                if event.id in self._clashes
            }
            if events:
                self.entities[name] = built(events, dict(sorted(clashes.items())))
            else:
                self.entities.pop(name, None)


def known_at(received: Iterable[tuple[datetime, Event]], moment: datetime) -> list[Event]:
    """The events that had been received at `moment`, for a picture of the situation as it was known then.

    `received` pairs each arrival with its moment on the server's clock; the earliest arrival of an event
    counts. Moments have their offset.

    >>> from datetime import UTC, datetime
    >>> from keniki.analysis.merging.examples import event
    >>> received = [(datetime(2026, 8, 1, 3, tzinfo=UTC), event("a", name="岩見 沢子"))]
    >>> known_at(received, datetime(2026, 8, 1, 2, tzinfo=UTC))
    []
    """
    found: dict[tuple[str, str], Event] = {}
    for at, event in received:
        if at <= moment:
            found.setdefault((event.id, event.digest), event)
    return list(found.values())


def fields_for(joined: Joined | Entity | None, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The `fields` of an event that writes `values` to what its author looks at: what stands there is replaced.

    `void` and `same_as` belong to one entity, not to what it is joined with: give the `Entity` to write them.
    None stands for what was not there before.

    >>> from keniki.analysis.merging.entities import fold_entity
    >>> from keniki.analysis.merging.examples import event
    >>> person = fold_entity([event("a", name="岩見 沢子"), event("b", name="岩見 澤子")])
    >>> len(fields_for(person, {"name": "岩見 澤子"})["name"]["seen"])
    2
    """
    registers = {} if joined is None else joined.registers
    return {
        name: {"value": value, "seen": registers[name].seen if name in registers else []}
        for name, value in values.items()
    }
