"""How far it is from cells to shelters, in whole metres on the sphere, and which shelters come first for each cell.

A journey costs its metres plus the border's. Nothing here keeps a table of all pairs.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keniki.analysis.machine import compiled

#: Mean radius of the earth (IUGG), metres.
RADIUS: Final = 6_371_008.8


def unit_vectors(latitude: ArrayLike, longitude: ArrayLike) -> NDArray[np.float64]:
    """Positions in degrees (n,) as points of the unit sphere (n, 3).

    >>> unit_vectors([0.0], [90.0]).round(6)
    array([[0., 1., 0.]])
    """
    phi, lam = np.radians(np.asarray(latitude, float)), np.radians(np.asarray(longitude, float))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)


@compiled
def metres(here: Any, there: Any, i: int, j: int, detour: float) -> int:
    """Great-circle metres from here[i] to there[j] times `detour`, rounded to whole ones.

    >>> ends = unit_vectors([43.0, 44.0], [141.0, 141.0])
    >>> metres(ends, ends, 0, 1, 1.0)
    111195
    """
    x = here[i, 0] - there[j, 0]
    y = here[i, 1] - there[j, 1]
    z = here[i, 2] - there[j, 2]
    half = min(1.0, math.sqrt(x * x + y * y + z * z) / 2.0)
    return round(2.0 * 6_371_008.8 * math.asin(half) * detour)


@compiled
def first_choices(
    here: Any,
    there: Any,
    from_town: Any,
    to_town: Any,
    allowed: Any,
    opens: Any,
    detour: float,
    border: int,
    count: int,
) -> Any:
    """The `count` cheapest shelters of every cell, (n, count), −1 where fewer are allowed; ties by the shelter's row.

    `here` (n, 3) and `there` (m, 3) on the unit sphere, `from_town` and `to_town` number the rows and columns of
    `allowed`; `opens` (m, 2) says whether a shelter takes its own people and others. A journey between two towns costs
    `border` metres more. Shelters are looked through by latitude, both ways, until the latitude alone is dearer than
    what was found.

    >>> here, there = unit_vectors([43.0], [141.0]), unit_vectors([43.2, 43.1, 45.0], [141.0, 141.0, 141.0])
    >>> every, opens = np.ones((1, 1), dtype=np.bool_), np.ones((3, 2), dtype=np.bool_)
    >>> first_choices(here, there, np.array([0]), np.array([0, 0, 0]), every, opens, 1.0, 0, 2)
    array([[1, 0]], dtype=int32)
    """
    n, m = here.shape[0], there.shape[0]
    found = np.full((n, count), -1, dtype=np.int32)
    order = np.argsort(there[:, 2])
    height = np.arcsin(np.minimum(1.0, np.maximum(-1.0, there[:, 2])))[order]
    best = np.empty(count, dtype=np.int64)
    for i in range(n):
        own = math.asin(min(1.0, max(-1.0, here[i, 2])))
        up = np.searchsorted(height, own)
        down = up - 1
        held = 0
        while up < m or down >= 0:
            if down < 0 or (up < m and height[up] - own <= own - height[down]):
                j, rise = order[up], height[up] - own
                up += 1
            else:
                j, rise = order[down], own - height[down]
                down -= 1
            if held == count and 6_371_008.8 * rise * detour - 2.0 > best[held - 1]:
                break
            side = 1 if from_town[i] != to_town[j] else 0
            if not opens[j, side] or not allowed[from_town[i], to_town[j]]:
                continue
            cost = metres(here, there, i, j, detour)
            if side:
                cost += border
            if held == count and (
                cost > best[held - 1] or (cost == best[held - 1] and j > found[i, held - 1])
            ):
                continue
            place = held if held < count else count - 1
            while place > 0 and (
                best[place - 1] > cost or (best[place - 1] == cost and found[i, place - 1] > j)
            ):
                best[place], found[i, place] = best[place - 1], found[i, place - 1]
                place -= 1
            best[place], found[i, place] = cost, j
            held = min(count, held + 1)
    return found


@compiled
def lengths(
    here: Any, there: Any, i: Any, j: Any, from_town: Any, to_town: Any, detour: float, border: int, out: Any
) -> None:
    """Fill `out` (a, 2) for the pairs i[a], j[a]: metres without the border's, and with them.

    >>> ends, town, out = unit_vectors([43.0, 44.0], [141.0, 141.0]), np.array([0, 1]), np.zeros((1, 2), dtype=np.int64)
    >>> lengths(ends, ends, np.array([0]), np.array([1]), town, town, 1.0, 500, out)
    >>> out
    array([[111195, 111695]])
    """
    for a in range(i.shape[0]):
        out[a, 0] = metres(here, there, i[a], j[a], detour)
        out[a, 1] = out[a, 0] + (border if from_town[i[a]] != to_town[j[a]] else 0)


@compiled
def cheaper_pairs(
    here: Any,
    there: Any,
    cell: Any,
    from_town: Any,
    to_town: Any,
    allowed: Any,
    detour: float,
    border: int,
    far: int,
    far_cost: int,
    price: Any,
    worth: Any,
    opens: Any,
    most: int,
) -> Any:
    """For every node the `most` pairs that would make the flow cheaper, the best first, (p, most), −1 where fewer.

    Node a stands for people of cell[a]; `price` (p,) is what one of them pays now, `worth` (m, 2) what a place of a
    shelter is worth to its own people and to others, `opens` (m, 2) whether it takes them. A pair pays if
    metres + far_cost beyond `far` + worth < price.

    >>> here, there = unit_vectors([43.0], [141.0]), unit_vectors([43.2, 43.1], [141.0, 141.0])
    >>> every, zero = np.ones((1, 1), dtype=np.bool_), np.array([0])
    >>> worth, opens, price = np.zeros((2, 2), dtype=np.int64), np.ones((2, 2), dtype=np.bool_), np.array([20000])
    >>> towns = np.array([0, 0])
    >>> cheaper_pairs(here, there, zero, zero, towns, every, 1.0, 0, 99999, 1, price, worth, opens, 2)
    array([[ 1, -1]], dtype=int32)
    """
    p, m = cell.shape[0], there.shape[0]
    found = np.full((p, most), -1, dtype=np.int32)
    gain = np.zeros(most, dtype=np.int64)
    near = (2.0 * math.sin(min(math.pi / 2, (far + 1.0) / detour / 6_371_008.8 / 2.0))) ** 2 * (1 + 1e-9)
    for a in range(p):
        i = cell[a]
        town, x, y, z = from_town[i], here[i, 0], here[i, 1], here[i, 2]
        gain[:] = 0
        for j in range(m):
            other = to_town[j] != town
            side = 1 if other else 0
            if not opens[j, side]:
                continue
            room = price[a] - worth[j, side] - (border if other else 0)
            if room <= gain[most - 1]:
                continue
            dx, dy, dz = x - there[j, 0], y - there[j, 1], z - there[j, 2]
            square = dx * dx + dy * dy + dz * dz
            if (room <= far_cost and square > near) or not allowed[town, to_town[j]]:
                continue
            long = metres(here, there, i, j, detour)
            saved = room - long - (far_cost if long > far else 0)
            if saved <= gain[most - 1]:
                continue
            place = most - 1
            while place > 0 and gain[place - 1] < saved:
                gain[place], found[a, place] = gain[place - 1], found[a, place - 1]
                place -= 1
            gain[place], found[a, place] = saved, j
    return found
