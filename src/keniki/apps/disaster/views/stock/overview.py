"""The first page of the stock, its chart, its movements, its report by fiscal year, and the same as data."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keniki.apps.regions.downloads import download
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.pages import StaffRequest, region_page
from keniki.core.csv_dialect import write_csv
from keniki.core.digits import whole_number
from keniki.core.fiscal_year import FiscalYear, format_table_with_western
from keniki.press.charts import Chart, stacked_by_municipality, year_bars

from ... import policies
from ...models import Incident, StockItem, StockMovement
from ...queries.incidents import open_incidents
from ...queries.stock import finding
from ...queries.stock.on_hand import owned_of, stock_of
from ...queries.stock.reports import Overview, history_of, overview_on, report_of, years_of
from ...queries.stock.transfers import overdue
from .frame import crumbs_to, stock_page

#: Months within which what expires is shown, unless the page is asked for others.
MONTHS = 12
_CHOICES = (3, 6, 12, 24, 36)
_ROWS = 100
#: More towns than this cannot be told apart by colour.
_COLOURS = 12
#: The columns of the stock as data: as they are loaded, with the day it was read and its mode.
ON_HAND = (
    "区分", "時点", "品目", "基準の品目", "単位", "入数", "備蓄場所", "場所の市町村コード", "場所の市町村", "所在地",
    "ロット番号", "使用期限", "取得日", "単価_円", "財源", "所有市町村コード", "所有市町村", "数量", "備考",
)  # fmt: skip
MOVEMENTS = (
    "区分", "事案", "日付", "種類", "品目", "単位", "ロット番号", "使用期限", "場所の市町村コード", "場所の市町村",
    "備蓄場所", "数量", "単価_円", "貸出・譲渡", "備考", "入力者", "入力日時",
)  # fmt: skip


@region_page
@require_GET
def overview(request: StaffRequest, region: Region) -> HttpResponse:
    """What is on hand by item and town, what expires, what is whose; of an exercise where it is asked for."""
    incident = finding.incident_named(region, request.GET.get("incident"))
    months = whole_number(request.GET.get("months", "")) or MONTHS
    found = overview_on(region, incident, timezone.localdate(), min(months, 240))
    return stock_page(
        request,
        "overview.html",
        incident,
        found=found,
        table=_table(found),
        owned=_owned(found),
        chart=_chart(found) if found.stock.held else None,
        months=found.months,
        choices=sorted({*_CHOICES, found.months}),
        incidents=[each for each in open_incidents(region) if each.is_exercise],
        late=overdue(region),
        ruling=policies.write_some_place(request.actor, region),
        shared=policies.write_shared(request.actor, region),
        crumbs=crumbs_to(region)[:1],
    )


@region_page
@require_GET
def chart(request: StaffRequest, region: Region) -> HttpResponse:
    """In how many months the lots expire, by town, as SVG; before there is stock without bars."""
    incident = finding.incident_named(region, request.GET.get("incident"))
    made = _chart(overview_on(region, incident, timezone.localdate(), MONTHS))
    return HttpResponse(made.svg(), content_type="image/svg+xml")


@region_page
@require_GET
def on_hand_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """What is on hand, a lot at a place of an owner a row: the columns that are loaded."""
    incident = finding.incident_named(region, request.GET.get("incident"))
    day = timezone.localdate()
    rows = []
    for each in stock_of(region, incident).held:
        lot, place = each.lot, each.place
        names = {owner.municipality.code: owner.municipality.name for owner in lot.owners.all()}
        rows += [
            (
                _mode(incident), day, lot.item.title, lot.item.standard, lot.item.unit, lot.item.pack_size, place.name,
                place.municipality.code, place.municipality.name, place.address, lot.code, lot.expires_on,
                lot.acquired_on, lot.unit_price, lot.get_funding_display(), code, names[code], number, lot.note,
            )
            for code, number in owned_of(lot, each.quantity).items()
            if number
        ]  # fmt: skip
    name = f"{_prefix(incident)}{region.name}_備蓄在庫_{day:%Y%m%d}"
    return download(f"{name}.csv", write_csv([ON_HAND, *rows]).data)


@region_page
@require_GET
def movements(request: StaffRequest, region: Region) -> HttpResponse:
    """Every movement, the newest first: real ones, or those of one exercise."""
    incident = finding.incident_named(region, request.GET.get("incident"))
    year, kind = _year(request), request.GET.get("kind", "")
    rows = history_of(
        region, incident=incident, year=year, kind=kind if kind in StockMovement.Kind.values else ""
    )
    return stock_page(
        request,
        "movements.html",
        incident,
        rows=Paginator(rows, _ROWS).get_page(request.GET.get("page")),
        year=year,
        kind=kind,
        kinds=StockMovement.Kind.choices,
        years=[(each, format_table_with_western(each)) for each in years_of(region, timezone.localdate())],
        crumbs=crumbs_to(region),
    )


@region_page
@require_GET
def movements_csv(request: StaffRequest, region: Region) -> HttpResponse:
    """Every movement as data."""
    incident = finding.incident_named(region, request.GET.get("incident"))
    rows = [
        (
            _mode(row.incident), row.incident.title if row.incident else "", row.on, row.get_kind_display(),
            row.lot.item.title, row.lot.item.unit, row.lot.code, row.lot.expires_on, row.place.municipality.code,
            row.place.municipality.name, row.place.name, row.quantity, row.lot.unit_price,
            str(row.transfer) if row.transfer else "", row.note, row.author,
            timezone.localtime(row.made_at).strftime("%Y-%m-%d %H:%M"),
        )
        for row in history_of(region, incident=incident, year=_year(request)).reverse()
    ]  # fmt: skip
    return download(f"{_prefix(incident)}{region.name}_備蓄の受払.csv", write_csv([MOVEMENTS, *rows]).data)


@region_page
@require_GET
def report(request: StaffRequest, region: Region) -> HttpResponse:
    """Quantity and value by item in a fiscal year, of the region or of one town's places; in reality only."""
    years = years_of(region, timezone.localdate())
    asked = _year(request)
    year = asked if asked in years else years[0]
    towns = {town.code: town for town in finding.members_of(region)}
    town: Municipality | None = towns.get(request.GET.get("town", ""))
    rows = report_of(region, year, town)
    return stock_page(
        request,
        "report.html",
        rows=rows,
        kinds=[label for _, label in StockMovement.Kind.choices],
        opening_yen=sum(row.opening_yen for row in rows),
        closing_yen=sum(row.closing_yen for row in rows),
        unpriced=sum(row.unpriced for row in rows),
        year=year,
        years=[(each, format_table_with_western(each)) for each in years],
        town=town,
        towns=towns,
        crumbs=crumbs_to(region),
    )


