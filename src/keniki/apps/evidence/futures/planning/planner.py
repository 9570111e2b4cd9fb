"""What plans of demands are made with: people to come, and whose rates some municipalities have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from keniki.analysis.ages import AgeClass, distribute_unknown
from keniki.analysis.arrays import Array, divided, floats
from keniki.analysis.population import Projection
from keniki.analysis.population.demand import (
    AgeRates,
    Parts,
    People,
)
from keniki.analysis.population.people import SEXES
from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import ByAge, DemandRule, Flat, RateRow, RateValue
from keniki.rulebooks.indicators import Catalogue
from keniki.rulebooks.loader import Rule

from .. import lives
from ..demanded import Basis, Missing
from ..own_figures import OwnFigures, Total
from ..rate_files import Given


@dataclass
class Future:
    """People by year (…, T + 1, n, 2, K) of a projection, of draws or a variant, with their survival (T, n, 2, K)."""

    people: People
    survival: Array

    @property
    def values(self) -> Array:
        """The people themselves."""
        return self.people.values


#: From people to a demand by year and municipality, (…, T + 1 or T, n).
Reckon = Callable[[Future], Array]


@dataclass(frozen=True)
class Plan:
    """A demand ready to be reckoned: `flow` counts by step rather than by year.

    `rows` are the municipalities it is known of, `basis` whose rate each has. `weights` are its rates by single year
    of age, (n, 2, A), where it is a sum of rates times people, and `aged` the same with the rate of a year younger.
    `raised` reckons it with its rate times a factor, `later` with the rate of a year younger (None where age has no
    part). `parted` parts its change; `divided` is what a ratio of all together is divided by.
    """

    id: str
    rule: DemandRule
    reckon: Reckon
    rows: tuple[int, ...]
    basis: tuple[Basis, ...]
    sources: tuple[str, ...]
    flow: bool = False
    note: str = ""
    raised: Callable[[float], Reckon] | None = None
    later: Reckon | None = None
    parted: Callable[[Future], Parts | None] | None = None
    divided: Reckon | None = None
    weights: Array | None = None
    aged: Array | None = None

    def raised_by(self, factor: float) -> Reckon:
        """With its rate times a factor: itself times it, unless it has a way of its own."""
        if self.raised is not None:
            return self.raised(factor)
        return lambda future: self.reckon(future) * factor


@dataclass
class Planner:
    """Finds the rates of some municipalities: given ones, their own, their prefecture's, the nation's.

    `central` is their projection alone, by five-digit code. `missing` fills up with what cannot be reckoned.
    """

    codes: tuple[str, ...]
    central: Projection
    own: OwnFigures
    given: Given
    indicators: Catalogue
    on: date
    missing: list[Missing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plans: dict[str, Plan] = {}

    @property
    def open_age(self) -> int:
        """Where the projection's open class begins."""
        return self.central.ages[-1][0]

    @cached_property
    def old(self) -> Array:
        """Persons by single year of age from the open class on in the newest life table, (2, m)."""
        table = lives.tables_for(self.central.ages)[-1]
        at = [place for place, age in enumerate(table.ages) if age >= self.open_age]
        _, lived = table.survivors()
        ages = np.array([table.ages[place] for place in at])
        years = np.arange(ages[0], ages[-1] + 1)
        whole = np.stack([np.interp(years, ages, np.log(np.maximum(row[at], 1e-12))) for row in lived])
        beyond = np.exp(whole)
        return floats(np.concatenate([beyond[:, :-1] - beyond[:, 1:], beyond[:, -1:]], axis=1))

    def by_year(self, rates: AgeRates, later: int = 0) -> Array:
        """Rates by single year of age as the projection has them, (2, A)."""
        return rates.by_year(self.open_age, self.old, later=later)

    def people_in(self, year: int) -> Array:
        """The projection's people in any year, (n, 2, K): straight between two of its years, at most its ends."""
        years = self.central.years
        when = min(max(year, years[0]), years[-1])
        after = next(at for at, each in enumerate(years) if each >= when)
        before = max(after - 1, 0)
        if years[after] == when:
            return floats(self.central.values[after])
        weight = (when - years[before]) / (years[after] - years[before])
        values = self.central.values
        return floats((1 - weight) * values[before] + weight * values[after])

    def needing_in(self, year: int, row: int, rates: Array) -> float:
        """What rates by single year of age, (2, A), come to in a municipality in any year."""
        people = People(self.people_in(year)[row : row + 1], self.central.ages)
        return float(people.needing(rates[None])[0])

    @cached_property
    def standard(self) -> tuple[Array, tuple[AgeClass, ...]]:
        """The nation by single year of age, (2, A), with 年齢不詳 distributed, and its classes."""
        rule = book.standard_population(self.on).value
        known = distribute_unknown([rule.male, rule.female], rule.unknown).values
        return People(known[None], rule.ages).single_years()[0], rule.ages

    def in_standard(self, age: AgeClass) -> Array:
        """Persons of an age class in the standard population, (2,)."""
        people, _ = self.standard
        return floats(people[:, age[0] : None if age[1] is None else age[1] + 1].sum(axis=1))

    def rates_of(self, value: ByAge) -> AgeRates:
        """The rates a rule states, per person: counts divided, a pattern set to its level.

        InputError where nobody is there to divide by.
        """
        ages = tuple(row.age for row in value.rows)
        rates = AgeRates(ages, np.stack([self._row(row) for row in value.rows], axis=1) / value.per)
        if value.level is None:
            return rates
        people = np.stack([self.in_standard(age) for age in ages], axis=1)
        there = (rates.values * people).sum(axis=1)
        level = value.level
        if level.both is not None:
            return rates.times(divided(level.both / value.per * people.sum(), there.sum()))
        wanted = floats([level.male or 0.0, level.female or 0.0]) / value.per * people.sum(axis=1)
        return rates.times(divided(wanted, there))

    def _row(self, row: RateRow) -> Array:
        both = row.both is not None
        found = floats([row.both or 0.0] * 2 if both else [row.male or 0.0, row.female or 0.0])
        if row.of is None:
            return found
        people = self.in_standard(row.age) if row.of == "standard" else np.full(len(SEXES), row.of)
        if both and row.of == "standard":
            people = np.full(len(SEXES), people.sum())
        return divided(found, people)

    def lacking(self, name: str, rule: DemandRule, codes: Sequence[str], sentence: str) -> None:
        """Note what is missing for some municipalities."""
        self.missing.append(Missing(name, rule.name, rule.theme, tuple(codes), sentence))

    def what_to_load(self, rule: DemandRule, question: str = "") -> str:
        """The files that would bring a rate or total, and the question of the rule that asks."""
        parts = [
            sentence
            for indicator in dict.fromkeys([rule.indicator, *rule.totals[:1]])
            if indicator
            for sentence in self.indicators.what_to_import(indicator)
        ]
        if question:
            parts.append(f"又は、「率の登録」の画面か率のファイルで指定してください：{question}")
        elif rule.totals or not parts:
            parts.append("又は、「率の登録」の画面か率のファイルで指定してください。")
        return "".join(parts)

    def figure(self, name: str, code: str) -> tuple[float, Basis, str] | None:
        """A single figure for a municipality: given, or the nation's. None where the rule asks."""
        given = self.given.figure(name, code)
        if given is not None:
            return given[0].value, "asked", given[1]
        rule = book.factor(name, self.on)
        if not rule.is_known or not isinstance(rule.value, Flat):
            return None
        return rule.value.value, "national", rule.source

    def known_figure(self, name: str, code: str) -> tuple[float, Basis, str]:
        """The same of a rule that never asks."""
        found = self.figure(name, code)
        if found is None:
            raise LookupError(name)
        return found

    def asked_for(self, rule: Rule[RateValue]) -> str:
        """The sentence that asks for a figure nothing holds."""
        return f"「率の登録」の画面か率のファイルで指定してください：{rule.question}"

    def total(self, rule: DemandRule, code: str) -> tuple[Total, Basis] | None:
        """A municipality's own total: given, or among the figures held."""
        if not rule.totals:
            return None
        given = self.given.figure(rule.totals[0], code)
        if given is not None:
            return Total(given[0].value, given[0].year, given[1]), "asked"
        found = self.own.total(code, rule.totals, rule.parts)
        return None if found is None else (found, "own")
