"""`keniki demand`: what a region's population to come needs, with bands, sources and what would change it."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keniki.cli import acting, console, folder
from keniki.cli.console import Result
from keniki.cli.database import needs_database
from keniki.cli.project import MODELS, PUBLISHED, check_numbers, check_room
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import six_digits

if TYPE_CHECKING:
    from keniki.apps.evidence.book.holdings import Place
    from keniki.apps.evidence.futures.demanding import Demand, Demands
    from keniki.apps.evidence.futures.making import Wanted
    from keniki.apps.evidence.futures.rate_files import Given
    from keniki.apps.evidence.futures.region_rates import Registered
    from keniki.apps.evidence.futures.scenario_files import ScenarioSpec
    from keniki.apps.regions.models import Region

HEAD = ("municipality_code", "year", "demand", "value", "unit", "basis", "quantile")
DRAWS = 1000
YEARS = 30
#: Bytes of a cell of a draw: its number, and those of the ages it is split into and of the demands made of them.
_CELL = 14


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        subparsers, "demand", run, help="将来人口から、児童生徒、患者、介護、水、住宅などの需要を推計する"
    )
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--region", metavar="SLUG", help="圏域の識別名")
    whose.add_argument("--municipalities", metavar="CODES", help="団体コード（5桁か6桁）をカンマで区切って")
    parser.add_argument("--base", metavar="CENSUS", help="基準人口（例 census2020、省略時は最新の国勢調査）")
    parser.add_argument("--model", default="net", choices=MODELS, help="推計の方法（省略時 net）")
    parser.add_argument("--published", choices=PUBLISHED, help="--model published のときの公表推計")
    parser.add_argument(
        "--to",
        type=int,
        metavar="YEAR",
        help=f"推計する最後の年（5年おき、省略時は基準の{YEARS}年後）",
    )
    parser.add_argument(
        "--draws",
        type=int,
        metavar="N",
        help=f"予測区間のために引く回数（省略時は、国勢調査が3回分あれば {DRAWS}）",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="乱数の種（省略時 1）")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="シナリオ（YAML）")
    parser.add_argument(
        "--rates", type=Path, metavar="FILE.yaml", help="圏域で定めた率（YAML、省略時は圏域が登録した率）"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="書き出すファイル")


@needs_database
def run(args: argparse.Namespace) -> Result:
    """Project, draw, reckon the demands, answer with all of them."""
    from keniki.analysis.population import InputError
    from keniki.apps.evidence.futures import making
    from keniki.apps.evidence.futures.demanding import demands
    from keniki.apps.evidence.futures.forecasting import explained
    from keniki.apps.regions.policies import today

    check_numbers(args)
    scenario = _scenario(args)
    given, digest = _given(args)
    region, places = _places(args)
    own = _own(region) if args.rates is None else None
    if own is not None:
        given, digest = own.given, own.used.digest
    wanted = _wanted(args, places, scenario)
    found = making.projected(wanted)
    check_room(wanted.draws, found.made.values[:, 0].size * _CELL, len(places))
    parts = -(-wanted.draws // making.PART)
    with console.progress("予測区間を求めています", total=parts) as step:
        drawn, refused = making.draws_of(found, lambda *_: step(), parts)
    if refused and args.draws:
        raise WrongInput(refused, column="--draws")
    try:
        with acting.within(region):
            needs = demands(
                wanted.codes, found.ready.base, found.made, drawn, today(), region=region, given=given
            )
    except InputError as error:
        raise explained(error) from error
    if own is not None:
        needs = own.said_in(needs)
    if args.out is not None:
        from keniki.core.csv_dialect import write_csv

        folder.written(args.out, write_csv(chain([HEAD], _rows(needs))).data)
        console.say(args.out)
    _say(needs)
    notes = [*found.ready.said_of(wanted.codes), *needs.notes, *([refused] if refused else [])]
    console.note(*notes)
    return {
        "region": args.region,
        "municipalities": {place.code: place.name for place in places},
        "years": list(needs.years),
        "base": wanted.base,
        "model": args.model,
        "published": wanted.published if args.model == "published" else None,
        "scenario": scenario.name if scenario is not None else None,
        "on": needs.on,
        "demands": [_entry(each) for each in needs.demands],
        "missing": [
            {
                "id": each.id,
                "name": each.name,
                "municipalities": [six_digits(code) for code in each.codes],
                "sentence": each.sentence,
            }
            for each in needs.missing
        ],
        "draws": {"number": needs.draws, "seed": needs.seed} if needs.draws else None,
        "rates": {"file": own.used.title if own else args.rates.name, "digest": digest} if given else None,
        "inputs": [asdict(each) for each in dict.fromkeys((*found.ready.used, *needs.used))],
        "notes": notes,
    }


def _text(path: Path) -> tuple[str, str]:
    """A file's text and its SHA-256."""
    content = console.read_bytes(path)
    try:
        return content.decode("utf-8-sig"), hashlib.sha256(content).hexdigest()
    except UnicodeDecodeError:
        raise WrongInput("文字コードがUTF-8ではありません。", file=str(path)) from None


