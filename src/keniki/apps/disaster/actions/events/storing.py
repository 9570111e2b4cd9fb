"""Storing events and bringing the states of their entities up to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import IntegrityError
from django.utils.dateparse import parse_datetime

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act
from keniki.core.errors import WrongInput

from ...models import EntityState, Event, Incident
from ...queries.states import COUNTED, counted_value, entity_of
from .placing import Placed


def stored_digests(events: Sequence[merging.Event]) -> dict[str, str]:
    """The digests of those that are stored already, whoever sees them, by id."""
    rows = Event._base_manager.filter(pk__in=[event.id for event in events]).values_list("pk", "digest")
    return {str(pk): digest for pk, digest in rows}


def store(act: Act, actor: Actor, incident: Incident, placed: Sequence[Placed], via: str) -> None:
    """Store events; raises `WrongInput` where the same came in at the same moment."""
    rows = []
    for each in placed:
        event = each.event
        fields, sealed = merging.split_fields(event)
        personal = sealed is not None or merging.KINDS[event.entity.partition(":")[0]].personal
        if personal and event.note:
            sealed = {**(sealed or {}), "note": event.note}
        post = each.ruling.post or act.post
        rows.append(
            Event(
                id=event.id,
                region=incident.region,
                incident=incident,
                mode=incident.mode,
                kind=event.kind,
                entity=event.entity,
                municipality=each.town,
                home=each.home,
                personal=personal,
                fields=fields,
                sealed=sealed,
                note="" if personal else event.note,
                device=event.device,
                seq=event.seq,
                at=parse_datetime(event.at) or datetime.now(UTC),
                user=actor.user,
                actor_name=actor.name,
                post_label=post.label if post else "",
                on_behalf_of="" if actor.via == "system" else each.ruling.on_behalf_of,
                via=via,
                digest=event.digest,
            )
        )
    try:
        Event.objects.bulk_create(rows)
    except IntegrityError as error:
        if "disaster_event_pkey" not in str(error):
            raise
        raise WrongInput("同じできごとが同時に届きました。もう一度送ってください。") from error


def fold(
    incident: Incident, placed: Sequence[Placed], states: dict[str, EntityState]
) -> list[tuple[str, str]]:
    """Bring the states of the entities up to date; the disagreements in them."""
    groups: dict[str, list[Placed]] = {}
    for each in placed:
        groups.setdefault(each.event.entity, []).append(each)
    found: list[tuple[str, str]] = []
    for name, group in groups.items():
        row = states.get(name)
        entity = entity_of(row) if row is not None else None
        for each in group:
            entity = merging.add(entity, each.event)
        assert entity is not None
        if row is None:
            row = EntityState(region=incident.region, incident=incident, mode=incident.mode, entity=name)
            row.kind = entity.kind
        kept = merging.store(entity)
        row.state, row.sealed, row.digest = kept.open, kept.sealed, entity.digest
        row.personal = kept.sealed is not None or merging.KINDS[entity.kind].personal
        row.counting = (
            {
                name: {
                    ident: [counted_value(write.value), list(write.seen)] for ident, write in writes.items()
                }
                for name, writes in entity.writes.items()
                if name in COUNTED
            }
            if entity.kind == "person"
            else {}
        )
        row.conflicts = len(entity.conflicts)
        row.void = bool((entity.value(merging.VOID) or {}).get("value"))
        row.municipality = group[-1].town or row.municipality
        row.home = next((each.home for each in reversed(group) if each.home is not None), row.home)
        row.save()
        found += [(name, conflict) for conflict in entity.conflicts]
    return found
