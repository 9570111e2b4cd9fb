"""Housing damage assessment: what holds of any survey."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.analysis.damage import assess, read_house

DAYS = ["2019-06-01", "2020-05-01", "2022-06-01", "2024-06-15", "2025-08-01"]
INLAND_FROM = "2024-05-31"
QUAKE = {"date": "2022-06-01", "structure": "wood", "hazard": "earthquake"}
FLOOD = {"structure": "wood", "storeys": 2, "hazard": "flood"}
LEVEL = ["total", "major_half", "middle_half", "half", "quasi_half", "partial"]
AREAS = st.fractions(0, 1, max_denominator=200)
DEGREE = st.integers(1, 5)
PARTS = {
    "first": ["roof", "wall"],
    "second": ["roof", "pillars", "floor", "outer_wall", "inner_wall", "ceiling", "fittings"],
}


@st.composite
def surveys(draw):
    survey = draw(st.sampled_from(["first", "second"]))
    parts = []
    for part in PARTS[survey]:
        left = Fraction(1)
        for degree in draw(st.lists(DEGREE, max_size=3)):
            share = draw(AREAS) * left
            left -= share
            parts.append({"part": part, "degree": degree, "area": share})
    if draw(st.booleans()):
        parts.append({"part": "foundation", "perimeter_m": 30, "cracks": draw(st.integers(0, 40))})
    return {
        **QUAKE,
        "survey": survey,
        "rounding": draw(st.sampled_from(["none", "half_up_per_cell", "truncate"])),
        "area_as": draw(st.sampled_from(["exact", "bands"])),
        "parts": parts,
        **({"tilt_mm": [draw(st.integers(0, 100))] * 4} if draw(st.booleans()) else {}),
    }


def rank(found):
    return LEVEL.index(found.verdict.key)


@pytest.mark.slow
@given(surveys(), st.randoms(use_true_random=False))
def test_the_order_of_the_parts_does_not_matter(survey, random):
    first = assess(read_house(survey)).as_dict()
    random.shuffle(survey["parts"])
    assert assess(read_house(survey)).as_dict() == first


@pytest.mark.slow
@given(surveys(), st.data())
def test_more_damage_never_makes_a_lighter_class(survey, data):
    before = assess(read_house(survey))
    entries = [number for number, part in enumerate(survey["parts"]) if "degree" in part]
    if not entries:
        return
    number = data.draw(st.sampled_from(entries))
    part = survey["parts"][number]
    if data.draw(st.booleans()):
        part["degree"] = data.draw(st.integers(part["degree"], 5))
    else:
        others = sum(each["area"] for each in survey["parts"] if each["part"] == part["part"]) - part["area"]
        part["area"] = data.draw(st.fractions(part["area"], 1 - others))
    after = assess(read_house(survey))
    assert rank(after) <= rank(before)
    if (
        survey["rounding"] == "none"
        and survey["area_as"] == "exact"
        and None not in (before.percent, after.percent)
    ):
        assert after.percent >= before.percent


@pytest.mark.slow
@given(surveys())
def test_a_loss_lies_between_nothing_and_the_whole_and_is_the_sum_of_its_parts(survey):
    found = assess(read_house(survey))
    assert all(0 <= part.loss <= part.weight and 0 <= part.rate <= 1 for part in found.parts)
    if found.method == "parts":
        assert found.percent == sum(part.loss for part in found.parts) <= 100
        low, high = found.span
        assert low <= found.percent
        assert high is None or found.percent < high


@pytest.mark.slow
@given(
    st.sampled_from(DAYS),
    st.booleans(),
    st.fractions(0, 5),
    st.fractions(0, 5),
)
def test_deeper_water_is_never_a_lighter_class(day, force, one, other):
    force = force or day < INLAND_FROM
    flood = FLOOD | {"date": day, "external_force": force}
    shallow, deep = (
        assess(read_house(flood | {"depth_above_floor_m": depth})) for depth in sorted((one, other))
    )
    assert rank(deep) <= rank(shallow)
    below = assess(read_house(flood | {"below_floor": True}))
    assert rank(shallow) <= rank(below)
