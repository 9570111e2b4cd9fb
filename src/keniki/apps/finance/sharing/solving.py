"""The solutions of theory for a game of towns, and the core test of any shares: who would be better off alone."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keniki.analysis import sharing as science
from keniki.analysis.arrays import Array, floats
from keniki.analysis.sharing import Game, GameError, said_of_game

from ..games import MOST_HELD, TownGame

#: Towns up to whom the nucleolus is solved without being asked for; up to MOST_SOLVED it is on request.
AT_ONCE: Final = 12
MOST_SOLVED: Final = 16
#: Orders of joining drawn where there are more towns than coalitions can be held for.
_ORDERS: Final = 200
#: Standard errors that are stated beside a sampled share.
_ERRORS: Final = 1.96

SOLUTIONS: Final = {
    "equal_gain": "均等節約",
    "proportional": "単独費用に比例",
    "scrb": "分離費用身替り妥当支出法",
    "shapley": "シャープレイ値",
    "nucleolus": "仁",
    "per_capita_nucleolus": "1団体当たりの仁",
    "proportional_nucleolus": "比例の仁",
    "tau": "τ値（費用差法）",
    "serial": "逐次分担",
}
#: What each solution does, in a sentence.
MEANT: Final = {
    "equal_gain": "単独で行う場合と比べた節約額を、全ての団体で等しくする。",
    "proportional": "単独で行う場合の費用に比例して分ける。節約の割合が全ての団体で等しくなる。",
    "scrb": "その団体が加わることで増える費用（分離費用）を負担し、残りを、単独の費用との差に比例して分ける。"
    "多目的ダムの費用の割振りに使われている。",
    "shapley": "あらゆる順番で1団体ずつ加わるとしたときに、その団体が増やす費用の平均を負担する。",
    "nucleolus": "最も不満の大きい組合せの不満を最も小さくし、次に大きい不満も順に小さくする。"
    "全ての組合せが納得する分け方があれば、その中に入る。",
    "per_capita_nucleolus": "仁と同じ考えで、不満を1団体当たりで測る。",
    "proportional_nucleolus": "仁と同じ考えで、不満を費用に対する割合で測る。",
    "tau": "分離費用を負担し、残りを、その団体が加わる組合せのうち最も小さい費用の差に比例して分ける。",
    "serial": "量の小さい団体から順に、自分と同じ量までの費用を団体の数で割る。"
    "小さい団体は、大きい団体のための費用を負担しない。",
}
_SOLVED: Final[dict[str, Callable[[Game], Array]]] = {
    "equal_gain": science.equal_gain,
    "proportional": science.proportional_to_alone,
    "scrb": lambda game: science.scrb(game).shares,
    "shapley": science.shapley,
    "nucleolus": science.nucleolus,
    "per_capita_nucleolus": lambda game: science.nucleolus(game, "head"),
    "proportional_nucleolus": lambda game: science.nucleolus(game, "cost"),
    "tau": science.tau_value,
}
_NUCLEOLI: Final = ("nucleolus", "per_capita_nucleolus", "proportional_nucleolus")


@dataclass(frozen=True)
class Solution:
    """A solution's shares by code in yen, not rounded; or why there are none. `errors` are 95 % errors of a sample.

    `waits`: it takes a while and has to be asked for.
    """

    key: str
    shares: Mapping[str, float]
    problem: str = ""
    errors: Mapping[str, float] | None = None
    waits: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return SOLUTIONS[self.key]

    @property
    def meaning(self) -> str:
        """What it does, in a sentence."""
        return MEANT[self.key]


@dataclass(frozen=True)
class Test:
    """The core test of shares: `inside` when no group pays more than it would by itself.

    `worst` is the group (codes) with the largest surcharge over its own cost, `over` how many yen that is (below 0:
    how much the nearest group still saves). `complete` says whether every group was looked at.
    """

    inside: bool
    worst: tuple[str, ...]
    over: float
    complete: bool = True


def solutions(made: TownGame, *, every: bool = False) -> list[Solution]:
    """All solutions of a game in the order of `SOLUTIONS`. With `every` those too that take half a minute."""
    if made.game is None:
        return _sampled(made)
    found = [_solution(key, made.game, every) for key in SOLUTIONS if key != "serial"]
    return [*found, _serial(made)]


def tested(made: TownGame, shares: Mapping[str, float]) -> Test:
    """The core test of shares in yen by code; all together are taken to cost what the shares add up to.

    Where the coalitions are too many only single towns and all but one of them are looked at.
    """
    paid = [float(shares[code]) for code in made.codes]
    if made.game is not None:
        costs = made.game.costs.copy()
        costs[-1] = max(sum(paid), 0.0)
        found = science.core(Game(made.game.players, costs), paid)
        return Test(found.inside, found.worst, found.over)
    whole = sum(paid)
    over: dict[tuple[str, ...], float] = {}
    for at, code in enumerate(made.codes):
        rest = tuple(each for each in made.codes if each != code)
        over[(code,)] = paid[at] - float(made.alone[at])
        over[rest] = whole - paid[at] - made.cost(rest)
    worst = max(over, key=lambda group: over[group])
    return Test(over[worst] <= 1e-9 * max(whole, 1.0), worst, over[worst], complete=False)


#: Solutions made last, by what they are of.
_MADE: Final[dict[tuple[str, str], Solution]] = {}
_KEPT: Final = 512


def _solution(key: str, game: Game, every: bool) -> Solution:
    """A solution, kept in the process by the hash of its game."""
    if key in _NUCLEOLI:
        most = MOST_SOLVED if key == "nucleolus" else AT_ONCE
        if game.n > most:
            return Solution(key, {}, f"参加者が多すぎます（この解は{most}団体まで）。")
        if game.n > AT_ONCE and not every:
            return Solution(key, {}, f"{game.n}団体では計算に数十秒かかることがあります。", waits=True)
    mark = (key, hashlib.sha256(" ".join(game.players).encode() + game.costs.tobytes()).hexdigest())
    if (known := _MADE.get(mark)) is not None:
        return known
    try:
        made = Solution(key, _by_code(game.players, _SOLVED[key](game)))
    except GameError as error:
        made = Solution(key, {}, said_of_game(error))
    for oldest in list(_MADE)[: max(0, len(_MADE) - _KEPT + 1)]:
        _MADE.pop(oldest, None)
    _MADE[mark] = made
    return made


def _serial(made: TownGame) -> Solution:
    """Serial sharing of the cost function over what each needs, brought to the whole."""
    function = made.spec.function
    if function is None or made.demands is None or not function.basis:
        return Solution("serial", {}, "量に応じた費用関数のときに求めます。")
    cost = function.cost
    tree = 0.0
    if made.ways is not None:
        tree = made.estimated - cost.fixed - cost.per_member * len(made.codes)
        tree -= cost.variable * float(made.demands.sum()) ** cost.scale
    constant = cost.fixed + cost.per_member * len(made.codes) + max(tree, 0.0)
    shares = science.serial(made.demands, lambda used: constant + cost.variable * used**cost.scale)
    total = float(shares.sum())
    if total <= 0:
        return Solution("serial", {}, "費用が0のため、求められません。")
    return Solution("serial", _by_code(made.codes, shares * made.whole / total))


def _sampled(made: TownGame) -> list[Solution]:
    """What can be said of more towns than coalitions can be held for."""
    too_many = f"{len(made.codes)}団体では組合せが多すぎます（この解は{MOST_HELD}団体まで）。"
    alone, n = made.alone, len(made.codes)
    found = {key: Solution(key, {}, too_many) for key in SOLUTIONS}
    found["equal_gain"] = Solution("equal_gain", _by_code(made.codes, alone - (alone.sum() - made.whole) / n))
    if alone.sum() > 0:
        found["proportional"] = Solution(
            "proportional", _by_code(made.codes, made.whole * alone / alone.sum())
        )
    seed = zlib.crc32("".join(made.codes).encode())
    sample = science.sampled_shapley(made.codes, made.cost, _ORDERS, seed)
    found["shapley"] = Solution(
        "shapley",
        _by_code(made.codes, sample.shares),
        errors=_by_code(made.codes, _ERRORS * sample.errors),
    )
    found["serial"] = _serial(made)
    return list(found.values())


def _by_code(codes: Sequence[str], shares: Array) -> dict[str, float]:
    return {code: float(value) for code, value in zip(codes, floats(shares), strict=True)}
