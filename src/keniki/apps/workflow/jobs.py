"""What this slice does by itself: due items come up every morning, by mail where it is set up; unused files go."""

from __future__ import annotations

import logging
from collections import defaultdict

from django.conf import settings
from django.core.mail import send_mail
from procrastinate.contrib.django import app

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.accounts.models import User
from keniki.core import era

from . import actions, queries
from .models import DueItem

log = logging.getLogger(__name__)


@app.periodic(cron="30 22 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="keniki.reminders")  # type: ignore[untyped-decorator]
def reminders(timestamp: int) -> None:
    """At 7:30 Japanese time (22:30 UTC): the desk shows what comes up; who has an address gets one mail."""
    send(actions.remind())


@app.periodic(cron="40 17 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="keniki.files")  # type: ignore[untyped-decorator]
def files(timestamp: int) -> None:
    """At 2:40 Japanese time (17:40 UTC): files nothing refers to go after `KENIKI_KEEP_FILES_DAYS`."""
    actions.purge_unused(SYSTEM, settings.KEEP_FILES_DAYS)


def send(items: list[DueItem]) -> int:
    """One mail for each person with all their items; the number sent. Without `MAIL_ENABLED` nothing is sent."""
    if not getattr(settings, "MAIL_ENABLED", False):
        return 0
    by_person: dict[User, list[DueItem]] = defaultdict(list)
    for item in items:
        for person in queries.recipients(item):
            by_person[person].append(item)
    sent = 0
    for person, own in by_person.items():
        lines = [f"・{item.region.name} {item.title}（期限 {era.format_date(item.due_on)}）" for item in own]
        body = "\n".join(
            (
                f"{person.name} 様",
                "",
                "期限が近い、又は過ぎたものがあります。",
                "",
                *lines,
                "",
                "Keniki（圏域）",
            )
        )
        try:
            sent += send_mail(f"期限のお知らせ（{len(own)}件）", body, None, [person.email])
        except OSError:
            log.exception("メールを送れませんでした（利用者 %s）", person.login)
    return sent
