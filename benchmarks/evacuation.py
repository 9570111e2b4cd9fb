"""Plans of evacuation in time: nine towns (1,500 cells × 300 shelters, all pairs) within 1 s, the size of Hokkaido
(20,000 × 8,000, 40 nearest) within 60 s, each as a whole: all aims with their bounds, districts kept together, tables.

Beside it OR-Tools' minimum-cost flow (in its own process: it cannot be loaded together with highspy) solves one flow
of the same pairs for person-metres and people without a place, which is the first and the third aim without people
far; so do we, for the ratio and the same optimum. The rule "nearest shelter" stands beside with the people it leaves
over capacity. The instances are made up from a fixed seed: cells and shelters in clusters, people and places
log-normal, of everybody's places 90 % or, where short, 105 % wanted. Published sets are not part of the project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from _limits import Limits, median

if TYPE_CHECKING:
    from keniki.analysis.evacuation import Cells, Plan, Scenario, Shelters

#: Name, cells, shelters, towns, kilometres across, nearest, limit in seconds, runs.
SIZES = (
    ("nine towns", 1500, 300, 9, 40, None, 1.0, 3),
    ("Hokkaido", 20_000, 8000, 179, 300, 40, 60.0, 1),
)
WANTED = {"enough": 0.9, "short by 5 %": 1.05}
NEED, VULNERABLE = 0.03, 0.2


def main() -> None:
    if sys.argv[1:2] == ["peer"]:
        print(json.dumps(by_ortools(Path(sys.argv[2]))))
        return
    if sys.argv[1:2] == ["cold"]:
        print(json.dumps(cold()))
        return
    with Limits() as limits:
        for kind, kept in (("compiled anew", False), ("compiled before", True)):
            print(f"first plan of nine towns in a new process, {kind}: {in_new_process(kept):.2f} s")
        for name, n, m, towns, across, nearest, limit, runs in SIZES:
            for how, wanted in WANTED.items():
                case = made_up(n, m, towns, across, wanted)
                single(f"{name}, {how}", case, nearest)
                for people in ("alike", "with people who need an accessible place"):
                    if people == "alike":
                        whole(limits, f"{name}, {how}, {people}", case, nearest, limit, runs)
                    else:
                        mixed = made_up(n, m, towns, across, wanted, NEED, VULNERABLE)
                        whole(limits, f"{name}, {how}, {people}", mixed, nearest, limit, runs)


def whole(
    limits: Limits, name: str, case: tuple[Cells, Shelters], nearest: int | None, limit: float, runs: int
) -> None:
    """Hold a whole plan to its limit and print its aims."""
    from keniki.analysis.evacuation import plan

    rules = scenario(nearest)
    plan(*case, rules)
    limits.hold(f"whole plan, {name}", median(partial(plan, *case, rules), runs), limit)
    found = plan(*case, rules)
    for aim in found.aims:
        print(
            f"  {aim.key}: bound {aim.bound:g}, flow {aim.flow:g} (gap {aim.flow_gap:g}), kept {aim.plan:g}"
        )
    gaps = sum(abs(aim.flow_gap) for aim in found.aims if aim.key != "largest_share")
    limits.hold(f"  gaps of the first five aims together, {name}", gaps, 0, "")
    said(found)


def said(found: Plan) -> None:
    """Print what stays together and the ratio to the rule of the nearest shelter."""
    print(f"  districts: {len(found.districts)}, split {len(found.split)}")
    over, unplaced = found.nearest.over, found.unplaced
    ratio = f"{over / unplaced:.1f}" if unplaced else "none without here"
    print(
        f"  nearest shelter: {over / found.people:.1%} over capacity; here without a place "
        f"{unplaced / found.people:.1%}; ratio {ratio}"
    )


def single(name: str, case: tuple[Cells, Shelters], nearest: int | None) -> None:
    """One flow of the same pairs by us and by OR-Tools: the same optimum, and the ratio of seconds."""
    cost, tail, head, cap, people = one_flow(case, nearest)
    started = time.perf_counter()
    ours = by_us(cost, tail, head, cap, people)
    seconds = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flow.npz"
        np.savez(path, cost=cost, tail=tail, head=head, cap=cap, people=people)
        peer = json.loads(run("peer", str(path)))
    same = "the same optimum" if peer["cost"] == ours else f"DIFFERENT: {peer['cost']} and {ours}"
    print(f"one flow, {name}: {seconds:.2f} s, OR-Tools {peer['seconds']:.2f} s, {same}; ratio ", end="")
    print(f"{peer['seconds'] / seconds:.1f}", flush=True)
    if peer["cost"] != ours:
        sys.exit("another optimum than OR-Tools'")


def one_flow(case: tuple[Cells, Shelters], nearest: int | None) -> tuple[np.ndarray, ...]:
    """Arcs of one flow: over (as many as cells), shelters' places, pairs; nodes: cells, shelters, one sink."""
    from keniki.analysis.evacuation.distances import first_choices, lengths, unit_vectors

    cells, shelters = case
    n, m = len(cells), len(shelters)
    here, there = (unit_vectors(each.latitude, each.longitude) for each in case)
    town, every = np.zeros(max(n, m), dtype=np.int64), np.ones((1, 1), dtype=np.bool_)
    opens = np.ones((m, 2), dtype=np.bool_)
    to = first_choices(here, there, town[:n], town[:m], every, opens, 1.0, 0, nearest or m)
    i, j = np.repeat(np.arange(n), to.shape[1]), to.ravel().astype(np.int64)
    long = np.zeros((len(i), 2), dtype=np.int64)
    lengths(here, there, i, j, town[:n], town[:m], 1.0, 0, long)
    over = int(long.max()) * 2 * m
    sink = np.full(n + m, n + m)
    return (
        np.concatenate([np.full(n, over), np.zeros(m, dtype=np.int64), long[:, 0]]),
        np.concatenate([np.arange(n + m), i]),
        np.concatenate([sink, n + j]),
        np.concatenate([cells.people, shelters.places, cells.people[i]]),
        cells.people,
    )


