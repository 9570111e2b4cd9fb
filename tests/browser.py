"""A real browser on the live server: people with their own windows, and what every page must keep to."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from keniki.apps.accounts.actor import Actor
from keniki.cli.doctor import browser as chromium

DESK = {"width": 1280, "height": 900}
#: The screen of an old office PC.
OLD = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
TIMEOUT = 20_000
expect.set_options(timeout=TIMEOUT)
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Browser:
    """Chromium, and the complaints of every page it showed: console errors, foreign requests, crashes."""

    def __init__(self, running: Any, address: str) -> None:
        self.running = running
        self.address = address
        self.complaints: list[str] = []

    def window(self, actor: Actor | None = None, **options: Any) -> Any:
        """A page of a new window, in which the actor is logged in; without one it is a visitor's."""
        context = self.running.new_context(
            base_url=self.address, locale="ja-JP", timezone_id="Asia/Tokyo", **{"viewport": DESK, **options}
        )
        context.set_default_timeout(TIMEOUT)
        if actor is not None and actor.user is not None:
            client = Client()
            client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.address}])
        page = context.new_page()
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: self._watch(asked.url))
        return page

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and "the server responded with a status of 4" not in text:
            self.complaints.append(text)

    def _watch(self, url: str) -> None:
        here = urlsplit(self.address).netloc
        if urlsplit(url).scheme not in {"blob", "data"} and urlsplit(url).netloc != here:
            self.complaints.append(f"request to {url}")


@contextmanager
def running() -> Iterator[Any]:
    """Chromium with a new profile of its own."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=str(chromium()), args=SWITCHES)
            yield opened
            opened.close()
    finally:
        if before is None:
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


def fits(page: Any) -> bool:
    """Whether the page can be read without scrolling sideways."""
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide <= page.viewport_size["width"]


def work_off_jobs() -> None:
    """Do the waiting jobs as the worker would, in a thread: the browser's driver has an event loop in this one."""

    def work() -> None:
        from procrastinate.contrib.django.models import ProcrastinateJob
        from procrastinate.contrib.django.procrastinate_app import current_app

        try:
            for job in ProcrastinateJob.objects.filter(status="todo").order_by("id"):
                current_app.tasks[job.task_name](**job.args)
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
