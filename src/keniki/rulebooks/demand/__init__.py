"""What is reckoned from a population to come, and the rates it is reckoned with where a municipality has none."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from keniki.rulebooks.loader import Entry, Rule, Rulebook, load

AgeClass: TypeAlias = tuple[Annotated[int, Field(ge=0, le=130)], Annotated[int, Field(ge=0, le=130)] | None]


def _no_yes(given: Any) -> Any:
    if isinstance(given, bool):
        raise ValueError("数を書いてください")
    return given


Amount: TypeAlias = Annotated[float, BeforeValidator(_no_yes), Field(ge=0, le=1e12, allow_inf_nan=False)]
Year: TypeAlias = Annotated[int, Field(ge=1900, le=2200)]


class RateRow(Entry):
    """A rate of an age class (first and last year, null: and over), of both sexes or of each.

    With `of` it is a count: of so many persons, or of the `standard` population of the class.
    """

    age: AgeClass
    both: Amount | None = None
    male: Amount | None = None
    female: Amount | None = None
    of: Annotated[float, Field(gt=0, le=1e10)] | Literal["standard"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        _check_sexes(self.both, self.male, self.female)
        if self.age[1] is not None and self.age[1] < self.age[0]:
            raise ValueError("年齢の終わりが初めより前です")
        return self


class Level(Entry):
    """The rate of all ages of the rows together in the standard population: a pattern is scaled to it."""

    both: Amount | None = None
    male: Amount | None = None
    female: Amount | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        _check_sexes(self.both, self.male, self.female)
        return self


def _check_sexes(both: float | None, male: float | None, female: float | None) -> None:
    given = (both is not None, male is not None, female is not None)
    if given not in ((True, False, False), (False, True, True)):
        raise ValueError("both か、male と female の両方を書いてください")


class ByAge(Entry):
    """Rates by sex and age of a year, `per` so many persons; the classes follow one another."""

    kind: Literal["by_age"]
    year: Year
    per: Annotated[float, Field(ge=1, le=1e9)] = 1.0
    rows: Annotated[tuple[RateRow, ...], Field(min_length=1)]
    level: Level | None = None

    @model_validator(mode="after")
    def _without_gaps(self) -> Self:
        awaited: int | None = self.rows[0].age[0]
        for number, row in enumerate(self.rows, 1):
            if row.age[0] != awaited:
                raise ValueError(f"{number}行目の年齢 {row.age[0]} が、前の行の続きではありません")
            awaited = None if row.age[1] is None else row.age[1] + 1
        return self


class Flat(Entry):
    """One figure of a year, in the unit its demand is reckoned with."""

    kind: Literal["flat"]
    year: Year
    value: Amount
    unit: str = ""


class GivenBuilding(Entry):
    """A public building: use, year built, floor area in m²."""

    use: str
    built: Annotated[int, Field(ge=1800, le=2200)]
    area: Amount


class Buildings(Entry):
    """The public buildings of a municipality."""

    kind: Literal["buildings"]
    year: Year
    rows: Annotated[tuple[GivenBuilding, ...], Field(min_length=1)]


RateValue: TypeAlias = Annotated[ByAge | Flat | Buildings, Field(discriminator="kind")]


class StandardPopulation(Entry):
    """The nation by sex and class of age; `unknown` (male, female) are those of 年齢不詳."""

    year: int
    ages: tuple[AgeClass, ...]
    male: tuple[float, ...]
    female: tuple[float, ...]
    unknown: tuple[float, float]


class LevelCounts(Entry):
    """Persons of an age class by level of care."""

    age: AgeClass
    counts: tuple[float, ...]


class LevelTotal(Entry):
    """Persons of one level of care, or of several together."""

    levels: tuple[str, ...]
    persons: float


class CareLevels(Entry):
    """The levels of care (要介護度): a pattern by age, and the totals of one level or several that it is fitted to."""

    year: int
    levels: tuple[str, ...]
    totals: tuple[LevelTotal, ...]
    rows: tuple[LevelCounts, ...]

    @model_validator(mode="after")
    def _every_level_once(self) -> Self:
        if tuple(level for total in self.totals for level in total.levels) != self.levels:
            raise ValueError("totals は levels の順に、どの要介護度も1回ずつにしてください")
        if any(len(row.counts) != len(self.levels) for row in self.rows):
            raise ValueError("rows の counts は levels と同じ数にしてください")
        return self


class UseCost(Entry):
    """Ten thousand yen per m² of a use of buildings: major repair (大規模改修) and rebuilding (建替え)."""

    name: str
    repair: float
    rebuild: float


class Renewal(Entry):
    """When public buildings are renewed and what it costs by use."""

    repair_at: int
    repair_years: int
    rebuild_at: int
    rebuild_years: int
    overdue: tuple[int, int]
    backlog: int
    uses: dict[str, UseCost]


Reckoned: TypeAlias = Literal[
    "rate",
    "level",
    "births",
    "deaths",
    "cremations",
    "beds",
    "vacant",
    "water_average",
    "water_maximum",
    "waste",
    "elastic",
    "renewal",
    "renewal_per_person",
]


class DemandRule(Entry):
    """One demand: its name and unit, how it is `reckoned`, and where its rate is looked for.

    `rate` and `factor` are ids of the rules used where a municipality has none; `indicator` is its own rate and
    `totals` its own total (their sum) among the indicators, `parts` the kind of parts that total may be given in;
    `total_note` says what such a total counts, where the nation's rate counts something else. `rated` is the rate in
    words, empty where a tenth more of it makes no sense; `share`: nobody has more than one of it.
    `healthier`: people who stay healthy for longer have the rate of younger ones.
    """

    name: str
    theme: str
    unit: str
    decimals: int = 0
    reckoned: Reckoned
    rate: str = ""
    factor: str = ""
    indicator: str = ""
    totals: tuple[str, ...] = ()
    parts: str = ""
    total_note: str = ""
    level: str = ""
    rated: str = "率"
    share: bool = False
    healthier: bool = False
    method: str
    note: str = ""


def demands(on: date) -> dict[str, DemandRule]:
    """Everything that is reckoned, in the order it is shown."""
    return _demands().on("demands", on).value


def rate(name: str, on: date) -> Rule[RateValue]:
    """The nation's rate by age, or the rule that asks for one."""
    return _rates().on(name, on)


