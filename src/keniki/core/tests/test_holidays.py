from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.errors import WrongInput
from keniki.core.holidays import Calendar, announced_through, is_estimate

days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
calendar = Calendar()


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2025, 1, 1), "元日"),
        (date(2025, 3, 20), "春分の日"),
        (date(2025, 5, 6), "振替休日"),
        (date(2019, 4, 30), "国民の休日"),
        (date(2025, 7, 22), None),
    ],
)
def test_the_laws_holidays_are_known_by_name(day, name):
    assert calendar.holiday_name(day) == name


@given(days)
def test_the_next_and_the_previous_business_day_enclose_the_day(day):
    before, after = calendar.previous_business_day(day), calendar.next_business_day(day)
    assert before <= day <= after
    assert calendar.is_business_day(before)
    assert calendar.is_business_day(after)
    assert (before == day == after) == calendar.is_business_day(day)


@given(days, st.integers(1, 30))
def test_business_days_forth_and_back_end_where_they_began(day, count):
    start = calendar.next_business_day(day)
    assert calendar.add_business_days(calendar.add_business_days(start, count), -count) == start


def test_offices_close_over_the_new_year_unless_told_otherwise():
    assert not calendar.is_business_day(date(2025, 12, 29))
    assert calendar.next_business_day(date(2025, 12, 29)) == date(2026, 1, 5)
    assert Calendar(year_end=None).is_business_day(date(2025, 12, 29))


def test_the_override_table_adds_and_takes_away_holidays():
    own = Calendar({date(2025, 8, 15): "開町記念日", date(2025, 8, 11): None, date(2025, 12, 29): None})
    assert own.holiday_name(date(2025, 8, 15)) == "開町記念日"
    assert not own.is_business_day(date(2025, 8, 15))
    assert own.is_business_day(date(2025, 8, 11))
    assert own.is_business_day(date(2025, 12, 29))


def test_an_instalment_due_on_a_holiday_is_paid_the_day_before():
    assert calendar.previous_business_day(date(2025, 2, 24)) == date(2025, 2, 21)


def test_equinoxes_are_certain_only_a_year_ahead():
    assert announced_through(date(2025, 1, 31)) == date(2025, 12, 31)
    assert announced_through(date(2025, 2, 3)) == date(2026, 12, 31)
    assert is_estimate(date(2027, 3, 21), date(2025, 6, 1))
    assert not is_estimate(date(2026, 3, 20), date(2025, 6, 1))
    assert not is_estimate(date(2027, 6, 1), date(2025, 6, 1))


def test_a_year_nobody_can_compute_is_refused():
    with pytest.raises(WrongInput, match="2100年の祝日"):
        calendar.is_holiday(date(2100, 1, 1))
