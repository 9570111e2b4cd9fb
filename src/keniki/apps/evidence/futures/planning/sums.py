"""Demands that are rates times people, or another demand times one figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from keniki.analysis.arrays import Array, floats
from keniki.analysis.population.demand import Parts, parts_of_change
from keniki.analysis.population.people import SEXES, STEP
from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import DemandRule

from ..demanded import Basis
from .planner import Future, Plan, Planner, Reckon


def needing(weights: Array) -> Reckon:
    """Σ rate × people with rates by single year of age, (n, 2, A)."""
    return lambda future: future.people.needing(weights)


def weighted(
    plan: Planner,
    name: str,
    rule: DemandRule,
    rows: Sequence[int],
    basis: Sequence[Basis],
    sources: tuple[str, ...],
    weights: Array,
    aged: Array | None,
    note: str = "",
) -> Plan:
    """A demand that is Σ rate × people: `weights` and `aged` (number of rows, 2, A) as in `Plan`."""
    kept = list(rows)
    wide = _wide(plan, kept, weights)
    later = None if aged is None else _wide(plan, kept, aged)
    return Plan(
        name,
        rule,
        needing(wide),
        tuple(rows),
        tuple(basis),
        sources,
        note=note,
        weights=wide,
        aged=later,
        later=None if later is None else needing(later),
        parted=lambda future: parts_of_change(future.people.single_years()[:, kept], wide[kept]),
    )


def alike(
    plan: Planner,
    name: str,
    rule: DemandRule,
    rates: Array,
    basis: Sequence[Basis],
    sources: tuple[str, ...],
    note: str = "",
) -> Plan:
    """A demand of so much for everybody: `rates` (n,) per person."""
    even = np.ones((len(plan.codes), len(SEXES), plan.open_age + 1)) * rates[:, None, None]
    return weighted(plan, name, rule, range(len(plan.codes)), basis, sources, even, None, note)


def times(
    plan: Planner, name: str, rule: DemandRule, of: str, change: Callable[[Array, float], Array]
) -> Plan | None:
    """A demand that is another one changed by a single figure of each municipality."""
    before = plan.plans.get(of)
    if before is None:
        return None
    scale = np.zeros(len(plan.codes))
    rows: list[int] = []
    sources = dict.fromkeys(before.sources)
    for row in before.rows:
        found = plan.figure(rule.factor, plan.codes[row])
        if found is None:
            continue
        rows.append(row)
        sources[found[2]] = None
        scale[row] = float(change(floats(1.0), found[0]))
    lost = [plan.codes[row] for row in before.rows if row not in rows]
    if lost:
        plan.lacking(name, rule, lost, plan.asked_for(book.factor(rule.factor, plan.on)))
    if not rows:
        return None
    wide = scale[:, None, None]
    aged = None if before.aged is None else before.aged * wide

    def parted(future: Future) -> Parts | None:
        if before.weights is not None:
            return parts_of_change(future.people.single_years()[:, rows], (before.weights * wide)[rows])
        if of == "deaths":
            return parts_of_change(future.values[:-1], (1 - future.survival) / STEP * wide)
        return None

    return Plan(
        name,
        rule,
        lambda future: before.reckon(future) * scale,
        tuple(rows),
        tuple(before.basis[before.rows.index(row)] for row in rows),
        tuple(sources),
        flow=before.flow,
        note=before.note,
        weights=None if before.weights is None else before.weights * wide,
        aged=aged,
        later=None if aged is None else needing(aged),
        parted=parted,
    )


def _wide(plan: Planner, rows: list[int], weights: Array) -> Array:
    """Weights of some rows as those of all municipalities, 0 for the others."""
    found = np.zeros((len(plan.codes), *weights.shape[1:]))
    found[rows] = weights
    return found
