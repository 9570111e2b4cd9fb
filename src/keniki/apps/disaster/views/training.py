"""Pages of assessors' training: the sessions, one session, a case to work, its score, the results of all."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.analysis.damage.results import shown
from keniki.analysis.damage.training import CAUSES, Score, score
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.editing import Frame, Sheet, VersionedForm, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import training as actions
from ..forms import training as forms
from ..models import TrainingAttempt, TrainingMember, TrainingSession
from ..papers.frame import paper_answer
from ..papers.training import kappa, report_paper, span
from ..queries import training as queries
from ..training_charts import right_chart

#: What stands on every page of training.
MARKED: Final[dict[str, Any]] = {
    "nav_active": "disaster",
    "drill": True,
    "drill_text": "住家被害認定の研修の画面です。事例は全て架空の住家で、実際の災害の調査や証明書にはなりません。",
}


@region_page
@require_GET
def trainings(request: StaffRequest, region: Region) -> HttpResponse:
    """The sessions of the region, and the cases there are."""
    return page(
        request,
        "disaster/training/trainings.html",
        sessions=queries.sessions_of(region),
        offered=queries.offered(region),
        ruling=policies.write_shared(request.actor, region),
        **MARKED,
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, region: Region, number: int | None = None) -> HttpResponse:
    """Plan a session."""
    found = queries.session_for(region, number) if number else None
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    listed = reverse("disaster:trainings", args=[region.slug])
    back = found.get_absolute_url() if found else listed
    choices = forms.case_choices(queries.offered(region), found)

    def build(data: Any, record: TrainingSession | None) -> Sheet:
        return Sheet(
            forms.SessionForm(data, region=region, cases=choices, initial=forms.session_initial(record))
        )

    def save(sheet: Sheet) -> TrainingSession:
        form = sheet.form
        assert isinstance(form, forms.SessionForm)
        version = (form.cleaned_data.get("version") or 0) if found else None
        return actions.save_session(request.actor, region, form.draft(), found, version)

    def done(saved: TrainingSession) -> tuple[str, str]:
        return f"{saved}を保存しました。", saved.get_absolute_url()

    return edit_page(
        request,
        Frame(back, crumbs(region, found), "disaster", eyebrow="訓練"),
        "研修会の変更" if found else "研修会を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        **marked(),
    )


@region_page
@require_GET
def training(request: StaffRequest, region: Region, number: int) -> HttpResponse:
    """A session: who takes part, who answered what, where one's own cases are."""
    session = queries.session_for(region, number)
    actor = request.actor
    results = queries.results_of(session, actor)
    mine = next((line for line in results.lines if _is(actor, line.member)), None)
    answerable = {line.member.pk for line in results.lines if policies.answer_training(actor, line.member)}
    organiser = policies.write_shared(actor, region)
    readable = {line.member.pk for line in results.lines if may_see_score(actor, line.member)}
    return page(
        request,
        "disaster/training/training.html",
        session=session,
        results=results,
        mine=mine,
        answerable=answerable,
        readable=readable,
        joining=policies.join_training(actor, session),
        naming=policies.write_some_place(actor, region) if session.closed_at is None else None,
        organiser=organiser,
        shows=may_see_results(actor, session),
        entries=log_of(session),
        **MARKED,
    )


@region_page
@require_POST
def join(request: StaffRequest, region: Region, number: int) -> HttpResponse:
    """Take part."""
    session = queries.session_for(region, number)
    try:
        actions.join(request.actor, session)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, f"{session}に参加しました。")
    return redirect(session)


