"""The work on labour market areas: the least valid gives up a municipality, again and again, until all are valid.

All arrays are of n municipalities or n possible areas; `cluster` names each municipality's area, −1 on the reserve
list. The table comes by row and by column (`starts`, `at`, `values`; the same with `back_`), `own` is who stays.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from keniki.analysis.machine import compiled

#: Validities are compared with this much room, so that the order of adding decides nothing.
HAIR: Final = 1e-9


@compiled
def dissolve(
    starts: Any,
    at: Any,
    values: Any,
    back_starts: Any,
    back_at: Any,
    back_values: Any,
    own: Any,
    residents: Any,
    workers: Any,
    rules: Any,
    most_moves: int,
    rounds: int,
    cluster: Any,
) -> int:
    """Fill `cluster` with areas; how many municipalities were taken out of one. `rules` are least size, least
    containment, target size, target containment."""
    n = residents.shape[0]
    R, W, F, valid = residents.copy(), workers.copy(), own.copy(), np.empty(n)
    size = np.ones(n, dtype=np.int64)
    moves = np.zeros(n, dtype=np.int64)
    goal = np.empty(n, dtype=np.int64)
    out, back, seen = np.zeros(n), np.zeros(n), np.empty(n, dtype=np.int64)
    taken = 0
    for c in range(n):
        cluster[c] = c
        valid[c] = _validity(F[c], R[c], W[c], rules)
    for _ in range(rounds):
        while True:
            worst = _least_valid(valid, size)
            if worst < 0:
                break
            taken += 1
            pick, most = -1, -1.0
            for c in range(n):
                if cluster[c] == worst:
                    count = _exchange(c, starts, at, values, cluster, out, out, back, seen, 0)
                    count = _exchange(
                        c, back_starts, back_at, back_values, cluster, back, out, back, seen, count
                    )
                    outside = residents[c] - own[c] - out[worst] + workers[c] - own[c] - back[worst]
                    _clear(out, back, seen, count)
                    if outside > most:
                        pick, most = c, outside
            count = _exchange(pick, starts, at, values, cluster, out, out, back, seen, 0)
            count = _exchange(pick, back_starts, back_at, back_values, cluster, back, out, back, seen, count)
            to = _strongest(out, back, seen, count, residents[pick], workers[pick], R, W, worst)
            F[worst] -= own[pick] + out[worst] + back[worst]
            R[worst] -= residents[pick]
            W[worst] -= workers[pick]
            size[worst] -= 1
            valid[worst] = _validity(F[worst], R[worst], W[worst], rules)
            cluster[pick] = -1
            if to >= 0 and moves[pick] < most_moves:
                inside = F[to] + own[pick] + out[to] + back[to]
                new = _validity(inside, R[to] + residents[pick], W[to] + workers[pick], rules)
                if new >= valid[to] - HAIR:
                    F[to], valid[to] = inside, new
                    R[to] += residents[pick]
                    W[to] += workers[pick]
                    size[to] += 1
                    moves[pick] += 1
                    cluster[pick] = to
            _clear(out, back, seen, count)
        dealt = True
        while dealt:
            dealt = False
            for c in range(n):
                goal[c] = -1
                if cluster[c] < 0:
                    count = _exchange(c, starts, at, values, cluster, out, out, back, seen, 0)
                    count = _exchange(
                        c, back_starts, back_at, back_values, cluster, back, out, back, seen, count
                    )
                    goal[c] = _strongest(out, back, seen, count, residents[c], workers[c], R, W, -1)
                    _clear(out, back, seen, count)
            for c in range(n):
                if goal[c] >= 0:
                    cluster[c] = goal[c]
                    dealt = True
            if dealt:
                _count(starts, at, values, residents, workers, rules, cluster, R, W, F, size, valid)
        for c in range(n):
            if cluster[c] < 0:
                free = c
                while size[free] > 0:
                    free = (free + 1) % n
                cluster[c], size[free] = free, 1
        _count(starts, at, values, residents, workers, rules, cluster, R, W, F, size, valid)
        if _least_valid(valid, size) < 0:
            return taken
    while True:
        worst = _least_valid(valid, size)
        if worst < 0:
            break
        count = 0
        for c in range(n):
            if cluster[c] == worst:
                count = _exchange(c, starts, at, values, cluster, out, out, back, seen, count)
                count = _exchange(c, back_starts, back_at, back_values, cluster, back, out, back, seen, count)
        to = _strongest(out, back, seen, count, R[worst], W[worst], R, W, worst)
        if to < 0:
            valid[worst] = np.inf
        else:
            F[to] += F[worst] + out[to] + back[to]
            R[to] += R[worst]
            W[to] += W[worst]
            size[to] += size[worst]
            size[worst] = 0
            valid[to] = _validity(F[to], R[to], W[to], rules)
            for c in range(n):
                if cluster[c] == worst:
                    cluster[c] = to
        _clear(out, back, seen, count)
    return taken


@compiled
def _validity(inside: float, residents: float, workers: float, rules: Any) -> Any:
    if residents <= 0.0 or workers <= 0.0:
        return 0.0
    short = max(0.0, (rules[2] - residents) / (rules[2] - rules[0]))
    room = 1.0 - (1.0 - rules[1] / rules[3]) * short
    return min(1.0, min(inside / residents, inside / workers) / rules[3]) * room * rules[3] / rules[1]


@compiled
def _least_valid(valid: Any, size: Any) -> int:
    """The area with the lowest validity below 1, −1 without any; of equals the one with the lower number."""
    worst, least = -1, 1.0 - HAIR
    for group in range(valid.shape[0]):
        if size[group] > 0 and valid[group] < least:
            worst, least = group, valid[group]
    return worst


@compiled
def _exchange(
    c: int,
    starts: Any,
    at: Any,
    values: Any,
    cluster: Any,
    into: Any,
    out: Any,
    back: Any,
    seen: Any,
    count: int,
) -> int:
    """Add one side of a municipality's flows to `into` (which is `out` or `back`) by the area at their other end; the
    number of areas `seen`."""
    for place in range(starts[c], starts[c + 1]):
        group = cluster[at[place]]
        if at[place] == c or group < 0 or values[place] == 0.0:
            continue
        if out[group] == 0.0 and back[group] == 0.0:
            seen[count] = group
            count += 1
        into[group] += values[place]
    return count


@compiled
def _clear(out: Any, back: Any, seen: Any, count: int) -> None:
    for number in range(count):
        out[seen[number]] = 0.0
        back[seen[number]] = 0.0


@compiled
def _strongest(
    out: Any, back: Any, seen: Any, count: int, r: float, w: float, R: Any, W: Any, but: int
) -> int:
    """The area with the strongest cohesion to somebody with r residents and w workers, −1 without any; of equals the
    one with the lower number."""
    best, most = -1, 0.0
    for number in range(count):
        group = seen[number]
        if group == but:
            continue
        tie = 0.0
        if r > 0.0 and W[group] > 0.0:
            tie += out[group] * out[group] / (r * W[group])
        if w > 0.0 and R[group] > 0.0:
            tie += back[group] * back[group] / (R[group] * w)
        if tie > most or (tie == most and tie > 0.0 and group < best):
            best, most = group, tie
    return best


@compiled
def _count(
    starts: Any,
    at: Any,
    values: Any,
    residents: Any,
    workers: Any,
    rules: Any,
    cluster: Any,
    R: Any,
    W: Any,
    F: Any,
    size: Any,
    valid: Any,
) -> None:
    """Everything about the areas anew from `cluster`."""
    n = cluster.shape[0]
    R[:] = 0.0
    W[:] = 0.0
    F[:] = 0.0
    size[:] = 0
    for c in range(n):
        group = cluster[c]
        if group < 0:
            continue
        R[group] += residents[c]
        W[group] += workers[c]
        size[group] += 1
        for place in range(starts[c], starts[c + 1]):
            if cluster[at[place]] == group:
                F[group] += values[place]
    for group in range(n):
        valid[group] = _validity(F[group], R[group], W[group], rules)
