"""Giving the list, or plans, to those who may help (避難支援等関係者), within the limits of the law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Max

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput

from ... import policies
from ...models import Incident, ListSharing, SupportBody
from ...queries.support.people import rules_of
from ...queries.support.sharing import Basis, Selection, What, select

CONTACT: Final = {"person": "担当者", "phone": "電話番号", "address": "所在地", "note": "備考"}


@dataclass(frozen=True)
class BodyDraft:
    """A body that may help, with whom to call there."""

    kind: str
    name: str
    in_plan: bool = False
    person: str = ""
    phone: str = ""
    address: str = ""
    note: str = ""
    ended_on: date | None = None


@dataclass(frozen=True)
class SharingDraft:
    """A list that shall be given; `districts` are slugs (none: all)."""

    body: SupportBody
    what: str
    basis: str
    purpose: str
    shared_on: date
    return_by: date
    incident: Incident | None = None
    necessity: str = ""
    document_no: str = ""
    districts: tuple[str, ...] = ()


def save_body(
    actor: Actor,
    region: Region,
    town: Municipality,
    draft: BodyDraft,
    body: SupportBody | None = None,
    version: int | None = None,
) -> SupportBody:
    """Register a body, or change it. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.record_person(actor, region, town).require()
    if draft.kind not in SupportBody.Kind.values:
        raise WrongInput("種類を選んでください。", column="kind")
    if not draft.name.strip():
        raise WrongInput("名称を入力してください。", column="name")
    with verb(actor, "disaster.save_support_body", region=region.slug, ruling=ruling) as act:
        saved = act.lock(body, version) if body else SupportBody(region=region, municipality=town)
        twins = SupportBody.objects.filter(region=region, municipality=town, name=draft.name.strip())
        if twins.exclude(pk=saved.pk).exists():
            raise WrongInput("同じ名称の提供先があります。", column="name")
        saved.kind, saved.name, saved.in_plan = draft.kind, draft.name.strip(), draft.in_plan
        saved.ended_on = draft.ended_on
        saved.sealed = {name: getattr(draft, name).strip() for name in CONTACT}
        act.save(saved)
        said = f"{town.name}の避難支援等関係者「{saved}」を{'変更' if body else '登録'}"
        act.log(saved, None, {"in_plan": saved.in_plan}, said, municipality=town.code)
        return saved


def share(actor: Actor, region: Region, town: Municipality, draft: SharingDraft) -> ListSharing:
    """Write down that the list is given, with the persons it may contain. Raises `WrongInput` or `Denied`.

    In an exercise the basis of a disaster gives nobody away: it only counts whom it would concern.
    """
    ruling = policies.record_person(actor, region, town).require()
    ordinance = _check(region, town, draft)
    with verb(actor, "disaster.share_list", region=region.slug, ruling=ruling) as act:
        lock("list-sharing", town.pk)
        incident = draft.incident
        if incident is not None:
            incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
            if incident.ended_at is not None:
                raise WrongInput("終了した事案を根拠に提供することはできません。", column="incident")
        twin = ListSharing.objects.filter(
            region=region, municipality=town, body=draft.body, what=draft.what, basis=draft.basis,
            purpose=draft.purpose.strip(), shared_on=draft.shared_on, returned_on=None, districts=list(draft.districts),
        ).first()  # fmt: skip
        if twin is not None:
            raise WrongInput(f"同じ内容の提供が登録されています（{twin}）。", column="body")
        chosen = select(region, town, draft.what, draft.basis, districts=draft.districts)
        drill = incident is not None and incident.is_exercise
        if not chosen.persons and not drill:
            raise WrongInput(f"提供できる人がいません。{_words(chosen)}", column="basis")
        last = ListSharing.objects.filter(region=region, municipality=town).aggregate(last=Max("number"))
        made = ListSharing(
            region=region,
            municipality=town,
            number=(last["last"] or 0) + 1,
            body=draft.body,
            what=draft.what,
            basis=draft.basis,
            ordinance=ordinance,
            incident=incident,
            mode=incident.mode if incident else "",
            purpose=draft.purpose.strip(),
            necessity=draft.necessity.strip() if incident else "",
            shared_on=draft.shared_on,
            document_no=draft.document_no.strip(),
            return_by=draft.return_by,
            persons=[] if drill else [each.pk for each in chosen.persons],
            people=0 if drill else len(chosen.persons),
            would_be=len(chosen.persons) if drill else 0,
            left_out=chosen.left_out,
            districts=list(draft.districts),
        )
        act.save(made)
        mode = f"【{incident.get_mode_display()}】" if incident else ""
        what, basis = made.get_what_display(), made.get_basis_display()
        until = era.format_date(made.return_by)
        said = f"{mode}{town.name}の{what}を{draft.body}に提供（{basis}、{made.people}人、期限{until}）"
        act.log(made, None, {"people": made.people, "left_out": made.left_out}, said, municipality=town.code)
        return made


