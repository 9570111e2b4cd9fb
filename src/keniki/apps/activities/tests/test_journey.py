"""In a real browser: an activity with a photo reaches the report; a partner keeps to its own town."""

from __future__ import annotations

from pathlib import Path

import pytest
from django_scopes import scope

from keniki.apps.activities import queries
from keniki.apps.documents.composing.base import compose
from keniki.apps.portal.testing import PASSWORD
from keniki.apps.portal.tests.browser import complaints, is_too_wide, opened
from tests.browser import expect

from .test_photos import jpeg

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def log_in(page, server, login: str) -> None:
    page.goto(f"{server.url}/accounts/login/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("form [type=submit]")
    page.wait_for_url("**/desk/**")


def save(page) -> None:
    with page.expect_navigation():
        page.click(".save-bar [type=submit]")


@pytest.mark.django_db(transaction=True)
def test_an_activity_with_a_photo_is_added_and_printed_in_the_report(live_server, region, tmp_path) -> None:
    photo = Path(tmp_path, "会場.jpg")
    photo.write_bytes(jpeg())
    with opened() as page:
        log_in(page, live_server, "sato")
        page.goto(f"{live_server.url}/desk/aoba/activities/new/?initiative=sumaho&year=2024")
        page.fill("[name=title]", "生成AI研修会")
        page.select_option("[name=kind]", "training")
        page.fill("[name=lines-0-text]", "2回 85名参加")
        save(page)
        expect(page.locator("main")).to_contain_text("読み取った数量")
        assert complaints(page) == []
        save(page)
        page.wait_for_url("**/activities/sumaho-2024-*/")
        assert complaints(page) == []
        page.click("text=写真を追加")
        page.wait_for_url("**/photos/new/**")
        page.set_input_files("[name=file]", photo)
        page.fill("[name=caption]", "生成AI研修会の様子")
        page.check("[name=consent][value=given]")
        assert complaints(page) == []
        save(page)
        page.wait_for_url("**/activities/sumaho-2024-*/")
        page.locator(".photo-card img").scroll_into_view_if_needed()
        expect(page.locator(".photo-card img")).not_to_have_js_property("naturalWidth", 0)
    with scope(region=region):
        printed = repr(compose(region, "results", first=2022, last=2024).document)
    for words in ("生成AI研修会", "2回 85名参加", "生成AI研修会の様子"):
        assert words in printed


@pytest.mark.django_db(transaction=True)
def test_a_partner_enters_its_own_figure_and_is_refused_the_others(live_server, region, towns) -> None:
    url = f"{live_server.url}/desk/aoba/activities/r6-sumaho"
    with opened(width={"width": 390, "height": 844}) as page:
        log_in(page, live_server, "nakamura")
        page.goto(f"{url}/figures/")
        assert complaints(page) == []
        assert not is_too_wide(page)
        field = page.locator(f"[name=value-people-{towns['川北町'].code}]")
        field.fill("28")
        expect(page.locator(f"[name=value-people-{towns['星野町'].code}]")).to_have_count(0)
        field.evaluate(
            """(input, other) => {
                const copy = document.createElement("input");
                copy.name = other; copy.value = "99"; input.form.append(copy);
            }""",
            f"value-people-{towns['星野町'].code}",
        )
        save(page)
        expect(page.locator("main")).to_contain_text("星野町の数値は星野町の担当者だけが入力できます")
        page.goto(f"{url}/")
        expect(page.locator("main")).to_contain_text("49名参加")
        page.goto(f"{url}/figures/")
        page.fill(f"[name=value-people-{towns['川北町'].code}]", "28")
        save(page)
        expect(page.locator("main")).to_contain_text("56名")
        assert page.goto(f"{url}/edit/").status == 403
        expect(page.locator("main")).to_contain_text("共同の記録は事務局が編集します")
    with scope(region=region):
        figures = {count.key: count.value for count in queries.activity_for(region, "r6-sumaho").counts.all()}
    assert figures == {"people": 56, "people_aoba": 20, "people_kawakita": 28, "people_hoshino": 8}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_is_accessible_and_fits(live_server, region, width) -> None:
    with opened(width={"width": width, "height": 900}) as page:
        log_in(page, live_server, "sato")
        for path in (
            "activities/", "activities/new/", "activities/new/?initiative=bousai", "activities/r6-sumaho/",
            "activities/r6-sumaho/edit/", "activities/years/", "activities/sheets/", "photos/",
            "photos/new/?activity=r6-sumaho", "finance/", "finance/grants/new/", "finance/grants/r5-koufukin/",
            "finance/lines/new/",
        ):  # fmt: skip
            page.goto(f"{live_server.url}/desk/aoba/{path}")
            assert complaints(page) == [], path
            assert not is_too_wide(page), path
