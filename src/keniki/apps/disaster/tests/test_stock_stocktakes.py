"""Stocktakes: counted on several phones, once for each token, closed with the differences posted."""

from __future__ import annotations

import pytest

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions.stock.stocktakes import (
    CountDraft,
    begin_stocktake,
    close_stocktake,
    count_lot,
)
from keniki.apps.disaster.models import StockCount, StockMovement, Stocktake
from keniki.apps.disaster.queries.stock.stocktakes import sheet_of, stocktakes_of
from keniki.core.errors import WrongInput

from .stocked import BOUGHT, DAY, Stocked, issue, stocked, token


@pytest.fixture
def stock(in_region, secretariat, towns) -> Stocked:
    return stocked(in_region, secretariat, towns)


def test_differences_are_posted_when_it_is_closed(stock, partner) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    count_lot(partner, taking, CountDraft(stock.old, 97, token()))
    count_lot(partner, taking, CountDraft(stock.new, 200, token()))
    found = {row.lot.code: (row.book, row.difference, row.value) for row in sheet_of(taking)}
    assert found == {"rice-old": (100, -3, -900), "rice-new": (200, 0, 0)}
    made = close_stocktake(partner, taking, taking.version, DAY, "破損")
    assert [(row.lot, row.quantity, row.kind) for row in made] == [(stock.old, -3, "count")]
    assert stock.held(stock.old, stock.kawakita) == 97
    taking.refresh_from_db()
    assert taking.closed_on == DAY
    with pytest.raises(WrongInput, match="終了しています"):
        count_lot(partner, taking, CountDraft(stock.old, 1, token()))


def test_counted_again_the_later_holds_and_a_token_counts_once(stock, partner) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    key = token()
    count_lot(partner, taking, CountDraft(stock.old, 90, key))
    count_lot(partner, taking, CountDraft(stock.old, 98, token()))
    count_lot(partner, taking, CountDraft(stock.old, 90, key))
    assert StockCount.objects.count() == 2
    assert {row.lot.code: row.difference for row in sheet_of(taking)} == {"rice-old": -2, "rice-new": None}


def test_what_moved_between_count_and_closing_is_no_difference(stock, partner) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    count_lot(partner, taking, CountDraft(stock.old, 99, token()))
    issue(partner, stock, {stock.old: 50})
    close_stocktake(partner, taking, taking.version, DAY, "数え直した", leave=True)
    assert stock.held(stock.old, stock.kawakita) == 49


@pytest.mark.slow
def test_what_was_not_counted_is_asked_for_and_a_difference_has_a_reason(stock, partner) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    with pytest.raises(WrongInput, match="2件"):
        close_stocktake(partner, taking, taking.version, DAY, "")
    count_lot(partner, taking, CountDraft(stock.old, 101, token()))
    with pytest.raises(WrongInput, match="差の理由"):
        close_stocktake(partner, taking, taking.version, DAY, "", leave=True)
    with pytest.raises(WrongInput, match="開始日より前"):
        close_stocktake(partner, taking, taking.version, BOUGHT, "x", leave=True)
    with pytest.raises(Stale):
        close_stocktake(partner, taking, 7, DAY, "x", leave=True)
    close_stocktake(partner, taking, taking.version, DAY, "箱の裏にあった", leave=True)
    assert stock.held(stock.old, stock.kawakita) == 101
    assert stock.held(stock.new, stock.kawakita) == 200
    assert StockMovement.objects.get(kind="count").note == "箱の裏にあった"


def test_a_lot_found_where_the_books_have_none_is_counted(stock, partner) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    count_lot(partner, taking, CountDraft(stock.shared, 4, token()))
    close_stocktake(partner, taking, taking.version, DAY, "星野町の分が混ざっていた", leave=True)
    assert stock.held(stock.shared, stock.kawakita) == 4


def test_one_stocktake_of_a_place_is_open_and_it_is_the_towns(stock, partner, other_partner) -> None:
    taking = begin_stocktake(partner, stock.region, stock.kawakita, DAY)
    assert begin_stocktake(partner, stock.region, stock.kawakita, DAY) == taking
    with pytest.raises(Denied):
        begin_stocktake(other_partner, stock.region, stock.kawakita, DAY)
    with pytest.raises(Denied):
        count_lot(other_partner, taking, CountDraft(stock.old, 1, token()))
    assert Stocktake.objects.count() == 1
    assert stocktakes_of(stock.region) == [taking]
    with pytest.raises(WrongInput, match="番号が壊れて"):
        count_lot(partner, taking, CountDraft(stock.old, 1, "x"))
