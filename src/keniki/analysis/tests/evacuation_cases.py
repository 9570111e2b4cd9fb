"""Small cases of evacuation, a reference by linear programmes, and what every plan has to keep."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import maximum_flow

from keniki.analysis.evacuation import Reserve, Scenario, cells_of, shelters_of

RADIUS_KM = 6371.0088
TOWNS = ("012106", "014273", "014290")


@st.composite
def cases(draw, least=0, most=5):
    """Cells and shelters on a grid of about a kilometre (so that ways tie), of three towns, and a scenario."""
    n, m = draw(st.integers(least, most)), draw(st.integers(least, most))
    spot, town = st.tuples(st.integers(0, 6), st.integers(0, 6)), st.sampled_from(TOWNS)
    people, vulnerable, accessible = [], [], []
    for _ in range(n):
        people.append(draw(st.integers(0, 12)))
        vulnerable.append(draw(st.integers(0, people[-1])))
        accessible.append(draw(st.integers(0, vulnerable[-1])))
    capacity = [draw(st.integers(0, 20)) for _ in range(m)]
    ramp = [draw(st.integers(0, each)) for each in capacity]
    at, to = draw(st.lists(spot, min_size=n, max_size=n)), draw(st.lists(spot, min_size=m, max_size=m))
    towns = draw(st.lists(town, min_size=n, max_size=n))
    groups = [f"{code}-{draw(st.integers(0, 1))}" for code in towns]
    cells = cells_of(
        [f"c{each}" for each in range(n)], towns, [43 + y / 100 for _, y in at], [141 + x / 80 for x, _ in at],
        people, districts=groups, vulnerable=vulnerable, accessible=accessible,
    )  # fmt: skip
    shelters = shelters_of(
        [f"s{each}" for each in range(m)], draw(st.lists(town, min_size=m, max_size=m)),
        [43 + y / 100 for _, y in to], [141 + x / 80 for x, _ in to], capacity, accessible=ramp,
        unusable=[draw(st.sampled_from(["", "", "", "浸水"])) for _ in range(m)],
    )  # fmt: skip
    known = {*cells.towns, *shelters.towns}
    reserves = {
        code: Reserve(draw(st.sampled_from([0, 0.3])), draw(st.sampled_from([0, 0.25])))
        for code in sorted(known)
        if draw(st.booleans())
    }
    pairs = [(a, b) for a in TOWNS for b in TOWNS if a != b and a in known and b in known]
    return (
        cells,
        shelters,
        Scenario(
            far_km=draw(st.sampled_from([0, 2, 4])),
            border_km=draw(st.sampled_from([0, 1.5])),
            detour=draw(st.sampled_from([1, 1.3])),
            reserves=reserves,
            agreements=draw(st.sampled_from([None, frozenset(pairs[::2])])),
            keep_whole=draw(st.sampled_from(["district", "cell", "none"])),
            longer_for_fairness=draw(st.sampled_from([0, 0.2])),
        ),
    )


def metres(cells, shelters, detour):
    """Haversine metres of every pair, (n, m), rounded."""
    a, b = np.radians(cells.latitude)[:, None], np.radians(shelters.latitude)[None]
    apart = np.radians(shelters.longitude[None] - cells.longitude[:, None])
    half = np.sin((a - b) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(apart / 2) ** 2
    return np.rint(2000 * RADIUS_KM * np.arcsin(np.sqrt(half)) * detour)


def limits(cells, shelters, scenario):
    """Each limit of a shelter as (shelter, kinds, sides, places): everybody, own, others, accessible places."""
    out = []
    for j, (town, places) in enumerate(zip(shelters.towns, shelters.places.tolist(), strict=True)):
        kept = scenario.reserves.get(town, Reserve())
        own, others = int(round(places * kept.own, 6)), int(round(places * kept.others, 6))
        ramp = int(shelters.accessible[j]) if places else 0
        out.append((j, (0, 1), (0, 1), places))
        if own or others:
            to_others = ramp * (places - own) // places
            out.append((j, (0, 1), (0,), places - others))
            out.append((j, (0, 1), (1,), places - own))
            out.append((j, (1,), (0,), ramp - to_others))
            out.append((j, (1,), (1,), to_others))
        else:
            out.append((j, (1,), (0, 1), ramp))
    return out


def by_programmes(cells, shelters, scenario, longest=None):
    """The best of every aim, one linear programme after another (HiGHS): six numbers.

    Columns: people by kind, cell and shelter; people without a place by kind and cell; the vulnerable of them beyond
    the others of the cell; the largest share. `longest` replaces what person-metres may be for the last aim.
    """
    n, m = len(cells), len(shelters)
    pairs = 2 * n * m
    size = pairs + 3 * n + 1
    at = lambda kind, i, j: (kind * n + i) * m + j  # noqa: E731
    side = np.array([[int(a != b) for b in shelters.towns] for a in cells.towns]).reshape(n, m)
    high = np.full(size, np.inf)
    for i, town in enumerate(cells.towns):
        for j, other in enumerate(shelters.towns):
            ok = town == other or scenario.agreements is None or (town, other) in scenario.agreements
            if not ok or not shelters.places[j]:
                high[[at(0, i, j), at(1, i, j)]] = 0
    equal, right = np.zeros((2 * n, size)), np.zeros(2 * n)
    for kind, people in enumerate((cells.people - cells.accessible, cells.accessible)):
        for i in range(n):
            equal[kind * n + i, at(kind, i, 0) : at(kind, i, 0) + m] = 1
            equal[kind * n + i, pairs + kind * n + i] = 1
            right[kind * n + i] = people[i]
    rows, tops = [], []
    for j, kinds, sides, places in limits(cells, shelters, scenario):
        row = np.zeros(size)
        for kind in kinds:
            for i in range(n):
                row[at(kind, i, j)] = side[i, j] in sides
        rows.append(row)
        tops.append(places)
    for i in range(n):
        row = np.zeros(size)
        row[pairs + i], row[pairs + 2 * n + i] = 1, -1
        rows.append(row)
        tops.append(cells.people[i] - cells.vulnerable[i])
    for town in sorted(set(shelters.towns)):
        there = [j for j in range(m) if shelters.towns[j] == town]
        places = shelters.places[there].sum()
        if places:
            row = np.zeros(size)
            for kind in (0, 1):
                for i in range(n):
                    for j in there:
                        row[at(kind, i, j)] = side[i, j]
            row[-1] = -places
            rows.append(row)
            tops.append(0)
    long = metres(cells, shelters, scenario.detour)
    aims = np.zeros((6, size))
    aims[0, pairs : pairs + 2 * n] = 1
    aims[1, pairs + n : pairs + 2 * n] = 1
    aims[2, pairs + 2 * n : pairs + 3 * n] = 1
    aims[3, :pairs] = np.tile((long > scenario.far_km * 1000).ravel(), 2)
    aims[4, :pairs] = np.tile((long + side * round(scenario.border_km * 1000)).ravel(), 2)
    aims[5, -1] = 1
    found = []
    for number, aim in enumerate(aims):
        done = linprog(
            aim, np.array(rows) if rows else None, tops or None, equal if n else None, right if n else None,
            list(zip(np.zeros(size), high, strict=True)),
        )  # fmt: skip
        assert done.status == 0
        value = round(done.fun) if number < 5 else done.fun
        found.append(value)
        rows.append(aim)
        tops.append(longest if number == 4 and longest is not None else value)
    return found


def placed_by_maximum_flow(cells, shelters, scenario):
    """How many people can have a place, by scipy's maximum flow; without reserves."""
    n, m = len(cells), len(shelters)
    edges = []
    for i, town in enumerate(cells.towns):
        edges.append((0, 1 + i, cells.people[i] - cells.accessible[i]))
        edges.append((0, 1 + n + i, cells.accessible[i]))
        for j, other in enumerate(shelters.towns):
            if town == other or scenario.agreements is None or (town, other) in scenario.agreements:
                edges.append((1 + i, 1 + 2 * n + m + j, 10**6))
                edges.append((1 + n + i, 1 + 2 * n + j, 10**6))
    last = 1 + 2 * n + 2 * m
    for j in range(m):
        edges.append((1 + 2 * n + j, 1 + 2 * n + m + j, shelters.accessible[j]))
        edges.append((1 + 2 * n + m + j, last, shelters.places[j]))
    if not edges:
        return 0
    a, b, c = (np.array(each, dtype=np.int32) for each in zip(*edges, strict=True))
    graph = csr_array(coo_array((c, (a, b)), shape=(last + 1, last + 1)))
    return maximum_flow(graph, 0, last).flow_value


