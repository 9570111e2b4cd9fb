"""A plan of evacuation across borders (広域避難の割当): the best by its aims in their order, districts kept together.

Aims: everybody has a place (those who need an accessible place first, then the other vulnerable), nobody goes far, the
way is short, receiving towns carry evenly. The first are met exactly, each with the bound that proves it.
"""

from __future__ import annotations

from math import ceil
from typing import Final

import numpy as np

from keniki.analysis.arrays import Array, divided

from .distances import first_choices, lengths
from .fairness import even_out
from .inputs import Cells, Numbers, Scenario, Shelters
from .network import (
    FAR,
    METRES,
    NO_ACCESSIBLE,
    NO_VULNERABLE,
    UNPLACED,
    Ground,
    Network,
    ground,
    kept_places,
    network,
    settle,
)
from .proofs import proof
from .results import (
    Aim,
    AimKey,
    Assignment,
    Cause,
    DistrictPlan,
    Equipment,
    Nearest,
    Part,
    Plan,
    Receiving,
    Short,
)
from .whole import Moves, moves_of, together

_KEYS: Final[tuple[tuple[AimKey, int, str], ...]] = (
    ("unplaced", UNPLACED, "人"),
    ("unplaced_accessible", NO_ACCESSIBLE, "人"),
    ("unplaced_vulnerable", NO_VULNERABLE, "人"),
    ("far", FAR, "人"),
    ("person_km", METRES, "人km"),
)
_REASONS: Final[dict[Cause, str]] = {
    "capacity": "使える避難所がすべて満員です。",
    "accessible": "配慮が要る人を受け入れられる場所が足りません。",
    "reserve": "空きは、受入枠として残してある場所だけです。",
    "agreement": "空きは、協定がなく受け入れを頼めない市町にだけあります。",
    "nearest": "近い避難所（候補に入れた数）が満員です。候補を増やすと入れる場合があります。",
}


def plan(cells: Cells, shelters: Shelters, scenario: Scenario) -> Plan:
    """The plan for n cells and m shelters under a scenario; the same for any order of the rows.

    Cost of a pair: great-circle metres × detour, plus the border's. Limits of a shelter: its capacity, its accessible
    places, what its town keeps for its own people and for others (accessible places are then divided alike). Within a
    cell the vulnerable get the accessible shelters first, then the nearest. WrongInput for rules that contradict the
    data (a reserve beyond the places, an unknown town). Method: least-cost flow with weights that keep the order of
    aims, proofs by duality (`proofs`), mixing for the last aim (`fairness`), exchanges (`whole`).

    >>> from .inputs import cells_of, shelters_of
    >>> town = cells_of(["a", "b"], ["1", "1"], [43.0, 43.0], [141.0, 141.02], [120, 80], accessible=[10, 0])
    >>> sites = shelters_of(["A", "B"], ["1", "2"], [43.0, 43.1], [141.0, 141.0], [130, 60], accessible=[0, 8])
    >>> found = plan(town, sites, Scenario(far_km=5))
    >>> [(aim.key, aim.plan, aim.gap) for aim in found.aims[:4]]
    [('unplaced', 10.0, 0.0), ('unplaced_accessible', 2.0, 0.0), ('unplaced_vulnerable', 0.0, 0.0), ('far', 60.0, 0.0)]
    >>> [(town.town, town.own, town.others) for town in found.receiving]
    [('1', 130, 0), ('2', 0, 60)]
    """
    rows = np.array(sorted(range(len(cells)), key=cells.ids.__getitem__), dtype=np.int64)
    sites = np.array(sorted(range(len(shelters)), key=shelters.ids.__getitem__), dtype=np.int64)
    ours, theirs = _cells(cells, rows), _shelters(shelters, sites)
    on = ground(ours, theirs, scenario)
    net = network(ours, theirs, scenario, on)
    settle(net)
    proved = proof(net)
    capacity = np.zeros(len(on.towns), dtype=np.int64)
    np.add.at(capacity, on.to_town, theirs.places)
    fair = even_out(net, proved, capacity)
    values = net.flow @ net.aims
    whole = scenario.keep_whole
    moves = moves_of(net) if whole == "none" else together(net, ours, whole == "district")
    kept = _kept_values(net, moves, values)
    aims = [
        Aim(key, unit, *(_in_units(key, int(of[at])) for of in (proved.bounds, values, kept)))
        for key, at, unit in _KEYS
    ]
    largest = float(np.nanmax(_shares(net, moves, capacity), initial=0.0))
    aims.append(Aim("largest_share", "割合", fair.bound, fair.largest, largest))
    missing = _missing(net, ours, moves)
    assignment = _assignment(net, ours, theirs, moves)
    return Plan(
        int(ours.people.sum()),
        tuple(aims),
        Assignment(
            rows[assignment.cell],
            sites[assignment.shelter],
            assignment.people,
            assignment.vulnerable,
            assignment.accessible,
            assignment.km,
        ),
        _districts(ours, theirs, assignment, missing),
        _receiving(ours, theirs, scenario, assignment),
        _short(net, ours, theirs, moves, missing),
        _equipment(scenario, moves, missing),
        _nearest(ours, theirs, scenario, on),
        len(net.tail) - net.first_pair,
        net.rounds,
        scenario.nearest is None,
    )


