"""What disaster work does by itself."""

from __future__ import annotations

from django.conf import settings
from procrastinate import JobContext
from procrastinate.contrib.django import app

from keniki.apps.accounts.actor import SYSTEM
from keniki.apps.workflow.runs import end_stalled

from .actions import ledger as _ledger  # noqa: F401  what the purge erases of the victims' ledger
from .actions.certificates import purge_kept
from .actions.drills import tell_all_due
from .actions.housing import erasing as _houses  # noqa: F401  what the purge erases of houses
from .actions.privacy import purge_due
from .actions.reception.web import erase_expired
from .actions.support import inquiries as _inquiries  # noqa: F401  what it keeps of persons is erased with the rest
from .actions.support.people import erase_due
from .actions.warnings.polling import poll
from .actions.warnings.telling import tell_all
from .actions.warnings.thinning import thin_telegrams
from .queries.warnings import warnings_wanted


@app.periodic(cron="20 18 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="disaster.purge")  # type: ignore[untyped-decorator]
def purge_persons(timestamp: int) -> None:
    """Each night: erase what towns keep of persons no longer than today."""
    purge_due()
    erase_due()
    purge_kept()


@app.periodic(cron="40 18 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="disaster.telegrams")  # type: ignore[untyped-decorator]
def thin_warnings(timestamp: int) -> None:
    """Each night: old telegrams of the weather agency go."""
    thin_telegrams(settings.KEEP_TELEGRAMS_DAYS)


@app.periodic(cron="7 * * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="disaster.checkins")  # type: ignore[untyped-decorator]
def erase_unconfirmed(timestamp: int) -> None:
    """Each hour: erase what residents sent and no desk confirmed in time."""
    erase_expired()


@app.task(name="disaster.plan")  # type: ignore[untyped-decorator]
def reckon_plan(run_id: int) -> None:
    """Reckon the evacuation plan somebody asked for; only who does so reads the compiler and the solver."""
    from .actions.plans import run_plan

    run_plan(run_id)


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="disaster.end_broken", queueing_lock="disaster.end_broken", pass_context=True)  # type: ignore[untyped-decorator]
async def end_broken(context: JobContext, timestamp: int) -> None:
    """Each minute: plans whose worker died are ended, so that they can be started again."""
    from .actions.plans import break_off_plan

    await end_stalled(context, "disaster.plan", break_off_plan)


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="disaster.drills")  # type: ignore[untyped-decorator]
def tell_injects(timestamp: int) -> None:
    """Every minute: tell what is due in the drills that run."""
    tell_all_due()


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="disaster.warnings", lock="disaster.warnings")  # type: ignore[untyped-decorator]
def ask_for_warnings(timestamp: int) -> None:
    """Every minute: ask the weather agency, where the operator switched that on; tell incidents what stands."""
    if warnings_wanted():
        poll(SYSTEM, seconds=50)
    else:
        tell_all()
