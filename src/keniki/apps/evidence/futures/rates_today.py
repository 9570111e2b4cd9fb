"""By which rates a region's demand would be reckoned today: whose they are, and what would bring better ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite

from keniki.analysis.population.people import STEP
from keniki.apps.regions.models import Region
from keniki.core.errors import WrongInput
from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import ByAge, Flat

from ..book.book import members_of
from ..book.holdings import Place
from . import held
from .demanded import Demand, Demands, Missing
from .demanding import demands
from .making import Projected, Wanted, projected
from .rate_files import Given
from .rate_keys import FIGURES, Key, keys, keys_of

_PER = 1_000
_SHOWN = 6


@dataclass(frozen=True)
class RateToday:
    """A demand's rate in a region: what it comes to for a thousand people, the figures it takes, whose they are.

    `thousand` is None where the demand is none of people, all of it where it cannot be reckoned (`missing`).
    """

    id: str
    name: str
    unit: str
    thousand: float | None
    figures: tuple[str, ...]
    basis: str
    sources: tuple[str, ...]
    more: int
    missing: tuple[str, ...]
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class RatesToday:
    """Every demand, the year of the population, and why nothing could be reckoned (else empty)."""

    rows: tuple[RateToday, ...]
    year: int | None
    refusal: str


def rates_today(region: Region, given: Given | None, on: date) -> RatesToday:
    """The rates of the members of today, by the statistics and rules of a day."""
    places = members_of(region)
    try:
        base = projected_from_newest(places)
        needs = reckoned(base, region, given, on)
    except WrongInput as wrong:
        return RatesToday(_rows(places, None, None, given, on), None, wrong.message)
    people = base.made.values[:, base.rows].sum(axis=(1, 2, 3)).tolist()
    by_year = dict(zip(base.made.years, people, strict=True))
    return RatesToday(_rows(places, needs, by_year, given, on), base.made.years[0], "")


def projected_from_newest(places: Sequence[Place]) -> Projected:
    """The population five years after the newest census that has one before it. WrongInput where there is none."""
    years = held.censuses().years
    bases = [year for year in years if year - STEP in years]
    if not places:
        raise WrongInput("この圏域には構成市町村が登録されていません。")
    if not bases:
        raise WrongInput("推計の元になる国勢調査（5年おきに2回分以上）がありません。")
    return projected(Wanted(tuple(places), f"census{max(bases)}", "net", max(bases) + STEP, draws=0))


def reckoned(base: Projected, region: Region, given: Given | None, on: date) -> Demands:
    """The demands of a projection by given rates. WrongInput for rates that come to no number."""
    needs = demands(base.wanted.codes, base.ready.base, base.made, None, on, region=region, given=given)
    for each in needs.demands:
        if not all(isfinite(value) for values in each.by_code.values() for value in values):
            raise WrongInput(f"{each.name}を求められません。率の桁数を確かめてください。", column=each.id)
    return needs


def _rows(
    places: Sequence[Place],
    needs: Demands | None,
    people: dict[int, float] | None,
    given: Given | None,
    on: date,
) -> tuple[RateToday, ...]:
    known = keys(on)
    names = {place.code[:5]: place.name for place in places}
    there = {} if needs is None else {each.id: each for each in needs.demands}
    lost: dict[str, list[Missing]] = {}
    for each in () if needs is None else needs.missing:
        lost.setdefault(each.id, []).append(each)
    rows = []
    for name, rule in book.demands(on).items():
        demand = there.get(name)
        sources = () if demand is None else _sources(demand, rule.rate, on)
        rows.append(
            RateToday(
                name,
                rule.name,
                "" if demand is None else demand.unit_label,
                None if demand is None or people is None else _thousand(demand, people),
                tuple(_figures(keys_of(rule), tuple(names), given, on)),
                "" if demand is None else demand.basis_shown,
                sources[:_SHOWN],
                max(len(sources) - _SHOWN, 0),
                tuple(_missing(each, names) for each in lost.get(name, ())),
                tuple(known[each] for each in keys_of(rule)),
            )
        )
    return tuple(rows)


def _thousand(demand: Demand, people: dict[int, float]) -> float | None:
    """The demand of its first year for a thousand people; None where it is so much for each already."""
    if demand.unit.endswith("_per_person"):
        return None
    whole = people[demand.years[0]]
    return demand.values[0] / whole * _PER if whole > 0 else None


def _sources(demand: Demand, rate: str, on: date) -> tuple[str, ...]:
    """The sentences of its sources; the nation's rate with the year it is of."""
    if not rate:
        return demand.sources
    rule = book.rate(rate, on)
    if not isinstance(rule.known_value, ByAge):
        return demand.sources
    of = f"{rule.source}（{rule.known_value.year}年の率）"
    return tuple(each.replace(rule.source, of) for each in demand.sources)


def _figures(wanted: Sequence[str], codes: Sequence[str], given: Given | None, on: date) -> list[str]:
    """The single figures it takes in words, by whose they are; several where municipalities differ."""
    said = []
    for name in wanted:
        if name not in FIGURES:
            continue
        label, _ = FIGURES[name]
        rule = book.factor(name, on)
        found: dict[str, None] = {}
        for code in codes:
            own = None if given is None else given.figure(name, code)
            if own is not None:
                found[f"{own[0].value:,.6g}（登録した値、{own[0].year}年）"] = None
            elif isinstance(rule.known_value, Flat):
                found[f"{rule.known_value.value:,.6g}（全国の値、{rule.known_value.year}年）"] = None
            else:
                found["なし"] = None
        if found:
            said.append(f"{label} {'、'.join(found)}")
    return said


def _missing(lost: Missing, names: dict[str, str]) -> str:
    of = [names[code] for code in lost.codes if code in names]
    whom = "" if len(of) == len(names) else f"（{'、'.join(of)}）"
    return f"{lost.sentence}{whom}"
