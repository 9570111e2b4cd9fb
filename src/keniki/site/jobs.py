"""Work in the background: the worker `keniki serve` runs, and the housekeeping every installation needs."""

from __future__ import annotations

from django.core.management import call_command
from procrastinate.contrib.django import app


@app.periodic(cron="17 3 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="keniki.housekeeping")  # type: ignore[untyped-decorator]
def housekeeping(timestamp: int) -> None:
    """Each night: forget sessions that have ended."""
    call_command("clearsessions", verbosity=0)
