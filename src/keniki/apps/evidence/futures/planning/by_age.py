"""Demands by sex and age: the rates of a municipality, and what follows from them."""

from __future__ import annotations

from typing import Final

import numpy as np

from keniki.analysis.arrays import Array, divided, floats
from keniki.analysis.population.demand import (
    AgeRates,
    beds,
    raked,
)
from keniki.analysis.population.people import InputError
from keniki.core.errors import WrongInput
from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import ByAge, CareLevels, DemandRule, RateValue
from keniki.rulebooks.loader import Rule

from ..demanded import Basis
from .planner import Plan, Planner
from .sums import times, weighted

#: A total so many times what the nation's rates give, or so small a part of it, is worth a note; and one beyond all
#: proportion (the pupils of a town that was evacuated) says nothing about the people to come.
_ODD: Final = 2.0
_ABSURD: Final = 5.0
#: The first age of those certified whom the levels of care divide.
_INSURED: Final = 65


def by_age_rate(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """A rate by sex and age times people."""
    national = book.rate(rule.rate, plan.on)
    pattern = plan.rates_of(national.known_value) if isinstance(national.known_value, ByAge) else None
    weights: list[Array] = []
    later: list[Array] = []
    rows: list[int] = []
    basis: list[Basis] = []
    sources: dict[str, None] = {}
    notes: dict[str, None] = {}
    odd: list[str] = []
    lost: list[str] = []
    for row, code in enumerate(plan.codes):
        found = _found(plan, rule, national, pattern, row, code)
        if found is None:
            lost.append(code)
            continue
        rates, kind, said, told = found
        rows.append(row)
        basis.append(kind)
        weights.append(plan.by_year(rates))
        later.append(plan.by_year(rates, 1))
        sources.update(dict.fromkeys(said))
        notes[told[0] if told else ""] = None
        odd.extend(told[1:])
    if lost:
        plan.lacking(name, rule, lost, plan.what_to_load(rule, national.question))
    if not rows:
        return None
    return weighted(
        plan,
        name,
        rule,
        rows,
        basis,
        tuple(sources),
        np.stack(weights),
        np.stack(later),
        "".join([*notes, *odd]),
    )


def _found(
    plan: Planner,
    rule: DemandRule,
    national: Rule[RateValue],
    pattern: AgeRates | None,
    row: int,
    code: str,
) -> tuple[AgeRates, Basis, tuple[str, ...], tuple[str, ...]] | None:
    """The rates of a municipality, whose they are, their sources, and notes: of the rates, then of the municipality."""
    given = plan.given.rate(rule.rate, code)
    if given is not None:
        return _checked(plan, rule, given[0]), "asked", (given[1],), ()
    if rule.indicator:
        own = plan.own.rates(code, rule.indicator)
        if own is not None:
            return own.rates, "own" if own.of[:5] == code else "prefecture", (own.source,), ()
    if pattern is None:
        return None
    total = plan.total(rule, code)
    reached = 0.0 if total is None else plan.needing_in(total[0].year, row, plan.by_year(pattern))
    if total is None or reached <= 0:
        return pattern, "national", (national.source,), (national.note,)
    there, kind = total
    times_as_many = there.value / reached
    if kind == "own" and times_as_many > _ABSURD:
        note = f"{code}は、総数が人口と全国の率から求めた数の{_ABSURD:g}倍を超えるため、全国の率による。"
        return pattern, "national", (national.source,), (national.note, note)
    said = (f"総数は{there.source}、年齢別の率は{national.source}",)
    notes = [rule.total_note or national.note]
    if times_as_many > _ODD or times_as_many < 1 / _ODD:
        notes.append(
            f"{code}は、総数が人口と全国の率から求めた数の{times_as_many:.2g}倍で、将来も続くとは限らない。"
        )
    return pattern.times(times_as_many), "scaled" if kind == "own" else "asked", said, tuple(notes)


def _checked(plan: Planner, rule: DemandRule, given: ByAge) -> AgeRates:
    """The rates somebody gave. WrongInput where there is nobody to divide by, and for more than one for each person."""
    try:
        rates = plan.rates_of(given)
    except InputError:
        raise WrongInput(
            "この率を求められません。人口が0の年齢階級がないか確かめてください。", column=rule.rate
        ) from None
    if rule.share and np.any(rates.values > 1):
        age = rates.ages[int(np.argwhere(rates.values > 1)[0][1])]
        shown = f"{age[0]}歳以上" if age[1] is None else f"{age[0]}～{age[1]}歳"
        raise WrongInput(
            f"{shown}の率が1人当たり1を超えます。"
            "割合は1を全体とし、百分率や人口10万人当たりの値には per を書いてください。",
            column=rule.rate,
        )
    return rates


def care_level(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """One level of care: a share by age of those certified, fitted to the rates by age and the totals by level."""
    whole = plan.plans.get("care_recipients")
    if whole is None or whole.weights is None or whole.aged is None:
        return None
    levels = book.care_levels(plan.on)
    share = level_shares(plan, levels.value)[rule.level]
    rows = list(whole.rows)
    now, then = plan.by_year(share), plan.by_year(share, 1)
    younger = bool(np.any(whole.weights[..., :_INSURED] > 0))
    note = f"{_INSURED}歳未満の認定者は、要介護度別に分けていない。" if younger else ""
    return weighted(
        plan,
        name,
        rule,
        rows,
        whole.basis,
        (*whole.sources, levels.source),
        whole.weights[rows] * now,
        whole.aged[rows] * then,
        levels.note + note,
    )


def level_shares(plan: Planner, value: CareLevels) -> dict[str, AgeRates]:
    """The share of each level among those certified by age; of levels with one total the pattern says how it parts."""
    national = book.rate("care_recipients", plan.on).value
    ages = tuple(row.age for row in value.rows)
    if not isinstance(national, ByAge) or tuple(row.age for row in national.rows) != ages:
        raise LookupError("care_recipients")
    people = np.array([plan.in_standard(age).sum() for age in ages])
    certified = plan.rates_of(national).values[0] * people
    counts = floats([row.counts for row in value.rows])
    columns = [[value.levels.index(level) for level in total.levels] for total in value.totals]
    together = np.stack([counts[:, each].sum(axis=1) for each in columns], axis=1)
    fitted = raked(together, certified, floats([total.persons for total in value.totals]))
    scale = divided(fitted, together)
    found = {}
    for at, (total, each) in enumerate(zip(value.totals, columns, strict=True)):
        for level, column in zip(total.levels, each, strict=True):
            found[level] = AgeRates(ages, counts[:, column] * scale[:, at] / fitted.sum(axis=1))
    return found


def beds_plan(plan: Planner, name: str, rule: DemandRule) -> Plan | None:
    """Beds for the in-patients."""
    return times(plan, name, rule, "inpatients", beds)
