"""Long work as a job: queued, followed, cancelled between two steps, ended when its worker dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django_scopes import scopes_disabled
from procrastinate import JobContext
from procrastinate.jobs import Status

from keniki.apps.accounts.actor import Actor, Denied
from keniki.apps.regions.queries import actor_for, operator
from keniki.core.errors import WrongInput

#: Seconds without a sign of life after which a worker is taken for dead; it gives one every ten seconds.
DEAD_AFTER: Final = 60


class Cancelled(Exception):
    """Somebody does not want the rest any more."""


class Run(models.Model):
    """A piece of long work (処理): how far it is, the wish to cancel it, and how it ended."""

    class State(models.TextChoices):
        WAITING = "waiting", "順番待ち"
        RUNNING = "running", "処理中"
        DONE = "done", "完了"
        FAILED = "failed", "失敗"
        CANCELLED = "cancelled", "取消"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.WAITING)
    done_steps = models.PositiveIntegerField(default=0)
    all_steps = models.PositiveIntegerField(default=0)
    step_label = models.CharField(max_length=200, blank=True)
    cancel = models.BooleanField(default=False)
    message = models.TextField(blank=True)
    started_at = models.DateTimeField("開始日時", auto_now_add=True)
    ended_at = models.DateTimeField("終了日時", null=True)

    class Meta:
        abstract = True

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come."""
        return self.state not in UNDER_WAY


UNDER_WAY: Final = (Run.State.WAITING, Run.State.RUNNING)
R = TypeVar("R", bound=Run)


class Told(Protocol):
    """What is said at every step: its words, how many steps are done, how many there are. Raises `Cancelled`."""

    def __call__(self, label: str, done: int | None = None, steps: int | None = None) -> None: ...


def ask_to_stop(runs: models.QuerySet[Any]) -> bool:
    """Cancel what waits and ask what is running to stop before its next step; whether there was anything."""
    stopped = runs.filter(state=Run.State.WAITING).update(state=Run.State.CANCELLED, ended_at=timezone.now())
    asked = runs.filter(state=Run.State.RUNNING).update(cancel=True)
    return bool(stopped or asked)


def take(model: type[R], pk: int, *related: str) -> R | None:
    """Take a waiting run of any region to work it off; None where somebody was faster or it was cancelled."""
    with scopes_disabled():
        runs = model._default_manager
        if not runs.filter(pk=pk, state=Run.State.WAITING).update(state=Run.State.RUNNING):
            return None
        return runs.select_related("user", *related).get(pk=pk)


def actor_of(run: Run) -> Actor:
    """Who asked for the run."""
    return actor_for(run.user) if run.user is not None else operator("job")


@contextmanager
def working(
    run: R, fault: str, *, gone: type[Exception] = Cancelled
) -> Iterator[tuple[Told, dict[str, Any]]]:
    """Work a taken run off, in the scope of its region: what tells each step, and the fields to end it with.

    What is refused ends it as failed with the refusal's words, a fault with the words `fault` (and is raised again);
    `gone` is what is raised where the record was removed meanwhile.
    """
    mine = type(run)._default_manager.filter(pk=run.pk)
    within = connection.in_atomic_block

    def told(label: str, done: int | None = None, steps: int | None = None) -> None:
        if connection.in_atomic_block and not within:
            return  # something is being stored: what is noted now would only be seen afterwards
        said: dict[str, Any] = {"step_label": label[:200]}
        if done is not None:
            said["done_steps"] = done
        if steps is not None:
            said["all_steps"] = steps
        if not mine.filter(cancel=False).update(**said):
            raise Cancelled

    ending: dict[str, Any] = {"state": Run.State.DONE}
    try:
        yield told, ending
    except (Cancelled, gone):
        ending["state"] = Run.State.CANCELLED
    except (WrongInput, Denied) as error:
        ending |= {"state": Run.State.FAILED, "message": str(error)}
    except Exception:
        mine.update(state=Run.State.FAILED, message=fault, step_label="", ended_at=timezone.now())
        raise
    mine.update(**ending, step_label="", ended_at=timezone.now())


def break_off(model: type[Run], pk: int, message: str) -> None:
    """Say of a run whose worker died that it failed; it may be started again."""
    with scopes_disabled():
        model._default_manager.filter(pk=pk, state=Run.State.RUNNING).update(
            state=Run.State.FAILED, message=message, step_label="", ended_at=timezone.now()
        )


async def end_stalled(context: JobContext, task: str, end: Callable[[int], None]) -> None:
    """End the jobs of a task whose worker died: `end` is told the number of each one's run."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(task_name=task, seconds_since_heartbeat=DEAD_AFTER):
        await sync_to_async(end)(job.task_kwargs["run_id"])
        if job.id is not None:
            await manager.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=False)
