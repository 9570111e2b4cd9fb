"""The rules of housing damage assessment as data: versions, evidence, what is asked for."""

from datetime import date, timedelta

import pytest

from keniki.rulebooks.disaster import damage
from keniki.rulebooks.loader import RuleUnknown, evidence_titles

BOOK = damage._book()
VERSIONS = sorted({rule.valid_from for rule in BOOK.rules})
NAMES_2021 = ["全壊", "大規模半壊", "中規模半壊", "半壊", "準半壊", "準半壊に至らない（一部損壊）"]


def test_the_classes_have_their_official_names_in_order_in_every_version():
    names = [[row.name for row in rule.value.rows] for rule in damage.class_versions()]
    assert names == [
        ["全壊", "大規模半壊", "半壊", "半壊に至らない（一部損壊）"],
        ["全壊", "大規模半壊", "半壊", "準半壊", "準半壊に至らない（一部損壊）"],
        NAMES_2021,
    ]
    assert [row.key for row in damage.classes(date(2026, 1, 1)).value.rows] == list(damage.CLASS_ORDER)
    assert damage.first_day() == date(2018, 3, 1)


@pytest.mark.parametrize("day", VERSIONS)
def test_every_class_a_rule_names_is_one_of_that_day(day):
    keys = {row.key for row in damage.classes(day).value.rows}
    for rule in BOOK.in_force(day).values():
        if not rule.is_known:
            continue
        value = rule.value
        named = [getattr(value, "class_key", None), getattr(value, "below_floor", None)]
        if value.kind != "classes":
            named += [getattr(row, "class_key", None) for row in getattr(value, "rows", ())]
        assert {key for key in named if key} <= keys, rule.id


@pytest.mark.parametrize("day", VERSIONS)
def test_every_rule_lasts_until_its_next_version(day):
    before = set(BOOK.in_force(day - timedelta(days=1)))
    gone = before - set(BOOK.in_force(day))
    assert all(name.startswith("caution.") for name in gone)


def test_a_rule_that_rests_on_no_text_says_what_to_confirm():
    for rule in BOOK.rules:
        assert set(rule.evidence) <= set(evidence_titles())
        if not rule.confirmed:
            said = rule.note or rule.question or getattr(rule.value, "text", "")
            assert said.endswith("。"), rule.id


def test_weights_no_text_gives_are_asked_for():
    rule = damage.weights("non_wood", "first", "earthquake", date(2024, 1, 1))
    assert not rule.is_known
    with pytest.raises(RuleUnknown) as raised:
        _ = rule.value
    assert raised.value.parameter == "weights"


def test_prefabricated_houses_have_the_weights_of_wood():
    day = date(2024, 1, 1)
    for survey in ("first", "second"):
        assert damage.weights("prefab", survey, "wind", day) == damage.weights("wood", survey, "wind", day)


@pytest.mark.parametrize("day", [date(2018, 3, 1), date(2024, 5, 30), date(2024, 5, 31)])
def test_inland_flood_by_depth_begins_on_its_day(day):
    assert (damage.depth(False, day) is None) == (day < date(2024, 5, 31))
    assert (damage.sampling(False, day) is None) == (day < date(2024, 5, 31))
    assert damage.depth(True, day) is not None


def test_the_training_cases_are_fictional_and_explain_their_trap():
    cases = damage.training_cases()
    assert len(cases) >= 8
    for rule in cases.values():
        assert rule.value.title.startswith("架空")
        assert rule.value.trap
        assert rule.is_product_default
        assert rule.value.survey["date"] >= rule.valid_from
