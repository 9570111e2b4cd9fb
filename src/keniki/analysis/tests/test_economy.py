"""Multipliers without a survey: what has to hold for any table, and what small regions are like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.analysis.economy import leontief, regional_coefficients


def table(seed: int, k: int = 5) -> np.ndarray:
    found = np.random.default_rng(seed).uniform(0, 1, (k, k))
    return found / found.sum(axis=0) * np.random.default_rng(seed + 1).uniform(0.2, 0.8, k)


@given(seed=st.integers(0, 10**6), share=st.floats(0.001, 0.5))
@settings(max_examples=40, deadline=None)
def test_a_region_buys_no_more_within_itself_than_the_nation_and_less_the_smaller_it_is(seed, share):
    nation = np.random.default_rng(seed).uniform(10, 100, 5)
    region = nation * share * np.random.default_rng(seed + 2).uniform(0.2, 1.0, 5)
    inputs = table(seed)
    found = {
        each: regional_coefficients(inputs, region, nation, method=each) for each in ("slq", "cilq", "flq")
    }
    for each in found.values():
        assert np.all((each >= 0) & (each <= inputs + 1e-12))
    assert np.all(found["flq"] <= found["cilq"] + 1e-12)
    smaller = regional_coefficients(inputs, region / 10, nation)
    assert np.all(smaller <= found["flq"] + 1e-12)
    assert np.all(leontief(smaller).output <= leontief(inputs).output + 1e-9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_nation_itself_gets_its_own_coefficients_and_output_meets_demand(seed):
    nation = np.random.default_rng(seed).uniform(10, 100, 5)
    inputs = table(seed)
    assert np.allclose(regional_coefficients(inputs, nation, nation, method="slq"), inputs)
    made = leontief(inputs, np.ones(5))
    demand = np.arange(1.0, 6.0)
    output = made.inverse @ demand
    assert np.allclose(output, inputs @ output + demand)
    assert np.allclose(made.employment, made.output)


def test_a_sector_the_region_does_not_have_neither_sells_nor_buys():
    found = regional_coefficients(table(1), [10, 0, 10, 10, 10], [100] * 5)
    assert np.all(found[1] == 0)
    assert np.all(found[:, 1] == 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"national": [[0.6, 0.1], [0.5, 0.1]]}, "whole output"),
        ({"national": [[0.1, 0.1]]}, "square"),
        ({"region_output": [200, 1]}, "no more of a sector"),
        ({"region_output": [1, 1, 1]}, "same sectors"),
        ({"region_output": [-1, 1]}, "must not be negative"),
        ({"method": "rlq"}, "no method rlq"),
        ({"delta": 1.5}, "from 0 up to 1"),
    ],
)
def test_tables_that_cannot_be_are_refused(change, said):
    given_ = {"national": [[0.1, 0.2], [0.3, 0.1]], "region_output": [10, 10], "nation_output": [100, 300]}
    with pytest.raises(ValueError, match=said):
        regional_coefficients(**(given_ | change))
    with pytest.raises(ValueError, match="need more of each other"):
        leontief([[0.9, 0.9], [0.9, 0.9]])
