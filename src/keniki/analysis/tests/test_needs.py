"""What evacuees need: one denominator in every line, published examples, spaces that hold nobody in winter."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.analysis.needs import (
    Needs,
    Override,
    People,
    Space,
    capacity,
    covered,
    facilities_for,
    flood_evacuees,
    minimums,
    needs,
    people,
    people_missing,
    quake_evacuees,
    shares_of,
)
from keniki.analysis.population import five_year_ages
from keniki.analysis.tests.real_files import census_ages
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import standards
from keniki.rulebooks.disaster.standards import BySeason

ON = date(2026, 4, 1)
STOVE = Override("令和8年度の仕様", of=Fraction(50))


def reckoned(number: int = 2083, days: int = 3, season: str = "winter", **more) -> Needs:
    return needs(people(number), days, season, ON, **more)


def test_every_line_has_the_same_people_and_shows_them() -> None:
    found = reckoned(overrides={"tent": Override("仕様書", of=Fraction(4))})
    assert {line.people for line in found.lines} == {2083}
    for line in found.lines:
        if line.key not in ("jet_heater", "kerosene", "co_alarm", "generator"):
            assert "2,083人" in line.arithmetic, line.key
    assert "2,083人" in found.area_arithmetic
    assert found.area == 2083 * Fraction(7, 2)


def test_the_quantities_of_three_winter_days() -> None:
    found = {line.key: line.quantity for line in reckoned().lines}
    # 食料 3食, 水 3L, トイレ 5回, 毛布 2枚; 巻 one a week.
    assert found["food"] == 2083 * 9
    assert found["water"] == 2083 * 9
    assert found["portable_toilet"] == 2083 * 15
    assert found["blanket"] == 2083 * 2
    assert found["toilet_paper"] == math.ceil(2083 * 3 / 7)
    assert found["bed"] == found["sleeping_bag"] == 2083
    # 2,083 × 3.5 m² × 200 W = 1,458.1 kW; ÷ 18.2 kW = 80.1 → 81 heaters, 1.87 L × 72 hours each.
    assert found["jet_heater"] == found["co_alarm"] == 81
    assert found["kerosene"] == math.ceil(81 * 1.87 * 72)
    assert list(found) == [key for key in standards.items(ON) if key in found]


def test_outside_winter_nobody_needs_the_winter_kit() -> None:
    mild = {line.key: line for line in reckoned(season="mild").lines}
    assert mild["blanket"].quantity == 2083
    assert not {"sleeping_bag", "hand_warmer", "foil_sheet", "jet_heater", "kerosene", "co_alarm"} & set(mild)
    assert "stove" not in {each.key for each in reckoned(season="mild").questions}


def test_what_no_text_states_is_asked_and_answered_by_the_region() -> None:
    open_ = {each.key for each in reckoned().questions}
    assert open_ == {"winter_clothes", "stove", "partition", "tent"}
    found = reckoned(
        area=701,
        overrides={
            "stove": STOVE,
            "tent": Override("仕様書", of=Fraction(4)),
            "winter_clothes": Override("協議", each=Fraction(1, 10)),
        },
    )
    assert {each.key for each in found.questions} == {"partition"}
    assert found.line("stove").quantity == 15
    assert found.line("tent").quantity == math.ceil(2083 / 4)
    assert found.line("winter_clothes").quantity == 209
    line = found.line("stove")
    assert (line.evidence, line.source, line.is_own) == (
        ("ANSWER",),
        "地域の値（根拠：令和8年度の仕様）",
        True,
    )


def test_a_region_may_count_a_winter_item_in_both_seasons_and_pack_what_it_buys() -> None:
    both = Override("訓練の結果", each=BySeason(winter=1, mild=Fraction(1, 2)))
    assert reckoned(season="mild", overrides={"sleeping_bag": both}).line("sleeping_bag").quantity == 1042
    one = Override("訓練の結果", each=Fraction(1))
    found = reckoned(season="mild", overrides={"sleeping_bag": one, "food": Override("箱", pack=50)})
    assert "sleeping_bag" not in {line.key for line in found.lines}
    line = found.line("food")
    assert (line.quantity, line.pack, line.packs) == (18_747, 50, 375)
    assert (line.is_own, line.evidence[0]) == (False, "TOKYO2022")


def test_lines_that_rest_on_no_text_are_flagged() -> None:
    assert {line.key for line in reckoned().unconfirmed} == {
        "milk",
        "bed",
        "sleeping_bag",
        "hand_warmer",
        "foil_sheet",
    }


def test_a_given_floor_says_how_many_it_holds() -> None:
    found = reckoned(area=700)
    assert (found.holds, found.line("jet_heater").quantity) == (200, 8)
    assert found.line("kerosene").exact == 8 * Fraction("1.87") * 72
    assert reckoned(standard="infection_2020").area == 2083 * 4


def test_the_rules_are_those_of_the_day() -> None:
    then = needs(people(100), 3, "winter", date(2024, 12, 12))
    now = needs(people(100), 3, "winter", date(2024, 12, 13))
    assert (then.standard.id, now.standard.id) == ("space.council_2018", "space.guideline_2024")
    assert "baths" not in {each.key for each in then.facilities}
    assert "partition" not in {each.key for each in then.questions}


@pytest.mark.parametrize(
    ("change", "words", "column"),
    [
        ({"days": 0}, "日数", "days"),
        ({"days": 367}, "日数", "days"),
        ({"season": "summer"}, "季節", "season"),
        ({"places": 0}, "避難所の数", "places"),
        ({"area": 0}, "床面積", "area"),
        ({"area": float("nan")}, "床面積", "area"),
        ({"area": "700"}, "床面積", "area"),
        ({"standard": "three"}, "広さの基準", "standard"),
        ({"shares": {"infants": 1.2}}, "0から1まで", "infants"),
        ({"shares": {"infants": -0.1}}, "0以上", "infants"),
        ({"shares": {"babies": 0.1}}, "区分「babies」", "babies"),
        ({"overrides": {"bread": STOVE}}, "品目「bread」", "bread"),
        ({"overrides": {"food": STOVE}}, "each で指定", "food"),
        ({"overrides": {"stove": Override("x", each=Fraction(1))}}, "of で指定", "stove"),
        ({"overrides": {"stove": Override("x", of=Fraction(0))}}, "0より大きく", "stove"),
        ({"overrides": {"stove": Override(" ", of=Fraction(9))}}, "根拠", "stove"),
        ({"overrides": {"food": Override("x")}}, "each", "food"),
        ({"overrides": {"food": Override("x", pack=0)}}, "入数", "food"),
        ({"overrides": {"sleeping_bag": Override("x", each=Fraction(-1))}, "season": "mild"}, "0以上", "sleeping_bag"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(change: dict, words: str, column: str) -> None:
    with pytest.raises(WrongInput, match=words) as refused:
        reckoned(**change)
    assert refused.value.column == column
    assert refused.value.message.endswith(("。", "）。"))


@pytest.mark.parametrize("number", [-1, 1.5, True, "3", 10**10])
def test_a_number_of_people_that_is_none_is_refused(number) -> None:
    with pytest.raises(WrongInput, match="避難者数"):
        people(number)


def test_nobody_needs_nothing() -> None:
    found = reckoned(0)
    assert {line.quantity for line in found.lines if line.key != "generator"} == {0}
    assert {each.key: each.quantity for each in found.facilities}["toilets"] == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 14), st.sampled_from(["winter", "mild"]))
def test_more_people_or_days_never_need_less(few: int, more: int, days: int, season: str) -> None:
    small, large = reckoned(few, days, season), reckoned(few + more, days + 1, season)
    for line in small.lines:
        assert line.quantity <= large.line(line.key).quantity
        assert 0 <= line.quantity - line.exact < 1
    for ours, theirs in zip(small.facilities, large.facilities, strict=True):
        assert ours.quantity <= theirs.quantity


def test_toilets_are_split_three_to_one_and_both_get_one() -> None:
    def toilets(number: int, **more) -> tuple[int, ...]:
        found = {each.key: int(each.quantity) for each in facilities_for(People(number), 1, ON, **more)}
        return found["toilets"], found["toilets_women"], found["toilets_men"]

    assert toilets(200) == (4, 3, 1)
    assert toilets(1) == (2, 1, 1)
    assert toilets(0) == (0, 0, 0)
    assert toilets(200, later=True) == (10, 8, 2)


# The published examples.


def test_shihoro_keeps_for_a_part_of_its_evacuees() -> None:
    town = standards.examples()["shihoro"].value
    found = covered(people(town.evacuees), town.public_share)
    assert found.count == 834
    assert math.ceil(found.count / 100) * 100 == town.people
    assert found.steps[-1].endswith("2,083人 × 40％ = 833.2 → 834人")


def test_naie_needs_900_meals_for_one_day() -> None:
    town = standards.examples()["naie"].value
    found = needs(people(town.evacuees), town.days, "winter", ON)
    assert found.line("food").quantity == town.items["food"] == 900


def test_noda_comes_to_its_published_quantities() -> None:
    """Its shares by group, its part of the evacuees, and its rounding down, on our rates for each person and day."""
    city = standards.examples()["noda"].value
    found = needs(people(city.evacuees), city.days, "mild", ON, shares=city.shares)
    ours = {key: math.floor(found.line(key).exact * city.public_share) for key in city.items}
    assert ours == city.items


def test_tottoris_municipalities_keep_their_part_of_22_000_by_population(test_data) -> None:
    with (test_data / "census2020" / "population_census_2020.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = [row for row in csv.reader(file) if len(row) > 33 and (row[4], row[6]) == ("0", "0")]
    towns = {
        row[9]: int(row[11].replace(",", ""))
        for row in rows
        if row[8].startswith("31") and row[8] != "31000" and "（" not in row[9] and "：" not in row[9]
    }
    total = next(int(row[11].replace(",", "")) for row in rows if row[8] == "31000")
    towns = {name: number for name, number in towns.items() if not name.endswith("郡")}
    assert sum(towns.values()) == total
    joint = standards.examples()["tottori"].value
    found = minimums({"people": joint.evacuees}, towns)
    assert sum(each["people"] for each in found.values()) == 22_000
    for name, number in towns.items():
        assert abs(found[name]["people"] - 22_000 * number / total) < 1


# How many evacuate.


def test_a_flood_moves_more_of_those_inside() -> None:
    rates = standards.flood_rates(ON).value
    assert flood_evacuees(1000, 0, rates).count == 800
    assert flood_evacuees(0, 1001, rates).count == 401
    with pytest.raises(WrongInput, match="浸水区域内"):
        flood_evacuees(-1, 0, rates)


def test_tokyos_formula_asks_for_the_rates_that_change_with_time() -> None:
    rates = standards.quake_rates("tokyo_2022", ON).value
    for missing, more in (("water", {"without_water": 10}), ("lift", {"above_lift": 5}), ("shelter", {})):
        with pytest.raises(WrongInput) as asked:
            quake_evacuees(rates, destroyed=100, half=1000, **more)
        assert asked.value.column == missing
    given_ = {"water": 0.1, "lift": 0.2, "shelter": 0.5}
    every, sheltered = quake_evacuees(
        rates, destroyed=100, half=1000, without_water=10, above_lift=5, given=given_
    )
    assert (every.count, sheltered.count) == (100 + 503 + 1 + 1, 303)
    assert every.steps[0].count("％") == 4


def test_the_earlier_formula_has_no_lifts() -> None:
    rates = standards.quake_rates("cabinet", ON).value
    every, _ = quake_evacuees(rates, destroyed=100, half=1000, given={"shelter": 1})
    assert every.count == 230
    with pytest.raises(WrongInput, match="エレベーター"):
        quake_evacuees(rates, destroyed=1, half=1, above_lift=1, given={"shelter": 1})


def test_shares_come_from_a_populations_own_ages(test_data) -> None:
    groups = standards.shares(ON).value.groups
    ages = census_ages(test_data)
    classes = [(first, first + 4) for first in range(0, 100, 5)] + [(100, None)]
    assert len(classes) == len(five_year_ages(100))
    towns = sorted({code for code, _ in ages})
    male = [sum(column) for column in zip(*(ages[code, "1"][0] for code in towns), strict=True)]
    female = [sum(column) for column in zip(*(ages[code, "2"][0] for code in towns), strict=True)]
    found = shares_of(groups, classes, male, female)
    assert found["care"] == groups["care"].share
    # An older region than the nation has fewer infants and fewer women of these years.
    for key in ("infants", "toddlers", "women"):
        assert 0 < found[key] < groups[key].share
    assert found["toddlers"] == 4 * found["infants"]


def test_shares_of_nobody_and_of_an_open_class_are_refused() -> None:
    groups = standards.shares(ON).value.groups
    with pytest.raises(WrongInput, match="人口が0"):
        shares_of(groups, [(0, None)], [0], [0])
    with pytest.raises(WrongInput, match="最も上"):
        shares_of(groups, [(0, 49), (50, None)], [1, 1], [1, 1])
    with pytest.raises(ValueError, match="2 classes"):
        shares_of(groups, [(0, 4), (5, None)], [1], [1])


# Spaces.


HALL = Space("gym", Fraction(700), "hall", "体育館")
ROOM = Space("room", Fraction(64), accessible=True)
TENT = Space("tent", Fraction(14), "tent")
JANUARY, JULY = date(2026, 1, 15), date(2026, 7, 15)


def test_in_winter_unheated_halls_and_tents_hold_nobody_and_stand_beside() -> None:
    winter = capacity([HALL, ROOM, TENT], JANUARY)
    assert (winter.people, winter.uncounted_halls, winter.uncounted_tents) == (18, 200, 4)
    assert winter.spaces[0].reason == "暖房がない屋内運動場・ホールのため、冬期は数えない"
    warm = [Space(each.key, each.floor_m2, each.kind, heated=True) for each in (HALL, TENT)]
    assert capacity([*warm, ROOM], JANUARY).people == 222
    summer = capacity([HALL, ROOM, TENT], JULY)
    assert (summer.people, summer.in_tents, summer.accessible) == (222, 4, 18)
    assert (summer.uncounted_halls, summer.uncounted_tents) == (0, 0)
    assert people_missing(300, winter) == 282
    # 1 April, 30 November: the months of winter are 12–3.
    assert [capacity([HALL], date(2026, *day)).people for day in ((3, 31), (4, 1), (11, 30), (12, 1))] == [
        0, 200, 200, 0,
    ]  # fmt: skip


def test_a_space_may_be_closed_or_smaller_by_day() -> None:
    class_room = Space("class", Fraction(64), day_m2=Fraction(0), usable=Fraction(3, 4))
    assert capacity([class_room], JULY, at="day").people == 0
    assert capacity([class_room], JULY, at="day").spaces[0].reason == "昼間は使えない"
    assert capacity([class_room], JULY, at="night").people == 13


def test_places_counted_on_the_plan_replace_the_division() -> None:
    hall = Space("gym", Fraction(700), "hall", heated=True, laid_out={"infection_2020": 96})
    assert capacity([hall], JULY, standard="infection_2020").people == 96
    assert capacity([hall], JULY).people == 200
    closed = replace(hall, day_m2=Fraction(0))
    assert capacity([closed], JULY, at="day", standard="infection_2020").people == 0
    plain = capacity([HALL], JULY, standard="infection_2020")
    assert plain.people == 175
    assert "通路幅1m" in plain.spaces[0].arithmetic


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (Space("a", Fraction(-1)), "床面積"),
        (Space("a", Fraction(10**6 + 1)), "1,000,000"),
        (Space("a", Fraction(10), usable=Fraction(2)), "有効面積率"),
        (Space("a", Fraction(10), night_m2=Fraction(11)), "床面積を超えています"),
        (Space("a", Fraction(10), night_m2=Fraction(-1)), "夜間の床面積"),
        (Space("a", Fraction(10), laid_out={"guideline_2024": -1}), "図面上の人数"),
        (Space("a", Fraction(10), "barn"), "種類"),
    ],
)
def test_a_space_that_cannot_be_is_refused_by_name(space: Space, words: str) -> None:
    with pytest.raises(WrongInput, match=words) as refused:
        capacity([ROOM, space], JULY)
    assert refused.value.column == "a"


def test_a_space_given_twice_and_a_time_that_is_none_are_refused() -> None:
    with pytest.raises(WrongInput, match="2回"):
        capacity([ROOM, ROOM], JULY)
    with pytest.raises(WrongInput, match="day か night"):
        capacity([ROOM], JULY, at="noon")


floors = st.fractions(0, 5000, max_denominator=100)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.tuples(floors, st.sampled_from(["room", "hall", "tent"]), st.booleans()), max_size=8))
def test_what_winter_takes_away_stands_beside_and_nothing_is_lost(rows) -> None:
    spaces = [Space(str(at), floor, kind, heated=heated) for at, (floor, kind, heated) in enumerate(rows)]
    mild, winter = capacity(spaces, ON, season="mild"), capacity(spaces, ON, season="winter")
    assert winter.people + winter.uncounted_halls + winter.uncounted_tents == mild.people
    for space, held in zip(spaces, mild.spaces, strict=True):
        assert held.people * Fraction(7, 2) <= space.floor_m2 < (held.people + 1) * Fraction(7, 2)
