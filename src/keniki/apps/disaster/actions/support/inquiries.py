"""Safety inquiries (安否情報の照会): received, the asker verified, decided by a person, answered by letter.

Whether the person sought is known, protected or did not agree shows in nothing but the answer: neither in the log nor
in the list of looks nor in the register.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Max
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Actor, allow
from keniki.apps.accounts.scoping import EVERY_TOWN
from keniki.apps.accounts.verbs import Act, lock, verb
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster.support import ITEMS, confirmed, may_be_answered, relations

from ... import policies
from ...models import Incident, PersonalAccess, SafetyCheck, SafetyInquiry, SupportTown
from ...queries.support.finding import Found, find
from ..privacy import erases, looked

State, Via = SafetyInquiry.State, SafetyInquiry.Via
LENGTHS: Final = {"name": 120, "kana": 120, "address": 300, "phone": 40, "reason": 500, "sex": 20}
#: More inquiries by web form than this may not wait in a town: a flood of them hides those of people.
MOST_WAITING: Final = 500


@dataclass(frozen=True)
class InquiryDraft:
    """An inquiry: who asks, for whom, why. Days of birth as dates."""

    relation: str
    name: str
    address: str
    phone: str
    sought_name: str
    reason: str
    sought_kana: str = ""
    sought_birth: date | None = None
    sought_sex: str = ""
    sought_address: str = ""
    via: str = Via.WINDOW
    received_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What is answered: items of `ITEMS` in words (none: no information to be answered). `person` is the person of the
    reception it is about; `read_rule` says that the decider read the regulation where the product did not."""

    items: Mapping[str, str]
    on: date
    person: str = ""
    document_no: str = ""
    read_rule: bool = False


def receive(actor: Actor, incident: Incident, town: Municipality, draft: InquiryDraft) -> SafetyInquiry:
    """Take an inquiry at the window or by letter. Raises `WrongInput` or `Denied`."""
    policies.record_on_page(actor, incident, town).require()
    ruling = policies.record_person(actor, incident.region, town).require()
    if draft.via == Via.WEB:
        raise WrongInput("受付の方法を選んでください。", column="via")
    _check(draft)
    with verb(actor, "disaster.receive_inquiry", region=incident.region.slug, ruling=ruling) as act:
        return _store(act, incident, town, draft)


def receive_web(incident: Incident, town: Municipality, draft: InquiryDraft) -> SafetyInquiry:
    """Take an inquiry from the public form of a town that switched it on: it waits, and nobody is answered before
    the asker was verified at the window. Raises `WrongInput`."""
    _check(draft)
    region = incident.region
    with (
        scope(region=region, towns={town.pk}),
        verb(
            SYSTEM,
            "disaster.receive_inquiry",
            region=region.slug,
            ruling=allow("ウェブでの受付を市町村が開いています。"),
        ) as act,
    ):
        lock("safety-inquiry", town.pk)
        rules = SupportTown.objects.filter(region=region, municipality=town, web_inquiries=True)
        current = Incident.objects.get(pk=incident.pk)
        if not rules.exists() or current.ended_at is not None or current.is_exercise or not current.public:
            raise WrongInput("いまは、この画面で受け付けていません。市や町の窓口に来てください。")
        waiting = SafetyInquiry.objects.filter(
            incident=incident, municipality=town, via=Via.WEB, state=State.WAITING
        )
        if waiting.count() >= MOST_WAITING:
            raise WrongInput("いま、たくさんの照会が来ています。市や町の窓口に来てください。")
        return _store(act, incident, town, draft)


