"""Taking events: whatever page, device, file or paper they come from, each is stored once and folded into its entity.

What is acknowledged is committed. What cannot be taken is kept aside with its reason; the rest goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from django.db import IntegrityError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django_scopes import get_scope, scope

from keniki.analysis import merging
from keniki.apps.accounts.actor import Actor, Denied, Ruling
from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.accounts.verbs import Act, verb
from keniki.apps.activities.actions.writing import lock
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from .. import policies
from ..models import District, EntityState, Event, Incident, RefusedEvent, Shelter
from ..queries.snapshots import incident_changed
from ..queries.states import COUNTED, entity_of

#: A batch has no more events than this: a shelter's day without network fits, a page waits no longer than seconds.
MOST: Final = 500
#: The fields of a request or an offer that the town answering it writes.
ANSWERS: Final = frozenset({"state", "partner", "promised", "delivered", "answers", "memo"})
_UNKNOWN: Final = "事案が見つかりません。事案の番号を確かめてください。"


@dataclass(frozen=True)
class Refused:
    """An event that was not taken: its place in the batch (from 1), its id as far as it has one, and why."""

    number: int
    id: str
    reason: str


@dataclass
class Receipt:
    """What became of a batch: ids that are stored now, ids that were before, what was refused, and disagreements that
    a person has to decide (entity, field) in what was touched."""

    stored: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    conflicts: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Placed:
    """An event with the town it concerns, the town its person comes from, and the ruling that lets it in."""

    number: int
    event: merging.Event
    town: Municipality | None
    home: Municipality | None
    ruling: Ruling


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
            receipt.refused += [Refused(numbers[id_of(each)], each.id, _UNKNOWN) for each in group]
            continue
        incident.region = region
        _take(actor, incident, group, numbers, receipt, via)
    if receipt.refused:
        _keep_aside(actor, region, known, raws, receipt.refused)
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
        actor, incident, None if _is_about_persons(entity) else _named_town(incident, entity)
    ).require()
    shown = seen or {}
    raw = {
        "id": str(uuid.uuid4()),
        "incident": str(incident.uid),
        "mode": incident.mode,
        "kind": kind,
        "entity": entity,
        "device": "keniki",
        "seq": 0,
        "at": timezone.localtime(at or timezone.now()).isoformat(timespec="seconds"),
        "fields": {
            name: {"value": value, "seen": list(shown.get(name, ()))} for name, value in values.items()
        },
        "note": note.strip(),
    }
    event = merging.parse_event(raw, incident=str(incident.uid), mode=incident.mode)
    receipt = Receipt()
    _take(actor, incident, [event], {id_of(event): 1}, receipt, via, strict=True)
    return receipt


def id_of(event: merging.Event) -> str:
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
        stored = _stored(events)
        placing = _Placing(actor, incident, states)
        placed: list[Placed] = []
        for event in events:
            number = numbers[id_of(event)]
            digest = stored.get(event.id)
            if digest == event.digest:
                if event.id not in receipt.stored:
                    receipt.known.append(event.id)
                continue
            try:
                if digest is not None:
                    raise WrongInput("同じ番号で内容の違うできごとが、先に届いています。", column="id")
                merging.check_incident(
                    event.incident, event.mode, incident=str(incident.uid), mode=incident.mode
                )
                placed.append(placing.place(number, event))
            except (WrongInput, Denied) as refusal:
                if strict:
                    raise
                receipt.refused.append(Refused(number, event.id, _words(refusal)))
                continue
            stored[event.id] = event.digest
            receipt.stored.append(event.id)
        if not placed:
            return
        _store(act, actor, incident, placed, via)
        receipt.conflicts += _fold(incident, placed, states)
        _log(act, incident, placed)
        incident_changed(incident)


def _stored(events: Sequence[merging.Event]) -> dict[str, str]:
    """The digests of those that are stored already, whoever sees them, by id."""
    rows = Event._base_manager.filter(pk__in=[event.id for event in events]).values_list("pk", "digest")
    return {str(pk): digest for pk, digest in rows}


def _store(act: Act, actor: Actor, incident: Incident, placed: Sequence[Placed], via: str) -> None:
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
                on_behalf_of=each.ruling.on_behalf_of,
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


def _fold(
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
                name: {ident: [_where(write.value), list(write.seen)] for ident, write in writes.items()}
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


def _where(value: Any) -> Any:
    """Of a presence only state and place, of anything else what it is."""
    if isinstance(value, dict) and "state" in value:
        return {key: value[key] for key in ("state", "place") if key in value}
    if isinstance(value, dict) and "reason" in value:
        return {"value": value["value"], "reason": ""}
    return value


class _Placing:
    """Which town an event concerns, and whether the actor may say it."""

    def __init__(self, actor: Actor, incident: Incident, states: Mapping[str, EntityState]) -> None:
        self.actor, self.incident, self.states = actor, incident, states
        region = incident.region
        rows = Municipality.objects.filter(memberships__region=region).distinct()
        self.towns = {town.code: town for town in rows}
        self.by_id = {town.pk: town for town in rows}
        self.places: dict[str, Municipality | None] = {}
        self.rulings: dict[tuple[bool, int | None], Ruling] = {}
        self.new: dict[str, Municipality | None] = {}
        own = [post.municipality_id for post in actor.posts if post.municipality_id in self.by_id]
        self.own = self.by_id[own[0]] if own and own[0] is not None else None

    def place(self, number: int, event: merging.Event) -> Placed:
        """Raises `WrongInput` for an unknown place or town, `Denied` where the actor may not record."""
        kind, key = merging.split_entity(event.entity)
        if _is_about_persons(event.entity):
            town, home = self._person_towns(event)
            ruling = self._person_ruling(event, town, home)
        else:
            town, home = self._town(event, kind, key), None
            ruling = self._ruling(False, town)
            if not ruling and kind == "request":
                ruling = self._partner_ruling(event) or ruling
        self.new[event.entity] = town
        return Placed(number, event, town, home, ruling.require())

    def _town(self, event: merging.Event, kind: str, key: str) -> Municipality | None:
        if kind in ("town", "damage"):
            return self._by_code(key, "entity")
        if kind in ("shelter", "district"):
            return self._of_place(event.entity) or self._new_place(event, kind)
        said = event.fields.get("town")
        if said is not None and said.value:
            return self._by_code(str(said.value), "fields.town")
        return self._before(event.entity) or (self.own if kind == "note" else None)

    def _new_place(self, event: merging.Event, kind: str) -> Municipality:
        """A place nobody registered tells its name and town with its first event."""
        label = merging.KINDS[kind].label
        name, town = event.fields.get("name"), event.fields.get("town")
        if name is None or not name.value or town is None or not town.value:
            raise WrongInput(
                f"{label}「{event.entity.partition(':')[2]}」は登録されていません。登録のない{label}は、"
                "名称と市町村も送ってください。",
                column="entity",
            )
        return self._by_code(str(town.value), "fields.town")

    def _person_towns(self, event: merging.Event) -> tuple[Municipality | None, Municipality | None]:
        presence, place, home = (event.fields.get(name) for name in ("presence", "place", "home"))
        where = None
        if presence is not None and isinstance(presence.value, dict):
            where = presence.value.get("place")
        if place is not None and isinstance(place.value, str):
            where = where or place.value
        there = self._of_place(where) if where else None
        if where and there is None:
            raise WrongInput(
                f"避難所「{where.partition(':')[2]}」は登録されていません。", column="fields.presence"
            )
        from_ = self.towns.get(str(home.value)) if home is not None and home.value else None
        state = self.states.get(event.entity)
        if from_ is None and state is not None and state.home_id is not None:
            from_ = self.by_id.get(state.home_id)
        return there or self._before(event.entity) or self.own, from_

    def _person_ruling(
        self, event: merging.Event, town: Municipality | None, home: Municipality | None
    ) -> Ruling:
        """Its own people: of the town of the place, of the home, or of where the person was before."""
        before = self._before(event.entity)
        towns = [each for each in (town, before, home) if each is not None]
        if not towns:
            return policies.record_person(self.actor, self.incident.region, next(iter(self.towns.values())))
        rulings = [self._ruling(True, each) for each in towns]
        return next((ruling for ruling in rulings if ruling), rulings[0])

    def _ruling(self, personal: bool, town: Municipality | None) -> Ruling:
        key = (personal, town.pk if town is not None else None)
        if key not in self.rulings:
            if personal and town is not None:
                self.rulings[key] = policies.record_person(self.actor, self.incident.region, town)
            else:
                self.rulings[key] = policies.record(self.actor, self.incident, town)
        return self.rulings[key]

    def _partner_ruling(self, event: merging.Event) -> Ruling | None:
        """The town that takes a request or an offer up says so itself, and what became of it."""
        if not set(event.fields) <= ANSWERS:
            return None
        said = event.fields.get("partner")
        state = self.states.get(event.entity)
        before = entity_of(state).registers.get("partner") if state is not None else None
        codes = [said.value] if said is not None else list(before.values) if before is not None else []
        rulings = [self._ruling(False, self.towns[code]) for code in codes if code in self.towns]
        return next((ruling for ruling in rulings if ruling), None)

    def _before(self, entity: str) -> Municipality | None:
        if entity in self.new:
            return self.new[entity]
        state = self.states.get(entity)
        return self.by_id.get(state.municipality_id) if state is not None and state.municipality_id else None

    def _of_place(self, entity: str) -> Municipality | None:
        """The town of a shelter or district, registered or told in this incident."""
        if entity not in self.places:
            kind, key = merging.split_entity(entity)
            model = Shelter if kind == "shelter" else District
            row = model.objects.filter(region=self.incident.region, slug=key).values_list(
                "municipality", flat=True
            )
            pk = row.first()
            if pk is None:
                told = EntityState.objects.filter(incident=self.incident, entity=entity)
                pk = told.values_list("municipality", flat=True).first()
            self.places[entity] = self.by_id.get(pk) if pk is not None else self.new.get(entity)
        return self.places[entity] or self.new.get(entity)

    def _by_code(self, code: str, column: str) -> Municipality:
        town = self.towns.get(code)
        if town is None:
            raise WrongInput(f"「{code}」は、この圏域の市町村のコードではありません。", column=column)
        return town


def _is_about_persons(entity: str) -> bool:
    return merging.KINDS[merging.split_entity(entity)[0]].personal


def _named_town(incident: Incident, entity: str) -> Municipality | None:
    kind, key = merging.split_entity(entity)
    if kind not in ("town", "damage"):
        return None
    return Municipality.objects.filter(code=key, memberships__region=incident.region).first()


def _words(refusal: WrongInput | Denied) -> str:
    if isinstance(refusal, WrongInput):
        return f"{refusal.column}：{refusal.message}" if refusal.column else refusal.message
    return str(refusal)


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


def _keep_aside(
    actor: Actor,
    region: Region,
    incidents: Mapping[str, Incident],
    raws: Sequence[Any],
    refused: Sequence[Refused],
) -> None:
    """Keep what was refused, sealed, with its reason, so that nothing that was sent is lost; the same thing once.

    What is about persons is kept for the sender's own town; of a sender without one only the reason stays.
    """
    towns = [post.municipality_id for post in actor.posts if post.municipality_id is not None]
    with (
        scope(region=region, towns=EVERY_TOWN),
        verb(actor, "disaster.refuse_events", region=region.slug, quiet=True),
    ):
        rows = []
        for each in refused:
            raw = raws[each.number - 1]
            open_ = isinstance(raw, dict) and _open_kind(raw.get("entity"))
            incident = incidents.get(str(raw.get("incident"))) if isinstance(raw, dict) else None
            rows.append(
                RefusedEvent(
                    region=region,
                    incident=incident,
                    municipality_id=towns[0] if towns else None,
                    personal=not open_ and bool(towns),
                    event_id=each.id[:64],
                    raw={"sent": raw} if open_ or towns else {},
                    digest=merging.digest({"raw": repr(raw), "reason": each.reason}),
                    reason=each.reason,
                    device=str(raw.get("device", ""))[:64] if isinstance(raw, dict) else "",
                    user=actor.user,
                )
            )
        RefusedEvent.objects.bulk_create(rows, ignore_conflicts=True)


def _open_kind(entity: Any) -> bool:
    try:
        kind = merging.KINDS[merging.split_entity(entity)[0]]
    except WrongInput:
        return False
    return not kind.personal and not any(each.personal for each in kind.fields.values())


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


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
