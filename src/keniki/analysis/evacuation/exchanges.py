"""Exchanges between shelters that bring the parts of a unit together, as machine code.

u units (a district or a cell, by kind of people) have choices `first[u]` … `first[u + 1]` − 1; choice c is of
`unit[c]`, comes in at the node `door[c]` of the place `site[c]`, holds `amount[c]` people now, and would have `far[c]`
people far and `metres[c]` person-metres with all `size[u]` there. `room` are free places of nodes, `above` the node
over each (−1: the top). `by_site` lists the choices of each site from `site_first`.

Nothing here takes a place from anybody or sends more people far: every exchange keeps all who have a place.
"""

from __future__ import annotations

from typing import Any, Final

from keniki.analysis.machine import compiled

#: More than any number of person-metres.
_NEVER: Final = 1 << 61


@compiled
def bring_together(
    order: Any,
    first: Any,
    unit: Any,
    door: Any,
    site: Any,
    amount: Any,
    far: Any,
    metres: Any,
    size: Any,
    room: Any,
    above: Any,
    site_first: Any,
    by_site: Any,
    longer: int,
    rounds: int,
) -> int:
    """Bring split units together in `order`; how many were. `amount` and `room` are changed in place.

    A unit goes to one place as a whole, where needed by moving others out of it: a whole unit to another place with
    room, or people of a split unit to a place where it has a part already. Of the ways looked at the one with the
    fewest person-metres; none that makes the journey of those who move longer by more than `longer` metres on average.

    >>> import numpy as np
    >>> one = [np.array(each) for each in ([0], [0, 2], [0, 0], [0, 1], [0, 1])]
    >>> amount, room, above = np.array([3, 2]), np.array([2, 0, 9]), np.array([2, 2, -1])
    >>> site_first, by_site, nought = np.array([0, 1, 2]), np.array([0, 1]), np.zeros(2, dtype=np.int64)
    >>> bring_together(*one, amount, nought, nought, np.array([5]), room, above, site_first, by_site, 0, 9)
    1
    >>> amount, room
    (array([5, 0]), array([0, 2, 9]))
    """
    done = 0
    for _ in range(rounds):
        before = done
        for u in order:
            if _parts(u, first, amount) < 2:
                continue
            start, stop = first[u], first[u + 1]
            far_now, metres_now = (
                _least_far(u, first, amount, far, size),
                _long(u, first, amount, metres, size),
            )
            most = metres_now + longer * size[u]
            for c in range(start, stop):
                _move(door[c], amount[c], room, above)
            best, moved, target, people, least = -1, -1, -1, 0, _NEVER
            for c in range(start, stop):
                gain = int(metres[c] - metres_now)
                if far[c] > far_now or metres[c] > most or gain >= least:
                    continue
                lack = size[u] - _room(door[c], room, above)
                if lack <= 0:
                    best, moved, least = c, -1, gain
                    continue
                for at in range(site_first[site[c]], site_first[site[c] + 1]):
                    other = by_site[at]
                    v = unit[other]
                    if v == u or amount[other] < lack:
                        continue
                    whole = amount[other] == size[v]
                    going = amount[other] if whole else lack
                    for to in range(first[v], first[v + 1]):
                        if site[to] == site[c] or (not whole and amount[to] == 0):
                            continue
                        loss = gain + int((metres[to] - metres[other]) * (going / size[v]))
                        if loss >= least or loss > longer * (size[u] + going):
                            continue
                        if whole:
                            more = far[to] - far[other]
                        else:
                            more = min(going, far[to]) - max(0, going - size[v] + far[other])
                        if far[c] - far_now + more > 0:
                            continue
                        _move(door[other], going, room, above)
                        fits = _room(door[c], room, above) >= size[u]
                        if fits:
                            _move(door[c], -size[u], room, above)
                            fits = _room(door[to], room, above) >= going
                            _move(door[c], size[u], room, above)
                        _move(door[other], -going, room, above)
                        if fits:
                            best, moved, target, people, least = c, other, to, going, loss
            if best < 0:
                for c in range(start, stop):
                    _move(door[c], -amount[c], room, above)
                continue
            if moved >= 0:
                _move(door[moved], people, room, above)
                _move(door[target], -people, room, above)
                amount[moved] -= people
                amount[target] += people
            for c in range(start, stop):
                amount[c] = 0
            amount[best] = size[u]
            _move(door[best], -size[u], room, above)
            done += 1
        if done == before:
            return done
    return done


