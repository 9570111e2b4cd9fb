"""What happens to people in five years: survival, migration, children, for every municipality, sex and age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

import numpy as np

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats

from .people import MALE, SEXES, InputError, check_ages, places_of

Model: TypeAlias = Literal["net", "pool", "ccr", "published"]
Basis: TypeAlias = Literal["own", "prefecture", "nation"]

MODELS: Final[tuple[Model, ...]] = ("net", "pool", "ccr", "published")
#: How far the shares of a pool may miss 1, and a rate its bounds, before they are refused as wrong.
TOLERANCE: Final = 1e-9


@dataclass(frozen=True)
class Rates:
    """Rates of T steps of five years; T = 1 stands for every step. All arrays are of double precision.

    `survival` (T, n, 2, K): 生残率, persons alive after five years per person of the class at the start; the last two
    classes both lead into the open one. `migration` (T, n, 2, K): 純移動率, on the same persons; for a cohort change
    ratio the two are split so that their sum is the ratio. `child_women` (T, n): 子ども女性比, children of 0–4 at
    the end per woman of 15–49 at the end. `boys` (T, n): share of boys among them.

    Pool model: `leaving` (T, n, 2, K) is 転出率, persons who leave per person of the class at the start, and
    `arriving` (T, n, 2, K) 配分率, the share of all who left that comes here, by the class they are in at the end;
    it sums to 1 over the municipalities, so nobody is lost. `migration` then holds moves with abroad only.

    `extra` (T, n, 2, K) are persons who come in addition, by the class they are in at the end (see `Scenario`).
    `basis` says for each municipality whether its rates are its own or, without figures, its prefecture's or the
    nation's. InputError for a shape that does not fit, a survival outside 0–1, shares that do not sum to 1.
    """

    codes: tuple[str, ...]
    ages: tuple[AgeClass, ...]
    survival: Array
    migration: Array
    child_women: Array
    boys: Array
    model: Model
    leaving: Array | None = None
    arriving: Array | None = None
    extra: Array | None = None
    basis: tuple[Basis, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        check_ages(self.ages)
        for name in ("survival", "migration", "leaving", "arriving", "extra"):
            self._shape(name, (len(self.codes), len(SEXES), len(self.ages)))
        for name in ("child_women", "boys"):
            self._shape(name, (len(self.codes),))
        if (self.leaving is None) != (self.arriving is None):
            raise InputError("a pool needs both those who leave and the shares of those who arrive")
        self._within("survival", self.survival, 1.0)
        self._within("boys", self.boys, 1.0)
        self._within("child_women", self.child_women, np.inf)
        if self.leaving is not None and self.arriving is not None:
            self._within("leaving", self.leaving, 1.0)
            self._within("arriving", self.arriving, 1.0)
            sums = self.arriving.sum(axis=1)
            wrong = np.abs(sums - 1) > TOLERANCE * max(1, len(self.codes))
            wrong[:, :, 0] = False
            if np.any(wrong):
                step, sex, age = np.argwhere(wrong)[0]
                raise InputError(
                    f"the shares of arrivals sum to {sums[step, sex, age]:.9g}, not to 1",
                    sex=SEXES[sex],
                    age=self.ages[age],
                )
        if not self.basis:
            object.__setattr__(self, "basis", ("own",) * len(self.codes))

    @property
    def steps(self) -> int | None:
        """The number of steps they are given for; None where they hold for every step."""
        lengths = {len(each) for each in (self.survival, self.migration, self.child_women, self.boys)}
        lengths |= {len(each) for each in (self.leaving, self.arriving, self.extra) if each is not None}
        longest = max(lengths)
        return None if longest == 1 else longest

    def staying(self, step: int) -> Array:
        """Persons of the next class at the end per person of the class at the start, (n, 2, K)."""
        kept = at_step(self.survival, step) + at_step(self.migration, step)
        return floats(kept if self.leaving is None else kept - at_step(self.leaving, step))

    def of(self, codes: Sequence[str]) -> Rates:
        """The same of these municipalities, in this order; InputError for one without rates, and for a pool."""
        if self.leaving is not None:
            raise InputError("the pool model is one of all its municipalities together")
        rows = places_of(self.codes, codes)
        return replace(
            self,
            codes=tuple(codes),
            survival=self.survival[:, rows],
            migration=self.migration[:, rows],
            child_women=self.child_women[:, rows],
            boys=self.boys[:, rows],
            extra=None if self.extra is None else self.extra[:, rows],
            basis=tuple(self.basis[row] for row in rows),
        )

    def closed(self) -> Rates:
        """The same without any migration (封鎖人口)."""
        return replace(self, migration=np.zeros_like(self.migration), leaving=None, arriving=None, extra=None)

    def _shape(self, name: str, rest: tuple[int, ...]) -> None:
        given = getattr(self, name)
        if given is None:
            return
        found = floats(given)
        if found.ndim != len(rest) + 1 or found.shape[1:] != rest or not len(found):
            raise InputError(f"{name} has the shape {found.shape}, wanted are steps × {rest}")
        if not np.all(np.isfinite(found)):
            at = np.argwhere(~np.isfinite(found))[0]
            raise InputError(f"{name} has no figure", code=self.codes[at[1]])
        object.__setattr__(self, name, found)

    def _within(self, name: str, found: Array, most: float) -> None:
        wrong = (found < -TOLERANCE) | (found > most + TOLERANCE)
        if np.any(wrong):
            at = np.argwhere(wrong)[0]
            sex, age = (SEXES[at[2]], self.ages[at[3]]) if found.ndim == 4 else (None, None)
            raise InputError(
                f"{name} is {found[tuple(at)]:.6g}, outside 0 to {most:g}",
                code=self.codes[at[1]],
                sex=sex,
                age=age,
            )


def at_step(rates: Array, step: int) -> Array:
    """The rates of a step; the same ones for each where only one is given. InputError beyond the last.

    >>> at_step(np.array([[0.2], [0.3]]), 1)
    array([0.3])
    """
    if len(rates) == 1:
        return floats(rates[0])
    if step >= len(rates):
        raise InputError(f"there are rates for {len(rates)} steps, not for {step + 1}")
    return floats(rates[step])


def by_end(people: Array) -> Array:
    """Persons by class at the start, (…, K), as persons by class at the end: the last two are in the open one.

    >>> by_end(np.array([1.0, 2.0, 4.0]))
    array([0., 1., 6.])
    """
    later = np.zeros_like(people)
    later[..., 1:] = people[..., :-1]
    later[..., -1] += people[..., -1]
    return later


def births(women: Array, child_women: Array, boys: Array) -> Array:
    """Children of 0–4 by sex, (n, 2), of so many women of 15–49 (n,).

    >>> births(np.array([100.0]), np.array([0.2]), np.array([0.51]))
    array([[10.2,  9.8]])
    """
    children = women * child_women
    share = np.empty((len(women), len(SEXES)))
    share[:, MALE] = boys
    share[:, 1 - MALE] = 1 - boys
    return share * children[:, None]
