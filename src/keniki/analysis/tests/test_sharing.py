"""Bills shared by written rules: published ones, every kind of clause, and parts that always make the whole."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.analysis.sharing import (
    Component,
    Deduction,
    Limit,
    Problem,
    Rule,
    ShareError,
    rule_of,
    share,
    split,
    whole,
)
from keniki.rulebooks.sharing import RuleSpec, published_rules

PEOPLE = {"A": Fraction(74_000), "B": Fraction(6_000), "C": Fraction(18_500)}
TOWNS = list(PEOPLE)


def by_people(**more) -> Rule:
    return Rule("人口割", (Component("population", Fraction(100)),), **more)


def shares(rule: Rule, cost: int, **bases) -> dict[str, int]:
    return dict(split(rule, cost, TOWNS, {"population": PEOPLE, **bases}).shares)


def spec(**more) -> RuleSpec:
    base = {"name": "規則", "bases": {"population": {"label": "人口割"}, "use": {"label": "実績割"}}}
    return RuleSpec.model_validate({**base, **more})


def published(rule_id: str) -> RuleSpec:
    return next(rule.value.rule for rule in published_rules() if rule.id == rule_id)


def test_two_municipalities_by_their_agreement() -> None:
    # 10,000,000 yen: 20 % equally, 80 % by 84,000 and 17,000 people.
    people = {"221156": Fraction(84_000), "223441": Fraction(17_000)}
    found = share(published("gotemba_oyama.general"), {"": 10_000_000}, list(people), {"population": people})
    assert found.shares == {"221156": 7_653_465, "223441": 2_346_535}
    fire = share(published("gotemba_oyama.fire"), {"": 10_000_000}, list(people), {"population": people})
    assert fire.shares["221156"] == round(1_050_000 + 7_900_000 * 84 / 101)


def test_each_class_of_cost_goes_its_own_way() -> None:
    people, use = {"A": Fraction(15_000), "B": Fraction(2_500)}, {"A": Fraction(900), "B": Fraction(100)}
    costs = {
        "night_soil_construction": 1_000_000,
        "night_soil_running": 200_000,
        "waste_construction": 500_000,
    }
    rule = published("kushimoto_kozagawa")
    found = share(rule, costs, ["A", "B"], {"population": people, "use": use})
    small = {key: each.shares["B"] for key, each in found.splits.items()}
    assert small["night_soil_construction"] == round(350_000 * 2.5 / 17.5 + 75_000 + 50_000)
    assert small["night_soil_running"] == round(200_000 * (0.095 / 2 + 0.905 * 0.1))
    assert small["waste_construction"] == round(500_000 * (0.94 * 2.5 / 17.5 + 0.03))
    assert sum(found.shares.values()) == sum(costs.values()) == found.cost


def test_fixed_per_cents_and_a_fixed_amount_of_the_centre() -> None:
    five = share(
        published("souraku.planned"), {"": 1_000_001}, ["262145", "263648", "263656", "263664", "263672"], {}
    )
    assert list(five.shares.values()) == [600_001, 111_800, 126_500, 67_600, 94_100]
    patients = {"082015": Fraction(600), "082121": Fraction(400)}
    found = share(published("mito.obstetrics"), {"": 20_000_000}, list(patients), {"patients": patients})
    assert found.shares == {"082015": 16_000_000, "082121": 4_000_000}
    capped = {"special_tax_cap": {"A": Fraction(85), "B": Fraction(15)}, "population": PEOPLE}
    training = share(published("mito.training"), {"": 100_000}, ["A", "B"], capped)
    assert training.shares["B"] == round(70_000 * 0.15 + 30_000 * 6 / 80)


def test_a_loan_goes_by_the_ratio_of_the_year_it_was_taken() -> None:
    rule = spec(
        classes={
            "running": {"components": [{"basis": "equal", "weight": 100}]},
            "debt": {"by_year": {2015: {"A": 70, "B": 30}, 2020: {"A": "62.5", "B": "37.5"}}},
        }
    )
    found = share(rule, {"running": 100, "debt:2015": 1_000, "debt:2020": 800}, ["A", "B"], {})
    assert found.shares == {"A": 50 + 700 + 500, "B": 50 + 300 + 300}
    with pytest.raises(ShareError) as unknown:
        share(rule, {"debt:2016": 1}, ["A", "B"], {})
    assert (unknown.value.problem, unknown.value.found) == (Problem.YEAR, "2016")


def test_revenue_comes_off_first_then_the_host_pays_and_the_rest_is_shared() -> None:
    rule = by_people(
        deductions=(Deduction("国庫補助金", 1_000), Deduction("使用料", percent=Fraction(10))),
        host="C",
        host_percent=Fraction(25),
    )
    found = split(rule, 10_000, TOWNS, {"population": PEOPLE})
    left = 10_000 - 1_000 - 1_000
    rest = left * 3 / 4
    assert found.deducted == 2_000
    assert found.shares["C"] == round(left / 4 + rest * 18_500 / 98_500)
    assert sum(found.shares.values()) == left
    assert [step.what for step in found.steps] == ["cost", "deduct", "deduct", "host", "component", "round"]


def test_whoever_takes_no_part_pays_nothing() -> None:
    assert shares(by_people(without=frozenset("B")), 1_000)["B"] == 0
    halves = (Component("equal", Fraction(50), without=frozenset("A")), Component("population", Fraction(50)))
    found = shares(Rule("割ごと", halves), 1_000)
    assert found["A"] == round(500 * 74_000 / 98_500)


def test_caps_and_floors_are_kept_and_the_others_make_up_for_them() -> None:
    found = shares(by_people(limits={"A": Limit(most_percent=Fraction(60)), "B": Limit(least=100)}), 1_000)
    assert found == {"A": 600, "B": 100, "C": 300}
    with pytest.raises(ShareError) as cannot:
        shares(by_people(limits={town: Limit(most=100) for town in TOWNS}), 1_000)
    assert cannot.value.problem is Problem.LIMITS
    with pytest.raises(ShareError) as crossed:
        shares(by_people(limits={"A": Limit(least=200, most=100)}), 1_000)
    assert (crossed.value.problem, crossed.value.town) == (Problem.FLOOR, "A")


def test_thousands_of_yen_with_the_odd_yen_at_the_centre() -> None:
    found = shares(by_people(unit=1_000, remainder="A"), 12_345_678)
    assert [found[town] % 1_000 for town in "BC"] == [0, 0]
    assert found["A"] == 12_345_678 - found["B"] - found["C"]
    largest = shares(by_people(unit=1_000), 12_345_678)
    assert sum(largest.values()) == 12_345_678
    assert sum(value % 1_000 for value in largest.values()) == 678


def test_each_component_rounded_by_itself() -> None:
    rule = Rule(
        "割ごとに端数処理",
        (Component("equal", Fraction(50)), Component("population", Fraction(50))),
        each_component=True,
    )
    found = split(rule, 101, TOWNS, {"population": PEOPLE})
    assert sum(found.shares.values()) == 101
    assert [step.what for step in found.steps].count("round_component") == 2


@pytest.mark.parametrize(
    ("rule", "bases", "problem", "town"),
    [
        (by_people(), {"population": {**PEOPLE, "B": Fraction(-1)}}, Problem.NEGATIVE, "B"),
        (by_people(), {"population": {"A": Fraction(1), "C": Fraction(1)}}, Problem.MISSING, "B"),
        (by_people(), {"population": dict.fromkeys(TOWNS, Fraction(0))}, Problem.NONE_OF_IT, None),
        (by_people(), {"population": None}, Problem.NO_BASIS, None),
        (by_people(fixed={"A": 2_000}), {}, Problem.FIXED_SUM, None),
        (by_people(fixed={"Z": 1}), {}, Problem.UNKNOWN, "Z"),
        (by_people(remainder="Z"), {}, Problem.UNKNOWN, "Z"),
        (by_people(remainder="B", without=frozenset("B")), {}, Problem.LEFT_OUT, "B"),
        (by_people(deductions=(Deduction("補助金", 1_001),)), {}, Problem.DEDUCTIONS, None),
    ],
)
def test_what_is_wrong_is_named(rule: Rule, bases: dict, problem: Problem, town: str | None) -> None:
    given = {key: value for key, value in {"population": PEOPLE, **bases}.items() if value is not None}
    with pytest.raises(ShareError) as raised:
        split(rule, 1_000, TOWNS, given)
    assert (raised.value.problem, raised.value.town) == (problem, town)


def test_weights_that_are_not_100_are_refused() -> None:
    with pytest.raises(ShareError) as raised:
        Rule("九割", (Component("equal", Fraction(90)),))
    assert (raised.value.problem, raised.value.found) == (Problem.WEIGHTS, "90")
    with pytest.raises(ValueError, match="90"):
        spec(components=[{"basis": "equal", "weight": 20}, {"basis": "population", "weight": 70}])


weights = st.lists(st.integers(0, 10**7), min_size=1, max_size=40).filter(lambda values: sum(values) > 0)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(weights, st.integers(0, 10**12), st.sampled_from([1, 10, 100, 1_000, 10_000]), st.booleans())
def test_parts_make_the_whole(values: list[int], total: int, unit: int, to_one: bool) -> None:
    named = {f"{at:03}": Fraction(total * value, sum(values)) for at, value in enumerate(values)}
    last = max(named, key=lambda name: named[name])
    found = whole(named, total, unit=unit, remainder=last if to_one else "largest")
    assert sum(found.values()) == total
    assert min(found.values()) >= 0
    odd = [name for name, value in found.items() if value % unit]
    assert len(odd) <= 1
    if not to_one:
        assert all(abs(found[name] - named[name]) < 2 * unit for name in named)
        assert all(found[name] == 0 for name in named if named[name] == 0)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(weights, st.integers(0, 10**10), st.randoms(use_true_random=False))
def test_neither_order_nor_equal_figures_make_a_difference(values, total, shuffled: random.Random) -> None:
    named = {f"{at:03}": Fraction(value) for at, value in enumerate([*values, values[0]])}
    rule = Rule("割", (Component("use", Fraction(60)), Component("equal", Fraction(40))))
    found = split(rule, total, list(named), {"use": named}).shares
    other = list(named)
    shuffled.shuffle(other)
    assert split(rule, total, other, {"use": named}).shares == found
    twin = f"{len(values):03}"
    assert abs(found["000"] - found[twin]) <= 1


@pytest.mark.slow
def test_a_hundred_thousand_bills_add_up() -> None:
    dice = random.Random(20)
    for _ in range(100_000):
        count = dice.randint(1, 9)
        towns = [str(at) for at in range(count)]
        figures = {town: Fraction(dice.randint(0, 90_000)) for town in towns}
        figures[towns[0]] += 1
        weight = dice.randint(0, 100)
        rule = Rule(
            "割",
            (Component("use", Fraction(weight)), Component("equal", Fraction(100 - weight))),
            unit=dice.choice((1, 100, 1_000)),
        )
        cost = dice.randint(0, 10**9)
        assert sum(split(rule, cost, towns, {"use": figures}).shares.values()) == cost


def test_every_published_rule_can_be_used() -> None:
    for rule in published_rules():
        for key in rule.value.rule.parts():
            made = rule_of(rule.value.rule, key)
            towns = sorted({town for each in made.components for town in each.table or ()} | set(made.fixed))
            towns = towns or ["A", "B", "C"]
            bases = {each.basis: dict.fromkeys(towns, Fraction(7)) for each in made.components}
            assert sum(split(made, 30_000_001, towns, bases).shares.values()) == 30_000_001
