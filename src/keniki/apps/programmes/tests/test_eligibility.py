"""Verdicts rule by rule, each at its boundary."""

import csv
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from keniki.apps.programmes.eligibility import (
    City,
    CityKind,
    Facts,
    FormerCity,
    ManualRecognition,
    Measured,
    Pair,
    Supporting,
    Verdict,
    assess,
    census_to_use,
    day_night,
)
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import RuleNotInForce

pytestmark = pytest.mark.slow

DECLARED = date(2024, 5, 24)
FIT, UNFIT, CHECK, MANUAL, NONE = (
    Verdict.FIT,
    Verdict.UNFIT,
    Verdict.CHECK,
    Verdict.MANUAL,
    Verdict.NOT_APPLICABLE,
)


def measured(value, census=2020, step=None):
    return (Measured(Decimal(str(value)), census, step=Decimal(step) if step else None),)


def city(population="60000", ratio="1.01", census=2020, **more):
    options = {"code": "012106", "name": "岩見沢市"} | more
    return City(
        populations=measured(population, census) if population is not None else (),
        ratios=measured(ratio, census) if ratio is not None else (),
        **options,
    )


def teiju(facts, on=DECLARED, **more):
    return assess("teiju", on, facts if isinstance(facts, Facts) else Facts(facts), **more)


def renkei(facts, on=date(2018, 7, 23), **more):
    return assess("renkei", on, facts if isinstance(facts, Facts) else Facts(facts), **more)


def test_iwamizawa_by_the_census_of_2015_does_not_qualify_and_the_edition_that_may_change_it_is_named():
    answer = teiju(city("84499", "0.967", 2015), census=2015)
    assert answer.verdict is UNFIT
    assert (answer.census, answer.named_census) == (2015, 2020)
    ratio = answer.finding("A1-2")
    assert (ratio.verdict, ratio.value, ratio.threshold, ratio.unit) == (
        UNFIT,
        Decimal("0.967"),
        Decimal(1),
        "ratio",
    )
    assert ratio.edition == "平成27年国勢調査"
    assert "96.7％" in ratio.explanation
    assert "推進要綱" in ratio.article
    hint = answer.finding("A1-4")
    assert hint.verdict is UNFIT
    assert "通院・買物" in hint.explanation
    assert "要確認" in hint.explanation
    (change,) = answer.would_change
    assert (change.census, change.verdict) == (2020, None)
    assert "中心市要件を満たした" in change.explanation
    assert "第2-7-1表" in change.explanation
    assert any("令和2年国勢調査" in note for note in answer.notes)
    assert answer.finding("A1-11").verdict is NONE


@pytest.mark.skipif(not os.environ.get("KENIKI_TEST_DATA"), reason="KENIKI_TEST_DATA is not set")
def test_the_published_ratio_of_2015_gives_the_same_verdict():
    path = Path(os.environ["KENIKI_TEST_DATA"]) / "day_night" / "day_night_2015.csv"
    with path.open(encoding="utf-8") as file:
        rows = {
            row["municipality_code"]: Decimal(row["value"]) / 100
            for row in csv.DictReader(file)
            if row["indicator"] == "day_night_ratio"
        }
    assert rows["01210"] == Decimal("0.967")
    iwamizawa = City(
        "012106",
        "岩見沢市",
        populations=measured(84499, 2015),
        ratios=(Measured(rows["01210"], 2015, step=Decimal("0.001")),),
    )
    assert teiju(iwamizawa, census=2015).verdict is UNFIT
    sapporo = City(
        "011002",
        "札幌市",
        CityKind.DESIGNATED,
        measured(1952356, 2015),
        (Measured(rows["01100"], 2015, step=Decimal("0.001")),),
    )
    assert renkei(sapporo, census=2015).verdict is FIT


