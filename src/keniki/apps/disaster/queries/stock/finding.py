"""Finding one record of the stockpile by the name its address gives; 404 where there is none."""

from __future__ import annotations

from django.db.models import Max
from django.http import Http404

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.queries import members_on

from ...models import (
    Incident,
    StockItem,
    StockLot,
    StockMovement,
    StockPlace,
    Stocktake,
    StockTransfer,
)
from ..incidents import incident_for
from .on_hand import lots_of


def items_of(region: Region) -> list[StockItem]:
    """All items in their order."""
    found = list(StockItem.objects.filter(region=region))
    for each in found:
        each.region = region
    return found


def item_for(region: Region, slug: str) -> StockItem:
    """The item with this slug."""
    found = StockItem.objects.filter(region=region, slug=slug).first()
    if found is None:
        raise Http404("品目が見つかりません。")
    found.region = region
    return found


def place_for(region: Region, slug: str) -> StockPlace:
    """The place with this slug."""
    found = StockPlace.objects.filter(region=region, slug=slug).select_related("municipality").first()
    if found is None:
        raise Http404("備蓄場所が見つかりません。")
    found.region = region
    return found


def lot_for(region: Region, code: str) -> StockLot:
    """The lot with this number, with item and owners."""
    key = StockLot.objects.filter(region=region, code=code).values_list("pk", flat=True).first()
    found = lots_of(region, [key]) if key is not None else []
    if not found:
        raise Http404("ロットが見つかりません。")
    return found[0]


def movement_for(region: Region, pk: int) -> StockMovement:
    """The movement with this number."""
    rows = StockMovement.objects.filter(region=region, pk=pk)
    found = rows.select_related("lot__item", "place__municipality", "incident", "transfer").first()
    if found is None:
        raise Http404("受払が見つかりません。")
    found.region = found.lot.region = found.place.region = region
    return found


def stocktake_for(region: Region, pk: int) -> Stocktake:
    """The stocktake with this number."""
    found = Stocktake.objects.filter(region=region, pk=pk).select_related("place__municipality").first()
    if found is None:
        raise Http404("棚卸が見つかりません。")
    found.region = found.place.region = region
    return found


def transfer_for(region: Region, number: int) -> StockTransfer:
    """The transfer with this number."""
    rows = StockTransfer.objects.filter(region=region, number=number)
    found = rows.select_related("lender", "borrower", "incident", "to_place__municipality").first()
    if found is None:
        raise Http404("貸出・譲渡が見つかりません。")
    found.region = region
    if found.incident is not None:
        found.incident.region = region
    return found


def incident_named(region: Region, slug: str | None) -> Incident | None:
    """The incident a page is asked for, None for none."""
    return incident_for(region, slug) if slug else None


def members_of(region: Region) -> list[Municipality]:
    """The member towns in the region's order."""
    return [row.municipality for row in members_on(region)]


def next_number(region: Region) -> int:
    """The number of the next transfer; the caller holds the lock."""
    last: int | None = StockTransfer.objects.filter(region=region).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1