def _cells(cells: Cells, rows: Numbers) -> Cells:
    return Cells(
        tuple(cells.ids[at] for at in rows),
        tuple(cells.districts[at] for at in rows),
        tuple(cells.towns[at] for at in rows),
        cells.latitude[rows],
        cells.longitude[rows],
        cells.people[rows],
        cells.vulnerable[rows],
        cells.accessible[rows],
    )


def _shelters(shelters: Shelters, rows: Numbers) -> Shelters:
    return Shelters(
        tuple(shelters.ids[at] for at in rows),
        tuple(shelters.towns[at] for at in rows),
        shelters.latitude[rows],
        shelters.longitude[rows],
        shelters.capacity[rows],
        shelters.accessible[rows],
        tuple(shelters.unusable[at] for at in rows),
    )


def _in_units(key: AimKey, value: int) -> float:
    return value / 1000 if key == "person_km" else float(value)


def _crossing(net: Network, moves: Moves) -> Numbers:
    """The receiving town's number of every move across a border, −1 for others."""
    to = net.ground.to_town[moves.shelter]
    return np.where(net.ground.from_town[net.cell[moves.node]] != to, to, -1)


def _kept_values(net: Network, moves: Moves, values: Numbers) -> Numbers:
    out = values.copy()
    out[FAR] = moves.people[moves.metres > net.ground.far].sum()
    out[METRES] = (moves.people * (moves.metres + net.ground.border * (_crossing(net, moves) >= 0))).sum()
    return out


def _shares(net: Network, moves: Moves, capacity: Numbers) -> Array:
    crossing = _crossing(net, moves)
    received = np.zeros(len(capacity), dtype=np.int64)
    np.add.at(received, crossing[crossing >= 0], moves.people[crossing >= 0])
    return divided(received, capacity)


def _missing(net: Network, cells: Cells, moves: Moves) -> Numbers:
    """People of every cell without a place, of them who need an accessible one, other vulnerable, (cells, 3)."""
    there = np.zeros((len(cells), 2), dtype=np.int64)
    np.add.at(there, (net.cell[moves.node], net.kind[moves.node]), moves.people)
    plain = cells.people - cells.accessible - there[:, 0]
    need = cells.accessible - there[:, 1]
    sturdy = cells.people - cells.vulnerable
    return np.stack([plain + need, need, np.maximum(0, plain - sturdy)], axis=1)


def _assignment(net: Network, cells: Cells, shelters: Shelters, moves: Moves) -> Assignment:
    m = len(shelters)
    key = net.cell[moves.node] * m + moves.shelter
    keys, at = np.unique(key, return_inverse=True)
    people, need, metres = (np.zeros(len(keys), dtype=np.int64) for _ in range(3))
    np.add.at(people, at, moves.people)
    np.add.at(need, at, moves.people * net.kind[moves.node])
    metres[at] = moves.metres
    cell, shelter = keys // m, keys % m
    # the vulnerable who need no accessible place get what accessible shelters have, then the nearest
    left = np.minimum(cells.vulnerable - cells.accessible, np.bincount(cell, people - need, len(cells)))
    left = left.astype(np.int64)
    vulnerable = need.copy()
    for row in np.lexsort((shelter, metres, shelters.accessible[shelter] == 0, cell)).tolist():
        some = min(int(left[cell[row]]), int(people[row] - need[row]))
        vulnerable[row] += some
        left[cell[row]] -= some
    return Assignment(cell, shelter, people, vulnerable, need, tuple((metres / 1000).tolist()))


