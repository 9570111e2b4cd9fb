"""Projections: what has to hold for any figures, and what came out of the real censuses."""

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.analysis.population import (
    PLAIN,
    Control,
    History,
    InputError,
    LifeTable,
    Population,
    Rates,
    Shrinkage,
    cohort_rates,
    errors,
    five_year_ages,
    forecast,
    project,
    rates_of,
    survival_between,
    tune,
)
from keniki.rulebooks.population import life_tables

from .real_files import MINAMI_SORACHI, census_2020, census_history, ipss_h30

AGES = five_year_ages(90)
K = len(AGES)
CODES = ("01100", "01210", "02201", "02202")

real = pytest.mark.skipif(
    not os.environ.get("KENIKI_TEST_DATA"), reason="the published files lie where KENIKI_TEST_DATA says"
)


def folder() -> Path:
    return Path(os.environ["KENIKI_TEST_DATA"])


@pytest.fixture(scope="module")
def history() -> History:
    return census_history(folder())


@pytest.fixture(scope="module")
def survival() -> np.ndarray:
    tables = [
        LifeTable(rule.value.year, rule.value.ages, np.array([rule.value.male, rule.value.female]))
        for rule in life_tables()
    ]
    return survival_between(tables, 2015, AGES)[None]


def made_up(seed: int, codes=CODES, years=(2005, 2010, 2015, 2020)) -> History:
    rng = np.random.default_rng(seed)
    people = rng.uniform(200, 400, (len(codes), 2, K, 1)) * rng.uniform(
        0.8, 1.1, (len(codes), 2, K, len(years))
    )
    return History(codes, AGES, people, years)


def still(codes=CODES, **changes) -> Rates:
    """Nobody dies, moves or is born."""
    n = len(codes)
    flat = {
        "survival": np.ones((1, n, 2, K)),
        "migration": np.zeros((1, n, 2, K)),
        "child_women": np.zeros((1, n)),
        "boys": np.full((1, n), 0.5),
        "model": "net",
    }
    return Rates(codes, AGES, **(flat | changes))


def people(codes=CODES, year=2020, seed=1) -> Population:
    return Population(codes, AGES, np.random.default_rng(seed).uniform(10, 100, (len(codes), 2, K)), year)


def pooled(seed: int, codes=CODES) -> Rates:
    rng = np.random.default_rng(seed)
    arriving = rng.uniform(0.1, 1.0, (1, len(codes), 2, K))
    return still(
        codes,
        leaving=rng.uniform(0.0, 0.4, (1, len(codes), 2, K)),
        arriving=arriving / arriving.sum(axis=1, keepdims=True),
        model="pool",
    )


def test_everybody_is_five_years_older_and_the_open_class_gathers_them():
    base = people()
    later = project(base, still(), 2025).at(2025)
    assert np.allclose(later.values[..., 1:-1], base.values[..., :-2])
    assert np.allclose(later.values[..., -1], base.values[..., -2] + base.values[..., -1])
    assert np.all(later.values[..., 0] == 0)


def test_children_follow_from_the_women_at_the_end_of_the_step():
    base = people()
    later = project(base, still(child_women=np.full((1, 4), 0.25), boys=np.full((1, 4), 0.51)), 2025).at(2025)
    assert np.allclose(later.values[..., 0].sum(axis=1), later.women * 0.25)
    assert np.allclose(later.values[:, 0, 0], later.women * 0.25 * 0.51)


