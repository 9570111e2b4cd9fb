"""Drills: scenarios written, played in an exercise incident, answered by the towns, ended with an activity."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Actor
from keniki.apps.accounts.verbs import changes, lock, verb
from keniki.apps.activities.actions import post_activity
from keniki.apps.activities.models import Activity
from keniki.apps.compacts.models import Initiative
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

from .. import policies
from ..drills import Inject, due_at, injects_of
from ..models import Cause, DrillRun, DrillScenario, Event, InjectAnswer, Mode
from .events import take_events
from .incidents import IncidentDraft, end_incident, save_incident

LABELS: Final = {"title": "名称", "hazard": "災害種別", "purpose": "ねらい", "injects": "状況付与"}


@dataclass(frozen=True)
class ScenarioDraft:
    """A scenario as it shall be; `injects` as `drills.injects_of` reads them."""

    title: str
    hazard: str
    injects: tuple[dict[str, Any], ...]
    purpose: str = ""


@dataclass(frozen=True)
class EndDraft:
    """How a drill ended: how many took part, what was said of it, under which initiative it counts (None: nowhere)."""

    participants: int
    evaluation: str = ""
    initiative: Initiative | None = None
    place: str = ""


def save_scenario(
    actor: Actor,
    region: Region,
    draft: ScenarioDraft,
    scenario: DrillScenario | None = None,
    version: int | None = None,
) -> DrillScenario:
    """Store a scenario. What was played already keeps the injects it had. `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.write_shared(actor, region).require()
    if not draft.title.strip():
        raise WrongInput("名称を入力してください。", column="title")
    if draft.hazard not in Cause.values:
        raise WrongInput("災害種別を選んでください。", column="hazard")
    injects = [each.as_json() for each in injects_of(draft.injects)]
    known = set(Municipality.objects.filter(memberships__region=region).values_list("code", flat=True))
    for place, each in enumerate(injects, start=1):
        if unknown := [code for code in each["towns"] if code not in known]:
            raise WrongInput(
                f"「{unknown[0]}」は、この圏域の市町村のコードではありません。", row=place, column="towns"
            )
    quiet = scenario is not None
    with verb(actor, "disaster.save_drill_scenario", region=region.slug, ruling=ruling, quiet=quiet) as act:
        if scenario is None:
            lock("drill-scenario", region.pk)
            saved = DrillScenario(region=region, slug=_free_slug(region))
            old: dict[str, Any] = {}
        else:
            saved = act.lock(scenario, version)
            saved.region = region
            old = _content(saved)
        saved.title, saved.hazard = draft.title.strip(), draft.hazard
        saved.purpose, saved.injects = draft.purpose.strip(), injects
        new = _content(saved)
        if scenario is None:
            act.save(saved)
            act.log(saved, None, new, f"訓練シナリオ「{saved.title}」（状況付与{len(injects)}件）を登録")
            return saved
        before, after = changes(old, new)
        if not after:
            return saved
        act.save(saved)
        said = "・".join(LABELS[name] for name in after)
        act.log(saved, before, after, f"訓練シナリオ「{saved.title}」の{said}を変更")
        return saved


def start_drill(
    actor: Actor, scenario: DrillScenario, title: str, *, speed: int = 1, public: bool = False
) -> DrillRun:
    """Play a scenario from now on: an exercise incident is opened for it. Raises `WrongInput` or `Denied`."""
    region = scenario.region
    policies.write_shared(actor, region).require()
    if not 1 <= speed <= 60:
        raise WrongInput("時間の進み方は1倍から60倍までで入力してください。", column="speed")
    ruling = policies.open_incident(actor, region).require()
    with verb(actor, "disaster.start_drill", region=region.slug, ruling=ruling) as act:
        now = timezone.now()
        draft = IncidentDraft(Mode.EXERCISE, title.strip(), scenario.hazard, now, public, scenario.purpose)
        incident = save_incident(actor, region, draft)
        run = act.save(
            DrillRun(
                region=region,
                incident=incident,
                scenario=scenario,
                injects=scenario.injects,
                speed=speed,
                started_at=now,
            )
        )
        act.log(run, None, {"speed": speed}, f"{incident}（シナリオ「{scenario.title}」）を開始")
    tell_due(run)
    return run


def tell_due(run: DrillRun, at: datetime | None = None) -> int:
    """Tell what is due by now: each inject becomes an entry of the chronology, once however often this is called."""
    if run.ended_at is not None:
        return 0
    now = at or timezone.now()
    due = [each for each in injects_of(run.injects) if due_at(each, run.started_at, run.speed) <= now]
    receipt = take_events(SYSTEM, run.region, [_event(run, each) for each in due], via=Event.Via.INJECT)
    return len(receipt.stored)


def tell_all_due() -> int:
    """Tell what is due in every drill that runs, of every region."""
    told = 0
    for region in Region.objects.order_by("pk"):
        with scope(region=region):
            for run in DrillRun.objects.filter(ended_at=None).select_related("incident", "scenario"):
                run.region = run.incident.region = region
                told += tell_due(run)
    return told


def answer_inject(
    actor: Actor, run: DrillRun, number: int, municipality: Municipality, text: str = ""
) -> InjectAnswer:
    """Say for a town that an inject was seen (without text), or what was decided. `WrongInput` or `Denied`."""
    region = run.region
    ruling = policies.record_on_page(actor, run.incident, municipality).require()
    told = {each.number: each for each in injects_of(run.injects)}
    inject = told.get(number)
    if inject is None or due_at(inject, run.started_at, run.speed) > timezone.now():
        raise WrongInput("この状況付与は、まだ届いていません。", column="number")
    if inject.towns and municipality.code not in inject.towns:
        raise WrongInput(f"この状況付与は、{municipality.name}あてではありません。", column="number")
    kind = InjectAnswer.Kind.DONE if text.strip() else InjectAnswer.Kind.SEEN
    with verb(actor, "disaster.answer_inject", region=region.slug, ruling=ruling) as act:
        row = InjectAnswer(run=run, number=number, municipality=municipality, kind=kind, text=text.strip())
        row.made_by(act)
        row.save()
        said = f"{run.incident} の状況付与{number}「{inject.title}」に{row.get_kind_display()}"
        act.log(row, None, {"kind": kind}, said, municipality=municipality.code)
        return row


def end_drill(actor: Actor, run: DrillRun, draft: EndDraft, version: int | None) -> DrillRun:
    """End a drill and its incident; under an initiative it leaves one activity with its counts, however often ended."""
    region = run.region
    ruling = policies.write_shared(actor, region).require()
    if draft.participants < 1:
        raise WrongInput("参加者は1人以上で入力してください。", column="participants")
    with verb(actor, "disaster.end_drill", region=region.slug, ruling=ruling) as act:
        current = act.lock(run, version)
        current.region, current.incident, current.scenario = region, run.incident, run.scenario
        current.ended_at = current.ended_at or timezone.now()
        current.participants, current.evaluation = draft.participants, draft.evaluation.strip()
        act.save(current)
        if current.incident.ended_at is None:
            current.incident = end_incident(actor, current.incident, None, current.ended_at)
        if draft.initiative is not None:
            _post(actor, current, draft.initiative, draft.place)
        said = f"{current.incident} を終了（参加者{draft.participants}人）"
        act.log(current, None, {"participants": draft.participants}, said)
        return current


def _post(actor: Actor, run: DrillRun, initiative: Initiative, place: str) -> Activity:
    day = timezone.localtime(run.started_at).date()
    towns = run.answers.values("municipality").distinct().count()
    numbers = f"{run.participants}名参加" if not towns else f"{towns}団体 {run.participants}名参加"
    return post_activity(
        actor,
        origin=f"drills/{run.pk}",
        initiative=initiative,
        fiscal_year=int(FiscalYear.of(day)),
        title=str(run.incident),
        kind=Activity.Kind.DRILL,
        starts_on=day,
        ends_on=timezone.localtime(run.ended_at).date() if run.ended_at else day,
        place=place,
        text=run.evaluation,
        lines=[("result", f"1回 {numbers}")],
    )


def _event(run: DrillRun, inject: Inject) -> dict[str, Any]:
    """An inject as an entry of the chronology: always the same event, whoever tells it."""
    due = due_at(inject, run.started_at, run.speed)
    ident = uuid.uuid5(run.incident.uid, f"inject/{inject.number}")
    moment = timezone.localtime(due).isoformat(timespec="seconds")
    fields: dict[str, Any] = {
        "text": f"【状況付与{inject.number}】{inject.title}\n{inject.text}".strip(),
        "source": "other",
        "source_note": inject.source or "訓練の状況付与",
        "happened_at": moment,
        "important": True,
        "state": "open",
    }
    if len(inject.towns) == 1:
        fields["town"] = inject.towns[0]
    return {
        "id": str(ident),
        "incident": str(run.incident.uid),
        "mode": run.incident.mode,
        "kind": "drill.inject",
        "entity": f"note:{ident}",
        "device": "keniki",
        "seq": inject.number,
        "at": moment,
        "fields": {name: {"value": value, "seen": []} for name, value in fields.items()},
        "note": "",
    }


def _content(scenario: DrillScenario) -> dict[str, Any]:
    return {
        "title": scenario.title,
        "hazard": scenario.get_hazard_display(),
        "purpose": scenario.purpose,
        "injects": scenario.injects,
    }


def _free_slug(region: Region) -> str:
    taken: Sequence[str] = list(DrillScenario.objects.filter(region=region).values_list("slug", flat=True))
    number = len(taken) + 1
    while (slug := f"scenario-{number}") in taken:
        number += 1
    return slug
