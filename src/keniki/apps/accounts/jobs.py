"""What this slice does by itself: people who left are forgotten after the period set, and mail is sent."""

from __future__ import annotations

from django.conf import settings
from procrastinate.contrib.django import app

from .actor import SYSTEM
from .forgetting import forget_expired
from .mail import send


@app.periodic(cron="50 17 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="keniki.accounts")  # type: ignore[untyped-decorator]
def accounts(timestamp: int) -> None:
    """At 2:50 Japanese time (17:50 UTC), where `KENIKI_KEEP_ACCOUNTS_DAYS` is set."""
    if settings.KEEP_ACCOUNTS_DAYS is not None:
        forget_expired(SYSTEM, settings.KEEP_ACCOUNTS_DAYS)


@app.task  # type: ignore[untyped-decorator]
def mail(to: str, subject: str, body: str) -> None:
    """One mail that a verb left behind."""
    send(to, subject, body)
