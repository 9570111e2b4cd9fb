"""Districts kept together (町内会・行政区をまとめる): a flow is rounded so that as many units as can go to one place.

A unit is a district (or a cell), people who need an accessible place on their own; both go to one place where that has
room. The number of people with a place
stays the best, and no more people go far; the journeys may become longer. What stays in parts is dealt to its cells by
the cheapest flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .distances import lengths
from .exchanges import bring_together, reunite, shorten
from .inputs import Cells, Numbers
from .network import FAR, Network
from .simplex import EMPTY, TREE, UNLIMITED, pivot

#: Choices of a unit that are looked at beside those it uses, and rounds of exchanges.
_CHOICES: Final = 40
_ROUNDS: Final = 3
#: More metres than a journey has.
_ANY: Final = 10**8


@dataclass(frozen=True)
class Moves:
    """Who goes where: `people` of the node `node` (a cell's people of one kind) to `shelter`, `metres` away."""

    node: Numbers
    shelter: Numbers
    people: Numbers
    metres: Numbers


def moves_of(net: Network) -> Moves:
    """The flow as moves, by node and shelter.

    >>> from .inputs import Scenario, cells_of, shelters_of
    >>> from .network import ground, network, settle
    >>> two = cells_of(["a"], ["1"], [43], [141], [9]), shelters_of(["A"], ["1"], [43.1], [141], [5])
    >>> net = network(*two, Scenario(20), ground(*two, Scenario(20)))
    >>> settle(net)
    >>> moves_of(net)
    Moves(node=array([0]), shelter=array([0]), people=array([5]), metres=array([11120]))
    """
    flow = net.flow[net.first_pair :]
    used = np.flatnonzero(flow)
    nodes, places = net.tail[net.first_pair + used].astype(np.int64), net.pair_shelter[used].astype(np.int64)
    order = np.lexsort((places, nodes))
    used = used[order]
    return Moves(nodes[order], places[order], flow[used], net.pair_metres[used])


def together(net: Network, cells: Cells, by_district: bool) -> Moves:
    """The moves with districts (or cells) kept whole where possible.

    >>> from .inputs import Scenario, cells_of, shelters_of
    >>> from .network import ground, network, settle
    >>> sites = shelters_of(["A", "B"], ["1", "1"], [43.01, 43.02], [141, 141], [15, 20])
    >>> cells = cells_of(["a", "b"], ["1", "1"], [43, 43], [141, 141], [10, 10])
    >>> net = network(cells, sites, Scenario(20), ground(cells, sites, Scenario(20)))
    >>> settle(net)
    >>> together(net, cells, False).people
    array([10, 10])
    """
    flow = moves_of(net)
    if not len(flow.node):
        return flow
    units = _units(net, cells, by_district)
    placed = np.zeros(len(net.cell), dtype=np.int64)
    np.add.at(placed, flow.node, flow.people)
    choices = _choices(net, units, placed, flow)
    unit, site, door, far, metres, amount = choices
    count = int(units.max()) + 1
    size = np.zeros(count, dtype=np.int64)
    np.add.at(size, units, placed)
    first = np.searchsorted(unit, np.arange(count + 1)).astype(np.int64)
    by_site = np.argsort(site, kind="stable").astype(np.int64)
    site_first = np.searchsorted(site[by_site], np.arange(len(net.ground.there) + 1)).astype(np.int64)
    gates = len(net.parent) - 1 - len(net.cell)
    arcs = net.first_pair - gates + np.arange(gates)
    room = np.ascontiguousarray(net.cap[arcs] - net.flow[arcs])
    above = net.head[arcs].astype(np.int64) - len(net.cell)
    above[above == gates] = -1
    order = np.lexsort((np.arange(count), -size))
    work = (order, first, unit, door, site, amount, far, metres, size, room, above, site_first, by_site)
    longer = net.scenario.longer_for_whole_km
    most = _ANY if longer is None else round(longer * 1000)
    before = _pairs(unit, site, amount)
    for _ in range(_ROUNDS):
        joined = bring_together(*work, most, _ROUNDS)
        if not shorten(*work, _ROUNDS) and not joined:
            break
    mate = _mates(net, cells, by_district, units, count)
    reunite(order[::-1], mate, first, door, site, amount, far, metres, size, room, above, most)
    held = np.flatnonzero(amount)
    if np.array_equal(before, _pairs(unit, site, amount)):
        return flow
    return _dealt(net, units, placed, unit[held], site[held], amount[held])


def _pairs(unit: Numbers, site: Numbers, amount: Numbers) -> Numbers:
    held = np.flatnonzero(amount)
    return np.stack([unit[held], site[held], amount[held]])


def _units(net: Network, cells: Cells, by_district: bool) -> Numbers:
    """The unit of every people node, numbered from 0 in the order of first nodes."""
    names = cells.districts if by_district else cells.ids
    numbers: dict[tuple[str, int], int] = {}
    pairs = zip(net.cell.tolist(), net.kind.tolist(), strict=True)
    return np.array(
        [numbers.setdefault((names[at], kind), len(numbers)) for at, kind in pairs], dtype=np.int64
    )


def _mates(net: Network, cells: Cells, by_district: bool, units: Numbers, count: int) -> Numbers:
    """The unit of the same district's (or cell's) people of the other kind, −1 without, (units,)."""
    names = cells.districts if by_district else cells.ids
    first: dict[str, int] = {}
    out = np.full(count, -1, dtype=np.int64)
    for unit, at in zip(units.tolist(), net.cell.tolist(), strict=True):
        other = first.setdefault(names[at], unit)
        if other != unit:
            out[unit], out[other] = other, unit
    return out


def _choices(net: Network, units: Numbers, placed: Numbers, flow: Moves) -> tuple[Numbers, ...]:
    """Places each unit may go to as a whole, by unit and place: unit, site, door, people far, person-metres, people
    there now. The cheapest few of those any of its cells may go to, and those it uses."""
    sites = len(net.ground.there)
    pairs = np.unique(units[net.tail[net.first_pair :]] * sites + net.pair_shelter)
    used_key, used_at = np.unique(units[flow.node] * sites + flow.shelter, return_inverse=True)
    used = np.zeros(len(used_key), dtype=np.int64)
    np.add.at(used, used_at, flow.people)
    unit, site = pairs // sites, pairs % sites
    nodes = np.argsort(units, kind="stable")
    start = np.searchsorted(units[nodes], np.arange(int(units.max()) + 2))
    counts = (start[1:] - start[:-1])[unit]
    at = np.repeat(np.arange(len(unit)), counts)
    inside = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    node = nodes[start[unit[at]] + inside]
    long = _lengths(net, node, site[at])
    people = placed[node]
    far, metres = np.zeros(len(unit), dtype=np.int64), np.zeros(len(unit), dtype=np.int64)
    np.add.at(far, at, people * (long[:, 0] > net.ground.far))
    np.add.at(metres, at, people * long[:, 1])
    amount = np.zeros(len(unit), dtype=np.int64)
    amount[np.searchsorted(pairs, used_key)] = used
    order = np.lexsort((site, metres, far, unit))
    rank = np.empty(len(unit), dtype=np.int64)
    rank[order] = np.arange(len(unit)) - np.searchsorted(unit[order], unit[order])
    kept = order[(rank[order] < _CHOICES) | (amount[order] > 0)]
    unit, site = unit[kept], site[kept]
    of = nodes[start[unit]]
    side = (net.ground.from_town[net.cell[of]] != net.ground.to_town[site]).astype(np.int64)
    door = net.entry[net.kind[of], side, site].astype(np.int64) - len(net.cell)
    return unit, site, door, far[kept], metres[kept], amount[kept]


def _lengths(net: Network, node: Numbers, site: Numbers) -> Numbers:
    on = net.ground
    out = np.zeros((len(node), 2), dtype=np.int64)
    lengths(
        on.here,
        on.there,
        net.cell[node],
        site,
        on.from_town,
        on.to_town,
        net.scenario.detour,
        on.border,
        out,
    )
    return out


def _dealt(
    net: Network, units: Numbers, placed: Numbers, unit: Numbers, site: Numbers, amount: Numbers
) -> Moves:
    """Which cell's people go to which of their unit's places: the cheapest way, all units in one flow."""
    p, q = len(net.cell), len(unit)
    start = np.searchsorted(unit, np.arange(int(units.max()) + 2))
    counts = (start[1:] - start[:-1])[units]
    node = np.repeat(np.arange(p), counts)
    inside = np.arange(len(node)) - np.repeat(np.cumsum(counts) - counts, counts)
    part = start[units[node]] + inside
    long = _lengths(net, node, site[part])
    cost = long[:, 1] + (long[:, 0] > net.ground.far) * int(net.weights[FAR])
    root = p + q
    stray = int(net.weights[0])
    tail = np.concatenate([np.arange(p), p + np.arange(q), node]).astype(np.int32)
    head = np.concatenate([np.full(p + q, root), p + part]).astype(np.int32)
    cap = np.concatenate([np.full(p, UNLIMITED), amount, np.full(len(node), UNLIMITED)])
    costs = np.concatenate([np.full(p, stray), np.zeros(q, dtype=np.int64), cost])
    flow = np.zeros(len(tail), dtype=np.int64)
    flow[:p] = placed
    state = np.full(len(tail), EMPTY, dtype=np.int8)
    state[: p + q] = TREE
    parent = np.append(np.full(p + q, root), -1).astype(np.int32)
    arc = np.append(np.arange(p + q), -1).astype(np.int32)
    pivot(tail, head, cap, costs, flow, state, parent, arc, np.zeros(root + 1, dtype=np.int64), 256)
    used = np.flatnonzero(flow[p + q :])
    nodes, places = node[used], site[part[used]]
    order = np.lexsort((places, nodes))
    used = used[order]
    return Moves(nodes[order], places[order], flow[p + q + used], long[used, 0])
