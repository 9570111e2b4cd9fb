"""Law as data: cited rightly, labelled honestly, its steps and rows usable as they stand."""

from __future__ import annotations

import doctest
from datetime import date
from decimal import Decimal

import pytest

from keniki.rulebooks.disaster import law
from keniki.rulebooks.disaster.law import FormRow, ReportForm
from keniki.rulebooks.loader import RuleNotInForce, evidence_titles

ON = date(2026, 8, 1)


def test_the_examples_run() -> None:
    assert doctest.testmod(law).failed == 0


def test_every_article_the_towns_work_by_is_there_with_its_citation() -> None:
    found = law.articles(ON)
    assert set(found) == {
        *(
            "49-10",
            "49-11",
            "49-12",
            "49-13",
            "49-14",
            "49-15",
            "49-16",
            "49-17",
            "53",
            "56",
            "60",
            "61-4",
            "67",
            "68",
        ),
        *("86-8", "86-15", "90-2", "90-3", "90-4", "92"),
    }
    assert found["86-15"].value.name == "災害対策基本法第86条の15"
    assert law.article("61-4", ON).value.title == "広域避難の協議等"


def test_every_rule_and_part_stands_on_labels_that_stand_for_something() -> None:
    titles = evidence_titles()
    for rule in law.articles(ON).values():
        assert rule.source
        assert set(rule.evidence) <= set(titles)
        for paragraph in rule.value.paragraphs:
            assert paragraph.evidence, rule.id
            # What nobody read makes the whole rule one to confirm, and the note says what.
            if not paragraph.confirmed:
                assert not rule.confirmed
        if not rule.confirmed:
            assert rule.note, rule.id
    for rule in law.procedures(ON).values():
        assert rule.confirmed == all(step.confirmed for step in rule.value.steps)


def test_a_paragraph_nobody_read_has_no_number_in_a_procedure() -> None:
    for rule in law.procedures(ON).values():
        for step in rule.value.steps:
            assert step.confirmed == (step.paragraph is not None), (rule.id, step.key)


def test_orders_are_the_mayors_and_name_their_basis() -> None:
    found = law.orders(ON)
    assert [(key, rule.value.name, rule.value.level) for key, rule in found.items()] == [
        ("elderly", "高齢者等避難", 3),
        ("evacuate", "避難指示", 4),
        ("safety", "緊急安全確保", 5),
    ]
    assert {rule.value.actor for rule in found.values()} == {"市町村長"}
    assert found["safety"].value.basis == "災害対策基本法第60条第3項"
    assert [key for key, rule in found.items() if not rule.confirmed] == ["elderly"]


def test_the_two_procedures_go_the_same_way_and_differ_in_law_and_time() -> None:
    before, after = (law.procedure(key, ON).value for key in ("evacuation", "temporary_stay"))
    steps = ["request", "report", "acceptance", "shelters", "managers", "notice", "end"]
    assert [step.key for step in before.steps] == [step.key for step in after.steps] == steps
    assert (before.article, after.article) == ("61-4", "86-8")
    assert "発災前" in before.when
    assert "発災後" in after.when
    assert after.basis("report") == "災害対策基本法第86条の8第2項"
    assert after.basis("notice") == "災害対策基本法第86条の8"


def test_before_the_act_of_2021_the_book_says_from_when_it_is() -> None:
    with pytest.raises(RuleNotInForce, match="2021-05-20"):
        law.articles(date(2021, 5, 19))
    with pytest.raises(RuleNotInForce):
        law.article("60", date(2021, 5, 19))
    with pytest.raises(RuleNotInForce, match=r"article\.999"):
        law.article("999", ON)


def test_the_damage_report_has_a_row_for_what_the_state_asks() -> None:
    form = law.damage_form(ON).value
    named = {(row.group, row.name, row.unit) for row in form.rows}
    assert ("人的被害", "死者", "人") in named
    assert {("住家被害", "床上浸水", unit) for unit in ("棟", "世帯", "人")} <= named
    assert form.name == "第4号様式（その2）被害状況即報"
    assert {row.unit for row in form.rows if row.group == "被害額"} == {"千円"}


def test_each_class_of_damage_is_counted_in_one_row_and_nobody_says_it_was_read() -> None:
    form = law.damage_form(ON).value
    assert {row.name: row.classes for row in form.by_class} == {
        "全壊": ("total",),
        "半壊": ("major_half", "middle_half", "half"),
        "一部破損": ("quasi_half", "partial"),
    }
    assert not any(row.confirmed for row in form.by_class)
    with pytest.raises(ValueError, match="一つの行に一度だけ"):
        law.ReportForm.model_validate(
            {
                **form.model_dump(),
                "rows": [
                    {"group": "住家被害", "name": "全壊", "unit": "棟", "field": "a", "classes": ["total"]}
                ],
            }
        )


def test_rows_are_filled_from_stored_figures() -> None:
    rows = {(row.group, row.name, row.unit): row for row in law.damage_form(ON).value.rows}
    stored = {
        "households.total": 3,
        "households.half": 4,
        "households.above_floor": 5,
        "yen.agriculture": 12_345_499,
        "other.paddy_lost": 1.5,
    }
    assert rows[("り災", "り災世帯数", "世帯")].figure(stored) == 12
    assert rows[("被害額", "農業被害", "千円")].figure(stored) == 12_345
    assert rows[("その他", "田 流失・埋没", "ha")].figure(stored) == Decimal("1.5")
    assert rows[("人的被害", "死者", "人")].figure(stored) is None
    del stored["households.half"]
    assert rows[("り災", "り災世帯数", "世帯")].figure(stored) is None


def test_a_form_that_contradicts_itself_is_refused() -> None:
    dead = FormRow(group="人", name="死者", unit="人", field="dead")
    head = {"kind": "form", "number": "1", "part": "1", "title": "t", "article": "53"}
    with pytest.raises(ValueError, match="同じ field"):
        ReportForm.model_validate({**head, "rows": [dead, dead]})
    with pytest.raises(ValueError, match="行のない field"):
        ReportForm.model_validate(
            {**head, "rows": [dead, FormRow(group="人", name="計", unit="人", sum_of=("gone",))]}
        )
    with pytest.raises(ValueError, match="どちらか一つ"):
        FormRow(group="人", name="無", unit="人")
