"""A small stockpile for the tests that visit every page, and its addresses."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.disaster.actions.stock.deeds import Outgoing, take_out
from keniki.apps.disaster.actions.stock.items import ItemDraft, PlaceDraft, save_item, save_place
from keniki.apps.disaster.actions.stock.loading import COLUMNS
from keniki.apps.disaster.actions.stock.lots import LotDraft, receive_lot
from keniki.apps.disaster.actions.stock.stocktakes import CountDraft, begin_stocktake, count_lot
from keniki.apps.disaster.actions.stock.transfer_rules import TransferDraft
from keniki.apps.disaster.actions.stock.transfers import (
    Step,
    approve,
    receive,
    request_transfer,
    settle,
    ship,
)
from keniki.apps.disaster.queries.stock.on_hand import stock_of
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA
from keniki.core.csv_dialect import write_csv

from .addressing import HOSHINO_OR_SHARED, KAWAKITA_OR_SHARED, SHARED, WRITERS, Address, deed, read

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.disaster.models import StockPlace, StockTransfer
    from keniki.apps.regions.models import Municipality, Region

    from .world import World

_BOUGHT, _DAY = date(2024, 4, 1), date(2024, 6, 3)


def stock_records(
    actor: Actor, region: Region, own: Municipality, beside: Municipality
) -> tuple[dict[str, str], dict[str, int]]:
    """Blankets of one town in its store and of another in its own, some of them used, a stocktake, a request; the
    slugs and numbers that addresses need."""
    blanket = save_item(actor, region, ItemDraft("毛布（架空）", "枚"))
    spare = save_item(actor, region, ItemDraft("担架（架空）", "台"))
    store = save_place(actor, region, PlaceDraft("防災倉庫（架空）", own))
    annex = save_place(actor, region, PlaceDraft("分庁舎（架空）", own))
    other = save_place(actor, region, PlaceDraft("町民会館（架空）", beside))
    for code, town, place in (("mofu-1", own, store), ("mofu-2", beside, other)):
        lot = LotDraft(blanket, _BOUGHT, {town: 1}, code, None, 2_000, quantities={place: 100})
        made = receive_lot(actor, region, lot, str(uuid.uuid4()))
        if town is own:
            used = take_out(
                actor, region, Outgoing("issue", store, {made: 5}, _DAY, "訓練"), str(uuid.uuid4())
            )
            taking = begin_stocktake(actor, region, store, _DAY)
            count_lot(actor, taking, CountDraft(made, 94, str(uuid.uuid4())))
    asked = TransferDraft(
        "loan", own, beside, {blanket: 10}, "不足のため", _DAY, to_place=other, due_on=date(2099, 3, 31)
    )
    transfer = request_transfer(actor, region, asked, str(uuid.uuid4()))
    slugs = {
        "stock_item": blanket.slug,
        "spare_item": spare.slug,
        "stock_place": store.slug,
        "stock_annex": annex.slug,
        "beside_place": other.slug,
    }
    numbers = {
        "stock_used": used[0].pk,
        "stocktake": taking.pk,
        "stock_transfer": transfer.number,
        "settled_transfer": _settled(actor, region, asked, store).number,
    }
    return slugs, numbers


def _settled(actor: Actor, region: Region, asked: TransferDraft, store: StockPlace) -> StockTransfer:
    """A loan that was not given back but settled."""
    made, on = request_transfer(actor, region, asked, str(uuid.uuid4())), Step(_DAY)
    made = approve(actor, made, None, dict(asked.asked), on)
    (lot,) = [row.lot for row in stock_of(region).held if row.place == store]
    made = ship(actor, made, None, {(lot, store): 10}, on)
    assert asked.to_place is not None
    made = receive(actor, made, None, asked.to_place, {lot.pk: 10}, on)
    return settle(actor, made, None, 20_000, on)


def own_code(world: World, seat: str) -> str:
    return HOSHINO if seat == "other_partner" else KAWAKITA


def own_place(world: World, seat: str) -> str:
    return world.slugs["beside_place" if seat == "other_partner" else "stock_annex"]


def new_token(world: World, seat: str) -> str:
    return str(uuid.uuid4())


def stock_file(world: World, seat: str) -> SimpleUploadedFile:
    """A lot of the seat's own town, of an item that is there."""
    row = dict.fromkeys(COLUMNS, "") | {
        "品目": "毛布（架空）",
        "単位": "枚",
        "備蓄場所": "別館（架空）",
        "場所の市町村コード": own_code(world, seat),
        "取得日": "2024-04-01",
        "所有市町村コード": own_code(world, seat),
        "数量": "20",
    }
    content = write_csv([COLUMNS, tuple(row.values())]).data
    return SimpleUploadedFile("zaiko.csv", content, "text/csv")