def _scenario(args: argparse.Namespace) -> ScenarioSpec | None:
    if args.scenario is None:
        return None
    from keniki.apps.evidence.futures import scenario_files

    return scenario_files.read(_text(args.scenario)[0], str(args.scenario))


def _given(args: argparse.Namespace) -> tuple[Given | None, str]:
    """The rates of the file with its hash."""
    if args.rates is None:
        return None, ""
    from keniki.apps.evidence.futures import rate_files
    from keniki.apps.evidence.futures.demanding import totals_given
    from keniki.apps.regions.policies import today

    text, digest = _text(args.rates)
    return rate_files.read(text, str(args.rates), totals_given(today())), digest


def _own(region: Region | None) -> Registered | None:
    """The rates the region registered."""
    from keniki.apps.evidence.futures.region_rates import registered
    from keniki.apps.regions.policies import today

    if region is None:
        return None
    with acting.within(region):
        return registered(region, today())


def _places(args: argparse.Namespace) -> tuple[Region | None, list[Place]]:
    from keniki.apps.evidence.book.book import members_of, places_named

    if not args.region:
        return None, places_named(args.municipalities)
    region = acting.region(acting.actor(args), args.region)
    with acting.within(region):
        places = members_of(region)
    if not places:
        raise WrongInput("この圏域には構成市町村が登録されていません。", column="--region")
    return region, places


def _wanted(args: argparse.Namespace, places: Sequence[Place], scenario: ScenarioSpec | None) -> Wanted:
    """What is projected; the newest census and thirty years where nothing else is said."""
    from keniki.apps.evidence.futures import held
    from keniki.apps.evidence.futures.making import Wanted

    base = args.base
    if base is None:
        base = f"census{max(held.censuses().years, default=0)}"
    year = base.removeprefix("census")
    if args.to is None and not year.isdecimal():
        raise WrongInput("推計する最後の年を指定してください。", column="--to")
    return Wanted(
        tuple(places),
        base,
        args.model,
        args.to if args.to is not None else int(year) + YEARS,
        args.published or "",
        () if scenario is None else tuple(each.model_dump() for each in scenario.changes),
        DRAWS if args.draws is None else args.draws,
        args.seed,
    )


def _entry(demand: Demand) -> dict[str, Any]:
    bands, parted = demand.bands, demand.parted
    return {
        "id": demand.id,
        "name": demand.name,
        "theme": demand.theme,
        "unit": demand.unit,
        "unit_label": demand.unit_label,
        "years": list(demand.years),
        "values": list(demand.values),
        "municipalities": {six_digits(code): list(values) for code, values in demand.by_code.items()},
        "bands": None
        if bands is None
        else {
            "quantiles": list(bands.shares),
            "years": list(bands.years),
            "values": [list(row) for row in bands.values],
        },
        "basis": {six_digits(code): basis for code, basis in demand.basis.items()},
        "sources": list(demand.sources),
        "method": demand.method,
        "note": demand.note,
        "decomposition": None
        if parted is None
        else {
            "years": list(parted.years),
            "size": list(parted.size),
            "structure": list(parted.structure),
            "rate": list(parted.rate),
        },
        "changes": [asdict(each) for each in demand.changes],
    }


def _rows(needs: Demands) -> Iterator[tuple[Any, ...]]:
    """One line for each municipality, then the whole (no code) with its quantiles."""
    for demand in needs.demands:
        for code, values in demand.by_code.items():
            for year, value in zip(demand.years, values, strict=True):
                yield six_digits(code), year, demand.id, round(value, 3), demand.unit, demand.basis[code], ""
        for year, value in zip(demand.years, demand.values, strict=True):
            yield "", year, demand.id, round(value, 3), demand.unit, "", ""
        if demand.bands is not None:
            for share, row in zip(demand.bands.shares, demand.bands.values, strict=True):
                for year, value in zip(demand.bands.years, row, strict=True):
                    yield "", year, demand.id, round(value, 3), demand.unit, "", share


def _say(needs: Demands) -> None:
    last = needs.years[-1]
    for demand in needs.demands:
        first = f"{demand.years[0]}年 {demand.values[0]:,.{demand.decimals}f}"
        then = f"{last}年 {demand.values[-1]:,.{demand.decimals}f}"
        console.say(f"{demand.name}: {first} → {then} {demand.unit_label}（{demand.basis_shown}）")
    for missing in needs.missing:
        console.note(f"{missing.name}（{len(missing.codes)}市区町村）: {missing.sentence}")
