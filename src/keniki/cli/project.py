"""`keniki project`: the population of municipalities to come, by sex and age, with bands where draws are asked for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console, folder
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import six_digits

if TYPE_CHECKING:
    from keniki.analysis.population import Projection, Scenario
    from keniki.analysis.population.drawing import Draws
    from keniki.apps.evidence.futures.forecasting import Ready

MODELS = ("pool", "net", "ccr", "published")
PUBLISHED = ("ipss_h30", "ipss_r5")
HEAD = ("municipality_code", "year", "sex", "age", "value", "quantile")
#: Bytes of a number of a draw.
_SINGLE = 4


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        subparsers, "project", run, help="市区町村の将来人口を、男女・年齢5歳階級別に推計する"
    )
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--region", metavar="SLUG", help="圏域の識別名")
    whose.add_argument("--municipalities", metavar="CODES", help="団体コード（5桁か6桁）をカンマで区切って")
    whose.add_argument("--all", action="store_true", help="統計のある全ての市区町村")
    parser.add_argument("--base", required=True, metavar="CENSUS", help="基準人口（例 census2020）")
    parser.add_argument("--model", required=True, choices=MODELS, help="推計の方法")
    parser.add_argument("--published", choices=PUBLISHED, help="--model published のときの公表推計")
    parser.add_argument("--to", required=True, type=int, metavar="YEAR", help="推計する最後の年（5年おき）")
    parser.add_argument(
        "--draws", type=int, default=0, metavar="N", help="予測区間のために引く回数（省略時なし）"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="乱数の種（省略時 1）")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="シナリオ（YAML）")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="書き出すファイル")


@needs_database
def run(args: argparse.Namespace) -> Result:
    """Project, write the cells, answer with the totals."""
    from keniki.analysis.population import InputError
    from keniki.apps.evidence.futures import forecasting

    check_numbers(args)
    scenario = _scenario(args)
    ready = forecasting.ready(args.base, args.model, args.to, args.published)
    codes, names = _wanted(args, ready)
    try:
        if ready.rates.leaving is None:
            ready = ready.of(codes)
        made, drawn = _made(args, ready, scenario)
    except InputError as error:
        raise forecasting.explained(error) from error
    if args.out is not None:
        _write(args.out, made, drawn, codes)
        console.say(args.out)
    _say(made, codes, names)
    console.note(*ready.said_of(codes))
    return _answer(args, ready, made, drawn, codes, scenario)


def check_numbers(args: argparse.Namespace) -> None:
    """WrongInput for draws (None: not said) and a seed out of bounds."""
    if args.draws is not None and not 0 <= args.draws <= 100_000:
        raise WrongInput("0から100,000までの回数にしてください。", column="--draws")
    if not 0 <= args.seed < 2**63:
        raise WrongInput("種は0以上の整数にしてください。", column="--seed")


def _scenario(args: argparse.Namespace) -> Scenario | None:
    if args.scenario is None:
        return None
    from keniki.apps.evidence.futures import scenario_files

    content = console.read_bytes(args.scenario)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongInput("文字コードがUTF-8ではありません。", file=str(args.scenario)) from None
    return scenario_files.read(text, str(args.scenario)).scenario()


def _wanted(args: argparse.Namespace, ready: Ready) -> tuple[list[str], dict[str, str]]:
    """Five-digit codes asked for and names. WrongInput for one that there are no figures of."""
    from keniki.apps.evidence.book.book import members_of, places_named
    from keniki.apps.evidence.futures import held

    if args.all:
        return list(ready.base.codes), {}
    if args.region:
        region = acting.region(acting.actor(args), args.region)
        with acting.within(region):
            places = members_of(region)
        if not places:
            raise WrongInput("この圏域には構成市町村が登録されていません。", column="--region")
    else:
        places = places_named(args.municipalities)
    there = set(ready.base.codes)
    lost = [place for place in places if place.code[:5] not in there]
    if lost:
        raise WrongInput(
            f"{'、'.join(place.name for place in lost)}の基準人口又は公表推計がありません。"
            f"{held.codes_of_today(place.code[:5] for place in lost)}統計を keniki data import で読み込んでください。",
            column="--region" if args.region else "--municipalities",
        )
    return [place.code[:5] for place in places], {place.code[:5]: place.name for place in places}


def _made(
    args: argparse.Namespace, ready: Ready, scenario: Scenario | None
) -> tuple[Projection, Draws | None]:
    from keniki.analysis.population import project

    rates, control = ready.rates, ready.control
    if scenario is not None:
        rates, own = scenario.applied(rates, ready.base.year, (args.to - ready.base.year) // 5)
        if own is not None and control is not None:
            raise WrongInput(
                "公表推計による一律補正と、シナリオの control は同時に使えません。", column="--scenario"
            )
        control = control or own
    made = project(ready.base, rates, args.to, control=control)
    if not args.draws or args.to == ready.base.year:
        return made, None
    if control is not None:
        raise WrongInput(
            "一律補正をする推計には予測区間がありません。--draws を付けないでください。", column="--draws"
        )
    from keniki import engines
    from keniki.analysis.population.drawing import GROUPS
    from keniki.analysis.population.parts import draw_in_parts

    check_room(args.draws, (len(made.years) - 1) * len(GROUPS) * _SINGLE, len(made.codes))
    uncertainty = ready.uncertainty()
    with console.progress("予測区間を求めています", total=args.draws) as step:
        try:
            drawn = draw_in_parts(
                engines.stream, ready.base, rates, args.to, uncertainty, args.draws, args.seed, progress=step
            )
        except engines.WorkerLost as error:
            raise console.Fault(str(error)) from error
    return made, drawn


def check_room(draws: int, room: int, municipalities: int) -> None:
    """WrongInput for draws that would take more than half of this machine's memory; the rest is for their quantiles.

    `room` are the bytes of one draw of one municipality.
    """
    each = municipalities * room
    most = _memory() // 2 // each
    if draws > most:
        raise WrongInput(
            f"{municipalities:,}市区町村を{draws:,}回引くには、この機械のメモリが足りません"
            f"（約{draws * each * 2 / 1e9:.1f}GB要ります）。{most:,}回までにするか、市区町村か年を減らしてください。",
            column="--draws",
        )


def _memory() -> int:
    """The bytes of this machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _write(out: Path, made: Projection, drawn: Draws | None, codes: Sequence[str]) -> None:
    from keniki.core.csv_dialect import write_csv

    head = HEAD if drawn is not None else HEAD[:-1]
    folder.written(out, write_csv(chain([head], _rows(made, drawn, codes))).data)