def test_with_both_editions_the_named_one_counts_and_the_other_is_compared():
    both = City(
        "012106",
        "岩見沢市",
        populations=measured(84499, 2015) + measured(79306),
        ratios=measured("0.967", 2015) + measured("1.002"),
    )
    answer = teiju(both)
    assert (answer.verdict, answer.census) == (FIT, 2020)
    assert [(other.census, other.verdict) for other in answer.other_editions] == [(2015, UNFIT)]
    assert teiju(both, census=2015).verdict is UNFIT
    assert teiju(both, on=date(2018, 3, 1)).verdict is UNFIT


def test_a_census_that_is_not_loaded_has_to_be_checked_and_names_the_file():
    answer = teiju(city(None, None))
    assert answer.verdict is CHECK
    assert "令和2年国勢調査の人口等基本集計" in answer.finding("A1-1").explanation
    assert "第2-7-1表" in answer.finding("A1-1").explanation
    assert "昼夜間人口の表" in answer.finding("A1-2").explanation
    assert any("中心市要件を満たした" in note for note in answer.notes)
    only_2015 = teiju(city("84499", "0.967", 2015))
    assert (only_2015.verdict, only_2015.census) == (CHECK, 2020)
    assert [(other.census, other.verdict) for other in only_2015.other_editions] == [(2015, UNFIT)]


@pytest.mark.parametrize(
    ("population", "verdict"), [("40000", UNFIT), ("40001", FIT), ("50000", FIT), ("49999", FIT)]
)
def test_a1_1_a_centre_has_more_than_forty_thousand(population, verdict):
    answer = teiju(city(population))
    assert answer.finding("A1-1").verdict is verdict
    assert answer.verdict is verdict
    assert ("目安" in answer.finding("A1-1").explanation) == (40000 < int(population) < 50000)


def test_a_town_is_no_centre_however_large():
    assert teiju(city("60000", kind=CityKind.TOWN)).finding("A1-1").verdict is UNFIT


@pytest.mark.parametrize(
    ("ratio", "verdict"), [("1.000", FIT), ("0.999", UNFIT), ("0.9999", UNFIT), ("1.2", FIT)]
)
def test_a1_2_the_day_night_ratio_is_at_least_one(ratio, verdict):
    answer = teiju(city(ratio=ratio))
    assert answer.finding("A1-2").verdict is verdict
    assert answer.verdict is verdict


def test_a_ratio_rounded_when_published_is_marked_where_the_exact_one_may_lie_on_the_other_side():
    rounded = City("012106", "岩見沢市", populations=measured(60000), ratios=measured("1.000", step="0.001"))
    assert "実数で確かめて" in teiju(rounded).finding("A1-2").explanation
    assert "実数" not in teiju(city(ratio="0.967")).finding("A1-2").explanation
    assert day_night(99996, 100000, 2020).value == Decimal("0.99996")
    with pytest.raises(WrongInput):
        day_night(1, 0, 2020)


@pytest.mark.parametrize(("former", "verdict"), [("1", FIT), ("0.999", UNFIT), (None, UNFIT)])
def test_a1_3_a_merged_city_may_go_by_its_largest_former_city(former, verdict):
    largest = FormerCity("旧庄原市", measured(former) if former else ())
    answer = teiju(city(ratio="0.98", merged=True, largest_former=largest))
    assert answer.finding("A1-3").verdict is verdict
    assert answer.verdict is verdict
    assert answer.finding("A1-8").verdict is (verdict if former else CHECK)
    if former is None:
        assert "判定が変わる可能性" in answer.finding("A1-3").explanation


def test_a1_3_says_so_where_nobody_entered_whether_a_city_is_merged():
    assert "入力されていません" in teiju(city()).finding("A1-3").explanation
    assert "合併した市ではありません" in teiju(city(merged=False)).finding("A1-3").explanation
    assert teiju(city("84499", "0.967", 2015, merged=True), census=2015).verdict is UNFIT