def take_back(actor: Actor, sharing: ListSharing, on: date, how: str, version: int | None) -> ListSharing:
    """Write down that a list came back or was erased. Raises `WrongInput`, `Denied` or `Stale`."""
    region, town = sharing.region, sharing.municipality
    ruling = policies.record_person(actor, region, town).require()
    if not how.strip():
        raise WrongInput("返却・消去の方法を入力してください。", column="how")
    if on > today() or on < sharing.shared_on:
        raise WrongInput("提供した日から今日までの日を入力してください。", column="on")
    with verb(actor, "disaster.take_list_back", region=region.slug, ruling=ruling) as act:
        current = act.lock(sharing, version)
        if current.returned_on is not None:
            raise WrongInput("返却・消去は、既に記録しています。")
        current.returned_on, current.returned_how = on, how.strip()
        act.save(current)
        said = f"{town.name}の名簿の{current}の返却・消去（{era.format_date(on)}）を記録"
        act.log(current, None, {"returned_on": on.isoformat()}, said, municipality=town.code)
        return current


def _check(region: Region, town: Municipality, draft: SharingDraft) -> str:
    """What may not be; the ordinance, where it is the basis."""
    rules: Any = rules_of(region, town)
    if draft.what not in What.values or draft.basis not in Basis.values:
        raise WrongInput("提供するものと根拠を選んでください。", column="basis")
    if draft.body.municipality_id != town.pk or draft.body.ended_on is not None:
        raise WrongInput("提供先を選んでください。", column="body")
    if not draft.purpose.strip():
        raise WrongInput("目的を入力してください。", column="purpose")
    if draft.shared_on > today():
        raise WrongInput("まだ来ていない日です。", column="shared_on")
    if draft.return_by < draft.shared_on:
        raise WrongInput("返却・消去の期限が、提供した日より前です。", column="return_by")
    if draft.basis == Basis.DISASTER:
        if draft.incident is None:
            raise WrongInput("災害時の提供は、事案を選んでください。", column="incident")
        if draft.incident.region_id != region.pk:
            raise WrongInput("事案を選んでください。", column="incident")
        if not draft.necessity.strip():
            raise WrongInput(
                "生命・身体を守るため特に必要な理由を入力してください（第49条の11第3項）。",
                column="necessity",
            )
        return ""
    if draft.incident is not None:
        raise WrongInput("事案は、災害時の提供のときだけ選びます。", column="incident")
    if not draft.body.in_plan:
        raise WrongInput(
            "平時の提供は、地域防災計画に定めがある避難支援等関係者に限ります（第49条の11第2項）。",
            column="body",
        )
    if draft.basis == Basis.CONSENT:
        return ""
    told: str = (rules.ordinance_plan if draft.what == What.PLAN else rules.ordinance) if rules else ""
    if not told:
        raise WrongInput(
            "条例の名称と条項が登録されていません。「名簿の決まり」に入力してください。", column="basis"
        )
    return told


def _words(chosen: Selection) -> str:
    return "、".join(f"{reason}{number}人" for reason, number in chosen.left_out.items())
