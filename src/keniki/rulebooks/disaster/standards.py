"""What a shelter and its stock need for so many people: dated standards, items, published examples."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import ANSWERED, Entry, Rule, Rulebook, load

T = TypeVar("T", bound=Entry)
Season: TypeAlias = Literal["winter", "mild"]
#: The seasons (季節) by what they are called for people.
SEASONS: Final[dict[Season, str]] = {"winter": "冬期", "mild": "冬期以外"}
EVERYONE: Final = "everyone"
_SPACE: Final = "space."
_EVACUEES: Final = "evacuees."


def exact(text: str) -> Fraction | None:
    """The number that a text spells (`3`, `-0.14`, `1/7`, `1e-05`), None for all else and for endless digits."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Fraction(text)
    except ZeroDivisionError:
        return None


_NUMBER: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:e-?[0-9]{1,2}|/[0-9]{1,20})?")


def _exact(given: Any) -> Any:
    """A number as it is written (`3`, `0.14`, `1/7`), without the error of a binary fraction."""
    if isinstance(given, bool):
        raise ValueError("数を書いてください")
    if isinstance(given, str | int | float):
        found = exact(str(given))
        if found is None:
            raise ValueError(f"「{str(given)[:30]}」は数ではありません")
        return found
    return given


Exact: TypeAlias = Annotated[Fraction, BeforeValidator(_exact), Field(ge=0, le=10**9)]
Positive: TypeAlias = Annotated[Fraction, BeforeValidator(_exact), Field(gt=0, le=10**9)]
Part: TypeAlias = Annotated[Fraction, BeforeValidator(_exact), Field(ge=0, le=1)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=10**9)]
Month: TypeAlias = Annotated[int, Field(ge=1, le=12)]


class SpaceStandard(Entry):
    """Floor area per person (1人当たり面積); with `aisle_m` plots are laid on the plan, not divided."""

    kind: Literal["space"]
    name: str
    m2: Positive
    partitions: bool = False
    aisle_m: Positive | None = None


class Choice(Entry):
    """The standard that counts where none is named."""

    kind: Literal["choice"]
    key: str


class Winter(Entry):
    """The months of winter (冬期) and the kinds of spaces that do not count then without heating."""

    kind: Literal["winter"]
    months: Annotated[tuple[Month, ...], Field(min_length=1)]
    uncounted_unheated: tuple[str, ...]

    def season(self, day: date) -> Season:
        """The season a day lies in."""
        return "winter" if day.month in self.months else "mild"


class Toilets(Entry):
    """One toilet for so many people at first (発災当初) and later (中期); women's for each of men's."""

    kind: Literal["toilets"]
    initial: Count
    middle: Count
    women_to_men: Positive | None = None


class OneFor(Entry):
    """One of something for so many people."""

    kind: Literal["one_for"]
    name: str
    unit: str
    people: Count


class Staff(Entry):
    """Staff of a shelter in a shift: `least`, and one more for each `people`; `shifts` a day."""

    kind: Literal["staff"]
    least: Count
    people: Count
    shifts: Count


class Heating(Entry):
    """Heat for a floor and the heater that gives it (熱出力 kW, 灯油 L/時), hours of running a day."""

    kind: Literal["heating"]
    watts_per_m2: Positive
    heater_kw: Positive
    litres_per_hour: Positive
    hours_per_day: Annotated[Fraction, BeforeValidator(_exact), Field(gt=0, le=24)]


class Storage(Entry):
    """Room that supplies take, m³ per person and day."""

    kind: Literal["storage"]
    m3_per_person_day: Positive


class Group(Entry):
    """People an item is for: their share of all, and the completed years they are counted by."""

    name: str
    words: str
    share: Part
    ages: tuple[int, int] | None = None
    sex: Literal["both", "female"] = "both"


class Shares(Entry):
    """The groups by key."""

    kind: Literal["shares"]
    groups: dict[str, Group]


class FloodRates(Entry):
    """The part of the people that evacuates inside the inundation (浸水区域) and outside of it."""

    kind: Literal["flood"]
    inside: Part
    outside: Part


class QuakeRates(Entry):
    """The part of the people of destroyed and of half-destroyed dwellings that evacuates.

    `asks` names the rates that change with time and have to be given: of people without water (`water`), of those above
    a stopped lift (`lift`), of evacuees who go to a shelter (`shelter`).
    """

    kind: Literal["quake"]
    name: str
    destroyed: Part
    half: Part
    asks: tuple[Literal["water", "lift", "shelter"], ...]