def verify(
    actor: Actor, inquiry: SafetyInquiry, identity: str, note: str, version: int | None
) -> SafetyInquiry:
    """Write down which document of the asker was seen, by whom. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = _ruled(actor, inquiry)
    if identity not in SafetyInquiry.Identity.values:
        raise WrongInput("確認した書類を選んでください。", column="identity")
    if identity == SafetyInquiry.Identity.OTHER and not note.strip():
        raise WrongInput("その他の方法のときは、方法と理由を入力してください。", column="note")
    with verb(actor, "disaster.verify_inquiry", region=inquiry.region.slug, ruling=ruling) as act:
        current = _lock(act, inquiry, version)
        if current.state not in (State.WAITING, State.VERIFIED):
            raise WrongInput("この照会の手続は終わっています。")
        current.state, current.identity = State.VERIFIED, identity
        current.verified_by, current.verified_on = _who(act), today()
        current.sealed = {**(current.sealed or {}), "identity_note": note.strip()}
        act.save(current)
        _say(act, current, f"の照会者の本人確認（{current.get_identity_display()}）を記録")
        return current


def candidates(actor: Actor, inquiry: SafetyInquiry) -> list[Found]:
    """Who may be the person sought, of those who may be answered about. Writes down one look, alike for every result.

    Raises `Denied`, and `WrongInput` before the asker was verified.
    """
    if inquiry.state != State.VERIFIED:
        raise WrongInput("照会者の本人確認が済むまで、探すことはできません。")
    looked(
        actor,
        inquiry.region,
        inquiry.municipality,
        PersonalAccess.Deed.INQUIRY,
        "安否情報の照会",
        key=str(inquiry.number),
        people=1,
        incident=inquiry.incident,
    )
    return _candidates(inquiry)


def decide(actor: Actor, inquiry: SafetyInquiry, decision: Decision, version: int | None) -> SafetyInquiry:
    """Decide what is answered. Raises `WrongInput`, `Denied` or `Stale`.

    Nothing is answered before the asker was verified, nothing beyond what the rule allows to this relation.
    """
    ruling = _ruled(actor, inquiry)
    items = {name: words.strip() for name, words in decision.items.items() if words.strip()}
    if any(name not in ITEMS for name in items):
        raise WrongInput("回答する事項を選んでください。", column="items")
    if decision.on > today():
        raise WrongInput("まだ来ていない日です。", column="on")
    with verb(actor, "disaster.answer_inquiry", region=inquiry.region.slug, ruling=ruling) as act:
        current = _lock(act, inquiry, version)
        if current.state != State.VERIFIED:
            raise WrongInput("照会者の本人確認が済んだ、回答前の照会だけを決定できます。")
        if items:
            _allow(current, decision, items)
        current.state, current.answer = State.ANSWERED, items
        current.decided_by, current.decided_on = _who(act), decision.on
        current.document_no = decision.document_no.strip()
        act.save(current)
        _say(act, current, "への回答を決定")
        return current


def withdraw(actor: Actor, inquiry: SafetyInquiry, version: int | None) -> SafetyInquiry:
    """Close an inquiry without an answer: taken back, or the asker cannot be verified.

    Raises `WrongInput`, `Denied` or `Stale`.
    """
    ruling = _ruled(actor, inquiry)
    with verb(actor, "disaster.withdraw_inquiry", region=inquiry.region.slug, ruling=ruling) as act:
        current = _lock(act, inquiry, version)
        if current.state not in (State.WAITING, State.VERIFIED):
            raise WrongInput("この照会の手続は終わっています。")
        current.state = State.WITHDRAWN
        act.save(current)
        _say(act, current, "を取下げ・不受理として終了")
        return current


@erases("安否情報の照会")
def erase_inquiries(incident: Incident, town: Municipality) -> int:
    """What people asked and were told; numbers and days stay."""
    rows = SafetyInquiry.objects.filter(incident=incident, municipality=town, sealed__isnull=False)
    return rows.update(sealed=None, answer=None)


@erases("安否確認")
def erase_checks(incident: Incident, town: Municipality) -> int:
    """Where persons of the list were; states stay."""
    rows = SafetyCheck.objects.filter(incident=incident, municipality=town, sealed__isnull=False)
    return rows.update(sealed=None)


def allowed(inquiry: SafetyInquiry, found: Found | None) -> tuple[str, ...]:
    """The items that may be answered about somebody who was found; none about nobody."""
    if found is None:
        return ()
    return may_be_answered(inquiry.relation, consent=found.consent, on=today())


def _allow(inquiry: SafetyInquiry, decision: Decision, items: Mapping[str, str]) -> None:
    found = next((each for each in _candidates(inquiry) if each.entity == decision.person), None)
    if found is None:
        raise WrongInput("だれについて回答するかを選んでください。", column="person")
    rights = allowed(inquiry, found)
    if any(name not in rights for name in items):
        said = "・".join(ITEMS[name] for name in rights) or "なし"
        raise WrongInput(f"この続柄・関係の人に回答できる事項は、{said}です。", column="items")
    if not confirmed(inquiry.relation, today()) and not decision.read_rule:
        raise WrongInput(
            "回答できる範囲は、災害対策基本法施行規則の文言で確かめてから決定してください。",
            column="read_rule",
        )


def _candidates(inquiry: SafetyInquiry) -> list[Found]:
    sought = (inquiry.sealed or {}).get("sought", {})
    return find(
        inquiry.incident,
        inquiry.municipality,
        name=sought.get("name", ""),
        kana=sought.get("kana", ""),
        birth=sought.get("birth", ""),
        for_answer=True,
    )


def _store(act: Act, incident: Incident, town: Municipality, draft: InquiryDraft) -> SafetyInquiry:
    lock("safety-inquiry", town.pk)
    with scope(region=incident.region, towns=EVERY_TOWN):
        rows = SafetyInquiry.objects.filter(incident=incident, municipality=town)
        last = rows.aggregate(last=Max("number"))["last"]
    content: dict[str, Any] = {
        "asker": {"name": draft.name.strip(), "address": draft.address.strip(), "phone": draft.phone.strip()},
        "sought": {
            "name": draft.sought_name.strip(),
            "kana": draft.sought_kana.strip(),
            "birth": draft.sought_birth.isoformat() if draft.sought_birth else "",
            "sex": draft.sought_sex,
            "address": draft.sought_address.strip(),
        },
        "reason": draft.reason.strip(),
    }
    waiting = SafetyInquiry.objects.filter(incident=incident, municipality=town, state=State.WAITING)
    if any(each.sealed == content for each in waiting):
        raise WrongInput("同じ内容の照会を、もう受け付けています。")
    made = SafetyInquiry(
        region=incident.region,
        incident=incident,
        mode=incident.mode,
        municipality=town,
        number=(last or 0) + 1,
        via=draft.via,
        received_at=draft.received_at or timezone.now(),
        relation=draft.relation,
        sealed=content,
    )
    act.save(made)
    _say(act, made, f"を受付（{made.get_via_display()}）")
    return made


def _check(draft: InquiryDraft) -> None:
    needed = {"name": "氏名", "address": "住所", "phone": "電話番号", "sought_name": "探している人の氏名"}
    for name, label in needed.items():
        if not getattr(draft, name).strip():
            raise WrongInput(f"{label}を入力してください。", column=name)
    if not draft.reason.strip():
        raise WrongInput("照会の理由を入力してください。", column="reason")
    if draft.relation not in relations(today()):
        raise WrongInput("続柄・関係を選んでください。", column="relation")
    if draft.via not in Via.values:
        raise WrongInput("受付の方法を選んでください。", column="via")
    for field in InquiryDraft.__dataclass_fields__:
        value = getattr(draft, field)
        most = LENGTHS.get(field.removeprefix("sought_"))
        if isinstance(value, str) and most and len(value) > most:
            raise WrongInput(f"{most}文字までにしてください。", column=field)
    if draft.sought_birth is not None and not date(1880, 1, 1) <= draft.sought_birth <= today():
        raise WrongInput("生年月日を確かめてください。", column="sought_birth")
    if draft.received_at is not None and draft.received_at > timezone.now():
        raise WrongInput("まだ来ていない日時です。", column="received_at")


def _ruled(actor: Actor, inquiry: SafetyInquiry) -> Any:
    return policies.record_person(actor, inquiry.region, inquiry.municipality).require()


def _lock(act: Act, inquiry: SafetyInquiry, version: int | None) -> SafetyInquiry:
    current = act.lock(inquiry, version)
    current.region, current.incident, current.municipality = (
        inquiry.region,
        inquiry.incident,
        inquiry.municipality,
    )
    if current.sealed is None:
        raise WrongInput("この照会の内容は、保存期限が過ぎたため消去しました。")
    return current


def _who(act: Act) -> str:
    return f"{act.post.label if act.post else ''} {act.actor.name}".strip()


def _say(act: Act, inquiry: SafetyInquiry, said: str) -> None:
    mode, town = inquiry.incident.get_mode_display(), inquiry.municipality
    act.log(inquiry, None, None, f"【{mode}】{town.name}の{inquiry}{said}", municipality=town.code)
