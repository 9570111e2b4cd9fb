from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core import era
from keniki.core.errors import WrongInput

days = st.dates(min_value=era.FIRST_DAY, max_value=date(2117, 12, 31))


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2020, 10, 9), "令和2年10月9日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1868, 1, 25), "明治元年1月25日"),
    ],
)
def test_each_era_begins_on_its_first_day_with_gannen(day, shown):
    assert era.format_date(day) == shown
    assert era.parse_date(shown) == day


def test_a_day_before_meiji_has_no_era():
    with pytest.raises(WrongInput, match="明治より前"):
        era.format_date(date(1868, 1, 24))


@given(days)
def test_every_printed_form_is_read_back_as_the_same_day(day):
    for form in (
        era.format_date,
        era.format_date_with_western,
        era.format_date_short,
        era.format_date_with_weekday,
        date.isoformat,
    ):
        assert era.parse_date(form(day)) == day
    assert era.parse_date(era.format_date_with_western(day, full_width=True)) == day


@pytest.mark.slow
@given(days, days)
def test_later_days_never_get_an_earlier_era(one, other):
    first, last = sorted((one, other))
    assert era.era_of(first).first_day <= era.era_of(last).first_day


@pytest.mark.parametrize(
    "typed",
    [
        "令和2年10月9日",
        "令和２年１０月９日",
        " 令和 2年 10月 9日 ",
        "令和2年(2020年)10月9日",
        "令和2年（2020年）10月9日",
        "令和二年十月九日",
        "R2.10.9",
        "r2.10.09",
        "Ｒ２．１０．９",
        "㋿2.10.9",
        "R2/10/9",
        "2020-10-09",
        "2020/10/9",
        "2020年10月9日",
        "20201009",
        "令和2年10月9日(金)",
        "令和2年10月9日（金曜日）",
    ],
)
def test_the_ways_offices_write_a_date_are_all_read(typed):
    assert era.parse_date(typed) == date(2020, 10, 9)


def test_plans_that_name_years_their_era_did_not_reach_are_read_as_meant():
    assert era.parse_date("H35.3.31") == date(2023, 3, 31)
    assert era.parse_date("平成31年5月1日") == date(2019, 5, 1)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("令和2年2月30日", "という日はありません"),
        ("令和元年4月30日", "令和の始まり"),
        ("令和2年(2021年)10月9日", "和暦と西暦が合いません"),
        ("令和2年10月9日(土)", "曜日が合いません"),
        ("令和0年1月1日", "という年はありません"),
        ("平成99年1月1日", "という年はありません"),
        ("2年10月9日", "日付として読めません"),
        ("令和2年10月", "日付として読めません"),
        ("1700-01-01", "古すぎます"),
        ("", "日付として読めません"),
    ],
)
def test_a_date_that_cannot_be_right_is_refused_with_its_reason(typed, reason):
    with pytest.raises(WrongInput, match=reason):
        era.parse_date(typed)


@pytest.mark.parametrize(
    ("typed", "year"),
    [
        ("令和2年", 2020),
        ("㋿2", 2020),
        ("㍻元年", 1989),
        ("平成元年", 1989),
        ("S48", 1973),
        ("昭和48(1973)年", None),
        ("昭和48年(1973年)", 1973),
        ("2020", 2020),
        ("2020年", 2020),
        ("明治元年", 1868),
    ],
)
def test_a_calendar_year_is_read_in_era_and_western_form(typed, year):
    if year is None:
        with pytest.raises(WrongInput):
            era.parse_year(typed)
    else:
        assert era.parse_year(typed) == year


def test_a_fiscal_year_is_not_taken_for_a_calendar_year():
    with pytest.raises(WrongInput, match="「年度」ではなく「年」"):
        era.parse_year("令和2年度")


@given(st.integers(1868, 2117))
def test_every_year_is_read_back_from_its_era(year):
    assert era.parse_year(era.format_year(year)) == year
    assert era.parse_year(era.format_year_short(year)) == year
    assert era.parse_year(era.format_year_with_western(year)) == year


def test_the_year_of_a_change_takes_the_new_name():
    assert era.format_year(2019) == "令和元年"
    assert era.format_year(1989) == "平成元年"
    assert era.format_year_with_western(2020) == "令和2年(2020年)"


@given(st.text())
def test_no_text_breaks_the_reading(text):
    with suppress(WrongInput):
        era.parse_date(text)


@given(st.dates(max_value=era.FIRST_DAY - timedelta(days=1), min_value=date(1000, 1, 1)))
def test_days_before_the_eras_are_refused_in_western_form_too(day):
    with pytest.raises(WrongInput):
        era.format_date(day)


def test_the_day_after_the_last_one_of_all_is_refused() -> None:
    assert era.day_after(date(2024, 2, 28)) == date(2024, 2, 29)
    with pytest.raises(WrongInput, match="9999年12月30日まで"):
        era.day_after(date.max)
