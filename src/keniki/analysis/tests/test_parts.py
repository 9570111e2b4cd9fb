"""Futures made in parts: every draw once, and the same bits as in one piece."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki import engines
from keniki.analysis.population import InputError
from keniki.analysis.population.drawing import draw
from keniki.analysis.population.parts import draw_in_parts, parts

from .test_drawing import SOME, born
from .test_population import CODES, people, pooled


@pytest.mark.slow
@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(0, 1000), st.integers(1, 10**6))
def test_parts_are_all_draws_in_order_and_none_is_larger_than_it_may_be(draws, municipalities, first, size):
    found = parts(draws, municipalities, first, size)
    assert [number for part in found for number in range(part.first, part.first + part.draws)] == list(
        range(first, first + draws)
    )
    sizes = [part.draws for part in found]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) * municipalities <= size or max(sizes) == 1


def backwards(function, tasks, *, shared):
    """The last part first, and told as such."""
    made = [(at, function(task, *shared)) for at, task in enumerate(tasks)]
    yield from reversed(made)


@pytest.mark.slow
@pytest.mark.parametrize("rates", [born(), pooled(4)], ids=["net", "pool"])
@pytest.mark.parametrize(
    "stream",
    [backwards, partial(engines.stream, engine="local:3"), partial(engines.stream, engine="processes:2")],
)
def test_the_bits_are_those_of_one_piece_wherever_the_parts_are_made(rates, stream):
    told = (people(), rates, 2040, SOME, 60, 7)
    done = []
    for more in ({}, {"first": 13, "groups": ((0, 14), (75, None)), "by_sex": True}):
        whole = draw(*told, **more)
        made = draw_in_parts(stream, *told, **more, size=9 * len(CODES), progress=done.append)
        assert np.array_equal(made.values, whole.values)
        assert made.values.dtype == np.float32
        assert (made.codes, made.years, made.groups) == (whole.codes, whole.years, whole.groups)
        assert (made.seed, made.first, made.by_sex) == (whole.seed, whole.first, whole.by_sex)
        assert np.array_equal(made.central.values, whole.central.values)
    assert sum(done) == 120
    assert len(done) == 14


@pytest.mark.slow
def test_what_cannot_be_drawn_says_so_from_any_part():
    told = (people(), born(), 2040, SOME)
    with pytest.raises(InputError, match="there has to be a draw"):
        draw_in_parts(backwards, *told, 0, 1)
    with pytest.raises(InputError, match="a seed from 0 on"):
        draw_in_parts(partial(engines.stream, engine="processes:1"), *told, 60, -1, size=9 * len(CODES))
