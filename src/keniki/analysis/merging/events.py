"""One event: read from what a page, a device or a file sent, with one sentence for whatever is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

from keniki.core.errors import WrongInput
from keniki.core.text import unstorable

from . import spelling
from .kinds import SAME_AS, check_value, field_of, split_entity
from .values import UUID, moment

Mode: TypeAlias = Literal["real", "exercise"]
#: What a mode is called wherever people read it.
MODES: Final[dict[Mode, str]] = {"real": "実災害", "exercise": "訓練"}

_DEVICE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_DEED: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*\Z")
_NAMES: Final = ("id", "incident", "mode", "kind", "entity", "device", "seq", "at", "fields", "note")
#: Years whose every moment can be told in every offset.
_YEARS: Final = range(2, 9999)
_MOST_FIELDS: Final = 200
_MOST_SEEN: Final = 1000
_MOST_NOTE: Final = 4000
#: Characters of one event: a long note in every field stays far below.
_LARGEST: Final = 100_000


class Write(NamedTuple):
    """A value written to a field, and the ids of the writes its author saw there and replaces."""

    value: Any
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an incident (できごと). `at` is the device's clock: shown, never used to order or decide.

    `digest` is the SHA-256 of the canonical JSON of all the other fields.
    """

    id: str
    incident: str
    mode: Mode
    kind: str
    entity: str
    device: str
    seq: int
    at: str
    fields: Mapping[str, Write]
    note: str
    digest: str

    def as_json(self) -> dict[str, Any]:
        """The event as it was sent."""
        return {
            "id": self.id,
            "incident": self.incident,
            "mode": self.mode,
            "kind": self.kind,
            "entity": self.entity,
            "device": self.device,
            "seq": self.seq,
            "at": self.at,
            "fields": {
                name: {"value": write.value, "seen": list(write.seen)} for name, write in self.fields.items()
            },
            "note": self.note,
        }


class Quarantined(NamedTuple):
    """What could not be taken: its place in the batch (from 1), its id as far as it has one, the reason."""

    number: int
    id: str
    reason: str
    raw: Any


def parse_event(raw: object, *, incident: str | None = None, mode: str | None = None) -> Event:
    """The event in `raw`, a JSON object.

    With `incident` and `mode` an event of another incident or of the other mode is refused: an exercise never
    enters a real incident, nor the other way round. Raises `WrongInput` with the field as `column`.

    >>> event = parse_event({"id": "0b0e7a52-8f0a-4c57-9d0f-6a4c4f5d3b01", "incident":
    ...     "7d6cfb1e-94f1-4f6c-8a7e-0d1d1c5b2a11", "mode": "exercise", "kind": "shelter.open", "entity":
    ...     "shelter:kita", "device": "pc-1", "seq": 1, "at": "2026-08-01T03:20:00+09:00",
    ...     "fields": {"status": {"value": "open", "seen": []}}, "note": ""})
    >>> event.fields["status"].value
    'open'
    """
    sent = _shape(raw)
    ident = _uuid(sent, "id", "できごとの番号")
    its_incident = _uuid(sent, "incident", "事案の番号")
    its_mode = sent["mode"]
    if not isinstance(its_mode, str) or its_mode not in MODES:
        raise WrongInput("区分は real（実災害）か exercise（訓練）で書いてください。", column="mode")
    check_incident(its_incident, its_mode, incident=incident, mode=mode)
    deed = sent["kind"]
    if not isinstance(deed, str) or len(deed) > 40 or not _DEED.match(deed):
        raise WrongInput(
            "行為の名前は person.check_in のように英小文字で書いてください（40文字以内）。", column="kind"
        )
    entity = sent["entity"]
    kind, _ = split_entity(entity)
    device = sent["device"]
    if not isinstance(device, str) or not _DEVICE.match(device):
        raise WrongInput("端末の番号は英数字・-・_ の64文字以内で書いてください。", column="device")
    seq = sent["seq"]
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq <= spelling.LARGEST:
        raise WrongInput("端末の通し番号は0以上の整数で書いてください。", column="seq")
    try:
        at = moment(sent["at"])
    except WrongInput as error:
        raise WrongInput(error.message, column="at") from None
    if at.year not in _YEARS:
        raise WrongInput("端末の時計の年が読める範囲にありません。端末の日時を直してください。", column="at")
    note = sent["note"]
    if not isinstance(note, str) or len(note) > _MOST_NOTE:
        raise WrongInput(f"メモは{_MOST_NOTE}文字以内の文字で書いてください。", column="note")
    fields = _fields(sent["fields"], kind, entity, ident)
    if unstorable(sent) is not None:
        raise WrongInput(
            "文字として成り立たない部分（\\u0000、\\ud800 など）があります。取り除いてください。"
        )
    text = spelling.canonical(sent)
    if len(text) > _LARGEST:
        raise WrongInput(f"一つのできごとは{_LARGEST:,}文字以内にしてください（{len(text):,}文字あります）。")
    return Event(
        id=ident,
        incident=its_incident,
        mode=its_mode,
        kind=deed,
        entity=entity,
        device=device,
        seq=seq,
        at=sent["at"],
        fields=fields,
        note=note,
        digest=spelling.sha256(text),
    )


