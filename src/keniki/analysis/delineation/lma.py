"""Labour market areas (労働市場圏) after Coombes and Bond, with the reserve list of the Italian institute: as many
areas as possible, each with enough people who both live and work in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keniki.analysis.arrays import Array, divided, floats
from keniki.core.errors import WrongInput

from .areas import NOBODY, Delineation
from .dissolving import HAIR, dissolve
from .flows import Flows, Places
from .notes import missing_stayers

#: How often one municipality may change its area, and how often the reserve list is emptied, before whole areas join.
_MOVES, _ROUNDS = 25, 6


@dataclass(frozen=True)
class LmaRules:
    """What makes an area: its least and its target number of residents (persons who work or study), its least and its
    target self-containment (share of residents who work in it, or of workers who live in it, the lower of the two).

    An area of the least size needs the target self-containment, one of the target size the least; between them the
    one is traded for the other. WrongInput unless each least figure lies below its target.
    """

    min_size: float = 3_500
    min_containment: float = 0.667
    target_size: float = 25_000
    target_containment: float = 0.75

    def __post_init__(self) -> None:
        if not 0 < self.min_size < self.target_size < np.inf:
            raise WrongInput(
                f"最小の規模 {self.min_size:g} と目標の規模 {self.target_size:g} が使えません。"
                "0より大きく、最小を目標より小さくしてください。",
                column="min_size",
            )
        if not 0 < self.min_containment < self.target_containment <= 1:
            raise WrongInput(
                f"最小の自足率 {self.min_containment:g} と目標の自足率 {self.target_containment:g} が使えません。"
                "0より大きく1以下で、最小を目標より小さくしてください。",
                column="min_containment",
            )


#: Travel-to-work areas of 2007 (Coombes & Bond 2008).
UK: Final = LmaRules()
#: Sistemi locali del lavoro of 2011 (Istat).
ITALY: Final = LmaRules(1_000, 0.60, 10_000, 0.75)
#: The published sets of figures by name.
SETS: Final[Mapping[str, LmaRules]] = {"uk": UK, "italy": ITALY}


def validity(inside: Array, residents: Array, workers: Array, rules: LmaRules = UK) -> Array:
    """How far areas fulfil the requirements, (k,): 1 and more is enough.

    `inside` (k,) live and work in the area, of `residents` and `workers`. 0 where an area has none of either.

    Source: Coombes & Bond (2008), Travel-to-Work Areas: the 2007 review.

    >>> validity(np.array([80.0, 50.0]) * 400, np.array([1e2, 1e2]) * 400, np.array([90.0, 60.0]) * 400).round(3)
    array([1.124, 0.75 ])
    """
    own = np.minimum(np.nan_to_num(divided(inside, residents)), np.nan_to_num(divided(inside, workers)))
    short = np.maximum(0.0, (rules.target_size - residents) / (rules.target_size - rules.min_size))
    size = 1 - (1 - rules.min_containment / rules.target_containment) * short
    least = rules.target_containment / rules.min_containment
    return np.minimum(1.0, own / rules.target_containment) * size * least


def labour_market_areas(flows: Flows, rules: LmaRules | None = None) -> Delineation:
    """Labour market areas, beginning with every municipality as one.

    The least valid area gives up the municipality that exchanges most with the outside; it goes to the area with
    which it has the strongest cohesion f_ij²/(R_i·W_j) + f_ji²/(R_j·W_i), if that area's validity does not fall, else
    on the reserve list. When all areas are valid the reserve list is dealt out by cohesion and what became invalid is
    treated again. Should that not come to an end, the least valid areas join whole areas, so that every area is valid
    but those that exchange nobody with any other; these are not valid, stand in `notes` and are alone.

    An area is called by its municipality with most workers. A member's `share` is the part of its residents who work
    in the area. `facts` are residents, workers, self-containment by each, validity.

    Source: Coombes & Bond (2008); Franconi, D'Alò & Ichim (2016), Istat implementation of the algorithm.

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> made = flows_of(list("abbc"), list("aabc"), [30_000, 4_000, 6_000, 40_000])
    >>> found = labour_market_areas(made)
    >>> found.areas, round(found.facts["a"]["validity"], 3)
    ({'a': 'a', 'b': 'a', 'c': 'c'}, 1.124)
    """
    rules = rules or UK
    n = len(flows.codes)
    cluster = np.arange(n, dtype=np.int64)
    dissolve(
        flows.out.starts,
        flows.out.at,
        flows.out.values,
        flows.back.starts,
        flows.back.at,
        flows.back.values,
        flows.staying,
        flows.residents,
        flows.workers,
        np.array([rules.min_size, rules.min_containment, rules.target_size, rules.target_containment]),
        _MOVES,
        _ROUNDS,
        cluster,
    )
    return _told(flows, rules, cluster)


def _told(flows: Flows, rules: LmaRules, cluster: Places) -> Delineation:
    n = len(flows.codes)
    centre = _centres(flows, cluster)
    within = cluster[flows.origins] == cluster[flows.out.at]
    staying = np.bincount(flows.origins[within], flows.out.values[within], minlength=n)
    labels = np.unique(centre)
    residents, workers, inside = (
        floats(np.bincount(centre, each, minlength=n)[labels])
        for each in (flows.residents, flows.workers, staying)
    )
    valid = validity(inside, residents, workers, rules)
    facts = {
        flows.codes[label]: {
            "residents": float(residents[at]),
            "workers": float(workers[at]),
            "residents_inside": float(np.nan_to_num(divided(inside[at], residents[at]))),
            "workers_inside": float(np.nan_to_num(divided(inside[at], workers[at]))),
            "validity": float(valid[at]),
        }
        for at, label in enumerate(labels.tolist())
    }
    invalid = labels[valid < 1 - HAIR]
    own = np.arange(n, dtype=np.int64)
    order = np.where(centre == own, 0, 1)
    order[np.isin(centre, invalid) & (np.bincount(centre, minlength=n)[centre] == 1)] = NOBODY
    notes = missing_stayers(flows)
    if len(invalid):
        named = "、".join(flows.codes[place] for place in invalid[:10])
        notes += (
            f"ほかと行き来がなく、規模か自足率が足りないまま残った圏域が {len(invalid)} あります（{named}）。",
        )
    return Delineation(
        "lma",
        flows.codes,
        centre=centre,
        order=order,
        towards=np.where(order > 0, centre, NOBODY),
        share=divided(staying, flows.residents),
        facts=facts,
        notes=notes,
    )


def _centres(flows: Flows, cluster: Places) -> Places:
    """The municipality with most workers in each one's area; of equals the one with most residents, then the lower
    code."""
    order = np.lexsort((np.arange(len(cluster)), -flows.residents, -flows.workers, cluster))
    first: NDArray[np.bool_] = np.concatenate([[True], cluster[order][1:] != cluster[order][:-1]])
    name = np.full(len(cluster), NOBODY, dtype=np.int64)
    name[cluster[order][first]] = order[first]
    return name[cluster]
