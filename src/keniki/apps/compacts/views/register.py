"""The register from issue to project: board, entries, candidates and their way, hopes by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.compacts import actions, policies, queries, register
from keniki.apps.compacts.actions.register import Move
from keniki.apps.compacts.forms.register import (
    CandidateForm,
    MatterForm,
    RegisterFilterForm,
    StageForm,
    VoiceForm,
    indicator_choices,
    role_choices,
)
from keniki.apps.compacts.models import Candidate, CandidateInterest, Matter, MatterVoice
from keniki.apps.compacts.queries import register as reading
from keniki.apps.compacts.states import CANDIDATE_MOVES, CandidateStage
from keniki.apps.regions import policies as regions
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, version_of
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput

from .frames import EDIT, initiative_url

_NAV = "initiatives"


@region_page
@require_GET
def board(request: StaffRequest, region: Region) -> HttpResponse:
    """Where everything stands: issues without a candidate, candidates by stage; and both as tables."""
    everything, ahead = reading.matters(region), reading.candidates(region)
    used = sorted(
        {key for row in everything for key in row.fields} | {key for row in ahead for key in row.fields}
    )
    form = RegisterFilterForm(region, request.GET or None, keep=used)
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    wanted = reading.Wanted(given.get("words", ""), given.get("field", ""), given.get("town", ""))
    if wanted:
        everything, ahead = reading.matters(region, wanted), reading.candidates(region, wanted)
    return page(
        request,
        "compacts/register.html",
        nav_active=_NAV,
        form=form,
        filtered=bool(wanted),
        columns=reading.board(everything, ahead),
        matters=everything,
        candidates=ahead,
        standings=reading.standings(everything),
        may_add=policies.add_matter(request.actor, region),
        may_edit=policies.edit_shared(request.actor, region),
    )


@region_page
@require_GET
def hopes(request: StaffRequest, region: Region) -> HttpResponse:
    """The towns against the fields they hope for."""
    return page(
        request,
        "compacts/register_hopes.html",
        nav_active=_NAV,
        hopes=reading.hopes(region),
        may_add=policies.add_matter(request.actor, region),
    )


@region_page
@require_GET
def matter(request: StaffRequest, region: Region, matter: str) -> HttpResponse:
    """An issue, a hope or what is done today: the towns that name it, the candidates that answer it, its history."""
    found = reading.matter(region, matter)
    return page(
        request,
        "compacts/register_matter.html",
        nav_active=_NAV,
        matter=found,
        towns=_towns(request, region, {row.municipality_id: row for row in found.voices.all()}),
        indicator=dict(indicator_choices(found.indicator)).get(found.indicator) if found.indicator else "",
        may_edit=policies.edit_matter(request.actor, found),
        may_answer=policies.edit_shared(request.actor, region),
        entries=log_of(found),
    )


@region_page
@require_http_methods(["GET", "POST"])
def save_matter(request: StaffRequest, region: Region, matter: str | None = None) -> HttpResponse:
    """Write an entry, or begin one."""
    found = reading.matter(region, matter) if matter else None
    towns = register.towns_to_write(request.actor, region) if found is None else None
    shared = bool(regions.edit_shared(request.actor, region))
    ruling = (
        policies.edit_matter(request.actor, found) if found else policies.add_matter(request.actor, region)
    )
    ruling.require()

    def build(data: QueryDict | None, record: Matter | None) -> Sheet:
        asked = request.GET.get("kind", "")
        initial: dict[str, Any] = {"kind": asked if asked in Matter.Kind.values else Matter.Kind.ISSUE}
        if record is not None:
            initial = MatterForm.filled_from(record)
        form = MatterForm(
            region,
            data,
            initial=initial,
            towns=towns,
            shared=shared,
            keep=initial.get("fields", []),
            indicator=initial.get("indicator", ""),
        )
        return Sheet(form, groups=MatterForm.groups())

    def write(sheet: Sheet) -> Matter:
        given = dict(sheet.form.cleaned_data)
        version, code = given.pop("version"), given.pop("municipality", "")
        town = next((each for each in towns or [] if each.code == code), None)
        return actions.save_matter(request.actor, region, found, version, values=given, municipality=town)

    return edit_page(
        request,
        _frame(region, found),
        f"{found.get_kind_display()}を編集" if found else "課題・期待・現状を登録",
        found,
        build,
        write,
        done=lambda saved: (
            f"{saved.get_kind_display()}「{saved}」を保存しました。",
            _matter_url(region, saved),
        ),
        template=EDIT,
        ruling=ruling,
        **_removal(region, "matter", found),
    )


@region_page
@require_POST
def remove_matter(request: StaffRequest, region: Region, matter: str) -> HttpResponse:
    """Take an entry out of the register."""
    found = reading.matter(region, matter)
    try:
        actions.remove_matter(request.actor, found, version_of(request) or 0)
    except (Stale, WrongInput) as refused:
        messages.error(request, str(refused))
        return redirect(_matter_url(region, found))
    messages.success(request, f"{found.get_kind_display()}「{found}」を削除しました。")
    return redirect("compacts:register", region.slug)


@region_page
@require_http_methods(["GET", "POST"])
def speak(request: StaffRequest, region: Region, matter: str, code: str) -> HttpResponse:
    """A town names the matter too, with its own words."""
    found = reading.matter(region, matter)
    return _own_words(
        request,
        region,
        found,
        code,
        "声",
        found.voices.all(),
        actions.speak,
        lead=f"{found.get_kind_display()}として、{{town}}も挙げていることを記録します。",
        remove="compacts:register-silence",
    )


@region_page
@require_POST
def silence(request: StaffRequest, region: Region, matter: str, code: str) -> HttpResponse:
    """A town takes its voice back."""
    found = reading.matter(region, matter)
    town = _member(region, code)
    actions.fall_silent(request.actor, found, town)
    messages.success(request, f"{town.name}の声を取り消しました。")
    return redirect(_matter_url(region, found))


@region_page
@require_GET
def candidate(request: StaffRequest, region: Region, candidate: str) -> HttpResponse:
    """A candidate: what it answers, who is interested, its way so far, where it may go, its history."""
    found = reading.candidate(region, candidate)
    return page(
        request,
        "compacts/register_candidate.html",
        nav_active=_NAV,
        candidate=found,
        role=dict(role_choices(region, found.role)).get(found.role) if found.role else "",
        towns=_towns(request, region, {row.municipality_id: row for row in found.interests.all()}),
        initiative_url=initiative_url(region, found.initiative) if found.initiative else "",
        moves=[(to, CandidateStage(to).label) for to in CANDIDATE_MOVES[found.stage]],
        may_edit=policies.edit_shared(request.actor, region),
        entries=log_of(found),
    )


@region_page
@require_http_methods(["GET", "POST"])
def save_candidate(request: StaffRequest, region: Region, candidate: str | None = None) -> HttpResponse:
    """Write a candidate for a measure, or begin one."""
    policies.edit_shared(request.actor, region).require()
    found = reading.candidate(region, candidate) if candidate else None
    matters = {row.slug: row for row in reading.matters(region) if row.kind != Matter.Kind.CURRENT}
    answered = request.GET.get("matter", "")

    def build(data: QueryDict | None, record: Candidate | None) -> Sheet:
        initial: dict[str, Any] = {"matters": [answered] if answered in matters else []}
        if answered in matters:
            initial["fields"] = matters[answered].fields
        if record is not None:
            initial = CandidateForm.filled_from(record)
        form = CandidateForm(
            region,
            data,
            initial=initial,
            matters=[(slug, f"{row.title}（{row.get_kind_display()}）") for slug, row in matters.items()],
            keep=initial.get("fields", []),
            role=initial.get("role", ""),
        )
        return Sheet(form, groups=CandidateForm.groups())

    def write(sheet: Sheet) -> Candidate:
        given = dict(sheet.form.cleaned_data)
        version, chosen = given.pop("version"), given.pop("matters")
        return actions.save_candidate(
            request.actor, region, found, version, values=given, matters=[matters[slug] for slug in chosen]
        )

    return edit_page(
        request,
        _frame(region, found),
        "取組候補を編集" if found else "取組候補を登録",
        found,
        build,
        write,
        done=lambda saved: (f"取組候補「{saved}」を保存しました。", _candidate_url(region, saved)),
        template=EDIT,
        **_removal(region, "candidate", found),
    )


@region_page
@require_POST
def remove_candidate(request: StaffRequest, region: Region, candidate: str) -> HttpResponse:
    """Take a candidate out of the register."""
    found = reading.candidate(region, candidate)
    try:
        actions.remove_candidate(request.actor, found, version_of(request) or 0)
    except (Stale, WrongInput) as refused:
        messages.error(request, str(refused))
        return redirect(_candidate_url(region, found))
    messages.success(request, f"取組候補「{found}」を削除しました。")
    return redirect("compacts:register", region.slug)


@region_page
@require_http_methods(["GET", "POST"])
def move(request: StaffRequest, region: Region, candidate: str, stage: str) -> HttpResponse:
    """Take a candidate to its next stage."""
    found = reading.candidate(region, candidate)
    if stage not in CandidateStage.values:
        raise Http404("段階が見つかりません。")
    policies.move_candidate(request.actor, found, stage).require()
    initiatives = {row.slug: row for row in queries.initiatives(region)}

    def build(data: QueryDict | None, record: Candidate | None) -> Sheet:
        now = record or found
        initial = {"version": now.version, "on": regions.today(), "trial_to": now.trial_to}
        choices = [(slug, row.title) for slug, row in initiatives.items()]
        return Sheet(StageForm(found, stage, data, initial=initial, initiatives=choices))

    def write(sheet: Sheet) -> Candidate:
        given = sheet.form.cleaned_data
        made = Move(
            on=given["on"],
            reason=given["reason"],
            trial=(given.get("trial_from"), given.get("trial_to")),
            result=given.get("result", ""),
            initiative=initiatives.get(given.get("initiative", "")),
        )
        return actions.move_candidate(request.actor, found, given["version"], stage, made)

    return edit_page(
        request,
        _frame(region, found),
        f"段階を「{CandidateStage(stage).label}」にする",
        found,
        build,
        write,
        done=lambda saved: (
            f"取組候補「{saved}」を「{saved.get_stage_display()}」にしました。",
            _candidate_url(region, saved),
        ),
        template=EDIT,
        lead=f"現在の段階：{found.get_stage_display()}",
    )


@region_page
@require_http_methods(["GET", "POST"])
def interest(request: StaffRequest, region: Region, candidate: str, code: str) -> HttpResponse:
    """A town's interest in a candidate."""
    found = reading.candidate(region, candidate)
    return _own_words(
        request,
        region,
        found,
        code,
        "関心",
        found.interests.all(),
        actions.be_interested,
        lead="{town}がこの取組候補に関心を持っていることを記録します。",
        remove="compacts:register-disinterest",
    )


