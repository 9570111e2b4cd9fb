"""The job worker: what is due again and again is due by the clock as it is, however far that jumped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from procrastinate import App
from procrastinate.periodic import PeriodicDeferrer, PeriodicTask
from procrastinate.worker import Worker


def work(app: App, **options: Any) -> None:
    """Work off the jobs of an app until SIGTERM; options are those of `App.run_worker`."""

    async def run() -> None:
        async with app.open_async():
            app.perform_import_paths()
            await SteadyWorker(app=app, **{**app.worker_defaults, **options}).run()

    asyncio.run(run())


class LatestOnly(PeriodicDeferrer):  # type: ignore[misc]
    """Of several times that have passed only the last is made up for, and a time still to come is not waited for.

    The library makes up for each time since the last one it saw: a clock that was put right by 40 days, or a machine
    that slept so long, means 57,600 jobs for what is due every minute. Where the clock was ahead and is put back, it
    would do nothing until it had come so far again.
    """

    def get_timestamps(self, periodic_task: PeriodicTask, since: int | None, until: float) -> Iterator[int]:
        """Times (seconds of the epoch) a task is to be done for, after `since` up to `until`: one or none."""
        if since is None or since > until:
            yield from super().get_timestamps(periodic_task, None, until)
            return
        schedule = periodic_task.croniter
        schedule.set_current(start_time=until)
        latest = round(schedule.get_prev(ret_type=float))
        if latest > since:
            yield latest


class SteadyWorker(Worker):  # type: ignore[misc]
    """A worker whose periodic jobs follow the clock."""

    async def _periodic_deferrer(self) -> None:
        await LatestOnly(registry=self.app.periodic_registry, **self.app.periodic_defaults).worker()