@pytest.mark.parametrize(
    ("supporting", "verdict"),
    [
        (None, UNFIT),
        (Supporting(), UNFIT),
        (Supporting(hospital_visits=True), CHECK),
        (Supporting(shopping=True, source="圏域基礎調査（R3年）"), CHECK),
    ],
)
def test_a1_4_data_on_hospitals_and_shops_make_a_ratio_below_one_a_matter_to_check(supporting, verdict):
    answer = teiju(city(ratio="0.99", supporting=supporting))
    assert answer.finding("A1-4").verdict is verdict
    assert answer.verdict is verdict


def test_a1_4_does_not_apply_before_the_relaxation_nor_from_one_on():
    shopping = Supporting(shopping=True)
    early = teiju(city(ratio="0.99", census=2010, supporting=shopping), on=date(2016, 6, 15))
    assert early.finding("A1-4").verdict is NONE
    assert early.verdict is UNFIT
    assert teiju(city(ratio="0.99", census=2010, supporting=shopping), on=date(2016, 6, 16)).verdict is CHECK
    assert teiju(city(ratio="1", supporting=shopping)).finding("A1-4").verdict is NONE


@pytest.mark.parametrize(("code", "verdict"), [("012106", FIT), ("072010", FIT), ("112071", UNFIT)])
def test_a1_5_a_centre_lies_outside_the_metropolitan_prefectures(code, verdict):
    assert teiju(city(code=code, name="市")).finding("A1-5").verdict is verdict


@pytest.mark.parametrize(("share", "verdict"), [("0.0999", CHECK), ("0.1", UNFIT), (None, CHECK)])
def test_a1_6_inside_them_a_small_commuting_share_is_to_be_checked_as_the_text_was_not_seen(share, verdict):
    chichibu = city(code="112071", name="秩父市", core_commuting=measured(share) if share else ())
    answer = teiju(chichibu)
    assert answer.finding("A1-6").verdict is verdict
    assert answer.verdict is verdict
    assert not answer.finding("A1-6").confirmed
    if share == "0.0999":
        assert "9.99％" in answer.finding("A1-6").explanation
    assert any("A1-6" in note for note in answer.notes)


def twin(first="30000", second="10001", ratio="1", **pair):
    other = City("012262", "砂川市", populations=measured(second), ratios=measured(ratio))
    return Facts(city(first, code="012254", name="滝川市"), other, Pair(**pair))


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (twin(adjacent=True, integrated=True), FIT),
        (twin(second="10000", adjacent=True, integrated=True), UNFIT),
        (twin(ratio="0.999", adjacent=True, integrated=True), UNFIT),
        (twin(adjacent=False, integrated=True), UNFIT),
        (twin(adjacent=None, integrated=True), CHECK),
        (twin(adjacent=True), CHECK),
        (twin(adjacent=True, integrated=False), UNFIT),
    ],
)
def test_a1_7_two_adjacent_cities_count_as_one_centre(facts, verdict):
    answer = teiju(facts)
    assert answer.finding("A1-1").verdict is UNFIT
    assert answer.finding("A1-7").verdict is verdict
    assert answer.verdict is verdict


def test_a1_7_the_condition_on_distance_asks_until_the_installation_answers():
    assert "teiju.twin_distance" in teiju(twin(adjacent=True)).finding("A1-7").explanation
    answer = {
        "teiju.twin_distance": {
            "programme": "teiju",
            "requirement": "population",
            "title": "2市間の時間",
            "article": "要綱第n",
            "statement": "30分以内",
            "comparison": "le",
            "threshold": "30",
            "unit": "分",
        }
    }
    assert teiju(twin(adjacent=True, minutes=Decimal(30)), settings=answer).verdict is FIT
    assert teiju(twin(adjacent=True, minutes=Decimal(31)), settings=answer).verdict is UNFIT


