"""The network a plan is found in: people, the gates of shelters, and everybody's way to no place at all.

Nodes: people of a cell who need an accessible place and the others, the gates of shelters, the root. Arcs: over (people
without a place), gates with their capacities, pairs of people and shelters. All limits of a shelter are nested, so that
the whole is one flow.

The aims in their order are columns of `aims` (arcs × 5): people without a place, of them those who need an accessible
one, of them the other vulnerable, people who go far, metres. One weighted sum says the same as their order because a
cycle of the network passes the root once at most and no more pairs than twice the smaller side has nodes.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from keniki.core.errors import WrongInput

from .distances import RADIUS, cheaper_pairs, first_choices, lengths, unit_vectors
from .inputs import Cells, Numbers, Scenario, Shelters
from .simplex import EMPTY, FULL, TREE, UNLIMITED, measured, pivot

#: The aims in their order.
UNPLACED, NO_ACCESSIBLE, NO_VULNERABLE, FAR, METRES = range(5)
AIMS: Final = 5

#: Pairs a node starts with where all count, pairs in all that are no trouble, and pairs added to a node at a time.
_START: Final = 24
_ALL: Final = 100_000
_ADDED: Final = 4


@dataclass(frozen=True)
class Ground:
    """Cells and shelters as numbers: positions on the sphere, towns numbered, which towns may send to which."""

    here: NDArray[np.float64]
    there: NDArray[np.float64]
    towns: tuple[str, ...]
    from_town: Numbers
    to_town: Numbers
    allowed: NDArray[np.bool_]
    border: int
    far: int


def ground(cells: Cells, shelters: Shelters, scenario: Scenario) -> Ground:
    """Positions and towns. WrongInput for an agreement or a reserve of a town that has neither cell nor shelter.

    >>> from .inputs import cells_of, shelters_of
    >>> two = cells_of(["a"], ["1"], [43], [141], [9]), shelters_of(["A"], ["2"], [43], [141], [9])
    >>> ground(*two, Scenario(10, agreements=frozenset({("2", "1")}))).allowed
    array([[ True, False],
           [ True,  True]])
    """
    towns = tuple(sorted({*cells.towns, *shelters.towns}))
    number = {town: at for at, town in enumerate(towns)}
    for town in sorted({*scenario.reserves, *(end for pair in scenario.agreements or () for end in pair)}):
        if town not in number:
            raise WrongInput(
                f"市町「{town}」に区画も避難所もありません。団体コードを確かめてください。", column="towns"
            )
    allowed = np.full((len(towns), len(towns)), scenario.agreements is None)
    np.fill_diagonal(allowed, True)
    for sender, receiver in scenario.agreements or ():
        allowed[number[sender], number[receiver]] = True
    return Ground(
        unit_vectors(cells.latitude, cells.longitude),
        unit_vectors(shelters.latitude, shelters.longitude),
        towns,
        np.array([number[town] for town in cells.towns], dtype=np.int64),
        np.array([number[town] for town in shelters.towns], dtype=np.int64),
        allowed,
        round(scenario.border_km * 1000),
        round(scenario.far_km * 1000),
    )


@dataclass
class Network:
    """A network with a flow on its best tree.

    Arcs: `over` first, then gates, then pairs from `first_pair` on. `cell` and `kind` (1: needs an accessible place)
    are of the people nodes 0 … p − 1; `entry` (kind, side, shelter) is the node at which people come in, −1 where they
    cannot; `gate` the arc out of every node that is not people's (−1 else), `place` its shelter. `pair_node` and
    `pair_shelter`, `pair_metres` (without the border's) are of pairs.
    """

    ground: Ground
    scenario: Scenario
    cell: Numbers
    kind: Numbers
    entry: NDArray[np.int32]
    first_pair: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    cap: Numbers
    aims: Numbers
    flow: Numbers
    state: NDArray[np.int8]
    parent: NDArray[np.int32]
    arc: NDArray[np.int32]
    weights: Numbers
    pair_shelter: NDArray[np.int32]
    pair_metres: Numbers
    rounds: int = 0
    pivots: int = 0

    @property
    def cost(self) -> Numbers:
        """One number for all aims, (arcs,)."""
        return self.aims @ self.weights

    @property
    def supply(self) -> Numbers:
        """People of every node, (nodes,)."""
        out = np.zeros(len(self.parent), dtype=np.int64)
        np.add.at(out, self.tail, self.flow)
        np.subtract.at(out, self.head, self.flow)
        out[len(self.parent) - 1] = 0
        return out

    def improve(self, cost: Numbers) -> Numbers:
        """The cheapest flow from the present one; the potentials of the nodes."""
        potential = np.zeros(len(self.parent), dtype=np.int64)
        block = max(32, int(len(self.tail) ** 0.5))
        self.pivots += pivot(
            self.tail,
            self.head,
            self.cap,
            cost,
            self.flow,
            self.state,
            self.parent,
            self.arc,
            potential,
            block,
        )
        return potential


def network(cells: Cells, shelters: Shelters, scenario: Scenario, on: Ground) -> Network:
    """The network with its first pairs and everybody without a place. WrongInput where a reserve is beyond capacity.

    >>> from .inputs import cells_of, shelters_of
    >>> two = cells_of(["a"], ["1"], [43], [141], [9]), shelters_of(["A"], ["1"], [43], [141], [5])
    >>> found = network(*two, Scenario(10), ground(*two, Scenario(10)))
    >>> found.tail, found.head, found.flow
    (array([0, 1, 0], dtype=int32), array([2, 2, 1], dtype=int32), array([9, 0, 0]))
    """
    plain, need = cells.people - cells.accessible, cells.accessible
    of_plain, of_need = np.flatnonzero(plain), np.flatnonzero(need)
    cell = np.concatenate([of_plain, of_need])
    kind = np.repeat(np.array([0, 1]), [len(of_plain), len(of_need)])
    p = len(cell)
    entry, gates = _gates(shelters, kept_places(shelters, scenario), p)
    root = p + len(gates)
    tails, caps, aims, states, flows, base = [], [], [], [], [], []
    for node in range(p):
        at = int(cell[node])
        if kind[node]:
            parts = [(UNLIMITED, int(need[at]), (1, 1, 0, 0, 0))]
        else:
            other = int(cells.vulnerable[at] - need[at])
            some = int(plain[at]) - other
            parts = [(some, some, (1, 0, 0, 0, 0)), (UNLIMITED, other, (1, 0, 1, 0, 0))]
            if not some:
                parts = parts[1:]
            elif not other:
                parts = [(UNLIMITED, some, (1, 0, 0, 0, 0))]
        for cap, flow, aim in parts:
            tails.append(node)
            caps.append(cap)
            flows.append(flow)
            aims.append(aim)
            states.append(FULL if cap != UNLIMITED else TREE)
        base.append(len(tails) - 1)
    for number, (_, cap) in enumerate(gates):
        base.append(len(tails))
        tails.append(p + number)
        caps.append(cap)
        flows.append(0)
        aims.append((0, 0, 0, 0, 0))
        states.append(TREE)
    above = np.array([up if up >= 0 else root for up, _ in gates], dtype=np.int32)
    over = len(tails) - len(gates)
    head = np.concatenate([np.full(over, root, dtype=np.int32), above])
    found = Network(
        on,
        scenario,
        cell,
        kind,
        entry,
        len(tails),
        np.array(tails, dtype=np.int32),
        head,
        np.array(caps, dtype=np.int64),
        np.array(aims, dtype=np.int64).reshape(-1, AIMS),
        np.array(flows, dtype=np.int64),
        np.array(states, dtype=np.int8),
        np.concatenate([np.full(p, root), above, [-1]]).astype(np.int32),
        np.array([*base, -1], dtype=np.int32),
        _weights(on, scenario, p, int(np.count_nonzero(shelters.places))),
        np.zeros(0, dtype=np.int32),
        np.zeros(0, dtype=np.int64),
    )
    _first_pairs(found)
    return found


def settle(net: Network) -> None:
    """The best flow by all aims; pairs that were left out come in until none would make it better.

    >>> from .inputs import cells_of, shelters_of
    >>> two = cells_of(["a"], ["1"], [43], [141], [9]), shelters_of(["A"], ["1"], [43], [141], [5])
    >>> net = network(*two, Scenario(10), ground(*two, Scenario(10)))
    >>> settle(net)
    >>> net.flow
    array([4, 5, 5])
    """
    while True:
        net.rounds += 1
        potential = net.improve(net.cost)
        if net.scenario.nearest is not None or not _more_pairs(net, potential):
            return


def standing(net: Network, cost: Numbers) -> Numbers:
    """Every arc's reduced cost on the present tree, (arcs,): 0 in the tree.

    >>> from .inputs import cells_of, shelters_of
    >>> two = cells_of(["a"], ["1"], [43], [141], [9]), shelters_of(["A"], ["1"], [43], [141], [5])
    >>> net = network(*two, Scenario(10), ground(*two, Scenario(10)))
    >>> standing(net, net.aims[:, UNPLACED].copy())
    array([ 0,  0, -1])
    """
    potential = measured(net.tail, net.head, cost, net.parent, net.arc)
    return np.asarray(cost + potential[net.tail] - potential[net.head])


def kept_places(shelters: Shelters, scenario: Scenario) -> Numbers:
    """Places every usable shelter keeps for its own town's people and for others, (m, 2).

    >>> from .inputs import Reserve, shelters_of
    >>> three = shelters_of(["A", "B", "C"], ["1", "1", "2"], [43] * 3, [141] * 3, [100, 50, 9])
    >>> kept_places(three, Scenario(10, reserves={"1": Reserve(own=40, others=0.1)}))
    array([[27, 10],
           [13,  5],
           [ 0,  0]])
    """
    places = shelters.places
    kept = np.zeros((len(shelters), 2), dtype=np.int64)
    codes = np.array(shelters.towns, dtype=object)
    for town in sorted(scenario.reserves):
        rows = np.flatnonzero(codes == town)
        total = int(places[rows].sum())
        for side, amount in enumerate((scenario.reserves[town].own, scenario.reserves[town].others)):
            if amount < 1:
                kept[rows, side] = np.round(places[rows] * amount, 6).astype(np.int64)
                continue
            if amount > total:
                raise WrongInput(
                    f"「{town}」の受入枠{int(amount):,}人が、使える避難所の収容人数{total:,}人を超えています。",
                    column="reserves",
                )
            parts = places[rows] * int(amount)
            kept[rows, side] = parts // total
            left = int(amount) - int(kept[rows, side].sum())
            order = np.lexsort((rows, -(parts % total)))
            kept[rows[order[:left]], side] += 1
    beyond = np.flatnonzero(kept.sum(axis=1) > places)
    if len(beyond):
        raise WrongInput(
            f"「{shelters.towns[beyond[0]]}」の受入枠の合計が、収容人数を超えています。", column="reserves"
        )
    return kept


def _gates(shelters: Shelters, kept: Numbers, first: int) -> tuple[NDArray[np.int32], list[tuple[int, int]]]:
    """Nodes at which people come in (kind, side, shelter), and each gate's node above (−1: the root) and capacity."""
    entry = np.full((2, 2, len(shelters)), -1, dtype=np.int32)
    gates: list[tuple[int, int]] = []

    def gate(above: int, cap: int) -> int:
        if cap <= 0:
            return -1
        gates.append((above, cap))
        return first + len(gates) - 1

    for at, places in enumerate(shelters.places.tolist()):
        whole = gate(-1, places)
        if whole < 0:
            continue
        own_kept, other_kept = kept[at].tolist()
        ramp = int(shelters.accessible[at])
        if not own_kept and not other_kept:
            entry[0, :, at] = whole
            entry[1, :, at] = gate(whole, ramp)
            continue
        caps = (places - other_kept, places - own_kept)
        ramps = [0, ramp * caps[1] // places]
        ramps[0] = min(ramp - ramps[1], caps[0])
        for side in (0, 1):
            entry[0, side, at] = gate(whole, caps[side])
            if entry[0, side, at] >= 0:
                entry[1, side, at] = gate(int(entry[0, side, at]), ramps[side])
    return entry, gates


def _weights(on: Ground, scenario: Scenario, p: int, usable: int) -> Numbers:
    if not p or not usable:
        return np.array([4, 2, 1, 1, 1], dtype=np.int64)
    points = np.concatenate([on.here, on.there])
    reach = float(np.sqrt(((points - points[0]) ** 2).sum(axis=1)).max())
    longest = int(2 * np.arcsin(min(1.0, reach / 2)) * RADIUS * 2 * scenario.detour) + on.border + 2
    cycle = 2 * min(p, usable) + 2
    far = cycle * longest + 1
    short = far * (cycle + 1)
    if short * 16 > UNLIMITED:
        raise WrongInput(
            "区画と避難所が多すぎて、一度に計画できません。地域を分けてください。", column="cells"
        )
    return np.array([4 * short, 2 * short, short, far, 1], dtype=np.int64)


def _opens(net: Network, kind: int) -> NDArray[np.bool_]:
    return np.ascontiguousarray((net.entry[kind] >= 0).T)


def _first_pairs(net: Network) -> None:
    on, nodes, places = net.ground, [], []
    m = len(on.there)
    count = min(m, net.scenario.nearest or max(_START, _ALL // max(1, len(net.cell))))
    for kind in (0, 1):
        rows = np.flatnonzero(net.kind == kind)
        opens = _opens(net, kind)
        if not len(rows) or not opens.any():
            continue
        cells = net.cell[rows]
        choices = first_choices(
            on.here[cells],
            on.there,
            on.from_town[cells],
            on.to_town,
            on.allowed,
            opens,
            net.scenario.detour,
            on.border,
            count,
        )
        held = choices >= 0
        nodes.append(np.repeat(rows, held.sum(axis=1)))
        places.append(choices[held])
    if nodes:
        _add(net, np.concatenate(nodes), np.concatenate(places))


def _more_pairs(net: Network, potential: Numbers) -> bool:
    """Bring in pairs that would make the flow cheaper; whether there were any."""
    nodes, places = [], []
    worth = -_lowered(net, potential)
    for kind in (0, 1):
        rows = np.flatnonzero(net.kind == kind)
        opens = _opens(net, kind)
        if not len(rows) or not opens.any():
            continue
        entries = np.where(opens, net.entry[kind].T, 0)
        choices = _priced(net, rows, -potential[rows], np.ascontiguousarray(worth[entries]), opens)
        held = choices >= 0
        nodes.append(np.repeat(rows, held.sum(axis=1)))
        places.append(choices[held])
    if not nodes or not sum(map(len, nodes)):
        return False
    _add(net, np.concatenate(nodes), np.concatenate(places))
    return True


def _priced(
    net: Network, rows: Numbers, price: Numbers, worth: Numbers, opens: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """`cheaper_pairs` of the people nodes `rows`, each processor a part of them."""
    on, parts = net.ground, min(len(rows), os.cpu_count() or 1)

    def part(at: int) -> NDArray[np.int32]:
        some = slice(len(rows) * at // parts, len(rows) * (at + 1) // parts)
        return np.asarray(
            cheaper_pairs(
                on.here,
                on.there,
                net.cell[rows[some]],
                on.from_town,
                on.to_town,
                on.allowed,
                net.scenario.detour,
                on.border,
                on.far,
                int(net.weights[FAR]),
                price[some],
                worth,
                opens,
                _ADDED,
            )
        )

    with ThreadPoolExecutor(parts) as pool:
        return np.concatenate(list(pool.map(part, range(parts))))


def _lowered(net: Network, potential: Numbers) -> Numbers:
    """The potentials with those of gates nobody goes through as low as they may be: empty places are worth nothing."""
    out = potential.copy()
    gates = np.arange(len(net.parent) - 1 - len(net.cell)) + len(net.cell)
    arcs = net.first_pair - len(gates) + np.arange(len(gates))
    for node, arc in zip(gates.tolist(), arcs.tolist(), strict=True):
        if net.flow[arc] == 0:
            out[node] = min(out[node], out[net.head[arc]])
    return out


def _add(net: Network, nodes: NDArray[Any], places: NDArray[Any]) -> None:
    on, cells = net.ground, net.cell[nodes]
    long = np.zeros((len(nodes), 2), dtype=np.int64)
    lengths(on.here, on.there, cells, places, on.from_town, on.to_town, net.scenario.detour, on.border, long)
    side = (on.from_town[cells] != on.to_town[places]).astype(np.int64)
    aims = np.zeros((len(nodes), AIMS), dtype=np.int64)
    aims[:, FAR] = long[:, 0] > on.far
    aims[:, METRES] = long[:, 1]
    net.tail = np.concatenate([net.tail, nodes.astype(np.int32)])
    net.head = np.concatenate([net.head, net.entry[net.kind[nodes], side, places].astype(np.int32)])
    net.cap = np.concatenate([net.cap, np.full(len(nodes), UNLIMITED, dtype=np.int64)])
    net.aims = np.concatenate([net.aims, aims])
    net.flow = np.concatenate([net.flow, np.zeros(len(nodes), dtype=np.int64)])
    net.state = np.concatenate([net.state, np.full(len(nodes), EMPTY, dtype=np.int8)])
    net.pair_shelter = np.concatenate([net.pair_shelter, places.astype(np.int32)])
    net.pair_metres = np.concatenate([net.pair_metres, long[:, 0]])
