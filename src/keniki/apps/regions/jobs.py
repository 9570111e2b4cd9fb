"""What this slice does by itself: what was registered ahead for a merger takes effect on its day."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .actions import follow_successors


@app.periodic(cron="5 * * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="keniki.regions")  # type: ignore[untyped-decorator]
def regions(timestamp: int) -> None:
    """Every hour, so that a night without the worker costs no day."""
    follow_successors()
