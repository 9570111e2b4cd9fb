"""The victims' ledger (被災者台帳): persons entered, what was done for them, and every use beyond it on its basis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

import pgtrigger
from django.db.models import Max

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, lock, verb
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from .. import policies
from ..models import (
    CertificateApplication,
    House,
    Incident,
    LedgerUse,
    Retention,
    Victim,
    VictimSupport,
)
from .privacy import erases

#: What stands sealed of a person, as pages name it.
SEALED: Final = {
    "name": "氏名",
    "kana": "ふりがな",
    "birth": "生年月日",
    "sex": "性別",
    "address": "住所",
    "residence": "居所（避難先など）",
    "phone": "電話",
    "household": "世帯",
    "special": "要配慮者である事由",
    "note": "備考",
}
#: What can be given or used of a person; the note never is.
COLUMNS: Final = {
    **{key: label for key, label in SEALED.items() if key != "note"},
    "damage": "住家の被害",
    "certificate": "罹災証明書の交付",
    "support": "援護の実施の状況",
}
Basis = LedgerUse.Basis


@dataclass(frozen=True)
class VictimDraft:
    """A person as the ledger shall have it; `house` and `application` are numbers within the town."""

    sealed: Mapping[str, str]
    house: int | None = None
    application: int | None = None
    consent: str = Victim.Consent.UNKNOWN
    consented_on: date | None = None


@dataclass(frozen=True)
class SupportDraft:
    """Something that was done for a person."""

    uid: UUID
    on: date
    kind: str
    office: str = ""
    note: str = ""


@dataclass(frozen=True)
class UseDraft:
    """A use of the ledger: who gets what for what; `columns` are keys of COLUMNS."""

    uid: UUID
    basis: str
    recipient: str
    purpose: str
    columns: Sequence[str] = field(default_factory=tuple)
    document_no: str = ""


def save_victim(
    actor: Actor,
    incident: Incident,
    town: Municipality,
    draft: VictimDraft,
    victim: Victim | None = None,
    version: int | None = None,
) -> Victim:
    """Enter a person, or correct what is known. Raises `WrongInput`, `Denied` or `Stale`."""
    region = incident.region
    ruling = policies.record_person(actor, region, town).require()
    sealed = {key: str(draft.sealed.get(key, "")).strip() for key in SEALED}
    sealed = {key: value for key, value in sealed.items() if value}
    if "name" not in sealed:
        raise WrongInput("氏名を入力してください。", column="name")
    if "address" not in sealed and "residence" not in sealed:
        raise WrongInput("住所か居所を入力してください。", column="address")
    _check_consent(draft)
    _not_purged(incident, town)
    house, application = _house(incident, town, draft.house), _application(incident, town, draft.application)
    with verb(actor, "disaster.save_victim", region=region.slug, ruling=ruling, quiet=True) as act:
        if victim is None:
            saved = _new(incident, town)
        else:
            saved = act.lock(victim, version)
            saved.region, saved.incident, saved.municipality = region, incident, town
            if saved.sealed is None:
                raise WrongInput("保存期限が過ぎて個人に関する内容を消去した記載は、変えられません。")
        old = (saved.house_id, saved.application_id, saved.consent, saved.consented_on, saved.sealed)
        saved.house, saved.application, saved.sealed = house, application, sealed
        saved.consent, saved.needs_care = draft.consent, "special" in sealed
        saved.consented_on = draft.consented_on if draft.consent != Victim.Consent.UNKNOWN else None
        new = (saved.house_id, saved.application_id, saved.consent, saved.consented_on, saved.sealed)
        if victim is not None and old == new:
            return saved
        act.save(saved)
        _log(act, saved, "に記載" if victim is None else "の記載を変更")
        return saved


def take_applications(actor: Actor, incident: Incident, town: Municipality) -> int:
    """Enter the applicants for a 罹災証明書 who are not in the ledger yet; how many. Twice enters nobody twice."""
    ruling = policies.record_person(actor, incident.region, town).require()
    _not_purged(incident, town)
    with verb(actor, "disaster.take_victims", region=incident.region.slug, ruling=ruling, quiet=True) as act:
        lock("disaster-victim", incident.pk, town.pk)
        own = Victim.objects.filter(incident=incident, municipality=town)
        known = set(own.exclude(application=None).values_list("application", flat=True))
        rows = CertificateApplication.objects.filter(
            incident=incident, municipality=town, kind="damage", sealed__isnull=False
        ).exclude(state=CertificateApplication.State.WITHDRAWN)
        number = own.aggregate(last=Max("number"))["last"] or 0
        done = 0
        saved = None
        for row in rows.order_by("number"):
            if row.pk in known:
                continue
            said = row.sealed
            number, done = number + 1, done + 1
            saved = _new(incident, town, number)
            saved.application, saved.house_id = row, row.house_id
            names = ("kana", "address", "phone", "household")
            saved.sealed = {"name": said["applicant"]} | {key: said[key] for key in names if said.get(key)}
            act.save(saved)
        if saved is not None:
            text = (
                f"【{incident.get_mode_display()}】{town.name}の被災者台帳に、証明書の申請から{done}人を記載"
            )
            act.log(saved, None, {"persons": done}, text, municipality=town.code)
        return done


def add_support(actor: Actor, victim: Victim, draft: SupportDraft) -> VictimSupport:
    """Write down what was done for a person; one sent twice is kept once. Raises `WrongInput` or `Denied`."""
    region, town = victim.region, victim.municipality
    ruling = policies.record_person(actor, region, town).require()
    if not draft.kind.strip():
        raise WrongInput("援護の内容を入力してください。", column="kind")
    if draft.on > today():
        raise WrongInput("まだ来ていない日です。実施した日を入力してください。", column="on")
    if victim.sealed is None:
        raise WrongInput("保存期限が過ぎて個人に関する内容を消去した方です。")
    with verb(actor, "disaster.add_victim_support", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("disaster-victim-support", victim.pk)
        known = VictimSupport.objects.filter(uid=draft.uid).first()
        if known is not None:
            if known.victim_id != victim.pk:
                raise WrongInput("同じ番号の記録が、ほかの方にあります。")
            return known
        said = {"kind": draft.kind.strip(), "office": draft.office.strip(), "note": draft.note.strip()}
        saved = VictimSupport(
            region=region, incident=victim.incident, mode=victim.mode, municipality=town, victim=victim, uid=draft.uid,
            on=draft.on, sealed={key: value for key, value in said.items() if value},
        )  # fmt: skip
        saved.made_by(act)
        saved.save()
        _log(act, victim, "に援護の実施を記録")
        return saved


def withdraw_support(actor: Actor, support: VictimSupport) -> None:
    """Say that a line was entered wrongly; it stays, crossed out. Raises `Denied`."""
    victim = support.victim
    ruling = policies.record_person(actor, victim.region, victim.municipality).require()
    with verb(
        actor, "disaster.withdraw_victim_support", region=victim.region.slug, ruling=ruling, quiet=True
    ) as act:
        current = VictimSupport.objects.select_for_update(of=("self",)).get(pk=support.pk)
        if current.withdrawn:
            return
        current.withdrawn = True
        current.save()
        _log(act, victim, "の援護の記録を取消し")


def record_use(actor: Actor, incident: Incident, town: Municipality, draft: UseDraft) -> LedgerUse:
    """Write down a use of the ledger before anything is handed out: only its columns and persons are in its file.

    On the basis of consent only those who consented are in it; another body's asks for its document. Sent twice is one
    use. Raises `WrongInput` or `Denied`.
    """
    region = incident.region
    ruling = policies.record_person(actor, region, town).require()
    for name, label in (("recipient", "提供先・利用する課"), ("purpose", "目的")):
        if not getattr(draft, name).strip():
            raise WrongInput(f"{label}を入力してください。", column=name)
    if draft.basis not in Basis.values:
        raise WrongInput("根拠を選んでください。", column="basis")
    if draft.basis == Basis.BODY and not draft.document_no.strip():
        raise WrongInput("他の地方公共団体からの申請・依頼の文書を入力してください。", column="document_no")
    columns = [key for key in COLUMNS if key in draft.columns]
    if not columns:
        raise WrongInput("援護に必要な項目を選んでください。", column="columns")
    with verb(actor, "disaster.use_ledger", region=region.slug, ruling=ruling) as act:
        lock("disaster-ledger-use", incident.pk, town.pk)
        known = LedgerUse.objects.filter(uid=draft.uid, incident=incident, municipality=town).first()
        if known is not None:
            return known
        rows = Victim.objects.filter(incident=incident, municipality=town, sealed__isnull=False)
        chosen = rows.filter(consent=Victim.Consent.YES) if draft.basis == Basis.CONSENT else rows
        persons = list(chosen.order_by("number").values_list("number", flat=True))
        if not persons:
            raise WrongInput("この根拠で使える方が、台帳にいません。", column="basis")
        last = LedgerUse.objects.filter(incident=incident, municipality=town).aggregate(last=Max("number"))
        saved = LedgerUse(
            region=region, incident=incident, mode=incident.mode, municipality=town, number=(last["last"] or 0) + 1,
            uid=draft.uid, basis=draft.basis, recipient=draft.recipient.strip(), purpose=draft.purpose.strip(),
            document_no=draft.document_no.strip(), columns=columns, people=len(persons),
            left_out=rows.count() - len(persons), persons=persons,
        )  # fmt: skip
        saved.made_by(act)
        saved.save()
        what = f"{saved}（{saved.get_basis_display()}、{len(persons)}人）"
        said = f"【{incident.get_mode_display()}】{town.name}の被災者台帳の{what}を記録"
        act.log(saved, None, {"people": len(persons), "columns": columns}, said, municipality=town.code)
        return saved


@erases("被災者台帳")
def erase_ledger(incident: Incident, town: Municipality) -> int:
    """Erase persons and what was done for them, also in the row history; numbers, days and uses stay."""
    own: dict[str, Any] = {"incident": incident, "municipality": town, "sealed__isnull": False}
    history = Victim._meta.apps.get_model("disaster", "VictimEvent")
    VictimSupport.objects.filter(**own).update(sealed=None)
    with pgtrigger.ignore("disaster.VictimEvent:append_only"):
        done = Victim.objects.filter(**own).update(sealed=None)
        history._base_manager.filter(**own).update(sealed=None)
    return done


def _new(incident: Incident, town: Municipality, number: int | None = None) -> Victim:
    if number is None:
        lock("disaster-victim", incident.pk, town.pk)
        rows = Victim.objects.filter(incident=incident, municipality=town)
        number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    return Victim(
        region=incident.region, incident=incident, mode=incident.mode, municipality=town, number=number
    )


def _check_consent(draft: VictimDraft) -> None:
    if draft.consent == Victim.Consent.UNKNOWN:
        return
    if draft.consented_on is None:
        raise WrongInput("同意の有無を確かめた日を入力してください。", column="consented_on")
    if draft.consented_on > today():
        raise WrongInput("まだ来ていない日です。", column="consented_on")


def _not_purged(incident: Incident, town: Municipality) -> None:
    if Retention.objects.filter(incident=incident, municipality=town, purged_at__isnull=False).exists():
        raise WrongInput(
            "この事案の個人に関する記録は、保存期限が過ぎたため消去しました。新しい記載はできません。"
        )


def _house(incident: Incident, town: Municipality, number: int | None) -> House | None:
    if number is None:
        return None
    found = House.objects.filter(incident=incident, municipality=town, number=number).first()
    if found is None:
        raise WrongInput(f"整理番号{number}の家屋はありません。", column="house")
    return found


def _application(incident: Incident, town: Municipality, number: int | None) -> CertificateApplication | None:
    if number is None:
        return None
    rows = CertificateApplication.objects.filter(incident=incident, municipality=town, number=number)
    found = rows.first()
    if found is None:
        raise WrongInput(f"受付番号{number}の申請はありません。", column="application")
    return found


def _log(act: Act, victim: Victim, said: str) -> None:
    town = victim.municipality
    text = f"【{victim.get_mode_display()}】{town.name}の被災者{victim}{said}"
    act.log(victim, None, None, text, municipality=town.code)
