"""The register: issues and hopes of the towns, candidates for measures, and their way to an initiative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import changes, snapshot, verb
from keniki.apps.compacts import policies
from keniki.apps.compacts.articles import tidy
from keniki.apps.compacts.models import (
    Candidate,
    CandidateInterest,
    CandidateStep,
    Initiative,
    Matter,
    MatterVoice,
)
from keniki.apps.compacts.states import CandidateStage
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Municipality, Region
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.rulebooks import indicators

from .common import attributes, check_day, free_slug, label_of, needed
from .initiatives import save_initiative

S = TypeVar("S", MatterVoice, CandidateInterest)

_MATTER = (
    "kind",
    "title",
    "text",
    "fields",
    "body",
    "survey",
    "surveyed_on",
    "precision",
    "indicator",
    "source_place",
)
_CANDIDATE = (
    "title",
    "text",
    "fields",
    "role",
    "reach",
    "effect",
    "obstacle",
    "responsible",
    "source_place",
)


@dataclass(frozen=True)
class Move:
    """What is recorded when a candidate moves on.

    `initiative` links one that exists; without it 事業化 makes one. `trial` is the period of 試行, `result` what came
    of it.
    """

    on: date
    reason: str = ""
    trial: tuple[date | None, date | None] = (None, None)
    result: str = ""
    initiative: Initiative | None = None


def save_matter(
    actor: Actor,
    region: Region,
    matter: Matter | None,
    version: int | None,
    *,
    values: Mapping[str, Any],
    municipality: Municipality | None = None,
) -> Matter:
    """Write an issue, a hope or what is done today, or begin one (`matter` None).

    `municipality` says whose own entry a new one is; the town then names it from the start. `values` as far as
    given: kind, title, text, fields, body, survey, surveyed_on, precision, indicator, source_place.
    """
    ruling = policies.edit_matter(actor, matter) if matter else _may_add(actor, region, municipality)
    with verb(actor, "compacts.save_matter", region=region.slug, ruling=ruling, quiet=True) as act:
        if matter is None:
            rows = Matter.objects.filter(region=region)
            matter = Matter(
                region=region,
                slug=free_slug(rows.values_list("slug", flat=True), "kadai"),
                order=max(rows.values_list("order", flat=True), default=0) + 1,
                municipality=municipality,
            )
            before: dict[str, Any] | None = None
        else:
            matter = act.lock(matter, version)
            before = snapshot(matter, *_MATTER)
        _put(matter, values, _MATTER)
        matter.title = needed(matter.title, "件名")
        if matter.kind not in Matter.Kind.values:
            raise WrongInput("区分を選んでください。", column="区分")
        check_day(matter.surveyed_on, "調査等の日")
        check_indicator(matter.indicator)
        after = snapshot(matter, *_MATTER)
        if before == after:
            return matter
        act.save(matter)
        if before is None and municipality is not None:
            MatterVoice(matter=matter, municipality=municipality, proxy=bool(act.on_behalf_of)).save()
        _log(act, matter, before, after, f"{matter.get_kind_display()}「{matter}」", _MATTER, municipality)
        return matter


def remove_matter(actor: Actor, matter: Matter, version: int | None) -> None:
    """Take an entry out of the register; WrongInput while a candidate answers it."""
    ruling = policies.edit_matter(actor, matter)
    with verb(actor, "compacts.remove_matter", region=matter.region.slug, ruling=ruling) as act:
        matter = act.lock(matter, version)
        answering = matter.candidates.first()
        if answering is not None:
            raise WrongInput(
                f"取組候補「{answering}」が応えているため、削除できません。候補の側で外してください。"
            )
        act.log(matter, snapshot(matter, *_MATTER), None, f"{matter.get_kind_display()}「{matter}」を 削除")
        matter.delete()


def import_matters(actor: Actor, region: Region, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add many entries at once: all or nothing, one log entry. Returns how many were new.

    Each row holds the values of `save_matter`, the towns that name it (`towns`) and the number of its row (`row`).
    What is in the register with the same kind and words only gains the towns.
    """
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "compacts.import_matters", region=region.slug, ruling=ruling, quiet=True) as act:
        stored = {(row.kind, row.title): row for row in Matter.objects.filter(region=region)}
        taken = set(Matter.objects.filter(region=region).values_list("slug", flat=True))
        order = max((row.order for row in stored.values()), default=0)
        fresh, voices = 0, 0
        last: Matter | None = None
        for given in rows:
            matter = stored.get((given["kind"], given["title"]))
            if matter is None:
                order, fresh = order + 1, fresh + 1
                matter = Matter(region=region, slug=free_slug(taken, "kadai"), order=order)
                _put(matter, {name: given[name] for name in _MATTER if name in given}, _MATTER)
                _checked_row(matter, given.get("row"))
                matter.save()
                taken.add(matter.slug)
                stored[matter.kind, matter.title] = matter
            named = set(matter.voices.values_list("municipality_id", flat=True))
            for town in given.get("towns", ()):
                if town.pk not in named:
                    voices += 1
                    named.add(town.pk)
                    MatterVoice(matter=matter, municipality=town, proxy=True).save()
            last = matter
        if last is not None and (fresh or voices):
            act.log(
                last,
                None,
                {"new": fresh, "voices": voices},
                f"課題・期待・現状をファイルから登録（追加 {fresh}件、市町村の声 {voices}件）",
            )
        return fresh


