"""What is there already and follows people slowly: dwellings, staff, public buildings."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from keniki.analysis.arrays import Array, floats
from keniki.analysis.population.demand import (
    Building,
    Cycle,
    Parts,
    UnitCost,
    elastic,
    parts_of_change,
    renewal_costs,
    vacant,
)
from keniki.analysis.population.people import STEP
from keniki.core.errors import WrongInput
from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import DemandRule

from ..demanded import Basis
from .planner import Future, Plan, Planner, Reckon

_TEN_THOUSAND: Final = 10_000.0
_MILLION: Final = 1e6


def vacant_plan(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """Dwellings without a household: the stock, which changes by so many a year, less the households."""
    homes = plan.plans.get("households")
    if homes is None or homes.weights is None:
        return None
    living = homes.weights
    years = plan.central.years
    stock, change = np.zeros(len(plan.codes)), np.zeros(len(plan.codes))
    rows: list[int] = []
    basis: list[Basis] = []
    sources: dict[str, None] = dict.fromkeys(homes.sources)
    lost, still = [], 0
    for row, code in enumerate(plan.codes):
        total = plan.total(rule, code)
        if total is None or row not in homes.rows:
            lost.append(code)
            continue
        built, removed = plan.figure("dwellings_built", code), plan.figure("dwellings_removed", code)
        change[row] = (built[0] if built else 0.0) - (removed[0] if removed else 0.0)
        still += built is None and removed is None
        stock[row] = total[0].value - change[row] * (total[0].year - years[0])
        rows.append(row)
        basis.append(total[1])
        sources.update(dict.fromkeys([total[0].source, *(each[2] for each in (built, removed) if each)]))
    if lost:
        plan.lacking(name, rule, lost, plan.what_to_load(rule))
    if not rows:
        return None
    mask = np.zeros(len(plan.codes))
    mask[rows] = 1.0

    def made(households: Reckon) -> Reckon:
        return lambda future: vacant(stock, households(future), years, built=change) * mask

    def parted(future: Future) -> Parts:
        """Of the households with the sign turned; what the stock does stands with the rate."""
        parts = parts_of_change(future.people.single_years()[:, rows], living[rows])
        whole = made(homes.reckon)(future)[:, rows].sum(axis=1)
        size, structure = -parts.size, -parts.structure
        return Parts(size, structure, floats(whole - whole[0] - size - structure))

    return Plan(
        name,
        rule,
        made(homes.reckon),
        tuple(rows),
        tuple(basis),
        tuple(sources),
        note=f"新築と除却の指定がない{still}市区町村は、住宅の総数が変わらないものとした。" if still else "",
        raised=lambda factor: made(homes.raised_by(factor)),
        later=None if homes.later is None else made(homes.later),
        parted=parted,
    )


def elastic_plan(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """What follows people less than in proportion, from a municipality's own number."""
    start, then, power = (np.zeros(len(plan.codes)) for _ in range(3))
    rows: list[int] = []
    basis: list[Basis] = []
    sources: dict[str, None] = {}
    lost, empty = [], []
    for row, code in enumerate(plan.codes):
        total, found = plan.total(rule, code), plan.figure(rule.factor, code)
        if total is None or found is None:
            lost.append(code)
            continue
        people = plan.people_in(total[0].year)[row].sum()
        if people <= 0:
            empty.append(code)
            continue
        start[row], then[row], power[row] = total[0].value, people, found[0]
        rows.append(row)
        basis.append(total[1])
        sources.update(dict.fromkeys([total[0].source, f"弾力性は{found[2]}"]))
    if lost:
        plan.lacking(name, rule, lost, plan.what_to_load(rule))
    if empty:
        plan.lacking(name, rule, empty, "総数の年の人口が0のため、人口との比による推計ができません。")
    if not rows:
        return None

    def made(factor: float) -> Reckon:
        def reckon(future: Future) -> Array:
            people = future.people.totals
            found = np.zeros(people.shape)
            for row in rows:
                found[..., row] = elastic(start[row], people[..., row], then[row], float(power[row] * factor))
            return found

        return reckon

    def parted(future: Future) -> Parts:
        whole = made(1.0)(future).sum(axis=1)
        return Parts(floats(whole - whole[0]), np.zeros_like(whole), np.zeros_like(whole))

    rule_of = book.factor(rule.factor, plan.on)
    return Plan(
        name,
        rule,
        made(1.0),
        tuple(rows),
        tuple(basis),
        tuple(sources),
        note=rule_of.note,
        raised=made,
        parted=parted,
    )


def renewal_plan(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """Renewal of public buildings, the mean of five years; which buildings there are, somebody has to say."""
    steps = len(plan.central.years) - 1
    there = {row: each for row, code in enumerate(plan.codes) if (each := plan.given.buildings(code))}
    rows = list(there)
    lost = [code for row, code in enumerate(plan.codes) if row not in rows]
    if lost:
        plan.lacking(
            name,
            rule,
            lost,
            "公共施設の台帳による建物ごとの用途、建築年、延床面積を、「率の登録」の画面か、率のファイルの "
            "public_buildings で指定してください。",
        )
    if not rows or not steps:
        return None
    terms = book.renewal(plan.on)
    value = terms.value
    units = {
        use: UnitCost(cost.repair * _TEN_THOUSAND, cost.rebuild * _TEN_THOUSAND)
        for use, cost in value.uses.items()
    }
    cycle = Cycle(
        value.repair_at,
        value.repair_years,
        value.rebuild_at,
        value.rebuild_years,
        value.overdue,
        value.backlog,
    )
    yearly = np.zeros((steps, len(plan.codes)))
    sources: dict[str, None] = {}
    unpriced = 0
    for row, (given, source) in there.items():
        price = plan.figure("construction_prices", plan.codes[row])
        unpriced += price is None
        sources.update(dict.fromkeys([source, terms.source, *([price[2]] if price else [])]))
        buildings = [Building(each.use, each.built, each.area) for each in given.rows]
        for number, building in enumerate(buildings, 1):
            if building.use not in units:
                raise WrongInput(
                    f"{number}番目の建物の用途「{building.use}」はありません。使える用途：{'、'.join(units)}",
                    column="public_buildings",
                )
        costs = renewal_costs(
            buildings,
            units,
            plan.central.years[0] + 1,
            steps * STEP,
            cycle=cycle,
            price=price[0] if price else 1.0,
        )
        yearly[:, row] = costs.reshape(steps, STEP).mean(axis=1) / _MILLION
    basis: tuple[Basis, ...] = tuple("asked" for _ in rows)
    note = f"{terms.note}倍率の指定がない{unpriced}市区町村は、単価のままの額。" if unpriced else ""
    return Plan(
        name,
        rule,
        lambda future: np.broadcast_to(yearly, (*future.values.shape[:-4], *yearly.shape)),
        tuple(rows),
        basis,
        tuple(sources),
        flow=True,
        note=note,
    )


def renewal_per_person(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """The same for each resident."""
    whole = plan.plans.get("renewal_cost")
    if whole is None:
        return None
    return replace(
        whole,
        id=name,
        rule=rule,
        reckon=lambda future: whole.reckon(future) * _MILLION,
        divided=lambda future: future.people.totals[..., 1:, :],
    )
