"""Processes of this machine, each with its own interpreter: for functions that hold on to it, or need care of memory.

They are begun afresh (spawn), not forked: the caller may have threads and connections to a database.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final

from .answers import TRIES, Answer, Kit, WorkerLost, alone, answered, asked, lost_with

_READY: Final = b"ready"
#: Seconds a worker has to go by itself.
_GRACE: Final = 1.0


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection
    ready: bool = False
    index: int | None = None


class Processes:
    """So many tasks at once, one with each process; a process that dies is replaced."""

    def __init__(self, workers: int, function: Callable[..., Any], shared: tuple[Any, ...]) -> None:
        self.room = workers
        self._kit = pickle.dumps(Kit(function, shared), protocol=5)
        self._context = multiprocessing.get_context("spawn")
        self._tasks: dict[int, Any] = {}
        self._tries: dict[int, int] = {}
        self._waiting: deque[int] = deque()
        self._stillborn = 0
        self._workers: list[_Worker] = []

    def begin(self, index: int, task: Any) -> None:
        """Give it to a free process, or begin one."""
        self._tasks[index] = task
        self._waiting.append(index)
        if len(self._workers) < min(self.room, len(self._tasks)):
            self._workers.append(self._hired())
        self._give()

    def finished(self, seconds: float) -> Answer | None:
        """The next answer."""
        until = time.monotonic() + seconds
        while True:
            by_connection = {worker.connection: worker for worker in self._workers}
            spoken = wait(list(by_connection), max(0.0, until - time.monotonic()))
            if not spoken:
                return None
            answer = self._heard(by_connection[spoken[0]])  # type: ignore[index]
            self._give()
            if answer is not None:
                del self._tasks[answer.index]
                self._tries.pop(answer.index, None)
                return answer

    def close(self) -> None:
        """Who is idle goes when nobody talks to it any more, who works is stopped."""
        for worker in self._workers:
            if worker.index is not None or not worker.ready:
                worker.process.kill()
            worker.connection.close()
        until = time.monotonic() + _GRACE
        for worker in self._workers:
            _ended(worker.process, max(0.0, until - time.monotonic()))
        self._workers.clear()

    def _hired(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs,), daemon=True, name="keniki-engine")
        # Ctrl-C reaches every process of a terminal; only this one is to hear it. Whoever starts the tracker of
        # resources hears it again, so that one has to be there before.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        return _Worker(process, ours)

    def _give(self) -> None:
        for worker in self._workers:
            if not self._waiting:
                return
            if worker.ready and worker.index is None:
                worker.index = self._waiting.popleft()
                try:
                    worker.connection.send_bytes(asked(worker.index, self._tasks[worker.index]))
                except OSError:
                    continue  # It is dead; whoever listens next learns of it.

    def _heard(self, worker: _Worker) -> Answer | None:
        try:
            content = worker.connection.recv_bytes()
            if not worker.ready:
                worker.connection.send_bytes(self._kit)
                worker.ready = True
                self._stillborn = 0
                return None
        except (EOFError, OSError):
            self._bury(worker)
            return None
        worker.index = None
        return answered(content)

    def _bury(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.connection.close()
        code = _ended(worker.process, _GRACE)
        index = worker.index
        if index is not None:
            self._tries[index] = self._tries.get(index, 0) + 1
            if self._tries[index] >= TRIES:
                raise lost_with(index, self._tasks[index])
            self._waiting.appendleft(index)
        self._stillborn += not worker.ready
        if self._stillborn >= TRIES:
            raise WorkerLost(f"処理を引き受けるプロセスを始められません（終了コード {code}）。")
        self._workers.append(self._hired())


def _ended(process: SpawnProcess, seconds: float) -> int | None:
    """Wait for a process to go, then make it go; its exit code."""
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    code = process.exitcode
    process.close()
    return code


def _work(connection: Connection) -> None:
    """A worker's life: everything once, then tasks until nobody talks to it any more."""
    alone()
    try:
        connection.send_bytes(_READY)
        kit: Kit = pickle.loads(connection.recv_bytes())  # noqa: S301 (from the process that this one works for)
        while True:
            connection.send_bytes(kit.answer(connection.recv_bytes()))
    except (EOFError, OSError):
        return
