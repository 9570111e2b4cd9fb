"""What a forecast comes to, as pages, charts and documents read it, and as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from keniki.analysis.ages import BROAD_GROUPS, AgeClass, group_ages
from keniki.analysis.arrays import Array, floats

from ..book.holdings import Place
from .demanding import Demands
from .forecasting import Accuracy
from .held import Used

_DECIMALS: Final = 3


@dataclass(frozen=True)
class Bands:
    """Quantiles of the drawn futures: `of_places` (S, T, n, G) and of the sum `together` (S, T, G).

    S are the `shares`, T the `years` after the base, G the `groups` of age, both sexes.
    """

    shares: tuple[float, ...]
    years: tuple[int, ...]
    groups: tuple[AgeClass, ...]
    of_places: Array
    together: Array

    def of(self, share: float, group: AgeClass, place: int | None = None) -> Array:
        """One quantile of a group by year, (T,): of a place by its number, of all together without one."""
        at, column = self.shares.index(share), self.groups.index(group)
        return floats(self.together[at, :, column] if place is None else self.of_places[at, :, place, column])


@dataclass(frozen=True)
class Result:
    """A population to come: `values` (T + 1, n, 2, K) persons by year, place, sex (male, female) and class of age.

    `children`, `deaths` and `moves` (T, n) are persons in each step of five years as in `analysis.population.Balance`.
    `basis` says for each place whose rates were used (own, prefecture, nation). `bands` is None where nothing could be
    drawn; `accuracy` is what the same method came to on past censuses; `demands` what the population would need.
    """

    places: tuple[Place, ...]
    ages: tuple[AgeClass, ...]
    years: tuple[int, ...]
    values: Array
    children: Array
    deaths: Array
    moves: Array
    basis: tuple[str, ...]
    bands: Bands | None
    accuracy: tuple[Accuracy, ...]
    demands: Demands | None
    used: tuple[Used, ...]
    notes: tuple[str, ...]

    @property
    def inputs(self) -> tuple[Used, ...]:
        """Every edition it rests on: those of the population (`used`), then those of the demands' rates."""
        return tuple(dict.fromkeys((*self.used, *(() if self.demands is None else self.demands.used))))

    @property
    def totals(self) -> Array:
        """Persons by year and place, (T + 1, n)."""
        return floats(self.values.sum(axis=(2, 3)))

    @property
    def total(self) -> Array:
        """Persons of all places by year, (T + 1,)."""
        return floats(self.totals.sum(axis=1))

    def groups(self, groups: Sequence[AgeClass] = BROAD_GROUPS, place: int | None = None) -> Array:
        """Persons by year and group of age, (T + 1, G): of a place by its number, of all together without one."""
        people = self.values.sum(axis=2)
        return group_ages(people.sum(axis=1) if place is None else people[:, place], self.ages, groups)

    def pyramid(self, year: int, place: int | None = None) -> Array:
        """Persons by sex and class in a year, (2, K)."""
        people = self.values[self.years.index(year)]
        return floats(people.sum(axis=0) if place is None else people[place])

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column; `from_json` makes the same again."""
        bands = None
        if self.bands is not None:
            bands = {
                "shares": list(self.bands.shares),
                "years": list(self.bands.years),
                "groups": [list(group) for group in self.bands.groups],
                "of_places": _listed(self.bands.of_places),
                "together": _listed(self.bands.together),
            }
        return {
            "places": [[place.code, place.name] for place in self.places],
            "ages": [list(age) for age in self.ages],
            "years": list(self.years),
            "values": _listed(self.values),
            "children": _listed(self.children),
            "deaths": _listed(self.deaths),
            "moves": _listed(self.moves),
            "basis": list(self.basis),
            "bands": bands,
            "accuracy": [asdict(each) for each in self.accuracy],
            "demands": None if self.demands is None else self.demands.to_json(),
            "used": [asdict(each) for each in self.used],
            "notes": list(self.notes),
        }

    @staticmethod
    def from_json(content: dict[str, Any]) -> Result:
        """The result that `to_json` wrote."""
        drawn = content["bands"]
        bands = None
        if drawn is not None:
            bands = Bands(
                tuple(drawn["shares"]),
                tuple(drawn["years"]),
                _ages(drawn["groups"]),
                _array(drawn["of_places"]),
                _array(drawn["together"]),
            )
        needs = content["demands"]
        return Result(
            tuple(Place(code, name) for code, name in content["places"]),
            _ages(content["ages"]),
            tuple(content["years"]),
            _array(content["values"]),
            _array(content["children"]),
            _array(content["deaths"]),
            _array(content["moves"]),
            tuple(content["basis"]),
            bands,
            tuple(Accuracy(**each) for each in content["accuracy"]),
            None if needs is None else Demands.from_json(needs),
            tuple(Used(**each) for each in content["used"]),
            tuple(content["notes"]),
        )


def _ages(pairs: Sequence[Sequence[Any]]) -> tuple[AgeClass, ...]:
    return tuple((first, last) for first, last in pairs)


def _array(values: Any) -> Array:
    return np.array(values, dtype=float)


def _listed(values: Array) -> Any:
    return np.round(values, _DECIMALS).tolist()
