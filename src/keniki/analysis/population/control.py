"""Uniform correction (一律補正): cells scaled so that areas come to totals that are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats

from .people import SEXES, InputError, places_of


@dataclass(frozen=True)
class Control:
    """Totals to come to, by year: `totals[year]` (areas, sexes, groups).

    `members` lists each area's municipalities (one each, a prefecture, the nation: any level, but nobody in two);
    `groups` are the broad classes of age the totals are of, together all ages or part of them. One sex in `totals`
    means both together. Years without totals are left as they are, and so are municipalities in no area.
    """

    members: tuple[tuple[str, ...], ...]
    groups: tuple[AgeClass, ...]
    totals: Mapping[int, Array]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for area in self.members:
            for code in area:
                if code in seen:
                    raise InputError("this municipality is in two areas of the control totals", code=code)
                seen.add(code)
        for year, given in self.totals.items():
            found = floats(given)
            if found.shape not in {(len(self.members), sexes, len(self.groups)) for sexes in (1, 2)}:
                raise InputError(f"control totals of the shape {found.shape}", year=year)
            if not np.all(found >= 0):
                raise InputError("a control total is missing or negative", year=year)

    def of(self, codes: Sequence[str]) -> Control:
        """The totals of the areas that lie wholly in these municipalities; InputError for one only partly in them."""
        wanted = set(codes)
        for area in self.members:
            if wanted & set(area) and not wanted >= set(area):
                raise InputError("control totals are of an area that is only partly projected", code=area[0])
        kept = [place for place, area in enumerate(self.members) if wanted >= set(area)]
        totals = {year: floats(given)[kept] for year, given in self.totals.items()}
        return Control(tuple(self.members[place] for place in kept), self.groups, totals)

    def correct(self, values: Array, year: int, codes: Sequence[str], ages: Sequence[AgeClass]) -> None:
        """Scale `values` (n, 2, K) in place: P ← k·P with k = total ÷ sum, by area, sex or both, and group.

        InputError where an area is to have people in a group but has none to scale.
        """
        if year not in self.totals:
            return
        wanted = floats(self.totals[year])
        for place, area in enumerate(self.members):
            rows = places_of(codes, area)
            for at, group in enumerate(self.groups):
                columns = classes_within(ages, group)
                for sexes in ((0,), (1,)) if wanted.shape[1] == len(SEXES) else ((0, 1),):
                    total = wanted[place, sexes[0], at]
                    cells = np.ix_(rows, np.array(sexes), np.array(columns))
                    found = values[cells].sum()
                    if found == 0 and total > 0:
                        raise InputError(
                            "nobody is there to be scaled to the control total",
                            code=area[0],
                            age=group,
                            year=year,
                        )
                    if found:
                        values[cells] *= total / found


def classes_within(ages: Sequence[AgeClass], group: AgeClass) -> list[int]:
    """The places of the classes in a broad group; InputError where one lies in it only partly.

    >>> classes_within([(0, 4), (5, 9), (10, None)], (0, 9))
    [0, 1]
    """
    first, last = group
    found = []
    for at, (begin, end) in enumerate(ages):
        inside = begin >= first and (last is None or (end is not None and end <= last))
        outside = (end is not None and end < first) or (last is not None and begin > last)
        if not inside and not outside:
            raise InputError(
                "a class of ages lies only partly in a group of the control totals", age=(begin, end)
            )
        if inside:
            found.append(at)
    return found
