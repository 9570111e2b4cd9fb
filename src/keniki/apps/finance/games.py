"""What towns would pay alone and in groups: a cost function, quotes that were got, or the whole table of coalitions.

`GameSpec` is what a `CostGame` keeps; `game_of` makes of it the game of the towns that share a cost in a year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import asin, cos, radians, sin, sqrt
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from keniki.analysis.arrays import Array, floats
from keniki.analysis.sharing import (
    CostFunction,
    Game,
    GameError,
    game_from_function,
    game_from_quotes,
    said_of_game,
)
from keniki.analysis.sharing.costs import MOST_PARTS, shortest_trees, together
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import Entry
from keniki.rulebooks.sharing import why
from keniki.rulebooks.sharing.spec import Code, Key, Yen

#: Towns up to whom all coalitions are held; beyond, only samples of them are looked at.
MOST_HELD: Final = 20
#: Towns up to whom the table of all coalitions is typed into a page.
MOST_TYPED: Final = 6
#: The mean radius of the earth in kilometres.
_EARTH: Final = 6371.0
Amount = Annotated[Decimal, Field(ge=0, le=10**15, allow_inf_nan=False)]


class FunctionSpec(Entry):
    """Yen a year: fixed + per_member·towns + variable·(Σ demand)^scale + distance·km of the shortest ways.

    `basis` is the basis whose figures are the demand; empty where nothing depends on it.
    """

    fixed: Amount = Decimal(0)
    per_member: Amount = Decimal(0)
    variable: Amount = Decimal(0)
    scale: Annotated[Decimal, Field(gt=0, le=2, allow_inf_nan=False)] = Decimal(1)
    distance: Amount = Decimal(0)
    basis: Key | Literal[""] = ""

    @model_validator(mode="after")
    def _demand_where_it_counts(self) -> Self:
        if self.variable and not self.basis:
            raise ValueError("変動費には、量を表す基準（人口など）を選んでください")
        if not (self.fixed or self.per_member or self.variable):
            raise ValueError("固定費、1団体ごとの費用、変動費のどれかを入力してください")
        return self

    @property
    def cost(self) -> CostFunction:
        """The function of the analysis."""
        return CostFunction(
            float(self.fixed),
            float(self.variable),
            float(self.scale),
            float(self.per_member),
            float(self.distance),
        )


class QuoteSpec(Entry):
    """What these towns (six-digit codes) pay together in yen a year, and who said so."""

    towns: Annotated[tuple[Code, ...], Field(min_length=1)]
    amount: Yen
    source: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.towns)) != len(self.towns):
            raise ValueError("同じ市町村が2回あります")
        return self


class GameSpec(Entry):
    """A cost game as it is kept.

    With `parts` a group may do it in several parts where that is cheaper. `whole` says how the cost of all towns is
    brought to what is really shared: `shared` puts that in its place, `scaled` scales the costs of every group.
    """

    kind: Literal["function", "quotes", "table"]
    function: FunctionSpec | None = None
    quotes: tuple[QuoteSpec, ...] = ()
    parts: bool = True
    whole: Literal["shared", "scaled"] = "shared"

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if (self.kind == "function") != (self.function is not None):
            raise ValueError("費用関数の項目は、作り方が費用関数のときだけ書きます")
        if (self.kind == "function") == bool(self.quotes):
            raise ValueError("見積又は表の金額を1つ以上入力してください")
        groups = [frozenset(each.towns) for each in self.quotes]
        if len(set(groups)) != len(groups):
            raise ValueError("同じ組合せの金額が2回あります")
        return self


def spec_of(content: Any) -> GameSpec:
    """The game written in plain data. WrongInput names the field that is wrong as `column`."""
    try:
        return GameSpec.model_validate(content)
    except ValidationError as error:
        field, said = why(error)
        raise WrongInput(f"単独・共同の費用が正しくありません：{said}", column=field) from None


def plain(spec: GameSpec) -> dict[str, Any]:
    """The game as plain data in one form."""
    data: dict[str, Any] = spec.model_dump(mode="json", exclude_defaults=True)
    return data


@dataclass(frozen=True)
class TownGame:
    """A game of towns (`codes`) in yen a year.

    `game` holds every coalition's cost, None beyond `MOST_HELD` towns; `demands` (n,) and `ways` (n, n) in km are
    those of a cost function; `estimated` is what all together were estimated to cost.
    """

    spec: GameSpec
    codes: tuple[str, ...]
    whole: float
    estimated: float
    game: Game | None
    demands: Array | None = None
    ways: Array | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def alone(self) -> Array:
        """What each pays alone, (n,)."""
        if self.game is not None:
            return self.game.alone
        return np.array([self.cost((code,)) for code in self.codes])

    @property
    def variable_percent(self) -> int:
        """How many per cents of the cost of all together go with the demand; 0 for quotes and tables."""
        function = self.spec.function
        if function is None or self.demands is None or not self.estimated:
            return 0
        part: float = function.cost.variable * float(self.demands.sum()) ** function.cost.scale
        return min(100, round(100 * part / self.estimated))

    def cost(self, members: Sequence[str]) -> float:
        """What these towns pay by themselves."""
        if self.game is not None:
            return self.game.cost(*members)
        if len(members) == len(self.codes):
            return self.whole
        scaled = self.whole / self.estimated if self.spec.whole == "scaled" and self.estimated else 1.0
        return _cost(self, members) * scaled


@dataclass(frozen=True)
class Refused:
    """Why there is no game: a sentence for people, and the towns it is about."""

    problem: str
    towns: tuple[str, ...] = ()


def game_of(
    spec: GameSpec,
    towns: Sequence[Municipality],
    bases: Mapping[str, Mapping[str, Decimal]],
    shared: float | None = None,
) -> TownGame | Refused:
    """The game of these towns; `bases` are figures by basis and code, `shared` the yen that are really shared.

    What lacks (a figure, the place of an office, a quote) comes back as `Refused` in words.
    """
    codes = tuple(town.code for town in towns)
    names = {town.code: town.name for town in towns}
    if not codes:
        return Refused("負担する市町村がありません。")
    try:
        made = (
            _by_function(spec, towns, bases) if spec.function is not None else _by_quotes(spec, codes, names)
        )
    except GameError as error:
        where = "・".join(names.get(code, code) for code in error.coalition)
        said = said_of_game(error)
        return Refused(f"{where}：{said}" if where else said, tuple(error.coalition))
    if isinstance(made, Refused) or shared is None:
        return made
    return _brought_to(made, shared)


def kilometres(towns: Sequence[Municipality]) -> Array:
    """Distances between the towns' offices as the crow flies in kilometres, (n, n). Source: haversine formula."""
    places = [(radians(float(each.latitude or 0)), radians(float(each.longitude or 0))) for each in towns]
    found = np.zeros((len(places), len(places)))
    for at, one in enumerate(places):
        for place, other in enumerate(places[:at]):
            half = (
                sin((one[0] - other[0]) / 2) ** 2
                + cos(one[0]) * cos(other[0]) * sin((one[1] - other[1]) / 2) ** 2
            )
            found[at, place] = found[place, at] = 2 * _EARTH * asin(min(1.0, sqrt(half)))
    return found


