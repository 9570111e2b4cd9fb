"""`keniki share`: what each municipality pays of a joint cost under a written rule, to the yen and step by step."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from keniki.cli import console
from keniki.cli.console import Result
from keniki.cli.flow_files import Municipalities
from keniki.core.csv_dialect import Record, read_table
from keniki.core.digits import plain, whole_number
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.analysis.sharing import Shared, ShareError, Step
    from keniki.rulebooks.sharing import RuleSpec

_MOST_YEN: Final = 10**15


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        subparsers,
        "share",
        run,
        help="共同の経費を、書かれた規則で市町村に1円まで割り振る（データベースは使わない）",
    )
    parser.add_argument(
        "--cost",
        required=True,
        metavar="YEN",
        help="経費（円）。区分のある規則では「区分=円,区分=円」、借入年度の率によるものは「区分:年度=円」",
    )
    parser.add_argument("--rule", required=True, type=Path, metavar="FILE.yaml", help="負担の規則")
    parser.add_argument(
        "--basis",
        required=True,
        type=Path,
        metavar="FILE.csv",
        help="基準の表（列 code と、規則の bases にある列。1行に1市町村）",
    )


def run(args: argparse.Namespace) -> Result:
    """Shares by six-digit code, and every step with its amounts."""
    from keniki.analysis.sharing import ShareError, share

    spec = _rule(args.rule)
    costs = _costs(args.cost)
    towns, names, bases, reader = _bases(args.basis, spec)
    try:
        found = share(spec, costs, towns, bases, lambda code: _code(reader, code, args.rule))
    except ShareError as error:
        raise _explained(error, args, spec, names) from error
    _say(found, names, spec)
    return {
        "shares": dict(found.shares),
        "cost": found.cost,
        "deducted": found.deducted,
        "unit": "yen",
        "rule": spec.name,
        "steps": [
            _step(step, key, number)
            for key, split in found.splits.items()
            for number, step in enumerate(split.steps, 1)
        ],
    }


def _rule(path: Path) -> RuleSpec:
    from pydantic import ValidationError

    from keniki.core.hand_yaml import read_yaml
    from keniki.rulebooks.sharing import RuleSpec, why

    content = console.read_bytes(path)
    try:
        raw = read_yaml(content.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError:
        raise WrongInput("文字コードがUTF-8ではありません。", file=str(path)) from None
    try:
        return RuleSpec.model_validate(raw)
    except ValidationError as error:
        field, said = why(error)
        raise WrongInput(f"規則の書き方が正しくありません：{said}", file=str(path), column=field) from None


def _costs(text: str) -> dict[str, int]:
    """`12345678`, or `running=1000,debt:2015=500`."""
    found: dict[str, int] = {}
    for part in (part.strip() for part in text.split(",")):
        key, sign, amount = (each.strip() for each in part.rpartition("="))
        yen = whole_number(amount.replace("円", ""), highest=_MOST_YEN)
        if yen is None:
            hint = "0以上の整数（円）にしてください。区分ごとの額は 区分=円 をカンマで区切ります。"
            raise WrongInput(f"経費「{part}」を読めません。{hint}", column="--cost")
        if (sign and not key) or key in found:
            raise WrongInput(f"「{part}」の区分がないか、2回あります。", column="--cost")
        found[key] = yen
    return found


def _bases(
    path: Path, spec: RuleSpec
) -> tuple[list[str], dict[str, str], dict[str, dict[str, Fraction]], Municipalities]:
    """The municipalities in the order of the file, their names, and the figures of the rule's bases."""
    file = str(path)
    columns = {key: basis.column or key for key, basis in spec.bases.items()}
    table = read_table(console.read_bytes(path), file=file, required=("code", *columns.values()))
    if not table.records:
        raise WrongInput("市町村が1行もありません。2行目以後に入れてください。", file=file)
    reader = Municipalities(record["code"] for record in table.records)
    reader.strict = True
    names: dict[str, str] = {}
    bases: dict[str, dict[str, Fraction]] = {key: {} for key in columns}
    for record in table.records:
        try:
            code = reader.read(record["code"])
        except WrongInput as wrong:
            raise wrong.at(file=file, row=record.row, column="code") from None
        if code in names:
            raise WrongInput(
                f"{code} が2回あります。1行にしてください。", file=file, row=record.row, column="code"
            )
        names[code] = record.get("name").strip()
        for key, column in columns.items():
            value = _figure(record, column, file)
            if value is not None:
                bases[key][code] = value
    return list(names), names, bases, reader


def _figure(record: Record, column: str, file: str) -> Fraction | None:
    text = plain(record[column]).replace(",", "")
    if not text:
        return None
    try:
        if "/" in text or len(text) > 30:
            raise ValueError(text)
        return Fraction(text)
    except ValueError:
        raise WrongInput(
            f"「{record[column].strip()}」は数ではありません。半角の数字で入力してください。",
            file=file,
            row=record.row,
            column=column,
        ) from None


def _code(reader: Municipalities, code: str, rule: Path) -> str:
    try:
        return reader.read(code)
    except WrongInput as wrong:
        raise wrong.at(file=str(rule)) from None


def _explained(
    error: ShareError, args: argparse.Namespace, spec: RuleSpec, names: Mapping[str, str]
) -> WrongInput:
    from keniki.analysis.sharing import Problem, said

    in_figures = {Problem.NONE_OF_IT, Problem.NO_BASIS, Problem.MISSING, Problem.NEGATIVE}
    in_cost = {Problem.CLASS, Problem.NO_CLASS, Problem.YEAR, Problem.COST, Problem.DEDUCTIONS}
    who = f"{names.get(error.town, '')} {error.town}".strip() if error.town else ""
    text = f"{who}：{said(error)}" if who else said(error)
    if error.problem in in_cost:
        return WrongInput(text, column="--cost")
    basis = spec.bases.get(error.basis or "")
    column = (basis.column or error.basis) if basis is not None else error.basis
    file = args.basis if error.problem in in_figures else args.rule
    return WrongInput(text, file=str(file), column=column)


def _step(step: Step, key: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {"number": number, "step": step.what, "amount": _number(step.amount)}
    if key:
        found["class"] = key
    if step.basis:
        found["basis"] = step.basis
    if step.weight is not None:
        found["weight"] = _number(step.weight / 100)
    if step.figures:
        found["figures"] = {town: _number(value) for town, value in step.figures.items()}
    if step.of:
        found["shares"] = {town: _number(value) for town, value in step.of.items()}
    return found


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _say(found: Shared, names: Mapping[str, str], spec: RuleSpec) -> None:
    from keniki.analysis.sharing.words import STEPS

    console.say(f"{spec.name}: 経費 {found.cost:,}円、特定財源 {found.deducted:,}円")
    for key, split in found.splits.items():
        for step in split.steps:
            label = spec.bases[step.basis].label if step.basis in spec.bases else step.basis
            weight = f" {float(step.weight):g}％" if step.weight is not None else ""
            name = " ".join(filter(None, (key, STEPS[step.what], label))) + weight
            console.say(f"  {name}: {float(step.amount):,.0f}円")
    for code, yen in found.shares.items():
        console.say(f"{code} {names[code]}  {yen:,}円".replace("  ", " ", 1))
    console.say(f"計 {sum(found.shares.values()):,}円")
