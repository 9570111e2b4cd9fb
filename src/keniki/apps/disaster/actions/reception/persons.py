"""Persons at the desk: checked in, away, back, moved, gone; joined when they were entered twice.

Every deed is an event of the incident; what a page showed is what it replaces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from keniki.analysis import merging, reception
from keniki.apps.accounts.actor import Actor
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput

from ... import policies
from ...models import Card, Event, Incident
from ...queries.reception.people import Roll
from ..events import Receipt, Saying, record, record_together

KINDS: Final = {
    "in": "person.return", "away": "person.away", "left": "person.leave", "expected": "person.update",
    "move": "person.move",
}  # fmt: skip
#: A family at the desk has no more members than this.
MOST: Final = 30


@dataclass(frozen=True)
class Stay:
    """Where somebody stays: a shelter (`shelter:<slug>`), or elsewhere in words (車中、親族宅); since when."""

    place: str = ""
    where: str = ""
    since: datetime | None = None
    state: str = "in"

    def value(self) -> dict[str, Any]:
        """As an event holds it. Raises `WrongInput` for somebody who stays nowhere."""
        found: dict[str, Any] = {"state": self.state}
        if self.place:
            found["place"] = self.place
        if self.where.strip():
            found["where"] = self.where.strip()
        if self.state in ("in", "away") and not self.place and not self.where.strip():
            raise WrongInput("避難所を選ぶか、避難所以外の滞在先を入力してください。", column="where")
        moment = timezone.localtime(self.since or timezone.now())
        if moment > timezone.localtime() + timedelta(minutes=10):
            raise WrongInput("日時が、これから先になっています。", column="since")
        found["since"] = moment.isoformat(timespec="minutes")
        return found


@dataclass(frozen=True)
class PersonDraft:
    """A person: values by field of `person`, the card handed over (as typed), the line of a sheet (as typed)."""

    values: Mapping[str, Any]
    card: str = ""
    line: str = ""


@dataclass(frozen=True)
class FamilyDraft:
    """A family at the desk: household values, its persons. `nonce` makes the same form sent twice one family."""

    persons: Sequence[PersonDraft]
    household: Mapping[str, Any] = field(default_factory=dict)
    nonce: str = ""


@dataclass(frozen=True)
class CheckedIn:
    """Keys of the persons (and of the household), and whether something was recorded."""

    persons: tuple[str, ...]
    household: str = ""
    new: bool = True
    conflicts: int = 0


def check_in(
    actor: Actor,
    incident: Incident,
    town: Municipality,
    stay: Stay,
    family: FamilyDraft,
    *,
    via: str = Event.Via.PAGE,
) -> CheckedIn:
    """Check a family in, all or none. The same form again changes nothing. `WrongInput` with the field, `Denied`."""
    policies.record_person(actor, incident.region, town).require()
    if not family.persons:
        raise WrongInput("1人以上の氏名を入力してください。", column="name")
    if len(family.persons) > MOST:
        raise WrongInput(f"一度に受け付けるのは{MOST}人までです。", column="name")
    presence = stay.value()
    roll = Roll(incident)
    keys = [_key_of(incident, town, each, family.nonce, at) for at, each in enumerate(family.persons)]
    if len(set(keys)) < len(keys):
        raise WrongInput("同じカードを2人に使っています。", column="card")
    known = [key for key in keys if f"person:{key}" in roll.state.entities]
    household = form_id(incident, family.nonce, "household") if len(keys) > 1 or family.household else ""
    if known:
        same = household and f"household:{household}" in roll.state.entities
        if same or (family.nonce and known == keys):
            return CheckedIn(tuple(keys), household, new=False)
        raise WrongInput(
            "既に受け付けたカードか受付簿の行です。その人の画面で確かめてください。", column="card"
        )
    sayings = []
    if household:
        values = {name: value for name, value in family.household.items() if value not in (None, "")}
        values |= {"people": len(keys)}
        values |= {"place": stay.place} if stay.place else {"where": stay.where.strip()}
        sayings.append(Saying(f"household:{household}", "household.update", values))
    for key, each in zip(keys, family.persons, strict=True):
        values = {name: value for name, value in each.values.items() if value not in (None, "")}
        values["presence"] = presence
        if household:
            values["household"] = f"household:{household}"
        values |= _codes(incident, town, each)
        sayings.append(Saying(f"person:{key}", "person.check_in", values))
    receipt = record_together(actor, incident, sayings, via=via)
    return CheckedIn(tuple(keys), household, conflicts=len(receipt.conflicts))


def scan_in(actor: Actor, incident: Incident, town: Municipality, code: str, stay: Stay) -> CheckedIn:
    """Check in by a code: a card, a line, a family's own. Who is known already is only answered. `WrongInput`,
    `Denied`."""
    policies.record_person(actor, incident.region, town).require()
    scanned = reception.scan(card_token(incident, town, code))
    if scanned.mode is not None:
        reception.check_mode(scanned.text, incident.mode)  # type: ignore[arg-type]
    roll = Roll(incident)
    uid = str(incident.uid)
    if scanned.home is not None:
        return family_in(actor, incident, scanned, stay)
    key = reception.person_id(uid, scanned)
    if f"person:{key}" in roll.state.entities:
        return CheckedIn((key,), new=False)
    values = {scanned.what: scanned.text, "presence": stay.value()}
    receipt = record_together(actor, incident, [Saying(f"person:{key}", "person.check_in", values)])
    return CheckedIn((key,), conflicts=len(receipt.conflicts))


def family_in(actor: Actor, incident: Incident, scanned: reception.Scanned, stay: Stay) -> CheckedIn:
    """Check in a family by its own code; who is known already is left as is. Raises `WrongInput`, `Denied`."""
    home = scanned.home
    assert home is not None
    roll = Roll(incident)
    uid = str(incident.uid)
    household = reception.household_id(uid, home.ident)
    presence = stay.value()
    towns = roll.known.towns
    keys = [reception.person_id(uid, scanned, at) for at in range(len(home.persons))]
    sayings = []
    if f"household:{household}" not in roll.state.entities:
        values: dict[str, Any] = {"head": home.persons[0].name, "people": len(keys)}
        values |= {"address": home.address, "phone": home.phone}
        values |= {f"pets.{kind}": number for kind, number in home.pets.items() if number}
        values |= {"home": home.home} if home.home in towns else {}
        values |= {"place": stay.place} if stay.place else {"where": stay.where.strip()}
        values = {name: value for name, value in values.items() if value != ""}
        sayings.append(Saying(f"household:{household}", "household.update", values))
    for key, each in zip(keys, home.persons, strict=True):
        if f"person:{key}" in roll.state.entities:
            continue
        values = home_values(each) | {"presence": presence, "household": f"household:{household}"}
        values |= {"address": home.address, "phone": home.phone, "emergency_contact": home.emergency_contact}
        values |= {"home": home.home} if home.home in towns else {}
        values = {name: value for name, value in values.items() if value != ""}
        sayings.append(Saying(f"person:{key}", "person.check_in", values))
    if not sayings:
        return CheckedIn(tuple(keys), household, new=False)
    receipt = record_together(actor, incident, sayings)
    return CheckedIn(tuple(keys), household, conflicts=len(receipt.conflicts))


def home_values(person: reception.HomePerson) -> dict[str, Any]:
    """A person of a family's own code as fields of `person`; what is empty or no day is left out."""
    values: dict[str, Any] = {
        "name": person.name, "kana": person.kana, "birth": person.birth, "sex": person.sex,
        "needs.diet_note": person.diet_note, "needs.medicine": person.medicine, "needs.care_note": person.care_note,
        "needs.language": person.language,
    }  # fmt: skip
    values |= {f"needs.diet.{each}": True for each in person.diet}
    values |= {f"needs.care.{each}": True for each in person.care}
    found = {}
    for name, value in values.items():
        try:
            merging.check_value("person", name, value)
        except WrongInput:
            continue
        if value != "":
            found[name] = value
    return found