_LOT = {"code": "mofu-1"}
_TRANSFER = {"number": "{stock_transfer}"}
STOCK: dict[str, Address] = {
    "disaster:stock": read(),
    "disaster:stock-chart": read(),
    "disaster:stock-csv": read(),
    "disaster:load-stock": Address(writes=WRITERS, data={"file": stock_file}, stores=False),
    "disaster:stock-template": read(),
    "disaster:stock-items": Address(writes=SHARED, data={"keys": ["bed"]}),
    "disaster:new-stock-item": Address(writes=SHARED, data={"title": "発電機（架空）", "unit": "台"}),
    "disaster:stock-item": read(slug="{stock_item}"),
    "disaster:edit-stock-item": Address({"slug": "{stock_item}"}, writes=SHARED, data={"note": "改めた備考"}),
    "disaster:remove-stock-item": deed(slug="{spare_item}", data={"version": "1"}),
    "disaster:stock-places": read(),
    "disaster:new-stock-place": Address(writes=WRITERS, data={"town": own_code, "name": "車庫（架空）"}),
    "disaster:stock-place": read(slug="{stock_place}"),
    "disaster:edit-stock-place": Address(
        {"slug": "{stock_place}"}, writes=KAWAKITA_OR_SHARED, data={"note": "改めた備考"}
    ),
    "disaster:stock-labels": read(slug="{stock_place}"),
    "disaster:receive-stock": Address(
        writes=WRITERS,
        data={
            "item": "{stock_item}",
            "place": own_place,
            "quantity": "5",
            "acquired_on": "2024-06-03",
            f"owner_{KAWAKITA}": "1",
            f"owner_{AOBA}": "1",
        },
    ),
    "disaster:stock-lot": read(**_LOT),
    "disaster:edit-stock-lot": Address(_LOT, writes=WRITERS, data={"note": "改めた備考"}),
    "disaster:receive-more-stock": Address(
        _LOT, writes=WRITERS, data={"place": own_place, "quantity": "5", "on": "2024-06-03"}
    ),
    "disaster:stock-lot-code": read(**_LOT, place="{stock_place}"),
    "disaster:stock-out": Address(
        {"kind": "issue"},
        writes=KAWAKITA_OR_SHARED,
        query={"place": "{stock_place}", "item": "{stock_item}", "quantity": "3"},
    ),
    "disaster:stock-movements": read(),
    "disaster:stock-movements-csv": read(),
    "disaster:undo-stock": Address(
        {"pk": "{stock_used}"}, writes=KAWAKITA_OR_SHARED, data={"note": "数の誤り"}
    ),
    "disaster:stock-report": read(),
    "disaster:stock-scan": Address({"place": "{stock_place}", **_LOT}, ok=302),
    "disaster:stocktakes": Address(writes=WRITERS, data={"place": own_place, "on": "2024-06-03"}),
    "disaster:stocktake": Address(
        {"pk": "{stocktake}"}, writes=KAWAKITA_OR_SHARED, data={"code": "mofu-1", "counted": "95"}
    ),
    "disaster:stocktake-count": deed(
        KAWAKITA_OR_SHARED,
        pk="{stocktake}",
        data={"code": "mofu-1", "counted": "95", "token": new_token},
    ),
    "disaster:close-stocktake": Address(
        {"pk": "{stocktake}"}, writes=KAWAKITA_OR_SHARED, data={"reason": "破損", "leave": "on"}
    ),
    "disaster:stocktake-csv": read(pk="{stocktake}"),
    "disaster:transfers": read(),
    "disaster:new-transfer": Address(
        writes=WRITERS,
        data={
            "kind": "gift",
            "borrower": own_code,
            "lender": AOBA,
            "reason": "不足のため",
            "line-0-item": "{stock_item}",
            "line-0-asked": "5",
        },
    ),
    "disaster:transfers-csv": read(),
    "disaster:transfer": read(**_TRANSFER),
    "disaster:transfer-step": Address({**_TRANSFER, "key": "approve"}, writes=KAWAKITA_OR_SHARED),
    "disaster:transfer-cost": Address(
        {"number": "{settled_transfer}"}, writes=HOSHINO_OR_SHARED, data={"initiative": "bousai"}
    ),
    "disaster:transfer-slip": read(**_TRANSFER, key="request", form="pdf"),
}
