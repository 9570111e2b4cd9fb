"""A small stockpile for the tests: two towns with a place each, food in two lots, blankets of two owners."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.disaster.actions.incidents import IncidentDraft, save_incident
from keniki.apps.disaster.actions.stock.deeds import Outgoing, take_out
from keniki.apps.disaster.actions.stock.items import ItemDraft, PlaceDraft, save_item, save_place
from keniki.apps.disaster.actions.stock.lots import LotDraft, receive_lot
from keniki.apps.disaster.models import Incident, StockItem, StockLot, StockMovement, StockPlace
from keniki.apps.disaster.queries.stock.on_hand import stock_of
from keniki.apps.regions.models import Municipality, Region

BOUGHT = date(2024, 4, 1)
#: The day on which the tests act.
DAY = date(2024, 6, 3)


def token() -> str:
    return str(uuid.uuid4())


@dataclass
class Stocked:
    """The records by the names the tests use."""

    region: Region
    towns: dict[str, Municipality]
    food: StockItem
    blanket: StockItem
    kawakita: StockPlace
    hoshino: StockPlace
    old: StockLot
    new: StockLot
    shared: StockLot

    def held(self, lot: StockLot, place: StockPlace, incident: Incident | None = None) -> int:
        return stock_of(self.region, incident).quantity(lot, place)


def stocked(region: Region, secretariat: Actor, towns: dict[str, Municipality]) -> Stocked:
    """川北町: food 100 until 2025-03-31 and 200 until 2028-03-31; 星野町: 90 blankets, two thirds of them 川北町's."""
    kawakita, hoshino = towns["川北町"], towns["星野町"]
    food = save_item(secretariat, region, ItemDraft("アルファ米", "食", "food", 50, 60))
    blanket = save_item(secretariat, region, ItemDraft("毛布", "枚"))
    store = save_place(secretariat, region, PlaceDraft("川北防災倉庫", kawakita))
    other = save_place(secretariat, region, PlaceDraft("星野町民センター", hoshino))

    def lot(code, item, expires, owners, where, price=None) -> StockLot:
        draft = LotDraft(item, BOUGHT, owners, code, expires, price, quantities=where)
        return receive_lot(secretariat, region, draft, token())

    return Stocked(
        region,
        towns,
        food,
        blanket,
        store,
        other,
        lot("rice-old", food, date(2025, 3, 31), {kawakita: 1}, {store: 100}, 300),
        lot("rice-new", food, date(2028, 3, 31), {kawakita: 1}, {store: 200}, 320),
        lot("blankets", blanket, None, {kawakita: 2, hoshino: 1}, {other: 90}),
    )


def committed() -> None:
    """Let the database check now what it checks when a transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def incident(region: Region, actor: Actor, mode: str = "exercise") -> Incident:
    """An incident that goes on."""
    title = "図上訓練" if mode == "exercise" else "大雨"
    return save_incident(actor, region, IncidentDraft(mode, title, "flood", timezone.now()))


def issue(actor: Actor, stock: Stocked, picks, **more) -> list[StockMovement]:
    """Stock of 川北町 is used on the day."""
    kind = more.pop("kind", "issue")
    key = more.pop("key", None) or token()
    place = more.pop("place", stock.kawakita)
    return take_out(actor, stock.region, Outgoing(kind, place, picks, more.pop("on", DAY), **more), key)
