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
    from keniki.analysis.sharing import Game

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
        "core では shares（割り振り）、scrb では benefits（妥当支出）も書ける",
    )
    parser.add_argument(
        "--solution",
        required=True,
        choices=tuple(SOLUTIONS),
        help="、".join(f"{key}: {name}" for key, name in SOLUTIONS.items()),
    )


def run(args: argparse.Namespace) -> Result:
    """The shares of the solution and the core test of them; `core` tests the shares in the file, or seeks some."""
    from keniki.analysis.sharing import GameError, core, said_of_game

    file = str(args.costs)
    raw = _read(args.costs)
    try:
        game = _game(raw, file)
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


def _game(raw: dict[str, Any], file: str) -> Game:
    from keniki.analysis.sharing import game_of

    players = raw.get("players")
    if not isinstance(players, list) or not all(isinstance(each, str) and each.strip() for each in players):
        raise WrongInput("players に参加者の名前の一覧を書いてください。", file=file, column="players")
    named = [each.strip() for each in players]
    if any("," in each for each in named):
        raise WrongInput("参加者の名前にカンマは使えません。", file=file, column="players")
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
    if not isinstance(given, dict) or set(given) != set(game.players):
        raise WrongInput(f"{key} には、全ての参加者の値を書いてください。", file=file, column=key)
    return [_number(given[player], file, f"{key}.{player}") for player in game.players]


def _number(value: object, file: str, column: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WrongInput(f"「{value}」は数ではありません。", file=file, column=column)
    return float(value)
