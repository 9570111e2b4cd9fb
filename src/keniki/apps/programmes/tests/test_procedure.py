"""Plans from a day forward and back, what is late or blocked, and the calendar feed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar as Feed

from keniki.apps.programmes.procedure import (
    Done,
    State,
    attention,
    calendar_feed,
    plan_back,
    plan_forward,
    states,
)
from keniki.core.holidays import Calendar
from keniki.rulebooks.programmes import PROGRAMMES
from keniki.rulebooks.programmes.procedures import programme_procedure

pytestmark = pytest.mark.slow

DECLARED = date(2024, 5, 24)
TEIJU = programme_procedure("teiju", DECLARED).value
TOWNS = ("岩見沢市", "夕張市", "美唄市")


def test_the_schedule_of_minami_sorachi_comes_out_from_its_declaration():
    plan = plan_forward(TEIJU, DECLARED)
    assert plan.row("declaration").start == DECLARED
    assert plan.row("panel_1").start == date(2024, 7, 18)
    group_1 = plan.row("group_1")
    assert (group_1.start.month, group_1.end.month) == (7, 8)
    assert {plan.row("group_2").start.month, plan.row("group_2").end.month} == {9}
    assert plan.row("panel_2").start.month == 10
    assert {plan.row("group_3").start.month, plan.row("budget_request").end.month} == {10}
    assert plan.row("panel_3").start.month == 1
    assert plan.row("resolution").end == date(2025, 3, 19)
    assert plan.row("signing").start == date(2025, 3, 26)
    assert plan.row("vision").start.month == 3
    assert plan.row("start").start == date(2025, 4, 1)
    assert plan.row("intent").end < DECLARED


def test_a_late_start_misses_the_october_request_and_says_how_long_it_waits():
    plan = plan_forward(TEIJU, date(2024, 9, 2))
    request = plan.row("budget_request")
    assert (request.start.year, request.start.month) == (2025, 10)
    assert request.waited > 200
    assert plan.row("start").start == date(2026, 4, 1)


def check(plan):
    calendar = Calendar()
    for row in plan.rows:
        assert calendar.is_business_day(row.start)
        assert calendar.is_business_day(row.end)
        assert row.start <= row.end
        if row.step.months:
            assert {row.start.month, row.end.month} <= set(row.step.months)
        for key in row.step.after:
            assert plan.row(key).end + timedelta(days=row.step.lag) <= row.start, (key, row.step.id)


days = st.dates(date(2009, 4, 1), date(2060, 3, 31))


@settings(max_examples=40, deadline=None)
@given(days, st.sampled_from(PROGRAMMES))
def test_forward_every_step_follows_those_before_it_on_open_days(day, key):
    procedure = programme_procedure(key, date(2024, 5, 24)).value
    plan = plan_forward(procedure, day)
    check(plan)
    assert plan.row(procedure.anchor).start == Calendar().next_business_day(day)


@settings(max_examples=40, deadline=None)
@given(days, st.sampled_from(PROGRAMMES))
def test_back_the_goal_is_reached_in_time(day, key):
    procedure = programme_procedure(key, date(2024, 5, 24)).value
    plan = plan_back(procedure, day)
    check(plan)
    assert plan.row(procedure.goal).end <= day


def test_back_from_april_the_declaration_may_come_a_week_later():
    plan = plan_back(TEIJU, date(2025, 4, 1))
    assert plan.row("start").start == date(2025, 4, 1)
    assert DECLARED < plan.row("declaration").start < date(2024, 7, 1)


def test_what_is_done_keeps_its_day_and_the_rest_moves_behind_it():
    plan = plan_forward(
        TEIJU,
        DECLARED,
        done={"declaration": DECLARED, "panel_setup": date(2024, 8, 20)},
        today=date(2024, 8, 21),
    )
    assert plan.row("panel_setup").done
    assert plan.row("panel_1").start == date(2024, 9, 2)
    assert plan.row("briefing").start == date(2024, 8, 21)


def test_a_holiday_of_the_office_moves_a_step():
    closed = Calendar(overrides={date(2024, 7, 18): "市制施行記念日"})
    assert plan_forward(TEIJU, DECLARED, calendar=closed).row("panel_1").start == date(2024, 7, 19)


def test_steps_are_overdue_blocked_open_or_waiting():
    plan = plan_forward(TEIJU, DECLARED)
    records = [
        Done("eligibility", date(2024, 4, 20)),
        Done("intent", date(2024, 5, 20)),
        Done("declaration", DECLARED),
    ]
    found = {state.planned.step.id: state for state in states(plan, records, date(2024, 7, 18), TOWNS)}
    assert found["declaration"].state is State.DONE
    assert found["panel_setup"].state is State.OVERDUE
    assert found["panel_setup"].days_late == 13
    assert found["panel_1"].state is State.BLOCKED
    assert [step.id for step in found["panel_1"].blocking] == ["panel_setup"]
    assert found["group_1"].state is State.WAITING
    assert found["base_survey"].state is State.OVERDUE
    assert found["declaration"].out_of_order == ()
    pressing = attention(found.values())
    assert {state.state for state in pressing} == {State.OVERDUE, State.BLOCKED}
    assert pressing[0].days_late == max(state.days_late for state in pressing)


def test_a_step_of_every_municipality_is_done_when_the_last_one_has_taken_it():
    plan = plan_forward(TEIJU, DECLARED)
    two = [Done("briefing", date(2024, 6, 3), TOWNS[0]), Done("briefing", date(2024, 6, 20), TOWNS[1])]

    def briefing(records):
        found = states(plan, records, date(2024, 6, 21), TOWNS)
        return next(state for state in found if state.planned.step.id == "briefing")

    assert briefing(two).state is not State.DONE
    assert briefing(two).open_parties == ("美唄市",)
    three = [*two, Done("briefing", date(2024, 6, 10), TOWNS[2])]
    assert (briefing(three).state, briefing(three).done_on) == (State.DONE, date(2024, 6, 20))


def test_a_step_taken_before_what_it_needs_is_shown():
    plan = plan_forward(TEIJU, DECLARED)
    records = [Done("signing", date(2025, 3, 18)), Done("resolution", date(2025, 3, 19))]
    found = {state.planned.step.id: state for state in states(plan, records, date(2025, 3, 20))}
    assert [step.id for step in found["signing"].out_of_order] == ["resolution"]


def feed_text(**more):
    plan = plan_forward(TEIJU, DECLARED)
    stamp = datetime(2024, 5, 24, 0, 0, tzinfo=UTC)
    return calendar_feed(
        plan, title="南空知定住自立圏の形成", key="minami-sorachi-teiju", stamp=stamp, **more
    )


def test_the_feed_is_icalendar_that_another_program_can_read():
    text = feed_text(url="https://example.jp/programmes/")
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    events = {str(event["UID"]): event for event in Feed.from_ical(text).walk("VEVENT")}
    assert len(events) == len(TEIJU.steps)
    group_1 = events["minami-sorachi-teiju-group_1@keniki"]
    assert group_1["DTSTART"].dt == date(2024, 7, 19)
    assert group_1["DTEND"].dt == date(2024, 8, 31)
    resolution = events["minami-sorachi-teiju-resolution@keniki"]
    assert "地方自治法第96条第2項" in resolution["DESCRIPTION"]
    assert "議会の議決を要する" in resolution["DESCRIPTION"]
    assert resolution["DTSTAMP"].dt == datetime(2024, 5, 24, tzinfo=UTC)


def test_the_feed_is_the_same_each_time_and_marks_what_is_late():
    assert feed_text() == feed_text()
    plan = plan_forward(TEIJU, DECLARED)
    found = states(plan, [], date(2024, 7, 20), TOWNS)
    marked = feed_text(found=found)
    events = {str(event["UID"]): event for event in Feed.from_ical(marked).walk("VEVENT")}
    assert events["minami-sorachi-teiju-panel_setup@keniki"]["SUMMARY"].startswith("【先行待ち】")
    assert "夕張市" in events["minami-sorachi-teiju-briefing@keniki"]["DESCRIPTION"]


@pytest.mark.parametrize("key", PROGRAMMES)
def test_every_programme_has_a_plan_for_the_example_of_its_source(key):
    procedure = programme_procedure(key, date(2024, 5, 24)).value
    plan = plan_forward(procedure, procedure.example)
    check(plan)
    assert plan.row(procedure.anchor).start == procedure.example
    assert plan.first_day < procedure.example < plan.last_day
