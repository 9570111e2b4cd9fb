"""The same 1,000 futures of all municipalities in threads, in processes and on a Dask cluster of this machine.

Beside each ratio to the threads stands what limits it: the start of the workers, and the answers on their way, which
threads need not send. A cluster of other machines has its network instead of this machine's memory.
"""

from __future__ import annotations

import pickle
import statistics
from collections.abc import Callable
from functools import partial

import numpy as np

from _limits import Limits, median
from futures import BASE_YEAR, DRAWS, MUNICIPALITIES, STEPS, made_up
from keniki import engines
from keniki.analysis.population.drawing import GROUPS, Draws, draw
from keniki.analysis.population.parts import Part, draw_in_parts, part_of, parts

WORKERS = 2
LIMIT = 1.5
ROUNDS = 5


def main() -> None:
    from distributed import LocalCluster

    base, rates, uncertainty = made_up()
    until = BASE_YEAR + 5 * STEPS
    told = (base, rates, until, uncertainty, DRAWS, 1)
    shared = (base, rates, until, uncertainty, 1, GROUPS, False)
    pieces = parts(DRAWS, MUNICIPALITIES)
    print(
        f"{MUNICIPALITIES} municipalities, {DRAWS} draws in {len(pieces)} parts, {WORKERS} workers of each kind"
    )
    whole = draw(*told)
    answer = whole.values[: pieces[0].draws]
    packing = median(lambda: packed_and_unpacked(answer), 5) * len(pieces)
    print(f"answers of {whole.values.nbytes / 1e6:.0f} MB packed and unpacked alone: {packing:.2f} s")
    print(f"shared arguments of {len(pickle.dumps(shared, protocol=5)) / 1e6:.0f} MB go once to each worker")
    with (
        Limits() as limits,
        LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
    ):
        made: dict[str, Callable[[], Draws]] = {"one piece": partial(draw, *told)}
        starts: dict[str, float] = {}
        for name, engine in (
            ("threads", f"local:{WORKERS}"),
            ("processes", f"processes:{WORKERS}"),
            ("Dask", str(cluster.scheduler_address).replace("tcp://", "dask://")),
        ):
            made[name] = partial(draw_in_parts, partial(engines.stream, engine=engine), *told)
            starts[name] = median(
                partial(engines.run, part_of, [Part(0, 1)], shared=shared, engine=engine), ROUNDS
            )
            different = np.count_nonzero(made[name]().values != whole.values)
            limits.hold(f"{name}: figures that differ", different, 0, "figures")
        # Side by side in each round, so that what else the machine does falls on all of them.
        rounds = [{name: median(run, 1) for name, run in made.items()} for _ in range(ROUNDS)]
        for name, start in starts.items():
            taken = statistics.median(each[name] for each in rounds)
            ratio = statistics.median(each[name] / each["one piece"] for each in rounds)
            print(
                f"{name}: {taken:.2f} s, {ratio:.2f} times as long as one piece with two threads; "
                f"start and end with a single draw {start:.2f} s"
            )
        parted = statistics.median(each["threads"] / each["one piece"] for each in rounds)
        limits.hold("threads against one piece", parted, LIMIT, "times")


def packed_and_unpacked(answer: object) -> object:
    """What every answer goes through that leaves a process."""
    return pickle.loads(pickle.dumps(answer, protocol=5))  # noqa: S301 (made here)


if __name__ == "__main__":
    main()
