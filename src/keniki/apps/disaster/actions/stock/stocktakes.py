"""Stocktakes (棚卸): begun for a place, counted lot by lot, closed with the differences posted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import lock, verb
from keniki.apps.regions.models import Region
from keniki.core import era
from keniki.core.errors import WrongInput

from ... import policies
from ...models import StockCount, StockLot, StockMovement, StockPlace, Stocktake
from ...queries.stock.on_hand import stock_of
from ...queries.stock.stocktakes import sheet_of
from .ledger import MOST, Change, Slip, check_day, post, token_of


@dataclass(frozen=True)
class CountDraft:
    """What was counted of a lot; `token` is the form's, or of a row kept on the phone."""

    lot: StockLot
    counted: int
    token: str
    note: str = ""


def begin_stocktake(actor: Actor, region: Region, place: StockPlace, on: date, note: str = "") -> Stocktake:
    """Begin a stocktake of a place; the one that is open is given back."""
    ruling = policies.write_place(actor, region, place.municipality).require()
    check_day(on)
    if place.ended_on is not None:
        raise WrongInput(f"「{place.name}」は廃止した場所です。", column="place")
    with verb(actor, "disaster.begin_stocktake", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("stocktake", place.pk)
        found = Stocktake.objects.filter(region=region, place=place, closed_on=None).first()
        if found is not None:
            found.region, found.place = region, place
            return found
        made = Stocktake(region=region, place=place, began_on=on, note=note.strip())
        made.made_by(act)
        act.save(made)
        act.log(
            made,
            None,
            {"place": place.name, "began_on": on.isoformat()},
            f"「{place.name}」の棚卸を開始（{era.format_date(on)}）",
            municipality=place.municipality.code,
        )
        return made


def count_lot(actor: Actor, stocktake: Stocktake, draft: CountDraft) -> StockCount:
    """Write down what was counted of a lot; counted again, the later one holds. The same token is written once."""
    place = stocktake.place
    origin = token_of(draft.token)
    ruling = policies.write_place(actor, stocktake.region, place.municipality).require()
    if not 0 <= draft.counted <= MOST:
        raise WrongInput("数えた数は0以上、10億以下で入力してください。", column="counted")
    with verb(actor, "disaster.count_stock", region=stocktake.region.slug, ruling=ruling, quiet=True) as act:
        lock("stocktake", place.pk)
        before = StockCount.objects.filter(stocktake=stocktake, origin=origin).first()
        if before is not None:
            return before
        _open(act.lock(stocktake, None))
        held = stock_of(stocktake.region, lots=[draft.lot.pk], place=place).quantity(draft.lot, place)
        made = StockCount(
            stocktake=stocktake,
            lot=draft.lot,
            counted=draft.counted,
            expected=held,
            note=draft.note.strip(),
            origin=origin,
        )
        made.made_by(act)
        made.save()
        act.log(
            stocktake,
            {"expected": held},
            {"counted": draft.counted},
            f"「{place.name}」の棚卸：ロット「{draft.lot.code}」{draft.counted:,}{draft.lot.item.unit}"
            f"（帳簿{held:,}）",
            municipality=place.municipality.code,
        )
        return made


def close_stocktake(
    actor: Actor, stocktake: Stocktake, version: int | None, on: date, reason: str, *, leave: bool = False
) -> list[StockMovement]:
    """Close a stocktake and post the differences (what was counted less what the books said then).

    `WrongInput` while lots were not counted, unless they are left as the books have them (`leave`), and where a
    difference has no reason.
    """
    place, region = stocktake.place, stocktake.region
    ruling = policies.write_place(actor, region, place.municipality).require()
    check_day(on)
    if on < stocktake.began_on:
        raise WrongInput("終了日が、開始日より前です。", column="on")
    with verb(actor, "disaster.close_stocktake", region=region.slug, ruling=ruling) as act:
        lock("stocktake", place.pk)
        current = act.lock(stocktake, version)
        current.region, current.place = region, place
        _open(current)
        sheet = sheet_of(current)
        left = [row for row in sheet if row.count is None]
        if left and not leave:
            raise WrongInput(
                f"まだ数えていないロットが{len(left)}件あります。数えるか、「数えていないロットは帳簿のまま」を選んでください。",
                column="leave",
            )
        differing = [row for row in sheet if row.difference]
        if differing and not reason.strip():
            raise WrongInput("帳簿と違うロットがあります。差の理由を入力してください。", column="reason")
        made: list[StockMovement] = []
        if differing:
            slip = Slip(StockMovement.Kind.COUNT, on, f"stocktake:{current.pk}", note=reason[:300])
            made = post(act, region, slip, [Change(row.lot, place, row.difference or 0) for row in differing])
        current.closed_on = on
        if reason.strip():
            current.note = reason.strip()[:300]
        act.save(current)
        counted = sum(row.count is not None for row in sheet)
        act.log(
            current,
            None,
            {row.lot.code: row.difference for row in differing},
            f"「{place.name}」の棚卸を終了：{counted}件を計数、差のあるロット{len(differing)}件",
            municipality=place.municipality.code,
        )
        return made


def _open(stocktake: Stocktake) -> None:
    if stocktake.closed_on is not None:
        raise WrongInput(
            f"この棚卸は{era.format_date(stocktake.closed_on)}に終了しています。新しい棚卸を始めてください。"
        )