def set_presence(
    actor: Actor,
    incident: Incident,
    town: Municipality,
    person: merging.Joined,
    stay: Stay,
    seen: Sequence[str],
) -> Receipt:
    """Somebody goes out, comes back, moves to another shelter or leaves for good. `WrongInput`, `Denied`."""
    policies.record_person(actor, incident.region, town).require()
    before = person.value("presence") or {}
    kind = KINDS[stay.state]
    if stay.state == "in" and before.get("place") and before.get("place") != (stay.place or None):
        kind = KINDS["move"]
    return record(
        actor, incident, person.name, kind, {"presence": stay.value()}, seen={"presence": list(seen)}
    )


def join_persons(actor: Actor, incident: Incident, town: Municipality, one: str, other: str) -> Receipt:
    """Say that two entries are one person (名寄せ). Raises `WrongInput` for an entry with itself, `Denied`."""
    policies.record_person(actor, incident.region, town).require()
    roll = Roll(incident)
    if roll.state.name_of(one) == roll.state.name_of(other):
        raise WrongInput("既に同じ人として扱っています。")
    entity = roll.state.entities.get(one)
    if entity is None or other not in roll.state.entities:
        raise WrongInput("選んだ人の記録が見つかりません。画面を読み直してください。")
    register = entity.registers.get(merging.SAME_AS)
    if register is not None and register.heads:
        # A chain: what is free says it, so that nothing said before is replaced.
        one, other = other, one
        entity = roll.state.entities[one]
        register = entity.registers.get(merging.SAME_AS)
    seen = {merging.SAME_AS: register.seen} if register is not None else {}
    return record(actor, incident, one, "person.same_as", {merging.SAME_AS: other}, seen=seen)


