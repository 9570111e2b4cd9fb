"""How evenly receiving towns carry (公平): the largest share of a town's places that people of other towns take.

Towns' sums cut across shelters, so this aim is no flow of its own. Flows are mixed (Dantzig & Wolfe, 1960): a small
programme finds the best mix of flows at hand and the towns' prices, a flow under these prices joins them or proves
that none is missing. The mix is rounded to whole people along the network. Why the largest share: a small town that is
filled by guests to the last place cannot help its own people any more, whatever the mean is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np

from keniki.analysis.arrays import Array, divided, floats

from .inputs import Numbers
from .network import FAR, METRES, NO_VULNERABLE, UNPLACED, Network
from .proofs import Proof
from .simplex import EMPTY, FULL, TREE, UNLIMITED, pivot

#: Flows that are mixed at most, and the gap that is small enough (a share of a town's places).
_FLOWS: Final = 40
_ENOUGH: Final = 1e-4
_SCALE: Final = 1e12
_HAIR: Final = 1e-6


@dataclass(frozen=True)
class Shares:
    """The share of each town's places taken by others, (towns,), NaN for a town without places; the largest; a bound
    none of the flows that are allowed goes below."""

    of_town: Array
    largest: float
    bound: float


def shares(net: Network, capacity: Numbers) -> Array:
    """The share of each town's places that other towns' people take, (towns,); `capacity` (towns,).

    >>> from .inputs import Scenario, cells_of, shelters_of
    >>> from .network import ground, network, settle
    >>> two = cells_of(["a"], ["1"], [43], [141], [4]), shelters_of(["A"], ["2"], [43.1], [141], [5])
    >>> net = network(*two, Scenario(10), ground(*two, Scenario(10)))
    >>> settle(net)
    >>> shares(net, np.array([0, 5]))
    array([nan, 0.8])
    """
    return divided(_received(net, net.flow), capacity)


def even_out(net: Network, proved: Proof, capacity: Numbers) -> Shares:
    """Change the flow so that the largest share is as small as may be, and prove how small it can be.

    The aims before stay as they are, but metres may grow by the scenario's `longer_for_fairness`. `capacity` (towns,).

    >>> from .inputs import Scenario, cells_of, shelters_of
    >>> from .network import ground, network, settle
    >>> from .proofs import proof
    >>> sites = shelters_of(["A", "B"], ["2", "3"], [43.1, 42.9], [141, 141], [10, 20])
    >>> cells = cells_of(["a"], ["1"], [43], [141], [9])
    >>> net = network(cells, sites, Scenario(20), ground(cells, sites, Scenario(20)))
    >>> settle(net)
    >>> even_out(net, proof(net), np.array([0, 10, 20]))
    Shares(of_town=array([nan, 0.3, 0.3]), largest=0.3, bound=0.3)
    """
    start = shares(net, capacity)
    first = float(np.nanmax(start, initial=0.0))
    if first <= 0:
        return Shares(start, 0.0, 0.0)
    more = net.scenario.longer_for_fairness > 0
    loose = proved.loose[FAR if more else METRES]
    budget = int(proved.bounds[METRES] * (1 + net.scenario.longer_for_fairness))
    budget = max(budget, int(proved.values[METRES]))
    metres = net.aims[:, METRES]
    guests = _guests(net)
    towns = np.flatnonzero(capacity > 0)
    frozen = ~loose & (net.state != TREE)
    net.state[frozen] = TREE
    flows = [net.flow.copy()]
    received = [_received(net, net.flow)[towns]]
    lengths = [int(metres @ net.flow)]
    bound, mix = 0.0, np.ones(1)
    for _ in range(_FLOWS):
        value, mix, prices, theta = _master(
            np.array(received), np.array(lengths), capacity[towns], budget, more
        )
        if value - bound <= _ENOUGH:
            break
        scale = _SCALE / max(float(prices.max()), 1e-300)
        of_town = np.zeros(len(capacity), dtype=np.int64)
        of_town[towns] = np.rint(prices * scale).astype(np.int64)
        long = int(theta * scale + 0.5)
        cost = np.where(guests >= 0, of_town[guests], 0) + long * metres
        net.improve(cost)
        least = sum(int(each) * int(of) for each, of in zip(of_town, _received(net, net.flow), strict=True))
        least += long * (int(metres @ net.flow) - budget)
        whole = sum(int(each) * int(of) for each, of in zip(of_town, capacity, strict=True))
        new_bound = least / whole if whole else 0.0
        known = any(np.array_equal(net.flow, each) for each in flows)
        bound = max(bound, new_bound)
        if known or value - bound <= _ENOUGH:
            break
        flows.append(net.flow.copy())
        received.append(_received(net, net.flow)[towns])
        lengths.append(int(metres @ net.flow))
    value, mix, _, _ = _master(np.array(received), np.array(lengths), capacity[towns], budget, more)
    choices = [each for each, long in zip(flows, lengths, strict=True) if long <= budget]
    mixed = _whole_people(net, np.array(flows), mix)
    if mixed is not None and int(metres @ mixed) <= budget:
        choices.append(mixed)
    best = min(
        choices,
        key=lambda flow: (float(np.nanmax(divided(_received(net, flow), capacity))), int(metres @ flow)),
    )
    net.flow = best
    net.state[frozen] = np.where(best[frozen] == 0, EMPTY, FULL)
    found = shares(net, capacity)
    largest = float(np.nanmax(found))
    return Shares(found, largest, min(bound, largest))


def _guests(net: Network) -> Numbers:
    """The receiving town of every pair of two towns, −1 for other arcs, (arcs,)."""
    out = np.full(len(net.tail), -1, dtype=np.int64)
    to = net.ground.to_town[net.pair_shelter]
    out[net.first_pair :] = np.where(net.ground.from_town[net.cell[net.tail[net.first_pair :]]] != to, to, -1)
    return out


def _received(net: Network, flow: Numbers) -> Numbers:
    guests = _guests(net)
    taken = guests >= 0
    out = np.zeros(len(net.ground.towns), dtype=np.int64)
    np.add.at(out, guests[taken], flow[taken])
    return out


def _master(
    received: Numbers, lengths: Numbers, capacity: Numbers, budget: int, limited: bool
) -> tuple[float, Array, Array, float]:
    """The best mix: the largest share z, the weights of flows (k,), prices of towns (t,) and of a metre.

    min z with Σ λ·received ≤ capacity·z for each town, Σ λ·lengths ≤ budget, Σ λ = 1, λ ≥ 0.
    """
    k, t = received.shape
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    model.silent()
    model.addVar(0.0, highspy.kHighsInf)
    model.changeColCost(0, 1.0)
    for _ in range(k):
        model.addVar(0.0, highspy.kHighsInf)
    every = np.arange(k + 1, dtype=np.int32)
    for at in range(t):
        row = np.concatenate([[-1.0], received[:, at] / capacity[at]])
        model.addRow(-highspy.kHighsInf, 0.0, k + 1, every, row)
    model.addRow(1.0, 1.0, k, every[1:], np.ones(k))
    unit = max(1, budget)
    if limited:
        model.addRow(-highspy.kHighsInf, budget / unit, k, every[1:], lengths / unit)
    model.run()
    solution = model.getSolution()
    values, duals = floats(solution.col_value), floats(solution.row_dual)
    prices = np.maximum(0.0, -duals[:t]) / capacity
    theta = max(0.0, -float(duals[t + 1])) / unit if limited else 0.0
    return float(values[0]), values[1:], floats(prices), theta


def _whole_people(net: Network, flows: Numbers, mix: Array) -> Numbers | None:
    """A flow of whole people that differs from the mix by less than one on every arc; None where there is none."""
    mixed = np.tensordot(mix, flows.astype(np.float64), axes=1)
    low = np.floor(mixed + _HAIR).astype(np.int64)
    part = (mixed - low > _HAIR).astype(np.int64)
    firm, open_ = np.flatnonzero(low > 0), np.flatnonzero(part > 0)
    nodes = len(net.parent)
    metres = net.aims[:, METRES]
    big = int(metres.max(initial=1)) * 2 * nodes + 1
    root = nodes - 1
    tail = np.concatenate([np.arange(root), net.tail[firm], net.tail[open_]]).astype(np.int32)
    head = np.concatenate([np.full(root, root), net.head[firm], net.head[open_]]).astype(np.int32)
    cap = np.concatenate([np.full(root, UNLIMITED), low[firm], part[open_]])
    cost = np.concatenate([np.full(root, big), np.full(len(firm), -big), metres[open_]])
    flow = np.zeros(len(tail), dtype=np.int64)
    flow[:root] = net.supply[:root]
    state = np.full(len(tail), EMPTY, dtype=np.int8)
    state[:root] = TREE
    parent = np.full(nodes, root, dtype=np.int32)
    parent[root] = -1
    arc = np.arange(nodes, dtype=np.int32)
    arc[root] = -1
    pivot(tail, head, cap, cost, flow, state, parent, arc, np.zeros(nodes, dtype=np.int64), 256)
    out = np.zeros(len(net.tail), dtype=np.int64)
    np.add.at(out, np.concatenate([firm, open_]), flow[root:])
    if flow[:root].any() or np.any(out[firm] < low[firm]):
        return None
    kept = net.aims[:, UNPLACED : NO_VULNERABLE + 1]
    return out if np.array_equal(out @ kept, flows[0] @ kept) else None
