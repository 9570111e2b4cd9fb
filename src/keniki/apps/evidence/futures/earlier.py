"""What earlier censuses counted in some municipalities: the past beside a forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats
from keniki.analysis.population import InputError
from keniki.core.errors import WrongInput

from ..queries import contents_mark
from . import held


@dataclass(frozen=True)
class Earlier:
    """Censuses of municipalities: persons `values` (Y, n, K) by year, place and class, NaN where none was counted."""

    years: tuple[int, ...]
    ages: tuple[AgeClass, ...]
    values: Array

    def group(self, group: AgeClass, place: int | None = None) -> list[tuple[int, float | None]]:
        """(year, persons) of a group of ages: of a place by its number, of all together without one.

        None where a place was not counted, or the classes cut the group.
        """
        inside = [
            at
            for at, (first, last) in enumerate(self.ages)
            if first >= group[0] and (group[1] is None or (last is not None and last <= group[1]))
        ]
        whole = bool(inside) and self.ages[inside[0]][0] == group[0]
        whole = whole and (group[1] is None or self.ages[inside[-1]][1] == group[1])
        sums = self.values[..., inside].sum(axis=2)
        found = sums.sum(axis=1) if place is None else sums[:, place]
        return [
            (year, float(value) if whole and np.isfinite(value) else None)
            for year, value in zip(self.years, found, strict=True)
        ]


def earlier(codes: Sequence[str], before: int) -> Earlier:
    """The censuses held of these municipalities (five digits) from before a year, five years apart, oldest first.

    Under the codes of today; empty where none is held. Kept in the process until the store changes.
    """
    return _earlier(tuple(codes), before, contents_mark(None))


@lru_cache(maxsize=64)
def _earlier(codes: tuple[str, ...], before: int, mark: str) -> Earlier:
    try:
        history = held.censuses_of(codes).history
    except (InputError, WrongInput):
        return Earlier((), (), np.zeros((0, len(codes), 0)))
    kept = [at for at, year in enumerate(history.years) if year < before]
    values = np.full((len(kept), len(codes), len(history.ages)), np.nan)
    rows = {code: row for row, code in enumerate(history.codes)}
    for place, code in enumerate(codes):
        if code in rows:
            values[:, place] = np.moveaxis(history.values[rows[code]].sum(axis=0), -1, 0)[kept]
    return Earlier(tuple(history.years[at] for at in kept), history.ages, floats(values))
