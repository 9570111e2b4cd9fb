"""Posting movements: once for a form's token, exact under concurrency, never below zero on any day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from keniki.apps.accounts.verbs import Act, lock
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput

from ...models import Incident, StockLot, StockMovement, StockPlace, StockTransfer
from ...queries.stock.on_hand import movements_seen

#: No single movement is larger than this.
MOST = 10**9


@dataclass(frozen=True)
class Change:
    """So many units of a lot come to (above 0) or leave (below 0) a place."""

    lot: StockLot
    place: StockPlace
    quantity: int


@dataclass(frozen=True)
class Slip:
    """What the movements of one deed have in common. `origin` is the token of the form."""

    kind: str
    on: date
    origin: str
    incident: Incident | None = None
    transfer: StockTransfer | None = None
    note: str = ""


def token_of(text: str) -> str:
    """A form's token: a UUID. `WrongInput` for anything else."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise WrongInput("画面の番号が壊れています。画面を開き直してください。") from None


def posted(region: Region, origin: str) -> list[StockMovement]:
    """What was posted for this token."""
    rows = StockMovement.objects.filter(region=region, origin=origin)
    return list(rows.select_related("lot__item", "place__municipality").order_by("id"))


def post(act: Act, region: Region, slip: Slip, rows: Sequence[Change]) -> list[StockMovement]:
    """Write the movements of one deed inside a verb that has logged, or will.

    The lots are locked in one order until the transaction ends; what leaves a place has to be there on that day and
    on all later ones. `WrongInput` names the lot, the place and the day.
    """
    check_day(slip.on)
    changes: dict[tuple[int, int], int] = {}
    known = {(each.lot.pk, each.place.pk): each for each in rows}
    for each in rows:
        if not 0 < abs(each.quantity) <= MOST:
            raise WrongInput(
                f"ロット「{each.lot.code}」の数量は1以上、10億以下で入力してください。", column="数量"
            )
        key = (each.lot.pk, each.place.pk)
        changes[key] = changes.get(key, 0) + each.quantity
    if not changes:
        raise WrongInput("数量を入力してください。", column="数量")
    hold_lots(each.lot for each in rows)
    lowest = lowest_from(region, slip.incident, slip.on, changes)
    for key, change in changes.items():
        if change < 0 and lowest[key] + change < 0:
            _refuse(known[key], lowest[key], -change, slip)
    made = []
    for key, change in changes.items():
        if not change:
            continue
        movement = StockMovement(
            region=region,
            lot=known[key].lot,
            place=known[key].place,
            kind=slip.kind,
            quantity=change,
            on=slip.on,
            incident=slip.incident,
            exercise=slip.incident is not None and slip.incident.is_exercise,
            transfer=slip.transfer,
            note=slip.note.strip(),
            origin=slip.origin,
        )
        movement.made_by(act)
        movement.save()
        made.append(movement)
    return made


def hold_lots(lots: Iterable[StockLot]) -> None:
    """Let nobody else move these lots until the transaction ends."""
    keys = sorted({each.pk for each in lots})
    for key in keys:
        lock("stock", key)


def lowest_from(
    region: Region, incident: Incident | None, on: date, keys: Mapping[tuple[int, int], int]
) -> dict[tuple[int, int], int]:
    """The least there is of each lot at each place at the end of `on` or of any later day."""
    rows = (
        movements_seen(region, incident)
        .filter(lot__in={lot for lot, _ in keys}, place__in={place for _, place in keys})
        .order_by("on")
        .values_list("lot", "place", "on")
        .annotate(moved=Sum("quantity"))
    )
    before: dict[tuple[int, int], int] = dict.fromkeys(keys, 0)
    later: dict[tuple[int, int], list[int]] = {key: [] for key in keys}
    for lot, place, day, moved in rows:
        key = (lot, place)
        if key not in before:
            continue
        if day <= on:
            before[key] += moved
        else:
            later[key].append(moved)
    found = {}
    for key, held in before.items():
        least = held
        for moved in later[key]:
            held += moved
            least = min(least, held)
        found[key] = least
    return found


def check_day(on: date) -> None:
    """A movement is written down when it was made: not before."""
    if on > today():
        raise WrongInput("まだ来ていない日付は入れられません。", column="日付")


def check_incident(incident: Incident | None) -> None:
    """An incident that is over takes no more stock on a page."""
    if incident is not None and incident.ended_at is not None:
        raise WrongInput(
            f"「{incident.title}」は終了しています。続けるときは、事案を再開してください。", column="事案"
        )


def said(rows: Sequence[Change]) -> str:
    """「アルファ米 100食、毛布 20枚」 of what a deed moves."""
    sums: dict[tuple[str, str], int] = {}
    for each in rows:
        key = (each.lot.item.title, each.lot.item.unit)
        sums[key] = sums.get(key, 0) + abs(each.quantity)
    return "、".join(f"{title} {number:,}{unit}" for (title, unit), number in sums.items())


def mode_words(incident: Incident | None) -> str:
    """What stands before a log line of an incident: 「【訓練】図上訓練：」."""
    return "" if incident is None else f"{incident}："


def _refuse(row: Change, held: int, wanted: int, slip: Slip) -> None:
    unit = row.lot.item.unit
    where = f"「{row.place.name}」のロット「{row.lot.code}」（{row.lot.item.title}）"
    seen = "訓練で使える在庫" if slip.incident is not None and slip.incident.is_exercise else "在庫"
    raise WrongInput(
        f"{where}の{seen}は、{era.format_date(slip.on)}以後で最も少ない日に{max(held, 0):,}{unit}です"
        f"（{wanted:,}{unit}は出せません）。数量か日付を確かめてください。",
        column=row.lot.code,
    )
