"""Transfers between towns (貸出・譲渡・応援): asked, approved, shipped, received, given back or settled.

The town that takes a step records it; the secretariat may as 代理入力. What is lent stays its owner's until it is
settled; what is given becomes the other's when it arrives. In an exercise nobody's part changes and no due item is
made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, lock, verb
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.workflow.about import about
from keniki.apps.workflow.actions.dues import add_dues, end_dues
from keniki.apps.workflow.models import DueItem
from keniki.core import era
from keniki.core.errors import WrongInput

from ... import policies
from ...models import (
    StockItem,
    StockLot,
    StockMovement,
    StockPlace,
    StockTransfer,
    TransferLine,
    TransferStep,
)
from ...queries.stock.finding import next_number
from ...queries.stock.transfers import lines_of, sent_of
from .ledger import Change, Slip, check_day, hold_lots, mode_words, post, token_of
from .transfer_rules import (
    TransferDraft,
    check_place,
    check_request,
    check_shipped,
    pass_on_arrival,
    pass_on_settling,
)

State = StockTransfer.State
Kind = StockTransfer.Kind
#: Days before the day on which a loan is due that the borrower is reminded.
REMIND_DAYS = 14


@dataclass(frozen=True)
class Step:
    """The day, document and remark of a step."""

    on: date
    document_no: str = ""
    note: str = ""


def request_transfer(actor: Actor, region: Region, draft: TransferDraft, token: str) -> StockTransfer:
    """Ask another town for stock. The same token again gives the request it made."""
    origin = token_of(token)
    ruling = policies.step_transfer(actor, region, draft.borrower).require()
    check_request(region, draft)
    with verb(actor, "disaster.request_stock", region=region.slug, ruling=ruling, quiet=True) as act:
        lock("stock-transfer", region.pk)
        found = StockTransfer.objects.filter(region=region, origin=origin).first()
        if found is not None:
            found.region = region
            return found
        made = StockTransfer(
            region=region,
            number=next_number(region),
            kind=draft.kind,
            ledger=StockTransfer.Ledger.AID if draft.incident else StockTransfer.Ledger.PROJECT,
            lender=draft.lender,
            borrower=draft.borrower,
            incident=draft.incident,
            to_place=draft.to_place,
            reason=draft.reason.strip(),
            due_on=draft.due_on if draft.kind == Kind.LOAN else None,
            note=draft.note.strip(),
            origin=origin,
        )
        made.made_by(act)
        act.save(made)
        for order, (item, number) in enumerate(draft.asked.items(), 1):
            TransferLine(transfer=made, item=item, asked=number, order=order).save()
        words = "、".join(f"{item.title} {number:,}{item.unit}" for item, number in draft.asked.items())
        _step(
            act,
            made,
            State.REQUESTED,
            Step(draft.on, draft.document_no, ""),
            f"{draft.lender.name}に{made.get_kind_display()}を依頼（{made}）：{words}",
            draft.borrower,
        )
        return made


def approve(
    actor: Actor,
    transfer: StockTransfer,
    version: int | None,
    approved: Mapping[StockItem, int],
    step: Step,
) -> StockTransfer:
    """Say how much the lender gives of each item. Nothing is set aside by it; shipping asks what is there."""
    with _taking(actor, transfer, version, transfer.lender, "approve_stock", step) as (act, current):
        _at(current, State.REQUESTED)
        lines = lines_of(current)
        for line in lines:
            number = approved.get(line.item, 0)
            if not 0 <= number <= line.asked:
                raise WrongInput(
                    f"「{line.item.title}」の承認数は、0から依頼数（{line.asked:,}）までにしてください。",
                    column=line.item.slug,
                )
        if not any(approved.get(line.item, 0) for line in lines):
            raise WrongInput("承認数がすべて0です。断るときは「不承認」にしてください。")
        words = []
        for line in lines:
            line.approved = approved.get(line.item, 0)
            line.save()
            words.append(f"{line.item.title} {line.approved:,}／{line.asked:,}{line.item.unit}")
        _to(act, current, State.APPROVED, step, f"{current}の依頼を承認：{'、'.join(words)}", current.lender)
        return current


def refuse(actor: Actor, transfer: StockTransfer, version: int | None, step: Step) -> StockTransfer:
    """Say no, with the reason."""
    with _taking(actor, transfer, version, transfer.lender, "refuse_stock", step) as (act, current):
        _at(current, State.REQUESTED)
        _with_reason(step, "不承認の理由を入力してください。")
        _to(
            act, current, State.REFUSED, step, f"{current}の依頼を不承認：{step.note.strip()}", current.lender
        )
        return current


def withdraw(actor: Actor, transfer: StockTransfer, version: int | None, step: Step) -> StockTransfer:
    """Take the request back before anything was sent."""
    with _taking(actor, transfer, version, transfer.borrower, "withdraw_stock", step) as (act, current):
        _at(current, State.REQUESTED, State.APPROVED)
        _to(act, current, State.WITHDRAWN, step, f"{current}の依頼を取下げ", current.borrower)
        return current


def ship(
    actor: Actor,
    transfer: StockTransfer,
    version: int | None,
    picks: Mapping[tuple[StockLot, StockPlace], int],
    step: Step,
) -> StockTransfer:
    """Send lots of the lender's places, at most what was approved; nothing that has expired, nothing of others."""
    with _taking(actor, transfer, version, transfer.lender, "ship_stock", step) as (act, current):
        _at(current, State.APPROVED)
        chosen = {key: number for key, number in picks.items() if number}
        if not chosen:
            raise WrongInput("発送する数量を入力してください。", column="数量")
        hold_lots(lot for lot, _ in chosen)
        check_shipped(current, chosen, step.on)
        rows = [Change(lot, place, -number) for (lot, place), number in chosen.items()]
        post(act, current.region, _slip(current, StockMovement.Kind.SHIP, step, current.version), rows)
        words = "、".join(
            f"{lot.item.title} {number:,}{lot.item.unit}（{lot.code}、{place.name}）"
            for (lot, place), number in chosen.items()
        )
        _to(act, current, State.SHIPPED, step, f"{current}を発送：{words}", current.lender)
        return current


