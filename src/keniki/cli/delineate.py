"""`keniki delineate`: which municipalities form a natural region, by where people go to work and study."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from keniki.cli import console
from keniki.cli.console import Result
from keniki.cli.flow_files import Attributes, Municipalities, read_flows, read_pairs
from keniki.core.errors import WrongInput

if TYPE_CHECKING:
    from keniki.analysis.delineation import Delineation, Flows

RULES: Final = {
    "ten": "通勤通学割合10％の基準",
    "uea": "都市雇用圏（金本・徳岡）",
    "lma": "労働市場圏（Coombes–Bond）",
    "fua": "機能的都市圏（OECD）",
}
#: Figures by the names the papers give them.
_ALIASES: Final = {
    "minsz": "min_size",
    "minsc": "min_containment",
    "tarsz": "target_size",
    "tarsc": "target_containment",
}
#: Workers and students from which on a municipality counts as a city where nothing tells its dense centre.
_CITY: Final = 50_000.0
_STAND_IN: Final = (
    "都市の大きさに、本来の値の代わりに従業・通学者数を使った目安です。公表されている圏域とは一致しません。"
    "本来の方法で求めるには、市区町村ごとの {column}（列 code,{column} の表）を --attributes に指定してください。"
)
#: What tells a city's size in the rules that need it.
_SIZES: Final = {"uea": "did_population", "fua": "centre_share"}
Rule = Callable[["Flows"], "Delineation"]
Chosen = tuple[Rule, dict[str, Any]]


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        subparsers,
        "delineate",
        run,
        help="通勤・通学の流動から、自然な圏域を四つの方法のどれかで求める（データベースは使わない）",
    )
    parser.add_argument(
        "--od",
        required=True,
        type=Path,
        metavar="FILE.csv",
        help="流動の表（列 origin,destination,value、人）",
    )
    parser.add_argument(
        "--rule", required=True, choices=tuple(RULES), help="、".join(f"{k}: {v}" for k, v in RULES.items())
    )
    parser.add_argument(
        "--params",
        default="",
        metavar="K=V,…",
        help="方法の数値。ten: threshold,centres=CODE+CODE　uea: threshold,core_did,metropolitan_did,large_did,"
        "did_part,jobs_ratio　lma: set=uk|italy,minSZ,minSC,tarSZ,tarSC　"
        "fua: threshold,centre_share,city_workers",
    )
    parser.add_argument(
        "--attributes",
        type=Path,
        metavar="FILE.csv",
        help="市区町村の数値（列 code と、did_population、centre_share、urban_centre、"
        "residents、workers のうち要るもの）",
    )
    parser.add_argument(
        "--neighbours",
        type=Path,
        metavar="FILE.csv",
        help="隣り合う市区町村の組（列 code,neighbour。fua で使う）",
    )
    parser.add_argument(
        "--regions", type=Path, metavar="FILE.csv", help="実際の圏域と比べる（列 code,region）"
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=0,
        metavar="N",
        help="流動を引き直してN回求め、安定度を示す（省略時はしない）",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="引き直しの乱数の種（省略時 1）")


def run(args: argparse.Namespace) -> Result:
    """Every municipality's area, why, what was left alone; beside actual regions and under drawn flows on request."""
    if args.draws < 0 or args.seed < 0:
        raise WrongInput("0以上の整数を指定してください。", column="--draws" if args.draws < 0 else "--seed")
    params = _params(args.params)
    flows, attributes = read_flows(args.od, args.attributes)
    regions = None
    if args.regions is not None:
        regions = dict(read_pairs(args.regions, ("code", "region"), once=True))
    rule, used = _CHOSEN[args.rule](args, flows, attributes, params)
    found = rule(flows)
    notes = [
        *found.notes,
        *([_STAND_IN.format(column=_SIZES[args.rule])] if used.get("size") == "workers" else []),
    ]
    result: dict[str, Any] = {
        "rule": args.rule,
        "areas": found.areas,
        "count": found.count,
        "alone": list(found.alone),
        "groups": [
            {"area": area, "municipalities": list(codes), **found.facts.get(area, {})}
            for area, codes in found.groups.items()
        ],
        "members": [asdict(member) for member in found.members],
        "unit": "fraction",
        "parameters": used,
        "notes": notes,
    }
    _say(args.rule, found)
    if regions is not None:
        result |= _beside(found, regions)
    if args.draws:
        result["stability"] = _stability(flows, rule, args.draws, args.seed)
    console.note(*notes)
    return result


def _ten(args: argparse.Namespace, flows: Flows, attributes: Attributes, params: dict[str, str]) -> Chosen:
    from keniki.analysis.delineation import TenPercent, ten_percent

    centres = _centres(params.pop("centres", ""), flows)
    rules = _figures(TenPercent(), params, "centres")
    return lambda each: ten_percent(each, rules, centres=centres), {**asdict(rules), "centres": centres}


def _uea(args: argparse.Namespace, flows: Flows, attributes: Attributes, params: dict[str, str]) -> Chosen:
    from keniki.analysis.delineation import UeaRules, uea

    rules = _figures(UeaRules(), params)
    did, size = attributes.numbers.get("did_population"), "did_population"
    if did is None:
        did, size = dict(zip(flows.codes, flows.workers.tolist(), strict=True)), "workers"
    return lambda each: uea(each, did, rules), {**asdict(rules), "size": size}


