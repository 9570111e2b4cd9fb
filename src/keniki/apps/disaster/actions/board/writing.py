"""Writing on the board: one event for each entity, replacing only what the writer's page showed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor
from keniki.core.errors import WrongInput

from ...models import Event, Incident
from ..events import Receipt, record

UNCHANGED: Final = "変わったところがありません。変えるところを入力してください。"


@dataclass(frozen=True)
class Shown:
    """What a page showed of an entity: of each field the writes that stood (`seen`), with their values."""

    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def seen(self, name: str) -> list[str]:
        """The writes of a field the writer saw."""
        return list(self.fields.get(name, ()))

    def values(self, name: str) -> list[Any]:
        """The different values the writer saw; several where people disagreed."""
        return merging.Register(self.fields.get(name, {})).values

    def value(self, name: str) -> Any:
        """The value the writer saw; None without one or where people disagreed."""
        return merging.Register(self.fields.get(name, {})).value

    def as_json(self) -> dict[str, list[str]]:
        """What the form carries: the seen writes by field."""
        return {name: list(each) for name, each in self.fields.items() if each}


def shown_of(joined: merging.Joined | None) -> Shown:
    """What a page shows of an entity now."""
    if joined is None:
        return Shown()
    return Shown({name: dict(register.heads) for name, register in joined.registers.items()})


def shown_before(state: merging.State, entity: str, seen: Mapping[str, Sequence[str]]) -> Shown:
    """What a page had shown: the writes its form names, of the entity and what it is joined with."""
    joined = state.joined.get(state.name_of(entity))
    members = joined.members if joined is not None else (entity,)
    writes: dict[str, dict[str, Any]] = {}
    for member in members:
        found = state.entities.get(member)
        for name, each in found.writes.items() if found is not None else ():
            known = {ident: write.value for ident, write in each.items() if ident in seen.get(name, ())}
            writes.setdefault(name, {}).update(known)
    return Shown({name: {**dict.fromkeys(idents), **writes.get(name, {})} for name, idents in seen.items()})


def changed(values: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """Of what a form holds, what differs from what it showed: nothing else is written, so that nobody overwrites what
    they did not touch. Of a field people disagreed about a value counts as a decision, no value as none."""
    found = {}
    for name, value in values.items():
        before = shown.values(name)
        if len(before) > 1:
            if value is not None:
                found[name] = value
        elif merging.canonical(value) != merging.canonical(before[0] if before else None):
            found[name] = value
    return found


@dataclass(frozen=True)
class Writing:
    """What somebody writes of an entity: `values` as the form holds them, what its page showed."""

    entity: str
    values: Mapping[str, Any]
    shown: Shown


def write(
    actor: Actor,
    incident: Incident,
    kind: str,
    writings: Sequence[Writing],
    *,
    note: str = "",
    via: str = Event.Via.PAGE,
) -> Receipt:
    """Record what was changed, one event for each entity, all or none.

    Raises `WrongInput` where nothing was changed or a value cannot stand, `Denied` where the actor may not.
    """
    whole = Receipt()
    with transaction.atomic():
        for each in writings:
            values = changed(each.values, each.shown)
            if not values and not note.strip():
                continue
            receipt = record(
                actor,
                incident,
                each.entity,
                kind,
                values,
                seen={name: each.shown.seen(name) for name in values},
                note=note,
                via=via,
            )
            whole.stored += receipt.stored
            whole.conflicts += receipt.conflicts
        if not whole.stored:
            raise WrongInput(UNCHANGED)
    return whole


def decide(
    actor: Actor,
    incident: Incident,
    state: merging.State,
    entity: str,
    name: str,
    head: str,
    seen: Sequence[str],
) -> Receipt:
    """Decide a disagreement: the value of the write `head` stands, all that the page showed (`seen`) is replaced.

    Raises `WrongInput` when the value is none of those that were shown.
    """
    shown = shown_before(state, entity, {name: list(seen)})
    if name in (merging.VOID, merging.SAME_AS):
        own = state.entities.get(entity)
        writes = own.writes.get(name, {}) if own is not None else {}
        shown = Shown({name: {ident: writes[ident].value for ident in seen if ident in writes}})
    values = shown.fields.get(name, {})
    if head not in values or head not in seen:
        raise WrongInput("選んだ内容が見つかりません。画面を新しくして、もう一度選んでください。")
    return record(
        actor, incident, entity, "board.decide", {name: values[head]}, seen={name: shown.seen(name)}
    )


def take_back(
    actor: Actor, incident: Incident, entity: merging.Entity, reason: str, *, restore: bool = False
) -> Receipt:
    """Take an entity back with the reason (取消), or take that back again. Raises `WrongInput` without a reason."""
    if not reason.strip():
        raise WrongInput("取消しの理由を入力してください。", column="reason")
    register = entity.registers.get(merging.VOID)
    seen = {merging.VOID: register.seen} if register is not None else {}
    value = {"value": not restore, "reason": reason.strip()}
    return record(actor, incident, entity.entity, "board.void", {merging.VOID: value}, seen=seen)


def new_entity(kind: str) -> str:
    """A name for something new of a kind whose names are made up: a road, a request, a note, a place."""
    return f"{kind}:{uuid.uuid4()}"