@region_page
@require_POST
def disinterest(request: StaffRequest, region: Region, candidate: str, code: str) -> HttpResponse:
    """A town takes its interest back."""
    found = reading.candidate(region, candidate)
    town = _member(region, code)
    actions.lose_interest(request.actor, found, town)
    messages.success(request, f"{town.name}の関心を取り消しました。")
    return redirect(_candidate_url(region, found))


def _own_words(
    request: StaffRequest,
    region: Region,
    found: Matter | Candidate,
    code: str,
    what: str,
    said: Iterable[MatterVoice | CandidateInterest],
    act: Callable[..., MatterVoice | CandidateInterest],
    *,
    lead: str,
    remove: str,
) -> HttpResponse:
    """What one town says of a matter or candidate: written, changed, taken back (`remove`). `lead` names `{town}`."""
    town = _member(region, code)
    ruling = regions.edit_town(request.actor, region, town).require()
    stored = next((row for row in said if row.municipality_id == town.pk), None)
    frame = _frame(region, found)

    def build(data: QueryDict | None, record: Any) -> Sheet:
        initial = {"version": record.version, "text": record.text} if record is not None else {}
        return Sheet(VoiceForm(data, initial=initial))

    def write(sheet: Sheet) -> MatterVoice | CandidateInterest:
        given = sheet.form.cleaned_data
        return act(request.actor, found, town, given["version"], text=given["text"])

    taken_back = {
        "remove": reverse(remove, args=[region.slug, found.slug, town.code]),
        "remove_label": "この記録を取消し",
    }
    return edit_page(
        request,
        frame,
        f"{town.name}の{what}",
        stored,
        build,
        write,
        done=lambda saved: (f"{town.name}の{what}を記録しました。", frame.back),
        template=EDIT,
        ruling=ruling,
        lead=lead.format(town=town.name),
        **(taken_back if stored is not None else {}),
    )


