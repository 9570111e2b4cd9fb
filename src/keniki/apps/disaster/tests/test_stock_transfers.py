"""Transfers between towns: asked, approved, shipped, received, given back or settled; whose it is afterwards."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions.stock import transfers as actions
from keniki.apps.disaster.actions.stock.lots import LotDraft, save_lot
from keniki.apps.disaster.actions.stock.transfer_rules import TransferDraft
from keniki.apps.disaster.actions.stock.transfers import Step
from keniki.apps.disaster.models import StockTransfer
from keniki.apps.disaster.queries.stock import transfers as queries
from keniki.apps.disaster.queries.stock.on_hand import owned_of, stock_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.apps.workflow.models import DueItem
from keniki.core.errors import WrongInput

from .stocked import BOUGHT, DAY, Stocked, committed, incident, issue, stocked, token

ON = Step(DAY)


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


def asked(stock, actor, **changes) -> StockTransfer:
    """星野町 asks 川北町 for 120 meals."""
    made = {
        "kind": "loan", "lender": stock.towns["川北町"], "borrower": stock.towns["星野町"], "asked": {stock.food: 120},
        "reason": "訓練に使うため", "on": DAY, "due_on": date(2024, 9, 30),
    }  # fmt: skip
    return actions.request_transfer(actor, stock.region, TransferDraft(**(made | changes)), token())


def sent(stock, partner, transfer, number=120) -> StockTransfer:
    transfer = actions.approve(partner, transfer, transfer.version, {stock.food: number}, ON)
    picks = {(stock.old, stock.kawakita): min(number, 100)}
    if number > 100:
        picks[stock.new, stock.kawakita] = number - 100
    return actions.ship(partner, transfer, transfer.version, picks, ON)


def received(stock, other_partner, transfer, **less) -> StockTransfer:
    rows = {
        row.lot.pk: row.sent - less.get(row.lot.code.replace("-", "_"), 0)
        for row in queries.sent_of(transfer)
    }
    step = Step(DAY, note="破損" if less else "")
    return actions.receive(other_partner, transfer, transfer.version, stock.hoshino, rows, step)


def owned(stock, lot) -> dict[str, int]:
    return {
        code: number for code, number in owned_of(lot, stock_of(stock.region).total_of(lot)).items() if number
    }


@pytest.mark.slow
def test_a_loan_goes_its_whole_way_and_stays_its_owners(stock, partner, other_partner) -> None:
    transfer = asked(stock, other_partner)
    assert (transfer.number, transfer.state, transfer.ledger) == (1, "requested", "project")
    transfer = sent(stock, partner, transfer)
    assert stock.held(stock.old, stock.kawakita) == 0
    assert stock_of(stock.region).total_of(stock.old) == 100
    transfer = received(stock, other_partner, transfer)
    assert (stock.held(stock.old, stock.hoshino), stock.held(stock.new, stock.hoshino)) == (100, 20)
    due = DueItem.objects.get()
    assert (due.due_on, due.municipality, due.state) == (date(2024, 9, 30), stock.towns["星野町"], "open")
    back = {stock.old.pk: 100}
    transfer = actions.give_back(partner, transfer, transfer.version, back, stock.hoshino, stock.kawakita, ON)
    assert transfer.state == "received"
    back = {stock.new.pk: 20}
    transfer = actions.give_back(partner, transfer, transfer.version, back, stock.hoshino, stock.kawakita, ON)
    assert transfer.state == "returned"
    assert owned(stock, stock.old) == {KAWAKITA: 100}
    due.refresh_from_db()
    assert due.state == "done"
    states = [step.state for step in queries.steps_of(transfer)]
    assert states == ["requested", "approved", "shipped", "received", "returned", "returned"]


def test_a_gift_becomes_the_others_when_it_arrives(stock, partner, other_partner) -> None:
    transfer = sent(stock, partner, asked(stock, other_partner, kind="gift"))
    assert owned(stock, stock.old) == {KAWAKITA: 100}
    received(stock, other_partner, transfer, rice_old=10)
    assert owned(stock, stock.old) == {HOSHINO: 90}
    assert owned(stock, stock.new) == {KAWAKITA: 180, HOSHINO: 20}
    assert not DueItem.objects.exists()


@pytest.mark.slow
def test_what_was_used_up_is_settled_and_was_the_lenders(stock, partner, other_partner) -> None:
    transfer = received(stock, other_partner, sent(stock, partner, asked(stock, other_partner)))
    issue(other_partner, stock, {stock.new: 5}, place=stock.hoshino)
    transfer = actions.settle(partner, transfer, transfer.version, 6000, ON)
    assert (transfer.state, transfer.settled_yen) == ("settled", 6000)
    assert owned(stock, stock.new) == {KAWAKITA: 180, HOSHINO: 15}
    assert owned(stock, stock.old) == {HOSHINO: 100}


def test_only_the_lenders_own_part_is_sent(stock, partner, other_partner) -> None:
    lend = {"lender": stock.towns["星野町"], "borrower": stock.towns["川北町"], "asked": {stock.blanket: 40}}
    transfer = asked(stock, partner, **lend)
    transfer = actions.approve(other_partner, transfer, transfer.version, {stock.blanket: 40}, ON)
    with pytest.raises(WrongInput, match="星野町の持分は30枚"):
        actions.ship(other_partner, transfer, transfer.version, {(stock.shared, stock.hoshino): 31}, ON)
    transfer = actions.ship(
        other_partner, transfer, transfer.version, {(stock.shared, stock.hoshino): 30}, ON
    )
    rows = {stock.shared.pk: 24}
    transfer = actions.receive(
        partner, transfer, transfer.version, stock.kawakita, rows, Step(DAY, note="途中で紛失")
    )
    assert owned(stock, stock.shared) == {KAWAKITA: 60, HOSHINO: 24}


def test_nothing_expired_beyond_approval_or_of_another_place_is_sent(
    stock, partner, other_partner, monkeypatch
) -> None:
    transfer = asked(stock, other_partner, due_on=date(2026, 1, 1))
    transfer = actions.approve(partner, transfer, transfer.version, {stock.food: 50}, ON)

    def refused(picks, on: date, said: str) -> None:
        with pytest.raises(WrongInput, match=said):
            actions.ship(partner, transfer, transfer.version, picks, Step(on))

    refused({(stock.old, stock.kawakita): 51}, DAY, "承認数は50食")
    refused({(stock.old, stock.hoshino): 5}, DAY, "川北町の備蓄場所")
    refused({(stock.shared, stock.kawakita): 5}, DAY, "依頼されていません")
    refused({}, DAY, "数量")
    monkeypatch.setattr("keniki.apps.disaster.actions.stock.ledger.today", lambda: date(2025, 4, 1))
    refused({(stock.old, stock.kawakita): 5}, date(2025, 4, 1), r"rice-old@.*期限")


def test_each_step_is_its_towns(stock, partner, other_partner, secretariat, viewer) -> None:
    with pytest.raises(Denied):
        asked(stock, partner)
    transfer = asked(stock, other_partner)
    for actor in (other_partner, viewer):
        with pytest.raises(Denied):
            actions.approve(actor, transfer, transfer.version, {stock.food: 1}, ON)
    transfer = actions.approve(secretariat, transfer, transfer.version, {stock.food: 1}, ON)
    assert "川北町分を代理入力" in LogEntry.objects.get(verb="disaster.approve_stock").text
    with pytest.raises(Stale):
        actions.withdraw(other_partner, transfer, 1, ON)
    with pytest.raises(Denied):
        actions.withdraw(partner, transfer, transfer.version, ON)
    assert actions.withdraw(other_partner, transfer, transfer.version, ON).state == "withdrawn"


def test_steps_out_of_order_and_without_their_reason_are_refused(stock, partner, other_partner) -> None:
    transfer = asked(stock, other_partner)
    with pytest.raises(WrongInput, match="「依頼中」です"):
        actions.ship(partner, transfer, transfer.version, {(stock.old, stock.kawakita): 1}, ON)
    with pytest.raises(WrongInput, match="不承認の理由"):
        actions.refuse(partner, transfer, transfer.version, ON)
    with pytest.raises(WrongInput, match="前の段階"):
        actions.approve(partner, transfer, transfer.version, {stock.food: 1}, Step(BOUGHT))
    with pytest.raises(WrongInput, match="0から依頼数"):
        actions.approve(partner, transfer, transfer.version, {stock.food: 121}, ON)
    with pytest.raises(WrongInput, match="不承認"):
        actions.approve(partner, transfer, transfer.version, {}, ON)
    transfer = sent(stock, partner, transfer)
    rows = {row.lot.pk: row.sent for row in queries.sent_of(transfer)}
    less, more = rows | {stock.old.pk: 1}, rows | {stock.old.pk: 101}
    with pytest.raises(WrongInput, match="差の理由"):
        actions.receive(other_partner, transfer, transfer.version, stock.hoshino, less, ON)
    with pytest.raises(WrongInput, match="0から発送数"):
        actions.receive(other_partner, transfer, transfer.version, stock.hoshino, more, ON)
    with pytest.raises(WrongInput, match="星野町の備蓄場所"):
        actions.receive(other_partner, transfer, transfer.version, stock.kawakita, rows, ON)
    transfer = received(stock, other_partner, transfer)
    back = {stock.old.pk: 101}
    with pytest.raises(WrongInput, match="未返却の数"):
        actions.give_back(partner, transfer, transfer.version, back, stock.hoshino, stock.kawakita, ON)
    with pytest.raises(WrongInput, match="精算の方法"):
        actions.settle(partner, transfer, transfer.version, None, ON)


@pytest.mark.slow
def test_a_shipment_is_called_back_and_sent_again(stock, partner, other_partner) -> None:
    transfer = sent(stock, partner, asked(stock, other_partner))
    transfer = actions.recall(partner, transfer, transfer.version, Step(DAY, note="道路不通"))
    assert (transfer.state, stock.held(stock.old, stock.kawakita)) == ("approved", 100)
    transfer = actions.ship(partner, transfer, transfer.version, {(stock.old, stock.kawakita): 30}, ON)
    assert [row.sent for row in queries.sent_of(transfer)] == [30]
    received(stock, other_partner, transfer)
    assert stock.held(stock.old, stock.hoshino) == 30


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "aid"}, "事案"), ({"reason": " "}, "理由"), ({"asked": {}}, "品目と数量"), ({"due_on": None}, "期限"),
        ({"due_on": BOUGHT}, "依頼の日より前"), ({"kind": "x"}, "種類"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused(stock, other_partner, changes, said) -> None:
    with pytest.raises(WrongInput, match=said):
        asked(stock, other_partner, **changes)
    assert not StockTransfer.objects.exists()


def test_a_request_is_made_once_for_a_form(stock, other_partner) -> None:
    draft = TransferDraft(
        "gift", stock.towns["川北町"], stock.towns["星野町"], {stock.food: 1}, "不足のため", DAY
    )
    key = token()
    first = actions.request_transfer(other_partner, stock.region, draft, key)
    assert actions.request_transfer(other_partner, stock.region, draft, key) == first


def test_in_an_exercise_nothing_real_moves_and_nobody_is_reminded(stock, partner, other_partner) -> None:
    drill = incident(stock.region, partner)
    transfer = asked(stock, other_partner, kind="aid", incident=drill)
    assert transfer.ledger == "aid"
    transfer = received(stock, other_partner, sent(stock, partner, transfer), rice_old=5)
    assert stock.held(stock.old, stock.hoshino, drill) == 95
    assert stock.held(stock.old, stock.hoshino) == 0
    transfer = actions.settle(partner, transfer, transfer.version, 100, ON)
    assert owned(stock, stock.old) == {KAWAKITA: 100}
    assert not DueItem.objects.exists()
    assert queries.transfers_of(stock.region) == []
    assert queries.transfers_of(stock.region, drill) == [transfer]
    assert "【訓練】" in LogEntry.objects.get(verb="disaster.request_stock").text
    committed()


def test_loans_that_are_late_are_listed(stock, partner, other_partner) -> None:
    transfer = received(stock, other_partner, sent(stock, partner, asked(stock, other_partner)))
    assert queries.overdue(stock.region, transfer.due_on) == []
    assert queries.overdue(stock.region, transfer.due_on + timedelta(days=1)) == [transfer]


def test_what_is_promised_to_others_is_said(stock, partner, other_partner) -> None:
    first = asked(stock, other_partner)
    actions.approve(partner, first, first.version, {stock.food: 70}, ON)
    second = asked(stock, other_partner)
    assert queries.promised(second) == {stock.food.pk: 70}
    assert queries.promised(first) == {}


@pytest.mark.slow
def test_ownership_stays_exact_over_many_gifts(stock, partner, other_partner) -> None:
    owners = {stock.towns["川北町"]: 2, stock.towns["星野町"]: 1}
    save_lot(partner, stock.new, LotDraft(stock.food, BOUGHT, owners, expires_on=stock.new.expires_on), 1)
    for number in (7, 11, 13):
        transfer = asked(stock, other_partner, kind="gift")
        transfer = actions.approve(partner, transfer, transfer.version, {stock.food: number}, ON)
        picks = {(stock.new, stock.kawakita): number}
        received(stock, other_partner, actions.ship(partner, transfer, transfer.version, picks, ON))
    stock.new.refresh_from_db()
    parts = {each.municipality.code: each.parts for each in stock.new.owners.all()}
    # 200 × 2/3 − 31 against 200 × 1/3 + 31, exactly: 307 to 293.
    assert parts == {KAWAKITA: 307, HOSHINO: 293}
