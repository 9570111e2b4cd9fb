"""Pages on which stock is taken out of a place, and deeds are taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from keniki.apps.regions.models import Region
from keniki.apps.regions.pages import StaffRequest, put_error, region_page
from keniki.apps.regions.policies import edit_shared
from keniki.core import era
from keniki.core.digits import plain, whole_number
from keniki.core.errors import WrongInput

from ... import policies
from ...actions.stock import deeds as actions
from ...actions.stock.ledger import posted
from ...forms.stock.deeds import OutForm, UndoForm
from ...models import Incident, StockItem, StockMovement, StockPlace
from ...queries.incidents import open_incidents
from ...queries.stock import finding
from ...queries.stock.on_hand import Held, Stock, stock_of
from .frame import crumbs_to, places_to_write, stock_page

Kind = StockMovement.Kind
#: What each deed is called, and what the page says of it.
DEEDS: Mapping[str, tuple[str, str]] = {
    Kind.ISSUE: (
        "払出（使用）",
        "使った物を登録します。期限の早いロットから出します。期限を過ぎた物は出せません。",
    ),
    Kind.DRILL: (
        "訓練・啓発での使用",
        "期限の近い物を訓練や試食会で使います。実際の在庫が減り、取組の活動として記録されます。",
    ),
    Kind.MOVE: ("移動", "場所から場所へ移します。ほかの市町村へ渡すときは「貸出・譲渡」を使います。"),
    Kind.DISPOSE: ("廃棄", "使えなくなった物を在庫から除きます。理由を必ず残します。"),
}


@dataclass(frozen=True)
class Asked:
    """What the page is asked to propose."""

    place: StockPlace | None
    item: StockItem | None
    quantity: int | None
    incident: Incident | None


@region_page
@require_http_methods(["GET", "POST"])
def take_out(request: StaffRequest, region: Region, kind: str) -> HttpResponse:
    """Choose a place and an item, see which lots go first, confirm."""
    if kind not in DEEDS:
        raise Http404("受払の種類が見つかりません。")
    ruling = policies.write_some_place(request.actor, region)
    if request.method == "POST":
        ruling.require()
    places = places_to_write(request, region)
    items = finding.items_of(region)
    incidents = open_incidents(region) if kind in (Kind.ISSUE, Kind.MOVE, Kind.DISPOSE) else []
    for each in incidents:
        each.region = region
    asked = _asked(request, region, places, items, incidents)
    form, missing = None, 0
    if asked.place is not None:
        stock = stock_of(region, asked.incident, place=asked.place)
        rows = [
            each
            for each in stock.at(asked.place)
            if each.quantity > 0 and (asked.item is None or each.lot.item_id == asked.item.pk)
        ]
        picks, missing = _proposal(kind, stock, asked)
        form = OutForm(
            request.POST if request.method == "POST" else None,
            kind=kind,
            place=asked.place,
            rows=rows,
            picks=picks,
            targets={slug: each for slug, each in places.items() if slug != asked.place.slug},
            incident=asked.incident,
            shared=bool(edit_shared(request.actor, region)),
            initial={"on": timezone.localdate()},
        )
        if request.method == "POST" and form.is_valid():
            try:
                actions.take_out(request.actor, region, form.deed(), form.cleaned_data["token"])
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, f"{DEEDS[kind][0]}を登録しました。")
                return redirect(asked.place)
    elif request.method == "POST":
        messages.error(request, "場所を選んでください。")
    return stock_page(
        request,
        "out.html",
        asked.incident,
        422 if request.method == "POST" else 200,
        kind=kind,
        called=DEEDS[kind][0],
        about=DEEDS[kind][1],
        places=places,
        items=items,
        incidents=incidents,
        asked=asked,
        form=form,
        missing=missing,
        today=timezone.localdate(),
        ruling=policies.write_place(request.actor, region, asked.place.municipality)
        if asked.place is not None
        else ruling,
        crumbs=crumbs_to(region),
    )


@region_page
@require_http_methods(["GET", "POST"])
def undo(request: StaffRequest, region: Region, pk: int) -> HttpResponse:
    """Take a deed back by opposite movements."""
    found = finding.movement_for(region, pk)
    if found.incident is not None:
        found.incident.region = region
    ruling = policies.write_place(request.actor, region, found.place.municipality)
    form = UndoForm(initial={"on": timezone.localdate()})
    if request.method == "POST":
        ruling.require()
        form = UndoForm(request.POST)
        if form.is_valid():
            try:
                actions.undo(request.actor, found, form.cleaned_data["on"], form.cleaned_data["note"])
            except WrongInput as wrong:
                put_error(form, wrong)
            else:
                messages.success(request, "反対の受払を登録して、取り消しました。")
                return redirect(found.lot)
    return stock_page(
        request,
        "undo.html",
        found.incident,
        422 if request.method == "POST" else 200,
        movement=found,
        called=f"{era.format_date(found.on)}の{found.get_kind_display()}の取消し",
        rows=posted(region, found.origin),
        form=form,
        ruling=ruling,
        crumbs=crumbs_to(region, (str(found.lot), found.lot.get_absolute_url())),
    )


def _asked(
    request: StaffRequest,
    region: Region,
    places: Mapping[str, StockPlace],
    items: list[StockItem],
    incidents: list[Incident],
) -> Asked:
    """What the address or the form names; a form for another town's place is refused."""

    def given(name: str) -> str:
        return request.POST.get(name) or request.GET.get(name, "")

    slug = given("place")
    if request.method == "POST" and slug and slug not in places:
        other = finding.place_for(region, slug)
        policies.write_place(request.actor, region, other.municipality).require()
    by_slug = {each.slug: each for each in items}
    known = {each.slug: each for each in incidents}
    return Asked(
        places.get(slug),
        by_slug.get(given("item")),
        whole_number(plain(given("quantity")), lowest=1, highest=10**9),
        known.get(given("incident")),
    )


def _proposal(kind: str, stock: Stock, asked: Asked) -> tuple[dict[str, int], int]:
    """Units by lot: first expired first; of a disposal all that has expired."""
    assert asked.place is not None
    day = timezone.localdate()
    if kind == Kind.DISPOSE:
        gone = [each for each in stock.at(asked.place) if _expired(each, day) and each.quantity > 0]
        return {each.key: each.quantity for each in gone}, 0
    if asked.item is None or asked.quantity is None:
        return {}, 0
    drawn = actions.proposed(stock, asked.place, asked.item, asked.quantity, day)
    return {pick.lot: pick.quantity for pick in drawn.picks}, drawn.missing


def _expired(held: Held, day: date) -> bool:
    return held.lot.expires_on is not None and held.lot.expires_on < day