Standard: TypeAlias = Annotated[
    SpaceStandard
    | Choice
    | Winter
    | Toilets
    | OneFor
    | Staff
    | Heating
    | Storage
    | Shares
    | FloodRates
    | QuakeRates,
    Field(discriminator="kind"),
]

#: What a quantity is for. `heat`: for the heat of the floor; `heat_hours`: for the heaters' hours; `place`: a shelter.
Per: TypeAlias = Literal["person", "person_day", "people", "area", "heat", "heat_hours", "heater", "place"]
GROUPS: Final[dict[str, str]] = {
    "basic": "基本8品目",
    "water": "飲料水",
    "cold": "寒冷地の品目",
    "more": "そのほか",
}


class BySeason(Entry):
    """A quantity in each season."""

    winter: Exact
    mild: Exact

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, given: Any) -> Any:
        return given if isinstance(given, dict | BySeason) else {"winter": given, "mild": given}


class ItemRule(Entry):
    """One item of the stock (備蓄品目) and how its need is reckoned.

    `each` of it for every one of `per`; with `per: people` and `per: area` one for `of` people or m². Where that is
    missing nobody knows it: `question` says what to give. `part` of the group `whom` needs it. `pack` is what it is
    bought in; `shelf_months` is the time after which it is renewed. `only` is the season outside which nobody needs it.
    """

    name: str
    group: Literal["basic", "water", "cold", "more"]
    unit: str
    per: Per
    each: BySeason | None = None
    of: Positive | None = None
    only: Season | None = None
    whom: str = EVERYONE
    part: Part = Fraction(1)
    pack: Count = 1
    pack_unit: str = ""
    shelf_months: Count | None = None
    question: str = ""

    @property
    def is_one_for(self) -> bool:
        """Whether one is enough for several people or m²."""
        return self.per in ("people", "area")

    @model_validator(mode="after")
    def _known_or_asked(self) -> Self:
        known = self.of if self.is_one_for else self.each
        if (known is None) != bool(self.question):
            raise ValueError(
                "数量（each、per が people と area なら of）か question のどちらか一つを書いてください"
            )
        return self


class Bought(Entry):
    """What a published plan buys every year."""

    item: str
    unit: str
    goal: Count
    yearly: Count
    years: Count
    renewed_months: Count


class Example(Entry):
    """A published stock: people counted on, the part the body keeps for, quantities it came to."""

    body: str
    evacuees: Count
    public_share: Part
    people: Count | None = None
    days: Count = 3
    items: dict[str, Count]
    shares: dict[str, Part] = {}
    rounding: Literal["up", "down"] = "up"
    joint: bool = False
    counted: tuple[str, ...] = ()
    bought: Bought | None = None


class OwnItem(Entry):
    """A region's own figure for an item: `each`, or one for `winter` and one for `mild`, or `of`; and its basis."""

    basis: str
    each: Exact | None = None
    winter: Exact | None = None
    mild: Exact | None = None
    of: Positive | None = None
    pack: Count | None = None

    @model_validator(mode="after")
    def _both_seasons(self) -> Self:
        if (self.winter is None) != (self.mild is None) or (
            self.winter is not None and self.each is not None
        ):
            raise ValueError("季節ごとの数量は winter と mild の両方を書き、each は書かないでください")
        return self

    @property
    def quantity(self) -> Fraction | BySeason | None:
        """The quantity of any season, or those of both."""
        if self.winter is not None and self.mild is not None:
            return BySeason(winter=self.winter, mild=self.mild)
        return self.each


class OwnHeating(Entry):
    """A region's own figures of heating in place of those of `Heating`, and what they rest on."""

    basis: Annotated[str, Field(min_length=1)]
    watts_per_m2: Positive | None = None
    heater_kw: Positive | None = None
    litres_per_hour: Positive | None = None
    hours_per_day: Annotated[Fraction, BeforeValidator(_exact), Field(gt=0, le=24)] | None = None


class OwnStaff(Entry):
    """A region's own figures of staff in place of those of `Staff`, and what they rest on."""

    basis: Annotated[str, Field(min_length=1)]
    least: Count | None = None
    people: Count | None = None
    shifts: Count | None = None


class OwnFigures(Entry):
    """What a region decided itself (圏域で定めた値): figures by item, shares by group, heating, staff."""

    items: dict[str, OwnItem] = {}
    shares: dict[str, Part] = {}
    heating: OwnHeating | None = None
    staff: OwnStaff | None = None


