"""The page of the yearly table of the stock, its files, and making it public."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, put_error, region_page, version_of
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.press.csv import render_csv
from keniki.rulebooks.disaster import duties

from ... import policies
from ...actions.stock_plans import tables as actions
from ...forms.stock_plans.buying import TableForm
from ...papers.stock_tables import stock_paper, stock_sheet
from ...queries.stock_plans.plans import tables_of
from ...queries.stock_plans.tables import table_on
from .asked import day_asked

#: More towns than this are shown one at a time.
_SIDE_BY_SIDE = 12


@region_page
@require_http_methods(["GET", "POST"])
def table(request: StaffRequest, region: Region) -> HttpResponse:
    """The table of a day as it would be made public, and what is public; POST makes it public."""
    ruling = policies.write_shared(request.actor, region)
    day, said = day_asked(request)
    form = TableForm(request.POST or None, initial={"as_of": day})
    if request.method == "POST":
        ruling.require()
        if form.is_valid():
            day = form.cleaned_data["as_of"]
            try:
                made = actions.publish_table(
                    request.actor, region, day, form.cleaned_data["note"], version_of(request) or 0
                )
            except WrongInput as wrong:
                put_error(form, wrong)
            except Stale:
                put_error(
                    form,
                    WrongInput(
                        "ほかの人が先に公表を更新しました。公表中の内容を確かめて、もう一度公表してください。"
                    ),
                )
            else:
                messages.success(request, f"{made.as_of:%Y-%m-%d}現在の備蓄状況を公表しました。")
                return redirect(made)
    found = table_on(region, day)
    public = tables_of(region)
    year = int(FiscalYear.of(day))
    current = next((each for each in public if each.fiscal_year == year), None)
    towns = found.towns
    if len(towns) > _SIDE_BY_SIDE:
        towns = tuple(each for each in towns if each.town.code == request.GET.get("town"))
    cells = {(row.town.pk, row.item.pk): row for row in found.rows}
    totals = {item.pk: sum(row.owned for row in found.rows if row.item.pk == item.pk) for item in found.items}
    return page(
        request,
        "disaster/stock_plans/table.html",
        status=422 if request.method == "POST" else 200,
        nav_active="disaster",
        table=found,
        year=year,
        shown=towns,
        choose_town=len(found.towns) > _SIDE_BY_SIDE,
        town=request.GET.get("town", ""),
        items=[
            (item, totals[item.pk], [cells[each.town.pk, item.pk] for each in towns]) for item in found.items
        ],
        public=public,
        current=current,
        form=form,
        said=said,
        duty=duties.stock_table(day),
        ruling=ruling,
    )


@region_page
@require_POST
def withdraw_table(request: StaffRequest, region: Region, year: int) -> HttpResponse:
    """Take the table of a fiscal year back."""
    found = next((each for each in tables_of(region) if each.fiscal_year == year), None)
    if found is None:
        raise Http404("この年度の備蓄状況は公表していません。")
    policies.write_shared(request.actor, region).require()
    try:
        actions.withdraw_table(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先に公表を更新しました。内容を確かめてください。")
    else:
        messages.success(request, "備蓄状況の公表を取り下げました。")
    return redirect("disaster:stock-table", region.slug)


@region_page
@require_GET
def table_file(request: StaffRequest, region: Region, form: str) -> HttpResponse:
    """The table of a day as CSV, Excel or PDF."""
    found = table_on(region, day_asked(request)[0])
    if form == "csv":
        data, name = render_csv(stock_sheet(found)).data, stock_paper(region, found).name
    elif form in ("xlsx", "pdf"):
        paper = stock_paper(region, found)
        data, name = paper.render(form), paper.name
    else:
        raise Http404("この形式では出力できません。")
    return download(f"{name}.{form}", data)
