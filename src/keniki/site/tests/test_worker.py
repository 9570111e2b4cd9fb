"""The job worker and a clock that jumps."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from procrastinate import App, periodic
from procrastinate.testing import InMemoryConnector

from keniki.site.worker import LatestOnly, SteadyWorker

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
EACH_MINUTE, EACH_NIGHT = "* * * * *", "17 3 * * *"


def deferrer(cron: str) -> Callable[[datetime], list[datetime]]:
    """What is told to be due when asked at a time, one time after the other."""
    app = App(connector=InMemoryConnector())

    @app.periodic(cron=cron)
    @app.task(name="due")
    def due(timestamp: int) -> None: ...

    made = LatestOnly(registry=app.periodic_registry)
    return lambda at: [
        datetime.fromtimestamp(second, UTC) for _, second in made.get_previous_tasks(at=at.timestamp())
    ]


def minute(at: datetime) -> datetime:
    return at.replace(second=0)


def test_each_minute_is_told_once() -> None:
    ask = deferrer(EACH_MINUTE)
    for passed in range(5):
        at = NOON + timedelta(minutes=passed)
        assert ask(at) == [minute(at)]
        assert ask(at + timedelta(seconds=20)) == []


@pytest.mark.parametrize("days", [1, 40, 365 * 26])
def test_after_a_clock_was_put_ahead_or_a_machine_slept_only_the_last_time_is_made_up_for(days: int) -> None:
    ask = deferrer(EACH_MINUTE)
    ask(NOON)
    later = NOON + timedelta(days=days)
    assert ask(later) == [minute(later)]
    assert ask(later + timedelta(minutes=1)) == [minute(later + timedelta(minutes=1))]


def test_what_is_due_once_a_night_is_made_up_for_however_late() -> None:
    ask = deferrer(EACH_NIGHT)
    evening = datetime(2026, 11, 24, 3, 18, tzinfo=UTC)
    ask(evening)
    assert ask(evening + timedelta(days=3, hours=9)) == [datetime(2026, 11, 27, 3, 17, tzinfo=UTC)]


def test_after_a_clock_was_put_back_the_work_goes_on_at_once() -> None:
    ask = deferrer(EACH_MINUTE)
    ask(NOON + timedelta(days=40))
    for passed in range(3):
        at = NOON + timedelta(minutes=passed)
        assert ask(at) == [minute(at)]


def test_the_worker_does_what_is_due_by_a_clock_that_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    app = App(connector=InMemoryConnector())
    done: list[datetime] = []

    @app.periodic(cron=EACH_MINUTE)
    @app.task(name="due")
    def due(timestamp: int) -> None:
        done.append(datetime.fromtimestamp(timestamp, UTC))

    # Shortly before a full minute, so that the worker soon asks again; by then the clock has jumped.
    before = NOON.replace(second=59, microsecond=990_000)
    days = (0, 40, -1, 0)
    clock = itertools.chain((before + timedelta(days=each) for each in days), itertools.repeat(before))
    monkeypatch.setattr(periodic, "time", SimpleNamespace(time=lambda: next(clock).timestamp()))
    monkeypatch.setattr(periodic, "MARGIN", 0.01)

    async def run() -> None:
        worker = SteadyWorker(
            app=app, install_signal_handlers=False, listen_notify=False, fetch_job_polling_interval=0.01
        )
        running = asyncio.create_task(worker.run())
        while len(done) < len(days):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        worker.stop()
        await running

    asyncio.run(asyncio.wait_for(run(), 20))
    assert done == [minute(NOON + timedelta(days=each)) for each in days]
