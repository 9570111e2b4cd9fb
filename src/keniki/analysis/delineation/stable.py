"""How sure an area is: the same rule under flows drawn anew, and how often each municipality stays where it was."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from keniki.analysis.arrays import Array, floats
from keniki.analysis.machine import compiled
from keniki.analysis.population.counters import philox
from keniki.core.errors import WrongInput

from .areas import Delineation
from .comparing import agreement
from .flows import Flows

_UNIT = 2.0**-32
_FLOW, _LIVING_ELSEWHERE, _WORKING_ELSEWHERE = range(3)


@dataclass(frozen=True)
class Stability:
    """A delineation under `draws` resampled tables: `base` is the one of the flows as counted.

    `stays` (n,) is the share of draws in which the municipality is in one area with its centre of `base`; for a centre
    itself and for those alone, in which an area is again called by it. `adjusted_rand` is the mean agreement with
    `base`.
    """

    base: Delineation
    draws: int
    seed: int
    stays: Array
    adjusted_rand: float

    def by_code(self) -> dict[str, float]:
        """`stays` of each municipality."""
        return dict(zip(self.base.codes, self.stays.tolist(), strict=True))


def stability(
    flows: Flows,
    rule: Callable[[Flows], Delineation],
    draws: int = 100,
    seed: int = 1,
    *,
    first: int = 0,
    threads: int = 2,
    progress: Callable[[int], None] | None = None,
) -> Stability:
    """Run a rule on `draws` tables drawn anew from a seed, each flow by Poisson around what was counted.

    It shows what chance in counts of this size does, not errors that all counts share nor change with time.
    The draws begin with number `first`, so that a long run can be made in parts (`pooled`). `progress` is told after
    each run how many are done. WrongInput without a draw or with a negative seed or first draw.

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> from keniki.analysis.delineation.ten import ten_percent
    >>> made = flows_of(list("abbcc"), list("aabac"), [5000, 900, 100, 101, 899])
    >>> found = stability(made, ten_percent, 40)
    >>> found.by_code()["b"], 0.2 < found.by_code()["c"] < 0.9
    (1.0, True)
    """
    if draws < 1 or first < 0 or not 0 <= seed < 2**63:
        raise WrongInput("試行の回数は1以上、乱数の種は0以上の整数にしてください。", column="draws")
    base = rule(flows)
    own = base.centre == np.arange(len(flows.codes))
    stays, agreeing = np.zeros(len(flows.codes)), 0.0

    def run(draw: int) -> Delineation:
        return rule(resampled(flows, draw, seed))

    with ThreadPoolExecutor(max_workers=max(threads, 1)) as pool:
        for done, made in enumerate(pool.map(run, range(first, first + draws)), start=1):
            stays += np.where(own, made.centre == base.centre, made.centre == made.centre[base.centre])
            agreeing += agreement(made.areas, base.areas).adjusted_rand
            if progress is not None:
                progress(done)
    return Stability(base, draws, seed, stays / draws, agreeing / draws)


def pooled(parts: Sequence[Stability]) -> Stability:
    """Parts of a run, of one delineation, as the whole: each counts by its draws. ValueError without any.

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> from keniki.analysis.delineation.ten import ten_percent
    >>> made = flows_of(list("abbcc"), list("aabac"), [5000, 900, 100, 101, 899])
    >>> whole = stability(made, ten_percent, 30)
    >>> parts = [stability(made, ten_percent, 10, first=first) for first in (0, 10, 20)]
    >>> bool(np.allclose(pooled(parts).stays, whole.stays)), pooled(parts).draws
    (True, 30)
    """
    if not parts:
        raise ValueError("there is no part")
    draws = sum(part.draws for part in parts)
    return Stability(
        parts[0].base,
        draws,
        parts[0].seed,
        floats(sum(part.stays * part.draws for part in parts) / draws),
        sum(part.adjusted_rand * part.draws for part in parts) / draws,
    )


def resampled(flows: Flows, draw: int, seed: int) -> Flows:
    """The table with every flow drawn anew, as draw number `draw` of a seed; who is counted in the totals only is
    drawn too.

    A flow's number depends on draw, seed, origin and destination, not on what else is in the table.

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> made = flows_of(["a", "a"], ["a", "b"], [1e6, 3])
    >>> again = resampled(made, 0, 1)
    >>> bool(abs(again.out.values[0] - 1e6) < 5e3), bool((again.out.values == resampled(made, 0, 1).out.values).all())
    (True, True)
    """
    n = len(flows.codes)
    keys = np.array([zlib.crc32(code.encode()) for code in flows.codes], dtype=np.int64)
    origins, targets = flows.origins, flows.out.at
    sums = np.bincount(origins, flows.out.values, minlength=n)
    arriving = np.bincount(targets, flows.out.values, minlength=n)
    values = _drawn(flows.out.values, keys[origins], keys[targets], draw, _FLOW, seed)
    rest = _drawn(np.maximum(flows.residents - sums, 0.0), keys, keys, draw, _LIVING_ELSEWHERE, seed)
    more = _drawn(np.maximum(flows.workers - arriving, 0.0), keys, keys, draw, _WORKING_ELSEWHERE, seed)
    return flows.with_values(
        values,
        np.bincount(origins, values, minlength=n) + rest,
        np.bincount(targets, values, minlength=n) + more,
    )


def _drawn(means: Array, one: Any, other: Any, draw: int, kind: int, seed: int) -> Array:
    found = np.empty(len(means))
    _poisson(means, one, other, draw, kind, seed, found)
    return found


@compiled
def _poisson(means: Any, one: Any, other: Any, draw: int, kind: int, seed: int, found: Any) -> None:
    """Poisson numbers: small means by inversion, others by transformed rejection (Hörmann 1993, PTRS)."""
    for place in range(means.shape[0]):
        mean = means[place]
        if mean <= 0.0:
            found[place] = 0.0
        elif mean < 10.0:
            n0, _, _, _ = philox(draw, kind, one[place], other[place], seed)
            u, number, part = (float(n0) + 0.5) * _UNIT, 0, math.exp(-mean)
            while u > part and number < 200:
                u -= part
                number += 1
                part *= mean / number
            found[place] = number
        else:
            b = 0.931 + 2.53 * math.sqrt(mean)
            a = -0.059 + 0.02483 * b
            turn = kind
            while True:
                n0, n1, _, _ = philox(draw, turn, one[place], other[place], seed)
                turn += 3
                u, v = (float(n0) + 0.5) * _UNIT - 0.5, (float(n1) + 0.5) * _UNIT
                us = 0.5 - abs(u)
                number = math.floor((2.0 * a / us + b) * u + mean + 0.43)
                if us >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2.0):
                    break
                if number < 0 or (us < 0.013 and v > us):
                    continue
                left = math.log(v) + math.log(1.1239 + 1.1328 / (b - 3.4)) - math.log(a / (us * us) + b)
                if left <= number * math.log(mean) - mean - math.lgamma(number + 1.0):
                    break
            found[place] = number
