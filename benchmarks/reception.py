"""Seconds per person at the reception of a shelter without network: the real page, a reader on the USB port, no person.

The page is prepared with network once; then the network is away and card after card is read until each is told as
checked in, stored and encrypted. What a family does at the desk is not in it: what is measured is what the page adds.
At the end everything is sent, and every person has to be on the server once.

KENIKI_BENCH_PEOPLE changes the number of people.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from _home import loaded_home
from _limits import Limits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

PEOPLE = int(os.environ.get("KENIKI_BENCH_PEOPLE", "500"))
LIMIT = 10.0
TIMEOUT = 60_000


def main() -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with Limits() as limits, loaded_home():
        from django.conf import settings

        settings.ALLOWED_HOSTS = ["*"]
        from django.db import connections
        from django.test.testcases import LiveServerThread, _StaticFilesHandler
        from playwright.sync_api import sync_playwright

        incident, cookie = records()
        server: Any = LiveServerThread("localhost", _StaticFilesHandler, connections_override={})
        server.daemon = True
        server.start()
        server.is_ready.wait()
        if server.error:
            raise server.error
        try:
            with sync_playwright() as playwright:
                times, sending = desk(playwright, f"http://localhost:{server.port}", incident, cookie)
        finally:
            server.terminate()
            connections.close_all()
        ordered = sorted(times)
        tail = times[-max(len(times) // 10, 1) :]
        print(f"{PEOPLE} people, one card each, without network")
        print(f"the last tenth: {sum(tail) / len(tail):.3f} s each; all sent in {sending:.1f} s")
        limits.hold("a person, in the middle", ordered[len(ordered) // 2], LIMIT)
        limits.hold("a person, 99th percentile", ordered[int(len(ordered) * 0.99)], LIMIT)
        limits.hold("a person, slowest", ordered[-1], LIMIT)
        limits.hold(
            "people missing on the server or there twice", abs(PEOPLE - arrived(incident)), 0, "people"
        )


def records() -> tuple[Any, str]:
    """A drill with shelters, and the session of somebody of a member town."""
    from django.test import Client
    from django_scopes import scope

    from keniki.apps.disaster.actions.incidents import save_incident
    from keniki.apps.disaster.tests.boarded import halls
    from keniki.apps.disaster.tests.test_incidents import DRILL
    from keniki.apps.portal import testing

    cast = testing.build()
    with scope(region=cast.region):
        halls(cast.region, cast.towns, cast.actor("secretariat"))
        incident = save_incident(cast.actor("secretariat"), cast.region, DRILL)
    client = Client()
    client.force_login(cast.actor("partner").user, backend="django.contrib.auth.backends.ModelBackend")
    return incident, client.cookies["keniki_session"].value


def desk(playwright: Any, address: str, incident: Any, cookie: str) -> tuple[list[float], float]:
    """Seconds of every person, and of sending them all afterwards."""
    from keniki.analysis import reception
    from keniki.cli.doctor import browser as chromium
    from tests.browser import PHONE, SWITCHES

    browser = playwright.chromium.launch(executable_path=str(chromium()), args=SWITCHES)
    context = browser.new_context(base_url=address, locale="ja-JP", timezone_id="Asia/Tokyo", viewport=PHONE)
    context.set_default_timeout(TIMEOUT)
    context.add_cookies([{"name": "keniki_session", "value": cookie, "url": address}])
    page = context.new_page()
    page.goto(f"{incident.get_absolute_url()}reception/app/")
    page.get_by_label("暗証番号", exact=True).fill("架空246810")
    page.get_by_label("暗証番号（もう一度）").fill("架空246810")
    page.get_by_role("button", name="決める").click()
    page.get_by_label("端末の名前").fill("受付1号")
    page.get_by_role("button", name="この端末を登録する").click()
    page.get_by_role("button", name="この避難所で受け付ける").click()
    field = page.get_by_label("カード・受付簿の番号")
    field.wait_for()
    context.set_offline(True)
    times = []
    for _ in range(PEOPLE):
        token = reception.new_card(incident.mode)
        started = time.perf_counter()
        field.focus()
        page.keyboard.insert_text(f"KENIKI:C:{token}")
        page.keyboard.press("Enter")
        page.get_by_text(reception.spelt(token)).wait_for()
        times.append(time.perf_counter() - started)
    context.set_offline(False)
    started = time.perf_counter()
    page.get_by_label("受付の状態").get_by_text("未送信 0件").wait_for(timeout=300_000)
    sending = time.perf_counter() - started
    browser.close()
    return times, sending


def arrived(incident: Any) -> int:
    """Persons who are checked in on the server, each counted as often as they came."""
    from django_scopes import scopes_disabled

    from keniki.apps.disaster.models import Event

    with scopes_disabled():
        return Event.objects.filter(incident=incident, personal=True).count()


if __name__ == "__main__":
    main()
