"""Many people at the same lots at once, on the real database: never below zero, nothing twice, no number lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django_scopes import scope

from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions.stock import transfers
from keniki.apps.disaster.actions.stock.deeds import undo
from keniki.apps.disaster.actions.stock.stocktakes import CountDraft, begin_stocktake, count_lot
from keniki.apps.disaster.actions.stock.transfer_rules import TransferDraft
from keniki.apps.disaster.actions.stock.transfers import Step
from keniki.apps.disaster.models import StockCount, StockMovement, Stocktake, StockTransfer
from keniki.core.errors import WrongInput

from .stocked import DAY, Stocked, issue, stocked, token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

THREADS = 8


def at_once(region, jobs: list[Callable[[], Any]]) -> list[Any]:
    """The jobs in threads that begin together, each with a connection of its own; results, or what was raised."""
    start = Barrier(THREADS)

    def run(mine: list[Callable[[], Any]]) -> list[Any]:
        found: list[Any] = []
        start.wait(timeout=30)
        try:
            with scope(region=region):
                for job in mine:
                    try:
                        found.append(job())
                    except (WrongInput, Stale) as refused:
                        found.append(refused)
        finally:
            connections.close_all()
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        shares = [jobs[number::THREADS] for number in range(THREADS)]
        return [each for result in pool.map(run, shares) for each in result]


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


def test_eight_people_take_no_more_than_there_is(stock, secretariat) -> None:
    """48 times 7 of 100, across two lots in either order: what is refused would have gone below zero."""
    picks = [{stock.old: 7, stock.new: 1}, {stock.new: 1, stock.old: 7}]
    jobs = [lambda number=number: issue(secretariat, stock, picks[number % 2]) for number in range(48)]
    found = at_once(stock.region, jobs)
    assert sum(isinstance(each, list) for each in found) == 14
    assert all(isinstance(each, list) or "2食です" in str(each) for each in found)
    assert stock.held(stock.old, stock.kawakita) == 2
    assert stock.held(stock.new, stock.kawakita) == 186


def test_the_same_form_sent_by_eight_posts_once(stock, secretariat) -> None:
    key = token()
    at_once(stock.region, [lambda: issue(secretariat, stock, {stock.old: 10}, key=key) for _ in range(16)])
    assert stock.held(stock.old, stock.kawakita) == 90
    made = StockMovement.objects.get(origin=key)
    made.region = stock.region
    at_once(stock.region, [lambda: undo(secretariat, made, DAY, "誤り") for _ in range(16)])
    assert stock.held(stock.old, stock.kawakita) == 100


def test_moves_against_each_other_lose_nothing(stock, secretariat) -> None:
    def there() -> Any:
        return issue(secretariat, stock, {stock.old: 3}, kind="move", to_place=stock.hoshino)

    def back() -> Any:
        more = {"place": stock.hoshino, "to_place": stock.kawakita}
        return issue(secretariat, stock, {stock.old: 3}, kind="move", **more)

    found = at_once(stock.region, [there if number % 2 else back for number in range(32)])
    gone = sum(isinstance(each, list) for each in found)
    here, other = stock.held(stock.old, stock.kawakita), stock.held(stock.old, stock.hoshino)
    assert (here + other, here >= 0, other >= 0) == (100, True, True)
    assert gone >= 16


def test_one_shipment_of_eight_is_taken(stock, secretariat) -> None:
    draft = TransferDraft("gift", stock.towns["川北町"], stock.towns["星野町"], {stock.food: 60}, "不足", DAY)
    made = at_once(
        stock.region,
        [lambda: transfers.request_transfer(secretariat, stock.region, draft, token()) for _ in range(16)],
    )
    assert sorted(each.number for each in made) == list(range(1, 17))
    first = made[0]
    first.region = stock.region
    first = transfers.approve(secretariat, first, first.version, {stock.food: 60}, Step(DAY))
    picks = {(stock.old, stock.kawakita): 60}
    found = at_once(
        stock.region,
        [lambda: transfers.ship(secretariat, first, first.version, picks, Step(DAY)) for _ in range(8)],
    )
    assert sum(isinstance(each, StockTransfer) for each in found) == 1
    assert sum(isinstance(each, Stale) for each in found) == 7
    assert stock.held(stock.old, stock.kawakita) == 40


def test_eight_phones_count_into_one_stocktake(stock, secretariat) -> None:
    def begin() -> Stocktake:
        return begin_stocktake(secretariat, stock.region, stock.kawakita, DAY)

    made = at_once(stock.region, [begin for _ in range(8)])
    assert len({each.pk for each in made}) == 1
    keys = [token() for _ in range(8)]
    jobs = [
        lambda key=key: count_lot(secretariat, made[0], CountDraft(stock.old, 98, key)) for key in keys * 3
    ]
    at_once(stock.region, jobs)
    assert StockCount.objects.count() == 8