def _member(region: Region, code: str) -> Municipality:
    for row in members_on(region):
        if row.municipality.code == code:
            return row.municipality
    raise Http404(f"この市町村は、この圏域の{region.members_term}ではありません。")


def _towns(
    request: StaffRequest, region: Region, said: dict[int, Any]
) -> list[tuple[Municipality, Any, Any]]:
    """The members with what each said and whether the actor enters it; those that left but said something last."""
    rows = [
        (
            row.municipality,
            said.get(row.municipality_id),
            regions.edit_town(request.actor, region, row.municipality),
        )
        for row in members_on(region)
    ]
    here = {town.pk for town, _, _ in rows}
    return rows + [(row.municipality, row, None) for pk, row in said.items() if pk not in here]


def _matter_url(region: Region, found: Matter) -> str:
    return reverse("compacts:register-matter", args=[region.slug, found.slug])


def _candidate_url(region: Region, found: Candidate) -> str:
    return reverse("compacts:register-candidate", args=[region.slug, found.slug])


def _crumbs(region: Region) -> list[tuple[str, str]]:
    return [("課題から事業化へ", reverse("compacts:register", args=[region.slug]))]


def _frame(region: Region, found: Matter | Candidate | None) -> Frame:
    crumbs = _crumbs(region)
    if found is None:
        return Frame(crumbs[0][1], crumbs, _NAV)
    address = _matter_url(region, found) if isinstance(found, Matter) else _candidate_url(region, found)
    return Frame(address, [*crumbs, (found.title, address)], _NAV, found.title)


def _removal(region: Region, kind: str, found: Matter | Candidate | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "remove": reverse(f"compacts:register-{kind}-remove", args=[region.slug, found.slug]),
        "remove_version": found.version,
        "remove_label": "登録から削除",
    }
