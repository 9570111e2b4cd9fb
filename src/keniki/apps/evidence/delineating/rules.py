"""The four rules as people choose them: what each is, its figures in words with where their defaults come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeAlias

from keniki.analysis.delineation import (
    UK,
    Delineation,
    Flows,
    FuaRules,
    LmaRules,
    TenPercent,
    UeaRules,
    functional_urban_areas,
    labour_market_areas,
    ten_percent,
    uea,
)

Rule: TypeAlias = Callable[[Flows], Delineation]

PERCENT, PERSONS, TIMES = "％", "人", "倍"
#: Workers and students from which on a municipality counts as a city where nothing tells its dense centre.
CITY_WORKERS: Final = 50_000.0


@dataclass(frozen=True)
class Parameter:
    """A figure of a rule: its name in the rule's dataclass, what it is called, its unit, what it means."""

    name: str
    label: str
    unit: str
    help: str
    default: float

    @property
    def factor(self) -> float:
        """What a figure is multiplied by to be typed and shown."""
        return 100.0 if self.unit == PERCENT else 1.0


@dataclass(frozen=True)
class RuleKind:
    """A rule: whom it counts (a purpose of flows), what it says in plain words, its figures and their source."""

    key: str
    name: str
    short: str
    purpose: str
    statement: str
    source: str
    limits: str
    parameters: tuple[Parameter, ...]


def _parameters(defaults: Any, rows: Sequence[tuple[str, str, str, str]]) -> tuple[Parameter, ...]:
    figures = asdict(defaults)
    return tuple(Parameter(name, label, unit, said, figures[name]) for name, label, unit, said in rows)


RULES: Final[Mapping[str, RuleKind]] = {
    each.key: each
    for each in (
        RuleKind(
            "ten",
            "通勤通学割合10％の基準",
            "10％基準",
            "commute_school",
            "常住する就業者と通学者のうち、一つの中心市へ通う人が一定の割合（標準は1割）以上の市区町村を、その中心市の圏域とします。"
            "中心市は、どこにも1割以上を通わせず、どこかから1割以上を受け入れる市区町村です（指定することもできます）。",
            "連携中枢都市圏構想・定住自立圏構想の要綱が示す目安",
            "10.0％と9.9％で所属が変わります。2番目に多い行き先や、郊外のさらに外側（2次の郊外）は見ません。",
            _parameters(
                TenPercent(),
                [
                    (
                        "threshold",
                        "中心市へ通う人の割合",
                        PERCENT,
                        "この割合以上なら圏域に入ります。下げると圏域が広がります。",
                    )
                ],
            ),
        ),
        RuleKind(
            "uea",
            "都市雇用圏（金本・徳岡）",
            "都市雇用圏",
            "commute",
            "人口集中地区（DID）の人口が一定以上の市区町村を中心とし、就業者の1割以上がそこへ通う市区町村を郊外とします。"
            "郊外へ1割以上が通う市区町村も、2次、3次の郊外として加えます。",
            "金本良嗣・徳岡一幸（2002）「日本の都市圏設定基準」、東京大学空間情報科学研究センターの公表する要件",
            "中心の大きさを人口集中地区の人口で決めるので、市街地のない地域は圏域になりません。",
            _parameters(
                UeaRules(),
                [
                    ("threshold", "郊外とする通勤の割合", PERCENT, "就業者のうち中心へ通う人の割合です。"),
                    ("core_did", "中心に要るDID人口", PERSONS, "これに満たない市区町村は中心になりません。"),
                    (
                        "metropolitan_did",
                        "大都市雇用圏とするDID人口",
                        PERSONS,
                        "中心のDID人口がこれ以上なら大都市雇用圏、未満なら小都市雇用圏と呼びます。",
                    ),
                    (
                        "large_did",
                        "ほかの中心と並ぶDID人口",
                        PERSONS,
                        "郊外に当たる市区町村でも、従業者が多くDID人口がこれ以上なら、中心の一部とします。",
                    ),
                    (
                        "did_part",
                        "中心のDID人口に対する割合",
                        PERCENT,
                        "上の人数に代えて、中心のDID人口のこの割合以上でも、中心の一部とします。",
                    ),
                    (
                        "jobs_ratio",
                        "従業者÷常住就業者",
                        TIMES,
                        "郊外に当たる市区町村が中心の一部となるには、この値以上が要ります。",
                    ),
                ],
            ),
        ),
        RuleKind(
            "lma",
            "労働市場圏（Coombes–Bond）",
            "労働市場圏",
            "commute",
            "住む人の多くが圏域の中で働き、働く人の多くが圏域の中に住む、という条件（自足率と規模）を満たす圏域を、"
            "できるだけ多く作ります。中心をあらかじめ決めず、すべての市区町村がどこかの圏域に入ります。",
            "Coombes・Bond（2008）英国の通勤圏、イタリア国家統計局（2011年の標準値と保留リスト）",
            "1回に1市区町村ずつ動かすため、条件を満たす分け方はほかにもありえます。自足率を上げると圏域は大きくなります。",
            _parameters(
                UK,
                [
                    (
                        "min_size",
                        "最小の規模",
                        PERSONS,
                        "圏域に住む就業者の数です。これに満たない圏域は作りません。",
                    ),
                    (
                        "min_containment",
                        "最小の自足率",
                        PERCENT,
                        "目標の規模以上の圏域に要る自足率です（圏域に住んで圏域で働く人の割合。住む側と働く側の低い方）。",
                    ),
                    (
                        "target_size",
                        "目標の規模",
                        PERSONS,
                        "これより小さい圏域には、より高い自足率を求めます。",
                    ),
                    ("target_containment", "目標の自足率", PERCENT, "最小の規模の圏域に要る自足率です。"),
                ],
            ),
        ),
        RuleKind(
            "fua",
            "機能的都市圏（OECD）",
            "機能的都市圏",
            "commute",
            "人が密集して住む都市の中心を核とし、就業者の一定の割合（標準は15％）以上がそこへ通う市区町村を通勤圏とします。"
            "飛び地は除き、通勤圏に囲まれた市区町村は加えます。",
            "Dijkstra・Poelman・Veneri（2019）、EU・OECDの機能的都市圏の定義",
            "本来は1kmメッシュの人口密度から都市の中心を決めます。メッシュがないときは人口集中地区か、従業・通学者数で代えます。",
            (
                *_parameters(
                    FuaRules(),
                    [
                        ("threshold", "通勤圏とする割合", PERCENT, "就業者のうち都市へ通う人の割合です。"),
                        (
                            "centre_share",
                            "都市の中心に住む人の割合",
                            PERCENT,
                            "人口のこの割合以上が都市の中心に住む市区町村を、都市とします。",
                        ),
                    ],
                ),
                Parameter(
                    "city_workers",
                    "都市とみなす従業・通学者数",
                    PERSONS,
                    "人口集中地区の人口が読み込まれていないときだけ使います。",
                    CITY_WORKERS,
                ),
            ),
        ),
    )
}