def _by_function(
    spec: GameSpec, towns: Sequence[Municipality], bases: Mapping[str, Mapping[str, Decimal]]
) -> TownGame | Refused:
    function = spec.function
    assert function is not None
    codes = tuple(town.code for town in towns)
    demands = np.zeros(len(towns))
    if function.basis:
        figures = bases.get(function.basis, {})
        lacking = [town for town in towns if town.code not in figures]
        if lacking:
            return Refused(
                f"量を表す基準の値がありません：{'、'.join(town.name for town in lacking)}。"
                "按分の基礎数値を入力してください。",
                tuple(town.code for town in lacking),
            )
        demands = floats([float(figures[code]) for code in codes])
    ways: Array | None = None
    if function.distance:
        placeless = [town for town in towns if town.latitude is None or town.longitude is None]
        if placeless:
            return Refused(
                f"庁舎の位置（緯度・経度）が未入力です：{'、'.join(town.name for town in placeless)}。"
                "市町村の登録に入力するか、距離の単価を0にしてください。",
                tuple(town.code for town in placeless),
            )
        ways = kilometres(towns)
    notes = ("距離は、庁舎の間の直線距離を最も短くつないだ長さ。",) if ways is not None else ()
    if len(codes) > MOST_HELD:
        empty = TownGame(spec, codes, 0.0, 0.0, None, demands, ways, notes)
        whole = _cost(empty, codes)
        return TownGame(spec, codes, whole, whole, None, demands, ways, notes)
    if spec.parts and len(codes) <= MOST_PARTS:
        game = game_from_function(codes, demands, function.cost, ways)
    else:
        game = Game(codes, together(function.cost, demands, ways))
        if spec.parts:
            said = f"{len(codes)}団体では組合せが多すぎるため、一部の組合せがさらに分かれて行う場合は比べていない。"
            notes = (*notes, said)
    return TownGame(spec, codes, game.whole, game.whole, game, demands, ways, notes)


def _by_quotes(spec: GameSpec, codes: tuple[str, ...], names: Mapping[str, str]) -> TownGame | Refused:
    strangers = sorted({code for each in spec.quotes for code in each.towns} - set(codes))
    if strangers:
        return Refused(
            f"この年度に負担しない市町村の金額があります：{'、'.join(strangers)}。見積を直してください。",
            tuple(strangers),
        )
    quotes = {frozenset(each.towns): float(each.amount) for each in spec.quotes}
    game = game_from_quotes(codes, quotes, fill=spec.kind == "quotes")
    return TownGame(spec, codes, game.whole, game.whole, game)


def _brought_to(made: TownGame, shared: float) -> TownGame:
    """The game in which all together pay what is really shared."""
    game = made.game
    if game is not None:
        costs = game.costs.copy()
        if made.spec.whole == "scaled" and made.estimated > 0:
            costs *= shared / made.estimated
        costs[-1] = shared
        game = Game(game.players, costs)
    return TownGame(made.spec, made.codes, shared, made.estimated, game, made.demands, made.ways, made.notes)


def _cost(made: TownGame, members: Sequence[str]) -> float:
    """The function's cost of these towns together."""
    assert made.spec.function is not None
    assert made.demands is not None
    function = made.spec.function.cost
    rows = [made.codes.index(code) for code in members]
    found = function.fixed + function.per_member * len(rows)
    found += function.variable * float(float(made.demands[rows].sum()) ** function.scale)
    if function.distance and made.ways is not None:
        found += function.distance * _tree(made.ways[np.ix_(rows, rows)])
    return found


def _tree(ways: Array) -> float:
    """The length of the shortest tree that joins all of them."""
    n = len(ways)
    if n <= 3:
        return float(shortest_trees(ways, n)[-1])
    near = ways[0].copy()
    near[0] = np.inf
    there = np.zeros(n, dtype=bool)
    there[0] = True
    total = 0.0
    for _ in range(n - 1):
        following = int(np.argmin(near))
        total += float(near[following])
        there[following] = True
        near = np.minimum(near, ways[following])
        near[there] = np.inf
    return total
