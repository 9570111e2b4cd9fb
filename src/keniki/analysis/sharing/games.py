"""Cost games: what every group of towns would pay by itself (費用ゲーム), and whether anybody would rather leave.

A game of n players holds the costs of all 2ⁿ coalitions in one array; coalition number S has player i in it where bit i
of S is set. Costs are in any unit of money; shares come back in the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.arrays import Array, floats

#: Players by name in any order.
Coalition: TypeAlias = frozenset[str]
Numbers: TypeAlias = NDArray[np.int64]

#: More players have more coalitions than a table can hold.
MOST: Final = 24
#: Differences below this share of the whole cost are rounding.
TOLERANCE: Final = 1e-9


class Lack(StrEnum):
    """What a cost game may lack, as a sentence with the numbers left out."""

    NOT_A_COST = "a cost has to be a number from 0 on"
    MISSING = "the cost is missing ({found} coalitions are)"
    NOBODYS_COST = "nobody has no cost"
    COUNT = "{found} figures don't fit the players"
    NO_PLAYER = "there has to be a player"
    TWICE = "a player is named twice"
    TOO_MANY = "so many players take too long: {found} at most"
    UNKNOWN = "no such player"
    EMPTY = "a coalition without members"
    ALONE = "there is no quote for it alone"
    NO_DISTANCES = "a price for distance needs the distances"
    DISTANCES = "distances have to be numbers from 0 on, the same both ways, and 0 to oneself"
    FUNCTION = "{found} has to be a number from 0 on"
    ORDERS = "the number of orders has to be even, 4 at least"
    FREE = "a coalition that costs nothing has no proportion"
    UNSTABLE = "the costs differ too much in size to be solved"
    NOT_JUSTIFIED = "the separable cost is more than what is justified for it"
    NOTHING_REMAINS = "no benefit remains to share the joint cost by"
    GAP = "the group costs less than what its members add"
    GAPS = "the cost gaps don't suffice for the joint cost"
    NO_COST_ALONE = "nobody costs anything alone"
    WEIGHTS = "weights have to be from 0 on, one of them above it"


class GameError(ValueError):
    """A cost game that cannot be one. `coalition` says whose cost it is, where that is known."""

    def __init__(self, lack: Lack, coalition: Sequence[str] = (), *, found: object = "") -> None:
        self.lack = lack
        self.coalition = tuple(coalition)
        self.found = str(found)
        said = lack.value.format(found=found)
        super().__init__(f"{', '.join(coalition)}: {said}" if coalition else said)


@dataclass(frozen=True)
class Game:
    """Costs by coalition: `costs` (2ⁿ,), that of nobody is 0. GameError for a negative or missing cost."""

    players: tuple[str, ...]
    costs: Array

    def __post_init__(self) -> None:
        n = _checked(self.players)
        costs = floats(self.costs)
        if costs.shape != (1 << n,):
            raise GameError(Lack.COUNT, found=costs.shape[0] if costs.ndim else 1)
        if costs[0] != 0:
            raise GameError(Lack.NOBODYS_COST)
        wrong = np.flatnonzero(~np.isfinite(costs) | (costs < 0))
        if len(wrong):
            raise GameError(Lack.NOT_A_COST, self.members(int(wrong[0])))
        object.__setattr__(self, "costs", costs)

    @property
    def n(self) -> int:
        """The number of players."""
        return len(self.players)

    @property
    def whole(self) -> float:
        """What all together cost."""
        return float(self.costs[-1])

    @property
    def alone(self) -> Array:
        """What each costs alone, (n,)."""
        return floats(self.costs[1 << np.arange(self.n)])

    @property
    def marginal(self) -> Array:
        """What each adds to all the others (分離費用), (n,)."""
        return floats(self.whole - self.costs[(1 << self.n) - 1 - (1 << np.arange(self.n))])

    def members(self, number: int) -> tuple[str, ...]:
        """The players of coalition number `number`."""
        return tuple(player for at, player in enumerate(self.players) if number >> at & 1)

    def cost(self, *players: str) -> float:
        """The cost of these players together. GameError for one who is not there."""
        return float(self.costs[_number(self.players, players)])


def game_of(players: Sequence[str], costs: Mapping[Coalition, float]) -> Game:
    """A game from a table of costs; every coalition has to be there but the empty one.

    GameError names a coalition that is missing, one that names somebody else, one whose cost is negative.

    >>> game_of(["A", "B"], {frozenset("A"): 1.0, frozenset("B"): 1.2, frozenset("AB"): 1.8}).whole
    1.8
    """
    n = _checked(tuple(players))
    found = np.full(1 << n, np.nan)
    found[0] = 0.0
    for coalition, cost in costs.items():
        found[_number(tuple(players), sorted(coalition))] = cost
    missing = np.flatnonzero(np.isnan(found))
    if len(missing):
        raise GameError(Lack.MISSING, _named(tuple(players), int(missing[0])), found=len(missing))
    return Game(tuple(players), found)


def game_by(players: Sequence[str], cost: Callable[[tuple[str, ...]], float]) -> Game:
    """A game from a function of the coalition's members, asked 2ⁿ − 1 times.

    >>> game_by(["A", "B"], lambda members: 10.0 + len(members)).costs
    array([ 0., 11., 11., 12.])
    """
    n = _checked(tuple(players))
    named = tuple(players)
    found = [0.0, *(float(cost(_named(named, number))) for number in range(1, 1 << n))]
    return Game(named, np.array(found))


def sums(values: Array) -> Array:
    """The sum over the members of every coalition, (…, n) to (…, 2ⁿ).

    >>> sums(np.array([1.0, 2.0]))
    array([0., 1., 2., 3.])
    """
    n = values.shape[-1]
    found = np.zeros((*values.shape[:-1], 1 << n))
    for at in range(n):
        found[..., 1 << at : 2 << at] = found[..., : 1 << at] + values[..., at : at + 1]
    return found


def sizes(n: int) -> Numbers:
    """The number of members of every coalition, (2ⁿ,).

    >>> sizes(2)
    array([0, 1, 1, 2])
    """
    return sums(np.ones(n)).astype(np.int64)


@dataclass(frozen=True)
class Core:
    """Whether shares are in the core (コア): no coalition pays more than it would by itself.

    `worst` is the coalition with the largest surcharge over its own cost, `over` how much that is (0 or less where the
    shares are in the core: then how near they are to leaving it). `unbalanced` is the sum of the shares less the whole
    cost.
    """

    inside: bool
    worst: tuple[str, ...]
    over: float
    unbalanced: float


def core(game: Game, shares: Sequence[float]) -> Core:
    """The core test of shares in the players' order.

    GameError for another number of shares. A single player's game is always in it.

    >>> game = game_of(["A", "B"], {frozenset("A"): 1.0, frozenset("B"): 1.2, frozenset("AB"): 1.8})
    >>> found = core(game, [1.1, 0.7])
    >>> found.inside, found.worst, round(found.over, 9)
    (False, ('A',), 0.1)
    """
    given = floats(shares)
    if given.shape != (game.n,):
        raise GameError(Lack.COUNT, found=given.size)
    off = float(given.sum()) - game.whole
    slack = TOLERANCE * max(game.whole, 1.0)
    excess = (sums(given) - game.costs)[1:-1]
    if not len(excess):
        return Core(abs(off) <= slack, (), 0.0, off)
    at = int(np.argmax(excess))
    over = float(excess[at])
    return Core(over <= slack and abs(off) <= slack, game.members(at + 1), over, off)


def _checked(players: tuple[str, ...]) -> int:
    if not players:
        raise GameError(Lack.NO_PLAYER)
    if len(set(players)) != len(players):
        twice = next(player for player in players if players.count(player) > 1)
        raise GameError(Lack.TWICE, [twice])
    if len(players) > MOST:
        raise GameError(Lack.TOO_MANY, found=MOST)
    return len(players)


def _named(players: tuple[str, ...], number: int) -> tuple[str, ...]:
    return tuple(player for at, player in enumerate(players) if number >> at & 1)


def _number(players: tuple[str, ...], coalition: Sequence[str]) -> int:
    number = 0
    for player in coalition:
        if player not in players:
            raise GameError(Lack.UNKNOWN, [player])
        number |= 1 << players.index(player)
    if not number:
        raise GameError(Lack.EMPTY)
    return number