@given(seed=st.integers(0, 10**6), steps=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_the_pool_loses_and_invents_nobody(seed, steps):
    base = people(seed=seed)
    made = project(base, pooled(seed), 2020 + 5 * steps)
    assert np.allclose(made.totals.sum(axis=1), base.totals.sum())


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_municipalities_does_not_matter(seed):
    past = made_up(seed)
    order = np.random.default_rng(seed).permutation(len(CODES))
    turned = replace(past, codes=tuple(past.codes[at] for at in order), values=past.values[order])
    survival = np.full((1, 2, K), 0.9)
    one = project(past.at(2020), cohort_rates(past, survival, 3), 2035)
    other = project(turned.at(2020), cohort_rates(turned, survival, 3), 2035)
    assert np.allclose(one.values[:, order], other.values)


def test_two_censuses_give_exactly_the_second_one_again():
    past = made_up(3, years=(2015, 2020))
    rates = cohort_rates(past, np.full((1, 2, K), 0.9), 1, shrinkage=PLAIN)
    again = project(past.at(2015), rates, 2020).at(2020)
    assert np.allclose(again.values[..., 1:], past.at(2020).values[..., 1:], rtol=1e-4)
    assert np.allclose(again.values[..., 0].sum(axis=1), past.at(2020).values[..., 0].sum(axis=1), rtol=1e-4)


def test_small_numbers_are_drawn_to_the_prefecture_and_large_ones_are_not():
    values = np.full((3, 2, K, 2), 2_000.0)
    values[1:] = 10.0
    values[1, :, 5, 1] = 16.0
    values[0, :, 5, 1] = 3_200.0
    past = History(("01100", "01210", "01202"), AGES, values, (2015, 2020))
    ratio = cohort_rates(past, np.full((1, 2, K), 0.9), 1).staying(0)[:, 0, 4]
    assert ratio[0] == pytest.approx(1.6, rel=0.02)
    assert ratio[1] == pytest.approx(1.6, rel=0.15)
    alone = replace(past, codes=("13101", "01210", "01202"))
    assert cohort_rates(alone, np.full((1, 2, K), 0.9), 1).staying(0)[1, 0, 4] < ratio[1]


def test_who_has_no_history_gets_the_prefectures_rates_and_then_the_nations_and_it_is_said():
    values = made_up(5, ("01100", "01210", "02201"), (2015, 2020)).values
    values[1, ..., 0] = np.nan
    values[2, ..., 0] = np.nan
    rates = cohort_rates(
        History(("01100", "01210", "02201"), AGES, values, (2015, 2020)), np.ones((1, 2, K)), 1
    )
    assert rates.basis == ("own", "prefecture", "nation")


def test_control_totals_are_met_on_any_level_by_sex_and_broad_age():
    base = people()
    groups = ((0, 14), (15, 64), (65, None))
    totals = np.arange(1.0, 13.0).reshape(2, 2, 3) * 100
    control = Control((CODES[:2], CODES[2:]), groups, {2025: totals})
    later = project(base, still(child_women=np.full((1, 4), 0.2)), 2030, control=control)
    by_sex = later.at(2025).values
    for area, rows in enumerate(([0, 1], [2, 3])):
        for sex in (0, 1):
            for group, columns in enumerate((slice(0, 3), slice(3, 13), slice(13, None))):
                assert by_sex[rows, sex, columns].sum() == pytest.approx(totals[area, sex, group])
    assert later.totals[2].sum() != pytest.approx(totals.sum())


def test_without_migration_only_births_and_deaths_change_anything():
    past = made_up(9)
    rates = cohort_rates(past, np.full((1, 2, K), 0.9), 2)
    closed = project(past.at(2020), rates.closed(), 2025).at(2025)
    assert np.allclose(closed.values[..., 1:-1], past.at(2020).values[..., :-2] * 0.9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"values": np.full((1, 2, K), -1.0)}, "01210 male 0-4 2020: fewer than nobody"),
        ({"values": np.full((1, 2, K), np.nan)}, "01210 male 0-4 2020: a figure is missing"),
        (
            {"ages": AGES[:-2] + AGES[-1:]},
            "90+: ages have to be 0-4, 5-9 ... without gaps, the last one open",
        ),
        ({"ages": AGES[:-1]}, "the last class of ages has to be open, as 90 and over"),
    ],
)
def test_wrong_figures_are_named_by_their_place(change, said):
    given_ = {"codes": ("01210",), "ages": AGES, "values": np.ones((1, 2, K)), "year": 2020}
    with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
        Population(**(given_ | change))


def test_wrong_rates_and_unknown_municipalities_stop_the_projection():
    with pytest.raises(InputError, match=r"sum to 0\.5"):
        replace(pooled(1), arriving=pooled(1).arriving / 2)
    with pytest.raises(InputError, match=r"survival is 1\.2, outside 0 to 1"):
        still(survival=np.full((1, 4, 2, K), 1.2))
    with pytest.raises(InputError, match="01999: no figures of this municipality"):
        project(people(("01999",)), still(), 2025)
    with pytest.raises(InputError, match="2023 is not a number of steps"):
        project(people(), still(), 2023)
    with pytest.raises(InputError, match="rates for 2 steps, not for 3"):
        project(people(), cohort_rates(made_up(1), np.ones((1, 2, K)), 2), 2035)


