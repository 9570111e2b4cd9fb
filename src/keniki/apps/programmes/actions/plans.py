"""Keeping the plan of a procedure: its start, its steps, and the addresses calendars read it at."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, verb
from keniki.apps.programmes import policies, queries
from keniki.apps.programmes.models import CalendarAddress, PlanStep, ProcedurePlan
from keniki.apps.programmes.procedure import plan_forward
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import RuleNotInForce
from keniki.rulebooks.programmes.procedures import Who


@dataclass(frozen=True)
class StepDraft:
    """What is known of a step: the day it is moved to and why, the day it was done, its document."""

    step: str
    municipality: Municipality | None = None
    moved_to: date | None = None
    reason: str = ""
    done_on: date | None = None
    document_no: str = ""
    note: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing to keep."""
        return not (self.moved_to or self.done_on or self.document_no.strip() or self.note.strip())


def start_plan(
    actor: Actor, region: Region, programme: str, start: date, note: str = "", version: int | None = None
) -> ProcedurePlan:
    """Begin a programme's plan, or count it from another day. Raises `WrongInput`, `Denied` or `Stale`."""
    try:
        procedure = queries.procedure_for(region, programme, start)
        plan_forward(procedure, start)
    except RuleNotInForce as error:
        raise WrongInput(
            f"{era.format_date(start)}には、この制度の手続がありません。", column="start"
        ) from error
    except OverflowError as error:
        raise WrongInput("この日からは工程を並べられません。", column="start") from error
    ruling = policies.keep_plan(actor, region)
    found = queries.plan_record(region, programme)
    with verb(
        actor, "programmes.start_plan", region=region.slug, ruling=ruling, quiet=found is not None
    ) as act:
        saved = (
            ProcedurePlan(region=region, programme=programme) if found is None else act.lock(found, version)
        )
        old = {} if found is None else content_of_plan(saved)
        saved.start, saved.note = start, note.strip()
        before, after = changes(old, content_of_plan(saved))
        if found is not None and not after:
            return saved
        act.save(saved)
        act.log(
            saved,
            before if found is not None else None,
            after,
            f"{procedure.name}の工程の起点を{era.format_date(start)}に{'変更' if found is not None else '設定'}",
        )
        return saved


def record_step(
    actor: Actor, plan: ProcedurePlan, draft: StepDraft, version: int | None = None
) -> PlanStep | None:
    """Record a step as moved or done; an empty draft takes the record back. Raises `WrongInput`, `Denied`, `Stale`.

    With a municipality it is that one's own deed: it records it itself, the secretariat as 代理入力.
    """
    step = {row.step.id: row.step for row in queries.stored_plan(plan).plan.rows}.get(draft.step)
    if step is None:
        raise WrongInput("この工程はありません。", column="step")
    if draft.municipality is not None and step.who is not Who.EACH_PARTY:
        raise WrongInput(
            "この工程は市町村ごとの工程ではありません。全体の記録に入力してください。", column="step"
        )
    if draft.moved_to is not None and not draft.reason.strip():
        raise WrongInput("日を変更した理由を入力してください。", column="reason")
    if draft.moved_to is not None and draft.municipality is not None:
        raise WrongInput("日の変更は、全体の記録に入力してください。", column="moved_to")
    anchor = queries.procedure_for(plan.region, plan.programme, plan.start).anchor
    if draft.moved_to is not None and draft.step == anchor:
        raise WrongInput("起点の工程の日は、起点の日を直してください。", column="moved_to")
    if draft.done_on is not None and draft.done_on > today():
        raise WrongInput("済んだ日が今日より後です。済んでから記録してください。", column="done_on")
    rows = PlanStep.objects.filter(plan=plan, step=draft.step, municipality=draft.municipality)
    known = rows.first()
    day = draft.done_on or (known.done_on if known is not None else None)
    ruling = policies.record_step(actor, plan.region, draft.municipality, day)
    with verb(actor, "programmes.record_step", region=plan.region.slug, ruling=ruling, quiet=True) as act:
        found = rows.select_for_update(of=("self",)).first()
        saved = act.lock(found, version) if found is not None else PlanStep(plan=plan, step=draft.step)
        old = {} if found is None else content_of_step(saved)
        town = draft.municipality
        who = f"{town.name}の" if town is not None else ""
        if draft.says_nothing:
            if found is None:
                return None
            act.log(
                saved,
                old,
                None,
                f"{who}工程「{step.name}」の記録を取消し",
                municipality=town.code if town is not None else "",
            )
            saved.delete()
            return None
        saved.municipality = town
        saved.moved_to, saved.done_on = draft.moved_to, draft.done_on
        saved.reason = draft.reason.strip() if draft.moved_to is not None else ""
        saved.document_no, saved.note = draft.document_no.strip(), draft.note.strip()
        before, after = changes(old, content_of_step(saved))
        if found is not None and not after:
            return saved
        saved.proxy = bool(act.on_behalf_of)
        act.save(saved)
        act.log(
            saved,
            before if found is not None else None,
            after,
            f"{who}工程「{step.name}」を{_words(saved)}",
            municipality=town.code if town is not None else "",
        )
        return saved


def give_address(actor: Actor, plan: ProcedurePlan, label: str) -> tuple[CalendarAddress, str]:
    """A new secret for a calendar address, which is shown once: only its hash is kept."""
    purpose = label.strip()
    if not purpose:
        raise WrongInput("誰のどのカレンダーのためかを入力してください。", column="label")
    ruling = policies.keep_plan(actor, plan.region)
    with verb(actor, "programmes.give_address", region=plan.region.slug, ruling=ruling) as act:
        secret = secrets.token_urlsafe(32)
        saved = CalendarAddress(
            region=plan.region,
            plan=plan,
            digest=queries.address_digest(secret),
            label=purpose,
        )
        saved.made_by(act)
        saved.save()
        act.log(saved, None, {"label": purpose}, f"工程のカレンダーの購読用アドレス「{purpose}」を発行")
    return saved, secret


def revoke_address(actor: Actor, address: CalendarAddress) -> CalendarAddress:
    """End a calendar address at once; a revoked one stays in the list."""
    ruling = policies.keep_plan(actor, address.region)
    name = "programmes.revoke_address"
    with verb(actor, name, region=address.region.slug, ruling=ruling, quiet=True) as act:
        current: CalendarAddress = CalendarAddress.objects.select_for_update().get(pk=address.pk)
        if current.revoked_at is None:
            current.revoked_at = timezone.now()
            current.save()
            act.log(
                current,
                {"label": current.label},
                None,
                f"工程のカレンダーの購読用アドレス「{current.label}」を取消し",
            )
        return current


def content_of_plan(plan: ProcedurePlan) -> dict[str, Any]:
    """All of a plan that people edit, as the log keeps it."""
    return {"programme": plan.programme, "start": plan.start.isoformat(), "note": plan.note}


def content_of_step(row: PlanStep) -> dict[str, Any]:
    """All of a step's record that people edit, as the log keeps it."""
    return {
        "moved_to": row.moved_to.isoformat() if row.moved_to else "",
        "reason": row.reason,
        "done_on": row.done_on.isoformat() if row.done_on else "",
        "document_no": row.document_no,
        "note": row.note,
    }


def _words(row: PlanStep) -> str:
    said = []
    if row.moved_to is not None:
        said.append(f"{era.format_date(row.moved_to)}に変更（{row.reason}）")
    if row.done_on is not None:
        number = f"、{row.document_no}" if row.document_no else ""
        said.append(f"{era.format_date(row.done_on)}に完了{number}")
    return "、".join(said) or "記録"
