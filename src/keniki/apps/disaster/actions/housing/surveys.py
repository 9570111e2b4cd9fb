"""Surveys of houses: stored once however often they are sent, checked, withdrawn; people decide which one counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from keniki.analysis.damage import Assessment, assess, read_house
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput

from ... import policies
from ...models import House, HouseSurvey

#: What the analysis calls the rounds.
ROUNDS: Final = {"first": "first", "second": "second", "again": "second", "self": "self"}
#: The rounds in which somebody goes to the house.
ON_SITE: Final = ("first", "second", "again")
MAX_REMARK: Final = 2000
_UNCHECKED: Final = "採用できるのは、確認した調査だけです。先に調査を確認してください。"


@dataclass(frozen=True)
class SurveyDraft:
    """A survey as somebody made it: `record` is what was seen, as `read_house` takes it, without day and round."""

    uid: UUID
    round: str
    surveyed_on: date
    assessors: str
    record: Mapping[str, Any]
    remark: str = ""


@dataclass(frozen=True)
class Decision:
    """That a survey is the one that counts: `ticked` are the rules somebody confirmed, by name in `by`."""

    on: date
    by: str
    note: str = ""
    ticked: frozenset[str] = frozenset()


def record_of(house: House, draft: SurveyDraft) -> dict[str, Any]:
    """The whole record of a survey: what was seen, with the house's day, mode and round."""
    seen = {key: value for key, value in draft.record.items() if value is not None and key != "label"}
    return seen | {
        "date": house.struck_on.isoformat(),
        "mode": house.mode,
        "survey": ROUNDS.get(draft.round, "first"),
    }


def judged(house: House, draft: SurveyDraft) -> Assessment:
    """What a survey comes to, without storing it. Raises `WrongInput` with the field."""
    if house.use != House.Use.RESIDENCE:
        raise WrongInput("住家の被害認定は住家だけが対象です。非住家は被災証明の受付で扱います。")
    if draft.round not in ROUNDS:
        raise WrongInput("調査の回を選んでください。", column="round")
    return assess(read_house(record_of(house, draft)))


def submit_survey(
    actor: Actor, house: House, draft: SurveyDraft, *, via: str = HouseSurvey.Via.PAGE, device: str = ""
) -> tuple[HouseSurvey, bool]:
    """Store a survey with its result; the second value is False where it was stored before.

    The same `uid` with another content is refused. Raises `WrongInput` or `Denied`.
    """
    ruling = policies.record_person(actor, house.region, house.municipality).require()
    if not draft.assessors.strip():
        raise WrongInput("調査した職員を入力してください。", column="assessors")
    if not house.struck_on <= draft.surveyed_on <= today():
        since = era.format_date(house.struck_on)
        raise WrongInput(
            f"調査した日は、被災した日（{since}）からきょうまでの日にしてください。", column="surveyed_on"
        )
    if len(draft.remark) > MAX_REMARK:
        raise WrongInput(f"所見は{MAX_REMARK:,}字までで入力してください。", column="remark")
    if house.sealed is None:
        raise WrongInput("保存期限が過ぎて個人に関する内容を消去した家屋は、調査を加えられません。")
    found = judged(house, draft)
    record = record_of(house, draft)
    digest = digest_of(house, draft, record)
    with verb(actor, "disaster.submit_survey", region=house.region.slug, ruling=ruling, quiet=True) as act:
        lock("disaster-house-survey", house.pk)
        known = HouseSurvey.objects.filter(uid=draft.uid).first()
        if known is not None:
            if known.house_id != house.pk or known.digest != digest:
                raise WrongInput(
                    "同じ番号で、内容の違う調査が届いています。訂正は、新しい調査として入力してください。"
                )
            return known, False
        last = house.surveys.aggregate(last=Max("number"))["last"] or 0
        percent = found.percent
        survey = HouseSurvey(
            region=house.region, incident=house.incident, mode=house.mode, municipality=house.municipality,
            house=house, uid=draft.uid, number=last + 1, round=draft.round, hazard=found.house.hazard,
            surveyed_on=draft.surveyed_on, assessors=draft.assessors.strip(), record=record,
            result=json.loads(json.dumps(found.as_dict())), class_key=found.verdict.key,
            percent=None if percent is None else round(Decimal(percent.numerator) / percent.denominator, 3),
            digest=digest, sealed={"remark": draft.remark.strip()}, via=via, device=device[:64],
            user=actor.user, actor_name=actor.name,
        )  # fmt: skip
        survey.save()
        said = f"{_called(house)}の{survey}を提出（{found.verdict.name}）"
        act.log(survey, None, {"class": found.verdict.name}, said, municipality=house.municipality.code)
        return survey, True


