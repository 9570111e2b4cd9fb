"""Threads of this process: for functions that let go of the interpreter, as numpy's and compiled ones do."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .answers import Answer, attempted


class Threads:
    """So many tasks at once, and none waiting."""

    def __init__(self, workers: int, function: Callable[..., Any], shared: tuple[Any, ...]) -> None:
        self.room = workers
        self._function, self._shared = function, shared
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="keniki-engine")
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def begin(self, index: int, task: Any) -> None:
        """Start it."""
        self._pool.submit(attempted, self._function, index, task, self._shared).add_done_callback(self._put)

    def finished(self, seconds: float) -> Answer | None:
        """The next answer."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Wait for what is going on: a thread cannot be stopped from outside."""
        self._pool.shutdown(cancel_futures=True)

    def _put(self, done: Future[Answer]) -> None:
        if not done.cancelled():
            self._answers.put(done.result())
