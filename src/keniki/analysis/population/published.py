"""Rates that a published projection implies, so that its result comes out again and can be changed from there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, divided, floats

from .people import MALE, Population, women_of
from .rates import Rates


def rates_of(published: Sequence[Population], survival: Array) -> Rates:
    """The rates that lead from each population to the next, five years later: projecting the first gives them all
    again.

    `published` are at least two, of the same municipalities and classes; `survival` (T or 1, 2, K) splits the ratios
    into survival and net migration. The open class and the one below it share one ratio. Where nobody led into a
    class and somebody is in it afterwards, those persons are `extra`; where a class is empty and stays so, its ratio
    is that of survival.

    >>> from keniki.analysis.population import five_year_ages, project
    >>> people = np.linspace(100.0, 50.0, 18) * np.ones((1, 2, 1))
    >>> series = [Population(("01210",), five_year_ages(85), people * k, 2020 + 5 * i) for i, k in enumerate((1, 0.9))]
    >>> again = project(series[0], rates_of(series, np.full((1, 2, 18), 0.9)), 2025).at(2025)
    >>> bool(np.allclose(again.values, series[1].values))
    True
    """
    codes, ages = published[0].codes, published[0].ages
    values = np.stack([each.of(codes).values for each in published])
    lived = floats(survival)
    start, end = values[:-1], values[1:]
    ratios, extra = _ratios(start, end, ages)
    kept = np.where(np.isnan(ratios), lived[:, None], ratios)
    women, children = women_of(end, ages), end[..., 0].sum(axis=-1)
    child_women = np.nan_to_num(divided(children, women))
    boys = divided(end[:, :, MALE, 0], children)
    return Rates(
        codes,
        ages,
        survival=np.broadcast_to(lived[:, None], (len(lived), len(codes), *lived.shape[1:])),
        migration=kept - lived[:, None],
        child_women=child_women,
        boys=np.where(np.isnan(boys), 0.5, boys),
        model="published",
        extra=extra if np.any(extra) else None,
    )


def _ratios(start: Array, end: Array, ages: Sequence[AgeClass]) -> tuple[Array, Array]:
    """By class at the start, NaN where nobody was in it; and persons in classes nobody led into."""
    joined = np.concatenate([start[..., :-2], (start[..., -2] + start[..., -1])[..., None]], axis=-1)
    by_end = divided(end[..., 1:], joined)
    extra = np.zeros_like(end)
    extra[..., 1:] = np.where(np.isnan(by_end), end[..., 1:], 0.0)
    return np.concatenate([by_end, by_end[..., -1:]], axis=-1), extra
