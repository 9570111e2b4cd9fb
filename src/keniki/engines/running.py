"""Tasks in, answers out: the one loop that every engine's workers are fed by."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from importlib.util import find_spec
from typing import Any, Final, Protocol, TypeVar

from keniki.core.errors import WrongInput

from .answers import Answer, Cancelled, shortly
from .naming import Engine, named

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int], object]

#: Seconds after which one who waits asks whether the answer is still wanted.
PATIENCE: Final = 0.1


class Crew(Protocol):
    """The workers of one run. `room` tasks may be with them at a time."""

    room: int

    def begin(self, index: int, task: Any) -> None:
        """Give a task to whoever is or will be free."""

    def finished(self, seconds: float) -> Answer | None:
        """The next answer in no order; None where there is none within so many seconds. WorkerLost."""

    def close(self) -> None:
        """Drop what is still going on and leave nothing behind."""


def run(
    function: Callable[..., R],
    tasks: Iterable[T],
    *,
    shared: Sequence[Any] = (),
    engine: str | Engine | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[R]:
    """`function(task, *shared)` of every task, in the order of the tasks; the rest as `stream`.

    >>> run(round, [1.26, 2.71], shared=(1,))
    [1.3, 2.7]
    """
    found = dict(
        stream(function, tasks, shared=shared, engine=engine, progress=progress, cancelled=cancelled)
    )
    return [found[index] for index in range(len(found))]


def stream(
    function: Callable[..., R],
    tasks: Iterable[T],
    *,
    shared: Sequence[Any] = (),
    engine: str | Engine | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Generator[tuple[int, R], None, None]:
    """Pairs of a task's place (from 0) and `function(task, *shared)` as they are finished, in no order.

    The function has to be importable by its name, pure, and content with one thread: others of its kind run beside it.
    `shared` goes to each worker once, whatever its size; tasks should be small. Tasks are taken from `tasks` only when
    somebody is free for them, so that memory stays bounded while answers are taken. `engine` is a text as in
    `KENIKI_ENGINE`, which decides where it is left out.

    `progress` is told 1 after each task. `cancelled` is asked before each task and ten times a second: when it says
    yes, what is going on is dropped and `Cancelled` raised. Closing the iterator drops it without an error.

    A task whose worker died is done again by another, four times at most, then `WorkerLost`. An error of the function
    is not tried again: it is raised as itself with the task in a note, always that of the first task in order that
    fails. WrongInput for an engine that cannot be read, reached or used; TypeError for a function that cannot be sent.
    """
    _sendable(function)
    chosen = engine if isinstance(engine, Engine) else named(engine)
    return _streamed(function, tasks, tuple(shared), chosen, progress, cancelled)


def _streamed(
    function: Callable[..., R],
    tasks: Iterable[T],
    shared: tuple[Any, ...],
    engine: Engine,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> Generator[tuple[int, R], None, None]:
    waiting = enumerate(tasks)
    first = next(waiting, None)
    if first is None:
        return
    begun: dict[int, T] = {}
    failed: tuple[Answer, T] | None = None
    with closing(_opened(engine, function, shared)) as crew:

        def feed(following: tuple[int, T] | None) -> None:
            while following is not None:
                if cancelled is not None and cancelled():
                    raise Cancelled
                begun[following[0]] = following[1]
                crew.begin(*following)
                following = next(waiting, None) if failed is None and len(begun) < crew.room else None

        feed(first)
        while begun and (failed is None or min(begun) < failed[0].index):
            if cancelled is not None and cancelled():
                raise Cancelled
            answer = crew.finished(PATIENCE)
            if answer is None:
                continue
            task = begun.pop(answer.index)
            if answer.error is not None:
                failed = min(failed or (answer, task), (answer, task), key=lambda each: each[0].index)
                continue
            if failed is None and len(begun) < crew.room:
                feed(next(waiting, None))
            if progress is not None:
                progress(1)
            yield answer.index, answer.value
        if failed is not None:
            raise _named(*failed)


def _opened(engine: Engine, function: Callable[..., Any], shared: tuple[Any, ...]) -> Crew:
    if engine.kind == "local":
        from .local import Threads

        return Threads(engine.workers, function, shared)
    if engine.kind == "processes":
        from .processes import Processes

        return Processes(engine.workers, function, shared)
    if find_spec("distributed") is None:
        raise WrongInput(
            "Daskの計算機群を使うには、追加の部品が要ります。scripts/setup dask か、"
            "pip install 'keniki[dask]' で入れてください。"
        )
    from .cluster import Cluster

    return Cluster(engine.address, function, shared)


def _sendable(function: Callable[..., Any]) -> None:
    """TypeError for a function that another process could not find: what works here has to work everywhere."""
    try:
        pickle.dumps(function)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} cannot be imported by its name: define it at the top of a module") from error


def _named(answer: Answer, task: Any) -> BaseException:
    assert answer.error is not None
    answer.error.add_note(f"task {answer.index + 1}: {shortly(task)}")
    return answer.error
