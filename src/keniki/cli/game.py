"""`keniki game`: a cost game's fair shares by a solution of theory, and whether a group would be better off alone."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from keniki.cli import console
from keniki.cli.console import Result
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.analysis.arrays import Array
    from keniki.analysis.sharing import CostFunction, Game, Sampled

SOLUTIONS: Final = {
    "shapley": "シャープレイ値",
    "nucleolus": "仁",
    "scrb": "分離費用身替り妥当支出法",
    "core": "コアの検査（shares の割り振り）",
    "per_capita_nucleolus": "1人当たりの仁",
    "proportional_nucleolus": "比例の仁",
    "tau": "τ値（費用差法）",
    "equal_gain": "均等節約",
    "proportional": "単独費用に比例",
}


#: How many orders of joining are drawn where a table of all coalitions would not end.
ORDERS: Final = 2_000
_MOST_PLAYERS: Final = 200


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        subparsers,
        "game",
        run,
        help="費用ゲームの解と、一部だけで行う方が安い組合せを求める（データベースは使わない）",
    )
    parser.add_argument(
        "--costs",
        required=True,
        type=Path,
        metavar="FILE.json",
        help='{"players": ["A", "B"], "costs": {"A": 1.0, "B": 1.2, "A,B": 1.8}}。'
        "core では shares（割り振り）、scrb では benefits（妥当支出）も書ける。"
        "costs の代わりに function（費用関数）も書ける",
    )
    parser.add_argument(
        "--solution",
        required=True,
        choices=tuple(SOLUTIONS),
        help="、".join(f"{key}: {name}" for key, name in SOLUTIONS.items()),
    )
    parser.add_argument(
        "--orders",
        type=int,
        default=ORDERS,
        metavar="N",
        help=f"参加者が24を超えるとき、シャープレイ値を求める並べ替えの回数（偶数、既定 {ORDERS}）",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="そのときの乱数の種（既定 1）")


def run(args: argparse.Namespace) -> Result:
    """The shares of the solution and the core test of them; `core` tests the shares in the file, or seeks some."""
    from keniki.analysis.sharing import GameError, core, said_of_game
    from keniki.analysis.sharing.games import MOST

    file = str(args.costs)
    raw = _read(args.costs)
    try:
        players = _players(raw, file)
        if "function" in raw and len(players) > MOST:
            return _sampled(args, players, raw, file)
        game = _game(players, raw, file)
        shares = _solved(args.solution, game, raw, file)
        tested = core(game, shares)
    except GameError as error:
        column = ",".join(error.coalition) or None
        raise WrongInput(said_of_game(error), file=file, column=column) from error
    except RecursionError:  # pragma: no cover - the reader refuses such depth
        raise WrongInput("ファイルの入れ子が深すぎます。", file=file) from None
    console.say(f"{SOLUTIONS[args.solution]}（全体 {game.whole:,.6g}）")
    for player, share in zip(game.players, shares, strict=True):
        console.say(f"  {player}: {share:,.6g}")
    if tested.inside:
        console.say("どの組合せも、自分たちだけで行うより高くは負担しません（コアに入っています）。")
    else:
        console.say(
            f"{'・'.join(tested.worst)} は、自分たちだけで行うより {tested.over:,.6g} 多く負担します。"
            if tested.over > 0
            else "負担の合計が、全体の費用と合いません。"
        )
    return {
        "solution": args.solution,
        "shares": dict(zip(game.players, shares, strict=True)),
        "core": {
            "inside": tested.inside,
            "worst": list(tested.worst),
            "over": tested.over,
            "unbalanced": tested.unbalanced,
        },
    }


def _read(path: Path) -> dict[str, Any]:
    content = console.read_bytes(path)
    try:
        raw = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise WrongInput("文字コードがUTF-8ではありません。", file=str(path)) from None
    except json.JSONDecodeError as error:
        raise WrongInput(
            "JSONとして読めません。かっこ、引用符、カンマを確かめてください。",
            file=str(path),
            row=error.lineno,
        ) from None
    except RecursionError:
        raise WrongInput("JSONの入れ子が深すぎます。", file=str(path)) from None
    except _Twice as twice:
        raise WrongInput("同じ項目が2回あります。", file=str(path), column=str(twice)) from None
    if not isinstance(raw, dict):
        raise WrongInput("players と costs のある { } にしてください。", file=str(path))
    return raw


class _Twice(ValueError):
    """A key that stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _players(raw: dict[str, Any], file: str) -> list[str]:
    players = raw.get("players")
    if not isinstance(players, list) or not all(isinstance(each, str) and each.strip() for each in players):
        raise WrongInput("players に参加者の名前の一覧を書いてください。", file=file, column="players")
    named = [each.strip() for each in players]
    if any("," in each for each in named):
        raise WrongInput("参加者の名前にカンマは使えません。", file=file, column="players")
    if ("function" in raw) == ("costs" in raw):
        raise WrongInput(
            'costs に {"A": 1.0, "A,B": 1.8} の形で費用を書くか、function に費用関数を書いてください。',
            file=file,
            column="costs",
        )
    if len(named) > _MOST_PLAYERS:
        raise WrongInput(f"参加者が多すぎます（{_MOST_PLAYERS}まで）。", file=file, column="players")
    return named