@compiled
def shorten(
    order: Any,
    first: Any,
    unit: Any,
    door: Any,
    site: Any,
    amount: Any,
    far: Any,
    metres: Any,
    size: Any,
    room: Any,
    above: Any,
    site_first: Any,
    by_site: Any,
    rounds: int,
) -> int:
    """Move whole units, alone or two against each other, as long as that saves person-metres; the number of moves.

    Arguments as `bring_together`.

    >>> import numpy as np
    >>> one = [np.array(each) for each in ([0], [0, 2], [0, 0], [0, 1], [0, 1])]
    >>> amount, room, metres = np.array([5, 0]), np.array([0, 5, 9]), np.array([70, 40])
    >>> site_first, by_site, nought = np.array([0, 1, 2]), np.array([0, 1]), np.zeros(2, dtype=np.int64)
    >>> shorten(*one, amount, nought, metres, np.array([5]), room, np.array([2, 2, -1]), site_first, by_site, 9), amount
    (1, array([0, 5]))
    """
    moves = 0
    for _ in range(rounds):
        before = moves
        for u in order:
            here = _only(u, first, amount, size)
            if here < 0:
                continue
            best, against, back, least, least_far = -1, -1, -1, 0, 0
            _move(door[here], size[u], room, above)
            for c in range(first[u], first[u + 1]):
                gain, more = metres[c] - metres[here], far[c] - far[here]
                if c == here or more > 0 or gain >= 0:
                    continue
                if _room(door[c], room, above) >= size[u]:
                    if more < least_far or (more == least_far and gain < least):
                        best, against, least, least_far = c, -1, gain, more
                    continue
                for at in range(site_first[site[c]], site_first[site[c] + 1]):
                    other = by_site[at]
                    v = unit[other]
                    if v == u or amount[other] == 0 or amount[other] != size[v]:
                        continue
                    for to in range(first[v], first[v + 1]):
                        if site[to] != site[here]:
                            continue
                        both = gain + metres[to] - metres[other]
                        both_far = more + far[to] - far[other]
                        if both_far > least_far or (both_far == least_far and both >= least):
                            continue
                        _move(door[other], size[v], room, above)
                        fits = _room(door[c], room, above) >= size[u]
                        if fits:
                            _move(door[c], -size[u], room, above)
                            fits = _room(door[to], room, above) >= size[v]
                            _move(door[c], size[u], room, above)
                        _move(door[other], -size[v], room, above)
                        if fits:
                            best, against, back, least, least_far = c, other, to, both, both_far
            if best < 0:
                _move(door[here], -size[u], room, above)
                continue
            if against >= 0:
                v = unit[against]
                _move(door[against], size[v], room, above)
                _move(door[back], -size[v], room, above)
                amount[against] = 0
                amount[back] = size[v]
            amount[here] = 0
            amount[best] = size[u]
            _move(door[best], -size[u], room, above)
            moves += 1
        if moves == before:
            return moves
    return moves


@compiled
def reunite(
    order: Any,
    mate: Any,
    first: Any,
    door: Any,
    site: Any,
    amount: Any,
    far: Any,
    metres: Any,
    size: Any,
    room: Any,
    above: Any,
    longer: int,
) -> int:
    """Bring whole units to the place of their `mate` (u,), the same district's people of the other kind (−1: none)
    where that has room; the number of moves. Arguments as `bring_together`.

    >>> import numpy as np
    >>> order, mate, first = np.array([0, 1]), np.array([1, 0]), np.array([0, 1, 3])
    >>> place, amount, nought = np.array([0, 0, 1]), np.array([9, 0, 2]), np.zeros(3, dtype=np.int64)
    >>> room, above = np.array([5, 0]), np.array([-1, -1])
    >>> reunite(order, mate, first, place, place, amount, nought, nought, np.array([9, 2]), room, above, 0), amount
    (1, array([9, 2, 0]))
    """
    moves = 0
    for u in order:
        v = mate[u]
        if v < 0:
            continue
        here, there = _only(u, first, amount, size), _only(v, first, amount, size)
        if here < 0 or there < 0 or site[here] == site[there]:
            continue
        for c in range(first[u], first[u + 1]):
            if site[c] != site[there] or far[c] > far[here] or metres[c] - metres[here] > longer * size[u]:
                continue
            _move(door[here], size[u], room, above)
            if _room(door[c], room, above) >= size[u]:
                _move(door[c], -size[u], room, above)
                amount[here] = 0
                amount[c] = size[u]
                moves += 1
            else:
                _move(door[here], -size[u], room, above)
            break
    return moves


@compiled
def _parts(u: int, first: Any, amount: Any) -> int:
    count = 0
    for c in range(first[u], first[u + 1]):
        if amount[c] > 0:
            count += 1
    return count


@compiled
def _only(u: int, first: Any, amount: Any, size: Any) -> int:
    """The choice that holds the whole unit, −1 where it is in parts or nowhere."""
    for c in range(first[u], first[u + 1]):
        if amount[c] > 0:
            return c if amount[c] == size[u] else -1
    return -1


@compiled
def _least_far(u: int, first: Any, amount: Any, far: Any, size: Any) -> int:
    """People of the unit who go far now, at least: whichever of them are at each place."""
    count = 0
    for c in range(first[u], first[u + 1]):
        count += max(0, amount[c] - size[u] + far[c])
    return count


@compiled
def _long(u: int, first: Any, amount: Any, metres: Any, size: Any) -> Any:
    """Person-metres of the parts, as if each were a fair part of the unit."""
    long = 0.0
    for c in range(first[u], first[u + 1]):
        long += metres[c] * (amount[c] / size[u])
    return long


@compiled
def _room(node: int, room: Any, above: Any) -> Any:
    least = room[node]
    while above[node] >= 0:
        node = above[node]
        if room[node] < least:
            least = room[node]
    return least


@compiled
def _move(node: int, people: int, room: Any, above: Any) -> None:
    """Give places back (or take them, with a minus) at a node and those over it."""
    while node >= 0:
        room[node] += people
        node = above[node]