def speak(
    actor: Actor, matter: Matter, municipality: Municipality, version: int | None, *, text: str = ""
) -> MatterVoice:
    """Record that the town names the matter too; `version` is that of what the user saw, None for nothing."""
    found = MatterVoice.objects.filter(matter=matter, municipality=municipality).first()
    made = found or MatterVoice(matter=matter, municipality=municipality)
    what = f"{matter.get_kind_display()}「{matter}」を{municipality.name}も挙げると"
    return _said(actor, matter.region, municipality, made, version, text, "compacts.speak", what)


def fall_silent(actor: Actor, matter: Matter, municipality: Municipality) -> None:
    """Take back that the town names the matter."""
    rows = MatterVoice.objects.filter(matter=matter, municipality=municipality)
    what = f"{matter.get_kind_display()}「{matter}」を{municipality.name}が挙げた記録"
    _taken_back(actor, matter.region, municipality, rows.first(), matter, "compacts.fall_silent", what)


def be_interested(
    actor: Actor, candidate: Candidate, municipality: Municipality, version: int | None, *, text: str = ""
) -> CandidateInterest:
    """Record the town's interest in a candidate."""
    found = CandidateInterest.objects.filter(candidate=candidate, municipality=municipality).first()
    made = found or CandidateInterest(candidate=candidate, municipality=municipality)
    what = f"取組候補「{candidate}」に{municipality.name}が関心を持つと"
    return _said(actor, candidate.region, municipality, made, version, text, "compacts.be_interested", what)


def lose_interest(actor: Actor, candidate: Candidate, municipality: Municipality) -> None:
    """Take back the town's interest in a candidate."""
    rows = CandidateInterest.objects.filter(candidate=candidate, municipality=municipality)
    what = f"取組候補「{candidate}」への{municipality.name}の関心"
    _taken_back(
        actor, candidate.region, municipality, rows.first(), candidate, "compacts.lose_interest", what
    )


