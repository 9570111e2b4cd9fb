"""What if: named changes to rates, one after another (シナリオ)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats

from .control import Control, classes_within
from .people import SEXES, STEP, InputError, Places, Population, check_ages, places_of
from .projecting import Projection, project
from .rates import Rates

#: Years of life between 15 and 49 by years of births counted in 0–4: total fertility is about so many child–woman
#: ratios. Source: Hauer & Schmertmann (2020), implied total fertility rate.
FERTILITY_PER_RATIO: Final = 7.0


@dataclass(frozen=True)
class Closed:
    """No migration at all (封鎖人口)."""


@dataclass(frozen=True)
class Fertility:
    """Children per woman. Exactly one of: `factor` on the child–woman ratio; `child_women`, the ratio itself; `tfr`,
    the total fertility rate (合計特殊出生率), taken as seven child–woman ratios. Each by year, straight between the
    years given and constant outside them; `codes`: these municipalities only.
    """

    factor: Mapping[int, float] | None = None
    child_women: Mapping[int, float] | None = None
    tfr: Mapping[int, float] | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Migration:
    """Net migration of the ages (at the start of a step) in `ages`: times `factor`, then plus `added` per person,
    from the step that ends in `since` to the one that ends in `until`.
    """

    factor: float = 1.0
    added: float = 0.0
    ages: AgeClass = (0, None)
    since: int | None = None
    until: int | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Families:
    """So many families move in every year, beyond what the rates say: `members` are persons per family by sex and
    class, ages as they are at the end of the step.
    """

    per_year: float
    members: Mapping[tuple[str, AgeClass], float]
    codes: tuple[str, ...]
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class Survival:
    """Mortality (1 − survival) times a factor by year, straight between the years given."""

    factor: Mapping[int, float]


Change: TypeAlias = Closed | Fertility | Migration | Families | Survival | Control


@dataclass(frozen=True)
class Scenario:
    """Changes made to rates in this order; a `Control` scales the result of each step and stands last."""

    name: str
    changes: tuple[Change, ...] = ()
    author: str = ""
    note: str = ""

    def applied(self, rates: Rates, base_year: int, steps: int) -> tuple[Rates, Control | None]:
        """The changed rates of so many steps, and the control totals if there are any.

        InputError for a municipality or class that the rates don't have, for a path without a year, for two controls.

        >>> from keniki.analysis.population import five_year_ages
        >>> ones = np.ones((1, 1, 2, 18))
        >>> rates = Rates(("01210",), five_year_ages(85), ones, ones * 0.1, np.array([[0.2]]), np.array([[0.5]]), "net")
        >>> made, _ = Scenario("半減", (Migration(factor=0.5, since=2030),)).applied(rates, 2020, 2)
        >>> made.migration[:, 0, 0, 0]
        array([0.1 , 0.05])
        """
        found = _over(rates, steps)
        years = [base_year + STEP * (step + 1) for step in range(steps)]
        control: Control | None = None
        for change in self.changes:
            if isinstance(change, Control):
                if control is not None:
                    raise InputError("a scenario has one set of control totals")
                control = change
            elif isinstance(change, Closed):
                found = found.closed()
            elif isinstance(change, Fertility):
                found = _fertility(found, change, years)
            elif isinstance(change, Migration):
                found = _migration(found, change, years)
            elif isinstance(change, Families):
                found = _families(found, change, years)
            else:
                found = _survival(found, change, years)
        return found, control

    def project(self, base: Population, rates: Rates, until: int) -> Projection:
        """The projection under this scenario; InputError as `applied` and `project`."""
        steps = max(0, (until - base.year) // STEP)
        changed, control = self.applied(rates, base.year, steps)
        return project(base, changed, until, control=control)


def path(values: Mapping[int, float], years: Sequence[int]) -> Array:
    """Figures given for some years at these years: straight between, constant before and after.

    >>> path({2030: 1.0, 2040: 2.0}, [2025, 2035, 2050])
    array([1. , 1.5, 2. ])
    """
    if not values:
        raise InputError("a path needs a figure for at least one year")
    known = sorted(values)
    given = [values[year] for year in known]
    if not all(np.isfinite(given)) or min(given) < 0:
        raise InputError("the figures of a path are not negative")
    return floats(np.interp(years, known, given))


def _over(rates: Rates, steps: int) -> Rates:
    """The same with each step's rates of its own, so that steps can be changed."""

    def each(values: Array) -> Array:
        if len(values) == 1:
            return np.repeat(values, steps, axis=0)
        if len(values) < steps:
            raise InputError(f"there are rates for {len(values)} steps, not for {steps}")
        return values[:steps].copy()

    if not steps:
        return rates
    return replace(
        rates,
        survival=each(rates.survival),
        migration=each(rates.migration),
        child_women=each(rates.child_women),
        boys=each(rates.boys),
        leaving=None if rates.leaving is None else each(rates.leaving),
        arriving=None if rates.arriving is None else each(rates.arriving),
        extra=None if rates.extra is None else each(rates.extra),
    )


