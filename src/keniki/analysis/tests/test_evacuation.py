"""Plans of evacuation: the best by every aim, proven beside other solvers, and what every plan keeps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.analysis.evacuation import PerPeople, Reserve, Scenario, cells_of, network, plan, shelters_of
from keniki.core.errors import WrongInput

from .evacuation_cases import (
    by_programmes,
    cases,
    holds_together,
    placed_by_maximum_flow,
    turned,
)

AIMS = ("unplaced", "unplaced_accessible", "unplaced_vulnerable", "far", "person_km")


def line(people, capacity, **more):
    """Cells and shelters of one town on a line, a kilometre apart, both from its start."""
    cells = cells_of(
        [f"c{at}" for at in range(len(people))], ["1"] * len(people), [43 + at / 111.195 for at in range(len(people))],
        [141.0] * len(people), people, districts=more.get("districts"),
    )  # fmt: skip
    shelters = shelters_of(
        [f"s{at}" for at in range(len(capacity))], more.get("towns", ["1"] * len(capacity)),
        [43 + at / 111.195 for at in range(len(capacity))], [141.0] * len(capacity), capacity,
        accessible=more.get("accessible"), unusable=more.get("unusable"),
    )  # fmt: skip
    return cells, shelters


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(cases())
def test_every_aim_is_as_good_as_a_linear_programme_finds(case):
    scenario = case[2]
    found = plan(*case)
    best = by_programmes(*case)
    for key, value in zip(AIMS, best, strict=False):
        aim = found.aim(key)
        value = value / 1000 if key == "person_km" else value
        if key != "person_km" or not scenario.longer_for_fairness:
            assert aim.flow == pytest.approx(value, abs=1e-3)
            assert aim.flow_gap == 0
        assert aim.bound == pytest.approx(value, abs=1e-3)
    longest = found.aim("person_km").bound * (1 + scenario.longer_for_fairness)
    assert found.aim("person_km").flow <= longest + 1e-9
    evenest = by_programmes(*case, longest * 1000)[5]
    share = found.aim("largest_share")
    assert share.bound == pytest.approx(evenest, abs=1e-3)
    assert share.flow >= evenest - 1e-3


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(cases())
def test_people_are_conserved_and_no_limit_is_passed(case):
    holds_together(*case, plan(*case))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(cases())
def test_as_many_have_a_place_as_a_maximum_flow_allows(case):
    cells, shelters, scenario = case
    scenario = replace(scenario, reserves={})
    found = plan(cells, shelters, scenario)
    assert found.people - found.unplaced == placed_by_maximum_flow(cells, shelters, scenario)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(cases(least=1), st.integers(0, 10**6))
def test_the_plan_is_the_same_for_any_order_of_rows_and_on_every_run(case, seed):
    cells, shelters, scenario = case
    said = _by_names(cells, shelters, plan(*case))
    assert _by_names(cells, shelters, plan(*case)) == said
    others = turned(cells, shelters, seed)
    assert _by_names(*others, plan(*others, scenario)) == said


def _by_names(cells, shelters, found):
    rows = found.assignment
    named = sorted(
        (cells.ids[i], shelters.ids[j], int(people), int(vulnerable), int(need), km)
        for i, j, people, vulnerable, need, km in zip(
            rows.cell, rows.shelter, rows.people, rows.vulnerable, rows.accessible, rows.km, strict=True
        )
    )
    return named, found.aims, found.districts, found.receiving, found.short


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(cases(least=1), st.randoms(use_true_random=False))
def test_other_names_change_no_aim_that_is_proven(case, random):
    cells, shelters, scenario = case
    names, sites = list(cells.ids), list(shelters.ids)
    random.shuffle(names)
    random.shuffle(sites)
    renamed = plan(replace(cells, ids=tuple(names)), replace(shelters, ids=tuple(sites)), scenario)
    before = plan(*case)
    for key in AIMS:
        assert renamed.aim(key).bound == before.aim(key).bound
    assert renamed.aim("largest_share").bound == pytest.approx(before.aim("largest_share").bound, abs=1e-3)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(cases(least=1), st.integers(0, 4), st.integers(1, 9))
def test_more_places_never_leave_more_people_without_one(case, at, more):
    cells, shelters, scenario = case
    scenario = replace(scenario, reserves={})
    capacity = shelters.capacity.copy()
    capacity[at % len(shelters)] += more
    larger = plan(cells, replace(shelters, capacity=capacity), scenario)
    assert larger.unplaced <= plan(cells, shelters, scenario).unplaced


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(cases(least=2))
def test_keeping_together_takes_no_place_and_sends_nobody_far(case):
    cells, shelters, scenario = case
    free = plan(cells, shelters, replace(scenario, keep_whole="none"))
    for whole in ("district", "cell"):
        found = plan(cells, shelters, replace(scenario, keep_whole=whole))
        for key in ("unplaced", "unplaced_accessible", "unplaced_vulnerable"):
            assert found.aim(key).plan == free.aim(key).plan
        assert found.aim("far").plan == free.aim("far").plan
        assert found.aim("person_km").gap >= -1e-9
        if whole == "cell":
            assert _parts(found) <= _parts(free)


def _parts(found):
    """Parts of cells, people who need an accessible place counted on their own."""
    rows = found.assignment
    return np.count_nonzero(rows.accessible) + np.count_nonzero(rows.people - rows.accessible)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(cases(least=2, most=8))
def test_pairs_left_out_at_first_come_in_where_they_make_the_plan_better(case):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "_START", 1)
        patch.setattr(network, "_ALL", 0)
        few = plan(*case)
    every = plan(*case)
    assert few.pairs <= every.pairs
    for key in AIMS:
        assert few.aim(key).bound == every.aim(key).bound
        assert few.aim(key).flow_gap == 0 or key == "person_km"


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(cases(least=1), st.integers(1, 3))
def test_with_few_candidates_the_plan_keeps_all_limits_and_is_never_better(case, nearest):
    cells, shelters, scenario = case
    few = plan(cells, shelters, replace(scenario, nearest=nearest))
    holds_together(cells, shelters, scenario, few)
    assert few.unplaced >= plan(*case).unplaced
    assert not few.all_pairs


def test_nobody_is_planned_for_where_there_is_nobody():
    empty = cells_of([], [], [], [], [])
    _, shelters = line([5], [9])
    found = plan(empty, shelters, Scenario(5))
    assert (found.people, found.unplaced, found.districts, found.short) == (0, 0, (), ())
    assert [(town.capacity, town.own, town.share) for town in found.receiving] == [(9, 0, 0.0)]
    cells, _ = line([0], [9])
    assert plan(cells, shelters, Scenario(5)).districts[0].parts == ()


def test_without_a_shelter_everybody_is_without_a_place():
    cells, _ = line([5, 7], [1])
    for shelters in (shelters_of([], [], [], [], []), line([1], [9], unusable=["浸水"])[1]):
        found = plan(cells, shelters, Scenario(5, per=PerPeople(tent=5, bed=1, staff=20)))
        assert (found.unplaced, found.nearest.over) == (12, 12)
        assert (found.equipment.tents, found.equipment.beds, found.equipment.staff) == (3, 0, 0)
        (short,) = found.short
        assert short.cause == "capacity"
    assert short.reason == "使える避難所がありません。この市町の避難所1か所（9人分）は使えません。"


def test_one_shelter_takes_the_vulnerable_first_and_whom_is_near():
    cells = cells_of(
        ["a", "b"], ["1", "1"], [43.0, 43.1], [141.0, 141.0], [10, 10], vulnerable=[0, 4], accessible=[0, 1]
    )
    shelters = shelters_of(["A"], ["1"], [43.0], [141.0], [12], accessible=[1])
    found = plan(cells, shelters, Scenario(100))
    assert found.assignment.people.tolist() == [8, 4]
    assert found.assignment.vulnerable.tolist() == [0, 4]
    assert found.assignment.accessible.tolist() == [0, 1]


def test_a_place_in_ones_own_town_comes_first_if_the_border_counts():
    cells, shelters = line([10], [10, 10], towns=["2", "1"])
    assert plan(cells, shelters, Scenario(5)).assignment.shelter.tolist() == [0]
    assert plan(cells, shelters, Scenario(5, border_km=2)).assignment.shelter.tolist() == [1]
    closed = plan(cells, line([1], [10, 4], towns=["2", "1"])[1], Scenario(5, agreements=frozenset()))
    assert (closed.unplaced, closed.short[0].cause) == (6, "agreement")
    assert "協定" in closed.short[0].reason


def test_what_a_town_keeps_for_its_own_people_stays_free():
    cells, shelters = line([10], [12], towns=["2"])
    found = plan(cells, shelters, Scenario(5, reserves={"2": Reserve(own=5)}))
    assert (found.unplaced, found.short[0].cause) == (3, "reserve")
    (town,) = found.receiving
    assert (town.others, town.kept_own, town.free) == (7, 5, 5)
    mirrored = plan(*line([10], [12]), Scenario(5, reserves={"1": Reserve(others=0.5)}))
    assert mirrored.unplaced == 4


def test_people_who_need_an_accessible_place_do_not_get_another():
    cells = cells_of(["a"], ["1"], [43.0], [141.0], [9], accessible=[4])
    shelters = shelters_of(["A", "B"], ["1", "1"], [43.0, 43.1], [141.0, 141.0], [20, 20], accessible=[1, 2])
    found = plan(cells, shelters, Scenario(5, keep_whole="none"))
    assert found.aim("unplaced_accessible").plan == 1
    assert found.short[0].cause == "accessible"
    assert found.assignment.people.tolist() == [6, 2]


def test_too_few_candidates_are_told_as_the_reason():
    cells, shelters = line([10, 10], [12, 0, 12])
    found = plan(cells, shelters, Scenario(9, nearest=1))
    assert plan(cells, shelters, Scenario(9)).unplaced == 0
    assert found.unplaced == 0 or found.short[0].cause == "nearest"
    found = plan(line([10, 10], [1])[0], line([1], [12, 12, 12, 12])[1], Scenario(9, nearest=1))
    assert found.unplaced == 0
    far = shelters_of(["A", "B"], ["1", "1"], [43.0, 43.5], [141.0, 141.0], [12, 12])
    found = plan(cells, far, Scenario(9, nearest=1))
    assert (found.unplaced, found.short[0].cause) == (8, "nearest")


def test_a_district_stays_together_where_it_can_and_its_parts_are_shown_where_not():
    cells, shelters = line([6, 6, 6], [9, 9, 18], districts=["p", "p", "q"])
    split = plan(cells, shelters, Scenario(9, keep_whole="none"))
    assert [each.district for each in split.split] == ["p"]
    kept = plan(cells, shelters, Scenario(9))
    assert kept.split == ()
    assert {each.district: each.parts[0].shelter for each in kept.districts} == {"p": "s2", "q": "s2"}
    assert split.aim("person_km").plan == 0
    assert kept.aim("person_km").gap == pytest.approx(6 * 2 + 6 * 1, abs=0.02)
    tight = plan(cells, line([1], [9, 9])[1], Scenario(9))
    assert [(part.shelter, part.people) for part in tight.split[0].parts] == [("s0", 9), ("s1", 3)]


def test_people_who_need_an_accessible_place_go_with_their_district_where_that_has_room():
    cells = cells_of(["a"], ["1"], [43.0], [141.0], [9], accessible=[2])
    shelters = shelters_of(["A", "B"], ["1", "1"], [43.0, 43.01], [141.0, 141.0], [7, 20], accessible=[0, 5])
    assert len(plan(cells, shelters, Scenario(5, keep_whole="none")).split) == 1
    assert plan(cells, shelters, Scenario(5)).split == ()
    assert len(plan(cells, shelters, Scenario(0.5)).split) == 1


def test_a_district_is_split_rather_than_sent_further_than_that_may_cost():
    cells, shelters = line([12], [9, 4, 0, 0, 0, 0, 20])
    assert plan(cells, shelters, Scenario(9)).split == ()
    assert len(plan(cells, shelters, Scenario(9, longer_for_whole_km=2)).split) == 1
    assert len(plan(cells, shelters, Scenario(5)).split) == 1


def test_towns_carry_evenly_where_ways_tie_or_may_be_longer():
    cells = cells_of(["a"], ["1"], [43.0], [141.0], [9])
    at = ["2", "3"], [43.05, 42.95], [141.0, 141.0], [10, 20]
    tied = plan(cells, shelters_of(["A", "B"], *at), Scenario(9, keep_whole="none"))
    assert tied.aim("largest_share").plan == pytest.approx(0.3)
    further = ["2", "3"], [43.05, 42.945], [141.0, 141.0], [10, 20]
    strict = plan(cells, shelters_of(["A", "B"], *further), Scenario(9, keep_whole="none"))
    assert strict.aim("largest_share").plan == pytest.approx(0.9)
    loose = Scenario(9, keep_whole="none", longer_for_fairness=0.1)
    assert plan(cells, shelters_of(["A", "B"], *further), loose).aim("largest_share").plan == pytest.approx(
        0.3
    )


def test_the_nearest_rule_stands_beside():
    found = plan(*line([10, 10], [12, 0, 12]), Scenario(9))
    assert (found.nearest.over, found.nearest.shelters) == (8, 1)
    assert found.nearest.person_km == pytest.approx(10, abs=0.01)


def test_a_reserve_or_an_agreement_that_cannot_be_is_refused():
    case = line([10], [12])
    with pytest.raises(WrongInput, match="受入枠13人が、使える避難所の収容人数12人"):
        plan(*case, Scenario(5, reserves={"1": Reserve(own=13)}))
    with pytest.raises(WrongInput, match="受入枠の合計"):
        plan(*case, Scenario(5, reserves={"1": Reserve(own=10, others=10)}))
    with pytest.raises(WrongInput, match="「9」に区画も避難所もありません"):
        plan(*case, Scenario(5, agreements=frozenset({("1", "9")})))
