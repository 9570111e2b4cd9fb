"""The strongest tie of each municipality, to one other or to a whole centre of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.arrays import Array
from keniki.analysis.machine import compiled

from .flows import Flows, Places


@dataclass(frozen=True)
class Ties:
    """Where the largest part of each municipality's residents goes outside its own group, and how large it is.

    `best` and `share` (n,) look at all groups, `centre` and `centre_share` at those that are centres; a group is
    named by its head's place, −1 where nobody goes.
    """

    best: Places
    share: Array
    centre: Places
    centre_share: Array


def ties(flows: Flows, head: Places, is_centre: NDArray[np.bool_]) -> Ties:
    """The ties of n municipalities: `head` (n,) names the group each one belongs to, itself where it has none;
    `is_centre` (n,) says whose groups are centres.

    Flows to one group are added. Of equal ties the one to a centre wins, then that to the lower code.

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> made = flows_of(list("aaabc"), list("abcbc"), [60, 25, 15, 9, 9])
    >>> found = ties(made, np.arange(3), np.array([False, False, True]))
    >>> int(found.best[0]), float(found.share[0]), int(found.centre[0]), float(found.centre_share[0])
    (1, 0.25, 2, 0.15)
    """
    n = len(flows.codes)
    best, centre = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    share, centre_share = np.zeros(n), np.zeros(n)
    _ties(
        flows.out.starts,
        flows.out.at,
        flows.out.values,
        flows.residents,
        np.ascontiguousarray(head, dtype=np.int64),
        is_centre,
        best,
        share,
        centre,
        centre_share,
    )
    return Ties(best, share, centre, centre_share)


def without_circles(towards: Places, share: Array, weight: Array) -> Places:
    """The pointers with every circle cut: of those who point to each other in a circle, the one with the lowest
    share points nowhere (of a mutual pair it is the centre); of equal ones the heavier one, then the lower code.

    `towards` (n,) are places, −1 for nowhere; `share` and `weight` (n,).

    >>> without_circles(np.array([1, 0, 0]), np.array([0.2, 0.1, 0.3]), np.ones(3)).tolist()
    [1, -1, 0]
    """
    cut = towards.copy()
    seen = np.zeros(len(towards), dtype=np.int64)
    for start in range(len(towards)):
        place, walk = start, start + 1
        while place >= 0 and seen[place] == 0:
            seen[place] = walk
            place = int(cut[place])
        if place < 0 or seen[place] != walk:
            continue
        circle, at = [place], int(cut[place])
        while at != place:
            circle.append(at)
            at = int(cut[at])
        cut[min(circle, key=lambda each: (share[each], -weight[each], each))] = -1
    return cut


@compiled
def _ties(
    starts: Any,
    at: Any,
    values: Any,
    residents: Any,
    head: Any,
    is_centre: Any,
    best: Any,
    share: Any,
    centre: Any,
    centre_share: Any,
) -> None:
    n = residents.shape[0]
    total = np.zeros(n)
    touched = np.empty(n, dtype=np.int64)
    for i in range(n):
        count = 0
        for place in range(starts[i], starts[i + 1]):
            group = head[at[place]]
            if group == head[i] or values[place] == 0.0:
                continue
            if total[group] == 0.0:
                touched[count] = group
                count += 1
            total[group] += values[place]
        for number in range(count):
            group = touched[number]
            part = total[group] / residents[i]
            total[group] = 0.0
            if part > share[i] or (
                part == share[i]
                and (
                    best[i] < 0
                    or (is_centre[group] and not is_centre[best[i]])
                    or (is_centre[group] == is_centre[best[i]] and group < best[i])
                )
            ):
                best[i], share[i] = group, part
            if is_centre[group] and (
                part > centre_share[i] or (part == centre_share[i] and (centre[i] < 0 or group < centre[i]))
            ):
                centre[i], centre_share[i] = group, part
