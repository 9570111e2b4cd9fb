"""The 10 % rule (通勤通学割合１割): who sends a tenth of its workers and students to a centre belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keniki.core.errors import WrongInput

from .areas import NOBODY, Delineation
from .flows import Flows
from .notes import missing_stayers
from .ties import ties, without_circles


@dataclass(frozen=True)
class TenPercent:
    """The rule's one figure: the least share of residents who go to the centre (0.1 in the guides of the
    cooperation programmes). WrongInput unless it lies above 0 and not above 1.
    """

    threshold: float = 0.10

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise WrongInput(
                f"割合 {self.threshold:g} は使えません。0より大きく1以下にしてください。", column="threshold"
            )


def ten_percent(
    flows: Flows, rules: TenPercent | None = None, *, centres: Sequence[str] | None = None
) -> Delineation:
    """Every municipality with the threshold's share of residents going to a centre, at the centre it sends most to.

    `centres` are the cities that declared themselves centres: they stay centres, whatever they send to each other.
    Without them a centre is who sends the threshold's share to nobody else and receives it from somebody; of two that
    send it to each other the one that sends less is the centre (of more in a circle likewise). Going to a suburb
    counts for nothing: the rule has no second order. WrongInput for a centre that is not in the table.

    Source: the programmes' guides on members of 連携中枢都市圏 (10 % of resident workers and students).

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> made = flows_of(list("aabbcc"), list("abbcca"), [80, 20, 95, 5, 90, 11])
    >>> found = ten_percent(made)
    >>> found.areas, found.alone, found.members[0].share
    ({'a': 'b', 'b': 'b', 'c': 'c'}, ('c',), 0.2)
    """
    rules = rules or TenPercent()
    n = len(flows.codes)
    own = np.arange(n, dtype=np.int64)
    if centres is None:
        first = ties(flows, own, np.ones(n, dtype=np.bool_))
        pointed = np.where(first.share >= rules.threshold, first.best, NOBODY)
        is_centre = without_circles(pointed, first.share, flows.workers) < 0
    else:
        is_centre = np.zeros(n, dtype=np.bool_)
        is_centre[[flows.place(code) for code in centres]] = True
    found = ties(flows, own, is_centre)
    going = (found.centre_share >= rules.threshold) & ~is_centre
    kept = is_centre.copy()
    if centres is None:
        kept[:] = False
        kept[found.centre[going]] = True
    return Delineation(
        "ten",
        flows.codes,
        centre=np.where(going, found.centre, own),
        order=np.where(going, 1, np.where(kept, 0, NOBODY)),
        towards=np.where(going, found.centre, NOBODY),
        share=np.where(going, found.centre_share, np.nan),
        notes=missing_stayers(flows),
    )
