"""The steps towns take are those of the law's rulebook, and the report's rows are fields an event may have."""

from __future__ import annotations

from datetime import date

from keniki.analysis.merging.kinds import ORDERS, field_of
from keniki.apps.disaster.formats.cap import GRADES
from keniki.apps.disaster.procedures import STAY_STEPS, Side
from keniki.rulebooks.disaster import law

ON = date(2026, 8, 1)
SIDES = {"asker": Side.ASKER, "helper": Side.HELPER}


def test_every_step_of_the_law_can_be_taken_by_the_side_it_names() -> None:
    for rule in law.procedures(ON).values():
        for step in rule.value.steps:
            taken = STAY_STEPS[step.key]
            assert taken.side is SIDES[step.side], step.key


def test_orders_of_the_law_are_those_of_the_events_and_of_the_alerts() -> None:
    for key, rule in law.orders(ON).items():
        assert ORDERS[key] == f"{rule.value.name}（警戒レベル{rule.value.level}）"
        assert key in GRADES
        assert rule.value.level in GRADES


def test_every_row_of_the_damage_report_is_a_field_of_the_event() -> None:
    for row in law.damage_form(ON).value.rows:
        for name in row.sum_of or (row.field,):
            assert field_of("damage", name).personal is False
