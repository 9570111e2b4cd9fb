"""The nation's rates of the rule book, applied to the nation: they come to the totals that were published."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from keniki.analysis.population import Population, Projection, Rates, five_year_ages
from keniki.analysis.population.demand import People
from keniki.apps.evidence.futures.own_figures import OwnFigures
from keniki.apps.evidence.futures.planning import Planner
from keniki.apps.evidence.futures.planning.by_age import level_shares
from keniki.apps.evidence.futures.rate_files import Given
from keniki.rulebooks import demand as book
from keniki.rulebooks.demand import ByAge
from keniki.rulebooks.indicators import catalogue

ON = date(2026, 4, 1)
AGES = five_year_ages(90)


@pytest.fixture(scope="module")
def nation() -> tuple[Planner, People]:
    """The census of 2020 with 年齢不詳 distributed, ending in 90 and over."""
    rule = book.standard_population(ON).value
    known = np.array([rule.male, rule.female])
    whole = known * (1 + np.array(rule.unknown) / known.sum(axis=1))[:, None]
    values = np.concatenate([whole[:, :18], whole[:, 18:].sum(axis=1, keepdims=True)], axis=1)[None]
    base = Population(("00000",), AGES, values, 2020)
    rates = Rates(
        base.codes,
        AGES,
        np.ones((1, *values.shape)),
        np.zeros((1, *values.shape)),
        *np.full((2, 1, 1), 0.5),
        "net",
    )
    made = Projection(base.codes, AGES, (2020,), values[None], rates)
    own = OwnFigures.__new__(OwnFigures)
    return Planner(base.codes, made, own, Given(), catalogue(ON), ON), People(values, AGES)


@pytest.mark.parametrize(
    ("name", "published", "near"),
    [
        ("inpatients", 1_211_300, 0.003),
        ("outpatients", 7_137_500, 0.003),
        ("ambulance", 6_217_283, 0.001),
        ("fire_corps", 783_578, 0.001),
        ("households", 55_704_949, 0.07),
        ("elementary_pupils", 6_100_243, 0.03),
    ],
)
def test_the_nation_needs_what_was_counted(nation, name, published, near) -> None:
    planner, people = nation
    value = book.rate(name, ON).value
    assert isinstance(value, ByAge)
    found = people.needing(planner.by_year(planner.rates_of(value))[None])
    assert found[0] == pytest.approx(published, rel=near)


def test_those_certified_divide_among_the_levels_as_they_were_counted(nation) -> None:
    planner, people = nation
    value = book.rate("care_recipients", ON).value
    assert isinstance(value, ByAge)
    certified = planner.by_year(planner.rates_of(value))
    shares = level_shares(planner, book.care_levels(ON).value)
    by_level = {
        level: people.needing((certified * planner.by_year(share))[None])[0]
        for level, share in shares.items()
    }
    whole = people.needing(certified[None])[0]
    assert sum(by_level.values()) == pytest.approx(whole)
    counted = book.care_levels(ON).value.totals
    everybody = sum(total.persons for total in counted)
    for total in counted:
        share = sum(by_level[level] for level in total.levels) / whole
        assert share == pytest.approx(total.persons / everybody, rel=0.001), total.levels
    assert by_level["support_2"] > by_level["support_1"] * 0.8