def _lma(args: argparse.Namespace, flows: Flows, attributes: Attributes, params: dict[str, str]) -> Chosen:
    from keniki.analysis.delineation import SETS, labour_market_areas

    name = params.pop("set", "uk")
    if name not in SETS:
        raise WrongInput(
            f"数値の組「{name}」はありません（選べるもの: {', '.join(SETS)}）。", column="--params"
        )
    rules = _figures(SETS[name], params, "set")
    return lambda each: labour_market_areas(each, rules), {"set": name, **asdict(rules)}


def _fua(args: argparse.Namespace, flows: Flows, attributes: Attributes, params: dict[str, str]) -> Chosen:
    from keniki.analysis.delineation import FuaRules, functional_urban_areas

    least = _city_size(params.pop("city_workers", ""))
    rules = _figures(FuaRules(), params, "city_workers")
    shares, size = attributes.numbers.get("centre_share"), "centre_share"
    if shares is None:
        least = _CITY if least is None else least
        shares, size = dict(zip(flows.codes, (flows.workers >= least).astype(float), strict=True)), "workers"
    pairs = None
    if args.neighbours is not None:
        pairs = read_pairs(args.neighbours, ("code", "neighbour"), codes=True)
    return lambda each: functional_urban_areas(
        each, shares, rules, centre_of=attributes.names, neighbours=pairs
    ), {**asdict(rules), "city_workers": least, "size": size}


#: Each makes its rule with the figures given, and tells the figures as they are printed.
_CHOSEN: Final = {"ten": _ten, "uea": _uea, "lma": _lma, "fua": _fua}


def _params(text: str) -> dict[str, str]:
    """The pairs of `--params`, by the names the rules have."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = (part.strip() for part in pair.partition("="))
        name = _ALIASES.get(name.lower(), name)
        if not sign or not name or not value or name in found:
            raise WrongInput(
                f"「{pair}」を読めません。threshold=0.1 のように 名前=値 をカンマで区切り、"
                "同じ名前は1回だけ書いてください。",
                column="--params",
            )
        found[name] = value
    return found


def _figures(rules: Any, params: Mapping[str, str], *also: str) -> Any:
    """The rules with the figures given by name; WrongInput for a name they don't have and a value out of range.

    `also` are names that were taken before.
    """
    names = [each.name for each in fields(rules)]
    for name in params:
        if name not in names:
            raise WrongInput(
                f"この方法に「{name}」という数値はありません（使えるもの: {', '.join((*names, *also))}）。",
                column="--params",
            )
    try:
        return replace(rules, **{name: _number(name, value) for name, value in params.items()})
    except WrongInput as wrong:
        field = f"（{wrong.column}）" if wrong.column not in (None, "--params") else ""
        raise WrongInput(f"{wrong.message}{field}", column="--params") from None


def _city_size(text: str) -> float | None:
    least = _number("city_workers", text) if text else None
    if least is not None and not 0 < least < math.inf:
        raise WrongInput(f"city_workers の値「{text}」は0より大きい数にしてください。", column="--params")
    return least


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise WrongInput(f"{name} の値「{text}」は数ではありません。", column="--params") from None


def _centres(text: str, flows: Flows) -> list[str] | None:
    if not text:
        return None
    reader = Municipalities(flows.codes)
    try:
        return [flows.codes[flows.place(reader.read(part))] for part in text.split("+")]
    except WrongInput as wrong:
        raise wrong.at(column="--params") from None


def _say(rule: str, found: Delineation) -> None:
    alone = set(found.alone)
    shown = {area: codes for area, codes in found.groups.items() if area not in alone}
    console.say(f"{RULES[rule]}: {len(shown)} 圏域、どこにも属さない市区町村 {len(alone)}")
    for area, codes in shown.items():
        console.say(f"  {area}  {len(codes)}市区町村  {' '.join(codes[1:])}".rstrip())
    if alone:
        console.say(f"  単独: {' '.join(sorted(alone))}")


def _beside(found: Delineation, regions: Mapping[str, str]) -> dict[str, Any]:
    from keniki.analysis.delineation import agreement, beside

    agreed, rows = agreement(found.areas, regions), beside(found.areas, regions)
    if not agreed.n:
        raise WrongInput(
            "流動の表と同じ市区町村が1つもありません。団体コードを確かめてください。", column="--regions"
        )
    console.say(f"実際の圏域との一致（修正ランド指数）: {agreed.adjusted_rand:.3f}")
    for row in rows:
        console.say(
            f"  {row.region}: 圏域 {row.area or 'なし'} と {len(row.both)} 共通、"
            f"実際だけ {' '.join(row.only_region) or 'なし'}、結果だけ {' '.join(row.only_area) or 'なし'}"
        )
    return {"agreement": asdict(agreed), "regions": [asdict(row) for row in rows]}


def _stability(flows: Flows, rule: Rule, draws: int, seed: int) -> dict[str, Any]:
    from keniki.analysis.delineation import stability

    with console.progress("流動を引き直して求めています", total=draws) as step:
        found = stability(flows, rule, draws, seed, progress=lambda done: step())
    unsure = [code for code, share in found.by_code().items() if share < 0.9]
    console.say(
        f"安定度（{draws}回）: 平均の修正ランド指数 {found.adjusted_rand:.3f}、9割未満の市区町村 {len(unsure)}"
    )
    return {
        "draws": draws,
        "seed": seed,
        "adjusted_rand": found.adjusted_rand,
        "stays": found.by_code(),
        "unit": "fraction",
    }
