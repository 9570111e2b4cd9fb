"""The steps towns take are those of the law's rulebook, and the report's rows are fields an event may have."""

from __future__ import annotations

from datetime import date

from keniki.analysis.merging.kinds import ORDERS, field_of
from keniki.apps.disaster.formats.cap import GRADES
from keniki.apps.disaster.procedures import STAY_STEPS, Side, stay_place, stay_steps
from keniki.rulebooks.disaster import law

ON = date(2026, 8, 1)
SIDES = {"asker": Side.ASKER, "helper": Side.HELPER}


def test_every_step_of_the_law_can_be_taken_by_the_side_it_names() -> None:
    for rule in law.procedures(ON).values():
        for step in rule.value.steps:
            taken = stay_steps(rule.value.key, ON)[step.key]
            assert taken.side is SIDES[step.side], step.key
            assert taken.label == step.name


def test_each_procedure_calls_its_places_as_its_article_does() -> None:
    before, after = stay_steps("evacuation", ON), stay_steps("temporary_stay", ON)
    assert (before["shelters"].label, stay_place("evacuation", ON)) == ("避難場所の決定", "避難場所")
    assert (after["shelters"].label, stay_place("temporary_stay", ON)) == ("避難所の決定", "避難所")
    assert before["withdrawal"].label == STAY_STEPS["withdrawal"].label


def test_a_day_before_the_law_keeps_the_steps_with_words_of_their_own() -> None:
    assert stay_steps("evacuation", date(1990, 1, 1)) == STAY_STEPS


def test_orders_of_the_law_are_those_of_the_events_and_of_the_alerts() -> None:
    for key, rule in law.orders(ON).items():
        assert ORDERS[key] == f"{rule.value.name}（警戒レベル{rule.value.level}）"
        assert key in GRADES
        assert rule.value.level in GRADES


def test_every_row_of_the_damage_report_is_a_field_of_the_event() -> None:
    for row in law.damage_form(ON).value.rows:
        for name in row.sum_of or (row.field,):
            assert field_of("damage", name).personal is False
