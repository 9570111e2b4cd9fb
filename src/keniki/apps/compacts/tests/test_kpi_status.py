from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.compacts.kpi_status import (
    Direction,
    Goal,
    Status,
    accumulated,
    due_in,
    kpi_status,
)
from keniki.rulebooks.kpi import StatusGrade, StatusRule

GRADES = tuple(
    StatusGrade(key=key, label=key, at_least=Decimal(limit))
    for key, limit in (("achieved", "1"), ("on_track", "0.8"), ("behind", "0"))
)


def rule(tolerance="0"):
    return StatusRule(grades=GRADES, undecided="判定不能", tolerance=Decimal(tolerance), statement="")


RULE = rule()
ORDER = {Status.BEHIND: 0, Status.ON_TRACK: 1, Status.ACHIEVED: 2}
values = st.decimals(-10_000, 10_000, places=2)
years = st.integers(2020, 2032)
targets = st.dictionaries(st.integers(2022, 2030), values, min_size=1, max_size=4)


@st.composite
def goals(draw, directions=tuple(d for d in Direction if d is not Direction.UNDECIDED)):
    return Goal(
        direction=draw(st.sampled_from(directions)),
        targets=draw(targets),
        baseline=draw(st.none() | values),
        baseline_year=draw(st.none() | st.integers(2018, 2021)),
    )


def judged(goal, year, actual, rule=RULE):
    return kpi_status(goal, year, None if actual is None else Decimal(str(actual)), rule).status


@pytest.mark.slow
@given(goals((Direction.INCREASE, Direction.CUMULATIVE, Direction.FLOOR)), years, values, values)
def test_more_is_never_judged_worse_where_more_is_meant(goal, year, one, other):
    low, high = sorted((one, other))
    first, second = kpi_status(goal, year, low, RULE).status, kpi_status(goal, year, high, RULE).status
    if first in ORDER and second in ORDER:
        assert ORDER[first] <= ORDER[second]
    else:
        assert first == second


@pytest.mark.slow
@given(goals((Direction.INCREASE,)), years, values)
def test_a_decrease_is_the_mirror_of_an_increase(goal, year, actual):
    mirror = Goal(
        Direction.DECREASE,
        {y: -v for y, v in goal.targets.items()},
        None if goal.baseline is None else -goal.baseline,
        goal.baseline_year,
    )
    assert kpi_status(goal, year, actual, RULE).status == kpi_status(mirror, year, -actual, RULE).status


@pytest.mark.slow
@given(goals((Direction.FLOOR,)), years, values)
def test_a_ceiling_is_the_mirror_of_a_floor(goal, year, actual):
    mirror = Goal(Direction.CEILING, {y: -v for y, v in goal.targets.items()})
    assert kpi_status(goal, year, actual, RULE).status == kpi_status(mirror, year, -actual, RULE).status


@pytest.mark.slow
@given(goals(), years, values)
def test_meeting_the_last_target_exactly_in_its_year_is_an_achievement(goal, year, actual):
    final = goal.final_year
    verdict = kpi_status(goal, final, goal.targets[final], RULE)
    assert verdict.status in (Status.ACHIEVED, Status.UNDECIDABLE)


@pytest.mark.slow
@given(goals(), years, st.none() | values)
def test_every_verdict_has_a_reason_in_words(goal, year, actual):
    verdict = kpi_status(goal, year, actual, RULE)
    assert verdict.reason.endswith("。")
    assert (verdict.status is Status.MISSING) == (actual is None)


@pytest.mark.slow
@given(goals((Direction.INCREASE, Direction.DECREASE)), years)
def test_the_way_stays_between_its_points(goal, year):
    due = due_in(goal, year)
    points = [*goal.targets.values(), *([goal.baseline] if goal.baseline is not None else [])]
    assert due is None or min(points) <= due <= max(points)


def test_without_a_target_it_is_under_consideration_whatever_was_reached():
    assert judged(Goal(Direction.UNDECIDED, {2024: Decimal(5)}), 2024, 10) is Status.CONSIDERING
    assert judged(Goal(Direction.INCREASE), 2024, 10) is Status.CONSIDERING


INCREASE = Goal(Direction.INCREASE, {2028: Decimal(200)}, Decimal(100), 2023)


@pytest.mark.parametrize(
    ("year", "actual", "status"),
    [
        (2025, 140, Status.ACHIEVED),
        (2025, 132, Status.ON_TRACK),
        (2025, "131.99", Status.BEHIND),
        (2028, 199, Status.ON_TRACK),
        (2028, 200, Status.ACHIEVED),
        (2030, 199, Status.ON_TRACK),
        (2025, 90, Status.BEHIND),
        (2022, 150, Status.UNDECIDABLE),
    ],
)
def test_an_increase_is_judged_on_the_straight_way_to_its_target(year, actual, status):
    assert judged(INCREASE, year, actual) is status


def test_a_share_just_below_the_threshold_does_not_read_as_the_threshold():
    assert "79.9％" in kpi_status(INCREASE, 2025, Decimal("131.99"), RULE).reason


def test_the_value_due_lies_on_the_straight_way():
    assert due_in(INCREASE, 2025) == 140
    assert due_in(INCREASE, 2020) is None
    assert due_in(INCREASE, 2031) == 200


def test_keeping_a_number_means_not_falling_below_it_by_more_than_the_tolerance():
    lines = Goal(Direction.MAINTAIN, {2027: Decimal(27)}, Decimal(27), 2018)
    assert judged(lines, 2025, 27) is Status.ACHIEVED
    assert judged(lines, 2025, 28) is Status.ACHIEVED
    assert judged(lines, 2025, 26) is Status.BEHIND
    assert judged(lines, 2025, 26, rule("0.05")) is Status.ACHIEVED


def test_a_rate_within_two_percent_is_judged_year_by_year():
    rate = Goal(Direction.CEILING, {2022: Decimal(2)}, Decimal("2.0"), 2017)
    assert judged(rate, 2020, "1.9") is Status.ACHIEVED
    assert judged(rate, 2020, "2.1") is Status.BEHIND


def test_what_accumulates_is_measured_from_nothing():
    total = Goal(Direction.CUMULATIVE, {2024: Decimal(25), 2026: Decimal(75)})
    assert judged(total, 2024, 19) is Status.BEHIND
    assert judged(total, 2024, 20) is Status.ON_TRACK
    assert judged(total, 2025, 50) is Status.ACHIEVED


def test_a_target_on_the_wrong_side_of_the_baseline_cannot_be_judged():
    assert (
        judged(Goal(Direction.INCREASE, {2025: Decimal(5)}, Decimal(9), 2020), 2023, 7) is Status.UNDECIDABLE
    )


@pytest.mark.slow
@given(st.dictionaries(years, st.decimals(0, 1000, places=1)))
def test_sums_up_to_each_year_end_at_the_total(yearly):
    sums = accumulated(yearly)
    assert list(sums) == sorted(yearly)
    assert not sums or sums[max(sums)] == sum(yearly.values())
