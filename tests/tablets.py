"""Tablets at the reception: a browser with a profile of its own on a line that is really cut, and what people do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django_scopes import scope, scopes_disabled

from keniki.analysis import reception
from keniki.apps.disaster.actions.incidents import save_incident
from keniki.apps.disaster.models import Event, Incident
from keniki.apps.disaster.tests.boarded import halls
from keniki.apps.disaster.tests.test_incidents import DRILL
from keniki.apps.portal import testing
from keniki.cli.doctor import browser as chromium

from .browser import PHONE, SWITCHES
from .wire import Wire

PIN = "架空246810"


class Line:
    """The only way from a tablet to the server.

    A browser that is told to be offline still lets a service worker that just started, or a page that just
    loaded, say a word: here the wire itself is cut, and the browser is told so as its radio would tell it.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.wire = Wire((parts.hostname or "127.0.0.1", parts.port or 80))
        self.address = f"http://127.0.0.1:{self.wire.port}"

    def away(self, context: Any) -> None:
        """No network from now on."""
        self.wire.state = "refusing"
        self.wire.cut()
        context.set_offline(True)

    def back(self, context: Any) -> None:
        """There is network again."""
        self.wire.state = "open"
        context.set_offline(False)


class Tablet:
    """A tablet with a profile of its own: switched off and on, with and without network."""

    def __init__(self, playwright: Any, profile: Path, server: str, actor: Any) -> None:
        self.playwright, self.profile, self.actor = playwright, profile, actor
        self.line = Line(server)
        self.context: Any = None
        self.errors: list[str] = []

    def start(self, *, online: bool = True, switches: Sequence[str] = ()) -> Any:
        """Switch it on."""
        if not online:
            self.line.wire.state = "refusing"
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=str(chromium()), args=[*SWITCHES, *switches],
            base_url=self.line.address, locale="ja-JP", timezone_id="Asia/Tokyo", viewport=PHONE,
            accept_downloads=True,
        )  # fmt: skip
        self.context.set_default_timeout(20_000)
        if online:
            self.log_in()
            self.back()
        else:
            self.away()
        page = self.context.pages[0]
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def log_in(self) -> None:
        """A session of the actor."""
        client = Client()
        client.force_login(self.actor.user, backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies["keniki_session"].value
        self.context.add_cookies([{"name": "keniki_session", "value": cookie, "url": self.line.address}])

    def away(self) -> None:
        """No network from now on."""
        self.line.away(self.context)

    def back(self) -> None:
        """There is network again."""
        self.line.back(self.context)

    def stop(self) -> None:
        """Switch it off."""
        self.context.close()
        self.line.wire.cut()


def drill(cast: testing.Cast) -> Incident:
    """A drill with places to receive people at."""
    with scope(region=cast.region):
        halls(cast.region, cast.towns, cast.actor("secretariat"))
        return save_incident(cast.actor("secretariat"), cast.region, DRILL)


def app_of(incident: Incident) -> str:
    """The address of the reception's page."""
    return f"{incident.get_absolute_url()}reception/app/"


def prepare(page: Any, incident: Incident, name: str = "受付1号") -> None:
    """Take the page along: PIN, device and shelter."""
    page.goto(app_of(incident))
    page.get_by_label("暗証番号", exact=True).fill(PIN)
    page.get_by_label("暗証番号（もう一度）").fill(PIN)
    page.get_by_role("button", name="決める").click()
    page.get_by_label("端末の名前").fill(name)
    page.get_by_role("button", name="この端末を登録する").click()
    page.get_by_role("button", name="この避難所で受け付ける").click()
    page.get_by_label("カード・受付簿の番号").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def unlock(page: Any, pin: str = PIN) -> None:
    """Open the page that is already on the tablet."""
    page.get_by_label("暗証番号", exact=True).fill(pin)
    page.get_by_role("button", name="開く").click()


def scan(page: Any, token: str) -> None:
    """What a reader on the USB port does: the text and Enter."""
    field = page.get_by_label("カード・受付簿の番号")
    field.fill(f"KENIKI:C:{token}")
    field.press("Enter")
    page.get_by_text(reception.spelt(token)).wait_for()


def type_code(page: Any, token: str) -> None:
    """Key in a number, whatever comes of it."""
    field = page.get_by_label("カード・受付簿の番号")
    field.fill(token)
    field.press("Enter")


def enter_household(page: Any, *names: str) -> None:
    """A household by hand."""
    page.get_by_text("カードを使わずに受付（世帯）").click()
    for number, name in enumerate(names):
        page.get_by_label("氏名", exact=True).nth(number).fill(name)
    page.get_by_role("button", name="世帯を受け付ける").click()
    page.get_by_text(f"世帯{len(names)}人", exact=True).wait_for()


def cards(incident: Incident, number: int) -> list[str]:
    """New cards, the same in every run."""
    random.seed(7)
    return [reception.new_card(incident.mode) for _ in range(number)]


def stored(incident: Incident) -> list[Event]:
    """What has arrived about people."""
    with scopes_disabled():
        return list(Event.objects.filter(incident=incident, personal=True).select_related("incident"))
