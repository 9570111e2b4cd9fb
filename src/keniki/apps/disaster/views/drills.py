"""Pages of drills: scenarios, a run with what was told, its review."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page
from keniki.apps.regions.queries import members_on
from keniki.core.digits import whole_number
from keniki.core.errors import WrongInput

from .. import policies
from ..actions import drills as actions
from ..drills import injects_of
from ..forms.drills import (
    AnswerForm,
    EndForm,
    ScenarioForm,
    StartForm,
    inject_rows,
    scenario_draft,
    scenario_initial,
)
from ..models import DrillRun, DrillScenario, Incident
from ..papers.drills import review_paper
from ..papers.frame import paper_answer
from ..queries import drills as queries
from ..queries import incidents
from ..queries.towns import towns_recorded
from .frame import incident_page, marked

#: So often the page asks whether something new was told.
NEWS_SECONDS = 15


@region_page
@require_GET
def drills(request: StaffRequest, region: Region) -> HttpResponse:
    """The scenarios of the region, and the drills that were held."""
    return page(
        request,
        "disaster/drills.html",
        nav_active="disaster",
        scenarios=queries.scenarios_of(region),
        runs=queries.runs_of(region),
        ruling=policies.write_shared(request.actor, region),
    )


@region_page
@require_GET
def scenario(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A scenario with its injects."""
    found = queries.scenario_for(region, slug)
    names = _names(region)
    return page(
        request,
        "disaster/drill_scenario.html",
        nav_active="disaster",
        scenario=found,
        injects=[
            (each, "・".join(names.get(code, code) for code in each.towns))
            for each in injects_of(found.injects)
        ],
        ruling=policies.write_shared(request.actor, region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_scenario(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Write a scenario."""
    found = queries.scenario_for(region, slug) if slug else None
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    listed = reverse("disaster:drills", args=[region.slug])
    back = found.get_absolute_url() if found else listed
    names = _names(region)

    def build(data: Any, record: DrillScenario | None) -> Sheet:
        form = ScenarioForm(data, initial=scenario_initial(record))
        return Sheet(form, {"状況付与": inject_rows(data, record, names)})

    def save(sheet: Sheet) -> DrillScenario:
        form = sheet.form
        assert isinstance(form, ScenarioForm)
        draft = scenario_draft(form, sheet.formsets["状況付与"])
        version = form.cleaned_data.get("version") if found else None
        return actions.save_scenario(request.actor, region, draft, found, version)

    def done(saved: DrillScenario) -> tuple[str, str]:
        return f"訓練シナリオ「{saved.title}」を保存しました。", saved.get_absolute_url()

    crumbs = [("防災", reverse("disaster:overview", args=[region.slug])), ("訓練", listed)]
    return edit_page(
        request,
        Frame(back, [*crumbs, *([(found.title, back)] if found else [])], "disaster"),
        "訓練シナリオの変更" if found else "訓練シナリオを登録",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def start(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Begin a drill."""
    found = queries.scenario_for(region, slug)
    ruling = policies.write_shared(request.actor, region)
    form = StartForm(initial={"title": found.title})
    if request.method == "POST":
        ruling.require()
        form = StartForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                run = actions.start_drill(
                    request.actor, found, data["title"], speed=data["speed"], public=data["public"]
                )
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"{run.incident} を開始しました。")
                return redirect(run)
    return page(
        request,
        "disaster/drill_start.html",
        status=422 if request.method == "POST" else 200,
        nav_active="disaster",
        scenario=found,
        form=form,
        ruling=ruling,
    )


@region_page
@require_http_methods(["GET", "POST"])
def drill(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A drill that runs: what was told so far, and where a town says what it did."""
    incident = incidents.incident_for(region, slug)
    run = queries.run_for(incident)
    towns = towns_recorded(request.actor, incident)
    form = AnswerForm(towns=towns)
    if request.method == "POST":
        _ruling(request, incident, towns).require()
        form = AnswerForm(request.POST, towns=towns)
        if form.is_valid():
            data = form.cleaned_data
            try:
                actions.answer_inject(request.actor, run, data["number"], towns[data["town"]], data["text"])
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, "【訓練】対応を記録しました。")
                return redirect(run)
    review = queries.review_of(run)
    names = _names(region)
    controls = policies.write_shared(request.actor, region)
    coming = [each for each in review.told if not each.is_due]
    due = len(review.told) - len(coming)
    shown = whole_number(request.GET.get("shown", ""))
    return incident_page(
        request,
        incident,
        "disaster/drill.html",
        status=422 if request.method == "POST" else 200,
        run=run,
        told=[
            (each, "・".join(names.get(code, code) for code in each.inject.towns))
            for each in reversed(review.told)
            if each.is_due
        ],
        coming=coming,
        shown=due if shown is None else shown,
        news=0 if shown is None else max(due - shown, 0),
        seconds=NEWS_SECONDS,
        next_due=coming[0].due if coming and controls else None,
        controls=controls,
        towns=towns,
        form=form,
        failed=form.data.get("number", "") if form.is_bound else "",
        ruling=_ruling(request, incident, towns),
    )


@region_page
@require_http_methods(["GET", "POST"])
def end(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """End a drill and write down who took part."""
    incident = incidents.incident_for(region, slug)
    run = queries.run_for(incident)
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    back = reverse("disaster:drill-review", args=[region.slug, slug])

    def build(data: Any, record: DrillRun | None) -> Sheet:
        names = ("participants", "evaluation", "version")
        initial = {name: getattr(record, name) for name in names} if record is not None else {}
        initial["initiative"] = queries.last_initiative(region)
        return Sheet(EndForm(data, region=region, initial=initial))

    def save(sheet: Sheet) -> DrillRun:
        form = sheet.form
        assert isinstance(form, EndForm)
        return actions.end_drill(request.actor, run, form.draft(), form.cleaned_data.get("version") or 0)

    def done(saved: DrillRun) -> tuple[str, str]:
        return f"{saved.incident} を終了しました。", back

    crumbs = [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("訓練", reverse("disaster:drills", args=[region.slug])),
        (incident.title, run.get_absolute_url()),
    ]
    return edit_page(
        request,
        Frame(run.get_absolute_url(), crumbs, "disaster", eyebrow=incident.get_mode_display()),
        "訓練の終了",
        run,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        save_label="終了して記録",
        ruling=ruling,
        **marked(incident),
    )


@region_page
@require_GET
def review(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """How long the towns took: the after-action review."""
    incident = incidents.incident_for(region, slug)
    return incident_page(
        request, incident, "disaster/drill_review.html", review=queries.review_of(queries.run_for(incident))
    )


@region_page
@require_GET
def review_file(request: StaffRequest, region: Region, slug: str, form: str) -> HttpResponse:
    """The after-action report as Word or PDF."""
    incident = incidents.incident_for(region, slug)
    return paper_answer(review_paper(queries.review_of(queries.run_for(incident))), form)


def _names(region: Region) -> dict[str, str]:
    return {row.municipality.code: row.municipality.name for row in members_on(region)}


def _ruling(request: StaffRequest, incident: Incident, towns: dict[str, Municipality]) -> Any:
    first = next(iter(towns.values()), None)
    return policies.record_on_page(request.actor, incident, first)
