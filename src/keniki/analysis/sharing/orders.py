"""The Shapley value: everybody pays what they add, on average over all orders of joining (シャープレイ値)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np

from keniki.analysis.arrays import Array, floats
from keniki.analysis.machine import compiled

from .games import Game, GameError, Lack


def shapley(game: Game) -> Array:
    """The Shapley value exactly, (n,): φᵢ = Σ over S without i of |S|!·(n − |S| − 1)!/n!·(c(S ∪ i) − c(S)).

    Time n·2ⁿ, no memory beside the game's own. Source: Shapley (1953).

    >>> game = Game(("A", "B"), np.array([0.0, 1.0, 1.2, 1.8]))
    >>> shapley(game)
    array([0.8, 1. ])
    """
    n = game.n
    weights = np.array([factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)])
    return floats(_values(game.costs, weights, n))


@compiled
def _values(costs: Any, weights: Any, n: int) -> Any:
    found = np.zeros(n)
    for number in range(costs.shape[0]):
        size, left = 0, number
        while left:
            left &= left - 1
            size += 1
        cost = costs[number]
        for at in range(n):
            if number >> at & 1:
                found[at] += weights[size - 1] * cost
            else:
                found[at] -= weights[size] * cost
    return found


@dataclass(frozen=True)
class Sampled:
    """A Shapley value from `orders` orders of joining: `shares` (n,) and their standard `errors` (n,)."""

    shares: Array
    errors: Array
    orders: int


def sampled_shapley(
    players: Sequence[str], cost: Callable[[tuple[str, ...]], float], orders: int, seed: int
) -> Sampled:
    """The Shapley value of more players than a table holds, from drawn orders of joining and their reverses.

    `cost` is asked for the members that have joined, in the players' order. The shares of each order add up to the
    whole cost, so their mean does too. Errors fall with the root of `orders`, which has to be even and 4 at least.
    Source: Castro, Gómez & Tejada (2009); an order and its reverse together: Lomeli et al. (2019).

    >>> found = sampled_shapley(["A", "B", "C"], lambda members: 10.0 + len(members), 400, 1)
    >>> found.shares.sum().round(9), bool(np.all(np.abs(found.shares - 13 / 3) < 4 * found.errors + 1e-9))
    (np.float64(13.0), True)
    """
    if orders < 4 or orders % 2:
        raise GameError(Lack.ORDERS)
    n = len(players)
    if not n:
        raise GameError(Lack.NO_PLAYER)
    generator = np.random.default_rng(seed)
    pairs = np.zeros((orders // 2, n))
    for pair in range(orders // 2):
        order = generator.permutation(n)
        for joined in (order, order[::-1]):
            there: set[int] = set()
            before = 0.0
            for at in joined:
                there.add(int(at))
                after = float(cost(tuple(players[place] for place in sorted(there))))
                if not np.isfinite(after) or after < 0:
                    raise GameError(Lack.NOT_A_COST, [players[p] for p in sorted(there)])
                pairs[pair, at] += (after - before) / 2
                before = after
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
    return Sampled(floats(pairs.mean(axis=0)), floats(errors), orders)
