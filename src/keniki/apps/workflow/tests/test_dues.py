from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Organisation
from keniki.apps.workflow import actions, jobs, queries
from keniki.apps.workflow.models import DueItem, Reminder
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def towns_bodies(cast):
    return list(Organisation.objects.filter(slug__in=["kawakita-cho", "hoshino-cho"]).order_by("slug"))


@pytest.fixture
def due(in_region, secretariat, towns_bodies):
    day = rights.today() + timedelta(days=10)
    return actions.create_due(secretariat, in_region, "実績の入力", day, towns_bodies)


def test_each_body_gets_its_own_item_and_the_log_one_line(due):
    assert [item.organisation.slug for item in due] == ["hoshino-cho", "kawakita-cho"]
    assert "「実績の入力」を 星野町・川北町 に依頼（期限 令和" in LogEntry.objects.latest("pk").text


def test_a_town_sees_its_own_and_the_secretariat_all(due, in_region, partner, secretariat, viewer):
    assert [each.item.organisation.slug for each in queries.due_for(partner, in_region)] == ["kawakita-cho"]
    assert len(queries.due_for(secretariat, in_region)) == 2
    assert [each.mine for each in queries.due_for(viewer, in_region)] == [True]


def test_the_town_marks_its_own_item_as_done_and_no_other(due, in_region, partner):
    hoshino, kawakita = due
    actions.finish_due(partner, kawakita, kawakita.version)
    with pytest.raises(Denied, match="星野町"):
        actions.finish_due(partner, hoshino, hoshino.version)
    assert queries.due_for(partner, in_region) == []


def test_what_is_done_is_not_changed_any_more(due, secretariat):
    item = actions.finish_due(secretariat, due[0])
    with pytest.raises(WrongInput, match="済"):
        actions.change_due(
            secretariat, item, item.version, title="x", text="", due_on=item.due_on, remind_days=3
        )


def test_moving_the_day_is_logged_from_and_to_and_the_second_editor_is_told(due, secretariat):
    item = due[1]
    day = item.due_on + timedelta(days=7)
    actions.change_due(secretariat, item, item.version, title=item.title, text="", due_on=day, remind_days=7)
    assert "→" in LogEntry.objects.latest("pk").text
    with pytest.raises(Stale):
        actions.change_due(
            secretariat, item, item.version, title="別の件名", text="", due_on=day, remind_days=7
        )


def test_a_past_day_no_title_and_no_body_are_refused(in_region, secretariat, towns_bodies):
    today = rights.today()
    for title, day, bodies in (
        ("件", today - timedelta(days=1), towns_bodies),
        (" ", today, towns_bodies),
        ("件", today, []),
    ):
        with pytest.raises(WrongInput):
            actions.create_due(secretariat, in_region, title, day, bodies)
    assert not DueItem.objects.exists()


def test_a_partner_gives_nobody_work(in_region, partner, towns_bodies):
    with pytest.raises(Denied):
        actions.create_due(partner, in_region, "件", rights.today(), towns_bodies)


def test_an_item_comes_up_a_week_before_on_the_day_and_every_week_after(due):
    day = due[0].due_on
    came = [
        offset
        for offset in range(-12, 23)
        if any(item.pk == due[0].pk for item in actions.remind(day + timedelta(days=offset)))
    ]
    assert came == [-7, 0, 7, 14, 21]


def test_the_second_run_of_a_day_brings_up_nothing(due):
    day = due[0].due_on
    assert len(actions.remind(day)) == 2
    assert actions.remind(day) == []
    assert LogEntry.objects.filter(verb="workflow.remind").count() == 1


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(st.integers(-15, 30), max_size=12, unique=True))
def test_whatever_days_the_job_ran_nothing_is_brought_up_twice_in_a_week_without_need(due, runs):
    from django.db import transaction

    point = transaction.savepoint()
    item = due[0]
    for offset in sorted(runs):
        actions.remind(item.due_on + timedelta(days=offset))
    sent = sorted((r.sent_on - item.due_on).days for r in Reminder.objects.filter(item=item))
    assert all(offset >= -7 for offset in sent)
    assert sum(offset < 0 for offset in sent) <= 1
    late = [offset for offset in sent if offset > 0]
    assert all(b - a >= 7 for a, b in itertools.pairwise(late))
    transaction.savepoint_rollback(point)


def test_without_mail_set_up_nothing_is_sent(due):
    assert jobs.send(due) == 0
    assert mail.outbox == []


@override_settings(MAIL_ENABLED=True)
def test_everyone_of_the_town_with_an_address_gets_one_mail(due, partner, approver):
    for actor in (partner, approver):
        actor.user.email = f"{actor.user.login}@town.example"
        actor.user.save()
    assert jobs.send([due[1]]) == 2
    assert sorted(each.to[0] for each in mail.outbox) == ["kobayashi@town.example", "nakamura@town.example"]
    assert "実績の入力" in mail.outbox[0].body


def test_the_page_shows_what_is_due_and_the_form_keeps_what_was_typed(due, secretariat, partner, client_as):
    shown = client_as(partner).get("/desk/aoba/dues/").content.decode()
    assert "実績の入力" in shown
    assert "あなたの団体" in shown
    client = client_as(secretariat)
    answer = client.post(
        "/desk/aoba/dues/new/",
        {
            "title": "回答の確認",
            "due_on": "2020-01-01",
            "remind_days": "3",
            "organisations": [due[0].organisation_id],
        },
    )
    assert answer.status_code == 422
    assert "期限が過去の日です" in answer.content.decode()
    assert "回答の確認" in answer.content.decode()
    assert client_as(partner).get("/desk/aoba/dues/new/").status_code == 403


def test_two_editors_see_both_versions_and_choose(due, secretariat, client_as):
    item = due[1]
    client = client_as(secretariat)
    address = f"/desk/aoba/dues/{item.pk}/edit/"
    typed = {"title": "私の件名", "text": "", "due_on": str(item.due_on), "remind_days": "7", "version": "1"}
    actions.change_due(secretariat, item, 1, title="先の件名", text="", due_on=item.due_on, remind_days=7)
    answer = client.post(address, typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "先の件名" in page
    assert "私の件名" in page
    client.post(address, {**typed, "version": "2", "choice-title": "theirs"})
    item.refresh_from_db()
    assert item.title == "先の件名"
    client.post(address, {**typed, "version": str(item.version), "choice-title": "mine"})
    item.refresh_from_db()
    assert item.title == "私の件名"


def test_a_date_far_ahead_does_not_come_up(in_region, secretariat, towns_bodies):
    actions.create_due(secretariat, in_region, "件", date(2099, 1, 1), towns_bodies, remind_days=60)
    assert actions.remind() == []