def by_us(cost: np.ndarray, tail: np.ndarray, head: np.ndarray, cap: np.ndarray, people: np.ndarray) -> int:
    """The least cost by our network simplex."""
    from keniki.analysis.evacuation.simplex import EMPTY, TREE, UNLIMITED, pivot

    n, nodes = len(people), int(head.max()) + 1
    flow = np.zeros(len(tail), dtype=np.int64)
    flow[:n] = people
    state = np.full(len(tail), EMPTY, dtype=np.int8)
    state[: nodes - 1] = TREE
    room = cap.copy()
    room[:n] = UNLIMITED
    room[nodes - 1 :] = UNLIMITED
    parent = np.append(np.full(nodes - 1, nodes - 1), -1).astype(np.int32)
    arc = np.append(np.arange(nodes - 1), -1).astype(np.int32)
    potential = np.zeros(nodes, dtype=np.int64)
    ends = tail.astype(np.int32), head.astype(np.int32)
    pivot(*ends, room, cost, flow, state, parent, arc, potential, int(len(tail) ** 0.5))
    return int(cost @ flow)


def by_ortools(path: Path) -> dict[str, float]:
    """The least cost and the seconds of building and solving, by OR-Tools."""
    from ortools.graph.python import min_cost_flow

    given = np.load(path)
    people = given["people"]
    started = time.perf_counter()
    model = min_cost_flow.SimpleMinCostFlow()
    model.add_arcs_with_capacity_and_unit_cost(given["tail"], given["head"], given["cap"], given["cost"])
    model.set_nodes_supplies(np.arange(len(people)), people)
    model.set_node_supply(int(given["head"].max()), -int(people.sum()))
    if model.solve() != model.OPTIMAL:
        sys.exit("OR-Tools found no optimum")
    return {"cost": int(model.optimal_cost()), "seconds": time.perf_counter() - started}


def run(*arguments: str, **environment: str) -> str:
    """What this file prints in a process of its own."""
    return subprocess.run(
        [sys.executable, __file__, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    ).stdout


def in_new_process(kept: bool) -> float:
    """Seconds of the first plan in a new process, with or without machine code of an earlier one."""
    if kept:
        run("cold")
        return float(json.loads(run("cold")))
    with tempfile.TemporaryDirectory() as folder:
        return float(json.loads(run("cold", NUMBA_CACHE_DIR=folder)))


def cold() -> float:
    """Seconds of the first plan of this process."""
    from keniki.analysis.evacuation import plan

    case = made_up(1500, 300, 9, 40, 0.9)
    started = time.perf_counter()
    plan(*case, scenario(None))
    return time.perf_counter() - started


def scenario(nearest: int | None) -> Scenario:
    """The rules of the benchmark: borders cost 3 km, far is beyond 20 km, districts are kept together."""
    from keniki.analysis.evacuation import Scenario

    return Scenario(far_km=20, border_km=3, nearest=nearest)


def made_up(
    n: int, m: int, towns: int, across: float, wanted: float, need: float = 0.0, vulnerable: float = 0.0
) -> tuple[Cells, Shelters]:
    """Cells and shelters in clusters, one of a town each; districts are squares of 1.2 km within a town."""
    from keniki.analysis.evacuation import cells_of, shelters_of

    random = np.random.default_rng(n)
    centres = random.random((towns, 2)) * across
    size = random.pareto(1.2, towns) + 0.3
    size /= size.sum()
    here = centres[random.choice(towns, n, p=size)] + random.normal(0, 3, (n, 2))
    there = centres[random.choice(towns, m, p=size)] + random.normal(0, 4, (m, 2))
    people = np.ceil(np.exp(random.normal(3.5, 1, n))).astype(np.int64)
    places = np.exp(random.normal(4.5, 0.9, m))
    places = np.maximum(1, np.round(places * people.sum() / wanted / places.sum())).astype(np.int64)
    needing = random.binomial(people, need)
    own, other = town_of(here, centres), town_of(there, centres)
    square = np.floor(here / 1.2).astype(int)
    cells = cells_of(
        [f"c{at:05d}" for at in range(n)],
        [f"{at:03d}" for at in own],
        *degrees(here),
        people,
        districts=[f"{at:03d}-{x}-{y}" for at, (x, y) in zip(own, square, strict=True)],
        vulnerable=needing + random.binomial(people - needing, vulnerable),
        accessible=needing,
    )
    shelters = shelters_of(
        [f"s{at:05d}" for at in range(m)],
        [f"{at:03d}" for at in other],
        *degrees(there),
        places,
        accessible=places * 15 // 100,
    )
    return cells, shelters


def town_of(places: np.ndarray, centres: np.ndarray) -> Any:
    """The nearest centre of every place."""
    return ((places[:, None] - centres[None]) ** 2).sum(axis=-1).argmin(axis=1)


def degrees(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latitudes and longitudes of places in kilometres."""
    return 43 + places[:, 1] / 111.2, 141 + places[:, 0] / 81.3


if __name__ == "__main__":
    main()
