"""A batch of events, or one of a page: read, judged one by one, stored, folded, logged."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django_scopes import get_scope, scope

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.accounts.verbs import Act, lock, verb
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput

from ... import policies
from ...models import Device, EntityState, Event, Incident
from ...queries.snapshots import incident_changed
from .placing import Placed, Placing, is_about_persons, named_town
from .receipts import Receipt, Refused
from .refusing import keep_aside, words
from .storing import fold, store, stored_digests

#: A batch has no more events than this: a shelter's day without network fits, a page waits no longer than seconds.
MOST: Final = 500
_REVOKED: Final = "登録を抹消した端末のできごとです。紛失した端末でないか確かめてください。"
_UNKNOWN: Final = "事案が見つかりません。事案の番号を確かめてください。"


def take_events(
    actor: Actor, region: Region, raws: object, *, via: str = Event.Via.DEVICE, device: str | None = None
) -> Receipt:
    """Take a batch of events of any incidents of the region. Sent again, in any order, it changes nothing.

    Raises `WrongInput` for what is no batch at all; a single event that cannot be taken is refused by itself.
    """
    if not isinstance(raws, list):
        raise WrongInput("できごとは一覧（配列）で送ってください。", column="events")
    if len(raws) > MOST:
        raise WrongInput(f"一度に送れるできごとは{MOST}件までです。分けて送ってください。", column="events")
    events, quarantined = merging.parse_batch(raws, device=device)
    numbers = _numbers(raws)
    receipt = Receipt(refused=[Refused(each.number, each.id, each.reason) for each in quarantined])
    by_incident: dict[str, list[merging.Event]] = {}
    for event in events:
        by_incident.setdefault(event.incident, []).append(event)
    named = {str(raw.get("incident")) for raw in raws if isinstance(raw, dict)}
    rows = Incident.objects.filter(region=region, uid__in=[uid for uid in named if _is_uuid(uid)])
    known = {str(row.uid): row for row in rows}
    for uid, group in by_incident.items():
        incident = known.get(uid)
        if incident is None:
            receipt.refused += [Refused(numbers[_id_of(each)], each.id, _UNKNOWN) for each in group]
            continue
        incident.region = region
        _take(actor, incident, group, numbers, receipt, via)
    if receipt.refused:
        keep_aside(actor, region, known, raws, receipt.refused)
    receipt.refused.sort(key=lambda each: each.number)
    return receipt


def record(
    actor: Actor,
    incident: Incident,
    entity: str,
    kind: str,
    values: Mapping[str, Any],
    *,
    seen: Mapping[str, Sequence[str]] | None = None,
    note: str = "",
    via: str = Event.Via.PAGE,
    at: datetime | None = None,
) -> Receipt:
    """Record one event on a page: `values` of an entity's fields, each replacing the writes in `seen` (what the page
    showed). Raises `WrongInput` with the reason where it cannot be taken, `Denied` where the actor may not."""
    policies.record_on_page(
        actor, incident, None if is_about_persons(entity) else named_town(incident, entity)
    ).require()
    saying = Saying(entity, kind, values, seen or {}, note)
    return _record(actor, incident, [saying], via, at)


@dataclass(frozen=True)
class Saying:
    """What somebody says of an entity: `values` of its fields, each replacing the writes in `seen`."""

    entity: str
    kind: str
    values: Mapping[str, Any]
    seen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    note: str = ""


def record_together(
    actor: Actor,
    incident: Incident,
    sayings: Sequence[Saying],
    *,
    via: str = Event.Via.PAGE,
    at: datetime | None = None,
) -> Receipt:
    """Record what belongs together, as a family at the desk: one event for each saying, all or none, one log entry.

    Raises `WrongInput` and `Denied` as `record` does.
    """
    policies.record_on_page(actor, incident, None).require()
    return _record(actor, incident, sayings, via, at)


def _record(
    actor: Actor, incident: Incident, sayings: Sequence[Saying], via: str, at: datetime | None
) -> Receipt:
    moment = timezone.localtime(at or timezone.now()).isoformat(timespec="seconds")
    events = []
    for each in sayings:
        raw = {
            "id": str(uuid.uuid4()),
            "incident": str(incident.uid),
            "mode": incident.mode,
            "kind": each.kind,
            "entity": each.entity,
            "device": "keniki",
            "seq": 0,
            "at": moment,
            "fields": {
                name: {"value": value, "seen": list(each.seen.get(name, ()))}
                for name, value in each.values.items()
            },
            "note": each.note.strip(),
        }
        events.append(merging.parse_event(raw, incident=str(incident.uid), mode=incident.mode))
    receipt = Receipt()
    numbers = {_id_of(event): number for number, event in enumerate(events, start=1)}
    _take(actor, incident, events, numbers, receipt, via, strict=True)
    return receipt


def take_anywhere(
    actor: Actor, regions: Sequence[Region], raws: object, *, via: str = Event.Via.DEVICE
) -> Receipt:
    """Take a batch that names no region: each event in the region of its incident, as far as the actor sees it.

    Raises `WrongInput` for what is no batch at all.
    """
    if not isinstance(raws, list) or len(raws) > MOST or not regions:
        return take_events(actor, regions[0], raws, via=via) if regions else Receipt()
    named = {str(raw.get("incident")) for raw in raws if isinstance(raw, dict)}
    with scope(region=list(regions)):
        rows = Incident.objects.filter(uid__in=[each for each in named if _is_uuid(each)])
        home = {str(uid): key for uid, key in rows.values_list("uid", "region")}
    groups: dict[int, list[int]] = {}
    for number, raw in enumerate(raws):
        key = home.get(str(raw.get("incident"))) if isinstance(raw, dict) else None
        groups.setdefault(key if key is not None else regions[0].pk, []).append(number)
    whole = Receipt()
    for region in regions:
        places = groups.get(region.pk)
        if not places:
            continue
        with scope(region=region):
            part = take_events(actor, region, [raws[place] for place in places], via=via)
        whole.stored += part.stored
        whole.known += part.known
        whole.conflicts += part.conflicts
        whole.refused += [Refused(places[each.number - 1] + 1, each.id, each.reason) for each in part.refused]
    whole.refused.sort(key=lambda each: each.number)
    return whole


def _id_of(event: merging.Event) -> str:
    """What tells an event of a batch from another: its id and its content."""
    return f"{event.id}/{event.digest}"


def _numbers(raws: Sequence[Any]) -> dict[str, int]:
    """The place in the batch of every event that can be read; of several alike the first."""
    found: dict[str, int] = {}
    for number, raw in enumerate(raws, start=1):
        if isinstance(raw, dict) and isinstance(raw.get("id"), str):
            found.setdefault(f"{raw['id']}/{_digest(raw)}", number)
    return found


def _digest(raw: Mapping[str, Any]) -> str:
    try:
        return merging.digest(raw)
    except WrongInput:
        return ""


def _take(
    actor: Actor,
    incident: Incident,
    events: Sequence[merging.Event],
    numbers: Mapping[str, int],
    receipt: Receipt,
    via: str,
    *,
    strict: bool = False,
) -> None:
    """Store and fold the events of one incident. `strict` raises what else is refused."""
    region = incident.region
    names = sorted({event.entity for event in events})
    with (
        scope(region=get_scope().get("region", region), towns=EVERY_TOWN),
        verb(actor, "disaster.record_events", region=region.slug, quiet=True) as act,
    ):
        for name in names:
            lock("entity", incident.pk, name)
        states = {row.entity: row for row in EntityState.objects.filter(incident=incident, entity__in=names)}
        stored = stored_digests(events)
        devices = {event.device for event in events}
        gone = Device.objects.filter(region=region, device__in=devices, revoked_at__isnull=False)
        revoked = set(gone.values_list("device", flat=True))
        placing = Placing(actor, incident, states)
        placed: list[Placed] = []
        for event in events:
            number = numbers[_id_of(event)]
            digest = stored.get(event.id)
            if digest == event.digest:
                if event.id not in receipt.stored:
                    receipt.known.append(event.id)
                continue
            try:
                if digest is not None:
                    raise WrongInput("同じ番号で内容の違うできごとが、先に届いています。", column="id")
                if event.device in revoked:
                    raise WrongInput(_REVOKED, column="device")
                merging.check_incident(
                    event.incident, event.mode, incident=str(incident.uid), mode=incident.mode
                )
                placed.append(placing.place(number, event))
            except (WrongInput, Denied) as refusal:
                if strict:
                    raise
                receipt.refused.append(Refused(number, event.id, words(refusal)))
                continue
            stored[event.id] = event.digest
            receipt.stored.append(event.id)
        if not placed:
            return
        store(act, actor, incident, placed, via)
        receipt.conflicts += fold(incident, placed, states)
        _log(act, incident, placed)
        incident_changed(incident)


def _log(act: Act, incident: Incident, placed: Sequence[Placed]) -> None:
    """One line for the batch: kinds and numbers, nothing of a person."""
    labels: dict[str, int] = {}
    for each in placed:
        label = merging.KINDS[each.event.entity.partition(":")[0]].label
        labels[label] = labels.get(label, 0) + 1
    said = "、".join(f"{label}{number}件" for label, number in labels.items())
    towns = {each.town.code for each in placed if each.town is not None}
    proxies = {each.ruling.on_behalf_of for each in placed if each.ruling.on_behalf_of}
    behalf = f"（{'・'.join(sorted(proxies))}分を代理入力）" if proxies else ""
    act.log(
        incident,
        None,
        {"events": len(placed)},
        f"{incident} に{said}を記録{behalf}",
        municipality=next(iter(towns)) if len(towns) == 1 else "",
    )


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
