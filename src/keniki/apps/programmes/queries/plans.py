"""The procedure of a programme as a region keeps it: planned days, what is done, what is late or blocked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import Http404
from django_scopes import scope, scopes_disabled

from keniki.apps.programmes.models import CalendarAddress, PlanStep, ProcedurePlan
from keniki.apps.programmes.procedure import (
    Done,
    Plan,
    StepState,
    attention,
    plan_forward,
    states,
)
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.programmes import TEIJU
from keniki.rulebooks.programmes.procedures import (
    ProgrammeProcedure,
    programme_procedure,
    single_city_procedure,
)

#: So many years a plan goes on with its yearly steps where the programme's end is not known.
YEARS_AHEAD = 5
#: What the last year ended with is reported after it.
WOUND_UP = timedelta(days=92)


@dataclass(frozen=True)
class StoredPlan:
    """A stored plan worked out for a day: each step's state, and what is known of it."""

    record: ProcedurePlan
    plan: Plan
    states: tuple[StepState, ...]
    rows: dict[str, list[PlanStep]]

    @property
    def pressing(self) -> tuple[StepState, ...]:
        """What is overdue or blocked, the latest first; steps nobody needs to take are left out."""
        return tuple(state for state in attention(self.states) if state.planned.step.required)

    def moved(self, step: str) -> PlanStep | None:
        """The record by which a step was put to another day."""
        return next((row for row in self.rows.get(step, ()) if row.moved_to is not None), None)


def procedure_for(region: Region, programme: str, start: date) -> ProgrammeProcedure:
    """A programme's procedure as a region takes it that begins on a day; RuleNotInForce before the programme.

    A region of one city alone makes a policy (形成方針) in place of agreements.
    """
    if programme == TEIJU and is_alone(region):
        return single_city_procedure(start).value
    return programme_procedure(programme, start).value


def is_alone(region: Region) -> bool:
    """Whether the region has one member today and had no other."""
    return region.memberships.values("municipality").distinct().count() == 1


def plan_record(region: Region, programme: str) -> ProcedurePlan | None:
    """The stored plan of a programme; None while there is none."""
    found: ProcedurePlan | None = (
        ProcedurePlan.objects.filter(region=region, programme=programme).select_related("region").first()
    )
    return found


def plan_for(region: Region, programme: str) -> ProcedurePlan:
    """The stored plan of a programme; 404 for none."""
    found = plan_record(region, programme)
    if found is None:
        raise Http404("手続の工程が見つかりません。")
    return found


def stored_plan(record: ProcedurePlan, day: date | None = None) -> StoredPlan:
    """A plan worked out from what is recorded, as it stands on a day (today)."""
    steps = list(record.steps.select_related("municipality").order_by("step", "municipality__code"))
    rows: dict[str, list[PlanStep]] = {}
    for step in steps:
        rows.setdefault(step.step, []).append(step)
    parties = [row.municipality.name for row in members_on(record.region, day)]
    records = [
        Done(step.step, step.done_on, step.municipality.name if step.municipality else "")
        for step in steps
        if step.done_on is not None
    ]
    procedure = procedure_for(record.region, record.programme, record.start)
    moved = {step.step: step.moved_to for step in steps if step.moved_to is not None}
    until = _until(record)
    first = plan_forward(procedure, record.start, moved=moved, until=until)
    done = {
        state.planned.step.id: state.done_on
        for state in states(first, records, day or today(), parties)
        if state.done_on is not None
    }
    plan = plan_forward(procedure, record.start, done=done, moved=moved, until=until)
    return StoredPlan(record, plan, states(plan, records, day or today(), parties), rows)


def plans_of(region: Region, day: date | None = None) -> list[StoredPlan]:
    """Every stored plan of a region; one whose rules cannot be read any more is left out."""
    found = []
    for record in ProcedurePlan.objects.filter(region=region).select_related("region"):
        try:
            found.append(stored_plan(record, day))
        except WrongInput:
            continue
    return found


def pressing_steps(region: Region) -> list[tuple[StoredPlan, Sequence[StepState]]]:
    """The plans with steps that are overdue or blocked, for a desk."""
    return [(plan, plan.pressing) for plan in plans_of(region) if plan.pressing]


def addresses_of(record: ProcedurePlan) -> list[CalendarAddress]:
    """The calendar addresses given out for a plan, the newest first."""
    return list(CalendarAddress.objects.filter(plan=record).select_related("user"))


def address_for(region: Region, pk: int) -> CalendarAddress:
    """A calendar address of the region; 404 for none."""
    found: CalendarAddress | None = (
        CalendarAddress.objects.filter(region=region, pk=pk).select_related("plan__region").first()
    )
    if found is None:
        raise Http404("購読用アドレスが見つかりません。")
    return found


def plan_at(secret: str) -> StoredPlan:
    """The plan a secret address shows; 404 for a wrong or revoked one, so that the two look alike."""
    with scopes_disabled():
        found = (
            CalendarAddress.objects.filter(digest=address_digest(secret), revoked_at=None)
            .select_related("plan__region")
            .first()
        )
    if found is None:
        raise Http404("カレンダーが見つかりません。")
    with scope(region=found.plan.region):
        try:
            return stored_plan(found.plan)
        except WrongInput as wrong:
            raise Http404("カレンダーが見つかりません。") from wrong


def address_digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _until(record: ProcedurePlan) -> date:
    """The last day yearly steps come to: the end of the programme, or so many years after the start."""
    rows = record.region.programmes.filter(programme=record.programme).order_by("-valid")
    last = next((row for row in rows if row.valid.upper is not None or row.last_fiscal_year), None)
    ahead = FiscalYear(int(FiscalYear.of(record.start)) + YEARS_AHEAD).last_day
    if last is None:
        return ahead
    end = last.last_day or FiscalYear(last.last_fiscal_year or int(FiscalYear.of(record.start))).last_day
    return max(end + WOUND_UP, record.start)
