"""Where the costs of coalitions come from: a function of what is needed and how far it is, or quotes somebody got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.arrays import Array, floats
from keniki.analysis.machine import compiled

from .games import MOST, Coalition, Game, GameError, Lack, game_of, sizes, sums


@dataclass(frozen=True)
class CostFunction:
    """The yearly cost of a coalition with the demands q: fixed + per_member·n + variable·(Σq)^scale + distance.

    `scale` below 1 makes large volumes cheaper by the unit; `distance` is the price of a kilometre (or minute) of the
    shortest tree of ways that joins the members. All from 0 on.
    """

    fixed: float
    variable: float = 0.0
    scale: float = 1.0
    per_member: float = 0.0
    distance: float = 0.0

    def __post_init__(self) -> None:
        for name in ("fixed", "variable", "scale", "per_member", "distance"):
            value = getattr(self, name)
            if not np.isfinite(value) or value < 0:
                raise GameError(Lack.FUNCTION, found=name)


def game_from_function(
    players: Sequence[str],
    demands: ArrayLike,
    function: CostFunction,
    distances: ArrayLike | None = None,
) -> Game:
    """The game in which every coalition may do it alone or in the parts that are cheapest together.

    `demands` (n,) in any unit, `distances` (n, n) from each to each, symmetric, 0 on the diagonal; needed where the
    function has a price for them: a coalition pays the tree of the shortest ways that joins its members. A coalition
    that would be dearer together than in two parts stays in parts, so that costs are subadditive (劣加法的).

    >>> game_from_function(["A", "B"], [1.0, 2.0], CostFunction(fixed=10, variable=1)).costs
    array([ 0., 11., 12., 13.])
    """
    n = len(players)
    wanted = floats(demands)
    if wanted.shape != (n,) or np.any(~np.isfinite(wanted)) or np.any(wanted < 0):
        raise GameError(Lack.FUNCTION, found="demands")
    if n > MOST_PARTS:
        raise GameError(Lack.TOO_MANY, found=MOST_PARTS)
    return Game(tuple(players), in_parts(together(function, wanted, distances)))


def together(function: CostFunction, demands: Array, distances: ArrayLike | None = None) -> Array:
    """What every coalition costs if it does it together, (…, n) to (…, 2ⁿ). GameError as `shortest_trees`.

    >>> together(CostFunction(fixed=10, variable=1), np.array([1.0, 2.0]))
    array([ 0., 11., 12., 13.])
    """
    n = demands.shape[-1]
    costs = function.fixed + function.variable * sums(demands) ** function.scale
    costs += function.per_member * sizes(n)
    if function.distance:
        costs += function.distance * shortest_trees(distances, n)
    costs[..., 0] = 0.0
    return floats(costs)


def cost_together(function: CostFunction, demands: ArrayLike, distances: ArrayLike | None = None) -> float:
    """What one coalition with these demands (k,) and ways (k, k) costs together; for players no table can hold.

    >>> cost_together(CostFunction(fixed=10, variable=1, distance=2), [1.0, 2.0], [[0, 3], [3, 0]])
    19.0
    """
    wanted = floats(demands)
    n = len(wanted)
    if not n:
        return 0.0
    cost: float = function.fixed + function.variable * float(wanted.sum()) ** function.scale
    cost += function.per_member * n
    if function.distance:
        cost += function.distance * float(_tree(_ways(distances, n), np.arange(n)))
    return cost


def game_from_quotes(players: Sequence[str], quotes: Mapping[Coalition, float], *, fill: bool = True) -> Game:
    """The game of quotes (見積) that were got: of each alone, of all, and of any groups.

    With `fill` a group without a quote costs what its cheapest parts with quotes cost; every single player needs one.
    GameError names the player without. Without `fill` all have to be there.

    >>> quotes = {frozenset("A"): 5.0, frozenset("B"): 4.0, frozenset("C"): 3.0, frozenset("AB"): 7.0}
    >>> game_from_quotes(["A", "B", "C"], quotes).cost("A", "B", "C")
    10.0
    """
    if not fill:
        return game_of(players, quotes)
    n = len(players)
    if n > MOST_PARTS:
        raise GameError(Lack.TOO_MANY, found=MOST_PARTS)
    costs = np.full(1 << n, np.inf)
    costs[0] = 0.0
    order = {player: at for at, player in enumerate(players)}
    for coalition, cost in quotes.items():
        for player in coalition:
            if player not in order:
                raise GameError(Lack.UNKNOWN, [player])
        if not np.isfinite(cost) or cost < 0:
            raise GameError(Lack.NOT_A_COST, sorted(coalition))
        costs[sum(1 << order[player] for player in coalition)] = cost
    for player, at in order.items():
        if np.isinf(costs[1 << at]):
            raise GameError(Lack.ALONE, [player])
    return Game(tuple(players), in_parts(costs))


#: Players up to whom all ways to fall into two parts are looked through.
MOST_PARTS: Final = min(16, MOST)


def in_parts(costs: Array) -> Array:
    """The cheapest way of every coalition to do it together or in any parts, (…, 2ⁿ) to the same.

    >>> in_parts(np.array([0.0, 1.0, 2.0, 5.0]))
    array([0., 1., 2., 3.])
    """
    found = np.array(costs, dtype=float, order="C")
    _in_parts(found.reshape(-1, found.shape[-1]))
    return found


@compiled
def _in_parts(costs: Any) -> None:
    for row in range(costs.shape[0]):
        for number in range(1, costs.shape[1]):
            rest = number ^ (number & -number)
            part = rest
            while part:
                both = costs[row, part] + costs[row, number ^ part]
                if both < costs[row, number]:
                    costs[row, number] = both
                part = (part - 1) & rest


def shortest_trees(distances: ArrayLike | None, n: int) -> Array:
    """The length of the shortest tree of ways within each coalition, (n, n) to (2ⁿ,).

    GameError for distances that are missing, negative, or not the same both ways.

    >>> shortest_trees([[0, 3], [3, 0]], 2)
    array([0., 0., 0., 3.])
    """
    return floats(_shortest_trees(_ways(distances, n)))


def _ways(distances: ArrayLike | None, n: int) -> Array:
    if distances is None:
        raise GameError(Lack.NO_DISTANCES)
    ways = floats(distances)
    if ways.shape != (n, n) or np.any(~np.isfinite(ways)) or np.any(ways < 0):
        raise GameError(Lack.DISTANCES)
    if not np.allclose(ways, ways.T) or np.any(np.diag(ways) != 0):
        raise GameError(Lack.DISTANCES)
    return ways


@compiled
def _shortest_trees(ways: Any) -> Any:
    n = ways.shape[0]
    found = np.zeros(1 << n)
    members = np.empty(n, dtype=np.int64)
    for number in range(1, 1 << n):
        count = 0
        for at in range(n):
            if number >> at & 1:
                members[count] = at
                count += 1
        found[number] = _tree(ways, members[:count])
    return found


@compiled
def _tree(ways: Any, members: Any) -> Any:
    count = len(members)
    near = np.full(count, np.inf)
    near[0] = 0.0
    total = 0.0
    for _ in range(count):
        now = -1
        for at in range(count):
            if near[at] >= 0 and (now < 0 or near[at] < near[now]):
                now = at
        total += near[now]
        near[now] = -1.0
        for at in range(count):
            if near[at] >= 0:
                near[at] = min(near[at], ways[members[now], members[at]])
    return total
