import json
import pickle
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core import fiscal_year
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear

years = st.integers(1869, 2090).map(FiscalYear)


@pytest.mark.parametrize(
    "typed",
    [
        "R2",
        "R2年度",
        "（R2年度）",
        "(R2)",
        "令和2年度",
        "令和２年度",
        "㋿2",
        "Ｒ２",
        "r2",
        "令和二年度",
        "2020",
        "2020年度",
        "２０２０年度",
    ],
)
def test_the_ways_offices_write_a_fiscal_year_are_all_read(typed):
    assert FiscalYear.parse(typed) == 2020


@pytest.mark.parametrize("typed", ["令和元年度", "R元", "R1", "平成31年度", "H31"])
def test_2019_is_the_first_year_of_reiwa_under_all_its_names(typed):
    assert FiscalYear.parse(typed) == 2019
    assert fiscal_year.format_table(FiscalYear.parse(typed)) == "令和元年度"


def test_a_calendar_year_is_refused_since_it_is_another_thing():
    with pytest.raises(WrongInput, match="「年」と「年度」は別のもの"):
        FiscalYear.parse("令和2年")


@pytest.mark.parametrize("typed", ["", "2", "R0", "令和", "平成99年度", "X2", "20200", "R2～R6"])
def test_what_is_no_fiscal_year_is_refused(typed):
    with pytest.raises(WrongInput):
        FiscalYear.parse(typed)


@given(years)
def test_every_printed_form_is_read_back_as_the_same_year(year):
    assert FiscalYear.parse(fiscal_year.format_table(year)) == year
    assert FiscalYear.parse(fiscal_year.format_text(year)) == year
    assert FiscalYear.parse(fiscal_year.format_short(year)) == year
    assert FiscalYear.parse(str(year)) == year


@given(st.dates(date(1870, 1, 1), date(2100, 1, 1)))
def test_every_day_lies_in_exactly_the_year_it_is_of(day):
    own = FiscalYear.of(day)
    assert day in own
    assert day not in own.next
    assert day not in own.previous


@given(years)
def test_years_follow_each_other_without_gap(year):
    assert year.last_day + timedelta(days=1) == year.next.first_day
    assert (year.first_day.month, year.first_day.day) == (4, 1)
    assert year.days() in (365, 366)


def test_each_place_has_its_own_way_of_writing():
    assert fiscal_year.format_table(2020) == "令和2年度"
    assert fiscal_year.format_text(2020) == "（R2年度）"
    assert fiscal_year.format_short(2021) == "R3"
    assert fiscal_year.format_period(2020, 2024) == "令和2年度～令和6年度"
    assert fiscal_year.format_period(2020, 2020) == "令和2年度"
    assert fiscal_year.format_title([2020]) == "（R2のみ実施）"
    assert fiscal_year.format_title([2024, 2021, 2022, 2023]) == "（R3～R6）"
    assert fiscal_year.format_title([2021, 2022, 2024]) == "（R3～R4・R6）"
    assert fiscal_year.format_title([]) == ""


@given(years, st.integers(0, 20))
def test_a_period_is_read_back_from_title_and_table(first, length):
    last = first.shift(length)
    assert fiscal_year.parse_period(fiscal_year.format_period(first, last)) == (first, last)
    assert fiscal_year.parse_period(fiscal_year.format_title(FiscalYear.span(first, last))) == (first, last)


def test_a_period_that_runs_backwards_is_refused():
    with pytest.raises(WrongInput, match="始まりが終わりより後"):
        fiscal_year.parse_period("R6～R2")
    with pytest.raises(WrongInput):
        FiscalYear.span(2024, 2020)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_only_april_and_may_payments_may_belong_to_two_years(day):
    possible = fiscal_year.fiscal_years_of_payment(day)
    assert len(possible) == (2 if day.month in (4, 5) else 1)
    assert possible[-1] == FiscalYear.of(day)


def test_a_payment_in_the_settlement_period_may_go_to_the_year_before_and_not_after():
    assert fiscal_year.fiscal_years_of_payment(date(2025, 5, 31)) == (2024, 2025)
    fiscal_year.check_payment(date(2025, 5, 31), FiscalYear(2024))
    with pytest.raises(WrongInput, match="令和7年度にしてください"):
        fiscal_year.check_payment(date(2025, 6, 1), FiscalYear(2024))
    with pytest.raises(WrongInput, match="令和6年度又は令和7年度"):
        fiscal_year.check_payment(date(2025, 4, 1), FiscalYear(2026))


def test_it_is_stored_and_sent_as_its_integer():
    assert json.dumps({"year": FiscalYear(2020)}) == '{"year": 2020}'
    assert f"{FiscalYear(2020)}" == "2020"
    assert pickle.loads(pickle.dumps(FiscalYear(2020))) == FiscalYear(2020)  # noqa: S301
    with pytest.raises(WrongInput):
        FiscalYear(20200)


@given(st.text())
def test_no_text_breaks_the_reading(text):
    with suppress(WrongInput):
        FiscalYear.parse(text)
