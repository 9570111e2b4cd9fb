"""Signing in with more than a password, in a real browser: an authenticator app, recovery codes, a passkey."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from typing import Any

import pytest

from keniki.apps.portal import testing
from keniki.apps.portal.testing import PASSWORD, SEATS

from .browser import PHONE, Browser, expect, fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOGIN = SEATS["partner"].login


def test_an_authenticator_app_is_asked_for_and_a_recovery_code_opens_when_it_is_lost(
    browser: Browser, cast: testing.Cast
) -> None:
    page = browser.window()
    with_password(page)
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="有効にする").click()
    confirm(page)
    expect(page.get_by_alt_text("認証アプリで読み取るQRコード")).to_be_visible()
    secret = page.locator("code").inner_text()
    page.fill("[name=code]", "000000")
    with page.expect_navigation():
        page.get_by_role("button", name="有効にする").click()
    expect(page.get_by_role("heading", name="入力内容を確認してください")).to_be_visible()
    page.fill("[name=code]", code_of(secret))
    page.get_by_role("button", name="有効にする").click()
    expect(page.get_by_text("認証アプリを有効にしました。")).to_be_visible()
    spare = page.locator(".codes li").all_inner_texts()
    assert len(set(spare)) == 10

    log_out(page)
    with_password(page)
    expect(page.get_by_role("heading", name="2段階認証")).to_be_visible()
    page.goto("/desk/")
    expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/"))
    page.fill("[name=code]", "000000")
    with page.expect_navigation():
        page.get_by_role("button", name="ログイン", exact=True).click()
    expect(page.locator("#id_code_error")).to_be_visible()
    page.fill("[name=code]", code_of(secret))
    page.get_by_role("button", name="ログイン", exact=True).click()
    page.wait_for_url("**/desk/")

    log_out(page)
    with_password(page)
    page.fill("[name=code]", spare[0])
    page.get_by_role("button", name="ログイン", exact=True).click()
    page.wait_for_url("**/desk/")
    page.goto("/accounts/2fa/")
    expect(page.get_by_text("10個のうち9個が使えます")).to_be_visible()
    log_out(page)
    with_password(page)
    page.fill("[name=code]", spare[0])
    page.get_by_role("button", name="ログイン", exact=True).click()
    expect(page.locator("#id_code_error")).to_be_visible()


def test_a_passkey_is_registered_and_opens_the_desk_without_a_password(
    browser: Browser, cast: testing.Cast
) -> None:
    page = browser.window()
    key = authenticator(page)
    with_password(page)
    page.goto("/accounts/2fa/webauthn/add/")
    confirm(page)
    page.fill("[name=name]", "執務室のパソコン")
    page.check("[name=passwordless]")
    page.get_by_role("button", name="キーを登録").click()
    expect(page.get_by_text("キーを登録しました。")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/")
    row = page.get_by_role("row", name=re.compile("執務室のパソコン"))
    expect(row.get_by_text("パスキー", exact=True)).to_be_visible()

    log_out(page)
    page.goto("/accounts/login/")
    key.verifies(False)
    page.get_by_role("button", name="パスキーでログイン").click()
    page.get_by_text("パスキーを使えませんでした。").wait_for()
    key.verifies(True)
    page.get_by_role("button", name="パスキーでログイン").click()
    page.wait_for_url("**/desk/")
    expect(page.get_by_text("川北町 企画課").first).to_be_visible()

    page.goto("/accounts/2fa/webauthn/")
    page.get_by_role("link", name=re.compile("削除")).click()
    confirm(page)
    page.get_by_role("button", name="削除").click()
    expect(page.get_by_text("キーを削除しました。")).to_be_visible()


@pytest.mark.slow
def test_the_pages_of_signing_in_fit_a_phone(browser: Browser, cast: testing.Cast) -> None:
    page = browser.window(viewport=PHONE)
    page.goto("/accounts/login/")
    assert fits(page)
    authenticator(page)
    with_password(page)
    addresses = [
        "/accounts/profile/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
    ]
    page.goto("/accounts/2fa/totp/activate/")
    assert fits(page)
    confirm(page)
    for address in addresses:
        page.goto(address)
        assert fits(page), address


class Key:
    """A virtual authenticator of the browser: it holds passkeys and says whether its owner was recognised."""

    def __init__(self, page: Any) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        made = self.session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        self.id = made["authenticatorId"]

    def verifies(self, recognised: bool) -> None:
        """From now on the owner is recognised by face, finger or PIN, or not."""
        self.session.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": recognised}
        )


def authenticator(page: Any) -> Key:
    """Give the window a virtual authenticator."""
    return Key(page)


def with_password(page: Any) -> None:
    """Fill in the log-in form as 川北町's officer."""
    page.goto("/accounts/login/")
    page.fill("[name=login]", LOGIN)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="ログイン", exact=True).click()


def confirm(page: Any) -> None:
    """Give the password once more, as before every change of how one signs in."""
    page.wait_for_url("**/reauthenticate/**")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="確認する").click()
    page.wait_for_url(lambda url: "reauthenticate" not in url)


def log_out(page: Any) -> None:
    """Leave by the log-out page."""
    page.goto("/accounts/logout/")
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name="ログアウト").click()


def code_of(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238, 30 seconds, SHA-1, six digits)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"
