"""Housing damage assessment: every wrong value is refused with its place."""

from fractions import Fraction

import pytest

from keniki.analysis.damage import assess, read_house
from keniki.core.errors import WrongInput

QUAKE = {"date": "2022-06-01", "structure": "wood", "hazard": "earthquake"}
FLOOD = {"date": "2024-06-15", "structure": "wood", "storeys": 2, "hazard": "flood", "external_force": True}
ROOF = [{"part": "roof", "degree": "IV", "area": 0.5}]


def judged(**survey):
    return assess(read_house(survey))


def refused(**survey):
    with pytest.raises(WrongInput) as raised:
        judged(**survey)
    return raised.value


@pytest.mark.parametrize(
    ("survey", "column"),
    [
        ({}, "date"),
        (QUAKE | {"date": "2018-02-28", "collapsed": "house"}, "date"),
        (QUAKE | {"date": "令和4年"}, "date"),
        (QUAKE | {"date": 20220601}, "date"),
        (QUAKE | {"structure": "paper"}, "structure"),
        (QUAKE | {"structure": None}, "structure"),
        (QUAKE | {"hazard": "fire"}, "hazard"),
        (QUAKE | {"hazard": ["flood"]}, "hazard"),
        (QUAKE | {"survey": "third"}, "survey"),
        (QUAKE | {"colour": "red"}, "colour"),
        (QUAKE, "parts"),
        (QUAKE | {"depth_above_floor_m": 1}, "depth_above_floor_m"),
        (QUAKE | {"external_force": True}, "external_force"),
        (QUAKE | {"sunk_to": "floor"}, "sunk_to"),
        (QUAKE | {"settlement_m": 1}, "settlement_m"),
        (QUAKE | {"storeys": 0}, "storeys"),
        (QUAKE | {"storeys": 1.5}, "storeys"),
        (QUAKE | {"storeys": True}, "storeys"),
        (QUAKE | {"collapsed": True}, "collapsed"),
        (QUAKE | {"tilt_mm": [60, 60, 60]}, "tilt_mm"),
        (QUAKE | {"tilt_mm": [60, 60, 60, 60, 60]}, "tilt_mm"),
        (QUAKE | {"tilt_mm": []}, "tilt_mm"),
        (QUAKE | {"tilt_mm": 60}, "tilt_mm"),
        (QUAKE | {"tilt_mm": [60, -1, 60, 60]}, "tilt_mm.1"),
        (QUAKE | {"tilt_mm": [60, 60, 60, 1300]}, "tilt_mm.3"),
        (QUAKE | {"tilt_mm": [60, 60, float("nan"), 60]}, "tilt_mm.2"),
        (QUAKE | {"plumb_mm": 1000, "parts": []}, "plumb_mm"),
        (QUAKE | {"tilt_mm": [1] * 4, "plumb_mm": 0}, "plumb_mm"),
        (QUAKE | {"lost_floor_share": 1.1}, "lost_floor_share"),
        (QUAKE | {"lost_floor_share": 0.5, "floor_area_m2": 10}, "floor_area_m2"),
        (QUAKE | {"lost_floor_area_m2": 5}, "floor_area_m2"),
        (QUAKE | {"lost_floor_area_m2": 5, "floor_area_m2": 4}, "lost_floor_area_m2"),
        (QUAKE | {"lost_floor_area_m2": 0, "floor_area_m2": 0}, "lost_floor_area_m2"),
        (QUAKE | {"parts": ROOF, "rounding": "up"}, "rounding"),
        (QUAKE | {"label": 5, "parts": []}, "label"),
        ({key: value for key, value in FLOOD.items() if key != "external_force"}, "external_force"),
        ({key: value for key, value in FLOOD.items() if key != "storeys"}, "storeys"),
        (FLOOD, "depth_above_floor_m"),
        (FLOOD | {"external_force": "yes"}, "external_force"),
        (FLOOD | {"depth_above_floor_m": -0.1}, "depth_above_floor_m"),
        (FLOOD | {"depth_above_floor_m": "deep"}, "depth_above_floor_m"),
        (FLOOD | {"depth_above_floor_m": float("inf")}, "depth_above_floor_m"),
        (FLOOD | {"depth_above_floor_m": "1e999999999"}, "depth_above_floor_m"),
        (FLOOD | {"depth_above_floor_m": "1/0"}, "depth_above_floor_m"),
        (FLOOD | {"depth_above_floor_m": 51}, "depth_above_floor_m"),
        (FLOOD | {"depths_above_floor_m": []}, "depths_above_floor_m"),
        (FLOOD | {"depths_above_floor_m": [1, "x"]}, "depths_above_floor_m.1"),
        (FLOOD | {"depth_above_floor_m": 1, "depths_above_floor_m": [1]}, "depths_above_floor_m"),
        (FLOOD | {"depth_m": 1}, "floor_height_m"),
        (FLOOD | {"floor_height_m": 1}, "depth_m"),
        (FLOOD | {"depth_above_floor_m": 1, "below_floor": True}, "depth_above_floor_m"),
        (FLOOD | {"depth_m": 1, "floor_height_m": 0.5, "below_floor": True}, "below_floor"),
        (FLOOD | {"depth_m": 0.2, "floor_height_m": 0.5, "below_floor": False}, "below_floor"),
        (FLOOD | {"washed_away": True, "below_floor": True}, "below_floor"),
        (FLOOD | {"washed_away": True, "external_force": False}, "washed_away"),
        (FLOOD | {"survey": "second", "area_corners_m": [2] * 4}, "area_corners_m"),
    ],
)
def test_a_wrong_survey_is_refused_at_its_place(survey, column):
    assert refused(**survey).column == column


