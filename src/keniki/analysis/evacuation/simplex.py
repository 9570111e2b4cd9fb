"""The least-cost flow of a network by the network simplex method, as machine code.

A basis is a spanning tree that hangs from the root: `parent` and `arc` (the arc to the parent) of every node, its
children in linked lists, its `depth` and its potential. A pivot lets one arc in, sends flow round its cycle, takes one
arc out and hangs the subtree cut off at its new place. Trees are kept strongly feasible (every node can send a little
more to the root), so that no run of pivots comes back to a tree it has left. Source: Cunningham (1976); pricing by
blocks: Grigoriadis (1986); the tree in linked lists is our own.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from keniki.analysis.machine import compiled

#: The capacity of an arc without one.
UNLIMITED: Final = 1 << 60

#: Where an arc is: at nothing, in the tree, at its capacity.
EMPTY: Final = 1
TREE: Final = 0
FULL: Final = -1


@compiled
def pivot(
    tail: Any,
    head: Any,
    cap: Any,
    cost: Any,
    flow: Any,
    state: Any,
    parent: Any,
    arc: Any,
    potential: Any,
    block: int,
) -> int:
    """Improve a flow until it is the cheapest; the number of pivots. `flow`, `state`, `parent`, `arc` and `potential`
    are changed in place.

    m arcs from `tail` to `head` with `cap` and whole `cost`, n nodes. `parent` and `arc` are a strongly feasible tree
    (−1 at the root), `state` says where each arc is, `flow` meets every node's balance. At the end every arc's
    cost + potential[tail] − potential[head] is ≥ 0 where it is empty and ≤ 0 where it is full. `block` arcs are looked
    through for each pivot.

    >>> flow, state = np.array([3, 0, 0]), np.array([0, 1, 0], dtype=np.int8)
    >>> parent, arc, potential = np.array([2, 2, -1]), np.array([0, 2, -1]), np.zeros(3, dtype=np.int64)
    >>> tail, head = np.array([0, 0, 1]), np.array([2, 1, 2])
    >>> cap, cost = np.array([9, 9, 2]), np.array([100, 1, 0])
    >>> pivot(tail, head, cap, cost, flow, state, parent, arc, potential, 3), flow
    (1, array([1, 2, 2]))
    """
    n, m = parent.shape[0], tail.shape[0]
    child = np.full(n, -1, dtype=np.int32)
    after = np.full(n, -1, dtype=np.int32)
    before = np.full(n, -1, dtype=np.int32)
    depth = np.zeros(n, dtype=np.int32)
    root = 0
    for node in range(n):
        if parent[node] < 0:
            root = node
        else:
            _hang(node, parent[node], child, after, before)
    potential[root] = 0
    _measure(root, tail, head, cost, parent, arc, child, after, depth, potential)
    pivots, place = 0, 0
    while True:
        entering, worst, looked = -1, 0, 0
        while looked < m:
            stop = min(place + block, m, place + m - looked)
            for a in range(place, stop):
                if state[a] == 0:
                    continue
                value = state[a] * (cost[a] + potential[tail[a]] - potential[head[a]])
                if value < worst:
                    worst, entering = value, a
            looked += stop - place
            place = 0 if stop == m else stop
            if entering >= 0:
                break
        if entering < 0:
            return pivots
        pivots += 1
        if state[entering] > 0:
            u, v = tail[entering], head[entering]
            room = cap[entering] - flow[entering]
        else:
            u, v = head[entering], tail[entering]
            room = flow[entering]
        side, out = 0, -1
        a, b = u, v
        while a != b:
            if depth[a] >= depth[b]:
                e = arc[a]
                left = flow[e] if tail[e] == a else cap[e] - flow[e]
                if left < room:
                    room, out, side = left, a, 1
                a = parent[a]
            else:
                b = parent[b]
        join = a
        b = v
        while b != join:
            e = arc[b]
            left = cap[e] - flow[e] if tail[e] == b else flow[e]
            if left <= room:
                room, out, side = left, b, 2
            b = parent[b]
        if room > 0:
            flow[entering] += room * state[entering]
            a = u
            while a != join:
                e = arc[a]
                flow[e] += -room if tail[e] == a else room
                a = parent[a]
            b = v
            while b != join:
                e = arc[b]
                flow[e] += room if tail[e] == b else -room
                b = parent[b]
        if side == 0:
            state[entering] = -state[entering]
            continue
        leaving = arc[out]
        state[entering] = 0
        state[leaving] = 1 if flow[leaving] == 0 else -1
        node, above = (u, v) if side == 1 else (v, u)
        top, through = node, entering
        while True:
            old_parent, old_arc = parent[node], arc[node]
            _take(node, old_parent, child, after, before)
            parent[node], arc[node] = above, through
            _hang(node, above, child, after, before)
            if node == out:
                break
            above, through, node = node, old_arc, old_parent
        _measure(top, tail, head, cost, parent, arc, child, after, depth, potential)


@compiled
def measured(tail: Any, head: Any, cost: Any, parent: Any, arc: Any) -> Any:
    """The potentials (n,) a tree gives for `cost`: 0 at the root, no reduced cost in the tree.

    >>> measured(np.array([0, 1]), np.array([1, 2]), np.array([5, 2]), np.array([1, 2, -1]), np.array([0, 1, -1]))
    array([-7, -2,  0])
    """
    n = parent.shape[0]
    child = np.full(n, -1, dtype=np.int32)
    after = np.full(n, -1, dtype=np.int32)
    before = np.full(n, -1, dtype=np.int32)
    root = 0
    for node in range(n):
        if parent[node] < 0:
            root = node
        else:
            _hang(node, parent[node], child, after, before)
    potential = np.zeros(n, dtype=np.int64)
    _measure(root, tail, head, cost, parent, arc, child, after, np.zeros(n, dtype=np.int32), potential)
    return potential


@compiled
def _hang(node: int, under: int, child: Any, after: Any, before: Any) -> None:
    first = child[under]
    after[node] = first
    before[node] = -1
    if first >= 0:
        before[first] = node
    child[under] = node


@compiled
def _take(node: int, under: int, child: Any, after: Any, before: Any) -> None:
    if before[node] >= 0:
        after[before[node]] = after[node]
    else:
        child[under] = after[node]
    if after[node] >= 0:
        before[after[node]] = before[node]


@compiled
def _measure(
    top: int,
    tail: Any,
    head: Any,
    cost: Any,
    parent: Any,
    arc: Any,
    child: Any,
    after: Any,
    depth: Any,
    potential: Any,
) -> None:
    """Depth and potential of a subtree anew from its top's parent."""
    node = top
    while True:
        above = parent[node]
        if above >= 0:
            e = arc[node]
            depth[node] = depth[above] + 1
            potential[node] = potential[above] + (-cost[e] if tail[e] == node else cost[e])
        if child[node] >= 0:
            node = child[node]
            continue
        while node != top and after[node] < 0:
            node = parent[node]
        if node == top:
            return
        node = after[node]
