"""What this slice does by itself or in the background: official statistics are fetched, forecasts are made.

Only a job that runs reads what it needs: every command would wait for it.
"""

from __future__ import annotations

import logging

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.workflow.runs import end_stalled
from keniki.core.errors import WrongInput

log = logging.getLogger(__name__)

#: Tables are fetched by one job at a time: the e-Stat API is asked slowly.
_ONE_AT_A_TIME = "evidence.fetch"


@app.periodic(cron="10 18 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="keniki.evidence", lock=_ONE_AT_A_TIME)  # type: ignore[untyped-decorator]
def official_statistics(timestamp: int) -> None:
    """At 3:10 Japanese time (18:10 UTC): what is switched on and older than thirty days. Nothing on, nothing asked."""
    from . import actions, queries

    try:
        for fetched in actions.fetch_tables(SYSTEM, queries.tables_due(timezone.now())):
            log.info("統計表 %s: %s", fetched.table.table, fetched.said)
    except WrongInput as wrong:
        log.warning("%s", wrong)


@app.task(name="evidence.fetch", lock=_ONE_AT_A_TIME)  # type: ignore[untyped-decorator]
def fetch_now(run_id: int) -> None:
    """Fetch the tables somebody asked for."""
    from . import actions

    actions.run_fetch(run_id)


@app.task(name="evidence.forecast")  # type: ignore[untyped-decorator]
def make_forecast(run_id: int) -> None:
    """Make the forecast somebody asked for."""
    from . import actions

    actions.run_forecast(run_id)


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="evidence.end_broken", queueing_lock="evidence.end_broken", pass_context=True)  # type: ignore[untyped-decorator]
async def end_broken(context: JobContext, timestamp: int) -> None:
    """Each minute: fetches and forecasts whose worker died are ended, so that they can be started again."""
    from . import actions

    await end_stalled(context, "evidence.fetch", actions.break_off_fetch)
    await end_stalled(context, "evidence.forecast", actions.break_off_forecast)
