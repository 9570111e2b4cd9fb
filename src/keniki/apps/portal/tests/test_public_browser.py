"""The public pages in a real browser: accessible, no wider than a phone, and the same without a script."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from django.urls import reverse

from keniki.apps.accounts.actor import Actor
from keniki.apps.portal.tests.secrets_for_tests import store_photos
from keniki.apps.regions.models import Region
from tests.browser import expect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Playwright's event loop runs in this thread beside Django; style sheets come straight from the package."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def addresses(region: Region) -> list[str]:
    names = ("home", "members", "activities", "vision", "agreements", "documents", "data")
    return [
        reverse("public:regions"),
        *(reverse(f"public:{name}", args=[region.slug]) for name in names),
        reverse("public:agreement", args=[region.slug, "kyoutei"]),
        reverse("public:initiative", args=[region.slug, "bousai"]),
        reverse("public:activity", args=[region.slug, "r5-kunren"]),
    ]


@pytest.mark.parametrize("shape", ["DESK", "PHONE"])
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_the_screen(
    live_server: Any, region: Region, secretariat: Actor, shape: str
) -> None:
    from keniki.apps.portal.tests import browser

    store_photos(secretariat, region)
    with browser.opened(width=getattr(browser, shape)) as page:
        problems = []
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        page.on("response", lambda answer: problems.append(answer.url) if answer.status >= 400 else None)
        for address in addresses(region):
            page.goto(live_server.url + address)
            problems += [f"{address} {line}" for line in browser.complaints(page)]
            if browser.is_too_wide(page):
                problems.append(f"{address} is wider than the screen")
    assert not problems, "\n".join(problems)


def test_residents_need_no_script(live_server: Any, region: Region) -> None:
    from keniki.apps.portal.tests import browser

    with browser.opened(javascript=False, width=browser.PHONE) as page:
        page.goto(live_server.url + reverse("public:home", args=[region.slug]))
        page.get_by_role("link", name="川北町 8,000人").or_(
            page.get_by_role("link", name="川北町")
        ).first.click()
        expect(page).to_have_url(re.compile("#m"))
        expect(page.get_by_role("row").filter(has_text="川北町")).to_be_visible()
        page.get_by_role("link", name="活動", exact=True).first.click()
        page.get_by_role("link", name="令和5年度").click()
        expect(page.get_by_text("1回 120名参加")).to_be_visible()
        page.get_by_role("link", name="ふりがな").click()
        expect(page.locator("ruby").first).to_be_visible()