def save_candidate(
    actor: Actor,
    region: Region,
    candidate: Candidate | None,
    version: int | None,
    *,
    values: Mapping[str, Any],
    matters: Sequence[Matter] = (),
) -> Candidate:
    """Write a candidate for a measure with the matters it answers, or begin one.

    `values` as far as given: title, text, fields, role, reach, effect, obstacle, responsible, source_place.
    """
    ruling = policies.edit_shared(actor, region)
    with verb(actor, "compacts.save_candidate", region=region.slug, ruling=ruling, quiet=True) as act:
        fresh = candidate is None
        if candidate is None:
            rows = Candidate.objects.filter(region=region)
            candidate = Candidate(
                region=region,
                slug=free_slug(rows.values_list("slug", flat=True), "koho"),
                order=max(rows.values_list("order", flat=True), default=0) + 1,
            )
            before: dict[str, Any] | None = None
        else:
            candidate = act.lock(candidate, version)
            before = _whole(candidate)
        _put(candidate, values, _CANDIDATE)
        candidate.title = needed(candidate.title, "取組候補")
        if any(matter.region_id != region.pk for matter in matters):
            raise WrongInput("選んだ課題は、この圏域にありません。", column="応える課題")
        after = {
            **snapshot(candidate, *_CANDIDATE),
            "matters": sorted(matter.slug for matter in matters),
        }
        if before == after:
            return candidate
        act.save(candidate)
        candidate.matters.set(matters)
        if fresh:
            CandidateStep(candidate=candidate, order=1, stage=candidate.stage).save()
        _log(act, candidate, before, after, f"取組候補「{candidate}」", _CANDIDATE)
        return candidate


def move_candidate(actor: Actor, candidate: Candidate, version: int | None, to: str, move: Move) -> Candidate:
    """Take a candidate to its next stage.

    見送り needs its reason, 試行 its first day, and what was tried its result before it goes on. 事業化 links the
    initiative given, or makes one with the candidate's words.
    """
    region = candidate.region
    ruling = policies.move_candidate(actor, candidate, to)
    with verb(actor, "compacts.move_candidate", region=region.slug, ruling=ruling) as act:
        candidate = act.lock(candidate, version)
        policies.move_candidate(actor, candidate, to).require()
        last = candidate.steps.order_by("-order").first()
        check_day(move.on, "日", not_before=last.on if last else None, after_what="前の段階の日")
        reason = tidy(move.reason)
        if to == CandidateStage.DROPPED and not reason:
            raise WrongInput("見送る理由を入力してください。", column="理由")
        before = snapshot(candidate, "stage", "stage_on")
        was = candidate.get_stage_display()
        _try_out(candidate, to, move)
        if to == CandidateStage.PROJECT:
            candidate.initiative = move.initiative or _made_of(actor, candidate)
            if candidate.initiative.region_id != region.pk:
                raise WrongInput("選んだ取組は、この圏域にありません。", column="取組")
        candidate.stage, candidate.stage_on = to, move.on
        act.save(candidate)
        order = (last.order if last else 0) + 1
        CandidateStep(candidate=candidate, order=order, stage=to, on=move.on, reason=reason).save()
        linked = f"（取組「{candidate.initiative}」）" if to == CandidateStage.PROJECT else ""
        because = f"。理由：{reason}" if reason else ""
        act.log(
            candidate,
            before,
            snapshot(candidate, "stage", "stage_on"),
            f"取組候補「{candidate}」を {was}→{candidate.get_stage_display()}{linked} "
            f"（{era.format_date(move.on)}）とした{because}",
        )
        return candidate


def remove_candidate(actor: Actor, candidate: Candidate, version: int | None) -> None:
    """Take a candidate out of the register; one that became an initiative stays, so that its trace does."""
    ruling = policies.edit_shared(actor, candidate.region)
    with verb(actor, "compacts.remove_candidate", region=candidate.region.slug, ruling=ruling) as act:
        candidate = act.lock(candidate, version)
        if candidate.stage == CandidateStage.PROJECT:
            raise WrongInput("事業化した取組候補は、経過をたどれるように残します。削除できません。")
        act.log(candidate, _whole(candidate), None, f"取組候補「{candidate}」を 削除")
        candidate.delete()


def check_indicator(key: str) -> None:
    """WrongInput unless the key is empty or one of the indicator catalogue."""
    if key and key not in indicators.catalogue(regions.today()):
        raise WrongInput(
            f"指標「{key}」は指標の一覧にありません。指標のキーを確かめてください。", column="根拠となる指標"
        )


# --- steps ------------------------------------------------------------------------------------------------