def _districts(
    cells: Cells, shelters: Shelters, assignment: Assignment, missing: Numbers
) -> tuple[DistrictPlan, ...]:
    names = sorted(set(cells.districts))
    number = {name: at for at, name in enumerate(names)}
    of_cell = np.array([number[name] for name in cells.districts], dtype=np.int64)
    people, unplaced = np.zeros(len(names), dtype=np.int64), np.zeros(len(names), dtype=np.int64)
    np.add.at(people, of_cell, cells.people)
    np.add.at(unplaced, of_cell, missing[:, 0])
    town = dict(zip(cells.districts, cells.towns, strict=True))
    m = max(1, len(shelters))
    keys, at = np.unique(of_cell[assignment.cell] * m + assignment.shelter, return_inverse=True)
    sums = np.zeros((len(keys), 3))
    km = np.array(assignment.km)
    for column, values in enumerate((assignment.people, assignment.accessible, assignment.people * km)):
        np.add.at(sums[:, column], at, values)
    parts: list[list[Part]] = [[] for _ in names]
    for key, (some, need, long) in zip(keys.tolist(), sums.tolist(), strict=True):
        row = key % m
        parts[key // m].append(
            Part(shelters.ids[row], shelters.towns[row], int(some), int(need), long / some)
        )
    return tuple(
        DistrictPlan(
            name,
            town[name],
            int(people[at]),
            int(unplaced[at]),
            tuple(sorted(parts[at], key=lambda part: (-part.people, part.shelter))),
        )
        for at, name in enumerate(names)
    )


def _receiving(
    cells: Cells, shelters: Shelters, scenario: Scenario, assignment: Assignment
) -> tuple[Receiving, ...]:
    places, kept = shelters.places, kept_places(shelters, scenario)
    towns = sorted(set(shelters.towns))
    number = {town: at for at, town in enumerate(towns)}
    of = np.array([number[town] for town in shelters.towns], dtype=np.int64)
    from_town = np.array([number.get(town, -1) for town in cells.towns], dtype=np.int64)
    sums = np.zeros((len(towns), 6), dtype=np.int64)
    for column, values in enumerate((places > 0, places, kept[:, 0], kept[:, 1])):
        np.add.at(sums[:, column], of, values)
    to = of[assignment.shelter]
    own = from_town[assignment.cell] == to
    np.add.at(sums[:, 4], to[own], assignment.people[own])
    np.add.at(sums[:, 5], to[~own], assignment.people[~own])
    return tuple(
        Receiving(town, int(row[0]), int(row[1]), int(row[4]), int(row[5]), int(row[2]), int(row[3]))
        for town, row in zip(towns, sums, strict=True)
    )


def _short(
    net: Network, cells: Cells, shelters: Shelters, moves: Moves, missing: Numbers
) -> tuple[Short, ...]:
    room = _room(net, moves)
    on = net.ground
    found = []
    for town in sorted(set(cells.towns)):
        rows = np.flatnonzero(np.array(cells.towns, dtype=object) == town)
        lost = missing[rows].sum(axis=0)
        if not lost[0]:
            continue
        number = on.towns.index(town)
        kinds = {kind for kind, count in ((0, lost[0] - lost[1]), (1, lost[1])) if count}
        cause = _cause(net, room, number, max(kinds) if lost[0] == lost[1] else 0)
        closed = [at for at, why in enumerate(shelters.unusable) if why and shelters.towns[at] == town]
        reason = _REASONS[cause] if shelters.places.any() else "使える避難所がありません。"
        if closed:
            places = int(shelters.capacity[closed].sum())
            reason += f"この市町の避難所{len(closed)}か所（{places:,}人分）は使えません。"
        found.append(
            Short(
                town,
                int(cells.people[rows].sum()),
                int(lost[0]),
                int(lost[1]),
                int(lost[2]),
                cause,
                reason,
            )
        )
    return tuple(found)