def _game(named: list[str], raw: dict[str, Any], file: str) -> Game:
    from keniki.analysis.sharing import game_of

    if "function" in raw:
        return _game_of_function(named, raw, file)
    costs = raw.get("costs")
    if not isinstance(costs, dict):
        raise WrongInput(
            'costs に {"A": 1.0, "A,B": 1.8} の形で費用を書いてください。', file=file, column="costs"
        )
    found: dict[frozenset[str], float] = {}
    for key, cost in costs.items():
        members = [part.strip() for part in key.split(",")]
        coalition = frozenset(members)
        if len(coalition) != len(members) or coalition in found:
            raise WrongInput("同じ組合せか、同じ参加者が2回あります。", file=file, column=key)
        found[coalition] = _number(cost, file, key)
    return game_of(named, found)


def _game_of_function(named: list[str], raw: dict[str, Any], file: str) -> Game:
    """All groups in their cheapest parts; where those are too many to look through, each doing it together."""
    from keniki.analysis.sharing import Game, game_from_function
    from keniki.analysis.sharing.costs import MOST_PARTS, together

    function, demands, ways = _function(named, raw, file)
    if len(named) <= MOST_PARTS:
        return game_from_function(named, demands, function, ways)
    return Game(tuple(named), together(function, demands, ways))


def _function(named: list[str], raw: dict[str, Any], file: str) -> tuple[CostFunction, Array, Array | None]:
    import numpy as np

    from keniki.analysis.sharing import CostFunction, GameError, Lack

    given = raw["function"]
    parts = ("fixed", "variable", "scale", "per_member", "distance")
    if not isinstance(given, dict) or not set(given) <= {*parts, "demands", "ways"}:
        raise WrongInput(
            f"function には {'、'.join(parts)}、demands、ways だけを書けます。", file=file, column="function"
        )
    numbers = {key: _number(given[key], file, f"function.{key}") for key in parts if key in given}
    if len(set(named)) != len(named):
        raise GameError(Lack.TWICE)
    if "fixed" not in numbers:
        raise WrongInput("function に fixed（固定費）を書いてください。", file=file, column="function.fixed")
    asked = _by_name(given.get("demands", dict.fromkeys(named, 1)), named, "function.demands", file)
    demands = np.array([asked[player] for player in named])
    ways = given.get("ways")
    if ways is None:
        return CostFunction(**numbers), demands, None
    if not isinstance(ways, dict):
        raise WrongInput('ways に {"A,B": 12.5} の形で書いてください。', file=file, column="function.ways")
    table = np.full((len(named), len(named)), np.nan)
    np.fill_diagonal(table, 0.0)
    for key, way in ways.items():
        pair = [part.strip() for part in key.split(",")]
        if len(pair) != 2 or any(each not in named for each in pair):
            raise WrongInput(
                "ways には、参加者2つの間の距離を書いてください。", file=file, column=f"function.ways.{key}"
            )
        one, other = (named.index(each) for each in pair)
        table[one, other] = table[other, one] = _number(way, file, f"function.ways.{key}")
    if np.isnan(table).any():
        one, other = (int(at) for at in np.argwhere(np.isnan(table))[0])
        raise WrongInput(
            f"{named[one]}と{named[other]}の間の距離がありません。", file=file, column="function.ways"
        )
    return CostFunction(**numbers), demands, table


