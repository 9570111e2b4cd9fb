"""Urban employment areas (都市雇用圏) after Kanemoto and Tokuoka: cores by densely inhabited population, suburbs by
commuting, of any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.arrays import Array
from keniki.analysis.machine import compiled
from keniki.core.errors import WrongInput

from .areas import NOBODY, Delineation
from .flows import Flows, Places
from .notes import missing_figures, missing_stayers
from .ties import Ties, ties, without_circles

METROPOLITAN: Final = "大都市雇用圏"
MICROPOLITAN: Final = "小都市雇用圏"


@dataclass(frozen=True)
class UeaRules:
    """The published figures: the share of residents that makes a suburb, the DID population (persons) a core needs,
    that of a 大都市雇用圏, and what lets a suburb be part of the core: workers per resident, and a DID population that
    is large by itself or against the core's. WrongInput for figures out of their range.

    Source: Kanemoto & Tokuoka (2002), with the requirements as the Center for Spatial Information Science prints them.
    """

    threshold: float = 0.10
    core_did: float = 10_000
    metropolitan_did: float = 50_000
    large_did: float = 100_000
    did_part: float = 1 / 3
    jobs_ratio: float = 1.0

    def __post_init__(self) -> None:
        for name in ("threshold", "did_part"):
            if not 0 < getattr(self, name) <= 1:
                raise WrongInput(
                    f"割合 {getattr(self, name):g} は使えません。0より大きく1以下にしてください。",
                    column=name,
                )
        for name in ("core_did", "metropolitan_did", "large_did", "jobs_ratio"):
            if not 0 < getattr(self, name) < np.inf:
                raise WrongInput(
                    f"値 {getattr(self, name):g} は使えません。0より大きい数にしてください。", column=name
                )


def uea(flows: Flows, did: Mapping[str, float], rules: UeaRules | None = None) -> Delineation:
    """The urban employment areas by the flows of employed persons and the DID population (persons) of each
    municipality; one without a figure has none.

    Every municipality with `core_did` begins as a core. Of two that send the threshold's share to each other, the one
    that sends less stays a core. A core that sends the threshold's share to another core (as a whole), or most of all
    and at least that to a suburb of one, becomes a suburb; or it joins that core, if it has more workers than
    residents and is large enough. This is repeated, for a core of several draws more, until nothing changes; a
    municipality that lost its core and belongs to nobody any more becomes a core again. Suburbs are then found order
    by order: the strongest tie counts, to a core or to a suburb; who is tied most to a municipality outside all
    areas belongs to the core it sends most to, if that is enough.

    `facts` name the kind, the DID population of the core and its number of municipalities. WrongInput where the DID
    population is negative or no number.

    Source: the requirements printed at csis.u-tokyo.ac.jp/UEA (Kanemoto & Tokuoka 2002).

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> made = flows_of(list("abbcc"), list("aabbc"), [90, 30, 70, 15, 85])
    >>> found = uea(made, {"a": 60_000})
    >>> found.areas, found.members[2].order, found.facts["a"]["kind"]
    ({'a': 'a', 'b': 'a', 'c': 'a'}, 2, '大都市雇用圏')
    """
    rules = rules or UeaRules()
    people = flows.by_code(did, 0.0)
    for place in np.flatnonzero(~((people >= 0) & (people < np.inf)))[:1]:
        raise WrongInput(
            f"「{flows.codes[place]}」のDID人口 {people[place]:g} は使えません。0以上の人数にしてください。"
        )
    made = _Cores(flows, people, rules)
    made.settle()
    found = made.around()
    suburb = found.order > 0
    order = np.where(made.is_core, 0, np.where(suburb, found.order, NOBODY))
    facts: dict[str, dict[str, float | str]] = {}
    for head in np.flatnonzero(made.is_core & (made.head == np.arange(len(flows.codes)))):
        core = made.is_core & (made.head == head)
        total = float(people[core].sum())
        kind = METROPOLITAN if total >= rules.metropolitan_did else MICROPOLITAN
        facts[flows.codes[head]] = {"kind": kind, "core_did": total, "core_municipalities": int(core.sum())}
    return Delineation(
        "uea",
        flows.codes,
        centre=np.where(made.is_core, made.head, found.area),
        order=order,
        towards=np.where(suburb, found.towards, np.where(made.is_core, made.joined, NOBODY)),
        share=np.where(suburb, found.share, np.where(made.is_core, made.joined_share, np.nan)),
        facts=facts,
        notes=(*missing_stayers(flows), *missing_figures(flows, did, "DID人口")),
    )


@dataclass(frozen=True)
class _Suburbs:
    """Around given cores, (n,): the core's head of each suburb (itself for all else), its order (0 core, −1 alone), and
    the flow that decided."""

    area: Places
    order: Places
    towards: Places
    share: Array


class _Cores:
    """The cores as they are now: `head` names the core a municipality is part of, itself otherwise."""

    def __init__(self, flows: Flows, did: Array, rules: UeaRules) -> None:
        n = len(flows.codes)
        self.flows, self.did, self.rules = flows, did, rules
        self.qualified = did >= rules.core_did
        self.is_core = self.qualified.copy()
        self.head = np.arange(n, dtype=np.int64)
        self.joined = np.full(n, NOBODY, dtype=np.int64)
        self.joined_share = np.full(n, np.nan)
        self.came_back = np.zeros(n, dtype=np.bool_)
        self.serves = np.nan_to_num(flows.jobs_ratio) >= rules.jobs_ratio

    def settle(self) -> None:
        """Until no core belongs to another and none is missing."""
        while self._step() or self._return():
            pass

    def around(self) -> _Suburbs:
        return _suburbs(self.is_core, self.head, self._ties(), self.rules.threshold)

    def _ties(self) -> Ties:
        return ties(self.flows, self.head, self.is_core)

    def _step(self) -> bool:
        """Cores that belong to one that belongs to nobody join it or become suburbs; whether there were any."""
        found = self._ties()
        area = _suburbs(self.is_core, self.head, found, self.rules.threshold).area
        target = np.full(len(self.head), NOBODY, dtype=np.int64)
        share = np.zeros(len(self.head))
        for head in np.flatnonzero(self._heads()):
            best = int(found.best[head])
            if found.share[head] < self.rules.threshold:
                continue
            if not self.is_core[best] and self.is_core[area[best]] and area[best] != head:
                target[head], share[head] = area[best], found.share[head]
            elif found.centre_share[head] >= self.rules.threshold:
                target[head], share[head] = found.centre[head], found.centre_share[head]
        target = without_circles(target, share, self.did)
        whole = np.bincount(self.head[self.is_core], self.did[self.is_core], minlength=len(self.head))
        acting = [head for head in np.flatnonzero(target >= 0) if target[target[head]] < 0]
        for head in acting:
            to = int(target[head])
            large = (
                self.did[head] >= self.rules.large_did or self.did[head] >= whole[to] * self.rules.did_part
            )
            self.joined[head], self.joined_share[head] = NOBODY, np.nan
            if self.serves[head] and large:
                self.joined[head], self.joined_share[head] = to, share[head]
                self.head[self.head == head] = to
            else:
                parts = self.head == head
                self.head[parts] = np.flatnonzero(parts)
                self.joined[parts], self.joined_share[parts] = NOBODY, np.nan
                self.is_core[head] = False
        return bool(acting)

    def _return(self) -> bool:
        """Those that could be a core and belong to nobody become one again, once each; whether there were any."""
        missing = self.qualified & ~self.is_core & (self.around().order < 0) & ~self.came_back
        self.is_core |= missing
        self.came_back |= missing
        return bool(missing.any())

    def _heads(self) -> NDArray[np.bool_]:
        heads: NDArray[np.bool_] = self.is_core & (self.head == np.arange(len(self.head)))
        return heads


def _suburbs(is_core: NDArray[np.bool_], head: Places, found: Ties, threshold: float) -> _Suburbs:
    n = len(head)
    strongest = np.where(found.share >= threshold, found.best, NOBODY)
    instead = np.where(found.centre_share >= threshold, found.centre, NOBODY)
    area = np.where(is_core, head, np.arange(n, dtype=np.int64))
    order = np.where(is_core, 0, NOBODY).astype(np.int64)
    towards = np.full(n, NOBODY, dtype=np.int64)
    _order_by_order(is_core, strongest, instead, area, order, towards)
    share = np.where(towards == found.best, found.share, found.centre_share)
    return _Suburbs(area, order, towards, np.where(towards >= 0, share, np.nan))


@compiled
def _order_by_order(is_core: Any, strongest: Any, instead: Any, area: Any, order: Any, towards: Any) -> None:
    n = is_core.shape[0]
    open_ = np.empty(n, dtype=np.bool_)
    left = 0
    for i in range(n):
        open_[i] = not is_core[i]
        left += open_[i]
    while left > 0:
        before = left
        for i in range(n):
            if not open_[i]:
                continue
            to = strongest[i]
            if to >= 0 and open_[to]:
                continue
            if to >= 0 and order[to] < 0:
                to = instead[i]
            if to >= 0:
                towards[i] = to
                area[i] = area[to]
                order[i] = order[to] + 1
            open_[i] = False
            left -= 1
        if left == before:
            left -= _cut_circles(open_, strongest, instead, area, order, towards)


@compiled
def _cut_circles(open_: Any, strongest: Any, instead: Any, area: Any, order: Any, towards: Any) -> int:
    """Only circles and what hangs on them are left: in each, those with a core enough of their own go there; where
    nobody has one, all are alone."""
    n = open_.shape[0]
    walk = np.zeros(n, dtype=np.int64)
    closed = 0
    for start in range(n):
        if not open_[start] or walk[start] > 0:
            continue
        i = start
        while walk[i] == 0 and open_[i]:
            walk[i] = start + 1
            i = strongest[i]
        if walk[i] != start + 1 or not open_[i]:
            continue
        found = 0
        at = i
        while True:
            if instead[at] >= 0:
                towards[at], area[at], order[at] = instead[at], area[instead[at]], 1
                open_[at] = False
                found += 1
            at = strongest[at]
            if at == i:
                break
        if found == 0:
            while open_[at]:
                open_[at] = False
                found += 1
                at = strongest[at]
        closed += found
    return closed
