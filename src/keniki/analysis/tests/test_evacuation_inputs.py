"""What a plan of evacuation is made from is refused where it cannot be, with its row."""

import numpy as np
import pytest

from keniki.analysis.evacuation import PerPeople, Reserve, Scenario, cells_of, evacuating, shelters_of
from keniki.analysis.evacuation.distances import first_choices, metres, unit_vectors
from keniki.core.errors import WrongInput

CELL = (["a", "b"], ["1", "1"], [43.0, 43.1], [141.0, 141.0])


@pytest.mark.parametrize(
    ("column", "row", "change"),
    [
        ("ids", 2, {"ids": ["a", "a"]}),
        ("latitude", 2, {"latitude": [43, 91]}),
        ("longitude", 1, {"longitude": [float("nan"), 0]}),
        ("people", 2, {"people": [1, -1]}),
        ("people", 1, {"people": [1.5, 1]}),
        ("people", None, {"people": [1]}),
        ("vulnerable", 2, {"vulnerable": [0, 9]}),
        ("accessible", 1, {"vulnerable": [0, 0], "accessible": [1, 0]}),
        ("districts", 2, {"districts": ["p", "p"], "towns": ["1", "2"]}),
        ("towns", None, {"towns": ["1"]}),
    ],
)
def test_a_cell_that_cannot_be_is_named(column, row, change):
    given = {"ids": CELL[0], "towns": CELL[1], "latitude": CELL[2], "longitude": CELL[3], "people": [5, 5]}
    with pytest.raises(WrongInput) as refused:
        cells_of(**{**given, **change})
    assert (refused.value.column, refused.value.row) == (column, row)


def test_a_shelter_that_cannot_be_is_named():
    with pytest.raises(WrongInput) as refused:
        shelters_of(*CELL, [10, -1])
    assert (refused.value.column, refused.value.row) == ("capacity", 2)
    with pytest.raises(WrongInput, match="収容人数を超えています"):
        shelters_of(*CELL, [10, 5], accessible=[0, 6])
    with pytest.raises(WrongInput, match="避難所「a」が2回"):
        shelters_of(["a", "a"], *CELL[1:], [1, 1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"far_km": -1},
        {"far_km": float("nan")},
        {"far_km": 5, "detour": 0.9},
        {"far_km": 5, "nearest": 0},
        {"far_km": 5, "keep_whole": "family"},
        {"far_km": 5, "longer_for_fairness": 2},
        {"far_km": 5, "longer_for_whole_km": -1},
        {"far_km": 5, "per": PerPeople(tent=0)},
        {"far_km": 5, "reserves": {"1": Reserve(own=1.5)}},
    ],
)
def test_a_rule_that_cannot_be_is_refused(wrong):
    with pytest.raises(WrongInput) as refused:
        Scenario(**wrong)
    assert refused.value.column


def test_people_leave_by_a_rate_rounded_up():
    cells = cells_of(*CELL, [100, 35], vulnerable=[10, 3], accessible=[1, 0])
    leaving = evacuating(cells, {"in": 0.8, "out": 0.4}, ["in", "out"])
    assert (leaving.people.tolist(), leaving.vulnerable.tolist(), leaving.accessible.tolist()) == (
        [80, 14], [8, 2], [1, 0],
    )  # fmt: skip
    assert evacuating(cells, [0, 1]).people.tolist() == [0, 35]
    with pytest.raises(WrongInput, match="区分「out」の避難率がありません"):
        evacuating(cells, {"in": 0.8}, ["in", "out"])
    with pytest.raises(WrongInput, match="0から1まで"):
        evacuating(cells, 1.2)


@pytest.mark.slow
def test_first_choices_are_those_of_the_whole_table():
    random = np.random.default_rng(7)
    for n, m, count in ((40, 60, 7), (30, 5, 9)):
        here = unit_vectors(random.uniform(-80, 80, n), random.uniform(-180, 180, n))
        there = unit_vectors(random.uniform(-80, 80, m), random.uniform(-180, 180, m))
        a, b = random.integers(0, 3, n), random.integers(0, 3, m)
        allowed = random.random((3, 3)) < 0.7
        opens = random.random((m, 2)) < 0.8
        found = first_choices(here, there, a, b, allowed, opens, 1.2, 400_000, count)
        for i in range(n):
            table = sorted(
                (metres(here, there, i, j, 1.2) + 400_000 * (a[i] != b[j]), j)
                for j in range(m)
                if allowed[a[i], b[j]] and opens[j, int(a[i] != b[j])]
            )
            best = [j for _, j in table[:count]]
            assert found[i].tolist() == best + [-1] * (count - len(best))
