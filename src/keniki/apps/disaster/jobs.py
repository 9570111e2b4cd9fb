"""What disaster work does by itself."""

from __future__ import annotations

from typing import Final

from asgiref.sync import sync_to_async
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from .actions.drills import tell_all_due
from .actions.plans import break_off_plan, run_plan
from .actions.privacy import purge_due

#: Seconds without a sign of life after which a worker is taken for dead; it gives one every ten seconds.
DEAD_AFTER: Final = 60


@app.periodic(cron="20 18 * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="disaster.purge")  # type: ignore[untyped-decorator]
def purge_persons(timestamp: int) -> None:
    """Each night: erase what towns keep of persons no longer than today."""
    purge_due()


@app.task(name="disaster.plan")  # type: ignore[untyped-decorator]
def reckon_plan(plan_id: int) -> None:
    """Reckon the evacuation plan somebody asked for."""
    run_plan(plan_id)


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="disaster.end_broken", queueing_lock="disaster.end_broken", pass_context=True)  # type: ignore[untyped-decorator]
async def end_broken(context: JobContext, timestamp: int) -> None:
    """Each minute: plans whose worker died are ended, so that they can be started again."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(task_name="disaster.plan", seconds_since_heartbeat=DEAD_AFTER):
        await sync_to_async(break_off_plan)(job.task_kwargs["plan_id"])
        if job.id is not None:
            await manager.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=False)


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(queueing_lock="disaster.drills")  # type: ignore[untyped-decorator]
def tell_injects(timestamp: int) -> None:
    """Every minute: tell what is due in the drills that run."""
    tell_all_due()
