"""What a transfer between towns has to keep to, and whose the stock is after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from keniki.analysis.needs import check_use
from keniki.apps.regions.models import Municipality, Region
from keniki.core.errors import WrongInput

from ...models import Incident, StockItem, StockLot, StockPlace, StockTransfer
from ...queries.stock.finding import members_of
from ...queries.stock.on_hand import Held, exact_share, lots_of, stock_of
from ...queries.stock.transfers import SentRow, lines_of
from .ledger import MOST, check_day, check_incident
from .lots import hand_over

Kind = StockTransfer.Kind


@dataclass(frozen=True)
class TransferDraft:
    """A request as it shall be: units by item. With an incident it is mutual aid (応援), without one the project's."""

    kind: str
    lender: Municipality
    borrower: Municipality
    asked: Mapping[StockItem, int]
    reason: str
    on: date
    incident: Incident | None = None
    to_place: StockPlace | None = None
    due_on: date | None = None
    document_no: str = ""
    note: str = ""


def check_request(region: Region, draft: TransferDraft) -> None:
    """Refuse a request that cannot be. Raises `WrongInput`."""
    if draft.kind not in Kind.values:
        raise WrongInput("種類を選んでください。", column="kind")
    members = {town.pk for town in members_of(region)}
    if draft.lender.pk not in members or draft.borrower.pk not in members:
        raise WrongInput("圏域の市町村を選んでください。", column="lender")
    if draft.lender.pk == draft.borrower.pk:
        raise WrongInput("提供する市町村と受ける市町村が同じです。", column="lender")
    if draft.kind == Kind.AID and draft.incident is None:
        raise WrongInput(
            "応援は、事案（災害・訓練）の中で依頼します。平時の貸し借りは「貸出」か「譲渡」を選んでください。",
            column="incident",
        )
    check_day(draft.on)
    check_incident(draft.incident)
    if not draft.reason.strip():
        raise WrongInput("理由を入力してください。", column="reason")
    if not draft.asked:
        raise WrongInput("品目と数量を入力してください。", column="品目")
    for item, number in draft.asked.items():
        if item.region_id != region.pk:
            raise WrongInput("ほかの圏域の品目です。", column="品目")
        if not 0 < number <= MOST:
            raise WrongInput(
                f"「{item.title}」の依頼数は1以上、10億以下で入力してください。", column=item.title
            )
    if draft.kind == Kind.LOAN and draft.due_on is None:
        raise WrongInput("返却の期限を入力してください。", column="due_on")
    if draft.due_on is not None and draft.due_on < draft.on:
        raise WrongInput("返却の期限が、依頼の日より前です。", column="due_on")
    if draft.to_place is not None:
        check_place(draft.to_place, draft.borrower)


def check_place(place: StockPlace, town: Municipality) -> None:
    """Refuse a place that is another town's or is no longer used."""
    if place.municipality_id != town.pk:
        raise WrongInput(f"{town.name}の備蓄場所を選んでください。", column="place")
    if place.ended_on is not None:
        raise WrongInput(f"「{place.name}」は廃止した場所です。", column="place")


def check_shipped(
    transfer: StockTransfer, chosen: Mapping[tuple[StockLot, StockPlace], int], on: date
) -> None:
    """Refuse what was not approved, has expired, lies elsewhere or is not the lender's own part."""
    approved = {line.item_id: line for line in lines_of(transfer)}
    by_item: dict[int, int] = {}
    by_lot: dict[int, int] = {}
    stock = stock_of(transfer.region, transfer.incident, lots={lot.pk for lot, _ in chosen})
    for (lot, place), number in chosen.items():
        check_place(place, transfer.lender)
        if lot.item_id not in approved:
            raise WrongInput(f"「{lot.item.title}」は依頼されていません。", column=lot.code)
        if number < 0:
            raise WrongInput(f"ロット「{lot.code}」の数量は0以上で入力してください。", column=lot.code)
        check_use(Held(lot, place, number).as_lot(), number, on)
        by_item[lot.item_id] = by_item.get(lot.item_id, 0) + number
        by_lot[lot.pk] = by_lot.get(lot.pk, 0) + number
    for item, number in by_item.items():
        line = approved[item]
        if number > (line.approved or 0):
            raise WrongInput(
                f"「{line.item.title}」の承認数は{line.approved or 0:,}{line.item.unit}です"
                f"（{number:,}は発送できません）。",
                column=line.item.title,
            )
    for lot in {lot.pk: lot for lot, _ in chosen}.values():
        total = stock.total_of(lot)
        share = exact_share(lot, total, transfer.lender)
        if by_lot[lot.pk] > share:
            raise WrongInput(
                f"ロット「{lot.code}」のうち{transfer.lender.name}の持分は{int(share):,}{lot.item.unit}です。"
                "持分を超える分は、所有する市町村と相談し、事務局が「移動」で登録してください。",
                column=lot.code,
            )


def pass_on_arrival(transfer: StockTransfer, sent: Sequence[SentRow], received: Mapping[int, int]) -> None:
    """What is given becomes the borrower's; what was lost on the way was the lender's."""
    stock = stock_of(transfer.region, lots={row.lot.pk for row in sent})
    for row in sent:
        came = received.get(row.lot.pk, 0)
        gift = transfer.kind == Kind.GIFT
        taken, kept = (row.sent, came) if gift else (row.sent - came, 0)
        if taken:
            hand_over(row.lot, stock.total_of(row.lot), transfer.lender, taken, transfer.borrower, kept)


def pass_on_settling(transfer: StockTransfer, sent: Sequence[SentRow]) -> None:
    """What does not come back becomes the borrower's; what of it has been used up was the lender's."""
    lots = {each.pk: each for each in lots_of(transfer.region, {row.lot.pk for row in sent})}
    stock = stock_of(transfer.region, lots=set(lots))
    for row in sent:
        if not row.outstanding:
            continue
        there = sum(
            each.quantity
            for each in stock.of_lot(row.lot)
            if each.place.municipality_id == transfer.borrower.pk
        )
        kept = min(row.outstanding, there)
        gone = row.outstanding - kept
        hand_over(
            lots[row.lot.pk],
            stock.total_of(row.lot) + gone,
            transfer.lender,
            row.outstanding,
            transfer.borrower,
            kept,
        )
