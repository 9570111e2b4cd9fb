"""The page of a joint cost's items in a fiscal year at a stage, and copying them from another stage."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries import year_state
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table

from .. import policies
from ..actions import cost_items as actions
from ..forms.costs import ItemForm, ItemFormSet, item_initial
from ..item_sources import sources_of
from ..models import COSTED, BudgetLine, CostItem, JointCost
from ..queries import costs as queries
from ..sharing import StageOf, stages_of, towns_of

Stage = BudgetLine.Stage


@region_page
@require_http_methods(["GET", "POST"])
def items(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """The items of a stage as one form: wrong rows keep what was typed, a second editor is shown both."""
    cost = queries.cost_for(region, slug)
    queries.check_cost_year(cost, year)
    every = queries.all_items(cost)
    own = [item for item in every if item.fiscal_year == year]
    stage = _stage(request, own)
    ruling = policies.write_cost_of(request.actor, region, year)
    if request.method == "POST":
        ruling.require()
    here = _address(cost, year, stage)
    stored = actions.items_at(cost, year, stage)
    if request.POST.get("choice-items") == "theirs":
        messages.info(request, "あなたの入力を捨て、現在の記録を残しました。")
        return redirect(here)
    rule = queries.governing_rule(cost, year)
    spec = queries.spec_or_none(rule)
    towns = towns_of(cost, year)
    rows = ItemFormSet(
        request.POST if request.method == "POST" else None,
        prefix="items",
        initial=item_initial(stored) if request.method != "POST" else None,
        form_kwargs={"towns": towns, "spec": spec, "kept": stored},
    )
    conflict: dict[str, Any] | None = None
    if request.method == "POST" and rows.is_valid():
        forms: list[Any] = [form for form in rows.forms if form.draft() is not None]
        drafts = [form.draft() for form in forms]
        try:
            actions.save_items(request.actor, cost, year, stage, drafts, shown_in(request))
        except WrongInput as wrong:
            _put(forms, wrong)
        except Stale:
            conflict = _conflict(cost, year, stage, drafts)
        else:
            messages.success(request, f"{format_table(year)} {_label(stage)}の内訳を保存しました。")
            return redirect(here)
    wrong_rows = request.method == "POST" and not conflict
    return page(
        request,
        "finance/items.html",
        nav_active="finance",
        cost=cost,
        shown=year,
        stage=stage,
        stage_label=_label(stage),
        tabs=_tabs(cost, year, stage, own),
        year=year_state(region, year),
        rows=rows,
        stored=[(item, queries.class_label(spec, item.cost_class)) for item in stored],
        sources=sources_of(stored),
        digest=actions.items_digest(stored),
        conflict=conflict,
        rule=rule,
        spec=spec,
        copies=_copies(cost, year, stage, every) if not stored and ruling else [],
        sums=_sums(own, stage),
        ruling=ruling,
        here=here,
        back=_back(cost, year),
        status=409 if conflict else 422 if wrong_rows else 200,
    )


@region_page
@require_POST
def copy(request: StaffRequest, region: Region, slug: str, year: int) -> HttpResponse:
    """Copy the items of another stage or year into an empty stage."""
    cost = queries.cost_for(region, slug)
    queries.check_cost_year(cost, year)
    policies.write_cost_of(request.actor, region, year).require()
    stage = queries.stage_named(request.POST.get("stage"), request.POST.get("round"))
    source = queries.stage_named(request.POST.get("from_stage"), request.POST.get("from_round"))
    from_year = FiscalYear.named(request.POST.get("from_year"))
    if stage is None or source is None or from_year is None:
        messages.error(request, "写す段階を選んでください。")
        return redirect("finance:items", region.slug, slug, year)
    try:
        made = actions.copy_items(request.actor, cost, year, stage, (int(from_year), source))
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(
            request,
            f"{format_table(from_year)} {source.label}から{len(made)}件を写しました。金額を確かめてください。",
        )
    return redirect(_address(cost, year, stage))


def _stage(request: StaffRequest, own: list[CostItem]) -> StageOf:
    named = queries.stage_named(request.GET.get("stage"), request.GET.get("round"))
    found = stages_of(own)
    return named or (found[-1] if found else StageOf(Stage.REQUEST))


def shown_in(request: StaffRequest) -> str | None:
    """The hash of what the user saw, as the page's form carries it."""
    return next(iter(request.POST.getlist("version")[-1:]), None)


