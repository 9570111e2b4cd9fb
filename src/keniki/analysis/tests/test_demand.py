"""What a population needs: splits that keep their sums, rates in classes of their own, changes that add up."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keniki.analysis.population import InputError, five_year_ages
from keniki.analysis.population.demand import (
    AgeRates,
    Building,
    Cycle,
    People,
    UnitCost,
    elastic,
    parts_of_change,
    raked,
    renewal_costs,
    single_years,
    vacant,
    water,
)

AGES = five_year_ages(90)
counts = st.floats(0, 1e6, allow_subnormal=False)
classes = arrays(float, (2, len(AGES)), elements=counts)


@pytest.mark.slow
@given(classes, st.sampled_from(("pchip", "sprague")))
def test_a_split_keeps_the_sum_of_every_class_and_nobody_is_negative(people, method) -> None:
    made = single_years(people, AGES, method)
    assert made.shape == (2, 91)
    assert made.min() >= 0
    closed = made[:, :-1].reshape(2, -1, 5).sum(axis=2)
    assert closed == pytest.approx(people[:, :-1], rel=1e-9, abs=1e-6)
    assert np.array_equal(made[:, -1], people[:, -1])


@pytest.mark.parametrize("method", ["pchip", "sprague"])
def test_a_split_follows_a_population_that_changes_steadily_with_age(method) -> None:
    truth = np.linspace(300, 30, 90)
    people = np.append(truth.reshape(-1, 5).sum(axis=1), 500.0)
    made = single_years(people, AGES, method)
    assert made[:-1] == pytest.approx(truth, abs=1.5 if method == "pchip" else 1e-6)


def test_figures_that_cannot_be_split_are_refused_with_their_class() -> None:
    people = np.full(len(AGES), 10.0)
    with pytest.raises(InputError, match="5-9"):
        single_years(np.where(np.arange(len(AGES)) == 1, -1.0, people), AGES)
    with pytest.raises(InputError, match="classes of age"):
        single_years(people[:-1], AGES)


@pytest.mark.parametrize(
    ("ages", "rates", "words"),
    [
        (((0, 4), (10, None)), [0.1, 0.2], "10\\+: the ages of a rate"),
        (((0, 4), (5, None)), [0.1, -0.2], "5\\+: a rate is negative"),
        (((0, 4), (5, 9)), [np.nan, 0.2], "0-4: a rate is missing"),
        (((0, None), (5, 9)), [0.1, 0.2], "5-9: the ages of a rate"),
        (((0, 4),), [0.1, 0.2], "rates for 1 classes"),
    ],
)
def test_rates_with_gaps_or_without_sense_name_their_row(ages, rates, words) -> None:
    with pytest.raises(InputError, match=words):
        AgeRates(ages, np.array(rates))


@pytest.mark.slow
@given(arrays(float, (3, 1, 2, len(AGES)), elements=counts))
def test_people_need_the_same_whether_classes_are_split_at_once_or_where_needed(people) -> None:
    rates = AgeRates(((6, 14), (15, 74), (75, None)), np.array([[1.0, 0.2, 3.0], [1.0, 0.1, 4.0]])).by_year(
        90
    )
    whole = (single_years(people, AGES) * rates).sum(axis=(-2, -1))
    assert People(people, AGES).needing(rates[None]) == pytest.approx(whole, rel=1e-9, abs=1e-6)


def test_an_open_class_that_begins_below_the_rates_takes_their_mean_in_a_stationary_population() -> None:
    rate = AgeRates(((65, 89), (90, 94), (95, None)), np.array([0.1, 0.5, 0.9]))
    old = np.array([[4.0, 3, 2, 1, 1, 1], [8.0, 6, 4, 2, 2, 8]])
    found = rate.by_year(90, old)
    assert found[:, -1] == pytest.approx([(11 * 0.5 + 0.9) / 12, (22 * 0.5 + 8 * 0.9) / 30])
    with pytest.raises(InputError, match="need weights"):
        rate.by_year(90)
    assert rate.by_year(95)[0, [64, 65, 94, 95]].tolist() == [0, 0.1, 0.5, 0.9]


def test_people_who_stay_healthy_for_a_year_longer_have_the_rate_of_younger_ones() -> None:
    rate = AgeRates(((65, 69), (70, None)), np.array([0.1, 0.5]))
    found = rate.by_year(90, np.ones((2, 10)), later=1)
    assert found[0, [65, 66, 70, 71, 90]].tolist() == [0, 0.1, 0.1, 0.5, 0.5]


@pytest.mark.slow
@given(
    arrays(float, (4, 3, 2, 5), elements=counts),
    arrays(float, (4, 3, 2, 5), elements=st.floats(0, 5, allow_subnormal=False)),
)
def test_the_parts_of_a_change_add_up_to_it(people, rates) -> None:
    parts = parts_of_change(people, rates)
    whole = (people * rates).sum(axis=(1, 2, 3))
    assert parts.whole == pytest.approx(whole - whole[0], rel=1e-9, abs=1e-3)
    assert parts.whole[0] == 0
    constant = parts_of_change(people, rates[0])
    assert np.all(constant.rate == 0)


def test_a_population_that_only_shrinks_changes_by_size_alone() -> None:
    people = np.stack([np.full((2, 2, 4), 10.0), np.full((2, 2, 4), 7.0)])
    parts = parts_of_change(people, np.broadcast_to(np.arange(4.0), (2, 2, 4)))
    assert (parts.size[1], parts.structure[1]) == pytest.approx((-72.0, 0.0))


@settings(max_examples=30)
@given(
    arrays(float, (4, 3), elements=st.floats(0.1, 100)),
    arrays(float, (4, 3), elements=st.floats(0.1, 100)),
)
def test_a_table_is_fitted_to_both_of_its_margins(seed, other) -> None:
    made = raked(seed, other.sum(axis=1), other.sum(axis=0))
    assert made.sum(axis=1) == pytest.approx(other.sum(axis=1), rel=1e-6)
    assert made.sum(axis=0) == pytest.approx(other.sum(axis=0), rel=1e-3)


def test_water_of_a_published_plan_and_shares_that_are_none() -> None:
    average, maximum = water(np.array([141_920.0]), 258.0)
    assert (round(average[0]), maximum) == (36_615, None)
    supplied, most = water(np.array([141_920.0]), 290.5, 0.99, load_factor=0.795, effective=0.83)
    assert supplied[0] == pytest.approx(141_920 * 0.99 * 0.2905 / 0.83)
    assert most is not None
    assert most[0] == pytest.approx(supplied[0] / 0.795)
    for wrong in ({"load_factor": 0.0}, {"load_factor": 1.2}, {"effective": 0.0}):
        with pytest.raises(InputError, match="share between 0 and 1"):
            water(np.array([1.0]), 258.0, **wrong)


def test_staff_fall_by_the_elasticity_that_was_observed_and_homes_stand_empty() -> None:
    assert elastic(
        np.array(100.0), np.array(63.0), np.array(100.0), np.log(0.758) / np.log(0.63)
    ) == pytest.approx(75.8)
    assert vacant(np.array([10.0]), np.array([[20.0]]), [2020]).tolist() == [[0.0]]


COSTS = {"school": UnitCost(170_000, 330_000), "housing": UnitCost(170_000, 280_000)}


def test_buildings_are_repaired_and_rebuilt_in_their_years() -> None:
    new = renewal_costs([Building("housing", 2020, 100.0)], COSTS, 2020, 65)
    assert {2020 + int(year): cost for year, cost in enumerate(new) if cost} == {
        2050: 8_500_000, 2051: 8_500_000,
        2080: pytest.approx(28_000_000 / 3), 2081: pytest.approx(28_000_000 / 3), 2082: pytest.approx(28_000_000 / 3),
    }  # fmt: skip
    overdue = renewal_costs([Building("school", 1985, 1000.0)], COSTS, 2020, 40, price=1.5)
    assert overdue[:10] == pytest.approx(np.full(10, 17_000_000 * 1.5))
    assert overdue[10:25].sum() == 0
    assert overdue[25:28].sum() == pytest.approx(330_000_000 * 1.5)
    assert overdue.sum() == pytest.approx((170_000_000 + 330_000_000) * 1.5)
    too_old = renewal_costs([Building("school", 1950, 1000.0)], COSTS, 2020, 31)
    assert too_old[:10] == pytest.approx(np.full(10, 33_000_000))
    assert too_old[10:].tolist() == [0.0] * 20 + [85_000_000.0]
    assert renewal_costs([Building("school", 1970, 0.0)], COSTS, 2020, 10, cycle=Cycle(backlog=5)).sum() == 0
    with pytest.raises(InputError, match="building 1: no unit costs for the use 'palace'"):
        renewal_costs([Building("palace", 1970, 1.0)], COSTS, 2020, 10)
    with pytest.raises(InputError, match="building 2: the floor area"):
        renewal_costs([Building("school", 1970, 1.0), Building("school", 1970, -1.0)], COSTS, 2020, 10)


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("KENIKI_TEST_DATA"), reason="the published files lie where KENIKI_TEST_DATA says"
)
def test_the_nations_children_of_school_age_are_the_pupils_of_its_schools() -> None:
    """Between the censuses' classes and the pupils of 2023 lie three years: those of 3–8 and 9–11 in 2020."""
    from keniki.apps.evidence.futures import files

    census, _ = files.census_in(
        Path(os.environ["KENIKI_TEST_DATA"], "census2020", "population_census_2020.csv"), Path.read_bytes
    )
    population = census[2020]
    nation = population.values.sum(axis=0)
    for method in ("pchip", "sprague"):
        made = single_years(nation, population.ages, method).sum(axis=0)
        assert made[3:9].sum() == pytest.approx(6_100_243, rel=0.015)
        assert made[9:12].sum() == pytest.approx(3_202_878, rel=0.03)