def _rows(made: Projection, drawn: Draws | None, codes: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    from keniki.analysis.population.people import SEXES, places_of

    rows = places_of(made.codes, codes)
    last: tuple[str, ...] = ("",) if drawn is not None else ()
    for code, row in zip(codes, rows, strict=True):
        six = six_digits(code)
        for at, year in enumerate(made.years):
            for sex, word in enumerate(SEXES):
                for age, value in zip(made.ages, made.values[at, row, sex], strict=True):
                    yield (six, year, word, _age(age), round(float(value), 3), *last)
    if drawn is None:
        return
    from keniki.analysis.population.drawing import QUANTILES

    bands = drawn.quantiles()
    for code, row in zip(codes, rows, strict=True):
        six = six_digits(code)
        for at, year in enumerate(drawn.years):
            for place, group in enumerate(drawn.groups):
                for share, value in zip(QUANTILES, bands[:, at, row, place], strict=True):
                    yield (six, year, "", _age(group), round(float(value), 3), share)


def _age(age: tuple[int, int | None]) -> str:
    if age == (0, None):
        return "total"
    return f"{age[0]}-{age[1]}" if age[1] is not None else f"{age[0]}+"


def _answer(
    args: argparse.Namespace,
    ready: Ready,
    made: Projection,
    drawn: Draws | None,
    codes: Sequence[str],
    scenario: Scenario | None,
) -> Result:
    from keniki.analysis.population.people import places_of

    rows = places_of(made.codes, codes)
    totals = made.totals[:, rows]
    answer: dict[str, Any] = {
        "years": list(made.years),
        "totals": {six_digits(code): totals[:, at].tolist() for at, code in enumerate(codes)},
        "region": totals.sum(axis=1).tolist(),
        "unit": "persons",
        "model": args.model,
        "published": args.published if args.model == "published" else None,
        "base": args.base,
        "scenario": scenario.name if scenario is not None else None,
        "basis": {six_digits(code): ready.rates.basis[row] for code, row in zip(codes, rows, strict=True)},
        "inputs": [asdict(each) for each in ready.used],
        "notes": list(ready.said_of(codes)),
    }
    if drawn is not None:
        from keniki.analysis.population.drawing import QUANTILES

        bands, together = drawn.quantiles(), drawn.quantiles_together(codes)
        answer["draws"] = {
            "number": args.draws,
            "seed": args.seed,
            "years": list(drawn.years),
            "quantiles": list(QUANTILES),
            "totals": {
                six_digits(code): bands[:, :, row, 0].tolist() for code, row in zip(codes, rows, strict=True)
            },
            "region": together[:, :, 0].tolist(),
        }
    return answer


def _say(made: Projection, codes: Sequence[str], names: dict[str, str]) -> None:
    from keniki.analysis.population.people import places_of

    totals = made.totals[:, places_of(made.codes, codes)]
    console.say("年        " + "".join(f"{year:>12}" for year in made.years))
    for at, code in enumerate(codes if len(codes) <= 20 else []):
        console.say(f"{names.get(code, code)}  " + "".join(f"{value:>12,.0f}" for value in totals[:, at]))
    console.say("計        " + "".join(f"{value:>12,.0f}" for value in totals.sum(axis=1)))