def _room(net: Network, moves: Moves) -> Numbers:
    """Free places of every node that is not people's, by its own limit alone; (nodes,)."""
    p, nodes = len(net.cell), len(net.parent)
    gates = nodes - 1 - p
    arcs = net.first_pair - gates + np.arange(gates)
    taken = np.zeros(nodes, dtype=np.int64)
    side = (net.ground.from_town[net.cell[moves.node]] != net.ground.to_town[moves.shelter]).astype(np.int64)
    np.add.at(taken, net.entry[net.kind[moves.node], side, moves.shelter], moves.people)
    # a gate inside another has a higher number
    for at in range(gates - 1, -1, -1):
        above = int(net.head[arcs[at]])
        if above != nodes - 1:
            taken[above] += taken[p + at]
    room = np.zeros(nodes, dtype=np.int64)
    room[p : nodes - 1] = net.cap[arcs] - taken[p : nodes - 1]
    for at in range(gates):
        above = int(net.head[arcs[at]])
        if above != nodes - 1:
            room[p + at] = min(room[p + at], room[above])
    return room


def _cause(net: Network, room: Numbers, town: int, kind: int) -> Cause:
    """Why people of a town have no place: what stands between them and the places that are free."""
    on = net.ground
    whole = np.array([_top(net, int(node)) for node in net.entry[0].max(axis=0)], dtype=np.int64)
    free = np.where(whole >= 0, room[whole], 0) > 0
    if not free.any():
        return "capacity"
    side = (on.to_town != town).astype(np.int64)
    entry = net.entry[kind, side, np.arange(len(side))]
    enters = free & (entry >= 0) & (np.where(entry >= 0, room[entry], 0) > 0)
    if (enters & on.allowed[town, on.to_town]).any():
        return "nearest" if net.scenario.nearest is not None else "capacity"
    if enters.any():
        return "agreement"
    return "accessible" if kind else "reserve"


def _top(net: Network, node: int) -> int:
    """The node over all gates of a shelter."""
    p, root = len(net.cell), len(net.parent) - 1
    gates = root - p
    while node >= 0:
        above = int(net.head[net.first_pair - gates + node - p])
        if above == root:
            return node
        node = above
    return -1


def _equipment(scenario: Scenario, moves: Moves, missing: Numbers) -> Equipment:
    there = np.zeros(int(moves.shelter.max(initial=-1)) + 1, dtype=np.int64)
    np.add.at(there, moves.shelter, moves.people)
    per = scenario.per
    return Equipment(
        None if per.tent is None else ceil(int(missing[:, 0].sum()) / per.tent),
        None if per.bed is None else ceil(int(there.sum()) / per.bed),
        None if per.staff is None else sum(ceil(each / per.staff) for each in there.tolist()),
    )


def _nearest(cells: Cells, shelters: Shelters, scenario: Scenario, on: Ground) -> Nearest:
    places = shelters.places
    usable = places > 0
    leaving = np.flatnonzero(cells.people)
    if not usable.any() or not len(leaving):
        return Nearest(int(cells.people.sum()), 0, 0, 0.0)
    every = np.ones((len(on.towns), len(on.towns)), dtype=np.bool_)
    opens = np.ascontiguousarray(np.stack([usable, usable], axis=1))
    to = first_choices(
        on.here[leaving],
        on.there,
        on.from_town[leaving],
        on.to_town,
        every,
        opens,
        scenario.detour,
        0,
        1,
    )[:, 0]
    long = np.zeros((len(leaving), 2), dtype=np.int64)
    lengths(on.here, on.there, leaving, to, on.from_town, on.to_town, scenario.detour, 0, long)
    people = cells.people[leaving]
    there = np.bincount(to, people, len(shelters)).astype(np.int64)
    over = np.maximum(0, there - places)
    return Nearest(
        int(over.sum()),
        int(np.count_nonzero(over)),
        int(people[long[:, 0] > on.far].sum()),
        float((people * long[:, 0]).sum()) / 1000,
    )
