"""Pages of purchase plans: the list, the form, a plan by year with its costs, and posting it to a joint cost."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities.queries import year_states
from keniki.apps.finance.queries.costs import costs_of
from keniki.apps.finance.sharing import StageOf
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page, version_of
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import towns_in
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import format_table
from keniki.press.charts import Chart
from keniki.rulebooks.disaster import standards

from ... import policies
from ...actions.stock_plans import buying as actions
from ...forms.stock_plans.buying import PlanForm, PostForm, buy_rows, lines_in, plan_initial
from ...models import PurchasePlan
from ...queries.stock_plans import rules_on
from ...queries.stock_plans.buying import SPLITS, Inputs, Settings, inputs_of
from ...queries.stock_plans.plans import amounts_there, plan_for, plans_of, posting_for, postings_of
from ...stock_charts import cost_chart, reach_chart
from .asked import year_asked, years_for


@region_page
@require_GET
def plans(request: StaffRequest, region: Region) -> HttpResponse:
    """All purchase plans."""
    return page(
        request,
        "disaster/stock_plans/plans.html",
        nav_active="disaster",
        plans=plans_of(region),
        ruling=policies.write_shared(request.actor, region),
    )


@region_page
@require_GET
def plan(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A plan: what is bought in which year, what it costs whom, what goes to drills, what was posted."""
    found = plan_for(region, slug)
    inputs = inputs_of(found)
    names = {each.town.code: each.town for each in inputs.towns}
    result, settings = found.result, Settings.of(found.content)
    postings = postings_of(found)
    there = amounts_there(postings)
    years = result["years"]
    codes = [code for code in names if any(code in each["shares"] for each in years)]
    codes += sorted({code for each in years for code in each["shares"]} - set(names))
    lots = {lot.key for lot in inputs.lots}
    return page(
        request,
        "disaster/stock_plans/plan.html",
        nav_active="disaster",
        plan=found,
        settings=settings,
        split=SPLITS[settings.split],
        stale=inputs.digest != found.digest,
        years=years,
        items=_items(result),
        shares=[
            (
                names[code].name if code in names else code,
                [each["shares"].get(code) for each in years],
                sum(each["shares"].get(code, 0) for each in years),
            )
            for code in codes
        ],
        notes=_notes(years),
        left_out=[result["names"][key] for key in result["left_out"]],
        rolling=[
            (
                each["year"],
                result["names"][row["item"]],
                result["units"][row["item"]],
                row,
                row["lot"] in lots,
            )
            for each in years
            for row in each["rolling"]
        ],
        charts=[("cost", _cost_chart(found, inputs)), ("reach", reach_chart(found.title, result))],
        people=result["people"],
        postings=[(each, there[each.pk], each.digest == found.digest) for each in postings],
        closed=[
            state
            for state in year_states(region, [each["year"] for each in years]).values()
            if state.is_closed
        ],
        post=PostForm(years=[each["year"] for each in years], initial={"version": found.version}),
        ruling=policies.write_shared(request.actor, region),
    )


@region_page
@require_GET
def plan_chart(request: StaffRequest, region: Region, slug: str, key: str) -> HttpResponse:
    """A picture of a plan: its cost or how far it comes."""
    found = plan_for(region, slug)
    if key == "cost":
        drawn = _cost_chart(found, inputs_of(found))
    elif key == "reach":
        drawn = reach_chart(found.title, found.result)
    else:
        raise Http404("この図はありません。")
    return HttpResponse(drawn.svg(), content_type="image/svg+xml")