def card_token(incident: Incident, town: Municipality, typed: str) -> str:
    """A code as it was scanned or typed; the number printed on a card of the own town becomes its token.

    Raises `WrongInput` where the town has no card of that number and mode.
    """
    text = typed.strip()
    plain = text.removeprefix("第").removesuffix("号")
    if plain.isdecimal() and len(plain) <= 7:
        row = Card.objects.filter(
            region=incident.region, municipality=town, mode=incident.mode, number=int(plain)
        ).first()
        if row is None:
            raise WrongInput(
                f"{incident.get_mode_display()}用の受付カード第{int(plain)}号は、{town.name}では作っていません。",
                column="code",
            )
        return row.token
    return text


def _key_of(incident: Incident, town: Municipality, person: PersonDraft, nonce: str, at: int) -> str:
    for code in (person.card, person.line):
        if code.strip():
            scanned = reception.scan(card_token(incident, town, code))
            if scanned.mode is None:
                raise WrongInput("受付カードの番号を入力してください。", column="card")
            reception.check_mode(scanned.text, incident.mode)  # type: ignore[arg-type]
            return reception.person_id(str(incident.uid), scanned)
    return form_id(incident, nonce, str(at))


def _codes(incident: Incident, town: Municipality, person: PersonDraft) -> dict[str, str]:
    found: dict[str, str] = {}
    for code in (person.card, person.line):
        if code.strip():
            scanned = reception.scan(card_token(incident, town, code))
            found[scanned.what] = scanned.text
    return found


def form_id(incident: Incident, nonce: str, part: str) -> str:
    """A key made from the form that was sent: sent twice it names the same."""
    raw = bytearray(hashlib.sha256(f"keniki-form\n{incident.uid}\n{nonce}\n{part}".encode()).digest()[:16])
    raw[6], raw[8] = (raw[6] & 0x0F) | 0x50, (raw[8] & 0x3F) | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
