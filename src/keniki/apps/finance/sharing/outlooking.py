"""A joint cost over the ten years to come: what each town pays by each rule on every drawn population, and how likely
it is that no group of towns would be better off by itself.

Amounts are real (prices of the cost's own year) and not rounded: an outlook is no bill.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats
from keniki.analysis.sharing import (
    Deduction,
    GameError,
    Problem,
    Rule,
    ShareError,
    amounts,
    coalition_costs,
    judged,
    rule_of,
    said,
    said_of_game,
)
from keniki.analysis.sharing.costs import MOST_PARTS, together
from keniki.analysis.sharing.games import sums
from keniki.apps.evidence.futures.drawn import Futures
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import parse_code
from keniki.rulebooks.sharing import RuleSpec

from ..games import TownGame
from .comparing import Candidate
from .reckoning import Gathered
from .text import canonical

#: So many years after the cost's own one are looked at.
AHEAD: Final = 10
MOST_DRAWS: Final = 1000
#: The lower end, the middle and the upper end of what is shown: an 80 % interval.
SHARES: Final = (0.1, 0.5, 0.9)
#: Towns up to whom the core is tested on draws, and how much work (3ⁿ parts a draw and year) and memory it may take.
MOST_TESTED: Final = 14
_WORK: Final = 2e9
_CELLS: Final = 1e7
_KEPT: Final = 32

#: Which people a basis or a demand goes with.
FOLLOWED: Final[dict[str, tuple[str, AgeClass | None]]] = {
    "total": ("総人口とともに変わる", (0, None)),
    "young": ("0～14歳人口とともに変わる", (0, 14)),
    "working": ("15～64歳人口とともに変わる", (15, 64)),
    "old": ("65歳以上人口とともに変わる", (65, None)),
    "oldest": ("75歳以上人口とともに変わる", (75, None)),
    "fixed": ("変わらない", None),
}


@dataclass(frozen=True)
class Path:
    """How the cost goes on: `rise` per cents a year in real terms, of which `variable` per cents follow the demand.

    `follow` says by basis which people (a key of `FOLLOWED`) its figures go with; `demand` which the variable part.
    """

    rise: Decimal = Decimal(0)
    variable: Decimal = Decimal(0)
    demand: str = "total"
    follow: tuple[tuple[str, str], ...] = ()

    def of(self, basis: str) -> str:
        """What the figures of a basis go with."""
        return dict(self.follow).get(basis, "fixed")


@dataclass(frozen=True)
class Course:
    """One rule over the years: quantiles (3, T, n) of each town's amount and of the amount per resident, in yen.

    `in_core` (T,) is the share of draws in which no group would be better off, None where there is no game;
    `worst` names who is overcharged most on average in the last year (codes).
    """

    key: str
    name: str
    amounts: Array | None
    each: Array | None
    in_core: Array | None
    worst: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Ahead:
    """The outlook of all rules: fiscal `years` after the cost's own, `codes` of the towns, total cost quantiles (3, T).

    `draws` futures were used, `tested` of them for the core (0: not tested, `untested` says why).
    """

    codes: tuple[str, ...]
    years: tuple[int, ...]
    courses: tuple[Course, ...]
    cost: Array
    people: Array
    draws: int
    tested: int
    untested: str
    drawn: bool
    notes: tuple[str, ...]
    digest: str


def look_ahead(
    gathered: Gathered,
    rules: Sequence[Candidate],
    futures: Futures,
    path: Path,
    game: TownGame | None = None,
    untested: str = "",
) -> Ahead:
    """The outlook of a cost at a stage under these rules. Kept in the process by the digest of all inputs.

    `game` is the game of the year, `untested` why there is none. WrongInput where the forecast lacks a town or
    begins after the cost's year or ends before the next.
    """
    names = {town.code: town.name for town in gathered.towns}
    lacking = [names[code] for code in gathered.codes if code not in futures.codes]
    if lacking:
        raise WrongInput(
            f"この推計には{'、'.join(lacking)}がありません。全ての団体を含む推計を選んでください。"
        )
    start, last = gathered.fiscal_year, futures.years[-1]
    years = tuple(range(start + 1, min(start + AHEAD, last) + 1))
    if not futures.years[0] <= start or not years:
        raise WrongInput(
            f"この推計は{futures.years[0]}年から{last}年までです。{start}年度より後の年を含む推計を選んでください。"
        )
    digest = _digest(gathered, rules, futures, path, game, untested)
    return _look(_Asked(digest, gathered, tuple(rules), futures, path, game, untested, years))


class _Asked:
    """All inputs; their digest stands for them, and is all that is kept of them with the answer."""

    def __init__(self, digest: str, *given: Any) -> None:
        self.digest, self.given = digest, given

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.digest == other.digest


@lru_cache(maxsize=_KEPT)
def _look(asked: _Asked) -> Ahead:
    gathered, rules, futures, path, game, untested, years = asked.given
    codes = tuple(gathered.codes)
    scene = _Scene(gathered, futures, path, years)
    costs, why = (None, untested) if game is None else _coalitions(game, scene)
    courses = tuple(_course(rule, scene, costs) for rule in rules)
    asked.given = ()
    notes = list(futures.notes)
    if years[-1] < gathered.fiscal_year + AHEAD:
        notes.append(f"推計が{futures.years[-1]}年までのため、{years[-1]}年度までを示す。")
    return Ahead(
        codes,
        years,
        courses,
        floats(np.quantile(scene.total, SHARES, axis=0)),
        floats(np.quantile(scene.residents, SHARES, axis=0)),
        len(scene.residents),
        0 if costs is None else len(costs),
        why,
        futures.drawn,
        tuple(notes),
        asked.digest,
    )


class _Scene:
    """The draws as the rules need them: residents, cost and growth of each group of people, arrays (D, T, n)."""

    def __init__(self, gathered: Gathered, futures: Futures, path: Path, years: Sequence[int]) -> None:
        self.gathered, self.path = gathered, path
        self.codes = tuple(gathered.codes)
        self.years = tuple(years)
        self._futures = futures
        self._growth: dict[str, Array] = {}
        self.residents = futures.people(years, self.codes, (0, None))
        self.price = (1 + float(path.rise) / 100) ** (np.array(years) - gathered.fiscal_year)
        self.index = self._index()
        self.total = gathered.total * self.index

    def growth(self, what: str) -> Array:
        """How many times as many people of a group there are as in the cost's year, (D, T, n)."""
        if what not in self._growth:
            group = FOLLOWED[what][1]
            if group is None:
                self._growth[what] = np.ones((1, len(self.years), len(self.codes)))
            else:
                now = self._futures.people([self.gathered.fiscal_year], self.codes, group)
                then = self._futures.people(self.years, self.codes, group)
                self._growth[what] = floats(np.where(now > 0, then / np.where(now > 0, now, 1.0), 1.0))
        return self._growth[what]

    def figures(self, basis: str, values: Mapping[str, Decimal]) -> Array:
        """The figures of a basis in every draw and year; who takes no part in it may have none."""
        now = floats([float(values.get(code, 0)) for code in self.codes])
        return now * self.growth(self.path.of(basis))

    def followed(self, what: str, draws: int | None = None) -> Array:
        """How many times as many people of a group every coalition has as in the cost's year, (D, T, 2ⁿ)."""
        now, then = self._people(what, draws)
        return floats(sums(then) / np.maximum(sums(now), 1.0))

    def _index(self) -> Array:
        """What the cost of all together is as a multiple of the year's, (D, T)."""
        part = float(self.path.variable) / 100
        shape = (len(self.residents), len(self.years))
        if not part or FOLLOWED[self.path.demand][1] is None:
            return np.broadcast_to(self.price, shape)
        now, then = self._people(self.path.demand, None)
        growth = then.sum(axis=-1) / np.maximum(now.sum(axis=-1), 1.0)
        return floats(((1 - part) + part * growth) * self.price)

    def _people(self, what: str, draws: int | None) -> tuple[Array, Array]:
        group = FOLLOWED[what][1]
        assert group is not None
        now = self._futures.people([self.gathered.fiscal_year], self.codes, group)
        return now[:draws], self._futures.people(self.years, self.codes, group)[:draws]


