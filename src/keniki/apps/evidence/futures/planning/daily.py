"""What everybody uses alike: water and waste."""

from __future__ import annotations

import numpy as np

from keniki.analysis.arrays import floats
from keniki.analysis.population.demand import waste, water
from keniki.rulebooks.demand import DemandRule

from ..demanded import Basis
from .planner import Plan, Planner
from .sums import alike, times


def water_average(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """The average day: a municipality's own litres are those billed, the nation's those supplied."""
    rates = np.zeros(len(plan.codes))
    basis: list[Basis] = []
    sources: dict[str, None] = {}
    billed = 0
    for row, code in enumerate(plan.codes):
        served, said = _served(plan, row)
        own = plan.own.flat(code, "water_use_per_person")
        effective = 1.0
        if own is not None and plan.given.figure("water_supplied", code) is None:
            litres, source = own.value, own.source
            kind: Basis = "own"
            part = plan.figure("water_billed_share", code)
            billed += part is None
            if part is not None:
                effective, source = part[0], f"{source}、有収率は{part[2]}"
        else:
            litres, kind, source = plan.known_figure("water_supplied", code)
        rates[row] = water(floats(1.0), litres, served, effective=effective)[0]
        basis.append(kind)
        sources.update(dict.fromkeys([source, said]))
    note = f"有収率の指定がない{billed}市区町村は、給水量ではなく有収水量。" if billed else ""
    return alike(plan, name, rule, rates, basis, tuple(sources), note)


def _served(plan: Planner, row: int) -> tuple[float, str]:
    """The share of people with water supply, and where it stands."""
    code = plan.codes[row]
    share, _, source = plan.known_figure("water_served", code)
    own = plan.own.total(code, ("water_served_population",))
    if own is None or plan.given.figure("water_served", code) is not None:
        return share, source
    there = plan.people_in(own.year)[row].sum()
    return (min(own.value / there, 1.0), own.source) if there > 0 else (share, source)


def water_maximum(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """The day of the highest demand."""
    return times(plan, name, rule, "water_average", lambda average, load: average / load)


def waste_plan(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """Waste: a municipality's own total or rate, or the nation's."""
    rates = np.zeros(len(plan.codes))
    basis: list[Basis] = []
    sources: dict[str, None] = {}
    for row, code in enumerate(plan.codes):
        given, total = plan.given.figure(rule.factor, code), plan.total(rule, code)
        own = plan.own.flat(code, rule.indicator)
        there = 0.0 if total is None else float(plan.people_in(total[0].year)[row].sum())
        kind: Basis
        if given is None and total is not None and there > 0:
            rates[row], kind, source = total[0].value / there, total[1], total[0].source
        elif given is None and own is not None:
            rates[row], kind, source = own.value, "own", own.source
        else:
            grams, kind, source = plan.known_figure(rule.factor, code)
            rates[row] = waste(floats(1.0), grams)
        basis.append(kind)
        sources[source] = None
    return alike(plan, name, rule, rates, basis, tuple(sources))
