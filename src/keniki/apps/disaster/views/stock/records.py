"""Pages of items and places."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keniki.apps.accounts.queries import log_of
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions.downloads import download
from keniki.apps.regions.editing import Frame, Sheet, edit_page
from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page, version_of
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards

from ... import policies
from ...actions.stock import items as actions
from ...forms.stock.records import ItemForm, PlaceForm, StandardItemsForm, item_initial, place_initial
from ...models import StockItem, StockPlace
from ...papers.stock import labels_of
from ...queries.stock import finding
from ...queries.stock.on_hand import lots_of, places_of, stock_of, sums_by
from ...queries.stock.reports import history_of
from ...queries.stock.stocktakes import open_at
from .frame import crumbs_to, stock_page, towns_to_write

#: So many movements stand on the page of an item, a place or a lot.
_LAST = 50


@region_page
@require_http_methods(["GET", "POST"])
def items(request: StaffRequest, region: Region) -> HttpResponse:
    """All items with what is on hand; those of the standards can be taken over at once."""
    ruling = policies.write_shared(request.actor, region)
    rules = standards.items(timezone.localdate())
    have = finding.items_of(region)
    left = {key: rule for key, rule in rules.items() if key not in {each.standard for each in have}}
    form = StandardItemsForm(rules=left)
    if request.method == "POST":
        ruling.require()
        form = StandardItemsForm(request.POST, rules=left)
        if form.is_valid():
            try:
                made = actions.add_standard_items(
                    request.actor, region, form.cleaned_data["keys"], timezone.localdate()
                )
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"品目を{len(made)}件登録しました。")
                return redirect("disaster:stock-items", region.slug)
    sums = sums_by(stock_of(region).held, "item")
    return stock_page(
        request,
        "items.html",
        status=422 if request.method == "POST" else 200,
        items=[(each, sums.get(each.slug, 0), rules.get(each.standard)) for each in have],
        form=form if left else None,
        ruling=ruling,
        crumbs=crumbs_to(region),
    )


@region_page
@require_GET
def item(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """An item: its lots and where they lie."""
    found = finding.item_for(region, slug)
    stock = stock_of(region)
    held = [each for each in stock.held if each.lot.item_id == found.pk]
    rules = standards.items(timezone.localdate())
    return stock_page(
        request,
        "item.html",
        item=found,
        rule=rules.get(found.standard),
        held=held,
        total=sum(each.quantity for each in held),
        today=timezone.localdate(),
        empty=[
            lot
            for lot in lots_of(region)
            if lot.item_id == found.pk and lot.pk not in {each.lot.pk for each in held}
        ],
        ruling=policies.write_shared(request.actor, region),
        entries=log_of(found),
        crumbs=crumbs_to(region, ("品目", reverse("disaster:stock-items", args=[region.slug]))),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_item(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register an item or change one; a second editor is shown both."""
    found = finding.item_for(region, slug) if slug else None
    ruling = policies.write_shared(request.actor, region)
    if request.method == "POST":
        ruling.require()
    rules = standards.items(timezone.localdate())
    back = found.get_absolute_url() if found else reverse("disaster:stock-items", args=[region.slug])

    def build(data: Any, record: StockItem | None) -> Sheet:
        return Sheet(ItemForm(data, rules=rules, initial=item_initial(record)))

    def save(sheet: Sheet) -> StockItem:
        form = sheet.form
        assert isinstance(form, ItemForm)
        version = form.cleaned_data.get("version") if found else None
        return actions.save_item(request.actor, region, form.draft(), found, version)

    def done(saved: StockItem) -> tuple[str, str]:
        return f"備蓄品目「{saved.title}」を保存しました。", saved.get_absolute_url()

    crumbs = crumbs_to(region, ("品目", reverse("disaster:stock-items", args=[region.slug])))
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        "品目の変更" if found else "品目を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/stock/form.html",
        ruling=ruling,
        remove=reverse("disaster:remove-stock-item", args=[region.slug, found.slug])
        if found and ruling
        else "",
        remove_version=found.version if found else None,
        remove_label="この品目を削除",
    )


@region_page
@require_POST
def remove_item(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """Remove an item nothing was kept of."""
    found = finding.item_for(region, slug)
    policies.write_shared(request.actor, region).require()
    try:
        actions.remove_item(request.actor, found, version_of(request) or 0)
    except Stale:
        messages.error(request, "ほかの人が先にこの品目を更新しました。内容を確かめてください。")
        return redirect(found)
    except WrongInput as wrong:
        messages.error(request, wrong.message)
        return redirect(found)
    messages.success(request, f"備蓄品目「{found.title}」を削除しました。")
    return redirect("disaster:stock-items", region.slug)


@region_page
@require_GET
def places(request: StaffRequest, region: Region) -> HttpResponse:
    """All places, town by town, with how many lots lie there."""
    stock = stock_of(region)
    return stock_page(
        request,
        "places.html",
        places=[(each, len(stock.at(each))) for each in places_of(region)],
        ruling=policies.write_some_place(request.actor, region),
        crumbs=crumbs_to(region),
    )


@region_page
@require_GET
def place(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A place: what lies there, its labels, its stocktake, its last movements."""
    found = finding.place_for(region, slug)
    return stock_page(
        request,
        "place.html",
        place=found,
        held=stock_of(region, place=found).held,
        stocktake=open_at(region, found),
        today=timezone.localdate(),
        movements=list(history_of(region, place=found.pk)[:_LAST]),
        ruling=policies.write_place(request.actor, region, found.municipality),
        entries=log_of(found),
        crumbs=crumbs_to(region, ("場所", reverse("disaster:stock-places", args=[region.slug]))),
    )


@region_page
@require_http_methods(["GET", "POST"])
def edit_place(request: StaffRequest, region: Region, slug: str = "") -> HttpResponse:
    """Register a place or change one; a second editor is shown both."""
    found = finding.place_for(region, slug) if slug else None
    ruling = (
        policies.write_place(request.actor, region, found.municipality)
        if found
        else policies.write_some_place(request.actor, region)
    )
    if request.method == "POST":
        ruling.require()
    towns = towns_to_write(request, region)
    if found is not None:
        towns = {found.municipality.code: found.municipality}
    back = found.get_absolute_url() if found else reverse("disaster:stock-places", args=[region.slug])

    def build(data: Any, record: StockPlace | None) -> Sheet:
        return Sheet(PlaceForm(data, towns=towns, initial=place_initial(record)))

    def save(sheet: Sheet) -> StockPlace:
        form = sheet.form
        assert isinstance(form, PlaceForm)
        version = form.cleaned_data.get("version") if found else None
        return actions.save_place(request.actor, region, form.draft(), found, version)

    def done(saved: StockPlace) -> tuple[str, str]:
        return f"備蓄場所「{saved.name}」を保存しました。", saved.get_absolute_url()

    crumbs = crumbs_to(region, ("場所", reverse("disaster:stock-places", args=[region.slug])))
    return edit_page(
        request,
        Frame(back, crumbs, "disaster"),
        "備蓄場所の変更" if found else "備蓄場所を登録",
        found,
        build,
        save,
        done=done,
        template="disaster/stock/form.html",
        ruling=ruling,
    )


@region_page
@require_GET
def labels(request: StaffRequest, region: Region, slug: str) -> HttpResponse:
    """A sheet of labels with QR codes: one for each lot at the place."""
    found = finding.place_for(region, slug)
    host = request.build_absolute_uri("/").rstrip("/")
    made = labels_of(found, stock_of(region, place=found).held, host)
    return download(f"{made.name}.pdf", made.render("pdf"))
