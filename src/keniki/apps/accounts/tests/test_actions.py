from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.testing import InMemoryConnector

from keniki.apps.accounts import actions, policies, queries
from keniki.apps.accounts.actor import Denied, allow, deny
from keniki.apps.accounts.models import LogEntry, Token, User
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.django_db
MAY = allow("試験")


@pytest.mark.slow
def test_a_new_person_gets_an_initial_password_that_has_to_be_changed(administrator):
    issued = actions.create_user(administrator, MAY, "mori", "森 一")
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", issued.password)
    assert issued.user.check_password(issued.password)
    assert issued.user.must_change_password
    assert issued.password not in LogEntry.objects.latest("pk").text
    assert LogEntry.objects.latest("pk").text == (
        "青葉市 企画課 課長 鈴木久美 が 利用者「森 一」（ログインID mori）を登録"
    )


def test_two_people_cannot_have_logins_that_differ_in_case_only(administrator):
    with pytest.raises(WrongInput, match="既に使われています"):
        actions.create_user(administrator, MAY, "NAKAMURA", "中村")


@pytest.mark.parametrize("login", ["", "x", "山田", "a b", "new", "transfer", "-a", "x" * 65])
def test_a_login_that_would_not_work_in_an_address_is_refused(administrator, login):
    with pytest.raises(WrongInput) as wrong:
        actions.create_user(administrator, MAY, login, "名前")
    assert wrong.value.column == "ログインID"


def test_who_may_not_is_denied_and_nothing_is_stored(partner):
    with pytest.raises(Denied, match="だめ"):
        actions.create_user(partner, deny("だめ"), "mori", "森")
    assert not User.objects.filter(login="mori").exists()


def test_resetting_a_password_ends_the_persons_sessions_and_only_theirs(
    administrator, partner, approver, client_as
):
    client_as(partner)
    client_as(approver)
    issued = actions.reset_password(administrator, MAY, partner.user)
    assert issued.user.check_password(issued.password)
    assert queries.stored_sessions(partner.user) == []
    assert len(queries.stored_sessions(approver.user)) == 1


def test_resetting_a_password_ends_the_persons_api_tokens(administrator, partner):
    _, secret = actions.create_token(partner, "予約")
    actions.reset_password(administrator, MAY, partner.user)
    assert queries.user_from_token(f"Bearer {secret}") is None
    assert "（APIトークン 1件を失効）" in LogEntry.objects.latest("pk").text


def test_a_lost_second_factor_is_taken_away_with_sessions_and_a_line_in_the_log(
    administrator, partner, client_as
):
    client_as(partner)
    TOTP.activate(partner.user, generate_totp_secret())
    RecoveryCodes.activate(partner.user)
    removed = actions.reset_second_factor(administrator, MAY, partner.user)
    assert removed == ["認証アプリ", "回復コード"]
    assert not Authenticator.objects.filter(user=partner.user).exists()
    assert queries.stored_sessions(partner.user) == []
    assert LogEntry.objects.latest("pk").text.endswith("の2段階認証（認証アプリ・回復コード）を解除")
    with pytest.raises(WrongInput, match="設定していません"):
        actions.reset_second_factor(administrator, MAY, partner.user)


def test_nobody_resets_their_own_second_factor_without_the_password(administrator, neighbour):
    TOTP.activate(administrator.user, generate_totp_secret())
    with pytest.raises(WrongInput, match="画面で変更"):
        actions.reset_second_factor(administrator, MAY, administrator.user)
    with pytest.raises(Denied):
        actions.reset_second_factor(neighbour, deny("だめ"), administrator.user)


@pytest.mark.parametrize(("enabled", "sent"), [(True, 1), (False, 0)])
def test_the_person_is_told_by_mail_where_mail_is_set_up(
    administrator, partner, settings, mailoutbox, enabled, sent
):
    settings.MAIL_ENABLED = enabled
    partner.user.email = "nakamura@example.jp"
    partner.user.save(update_fields=["email"])
    TOTP.activate(partner.user, generate_totp_secret())
    connector = InMemoryConnector()
    with app.replace_connector(connector):
        actions.reset_second_factor(administrator, MAY, partner.user)
        app.run_worker(wait=False, install_signal_handlers=False)
    assert len(mailoutbox) == sent
    if sent:
        assert mailoutbox[0].to == ["nakamura@example.jp"]
        assert "鈴木久美 が、あなたの2段階認証（認証アプリ）を解除し" in mailoutbox[0].body


def test_a_closed_account_loses_sessions_and_tokens_and_keeps_its_log(administrator, partner, client_as):
    client_as(partner)
    _, secret = actions.create_token(partner, "予約")
    actions.deactivate(administrator, MAY, partner.user)
    assert queries.user_from_token(f"Bearer {secret}") is None
    assert queries.stored_sessions(partner.user) == []
    actions.reactivate(administrator, MAY, partner.user)
    assert queries.user_from_token(f"Bearer {secret}") is None
    assert queries.log_of_user(partner.user)


def test_nobody_closes_their_own_account(administrator):
    with pytest.raises(WrongInput, match="自分自身"):
        actions.deactivate(administrator, MAY, administrator.user)


def test_only_the_hash_of_a_token_is_stored(partner):
    token, secret = actions.create_token(partner, "予約")
    assert secret not in " ".join(str(value) for value in vars(token).values())
    assert queries.user_from_token(f"Bearer {secret}") == partner.user


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer keniki_unknown"])
def test_a_header_without_a_known_token_speaks_for_nobody(cast, header):
    assert queries.user_from_token(header) is None


def test_an_expired_and_a_revoked_token_no_longer_work(partner):
    token, secret = actions.create_token(partner, "a")
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert queries.user_from_token(f"Bearer {secret}") is None
    token, secret = actions.create_token(partner, "b")
    actions.revoke_token(partner, token)
    assert queries.user_from_token(f"bearer {secret}") is None


def test_the_last_use_of_a_token_is_written_once_a_day(partner, django_assert_num_queries):
    token, secret = actions.create_token(partner, "a")
    with django_assert_num_queries(2):
        queries.user_from_token(f"Bearer {secret}")
    with django_assert_num_queries(1):
        queries.user_from_token(f"Bearer {secret}")
    token.refresh_from_db()
    assert token.last_used_on == timezone.localdate()


def test_nobody_issues_or_revokes_a_token_of_somebody_else(partner, approver):
    with pytest.raises(Denied):
        actions.create_token(partner, "x", user=approver.user)
    token, _ = actions.create_token(approver, "x")
    with pytest.raises(Denied):
        actions.revoke_token(partner, token)
    assert not policies.own_token(partner, token)


@pytest.mark.parametrize("days", [0, -1, 2000])
def test_a_token_lasts_from_a_day_to_three_years(partner, days):
    with pytest.raises(WrongInput, match="有効日数"):
        actions.create_token(partner, "x", days=days)


def test_other_sessions_are_ended_and_this_one_stays(partner, client_as):
    here, there = client_as(partner), client_as(partner)
    assert len(queries.sessions_of(partner.user)) == 2
    assert actions.end_other_sessions(partner, here.session.session_key) == 1
    assert Session.objects.filter(session_key=here.session.session_key).exists()
    assert not Session.objects.filter(session_key=there.session.session_key).exists()


def test_only_an_operator_makes_operators(administrator, operator, partner):
    with pytest.raises(Denied):
        actions.make_operator(administrator, partner.user)
    assert actions.make_operator(operator, partner.user).is_operator


def test_sessions_that_ended_are_cleared_by_the_nightly_command(partner, client_as):
    client_as(partner)
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    call_command("clearsessions")
    assert not Session.objects.exists()
