"""Classes of e-Stat tables: ages, sexes, times, units and divisions, as tables write them."""

from __future__ import annotations

from datetime import date

import pytest

from keniki.apps.evidence.importers.base import UNKNOWN_AGE
from keniki.apps.evidence.importers.estat_classes import (
    ITEMS,
    LONGEST_PART,
    UNITS,
    Age,
    Item,
    Moment,
    Role,
    age_of,
    class_item,
    item_of,
    join_parts,
    moment_of,
    nationality_of,
    part_of,
    role_of,
    sex_of,
    unit_of,
)
from keniki.rulebooks.indicators import catalogue

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "age"),
    [
        ("総数", Age()),
        ("総数（年齢）", Age()),
        ("0～4歳", Age(0, 4)),
        ("0〜4歳", Age(0, 4)),
        ("100歳以上", Age(100)),
        ("（再掲）15歳未満", Age(0, 14)),
        ("（再掲）15～64歳", Age(15, 64)),
        ("１５歳", Age(15, 15)),
        ("年齢「不詳」", Age(UNKNOWN_AGE, UNKNOWN_AGE)),
        ("不詳", Age(UNKNOWN_AGE, UNKNOWN_AGE)),
        ("0歳未満", None),
        ("64～15歳", None),
        ("平均年齢", None),
    ],
)
def test_age_classes(name, age):
    assert age_of(name) == age


def test_the_meaning_of_single_classes():
    assert (sex_of("総数"), sex_of("男"), sex_of("女"), sex_of("性比")) == ("", "male", "female", None)
    assert (nationality_of("国籍総数"), nationality_of("外国人")) == ("", "nationality:foreign")
    assert nationality_of("中国") is None
    assert class_item("（再掲）65歳以上") is None
    assert item_of("人口【人】") == Item("population", "persons")
    assert item_of("人口密度【人／ｋ㎡】").indicator == "population_density"
    assert item_of("ふしぎな数【個】", table="12-3", code="2020_05") == Item("estat_12_3_2020_05", "個")
    assert item_of("ふしぎな数", table="第1表").indicator.isascii()
    assert (unit_of("％"), unit_of("－"), unit_of("㎢")) == ("percent", "", "km2")
    assert part_of("世帯の種類", "（再掲）一般世帯") == "世帯の種類:一般世帯"


def test_the_meaning_of_headings():
    assert role_of("全国，都道府県，市区町村（2000年市区町村含む）") is Role.AREA
    assert role_of("時間軸（年次）") is Role.TIME
    assert role_of("年齢（5歳階級）") is Role.AGE
    assert role_of("世帯主の年齢") is Role.OTHER
    assert role_of("国籍総数か日本人") is Role.NATIONALITY


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("2020年", Moment(2020)),
        ("2020年10月1日", Moment(2020, "2020-10-01")),
        ("令和元年度", Moment(2019, "FY2019")),
        ("平成27年", Moment(2015)),
        ("2015年～2020年", None),
        ("総数", None),
    ],
)
def test_times(name, moment):
    assert moment_of(name) == moment


def test_a_part_too_long_to_be_stored_is_cut_and_stays_its_own():
    one, other = (join_parts([f"世帯の家族類型:{'親' * 150}{end}"]) for end in "甲乙")
    assert len(one) == LONGEST_PART
    assert one != other


def test_items_and_units_are_those_of_the_catalogue():
    known = catalogue(date(2025, 4, 1))
    assert set(UNITS.values()) - {""} <= set(known.units)
    assert {item.indicator for item in ITEMS.values()} - set(known.indicators) <= {"median_age"}
    for item in ITEMS.values():
        if item.unit and item.indicator in known.indicators:
            assert item.unit == known.indicators[item.indicator].unit
