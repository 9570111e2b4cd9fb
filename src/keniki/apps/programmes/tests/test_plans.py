"""The stored plan: seed schedule from its start, steps done and moved, late and blocked, the subscription feed."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from icalendar import Calendar as Feed

from keniki.apps.accounts.actor import Denied
from keniki.apps.programmes import actions, queries
from keniki.apps.programmes.actions import StepDraft
from keniki.apps.programmes.models import CalendarAddress
from keniki.apps.programmes.procedure import State, plan_forward
from keniki.apps.regions.models import RegionMembership
from keniki.core.errors import WrongInput
from keniki.rulebooks.programmes.procedures import programme_procedure

from .test_pages import BASE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
START = date(2024, 5, 24)
PLAN = BASE + "plans/teiju/"


@pytest.fixture
def plan(in_region, secretariat):
    return actions.start_plan(secretariat, in_region, "teiju", START)


def state(plan, step: str, day: date):
    stored = queries.stored_plan(plan, day)
    return next(each for each in stored.states if each.planned.step.id == step)


def test_the_published_schedule_comes_out_of_the_stored_start(plan) -> None:
    rows = {row.step.id: row for row in queries.stored_plan(plan, START).plan.rows}
    months = {
        "panel_1": (2024, 7), "group_1": (2024, 7), "group_2": (2024, 9), "panel_2": (2024, 10), "group_3": (2024, 10),
        "budget_request": (2024, 10), "panel_3": (2025, 1), "signing": (2025, 3), "vision": (2025, 3),
        "start": (2025, 4),
    }  # fmt: skip
    assert {step: (rows[step].start.year, rows[step].start.month) for step in months} == months
    assert rows["panel_1"].start == date(2024, 7, 18)


def test_what_is_done_moves_the_rest_and_what_is_not_is_late_or_blocked(plan, secretariat, towns) -> None:
    day = date(2024, 7, 18)
    assert state(plan, "panel_setup", day).state is State.BLOCKED
    for step, on in (("eligibility", date(2024, 4, 20)), ("declaration", START)):
        actions.record_step(secretariat, plan, StepDraft(step, done_on=on, document_no="岩企第1号"))
    for town in towns.values():
        if town.name != "港南市":
            actions.record_step(secretariat, plan, StepDraft("intent", town, done_on=date(2024, 5, 20)))
    assert state(plan, "intent", day).state is State.DONE
    late = state(plan, "panel_setup", day)
    assert (late.state, late.days_late) == (State.OVERDUE, 13)
    assert [step.id for step in state(plan, "panel_1", day).blocking] == ["panel_setup"]
    actions.record_step(secretariat, plan, StepDraft("panel_setup", done_on=date(2024, 8, 20)))
    assert state(plan, "panel_1", day).planned.start == date(2024, 9, 2)


def test_a_moved_day_needs_its_reason_and_moves_what_follows(plan, secretariat, partner) -> None:
    moved = StepDraft("panel_1", moved_to=date(2024, 8, 1))
    with pytest.raises(WrongInput, match="理由"):
        actions.record_step(secretariat, plan, moved)
    with pytest.raises(Denied):
        actions.record_step(partner, plan, StepDraft("panel_1", moved_to=date(2024, 8, 1), reason="台風"))
    with pytest.raises(WrongInput, match="起点の日"):
        actions.record_step(secretariat, plan, StepDraft("declaration", moved_to=START, reason="延期"))
    actions.record_step(secretariat, plan, StepDraft("panel_1", moved_to=date(2024, 8, 1), reason="台風"))
    assert state(plan, "panel_1", START).planned.start == date(2024, 8, 1)
    assert state(plan, "group_1", START).planned.start == date(2024, 8, 2)
    row = queries.stored_plan(plan).moved("panel_1")
    actions.record_step(secretariat, plan, StepDraft("panel_1"), row.version)
    assert state(plan, "panel_1", START).planned.start == date(2024, 7, 18)


def test_a_town_records_its_own_resolution_and_the_secretariat_as_proxy(
    plan, secretariat, partner, viewer, towns, client_as
) -> None:
    own = StepDraft("resolution", towns["川北町"], done_on=date(2025, 3, 19), document_no="議決第5号")
    assert actions.record_step(partner, plan, own).proxy is False
    other = StepDraft("resolution", towns["星野町"], done_on=date(2025, 3, 21))
    for actor, draft in ((partner, other), (viewer, own), (partner, StepDraft("resolution", done_on=START))):
        with pytest.raises(Denied):
            actions.record_step(actor, plan, draft, 1)
    assert actions.record_step(secretariat, plan, other).proxy is True
    for wrong, says in (
        (StepDraft("declaration", towns["川北町"], done_on=START), "市町村ごと"),
        (StepDraft("resolution", towns["川北町"], done_on=date(2199, 1, 1)), "今日より後"),
    ):
        with pytest.raises(WrongInput, match=says):
            actions.record_step(partner, plan, wrong, 1)
    step = PLAN + "steps/resolution/"
    town = client_as(partner)
    assert f'{step}"' in town.get(PLAN).content.decode()
    page = town.get(step).content.decode()
    assert "川北町の記録" in page
    assert "代理入力" in page
    assert 'name="moved_to"' not in page
    assert town.get(step, {"town": towns["星野町"].code}).status_code == 403
    assert town.get(PLAN + "steps/declaration/").status_code == 403
    typed = {"done_on": "2025-03-20", "document_no": "議決第6号", "version": "1"}
    assert town.post(f"{step}?town={towns['川北町'].code}", typed).status_code == 302
    assert queries.stored_plan(plan).rows["resolution"][0].document_no == "議決第6号"
    assert client_as(viewer).get(step).status_code == 403


def test_a_region_of_one_merged_city_makes_a_policy_in_place_of_agreements(
    in_region, secretariat, client_as
) -> None:
    with transaction.atomic():
        RegionMembership.objects.filter(region=in_region).exclude(role="centre").delete()
    plan = actions.start_plan(secretariat, in_region, "teiju", START)
    rows = {row.step.id: row.step for row in queries.stored_plan(plan, START).plan.rows}
    assert rows["signing"].name == "形成方針の策定・公表"
    assert rows["resolution"].resolution
    assert "intent" not in rows
    assert {
        row.start.month for row in queries.stored_plan(plan, START).plan.rows if row.step.id == "start"
    } == {4}
    assert "形成方針を定める手続です" in client_as(secretariat).get(PLAN).content.decode()


def test_yearly_steps_come_every_year_to_the_programmes_end(in_region, secretariat) -> None:
    plan = actions.start_plan(secretariat, in_region, "hokkaido", date(2020, 10, 9))
    rows = queries.stored_plan(plan, START).plan.rows
    results = [row.start for row in rows if row.step.id.partition("-")[0] == "results"]
    assert [(day.year, day.month) for day in results] == [(year, 4) for year in range(2021, 2026)]
    assert next(row.step.name for row in rows if row.step.id == "results-2").endswith("（令和4年）")
    alone = plan_forward(programme_procedure("hokkaido", date(2020, 10, 9)).value, date(2020, 10, 9))
    assert len([row for row in alone.rows if row.step.yearly]) == 3


def test_pages_keep_the_plan_and_its_chart_has_a_shape_for_phones(
    plan, client_as, secretariat, partner
) -> None:
    office, town = client_as(secretariat), client_as(partner)
    page = office.get(PLAN).content.decode()
    assert "先行待ち" in page or "遅れ" in page
    step = PLAN + "steps/panel_1/"
    assert office.post(step, {"moved_to": "2024-08-01", "reason": ""}).status_code == 422
    assert office.post(step, {"moved_to": "9999-12-31", "reason": "x"}).status_code == 422
    assert office.post(step, {"moved_to": "2024-08-01", "reason": "台風"}).status_code == 302
    assert "変更：台風" in town.get(PLAN).content.decode()
    wide, narrow = (office.get(PLAN + "chart/", {"shape": shape}) for shape in ("", "narrow"))
    width = [int(re.search(rb'width="(\d+)', answer.content)[1]) for answer in (wide, narrow)]
    assert width[1] < 390 < width[0]
    assert (town.get(step).status_code, town.get(PLAN + "start/").status_code) == (403, 403)
    assert office.get(PLAN + "steps/nothing/").status_code == 404
    assert office.get(BASE + "plans/renkei/").status_code == 404
    assert office.post(PLAN + "start/", {"start": "1999-01-01"}).status_code == 422
    assert office.post(PLAN + "start/", {"start": "2024-05-27"}).status_code == 302


def test_a_calendar_reads_names_and_days_at_a_secret_address_until_it_is_revoked(
    plan, client_as, secretariat, partner
) -> None:
    actions.record_step(secretariat, plan, StepDraft("declaration", done_on=START, document_no="秘第1号"))
    office, visitor = client_as(secretariat), Client()
    assert office.post(PLAN + "addresses/", {"label": ""}).status_code == 422
    assert client_as(partner).post(PLAN + "addresses/", {"label": "企画課"}).status_code == 403
    page = office.post(PLAN + "addresses/", {"label": "企画課の共有"}).content.decode()
    address = re.search(r"/calendar/[\w-]{40,}\.ics", page)[0]
    answer = visitor.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    text = answer.content.decode()
    events = Feed.from_ical(text).walk("VEVENT")
    assert "第1回懇談会" in text.replace("\r\n ", "")
    assert {key for event in events for key in event} == {
        "UID", "DTSTAMP", "SUMMARY", "DTSTART", "DTEND", "TRANSP",
    }  # fmt: skip
    for kept in ("秘第1号", "aoba", "青葉"):
        assert kept not in text
    wrong = f"{address[:-8]}AAAA.ics"
    assert visitor.get(wrong).status_code == 404
    stored = CalendarAddress.objects.get()
    assert stored.digest not in page
    revoke = f"{BASE}addresses/{stored.pk}/revoke/"
    assert client_as(partner).post(revoke).status_code == 403
    assert office.post(revoke).status_code == 302
    assert visitor.get(address).status_code == 404
    assert "/calendar/" not in office.get(PLAN).content.decode()
