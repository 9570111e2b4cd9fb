"""Pages of stocktakes: begun, counted by QR on a phone (also without a network), closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.stock import stocktakes as actions
from ...actions.stock.stocktakes import CountDraft
from ...forms.stock.stocktakes import BeginForm, CloseForm, CountForm
from ...models import StockLot, Stocktake
from ...queries.stock import finding
from ...queries.stock.stocktakes import open_at, sheet_of, stocktakes_of
from .frame import crumbs_to, places_to_write, stock_page

#: The columns of a stocktake as data.
COLUMNS = (
    "備蓄場所", "開始日", "終了日", "品目", "単位", "ロット番号", "使用期限", "帳簿の数量",
    "数えた数", "差", "単価_円", "差_円", "備考", "入力者",
)  # fmt: skip


@region_page
@require_http_methods(["GET", "POST"])
def stocktakes(request: StaffRequest, region: Region) -> HttpResponse:
    """All stocktakes, and a form that begins one."""
    ruling = policies.write_some_place(request.actor, region)
    places = places_to_write(request, region)
    form = BeginForm(places=places, initial={"on": timezone.localdate()})
    if request.method == "POST":
        ruling.require()
        form = BeginForm(request.POST, places=places)
        if form.is_valid():
            data = form.cleaned_data
            try:
                made = actions.begin_stocktake(
                    request.actor, region, places[data["place"]], data["on"], data["note"]
                )
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                return redirect(made)
    return stock_page(
        request,
        "stocktakes.html",
        status=422 if request.method == "POST" else 200,
        rows=stocktakes_of(region),
        form=form,
        places=places,
        ruling=ruling,
        crumbs=crumbs_to(region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def stocktake(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """A stocktake: what was counted, what differs, and the form that counts a lot."""
    found = finding.stocktake_for(region, pk)
    ruling = policies.write_place(request.actor, region, found.place.municipality)
    form = CountForm(initial={"code": request.GET.get("lot", "")})
    if request.method == "POST":
        ruling.require()
        form = CountForm(request.POST)
        if form.is_valid():
            try:
                made = _count(request, region, found, form.cleaned_data)
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"ロット「{made.code}」を登録しました。")
                return redirect(found)
    rows = sheet_of(found)
    return stock_page(
        request,
        "stocktake.html",
        status=422 if request.method == "POST" else 200,
        stocktake=found,
        rows=rows,
        counted=sum(row.count is not None for row in rows),
        worth=sum(row.value or 0 for row in rows),
        unpriced=any(row.difference and row.value is None for row in rows),
        form=form if found.closed_on is None and ruling else None,
        ruling=ruling,
        entries=log_of(found),
        crumbs=crumbs_to(region, ("棚卸", reverse("disaster:stocktakes", args=[region.slug]))),
    )


@region_page
@require_http_methods(["POST"])
def count(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """One count as a phone sends it, also long after it was made: JSON, once for each token."""
    found = finding.stocktake_for(region, pk)
    policies.write_place(request.actor, region, found.place.municipality).require()
    form = CountForm(request.POST)
    if not form.is_valid():
        words = "、".join(str(error) for errors in form.errors.values() for error in errors)
        return JsonResponse({"error": words}, status=422)
    try:
        made = _count(request, region, found, form.cleaned_data)
    except WrongInput as wrong:
        return JsonResponse({"error": wrong.message}, status=422)
    return JsonResponse({"code": made.code, "counted": form.cleaned_data["counted"]})


@region_page
@require_http_methods(["GET", "POST"])
def close(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Close a stocktake; a second editor is shown both."""
    found = finding.stocktake_for(region, pk)
    ruling = policies.write_place(request.actor, region, found.place.municipality)
    if request.method == "POST":
        ruling.require()

    def build(data: Any, record: Stocktake) -> Sheet:
        first = {"version": record.version, "on": timezone.localdate()}
        return Sheet(CloseForm(data, initial=first))

    def save(sheet: Sheet) -> int:
        data = sheet.form.cleaned_data
        made = actions.close_stocktake(
            request.actor, found, data["version"], data["on"], data["reason"], leave=data["leave"]
        )
        return len(made)

    def done(number: int) -> tuple[str, str]:
        return f"棚卸を終了しました。差のあるロット{number}件を在庫に反映しました。", found.get_absolute_url()

    crumbs = crumbs_to(region, (f"棚卸 {found.place.name}", found.get_absolute_url()))
    rows = sheet_of(found)
    return edit_page(
        request,
        Frame(found.get_absolute_url(), crumbs, "disaster"),
        "棚卸の終了",
        found,
        build,
        save,
        done=done,
        template="disaster/stock/close.html",
        ruling=ruling,
        rows=[row for row in rows if row.difference or row.count is None],
        save_label="棚卸を終了",
    )


@region_page
@require_GET
def stocktake_csv(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """A stocktake as data."""
    found = finding.stocktake_for(region, pk)
    place = found.place.name
    rows = [
        (
            place, found.began_on, found.closed_on, row.lot.item.title, row.lot.item.unit, row.lot.code,
            row.lot.expires_on, row.count.expected if row.count else row.book,
            row.count.counted if row.count else None, row.difference, row.lot.unit_price, row.value,
            row.count.note if row.count else "", row.count.author if row.count else "",
        )
        for row in sheet_of(found)
    ]  # fmt: skip
    return download(f"棚卸_{place}_{found.began_on:%Y%m%d}.csv", write_csv([COLUMNS, *rows]).data)


@region_page
@require_GET
def scan(request: StaffRequest, region: Region, place: str, code: str) -> HttpResponse:
    """Where a label's QR code leads: the open stocktake of the place with this lot, else the lot."""
    at, lot = finding.place_for(region, place), finding.lot_for(region, code)
    taking = open_at(region, at)
    if taking is None:
        messages.info(request, f"「{at.name}」で開いている棚卸はありません。")
        return redirect(lot)
    return redirect(f"{taking.get_absolute_url()}?lot={lot.code}#count")


def _count(request: StaffRequest, region: Region, stocktake: Stocktake, data: dict[str, Any]) -> StockLot:
    code = data["code"].strip().rstrip("/").rpartition("/")[2]
    try:
        lot = finding.lot_for(region, code)
    except Http404:
        raise WrongInput(
            f"ロット番号「{code[:40]}」は登録されていません。番号を確かめてください。", column="code"
        ) from None
    draft = CountDraft(lot, data["counted"], data["token"], data["note"])
    actions.count_lot(request.actor, stocktake, draft)
    return lot
