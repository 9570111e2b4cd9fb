import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.names import (
    count_by_kind,
    default_order,
    join_names,
    kinds_phrase,
    short_name,
    without_county,
)

ORDER = ["岩見沢市", "夕張市", "美唄市", "三笠市", "南幌町", "由仁町", "長沼町", "栗山町", "月形町"]


def test_names_are_joined_with_a_middle_dot():
    assert join_names(ORDER[:3]) == "岩見沢市・夕張市・美唄市"


@given(st.permutations(ORDER))
def test_the_order_does_not_depend_on_how_members_come(members):
    official = ["夕張市", "岩見沢市", *ORDER[2:]]
    assert default_order(members, name=str, official_order=official, centres={"岩見沢市"}) == ORDER


def test_cities_come_before_towns_and_villages_in_official_order():
    members = ["新篠津村", "当別町", "石狩市", "小樽市"]
    official = ["小樽市", "石狩市", "当別町", "新篠津村"]
    assert default_order(members, name=str, official_order=official) == official


def test_a_town_and_a_village_follow_the_official_order_and_not_their_kinds():
    assert default_order(["B町", "A村"], name=str, official_order=["A村", "B町"]) == ["A村", "B町"]


def test_without_an_official_order_members_keep_theirs_within_a_kind():
    assert default_order(["乙町", "甲町", "丙市"], name=str) == ["丙市", "乙町", "甲町"]


@pytest.mark.parametrize(
    ("names", "phrase", "counted"),
    [
        (ORDER, "市町", "4市5町"),
        (["札幌市", "当別町", "新篠津村"], "市町村", "1市1町1村"),
        (["a町", "b村"], "町村", "1町1村"),
        (["a市"], "市", "1市"),
    ],
)
def test_members_are_called_and_counted_by_their_kinds(names, phrase, counted):
    assert kinds_phrase(names) == phrase
    assert count_by_kind(names) == counted


@pytest.mark.parametrize(
    ("name", "own", "short"),
    [
        ("空知郡南幌町", "南幌町", "南幌"),
        ("上郡町", "上郡町", "上郡"),
        ("赤穂郡上郡町", "上郡町", "上郡"),
        ("小郡市", "小郡市", "小郡"),
        ("大町市", "大町市", "大町"),
        ("余市町", "余市町", "余市"),
        ("事務局", "事務局", "事務局"),
    ],
)
def test_county_and_kind_are_taken_off_a_name_without_hurting_it(name, own, short):
    assert without_county(name) == own
    assert short_name(name) == short
