"""What a reader of the areas has to know about the table they were made from."""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from .flows import Flows, Places

_NAMED = 3


def missing_stayers(flows: Flows) -> tuple[str, ...]:
    """A note where municipalities have residents and none who stays: then the table may lack those, and every
    share of it is too large.

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> missing_stayers(flows_of(["a"], ["b"], [1]))[0][:10]
    '自市区町村内で従業・'
    """
    without = np.flatnonzero((flows.residents > 0) & (flows.staying <= 0))
    if not len(without):
        return ()
    return (
        f"自市区町村内で従業・通学する人（常住地と従業地が同じ行）のない市区町村が {len(without)} あります"
        f"（{_some(flows, without)}）。表にその行が抜けていると、割合が実際より大きくなります。",
    )


def missing_figures(flows: Flows, given: Container[str], what: str) -> tuple[str, ...]:
    """A note where municipalities have no figure of a kind, which then counts as 0.

    >>> from keniki.analysis.delineation.flows import flows_of
    >>> missing_figures(flows_of(["a"], ["b"], [1]), {"a": 5}, "DID人口")
    ('DID人口のない市区町村が 1 あり（b）、0として扱いました。',)
    """
    without = np.array([place for place, code in enumerate(flows.codes) if code not in given], dtype=np.int64)
    if not len(without):
        return ()
    return (f"{what}のない市区町村が {len(without)} あり（{_some(flows, without)}）、0として扱いました。",)


def _some(flows: Flows, places: Places) -> str:
    named = "、".join(flows.codes[place] for place in places[:_NAMED])
    return named + ("ほか" if len(places) > _NAMED else "")
