"""Drawn futures: the same wherever they are made, and as wide as forecasts have been wrong."""

import os
from pathlib import Path

import numpy as np
import pytest

from keniki.analysis.population import InputError, Population, Rates, covered, five_year_ages, project
from keniki.analysis.population.cohorts import cohort_rates
from keniki.analysis.population.drawing import draw
from keniki.analysis.population.uncertainty import Uncertainty, calibrate

from .real_files import census_2020, census_history
from .test_population import AGES, CODES, K, made_up, people, pooled, still

SURVIVAL = np.full((1, 2, K), 0.9)
NONE = Uncertainty(np.full((4, 7), 1e-12), *(np.zeros(4) for _ in range(3)), np.eye(4), None)
SOME = Uncertainty(np.full((4, 7), 0.05), np.full(4, 0.02), np.full(4, 0.01), np.full(4, 0.4), np.eye(4), 6)


def born(codes=CODES) -> Rates:
    return still(codes, child_women=np.full((1, len(codes)), 0.2))


@pytest.mark.parametrize("rates", [born(), pooled(2)], ids=["net", "pool"])
def test_without_uncertainty_every_draw_is_the_projection(rates):
    base = people()
    made = draw(base, rates, 2040, NONE, 3, 1)
    alone = project(base, rates, 2040)
    assert np.allclose(made.values[..., 0], alone.totals[1:][None], rtol=1e-4)
    assert np.allclose(made.values[0, :, :, 1:4], alone.groups()[1:], rtol=1e-4)


def test_the_same_seed_gives_the_same_draws_in_parts_in_threads_and_in_any_order():
    base = people()
    whole = draw(base, born(), 2040, SOME, 60, 7)
    parts = [draw(base, born(), 2040, SOME, 20, 7, first=at, threads=1) for at in (40, 0, 20)]
    assert np.array_equal(np.concatenate([parts[1].values, parts[2].values, parts[0].values]), whole.values)
    order = [2, 0, 3, 1]
    turned = Population(tuple(CODES[at] for at in order), AGES, base.values[order], 2020)
    assert np.array_equal(
        draw(turned, born(turned.codes), 2040, SOME, 60, 7).values, whole.values[:, :, order]
    )
    assert not np.array_equal(draw(base, born(), 2040, SOME, 60, 8).values, whole.values)


def test_draws_by_sex_and_class_are_the_same_draws_and_add_up_to_the_broad_ones():
    base = people()
    cells = draw(base, born(), 2040, SOME, 40, 7, groups=AGES, by_sex=True)
    assert cells.values.shape == (40, 4, len(CODES), 2, K)
    broad = draw(base, born(), 2040, SOME, 40, 7)
    assert np.allclose(cells.broad().values, broad.values, rtol=1e-5)
    assert np.array_equal(cells.broad(AGES).values.shape, (40, 4, len(CODES), K))
    assert cells.quantiles((0.5,)).shape == (1, 4, len(CODES), 2, K)
    assert np.allclose(cells.of_together(CODES[:2]), cells.values[:, :, :2].sum(axis=2))
    with pytest.raises(ValueError, match="only partly"):
        cells.broad([(0, 7)])


def test_in_the_pool_model_no_draw_loses_anybody():
    base = people()
    made = draw(base, pooled(4), 2050, SOME, 25, 1)
    assert np.allclose(made.values[..., 0].sum(axis=-1), base.totals.sum(), rtol=1e-4)


def test_quantiles_are_numpys_and_bands_widen_with_time():
    made = draw(people(), born(), 2050, SOME, 400, 3)
    shares = (0.1, 0.5, 0.9)
    assert np.allclose(
        made.quantiles(shares), np.quantile(made.values.astype(float), shares, axis=0), rtol=1e-5
    )
    low, _, high = made.quantiles(shares)
    width = ((high - low) / made.central.totals[1:, :, None])[:, :, 0].mean(axis=1)
    assert width[-1] > width[0] * 1.5
    together = made.quantiles_together(CODES, shares)
    assert np.allclose(made.of_together(CODES)[..., 0], made.values[..., 0].sum(axis=-1))
    assert together[2, 0, 0] - together[0, 0, 0] < (high - low)[0, :, 0].sum()


def test_errors_have_the_size_correlation_and_memory_they_were_given():
    codes = tuple(f"{number:05d}" for number in range(1001, 1401))
    base = Population(codes, AGES, np.full((400, 2, K), 100.0), 2020)
    mixing = np.eye(4)
    mixing[1, 3] = mixing[3, 1] = 0.6
    given = Uncertainty(np.full((4, 7), 0.05), np.zeros(4), np.zeros(4), np.full(4, 0.5), mixing, None)
    made = draw(base, still(codes), 2030, given, 50, 11, groups=((15, 29), (65, None)))
    first = np.log(made.values[:, 0] / np.float32(100 * np.array([6, 14])))
    assert first.std(axis=(0, 1)) == pytest.approx([0.05, 0.05], rel=0.03)
    assert np.corrcoef(first[..., 0].ravel(), first[..., 1].ravel())[0, 1] == pytest.approx(0.6, abs=0.03)
    young = np.log(draw(base, still(codes), 2030, given, 50, 11, groups=((15, 19), (20, 24))).values / 200)
    now = young[:, 0, :, 0]
    then = young[:, 1, :, 1] - now
    assert np.corrcoef(now.ravel(), then.ravel())[0, 1] == pytest.approx(0.5 / np.hypot(1, 0.5), abs=0.03)


def test_a_seed_below_0_and_no_draw_are_refused():
    with pytest.raises(InputError, match="a seed from 0 on"):
        draw(people(), born(), 2030, SOME, 1, -1)
    with pytest.raises(InputError, match="there has to be a draw"):
        draw(people(), born(), 2030, SOME, 0, 1)
    with pytest.raises(InputError, match="three censuses"):
        calibrate(made_up(1, years=(2015, 2020)), SURVIVAL)


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("KENIKI_TEST_DATA"), reason="the published files lie where KENIKI_TEST_DATA says"
)
def test_bands_made_from_censuses_to_2015_held_as_many_of_2020s_totals_as_they_say():
    folder = Path(os.environ["KENIKI_TEST_DATA"])
    history, counted = census_history(folder), census_2020(folder).folded(90)
    rates = cohort_rates(history, SURVIVAL, 1)
    found = calibrate(history, SURVIVAL)
    assert found.origins == (1995, 2000, 2005, 2010)
    made = draw(history.at(2015), rates, 2020, found, 500, 1)
    actual = counted.of(made.codes).totals
    there = (actual > 0) & (made.central.totals[0] > 0)
    bands = made.quantiles()[:, 0, there, 0]
    assert 0.75 <= covered(bands[1], bands[3], actual[there]) <= 0.86
    assert 0.93 <= covered(bands[0], bands[4], actual[there]) <= 0.97
    assert made.codes == history.codes
    assert five_year_ages(90) == history.ages
