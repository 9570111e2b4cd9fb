"""The steps of a programme: worked out from a day, or kept as the region's plan with what is done, late and blocked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.actor import Ruling
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import (
    StaffRequest,
    chosen,
    conflict_of,
    page,
    put_error,
    region_page,
    version_of,
)
from keniki.apps.regions.policies import today, town_post
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.press.charts import Chart
from keniki.press.gantt import Bar, gantt
from keniki.rulebooks.loader import RuleNotInForce
from keniki.rulebooks.programmes import TEIJU
from keniki.rulebooks.programmes.procedures import Who

from .. import actions, policies, queries
from ..forms import PROGRAMMES, AddressForm, PlanForm, ProcedureForm, StepRecordForm
from ..models import PlanStep
from ..procedure import Plan, State, StepState, calendar_feed, plan_forward

#: How a state looks: kind of badge.
STATE_LOOKS = {
    State.DONE: "success",
    State.OVERDUE: "danger",
    State.BLOCKED: "warning",
    State.OPEN: "info",
    State.WAITING: "muted",
}
#: So many late and blocked steps are told above the chart; the table has all.
PRESSING = 5


@dataclass(frozen=True)
class TownStep:
    """A step as one municipality takes it: what is recorded, and whether the actor may record it."""

    town: Municipality
    row: PlanStep | None
    ruling: Ruling


@region_page
@require_GET
def procedure(request: StaffRequest, region: Region) -> HttpResponse:
    """The steps of a programme from a day on, with legal basis and document, as a chart and a table."""
    form, plan = _planned(request, region)
    return page(
        request,
        "programmes/procedure.html",
        nav_active="evidence",
        form=form,
        plan=plan,
        programme=form.data["programme"],
        alone=form.data["programme"] == TEIJU and queries.is_alone(region),
        kept=[row.record for row in queries.plans_of(region)],
        chart=_gantt(plan) if plan else None,
        query=urlencode({name: form.data[name] for name in form.fields}),
        may_keep=policies.keep_plan(request.actor, region),
        status=422 if form.errors else 200,
    )


@region_page
@require_GET
def procedure_chart(request: StaffRequest, region: Region) -> HttpResponse:
    """The chart of `procedure` as SVG; `?shape=narrow` for a phone."""
    _, plan = _planned(request, region)
    if plan is None:
        raise Http404("工程表を作れません。")
    return _svg(request, plan)


@region_page
@require_GET
def procedure_calendar(request: StaffRequest, region: Region) -> HttpResponse:
    """The steps as iCalendar events, for the office's calendar."""
    form, plan = _planned(request, region)
    if plan is None:
        raise Http404("工程表を作れません。")
    feed = calendar_feed(
        plan,
        title=f"{region.name} {plan.procedure.name}",
        key=f"{region.slug}-{form.cleaned_data['programme']}",
        stamp=timezone.now(),
        url=request.build_absolute_uri(reverse("programmes:procedure", args=[region.slug])),
    )
    answer = HttpResponse(feed, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{region.slug}-procedure.ics"'
    return answer


@region_page
@require_GET
def plan(request: StaffRequest, region: Region, programme: str) -> HttpResponse:
    """The region's plan of a programme: what is done, late and blocked, which days were moved and why."""
    return _plan_page(request, region, programme)


@region_page
@require_GET
def plan_chart(request: StaffRequest, region: Region, programme: str) -> HttpResponse:
    """The chart of `plan` as SVG; `?shape=narrow` for a phone."""
    return _svg(request, queries.stored_plan(queries.plan_for(region, programme)).plan)


@region_page
@require_http_methods(["GET", "POST"])
def start_plan(request: StaffRequest, region: Region, programme: str) -> HttpResponse:
    """Begin the plan of a programme, or count it from another day."""
    if programme not in dict(PROGRAMMES):
        raise Http404("制度が見つかりません。")
    ruling = policies.keep_plan(request.actor, region)
    ruling.require()
    record = queries.plan_record(region, programme)
    typed = {"start": request.GET.get("start") or today(), "note": ""}
    initial = typed if record is None else {"start": record.start, "note": record.note}
    data: Any = chosen(request, record) if request.method == "POST" else None
    form = PlanForm(data, initial=initial)
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.start_plan(
                request.actor,
                region,
                programme,
                form.cleaned_data["start"],
                form.cleaned_data["note"],
                version_of(request),
            )
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(request, "工程の起点を保存しました。")
            return redirect("programmes:plan", region.slug, programme)
    return page(
        request,
        "programmes/plan_start.html",
        nav_active="evidence",
        record=record,
        name=dict(PROGRAMMES)[programme],
        form=form,
        conflict=conflict,
        ruling=ruling,
        status=409 if conflict else 422 if form.errors else 200,
    )


@region_page
@require_http_methods(["GET", "POST"])
def record_step(request: StaffRequest, region: Region, programme: str, step: str) -> HttpResponse:
    """Move a step to another day with the reason, or record the day it was done, of all or of one municipality."""
    record = queries.plan_for(region, programme)
    stored = queries.stored_plan(record)
    state = next((each for each in stored.states if each.planned.step.id == step), None)
    if state is None:
        raise Http404("この工程はありません。")
    taken = {row.municipality_id: row for row in stored.rows.get(step, ())}
    towns = _towns(request, region, state, taken)
    town = _town_asked(request, region, towns)
    known = taken.get(town.pk if town is not None else None)
    ruling = policies.record_step(request.actor, region, town, known.done_on if known is not None else None)
    ruling.require()
    data: Any = chosen(request, known or PlanStep()) if request.method == "POST" else None
    form = StepRecordForm(data, row=known, of_town=town is not None)
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_step(request.actor, record, form.draft(step, town), version_of(request))
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(request, f"「{state.planned.step.name}」を保存しました。")
            return redirect("programmes:plan", region.slug, programme)
    return page(
        request,
        "programmes/plan_step.html",
        nav_active="evidence",
        record=record,
        state=state,
        look=STATE_LOOKS[state.state],
        known=known,
        towns=towns,
        town=town,
        whole=policies.keep_plan(request.actor, region),
        form=form,
        conflict=conflict,
        ruling=ruling,
        status=409 if conflict else 422 if form.errors else 200,
    )


def _towns(
    request: StaffRequest, region: Region, state: StepState, taken: dict[int | None, PlanStep]
) -> list[TownStep]:
    """The municipalities a step of their own is asked of, and those that have taken it, with what is recorded."""
    if state.planned.step.who is not Who.EACH_PARTY:
        return []
    towns = {row.municipality_id: row.municipality for row in members_on(region)}
    towns |= {pk: row.municipality for pk, row in taken.items() if pk is not None and row.municipality}
    return [
        TownStep(
            town,
            row := taken.get(pk),
            policies.record_step(request.actor, region, town, row.done_on if row is not None else None),
        )
        for pk, town in towns.items()
    ]


def _town_asked(request: StaffRequest, region: Region, towns: Sequence[TownStep]) -> Municipality | None:
    """The municipality a step is recorded for; a town's officers record their own where none is named."""
    code = request.GET.get("town")
    if code:
        found = next((each.town for each in towns if each.town.code == code), None)
        if found is None:
            raise Http404("この工程の市町村ではありません。")
        return found
    if policies.keep_plan(request.actor, region):
        return None
    return next((each.town for each in towns if each.ruling), None)


@region_page
@require_POST
def give_address(request: StaffRequest, region: Region, programme: str) -> HttpResponse:
    """A new secret address for a calendar program, shown this once."""
    record = queries.plan_for(region, programme)
    policies.keep_plan(request.actor, region).require()
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _plan_page(request, region, programme, form=form, status=422)
    _, secret = actions.give_address(request.actor, record, form.cleaned_data["label"])
    address = request.build_absolute_uri(reverse("programmes:feed", args=[secret]))
    return _plan_page(request, region, programme, address=address)


@region_page
@require_POST
def revoke_address(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """End a calendar address at once."""
    address = actions.revoke_address(request.actor, queries.address_for(region, pk))
    messages.success(request, f"購読用アドレス「{address.label}」を取り消しました。")
    return redirect("programmes:plan", region.slug, address.plan.programme)


@require_GET
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """A plan for calendar programs, which have no log-in: the steps' names and days, nothing else."""
    stored = queries.plan_at(secret)
    text = calendar_feed(
        stored.plan,
        title=stored.plan.procedure.name,
        key=queries.address_digest(f"{stored.record.region.slug}-{stored.record.programme}")[:16],
        stamp=timezone.now(),
        bare=True,
    )
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _plan_page(
    request: StaffRequest,
    region: Region,
    programme: str,
    *,
    form: AddressForm | None = None,
    address: str = "",
    status: int = 200,
) -> HttpResponse:
    record = queries.plan_for(region, programme)
    stored = queries.stored_plan(record)
    may_keep = policies.keep_plan(request.actor, region)
    own = town_post(request.actor, region)
    return page(
        request,
        "programmes/plan.html",
        nav_active="evidence",
        record=record,
        stored=stored,
        rows=[
            (
                state,
                STATE_LOOKS[state.state],
                stored.moved(state.planned.step.id),
                _documents(stored, state),
                bool(may_keep) or (bool(own) and state.planned.step.who is Who.EACH_PARTY),
            )
            for state in stored.states
        ],
        pressing=stored.pressing[:PRESSING],
        further=max(len(stored.pressing) - PRESSING, 0),
        chart=_gantt(stored.plan),
        alone=programme == TEIJU and queries.is_alone(region),
        addresses=queries.addresses_of(record),
        form=form or AddressForm(),
        address=address,
        may_keep=may_keep,
        own=own,
        status=status,
    )


def _documents(stored: queries.StoredPlan, state: Any) -> str:
    """The numbers of the documents by which a step was taken."""
    rows = stored.rows.get(state.planned.step.id, [])
    return "、".join(row.document_no for row in rows if row.document_no)


def _planned(request: StaffRequest, region: Region) -> tuple[ProcedureForm, Plan | None]:
    """The form as asked, by default the region's last programme from the day it began; the plan where that fits."""
    last = region.programmes.order_by("-valid").first()
    initial = {
        "programme": last.programme if last else "teiju",
        "start": last.valid.lower if last else today(),
    }
    asked = {name: str(request.GET.get(name) or value) for name, value in initial.items()}
    form = ProcedureForm(asked)
    if not form.is_valid():
        return form, None
    data = form.cleaned_data
    try:
        return form, plan_forward(
            queries.procedure_for(region, data["programme"], data["start"]), data["start"]
        )
    except (RuleNotInForce, WrongInput) as wrong:
        form.add_error(None, wrong.message)
        return form, None


def _svg(request: StaffRequest, plan: Plan) -> HttpResponse:
    chart = _gantt(plan, narrow=request.GET.get("shape") == "narrow")
    return HttpResponse(chart.svg(), content_type="image/svg+xml")


def _gantt(plan: Plan, *, narrow: bool = False) -> Chart:
    """Every step once: yearly ones that come again stand in the table."""
    first = [row for row in plan.rows if not row.again]
    bars = [Bar(row.step.name, row.step.track.label, row.start, row.end) for row in first]
    tracks = list(dict.fromkeys(bar.track for bar in bars))
    return gantt(plan.procedure.name, bars, tracks, narrow=narrow)
