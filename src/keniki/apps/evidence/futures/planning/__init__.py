"""How each demand is reckoned for some municipalities: whose rate, and a function from people to the demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import DemandRule, Reckoned

from .by_age import beds_plan, by_age_rate, care_level
from .daily import waste_plan, water_average, water_maximum
from .planner import Future, Plan, Planner, Reckon
from .stock import elastic_plan, renewal_per_person, renewal_plan, vacant_plan
from .vital import births_plan, cremations_plan, deaths_plan

__all__ = ["Future", "Plan", "Planner", "Reckon", "plans"]

_MAKERS: Final[Mapping[Reckoned, Callable[[Planner, str, DemandRule], Plan | None]]] = {
    "rate": by_age_rate,
    "level": care_level,
    "births": births_plan,
    "deaths": deaths_plan,
    "cremations": cremations_plan,
    "beds": beds_plan,
    "vacant": vacant_plan,
    "water_average": water_average,
    "water_maximum": water_maximum,
    "waste": waste_plan,
    "elastic": elastic_plan,
    "renewal": renewal_plan,
    "renewal_per_person": renewal_per_person,
}


def plans(planner: Planner) -> list[Plan]:
    """Every demand that can be reckoned, in the order of the book; the planner notes what is missing."""
    for name, rule in book.demands(planner.on).items():
        made = _MAKERS[rule.reckoned](planner, name, rule)
        if made is not None:
            planner.plans[name] = made
    return list(planner.plans.values())