def _may_add(actor: Actor, region: Region, municipality: Municipality | None) -> Any:
    if municipality is None:
        return policies.edit_shared(actor, region)
    return policies.add_matter(actor, region, municipality)


def _put(record: Any, values: Mapping[str, Any], names: Sequence[str]) -> None:
    for name, value in values.items():
        assert name in names, name
        setattr(record, name, tidy(value) if isinstance(value, str) else value)


def _checked_row(matter: Matter, row: int | None) -> None:
    try:
        matter.title = needed(matter.title, "件名")
        check_day(matter.surveyed_on, "調査等の日")
        check_indicator(matter.indicator)
    except WrongInput as wrong:
        raise wrong.at(row=row) from None


def _said(
    actor: Actor,
    region: Region,
    municipality: Municipality,
    record: S,
    version: int | None,
    text: str,
    name: str,
    what: str,
) -> S:
    ruling = regions.edit_town(actor, region, municipality)
    with verb(actor, name, region=region.slug, ruling=ruling, quiet=True) as act:
        fresh = record.pk is None
        before = None if fresh else snapshot(record, "text", "proxy")
        if not fresh:
            record = act.lock(record, 0 if version is None else version)
        words, proxy = tidy(text), bool(act.on_behalf_of)
        after = {"text": words, "proxy": proxy}
        if before is not None and before in (after, {**after, "proxy": False}):
            return record
        record.text, record.proxy = words, proxy
        act.save(record)
        act.log(
            record,
            before,
            after,
            f"{what}{'' if fresh else '（言葉を改めて）'}記録",
            municipality=municipality.code,
        )
        return record


def _taken_back(
    actor: Actor,
    region: Region,
    municipality: Municipality,
    record: Any,
    of: Matter | Candidate,
    name: str,
    what: str,
) -> None:
    ruling = regions.edit_town(actor, region, municipality)
    with verb(actor, name, region=region.slug, ruling=ruling, quiet=True) as act:
        if record is None:
            return
        before = snapshot(record, "text", "proxy")
        record.delete()
        act.log(of, before, None, f"{what}を 取消し", municipality=municipality.code)


def _whole(candidate: Candidate) -> dict[str, Any]:
    return {
        **snapshot(candidate, *_CANDIDATE),
        "matters": sorted(candidate.matters.values_list("slug", flat=True)),
    }


def _try_out(candidate: Candidate, to: str, move: Move) -> None:
    first, last = move.trial
    if to == CandidateStage.TRIAL:
        if first is None:
            raise WrongInput("試行の開始日を入力してください。", column="試行の開始日")
        if last is not None and last < first:
            raise WrongInput("試行の終了日が開始日より前です。", column="試行の終了日")
        candidate.trial_from, candidate.trial_to = first, last
    elif candidate.stage == CandidateStage.TRIAL:
        candidate.trial_result = needed(tidy(move.result), "試行の結果")
        if last is not None:
            if candidate.trial_from and last < candidate.trial_from:
                raise WrongInput("試行の終了日が開始日より前です。", column="試行の終了日")
            candidate.trial_to = last


def _made_of(actor: Actor, candidate: Candidate) -> Initiative:
    return save_initiative(
        actor,
        candidate.region,
        None,
        None,
        values={
            "title": candidate.title,
            "fields": list(candidate.fields),
            "overview": candidate.text,
            "purpose": candidate.effect,
        },
    )


def _log(
    act: Any,
    record: Any,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    what: str,
    names: Sequence[str],
    municipality: Municipality | None = None,
) -> None:
    if before is None:
        act.log(record, None, after, f"{what}を 登録", municipality=municipality.code if municipality else "")
        return
    model = type(record)
    labels = {name: label_of(model, name) for name in attributes(model, names)} | {"matters": "応える課題"}
    changed = [labels[name] for name in after if before.get(name) != after[name]]
    was, now = changes(before, after)
    act.log(record, was, now, f"{what}（{'・'.join(changed)}）を 変更")