def space_standards(on: date) -> dict[str, Rule[SpaceStandard]]:
    """The standards of floor area in force by key, in the order of the file."""
    return {
        key.removeprefix(_SPACE): _of(SpaceStandard, rule)
        for key, rule in _standards().in_force(on).items()
        if key.startswith(_SPACE)
    }


def default_space(on: date) -> str:
    """The key of the standard that counts where none is named."""
    return _of(Choice, _standards().on("default_space", on)).value.key


def space_standard(key: str, on: date) -> Rule[SpaceStandard]:
    """One standard of floor area; WrongInput names those there are, and the days of one that is not in force."""
    known = [each.removeprefix(_SPACE) for each in _standards().ids() if each.startswith(_SPACE)]
    if key not in known:
        raise WrongInput(
            f"広さの基準「{key}」はありません（選べるもの: {', '.join(known)}）。", column="standard"
        )
    return _of(SpaceStandard, _standards().on(f"{_SPACE}{key}", on))


def winter(on: date) -> Rule[Winter]:
    """Which months are winter, and what does not count then."""
    return _of(Winter, _standards().on("winter", on))


def toilets(on: date) -> Rule[Toilets]:
    """Toilets for so many people."""
    return _of(Toilets, _standards().on("toilets", on))


def baths(on: date) -> Rule[OneFor] | None:
    """Baths for so many people; None before any guideline named a number."""
    rule = _standards().in_force(on).get("baths")
    return None if rule is None else _of(OneFor, rule)


def staff(on: date, own: OwnStaff | None = None) -> Rule[Staff]:
    """Staff of a shelter, by the region's own figures where it has any."""
    return _with_own(_of(Staff, _standards().on("staff", on)), own)


def heating(on: date, own: OwnHeating | None = None) -> Rule[Heating]:
    """Heat, heaters and fuel, by the region's own figures where it has any."""
    return _with_own(_of(Heating, _standards().on("heating", on)), own)


def storage(on: date) -> Rule[Storage]:
    """Room for supplies."""
    return _of(Storage, _standards().on("storage", on))


def shares(on: date) -> Rule[Shares]:
    """The nation's shares of the groups that items are for."""
    return _of(Shares, _standards().on("shares", on))


def flood_rates(on: date) -> Rule[FloodRates]:
    """Evacuees of a flood."""
    return _of(FloodRates, _standards().on(f"{_EVACUEES}flood", on))


def quake_rates(key: str, on: date) -> Rule[QuakeRates]:
    """Evacuees of an earthquake by one formula; WrongInput names those there are."""
    known = [
        each.removeprefix(_EVACUEES)
        for each in _standards().ids()
        if each.startswith(_EVACUEES) and not each.endswith("flood")
    ]
    if key not in known:
        raise WrongInput(
            f"避難者数の式「{key}」はありません（選べるもの: {', '.join(known)}）。", column="formula"
        )
    return _of(QuakeRates, _standards().on(f"{_EVACUEES}{key}", on))


def items(on: date) -> dict[str, Rule[ItemRule]]:
    """The items of the stock in force by key, in the order they are shown."""
    return _items().in_force(on)


def item(key: str, on: date) -> Rule[ItemRule]:
    """One item; WrongInput names those there are."""
    if key not in _items().ids():
        raise WrongInput(f"品目「{key}」はありません（あるもの: {', '.join(_items().ids())}）。", column=key)
    return _items().on(key, on)


def examples() -> dict[str, Rule[Example]]:
    """Published stocks by key."""
    return {rule.id: rule for rule in _examples().rules}


def _with_own(rule: Rule[T], own: OwnHeating | OwnStaff | None) -> Rule[T]:
    if own is None:
        return rule
    figures = {name: value for name, value in own if name != "basis" and value is not None}
    return replace(
        rule,
        known_value=rule.value.model_copy(update=figures),
        source=f"地域の値（根拠：{own.basis}）",
        evidence=(ANSWERED,),
        legal_basis=own.basis,
    )


def _of(kind: type[T], rule: Rule[Any]) -> Rule[T]:
    if rule.is_known and not isinstance(rule.value, kind):
        raise WrongInput(f"この規則は {kind.__name__} ではありません。", file=rule.file, column=rule.id)
    return rule


@cache
def _standards() -> Rulebook[Any]:
    return load("disaster/standards.yaml", Standard)  # type: ignore[arg-type]


@cache
def _items() -> Rulebook[ItemRule]:
    return load("disaster/items.yaml", ItemRule)


@cache
def _examples() -> Rulebook[Example]:
    return load("disaster/examples.yaml", Example)
