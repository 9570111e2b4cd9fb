"""All of Japan's municipalities projected: one scenario, and 1,000 drawn futures with their quantiles.

Beside it (a) the bandwidth floor: the same bytes read and written once per step by plain array copies, and (b) a plain
numpy loop over the municipalities, one after another.
"""

from __future__ import annotations

import resource
import time

import numpy as np

from _limits import Limits, median
from keniki.analysis.population import Population, Rates, Uncertainty, five_year_ages, project
from keniki.analysis.population.drawing import draw

MUNICIPALITIES, STEPS, DRAWS = 1741, 6, 1000
AGES = five_year_ages(95)
BASE_YEAR = 2020


def main() -> None:
    base, rates, uncertainty = made_up()
    until = BASE_YEAR + 5 * STEPS
    draw(base, rates, until, uncertainty, 2, 1)
    with Limits() as limits:
        one = median(lambda: project(base, rates, until), 20)
        loop = median(lambda: one_by_one(base, rates), 1)
        floor = median(lambda: copies(base.values, STEPS), 20)
        cells = base.values.size * STEPS
        print(
            f"{MUNICIPALITIES} municipalities, {base.values.shape[2]} classes, {STEPS} steps: {cells:,} cells"
        )
        limits.hold("one projection", one * 1000, 10, "ms")
        print(f"against a loop over the municipalities: {loop / one:.0f} times as fast")
        print(f"against copying the same arrays: {one / floor:.1f} times as long")

        before = peak()
        start = time.perf_counter()
        drawn = draw(base, rates, until, uncertainty, DRAWS, 1)
        kernel = time.perf_counter() - start
        drawn.quantiles()
        whole = time.perf_counter() - start
        floor = median(lambda: copies(base.values.astype(np.float32), STEPS * 50), 3) * DRAWS / 50
        limits.hold(f"{DRAWS} draws with quantiles", whole, 2)
        limits.hold("memory", peak() / 1e9, 1.2, "GB")
        print(f"memory before the draws: {before / 1e9:.2f} GB")
        print(
            f"draws alone {kernel:.2f} s, {cells * DRAWS / kernel / 1e6:.0f} million cells a second on two threads"
        )
        print(f"against copying the same arrays on one thread: {kernel / floor:.1f} times as long")
        print(f"against the loop, draw by draw: {loop * DRAWS / whole:.0f} times as fast")


def made_up() -> tuple[Population, Rates, Uncertainty]:
    """Municipalities of all sizes with rates that differ; nothing here depends on what the figures are."""
    rng = np.random.default_rng(1)
    n, k = MUNICIPALITIES, len(AGES)
    codes = tuple(f"{number:05d}" for number in range(1001, 1001 + n))
    size = np.exp(rng.normal(5.5, 1.2, n))
    people = size[:, None, None] * rng.uniform(0.6, 1.2, (n, 2, k))
    rates = Rates(
        codes,
        AGES,
        survival=np.repeat(
            np.linspace(0.999, 0.3, k)[None, None, None] * np.ones((1, n, 2, 1)), STEPS, axis=0
        ),
        migration=rng.normal(0, 0.03, (STEPS, n, 2, k)),
        child_women=np.full((STEPS, n), 0.18),
        boys=np.full((STEPS, n), 0.513),
        model="ccr",
    )
    error = Uncertainty(
        np.full((4, 7), 0.05), np.full(4, 0.01), np.full(4, 0.01), np.full(4, 0.4), np.eye(4), 6
    )
    return Population(codes, AGES, people, BASE_YEAR), rates, error


def one_by_one(base: Population, rates: Rates) -> None:
    """The same projection with numpy on one municipality at a time."""
    for row in range(len(base.codes)):
        now = base.values[row]
        for step in range(STEPS):
            moved = now * (rates.survival[step, row] + rates.migration[step, row])
            later = np.zeros_like(now)
            later[:, 1:] = moved[:, :-1]
            later[:, -1] += moved[:, -1]
            later = np.maximum(later, 0)
            women = later[1, 3:10].sum()
            boys = rates.boys[step, row]
            later[:, 0] = women * rates.child_women[step, row] * np.array([boys, 1 - boys])
            now = later


def copies(values: np.ndarray, steps: int) -> None:
    """People and two rates read, people written: the bytes a step cannot do without."""
    out, first, second = np.empty_like(values), values.copy(), values.copy()
    for _ in range(steps):
        np.copyto(out, values)
        np.copyto(out, first)
        np.copyto(out, second)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
