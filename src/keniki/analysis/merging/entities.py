"""One entity of an incident: its events folded into registers, one by one or all at once, stored in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .events import Event, Mode, Write, check_incident
from .kinds import KINDS, field_of
from .registers import Past, Register, history_of, register_of
from .spelling import digest as digest_of


class Sign(NamedTuple):
    """What the chronology says of an event: never used to decide."""

    digest: str
    kind: str
    device: str
    seq: int
    at: str
    note: str


@dataclass(frozen=True)
class Entity:
    """An entity and all that was written to it: a pure function of the set of its events.

    `writes` are the writes by field and event id, `registers` what of them stands. `clashes` are ids that came
    with different contents: all their digests, sorted; the smallest is the one that counts.
    """

    entity: str
    incident: str
    mode: Mode
    signs: Mapping[str, Sign]
    writes: Mapping[str, Mapping[str, Write]]
    clashes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    registers: Mapping[str, Register] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.entity.partition(":")[0]

    @property
    def digest(self) -> str:
        """SHA-256 of which events are known and what stands: equal for two who have the same; no clock is in it."""
        return digest_of(
            {
                "entity": self.entity,
                "incident": self.incident,
                "mode": self.mode,
                "events": sorted(self.signs),
                "clashes": {ident: list(each) for ident, each in self.clashes.items()},
                "fields": {
                    name: [[ident, value] for ident, value in register.heads.items()]
                    for name, register in self.registers.items()
                },
            }
        )

    @property
    def conflicts(self) -> list[str]:
        """The fields about which people disagree."""
        return sorted(name for name, register in self.registers.items() if register.conflict)

    def value(self, name: str) -> Any:
        """The value of a field; None when nothing stands or there is a conflict."""
        register = self.registers.get(name)
        return None if register is None else register.value

    def history(self, name: str) -> list[Past]:
        """Every write of a field and by whom it was replaced."""
        return history_of(self.writes.get(name, {}))


class Stored(NamedTuple):
    """An entity as JSON: what is open, and what is about a person, to be sealed (None without any)."""

    open: dict[str, Any]
    sealed: dict[str, Any] | None


def fold_entity(events: Iterable[Event]) -> Entity:
    """The entity of events that all concern it, in any order, each any number of times.

    Raises `WrongInput` when they belong to several incidents or modes; `ValueError` without events or with
    several entities.

    >>> from keniki.analysis.merging.examples import event
    >>> fold_entity([event("a", name="岩見 沢子"), event("b", name="岩見 澤子")]).conflicts
    ['name']
    """
    given: dict[str, dict[str, Event]] = {}
    for event in events:
        given.setdefault(event.id, {})[event.digest] = event
    chosen = {ident: each[min(each)] for ident, each in given.items()}
    clashes = {ident: tuple(sorted(each)) for ident, each in sorted(given.items()) if len(each) > 1}
    return built(list(chosen.values()), clashes)


def built(events: list[Event], clashes: Mapping[str, tuple[str, ...]]) -> Entity:
    """The entity of events with an id of their own each; `clashes` as found by the caller.

    >>> from keniki.analysis.merging.examples import event
    >>> built([event("a", name="岩見 沢子")], {}).value("name")
    '岩見 沢子'
    """
    if not events:
        raise ValueError("no events")
    first = events[0]
    writes: dict[str, dict[str, Write]] = {}
    signs = {}
    for event in events:
        _check_same(first.entity, first.incident, first.mode, event)
        signs[event.id] = _sign(event)
        for name, write in event.fields.items():
            writes.setdefault(name, {})[event.id] = write
    registers = {name: register_of(writes[name]) for name in sorted(writes)}
    return Entity(first.entity, first.incident, first.mode, signs, writes, dict(clashes), registers)


def add(entity: Entity | None, event: Event) -> Entity:
    """The entity with one more event: equal to folding all of its events anew. The entity given stays as it is.

    >>> from keniki.analysis.merging.examples import event
    >>> one, two = event("a", name="岩見 沢子"), event("b", name="岩見 澤子")
    >>> add(add(None, two), one) == fold_entity([one, two])
    True
    """
    if entity is None:
        return fold_entity([event])
    _check_same(entity.entity, entity.incident, entity.mode, event)
    known = entity.signs.get(event.id)
    if known is None:
        return _with(entity, event, entity.clashes)
    if event.digest == known.digest or event.digest in entity.clashes.get(event.id, ()):
        return entity
    digests = sorted({known.digest, event.digest, *entity.clashes.get(event.id, ())})
    clashes = dict(sorted({**entity.clashes, event.id: tuple(digests)}.items()))
    if event.digest != digests[0]:
        return Entity(
            entity.entity,
            entity.incident,
            entity.mode,
            entity.signs,
            entity.writes,
            clashes,
            entity.registers,
        )
    return _with(_without(entity, event.id), event, clashes)


def store(entity: Entity) -> Stored:
    """The entity as JSON, what is about a person apart.

    >>> from keniki.analysis.merging.examples import event
    >>> stored = store(fold_entity([event("a", name="岩見 沢子")]))
    >>> "岩見" in str(stored.open), "岩見" in str(stored.sealed)
    (False, True)
    """
    personal = KINDS[entity.kind].personal
    open_part: dict[str, Any] = {
        "incident": entity.incident,
        "mode": entity.mode,
        "signs": {
            ident: [*sign[:5], "" if personal else sign.note] for ident, sign in sorted(entity.signs.items())
        },
        "clashes": {ident: list(each) for ident, each in entity.clashes.items()},
        "fields": {},
    }
    fields: dict[str, Any] = {}
    for name in sorted(entity.writes):
        written = {
            ident: [write.value, list(write.seen)] for ident, write in sorted(entity.writes[name].items())
        }
        (fields if field_of(entity.kind, name).personal else open_part["fields"])[name] = written
    sealed: dict[str, Any] = {"fields": fields} if fields else {}
    notes = {ident: sign.note for ident, sign in sorted(entity.signs.items()) if sign.note}
    if personal and notes:
        sealed["notes"] = notes
    return Stored(open_part, sealed or None)


def restore(entity: str, open_part: Mapping[str, Any], sealed: Mapping[str, Any] | None) -> Entity:
    """The entity as `store` wrote it; without `sealed` (not allowed to read, or purged) nothing that is about a
    person.

    >>> from keniki.analysis.merging.examples import event
    >>> one = fold_entity([event("a", name="岩見 沢子")])
    >>> restore(one.entity, *store(one)) == one
    True
    """
    hidden = sealed or {}
    notes = hidden.get("notes", {})
    signs = {
        ident: Sign(*(*sign[:5], notes.get(ident, sign[5]))) for ident, sign in open_part["signs"].items()
    }
    fields = {**open_part["fields"], **hidden.get("fields", {})}
    writes = {
        name: {ident: Write(value, tuple(seen)) for ident, (value, seen) in fields[name].items()}
        for name in sorted(fields)
    }
    registers = {name: register_of(each) for name, each in writes.items()}
    clashes = {ident: tuple(each) for ident, each in open_part["clashes"].items()}
    return Entity(entity, open_part["incident"], open_part["mode"], signs, writes, clashes, registers)


def _sign(event: Event) -> Sign:
    return Sign(event.digest, event.kind, event.device, event.seq, event.at, event.note)


def _check_same(entity: str, incident: str, mode: Mode, event: Event) -> None:
    check_incident(event.incident, event.mode, incident=incident, mode=mode)
    if event.entity != entity:
        raise ValueError(f"{event.id} is about {event.entity}, not about {entity}")


def _with(entity: Entity, event: Event, clashes: Mapping[str, tuple[str, ...]]) -> Entity:
    writes = dict(entity.writes)
    registers = dict(entity.registers)
    for name, write in event.fields.items():
        writes[name] = {**writes.get(name, {}), event.id: write}
        registers[name] = register_of(writes[name])
    if len(registers) > len(entity.registers):
        registers = dict(sorted(registers.items()))
    signs = {**entity.signs, event.id: _sign(event)}
    return Entity(entity.entity, entity.incident, entity.mode, signs, writes, clashes, registers)


def _without(entity: Entity, ident: str) -> Entity:
    """The entity as if the event had never come."""
    writes = {}
    registers = {}
    for name, each in entity.writes.items():
        rest = {other: write for other, write in each.items() if other != ident}
        if rest:
            writes[name] = rest
            registers[name] = entity.registers[name] if len(rest) == len(each) else register_of(rest)
    signs = {other: sign for other, sign in entity.signs.items() if other != ident}
    return Entity(entity.entity, entity.incident, entity.mode, signs, writes, entity.clashes, registers)
