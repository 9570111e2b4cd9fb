"""Every page in a real browser: readable with assistive technology, and without complaints of the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from .addresses import ADDRESSES, SIGN_IN
from .browser import Browser
from .world import World, build

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_no_page_puts_anything_in_the_way_of_assistive_technology(browser: Browser, db: None) -> None:
    from axe_playwright_python.sync_playwright import Axe

    world, axe = build(), Axe()
    windows = {seat: browser.window(world.actor(seat) if seat != "resident" else None) for seat in SEATS}
    found: dict[str, list[str]] = {}
    looked_at = 0
    for seat, name, url in pages(world):
        page = windows[seat]
        shown = page.request.get(url)
        if not shown.ok:
            found[f"{seat} {name} {url}"] = [f"answers {shown.status}"]
        if not shown.ok or "text/html" not in shown.headers["content-type"]:
            continue
        page.goto(url)
        looked_at += 1
        violations = axe.run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response[
            "violations"
        ]
        if violations:
            found[f"{seat} {name} {url}"] = [_said(each) for each in violations]
    assert looked_at > 90
    assert found == {}, "\n".join(f"{where}: {what}" for where, what in found.items())


SEATS = ("resident", "secretariat", "administrator")


def pages(world: World) -> Iterator[tuple[str, str, str]]:
    """Each page once, by somebody who may open it; the sign-in pages by a visitor and by a person."""
    for name, address in ADDRESSES.items():
        seat = next((seat for seat in SEATS if seat in (address.opens or ())), None)
        if seat:
            yield seat, name, address.url(name, world)
    for name, (kwargs, visitor, person) in SIGN_IN.items():
        for seat, status in (("resident", visitor), ("secretariat", person)):
            if status == 200 and name != "account_logout":
                yield seat, name, reverse(name, kwargs=kwargs)


def _said(violation: dict[str, Any]) -> str:
    where = "; ".join(node["html"][:110] for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['impact']}): {where}"
