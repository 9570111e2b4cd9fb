"""Who goes where: persons by the municipality they live in and the one they work or study in (通勤・通学の流動)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keniki.analysis.arrays import Array, divided, floats
from keniki.core.errors import WrongInput

#: Positions in a list of municipalities; −1 for none.
Places: TypeAlias = NDArray[np.int64]

#: The largest number of persons a flow may have: sums of such stay exact in double precision.
LARGEST: Final = 1e12


@dataclass(frozen=True)
class Rows:
    """A sparse square table by row: row i has the columns `at[starts[i]:starts[i+1]]`, rising, with their `values`."""

    starts: Places
    at: Places
    values: Array


@dataclass(frozen=True)
class Flows:
    """An origin–destination table of n municipalities with m flows above 0, made by `flows_of`.

    `codes` (n,) rise; `out` has the flows by origin; `residents` (n,) are the persons of each municipality who work
    or study anywhere, `workers` (n,) those who do so in it, whole persons or estimates.
    """

    codes: tuple[str, ...]
    out: Rows
    residents: Array
    workers: Array

    @cached_property
    def back(self) -> Rows:
        """The flows by destination."""
        origins = self.origins
        order = np.lexsort((origins, self.out.at))
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.out.at, minlength=len(self.codes)))])
        return Rows(starts.astype(np.int64), origins[order], self.out.values[order])

    @cached_property
    def origins(self) -> Places:
        """Where each of the m flows begins."""
        return np.repeat(np.arange(len(self.codes), dtype=np.int64), np.diff(self.out.starts))

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each municipality stands among `codes`."""
        return {code: place for place, code in enumerate(self.codes)}

    @property
    def staying(self) -> Array:
        """Persons who work or study in their own municipality, (n,)."""
        own = self.origins == self.out.at
        return floats(np.bincount(self.origins[own], self.out.values[own], minlength=len(self.codes)))

    @property
    def jobs_ratio(self) -> Array:
        """従業者・常住就業者比, persons working there for each living there, (n,); NaN where nobody lives."""
        return divided(self.workers, self.residents)

    def share(self, origin: str, destination: str) -> float:
        """通勤通学割合: the part of the origin's residents who go to the destination; NaN where nobody lives.

        WrongInput for a municipality that is not in the table.
        """
        i, j = self.place(origin), self.place(destination)
        row = slice(self.out.starts[i], self.out.starts[i + 1])
        going = self.out.values[row][self.out.at[row] == j].sum()
        return float(divided(going, self.residents[i]))

    def place(self, code: str) -> int:
        """Where a municipality stands; WrongInput where it is not in the table."""
        found = self.places.get(code)
        if found is None:
            raise WrongInput(f"「{code}」は流動の表にありません。表にある市区町村を指定してください。")
        return found

    def with_values(self, values: ArrayLike, residents: ArrayLike, workers: ArrayLike) -> Flows:
        """The same table with other numbers of persons: `values` (m,), `residents` and `workers` (n,)."""
        out = Rows(self.out.starts, self.out.at, floats(values))
        return replace(self, out=out, residents=floats(residents), workers=floats(workers))

    def by_code(self, given: Mapping[str, float], missing: float = np.nan) -> Array:
        """Figures of municipalities in the order of `codes`, (n,); `missing` where there is none."""
        return floats([given.get(code, missing) for code in self.codes])


def flows_of(
    origins: Sequence[str],
    destinations: Sequence[str],
    values: ArrayLike,
    *,
    residents: Mapping[str, float] | None = None,
    workers: Mapping[str, float] | None = None,
    codes: Iterable[str] = (),
) -> Flows:
    """The table from m triples in any order; those who stay in their own municipality belong in it.

    `residents` and `workers` give the totals where the table leaves out flows, as small ones or those from other
    prefectures; else they are its sums. `codes` are further municipalities. WrongInput for a flow that is negative,
    not finite or above 10¹², for a pair given twice, for a total below the sum of its flows, and for no municipality.

    >>> made = flows_of(["b", "b", "a"], ["a", "b", "a"], [30, 70, 50])
    >>> made.codes, made.residents, made.workers, made.share("b", "a")
    (('a', 'b'), array([ 50., 100.]), array([80., 70.]), 0.3)
    """
    persons = floats(values)
    if not len(origins) == len(destinations) == len(persons):
        raise ValueError("origins, destinations and values have to be of one length")
    for at in np.flatnonzero(~((persons >= 0) & (persons <= LARGEST)))[:1]:
        raise WrongInput(
            f"「{origins[at]}」から「{destinations[at]}」への人数 {persons[at]:g} は使えません。"
            "0以上の人数にしてください。"
        )
    names = tuple(sorted({*origins, *destinations, *codes}))
    if not names:
        raise WrongInput("流動の表に市区町村が1つもありません。流動を入れてください。")
    places = {code: place for place, code in enumerate(names)}
    rows = np.fromiter((places[code] for code in origins), dtype=np.int64, count=len(persons))
    columns = np.fromiter((places[code] for code in destinations), dtype=np.int64, count=len(persons))
    order = np.lexsort((columns, rows))
    rows, columns, persons = rows[order], columns[order], persons[order]
    for at in np.flatnonzero((rows[1:] == rows[:-1]) & (columns[1:] == columns[:-1]))[:1]:
        raise WrongInput(
            f"「{names[rows[at]]}」から「{names[columns[at]]}」への人数が2つ以上あります。1つに合計してください。"
        )
    above = persons > 0
    rows, columns, persons = rows[above], columns[above], persons[above]
    n = len(names)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))]).astype(np.int64)
    return Flows(
        names,
        Rows(starts, columns, persons),
        _totals("常住地", names, floats(np.bincount(rows, persons, minlength=n)), residents),
        _totals("従業地・通学地", names, floats(np.bincount(columns, persons, minlength=n)), workers),
    )


def _totals(name: str, codes: tuple[str, ...], sums: Array, given: Mapping[str, float] | None) -> Array:
    if not given:
        return sums
    totals = floats([given.get(code, part) for code, part in zip(codes, sums, strict=True)])
    # Estimates are rounded one by one, so that their sum may pass the printed total by a hair.
    for at in np.flatnonzero(~((totals >= sums * (1 - 1e-6)) & (totals <= LARGEST)))[:1]:
        raise WrongInput(
            f"「{codes[at]}」の{name}の総数 {totals[at]:g} が、流動の合計 {sums[at]:g} より小さいか、数ではありません。"
            "流動を含む総数にしてください。"
        )
    return np.maximum(totals, sums)
