"""`keniki backcast`: how well a past census would have been forecast, beside a published projection."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import console
from keniki.cli.console import Result
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import six_digits

if TYPE_CHECKING:
    from keniki.analysis.population import Population


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        subparsers, "backcast", run, help="過去の国勢調査から次の調査の人口を推計し、実際の人口と比べる"
    )
    parser.add_argument(
        "--history",
        required=True,
        type=Path,
        metavar="DIR",
        help="国勢調査の系列（CityM・CityF の pd*.json）",
    )
    parser.add_argument(
        "--origin", required=True, type=int, metavar="YEAR", help="推計の基準とする国勢調査の年"
    )
    parser.add_argument("--target", required=True, type=int, metavar="YEAR", help="推計する国勢調査の年")
    parser.add_argument(
        "--actual",
        required=True,
        type=Path,
        metavar="CENSUS.csv",
        help="推計する年の国勢調査（公表された表）",
    )
    parser.add_argument(
        "--rival", type=Path, metavar="DIR", help="比べる将来推計（CityM・CityF の pp*.json）。省略可"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="予測区間の乱数の種（省略時 1）")


def run(args: argparse.Namespace) -> Result:
    """Errors and coverage over all municipalities with a history, and the rival's over those it projected."""
    from keniki.analysis.population import InputError
    from keniki.analysis.population.held_out import DRAWS, held_out
    from keniki.apps.evidence.futures import files, lives

    _check_years(args)
    actual, names = files.census_in(args.actual, console.read_bytes)
    if args.target not in actual:
        years = "、".join(str(year) for year in actual)
        raise WrongInput(
            f"このファイルにあるのは{years}年の人口で、{args.target}年のものではありません。",
            file=args.actual.name,
            column="--target",
        )
    with console.progress("国勢調査の系列を読んでいます") as step:
        history = files.history_in(args.history, console.read_bytes, lambda number: step(note=f"{number}件"))
    if args.origin not in history.years:
        years = "、".join(str(year) for year in history.years)
        raise WrongInput(f"{args.origin}年の国勢調査がありません（ある年：{years}）。", column="--origin")
    known = history.until(args.origin)
    if len(known.years) < 2:
        raise WrongInput("基準の年と、その5年前の国勢調査が要ります。", column="--origin")
    open_age = min(known.ages[-1][0], actual[args.target].ages[-1][0])
    counted, known = actual[args.target].folded(open_age), known.folded(open_age)
    survival = lives.survival_from(args.origin, (args.target - args.origin) // 5, known.ages)
    try:
        with console.progress("予測区間を求めています", total=DRAWS) as step:
            found = held_out(known, counted, survival, seed=args.seed, progress=step)
    except InputError as error:
        raise WrongInput("国勢調査の系列と、比べる年の人口に、共通の市区町村がありません。") from error
    answer: dict[str, Any] = asdict(found.errors)
    answer |= {"coverage_80": found.coverage_80, "coverage_95": found.coverage_95}
    answer["rival"] = _rival(args, found.forecast, counted) if args.rival is not None else None
    there = set(known.at(args.origin).codes)
    missing = [code for code in counted.codes if code not in there]
    answer["missing"] = {
        "count": len(missing),
        "municipalities": [{"code": six_digits(code), "name": names.get(code, "")} for code in missing],
    }
    answer |= {"origin": args.origin, "target": args.target, "censuses": list(known.years)}
    _say(answer)
    return answer


def _check_years(args: argparse.Namespace) -> None:
    if args.target <= args.origin or (args.target - args.origin) % 5:
        raise WrongInput("推計する年は、基準の年の5年後、10年後…にしてください。", column="--target")
    if args.seed < 0:
        raise WrongInput("種は0以上の整数にしてください。", column="--seed")


def _rival(args: argparse.Namespace, forecast: Population, counted: Population) -> dict[str, Any]:
    from keniki.analysis.population import errors
    from keniki.apps.evidence.futures import files

    projected = files.projected_in(args.rival, console.read_bytes)
    if args.target not in projected:
        raise WrongInput(
            f"比べる将来推計に{args.target}年がありません。", file=str(args.rival), column="--rival"
        )
    theirs = projected[args.target].folded(counted.ages[-1][0])
    both = [code for code in theirs.codes if code in set(forecast.codes)]
    if not both:
        raise WrongInput("比べる将来推計と、共通の市区町村がありません。", file=str(args.rival))
    return {**asdict(errors(theirs.of(both), counted)), "own": asdict(errors(forecast.of(both), counted))}


def _say(answer: dict[str, Any]) -> None:
    console.say(_line(f"{answer['origin']}年から{answer['target']}年", answer))
    for name, share in (("80", answer["coverage_80"]), ("95", answer["coverage_95"])):
        if share is not None:
            console.say(f"  {name} % 予測区間に入った市区町村: {share:.1%}")
    if answer["rival"] is not None:
        console.say(
            _line("比べる将来推計", answer["rival"]), _line("同じ市区町村での推計", answer["rival"]["own"])
        )
    missing = answer["missing"]["municipalities"]
    if missing:
        shown = "、".join(each["name"] or each["code"] for each in missing[:10])
        console.note(f"系列のない市区町村 {len(missing)}: {shown}{' など' if len(missing) > 10 else ''}")


def _line(title: str, found: dict[str, Any]) -> str:
    return (
        f"{title}（{found['n']}市区町村）: 総人口の平均絶対誤差率 {found['mape']:.2%}、中央値 "
        f"{found['median_ape']:.2%}、男女・年齢別の誤差 {found['cell_error']:.2%}、偏り {found['bias']:+.2%}"
    )
