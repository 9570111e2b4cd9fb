"""Movements of the stockpile: first expired first, never below zero, once, taken back; an exercise is apart."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import verb
from keniki.apps.activities.models import Activity, Count
from keniki.apps.disaster.actions.stock.deeds import DrillUse, proposed, undo
from keniki.apps.disaster.actions.stock.lots import LotDraft, receive_lot, receive_more, save_lot
from keniki.apps.disaster.models import StockLot, StockMovement
from keniki.apps.disaster.queries.stock.on_hand import owned_of, parts_of, stock_of
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.errors import WrongInput

from .stocked import BOUGHT, DAY, Stocked, committed, incident, issue, stocked, token


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


def test_what_expires_first_is_proposed_first_and_nothing_expired(stock) -> None:
    on_hand = stock_of(stock.region)
    drawn = proposed(on_hand, stock.kawakita, stock.food, 150, DAY)
    assert [(pick.lot, pick.quantity) for pick in drawn.picks] == [
        ("rice-old@" + stock.kawakita.slug, 100),
        ("rice-new@" + stock.kawakita.slug, 50),
    ]
    later = proposed(on_hand, stock.kawakita, stock.food, 250, date(2025, 4, 1))
    assert ([pick.quantity for pick in later.picks], later.missing) == ([200], 50)


def test_stock_is_used_once_for_a_form(stock, partner) -> None:
    key = token()
    first = issue(partner, stock, {stock.old: 30}, key=key)
    again = issue(partner, stock, {stock.old: 30}, key=key)
    assert [row.pk for row in first] == [row.pk for row in again]
    assert stock.held(stock.old, stock.kawakita) == 70
    entry = LogEntry.objects.get(verb="disaster.stock_issue")
    assert "「川北防災倉庫」のアルファ米 30食を払出" in entry.text


def test_an_expired_lot_is_refused_by_its_name(stock, partner, monkeypatch) -> None:
    day = date(2025, 4, 1)
    monkeypatch.setattr("keniki.apps.disaster.actions.stock.ledger.today", lambda: day)
    with pytest.raises(WrongInput, match=r"rice-old@.*期限（2025-03-31）を過ぎています"):
        issue(partner, stock, {stock.old: 1}, on=day)
    issue(partner, stock, {stock.old: 100}, on=day, kind="dispose", note="期限切れ")
    assert stock.held(stock.old, stock.kawakita) == 0


@pytest.mark.parametrize(
    ("number", "on", "said"),
    [(101, DAY, "100食です"), (0, DAY, "数量"), (1, date(2024, 3, 1), "届いていません")],
)
def test_more_than_there_is_and_a_day_before_it_came_are_refused(stock, partner, number, on, said) -> None:
    with pytest.raises(WrongInput, match=said):
        issue(partner, stock, {stock.old: number}, on=on)
    assert stock.held(stock.old, stock.kawakita) == 100


def test_a_day_that_has_not_come_is_refused(stock, partner) -> None:
    with pytest.raises(WrongInput, match="まだ来ていない"):
        issue(partner, stock, {stock.new: 1}, on=date(2124, 1, 1))


def test_what_was_used_later_is_not_there_earlier(stock, partner) -> None:
    issue(partner, stock, {stock.old: 80}, on=date(2024, 7, 1))
    with pytest.raises(WrongInput, match="20食です"):
        issue(partner, stock, {stock.old: 30}, on=DAY)
    issue(partner, stock, {stock.old: 20}, on=DAY)


def test_the_database_refuses_what_the_code_lets_through(stock, partner) -> None:
    def low(on: date, *, end: bool = False) -> None:
        with transaction.atomic(), verb(partner, "testing", quiet=True):
            StockMovement(
                region=stock.region, lot=stock.old, place=stock.kawakita, kind="issue", quantity=-60, on=on,
                origin=token(),
            ).save()  # fmt: skip
            if end:
                committed()

    low(DAY, end=True)
    with pytest.raises(WrongInput, match="在庫の数が足りません"):
        low(BOUGHT, end=True)
    with pytest.raises(WrongInput), verb(partner, "testing", quiet=True):
        StockMovement.objects.filter(lot=stock.old).update(quantity=1)


def test_a_move_stays_in_the_town_unless_both_are_the_actors(stock, partner, secretariat) -> None:
    with pytest.raises(WrongInput, match="ほかの市町村の場所へは移せません"):
        issue(partner, stock, {stock.old: 10}, kind="move", to_place=stock.hoshino)
    issue(secretariat, stock, {stock.old: 10}, kind="move", to_place=stock.hoshino)
    assert (stock.held(stock.old, stock.kawakita), stock.held(stock.old, stock.hoshino)) == (90, 10)
    with pytest.raises(WrongInput, match="元の場所と同じ"):
        issue(partner, stock, {stock.old: 10}, kind="move", to_place=stock.kawakita)
    with pytest.raises(WrongInput, match="移す先"):
        issue(partner, stock, {stock.old: 10}, kind="move")


def test_each_town_writes_its_own_places_and_the_secretariat_on_behalf(
    stock, other_partner, secretariat, viewer
) -> None:
    for actor in (other_partner, viewer):
        with pytest.raises(Denied):
            issue(actor, stock, {stock.old: 1})
    issue(secretariat, stock, {stock.old: 1})
    assert "川北町分を代理入力" in LogEntry.objects.get(verb="disaster.stock_issue").text


def test_a_deed_is_taken_back_once_by_its_opposite(stock, partner) -> None:
    made = issue(partner, stock, {stock.old: 100, stock.new: 20})
    back = undo(partner, made[0], DAY, "品目を間違えた")
    assert sorted(row.quantity for row in back) == [20, 100]
    assert [row.pk for row in undo(partner, made[1], DAY, "二度目")] == [row.pk for row in back]
    assert (stock.held(stock.old, stock.kawakita), stock.held(stock.new, stock.kawakita)) == (100, 200)
    with pytest.raises(WrongInput, match="取消しの受払"):
        undo(partner, back[0], DAY, "もう一度")
    with pytest.raises(WrongInput, match="理由"):
        undo(partner, issue(partner, stock, {stock.old: 1})[0], DAY, " ")


def test_what_came_in_is_not_taken_back_when_it_has_gone(stock, partner) -> None:
    issue(partner, stock, {stock.old: 1})
    came = StockMovement.objects.get(lot=stock.old, kind="receive")
    with pytest.raises(WrongInput, match="rice-old"):
        undo(partner, came, DAY, "誤り")


def test_use_in_a_drill_becomes_one_activity_and_goes_back_with_it(stock, partner, initiative) -> None:
    drill = DrillUse(initiative, "備蓄食の試食会", result="52名参加")
    key = token()
    made = issue(partner, stock, {stock.old: 40}, kind="drill", drill=drill, key=key)
    issue(partner, stock, {stock.old: 40}, kind="drill", drill=drill, key=key)
    found = Activity.objects.get(origin=f"disaster/stock/{key}")
    assert (found.title, found.kind, found.municipality, found.starts_on) == (
        "備蓄食の試食会",
        "drill",
        stock.towns["川北町"],
        DAY,
    )
    assert [each.value for each in Count.objects.filter(activity=found)][:1] == [52]
    assert "備蓄の更新を兼ねて使用：アルファ米" in found.lines.last().text
    undo(partner, made[0], DAY, "日を間違えた")
    assert [line.text for line in found.lines.all()] == ["備蓄の使用の記録は取消し（日を間違えた）"]
    assert stock.held(stock.old, stock.kawakita) == 100


def test_an_exercise_sees_reality_and_moves_nothing_of_it(stock, partner) -> None:
    drill = incident(stock.region, partner)
    issue(partner, stock, {stock.old: 70}, incident=drill)
    assert stock.held(stock.old, stock.kawakita) == 100
    assert stock.held(stock.old, stock.kawakita, drill) == 30
    with pytest.raises(WrongInput, match=r"訓練で使える在庫は.*30食"):
        issue(partner, stock, {stock.old: 31}, incident=drill)
    committed()
    issue(partner, stock, {stock.old: 100})
    assert stock.held(stock.old, stock.kawakita, drill) == -70
    other = incident(stock.region, partner)
    assert stock.held(stock.old, stock.kawakita, other) == 0
    row = StockMovement.objects.get(incident=drill)
    assert row.exercise
    with pytest.raises(WrongInput, match="実際の在庫を減らします"):
        issue(partner, stock, {stock.new: 1}, kind="drill", incident=drill, drill=DrillUse(None, "x"))  # type: ignore[arg-type]


def test_a_movement_of_an_exercise_is_marked_so_by_the_database(stock, partner) -> None:
    drill = incident(stock.region, partner)
    with pytest.raises(WrongInput), verb(partner, "testing", quiet=True):
        StockMovement(
            region=stock.region, lot=stock.old, place=stock.kawakita, kind="issue", quantity=-1, on=DAY,
            incident=drill, exercise=False, origin=token(),
        ).save()  # fmt: skip


def test_a_lot_comes_in_once_with_its_owners(stock, partner) -> None:
    kawakita, hoshino = stock.towns["川北町"], stock.towns["星野町"]
    draft = LotDraft(stock.food, DAY, {kawakita: 3, hoshino: 2}, expires_on=date(2029, 3, 31),
                     quantities={stock.kawakita: 7})  # fmt: skip
    key = token()
    made = receive_lot(partner, stock.region, draft, key)
    assert receive_lot(partner, stock.region, draft, key) == made
    assert made.code == "food-202903-1"
    assert parts_of(made) == {KAWAKITA: 3, HOSHINO: 2}
    assert owned_of(made, 7) == {KAWAKITA: 4, HOSHINO: 3}
    receive_more(partner, made, stock.kawakita, 3, DAY, token())
    assert stock.held(made, stock.kawakita) == 10


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "あ"}, "半角"), ({"code": "rice-old"}, "既に登録"), ({"expires_on": date(2024, 1, 1)}, "使用期限"),
        ({"owners": {}}, "持分"), ({"quantities": {}}, "数量"), ({"funding": "x"}, "財源"),
        ({"acquired_on": date(2124, 1, 1), "expires_on": None}, "まだ来ていない"),
    ],
)  # fmt: skip
def test_a_wrong_lot_is_refused_whole(stock, partner, changes, said) -> None:
    number = StockLot.objects.count()
    made = {
        "item": stock.food, "acquired_on": DAY, "owners": {stock.towns["川北町"]: 1},
        "expires_on": date(2029, 3, 31), "quantities": {stock.kawakita: 5},
    }  # fmt: skip
    with pytest.raises(WrongInput, match=said):
        receive_lot(partner, stock.region, LotDraft(**(made | changes)), token())
    assert StockLot.objects.count() == number


def test_who_owns_or_keeps_a_lot_corrects_it(stock, partner, other_partner, viewer) -> None:
    draft = LotDraft(stock.blanket, BOUGHT, {stock.towns["星野町"]: 1}, unit_price=1500)
    saved = save_lot(partner, stock.shared, draft, 1)
    assert parts_of(saved) == {HOSHINO: 1}
    assert "持分を" in LogEntry.objects.get(verb="disaster.save_stock_lot").text
    save_lot(other_partner, saved, draft, 2)
    with pytest.raises(Denied):
        save_lot(viewer, saved, draft, 2)
    with pytest.raises(Denied):
        save_lot(other_partner, stock.old, LotDraft(stock.food, BOUGHT, {stock.towns["星野町"]: 1}), 1)
    late = LotDraft(stock.blanket, DAY, {stock.towns["星野町"]: 1})
    with pytest.raises(WrongInput, match="受払があるため"):
        save_lot(other_partner, saved, late, 2)
