"""Reckoning evacuation plans as jobs: queued, followed, cancelled, kept with their inputs, adopted once."""

from __future__ import annotations

import json
from datetime import date
from typing import Final

from django.db.models import Max
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.apps.workflow.runs import (
    UNDER_WAY,
    Cancelled,
    Told,
    actor_of,
    ask_to_stop,
    break_off,
    take,
    working,
)
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..formats.scenario import checked
from ..models import EvacuationPlan, Scenario
from ..planning.gathering import digest_of, gather
from ..planning.reckoning import STEPS, reckon

BROKEN_OFF: Final = (
    "計算の途中で、サーバーの処理が止まりました（再起動や停電など）。記録は変わっていません。"
    "もう一度計算できます。"
)
_FAULT: Final = "計算できませんでした。システムの記録（ログ）を確かめてください。"
_State = EvacuationPlan.State


def start_plan(actor: Actor, scenario: Scenario) -> EvacuationPlan:
    """Queue the reckoning of a plan; one of this scenario that is under way already is the answer."""
    ruling = policies.write_shared(actor, scenario.region).require()
    from ..jobs import reckon_plan

    with verb(actor, "disaster.start_plan", region=scenario.region.slug, ruling=ruling, quiet=True) as act:
        # Two who press the button at once: the second one waits here and sees the first one's plan.
        current = act.lock(scenario, None)
        going = EvacuationPlan.objects.filter(scenario=current, state__in=UNDER_WAY).first()
        if going is not None:
            going.region, going.scenario = scenario.region, scenario
            return going
        newest = EvacuationPlan.objects.filter(scenario=current).aggregate(newest=Max("number"))["newest"]
        plan = EvacuationPlan(
            region=scenario.region,
            scenario=scenario,
            number=(newest or 0) + 1,
            user=actor.user,
            all_steps=len(STEPS),
        )
        plan.save()
        act.log(
            plan, None, {"scenario": scenario.title, "number": plan.number}, f"計画「{plan}」の計算を開始"
        )
        reckon_plan.defer(run_id=plan.pk)
    return plan


def cancel_plan(actor: Actor, plan: EvacuationPlan) -> EvacuationPlan:
    """Ask a waiting or running plan to stop before its next step; nothing of it is kept."""
    ruling = policies.write_shared(actor, plan.region).require()
    with verb(actor, "disaster.cancel_plan", region=plan.region.slug, ruling=ruling, quiet=True) as act:
        if ask_to_stop(EvacuationPlan.objects.filter(pk=plan.pk)):
            act.log(plan, None, {"state": "取消"}, f"計画「{plan}」の計算を取消")
    plan.refresh_from_db(fields=["state", "cancel", "ended_at"])
    return plan


def run_plan(plan_id: int) -> None:
    """Work off one queued plan, noting how far it is."""
    plan = take(EvacuationPlan, plan_id, "region", "scenario__region")
    if plan is None:
        return
    with scope(region=plan.region), working(plan, _FAULT, gone=Scenario.DoesNotExist) as (told, _):
        make_plan(actor_of(plan), plan, told)


def make_plan(actor: Actor, plan: EvacuationPlan, told: Told) -> EvacuationPlan:
    """Reckon a plan and keep it with the digest of its inputs. WrongInput where it cannot be made."""
    region = plan.region
    ruling = policies.write_shared(actor, region).require()
    told(STEPS[0], 0, len(STEPS))
    gathered = gather(region, checked(plan.scenario.content))
    content = json.loads(json.dumps(reckon(gathered, told)))
    with verb(actor, "disaster.make_plan", region=region.slug, ruling=ruling) as act:
        current = EvacuationPlan.objects.select_for_update().get(pk=plan.pk)
        if current.cancel:
            raise Cancelled
        current.region, current.scenario = region, plan.scenario
        current.inputs, current.digest = dict(gathered.inputs), digest_of(gathered.inputs)
        current.content = content
        current.state, current.step_label = _State.DONE, ""
        current.done_steps, current.ended_at = len(STEPS), timezone.now()
        current.save()
        act.log(
            current,
            None,
            {"digest": current.digest, "people": content["people"], "unplaced": content["unplaced"]},
            f"計画「{current}」を計算（避難する人 {content['people']:,}人、"
            f"避難所に入れない人 {content['unplaced']:,}人）",
        )
    return current


def adopt_plan(actor: Actor, plan: EvacuationPlan, on: date, note: str) -> EvacuationPlan:
    """Adopt a plan (計画の決定) with the day and what it rests on. Once adopted it stays so."""
    region: Region = plan.region
    ruling = policies.write_shared(actor, region).require()
    with verb(actor, "disaster.adopt_plan", region=region.slug, ruling=ruling) as act:
        current = EvacuationPlan.objects.select_for_update().get(pk=plan.pk)
        current.region, current.scenario = region, plan.scenario
        if current.state != _State.DONE:
            raise WrongInput("計算の終わっていない計画は決定できません。")
        if current.adopted_on is not None:
            raise WrongInput(f"この計画は{era.format_date(current.adopted_on)}に決定しています。")
        if on > today():
            raise WrongInput("決定日に、まだ来ていない日は入れられません。", column="adopted_on")
        if not note.strip():
            raise WrongInput(
                "決定の根拠（会議の名称、決裁の番号など）を入力してください。", column="adopted_note"
            )
        current.adopted_on, current.adopted_note = on, note.strip()
        current.save()
        act.log(
            current,
            None,
            {"adopted_on": on.isoformat(), "adopted_note": current.adopted_note},
            f"計画「{current}」を{era.format_date(on)}付けで決定（{current.adopted_note}）",
        )
    return current


def break_off_plan(plan_id: int) -> None:
    """Say of a plan whose worker died that it failed; it has kept nothing."""
    break_off(EvacuationPlan, plan_id, BROKEN_OFF)