def _label(stage: StageOf) -> str:
    return f"第{stage.round}号補正" if stage.stage == Stage.SUPPLEMENTARY else stage.label


def _address(cost: JointCost, year: int, stage: StageOf) -> str:
    number = f"&round={stage.round}" if stage.round else ""
    at = reverse("finance:items", args=[cost.region.slug, cost.slug, year])
    return f"{at}?stage={stage.stage}{number}"


def _back(cost: JointCost, year: int) -> str:
    return f"{reverse('finance:cost', args=[cost.region.slug, cost.slug])}?year={year}"


def _tabs(cost: JointCost, year: int, shown: StageOf, own: list[CostItem]) -> list[dict[str, Any]]:
    found = stages_of(own)
    rounds = [stage.round for stage in found if stage.stage == Stage.SUPPLEMENTARY]
    listed: list[StageOf] = []
    for stage in COSTED:
        if stage == Stage.SUPPLEMENTARY:
            last = max([*rounds, 0]) + 1
            numbers = {*rounds, last, *([shown.round] if shown.round else [])}
            listed += [StageOf(stage, number) for number in sorted(numbers)]
        else:
            listed.append(StageOf(stage))
    counted = dict.fromkeys(listed, 0)
    for item in own:
        counted[StageOf(item.stage, item.round)] += 1
    return [
        {
            "label": _label(stage),
            "url": _address(cost, year, stage),
            "current": stage == shown,
            "number": counted[stage],
        }
        for stage in listed
    ]


def _copies(cost: JointCost, year: int, stage: StageOf, every: list[CostItem]) -> list[dict[str, Any]]:
    """From where an empty stage can be filled: the year's other stages, the last stage of the year before."""
    if stage.stage == Stage.SUPPLEMENTARY:
        return []
    own = stages_of(item for item in every if item.fiscal_year == year)
    earlier = [item for item in every if item.fiscal_year < year]
    found = [(year, each) for each in reversed(own) if each != stage]
    if earlier:
        last = max(item.fiscal_year for item in earlier)
        found.append((last, stages_of(item for item in earlier if item.fiscal_year == last)[-1]))
    return [
        {"year": each, "stage": at.stage, "round": at.round, "label": f"{format_table(each)} {at.label}"}
        for each, at in found
    ]


def _sums(own: list[CostItem], stage: StageOf) -> list[tuple[str, int]]:
    at = [item for item in own if StageOf(item.stage, item.round) == stage]
    gross = sum(item.amount for item in at if item.kind == CostItem.Kind.EXPENSE)
    revenue = sum(item.amount for item in at if item.kind == CostItem.Kind.REVENUE)
    found = [("経費", gross), ("特定財源", revenue), ("負担の対象", gross - revenue)]
    if stage.stage == Stage.SUPPLEMENTARY:
        after = queries.total_at(own, stage, CostItem.Kind.EXPENSE) - queries.total_at(
            own, stage, CostItem.Kind.REVENUE
        )
        found.append((f"第{stage.round}号補正後の負担の対象", after))
    return found


def _put(forms: list[ItemForm], wrong: WrongInput) -> None:
    """Show a refusal in the row it names."""
    place = min(max((wrong.row or 1) - 1, 0), len(forms) - 1)
    if forms:
        form = forms[place]
        form.add_error(wrong.column if wrong.column in form.fields else None, wrong.message)


def _conflict(cost: JointCost, year: int, stage: StageOf, drafts: list[Any]) -> dict[str, Any]:
    now = actions.items_at(cost, year, stage)
    row = {
        "name": "items",
        "label": "経費の内訳",
        "mine": "\n".join(actions.item_words(draft) for draft in drafts),
        "theirs": "\n".join(actions.item_words(item) for item in now),
    }
    return clash(cost, [row], actions.items_digest(now))


def clash(cost: JointCost, rows: list[dict[str, str]], digest: str) -> dict[str, Any]:
    """What the component `conflict` shows: what differs, the hash of what is stored now, who stored it and when."""
    last = next(iter(log_of(cost)), None)
    whose = f"{last.post_label} {last.actor_name}".strip() if last else ""
    return {"rows": rows, "version": digest, "whose": whose, "when": last.at if last else None}
