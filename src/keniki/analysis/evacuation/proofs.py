"""What proves a flow the best: for each aim a bound that follows from the tree's prices, aim after aim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .inputs import Numbers
from .network import AIMS, Network, standing
from .simplex import UNLIMITED


@dataclass(frozen=True)
class Proof:
    """`values` (aims,) of the flow, `bounds` (aims,) no flow that is as good in the aims before can go below, `loose`
    (aims, arcs): arcs that may still move when the aims up to this one are kept."""

    values: Numbers
    bounds: Numbers
    loose: NDArray[np.bool_]


def proof(net: Network) -> Proof:
    """Values and bounds of the flow on its tree.

    For each aim the tree gives prices π and reduced costs r. Of any flow x: cost = Σ r·x − Σ π·supply, so that
    Σ min(0, r)·capacity − Σ π·supply is a bound (Σ π·supply from the flow at hand). Arcs with r ≠ 0 cannot move without
    loss and are held from then on.
    Nothing of the solver's weights is used. Source: linear programming duality, level by level.

    >>> from .inputs import Scenario, cells_of, shelters_of
    >>> from .network import ground, network, settle
    >>> two = cells_of(["a"], ["1"], [43], [141], [9]), shelters_of(["A"], ["1"], [43.1], [141], [5])
    >>> net = network(*two, Scenario(10), ground(*two, Scenario(10)))
    >>> settle(net)
    >>> proof(net).values.tolist(), proof(net).bounds.tolist()
    ([4, 0, 0, 5, 55600], [4, 0, 0, 5, 55600])
    """
    held = np.zeros(len(net.tail), dtype=bool)
    values, bounds, loose = [], [], []
    for aim in range(AIMS):
        cost = np.ascontiguousarray(net.aims[:, aim])
        reduced = standing(net, cost)
        priced = int(cost @ net.flow) - int(reduced @ net.flow)
        down = ~held & (reduced < 0)
        limited = down & (net.cap < UNLIMITED)
        bound = priced + int(reduced[held] @ net.flow[held]) + int(reduced[limited] @ net.cap[limited])
        if np.any(down & ~limited):
            bound = 0
        values.append(int(cost @ net.flow))
        bounds.append(max(0, bound))
        held |= reduced != 0
        loose.append(~held)
    return Proof(np.array(values), np.array(bounds), np.array(loose))
