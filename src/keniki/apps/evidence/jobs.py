"""What this slice does by itself: tables of official statistics that are switched on are fetched once a month."""

from __future__ import annotations

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

from keniki.apps.accounts.actor import SYSTEM
from keniki.core.errors import WrongInput

from . import actions, queries

log = logging.getLogger(__name__)


@app.periodic(cron="10 18 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="keniki.evidence")  # type: ignore[untyped-decorator]
def official_statistics(timestamp: int) -> None:
    """At 3:10 Japanese time (18:10 UTC): what is switched on and older than thirty days. Nothing on, nothing asked."""
    try:
        for fetched in actions.fetch_tables(SYSTEM, queries.tables_due(timezone.now())):
            log.info("統計表 %s: %s", fetched.table.table, fetched.said)
    except WrongInput as wrong:
        log.warning("%s", wrong)