def test_a_life_table_gives_its_expectation_back_and_survival_falls_with_age():
    for rule in life_tables():
        table = LifeTable(rule.value.year, rule.value.ages, np.array([rule.value.male, rule.value.female]))
        alive, lived = table.survivors()
        assert np.allclose(lived / alive, table.expectancy)
        ratios = table.ratios(AGES)
        assert np.all(np.diff(ratios[:, 5:]) < 0)
        assert np.all((ratios > 0) & (ratios < 1))
        assert np.all(ratios[1] > ratios[0])


@real
def test_a_published_projection_comes_out_of_its_own_rates_again(survival):
    published = ipss_h30(folder())
    again = project(published[0], rates_of(published, survival), 2045)
    for each in published:
        assert np.allclose(again.at(each.year).values, each.values, atol=1e-6)


@pytest.mark.slow
@real
def test_the_nine_towns_are_those_of_the_census_and_of_the_published_total_of_2040(history, survival):
    counted = census_2020(folder())
    assert counted.of(MINAMI_SORACHI).totals.sum() == pytest.approx(152_486)
    published = {}
    for line in (folder() / "ipss_r5" / "ipss_r5_tidy.csv").read_text("utf-8-sig").splitlines()[1:]:
        code, indicator, year, value = line.split(",")[:4]
        published[code, indicator, int(year)] = float(value)
    names = [f"projected_population_{group}" for group in ("0_14", "15_64", "65_plus")]
    totals = {
        year: np.array([[[published[code, name, year] for name in names]] for code in MINAMI_SORACHI])
        for year in range(2025, 2051, 5)
    }
    control = Control(tuple((code,) for code in MINAMI_SORACHI), ((0, 14), (15, 64), (65, None)), totals)
    base = counted.of(MINAMI_SORACHI).folded(90)
    known = history.joined(counted.of([c for c in counted.codes if c in set(history.codes)]).folded(90))
    made = project(base, cohort_rates(known, survival, 6), 2050, control=control)
    assert made.totals[made.years.index(2040)].sum() == pytest.approx(102_289, abs=1)
    assert made.totals[made.years.index(2040), 0] == pytest.approx(56_332, abs=1)


@real
def test_the_forecast_of_2020_is_nearer_to_the_census_than_the_national_institutes(history, survival):
    counted = census_2020(folder()).folded(90)
    own = forecast(history, 2015, 2020, survival)
    theirs = ipss_h30(folder())[1]
    ours = errors(own.of(theirs.codes), counted)
    rival = errors(theirs, counted)
    assert (rival.mape, rival.median_ape, rival.cell_error) == pytest.approx(
        (0.0218, 0.0147, 0.0262), abs=5e-5
    )
    assert ours.mape < rival.mape * 0.95
    assert ours.median_ape < rival.median_ape * 0.97
    assert ours.cell_error < rival.cell_error * 0.95
    assert errors(own, counted).median_ape < 0.012


@pytest.mark.slow
@real
def test_the_weights_forecast_earlier_censuses_better_than_others_do(history, survival):
    chosen = Shrinkage()
    others = {
        "the newest period alone": Shrinkage(periods=(1.0,)),
        "three periods nearly alike": Shrinkage(periods=(0.5, 0.3, 0.2)),
        "differences go on for ever": Shrinkage(others=1.0, old=1.0, children=1.0),
        "the young settle down": Shrinkage(youth=0.6),
        "nothing of a small town is believed": Shrinkage(municipality=400.0, sex=800.0),
    }
    ranked = tune(history, survival, [chosen, *others.values()], (1995, 2000, 2005, 2010))
    score = {name: next(found[0] for found in ranked if found[1] == each) for name, each in others.items()}
    newest = score.pop("the newest period alone")
    assert min(score.values()) > 1.03
    assert 0.97 < newest < 1.0
