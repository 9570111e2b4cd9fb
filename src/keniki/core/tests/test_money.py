from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.errors import WrongInput
from keniki.core.money import Rounding, Unit, format_data, format_money, in_unit, parse_money, rounding_note

amounts = st.integers(-(10**15), 10**15)


@given(amounts)
def test_whole_yen_are_read_back_from_document_and_data(yen):
    assert parse_money(format_money(yen)) == yen
    assert parse_money(format_money(yen, with_unit=True)) == yen
    assert parse_money(format_data(yen)) == yen


@given(amounts, st.sampled_from(Unit))
def test_what_is_printed_in_a_unit_is_off_by_at_most_half_of_it(yen, unit):
    printed = parse_money(format_money(yen, unit), unit)
    assert abs(printed - yen) * 2 <= unit.value


@given(amounts, st.sampled_from(Unit), st.sampled_from(Rounding), st.integers(0, 3))
def test_minus_amounts_mirror_plus_amounts(yen, unit, rounding, decimals):
    one = in_unit(yen, unit, rounding=rounding, decimals=decimals)
    other = in_unit(-yen, unit, rounding=rounding, decimals=decimals)
    assert one == -other


def test_half_is_rounded_up_and_cutting_cuts():
    assert format_money(1_500, Unit.THOUSAND) == "2"
    assert format_money(-1_500, Unit.THOUSAND) == "▲2"
    assert format_money(2_500, Unit.THOUSAND) == "3"
    assert format_money(1_999, Unit.THOUSAND, rounding=Rounding.DOWN) == "1"
    assert format_money(1_001, Unit.THOUSAND, rounding=Rounding.UP) == "2"


def test_documents_write_separators_a_black_triangle_and_the_unit():
    assert format_money(10_000_000, Unit.THOUSAND) == "10,000"
    assert format_money(-1_200_000, Unit.THOUSAND, with_unit=True) == "▲1,200千円"
    assert format_money(440_000_000, Unit.HUNDRED_MILLION, decimals=1, with_unit=True) == "4.4億円"
    assert format_money(-400, Unit.THOUSAND) == "0"
    assert format_data(-1_200_000) == "-1200000"


def test_a_rounded_table_says_how_and_a_table_in_yen_needs_no_note():
    assert rounding_note(Unit.THOUSAND, Rounding.DOWN).startswith("※千円未満を切捨てしているため")
    assert rounding_note(Unit.YEN) == ""
    assert rounding_note(Unit.THOUSAND, sums=False) == "※千円未満を四捨五入して表示している。"


@pytest.mark.parametrize(
    ("typed", "yen"),
    [
        ("1,200千円", 1_200_000),
        ("１，２００千円", 1_200_000),
        ("▲300", -300),
        ("△300円", -300),
        ("-300", -300),
        ("－３００", -300),
        ("−300", -300),
        ("¥1,200", 1_200),
        ("1.2億円", 120_000_000),
        ("3億4,000万円", 340_000_000),
        ("8,500万円", 85_000_000),
        ("1兆2,114億円", 1_211_400_000_000),
        ("50百万円", 50_000_000),
        ("4万5千円", 45_000),
        ("0", 0),
    ],
)
def test_amounts_are_read_as_people_type_them(typed, yen):
    assert parse_money(typed) == yen


def test_a_bare_number_counts_the_tables_unit_and_one_with_a_unit_does_not():
    assert parse_money("10,000", Unit.THOUSAND) == 10_000_000
    assert parse_money("10,000円", Unit.THOUSAND) == 10_000
    assert parse_money("0.5", Unit.THOUSAND) == 500


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("1,20", "桁区切り"),
        ("12,34千円", "桁区切り"),
        ("0.5", "端数"),
        ("1,200.5円", "端数"),
        ("4,000万3億円", "単位の順"),
        ("約300千円", "読めません"),
        ("", "読めません"),
        ("円", "読めません"),
        ("▲", "読めません"),
        ("1 200", "読めません"),
        ("(300)", "読めません"),
    ],
)
def test_an_amount_that_could_mean_two_things_is_refused(typed, reason):
    with pytest.raises(WrongInput, match=reason):
        parse_money(typed)


@given(st.integers(0, 10**9))
def test_a_rounding_keeps_the_stated_number_of_places(yen):
    amount = in_unit(yen, Unit.HUNDRED_MILLION, decimals=2)
    assert amount.as_tuple().exponent == -2
    assert abs(amount * 100_000_000 - Decimal(yen)) <= 500_000


@given(st.text())
def test_no_text_breaks_the_reading(text):
    with suppress(WrongInput):
        parse_money(text)
