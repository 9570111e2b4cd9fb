from __future__ import annotations

import pytest
from allauth.mfa.totp.internal import auth as totp_auth
from django.core.cache import cache
from django.test import Client

from keniki.apps.accounts import lockout
from keniki.apps.accounts.models import LogEntry
from keniki.apps.portal.testing import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clean():
    cache.clear()
    yield
    cache.clear()


def attempt(login, password, address="10.0.0.1"):
    client = Client(REMOTE_ADDR=address)
    client.post("/accounts/login/", {"login": login, "password": password})
    return "_auth_user_id" in client.session


def test_the_account_is_locked_after_five_wrong_passwords_from_any_address_and_for_the_right_one_too(partner):
    for number in range(5):
        assert not lockout.is_locked("nakamura")
        assert not attempt("nakamura", "wrong", f"10.0.0.{number}")
    assert lockout.is_locked("nakamura")
    assert 0 < lockout.locked_for(partner.user) <= 15 * 60
    assert not attempt("nakamura", PASSWORD, "10.0.0.99")


def test_colleagues_at_the_same_address_are_not_locked(partner, approver):
    for _ in range(5):
        attempt("nakamura", "wrong")
    assert attempt("kobayashi", PASSWORD)


def test_the_case_of_the_login_does_not_give_more_attempts(partner):
    for login in ("nakamura", "NAKAMURA", "Nakamura", "nakamurA", "nAkamura"):
        attempt(login, "wrong")
    assert not attempt("nakamura", PASSWORD)


def test_the_lock_is_written_once_into_the_log_in_words(partner):
    for _ in range(7):
        attempt("nakamura", "wrong")
    entries = LogEntry.objects.filter(verb="accounts.locked")
    assert [entry.text for entry in entries] == [
        "システム（自動） が ログインの失敗が続いたため、"
        "利用者「中村次郎」（ログインID nakamura）のログインを15分間停止"
    ]


def test_an_unknown_login_is_locked_like_a_known_one_and_leaves_no_entry(cast):
    for _ in range(5):
        attempt("nobody", "wrong")
    assert lockout.is_locked("nobody")
    assert not LogEntry.objects.filter(verb="accounts.locked").exists()


@pytest.mark.slow
def test_the_right_password_before_the_limit_does_not_count_as_a_failure(partner):
    for _ in range(8):
        assert attempt("nakamura", PASSWORD)


@pytest.mark.slow
def test_an_administrator_lifts_the_lock(partner, administrator, client_as):
    for _ in range(5):
        attempt("nakamura", "wrong")
    client = client_as(administrator)
    shown = client.get("/desk/aoba/people/nakamura/").content.decode()
    assert "ログイン停止中" in shown
    client.post("/desk/aoba/people/nakamura/unlock/")
    assert attempt("nakamura", PASSWORD)


def test_wrong_second_factors_lock_too_and_the_administrator_lifts_that_lock(
    partner, administrator, client_as
):
    totp_auth.TOTP.activate(partner.user, totp_auth.generate_totp_secret())
    client = Client()
    client.post("/accounts/login/", {"login": "nakamura", "password": PASSWORD})
    for _ in range(5):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert lockout.locked_for(partner.user) > 0
    assert not lockout.is_locked("nakamura")
    other = client_as(administrator)
    assert "ログイン停止中" in other.get("/desk/aoba/people/nakamura/").content.decode()
    other.post("/desk/aoba/people/nakamura/unlock/")
    assert lockout.locked_for(partner.user) == 0