def test_a1_8_a_widely_merged_city_may_form_a_region_alone():
    largest = FormerCity("旧庄原市", measured("1.03"))
    answer = teiju(city(merged=True, largest_former=largest))
    assert answer.finding("A1-8").verdict is FIT
    assert "形成方針" in answer.finding("A1-8").explanation
    assert teiju(city()).finding("A1-8").verdict is NONE


def test_a1_9_a_region_may_cross_prefectures():
    answer = teiju(Facts(city(code="442038", name="中津市"), prefectures=("44", "40")))
    assert answer.finding("A1-9").verdict is FIT
    assert "大分県・福岡県" in answer.finding("A1-9").explanation
    assert teiju(city()).finding("A1-9").verdict is NONE


def test_a1_10_recognition_by_hand_needs_its_legal_basis_and_the_relaxation_in_force():
    furano = city("22936", code="012297", name="富良野市", census=2010)
    hint = teiju(furano, on=date(2013, 9, 4))
    assert hint.verdict is UNFIT
    assert "手動で認定" in hint.finding("A1-1").explanation
    by_hand = Facts(furano, manual=ManualRecognition("要綱第n（平成25年4月改正）"))
    answer = teiju(by_hand, on=date(2013, 9, 4))
    assert answer.verdict is MANUAL
    assert answer.finding("A1-10").verdict is MANUAL
    assert answer.finding("A1-1").verdict is UNFIT
    assert teiju(by_hand, on=date(2013, 4, 1)).verdict is MANUAL
    with pytest.raises(RuleNotInForce, match="2013-03-31"):
        teiju(by_hand, on=date(2013, 3, 31))
    with pytest.raises(WrongInput, match="根拠"):
        ManualRecognition(" ")
    fits_anyway = Facts(city(), manual=ManualRecognition("要綱"))
    assert teiju(fits_anyway).verdict is FIT


@pytest.mark.parametrize(
    ("on", "named"),
    [
        (date(2017, 9, 30), None),
        (date(2017, 10, 1), 2015),
        (date(2024, 5, 23), 2015),
        (DECLARED, 2020),
    ],
)
def test_a1_11_the_date_decides_which_census_counts(on, named):
    assert census_to_use("teiju", on) == named
    answer = teiju(city(census=2015), on=on)
    assert answer.named_census == named
    assert answer.finding("A1-11").verdict is (FIT if named else NONE)
    assert answer.verdict is {2020: CHECK}.get(named, FIT)


def test_where_no_census_is_named_the_latest_taken_by_the_day_is_used():
    figures = measured("50001", 2010) + measured("60000", 2015)
    both = City("012254", "滝川市", populations=figures, ratios=measured("1", 2010) + measured("1", 2015))
    assert teiju(both, on=date(2014, 1, 15)).census == 2010
    assert teiju(both, on=date(2015, 10, 1)).census == 2015


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (CityKind.DESIGNATED, FIT),
        (CityKind.CORE, FIT),
        (CityKind.CITY, UNFIT),
        (CityKind.SPECIAL_WARD, UNFIT),
        (None, CHECK),
    ],
)
def test_b1_1_a_hub_is_a_designated_or_a_core_city(kind, verdict):
    answer = renkei(city("300000", kind=kind, census=2015))
    assert answer.finding("B1-1").verdict is verdict
    assert answer.verdict is verdict


def core(**more):
    return city("300000", kind=CityKind.CORE, **({"census": 2015} | more))


@pytest.mark.parametrize(("ratio", "verdict"), [("1.000", FIT), ("0.999", CHECK), (None, CHECK)])
def test_b1_2_roughly_one_is_to_be_checked_below_one(ratio, verdict):
    answer = renkei(core(ratio=ratio))
    assert answer.finding("B1-2").verdict is verdict
    assert answer.verdict is verdict


