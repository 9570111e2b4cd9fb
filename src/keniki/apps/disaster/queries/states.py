"""Reading what an incident's entities are: now, or as it was known at a moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django_scopes import get_scope, scope

from keniki.analysis import merging
from keniki.apps.accounts.scoping import EVERY_TOWN

from ..models import EntityState, Event, Incident

#: The fields of a person that a headcount rests on.
COUNTED: Final = ("presence", merging.VOID, merging.SAME_AS)


def counted_value(value: Any) -> Any:
    """What a headcount needs of a field of a person: of a presence only state and place, of a reason nothing."""
    if isinstance(value, dict) and "state" in value:
        return {key: value[key] for key in ("state", "place") if key in value}
    if isinstance(value, dict) and "reason" in value:
        return {"value": value["value"], "reason": ""}
    return value


def entity_of(row: EntityState) -> merging.Entity:
    """A stored state as an entity."""
    return merging.restore(row.entity, row.state, row.sealed)


def state_of(incident: Incident, kinds: Collection[str], *, at: datetime | None = None) -> merging.State:
    """The state of these kinds of entities, now or as it was known at a moment (what had arrived by then).

    Kinds about persons need a scope of towns and show what these towns may see.
    """
    if at is not None:
        return _known_at(incident, kinds, at)
    rows = EntityState.objects.filter(incident=incident, kind__in=list(kinds))
    if not _about_persons(kinds):
        rows = rows.filter(personal=False)
    entities = {row.entity: entity_of(row) for row in rows}
    return merging.State(str(incident.uid), incident.mode, entities, {}, {})  # type: ignore[arg-type]


def event_of(row: Event) -> merging.Event:
    """A stored event as it was sent; without its personal part where that was erased."""
    sealed = dict(row.sealed or {})
    note = sealed.pop("note", row.note)
    raw = {
        "id": str(row.pk),
        "incident": str(row.incident.uid),
        "mode": row.mode,
        "kind": row.kind,
        "entity": row.entity,
        "device": row.device,
        "seq": row.seq or 0,
        "at": row.at.isoformat(),
        "fields": {**row.fields, **sealed},
        "note": note,
    }
    return merging.restored(raw, row.digest)


def headcounts_of(incident: Incident, *, at: datetime | None = None) -> merging.Headcounts:
    """How many people are at which shelter, of all towns, now or as it was known at a moment: numbers only, nobody's
    name is read."""
    region = get_scope().get("region", incident.region)
    with scope(region=region, towns=EVERY_TOWN):
        if at is not None:
            entities = _counted_at(incident, at)
        else:
            rows = EntityState.objects.filter(incident=incident, kind="person").values_list(
                "entity", "counting"
            )
            entities = {name: _counted(incident, name, counting) for name, counting in rows}
    return merging.headcounts(merging.State(str(incident.uid), incident.mode, entities, {}, {}))  # type: ignore[arg-type]


def events_of(incident: Incident, *, before: datetime | None = None) -> list[Event]:
    """The events that are about no person, the newest first: the chronology (クロノロジー)."""
    rows = Event.objects.filter(incident=incident, personal=False)
    if before is not None:
        rows = rows.filter(received_at__lte=before)
    return list(rows.select_related("municipality", "user").order_by("-received_at", "-id"))


def _counted(incident: Incident, name: str, counting: dict[str, dict[str, list[object]]]) -> merging.Entity:
    writes = {
        field: {ident: merging.Write(value, tuple(seen)) for ident, (value, seen) in each.items()}  # type: ignore[arg-type]
        for field, each in counting.items()
    }
    registers = {field: merging.register_of(each) for field, each in writes.items()}
    return merging.Entity(name, str(incident.uid), incident.mode, {}, writes, {}, registers)  # type: ignore[arg-type]


def _counted_at(incident: Incident, at: datetime) -> dict[str, merging.Entity]:
    """Of every person what a headcount needs, from what had arrived by then."""
    rows = Event.objects.filter(incident=incident, entity__startswith="person:", received_at__lte=at)
    writes: dict[str, dict[str, dict[str, merging.Write]]] = {}
    for row in rows.only("pk", "entity", "fields", "sealed"):
        person = writes.setdefault(row.entity, {})
        for name, write in {**row.fields, **(row.sealed or {})}.items():
            if name in COUNTED:
                person.setdefault(name, {})[str(row.pk)] = merging.Write(write["value"], tuple(write["seen"]))
    return {
        entity: merging.Entity(
            entity,
            str(incident.uid),
            incident.mode,  # type: ignore[arg-type]
            {},
            each,
            {},
            {name: merging.register_of(one) for name, one in each.items()},
        )
        for entity, each in writes.items()
    }


def _known_at(incident: Incident, kinds: Collection[str], at: datetime) -> merging.State:
    rows = Event.objects.filter(incident=incident, received_at__lte=at).select_related("incident")
    if not _about_persons(kinds):
        rows = rows.filter(personal=False)
    events = [event_of(row) for row in rows if row.entity.partition(":")[0] in kinds]
    return merging.fold(events, incident=str(incident.uid), mode=incident.mode)  # type: ignore[arg-type]


def _about_persons(kinds: Collection[str]) -> bool:
    """Whether rows about persons are asked for; else none is read, and no scope of towns is needed."""
    return any(merging.KINDS[kind].personal for kind in kinds)