def factor(name: str, on: date) -> Rule[RateValue]:
    """A single figure, or the rule that asks for it."""
    return _factors().on(name, on)


def known_rates() -> tuple[str, ...]:
    """The ids of all rates and factors."""
    return (*_rates().ids(), *_factors().ids())


def asked_in(name: str) -> bool:
    """Whether a rule of this name is a rate by age (or else a single figure)."""
    return name in _rates().ids()


def care_levels(on: date) -> Rule[CareLevels]:
    """How those certified divide among the levels of care."""
    return _care().on("care_levels", on)


def standard_population(on: date) -> Rule[StandardPopulation]:
    """The population counts become rates by."""
    return _standard().on("standard_population", on)


def renewal(on: date) -> Rule[Renewal]:
    """Unit costs of renewing public buildings."""
    return _renewal().on("renewal", on)


@cache
def _demands() -> Rulebook[dict[str, DemandRule]]:
    return load("demand/demands.yaml", dict[str, DemandRule])


@cache
def _rates() -> Rulebook[RateValue]:
    return load("demand/rates.yaml", RateValue)  # type: ignore[arg-type]


@cache
def _factors() -> Rulebook[RateValue]:
    return load("demand/factors.yaml", RateValue)  # type: ignore[arg-type]


@cache
def _care() -> Rulebook[CareLevels]:
    return load("demand/care.yaml", CareLevels)


@cache
def _standard() -> Rulebook[StandardPopulation]:
    return load("demand/standard.yaml", StandardPopulation)


@cache
def _renewal() -> Rulebook[Renewal]:
    return load("demand/buildings.yaml", Renewal)
