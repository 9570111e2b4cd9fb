"""Many futures at once: the same projection under drawn errors, and the quantiles of what is asked of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.ages import AgeClass
from keniki.analysis.arrays import Array, floats
from keniki.analysis.machine import compiled

from .control import classes_within
from .counters import normals, philox
from .people import FEMALE, FERTILE, MALE, SEXES, STEP, InputError, Population, places_of
from .projecting import Projection, project
from .rates import Rates, at_step
from .uncertainty import COMPONENTS, Uncertainty, components_of, sums_by_component

Floats32 = NDArray[np.float32]

#: What is kept of each draw: everybody, then these broad groups.
GROUPS: Final[tuple[AgeClass, ...]] = ((0, None), (0, 14), (15, 64), (65, None), (75, None))
QUANTILES: Final = (0.025, 0.1, 0.5, 0.9, 0.975)
_LOCAL, _TAIL, _PREFECTURE, _NATION = range(4)
_UNIT = 2.0**-32


@dataclass(frozen=True)
class Draws:
    """Persons by draw, step, municipality and group of `groups`: `values` (D, T, n, G), with `by_sex` (D, T, n, 2, G),
    single precision.

    `central` is the projection without errors. Draws `first` to `first + D − 1` of a seed are the same whichever
    others are made with them.
    """

    codes: tuple[str, ...]
    years: tuple[int, ...]
    groups: tuple[AgeClass, ...]
    values: Floats32
    central: Projection
    seed: int
    first: int = 0
    by_sex: bool = False

    def of(self, codes: Sequence[str]) -> Draws:
        """The same of these municipalities, in this order; `central` stays of all."""
        return replace(self, codes=tuple(codes), values=self.values[:, :, places_of(self.codes, codes)])

    def quantiles(self, shares: Sequence[float] = QUANTILES) -> Array:
        """Quantiles over the draws by year, municipality and group, (number of shares, T, n, G), or by sex too."""
        return _quantiles(self.values, shares)

    def of_together(self, codes: Sequence[str]) -> Floats32:
        """The sum over some municipalities in each draw, (D, T, G), or by sex too."""
        found: Floats32 = self.values[:, :, places_of(self.codes, codes)].sum(axis=2)
        return found

    def quantiles_together(self, codes: Sequence[str], shares: Sequence[float] = QUANTILES) -> Array:
        """Quantiles of the sum over some municipalities, (number of shares, T, G): errors partly cancel."""
        return _quantiles(self.of_together(codes)[:, :, None], shares)[:, :, 0]

    def broad(self, groups: Sequence[AgeClass] = GROUPS) -> Draws:
        """The same draws by these broader groups, both sexes together where they were drawn by sex.

        InputError for a group that cuts a group drawn.
        """
        bounds = [_range(self.groups, group) for group in groups]
        both = self.values.sum(axis=3) if self.by_sex else self.values
        found = np.stack([both[..., start:end].sum(axis=-1) for start, end in bounds], axis=-1)
        return replace(self, groups=tuple(groups), values=found, by_sex=False)


def draw(
    base: Population,
    rates: Rates,
    until: int,
    uncertainty: Uncertainty,
    draws: int,
    seed: int,
    *,
    first: int = 0,
    groups: Sequence[AgeClass] = GROUPS,
    by_sex: bool = False,
    threads: int = 2,
    progress: Callable[[int], None] | None = None,
) -> Draws:
    """`draws` futures of a population, of which broad groups are kept and no cell.

    With `groups` the population's own classes and `by_sex` every cell is kept: for a region's demand, not for the
    whole country.

    In every step each component (0–4, 15–29, families, 65+) of each municipality is multiplied by exp(nation +
    prefecture + own error), correlated between components and, by AR(1), between steps; a municipality's own errors
    share one scale per draw (χ², so that they have the tails measured). In the pool model the errors move the shares
    of arrivals, so that nobody is lost. Every number is drawn by its place (draw, step, municipality, seed): parts
    made elsewhere fit together.

    `progress` is told after each block how many draws it was. Memory: draws·T·n·groups·4 bytes, by sex twice that.
    InputError as `project`.

    >>> from keniki.analysis.population import five_year_ages
    >>> ages, ones = five_year_ages(85), np.ones((1, 1, 2, 18))
    >>> rates = Rates(("01210",), ages, ones, ones * 0, np.array([[0.2]]), np.array([[0.5]]), "net")
    >>> error = Uncertainty(np.full((4, 7), 0.05), *(np.zeros(4) for _ in range(3)), np.eye(4), None)
    >>> made = draw(Population(("01210",), ages, 100 * ones[0], 2020), rates, 2025, error, 100, 1)
    >>> made.values.shape, [round(each) for each in made.quantiles((0.1, 0.9))[:, 0, 0, 0].tolist()]
    ((100, 1, 1, 5), [3602, 3884])
    """
    if draws < 1 or not 0 <= seed < 2**63 or first < 0:
        raise InputError("there has to be a draw, and a seed from 0 on")
    central = project(base, rates, until)
    steps = len(central.years) - 1
    made = _Prepared(central, base, rates, uncertainty, steps, tuple(groups))
    shape = (draws, steps, len(base.codes), len(SEXES) if by_sex else 1, len(made.groups))
    values = np.empty(shape, dtype=np.float32)
    block = max(1, min(50, -(-draws // max(threads, 1))))
    parts = [(at, min(at + block, draws)) for at in range(0, draws, block)]
    with ThreadPoolExecutor(max_workers=max(threads, 1)) as pool:
        for start, end in pool.map(lambda part: made.run(values, part[0], part[1], first, seed), parts):
            if progress is not None:
                progress(end - start)
    kept = values if by_sex else values[:, :, :, 0]
    return Draws(base.codes, central.years[1:], made.groups, kept, central, seed, first, by_sex)


class _Prepared:
    """Everything the kernel needs, as plain arrays of single precision."""

    def __init__(
        self,
        central: Projection,
        base: Population,
        rates: Rates,
        uncertainty: Uncertainty,
        steps: int,
        groups: tuple[AgeClass, ...],
    ) -> None:
        rows = slice(None) if rates.codes == base.codes else places_of(rates.codes, base.codes)
        self.groups = groups
        self.base = base.values.astype(np.float32)
        self.staying = _stacked([rates.staying(step)[rows] for step in range(steps)])
        self.child_women = _stacked([at_step(rates.child_women, step)[rows] for step in range(steps)])
        self.boys = _stacked([at_step(rates.boys, step)[rows] for step in range(steps)])
        empty = np.zeros((0, *base.values.shape), dtype=np.float32)
        self.leaving = self.arriving = self.extra = empty
        if rates.leaving is not None and rates.arriving is not None:
            leaving, arriving = rates.leaving, rates.arriving
            self.leaving = _stacked([at_step(leaving, step) for step in range(steps)])
            self.arriving = _stacked([at_step(arriving, step) for step in range(steps)])
        if rates.extra is not None:
            extra = rates.extra
            self.extra = _stacked([at_step(extra, step)[rows] for step in range(steps)])
        expected = sums_by_component(central.values[1:], base.ages)
        self.spread = uncertainty.spread(expected).astype(np.float32)
        self.shared = np.stack([uncertainty.prefecture, uncertainty.nation]).astype(np.float64)
        self.memory = np.stack([uncertainty.memory, np.full(4, uncertainty.nation_memory)]).astype(np.float64)
        self.mixing = np.linalg.cholesky(floats(uncertainty.correlation) + 1e-9 * np.eye(len(COMPONENTS)))
        self.tails = uncertainty.tails or 0
        self.component = components_of(base.ages)
        names = sorted({code[:2] for code in base.codes})
        self.prefecture = np.array([names.index(code[:2]) for code in base.codes], dtype=np.int64)
        self.prefectures = np.array([zlib.crc32(name.encode()) for name in names], dtype=np.int64)
        self.keys = np.array([zlib.crc32(code.encode()) for code in base.codes], dtype=np.int64)
        self.bounds = np.array([_range(base.ages, group) for group in groups], dtype=np.int64)

    def run(self, out: Floats32, start: int, end: int, first: int, seed: int) -> tuple[int, int]:
        _draw(
            out,
            start,
            end,
            first,
            seed,
            self.base,
            self.staying,
            self.child_women,
            self.boys,
            self.leaving,
            self.arriving,
            self.extra,
            self.spread,
            self.shared,
            self.memory,
            self.mixing,
            self.tails,
            self.component,
            self.prefecture,
            self.prefectures,
            self.keys,
            self.bounds,
        )
        return start, end


@compiled
def _mixed(mixing: Any, four: Any, at: int) -> float:
    total = 0.0
    for place in range(at + 1):
        total += mixing[at, place] * four[place]
    return total


@compiled
def _draw(
    out: Any,
    start: int,
    end: int,
    first: int,
    seed: int,
    base: Any,
    staying: Any,
    child_women: Any,
    boys: Any,
    leaving: Any,
    arriving: Any,
    extra: Any,
    spread: Any,
    shared: Any,
    memory: Any,
    mixing: Any,
    tails: int,
    component: Any,
    prefecture: Any,
    prefectures: Any,
    keys: Any,
    bounds: Any,
) -> None:
    steps, n, _, k = staying.shape
    groups, kinds = bounds.shape[0], out.shape[3]
    now = np.empty_like(base)
    own = np.empty((n, 4))
    areas = np.empty((prefectures.shape[0], 4))
    nation = np.empty(4)
    scale = np.ones(n)
    pool = np.zeros((2, k))
    reached = np.zeros((2, k))
    factor = np.empty((n, 4))
    by_class = np.empty(k, dtype=np.float32)
    row = np.empty(k, dtype=np.float32)
    sums = np.zeros(k + 1)
    nobody = np.float32(0.0)
    pooled, added = leaving.shape[0] > 0, extra.shape[0] > 0
    for number in range(start, end):
        d = first + number
        now[:] = base
        own[:] = 0.0
        areas[:] = 0.0
        nation[:] = 0.0
        if tails > 0:
            for i in range(n):
                u = philox(d, 0, keys[i], _TAIL, seed)
                total = -2.0 * (np.log((float(u[0]) + 0.5) * _UNIT) + np.log((float(u[1]) + 0.5) * _UNIT))
                if tails > 4:
                    total -= 2.0 * np.log((float(u[2]) + 0.5) * _UNIT)
                if tails > 6:
                    total -= 2.0 * np.log((float(u[3]) + 0.5) * _UNIT)
                scale[i] = np.sqrt(tails / total)
        for step in range(steps):
            four = normals(d, step, 0, _NATION, seed)
            for c in range(4):
                nation[c] = memory[1, c] * nation[c] + _mixed(mixing, four, c)
            for p in range(prefectures.shape[0]):
                four = normals(d, step, prefectures[p], _PREFECTURE, seed)
                for c in range(4):
                    areas[p, c] = memory[0, c] * areas[p, c] + _mixed(mixing, four, c)
            for i in range(n):
                four = normals(d, step, keys[i], _LOCAL, seed)
                for c in range(4):
                    own[i, c] = memory[0, c] * own[i, c] + _mixed(mixing, four, c)
                    off = shared[1, c] * nation[c] + shared[0, c] * areas[prefecture[i], c]
                    factor[i, c] = np.exp(off + spread[step, i, c] * scale[i] * own[i, c])
            if pooled:
                pool[:] = 0.0
                reached[:] = 0.0
                for i in range(n):
                    for s in range(2):
                        for a in range(k):
                            gone = now[i, s, a] * leaving[step, i, s, a]
                            pool[s, min(a + 1, k - 1)] += gone
                            reached[s, a] += arriving[step, i, s, a] * factor[i, component[a]]
            for i in range(n):
                for a in range(k):
                    by_class[a] = factor[i, component[a]]
                for s in range(2):
                    for a in range(k - 1):
                        row[a + 1] = now[i, s, a] * staying[step, i, s, a]
                    row[k - 1] += now[i, s, k - 1] * staying[step, i, s, k - 1]
                    if pooled:
                        for a in range(1, k):
                            if reached[s, a] > 0:
                                row[a] += pool[s, a] * arriving[step, i, s, a] * by_class[a] / reached[s, a]
                    else:
                        for a in range(1, k):
                            row[a] *= by_class[a]
                    if added:
                        for a in range(1, k):
                            row[a] += extra[step, i, s, a]
                    for a in range(1, k):
                        now[i, s, a] = max(row[a], nobody)
                women = 0.0
                for a in range(_FERTILE_FROM, _FERTILE_TO):
                    women += now[i, _FEMALE, a]
                children = women * child_women[step, i] * factor[i, 0]
                for s in range(2):
                    young = children * (boys[step, i] if s == _MALE else 1.0 - boys[step, i])
                    if added:
                        young += extra[step, i, s, 0]
                    now[i, s, 0] = max(young, 0.0)
                for kind in range(kinds):
                    total = 0.0
                    for a in range(k):
                        total += now[i, 0, a] + now[i, 1, a] if kinds == 1 else now[i, kind, a]
                        sums[a + 1] = total
                    for g in range(groups):
                        out[number, step, i, kind, g] = sums[bounds[g, 1]] - sums[bounds[g, 0]]


_FEMALE, _MALE = FEMALE, MALE
_FERTILE_FROM, _FERTILE_TO = FERTILE[0] // STEP, FERTILE[1] // STEP


def _stacked(parts: Sequence[Array]) -> Floats32:
    return np.ascontiguousarray(np.stack(parts), dtype=np.float32)


def _range(ages: Sequence[AgeClass], group: AgeClass) -> tuple[int, int]:
    """The first class of a group and the one after its last."""
    inside = classes_within(ages, group)
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _quantiles(values: Floats32, shares: Sequence[float]) -> Array:
    """Linear between order statistics, as `numpy.quantile`, over the first axis."""
    draws = len(values)
    at = np.array(shares) * (draws - 1)
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, draws - 1)
    found = np.empty((len(shares), *values.shape[1:]))

    def of(step: int) -> None:
        rows = np.sort(np.ascontiguousarray(np.moveaxis(values[:, step], 0, -1)), axis=-1)
        part = rows[..., low] + (at - low) * (rows[..., high].astype(np.float64) - rows[..., low])
        found[:, step] = np.moveaxis(part, -1, 0)

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(of, range(values.shape[1])))
    return found