def recall(actor: Actor, transfer: StockTransfer, version: int | None, step: Step) -> StockTransfer:
    """Take a shipment back that was recorded by mistake or turned round: the opposite movements."""
    with _taking(actor, transfer, version, transfer.lender, "recall_stock", step) as (act, current):
        _at(current, State.SHIPPED)
        _with_reason(step, "発送を取り消す理由を入力してください。")
        sent = StockMovement.objects.filter(
            region=current.region, transfer=current, kind=StockMovement.Kind.SHIP
        ).select_related("lot__item", "place__municipality")
        sums: dict[tuple[int, int], int] = {}
        rows = list(sent)
        for row in rows:
            key = (row.lot_id, row.place_id)
            sums[key] = sums.get(key, 0) + row.quantity
        back = {
            (row.lot_id, row.place_id): Change(row.lot, row.place, -sums[row.lot_id, row.place_id])
            for row in rows
            if sums[row.lot_id, row.place_id]
        }
        post(
            act,
            current.region,
            _slip(current, StockMovement.Kind.SHIP, step, current.version),
            list(back.values()),
        )
        _to(
            act,
            current,
            State.APPROVED,
            step,
            f"{current}の発送を取消し：{step.note.strip()}",
            current.lender,
        )
        return current


def receive(
    actor: Actor,
    transfer: StockTransfer,
    version: int | None,
    place: StockPlace,
    received: Mapping[int, int],
    step: Step,
) -> StockTransfer:
    """Write down what arrived, by lot; less than was sent needs a word about it."""
    with _taking(actor, transfer, version, transfer.borrower, "take_in_stock", step) as (act, current):
        _at(current, State.SHIPPED)
        check_place(place, current.borrower)
        sent = sent_of(current)
        hold_lots(row.lot for row in sent)
        for row in sent:
            number = received.get(row.lot.pk, 0)
            if not 0 <= number <= row.sent:
                raise WrongInput(
                    f"ロット「{row.lot.code}」の受領数は、0から発送数（{row.sent:,}）までにしてください。",
                    column=row.lot.code,
                )
        less = [row for row in sent if received.get(row.lot.pk, 0) < row.sent]
        if less:
            _with_reason(step, "発送数より少ないロットがあります。差の理由を備考に入力してください。")
        if not current.is_exercise:
            pass_on_arrival(current, sent, received)
        rows = [Change(row.lot, place, received.get(row.lot.pk, 0)) for row in sent]
        arrived = [row for row in rows if row.quantity]
        if arrived:
            post(
                act, current.region, _slip(current, StockMovement.Kind.ARRIVE, step, current.version), arrived
            )
        current.to_place = place
        differing = f"（{len(less)}件に差：{step.note.strip()}）" if less else ""
        _to(
            act,
            current,
            State.RECEIVED,
            step,
            f"{current}を「{place.name}」で受領{differing}",
            current.borrower,
        )
        _ask_back(act, current)
        return current


def give_back(
    actor: Actor,
    transfer: StockTransfer,
    version: int | None,
    returned: Mapping[int, int],
    from_place: StockPlace,
    to_place: StockPlace,
    step: Step,
) -> StockTransfer:
    """Write down what came back, by lot; when all is back the transfer is returned."""
    with _taking(actor, transfer, version, transfer.lender, "return_stock", step) as (act, current):
        _at(current, State.RECEIVED)
        if current.kind == Kind.GIFT:
            raise WrongInput("譲渡した物は、返却の対象ではありません。")
        check_place(from_place, current.borrower)
        check_place(to_place, current.lender)
        sent = sent_of(current)
        rows: list[Change] = []
        for row in sent:
            number = returned.get(row.lot.pk, 0)
            if not 0 <= number <= row.outstanding:
                raise WrongInput(
                    f"ロット「{row.lot.code}」の返却数は、0から未返却の数（{row.outstanding:,}）までにしてください。",
                    column=row.lot.code,
                )
            if number:
                rows += [Change(row.lot, from_place, -number), Change(row.lot, to_place, number)]
        if not rows:
            raise WrongInput("返却された数量を入力してください。", column="数量")
        post(act, current.region, _slip(current, StockMovement.Kind.RETURN, step, current.version), rows)
        left = sum(row.outstanding - returned.get(row.lot.pk, 0) for row in sent)
        words = f"{current}の返却を「{to_place.name}」で確認" + (
            f"（残り{left:,}）" if left else "（すべて）"
        )
        _to(act, current, State.RETURNED, step, words, current.lender, stays=bool(left))
        if not left:
            _asked_no_more(act, current)
        return current


