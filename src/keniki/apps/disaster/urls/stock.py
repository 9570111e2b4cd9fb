"""Where the joint stockpile is reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views.stock import deeds, loading, lots, overview, records, settling, stocktakes, transfers
from .desk import STOCK

_ITEM: Final = f"{STOCK}/items/<slug:slug>"
_PLACE: Final = f"{STOCK}/places/<slug:slug>"
_LOT: Final = f"{STOCK}/lots/<slug:code>"
_TAKING: Final = f"{STOCK}/stocktakes/<int:pk>"
_TRANSFER: Final = f"{STOCK}/transfers/<int:number>"
patterns: Final[list[URLPattern]] = [
    path(f"{STOCK}/", overview.overview, name="stock"),
    path(f"{STOCK}/chart.svg", overview.chart, name="stock-chart"),
    path(f"{STOCK}/data/", overview.on_hand_csv, name="stock-csv"),
    path(f"{STOCK}/load/", loading.load, name="load-stock"),
    path(f"{STOCK}/load/template/", loading.template, name="stock-template"),
    path(f"{STOCK}/items/", records.items, name="stock-items"),
    path(f"{STOCK}/items/new/", records.edit_item, name="new-stock-item"),
    path(f"{_ITEM}/", records.item, name="stock-item"),
    path(f"{_ITEM}/edit/", records.edit_item, name="edit-stock-item"),
    path(f"{_ITEM}/remove/", records.remove_item, name="remove-stock-item"),
    path(f"{STOCK}/places/", records.places, name="stock-places"),
    path(f"{STOCK}/places/new/", records.edit_place, name="new-stock-place"),
    path(f"{_PLACE}/", records.place, name="stock-place"),
    path(f"{_PLACE}/edit/", records.edit_place, name="edit-stock-place"),
    path(f"{_PLACE}/labels/", records.labels, name="stock-labels"),
    path(f"{STOCK}/lots/new/", lots.receive, name="receive-stock"),
    path(f"{_LOT}/", lots.lot, name="stock-lot"),
    path(f"{_LOT}/edit/", lots.edit_lot, name="edit-stock-lot"),
    path(f"{_LOT}/more/", lots.receive_more, name="receive-more-stock"),
    path(f"{_LOT}/code/<slug:place>.svg", lots.lot_code, name="stock-lot-code"),
    path(f"{STOCK}/out/<slug:kind>/", deeds.take_out, name="stock-out"),
    path(f"{STOCK}/movements/", overview.movements, name="stock-movements"),
    path(f"{STOCK}/movements/data/", overview.movements_csv, name="stock-movements-csv"),
    path(f"{STOCK}/movements/<int:pk>/undo/", deeds.undo, name="undo-stock"),
    path(f"{STOCK}/report/", overview.report, name="stock-report"),
    path(f"{STOCK}/scan/<slug:place>/<slug:code>/", stocktakes.scan, name="stock-scan"),
    path(f"{STOCK}/stocktakes/", stocktakes.stocktakes, name="stocktakes"),
    path(f"{_TAKING}/", stocktakes.stocktake, name="stocktake"),
    path(f"{_TAKING}/counts/", stocktakes.count, name="stocktake-count"),
    path(f"{_TAKING}/close/", stocktakes.close, name="close-stocktake"),
    path(f"{_TAKING}/data/", stocktakes.stocktake_csv, name="stocktake-csv"),
    path(f"{STOCK}/transfers/", transfers.transfers, name="transfers"),
    path(f"{STOCK}/transfers/new/", transfers.new_transfer, name="new-transfer"),
    path(f"{STOCK}/transfers/data/", transfers.transfers_csv, name="transfers-csv"),
    path(f"{_TRANSFER}/", transfers.transfer, name="transfer"),
    path(f"{_TRANSFER}/steps/<slug:key>/", transfers.step, name="transfer-step"),
    path(f"{_TRANSFER}/cost/", settling.cost, name="transfer-cost"),
    path(f"{_TRANSFER}/papers/<slug:key>.<slug:form>", transfers.slip, name="transfer-slip"),
]