def _rows(rates: Rates, codes: Sequence[str]) -> Places:
    return places_of(rates.codes, codes) if codes else np.arange(len(rates.codes))


def _within(years: Sequence[int], since: int | None, until: int | None) -> list[int]:
    return [
        step
        for step, year in enumerate(years)
        if (since is None or year >= since) and (until is None or year <= until)
    ]


def _fertility(rates: Rates, change: Fertility, years: Sequence[int]) -> Rates:
    given = [each for each in (change.factor, change.child_women, change.tfr) if each is not None]
    if len(given) != 1:
        raise InputError("fertility takes one of a factor, a child-woman ratio and a total fertility rate")
    wanted = path(given[0], years)[:, None]
    rows = _rows(rates, change.codes)
    found = rates.child_women.copy()
    if change.factor is not None:
        found[:, rows] *= wanted
    else:
        found[:, rows] = wanted if change.child_women is not None else wanted / FERTILITY_PER_RATIO
    return replace(rates, child_women=found)


def _migration(rates: Rates, change: Migration, years: Sequence[int]) -> Rates:
    rows, columns = _rows(rates, change.codes), classes_within(rates.ages, change.ages)
    if not columns:
        raise InputError("no whole class of ages lies within the ages of the migration", age=change.ages)
    found = rates.migration.copy()
    leaving = None if rates.leaving is None else rates.leaving.copy()
    for step in _within(years, change.since, change.until):
        cells = np.ix_(np.array([step]), rows, np.arange(len(SEXES)), np.array(columns))
        if leaving is None:
            found[cells] = found[cells] * change.factor + change.added
        else:
            leaving[cells] = np.clip(leaving[cells] * change.factor - change.added, 0.0, 1.0)
    return replace(rates, migration=found, leaving=leaving)


def _families(rates: Rates, change: Families, years: Sequence[int]) -> Rates:
    check_ages(rates.ages)
    shape = (len(years), len(rates.codes), len(SEXES), len(rates.ages))
    found = np.zeros(shape) if rates.extra is None else rates.extra.copy()
    rows = _rows(rates, change.codes)
    for (sex, age), number in change.members.items():
        if sex not in SEXES or age not in rates.ages:
            raise InputError("no such class for the members of a family", sex=sex, age=age)
        for step in _within(years, change.since, change.until):
            found[step, rows, SEXES.index(sex), rates.ages.index(age)] += STEP * change.per_year * number
    return replace(rates, extra=found)


def _survival(rates: Rates, change: Survival, years: Sequence[int]) -> Rates:
    factor = path(change.factor, years)[:, None, None, None]
    return replace(rates, survival=np.clip(1 - (1 - rates.survival) * factor, 0.0, 1.0))
