"""What is on hand: movements added up by lot and place, in reality or as an exercise sees it, and whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import Q, QuerySet, Sum

from keniki.analysis.needs import Lot, apportioned
from keniki.apps.regions.models import Municipality, Region

from ...models import Incident, LotOwner, StockLot, StockMovement, StockPlace, StockTransfer


@dataclass(frozen=True)
class Held:
    """So many units of a lot at a place."""

    lot: StockLot
    place: StockPlace
    quantity: int

    @property
    def key(self) -> str:
        """The name under which the analysis knows it."""
        return f"{self.lot.code}@{self.place.slug}"

    @property
    def value(self) -> int | None:
        """Yen; None where the unit price is not known."""
        return None if self.lot.unit_price is None else self.quantity * self.lot.unit_price

    def as_lot(self) -> Lot:
        """The lot at this place for the analysis, by the codes and slugs of its records."""
        return Lot(
            key=self.key,
            item=self.lot.item.slug,
            quantity=self.quantity,
            expires_on=self.lot.expires_on,
            received_on=self.lot.acquired_on,
            place=self.place.slug,
        )


@dataclass
class Stock:
    """All that is on hand, and by lot what is on its way; the lots with item and owners."""

    held: list[Held]
    under_way: dict[int, int] = field(default_factory=dict)

    def at(self, place: StockPlace) -> list[Held]:
        """What lies at a place."""
        return [each for each in self.held if each.place.pk == place.pk]

    def of_lot(self, lot: StockLot) -> list[Held]:
        """Where a lot lies."""
        return [each for each in self.held if each.lot.pk == lot.pk]

    def total_of(self, lot: StockLot) -> int:
        """Units of a lot at all places and on their way."""
        return sum(each.quantity for each in self.of_lot(lot)) + self.under_way.get(lot.pk, 0)

    def quantity(self, lot: StockLot, place: StockPlace) -> int:
        """Units of a lot at a place."""
        return sum(each.quantity for each in self.held if each.lot.pk == lot.pk and each.place.pk == place.pk)


def movements_seen(region: Region, incident: Incident | None = None) -> QuerySet[StockMovement]:
    """The movements that count: all real ones, and those of an exercise where it is the one that is looked at."""
    rows = StockMovement.objects.filter(region=region)
    if incident is not None and incident.is_exercise:
        return rows.filter(Q(exercise=False) | Q(incident=incident))
    return rows.filter(exercise=False)


def stock_of(
    region: Region,
    incident: Incident | None = None,
    *,
    on: date | None = None,
    lots: Iterable[int] | None = None,
    place: StockPlace | None = None,
) -> Stock:
    """What is on hand (with `on` at the end of that day), first expired first; nothing that is 0.

    In an exercise it may be below 0 where reality has used up what the exercise had taken. Four queries.
    """
    rows = movements_seen(region, incident)
    if on is not None:
        rows = rows.filter(on__lte=on)
    if lots is not None:
        rows = rows.filter(lot__in=list(lots))
    summed = {
        (lot, at): quantity
        for lot, at, quantity in rows.order_by()
        .values_list("lot", "place")
        .annotate(quantity=Sum("quantity"))
        if quantity
    }
    if place is not None:
        summed = {key: quantity for key, quantity in summed.items() if key[1] == place.pk}
    known = {each.pk: each for each in lots_of(region, {lot for lot, _ in summed})}
    places = {each.pk: each for each in places_of(region)}
    held = [Held(known[lot], places[at], quantity) for (lot, at), quantity in summed.items()]
    return Stock(sorted(held, key=_first_expired), _under_way(region, incident, on))


def lots_of(region: Region, keys: Iterable[int] | None = None) -> list[StockLot]:
    """The lots (with `keys` these) with item and owners, first expired first."""
    rows = StockLot.objects.filter(region=region).select_related("item")
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    found = list(rows.prefetch_related("owners__municipality"))
    for each in found:
        each.region = each.item.region = region
    return found


def places_of(region: Region, *, open_only: bool = False) -> list[StockPlace]:
    """The places, town by town in the order of their codes."""
    rows = StockPlace.objects.filter(region=region).select_related("municipality")
    if open_only:
        rows = rows.filter(ended_on=None)
    found = list(rows.order_by("municipality__code", "name", "id"))
    for each in found:
        each.region = region
    return found


def parts_of(lot: StockLot) -> dict[str, int]:
    """The owners' parts by code, in the order of the codes."""
    owners: Sequence[LotOwner] = list(lot.owners.all())
    return {each.municipality.code: each.parts for each in sorted(owners, key=lambda o: o.municipality.code)}


def owned_of(lot: StockLot, quantity: int) -> dict[str, int]:
    """How many of so many units of a lot are whose: whole units that add up; nothing where nobody owns it."""
    parts = parts_of(lot)
    return apportioned(quantity, parts) if parts and quantity > 0 else dict.fromkeys(parts, 0)


def exact_share(lot: StockLot, quantity: int, town: Municipality) -> Fraction:
    """A town's exact part of so many units."""
    parts = parts_of(lot)
    return Fraction(quantity * parts.get(town.code, 0), sum(parts.values()) or 1)


def sums_by(held: Iterable[Held], key: str) -> Mapping[str, int]:
    """Units by `item` (slug), `place` (slug) or `town` (code)."""
    found: dict[str, int] = {}
    for each in held:
        name = {
            "item": each.lot.item.slug,
            "place": each.place.slug,
            "town": each.place.municipality.code,
        }[key]
        found[name] = found.get(name, 0) + each.quantity
    return found


def _under_way(region: Region, incident: Incident | None, on: date | None) -> dict[int, int]:
    rows = movements_seen(region, incident).filter(
        transfer__state=StockTransfer.State.SHIPPED, kind=StockMovement.Kind.SHIP
    )
    if on is not None:
        rows = rows.filter(on__lte=on)
    summed = rows.order_by().values_list("lot").annotate(quantity=Sum("quantity"))
    return {lot: -quantity for lot, quantity in summed}


def _first_expired(held: Held) -> tuple[object, ...]:
    lot = held.lot
    return (
        lot.item.order,
        lot.item.title,
        lot.item.pk,
        lot.expires_on is None,
        lot.expires_on or date.max,
        lot.acquired_on,
        lot.code,
        held.place.municipality.code,
        held.place.name,
    )
