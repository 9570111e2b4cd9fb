"""What comes back from a worker, and what cannot come back."""

from __future__ import annotations

import os
import pickle
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

#: How often a task is begun before its workers' deaths are taken to be its own doing.
TRIES: Final = 4
_LIMITED = ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR", "NUMBA")


class Cancelled(Exception):
    """Somebody did not want the answer any more."""


class WorkerLost(RuntimeError):
    """Workers died, again and again with the same task or all of them; for people, in Japanese."""


@dataclass(frozen=True)
class Answer:
    """What a task gave: a value, or the error it ended with."""

    index: int
    value: Any = None
    error: BaseException | None = None


def attempted(function: Callable[..., Any], index: int, task: Any, shared: Sequence[Any]) -> Answer:
    """The function's answer to a task, whatever it is."""
    try:
        return Answer(index, function(task, *shared))
    except BaseException as error:  # noqa: BLE001 (it is raised again where the answer is asked for)
        return Answer(index, error=error)


class Kit:
    """What every task needs, the function and its shared arguments: bytes on their way, unpacked once where they are
    used.
    """

    def __init__(self, function: Callable[..., Any], shared: Sequence[Any]) -> None:
        self._content = pickle.dumps((function, tuple(shared)), protocol=5)
        self._once = threading.Lock()

    def answer(self, task: bytes) -> bytes:
        """The answer to `asked(…)`, for `answered`. An error on the way there is an answer too."""
        index, content = pickle.loads(task)  # noqa: S301 (from the process that this one works for)
        try:
            with self._once:
                function, shared = self._everything
        except Exception as error:  # noqa: BLE001 (a module that is missing here, or fails)
            return _packed(Answer(index, error=error))
        return _packed(attempted(_unpacking(function), index, content, shared))

    @cached_property
    def _everything(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        found: tuple[Callable[..., Any], tuple[Any, ...]] = pickle.loads(self._content)  # noqa: S301 (as above)
        self._content = b""
        return found

    def __getstate__(self) -> bytes:
        return self._content

    def __setstate__(self, content: bytes) -> None:
        self._content = content
        self._once = threading.Lock()


def asked(index: int, task: Any) -> bytes:
    """A task on its way."""
    return pickle.dumps((index, pickle.dumps(task, protocol=5)))


def answered(content: bytes) -> Answer:
    """An answer that arrived."""
    answer: Answer = pickle.loads(content)  # noqa: S301 (from a worker this process began or was told to trust)
    return answer


def _unpacking(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda content, *shared: function(pickle.loads(content), *shared)  # noqa: S301 (as above)


def _packed(answer: Answer) -> bytes:
    """An answer as bytes; an error of a kind that does not survive it becomes a `RuntimeError` with its words."""
    if answer.error is not None:
        answer.error.add_note("".join(traceback.format_exception(answer.error)).rstrip())
    try:
        content = pickle.dumps(answer, protocol=5)
        if answer.error is not None:
            pickle.loads(content)  # noqa: S301 (its own bytes)
    except Exception as error:  # noqa: BLE001 (pickling runs the object's own code)
        lost = answer.error if answer.error is not None else error
        told = RuntimeError(f"{type(lost).__name__}: {lost}")
        for note in getattr(lost, "__notes__", ()):
            told.add_note(note)
        return pickle.dumps(Answer(answer.index, error=told), protocol=5)
    return content


def alone() -> None:
    """Let libraries of a worker use one thread each: the engine itself decides how much goes on at once.

    It has to be said before they are imported.
    """
    for name in _LIMITED:
        os.environ[f"{name}_NUM_THREADS"] = "1"


def lost_with(index: int, task: Any) -> WorkerLost:
    """The error of a task that has used up its tries."""
    return WorkerLost(
        f"処理を引き受けるプロセスが{TRIES}回続けて止まりました（{index + 1}番目の部分 {shortly(task)}）。"
        "メモリが足りないおそれがあります。KENIKI_ENGINE の数を減らすか、計算機の記録を確かめてください。"
    )


def shortly(task: Any) -> str:
    """A task in few letters."""
    text = repr(task)
    return text if len(text) <= 80 else f"{text[:79]}…"
