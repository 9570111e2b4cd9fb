"""A real browser for tests: pages opened in Debian's Chromium, checked by axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from keniki.cli import doctor

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIOLATIONS = """rules =>
  axe.run({runOnly: rules, resultTypes: ["violations"]}).then(found => found.violations)"""


@contextmanager
def opened(*, javascript: bool = True, width: dict[str, int] = DESK) -> Iterator[Page]:
    """A page of a browser of its own; requests to any other machine are refused."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(doctor.browser()), args=["--no-sandbox"])
        context = browser.new_context(viewport=width, java_script_enabled=javascript, locale="ja-JP")  # type: ignore[arg-type]
        context.route(
            lambda address: not address.startswith(("http://localhost", "http://127.0.0.1", "data:")),
            lambda route: route.abort(),
        )
        try:
            yield context.new_page()
        finally:
            browser.close()


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe holds against the page as it stands; what it finds in order is ten times as long and stays there."""
    page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate(VIOLATIONS, RULES)
    return found


def complaints(page: Page) -> list[str]:
    """What axe finds on the page as it stands: rule and element, one line each."""
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in violations(page)
        for node in each["nodes"]
    ]


@cache
def _axe() -> str:
    script: str = Axe().axe_script
    return script


def is_too_wide(page: Page) -> bool:
    """Whether the page would have to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