@dataclass(frozen=True)
class Chosen:
    """The rules with the figures somebody chose, fractions as such; `centres` (codes) are declared ones, if any."""

    ten: TenPercent = field(default_factory=TenPercent)
    uea: UeaRules = field(default_factory=UeaRules)
    lma: LmaRules = UK
    fua: FuaRules = field(default_factory=FuaRules)
    city_workers: float = CITY_WORKERS
    centres: tuple[str, ...] = ()


def rules_of(
    chosen: Chosen,
    flows: Mapping[str, Flows],
    did: Mapping[str, float],
    centre_share: Mapping[str, float],
    neighbours: Sequence[tuple[str, str]] | None,
) -> dict[str, Rule]:
    """Each rule as a function of flows.

    `flows` by rule are what it will be used on: without `did` persons (or `centre_share`, 0 to 1) workers stand in.
    WrongInput for a centre that is not in the table.
    """
    workers = {key: dict(zip(each.codes, each.workers.tolist(), strict=True)) for key, each in flows.items()}
    large = {code: float(people >= chosen.city_workers) for code, people in workers.get("fua", {}).items()}
    for code in chosen.centres:
        flows["ten"].place(code)
    people, shares = did or workers.get("uea", {}), centre_share or large
    return {
        "ten": lambda each: ten_percent(each, chosen.ten, centres=chosen.centres or None),
        "uea": lambda each: uea(each, people, chosen.uea),
        "lma": lambda each: labour_market_areas(each, chosen.lma),
        "fua": lambda each: functional_urban_areas(each, shares, chosen.fua, neighbours=neighbours),
    }


#: The published sets of the labour market areas by the names people know.
LMA_SETS: Final = {
    "uk": "英国（2007年の通勤圏）",
    "italy": "イタリア（2011年の労働市場圏）",
    "own": "下に入力した値",
}
