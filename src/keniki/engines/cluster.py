"""A Dask cluster: the same tasks on the processors of other machines (installed with `keniki[dask]`)."""

from __future__ import annotations

import asyncio
import logging
import platform
import queue
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from distributed import Client, Future, KilledWorker, WorkerPlugin, get_worker
from distributed.comm import connect

from keniki.core.errors import WrongInput

from .answers import Answer, Kit, WorkerLost, answered, asked, lost_with
from .naming import VARIABLE

#: Seconds to reach the scheduler, for a first worker to be there, and for one to come back when all are gone.
_REACHED, _PRESENT, _BACK = 5, 10, 60
#: Seconds between looks at who is there, while nothing comes back.
_LOOK: Final = 2.0
#: Tasks with the cluster for each of its threads: one going on, one waiting.
_AHEAD: Final = 2
_PACKAGES: Final = ("keniki", "numpy", "numba", "llvmlite")
_BROKEN = (OSError, ValueError, EOFError, MemoryError, RuntimeError, CancelledError)


class Cluster:
    """Workers of a scheduler that others may use too; what they are given is taken away again at the end."""

    def __init__(self, address: str, function: Callable[..., Any], shared: tuple[Any, ...]) -> None:
        self.room = 1
        self._address = address
        self._name = f"keniki-{uuid.uuid4().hex}"
        self._tasks: dict[int, tuple[Any, Future]] = {}
        self._done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._seen = self._looked = time.monotonic()
        self._client = _reached(address)
        try:
            _check_all(self._client)
            self._client.register_plugin(_Carrier(Kit(function, shared), _installed()), name=self._name)
            self._look()
        except BaseException:
            self._client.close(timeout=_REACHED)
            raise

    def begin(self, index: int, task: Any) -> None:
        """Hand it to the scheduler."""
        key = f"{self._name}-{index}"
        future = self._client.submit(_answered, self._name, asked(index, task), key=key, pure=False)
        self._tasks[index] = task, future
        future.add_done_callback(lambda _: self._done.put(index))

    def finished(self, seconds: float) -> Answer | None:
        """The next answer."""
        try:
            index = self._done.get(timeout=seconds)
        except queue.Empty:
            if time.monotonic() - self._looked >= _LOOK:
                self._look()
            return None
        task, future = self._tasks[index]
        try:
            answer = answered(future.result(timeout=_BACK))
        except KilledWorker:
            raise lost_with(index, task) from None
        except (CancelledError, OSError):
            raise self._left() from None
        del self._tasks[index]
        future.release()
        self._seen = time.monotonic()
        return answer

    def close(self) -> None:
        """Nothing more is begun; what is going on ends by itself and is thrown away."""
        with suppress(*_BROKEN):
            if self._client.status == "running":
                self._client.cancel([future for _, future in self._tasks.values()], force=True)
                self._client.unregister_worker_plugin(self._name)
        self._tasks.clear()
        with suppress(*_BROKEN):
            self._client.close(timeout=_REACHED)

    def _look(self) -> None:
        """Take more or less, as there are workers; WorkerLost where there is nobody for long."""
        self._looked = time.monotonic()
        try:
            threads = sum(self._client.nthreads().values()) if self._client.status == "running" else 0
        except _BROKEN:
            threads = 0
        if threads:
            self._seen = self._looked
            self.room = _AHEAD * threads
        elif self._looked - self._seen > _BACK:
            raise self._left()

    def _left(self) -> WorkerLost:
        return WorkerLost(
            f"計算機群（{self._address}）との接続が切れたか、処理を引き受ける計算機がなくなりました。"
            "スケジューラとワーカーの記録を確かめて、もう一度実行してください。"
        )


class _Carrier(WorkerPlugin):  # type: ignore[misc]
    """Brings the kit to each worker there is or will be, once."""

    def __init__(self, kit: Kit, installed: dict[str, str]) -> None:
        self.kit = kit
        self.installed = installed


def _answered(name: str, task: bytes) -> bytes:
    worker = get_worker()
    carrier: _Carrier = worker.plugins[name]
    _check_same(worker.address, _installed(), carrier.installed)
    return carrier.kit.answer(task)


def _reached(address: str) -> Client:
    # A person is told of a failure once, by what is raised here.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with ThreadPoolExecutor(1) as aside:  # the caller may have a loop of its own
            aside.submit(asyncio.run, _greeted(address)).result()
        return Client(address, timeout=_REACHED, set_as_default=False, name="keniki")
    except _BROKEN as error:
        raise WrongInput(
            f"計算機群のスケジューラ（{address}）に接続できません。"
            f"環境変数 {VARIABLE} のホストとポート、スケジューラが動いているかを確かめてください。"
        ) from error


async def _greeted(address: str) -> None:
    """An error unless something at the address speaks as Dask does; its own client would wait for ever."""
    comm = await asyncio.wait_for(connect(address, timeout=_REACHED), _REACHED)
    await comm.close()


def _check_all(client: Client) -> None:
    """WrongInput unless there is a worker and all are like this machine."""
    with suppress(OSError):
        client.wait_for_workers(1, timeout=_PRESENT)
    try:
        theirs = client.run(_installed)
    except ImportError as error:
        raise WrongInput(
            "計算機群のワーカーに Keniki がありません。すべてのワーカーに、この機械と同じ版を入れてください。"
        ) from error
    if not theirs:
        raise WrongInput(
            "計算機群のスケジューラに、ワーカーが1つもつながっていません。ワーカーを始めてください。"
        )
    for worker, found in theirs.items():
        _check_same(worker, found, _installed())


def _check_same(worker: str, theirs: dict[str, str], ours: dict[str, str]) -> None:
    """WrongInput where something differs that the bits of an answer hang on."""
    different = [
        f"{name} {theirs.get(name)}（この機械は {here}）"
        for name, here in ours.items()
        if theirs.get(name) != here
    ]
    if different:
        raise WrongInput(
            f"計算機群のワーカー {worker} の版が違います：{'、'.join(different)}。"
            "結果が同じになるように、同じ版をそろえてください。"
        )


@cache
def _installed() -> dict[str, str]:
    """What the bits of an answer hang on: packages, the interpreter, the kind of processor, the C library."""
    found = {
        "Python": platform.python_version(),
        "CPU": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
    }
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "なし"
    return found
