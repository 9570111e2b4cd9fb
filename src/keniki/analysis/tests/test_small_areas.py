import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.analysis.gamma import gamma_cdf, gamma_quantile
from keniki.analysis.indicators import empirical_bayes, poisson_interval

from .real_files import Ssdse

pytestmark = pytest.mark.slow

# Garwood's exact 95 % limits of a Poisson mean, as standard tables print them.
GARWOOD = {
    0: (0.0, 3.689),
    1: (0.0253, 5.572),
    5: (1.623, 11.668),
    10: (4.795, 18.390),
    50: (37.11, 65.92),
    100: (81.36, 121.63),
}

areas = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 2_000_000)), min_size=1, max_size=30)


@pytest.mark.parametrize(("count", "limits"), GARWOOD.items())
def test_the_exact_limits_of_the_tables(count, limits):
    found = poisson_interval(count, 1)
    assert found.low.item() == pytest.approx(limits[0], abs=0.005)
    assert found.high.item() == pytest.approx(limits[1], abs=0.005)


@given(st.floats(1e-3, 0.999), st.floats(0.05, 1e5))
def test_a_quantile_put_back_gives_its_probability(probability, shape):
    x = gamma_quantile(probability, shape)
    assert x.item() == pytest.approx(0, abs=1e-290) or gamma_cdf(x, shape).item() == pytest.approx(
        probability, abs=1e-9
    )


@given(st.integers(0, 10_000), st.integers(1, 3_000_000))
def test_the_exact_interval_contains_the_rate(count, population):
    found = poisson_interval(count, population)
    assert found.low.item() <= found.rate.item() <= found.high.item()
    assert found.low.item() >= 0


@given(st.integers(1, 500), st.integers(100, 100_000), st.integers(2, 50))
def test_the_exact_interval_shrinks_as_an_area_of_the_same_rate_grows(count, population, times):
    small = poisson_interval(count, population)
    large = poisson_interval(count * times, population * times)
    assert large.rate.item() == pytest.approx(small.rate.item())
    assert large.high.item() - large.low.item() < small.high.item() - small.low.item()
    assert large.low.item() > small.low.item()
    assert large.high.item() < small.high.item()


@given(areas)
def test_a_shrunk_rate_lies_between_its_own_and_the_common_one_inside_its_interval(found):
    counts, populations = (np.array(each) for each in zip(*found, strict=True))
    result = empirical_bayes(counts, populations)
    raw, common = counts / populations, counts.sum() / populations.sum()
    slack = 1e-9 * (1 + raw)
    assert (result.rate >= np.minimum(raw, common) - slack).all()
    assert (result.rate <= np.maximum(raw, common) + slack).all()
    assert (result.low <= result.rate + slack).all()
    assert (result.high >= result.rate - slack).all()


def test_of_two_areas_of_the_same_rate_the_smaller_is_shrunk_more_and_has_the_wider_interval():
    counts, populations = np.array([2, 200, 5, 900]), np.array([1_000, 100_000, 10_000, 200_000])
    result = empirical_bayes(counts, populations)
    raw, common = counts / populations, counts.sum() / populations.sum()
    assert raw[0] == raw[1]
    assert abs(result.rate[0] - common) < abs(result.rate[1] - common)
    width = result.high - result.low
    assert width[0] > width[1]


def test_a_higher_level_gives_a_wider_interval():
    narrow, wide = poisson_interval(7, 1, level=0.8), poisson_interval(7, 1, level=0.99)
    assert wide.low < narrow.low
    assert wide.high > narrow.high


def test_a_missing_count_or_an_empty_area_stays_missing_and_does_not_disturb_the_others():
    alone = empirical_bayes([3, 40], [1000, 5000])
    with_holes = empirical_bayes([3, np.nan, 40, 0], [1000, 2000, 5000, 0])
    assert np.isnan(with_holes.rate[[1, 3]]).all()
    assert with_holes.rate[[0, 2]] == pytest.approx(alone.rate)
    exact = poisson_interval([np.nan, 1], [5, 0])
    assert np.isnan([exact.low, exact.high, exact.rate]).all()


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_no_fraction_is_refused(level):
    with pytest.raises(ValueError, match="level"):
        poisson_interval(1, 1, level=level)


def test_doctors_of_every_municipality_of_japan_get_an_interval_and_small_towns_move_to_the_common_rate(
    test_data,
):
    later = Ssdse(test_data, 2025)
    doctors, population = later.column("I6100"), later.column("A1101")
    people = population > 0
    exact = poisson_interval(doctors, population, per=100_000)
    shrunk = empirical_bayes(doctors, population, per=100_000)
    assert np.isnan(exact.rate[~people]).all()
    assert (exact.low[people] <= exact.rate[people]).all()
    assert (exact.rate[people] <= exact.high[people]).all()
    common = doctors[people].sum() / population[people].sum() * 100_000
    small, large = people & (population < 2_000), population > 500_000
    moved = np.abs(shrunk.rate - exact.rate) / np.maximum(np.abs(exact.rate - common), 1e-9)
    assert np.median(moved[small]) > 5 * np.median(moved[large])
