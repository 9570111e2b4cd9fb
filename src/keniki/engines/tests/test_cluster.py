"""A Dask cluster of two processes of this machine, reached as one of other machines is."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keniki import engines
from keniki.analysis.population import cohort_rates
from keniki.analysis.population.drawing import draw
from keniki.analysis.population.parts import draw_in_parts
from keniki.analysis.population.uncertainty import calibrate
from keniki.analysis.tests.real_files import census_history
from keniki.core.errors import WrongInput

from . import work

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def dask() -> Iterator[Any]:
    """The cluster; nothing of it can be reached from outside of this machine."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as cluster:
        yield cluster


@pytest.fixture
def engine(dask: Any) -> str:
    return str(dask.scheduler_address).replace("tcp://", "dask://")


def test_answers_errors_and_progress_are_those_of_one_process(engine: str, tmp_path: Path) -> None:
    told: list[int] = []
    shared = (work.Weighed(tmp_path),)
    found = engines.run(work.weighed, range(30), shared=shared, engine=engine, progress=told.append)
    assert (found, told) == (list(range(30)), [1] * 30)
    unpacked = [file.name.split("-")[0] for file in tmp_path.iterdir()]
    assert 1 <= len(unpacked) == len(set(unpacked)) <= 2
    with pytest.raises(ValueError, match=r"^not 3\s") as raised:
        engines.run(work.picky, range(50), shared=(frozenset({3, 4, 9}),), engine=engine)
    assert raised.value.__notes__[-1] == "task 4: 3"
    with pytest.raises(RuntimeError, match="Odd: something in somewhere"):
        engines.run(work.odd, [1], engine=engine)


def test_no_more_tasks_are_with_it_than_two_for_each_of_its_threads(engine: str) -> None:
    taken: list[int] = []
    tasks = (taken.append(number) or number for number in range(40))
    for given_back, _ in enumerate(engines.stream(work.square, tasks, engine=engine), start=1):
        assert len(taken) <= given_back + 4
    assert len(taken) == 40


def test_what_is_not_wanted_any_more_is_dropped_and_the_workers_are_left_clean(
    engine: str, dask: Any, tmp_path: Path
) -> None:
    def enough() -> bool:
        return len(list(tmp_path.glob("*-begun"))) >= 2

    with pytest.raises(engines.Cancelled):
        engines.run(work.marked, range(50), shared=(tmp_path, 0.2), engine=engine, cancelled=enough)
    assert len(list(tmp_path.glob("*-begun"))) <= 4
    assert not [name for name in dask.scheduler.worker_plugins if name.startswith("keniki")]
    until = time.monotonic() + 5
    while dask.scheduler.tasks and time.monotonic() < until:
        time.sleep(0.02)
    assert dask.scheduler.tasks == {}
    assert engines.run(work.square, range(9), engine=engine) == [number * number for number in range(9)]


def test_a_task_whose_worker_was_killed_is_done_again_but_not_for_ever(engine: str, tmp_path: Path) -> None:
    found = engines.run(work.killed_once, range(12), shared=(7, tmp_path), engine=engine)
    assert found == [number * number for number in range(12)]
    assert (tmp_path / "dead").exists()
    with pytest.raises(engines.WorkerLost, match="3番目の部分 2"):
        engines.run(work.deadly, range(3), engine=engine)


@pytest.mark.parametrize("kind", ["processes:2", "dask"])
@pytest.mark.skipif(
    not os.environ.get("KENIKI_TEST_DATA"), reason="the published files lie where KENIKI_TEST_DATA says"
)
def test_real_futures_are_the_same_to_the_last_bit_though_a_worker_is_killed_meanwhile(
    kind: str, dask: Any, engine: str
) -> None:
    import functools
    import multiprocessing

    history = census_history(Path(os.environ["KENIKI_TEST_DATA"]))
    survival = np.full((1, 2, len(history.ages)), 0.9)
    base, rates = history.at(2015), cohort_rates(history, survival, 4)
    told = (base, rates, 2035, calibrate(history, survival), 240, 5)
    struck: list[int] = []

    def strike(_: int) -> None:
        if not struck:
            pids = [child.pid for child in multiprocessing.active_children() if child.name == "keniki-engine"]
            if kind == "dask":
                pids = [nanny.pid for nanny in dask.workers.values()]
            struck.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    stream = functools.partial(engines.stream, engine=engine if kind == "dask" else kind)
    made = draw_in_parts(stream, *told, size=len(base.codes) * 12, progress=strike)
    assert struck
    whole = draw(*told)
    assert np.array_equal(made.values, whole.values)
    assert np.array_equal(made.quantiles(), whole.quantiles())


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    from keniki.engines import cluster

    monkeypatch.setattr(cluster, "_REACHED", 0.3)
    monkeypatch.setattr(cluster, "_PRESENT", 0.3)


def test_nobody_or_somebody_else_at_an_address_is_one_message(hurried: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        for port in (silent.getsockname()[1], shut.getsockname()[1]):
            with pytest.raises(WrongInput, match=f"tcp://127.0.0.1:{port}）に接続できません"):
                engines.run(work.square, [1], engine=f"dask://127.0.0.1:{port}")


def test_a_cluster_without_workers_or_with_other_versions_is_told(
    hurried: None, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    from keniki.engines import cluster

    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty:
        address = str(empty.scheduler_address).replace("tcp://", "dask://")
        with pytest.raises(WrongInput, match="ワーカーが1つも"):
            engines.run(work.square, [1], engine=address)
    monkeypatch.setattr(cluster, "_installed", lambda: {"Python": "3.99.0"})
    with pytest.raises(WrongInput, match=r"この機械は 3\.99\.0"):
        engines.run(work.square, [1], engine=engine)


def test_without_its_packages_dask_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from keniki.engines import running

    monkeypatch.setattr(running, "find_spec", lambda name: None)
    with pytest.raises(WrongInput, match=r"keniki\[dask\]"):
        engines.run(work.square, [1], engine="dask://127.0.0.1:8786")