@region_page
@require_http_methods(["GET", "POST"])
def people(request: StaffRequest, region: Region, number: int) -> HttpResponse:
    """Who takes part without an account."""
    session = queries.session_for(region, number)
    actor = request.actor
    ruling = policies.write_some_place(actor, region)
    if request.method == "POST":
        ruling.require()
    outside = bool(policies.write_participant(actor, region, None))
    towns: dict[str, Municipality] = {
        row.municipality.code: row.municipality
        for row in members_on(region)
        if policies.write_participant(actor, region, row.municipality)
    }
    named = [
        each
        for each in queries.members_of(session)
        if each.user_id is None and policies.write_participant(actor, region, each.municipality)
    ]
    for each in named:
        if each.municipality is not None:
            towns.setdefault(each.municipality.code, each.municipality)

    def build(data: Any, record: TrainingSession | None) -> Sheet:
        form = VersionedForm(data, initial={"version": (record or session).version})
        return Sheet(form, {"アカウントのない参加者": forms.people_rows(data, named, towns, outside=outside)})

    def save(sheet: Sheet) -> TrainingSession:
        drafts = forms.people_in(sheet.formsets["アカウントのない参加者"], towns)
        return actions.save_people(actor, session, drafts, sheet.form.cleaned_data.get("version") or 0)

    def done(_saved: TrainingSession) -> tuple[str, str]:
        return "参加者を保存しました。", session.get_absolute_url()

    return edit_page(
        request,
        Frame(session.get_absolute_url(), crumbs(region, session), "disaster", eyebrow=str(session)),
        "アカウントのない参加者",
        session,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        lead="利用者は、研修会の画面の「参加する」で自分で参加します。ここには、アカウントのない方の氏名を入力します。",
        ruling=ruling,
        **marked(),
    )


@region_page
@require_http_methods(["GET", "POST"])
def answer(request: StaffRequest, region: Region, number: int, member: int, case: str) -> HttpResponse:
    """Work a case: what is seen, and what the assessor finds. Nothing is reckoned here."""
    session = queries.session_for(region, number)
    person, found = queries.member_for(session, member), queries.case_in(session, case)
    ruling = policies.answer_training(request.actor, person)
    if not ruling and not policies.see_participant(request.actor, person):
        raise Http404("この参加者の答えは見ることができません。")
    if request.method == "POST":
        ruling.require()
    attempt = queries.attempt_of(person, case)
    if attempt is not None and session.shown == TrainingSession.Shown.AT_ONCE and request.method == "GET":
        return redirect("disaster:training-score", region.slug, number, member, case)
    back = session.get_absolute_url()

    def build(data: Any, record: TrainingAttempt | None) -> Sheet:
        form = forms.AnswerForm(data, case=found, initial=forms.answer_initial(record))
        rows = {"部位ごとの損傷": forms.part_rows(data, found, record)} if forms.parts_of(found) else {}
        return Sheet(form, rows, groups=[("判定", ["class_key", "percent", "method"])])

    def save(sheet: Sheet) -> TrainingAttempt:
        form = sheet.form
        assert isinstance(form, forms.AnswerForm)
        rows = sheet.formsets.get("部位ごとの損傷")
        given, places = forms.given_in(form, rows)
        try:
            version = (form.cleaned_data.get("version") or 0) if attempt is not None else None
            return actions.answer(request.actor, person, case, given, version)[0]
        except WrongInput as wrong:
            raise answer_placed(wrong, rows, places) from None

    def done(_saved: TrainingAttempt) -> tuple[str, str]:
        if session.shown == TrainingSession.Shown.AT_ONCE:
            at = reverse("disaster:training-score", args=[region.slug, number, member, case])
            return "【訓練】答えを記録しました。採点を示します。", at
        return "【訓練】答えを記録しました。", back

    return edit_page(
        request,
        Frame(back, crumbs(region, session), "disaster", eyebrow=f"{session}　参加者{member}"),
        found.title,
        attempt,
        build,
        save,
        done=done,
        template="disaster/training/answer.html",
        save_label="答えを出す",
        ruling=ruling,
        case=found,
        about=queries.about(found),
        pictures=queries.pictures_in(session, case),
        **marked(),
    )


