"""Making documents and passing them on: 確認版 → 照会版 → the towns' decisions → 提出版 → 差替版."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions.models import Region
from keniki.apps.workflow import actions as workflow
from keniki.apps.workflow import queries as workflow_queries
from keniki.apps.workflow import runs, storage
from keniki.apps.workflow.models import Approval, Inquiry
from keniki.apps.workflow.runs import actor_of, ask_to_stop, take, working
from keniki.core import era
from keniki.core.errors import WrongInput

from . import policies, queries
from .composing import Composed, Stage, compose
from .models import Build, BuildFile, BuildRun
from .rendering import FORMATS, LABELS, page_images, render

_FAULT: Final = "文書を作成できませんでした。システム管理者に連絡してください。"
BROKEN_OFF: Final = (
    "作成の途中で、サーバーの処理が止まりました（再起動や停電など）。記録は変わっていません。"
    "同じ条件でもう一度作成できます。"
)

Step = Callable[[str], None]


def start(actor: Actor, region: Region, kind: str, parameters: Mapping[str, Any]) -> BuildRun:
    """Queue a 確認版 for the job worker; its progress is on the run's page."""
    policies.build(actor, region).require()
    if kind not in Build.Kind.values:
        raise WrongInput(f"文書の種類「{kind}」はありません。")
    from .jobs import build_document

    with transaction.atomic():
        run = BuildRun.objects.create(
            region=region,
            kind=kind,
            parameters=dict(parameters),
            user=actor.user,
            all_steps=len(FORMATS) + 2,
        )
        build_document.defer(run_id=run.pk)
    return run


def cancel(actor: Actor, region: Region, run: BuildRun) -> BuildRun:
    """Ask a waiting or running build to stop before its next step."""
    policies.cancel(actor, run).require()
    ask_to_stop(BuildRun.objects.filter(pk=run.pk))
    run.refresh_from_db()
    return run


def build(
    actor: Actor, region: Region, kind: str, parameters: Mapping[str, Any], step: Step = lambda label: None
) -> Build:
    """Compose and render a 確認版 and keep it with its inputs and gaps."""
    ruling = policies.build(actor, region).require()
    step("記録を集めています")
    composed = compose(region, kind, Stage.CHECK, **parameters)
    files = _files(composed, step)
    with verb(actor, "documents.build", region=region.slug, ruling=ruling) as act:
        Region.objects.select_for_update().get(pk=region.pk)
        number = Build.objects.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0
        made = Build(
            region=region,
            kind=kind,
            parameters=dict(parameters),
            number=number + 1,
            digest=composed.inputs.digest,
            inputs=composed.inputs.as_dict(),
            missing=[gap.as_dict() for gap in composed.gaps],
            made_by=actor.user,
        )
        act.save(made)
        _attach(made, files)
        act.log(
            made,
            None,
            {"number": made.number, "missing": len(composed.gaps)},
            f"{made.get_kind_display()}の確認版 {made.number}号を作成（未入力 {len(composed.gaps)}件）",
        )
    return made


def inquire(actor: Actor, build_: Build, version: int, due_on: date | None) -> Build:
    """Send a 照会版 to every member town: its answer is bound to this build's digest."""
    ruling = policies.change(actor, build_).require()
    with verb(actor, "documents.inquire", region=build_.region.slug, ruling=ruling) as act:
        build_ = act.lock(build_, version)
        if build_.state != Build.State.CHECK:
            raise WrongInput(f"{build_.get_state_display()}は照会できません。確認版を作成してください。")
        composed = _same_inputs(build_, Stage.INQUIRY)
        _attach(build_, _files(composed))
        build_.state = Build.State.INQUIRY
        act.save(build_)
        workflow.ask(actor, build_, digest=build_.digest, label=f"{build_}", due_on=due_on, told=False)
        towns = queries.towns_word(build_.region)
        until = f"（回答期限 {era.format_date(due_on)}）" if due_on else ""
        act.log(
            build_,
            {"state": "check"},
            {"state": "inquiry", "due_on": str(due_on or "")},
            f"{build_.get_kind_display()}{build_.number}号を{towns}へ照会{until}",
        )
    return build_


