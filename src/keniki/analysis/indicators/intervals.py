"""The interval that belongs beside an indicator of a small area, by what the catalogue says of it."""

from __future__ import annotations

import numpy as np

from keniki.analysis.arrays import Array, floats
from keniki.analysis.indicators.regional import Figures, compute_term
from keniki.analysis.indicators.small_areas import Estimate, poisson_interval
from keniki.rulebooks.indicators import Catalogue, Indicator, Interval, PeriodRate, Ratio, Term


def interval(
    indicator: Indicator, figures: Figures, catalogue: Catalogue, *, part: str = "", level: float = 0.95
) -> Estimate | None:
    """Rates with exact Poisson intervals, (n,) for n municipalities and then one more for all of them together.

    None where the catalogue asks for no interval. The last entry is NaN where a municipality has no figure.
    Errors as in `compute_term`.

    >>> from datetime import date
    >>> from keniki.rulebooks.indicators import catalogue
    >>> book = catalogue(date(2024, 4, 1))
    >>> given = Figures({Term(of="doctors"): [2, 5], Term(of="population"): [3329, 7927]})
    >>> found = interval(book["doctors_per_100k"], given, book)
    >>> found.rate.round(1), found.low.round(1), found.high.round(1)
    (array([60.1, 63.1, 62.2]), array([ 7.3, 20.5, 25. ]), array([217. , 147.2, 128.1]))
    """
    recipe = indicator.recipe
    if indicator.interval is not Interval.POISSON or not isinstance(recipe, Ratio | PeriodRate):
        return None

    def total(terms: tuple[Term, ...], of: Figures) -> Array:
        return floats(sum(each.times * compute_term(each.with_part(part), of, catalogue) for each in terms))

    if isinstance(recipe, Ratio):
        count, base = total(recipe.numerator, figures), total(recipe.denominator, figures)
    else:
        before = Figures(figures.earlier)
        count, base = total((recipe.of,), figures), total((recipe.base,), before) * figures.years
    return poisson_interval(
        np.append(count, count.sum()), np.append(base, base.sum()), level=level, per=recipe.factor
    )