def _course(candidate: Candidate, scene: _Scene, costs: Array | None) -> Course:
    try:
        paid = _shares(candidate.spec, scene)
    except ShareError as error:
        return Course(candidate.key, candidate.name, None, None, None, problem=said(error))
    shape = (len(scene.residents), len(scene.years), len(scene.codes))
    paid = np.broadcast_to(paid, shape)
    each = paid / np.maximum(scene.residents, 1.0)
    in_core: Array | None = None
    worst: tuple[str, ...] = ()
    if costs is not None:
        found = judged(floats(paid[: len(costs)]), costs)
        in_core = found.in_core
        last = found.dearest[-1]
        if last.max() > 0:
            worst = tuple(
                code
                for code, over in zip(scene.codes, last, strict=True)
                if over > 0 and over >= last.max() / 2
            )
    return Course(
        candidate.key,
        candidate.name,
        floats(np.quantile(paid, SHARES, axis=0)),
        floats(np.quantile(each, SHARES, axis=0)),
        in_core,
        worst,
    )


def _shares(spec: RuleSpec, scene: _Scene) -> Array:
    """What every town pays in every draw and year, over all classes of cost."""
    gathered = scene.gathered
    bases = {}
    for key in spec.bases:
        if key in gathered.bases:
            bases[key] = scene.figures(key, gathered.bases[key])
    found: Array | None = None
    for key, cost in gathered.costs.items():
        rule = rule_of(spec, key, _code)
        received = tuple(
            Deduction(each.name, 0, Fraction(each.amount * 100, cost))
            for each in gathered.revenues.get(key, ())
            if cost
        )
        rule = replace(rule, deductions=(*rule.deductions, *received))
        _named(rule, scene.codes)
        part = amounts(rule, scene.codes, bases, floats(cost * scene.index))
        found = part if found is None else found + part
    assert found is not None
    return found


