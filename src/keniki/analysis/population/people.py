"""Who is counted: a population by municipality, sex and five-year age, and the series of censuses of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keniki.analysis.ages import AgeClass, distribute_unknown
from keniki.analysis.arrays import Array, floats

#: One truth for each municipality, and places of municipalities in a list.
Mask: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.intp]

#: Years in one step and in one closed age class.
STEP: Final = 5
SEXES: Final = ("male", "female")
MALE, FEMALE = 0, 1
#: First years of the classes whose women the child–woman ratio is taken of (15–49).
FERTILE: Final = (15, 50)


class InputError(ValueError):
    """Input that cannot be projected. `code`, `sex`, `age` and `year` say whose figure it is, where that is known."""

    def __init__(
        self,
        problem: str,
        *,
        code: str | None = None,
        sex: str | None = None,
        age: AgeClass | None = None,
        year: int | None = None,
    ) -> None:
        place = [code, sex, _label(age), None if year is None else str(year)]
        where = " ".join(part for part in place if part)
        super().__init__(f"{where}: {problem}" if where else problem)
        self.problem = problem
        self.code = code
        self.sex = sex
        self.age = age
        self.year = year


def five_year_ages(open_age: int) -> tuple[AgeClass, ...]:
    """0–4, 5–9 … and the open class from `open_age`. ValueError unless it is a multiple of five above 50.

    >>> five_year_ages(90)[-2:]
    ((85, 89), (90, None))
    """
    if open_age % STEP or open_age <= FERTILE[1]:
        raise ValueError(f"an open class cannot begin at {open_age}")
    return (*((first, first + STEP - 1) for first in range(0, open_age, STEP)), (open_age, None))


def check_ages(ages: Sequence[AgeClass]) -> tuple[AgeClass, ...]:
    """The classes; InputError unless they are 0–4, 5–9 … without a gap and end in an open class above 50.

    >>> check_ages([(0, 4), (10, None)])
    Traceback (most recent call last):
    ...
    keniki.analysis.population.people.InputError: 10+: ages have to be 0-4, 5-9 ... without gaps, the last one open
    """
    found = tuple(ages)
    last = found[-1][0] if found else 0
    if last % STEP or last <= FERTILE[1] or found != five_year_ages(last):
        for at, age in enumerate(found):
            if age != (at * STEP, at * STEP + STEP - 1):
                raise InputError("ages have to be 0-4, 5-9 ... without gaps, the last one open", age=age)
        raise InputError("the last class of ages has to be open, as 90 and over")
    return found


@dataclass(frozen=True)
class Population:
    """Persons on one day: `values` (n, 2, K) by municipality, sex (male, female) and class of `ages`; 年齢不詳 is
    already distributed. InputError for a negative or missing figure, a code given twice, a gap in the ages.
    """

    codes: tuple[str, ...]
    ages: tuple[AgeClass, ...]
    values: Array
    year: int

    def __post_init__(self) -> None:
        check_ages(self.ages)
        values = _shaped(self.codes, self.ages, self.values, ())
        _all_counts(self.codes, self.ages, values[..., None], (self.year,))
        object.__setattr__(self, "values", values)

    @property
    def totals(self) -> Array:
        """Persons by municipality, (n,)."""
        return floats(self.values.sum(axis=(1, 2)))

    @property
    def women(self) -> Array:
        """Women of 15–49 by municipality, (n,)."""
        return women_of(self.values, self.ages)

    def of(self, codes: Sequence[str]) -> Population:
        """The same of these municipalities, in this order; InputError for a code that is not there."""
        rows = places_of(self.codes, codes)
        return replace(self, codes=tuple(codes), values=self.values[rows])

    def folded(self, open_age: int) -> Population:
        """With the classes from `open_age` on in one."""
        ages, values = fold(self.ages, self.values, open_age, axis=2)
        return replace(self, ages=ages, values=values)


@dataclass(frozen=True)
class History:
    """Censuses five years apart: `values` (n, 2, K, T), the newest last, for the municipalities as they are now.

    Municipalities without a census in some year have NaN in all of that year's classes; InputError for single missing
    classes, negative figures and years that are not five apart.
    """

    codes: tuple[str, ...]
    ages: tuple[AgeClass, ...]
    values: Array
    years: tuple[int, ...]

    def __post_init__(self) -> None:
        check_ages(self.ages)
        if not self.years or any(b - a != STEP for a, b in zip(self.years, self.years[1:], strict=False)):
            raise InputError(f"censuses have to be {STEP} years apart, not {self.years}")
        values = _shaped(self.codes, self.ages, self.values, (len(self.years),))
        gone: Mask = np.all(np.isnan(values), axis=(1, 2))
        _all_counts(self.codes, self.ages, np.where(gone[:, None, None, :], 0.0, values), self.years)
        object.__setattr__(self, "values", values)

    def until(self, year: int) -> History:
        """The censuses up to `year`; InputError where there is none of that year."""
        if year not in self.years:
            raise InputError(f"there is no census of {year} among {self.years}", year=year)
        last = self.years.index(year) + 1
        return replace(self, values=self.values[..., :last], years=self.years[:last])

    def at(self, year: int) -> Population:
        """The census of a year, of the municipalities that have one."""
        values = self.until(year).values[..., -1]
        there: Mask = ~np.any(np.isnan(values), axis=(1, 2))
        codes = tuple(code for code, is_there in zip(self.codes, there, strict=True) if is_there)
        return Population(codes, self.ages, values[there], year)

    def folded(self, open_age: int) -> History:
        """With the classes from `open_age` on in one."""
        ages, values = fold(self.ages, self.values, open_age, axis=2)
        return replace(self, ages=ages, values=values)

    def merged(self, successors: Mapping[str, str]) -> History:
        """With municipalities that merged, or got another code, under the code they have now; figures are added up.

        One that has a successor is gone after its last census, and a code nobody had yet begins with its first: then
        the others make up the sum. A census that one of them lacks before that is lacking as a whole.

        >>> counted = np.array([[100.0, 90.0, np.nan], [np.nan, np.nan, 85.0]])[:, None, None] * np.ones((1, 2, 18, 1))
        >>> history = History(("04423", "04216"), five_year_ages(85), counted, (2010, 2015, 2020))
        >>> now = history.merged({"04423": "04216"})
        >>> now.codes, now.values[0, 0, 0].tolist()
        (('04216',), [100.0, 90.0, 85.0])
        """
        now = [successors.get(code, code) for code in self.codes]
        codes = tuple(dict.fromkeys(now))
        known: Mask = ~np.any(np.isnan(self.values), axis=(1, 2))
        parts = np.where(known[:, None, None], self.values, np.nan)
        for name in {to for code, to in zip(self.codes, now, strict=True) if to != code}:
            rows = [row for row, to in enumerate(now) if to == name and known[row].any()]
            for row in rows:
                first, last = np.flatnonzero(known[row])[[0, -1]]
                years = np.arange(len(self.years))
                others = known[[each for each in rows if each != row]].any(axis=0)
                away = years < first if self.codes[row] == name else years > last
                parts[row][..., away & others] = 0.0
            for row, to in enumerate(now):
                if to == name and rows and not known[row].any():
                    parts[row] = 0.0
        values = np.zeros((len(codes), *self.values.shape[1:]))
        np.add.at(values, places_of(codes, now), parts)
        return History(codes, self.ages, values, self.years)

    def joined(self, later: Population) -> History:
        """With another census, five years after the last; municipalities that only one of them has are kept."""
        if later.ages != self.ages or later.year != self.years[-1] + STEP:
            raise InputError(f"a census of {later.year} does not follow on {self.years[-1]}", year=later.year)
        codes = (*self.codes, *(code for code in later.codes if code not in set(self.codes)))
        values = np.full((len(codes), 2, len(self.ages), len(self.years) + 1), np.nan)
        values[: len(self.codes), ..., :-1] = self.values
        values[places_of(codes, later.codes), ..., -1] = later.values
        return History(codes, self.ages, values, (*self.years, later.year))


def with_unknown(values: ArrayLike, unknown: ArrayLike) -> Array:
    """Persons by class with those of 年齢不詳 distributed (按分) by municipality, sex and census.

    `values` (n, 2, K, T) and `unknown` (n, 2, T). Nobody at all stays nobody.

    >>> with_unknown([[[[30.0], [70.0]], [[10.0], [10.0]]]], [[[10.0], [0.0]]])[0, 0, :, 0]
    array([33., 77.])
    """
    found = np.moveaxis(floats(values), 2, -1)
    return np.moveaxis(distribute_unknown(found, unknown).values, -1, 2)


def women_of(values: Array, ages: Sequence[AgeClass]) -> Array:
    """Women of 15–49: `values` (…, 2, K) to (…).

    >>> women_of(np.full((2, 18), 10.0), five_year_ages(85)).item()
    70.0
    """
    first, end = (bound // STEP for bound in FERTILE)
    return floats(values[..., FEMALE, first:end].sum(axis=-1))


def fold(
    ages: Sequence[AgeClass], values: Array, open_age: int, *, axis: int
) -> tuple[tuple[AgeClass, ...], Array]:
    """Classes and figures with those from `open_age` on in one. InputError where a class begins on neither side.

    >>> fold(five_year_ages(100), np.ones((1, 2, 21)), 90, axis=2)[1][0, 0, -1].item()
    3.0
    """
    wanted = five_year_ages(open_age)
    if len(wanted) > len(ages):
        raise InputError(f"the figures end at {ages[-1][0]} and over, so {open_age} and over is not known")
    head, tail = np.split(values, [len(wanted) - 1], axis=axis)
    return wanted, np.concatenate([head, tail.sum(axis=axis, keepdims=True)], axis=axis)


def places_of(codes: Sequence[str], wanted: Sequence[str]) -> Places:
    """Where the wanted codes stand among `codes`; InputError names the first that is not there.

    >>> places_of(["01100", "01210"], ["01210"])
    array([1])
    """
    at = {code: place for place, code in enumerate(codes)}
    for code in wanted:
        if code not in at:
            raise InputError("no figures of this municipality", code=code)
    return np.array([at[code] for code in wanted], dtype=np.intp)


def _shaped(
    codes: Sequence[str], ages: Sequence[AgeClass], values: ArrayLike, more: tuple[int, ...]
) -> Array:
    found = floats(values)
    if found.shape != (len(codes), len(SEXES), len(ages), *more):
        raise InputError(f"{found.shape} figures for {len(codes)} municipalities and {len(ages)} classes")
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise InputError("this municipality is there twice", code=code)
        seen.add(code)
    return found


def _all_counts(codes: Sequence[str], ages: Sequence[AgeClass], values: Array, years: Sequence[int]) -> None:
    wrong = ~np.isfinite(values) | (values < 0)
    if np.any(wrong):
        row, sex, age, year = np.argwhere(wrong)[0]
        what = "a figure is missing" if not np.isfinite(values[row, sex, age, year]) else "fewer than nobody"
        raise InputError(what, code=codes[row], sex=SEXES[sex], age=ages[age], year=years[year])


def _label(age: AgeClass | None) -> str | None:
    if age is None:
        return None
    return f"{age[0]}+" if age[1] is None else f"{age[0]}-{age[1]}"