@pytest.mark.parametrize(
    ("parts", "column"),
    [
        ("roof", "parts"),
        (["roof"], "parts.0"),
        ([{}], "parts.0.part"),
        ([{"part": "chimney", "degree": "I", "area": 1}], "parts.0.part"),
        ([{"part": "inner_wall", "degree": "I", "area": 1}], "parts.0.part"),
        ([{"part": "roof", "area": 1}], "parts.0.degree"),
        ([{"part": "roof", "degree": "VI", "area": 1}], "parts.0.degree"),
        ([{"part": "roof", "degree": 0, "area": 1}], "parts.0.degree"),
        ([{"part": "roof", "degree": True, "area": 1}], "parts.0.degree"),
        ([{"part": "roof", "degree": "I"}], "parts.0.area"),
        ([{"part": "roof", "degree": "I", "area": 1.01}], "parts.0.area"),
        ([{"part": "roof", "degree": "I", "area": 0.1, "count": 1, "of": 2}], "parts.0.count"),
        ([{"part": "roof", "degree": "I", "count": 1}], "parts.0.of"),
        ([{"part": "roof", "degree": "I", "count": 3, "of": 2}], "parts.0.count"),
        ([{"part": "roof", "degree": "I", "count": 1, "of": 0}], "parts.0.of"),
        ([{"part": "roof", "degree": "I", "count": 1, "of": 2, "of_m": 2}], "parts.0.of_m"),
        ([{"part": "wall", "degree": "I", "length_m": 3, "of_m": 2}], "parts.0.length_m"),
        ([{"part": "wall", "degree": "I", "length_m": 3}], "parts.0.of_m"),
        (
            [{"part": "roof", "degree": "I", "area": 0.6}, {"part": "roof", "degree": "II", "area": 0.5}],
            "parts.1.area",
        ),
        ([{"part": "roof", "degree": "I", "area": 0.1, "storey": 2}], "parts.0.storey"),
        ([{"part": "roof", "degree": "I", "area": 0.1, "cracks": 2}], "parts.0.cracks"),
        ([{"part": "roof", "loss_percent": 3}], "parts.0.loss_percent"),
        ([{"part": "roof", "loss_percent": 3, "degree": "I"}], "parts.0.degree"),
        ([{"part": "roof", "perimeter_m": 30, "cracks": 1}], "parts.0.perimeter_m"),
        ([{"part": "foundation", "degree": "I", "area": 0.5}], "parts.0"),
        ([{"part": "foundation", "cracks": 3}], "parts.0.cracks"),
        ([{"part": "foundation", "perimeter_m": 0, "cracks": 3}], "parts.0.perimeter_m"),
        ([{"part": "foundation", "perimeter_m": 30, "length_m": 31}], "parts.0.length_m"),
        ([{"part": "foundation", "perimeter_m": 30, "cracks": 1, "cracks_mm": [1]}], "parts.0.cracks_mm"),
        ([{"part": "foundation", "perimeter_m": 30, "cracks": 1.5}], "parts.0.cracks"),
        ([{"part": "foundation", "perimeter_m": 30}, {"part": "foundation", "perimeter_m": 9}], "parts.1"),
    ],
)
def test_wrong_parts_are_refused_at_their_place(parts, column):
    assert refused(**QUAKE, parts=parts).column == column


def test_equipment_takes_the_forms_loss_up_to_its_weight():
    second = QUAKE | {"survey": "second"}
    assert judged(**second, parts=[{"part": "equipment", "loss_percent": 10}]).percent == 10
    assert (
        refused(**second, parts=[{"part": "equipment", "loss_percent": "10.1"}]).column
        == "parts.0.loss_percent"
    )
    mixed = [{"part": "equipment", "loss_percent": 1}, {"part": "equipment", "degree": "I", "area": 0.1}]
    assert refused(**second, parts=mixed).column == "parts.1"


def test_only_cracks_wide_enough_count_and_the_perimeter_is_the_most():
    wide = [
        {"part": "foundation", "perimeter_m": 30, "cracks_mm": [0.29, 0.3, 2], "spalls": 1, "length_m": 3}
    ]
    assert judged(**QUAKE, parts=wide).parts[2].rate == Fraction(6, 30)
    many = [{"part": "foundation", "perimeter_m": 10, "cracks": 40}]
    assert judged(**QUAKE, parts=many).parts[2].loss == 10


def test_storeys_are_given_for_all_of_a_part_or_none():
    mixed = [
        {"part": "wall", "degree": "I", "area": 0.5, "storey": 1},
        {"part": "wall", "degree": "I", "area": 0.5},
    ]
    wrong = refused(**QUAKE | {"storeys": 2}, parts=mixed, storey_weights={"1": 0.5, "2": 0.5})
    assert wrong.column == "parts.1.storey"
    assert refused(**QUAKE, parts=[], storey_weights={"2": 1}).column == "storey_weights.2"
