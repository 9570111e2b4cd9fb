"""Quantity and value of the stock by fiscal year (受払簿・年度末の在庫), what expires, what is whose."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, F, Q, QuerySet, Sum
from django.db.models.functions import Cast

from keniki.analysis.needs import months_after
from keniki.apps.regions.models import Municipality, Region
from keniki.core.fiscal_year import FiscalYear

from ...models import Incident, StockItem, StockMovement
from .finding import items_of, members_of
from .on_hand import Held, Stock, movements_seen, owned_of, stock_of

Kind = StockMovement.Kind


@dataclass
class YearRow:
    """An item in a fiscal year: units and yen at its beginning and end, and by kind of movement between."""

    item: StockItem
    opening: int = 0
    opening_yen: int = 0
    moved: dict[str, int] = field(default_factory=dict)
    yen: dict[str, int] = field(default_factory=dict)
    #: Units at the end of the year whose price is not known.
    unpriced: int = 0

    @property
    def closing(self) -> int:
        """Units at the end of the year."""
        return self.opening + sum(self.moved.values())

    @property
    def closing_yen(self) -> int:
        """Yen at the end of the year, of the units whose price is known."""
        return self.opening_yen + sum(self.yen.values())

    @property
    def cells(self) -> list[int]:
        """Units by kind of movement, in the order of the kinds."""
        return [self.moved.get(kind, 0) for kind in Kind.values]


@dataclass(frozen=True)
class Overview:
    """What the first page of the stock shows of what is on hand."""

    stock: Stock
    items: list[StockItem]
    towns: list[Municipality]
    #: Units by item's slug and town's code: usable, by the place; expired; owned, by the owner.
    usable: dict[tuple[str, str], int]
    expired: list[Held]
    expiring: list[Held]
    owned: dict[tuple[str, str], int]
    on: date
    months: int

    def used_by_item(self, item: StockItem) -> int:
        """Usable units of an item in the region."""
        return sum(number for (slug, _), number in self.usable.items() if slug == item.slug)


def overview_on(region: Region, incident: Incident | None, on: date, months: int) -> Overview:
    """What is on hand on a day, what has expired, what expires within so many months, what is whose."""
    stock = stock_of(region, incident, on=on)
    limit = months_after(on, months)
    usable: dict[tuple[str, str], int] = {}
    owned: dict[tuple[str, str], int] = {}
    gone: list[Held] = []
    soon: list[Held] = []
    lots = {}
    for each in stock.held:
        lots[each.lot.pk] = each.lot
        until = each.lot.expires_on
        if until is not None and until < on:
            gone.append(each)
            continue
        key = (each.lot.item.slug, each.place.municipality.code)
        usable[key] = usable.get(key, 0) + each.quantity
        if until is not None and until <= limit:
            soon.append(each)
    for lot in lots.values():
        if lot.expires_on is not None and lot.expires_on < on:
            continue
        for code, number in owned_of(lot, stock.total_of(lot)).items():
            key = (lot.item.slug, code)
            owned[key] = owned.get(key, 0) + number
    by_day = sorted(soon, key=lambda each: each.lot.expires_on or limit)
    towns = {town.code: town for town in members_of(region)}
    for each in stock.held:
        towns.setdefault(each.place.municipality.code, each.place.municipality)
    return Overview(stock, items_of(region), list(towns.values()), usable, gone, by_day, owned, on, months)


def report_of(region: Region, year: int, town: Municipality | None = None) -> list[YearRow]:
    """Every item in a fiscal year, in reality; with `town` at its places alone. Three queries."""
    span = FiscalYear(year)
    rows = {each.pk: YearRow(each) for each in items_of(region)}
    seen = movements_seen(region)
    if town is not None:
        seen = seen.filter(place__municipality=town)
    for item, units, yen, unpriced in _sums(seen.filter(on__lt=span.first_day), "lot__item"):
        rows[item].opening, rows[item].opening_yen, rows[item].unpriced = units, yen, unpriced
    within = seen.filter(on__range=(span.first_day, span.last_day))
    for item, kind, units, yen, unpriced in _sums(within, "lot__item", "kind"):
        rows[item].moved[kind], rows[item].yen[kind] = units, yen
        rows[item].unpriced += unpriced
    return [row for row in rows.values() if row.opening or row.moved]


def years_of(region: Region, now: date) -> list[int]:
    """The fiscal years with movements, and this one, the newest first."""
    first = movements_seen(region).order_by("on").values_list("on", flat=True).first()
    this = int(FiscalYear.of(now))
    return list(range(this, int(FiscalYear.of(first)) - 1 if first else this - 1, -1))


def history_of(
    region: Region,
    *,
    incident: Incident | None = None,
    year: int | None = None,
    kind: str = "",
    lot: int | None = None,
    place: int | None = None,
) -> QuerySet[StockMovement]:
    """The movements, the newest first: of an exercise those of its own, else the real ones."""
    rows = StockMovement.objects.filter(region=region)
    rows = rows.filter(incident=incident) if incident is not None else rows.filter(exercise=False)
    if year is not None:
        span = FiscalYear(year)
        rows = rows.filter(on__range=(span.first_day, span.last_day))
    if kind:
        rows = rows.filter(kind=kind)
    if lot is not None:
        rows = rows.filter(lot=lot)
    if place is not None:
        rows = rows.filter(place=place)
    chosen = rows.select_related("lot__item", "place__municipality", "incident", "transfer", "user")
    return chosen.order_by("-on", "-id")


def _sums(rows: QuerySet[StockMovement], *by: str) -> list[Any]:
    """Each group with its units, yen and units without a price."""
    yen = Cast("quantity", BigIntegerField()) * F("lot__unit_price")
    found = (
        rows.order_by()
        .values_list(*by)
        .annotate(
            units=Sum("quantity"),
            yen=Sum(yen, output_field=BigIntegerField()),
            unpriced=Sum("quantity", filter=Q(lot__unit_price=None)),
        )
    )
    return [(*row[: len(by)], int(row[-3]), int(row[-2] or 0), int(row[-1] or 0)) for row in found]
