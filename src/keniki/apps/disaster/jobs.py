"""What disaster work does by itself."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .actions.privacy import purge_due


@app.periodic(cron="20 18 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="disaster.purge")  # type: ignore[untyped-decorator]
def purge_persons(timestamp: int) -> None:
    """Each night: erase what towns keep of persons no longer than today."""
    purge_due()
