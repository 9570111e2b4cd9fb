"""What a population to come would need: rates from rules, the store or a file, applied to projection and draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from keniki.analysis.arrays import Array, floats
from keniki.analysis.population import (
    Closed,
    Fertility,
    InputError,
    Migration,
    Population,
    Projection,
    Scenario,
    Survival,
    project,
)
from keniki.analysis.population.demand import People
from keniki.analysis.population.people import places_of
from keniki.analysis.population.rates import at_step
from keniki.apps.regions.models import Region
from keniki.core.municipality_code import six_digits
from keniki.rulebooks import demand as book
from keniki.rulebooks.indicators import catalogue

from ..book.holdings import Place
from .demanded import BASIS_NAMES, Banded, Basis, Changed, Demand, Demands, Missing, Parted
from .own_figures import OwnFigures
from .planning import Future, Plan, Planner, Reckon, plans
from .rate_files import Given

if TYPE_CHECKING:
    from keniki.analysis.population.drawing import Draws

__all__ = [
    "BASIS_NAMES",
    "Banded",
    "Basis",
    "Changed",
    "Demand",
    "Demands",
    "Missing",
    "Parted",
    "demands",
    "totals_given",
]

SHARES: Final = (0.025, 0.1, 0.5, 0.9, 0.975)
_NOTES: Final = (
    "率は将来も変わらないものとし、対策の効果は含めていない。",
    "5歳階級は、累積人口を単調な3次曲線（PCHIP）で結んで各歳に分けた。",
)
_DRAWN: Final = "予測区間は人口の不確かさだけによるもので、率の不確かさは含まない。"


def totals_given(on: date) -> tuple[str, ...]:
    """The indicators that a file of rates may give as a municipality's own total."""
    return tuple(dict.fromkeys(rule.totals[0] for rule in book.demands(on).values() if rule.totals))


def demands(
    codes: Sequence[str],
    base: Population,
    central: Projection,
    drawn: Draws | None,
    on: date,
    *,
    region: Region | None = None,
    given: Given | None = None,
) -> Demands:
    """What some municipalities (five digits) would need, with bands from the draws where there are any.

    `base` is the population `central` starts from; `drawn` holds its classes by sex (`draw(…, groups=base.ages,
    by_sex=True)`). Rules are those in force `on` a day. `region` adds its own statistics to the official ones, `given`
    the rates of a file, which come before all others. InputError for a municipality that is not in the projection and
    for draws of other classes; WrongInput for given rates that cannot be used.
    """
    rows = places_of(central.codes, codes)
    start = base.of(codes)
    if start.ages != central.ages:
        raise InputError("the base is of other classes of ages than the projection")
    own = replace(central, codes=tuple(codes), values=central.values[:, rows])
    indicators = catalogue(on)
    rules = book.demands(on).values()
    places = [Place(six_digits(code), "") for code in codes]
    planner = Planner(
        tuple(codes),
        own,
        OwnFigures(
            places,
            region,
            indicators,
            totals={*(each for rule in rules for each in rule.totals), "water_served_population"},
            rates={*(rule.indicator for rule in rules if rule.indicator), "water_use_per_person"},
        ),
        given or Given(),
        indicators,
        on,
    )
    survival = _survival(central, codes)
    future = Future(People(own.values, own.ages), survival)
    many = None if drawn is None else _drawn(drawn, codes, start, survival)
    variants = [
        (name, title, made)
        for name, title, made in (
            (name, title, _variant(scenario, central, codes)) for name, title, scenario in _scenarios(central)
        )
    ]
    found = tuple(_demand(plan, planner, future, many, variants) for plan in plans(planner))
    return Demands(
        tuple(codes),
        central.years,
        on.isoformat(),
        found,
        tuple(planner.missing),
        0 if drawn is None else len(drawn.values),
        0 if drawn is None else drawn.seed,
        _NOTES if drawn is None else (*_NOTES, _DRAWN),
        planner.own.used(),
    )


def _survival(made: Projection, codes: Sequence[str]) -> Array:
    """The survival of each step, (T, n, 2, K)."""
    rows = places_of(made.rates.codes, codes)
    steps = len(made.years) - 1
    if not steps:
        return np.empty((0, len(codes), *made.values.shape[2:]))
    return np.stack([at_step(made.rates.survival, step)[rows] for step in range(steps)])


def _drawn(drawn: Draws, codes: Sequence[str], start: Population, survival: Array) -> Future:
    """Every draw with the base before it, (D, T + 1, n, 2, K)."""
    if not drawn.by_sex or drawn.groups != start.ages:
        raise InputError("demand needs draws by sex and by the classes of the population")
    after = drawn.values[:, :, places_of(drawn.codes, codes)]
    values = np.empty((len(after), after.shape[1] + 1, *after.shape[2:]))
    values[:, 0] = start.values
    values[:, 1:] = after
    return Future(People(values, start.ages), survival)


