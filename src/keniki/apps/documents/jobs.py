"""Jobs of this slice, run by the worker."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app

from keniki.apps.workflow.runs import end_stalled


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

    await end_stalled(context, "documents.build", actions.break_off)
