"""Jobs of this slice, run by the worker."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

#: Seconds without a sign of life after which a worker is taken for dead; it gives one every ten seconds.
DEAD_AFTER = 60


@app.task(name="documents.build", queue="documents")  # type: ignore[untyped-decorator]
def build_document(run_id: int) -> None:
    """Build the document a person asked for."""
    from . import actions

    actions.run(run_id)


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="documents.end_broken", queueing_lock="documents.end_broken", pass_context=True)  # type: ignore[untyped-decorator]
async def end_broken(context: JobContext, timestamp: int) -> None:
    """Each minute: builds whose worker died are ended, so that their person can start them again."""
    from . import actions

    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(
        task_name="documents.build", seconds_since_heartbeat=DEAD_AFTER
    ):
        await sync_to_async(actions.break_off)(job.task_kwargs["run_id"])
        if job.id is not None:
            await manager.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=False)
