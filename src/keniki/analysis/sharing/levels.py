"""The nucleolus: the most dissatisfied coalition is as little dissatisfied as can be, then the next (仁).

Level by level the largest excess x(S) − c(S) is made as small as it can be; the coalitions that cannot do better are
held at it, and the next level is made for those that are left. A level is a linear programme with a row per coalition,
of which only the violated ones are ever given to the solver: the sums of all 2ⁿ coalitions are made at once, the worst
are added, and the solver goes on from where it stood.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import highspy
import numpy as np
from numpy.typing import NDArray

from keniki.analysis.arrays import Array, floats

from .games import Game, GameError, Lack, sizes, sums

#: What an excess is divided by: nothing, the number of members, the coalition's own cost.
Per: TypeAlias = Literal["coalition", "head", "cost"]
#: So many players are still solved in seconds.
MOST: Final = 16
#: Coalitions given to the solver at a time.
_ADDED: Final = 32
#: Costs are scaled to at most 1: what is no violation, what is a price, what is near enough to be needed again.
_VIOLATED: Final = 1e-9
_PRICED: Final = 1e-8
_NEAR: Final = 1e-3
#: Below this a direction or singular value is 0.
_SPAN: Final = 1e-9
Mask: TypeAlias = NDArray[np.bool_]


def nucleolus(game: Game, per: Per = "coalition") -> Array:
    """The nucleolus of a cost game, (n,); `per` head or cost: the per-capita and the proportional one.

    Every excess is divided by 1, |S| or c(S). GameError for more than 16 players, and for a coalition that costs
    nothing where excesses are divided by costs. The least core is the first level, so the shares are in the core
    whenever anything is. Sources: Schmeidler (1969); Young, Okada & Hashimoto (1982).

    >>> shares = nucleolus(Game(("A", "B"), np.array([0.0, 1.0, 1.2, 1.8])))
    >>> shares.round(9)
    array([0.8, 1. ])
    """
    n = game.n
    if n > MOST:
        raise GameError(Lack.TOO_MANY, found=MOST)
    if n == 1 or (game.whole == 0 and not np.any(game.costs)):
        return game.alone.copy()
    scale = float(game.costs.max())
    costs = game.costs / scale
    weights = _weights(game, per) / (scale if per == "cost" else 1.0)
    levels = _Levels(costs, weights)
    while levels.unsettled:
        levels.next()
    return floats(levels.shares() * scale)


def _weights(game: Game, per: Per) -> Array:
    if per == "head":
        return floats(np.maximum(sizes(game.n), 1))
    if per == "cost":
        free = np.flatnonzero(game.costs[1:-1] == 0)
        if len(free):
            raise GameError(Lack.FREE, game.members(int(free[0]) + 1))
        return floats(np.where(game.costs > 0, game.costs, 1.0))
    return np.ones(len(game.costs))


class _Levels:
    """Coalitions whose excess is settled, each with the level it is held at; the programme of the next level."""

    def __init__(self, costs: Array, weights: Array) -> None:
        self.costs, self.weights = costs, weights
        self.n = len(costs).bit_length() - 1
        self.members = (np.arange(len(costs))[:, None] >> np.arange(self.n) & 1).astype(float)
        self.held: list[tuple[int, int | None]] = [(len(costs) - 1, None)]
        self.levels: list[float] = []
        self.seeds: list[int] = []
        self.loose = self._outside_span()

    @property
    def unsettled(self) -> bool:
        """Whether some coalition's excess is not settled yet."""
        return bool(self.loose.any())

    def next(self) -> None:
        """Solve the next level and hold the coalitions whose excess is that level in every solution."""
        tight, level = self._solve()
        at = len(self.levels)
        self.levels.append(level)
        before = len(self.held)
        for number in tight:
            if self.loose[number]:
                self.held.append((number, at))
                self.loose = self._outside_span()
        if len(self.held) == before:
            raise GameError(Lack.UNSTABLE)

    def shares(self) -> Array:
        """The shares as the solution of the held coalitions' equations, in which the levels are unknown too."""
        rows = np.zeros((len(self.held), self.n + len(self.levels)))
        right = np.zeros(len(self.held))
        for at, (number, level) in enumerate(self.held):
            rows[at, : self.n] = self.members[number]
            if level is not None:
                rows[at, self.n + level] = -self.weights[number]
            right[at] = self.costs[number]
        if np.linalg.matrix_rank(rows) < rows.shape[1]:
            rows, right = rows[:, : self.n], np.array([self._paid(*each) for each in self.held])
        return floats(np.linalg.lstsq(rows, right, rcond=None)[0][: self.n])

    def _paid(self, number: int, level: int | None) -> float:
        """What a held coalition pays."""
        return float(
            self.costs[number] + (0.0 if level is None else self.weights[number] * self.levels[level])
        )

    def _outside_span(self) -> Mask:
        """The coalitions whose excess the held ones don't settle, (2ⁿ,)."""
        matrix = self.members[[number for number, _ in self.held]]
        _, singular, right = np.linalg.svd(matrix)
        found = np.zeros(len(self.costs), dtype=bool)
        for direction in right[int((singular > _SPAN).sum()) :]:
            found |= np.abs(sums(floats(direction))) > _SPAN
        return found

    def _solve(self) -> tuple[list[int], float]:
        """Coalitions with a price at the optimum, the dearest first, and the level."""
        programme = _Programme(self.n)
        for number, held_at in self.held:
            programme.fix(self.members[number], self._paid(number, held_at))
        whole = len(self.costs) - 1
        seeds = [1 << at for at in range(self.n)]
        wanted = [*seeds, *(whole ^ single for single in seeds), *self.seeds]
        numbers: list[int] = []
        while wanted:
            there = set(numbers)
            fresh = [number for number in dict.fromkeys(wanted) if self.loose[number] and number not in there]
            for number in fresh:
                programme.bound(self.members[number], self.weights[number], self.costs[number])
            numbers += fresh
            shares, level, prices = programme.solved(len(self.held))
            over = (sums(shares) - self.costs) / self.weights - level
            over[~self.loose] = -np.inf
            violated = np.flatnonzero(over > _VIOLATED)
            worst = violated[np.argsort(-over[violated], kind="stable")[:_ADDED]]
            wanted = [int(number) for number in worst]
            if wanted and not fresh:
                raise GameError(Lack.UNSTABLE)
        self.seeds = [number for number in numbers if over[number] > -_NEAR]
        dear = np.argsort(-np.abs(prices), kind="stable")
        return [numbers[at] for at in dear if abs(prices[at]) > _PRICED], level