@region_page
@require_GET
def training_score(
    request: StaffRequest, region: Region, number: int, member: int, case: str
) -> HttpResponse:
    """An answer with its points and every difference from the right one."""
    session = queries.session_for(region, number)
    person, found = queries.member_for(session, member), queries.case_in(session, case)
    attempt = queries.attempt_of(person, case)
    if attempt is None or not may_see_score(request.actor, person):
        raise Http404("採点はまだ見ることができません。")
    scored = score(found, attempt.given)
    classes = found.answer.classes
    return page(
        request,
        "disaster/training/score.html",
        session=session,
        person=person,
        case=found,
        about=queries.about(found),
        pictures=queries.pictures_in(session, case),
        attempt=attempt,
        score=scored,
        named=classes.named(attempt.class_key).name,
        findings=[(CAUSES[each.cause], each.said, _signed(each.percent)) for each in scored.findings],
        parts=_parts(scored),
        **MARKED,
    )


@region_page
@require_GET
def results(request: StaffRequest, region: Region, number: int) -> HttpResponse:
    """What everybody came to, and how far they agree."""
    session = queries.session_for(region, number)
    _require_results(request.actor, session)
    found = queries.results_of(session, request.actor)
    agreed = found.agreement
    return page(
        request,
        "disaster/training/results.html",
        session=session,
        results=found,
        chart=right_chart(found),
        kappa=kappa(agreed.kappa) if agreed is not None else "―",
        identical=round(float(agreed.identical) * 100) if agreed is not None else None,
        lines=[(line, kappa(line.with_answer)) for line in found.lines],
        spans=[(each, span(each.least, each.most)) for each in found.cases],
        readable={line.member.pk for line in found.lines if may_see_score(request.actor, line.member)},
        **MARKED,
    )


@region_page
@require_GET
def results_chart(request: StaffRequest, region: Region, number: int) -> HttpResponse:
    """The picture of the results."""
    session = queries.session_for(region, number)
    _require_results(request.actor, session)
    return HttpResponse(right_chart(queries.results_of(session, None)).svg(), content_type="image/svg+xml")


@region_page
@require_GET
def report(request: StaffRequest, region: Region, number: int, form: str) -> HttpResponse:
    """The report as Word or PDF, without names."""
    session = queries.session_for(region, number)
    _require_results(request.actor, session)
    return paper_answer(report_paper(queries.results_of(session, None)), form)


@region_page
@require_http_methods(["GET", "POST"])
def close(request: StaffRequest, region: Region, number: int) -> HttpResponse:
    """End a session."""
    session = queries.session_for(region, number)
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    back = reverse("disaster:training-results", args=[region.slug, number])

    def build(data: Any, record: TrainingSession | None) -> Sheet:
        shown = record or session
        return Sheet(
            forms.CloseForm(data, initial={"evaluation": shown.evaluation, "version": shown.version})
        )

    def save(sheet: Sheet) -> TrainingSession:
        data = sheet.form.cleaned_data
        return actions.close_session(request.actor, session, data["evaluation"], data.get("version") or 0)

    def done(saved: TrainingSession) -> tuple[str, str]:
        return f"{saved}を終了しました。", back

    return edit_page(
        request,
        Frame(session.get_absolute_url(), crumbs(region, session), "disaster", eyebrow="訓練"),
        "研修会の終了",
        session,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        lead="終了すると、答えは変えられなくなり、採点と正しい答えを参加者に示します。",
        save_label="終了して記録",
        ruling=ruling,
        **marked(),
    )