def digest_of(house: House, draft: SurveyDraft, record: Mapping[str, Any]) -> str:
    """The hash of what a survey says."""
    said = [str(house.uid), draft.round, draft.surveyed_on.isoformat(), draft.assessors.strip(), record]
    said.append(draft.remark.strip())
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def settle_survey(actor: Actor, survey: HouseSurvey, state: str, note: str = "") -> HouseSurvey:
    """Confirm a submitted survey, or withdraw one with the reason. Raises `WrongInput` or `Denied`."""
    house = survey.house
    ruling = policies.record_person(actor, house.region, house.municipality).require()
    if state not in (HouseSurvey.State.CONFIRMED, HouseSurvey.State.WITHDRAWN):
        raise WrongInput("確認か取下げを選んでください。", column="state")
    with verb(actor, "disaster.settle_survey", region=house.region.slug, ruling=ruling) as act:
        current = HouseSurvey.objects.select_for_update().get(pk=survey.pk)
        current.house, current.region = house, house.region
        if current.state == HouseSurvey.State.WITHDRAWN:
            raise WrongInput("この調査は、既に取り下げられています。")
        if state == current.state:
            raise WrongInput("この調査は、既に確認されています。")
        if state == HouseSurvey.State.WITHDRAWN:
            if not note.strip():
                raise WrongInput("取下げの理由を入力してください。", column="note")
            if House.objects.filter(pk=house.pk, official=current).exists():
                raise WrongInput("採用している調査は取り下げられません。先に、採用する調査を変えてください。")
        current.state, current.settled_note = state, note.strip()[:300]
        current.settled_by, current.settled_at = actor.name, timezone.now()
        current.save(update_fields=["state", "settled_note", "settled_by", "settled_at"])
        word = "確認" if state == HouseSurvey.State.CONFIRMED else "取下げ"
        said = f"{_called(house)}の{current}を{word}"
        act.log(current, None, {"state": state}, said, municipality=house.municipality.code)
        return current


def decide(actor: Actor, house: House, survey: HouseSurvey, decision: Decision, version: int | None) -> House:
    """Decide which survey counts. Everything its result asks to confirm has to be ticked; who did is kept by name.

    Raises `WrongInput`, `Denied`, `Stale`.
    """
    ruling = policies.record_person(actor, house.region, house.municipality).require()
    if not decision.by.strip():
        raise WrongInput("決定した者を入力してください。", column="by")
    if decision.on > today() or decision.on < survey.surveyed_on:
        raise WrongInput("決定した日は、調査した日からきょうまでの日にしてください。", column="on")
    if survey.state != HouseSurvey.State.CONFIRMED:
        raise WrongInput(_UNCHECKED)
    asked = survey.result["needs_confirmation"]
    missing = [each for each in asked if each["rule"] not in decision.ticked]
    if missing:
        raise WrongInput(
            f"確認していない事項が{len(missing)}件あります。本文で確かめ、印を付けてください。",
            column="ticked",
        )
    with verb(actor, "disaster.decide_house", region=house.region.slug, ruling=ruling) as act:
        current = act.lock(house, version)
        current.region, current.incident, current.municipality = (
            house.region,
            house.incident,
            house.municipality,
        )
        chosen = HouseSurvey.objects.select_for_update().get(pk=survey.pk, house=current)
        if chosen.state != HouseSurvey.State.CONFIRMED:
            raise WrongInput(_UNCHECKED)
        if chosen.round == HouseSurvey.Round.SELF and not chosen.photos.exists():
            raise WrongInput("自己判定方式は、申請者の写真で判定します。写真を追加してから決定してください。")
        before = current.official.result["class"] if current.official is not None else "未決定"
        current.official, current.decided_on = chosen, decision.on
        current.decided_by, current.decided_note = decision.by.strip(), decision.note.strip()
        current.confirmed = [{**each, "by": decision.by.strip()} for each in asked]
        act.save(current)
        after = chosen.result["class"]
        said = f"{_called(house)}の被害の程度を{before}→{after}に決定（{chosen}を採用）"
        act.log(current, {"class": before}, {"class": after}, said, municipality=house.municipality.code)
        return current


def _called(house: House) -> str:
    return f"【{house.get_mode_display()}】{house.municipality.name}の{house}"
