"""Random walks of deeds: sums hold, nothing goes below zero, reality never hears of an exercise."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.disaster.actions.stock.deeds import undo
from keniki.apps.disaster.actions.stock.lots import receive_more, whole_parts
from keniki.apps.disaster.actions.stock.stocktakes import (
    CountDraft,
    begin_stocktake,
    close_stocktake,
    count_lot,
)
from keniki.apps.disaster.models import StockMovement
from keniki.apps.disaster.queries.stock.on_hand import owned_of, stock_of
from keniki.apps.disaster.queries.stock.reports import report_of
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput

from .stocked import DAY, Stocked, committed, incident, issue, stocked, token


class Walk:
    """A walk of random deeds beside a book of its own, kept by day."""

    def __init__(self, stock: Stocked, actor, seed: int) -> None:
        self.stock, self.actor, self.dice = stock, actor, random.Random(seed)
        self.drill = incident(stock.region, actor)
        self.lots = [stock.old, stock.new, stock.shared]
        self.places = [stock.kawakita, stock.hoshino]
        #: Units by exercise or not, lot, place and day.
        self.book: dict[tuple[bool, int, int], dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for row in StockMovement.objects.all():
            self.book[False, row.lot_id, row.place_id][row.on] += row.quantity
        self.refused = 0

    def lowest(self, lot, place, on: date, *, drill: bool) -> int:
        """The least at the end of that day or a later one."""
        days: dict[date, int] = defaultdict(int)
        for kind in {False, drill}:
            for day, number in self.book[kind, lot.pk, place.pk].items():
                days[day] += number
        ends = [on, *(day for day in days if day > on)]
        return min(sum(number for day, number in days.items() if day <= end) for end in ends)

    def note(self, rows) -> None:
        for row in rows:
            self.book[row.exercise, row.lot_id, row.place_id][row.on] += row.quantity

    def step(self) -> None:
        dice = self.dice
        lot, (here, there) = dice.choice(self.lots), dice.sample(self.places, 2)
        on, number = DAY + timedelta(days=dice.randrange(60)), dice.randrange(1, 60)
        deed = dice.choice(["issue", "issue", "drill", "move", "dispose", "more", "undo", "count"])
        drill = deed == "drill"
        if deed == "more":
            self.note(receive_more(self.actor, lot, here, number, on, token()))
        elif deed == "undo":
            self.undo(on)
        elif deed == "count":
            self.count(lot, here, number)
        else:
            more = {"to_place": there} if deed == "move" else {"incident": self.drill} if drill else {}
            fits = self.lowest(lot, here, on, drill=drill) >= number
            try:
                made = issue(
                    self.actor,
                    self.stock,
                    {lot: number},
                    on=on,
                    place=here,
                    kind="issue" if drill else deed,
                    **more,
                )
            except WrongInput:
                assert not fits
                self.refused += 1
            else:
                assert fits
                self.note(made)

    def undo(self, on: date) -> None:
        rows = [row for row in StockMovement.objects.order_by("id") if row.can_be_undone]
        row = self.dice.choice(rows)
        row.region = self.stock.region
        if row.on > on or StockMovement.objects.filter(origin=f"undo:{row.origin}").exists():
            return
        try:
            self.note(undo(self.actor, row, on, "誤り"))
        except WrongInput:
            self.refused += 1

    def count(self, lot, place, number: int) -> None:
        taking = begin_stocktake(self.actor, self.stock.region, place, DAY)
        count_lot(self.actor, taking, CountDraft(lot, number, token()))
        day = DAY + timedelta(days=60)
        self.note(close_stocktake(self.actor, taking, taking.version, day, "計数", leave=True))
        assert self.stock.held(lot, place) == number

    def check(self) -> None:
        real = stock_of(self.stock.region)
        seen = stock_of(self.stock.region, self.drill)
        for lot in self.lots:
            for place in self.places:
                mine = sum(self.book[False, lot.pk, place.pk].values())
                theirs = mine + sum(self.book[True, lot.pk, place.pk].values())
                assert real.quantity(lot, place) == mine >= 0
                assert seen.quantity(lot, place) == theirs
            assert sum(owned_of(lot, real.total_of(lot)).values()) == real.total_of(lot)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_walk_of_deeds_keeps_every_sum(in_region, secretariat, towns, monkeypatch, seed) -> None:
    monkeypatch.setattr("keniki.apps.disaster.actions.stock.ledger.today", lambda: DAY + timedelta(days=90))
    walk = Walk(stocked(in_region, secretariat, towns), secretariat, seed)
    for _ in range(60):
        walk.step()
        committed()
        walk.check()
    assert walk.refused
    rows = {row.item.pk: row for row in report_of(in_region, 2024)}
    stock = stock_of(in_region)
    for item in (walk.stock.food, walk.stock.blanket):
        total = sum(each.quantity for each in stock.held if each.lot.item_id == item.pk)
        assert rows[item.pk].closing == total


@pytest.mark.slow
@given(st.dictionaries(st.integers(0, 8), st.fractions(0, 10**6, max_denominator=10**9), min_size=1))
def test_parts_are_the_smallest_whole_numbers_in_the_same_ratio(exact) -> None:
    towns = {number: Municipality(pk=number + 1, code=str(number)) for number in exact}
    found = whole_parts({towns[number]: part for number, part in exact.items()})
    among, whole = sum(exact.values()), sum(found.values())
    assert set(found) == {towns[number] for number, part in exact.items() if part}
    assert all(0 < part < 10**16 for part in found.values())
    for town, part in found.items():
        wanted = exact[int(town.code)] / among
        assert abs(Fraction(part, whole) - wanted) < Fraction(1, 10**10)