def holds_together(cells, shelters, scenario, found):
    """Assert what any plan keeps: people are conserved, no limit is passed, the tables say the same."""
    rows = found.assignment
    assert np.all(rows.people > 0)
    assert np.all((rows.accessible <= rows.vulnerable) & (rows.vulnerable <= rows.people))
    out = [
        np.bincount(rows.cell, each, len(cells)) for each in (rows.people, rows.vulnerable, rows.accessible)
    ]
    for there, all_of in zip(out, (cells.people, cells.vulnerable, cells.accessible), strict=True):
        assert np.all(there <= all_of)
    assert found.people == cells.people.sum() == rows.people.sum() + found.unplaced
    assert found.aim("unplaced_accessible").plan == (cells.accessible - out[2]).sum()
    lost = cells.vulnerable - cells.accessible - (out[1] - out[2])
    assert found.aim("unplaced_vulnerable").plan == lost.sum()
    side = np.array(
        [int(cells.towns[i] != shelters.towns[j]) for i, j in zip(rows.cell, rows.shelter, strict=True)],
        dtype=int,
    )
    for j, kinds, sides, places in limits(cells, shelters, scenario):
        there = (rows.shelter == j) & np.isin(side, sides)
        taken = rows.people if 0 in kinds else rows.accessible
        assert taken[there].sum() <= places
    for i, j in zip(rows.cell, rows.shelter, strict=True):
        assert shelters.unusable[j] == ""
        pair = (cells.towns[i], shelters.towns[j])
        assert pair[0] == pair[1] or scenario.agreements is None or pair in scenario.agreements
    long = metres(cells, shelters, scenario.detour)[rows.cell, rows.shelter]
    assert np.allclose(long / 1000, rows.km)
    assert found.aim("far").plan == rows.people[long > scenario.far_km * 1000].sum()
    border = round(scenario.border_km * 1000)
    assert np.isclose(found.aim("person_km").plan, (rows.people * (long + side * border)).sum() / 1000)
    assert sum(town.own + town.others for town in found.receiving) == rows.people.sum()
    assert (
        sum(each.unplaced for each in found.districts)
        == sum(each.unplaced for each in found.short)
        == found.unplaced
    )
    for district in found.districts:
        assert sum(part.people for part in district.parts) + district.unplaced == district.people
    shared = [town.share for town in found.receiving if town.share is not None]
    assert np.isclose(found.aim("largest_share").plan, max(shared, default=0))


def turned(cells, shelters, seed):
    """The same case with its rows in another order."""
    random = np.random.default_rng(seed)
    a, b = random.permutation(len(cells)), random.permutation(len(shelters))
    mixed = [_rows(cells, a), _rows(shelters, b)]
    return mixed[0], mixed[1]


def _rows(table, order):
    changed = {}
    for name, values in vars(table).items():
        changed[name] = values[order] if isinstance(values, np.ndarray) else tuple(values[at] for at in order)
    return replace(table, **changed)
