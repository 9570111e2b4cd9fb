import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.errors import WrongInput
from keniki.core.municipality_code import (
    CodeKind,
    check_digit,
    is_code,
    parse_code,
    read_code,
    repair_column,
)

KNOWN = {
    "012106": "岩見沢市",
    "012092": "夕張市",
    "012157": "美唄市",
    "012220": "三笠市",
    "014231": "南幌町",
    "014273": "由仁町",
    "014281": "長沼町",
    "014290": "栗山町",
    "014303": "月形町",
    "121061": "千葉市美浜区",
    "131016": "千代田区",
}
five_digits = st.builds("{:02d}{:03d}".format, st.integers(1, 47), st.integers(1, 999))


@pytest.mark.parametrize("code", KNOWN)
def test_published_codes_have_the_computed_check_digit(code):
    assert check_digit(code[:5]) == code[5]
    assert parse_code(code) == parse_code(code[:5]) == code


@given(five_digits)
def test_five_digits_and_their_six_are_the_same_code(five):
    six = parse_code(five)
    assert six.startswith(five)
    assert parse_code(six) == six
    assert len(six) == 6


@given(five_digits, st.integers(1, 9))
def test_a_wrong_check_digit_is_refused_and_the_right_one_named(five, off):
    right = check_digit(five)
    wrong = str((int(right) + off) % 10)
    with pytest.raises(WrongInput) as raised:
        parse_code(five + wrong)
    assert f"検査数字は {right} です（{five}{right}）" in raised.value.message


@pytest.mark.parametrize("typed", ["99999", "48201", "999997"])
def test_a_code_of_no_prefecture_is_named_as_it_was_typed(typed):
    with pytest.raises(WrongInput) as raised:
        read_code(typed)
    assert f"団体コード「{typed}」の" in raised.value.message


@pytest.mark.slow
@given(five_digits, st.integers(0, 4), st.integers(1, 9))
def test_most_single_mistyped_digits_are_caught_by_the_check_digit(five, position, off):
    """Σ mod 11 tells all digits apart, but remainders 0 and 10 … 1 share a check digit only for 0 and 1."""
    mistyped = five[:position] + str((int(five[position]) + off) % 10) + five[position + 1 :]
    weights = range(6, 1, -1)
    remainder = sum(w * int(d) for w, d in zip(weights, five, strict=True)) % 11
    other = sum(w * int(d) for w, d in zip(weights, mistyped, strict=True)) % 11
    if {remainder, other} != {0, 10}:
        assert check_digit(mistyped) != check_digit(five)


def test_former_municipalities_are_another_kind_of_code():
    former = read_code("0121B")
    assert (former.text, former.kind, former.prefecture) == ("0121B", CodeKind.FORMER, "01")
    with pytest.raises(WrongInput, match="旧市町村"):
        parse_code("0121B")


def test_a_prefecture_is_told_from_a_municipality():
    assert read_code("010006").kind is CodeKind.PREFECTURE
    assert read_code("01210").kind is CodeKind.MUNICIPALITY
    assert read_code("０１２１０６").text == "012106"


@pytest.mark.parametrize("typed", ["", "1210", "48201", "00000", "0121066", "岩見沢", "01210.0", "A1210"])
def test_what_is_no_code_is_refused(typed):
    assert not is_code(typed)
    with pytest.raises(WrongInput):
        read_code(typed)


def test_a_column_that_lost_its_zeros_is_repaired_when_every_name_agrees():
    rows = [(code.lstrip("0"), name) for code, name in KNOWN.items()]
    assert repair_column(rows, KNOWN) == list(KNOWN)


def test_a_column_of_five_digits_that_lost_its_zeros_is_repaired_too():
    rows = [(code[:5].lstrip("0"), name) for code, name in KNOWN.items()]
    assert repair_column(rows, KNOWN) == list(KNOWN)


def test_the_same_digits_are_another_town_when_the_name_says_so():
    assert repair_column([("12106", "千葉市美浜区")], KNOWN) == ["121061"]
    assert repair_column([("12106", "北海道 岩見沢市")], KNOWN) == ["012106"]


def test_names_may_carry_prefecture_and_county_and_variant_kanji():
    known = {"014231": "南幌町", "014281": "長沼町"}
    assert repair_column([("14231", "北海道空知郡南幌町"), ("14281", "夕張郡長沼町")], known) == list(known)


def test_one_disagreeing_row_refuses_the_column_and_names_both_candidates():
    rows = [("12092", "夕張市"), ("12106", "さっぽろ市")]
    with pytest.raises(WrongInput) as raised:
        repair_column(rows, KNOWN, file="人口.csv", column="コード")
    wrong = raised.value
    assert (wrong.file, wrong.row, wrong.column) == ("人口.csv", 3, "コード")
    assert "121061 千葉市美浜区" in wrong.message
    assert "012106 岩見沢市" in wrong.message


def test_a_right_code_beside_a_wrong_name_is_refused():
    with pytest.raises(WrongInput, match="012106 岩見沢市"):
        repair_column([("012106", "夕張市")], KNOWN)


def test_a_wrong_check_digit_in_a_column_is_named_with_its_row():
    with pytest.raises(WrongInput, match="検査数字は 6") as raised:
        repair_column([("012092", "夕張市"), ("012105", "岩見沢市")], KNOWN, file="a.csv")
    assert raised.value.row == 3


def test_complete_codes_nobody_knows_pass_as_they_are():
    assert repair_column([("472140", "宮古島市"), ("0121B", "（旧：岩見沢市）")], KNOWN) == [
        "472140",
        "0121B",
    ]


def test_an_empty_column_is_empty():
    assert repair_column([], KNOWN) == []


@given(st.lists(st.sampled_from(sorted(KNOWN)), min_size=1), st.booleans(), st.booleans())
def test_whatever_a_spreadsheet_did_the_repaired_column_is_the_original(codes, short, lost):
    written = [(code[:5] if short else code) for code in codes]
    if lost:
        written = [code.lstrip("0") for code in written]
    rows = list(zip(written, (KNOWN[code] for code in codes), strict=True))
    assert repair_column(rows, KNOWN) == codes


@pytest.mark.slow
def test_the_census_of_all_municipalities_survives_losing_its_zeros():
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        pytest.skip("KENIKI_TEST_DATA is not set: no census file")
    path = Path(folder) / "census2020" / "population_census_2020.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        areas = {row[8]: row[9] for row in csv.reader(file) if len(row) > 9 and is_code(row[8])}
    names = {parse_code(code): name for code, name in areas.items() if "旧" not in name}
    assert len(names) > 1_700
    lost_of_six = [(code.lstrip("0"), name) for code, name in names.items()]
    lost_of_five = [(code[:5].lstrip("0"), name) for code, name in names.items()]
    assert repair_column(lost_of_six, names) == list(names)
    assert repair_column(lost_of_five, names) == list(names)
    doubtful = [code for code in names if code[0] == "0" and code[1:] + check_digit(code[1:]) in names]
    assert "012106" in doubtful
    assert len(doubtful) == 15