@region_page
@require_http_methods(["GET", "POST"])
def edit_plan(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register a plan or change its settings; it is reckoned when it is saved."""
    found = plan_for(region, slug) if slug else None
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    years = years_for(region)
    year = year_asked(request, years, "first_year") if request.POST or not found else found.first_year
    on = rules_on(year)
    towns, costs = towns_in(region, year), costs_of(region)

    def build(data: Any, record: PurchasePlan | None) -> Sheet:
        initial = plan_initial(record, today(), year)
        form = PlanForm(data, years=years, costs=costs, towns=towns, initial=initial)
        groups = [
            ("計画", ["title", "first_year", "years", "goal", "as_of", "phase_in", "budget"]),
            ("納入と期限", ["delivery_month", "delivery_day", "rolling_months"]),
            ("経費の負担", ["cost", "cost_class", "split", *form.weights]),
            ("備考", ["note"]),
        ]
        return Sheet(form, {"購入する品目（単価を入れた品目だけを購入）": buy_rows(data, record, on)}, groups)

    def save(sheet: Sheet) -> PurchasePlan:
        form = sheet.form
        assert isinstance(form, PlanForm)
        (rows,) = sheet.formsets.values()
        version = form.cleaned_data.get("version") if found else None
        return actions.save_plan(request.actor, region, form.draft(lines_in(rows)), found, version)

    def done(saved: PurchasePlan) -> tuple[str, str]:
        return f"購入計画「{saved.title}」を保存し、計算しました。", saved.get_absolute_url()

    back = found.get_absolute_url() if found else reverse("disaster:purchase-plans", args=[region.slug])
    return edit_page(
        request,
        Frame(back, _crumbs(region), "disaster"),
        "購入計画の条件" if found else "購入計画を作成",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
        save_label="保存して計算",
        remove=reverse("disaster:remove-purchase-plan", args=[region.slug, found.slug])
        if found and ruling
        else "",
        remove_version=found.version if found else None,
        remove_label="この購入計画を削除",
    )


@region_page
@require_POST
def remove_plan(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove a plan."""
    found = plan_for(region, slug)
    policies.write_shared(request.actor, region).require()
    try:
        actions.remove_plan(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの計画を更新しました。内容を確かめてください。")
        return redirect(found)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect(found)
    messages.success(request, f"購入計画「{found.title}」を削除しました。")
    return redirect("disaster:purchase-plans", region.slug)


@region_page
@require_POST
def reckon_plan(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Reckon a plan again with today's targets, stock and rules."""
    found = plan_for(region, slug)
    policies.write_shared(request.actor, region).require()
    try:
        actions.reckon_again(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの計画を更新しました。内容を確かめてください。")
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, "購入計画を計算し直しました。")
    return redirect(found)


@region_page
@require_POST
def post_plan(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Put a year of a plan into its joint cost."""
    found = plan_for(region, slug)
    policies.write_shared(request.actor, region).require()
    form = PostForm(request.POST, years=[each["year"] for each in found.result["years"]])
    if not form.is_valid():
        messages.error(request, "年度と段階を選んでください。")
        return redirect(found)
    year, stage = form.cleaned_data["year"], StageOf(form.cleaned_data["stage"])
    try:
        made = actions.post_year(request.actor, found, year, stage, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先に更新しました。内容を確かめて、もう一度計上してください。")
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(
            request,
            f"{format_table(year)}分 {made.amount:,}円を、共同経費「{made.cost.title}」の{stage.label}に計上しました。",
        )
    return redirect(found)


@region_page
@require_POST
def withdraw_plan(request: StaffRequest, region: Region, slug: str, pk: int) -> HttpResponse:
    """Take what a plan put into its joint cost out again."""
    found = plan_for(region, slug)
    policies.write_shared(request.actor, region).require()
    posting = posting_for(found, pk)
    try:
        actions.withdraw_posting(request.actor, posting)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
    else:
        messages.success(request, f"{format_table(posting.fiscal_year)}の計上を取り消しました。")
    return redirect(found)


def _cost_chart(plan: PurchasePlan, inputs: Inputs) -> Chart:
    rules = standards.items(rules_on(plan.first_year))
    groups = {key: rule.value.group for key, rule in rules.items()}
    return cost_chart(plan.title, plan.result, groups)


def _items(result: dict[str, Any]) -> list[tuple[str, str, int, list[dict[str, Any]]]]:
    """Items × years: what is bought, of that to renew, what it costs, how the stock stands and what is behind."""
    found = []
    for key, goal in result["goals"].items():
        if key in result["left_out"]:
            continue
        cells = []
        for each in result["years"]:
            bought = next((one for one in each["purchases"] if one["item"] == key), None)
            cells.append(
                {
                    "bought": bought,
                    "stock": each["stock"].get(key, 0),
                    "behind": each["behind"].get(key, 0),
                    "lowest": each["lowest"].get(key, [None, ""])[0],
                }
            )
        found.append((result["names"][key], result["units"][key], goal, cells))
    return found


def _notes(years: list[dict[str, Any]]) -> list[str]:
    """What is said of the division of each year's cost, the same of several years once."""
    of: dict[str, list[str]] = {}
    for each in years:
        if each["share_note"]:
            of.setdefault(each["share_note"], []).append(format_table(each["year"]))
    return [f"{'・'.join(which)}：{text}" for text, which in of.items()]


def _crumbs(region: Region) -> list[tuple[str, str]]:
    return [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("購入計画", reverse("disaster:purchase-plans", args=[region.slug])),
    ]
