"""Closed accounts lose their personal data after the set period; the log keeps the post and a pseudonym."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from keniki.apps.accounts import actions, forgetting, jobs
from keniki.apps.accounts.actor import SYSTEM, Denied, allow
from keniki.apps.accounts.models import LogEntry, User
from keniki.apps.accounts.verbs import verb
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db
YES = allow("試験")


@pytest.fixture
def left(partner, administrator) -> User:
    """川北町's officer, who did something, had an address, and was closed 400 days ago."""
    person = partner.user
    actions.change_user(administrator, YES, person, name=person.name, email="jiro@town.example")
    with verb(partner, "testing.did") as act:
        act.log(person, None, None, "様式を送付")
    actions.deactivate(administrator, YES, person)
    User.objects.filter(pk=person.pk).update(closed_at=timezone.now() - timedelta(days=400))
    return User.objects.get(pk=person.pk)


def test_the_name_goes_from_account_and_log_and_the_post_stays(left):
    assert forgetting.forget_expired(SYSTEM, 365) == 1
    left.refresh_from_db()
    name = forgetting.pseudonym(left)
    assert (left.name, left.login, left.email, left.forgotten) == (name, f"gone-{left.pk}", "", True)
    assert not left.has_usable_password()
    deed = LogEntry.objects.get(verb="testing.did")
    assert (deed.actor_name, deed.post_label) == (name, "川北町 企画課")
    assert deed.text == f"川北町 企画課 {name} が 様式を送付"
    kept = str(list(LogEntry.objects.values("text", "actor_name", "before", "after")))
    for personal in ("中村次郎", "jiro@town.example", "nakamura"):
        assert personal not in kept
    assert forgetting.forget_expired(SYSTEM, 365) == 0


def test_before_the_period_and_while_open_nothing_is_forgotten(left, secretariat):
    assert forgetting.forget_expired(SYSTEM, 401) == 0
    assert not forgetting.expired(0).filter(pk=secretariat.user.pk)
    left.refresh_from_db()
    assert left.name == "中村次郎"


def test_a_namesakes_deeds_keep_their_name(left, other_partner):
    User.objects.filter(pk=other_partner.user.pk).update(name=left.name)
    with verb(other_partner, "testing.namesake") as act:
        act.log(other_partner.user, None, None, "中村次郎 の様式を受領")
    forgetting.forget_expired(SYSTEM, 365)
    assert "中村次郎 の様式を受領" in LogEntry.objects.get(verb="testing.namesake").text
    assert "中村次郎" not in LogEntry.objects.get(verb="testing.did").text


def test_without_a_period_set_the_job_forgets_nobody(left, settings):
    settings.KEEP_ACCOUNTS_DAYS = None
    jobs.accounts.func(0)
    assert not User.objects.get(pk=left.pk).forgotten
    settings.KEEP_ACCOUNTS_DAYS = 365
    jobs.accounts.func(0)
    assert User.objects.get(pk=left.pk).forgotten


def test_a_forgotten_account_is_not_opened_again_and_the_log_is_protected_as_before(left, administrator):
    forgetting.forget_expired(SYSTEM, 365)
    with pytest.raises(WrongInput, match="新しく登録"):
        actions.reactivate(administrator, YES, left)
    with pytest.raises(DatabaseError), transaction.atomic():
        LogEntry.objects.filter(verb="testing.did").update(text="別の文")


def test_only_the_operator_forgets(left, administrator):
    with pytest.raises(Denied):
        forgetting.forget_expired(administrator, 365)