@region_page
@require_http_methods(["GET", "POST"])
def load_cases(request: StaffRequest, region: Region) -> HttpResponse:
    """Add cases of the region's own from a file, all or none."""
    ruling = policies.write_shared(request.actor, region)
    form = forms.CaseFileForm()
    if request.method == "POST":
        ruling.require()
        form = forms.CaseFileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                number = actions.add_cases(request.actor, region, actions.read_cases(file.read(), file.name))
            except WrongInput as wrong:
                put_error(form, WrongInput(str(wrong), column="file"))
            else:
                messages.success(request, f"研修の事例を{number}件登録しました。")
                return redirect("disaster:trainings", region.slug)
    return page(
        request,
        "disaster/training/load_cases.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        ruling=ruling,
        **MARKED,
    )


@region_page
@require_GET
def cases_file(request: StaffRequest, region: Region) -> HttpResponse:
    """All cases in the form `load_cases` reads: for who runs sessions, as it holds the answers."""
    policies.write_shared(request.actor, region).require()
    rows = [
        {"title": each.case.title, "text": each.case.text, "trap": each.case.trap, "survey": each.survey}
        for each in queries.offered(region)
    ]
    answer = HttpResponse(
        json.dumps(rows, ensure_ascii=False, indent=1, default=str),
        content_type="application/json; charset=utf-8",
    )
    answer["Content-Disposition"] = 'attachment; filename="training-cases.json"'
    return answer


def may_see_results(actor: Actor, session: TrainingSession) -> bool:
    """Whether the actor is shown what everybody came to: who runs it at any time, the others after its end."""
    return session.closed_at is not None or bool(policies.write_shared(actor, session.region))


def may_see_score(actor: Actor, member: TrainingMember) -> bool:
    """Whether the actor is shown a participant's scores now."""
    session = member.session
    at_once = session.shown == TrainingSession.Shown.AT_ONCE
    if not at_once and not may_see_results(actor, session):
        return False
    return bool(policies.see_participant(actor, member))


def _require_results(actor: Actor, session: TrainingSession) -> None:
    if not may_see_results(actor, session):
        policies.write_shared(actor, session.region).require()


def _is(actor: Actor, member: TrainingMember) -> bool:
    return actor.user is not None and member.user_id == actor.user.pk


def answer_placed(wrong: WrongInput, rows: Any, places: list[int]) -> WrongInput:
    """The refusal at the row of the part it speaks of, or on the field of the form."""
    path = (wrong.column or "").split(".")
    if path[:2] == ["survey", "parts"] and len(path) > 2 and rows is not None:
        row = rows.forms[places[int(path[2])]]
        field = path[3] if len(path) > 3 and path[3] in row.fields else None
        row.add_error(field, wrong.message)
        return WrongInput("部位ごとの損傷を確かめてください。")
    if path[0] == "losses":
        return WrongInput(wrong.message)
    name = path[-1] if path[0] != "survey" or len(path) < 2 else path[1]
    fields = {
        "class": "class_key",
        "tilt_mm": "tilt_1",
        "depths_above_floor_m": "depths",
        "depth_above_floor_m": "depths",
    }
    return WrongInput(wrong.message, column=fields.get(name, name))


def _parts(scored: Score) -> list[tuple[str, str, str, str]]:
    """Each part with its weight, its loss and the loss that was found, in per cent."""
    own = {part.key: part for part in scored.own.parts} if scored.own is not None else {}
    return [
        (
            part.name,
            shown(part.weight),
            shown(part.loss),
            shown(own[part.key].loss) if part.key in own else "",
        )
        for part in scored.answer.parts
    ]


def _signed(percent: Fraction) -> str:
    if not percent:
        return ""
    return ("＋" if percent > 0 else "▲") + shown(abs(percent))


def marked() -> dict[str, Any]:
    """MARKED for `edit_page`, whose frame has its own place in the navigation."""
    return {key: value for key, value in MARKED.items() if key != "nav_active"}


def crumbs(region: Region, session: TrainingSession | None) -> list[tuple[str, str]]:
    found = [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("住家被害認定の研修", reverse("disaster:trainings", args=[region.slug])),
    ]
    return [*found, (session.title, session.get_absolute_url())] if session is not None else found