def _sampled(args: argparse.Namespace, named: list[str], raw: dict[str, Any], file: str) -> Result:
    """The Shapley value from drawn orders with its standard errors; the core is tested on the groups nearest to it.

    With so many players a core test of every group has no end: `inside` is false where one of those tested would
    rather leave, else null.
    """
    import numpy as np

    from keniki.analysis.sharing import sampled_shapley
    from keniki.analysis.sharing.costs import cost_together

    if args.solution != "shapley":
        raise WrongInput(
            "参加者が24を超えるときに求められるのは shapley だけです。", file=file, column="--solution"
        )
    function, demands, ways = _function(named, raw, file)
    place = {player: at for at, player in enumerate(named)}

    def cost(members: tuple[str, ...]) -> float:
        at = [place[each] for each in members]
        return cost_together(function, demands[at], None if ways is None else ways[np.ix_(at, at)])

    found: Sampled = sampled_shapley(named, cost, args.orders, args.seed)
    shares = dict(zip(named, found.shares.tolist(), strict=True))
    groups = [
        *((each,) for each in named),
        *((one, other) for at, one in enumerate(named) for other in named[at + 1 :]),
        *(tuple(each for each in named if each != left) for left in named),
    ]
    over = {group: sum(shares[each] for each in group) - cost(group) for group in groups}
    worst = max(over, key=lambda group: over[group])
    whole = cost(tuple(named))
    leaves = over[worst] > 1e-9 * max(whole, 1.0)
    console.say(f"{SOLUTIONS['shapley']}（全体 {whole:,.6g}、並べ替え {found.orders:,}回からの推定）")
    for at, player in enumerate(named):
        console.say(f"  {player}: {found.shares[at]:,.6g}（標準誤差 {found.errors[at]:,.3g}）")
    return {
        "solution": "shapley",
        "shares": shares,
        "errors": dict(zip(named, found.errors.tolist(), strict=True)),
        "orders": found.orders,
        "seed": args.seed,
        "core": {
            "inside": False if leaves else None,
            "worst": list(worst),
            "over": over[worst],
            "unbalanced": sum(shares.values()) - whole,
            "tested": len(groups),
        },
    }


def _solved(solution: str, game: Game, raw: dict[str, Any], file: str) -> list[float]:
    from keniki.analysis import sharing

    if solution == "core":
        given = _by_player(raw, "shares", game, file)
        return given if given is not None else sharing.nucleolus(game).tolist()
    if solution == "scrb":
        benefits = _by_player(raw, "benefits", game, file)
        return list(sharing.scrb(game, benefits).shares.tolist())
    made: dict[str, Callable[[Game], Any]] = {
        "shapley": sharing.shapley,
        "nucleolus": sharing.nucleolus,
        "per_capita_nucleolus": lambda each: sharing.nucleolus(each, "head"),
        "proportional_nucleolus": lambda each: sharing.nucleolus(each, "cost"),
        "tau": sharing.tau_value,
        "equal_gain": sharing.equal_gain,
        "proportional": sharing.proportional_to_alone,
    }
    return list(made[solution](game).tolist())


def _by_player(raw: dict[str, Any], key: str, game: Game, file: str) -> list[float] | None:
    given = raw.get(key)
    if given is None:
        return None
    found = _by_name(given, list(game.players), key, file)
    return [found[player] for player in game.players]


def _by_name(given: object, named: list[str], key: str, file: str) -> dict[str, float]:
    if not isinstance(given, dict) or set(given) != set(named):
        raise WrongInput(f"{key} には、全ての参加者の値を書いてください。", file=file, column=key)
    return {player: _number(value, file, f"{key}.{player}") for player, value in given.items()}


def _number(value: object, file: str, column: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WrongInput(f"「{value}」は数ではありません。", file=file, column=column)
    return float(value)