def parse_batch(
    raws: object, *, incident: str | None = None, mode: str | None = None, device: str | None = None
) -> tuple[list[Event], list[Quarantined]]:
    """The events of a batch (a JSON list) that can be taken, and the others, each with its reason.

    With `device` only events of this device are taken: who signs answers for its own alone.

    >>> parse_batch([{}])[1][0].reason
    'できごとに「id」がありません。'
    """
    if not isinstance(raws, list):
        raise WrongInput("できごとは一覧（配列）で送ってください。", column="events")
    taken: list[Event] = []
    refused: list[Quarantined] = []
    for number, raw in enumerate(raws, 1):
        try:
            event = parse_event(raw, incident=incident, mode=mode)
            if device is not None and event.device != device:
                raise WrongInput(
                    f"別の端末「{event.device}」の記録です。その端末から送ってください。", column="device"
                )
            taken.append(event)
        except WrongInput as error:
            ident = raw.get("id") if isinstance(raw, dict) else None
            reason = f"{error.column}：{error.message}" if error.column else error.message
            refused.append(Quarantined(number, ident if isinstance(ident, str) else "", reason, raw))
    return taken, refused


def check_incident(
    its_incident: str, its_mode: str, *, incident: str | None = None, mode: str | None = None
) -> None:
    """Raise `WrongInput` for what belongs to the other mode or to another incident; None asks nothing.

    >>> check_incident("a", "real", incident="a", mode="real")
    """
    if mode is not None and its_mode != mode:
        here, there = MODES[cast(Mode, mode)], MODES[cast(Mode, its_mode)]
        raise WrongInput(f"{there}の記録です。{here}の事案には入れられません。", column="mode")
    if incident is not None and its_incident != incident:
        raise WrongInput("別の事案の記録です。その事案で取り込んでください。", column="incident")


def personal_fields(event: Event) -> frozenset[str]:
    """The names of the event's fields that are about a person.

    >>> from keniki.analysis.merging.examples import event
    >>> sorted(personal_fields(event("person.rename", name="岩見 沢子")))
    ['name']
    """
    kind = event.entity.partition(":")[0]
    return frozenset(name for name in event.fields if field_of(kind, name).personal)


def split_fields(event: Event) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The event's fields as JSON: the open ones and those about a person, which are stored sealed (None without any).

    >>> from keniki.analysis.merging.examples import event
    >>> split_fields(event("person.rename", name="岩見 沢子"))
    ({}, {'name': {'value': '岩見 沢子', 'seen': []}})
    """
    about = personal_fields(event)
    written = event.as_json()["fields"]
    sealed = {name: written[name] for name in written if name in about}
    return {name: written[name] for name in written if name not in about}, sealed or None


def restored(raw: Mapping[str, Any], digest: str) -> Event:
    """An event as stored: it was checked when it came, nothing is checked again, the digest is the stored one.

    >>> from keniki.analysis.merging.examples import event
    >>> stored = event("person.rename", name="岩見 沢子")
    >>> restored(stored.as_json(), stored.digest) == stored
    True
    """
    rest = {name: raw[name] for name in _NAMES if name != "fields"}
    fields = {name: Write(each["value"], tuple(each["seen"])) for name, each in raw["fields"].items()}
    return Event(**rest, fields=fields, digest=digest)


def in_incident(events: Iterable[Event]) -> tuple[str, Mode] | None:
    """Incident and mode of events that share them, None without events; raises `WrongInput` where they differ.

    >>> in_incident([]) is None
    True
    """
    found: tuple[str, Mode] | None = None
    for event in events:
        if found is None:
            found = event.incident, event.mode
        elif found != (event.incident, event.mode):
            check_incident(event.incident, event.mode, incident=found[0], mode=found[1])
    return found


def _shape(raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise WrongInput("できごとが項目名と値の組（オブジェクト）になっていません。")
    for name in _NAMES:
        if name not in raw:
            raise WrongInput(f"できごとに「{name}」がありません。")
    for name in raw:
        if name not in _NAMES:
            raise WrongInput(f"できごとに「{name}」という項目はありません。", column=str(name))
    return raw


def _uuid(sent: Mapping[str, Any], name: str, label: str) -> str:
    value = sent[name]
    if not isinstance(value, str) or not UUID.match(value):
        raise WrongInput(f"{label}がUUID（小文字）ではありません。", column=name)
    return value


def _fields(sent: object, kind: str, entity: str, ident: str) -> dict[str, Write]:
    if not isinstance(sent, dict) or not sent:
        raise WrongInput("書き込む項目が一つもありません。", column="fields")
    if len(sent) > _MOST_FIELDS:
        raise WrongInput(f"一度に書き込める項目は{_MOST_FIELDS}までです。", column="fields")
    found = {}
    for name, each in sent.items():
        if not isinstance(name, str):
            raise WrongInput("項目名が文字ではありません。", column="fields")
        try:
            if not isinstance(each, dict) or set(each) != {"value", "seen"}:
                raise WrongInput(
                    "項目は value（値）と seen（見た書込みの番号）の二つで書いてください。", column=name
                )
            check_value(kind, name, each["value"])
            if name == SAME_AS and each["value"] == entity:
                raise WrongInput("同じ対象として自分自身は指定できません。", column=name)
            if name == SAME_AS and each["value"] is not None:
                split_entity(each["value"])
            found[name] = Write(each["value"], _seen(each["seen"], name, ident))
        except WrongInput as error:
            raise WrongInput(error.message, column=f"fields.{error.column or name}") from None
    return found


def _seen(sent: object, name: str, ident: str) -> tuple[str, ...]:
    if not isinstance(sent, list) or not all(isinstance(each, str) and UUID.match(each) for each in sent):
        raise WrongInput("seen は見た書込みの番号（UUID）の一覧で書いてください。", column=name)
    if len(sent) > _MOST_SEEN:
        raise WrongInput(f"seen は{_MOST_SEEN}件までです。", column=name)
    if ident in sent:
        raise WrongInput("seen に自分自身の番号は書けません。", column=name)
    if len(set(sent)) != len(sent):
        raise WrongInput("seen に同じ番号が二度あります。", column=name)
    return tuple(sent)
