"""Reading transfers between towns: their lines, what was sent, received and given back, what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum

from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today

from ...models import (
    Incident,
    StockLot,
    StockMovement,
    StockPlace,
    StockTransfer,
    TransferLine,
    TransferStep,
)

State = StockTransfer.State
#: The states in which something is still to be done.
OPEN = (State.REQUESTED, State.APPROVED, State.SHIPPED)


@dataclass(frozen=True)
class SentRow:
    """A lot of a transfer: units sent, received, given back; and from where to where."""

    lot: StockLot
    sent: int
    received: int
    returned: int
    sent_from: tuple[StockPlace, ...]
    received_at: tuple[StockPlace, ...]

    @property
    def outstanding(self) -> int:
        """Units received and not given back."""
        return self.received - self.returned


def transfers_of(
    region: Region, incident: Incident | None = None, *, open_only: bool = False
) -> list[StockTransfer]:
    """The transfers, the newest first: of an incident, else all but those of exercises."""
    rows = StockTransfer.objects.filter(region=region).select_related("lender", "borrower", "incident")
    rows = rows.exclude(incident__mode="exercise") if incident is None else rows.filter(incident=incident)
    if open_only:
        rows = rows.filter(Q(state__in=OPEN) | (Q(state=State.RECEIVED) & ~Q(kind="gift")))
    found = list(rows.prefetch_related("lines__item").order_by("-number"))
    for each in found:
        each.region = region
        if each.incident is not None:
            each.incident.region = region
    return found


def overdue(region: Region, on: date | None = None) -> list[StockTransfer]:
    """The loans whose day is over and that were not given back, the oldest first."""
    day = on or today()
    rows = [each for each in transfers_of(region) if is_overdue(each, day)]
    return sorted(rows, key=lambda each: (each.due_on or day, each.number))


def is_overdue(transfer: StockTransfer, day: date) -> bool:
    """Whether a loan should have been given back by now."""
    return (
        transfer.kind == StockTransfer.Kind.LOAN
        and transfer.state == State.RECEIVED
        and transfer.due_on is not None
        and transfer.due_on < day
        and not transfer.is_exercise
    )


def lines_of(transfer: StockTransfer) -> list[TransferLine]:
    """What is asked for and approved."""
    return list(transfer.lines.select_related("item"))


def steps_of(transfer: StockTransfer) -> list[TransferStep]:
    """The steps as they were taken."""
    return list(transfer.steps.select_related("user"))


def sent_of(transfer: StockTransfer) -> list[SentRow]:
    """What went and came back, lot by lot, in the order it was sent."""
    rows = (
        StockMovement.objects.filter(region=transfer.region, transfer=transfer)
        .select_related("lot__item", "place__municipality")
        .order_by("id")
    )
    found: dict[int, tuple[StockLot, dict[str, int], dict[str, dict[int, StockPlace]]]] = {}
    for row in rows:
        row.lot.region = row.place.region = transfer.region
        lot, sums, places = found.setdefault(row.lot_id, (row.lot, {}, {}))
        if row.kind == StockMovement.Kind.RETURN and row.quantity > 0:
            continue
        sums[row.kind] = sums.get(row.kind, 0) + row.quantity
        places.setdefault(row.kind, {})[row.place_id] = row.place
    made = []
    for lot, sums, places in found.values():
        sent = -sums.get(StockMovement.Kind.SHIP, 0)
        if not sent:
            continue
        made.append(
            SentRow(
                lot,
                sent,
                sums.get(StockMovement.Kind.ARRIVE, 0),
                -sums.get(StockMovement.Kind.RETURN, 0),
                tuple(places.get(StockMovement.Kind.SHIP, {}).values()),
                tuple(places.get(StockMovement.Kind.ARRIVE, {}).values()),
            )
        )
    return made


def promised(transfer: StockTransfer) -> dict[int, int]:
    """Units by item that the lender has approved for others and not sent yet: nothing is set aside for them."""
    rows = TransferLine.objects.filter(
        transfer__region=transfer.region,
        transfer__lender=transfer.lender,
        transfer__state=State.APPROVED,
        approved__gt=0,
    ).exclude(transfer=transfer)
    mine = transfer.incident if transfer.is_exercise else None
    seen = rows.filter(
        Q(transfer__incident=None) | Q(transfer__incident__mode="real") | Q(transfer__incident=mine)
        if mine is not None
        else Q(transfer__incident=None) | Q(transfer__incident__mode="real")
    )
    found: dict[int, int] = {}
    for item, approved in seen.values_list("item", "approved"):
        found[item] = found.get(item, 0) + (approved or 0)
    return found


def moved_by_item(region: Region) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Units sent, received and given back, by transfer and item."""
    rows = (
        StockMovement.objects.filter(region=region, transfer__isnull=False)
        .order_by()
        .values_list("transfer", "lot__item", "kind")
        .annotate(units=Sum("quantity"), back=Sum("quantity", filter=Q(quantity__gt=0)))
    )
    sums: dict[tuple[int, int], list[int]] = {}
    for transfer, item, kind, units, back in rows:
        found = sums.setdefault((transfer, item), [0, 0, 0])
        if kind == StockMovement.Kind.SHIP:
            found[0] = -units
        elif kind == StockMovement.Kind.ARRIVE:
            found[1] = units
        elif kind == StockMovement.Kind.RETURN:
            found[2] = back or 0
    return {key: (sent, received, back) for key, (sent, received, back) in sums.items()}
