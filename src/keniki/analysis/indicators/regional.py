"""A region's figure from its municipalities', as the catalogue says: added, weighted, recomputed, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import assert_never

import numpy as np
from numpy.typing import ArrayLike

from keniki.analysis.ages import AgeClass, mean_age
from keniki.analysis.arrays import Array, divided, floats
from keniki.analysis.indicators.shifts import shift_share
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import (
    Aggregation,
    Catalogue,
    Change,
    Combination,
    Indicator,
    MeanAge,
    PeriodRate,
    ProductivityQuotient,
    RateTimesPopulation,
    Ratio,
    Recipe,
    ShareQuotient,
    ShiftComponent,
    Term,
)


class CannotAggregate(WrongInput):
    """These figures cannot be made one: the message says why and what to do."""


@dataclass(frozen=True)
class Figures:
    """The figures of n municipalities, in the units of the catalogue; NaN is missing.

    `values[term]` has shape (n,), or (n, k) by age class where a recipe runs over ages (`ages` then gives the k
    classes). An age class that is not there is added up from classes that fill it exactly. `earlier` holds the
    earlier year's figures, `years` after which `values` follow; `reference` and `reference_earlier` are the nation's
    (or prefecture's) single ones. `beyond` (n,) marks areas that reach outside the region (一部圏域外も含む); `names`
    are printed in messages.
    """

    values: Mapping[Term, ArrayLike]
    earlier: Mapping[Term, ArrayLike] = field(default_factory=dict)
    reference: Mapping[Term, float] = field(default_factory=dict)
    reference_earlier: Mapping[Term, float] = field(default_factory=dict)
    ages: Sequence[AgeClass] = ()
    beyond: ArrayLike | None = None
    names: Sequence[str] = ()
    years: float = 1.0


@dataclass(frozen=True)
class Regional:
    """A region's figure; NaN where `missing` (positions of municipalities without a figure) is not empty."""

    value: float
    method: Aggregation
    missing: tuple[int, ...] = ()


def compute(indicator: Indicator, figures: Figures, catalogue: Catalogue, *, part: str = "") -> Array:
    """The indicator in every municipality (n,): its own figures where there are some, else by its recipe.

    `part` is the division asked for (`industry:E`). WrongInput names a figure that was not given.

    >>> from datetime import date
    >>> from keniki.rulebooks.indicators import catalogue
    >>> book = catalogue(date(2024, 4, 1))
    >>> given = Figures({Term(of="doctors"): [177, 5], Term(of="population"): [84499, 7927]})
    >>> compute(book["doctors_per_100k"], given, book).round(1)
    array([209.5,  63.1])
    """
    return _Municipal(figures, catalogue).of(Term(of=indicator.id, part=part))


def compute_term(term: Term, figures: Figures, catalogue: Catalogue) -> Array:
    """A term's figure in every municipality (n,), of its sex, age class and part, without its coefficient.

    An age class is added up from those that fill it. WrongInput names a figure that was not given.

    >>> from datetime import date
    >>> from keniki.rulebooks.indicators import catalogue
    >>> given = Figures({Term(of="population", age=(0, 4)): [40], Term(of="population", age=(5, 14)): [90]})
    >>> compute_term(Term(of="population", age=(0, 14)), given, catalogue(date(2024, 4, 1)))
    array([130.])
    """
    return _Municipal(figures, catalogue).of(term)


def aggregate(indicator: Indicator, figures: Figures, catalogue: Catalogue, *, part: str = "") -> Regional:
    """The indicator of all municipalities of `figures` together.

    Sums are added, means weighted, rates recomputed from the sums of what they are made of. CannotAggregate where the
    catalogue forbids it or an area reaches outside the region; WrongInput names a figure that was not given.
    A missing figure makes the result NaN: nothing is added up with a hole in it.

    >>> from datetime import date
    >>> from keniki.rulebooks.indicators import catalogue
    >>> book = catalogue(date(2024, 4, 1))
    >>> given = Figures({Term(of="doctors"): [177, 5], Term(of="population"): [84499, 7927]})
    >>> round(aggregate(book["doctors_per_100k"], given, book).value, 1)
    196.9
    """
    _refuse_beyond(indicator, figures)
    adding = _Adding(figures, catalogue)
    value = adding.total(Term(of=indicator.id, part=part), figures.values)
    missing = tuple(sorted(adding.missing))
    return Regional(float("nan") if missing else float(value), indicator.aggregation, missing)


@dataclass
class _Municipal:
    """Figures by municipality, each looked up or computed."""

    figures: Figures
    catalogue: Catalogue

    def of(self, term: Term, year: Mapping[Term, ArrayLike] | None = None) -> Array:
        values = self.figures.values if year is None else year
        if term.figure in values:
            return floats(values[term.figure])
        classes = _classes_filling(term, values)
        if classes:
            return floats(sum(floats(values[each]) for each in classes))
        indicator = self.catalogue[term.of]
        if indicator.recipe is None or term.sex or term.age:
            raise _not_given(indicator, term)
        return _evaluate(
            indicator.recipe,
            term.part,
            self.figures,
            lambda used: self.of(used, values),
            lambda used: self.of(used, self.figures.earlier),
        )


@dataclass
class _Adding:
    """Sums over the municipalities, remembering who has no figure."""

    figures: Figures
    catalogue: Catalogue
    missing: set[int] = field(default_factory=set)

    def total(self, term: Term, year: Mapping[Term, ArrayLike]) -> Array:
        indicator = self.catalogue[term.of]
        match indicator.aggregation:
            case Aggregation.NONE:
                raise CannotAggregate(
                    f"「{indicator.name}」は圏域の値を市町村の値から求められません。{indicator.not_added_because}"
                )
            case Aggregation.SUM:
                return self._sum(self._municipal(term, year))
            case Aggregation.WEIGHTED_MEAN:
                return self._weighted(indicator, term, year)
            case Aggregation.RECOMPUTE:
                return self._recomputed(indicator, term, year)
        assert_never(indicator.aggregation)

    def _recomputed(self, indicator: Indicator, term: Term, year: Mapping[Term, ArrayLike]) -> Array:
        if indicator.recipe is None:
            raise _not_given(indicator, term)
        return _evaluate(
            indicator.recipe,
            term.part,
            self.figures,
            lambda used: self.total(used, year),
            lambda used: self.total(used, self.figures.earlier),
        )

    def _weighted(self, indicator: Indicator, term: Term, year: Mapping[Term, ArrayLike]) -> Array:
        values = self._municipal(term, year)
        weights = self._municipal(Term(of=indicator.weight), year)
        self._note_missing(values, weights)
        return divided((values * weights).sum(axis=0), weights.sum(axis=0))

    def _sum(self, values: Array) -> Array:
        self._note_missing(values)
        return floats(values.sum(axis=0))

    def _municipal(self, term: Term, year: Mapping[Term, ArrayLike]) -> Array:
        return _Municipal(self.figures, self.catalogue).of(term, year)

    def _note_missing(self, *arrays: Array) -> None:
        for values in arrays:
            holes = np.isnan(values).reshape(values.shape[0], -1).any(axis=1)
            self.missing.update(int(position) for position in np.flatnonzero(holes))


def _evaluate(
    recipe: Recipe,
    part: str,
    figures: Figures,
    now: Callable[[Term], Array],
    before: Callable[[Term], Array],
) -> Array:
    def figure(term: Term) -> Array:
        return now(term.with_part(part).figure)

    match recipe:
        case Combination():
            return _combined(recipe.terms, figure)
        case Ratio():
            above = _combined(recipe.numerator, figure) * recipe.factor
            return divided(above, _combined(recipe.denominator, figure))
        case Change():
            term = recipe.of.with_part(part).figure
            first, last = before(term), now(term)
            change = divided(last - first, first) if recipe.relative else last - first
            return change * recipe.factor / (figures.years if recipe.per_year else 1.0)
        case PeriodRate():
            happened = now(recipe.of.with_part(part).figure) / figures.years
            return divided(happened * recipe.factor, before(recipe.base.with_part(part).figure))
        case ShiftComponent():
            return _component(recipe, recipe.used[0].with_part(part).figure, figures, now, before)
        case ShareQuotient() | ProductivityQuotient():
            above_term, below_term = (term.with_part(part).figure for term in recipe.used)
            there = divided(
                _reference(figures.reference, above_term), _reference(figures.reference, below_term)
            )
            return divided(divided(now(above_term), now(below_term)), there)
        case RateTimesPopulation():
            people, rates = figure(recipe.used[1]), figure(recipe.used[0])
            product = people * rates / recipe.per
            return product.sum(axis=-1) if people.ndim > 1 else product
        case MeanAge():
            return mean_age(figure(recipe.used[0]), figures.ages)
    assert_never(recipe)


def _combined(terms: Sequence[Term], figure: Callable[[Term], Array]) -> Array:
    return floats(sum(term.times * figure(term) for term in terms))


def _component(
    recipe: ShiftComponent,
    term: Term,
    figures: Figures,
    now: Callable[[Term], Array],
    before: Callable[[Term], Array],
) -> Array:
    if not term.part:
        raise WrongInput(
            "シフト・シェアの要因は産業ごとに計算します。産業を指定し、全体は産業ごとの値を合計してください。"
        )
    all_parts = Term(of=recipe.of)
    nation = [_reference(year, each) for each in (term, all_parts) for year in _years(figures)]
    first, last = before(term), now(term)
    rest = [nation[2] - nation[0], nation[3] - nation[1]]
    here, later = (np.stack([each, np.zeros_like(each)], axis=-1) for each in (first, last))
    found = shift_share(here, later, [nation[0], rest[0]], [nation[1], rest[1]])
    return {"national": found.national, "mix": found.mix, "regional": found.regional}[recipe.component][
        ..., 0
    ]


def _years(figures: Figures) -> tuple[Mapping[Term, float], Mapping[Term, float]]:
    return figures.reference_earlier, figures.reference


def _classes_filling(term: Term, values: Mapping[Term, ArrayLike]) -> list[Term]:
    """Terms whose age classes follow one another from the first to the last year of `term`; none if they don't."""
    if term.age is None:
        return []
    whose = term.of, term.sex, term.part
    there = [each for each in values if each.age and (each.of, each.sex, each.part) == whose]
    first, last = term.age
    found: list[Term] = []
    while last is None or first <= last:
        starting = [
            each for each in there if each.age and each.age[0] == first and _ends_within(each.age[1], last)
        ]
        if not starting:
            return []
        found.append(min(starting, key=lambda each: inf if (end := _end(each)) is None else end))
        end = _end(found[-1])
        if end is None:
            return found
        first = end + 1
    return found


def _end(term: Term) -> int | None:
    return term.age[1] if term.age else None


def _ends_within(end: int | None, last: int | None) -> bool:
    return last is None or (end is not None and end <= last)


def _reference(year: Mapping[Term, float], term: Term) -> float:
    if term not in year:
        raise WrongInput(
            f"比較する全国の値（{term.of}{f' {term.part}' if term.part else ''}）がありません。"
            "全国の値を含む統計を読み込んでください。"
        )
    return year[term]


def _refuse_beyond(indicator: Indicator, figures: Figures) -> None:
    if figures.beyond is None:
        return
    outside = np.flatnonzero(np.asarray(figures.beyond, dtype=bool))
    if outside.size:
        named = "、".join(figures.names[each] for each in outside.tolist() if each < len(figures.names))
        raise CannotAggregate(
            f"「{indicator.name}」は合計できません。{named or '一部の地域'}の値は圏域外を含みます。"
            "地域ごとに並べ、「一部圏域外を含む」と注記してください。"
        )


def _spoken(age: AgeClass | None) -> str:
    if age is None:
        return ""
    return f"{age[0]}歳以上" if age[1] is None else f"{age[0]}～{age[1]}歳"


def _not_given(indicator: Indicator, term: Term) -> WrongInput:
    who = "・".join(
        each
        for each in (
            {"male": "男", "female": "女"}.get(term.sex, ""),
            _spoken(term.age),
            term.part,
        )
        if each
    )
    whose = f"（{who}）" if who else ""
    return WrongInput(
        f"「{indicator.name}」{whose}の値が渡されていません。統計を読み込んでから計算してください。"
    )