def _year(request: StaffRequest) -> int | None:
    named = FiscalYear.named(request.GET.get("year"))
    return int(named) if named is not None else None


def _mode(incident: Incident | None) -> str:
    return "実在庫" if incident is None else incident.get_mode_display()


def _prefix(incident: Incident | None) -> str:
    return "" if incident is None else f"{incident.get_mode_display()}_"


def _table(found: Overview) -> list[tuple[StockItem, list[int], int, int]]:
    """Each item that is kept with its usable units by town, their sum, and what has expired."""
    gone: dict[str, int] = {}
    for each in found.expired:
        gone[each.lot.item.slug] = gone.get(each.lot.item.slug, 0) + each.quantity
    rows = []
    for item in found.items:
        cells = [found.usable.get((item.slug, town.code), 0) for town in found.towns]
        if any(cells) or gone.get(item.slug):
            rows.append((item, cells, sum(cells), gone.get(item.slug, 0)))
    return rows


def _owned(found: Overview) -> list[tuple[StockItem, list[int], int]]:
    """Each item with what each town owns of the usable units, wherever they lie."""
    rows = []
    for item in found.items:
        cells = [found.owned.get((item.slug, town.code), 0) for town in found.towns]
        if any(cells):
            rows.append((item, cells, sum(cells)))
    return rows


def _chart(found: Overview) -> Chart:
    """In how many months the lots expire, by town: units of different items do not add up, so lots are counted."""
    spans = (("6か月以内", 6), ("1年以内", 12), ("2年以内", 24), ("3年以内", 36), ("それより後", 10_000))
    counts: dict[str, list[int]] = {}
    for each in found.stock.held:
        name = each.place.municipality.name
        until = each.lot.expires_on
        if until is None or each.quantity <= 0:
            continue
        months = (until.year - found.on.year) * 12 + until.month - found.on.month
        row = counts.setdefault(name, [0] * (len(spans) + 1))
        if until < found.on:
            row[0] += 1
        else:
            row[next(n for n, (_, most) in enumerate(spans, 1) if months <= most)] += 1
    title, labels = "使用期限までの期間別のロット数", ["期限切れ", *(label for label, _ in spans)]
    if not 0 < len(counts) <= _COLOURS:
        sums = [sum(row[place] for row in counts.values()) for place in range(len(labels))]
        return year_bars(title, "件", list(zip(labels, sums, strict=True)))
    return stacked_by_municipality(title, "件", labels, counts)