def confirm(actor: Actor, build_: Build, version: int) -> Build:
    """Close the round when every member town has decided that it agrees; no answers are taken after it."""
    ruling = policies.change(actor, build_).require()
    with verb(actor, "documents.confirm", region=build_.region.slug, ruling=ruling) as act:
        build_ = act.lock(build_, version)
        if build_.state != Build.State.INQUIRY:
            raise WrongInput("照会中の版ではありません。")
        standing = workflow_queries.standing(build_, build_.digest)
        if standing.inquiry is not None:
            act.lock(standing.inquiry, standing.inquiry.version)
        if not standing.agreed:
            towns = [
                town.municipality.name for town in standing.towns if town.state != Approval.Answer.AGREED
            ]
            raise WrongInput(
                f"機関決定（異議なし）が届いていない団体があります: {'、'.join(towns) or '未照会'}。"
            )
        if standing.inquiry is not None and standing.inquiry.state == Inquiry.State.OPEN:
            workflow.close_inquiry(actor, standing.inquiry, told=False)
        build_.state = Build.State.CONFIRMED
        act.save(build_)
        act.log(
            build_,
            {"state": "inquiry"},
            {"state": "confirmed"},
            f"{build_.get_kind_display()}{build_.number}号の{queries.towns_word(build_.region)}の確認を完了",
        )
    return build_


def submit(actor: Actor, build_: Build, version: int) -> Build:
    """Make the 提出版 (差替版 when one was submitted before): complete, unchanged since the towns saw it."""
    ruling = policies.change(actor, build_).require()
    with verb(actor, "documents.submit", region=build_.region.slug, ruling=ruling) as act:
        build_ = act.lock(build_, version)
        if build_.state != Build.State.CONFIRMED:
            towns = queries.towns_word(build_.region)
            raise WrongInput(f"{towns}の確認が済んでいません。照会のうえ、確認を完了してください。")
        before = (
            Build.objects.select_for_update()
            .filter(kind=build_.kind, parameters=build_.parameters, state=Build.State.SUBMITTED)
            .first()
        )
        composed = _same_inputs(build_, Stage.REPLACEMENT if before else Stage.SUBMITTED)
        _attach(build_, _files(composed))
        build_.state = Build.State.SUBMITTED
        build_.replaces = before
        act.save(build_)
        if before is not None:
            before.state = Build.State.REPLACED
            act.save(before)
        name = "差替版" if before else "提出版"
        act.log(
            build_,
            {"state": "confirmed"},
            {"state": "submitted"},
            f"{build_.get_kind_display()}{build_.number}号の{name}を作成",
        )
    return build_


def publish(actor: Actor, build_: Build, version: int, public: bool) -> Build:
    """Show a submitted document on the public pages, or take it off."""
    ruling = policies.advance(actor, build_.region).require()
    with verb(actor, "documents.publish", region=build_.region.slug, ruling=ruling) as act:
        build_ = act.lock(build_, version)
        if public and build_.state != Build.State.SUBMITTED:
            raise WrongInput("公開できるのは提出版だけです。")
        build_.public = public
        act.save(build_)
        what = "公開" if public else "非公開に"
        act.log(
            build_,
            {"public": not public},
            {"public": public},
            f"{build_.get_kind_display()}{build_.number}号を{what}",
        )
    return build_


def run(run_id: int) -> None:
    """Work off one queued build, noting every step; a wish to cancel is heard between the steps."""
    job = take(BuildRun, run_id, "region")
    if job is None:
        return
    with scope(region=job.region), working(job, _FAULT) as (told, ending):
        steps = itertools.count()
        made = build(
            actor_of(job), job.region, job.kind, job.parameters, lambda label: told(label, next(steps))
        )
        ending |= {"build": made, "done_steps": job.all_steps}


def break_off(run_id: int) -> None:
    """Say of a build whose worker died that it failed; it has kept nothing."""
    runs.break_off(BuildRun, run_id, BROKEN_OFF)


def _same_inputs(build_: Build, stage: Stage) -> Composed:
    composed = compose(build_.region, build_.kind, stage, **build_.parameters)
    if composed.inputs.digest != build_.digest:
        raise WrongInput("作成後に記録が変わっています。確認版を作り直し、あらためて照会してください。")
    return composed


def _files(composed: Composed, step: Step = lambda label: None) -> list[tuple[str, str, bytes, int | None]]:
    """(format, name, content, pages) of every file and page image."""
    found: list[tuple[str, str, bytes, int | None]] = []
    files = render(composed)
    for format_ in FORMATS:
        step(f"{LABELS[format_]} を作成しています")
        file = next(files)
        found.append((file.format, file.name, file.content, None))
    step("画面用の頁を作成しています")
    for number, image in enumerate(page_images(composed), 1):
        found.append((f"p{number:03d}", f"{composed.name}-{number:03d}.png", image, number))
    return found


def _attach(build_: Build, files: list[tuple[str, str, bytes, int | None]]) -> None:
    build_.files.all().delete()
    BuildFile.objects.bulk_create(
        BuildFile(
            build=build_,
            format=format_,
            name=name,
            digest=storage.put(content),
            size=len(content),
            pages=number,
        )
        for format_, name, content, number in files
    )
