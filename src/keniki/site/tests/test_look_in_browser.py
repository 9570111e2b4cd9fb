"""The gallery in a real browser: accessible, nothing blocked, nothing from outside, at home on a phone."""

from __future__ import annotations

import mimetypes
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from keniki.apps.portal.tests.browser import violations
from keniki.site import gallery
from tests.browser import expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("keniki.site.tests.test_look"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
HASH = re.compile(r"\.[0-9a-f]{12}(?=\.\w+$)")


def serve(html: str) -> ThreadingHTTPServer:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            body, kind = html.encode(), "text/html; charset=utf-8"
            if path.startswith("/static/"):
                found = finders.find(HASH.sub("", path.removeprefix("/static/")))
                if found is None:
                    self.send_error(404)
                    return
                with open(found, "rb") as file:  # noqa: PTH123
                    body, kind = file.read(), mimetypes.guess_type(path)[0] or "text/plain"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()


@pytest.fixture
def address() -> Iterator[str]:
    server = serve(render_to_string("gallery.html", gallery.sample()))
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def open_page(browser: Any, address: str, width: int = 1280, height: int = 900) -> tuple[Any, list[str]]:
    page = browser.new_context(viewport={"width": width, "height": height}, locale="ja-JP").new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((address, "blob:")) else complaints.append(r.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page, complaints


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844), (320, 256)])
def test_the_gallery_is_accessible_and_fits(browser: Any, address: str, width: int, height: int) -> None:
    page, complaints = open_page(browser, address, width, height)
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations(page)] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_a_click_on_a_head_sorts_with_missing_values_last(browser: Any, address: str) -> None:
    page, _ = open_page(browser, address)
    table = page.locator("[data-table]").first
    for order in ("ascending", "descending"):
        table.get_by_role("button", name="4月で並べ替え").click()
        expect(table.locator("th[aria-sort]")).to_have_attribute("aria-sort", order)
        cells = table.locator("tbody tr td:nth-child(2)").all_inner_texts()
        numbers = [int(text) for text in cells if text.isdigit()]
        assert numbers == sorted(numbers, reverse=order == "descending")
        assert not any(text.isdigit() for text in cells[len(numbers) :])


def test_a_downloaded_table_holds_numbers_and_no_formula(browser: Any, address: str) -> None:
    page, _ = open_page(browser, address)
    page.evaluate("document.querySelector('[data-table] tbody td').textContent = '=1+1'")
    page.evaluate("document.querySelector('[data-table] tbody td:nth-child(3)').textContent = '▲1,234'")
    with page.expect_download() as waiting:
        page.locator("[data-table]").first.get_by_role("button", name="CSV").click()
    text = waiting.value.path().read_text(encoding="utf-8")
    assert text.startswith('\ufeff"市町"')
    assert '"\'=1+1","-1234"' in text


def test_a_search_leaves_matching_rows_and_hides_the_sums_that_would_be_wrong(
    browser: Any, address: str
) -> None:
    page, _ = open_page(browser, address)
    table = page.locator("[data-table]").first
    towns = table.locator("tbody th").all_inner_texts()
    table.get_by_role("searchbox").fill(towns[0])
    expect(table.locator("tfoot")).to_be_hidden()
    shown = [row for row in table.locator("tbody tr").all() if row.is_visible()]
    assert 0 < len(shown) < len(towns)
    assert all(towns[0] in row.inner_text() for row in shown)
    expect(table.get_by_text(f"{len(towns)}行のうち{len(shown)}行")).to_be_visible()
    table.get_by_role("searchbox").fill("")
    expect(table.locator("tfoot")).to_be_visible()


def test_days_and_years_of_an_era_are_sorted_in_time(browser: Any, address: str) -> None:
    page, _ = open_page(browser, address)
    table = page.locator("[data-table]").first
    days = ["R2.10.9", "平成31年4月30日", "令和元年5月1日", "R2.9.30 9:05", "昭和48年", "R2.9.30 10:00"]
    rows = table.locator("tbody tr").count()
    page.evaluate(
        "days => [...document.querySelectorAll('[data-table] tbody')[0].rows]"
        ".forEach((row, place) => { row.cells[1].textContent = days[place] ?? '―'; })",
        days,
    )
    table.locator("thead th").nth(1).get_by_role("button").click()
    expect(table.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    found = table.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert found[: len(days)] == [
        "昭和48年", "平成31年4月30日", "令和元年5月1日", "R2.9.30 9:05", "R2.9.30 10:00", "R2.10.9"
    ]  # fmt: skip
    assert len(found) == rows


def test_a_day_stands_in_words_beside_its_field_as_it_is_typed(browser: Any, address: str) -> None:
    page, _ = open_page(browser, address)
    field = page.locator("input[type=date]").first
    words = page.locator(f"[data-era='{field.get_attribute('id')}']")
    for typed, said in (("2024-05-24", "令和6年5月24日（金）"), ("2019-05-01", "令和元年5月1日（水）")):
        field.fill(typed)
        expect(words).to_have_text(said)
    field.fill("")
    expect(words).to_have_text("")


def test_a_row_added_to_a_formset_is_counted_and_warned_about(browser: Any, address: str) -> None:
    page, _ = open_page(browser, address)
    expect(page.locator("[data-unsaved-note]").first).to_be_hidden()
    page.get_by_role("button", name="数量を追加").click()
    expect(page.locator("[name=counts-TOTAL_FORMS]")).to_have_value("3")
    expect(page.locator("[name=counts-2-value]")).to_be_focused()
    expect(page.locator("[data-unsaved-note]").first).to_be_visible()


def test_without_a_script_nothing_is_missing(browser: Any, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    expect(page.locator("input[name=counts-0-DELETE]")).to_be_visible()
    expect(page.get_by_role("button", name="絞り込む")).to_be_visible()
    page.locator(".header-end summary").click()
    expect(page.locator(".header-end").get_by_text("ログアウト")).to_be_visible()
    expect(page.get_by_role("button", name="数量を追加")).to_be_hidden()