def settle(
    actor: Actor, transfer: StockTransfer, version: int | None, yen: int | None, step: Step
) -> StockTransfer:
    """Settle what does not come back: it becomes the borrower's, for `yen` (None: without payment)."""
    with _taking(actor, transfer, version, transfer.lender, "settle_stock", step) as (act, current):
        _at(current, State.RECEIVED)
        if current.kind == Kind.GIFT:
            raise WrongInput("譲渡は、受領で終わっています。精算は要りません。")
        if yen is not None and not 0 <= yen < 10**13:
            raise WrongInput("精算額は0円以上、10兆円未満で入力してください。", column="yen")
        if yen is None:
            _with_reason(
                step, "精算額を入力しないときは、精算の方法（現物、無償など）を備考に入力してください。"
            )
        sent = sent_of(current)
        hold_lots(row.lot for row in sent)
        if not current.is_exercise:
            pass_on_settling(current, sent)
        current.settled_yen = yen
        paid = f"{yen:,}円" if yen is not None else step.note.strip()
        _to(act, current, State.SETTLED, step, f"{current}を精算（{paid}）", current.lender)
        _asked_no_more(act, current)
        return current


@contextmanager
def _taking(
    actor: Actor, transfer: StockTransfer, version: int | None, town: Municipality, name: str, step: Step
) -> Iterator[tuple[Act, StockTransfer]]:
    """The frame of a step: policy, verb, version, and a day that is not before the last step's."""
    region = transfer.region
    ruling = policies.step_transfer(actor, region, town).require()
    check_day(step.on)
    with verb(actor, f"disaster.{name}", region=region.slug, ruling=ruling) as act:
        current = act.lock(transfer, version)
        current.region, current.incident = region, transfer.incident
        current.lender, current.borrower = transfer.lender, transfer.borrower
        last = TransferStep.objects.filter(transfer=current).order_by("-id").first()
        if last is not None and step.on < last.on:
            raise WrongInput(
                f"日付が、前の段階「{last.get_state_display()}」（{era.format_date(last.on)}）より前です。",
                column="on",
            )
        yield act, current


def _at(transfer: StockTransfer, *states: str) -> None:
    if transfer.state not in states:
        raise WrongInput(
            f"この{transfer.get_kind_display()}は「{transfer.get_state_display()}」です。"
            "画面を読み直して、いまの状態を確かめてください。"
        )


def _to(
    act: Act,
    transfer: StockTransfer,
    state: str,
    step: Step,
    words: str,
    town: Municipality,
    *,
    stays: bool = False,
) -> None:
    if not stays:
        transfer.state = state
    act.save(transfer)
    _step(act, transfer, state, step, words, town)


def _step(act: Act, transfer: StockTransfer, state: str, step: Step, words: str, town: Municipality) -> None:
    row = TransferStep(
        transfer=transfer,
        state=state,
        on=step.on,
        document_no=step.document_no.strip(),
        note=step.note.strip(),
    )
    row.made_by(act)
    row.save()
    act.log(
        transfer,
        None,
        {"state": state, "on": step.on.isoformat(), "document_no": row.document_no},
        f"{mode_words(transfer.incident)}{words}",
        municipality=town.code,
    )


def _slip(transfer: StockTransfer, kind: str, step: Step, version: int) -> Slip:
    origin = f"transfer:{transfer.pk}:{kind}:{version}"
    return Slip(kind, step.on, origin, transfer.incident, transfer, f"{transfer} {step.note}".strip()[:300])


def _with_reason(step: Step, words: str) -> None:
    if not step.note.strip():
        raise WrongInput(words, column="note")


def _ask_back(act: Act, transfer: StockTransfer) -> None:
    """A loan is brought to the borrower's attention in time."""
    if transfer.kind != Kind.LOAN or transfer.due_on is None or transfer.is_exercise:
        return
    add_dues(
        act,
        transfer,
        f"借用した備蓄の返却（{transfer}、{transfer.lender.name}へ）",
        transfer.due_on,
        [town_organisation(transfer.borrower)],
        text="返却できないときは、提供した市町村と相談し、精算してください。",
        remind_days=REMIND_DAYS,
    )


def _asked_no_more(act: Act, transfer: StockTransfer) -> None:
    rows = DueItem.objects.filter(**about(transfer), region=transfer.region, state=DueItem.State.OPEN)
    end_dues(act, list(rows), DueItem.State.DONE)
