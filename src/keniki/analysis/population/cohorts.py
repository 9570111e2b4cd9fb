"""Rates from censuses alone: cohort change ratios, shrunk to prefecture and nation where the numbers are small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats

from .people import FEMALE, FERTILE, MALE, SEXES, STEP, History, InputError, Mask, check_ages
from .rates import Basis, Model, Rates

#: Classes from this age on follow the trend of mortality, over so many changes from one period to the next.
_OLD: Final = 70
_TREND: Final = 3
#: How far a municipality's ratio may be from the nation's, as a factor either way.
FURTHEST: Final = 3.0


@dataclass(frozen=True)
class Shrinkage:
    """How much is believed of what a municipality did differently from the nation.

    `periods`: weights of the five-year periods, the newest first. `municipality` and `sex`: persons that the prior
    counts for, when a municipality's ratio of a class is drawn to its prefecture's, and one sex's to both sexes'.
    Persistence: which share of the difference (in logarithms) is expected in the next five years, for the classes
    that are 0–4, 15–29, 65 and over, and of other ages at the end. `damping`: what remains of it after each further
    step.
    `longevity`: which share of the nation's trend of the last 15 years goes on in the mortality of 70 and over.

    The defaults were chosen on censuses up to 2015 (`backcast.tune`: forecasts of 2000, 2005, 2010 and 2015 from
    what was known five years before), for all municipalities with a history. The newest period alone does 2 % better
    on those four, but leaves a town that had a single bad period with it for ever; so three are weighed.
    """

    periods: tuple[float, ...] = (0.7, 0.2, 0.1)
    municipality: float = 50.0
    sex: float = 100.0
    children: float = 0.8
    youth: float = 1.0
    others: float = 0.6
    old: float = 0.8
    damping: float = 0.9
    longevity: float = 0.5

    def __post_init__(self) -> None:
        if not self.periods or min(self.periods) < 0 or sum(self.periods) <= 0:
            raise InputError("the weights of the periods are not negative and not all 0")
        if self.municipality <= 0 or self.sex <= 0:
            raise InputError("the prior has to count for more than nobody")
        if not all(
            0 <= share <= 1
            for share in (self.children, self.youth, self.others, self.old, self.damping, self.longevity)
        ):
            raise InputError("persistence and damping are shares between 0 and 1")

    def persistence(self, ages: Sequence[AgeClass]) -> Array:
        """The share that persists, by class at the end, (K,)."""
        found = np.full(len(ages), self.others)
        for at, (first, _) in enumerate(ages):
            if first == 0:
                found[at] = self.children
            elif 15 <= first < 30:
                found[at] = self.youth
            elif first >= 65:
                found[at] = self.old
        return found


#: Each municipality's own newest ratios, as they are: what Hamilton and Perry (1962) do.
PLAIN: Final = Shrinkage(
    periods=(1.0,),
    municipality=1e-6,
    sex=1e-6,
    children=1.0,
    youth=1.0,
    others=1.0,
    old=1.0,
    damping=1.0,
    longevity=0.0,
)


def cohort_rates(
    history: History,
    survival: Array,
    steps: int,
    *,
    past_survival: Sequence[Array] = (),
    shrinkage: Shrinkage | None = None,
    prefectures: Sequence[str] | None = None,
    model: Model = "ccr",
) -> Rates:
    """Rates of `steps` steps of five years from the censuses' cohort change ratios (コーホート変化率).

    For each period of the history, the persons O a municipality has in a class at the end, and those E it would have
    had with the nation's ratio of that period. Over the periods, weighted: the prefecture's O/E, then the
    municipality's (ΣO + κ) ÷ (ΣE + κ) below it, then each sex's below that. The difference from the nation persists
    in part and is damped from step to step; the nation's own ratio is that of the newest period, in old age with the
    trend of its mortality. 0–4 follow in the same way from the women of 15–49 (子ども女性比), their sexes from the
    nation's.

    `survival` (T or 1, 2, K) splits ratios into survival and net migration (純移動率 = ratio − survival). With
    `past_survival`, one (2, K) for each period, the newest first, the migration is the residual of the survival of its
    own time, and future survival comes in addition (`model="net"`); without it the ratio is kept as it is.
    `prefectures`: one for each municipality (default: the first two digits of the code).

    A municipality without two censuses gets its prefecture's rates, without those the nation's, and `basis` says so.
    InputError for fewer than two censuses. Sources: Hamilton & Perry 1962; 縮小推定 after Clayton & Kaldor 1987.

    >>> from keniki.analysis.population import five_year_ages
    >>> counted = np.full((2, 2, 18, 2), 1000.0)
    >>> counted[1, :, :, 1] = np.nan
    >>> censuses = History(("01100", "01210"), five_year_ages(85), counted, (2015, 2020))
    >>> rates = cohort_rates(censuses, np.full((1, 2, 18), 0.9), 1)
    >>> rates.basis, rates.staying(0)[1, 0, [0, 17]].round(2).tolist()
    (('own', 'prefecture'), [1.0, 0.5])
    """
    chosen = shrinkage or Shrinkage()
    check_ages(history.ages)
    if len(history.years) < 2:
        raise InputError("cohort change ratios need two censuses five years apart")
    used = min(len(chosen.periods), len(history.years) - 1)
    weights = np.array(chosen.periods[:used]) / sum(chosen.periods[:used])
    past = [_period(history, back) for back in range(min(max(used, _TREND + 1), len(history.years) - 1))]
    periods = past[:used]
    grouped = np.array(
        list(prefectures) if prefectures is not None else [code[:2] for code in history.codes], dtype=str
    )
    observed = sum(weight * period.observed for weight, period in zip(weights, periods, strict=True))
    expected = sum(weight * period.expected for weight, period in zip(weights, periods, strict=True))
    factors = _shrunk(floats(observed), floats(expected), grouped, chosen)
    difference = np.log(factors) * chosen.persistence(history.ages)
    own: Mask = np.any(np.stack([period.there for period in periods]), axis=0)
    nation = _going_on(history.ages, past, steps, chosen.longevity)
    ratios = np.empty((steps, *difference.shape))
    for step in range(steps):
        ratios[step] = nation[step] * np.exp(difference * chosen.damping**step)
    lived = floats(survival)
    if len(lived) not in (1, steps):
        raise InputError(f"survival for {len(lived)} steps, wanted are {steps}")
    before = lived
    if past_survival:
        if len(past_survival) < used:
            raise InputError(f"survival for {len(past_survival)} periods of the past, {used} are used")
        before = np.tensordot(weights, np.stack(past_survival[:used]), axes=1)[None]
    leading = _by_start(ratios)
    children = ratios[:, :, :, 0].sum(axis=2)
    return Rates(
        history.codes,
        history.ages,
        survival=np.broadcast_to(lived[:, None], (len(lived), len(history.codes), *lived.shape[1:])),
        migration=leading - before[:, None],
        child_women=children,
        boys=ratios[:, :, MALE, 0] / children,
        model=model,
        basis=_basis(own, grouped),
    )


@dataclass(frozen=True)
class _Period:
    """Five years between two censuses; classes are those at the end, the first is 0–4."""

    observed: Array
    expected: Array
    nation: Array
    there: Mask


def _period(history: History, back: int) -> _Period:
    start, end = history.values[..., -2 - back], history.values[..., -1 - back]
    there: Mask = ~np.any(np.isnan(start) | np.isnan(end), axis=(1, 2))
    if not np.any(there):
        raise InputError("no municipality has two censuses five years apart", year=history.years[-1 - back])
    before = _leading_in(np.where(there[:, None, None], start, 0.0), np.where(there[:, None, None], end, 0.0))
    observed = np.where(there[:, None, None], end, 0.0)
    exposed = before.sum(axis=0)
    if np.any(exposed <= 0):
        sex, age = np.argwhere(exposed <= 0)[0]
        raise InputError(
            "nobody in the whole history leads into this class",
            sex=SEXES[sex],
            age=history.ages[age],
            year=history.years[-2 - back],
        )
    nation = observed.sum(axis=0) / exposed
    return _Period(observed, before * nation, nation, there)


def _going_on(ages: Sequence[AgeClass], past: Sequence[_Period], steps: int, longevity: float) -> Array:
    """The nation's ratios of each step, (steps, 2, K): the newest, from 70 on with the trend of −ln(ratio) going on.

    The trend is the mean change of its logarithm over the last three changes, or as many as there are, and taken only
    where mortality falls.
    """
    ratios = np.stack([period.nation for period in past[: _TREND + 1]])
    found = np.repeat(ratios[:1], steps, axis=0)
    if len(ratios) < 2 or not longevity:
        return found
    old = [at for at, (first, _) in enumerate(ages) if first >= _OLD]
    hazard = np.log(np.maximum(-np.log(np.clip(ratios[..., old], 1e-9, 1 - 1e-9)), 1e-9))
    slope = np.minimum((hazard[0] - hazard[-1]) / (len(ratios) - 1), 0.0) * longevity
    for step in range(steps):
        found[step][:, old] = np.exp(-np.exp(hazard[0] + slope * (step + 1)))
    return found


def _leading_in(start: Array, end: Array) -> Array:
    """Those a class at the end comes from, (n, 2, K): persons five years younger, for 0–4 the women of 15–49."""
    first, past = (bound // STEP for bound in FERTILE)
    before = np.empty_like(end)
    before[..., 1:] = start[..., :-1]
    before[..., -1] += start[..., -1]
    before[..., 0] = end[:, FEMALE, None, first:past].sum(axis=-1)
    return before


def _shrunk(observed: Array, expected: Array, prefectures: NDArray[np.str_], chosen: Shrinkage) -> Array:
    """The factor on the nation's ratio for every municipality, sex and class at the end, (n, 2, K)."""
    both, hoped = observed.sum(axis=1), expected.sum(axis=1)
    factor = np.ones_like(both)
    for name in np.unique(prefectures):
        inside = prefectures == name
        seen, wanted = both[inside].sum(axis=0), hoped[inside].sum(axis=0)
        factor[inside] = np.divide(seen, wanted, out=np.ones_like(seen), where=(wanted > 0) & (seen > 0))
    factor *= (both + chosen.municipality) / (hoped * factor + chosen.municipality)
    factors = np.repeat(factor[:, None], len(SEXES), axis=1)
    by_sex = (observed + chosen.sex) / (expected * factors + chosen.sex)
    by_sex[..., 0] = 1.0
    return floats(np.clip(factors * by_sex, 1 / FURTHEST, FURTHEST))


def _by_start(ratios: Array) -> Array:
    """Ratios (…, K) by class at the end as ratios by class at the start; the last two lead into the open class."""
    return np.concatenate([ratios[..., 1:], ratios[..., -1:]], axis=-1)


def _basis(own: Mask, prefectures: NDArray[np.str_]) -> tuple[Basis, ...]:
    with_figures = set(prefectures[own].tolist())
    return tuple(
        "own" if is_own else "prefecture" if name in with_figures else "nation"
        for is_own, name in zip(own.tolist(), prefectures.tolist(), strict=True)
    )
