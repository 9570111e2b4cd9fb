"""Threads and processes: the same answers, errors with their task, nothing lost and nothing left behind."""

from __future__ import annotations

import doctest
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki import engines
from keniki.core.errors import WrongInput
from keniki.engines import naming, running

from . import work

HERE = ("local:2", "processes:2")
here = pytest.mark.parametrize("engine", HERE)


@pytest.mark.parametrize("module", [naming, running])
def test_the_examples_in_the_docstrings_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_a_text_names_an_engine() -> None:
    everybody = len(os.sched_getaffinity(0))
    for text, expected in (
        ("", engines.Engine("local", everybody)),
        (" processes ", engines.Engine("processes", everybody)),
        ("local:3", engines.Engine("local", 3)),
        ("dask://kenki.example.lg.jp:9000", engines.Engine("dask", address="tcp://kenki.example.lg.jp:9000")),
        ("dask://[fe80::1]", engines.Engine("dask", address="tcp://[fe80::1]:8786")),
    ):
        assert engines.named(text) == expected


@pytest.mark.parametrize(
    "text",
    ["local:0", "processes:-1", "processes:999999999", "threads", "dask", "dask://", "dask://:8786", "dask://a:0",
     "dask://a:65536", "dask://a:８７８６", "dask://a/b", "dask://u:p@a:1", "dask://a b", "tcp://a:8786", "\0"],
)  # fmt: skip
def test_a_text_that_names_none_is_told_by_its_variable(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongInput, match="KENIKI_ENGINE"):
        engines.run(work.square, [1], engine=text)
    if "\0" not in text:
        monkeypatch.setenv("KENIKI_ENGINE", text)
        with pytest.raises(WrongInput, match="KENIKI_ENGINE"):
            engines.run(work.square, [1])


@pytest.mark.slow
@here
def test_answers_come_in_the_order_of_the_tasks_and_each_is_told_of(engine: str) -> None:
    told: list[int] = []
    found = engines.run(work.square, iter(range(20)), shared=(5,), engine=engine, progress=told.append)
    assert found == [number * number + 5 for number in range(20)]
    assert told == [1] * 20
    assert engines.run(work.square, [], engine=engine) == []
    streamed = engines.stream(work.resting, [0.3, 0.0], engine=engine)
    assert [index for index, _ in streamed] == [1, 0]


@given(
    st.lists(st.integers(0, 30), max_size=30, unique=True),
    st.frozensets(st.integers(0, 30)),
    st.integers(1, 4),
)
@settings(max_examples=30, deadline=None)
def test_whatever_fails_the_error_is_that_of_a_plain_loop(
    tasks: list[int], refused: frozenset[int], threads: int
) -> None:
    first = next(((at, task) for at, task in enumerate(tasks) if task in refused), None)
    if first is None:
        assert engines.run(work.picky, tasks, shared=(refused,), engine=f"local:{threads}") == tasks
        return
    with pytest.raises(ValueError, match=rf"^not {first[1]}\s") as raised:
        engines.run(work.picky, tasks, shared=(refused,), engine=f"local:{threads}")
    assert raised.value.__notes__[-1] == f"task {first[0] + 1}: {first[1]}"


@here
def test_an_error_is_raised_as_itself_with_its_task_and_not_tried_again(engine: str) -> None:
    told: list[int] = []
    with pytest.raises(ValueError, match=r"^not 3\s") as raised:
        engines.run(work.picky, range(50), shared=(frozenset({3, 4}),), engine=engine, progress=told.append)
    assert raised.value.__notes__[-1] == "task 4: 3"
    assert len(told) < 10


def test_what_cannot_travel_is_told_in_words() -> None:
    with pytest.raises(RuntimeError, match="Odd: something in somewhere") as raised:
        engines.run(work.odd, [1], engine="processes:1")
    assert "in odd" in raised.value.__notes__[0]
    with pytest.raises(RuntimeError, match="lambda"):
        engines.run(work.secretive, [1], engine="processes:1")
    with pytest.raises(TypeError, match="at the top of a module"):
        engines.run(lambda number: number, [1], engine="local")


@here
def test_no_more_tasks_are_taken_than_somebody_is_free_for(engine: str) -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(30):
            taken.append(number)
            yield number

    for given_back, _ in enumerate(engines.stream(work.square, tasks(), engine=engine), start=1):
        assert len(taken) <= given_back + 2
    assert len(taken) == 30


