"""Natural regions by all four rules on 1,741 municipalities and 120,000 flows: within 2 s together.

The flows are made up by gravity from a fixed seed. The ratio is to the same rules as plain Python loops (without
compiling) on a sixth of the municipalities, for which the compiled ones are timed again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from _limits import Limits, median

if TYPE_CHECKING:
    from keniki.analysis.regions import Delineation, Flows

MUNICIPALITIES, FLOWS = 1741, 120_000
LIMIT = 2.0
DRAWS = 20
RUNS = 5
PIECE = 6


def main() -> None:
    if sys.argv[1:] == ["plain"]:
        print(json.dumps(timed(MUNICIPALITIES // PIECE, FLOWS // PIECE, 1)))
        return
    with Limits() as limits:
        timed(60, 400, 1)
        taken = timed(MUNICIPALITIES, FLOWS, RUNS)
        for name, seconds in taken.items():
            limits.hold(name, seconds, LIMIT)
        limits.hold("all four", sum(taken.values()), LIMIT)
        print(f"{DRAWS} resampled runs of labour market areas: {redrawn():.2f} s")
        plain = json.loads(
            subprocess.run(
                [sys.executable, __file__, "plain"],
                env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for name, seconds in timed(MUNICIPALITIES // PIECE, FLOWS // PIECE, RUNS).items():
            print(f"{name}, a sixth: plain loops {plain[name]:.2f} s; ratio {plain[name] / seconds:.0f}")


def timed(municipalities: int, flows: int, runs: int) -> dict[str, float]:
    """The middle of the seconds each rule takes."""
    table, people, dense = made_up(municipalities, flows)
    return {name: median(partial(rule, table), runs) for name, rule in rules(people, dense).items()}


def rules(people: dict[str, float], dense: dict[str, float]) -> dict[str, Callable[[Flows], Delineation]]:
    """The four rules by name."""
    from keniki.analysis.regions import functional_urban_areas, labour_market_areas, ten_percent, uea

    return {
        "10 % rule": ten_percent,
        "urban employment areas": lambda flows: uea(flows, people),
        "labour market areas": labour_market_areas,
        "functional urban areas": lambda flows: functional_urban_areas(flows, dense),
    }


def redrawn() -> float:
    """Seconds for the stability of labour market areas."""
    from keniki.analysis.regions import labour_market_areas, stability

    table, _, _ = made_up(MUNICIPALITIES, FLOWS)
    started = time.perf_counter()
    stability(table, labour_market_areas, DRAWS)
    return time.perf_counter() - started


def made_up(n: int, m: int) -> tuple[Flows, dict[str, float], dict[str, float]]:
    """A table of n municipalities and m flows, people in dense districts, shares of them in urban centres.

    Municipalities lie around towns; many people of small ones go where work is near.
    """
    from keniki.analysis.regions import flows_of

    random = np.random.default_rng(1741)
    towns = random.random((max(3, n // 60), 2)) * 100 * np.sqrt(n / MUNICIPALITIES)
    places = towns[random.integers(0, len(towns), n)] + random.normal(0, 3.0, (n, 2))
    people = np.exp(random.normal(9.3, 1.2, n)) + 300
    work = people * np.exp(random.normal(0, 0.35, n)) * (people / np.median(people)) ** 0.15
    apart = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=-1)) + 0.8
    drawn = work[None] * np.exp(-apart / 1.6)
    np.fill_diagonal(drawn, 0)
    going = 0.9 * random.beta(2.2, 1.6, n) * np.clip(3 * np.sqrt(np.median(people) / people), 0.25, 1)
    flows = people[:, None] * drawn * (going / drawn.sum(axis=1))[:, None]
    least = np.sort(flows, axis=None)[-(m - n)]
    origins, targets = np.nonzero(flows >= least)
    values = np.concatenate([np.ceil(flows[origins, targets]), np.round(people * (1 - going))])
    codes = np.array([f"Z{place:05d}" for place in range(n)])
    table = flows_of(
        [*codes[origins].tolist(), *codes.tolist()], [*codes[targets].tolist(), *codes.tolist()], values
    )
    dense = np.where(people > 12_000, 1.2 * people, 0.0)
    share = np.where(people > 40_000, 1.0, 0.0)
    return (
        table,
        dict(zip(codes.tolist(), dense.tolist(), strict=True)),
        dict(zip(codes.tolist(), share.tolist(), strict=True)),
    )


if __name__ == "__main__":
    main()
