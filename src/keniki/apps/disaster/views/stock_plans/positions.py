"""The page of what the towns have and lack, its picture, and the measure of an item."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.rulebooks.disaster import standards

from ... import policies
from ...actions.stock_plans import targets as actions
from ...forms.stock_plans.targets import MeasureForm, measure_initial
from ...models import ItemMeasure
from ...queries.stock.finding import item_for
from ...queries.stock_plans import position_of, rules_on
from ...queries.stock_plans.holdings import measures_of
from ...queries.stock_plans.positions import MODES, lines_of
from ...stock_charts import coverage_chart
from .asked import day_asked, year_asked, years_for

#: More towns than this are not set side by side in one table.
_SIDE_BY_SIDE = 12


@region_page
@require_GET
def shortfall(request: StaffRequest, region: Region) -> HttpResponse:
    """Need, stock and shortage by item and town; who could lend to whom."""
    years = years_for(region)
    year = year_asked(request, years)
    day, said = day_asked(request)
    mode = request.GET.get("mode", "")
    found = position_of(region, year, day, mode=mode if mode in MODES else "apart")
    shown = found.towns
    if len(shown) > _SIDE_BY_SIDE:
        shown = tuple(each for each in shown if each.town.code == request.GET.get("town"))
    at = [found.towns.index(each) for each in shown]
    return page(
        request,
        "disaster/stock_plans/shortfall.html",
        nav_active="disaster",
        position=found,
        groups=[
            (title, [(row, [row.cells[number] for number in at]) for row in rows])
            for title, rows in found.grouped
        ],
        shown=shown,
        choose_town=len(found.towns) > _SIDE_BY_SIDE,
        town=request.GET.get("town", ""),
        years=years,
        modes=MODES,
        said=said,
        lends=[(row, each) for row in found.rows for each in row.lends],
        chart=coverage_chart(found) if found.rows else None,
        query=f"year={year}&on={day.isoformat()}&mode={found.mode}",
        shared=policies.write_shared(request.actor, region),
    )


@region_page
@require_GET
def shortfall_item(request: StaffRequest, region: Region, key: str) -> HttpResponse:
    """One item: the arithmetic of every town's need with its source, the lots that count, who could lend."""
    years = years_for(region)
    year = year_asked(request, years)
    day, said = day_asked(request)
    mode = request.GET.get("mode", "")
    found = position_of(region, year, day, mode=mode if mode in MODES else "apart")
    row = next((each for each in found.rows if each.key == key), None)
    lines = lines_of([each for each in found.towns if each.needs is not None]).get(key, {})
    rule = standards.items(rules_on(year)).get(key)
    return page(
        request,
        "disaster/stock_plans/shortfall_item.html",
        nav_active="disaster",
        position=found,
        row=row,
        rule=rule,
        name=row.name if row is not None else rule.value.name if rule is not None else key,
        said=said,
        towns=[
            (each, lines.get(each.town.code), cell)
            for each, cell in zip(found.towns, row.cells if row is not None else (), strict=False)
        ],
        lots=[each for each in found.held if each.lot.item.standard == key],
        day=day,
        query=f"year={year}&on={day.isoformat()}&mode={found.mode}",
    )


@region_page
@require_GET
def shortfall_chart(request: StaffRequest, region: Region) -> HttpResponse:
    """The picture of the page."""
    years = years_for(region)
    mode = request.GET.get("mode", "")
    found = position_of(
        region,
        year_asked(request, years),
        day_asked(request)[0],
        mode=mode if mode in MODES else "apart",
    )
    return HttpResponse(coverage_chart(found).svg(), content_type="image/svg+xml")


@region_page
@require_http_methods(["GET", "POST"])
def edit_measure(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Say how much of its standard's unit one unit of an item is."""
    item = item_for(region, slug)
    found = measures_of(region).get(item.pk)
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    rule = standards.items(rules_on(max(years_for(region)))).get(item.standard)
    back = reverse("disaster:stock-shortfall", args=[region.slug])

    def build(data: Any, record: ItemMeasure | None) -> Sheet:
        form = MeasureForm(data, initial=measure_initial(record))
        if rule is not None:
            form.fields["amount"].help_text = (
                f"「{item.title}」1{item.unit}は、「{rule.value.name}」の何{rule.value.unit}か。"
                "空欄なら換算しません。"
            )
        return Sheet(form)

    def save(sheet: Sheet) -> ItemMeasure | None:
        data = sheet.form.cleaned_data
        version = data.get("version") if found else None
        return actions.save_measure(request.actor, item, data["amount"], data["basis"], version)

    def done(_: ItemMeasure | None) -> tuple[str, str]:
        return f"「{item.title}」の換算を保存しました。", back

    crumbs = [
        ("防災", reverse("disaster:overview", args=[region.slug])),
        ("備蓄の過不足", back),
    ]
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        f"単位の換算：{item.title}",
        found,
        build,
        save,
        done=done,
        template="disaster/incident_form.html",
        ruling=ruling,
    )