class _Programme:
    """Minimise the level t under x(S) = paid for held coalitions and x(S) − w(S)·t ≤ c(S) for the others given."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.model = highspy.Highs()  # type: ignore[no-untyped-call]
        self.model.silent()
        for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self.model.setOptionValue(option, 1e-10)
        for _ in range(n + 1):
            self.model.addVar(-highspy.kHighsInf, highspy.kHighsInf)
        self.model.changeColCost(n, 1.0)

    def fix(self, members: Array, paid: float) -> None:
        places = np.flatnonzero(members).astype(np.int32)
        self.model.addRow(paid, paid, len(places), places, np.ones(len(places)))

    def bound(self, members: Array, weight: float, cost: float) -> None:
        places = np.append(np.flatnonzero(members), self.n).astype(np.int32)
        values = np.append(np.ones(len(places) - 1), -weight)
        self.model.addRow(-highspy.kHighsInf, cost, len(places), places, values)

    def solved(self, fixed: int) -> tuple[Array, float, Array]:
        """Shares (n,), the level, and the prices of the rows after the first `fixed`."""
        self.model.run()
        if self.model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise GameError(Lack.UNSTABLE)
        solution = self.model.getSolution()
        values = floats(solution.col_value)
        return values[: self.n], float(values[self.n]), floats(solution.row_dual)[fixed:]
