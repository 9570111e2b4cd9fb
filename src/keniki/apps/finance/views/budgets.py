"""Pages of what is made known to the towns, what they budget for it, and what of it is the special-tax basis."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries import year_state
from keniki.apps.activities.queries.history import Change, Entry
from keniki.apps.programmes import policies as programmes_policies
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import (
    Conflict,
    StaffRequest,
    chosen,
    conflict_of,
    page,
    put_error,
    region_page,
    version_of,
)
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table

from .. import policies
from ..actions import allocating
from ..actions import budgets as actions
from ..actions.budgets import LABELS
from ..actions.money import stage_words
from ..forms.budgets import IssueForm, TownBudgetForm, chosen_claims
from ..models import BudgetLine, JointCost, TownBudget
from ..models.costs import BUDGETED
from ..queries import allocations, decisions
from ..queries import budgets as queries
from ..queries.costs import check_cost_year, cost_for
from ..sharing import StageOf

Stage = BudgetLine.Stage


@region_page
@require_http_methods(["GET", "POST"])
def issue(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """The reckoning of a stage under the adopted rule; a POST makes it known."""
    cost = _cost(region, slug, year)
    ruling = policies.write_cost_of(request.actor, region, year)
    if request.method == "POST":
        ruling.require()
    sent = request.POST if request.method == "POST" else request.GET
    stage = allocations.stage_named(sent.get("stage"), sent.get("round"))
    if request.method == "POST" and stage is None:
        raise Http404("この段階はありません。")
    found = allocations.issue_of(cost, year, stage)
    data = request.POST if request.method == "POST" else None
    form = IssueForm(
        data, stage=found.stage, initial={"issued_on": timezone.localdate(), "shown": found.digest}
    )
    moved = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = allocating.issue(request.actor, cost, year, form.draft())
        except allocating.Moved as wrong:
            moved = wrong.message
            found = allocations.issue_of(cost, year, stage)
            again = {**request.POST.dict(), "shown": found.digest}
            form = IssueForm(again, stage=found.stage)
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, f"{allocating.called(made)}を決定しました。通知の文書を作成できます。")
            return redirect(made.get_absolute_url())
    return page(
        request,
        "finance/issue.html",
        nav_active="finance",
        cost=cost,
        fiscal_year=year,
        found=found,
        stages=[_stage_tab(found, each) for each in found.stages],
        form=form,
        moved=moved,
        ruling=ruling,
        year=year_state(region, year),
        status=409 if moved else 422 if form.errors else 200,
    )


@region_page
@require_GET
def allocation(request: StaffRequest, region: Region, slug: str, year: int, number: int) -> HttpResponse:
    """A decision: amounts, every step, the figures with their sources, and whether it still holds."""
    cost = _cost(region, slug, year)
    made = allocations.allocation_for(cost, year, number)
    found = decisions.decision(made)
    return page(
        request,
        "finance/allocation.html",
        nav_active="finance",
        cost=cost,
        fiscal_year=year,
        made=made,
        found=found,
        ruling=policies.write_cost_of(request.actor, region, year),
        is_request=made.stage == Stage.REQUEST,
        year=year_state(region, year),
    )


@region_page
@require_GET
def budgets(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """All towns × all stages: what was made known beside what each town budgets."""
    cost = _cost(region, slug, year)
    grid = queries.budget_grid(request.actor, cost, year)
    return page(
        request,
        "finance/budgets.html",
        nav_active="finance",
        cost=cost,
        fiscal_year=year,
        grid=grid,
        steps=queries.steps_of_year(grid),
        own=[row.town for row in grid.rows if row.may],
        typed=[(line, stage_words(line)) for line in queries.typed_beside(cost, year)],
        year=year_state(region, year),
    )


@region_page
@require_http_methods(["GET", "POST"])
def town_budget(request: StaffRequest, region: Region, slug: str, year: int, code: str) -> HttpResponse:
    """What one town budgets at each stage, and the form of one of them."""
    cost = _cost(region, slug, year)
    town = queries.town_in(cost, year, code)
    ruling = policies.write_town_budget(request.actor, region, year, town)
    if request.method == "POST":
        ruling.require()
    sent = request.POST if request.method == "POST" else request.GET
    stage = allocations.stage_named(sent.get("stage"), sent.get("round"), BUDGETED)
    if request.method == "POST" and stage is None:
        raise Http404("この段階はありません。")
    grid = queries.budget_grid(request.actor, cost, year)
    row = grid.row(town)
    stage = stage or _next_stage(row)
    record = queries.town_budget(cost, year, town, stage)
    data = chosen(request, record) if request.method == "POST" else None
    form = TownBudgetForm(data, stage=stage, initial=_initial(row, stage, record))
    conflict: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_town_budget(
                request.actor, cost, year, town, form.draft(), version_of(request)
            )
        except WrongInput as wrong:
            put_error(form, wrong)
        except Stale as stale:
            conflict = conflict_of(stale, form)
        else:
            messages.success(request, f"{actions.called(saved)} を保存しました。")
            return redirect(_at(region, cost, year, code, stage))
    cell = row.at(stage)
    return page(
        request,
        "finance/town_budget.html",
        nav_active="finance",
        cost=cost,
        fiscal_year=year,
        town=town,
        row=row,
        stage=stage,
        label=queries.stage_label(stage),
        stages=[_town_stage(region, cost, year, code, each, stage) for each in row.cells],
        cell=cell,
        told=queries.told_at(grid.told, stage),
        record=record,
        form=form,
        conflict=conflict,
        ruling=ruling,
        may_remove=policies.remove_town_budget(request.actor, record) if record is not None else None,
        year=year_state(region, year),
        history=_history(record),
        back=reverse("finance:budgets", args=[region.slug, cost.slug, year]),
        status=409 if conflict else 422 if form.errors else 200,
    )


@region_page
@require_POST
def remove_town_budget(
    request: StaffRequest, region: Region, slug: str, year: int, code: str
) -> HttpResponse:
    """Take what a town budgets at a stage out."""
    cost = _cost(region, slug, year)
    town = queries.town_in(cost, year, code)
    stage = allocations.stage_named(request.POST.get("stage"), request.POST.get("round"), BUDGETED)
    record = queries.town_budget(cost, year, town, stage) if stage is not None else None
    if record is None or stage is None:
        raise Http404("この段階の予算は入力されていません。")
    try:
        actions.remove_town_budget(request.actor, record, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの予算を更新しました。内容を確かめてください。")
        return redirect(_at(region, cost, year, code, stage))
    messages.success(request, f"{actions.called(record)} を削除しました。")
    return redirect("finance:budgets", region.slug, cost.slug, year)


@region_page
@require_http_methods(["GET", "POST"])
def claim_revenue(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """The towns' general revenue for the cost's initiative beside the special-tax basis; a POST writes it there."""
    cost = _cost(region, slug, year)
    rows = queries.claim_rows(request.actor, cost, year)
    picked = {row.town.code for row in rows if row.is_chosen}
    wrong: str = ""
    status = 200
    if request.method == "POST":
        programmes_policies.add_claim(request.actor, region).require()
        picked = set(request.POST.getlist("towns"))
        try:
            number = actions.claim_revenue(
                request.actor, cost, year, chosen_claims(request.POST, sorted(picked))
            )
        except Stale:
            wrong, status = "ほかの人が先に計上を更新しました。いまの計上を確かめてください。", 409
        except allocating.Moved as moved:
            wrong, status = moved.message, 409
        except WrongInput as refused:
            wrong, status = refused.message, 422
        else:
            messages.success(
                request, f"{format_table(year)}の一般財源の計上に、{number}市町村分を書き込みました。"
            )
            return redirect("finance:claim-revenue", region.slug, cost.slug, year)
        rows = queries.claim_rows(request.actor, cost, year)
    return page(
        request,
        "finance/revenue.html",
        nav_active="finance",
        cost=cost,
        fiscal_year=year,
        rows=[(row, row.town.code in picked and row.may_write) for row in rows],
        proposed=sum(row.proposed or 0 for row in rows),
        claimed=sum(row.claimed or 0 for row in rows),
        any_to_write=any(row.may_write for row in rows),
        any_entered=any(row.proposed is not None for row in rows),
        others={part.cost for row in rows for part in row.parts if part.cost != cost},
        refusal=None if any(row.may for row in rows) else next((row.may for row in rows), None),
        wrong=wrong,
        status=status,
    )


def _cost(region: Region, slug: str, year: int) -> JointCost:
    """The joint cost, in a fiscal year in which there is such a cost; 404 else."""
    cost = cost_for(region, slug)
    check_cost_year(cost, year)
    return cost


def _stage_tab(found: allocations.Issue, stage: StageOf) -> dict[str, Any]:
    return {
        "label": stage.label,
        "url": f"?stage={stage.stage}&round={stage.round}",
        "current": stage == found.stage,
    }


def _at(region: Region, cost: JointCost, year: int, code: str, stage: StageOf) -> str:
    page_of = reverse("finance:town-budget", args=[region.slug, cost.slug, year, code])
    return f"{page_of}?stage={stage.stage}&round={stage.round}"


def _town_stage(
    region: Region, cost: JointCost, year: int, code: str, cell: queries.Cell, stage: StageOf
) -> dict[str, Any]:
    return {
        "label": queries.stage_label(cell.stage),
        "url": _at(region, cost, year, code, cell.stage),
        "current": cell.stage == stage,
        "cell": cell,
    }


def _next_stage(row: queries.BudgetRow) -> StageOf:
    """The first stage the town was told of and has not entered, else the last it entered."""
    open_ = [each.stage for each in row.cells if each.is_open]
    after_request = [each for each in open_ if each.stage != Stage.REQUEST]
    entered = [each.stage for each in row.cells if each.budget is not None]
    return next(iter(after_request or open_ or entered[::-1]), StageOf(Stage.REQUEST))


def _initial(row: queries.BudgetRow, stage: StageOf, record: TownBudget | None) -> dict[str, Any]:
    if record is not None:
        names = ("amount", "earmarked", "account", "document_no", "decided_on", "note")
        return {name: getattr(record, name) for name in names}
    last = next((each.budget for each in reversed(row.cells) if each.budget is not None), None)
    return {
        "amount": row.at(stage).expected,
        "earmarked": 0,
        "account": last.account if last is not None else "",
    }


def _history(record: TownBudget | None) -> list[Entry]:
    if record is None:
        return []
    entries = []
    for row in log_of(record):
        found = []
        if row.before is not None and row.after is not None:
            found = [
                Change(LABELS.get(name, name), str(row.before.get(name) or ""), str(value or ""))
                for name, value in row.after.items()
            ]
        entries.append(Entry(row.at, row.text, found))
    return entries
