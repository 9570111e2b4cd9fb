"""Reading stocktakes: which are open, what was counted, what differs and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from keniki.apps.regions.models import Region

from ...models import StockCount, StockLot, StockPlace, Stocktake
from .on_hand import lots_of, stock_of


@dataclass(frozen=True)
class SheetRow:
    """A lot of the place: what the books say, and the last count (None: not counted)."""

    lot: StockLot
    book: int
    count: StockCount | None

    @property
    def difference(self) -> int | None:
        """What was counted less what the books said then; None where it was not counted."""
        return None if self.count is None else self.count.counted - self.count.expected

    @property
    def value(self) -> int | None:
        """The difference in yen; None without a count or a price."""
        if self.difference is None or self.lot.unit_price is None:
            return None
        return self.difference * self.lot.unit_price


def stocktakes_of(region: Region) -> list[Stocktake]:
    """All stocktakes, the open ones first, with the number of their counts (`number`)."""
    rows = Stocktake.objects.filter(region=region).select_related("place__municipality")
    found = list(rows.annotate(number=Count("counts__lot", distinct=True)))
    for each in found:
        each.region = each.place.region = region
    return sorted(found, key=lambda each: (each.closed_on is not None, -each.began_on.toordinal(), -each.pk))


def open_at(region: Region, place: StockPlace) -> Stocktake | None:
    """The stocktake of a place that is open."""
    found = Stocktake.objects.filter(region=region, place=place, closed_on=None).first()
    if found is not None:
        found.region, found.place = region, place
    return found


def sheet_of(stocktake: Stocktake) -> list[SheetRow]:
    """Every lot that is at the place by the books or was counted there; of a closed one those that were counted."""
    region = stocktake.region
    last: dict[int, StockCount] = {}
    counts = StockCount.objects.filter(stocktake=stocktake).select_related("user").order_by("id")
    for count in counts:
        last[count.lot_id] = count
    held = {}
    if stocktake.closed_on is None:
        held = {each.lot.pk: each.quantity for each in stock_of(region, place=stocktake.place).held}
    return [
        SheetRow(lot, held.get(lot.pk, last[lot.pk].expected if lot.pk in last else 0), last.get(lot.pk))
        for lot in lots_of(region, {*held, *last})
    ]
