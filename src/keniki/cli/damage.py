"""`keniki damage`: the class of a house's damage with its arithmetic, from a file; no database."""

from __future__ import annotations

import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from keniki.cli import console
from keniki.cli.console import Result
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.analysis.damage import Assessment


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        subparsers,
        "damage",
        run,
        help="住家の被害認定：調査の結果から被害の程度を計算の内訳とともに示す（データベースは使わない）",
    )
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE.json",
        help="調査の結果（structure、hazard、date と、浸水深・傾斜・部位の損傷など）",
    )


def run(args: argparse.Namespace) -> Result:
    """The class, the per cent, every part's arithmetic, the rules with their evidence, what to confirm."""
    from keniki.analysis.damage import assess, read_house

    file = str(args.file)
    try:
        found = assess(read_house(_read(args.file)))
    except WrongInput as wrong:
        raise wrong.at(file=file) from None
    _say(found)
    return found.as_dict()


def _read(path: Path) -> object:
    content = console.read_bytes(path)
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_float=Decimal,
            parse_int=_whole,
            parse_constant=_no_number,
        )
    except UnicodeDecodeError:
        raise WrongInput("文字コードがUTF-8ではありません。") from None
    except json.JSONDecodeError as error:
        raise WrongInput(
            "JSONとして読めません。引用符、カンマ、かっこを確かめてください。", row=error.lineno
        ) from None
    except RecursionError:
        raise WrongInput("JSONの入れ子が深すぎます。") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise WrongInput("同じ項目が2回あります。1つにしてください。", column=key)
        found[key] = value
    return found


def _whole(given: str) -> int | Decimal:
    """A whole number; one longer than any measure is left to be refused with its field."""
    return int(given) if len(given) <= 20 else Decimal(given)


def _no_number(given: str) -> NoReturn:
    raise WrongInput(f"「{given}」は数として使えません。半角の数字で入れてください。")


def _say(found: Assessment) -> None:
    from keniki.analysis.damage import METHODS, MODES, shown
    from keniki.rulebooks.disaster.damage import HAZARDS, ROUNDINGS, STRUCTURES, SURVEYS

    house = found.house
    if house.mode:
        console.say(f"【{MODES[house.mode]}】")
    if house.label:
        console.say(house.label)
    kind = f"{STRUCTURES[house.structure]} {house.storeys}階 {HAZARDS[house.hazard]}"
    console.say(f"{kind} {SURVEYS[house.survey]} 災害の日 {house.date.isoformat()}")
    low, high = found.span
    band = f"{shown(low)}％以上" if high is None else f"{shown(low)}％以上{shown(high)}％未満"
    loss = f"損害割合 {shown(found.percent)}％" if found.percent is not None else f"損害割合 {band}に当たる"
    console.say(f"判定：{found.verdict.name}（{loss}、{METHODS[found.method]}）")
    for line in found.lines:
        console.say(f"  {line}")
    if found.rounding:
        console.say(f"  端数：{ROUNDINGS[found.rounding]}")
    console.say("規則")
    for rule in found.rules:
        state = "" if rule.confirmed else "【未確認】"
        console.say(f"  {state}{rule.source}（{'、'.join(rule.evidence)}）")
    if found.needs_confirmation:
        console.say("確かめること")
        for one in found.needs_confirmation:
            also = f"（この規則によらないときの判定：{one.otherwise}）" if one.otherwise else ""
            console.say(f"  {one.what}{also}")
    for note in found.notes:
        console.say(f"注：{note}")
