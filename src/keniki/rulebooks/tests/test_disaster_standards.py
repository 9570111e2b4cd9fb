"""Standards and items of disaster stock: complete, sourced, dated, and what nobody's text says is asked for."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest

from keniki.core.errors import WrongInput
from keniki.rulebooks import demand
from keniki.rulebooks.disaster import standards as book
from keniki.rulebooks.loader import RuleNotInForce, evidence_titles, load

ON = date(2026, 4, 1)
GUIDELINE = date(2024, 12, 13)


def test_the_eight_basic_items_are_those_the_state_sends() -> None:
    basic = [rule.value.name for rule in book.items(ON).values() if rule.value.group == "basic"]
    assert basic == [
        "食料",
        "毛布",
        "乳児用粉ミルク・液体ミルク",
        "乳児・小児用おむつ",
        "大人用おむつ",
        "携帯トイレ・簡易トイレ",
        "トイレットペーパー",
        "生理用品",
    ]


def test_the_kit_of_a_cold_region_and_what_the_agreement_names_are_there() -> None:
    cold = {key for key, rule in book.items(ON).items() if rule.value.group == "cold"}
    assert cold == {
        "bed", "sleeping_bag", "winter_clothes", "hand_warmer", "foil_sheet", "jet_heater", "kerosene", "stove",
        "co_alarm", "generator",
    }  # fmt: skip


def test_every_item_is_for_a_group_that_has_a_share_and_has_a_quantity_or_asks() -> None:
    groups = book.shares(ON).value.groups
    asks = set()
    for key, rule in book.items(ON).items():
        item = rule.value
        assert item.whom in (book.EVERYONE, *groups), key
        assert item.group in book.GROUPS
        if item.question:
            asks.add(key)
            assert item.question.endswith("。"), key
    assert asks == {"winter_clothes", "stove", "partition", "tent"}


def test_figures_that_no_text_states_are_flagged() -> None:
    unread = {key for key, rule in book.items(ON).items() if not rule.confirmed}
    assert unread == {
        "milk", "bed", "sleeping_bag", "hand_warmer", "foil_sheet", "stove", "tent"
    }  # fmt: skip
    chosen = {key for key, rule in book.items(ON).items() if rule.is_product_default}
    assert chosen == {"blanket", "jet_heater", "kerosene", "co_alarm", "generator"}
    assert not book.space_standard("two", ON).confirmed
    assert not book.quake_rates("cabinet", ON).confirmed
    assert book.space_standard("guideline_2024", ON).confirmed


def test_the_standard_of_area_changes_on_the_day_of_the_guideline() -> None:
    before = GUIDELINE - timedelta(days=1)
    assert [book.default_space(day) for day in (date(2017, 12, 31), before, GUIDELINE)] == [
        "two", "council_2018", "guideline_2024",
    ]  # fmt: skip
    assert "guideline_2024" not in book.space_standards(before)
    areas = {key: rule.value.m2 for key, rule in book.space_standards(ON).items()}
    assert areas == {
        "guideline_2024": Fraction(7, 2),
        "council_2018": Fraction(33, 20),
        "two": 2,
        "infection_2020": 4,
    }
    for day in (date(2000, 1, 1), date(2018, 1, 1), date(2020, 4, 1), before, GUIDELINE, ON):
        assert book.default_space(day) in book.space_standards(day)


def test_toilets_are_split_between_women_and_men_from_the_guideline_on() -> None:
    before, after = book.toilets(GUIDELINE - timedelta(days=1)).value, book.toilets(GUIDELINE).value
    assert (before.initial, before.middle, before.women_to_men) == (50, 20, None)
    assert (after.initial, after.middle, after.women_to_men) == (50, 20, 3)
    assert book.baths(GUIDELINE - timedelta(days=1)) is None


def test_a_standard_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(WrongInput, match="guideline_2024, council_2018, two, infection_2020"):
        book.space_standard("three", ON)
    with pytest.raises(RuleNotInForce, match="2024-12-13"):
        book.space_standard("guideline_2024", date(2020, 1, 1))
    with pytest.raises(WrongInput, match="tokyo_2022, cabinet"):
        book.quake_rates("flood", ON)
    with pytest.raises(WrongInput, match="food, blanket"):
        book.item("bread", ON)


def test_winter_is_december_to_march() -> None:
    rule = book.winter(ON).value
    seasons = [rule.season(date(2026, month, 1)) for month in range(1, 13)]
    assert [month for month, season in enumerate(seasons, 1) if season == "winter"] == [1, 2, 3, 12]


def test_the_nations_shares_follow_from_the_census_and_the_certified() -> None:
    groups = book.shares(ON).value.groups
    nation, care = demand.standard_population(ON).value, demand.care_levels(ON).value
    male, female = ([int(each) for each in row] for row in (nation.male, nation.female))
    known, babies = sum(male) + sum(female), male[0] + female[0]
    women = Fraction(3, 5) * female[2] + sum(female[3:10]) + Fraction(2, 5) * female[10]
    heavy = sum(
        total.persons for total in care.totals if total.levels in (("care_3",), ("care_4",), ("care_5",))
    )
    assert groups["infants"].share == Fraction(babies, 5 * known)
    assert groups["toddlers"].share == Fraction(4 * babies, 5 * known)
    assert groups["women"].share == women / known
    assert groups["care"].share == Fraction(int(heavy), known + int(sum(nation.unknown)))


def test_examples_name_items_and_groups_that_exist() -> None:
    groups = book.shares(ON).value.groups
    found = book.examples()
    assert set(found) == {"shihoro", "naie", "tottori", "noda"}
    for rule in found.values():
        assert set(rule.value.items) <= set(book.items(ON))
        assert set(rule.value.shares) <= set(groups)
        assert rule.confirmed
        assert all(label in evidence_titles() for label in rule.evidence)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{name: a, group: basic, unit: 枚, per: person}", "どちらか一つ"),
        ("{name: a, group: basic, unit: 枚, per: person, each: 1, question: 数。}", "どちらか一つ"),
        ("{name: a, group: basic, unit: 枚, per: people, each: 1}", "どちらか一つ"),
        ("{name: a, group: basic, unit: 枚, per: person, each: -1}", "each"),
        ("{name: a, group: basic, unit: 枚, per: person, each: true}", "数を書いてください"),
        ("{name: a, group: basic, unit: 枚, per: person, each: 1/0}", "数ではありません"),
        ("{name: a, group: basic, unit: 枚, per: person, each: .inf}", "数ではありません"),
        ("{name: a, group: basic, unit: 枚, per: person, each: 1, part: 1.5}", "part"),
        ("{name: a, group: basic, unit: 枚, per: person, each: 1, pack: 0}", "pack"),
        ("{name: a, group: basic, unit: 枚, per: person, each: {winter: 1}}", "mild"),
        ("{name: a, group: basic, unit: 枚, per: week, each: 1}", "per"),
    ],
)
def test_items_that_cannot_be_are_refused(tmp_path, value: str, words: str) -> None:
    (tmp_path / "items.yaml").write_text(
        "rules:\n  - id: a\n    valid_from: 2020-01-01\n    source: a\n    evidence: [BG]\n"
        f"    value: {value}\n",
        encoding="utf-8",
    )
    with pytest.raises(WrongInput, match=words):
        load("items.yaml", book.ItemRule, folder=tmp_path)


def test_decimals_stay_what_they_say() -> None:
    assert book.storage(ON).value.m3_per_person_day == Fraction(45, 1000)
    assert book.item("toilet_paper", ON).value.each == book.BySeason(winter="1/7", mild="1/7")
