"""Pages of lots: what came in, where it lies, whose it is, what was done with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from keniki.apps.accounts.queries import log_of
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.stock import lots as actions
from ...forms.stock.records import LotForm, MoreForm, lot_initial
from ...models import StockLot
from ...papers.stock import qr_code, scan_address
from ...queries.stock import finding
from ...queries.stock.on_hand import owned_of, parts_of, stock_of
from ...queries.stock.reports import history_of
from .frame import crumbs_to, places_to_write, stock_page

_LAST = 100


@region_page
@require_GET
def lot(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """A lot: where it lies, whose it is now, every movement."""
    found = finding.lot_for(region, code)
    return _lot_page(request, region, found, None)


@region_page
@require_http_methods(["GET", "POST"])
def receive_more(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """More of a lot came in."""
    found = finding.lot_for(region, code)
    places = places_to_write(request, region)
    if request.method != "POST":
        return _lot_page(request, region, found, None)
    policies.write_some_place(request.actor, region).require()
    form = MoreForm(request.POST, places=places)
    if form.is_valid():
        data = form.cleaned_data
        try:
            actions.receive_more(
                request.actor,
                found,
                places[data["place"]],
                data["quantity"],
                data["on"],
                data["token"],
                data["note"],
            )
        except WrongInput as wrong:
            put_error(form, wrong)
        else:
            messages.success(request, "受入を登録しました。")
            return redirect(found)
    return _lot_page(request, region, found, form)


@region_page
@require_GET
def lot_code(request: StaffRequest, region: Region, code: str, place: str) -> HttpResponse:
    """The QR code of a lot at a place, as SVG."""
    found = finding.lot_for(region, code)
    at = finding.place_for(region, place)
    address = request.build_absolute_uri(scan_address(at, found.code))
    return HttpResponse(qr_code(address), content_type="image/svg+xml")


@region_page
@require_http_methods(["GET", "POST"])
def receive(request: StaffRequest, region: Region) -> HttpResponse:
    """A lot comes in."""
    ruling = policies.write_some_place(request.actor, region)
    if request.method == "POST":
        ruling.require()
    places, towns = places_to_write(request, region), finding.members_of(region)
    items = finding.items_of(region)
    asked = request.GET.get("item", "")

    def build(data: Any, record: None) -> Sheet:
        first = {"acquired_on": timezone.localdate(), "item": asked}
        form = LotForm(data, items=items, places=places, towns=towns, initial=first)
        names = ["item", "code", "place", "quantity", "acquired_on", "expires_on"]
        return Sheet(
            form,
            groups=[
                ("受け入れる物", names),
                ("費用", ["unit_price", "funding"]),
                ("持分（割合を整数で。例：人口、負担額）", form.owner_names),
                ("備考", ["note"]),
            ],
        )

    def save(sheet: Sheet) -> StockLot:
        form = sheet.form
        assert isinstance(form, LotForm)
        return actions.receive_lot(request.actor, region, form.draft(), form.cleaned_data["token"])

    def done(saved: StockLot) -> tuple[str, str]:
        return f"備蓄ロット「{saved.code}」を登録しました。", saved.get_absolute_url()

    return edit_page(
        request,
        Frame(reverse("disaster:stock", args=[region.slug]), crumbs_to(region), "disaster"),
        "受入を登録",
        None,
        build,
        save,
        done=done,
        template="disaster/stock/receive.html",
        ruling=ruling,
        lacking=[]
        if items and places
        else [word for word, rows in (("品目", items), ("備蓄場所", places)) if not rows],
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_lot(request: StaffRequest, region: Region, code: str) -> HttpResponse:
    """Correct a lot; a second editor is shown both."""
    found = finding.lot_for(region, code)
    ruling = policies.write_lot(request.actor, found)
    if request.method == "POST":
        ruling.require()
    towns = finding.members_of(region)

    def build(data: Any, record: StockLot) -> Sheet:
        record.region = region
        form = LotForm(data, items=[], places={}, towns=towns, lot=found, initial=lot_initial(record))
        names = ["acquired_on", "expires_on", "unit_price", "funding", "note"]
        return Sheet(form, groups=[("ロット", names), ("持分（割合を整数で）", form.owner_names)])

    def save(sheet: Sheet) -> StockLot:
        form = sheet.form
        assert isinstance(form, LotForm)
        return actions.save_lot(request.actor, found, form.draft(), form.cleaned_data.get("version"))

    def done(saved: StockLot) -> tuple[str, str]:
        return f"備蓄ロット「{saved.code}」を保存しました。", saved.get_absolute_url()

    return edit_page(
        request,
        Frame(
            found.get_absolute_url(), crumbs_to(region, (str(found), found.get_absolute_url())), "disaster"
        ),
        "ロットの訂正",
        found,
        build,
        save,
        done=done,
        template="disaster/stock/form.html",
        ruling=ruling,
    )


def _lot_page(request: StaffRequest, region: Region, found: StockLot, form: MoreForm | None) -> HttpResponse:
    stock = stock_of(region, lots=[found.pk])
    total = stock.total_of(found)
    owned = owned_of(found, total)
    parts = parts_of(found)
    names = {each.municipality.code: each.municipality.name for each in found.owners.all()}
    places = places_to_write(request, region)
    return stock_page(
        request,
        "lot.html",
        status=422 if form is not None else 200,
        lot=found,
        held=stock.held,
        total=total,
        under_way=stock.under_way.get(found.pk, 0),
        owners=[(names[code], part, owned.get(code, 0)) for code, part in parts.items()],
        parts=sum(parts.values()),
        today=timezone.localdate(),
        movements=list(history_of(region, lot=found.pk)[:_LAST]),
        form=form or (MoreForm(places=places, initial={"on": timezone.localdate()}) if places else None),
        ruling=policies.write_lot(request.actor, found),
        entries=log_of(found),
        crumbs=crumbs_to(region, (found.item.title, found.item.get_absolute_url())),
    )
