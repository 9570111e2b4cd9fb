"""Fair shares in time: the nucleolus of 9, 12 and 16 towns, the Shapley value of 16, 20 and 24.

The nucleolus is held to 10 s and set beside a linear programme with a row for every coalition (scipy, the same
solver) at each level, as far as that is done in a minute; the Shapley value beside the definition in plain numpy.
Games are a kind that has a core (volume discount) and a kind that has none (random costs), from a fixed seed.
"""

from __future__ import annotations

import time
from functools import partial
from math import factorial

import numpy as np
from scipy.optimize import linprog

from _limits import Limits, median
from keniki.analysis.sharing import Game, nucleolus, shapley
from keniki.analysis.sharing.games import sizes, sums

LIMIT = 10.0
SHAPLEY_LIMIT = 2.0
RUNS = 3


def main() -> None:
    with Limits() as limits:
        nucleolus(discounted(5))
        shapley(discounted(5))
        for n in (9, 12, 16):
            for name, game in (("discount", discounted(n)), ("random", at_random(n))):
                seconds = median(partial(nucleolus, game), RUNS)
                limits.hold(f"nucleolus of {n}, {name}", seconds, LIMIT)
                if n <= 12:
                    started = time.perf_counter()
                    shares = by_full_programme(game)
                    full = time.perf_counter() - started
                    apart = np.abs(nucleolus(game) - shares).max() / game.whole
                    print(
                        f"  every coalition a row: {full:.2f} s, apart {apart:.0e}; ratio {full / seconds:.0f}"
                    )
        for n in (16, 20, 24):
            game = discounted(n)
            seconds = median(partial(shapley, game), RUNS)
            limits.hold(f"Shapley value of {n}", seconds, SHAPLEY_LIMIT)
            if n <= 20:
                started = time.perf_counter()
                shares = by_definition(game)
                plain = time.perf_counter() - started
                apart = np.abs(shapley(game) - shares).max() / game.whole
                print(
                    f"  the definition in numpy: {plain:.2f} s, apart {apart:.0e}; ratio {plain / seconds:.1f}"
                )


def discounted(n: int) -> Game:
    """A game with a core: large volumes are cheaper by the unit."""
    volumes = np.random.default_rng(n).uniform(1, 10, n)
    return _game(n, sums(volumes) ** 0.7)


def at_random(n: int) -> Game:
    """A game without a core."""
    return _game(n, np.random.default_rng(n).uniform(1, 2, 1 << n) * sizes(n))


def _game(n: int, costs: np.ndarray) -> Game:
    return Game(tuple(str(at) for at in range(n)), np.concatenate([[0.0], costs[1:]]))


def by_full_programme(game: Game) -> np.ndarray:
    """The nucleolus level by level with every coalition in the programme."""
    n = game.n
    members = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(float)
    held = {(1 << n) - 1: game.whole}
    while True:
        rows = members[list(held)]
        _, singular, right = np.linalg.svd(rows)
        free = right[int((singular > 1e-9).sum()) :]
        loose = (
            np.flatnonzero(np.abs(members @ free.T).max(axis=1) > 1e-9) if len(free) else np.array([], int)
        )
        if not len(loose):
            return np.linalg.lstsq(rows, np.array(list(held.values())), rcond=None)[0]
        found = linprog(
            np.r_[np.zeros(n), 1.0],
            A_ub=np.c_[members[loose], -np.ones(len(loose))],
            b_ub=game.costs[loose],
            A_eq=np.c_[rows, np.zeros(len(rows))],
            b_eq=np.array(list(held.values())),
            bounds=[(None, None)] * (n + 1),
        )
        for number in loose[np.abs(found.ineqlin.marginals) > 1e-9]:
            held[int(number)] = game.costs[number] + found.x[n]


def by_definition(game: Game) -> np.ndarray:
    """The Shapley value as its formula says, one player after another."""
    n, size = game.n, sizes(game.n)
    weights = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])
    numbers = np.arange(1 << n)
    found = np.empty(n)
    for at in range(n):
        without = numbers[(numbers >> at & 1) == 0]
        found[at] = (weights[size[without]] * (game.costs[without | 1 << at] - game.costs[without])).sum()
    return found


if __name__ == "__main__":
    main()
