"""Births and deaths as the projection has them."""

from __future__ import annotations

import numpy as np

from keniki.analysis.population import women_of
from keniki.analysis.population.demand import Parts, births, deaths, parts_of_change
from keniki.analysis.population.people import FEMALE, FERTILE, STEP
from keniki.rulebooks.demand import DemandRule

from ..demanded import Basis
from .planner import Future, Plan, Planner
from .sums import times


def births_plan(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """Births a year of each step."""
    if len(plan.central.years) < 2:
        return None

    def parted(future: Future) -> Parts:
        """By the women of 15–49 at the end of each step and their children a year."""
        values = future.values[1:]
        women = women_of(values, plan.central.ages)
        rate = np.zeros_like(values)
        first, past = (bound // STEP for bound in FERTILE)
        per = np.divide(births(future.values), women, out=np.zeros_like(women), where=women > 0)
        rate[..., FEMALE, first:past] = per[..., None]
        return parts_of_change(values, rate)

    return Plan(
        name,
        rule,
        lambda future: births(future.values),
        tuple(range(len(plan.codes))),
        _projected(plan),
        ("将来人口推計の子ども女性比",),
        flow=True,
        parted=parted,
    )


def deaths_plan(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """Deaths a year of each step."""
    if len(plan.central.years) < 2:
        return None
    return Plan(
        name,
        rule,
        lambda future: deaths(future.values, future.survival),
        tuple(range(len(plan.codes))),
        _projected(plan),
        ("将来人口推計の生残率（全国の生命表による）",),
        flow=True,
        parted=lambda future: parts_of_change(future.values[:-1], (1 - future.survival) / STEP),
    )


def cremations_plan(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """Those of the deaths that are cremated."""
    return times(plan, name, rule, "deaths", lambda died, share: died * share)


def _projected(plan: Planner) -> tuple[Basis, ...]:
    return tuple("projection" for _ in plan.codes)