@pytest.mark.slow
@here
def test_who_does_not_want_the_answer_any_more_is_not_kept_waiting(engine: str, tmp_path: Path) -> None:
    def enough() -> bool:
        return len(list(tmp_path.glob("*-begun"))) >= 2

    seconds = 0.3 if engine.startswith("local") else 20.0
    began = time.monotonic()
    with pytest.raises(engines.Cancelled):
        engines.run(work.marked, range(9), shared=(tmp_path, seconds), engine=engine, cancelled=enough)
    assert time.monotonic() - began < 15
    assert len(list(tmp_path.glob("*-begun"))) == 2
    assert _workers() == []
    ended = len(list(tmp_path.glob("*-ended")))
    assert ended == (2 if engine.startswith("local") else 0)


def test_a_stream_that_is_closed_leaves_nobody_behind() -> None:
    streamed = engines.stream(work.resting, [0.0, 60.0, 60.0], engine="processes:2")
    assert next(streamed)[0] == 0
    assert len(_workers()) == 2
    streamed.close()
    assert _workers() == []


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 7, 11])
def test_a_killed_process_is_replaced_and_its_task_done_again(victim: int, tmp_path: Path) -> None:
    told: list[int] = []
    found = engines.run(
        work.killed_once, range(12), shared=(victim, tmp_path), engine="processes:2", progress=told.append
    )
    assert found == [number * number for number in range(12)]
    assert told == [1] * 12
    assert len(list(tmp_path.iterdir())) == 12 + 1 + len(["dead"])


@pytest.mark.slow
def test_a_process_killed_from_outside_while_it_works_is_no_loss() -> None:
    def strike(_: int) -> None:
        if not struck:
            struck.append(_workers()[0].pid)
            os.kill(struck[0], signal.SIGKILL)

    struck: list[int] = []
    found = engines.run(work.resting, [0.05] * 12, engine="processes:2", progress=strike)
    assert [seconds for _, seconds in found] == [0.05] * 12
    assert len({pid for pid, _ in found} | set(struck)) == 3


@pytest.mark.slow
def test_a_task_that_kills_whoever_takes_it_ends_the_run_with_its_name() -> None:
    with pytest.raises(engines.WorkerLost, match="3番目の部分 2"):
        engines.run(work.deadly, range(6), engine="processes:2")
    assert _workers() == []


@pytest.mark.slow
def test_shared_things_come_once_to_each_process_which_knows_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.run(work.weighed, range(20), shared=(work.Weighed(tmp_path),), engine="processes:2")
    unpacked = [file.name.split("-")[0] for file in tmp_path.iterdir()]
    assert 1 <= len(unpacked) == len(set(unpacked)) <= 2
    monkeypatch.setattr(work, "told", "something")
    assert engines.run(work.seen, [1], engine="processes:1") == [("nothing", "1", 1)]


#: Hears Ctrl-C as at a terminal, also where the suite was begun in the background, which is deaf to it.
SCRIPT = """
import signal
from keniki import engines
from keniki.engines.tests import work
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for index, (pid, _) in engines.stream(work.resting, [0.01, 0.01] + [0.5] * 100, engine="processes:2"):
        print(pid, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_when_the_caller_is_stopped_its_processes_go_too_and_say_nothing(number: int, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    caller = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    assert caller.stdout is not None
    caller.stdout.readline()
    if number == signal.SIGINT:
        os.killpg(caller.pid, number)  # as Ctrl-C does
    else:
        os.kill(caller.pid, number)
    # The end of its output comes when the last process that has it is gone.
    _, said = caller.communicate(timeout=10)
    assert said.count("Traceback") == (1 if number == signal.SIGINT else 0), said


BLOCKED = """
from keniki import engines
from keniki.engines.tests import work
if __name__ == "__main__":
    print(engines.run(work.blocked_signals, range(4), engine="processes:2"))
"""


@pytest.mark.slow
def test_no_worker_not_even_the_first_hears_ctrl_c(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(BLOCKED, encoding="utf-8")
    found = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str([[signal.SIGINT.value]] * 4)


def _workers() -> list[multiprocessing.Process]:
    return [child for child in multiprocessing.active_children() if child.name == "keniki-engine"]
