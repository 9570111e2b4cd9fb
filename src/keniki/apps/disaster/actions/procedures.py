"""Wide-area evacuation and stay, and mutual aid: asked, answered, carried out and ended, each step under a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.db.models import Max

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, lock, verb
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..models import AidCost, AidRequest, AidStep, Incident, Shelter, StayStep, WideAreaStay
from ..procedures import Side, open_steps
from ..queries.procedures import rules_of

Procedure = WideAreaStay | AidRequest
P = TypeVar("P", WideAreaStay, AidRequest)
#: The parts of the procedures as pages and the log name them.
LABELS: Final = {
    "kind": "種類", "asker": "求める市町村", "helper": "応じる市町村", "reason": "理由", "districts": "対象の地区",
    "people": "人数", "vulnerable": "うち要配慮者", "first_day": "最初の日", "last_day": "最後の日",
    "content": "求める内容", "quantity": "数量", "unit": "単位", "place": "場所・集合場所",
    "basis": "根拠とする協定", "note": "備考",
}  # fmt: skip


@dataclass(frozen=True)
class Between:
    """The two towns; one that is no member stands by its name alone."""

    asker: Municipality | None
    helper: Municipality | None
    asker_name: str = ""
    helper_name: str = ""


@dataclass(frozen=True)
class StayDraft:
    """A wide-area evacuation or stay as it shall be."""

    kind: str
    between: Between
    reason: str
    people: int
    first_day: date
    vulnerable: int = 0
    districts: str = ""
    last_day: date | None = None
    note: str = ""


@dataclass(frozen=True)
class AidDraft:
    """A request for help as it shall be."""

    kind: str
    between: Between
    content: str
    first_day: date
    quantity: int | None = None
    unit: str = ""
    place: str = ""
    last_day: date | None = None
    basis: str = ""
    note: str = ""


@dataclass(frozen=True)
class StepDraft:
    """A step as it was taken; `places` are slugs of shelters with people, for the decision on shelters."""

    key: str
    on: date
    document_no: str = ""
    note: str = ""
    places: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class CostDraft:
    """A line of what help cost: whole yen."""

    kind: str
    title: str
    amount: int
    quantity: Decimal | None = None
    unit: str = ""
    evidence: str = ""


def ask_stay(actor: Actor, incident: Incident, draft: StayDraft, first: StepDraft) -> WideAreaStay:
    """Ask another town to take residents in: the record and its first step. Raises `WrongInput` or `Denied`."""
    made = WideAreaStay(region=incident.region, incident=incident, mode=incident.mode)
    return _ask(actor, incident, made, draft, first, "disaster.ask_stay")


def ask_aid(actor: Actor, incident: Incident, draft: AidDraft, first: StepDraft) -> AidRequest:
    """Ask another town for help: the record and its first step. Raises `WrongInput` or `Denied`."""
    made = AidRequest(region=incident.region, incident=incident, mode=incident.mode)
    return _ask(actor, incident, made, draft, first, "disaster.ask_aid")


def change_procedure(
    actor: Actor, procedure: Procedure, draft: StayDraft | AidDraft, version: int | None
) -> Procedure:
    """Change what was asked, until it is answered; afterwards a new one is asked. `WrongInput`, `Denied`, `Stale`."""
    ruling = policies.take_step(actor, procedure, Side.ASKER).require()
    _check(draft)
    name = "disaster.change_procedure"
    with verb(actor, name, region=procedure.region.slug, ruling=ruling, quiet=True) as act:
        current = act.lock(procedure, version)
        current.region, current.incident = procedure.region, procedure.incident
        if [step.key for step in current.steps.all() if step.key not in ("request", "report")]:
            raise WrongInput(
                "回答の後は内容を変えられません。内容が変わるときは、取り下げて、新しく申し入れてください。"
            )
        old = _content(current)
        _fill(current, draft)
        before, after = changes(old, _content(current))
        if not after:
            return current
        act.save(current)
        said = "・".join(LABELS[key] for key in after)
        act.log(current, before, after, f"{_called(current)}の{said}を変更")
        return current


def take_step(
    actor: Actor, procedure: Procedure, draft: StepDraft, version: int | None
) -> StayStep | AidStep:
    """Record a step that was taken. Raises `WrongInput` (also out of order), `Denied` or `Stale`."""
    rules = rules_of(procedure)
    if draft.key not in rules:
        raise WrongInput("手続を選んでください。", column="key")
    ruling = policies.take_step(actor, procedure, rules[draft.key].side).require()
    name = "disaster.take_step"
    with verb(actor, name, region=procedure.region.slug, ruling=ruling) as act:
        current = act.lock(procedure, version)
        current.region, current.incident = procedure.region, procedure.incident
        return _step(act, current, draft)


def save_costs(actor: Actor, aid: AidRequest, drafts: Sequence[CostDraft], version: int | None) -> AidRequest:
    """Write down what help cost the helper, until it is claimed. Raises `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.take_step(actor, aid, Side.HELPER).require()
    for place, draft in enumerate(drafts, start=1):
        if draft.kind not in AidCost.Kind.values or not draft.title.strip():
            raise WrongInput("費目と内容を入力してください。", row=place, column="title")
        if draft.amount < 0:
            raise WrongInput("金額は0円以上で入力してください。", row=place, column="amount")
    with verb(actor, "disaster.save_aid_costs", region=aid.region.slug, ruling=ruling) as act:
        current = act.lock(aid, version)
        current.region, current.incident = aid.region, aid.incident
        taken = [step.key for step in current.steps.all()]
        if "dispatch" not in taken:
            raise WrongInput("派遣・提供の記録がありません。先に手続を記録してください。")
        if "claim" in taken:
            raise WrongInput("請求した費用は変えられません。")
        rows = list(current.costs.all())
        before = sum(row.amount for row in rows)
        settled = sum(row.amount for row in rows if row.transfer_id is not None)
        for row in rows:
            if row.transfer_id is None:
                row.delete()
        for order, draft in enumerate(drafts):
            AidCost(
                aid=current,
                kind=draft.kind,
                title=draft.title.strip(),
                quantity=draft.quantity,
                unit=draft.unit.strip(),
                amount=draft.amount,
                evidence=draft.evidence.strip(),
                order=order,
            ).save()
        act.save(current)
        total = settled + sum(draft.amount for draft in drafts)
        said = f"{_called(current)}に要した費用を{before:,}円→{total:,}円に変更（{len(drafts)}件）"
        act.log(current, {"total": before}, {"total": total}, said)
        return current


def _ask(
    actor: Actor, incident: Incident, made: P, draft: StayDraft | AidDraft, first: StepDraft, name: str
) -> P:
    policies.record_on_page(actor, incident, None).require()
    _check(draft)
    _fill(made, draft)
    ruling = policies.take_step(actor, made, Side.ASKER).require()
    if first.key != "request":
        raise WrongInput("最初の手続は申入れです。", column="key")
    region = incident.region
    with verb(actor, name, region=region.slug, ruling=ruling) as act:
        lock("disaster-procedure", type(made).__name__, region.pk)
        last = type(made).objects.filter(region=region).aggregate(last=Max("number"))["last"]
        made.number = (last or 0) + 1
        act.save(made)
        _step(act, made, first)
        return made


def _step(act: Act, procedure: Procedure, draft: StepDraft) -> StayStep | AidStep:
    rules = rules_of(procedure)
    taken = list(procedure.steps.order_by("id"))
    keys = [step.key for step in taken]
    rule = rules[draft.key]
    if draft.key not in open_steps(rules, keys):
        done = "・".join(rules[key].label for key in keys) or "なし"
        raise WrongInput(f"いまは「{rule.label}」を記録できません。記録した手続：{done}。", column="key")
    if draft.on > today():
        raise WrongInput("まだ来ていない日は記録できません。行った日を入力してください。", column="on")
    if taken and draft.on < taken[0].on:
        raise WrongInput(f"申入れ（{era.format_date(taken[0].on)}）より前の日です。", column="on")
    if isinstance(procedure, WideAreaStay):
        step: StayStep | AidStep = StayStep(stay=procedure, places=_places(procedure, draft))
    else:
        if draft.key == "claim":
            _check_claim(procedure)
        step = AidStep(aid=procedure)
    step.key, step.on = draft.key, draft.on
    step.document_no, step.note = draft.document_no.strip(), draft.note.strip()
    step.made_by(act)
    step.save()
    procedure.state = draft.key
    act.save(procedure)
    number = f"、文書番号 {step.document_no}" if step.document_no else ""
    said = f"{_called(procedure)}の{rule.label}（{era.format_date(draft.on)}{number}）を記録"
    act.log(procedure, None, {"step": draft.key, "on": draft.on.isoformat()}, said)
    return step


def _check_claim(aid: AidRequest) -> None:
    if aid.incident.is_exercise:
        raise WrongInput("訓練では費用を請求できません。訓練の応援は「応援の終了」までです。", column="key")
    if not aid.costs.exists():
        raise WrongInput("請求する費用が入力されていません。先に費用を入力してください。", column="key")


def _places(stay: WideAreaStay, draft: StepDraft) -> list[dict[str, Any]]:
    """The shelters decided on, as they are called today, with people; other steps name none."""
    if draft.key != "shelters":
        return []
    if not draft.places:
        raise WrongInput("受け入れる避難所と人数を入力してください。", column="places")
    rows = Shelter.objects.filter(region=stay.region, slug__in=[slug for slug, _ in draft.places])
    known = {row.slug: row for row in rows.select_related("municipality")}
    made = []
    for slug, people in draft.places:
        shelter = known.get(slug)
        if shelter is None:
            raise WrongInput(f"避難所「{slug}」は登録されていません。", column="places")
        if stay.helper is not None and shelter.municipality_id != stay.helper.pk:
            raise WrongInput(
                f"「{shelter.name}」は{shelter.municipality.name}の避難所です。{stay.helper.name}の避難所を選んでください。",
                column="places",
            )
        if people < 1:
            raise WrongInput(f"「{shelter.name}」の人数は1以上で入力してください。", column="places")
        made.append({"slug": slug, "name": shelter.name, "people": people})
    return made


def _check(draft: StayDraft | AidDraft) -> None:
    between = draft.between
    if not (between.asker or between.asker_name.strip()):
        raise WrongInput("求める市町村を選んでください。", column="asker")
    if not (between.helper or between.helper_name.strip()):
        raise WrongInput("応じる市町村を選んでください。", column="helper")
    if between.asker is None and between.helper is None:
        raise WrongInput("どちらかは圏域の市町村にしてください。", column="helper")
    if between.asker is not None and between.asker == between.helper:
        raise WrongInput("求める市町村と応じる市町村が同じです。", column="helper")
    if draft.last_day is not None and draft.last_day < draft.first_day:
        raise WrongInput("最後の日が、最初の日より前です。", column="last_day")
    if isinstance(draft, StayDraft):
        if draft.kind not in WideAreaStay.Kind.values:
            raise WrongInput("種類を選んでください。", column="kind")
        if draft.people < 1:
            raise WrongInput("人数は1人以上で入力してください。", column="people")
        if not 0 <= draft.vulnerable <= draft.people:
            raise WrongInput("要配慮者は、0人から全体の人数までで入力してください。", column="vulnerable")
        if not draft.reason.strip():
            raise WrongInput("理由を入力してください。", column="reason")
        return
    if draft.kind not in AidRequest.Kind.values:
        raise WrongInput("種類を選んでください。", column="kind")
    if not draft.content.strip():
        raise WrongInput("求める内容を入力してください。", column="content")


def _fill(made: Any, draft: StayDraft | AidDraft) -> None:
    between = draft.between
    made.asker, made.helper = between.asker, between.helper
    made.asker_name = "" if between.asker else between.asker_name.strip()
    made.helper_name = "" if between.helper else between.helper_name.strip()
    made.kind, made.first_day, made.last_day, made.note = (
        draft.kind, draft.first_day, draft.last_day, draft.note.strip(),
    )  # fmt: skip
    if isinstance(draft, StayDraft):
        made.reason, made.districts = draft.reason.strip(), draft.districts.strip()
        made.people, made.vulnerable = draft.people, draft.vulnerable
        return
    made.content, made.place, made.basis = draft.content.strip(), draft.place.strip(), draft.basis.strip()
    made.quantity, made.unit = draft.quantity, draft.unit.strip()


def _content(procedure: Procedure) -> dict[str, Any]:
    common: dict[str, Any] = {
        "kind": procedure.get_kind_display(),
        "asker": procedure.asker_label,
        "helper": procedure.helper_label,
        "first_day": procedure.first_day.isoformat(),
        "last_day": procedure.last_day.isoformat() if procedure.last_day else "",
        "note": procedure.note,
    }
    names = (
        ("reason", "districts", "people", "vulnerable")
        if isinstance(procedure, WideAreaStay)
        else ("content", "quantity", "unit", "place", "basis")
    )
    return common | {name: getattr(procedure, name) for name in names}


def _called(procedure: Procedure) -> str:
    mode = procedure.incident.get_mode_display()
    return f"【{mode}】{procedure}（{procedure.asker_label}→{procedure.helper_label}）"