def _named(rule: Rule, codes: Sequence[str]) -> None:
    """ShareError for a municipality of the rule that is not there."""
    asked = [*rule.fixed, *rule.limits, *([rule.host] if rule.host else [])]
    for town in asked:
        if town not in codes:
            raise ShareError(Problem.UNKNOWN, town=town)


def _coalitions(game: TownGame, scene: _Scene) -> tuple[Array | None, str]:
    """What every coalition would pay in every draw and year, (D, T, 2ⁿ), or why it is not reckoned."""
    n = len(scene.codes)
    if game.game is None or n > MOST_TESTED:
        return None, f"{n}団体では組合せが多すぎるため、コアに入る確率は{MOST_TESTED}団体まで求めます。"
    function = game.spec.function
    draws = min(len(scene.residents), int(_CELLS / (len(scene.years) * 2**n)))
    if function is not None and game.spec.parts:
        draws = min(draws, int(_WORK / (len(scene.years) * 3**n)))
    draws = max(draws, 1)
    prices = scene.price[None, :, None]
    try:
        if function is None:
            costs = _table(game, scene, draws) * prices
        else:
            assert game.demands is not None
            growth = scene.growth(scene.path.of(function.basis))[:draws]
            wanted = np.ascontiguousarray(
                np.broadcast_to(game.demands * growth, (len(growth), *growth.shape[1:]))
            )
            if game.spec.parts and n <= MOST_PARTS:
                costs = coalition_costs(function.cost, wanted, game.ways) * prices
            else:
                costs = together(function.cost, wanted, game.ways) * prices
            if game.spec.whole == "scaled" and game.estimated > 0:
                costs = costs * (game.whole / game.estimated)
    except GameError as error:
        return None, said_of_game(error)
    shape = (draws, len(scene.years), 1 << n)
    return floats(np.ascontiguousarray(np.broadcast_to(costs, shape))), ""


def _table(game: TownGame, scene: _Scene, draws: int) -> Array:
    """The costs as quoted, of which the variable part follows the people of each coalition's members."""
    assert game.game is not None
    costs = game.game.costs[None, None, :]
    part = float(scene.path.variable) / 100
    if not part or FOLLOWED[scene.path.demand][1] is None:
        return floats(costs)
    return floats(costs * ((1 - part) + part * scene.followed(scene.path.demand, draws)))


def _code(text: str) -> str:
    try:
        return parse_code(text)
    except WrongInput:
        return text


def _digest(
    gathered: Gathered,
    rules: Sequence[Candidate],
    futures: Futures,
    path: Path,
    game: TownGame | None,
    untested: str,
) -> str:
    said_all = {
        "towns": gathered.codes,
        "year": gathered.fiscal_year,
        "costs": dict(gathered.costs),
        "revenues": {key: [each.amount for each in found] for key, found in gathered.revenues.items()},
        "bases": {
            key: {code: str(value) for code, value in found.items()} for key, found in gathered.bases.items()
        },
        "rules": [[rule.key, rule.name, canonical(rule.spec)] for rule in rules],
        "futures": [futures.digest, len(futures.values)],
        "path": [str(path.rise), str(path.variable), path.demand, list(path.follow)],
        "untested": untested,
        "game": None
        if game is None
        else [
            game.spec.model_dump(mode="json"),
            game.whole,
            game.estimated,
            [] if game.demands is None else game.demands.tolist(),
            [] if game.ways is None else game.ways.tolist(),
        ],
    }
    text = json.dumps(said_all, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
