from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import (
    Entry,
    Rule,
    Rulebook,
    RuleNotInForce,
    RuleUnknown,
    evidence_titles,
    load,
)


class Cap(Entry):
    yen: int


GOOD = """
rules:
  - id: cap
    valid_from: 2009-04-01
    valid_to: 2020-03-31
    source: 旧要綱
    evidence: [S002]
    value: {yen: 40000000}
  - id: cap
    valid_from: 2020-04-01
    source: 現要綱
    evidence: [BG]
    value: {yen: 85000000}
  - id: rate
    valid_from: 2020-04-01
    source: 未確認
    evidence: [DEFAULT]
    parameter: rate
    question: 率を確かめてください。
"""


def read(folder: Path, text: str, **options):
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    return load("rules.yaml", Cap, folder=folder, **options)


def test_the_rule_of_the_date_is_given_with_both_ends_of_its_validity(tmp_path):
    book = read(tmp_path, GOOD)
    assert book.on("cap", date(2009, 4, 1)).value.yen == 40_000_000
    assert book.on("cap", date(2020, 3, 31)).value.yen == 40_000_000
    assert book.on("cap", date(2020, 4, 1)).value.yen == 85_000_000
    assert [rule.source for rule in book.history("cap")] == ["旧要綱", "現要綱"]
    assert list(book.in_force(date(2010, 1, 1))) == ["cap"]


def test_a_rule_on_background_knowledge_is_flagged_and_one_on_a_text_is_not(tmp_path):
    book = read(tmp_path, GOOD)
    assert book.on("cap", date(2010, 1, 1)).confirmed
    assert not book.on("cap", date(2021, 1, 1)).confirmed
    assert book.on("rate", date(2021, 1, 1)).is_product_default


def test_a_date_without_a_rule_is_refused_naming_rule_and_date(tmp_path):
    with pytest.raises(RuleNotInForce) as raised:
        read(tmp_path, GOOD).on("cap", date(2009, 3, 31))
    assert "「cap」" in raised.value.message
    assert "2009-03-31" in raised.value.message
    assert raised.value.file == "rules.yaml"


def test_a_rule_that_does_not_exist_is_refused_naming_those_that_do(tmp_path):
    with pytest.raises(RuleNotInForce, match="cap、rate"):
        read(tmp_path, GOOD).on("kap", date(2021, 1, 1))


def test_a_rule_nobody_knows_says_which_parameter_to_set(tmp_path):
    rule = read(tmp_path, GOOD).on("rate", date(2021, 1, 1))
    assert not rule.is_known
    with pytest.raises(RuleUnknown, match="rate に値と根拠") as raised:
        _ = rule.value
    assert raised.value.parameter == "rate"


def test_an_installation_answers_a_parameter_and_the_answer_is_checked(tmp_path):
    book = read(tmp_path, GOOD, settings={"rate": {"yen": 5}})
    assert book.on("rate", date(2021, 1, 1)).value.yen == 5
    with pytest.raises(WrongInput, match="yen"):
        read(tmp_path, GOOD, settings={"rate": {"yen": "many"}})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("valid_to: 2020-03-31", "valid_to: 2020-04-01", "重なっています"),
        ("    valid_to: 2020-03-31\n", "", "重なっています"),
        ("valid_to: 2020-03-31", "valid_to: 2008-03-31", "valid_from より前"),
        ("evidence: [S002]", "evidence: [S999]", "S999"),
        ("evidence: [S002]", "evidence: []", "根拠"),
        ("    source: 旧要綱\n", "", "source"),
        ("{yen: 40000000}", "{yen: 4, yem: 5}", "yem"),
        ("{yen: 40000000}", "{yen: 4, yen: 5}", "2回"),
        ("value: {yen: 40000000}", "valeu: {yen: 4}", "valeu"),
        ("    value: {yen: 40000000}\n", "", "parameter"),
        ("value: {yen: 40000000}", "value: {yen: 4}\n    parameter: cap", "同時"),
        ("valid_from: 2009-04-01", "valid_from: 令和2年", "valid_from"),
        ("rules:", "rule:", "rules:"),
        ("rules:", "rules: [", "YAML"),
    ],
)
def test_a_file_with_a_mistake_is_refused_as_a_whole_naming_the_file(tmp_path, old, new, reason):
    assert old in GOOD
    with pytest.raises(WrongInput, match=reason) as raised:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert raised.value.file == "rules.yaml"


def test_the_rule_with_the_mistake_is_named(tmp_path):
    with pytest.raises(WrongInput) as raised:
        read(tmp_path, GOOD.replace("{yen: 40000000}", "{yen: many}"))
    assert raised.value.column == "cap"


days = st.dates(date(2000, 1, 1), date(2050, 1, 1))


@given(st.lists(days, min_size=1, max_size=6, unique=True), days)
def test_versions_that_follow_each_other_give_one_rule_for_every_day_after_the_first(starts, day):
    starts = sorted(starts)
    ends = [start - timedelta(days=1) for start in starts[1:]] + [None]
    rules = tuple(
        Rule("r", start, end, "", ("BG",), "", "f", None, "", Decimal(index))
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    )
    book = Rulebook("f", rules)
    if day < starts[0]:
        with pytest.raises(RuleNotInForce):
            book.on("r", day)
    else:
        assert book.on("r", day).value == sum(start <= day for start in starts) - 1


def test_every_label_says_what_it_stands_for():
    assert {"S000", "S001", "S002", "S003", "BG", "CALC", "DEFAULT"} <= set(evidence_titles())
    assert all(evidence_titles().values())
