"""The joint stock: first expired first out, whose it is, what lacks, what is bought when and who pays."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

from keniki.analysis.needs import (
    Lot,
    Plan,
    Target,
    Withdrawal,
    apportioned,
    check_use,
    draw,
    draw_all,
    expired,
    expiring,
    expiry,
    last_day_of,
    lending,
    minimums,
    minimums_apart,
    months_after,
    needs,
    owned,
    people,
    plan,
    standings,
    stock_on,
)
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.disaster import standards

DAY = date(2026, 4, 1)


def lot(key: str, quantity: int = 10, expires: date | None = None, **more) -> Lot:
    return Lot(key, more.pop("item", "food"), quantity, expires, **more)


# Lots.


def test_the_day_of_expiry_still_counts_and_the_next_does_not() -> None:
    stock = [lot("a", 5, DAY)]
    assert draw(stock, "food", 5, DAY).missing == 0
    assert draw(stock, "food", 5, DAY + timedelta(days=1)).missing == 5
    assert stock_on(stock, DAY) == {"food": 5}
    assert stock_on(stock, DAY + timedelta(days=1)) == {}
    assert expired(stock, DAY) == []
    assert expired(stock, DAY + timedelta(days=1)) == stock


def test_what_is_handed_out_for_days_may_not_expire_before_the_last() -> None:
    stock = [lot("soon", 10, DAY + timedelta(days=1)), lot("later", 10, DAY + timedelta(days=2))]
    last = last_day_of(DAY, 3)
    assert [pick.lot for pick in draw(stock, "food", 15, DAY, last_day=last).picks] == ["later"]
    assert draw(stock, "food", 15, DAY, last_day=last).missing == 5
    assert stock_on(stock, DAY, last_day=last) == {"food": 10}
    coming = [lot("tomorrow", 10, received_on=DAY + timedelta(days=1))]
    assert draw(coming, "food", 5, DAY, last_day=last).missing == 5
    assert stock_on(coming, DAY, last_day=last) == {}
    with pytest.raises(WrongInput, match="出す日より前"):
        draw(stock, "food", 1, DAY, last_day=DAY - timedelta(days=1))


def test_the_earliest_goes_first_what_never_expires_last() -> None:
    stock = [
        lot("never", 1),
        lot("b", 1, date(2027, 1, 1)),
        lot("received", 1, date(2026, 6, 1), received_on=date(2026, 1, 1)),
        lot("first", 1, date(2026, 6, 1)),
        lot("other", 9, date(2026, 5, 1), item="water"),
        lot("not yet", 9, date(2026, 5, 1), received_on=date(2026, 4, 2)),
        lot("supplier", 9, date(2026, 5, 1), holding="supplier"),
    ]
    found = draw(stock, "food", 9, DAY)
    assert [pick.lot for pick in found.picks] == ["first", "received", "b", "never"]
    assert found.missing == 5
    assert {each.key for each in found.left} == {"other", "not yet", "supplier"}
    assert draw(stock, "food", 9, DAY, holdings=["supplier"]).picks[0].lot == "supplier"


def test_a_use_of_an_expired_lot_is_refused_by_name() -> None:
    old = lot("備-12", 5, date(2026, 3, 31), received_on=date(2021, 4, 1))
    for quantity, on, words in (
        (1, DAY, "期限（2026-03-31）を過ぎています"),
        (1, date(2021, 3, 31), "まだ届いていません"),
        (6, date(2026, 3, 31), "5しかありません"),
        (0, date(2026, 3, 31), "1から"),
    ):
        with pytest.raises(WrongInput, match=words):
            check_use(old, quantity, on)
    check_use(old, 5, date(2026, 3, 31))


@pytest.mark.parametrize(
    ("stock", "words"),
    [
        ([lot("a"), lot("a")], "2回"),
        ([lot("a", -1)], "数量"),
        ([lot("a", 1, date(2026, 1, 1), received_on=date(2026, 1, 2))], "受入日より前"),
        ([lot("a", holding="lent")], "保有の形"),
    ],
)
def test_lots_that_cannot_be_are_refused(stock: list[Lot], words: str) -> None:
    with pytest.raises(WrongInput, match=words) as refused:
        draw(stock, "food", 1, DAY)
    assert refused.value.column == "a"
    with pytest.raises(WrongInput, match=words):
        stock_on(stock, DAY)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2029-03-15", date(2029, 3, 15)),
        ("2029/3/5", date(2029, 3, 5)),
        ("2029.03", date(2029, 3, 31)),
        ("2028年2月", date(2028, 2, 29)),
        ("2029年3月15日", date(2029, 3, 15)),
        (" 2029-12 ", date(2029, 12, 31)),
    ],
)
def test_a_label_names_a_day_or_a_month_to_its_end(text: str, day: date) -> None:
    assert expiry(text) == day


@pytest.mark.parametrize("text", ["", "2029", "2029-13", "2029-02-30", "29-03-15", "2029-03-00", "永久"])
def test_a_label_that_names_no_day_is_refused(text: str) -> None:
    with pytest.raises(WrongInput, match="期限"):
        expiry(text)


def test_lots_about_to_expire_come_in_order() -> None:
    stock = [lot("c", 1, date(2026, 10, 2)), lot("b", 1, date(2026, 10, 1)), lot("a", 1, date(2026, 3, 31))]
    assert [each.key for each in expiring(stock, DAY, months=6)] == ["b"]


lots = st.lists(
    st.builds(
        lambda quantity, first, length, kind: (quantity, first, length, kind),
        st.integers(0, 20),
        st.none() | st.integers(0, 20),
        st.none() | st.integers(0, 20),
        st.sampled_from(["food", "water"]),
    ),
    max_size=8,
).map(
    lambda rows: [
        Lot(
            f"lot{at}",
            kind,
            quantity,
            None if length is None else DAY + timedelta(days=(first or 0) + length),
            None if first is None else DAY + timedelta(days=first),
        )
        for at, (quantity, first, length, kind) in enumerate(rows)
    ]
)


@pytest.mark.slow
@settings(deadline=None)
@given(lots, st.integers(0, 60), st.integers(0, 30), st.randoms(use_true_random=False))
def test_nothing_is_lost_nothing_expired_is_used_and_the_earliest_goes_first(
    stock, wanted, after, random
) -> None:
    on = DAY + timedelta(days=after)
    found = draw(stock, "food", wanted, on)
    by_key = {each.key: each for each in stock}
    left = {each.key: each.quantity for each in found.left}
    assert found.quantity + found.missing == wanted
    assert sum(left.values()) + found.quantity == sum(each.quantity for each in stock)
    taken = Counter({pick.lot: pick.quantity for pick in found.picks})
    for key, number in taken.items():
        assert by_key[key].is_usable(on)
        assert by_key[key].item == "food"
        assert 0 < number <= by_key[key].quantity
    usable = [each for each in stock if each.item == "food" and each.is_usable(on)]
    assert found.missing == max(0, wanted - sum(each.quantity for each in usable))
    for used in taken:
        for other in usable:
            if (other.expires_on or date.max) < (by_key[used].expires_on or date.max):
                assert taken[other.key] == other.quantity
    mixed = list(stock)
    random.shuffle(mixed)
    assert draw(mixed, "food", wanted, on).picks == found.picks


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(lots, st.lists(st.tuples(st.integers(0, 15), st.integers(0, 40)), max_size=5))
def test_first_expired_first_out_serves_as_much_as_any_order_could(stock, days) -> None:
    """Against a maximum flow from lots to withdrawals: no other choice of lots would have met more."""
    wanted = [Withdrawal("food", number, DAY + timedelta(days=after)) for number, after in days]
    served = sum(each.quantity for each in draw_all(stock, wanted))
    usable = [each for each in stock if each.item == "food"]
    size = len(usable) + len(wanted) + 2
    arcs = np.zeros((size, size), dtype=np.int32)
    for row, each in enumerate(usable, 1):
        arcs[0, row] = each.quantity
        for column, want in enumerate(wanted, len(usable) + 1):
            arcs[row, column] = each.quantity if each.is_usable(want.on) else 0
            arcs[column, size - 1] = want.quantity
    assert served == maximum_flow(csr_matrix(arcs), 0, size - 1).flow_value


# Ownership.


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.integers(0, 10**6),
    st.dictionaries(st.text("ABCDEFG", min_size=1, max_size=3), st.fractions(0, 10**5), min_size=1),
)
def test_parts_are_whole_exact_together_and_within_one_of_the_share(total, weights) -> None:
    if not sum(weights.values()):
        with pytest.raises(WrongInput, match="全て0"):
            apportioned(total, weights)
        return
    found = apportioned(total, weights)
    assert sum(found.values()) == total
    assert list(found) == list(weights)
    for name, weight in weights.items():
        assert abs(found[name] - total * weight / sum(weights.values())) < 1
        assert found[name] == 0 or weight > 0


def test_weights_that_cannot_be_are_refused() -> None:
    with pytest.raises(WrongInput, match="分ける相手がありません"):
        apportioned(1, {})
    with pytest.raises(WrongInput, match="重み") as refused:
        apportioned(1, {"A": -1, "B": 2})
    assert refused.value.column == "A"


@pytest.mark.slow
@settings(deadline=None)
@given(lots, st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 9), min_size=1))
def test_every_unit_of_a_joint_lot_has_one_owner(stock, shares) -> None:
    found = owned(stock, shares)
    for item in {each.item for each in stock}:
        together = sum(each.get(item, 0) for each in found.values())
        assert together == sum(each.quantity for each in stock if each.item == item)


def test_each_town_keeps_its_part_and_lends_what_is_beyond_it() -> None:
    towns = {"012106": 80_000, "012092": 7_000, "012157": 20_000}
    wanted = {line.key: line.quantity for line in needs(people(2083), 3, "winter", DAY).lines}
    least = minimums(wanted, towns)
    assert sum(each["food"] for each in least.values()) == wanted["food"] == 18_747
    stock = [
        lot("a", 15_000, date(2027, 3, 31), owner="012106"),
        lot("b", 9_999, date(2026, 3, 31), owner="012092"),
        lot("c", 500, date(2027, 3, 31), owner="012092"),
        lot("d", 400, date(2027, 3, 31), owner="012157", holding="supplier"),
        lot("e", 300, date(2027, 3, 31), owner="012157", holding="running"),
        lot("f", 700, date(2027, 3, 31), owner="999999"),
    ]
    found = standings(stock, {code: {"food": each["food"]} for code, each in least.items()}, DAY)["food"]
    has = {each.owner: each.has for each in found.standings}
    assert has == {"012106": 15_000, "012092": 500, "012157": 0}
    assert found.has == 15_500
    assert found.missing == 18_747 - 15_500
    assert found.missing_apart > found.missing
    lent = lending(found)
    assert {giver for giver, _, _ in lent} == {"012106"}
    assert sum(number for _, _, number in lent) == min(
        sum(each.beyond for each in found.standings), found.missing_apart
    )
    running = standings(stock, least, DAY, counts=("held", "running"))["food"]
    assert running.has == 15_800


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=5), st.integers(1, 7))
def test_keeping_together_is_never_more_than_keeping_apart(numbers, days) -> None:
    apart = minimums_apart(
        {str(at): needs(people(number), days, "winter", DAY) for at, number in enumerate(numbers)}
    )
    together = needs(people(sum(numbers)), days, "winter", DAY, places=len(numbers))
    for line in together.lines:
        if line.key == "kerosene":  # whole heaters burn whole litres
            continue
        more = sum(each[line.key] for each in apart.values()) - line.quantity
        assert 0 <= more < len(numbers), line.key


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=6))
def test_lending_takes_no_one_below_the_least_and_gives_no_one_too_much(rows) -> None:
    names = "ABCDEF"
    stock = [lot(names[at], has, owner=names[at]) for at, (_, has) in enumerate(rows)]
    least = {names[at]: {"food": number} for at, (number, _) in enumerate(rows)}
    found = standings(stock, least, DAY)["food"]
    given_, got = Counter(), Counter()
    for giver, taker, number in lending(found):
        given_[giver] += number
        got[taker] += number
        assert number > 0
    for each in found.standings:
        assert given_[each.owner] <= each.beyond
        assert got[each.owner] <= each.missing
    beyond = sum(each.beyond for each in found.standings)
    assert sum(got.values()) == min(beyond, found.missing_apart)


# Purchases.


def test_naie_buys_90_bottles_a_year_and_renews_them_after_five() -> None:
    bought = standards.examples()["naie"].value.bought
    assert bought is not None
    water = Target("water", bought.goal, 200, shelf_months=bought.renewed_months)
    found = plan([water], [], 2013, 10, phase_in=bought.years, rolling_months=0)
    assert [each.purchases[0].quantity for each in found.years] == [bought.yearly] * 10
    assert [each.purchases[0].renewal for each in found.years] == [0] * 5 + [90] * 5
    assert [each.stock["water"] for each in found.years] == [90, 180, 270, 360] + [450] * 6
    assert found.cost == 10 * 90 * 200


def test_lots_leave_for_drills_before_they_expire_and_are_bought_again() -> None:
    old = lot("2021", 100, date(2027, 2, 28))
    food = Target("food", 100, 500, pack=50, shelf_months=60)
    found = plan([food], [old], 2026, 2, rolling_months=6)
    first = found.years[0]
    (rolling,) = first.rolling
    assert (rolling.lot, rolling.quantity) == ("2021", 100)
    assert (rolling.since, rolling.until) == (date(2026, 8, 28), date(2027, 2, 28))
    (purchase,) = first.purchases
    assert (purchase.packs, purchase.quantity, purchase.renewal, purchase.cost) == (2, 100, 100, 1000)
    assert purchase.expires_on == date(2031, 10, 1)
    # Before the delivery in October the old lot is still usable: nobody is without.
    assert first.lowest == {"food": (100, date(2026, 4, 1))}
    assert found.years[1].purchases == ()


def test_without_use_before_expiry_a_gap_until_the_delivery_is_shown() -> None:
    old = lot("2021", 100, date(2026, 5, 31))
    found = plan([Target("food", 100, 500, shelf_months=60)], [old], 2026, 1, rolling_months=0)
    assert found.years[0].lowest == {"food": (0, date(2026, 6, 1))}
    assert found.years[0].stock == {"food": 100}
    assert found.years[0].rolling == ()


def test_a_lot_that_leaves_on_31_march_is_replaced_in_the_year_that_ends_then() -> None:
    food = Target("food", 10, 1, shelf_months=60)
    for expires, bought in ((date(2028, 3, 31), [10, 0]), (date(2028, 4, 1), [0, 10])):
        found = plan([food], [lot("old", 10, expires)], 2026, 2, rolling_months=12)
        assert [sum(each.quantity for each in year.purchases) for year in found.years] == bought


def test_what_should_have_left_before_the_plan_is_rolled_in_its_first_year() -> None:
    stock = [lot("late", 30, date(2026, 6, 30)), lot("gone", 20, date(2026, 3, 31))]
    found = plan([Target("food", 50, 1, shelf_months=60)], stock, 2026, 2, rolling_months=6)
    (rolling,) = found.years[0].rolling
    assert (rolling.lot, rolling.since) == ("late", date(2026, 4, 1))
    assert found.years[0].purchases[0].renewal == 50
    assert found.years[1].rolling == ()


def test_a_budget_is_kept_and_what_it_leaves_is_taken_up_later() -> None:
    targets = [
        Target("food", 900, 300, shelf_months=60),
        Target("bed", 100, 5_000, priority=2),
    ]
    found = plan(targets, [], 2026, 6, budget=200_000, split={"A": 3, "B": 1})
    assert all(each.cost <= 200_000 for each in found.years)
    first = found.years[0]
    assert first.stock == {"food": 666, "bed": 0}
    assert first.behind == {"food": 234, "bed": 100}
    assert found.years[-1].behind == {}
    assert found.shares() == {"A": found.cost * 3 // 4, "B": found.cost // 4}
    nothing = plan(targets, [], 2026, 1, budget=0)
    assert nothing.years[0].purchases == ()
    assert nothing.years[0].behind == {"food": 900, "bed": 100}


def test_items_of_one_priority_are_cut_alike() -> None:
    targets = [Target("a", 100, 100), Target("b", 1000, 10)]
    found = plan(targets, [], 2026, 1, budget=10_000).years[0]
    assert found.stock == {"a": 50, "b": 500}
    assert found.cost == 10_000


def test_the_cost_goes_by_any_rule_that_adds_up() -> None:
    target = Target("bed", 3, 1_000)
    found = plan([target], [], 2026, 1, split=lambda yen: {"A": yen - 1, "B": 1})
    assert found.years[0].shares == {"A": 2_999, "B": 1}
    with pytest.raises(ValueError, match="add up to 2999, not to 3000"):
        plan([target], [], 2026, 1, split=lambda yen: {"A": yen - 1})


@pytest.mark.parametrize(
    ("targets", "more", "words"),
    [
        ([Target("food", 0, 1)], {}, "目標数量"),
        ([Target("food", 1, -1)], {}, "単価"),
        ([Target("food", 1, 1, pack=0)], {}, "入数"),
        ([Target("food", 1, 1, shelf_months=0)], {}, "保存月数"),
        ([Target("food", 1, 1), Target("food", 1, 1)], {}, "2回"),
        ([Target("food", 1, 1, shelf_months=6)], {"rolling_months": 6}, "年度の末まで"),
        ([Target("food", 1, 1, shelf_months=7)], {"rolling_months": 6}, "年度の末まで"),
        ([], {"years": 0}, "計画の年数"),
        ([], {"phase_in": 0}, "整備の年数"),
        ([], {"budget": -1}, "予算"),
        ([], {"budget": 1.5}, "予算"),
        ([], {"delivery": (2, 30)}, "納入の月日"),
        ([], {"first_year": 1}, "年度"),
    ],
)
def test_plans_that_cannot_be_are_refused(targets, more, words) -> None:
    asked = {"first_year": 2026, "years": 3, **more}
    with pytest.raises(WrongInput, match=words):
        plan(targets, [], **asked)


def test_no_targets_cost_nothing() -> None:
    found = plan([], [], 2026, 2, split={"A": 1})
    assert [(each.cost, each.shares) for each in found.years] == [(0, {"A": 0}), (0, {"A": 0})]


targets = st.lists(
    st.builds(
        Target,
        st.sampled_from(["food", "water", "bed", "milk"]),
        st.integers(1, 300),
        st.integers(0, 50),
        pack=st.integers(1, 12),
        shelf_months=st.none() | st.integers(24, 84),
        priority=st.integers(1, 2),
    ),
    max_size=4,
    unique_by=lambda each: each.item,
)
in_stock = st.lists(
    st.tuples(
        st.sampled_from(["food", "water", "bed"]),
        st.integers(0, 100),
        st.none() | st.integers(-300, 2500),
    ),
    max_size=5,
).map(
    lambda rows: [
        Lot(f"old{at}", item, number, None if days is None else DAY + timedelta(days=days))
        for at, (item, number, days) in enumerate(rows)
    ]
)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(
    targets,
    in_stock,
    st.integers(1, 5),
    st.none() | st.integers(0, 4000),
    st.sampled_from([0, 3, 6, 12]),
    st.randoms(use_true_random=False),
)
def test_a_plan_adds_up(wanted, stock, phase_in, budget, rolling, random) -> None:
    weights = {"A": 5, "B": 3, "C": 1}
    found: Plan = plan(
        wanted, stock, 2026, 7, phase_in=phase_in, budget=budget, split=weights, rolling_months=rolling
    )
    by_item = {each.item: each for each in wanted}
    bought = list(stock)
    for year in found.years:
        assert year.cost == sum(each.packs * by_item[each.item].price for each in year.purchases)
        assert sum(year.shares.values()) == year.cost
        assert budget is None or year.cost <= budget
        end = FiscalYear(year.year).last_day
        for each in year.purchases:
            target = by_item[each.item]
            assert each.quantity == each.packs * target.pack
            assert 0 <= each.renewal <= each.quantity
            if budget is None:
                assert year.stock[each.item] < year.goal[each.item] + target.pack
            bought.append(Lot(f"{each.item}{year.year}", each.item, each.quantity, each.expires_on))
        for item, target in by_item.items():
            # Counted anew: what is there and neither expired nor due for drills on 31 March.
            there = sum(
                each.quantity
                for each in bought
                if each.item == item
                and (
                    each.expires_on is None
                    or (months_after(each.expires_on, -rolling) > end if rolling else each.expires_on > end)
                    or (not rolling and each.expires_on == end)
                )
            )
            goal = -(-target.quantity * min(year.year - 2025, phase_in) // phase_in)
            assert (year.stock[item], year.goal[item]) == (there, goal)
            assert year.behind.get(item, 0) == max(0, goal - there)
            assert budget is not None or item not in year.behind
            assert year.lowest[item][0] >= 0
        for each in year.rolling:
            assert each.since <= each.until
            assert rolling
    mixed = list(wanted)
    random.shuffle(mixed)
    again = plan(
        mixed, stock[::-1], 2026, 7, phase_in=phase_in, budget=budget, split=weights, rolling_months=rolling
    )
    for ours, theirs in zip(found.years, again.years, strict=True):
        assert (ours.cost, ours.stock, ours.shares) == (theirs.cost, theirs.stock, theirs.shares)
        assert set(ours.purchases) == set(theirs.purchases)


def test_a_short_budget_with_a_thousand_cheap_packs_ends_soon() -> None:
    many = [Target("cheap", 10**7, 1), Target("dear", 1, 10**6)]
    found = plan(many, [], 2026, 1, budget=5 * 10**6).years[0]
    assert found.cost <= 5 * 10**6
    assert Fraction(found.cost, 5 * 10**6) > Fraction(99, 100)