def test_b1_2_an_installation_may_say_what_roughly_means():
    answer = {
        "renkei.ratio_floor": {
            "programme": "renkei",
            "requirement": "ratio",
            "title": "下限",
            "article": "照会の回答",
            "statement": "0.98以上",
            "comparison": "ge",
            "threshold": "0.98",
            "unit": "ratio",
        }
    }
    assert renkei(core(ratio="0.98"), settings=answer).verdict is FIT
    assert renkei(core(ratio="0.979"), settings=answer).verdict is UNFIT


@pytest.mark.parametrize(
    ("code", "share", "verdict"),
    [
        ("012106", None, FIT),
        ("212016", "0.0999", FIT),
        ("212016", "0.1", UNFIT),
        ("212016", None, CHECK),
    ],
)
def test_b1_3_inside_the_metropolitan_areas_less_than_a_tenth_may_commute_to_their_cores(
    code, share, verdict
):
    answer = renkei(core(code=code, core_commuting=measured(share, 2015) if share else ()))
    assert answer.finding("B1-3").verdict is verdict
    assert answer.verdict is verdict


def hub_pair(first="100000", second="100000", ratio="1", minutes=60, adjacent=True, integrated=True):
    other = City("352021", "宇部市", populations=measured(second, 2015), ratios=measured(ratio, 2015))
    return Facts(
        city(first, code="352039", name="山口市", census=2015),
        other,
        Pair(adjacent, Decimal(minutes), None, integrated),
    )


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (hub_pair(), FIT),
        (hub_pair(first="99999", second="100001"), CHECK),
        (hub_pair(first="100000", second="99999"), UNFIT),
        (hub_pair(ratio="0.999"), UNFIT),
        (hub_pair(minutes=61), CHECK),
        (hub_pair(adjacent=False), UNFIT),
        (hub_pair(integrated=None), CHECK),
    ],
)
def test_b1_4_two_adjacent_cities_may_be_hub_together(facts, verdict):
    answer = renkei(facts)
    assert answer.finding("B1-1").verdict is UNFIT
    assert answer.finding("B1-4").verdict is verdict
    assert answer.verdict is verdict


def test_b1_5_is_a_guide_for_partners_and_decides_nothing_on_the_hub():
    finding = renkei(core()).finding("B1-5")
    assert (finding.verdict, finding.threshold) == (NONE, Decimal("0.1"))


@pytest.mark.parametrize(
    ("programme", "day"),
    [("teiju", date(2008, 12, 25)), ("renkei", date(2014, 8, 24)), ("hokkaido", date(2020, 7, 13))],
)
def test_before_a_programme_began_there_is_no_verdict(programme, day):
    with pytest.raises(RuleNotInForce, match=day.isoformat()):
        assess(programme, day, Facts(city()))


def test_the_prefectures_conditions_are_asked_for_and_judged_once_they_are_entered():
    day = date(2020, 10, 9)
    asked = assess("hokkaido", day, Facts(city()))
    assert asked.verdict is CHECK
    assert "hokkaido.eligibility" in asked.finding("C1-1").explanation
    answer = {
        "hokkaido.eligibility": {
            "programme": "hokkaido",
            "requirement": "conditions",
            "title": "対象地域",
            "article": "要綱第n",
            "statement": "n",
            "conditions": [
                {
                    "figure": "member_count",
                    "title": "構成市町村数",
                    "comparison": "ge",
                    "threshold": "2",
                    "unit": "市町村",
                }
            ],
        }
    }
    for count, verdict in (("2", FIT), ("1", UNFIT)):
        facts = Facts(city(), figures={"member_count": Decimal(count)})
        assert assess("hokkaido", day, facts, settings=answer).verdict is verdict
    assert assess("hokkaido", day, Facts(city()), settings=answer).verdict is CHECK


def test_a_programme_nobody_knows_is_refused_naming_those_that_exist():
    with pytest.raises(WrongInput, match="teiju"):
        assess("teijuu", DECLARED, Facts(city()))


def test_a_code_that_is_none_is_refused():
    with pytest.raises(WrongInput, match="検査数字"):
        teiju(city(code="012107"))