def _scenarios(made: Projection) -> Iterator[tuple[str, str, Scenario]]:
    year = made.years[0]
    if len(made.years) > 1:
        yield "fertility", "出生率が10%高い", Scenario("", (Fertility(factor={year: 1.1}),))
        yield (
            "migration_young",
            "15～39歳の純移動率が半分（プールモデルでは転出率が半分）",
            Scenario("", (Migration(factor=0.5, ages=(15, 39)),)),
        )
        yield "closed", "転入・転出がない（封鎖人口）", Scenario("", (Closed(),))
        yield "mortality", "死亡率が10%低い", Scenario("", (Survival({year: 0.9}),))


def _variant(scenario: Scenario, made: Projection, codes: Sequence[str]) -> Future:
    """The projection under a scenario; what a control total added to the projection is added in proportion."""
    base = Population(made.codes, made.ages, made.values[0], made.years[0])
    other = scenario.project(base, made.rates, made.years[-1])
    rows = places_of(made.codes, codes)
    plain = project(base, made.rates, made.years[-1]).values[:, rows]
    values = other.values[:, rows]
    if not np.allclose(plain, made.values[:, rows]):
        ratio = np.divide(made.values[:, rows], plain, out=np.ones_like(plain), where=plain > 0)
        values = values * ratio
    return Future(People(values, made.ages), _survival(other, codes))


def _demand(
    plan: Plan,
    planner: Planner,
    future: Future,
    many: Future | None,
    variants: Sequence[tuple[str, str, Future]],
) -> Demand:
    rule, rows = plan.rule, list(plan.rows)
    years = planner.central.years[1:] if plan.flow else planner.central.years
    each = plan.reckon(future)[:, rows]
    if plan.divided is not None:
        below = plan.divided(future)[:, rows]
        each = np.divide(each, below, out=np.zeros_like(below), where=below > 0)
    whole = _whole(plan, plan.reckon, future)
    parts = None if plan.parted is None else plan.parted(future)
    bands = None
    if many is not None:
        quantiles = np.quantile(_whole(plan, plan.reckon, many), SHARES, axis=0)
        bands = Banded(SHARES, years, tuple(tuple(row) for row in quantiles.tolist()))
    lost = len(planner.codes) - len(rows)
    note = f"率又は総数がない{lost}市区町村を除く。" if lost else ""
    return Demand(
        plan.id,
        rule.name,
        rule.theme,
        rule.unit,
        planner.indicators.units[rule.unit].label,
        rule.decimals,
        years,
        tuple(whole.tolist()),
        {planner.codes[row]: tuple(each[:, at].tolist()) for at, row in enumerate(rows)},
        bands,
        {planner.codes[row]: basis for row, basis in zip(rows, plan.basis, strict=True)},
        tuple(source for source in plan.sources if source),
        rule.method,
        "".join((plan.note, rule.note, note)),
        None
        if parts is None
        else Parted(
            years, tuple(parts.size.tolist()), tuple(parts.structure.tolist()), tuple(parts.rate.tolist())
        ),
        tuple(_changes(plan, future, variants, float(whole[-1]))),
    )


def _whole(plan: Plan, reckon: Reckon, future: Future) -> Array:
    """All municipalities together by year (and draw)."""
    found = reckon(future)[..., list(plan.rows)].sum(axis=-1)
    if plan.divided is None:
        return floats(found)
    below = plan.divided(future)[..., list(plan.rows)].sum(axis=-1)
    return floats(np.divide(found, below, out=np.zeros_like(below), where=below > 0))


def _changes(
    plan: Plan, future: Future, variants: Sequence[tuple[str, str, Future]], forecast: float
) -> Iterator[Changed]:
    """The last year if one thing were otherwise."""

    def last(reckon: Reckon, people: Future) -> float:
        return float(_whole(plan, reckon, people)[-1])

    yield Changed("forecast", "推計どおり", forecast, 0.0)
    tried = []
    if rated := plan.rule.rated:
        tried.append(("rate_up", f"{rated}が10%高い", last(plan.raised_by(1.1), future)))
        tried.append(("rate_down", f"{rated}が10%低い", last(plan.raised_by(0.9), future)))
    if plan.later is not None and plan.rule.healthier:
        tried.append(("later", "年齢別の率が1歳分遅くなる（健康な高齢化）", last(plan.later, future)))
    tried.extend((name, title, last(plan.reckon, people)) for name, title, people in variants)
    for name, title, value in tried:
        yield Changed(name, title, value, value - forecast)
