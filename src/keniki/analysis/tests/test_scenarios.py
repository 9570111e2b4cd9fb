"""The pool model from registered moves, and scenarios."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.analysis.population import (
    Closed,
    Control,
    Families,
    Fertility,
    InputError,
    Migration,
    Scenario,
    Survival,
    cohort_rates,
    pool_rates,
    project,
)

from .real_files import Ssdse, census_2020, census_history
from .test_population import CODES, K, made_up, people, still

SURVIVAL = np.full((1, 2, K), 0.9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_pool_begins_as_the_net_rates_do_and_loses_nobody_inside(seed):
    past = made_up(seed)
    base = past.at(2020)
    net = cohort_rates(past, SURVIVAL, 1)
    rng = np.random.default_rng(seed)
    pool = pool_rates(net, base, rng.uniform(10, 300, 4), rng.uniform(10, 300, 4))
    assert np.allclose(project(base, pool, 2025).values, project(base, net, 2025).values)
    assert np.all(pool.leaving >= 0)
    assert np.allclose(pool.arriving.sum(axis=1)[:, :, 1:], 1)


def test_the_pool_says_whose_moves_are_missing():
    past = made_up(1)
    with pytest.raises(InputError, match="02201: no in- and out-moves are known"):
        pool_rates(cohort_rates(past, SURVIVAL, 1), past.at(2020), [1.0, 1.0, np.nan, 1.0], [1.0] * 4)


def test_a_place_that_empties_sends_fewer_to_the_others_afterwards():
    """What net rates cannot do: arrivals follow the people who are there to leave elsewhere."""
    past = made_up(2)
    base = past.at(2020)
    net = cohort_rates(past, SURVIVAL, 4)
    pool = pool_rates(net, base, [300.0, 50.0, 50.0, 50.0], [300.0, 50.0, 50.0, 50.0])
    stay = Scenario("", (Migration(factor=0.0, codes=CODES[:1]),))
    less = stay.project(base, pool, 2030).totals[-1]
    plain = project(base, pool, 2030).totals[-1]
    assert less[0] > plain[0]
    assert np.all(less[1:] < plain[1:])


def test_changes_work_one_after_another():
    base = people()
    rates = still(child_women=np.full((1, 4), 0.2), migration=np.full((1, 4, 2, K), 0.1))
    couple = {
        ("male", (30, 34)): 1.0,
        ("female", (30, 34)): 1.0,
        ("male", (0, 4)): 0.5,
        ("female", (0, 4)): 0.5,
    }
    made = Scenario(
        "",
        (
            Migration(factor=0.0, ages=(15, 64)),
            Fertility(tfr={2025: 1.4, 2035: 2.1}),
            Families(10, couple, (CODES[1],), since=2030),
            Survival({2025: 0.5}),
        ),
    )
    later = made.project(base, rates, 2030)
    first, second = later.values[1], later.values[2]
    assert np.allclose(first[:, :, 4], base.values[:, :, 3])
    assert np.allclose(first[:, :, 1], base.values[:, :, 0] * 1.1)
    assert np.allclose(first[..., 0].sum(axis=1), later.at(2025).women * 1.4 / 7)
    assert np.allclose(second[:, :, 6], first[:, :, 5] + np.array([0, 50, 0, 0])[:, None])
    assert second[1, :, 0].sum() == pytest.approx(later.at(2030).women[1] * 1.75 / 7 + 50)


def test_a_closed_population_and_control_totals_go_together():
    base = people()
    control = Control((CODES,), ((0, None),), {2025: np.array([[[1_000.0]]])})
    made = Scenario("", (Closed(), control)).project(base, still(migration=np.full((1, 4, 2, K), 0.3)), 2030)
    assert made.totals[1].sum() == pytest.approx(1_000)
    assert made.totals[2].sum() == pytest.approx(1_000)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Fertility(), "one of a factor"),
        (Fertility(factor={}), "at least one year"),
        (Fertility(factor={2030: -1.0}), "not negative"),
        (Migration(codes=("99999",)), "99999: no figures"),
        (Migration(ages=(3, 7)), "only partly"),
        (Migration(ages=(17, 3)), "no whole class"),
        (Families(1, {("both", (0, 4)): 1}, CODES), "no such class"),
    ],
)
def test_a_change_that_does_not_fit_is_named(change, said):
    with pytest.raises(InputError, match=said):
        Scenario("", (change,)).applied(still(), 2020, 2)


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("KENIKI_TEST_DATA"), reason="the published files lie where KENIKI_TEST_DATA says"
)
def test_all_of_japan_in_one_pool_from_the_published_moves():
    folder = Path(os.environ["KENIKI_TEST_DATA"])
    history, counted, moves = census_history(folder), census_2020(folder).folded(90), Ssdse(folder, 2025)
    rows = {row[0][1:]: row for row in moves.municipalities}
    codes = [code for code in counted.codes if code in rows]
    out, into = ([float(rows[code][moves.codes.index(key)]) for code in codes] for key in ("A5102", "A5101"))
    assert moves.label("A5102").startswith("転出者数")
    base = counted.of(codes)
    assert len(codes) == 1741
    # 富谷町 became a city, 那珂川町 too: other codes since the censuses were compiled.
    past = history.merged({"04423": "04216", "40305": "40231"})
    net = cohort_rates(past.joined(base), SURVIVAL, 1).of(codes)
    assert net.basis[codes.index("04216")] == "own"
    assert net.basis[codes.index("13101")] == "nation"
    pool = pool_rates(net, base, out, into)
    made = project(base, pool, 2050)
    assert np.allclose(made.values[1], project(base, net, 2025).values[1])
    assert 90e6 < made.totals[-1].sum() < 115e6
