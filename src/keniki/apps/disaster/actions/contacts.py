"""Writing contacts and their turns of duty, one by one or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from .. import policies
from ..models import Contact, Duty

#: The sealed parts of a contact, by their names in a file.
SEALED: Final = {"name": "氏名", "phone": "電話", "mobile": "携帯", "fax": "FAX", "email": "メール"}
LABELS: Final = {
    "municipality": "市町村", "body": "団体・部署", "post": "職名・窓口", "hours": "つながる時間", "order": "かける順",
    "reach": "氏名・番号", "checked_on": "確認した日", "note": "備考",
}  # fmt: skip


@dataclass(frozen=True)
class ContactDraft:
    """A contact as it shall be; `reach` are the parts of SEALED that are known."""

    body: str
    municipality: Municipality | None = None
    post: str = ""
    hours: str = Contact.Hours.ALWAYS
    order: int = 1
    reach: dict[str, str] = field(default_factory=dict)
    checked_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class DutyDraft:
    """A turn of duty: from when until when, as what."""

    begins: datetime
    ends: datetime
    role: str = ""


def save_contact(
    actor: Actor,
    region: Region,
    draft: ContactDraft,
    contact: Contact | None = None,
    version: int | None = None,
) -> Contact:
    """Store a contact. The log says that numbers changed, never which. Raises `WrongInput`, `Denied`, `Stale`."""
    if contact is not None:
        policies.write_contact(actor, region, contact.municipality).require()
    ruling = policies.write_contact(actor, region, draft.municipality).require()
    _check(draft)
    with verb(actor, "disaster.save_contact", region=region.slug, ruling=ruling, quiet=True) as act:
        return _store(act, region, draft, contact, version)


def load_contacts(actor: Actor, region: Region, drafts: Sequence[ContactDraft]) -> int:
    """Store many contacts, all or none; one that has the same town, body and post is brought up to date.

    How many were new or changed. Raises `WrongInput` with the row, or `Denied`.
    """
    for number, draft in enumerate(drafts, start=2):
        policies.write_contact(actor, region, draft.municipality).require()
        try:
            _check(draft)
        except WrongInput as wrong:
            raise WrongInput(wrong.message, row=number, column=wrong.column) from None
    ruling = policies.write_some_place(actor, region).require()
    with verb(actor, "disaster.load_contacts", region=region.slug, ruling=ruling, quiet=True) as act:
        known = {
            (each.municipality_id, each.body, each.post): each
            for each in Contact.objects.filter(region=region)
        }
        before = len(act.entries)
        for draft in drafts:
            town = draft.municipality.pk if draft.municipality is not None else None
            key = (town, draft.body.strip(), draft.post.strip())
            known[key] = _store(act, region, draft, known.get(key), None)
        return len(act.entries) - before


def remove_contact(actor: Actor, contact: Contact, version: int | None) -> None:
    """Remove a contact with its turns."""
    ruling = policies.write_contact(actor, contact.region, contact.municipality).require()
    with verb(actor, "disaster.remove_contact", region=contact.region.slug, ruling=ruling) as act:
        current = act.lock(contact, version)
        for duty in current.duties.all():
            duty.delete()
        act.log(current, None, None, f"連絡先「{current}」を削除")
        current.delete()


def save_duty(actor: Actor, contact: Contact, draft: DutyDraft) -> Duty:
    """Give a contact a turn. Raises `WrongInput` (also where it has one at that time already) or `Denied`."""
    ruling = policies.write_contact(actor, contact.region, contact.municipality).require()
    if draft.ends <= draft.begins:
        raise WrongInput("終了は、開始より後の日時にしてください。", column="ends")
    with verb(actor, "disaster.save_duty", region=contact.region.slug, ruling=ruling) as act:
        duty = act.save(
            Duty(
                region=contact.region,
                contact=contact,
                during=TimestamptzRange(draft.begins, draft.ends),
                role=draft.role.strip(),
            )
        )
        act.log(duty, None, None, f"{contact} の当番（{_span(duty)}）を登録")
        return duty


def remove_duty(actor: Actor, duty: Duty) -> None:
    """Take a turn away."""
    contact = duty.contact
    ruling = policies.write_contact(actor, duty.region, contact.municipality).require()
    with verb(actor, "disaster.remove_duty", region=duty.region.slug, ruling=ruling) as act:
        current = act.lock(duty, None)
        act.log(current, None, None, f"{contact} の当番（{_span(current)}）を削除")
        current.delete()


def _store(
    act: Act, region: Region, draft: ContactDraft, contact: Contact | None, version: int | None
) -> Contact:
    saved = Contact(region=region) if contact is None else act.lock(contact, version)
    old = _content(saved) if contact is not None else {}
    saved.municipality = draft.municipality
    saved.body, saved.post, saved.note = draft.body.strip(), draft.post.strip(), draft.note.strip()
    saved.hours, saved.order, saved.checked_on = draft.hours, draft.order, draft.checked_on
    reach = {key: value.strip() for key, value in draft.reach.items() if value.strip()}
    reached = contact is not None and saved.sealed == reach
    saved.sealed = reach
    new = _content(saved)
    code = draft.municipality.code if draft.municipality is not None else ""
    if contact is None:
        act.save(saved)
        act.log(saved, None, new, f"連絡先「{saved}」を登録", municipality=code)
        return saved
    before, after = changes(old, new)
    if not after and reached:
        return saved
    act.save(saved)
    names = [LABELS[name] for name in after] + ([] if reached else [LABELS["reach"]])
    act.log(saved, before, after, f"連絡先「{saved}」の{'・'.join(names)}を変更", municipality=code)
    return saved


def _check(draft: ContactDraft) -> None:
    if not draft.body.strip():
        raise WrongInput("団体・部署を入力してください。", column="body")
    if draft.hours not in Contact.Hours.values:
        raise WrongInput("つながる時間は、昼夜・平日の日中・夜間・休日から選んでください。", column="hours")
    if not any(draft.reach.get(key, "").strip() for key in ("phone", "mobile", "fax", "email")):
        raise WrongInput("電話・携帯・FAX・メールのどれかを入力してください。", column="phone")


def _content(contact: Contact) -> dict[str, Any]:
    return {
        "municipality": contact.municipality.name if contact.municipality else "",
        "body": contact.body,
        "post": contact.post,
        "hours": contact.get_hours_display(),
        "order": contact.order,
        "checked_on": contact.checked_on.isoformat() if contact.checked_on else "",
        "note": contact.note,
    }


def _span(duty: Duty) -> str:
    begins, ends = (timezone.localtime(each) for each in (duty.during.lower, duty.during.upper))
    return f"{begins:%Y-%m-%d %H:%M}から{ends:%Y-%m-%d %H:%M}まで"
