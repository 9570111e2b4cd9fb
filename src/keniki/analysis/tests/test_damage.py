"""Housing damage assessment: the vectors of the field, exact boundaries, every version of the rules."""

from datetime import date
from fractions import Fraction

import pytest

from keniki.analysis.damage import assess, cell_loss, read_house, shown
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import damage as rules

R2018, R2020, R2021, R2024, R2025 = "2019-06-01", "2020-05-01", "2022-06-01", "2024-06-15", "2025-08-01"
QUAKE = {"date": R2021, "structure": "wood", "hazard": "earthquake"}
FLOOD = {"date": R2024, "structure": "wood", "storeys": 2, "hazard": "flood", "external_force": True}
T2 = [
    {"part": "roof", "degree": "IV", "area": 0.5},
    {"part": "wall", "degree": "III", "area": 0.2},
    {"part": "wall", "degree": "IV", "area": 0.4},
    {"part": "foundation", "perimeter_m": 30, "cracks": 5, "spalls": 2},
]
LEVEL = ["total", "major_half", "middle_half", "half", "quasi_half", "partial"]
# The form's own table (非木造・第2次): degree by area up to 10, 20, 40, 60, 80, 100 %.
TABLES = {
    10: ["000111", "011223", "112345", "123568", "1246810"],
    50: ["1 1 2 3 4 5", "1 3 5 8 10 13", "3 5 10 15 20 25", "4 8 15 23 30 38", "5 10 20 30 40 50"],
    5: ["000001", "001111", "011223", "012234", "112345"],
}


def cells(text):
    if " " in text:
        return [int(each) for each in text.split()]
    return [*map(int, text)] if len(text) == 6 else [*map(int, text[:5]), int(text[5:])]


def judged(**survey):
    return assess(read_house(survey))


def key(found):
    return found.verdict.key


def refused(**survey):
    with pytest.raises(WrongInput) as raised:
        judged(**survey)
    return raised.value


def asked(found):
    return [one.rule for one in found.needs_confirmation]


def of_wall(percent):
    """A house of which the wall alone comes to this loss."""
    return judged(**QUAKE, parts=[{"part": "wall", "degree": "V", "area": Fraction(percent) / 75}])


@pytest.mark.parametrize(
    ("percent", "name"),
    [
        ("50", "全壊"),
        ("49.9", "大規模半壊"),
        ("40", "大規模半壊"),
        ("39.9", "中規模半壊"),
        ("30", "中規模半壊"),
        ("29.9", "半壊"),
        ("20", "半壊"),
        ("19.9", "準半壊"),
        ("10", "準半壊"),
        ("9.9", "準半壊に至らない（一部損壊）"),
    ],
)
def test_a_class_begins_exactly_at_its_threshold(percent, name):
    found = of_wall(percent)
    assert found.percent == Fraction(percent)
    assert found.verdict.name == name
    almost = found.classes.of(Fraction(percent) - Fraction(1, 10**30))
    assert (almost.key != found.verdict.key) == (percent in ("50", "40", "30", "20", "10"))


@pytest.mark.parametrize(
    ("day", "names"),
    [
        (
            R2018,
            [
                "全壊",
                "大規模半壊",
                "半壊",
                "半壊",
                "半壊に至らない（一部損壊）",
                "半壊に至らない（一部損壊）",
            ],
        ),
        (R2020, ["全壊", "大規模半壊", "半壊", "半壊", "準半壊", "準半壊に至らない（一部損壊）"]),
        (R2021, ["全壊", "大規模半壊", "中規模半壊", "半壊", "準半壊", "準半壊に至らない（一部損壊）"]),
    ],
)
def test_each_version_has_its_own_classes(day, names):
    classes = rules.classes(date.fromisoformat(day)).value
    assert [classes.of(Fraction(percent)).name for percent in (50, 40, 30, 20, 10, 9)] == names


def test_the_worked_example_is_a_middle_half_and_not_what_its_page_says():
    found = judged(**QUAKE, parts=T2)
    assert found.percent == Fraction(911, 24)
    assert [part.loss for part in found.parts] == [Fraction(45, 8), Fraction(30), Fraction(7, 3)]
    assert found.verdict.name == "中規模半壊"
    assert asked(found) == []
    assert found.lines[1] == (
        "壁（外壁）：程度Ⅲ 50％×20％＋程度Ⅳ 75％×40％ ＝ 損傷率 40％、×構成比 75％ ＝ 30％"
    )
    assert found.shortcut == ""
    without_the_walls_weight = found.percent - 30 + 40
    assert found.classes.of(without_the_walls_weight).name == "大規模半壊"


def test_roof_tiles_counted_in_a_grid():
    roof = [
        {"part": "roof", "degree": d, "count": n, "of": 85} for d, n in (("I", 10), ("III", 10), ("IV", 8))
    ]
    found = judged(**QUAKE, parts=roof)
    assert found.parts[0].rate == Fraction(12, 85)
    assert found.percent == Fraction(12, 85) * 15


LADDER = ["1.80", "1.79", "1.00", "0.99", "0.50", "0.49", "0.10", "0.09", "0.0", None]
T, MAJ, MID, H, Q, P = LEVEL


@pytest.mark.parametrize(
    ("day", "force", "expected"),
    [
        (R2018, True, [T, MAJ, MAJ, H, H, H, H, H, H, P]),
        (R2020, True, [T, MAJ, MAJ, H, H, H, H, H, H, P]),
        (R2021, True, [T, MAJ, MAJ, MID, MID, H, H, H, H, P]),
        (R2024, True, [T, MAJ, MAJ, MID, MID, H, H, H, H, P]),
        (R2024, False, [MAJ, MID, MID, H, H, H, H, Q, Q, P]),
        (R2025, True, [T, MAJ, MAJ, MID, MID, H, H, H, H, P]),
        (R2025, False, [MAJ, MID, MID, H, H, H, H, Q, Q, P]),
    ],
)
@pytest.mark.parametrize("structure", ["wood", "prefab"])
def test_the_ladder_of_depths_under_each_version(day, force, expected, structure):
    base = FLOOD | {"date": day, "external_force": force, "structure": structure}
    found = [
        judged(**base, below_floor=True) if depth is None else judged(**base, depth_above_floor_m=depth)
        for depth in LADDER
    ]
    assert [key(each) for each in found] == expected
    assert {each.method for each in found} == {"depth"}
    assert {each.percent for each in found} == {None}
    assert all(asked(each) == (["caution.revision_2025"] if day == R2025 else []) for each in found)


@pytest.mark.parametrize("day", [R2018, R2020, R2021, "2024-05-30"])
@pytest.mark.parametrize("depth", LADDER)
def test_before_the_end_of_may_2024_water_without_force_is_judged_by_parts(day, depth):
    base = FLOOD | {"date": day, "external_force": False}
    water = {"below_floor": True} if depth is None else {"depth_above_floor_m": depth}
    wrong = refused(**base, **water)
    assert wrong.column == "parts"
    assert "令和6年5月31日" in wrong.message
    found = judged(**base, **water, parts=[{"part": "floor", "degree": "V", "area": 1}])
    assert (found.method, found.percent, key(found)) == ("parts", 10, Q if day > "2020-03" else P)
    assert key(judged(**base | {"date": "2024-05-31"}, depth_above_floor_m="0.1")) == "half"


def test_the_shallowest_point_counts_and_ground_depth_is_turned_into_depth_above_the_floor():
    assert key(judged(**FLOOD, depths_above_floor_m=[1.05, 0.98, 1.1])) == MID
    assert key(judged(**FLOOD, depth_m=1.35, floor_height_m=0.45)) == MID
    assert key(judged(**FLOOD, depth_m=2.3, floor_height_m=0.5)) == T
    assert key(judged(**FLOOD, depth_m=0.4, floor_height_m=0.5)) == P
    assert key(judged(**FLOOD, depth_m=0.5, floor_height_m=0.5)) == H
    assert key(judged(**FLOOD, depth_m=0.4, floor_height_m=0.5, below_floor=True)) == P


@pytest.mark.parametrize(
    "change",
    [
        {"structure": "non_wood"},
        {"storeys": 3},
        {"detached": False},
        {"survey": "second"},
    ],
)
def test_depth_decides_only_for_low_detached_houses_of_wood_in_the_first_survey(change):
    wrong = refused(**FLOOD | change, depth_above_floor_m=1)
    assert wrong.column == "parts"
    assert "浸水深による判定は" in wrong.message
    parts = [{"part": "equipment", "loss_percent": 10}]
    assert judged(**FLOOD | change, depth_above_floor_m=1, parts=parts).percent == 10


def test_the_corner_houses_decide_for_an_area():
    corners = [1.8, 2, 1.9, 2.2]
    assert key(judged(**FLOOD, area_corners_m=corners)) == T
    assert key(judged(**FLOOD | {"external_force": False}, area_corners_m=corners)) == MAJ
    assert judged(**FLOOD, area_corners_m=corners).method == "area_sampling"
    assert refused(**FLOOD, area_corners_m=[1.8, 1.79, 2, 2]).column == "area_corners_m"
    assert refused(**FLOOD, area_corners_m=[1.8, 1.9, 2]).column == "area_corners_m"
    before = FLOOD | {"date": "2024-05-30", "external_force": False}
    assert refused(**before, area_corners_m=corners).column == "area_corners_m"


def test_what_was_washed_away_or_has_collapsed_is_a_total_loss():
    assert key(judged(**FLOOD, washed_away=True)) == T
    for what in ("house", "storey"):
        found = judged(**QUAKE, collapsed=what, parts=T2)
        assert (key(found), found.method, found.percent, found.parts) == (T, "collapsed", None, ())
        assert "計算していません" in found.notes[-1]


@pytest.mark.parametrize(
    ("structure", "tilt", "settled", "total"),
    [
        ("wood", 60, None, True),
        ("wood", 59, None, False),
        ("prefab", 60, None, True),
        ("non_wood", 40, None, True),
        ("non_wood", "39.9", None, False),
        ("non_wood", 20, "0.30", True),
        ("non_wood", 20, "0.29", False),
        ("non_wood", "19.9", "0.30", False),
        ("non_wood", 20, None, False),
    ],
)
def test_tilt_over_a_plumb_line_of_120_cm(structure, tilt, settled, total):
    survey = QUAKE | {"structure": structure, "survey": "second", "tilt_mm": [tilt] * 4, "parts": []}
    if settled:
        survey["settlement_m"] = settled
    found = judged(**survey)
    assert (key(found) == T, found.method == "tilt") == (total, total)


def test_the_four_corners_are_averaged_and_any_plumb_line_will_do():
    assert key(judged(**QUAKE, tilt_mm=[72, 66, 58, 44])) == T
    assert judged(**QUAKE, tilt_mm=[72, 66, 58, 43], parts=[]).method == "tilt_part"
    assert key(judged(**QUAKE, tilt_mm=[50, 50, 50, 50], plumb_mm=1000)) == T


def test_a_lesser_tilt_of_wood_counts_instead_of_one_part_where_that_is_more_and_asks():
    found = judged(**QUAKE, tilt_mm=[20, 20, 20, 20], parts=[])
    assert (found.percent, key(found), found.method) == (15, Q, "tilt_part")
    assert [(one.rule, one.otherwise) for one in found.needs_confirmation] == [
        ("tilt_part.wood", "準半壊に至らない（一部損壊）")
    ]
    assert judged(**QUAKE, tilt_mm=["19.9"] * 4, parts=[]).percent == 0
    both = judged(**QUAKE, tilt_mm=[30] * 4, parts=T2)
    assert (both.percent, both.method) == (Fraction(911, 24), "parts")
    second = judged(
        **QUAKE, survey="second", tilt_mm=[30] * 4, parts=[{"part": "roof", "degree": "V", "area": 1}]
    )
    assert second.percent == 30
    assert refused(**QUAKE, tilt_mm=[30] * 4).column == "parts"


def test_unread_rules_are_used_named_and_shown_with_what_would_be_without_them():
    foundation = [{"part": "foundation", "perimeter_m": 20, "length_m": 15}]
    found = judged(**QUAKE, parts=foundation)
    assert (key(found), found.method) == (T, "rate")
    [one] = found.needs_confirmation
    assert (one.rule, one.otherwise) == ("stop.rate.foundation", "準半壊に至らない（一部損壊）")
    assert "7.5％" in found.notes[-1]
    less = [{"part": "foundation", "perimeter_m": 20, "length_m": "14.9"}]
    assert key(judged(**QUAKE, parts=less)) == P
    pillars = judged(**QUAKE, survey="second", parts=[{"part": "pillars", "degree": "IV", "area": 1}])
    assert (key(pillars), asked(pillars)) == (T, ["stop.rate.pillars"])
    wind = judged(**QUAKE | {"hazard": "wind"}, tilt_mm=[60] * 4)
    assert (key(wind), asked(wind)) == (T, ["stop.tilt.wood.other"])


@pytest.mark.parametrize("weight", TABLES)
def test_all_ninety_cells_of_the_form(weight):
    day = date(2022, 6, 1)
    coefficients = rules.degrees(day).value.coefficients.values()
    bands = rules.area_bands(day).value.upper
    for coefficient, row in zip(coefficients, TABLES[weight], strict=True):
        found = [cell_loss(Fraction(weight), coefficient, share, half_up=True) for share in bands]
        assert found == cells(row)


@pytest.mark.parametrize(("part", "weight"), [("pillars", 50), ("exterior", 10), ("fittings", 5)])
def test_a_survey_on_the_form_gives_the_same_cells(part, weight):
    form = QUAKE | {
        "structure": "non_wood",
        "survey": "second",
        "area_as": "bands",
        "rounding": "half_up_per_cell",
    }
    for degree, row in zip(("I", "II", "III", "IV", "V"), TABLES[weight], strict=True):
        for area, loss in zip((0.05, 0.2, 0.21, 0.6, 0.7, 1), cells(row), strict=True):
            found = judged(**form, parts=[{"part": part, "degree": degree, "area": area}])
            assert next(each.loss for each in found.parts if each.key == part) == loss


def test_the_way_of_rounding_is_shown_where_it_changes_the_class():
    parts = [
        {"part": "roof", "degree": "V", "area": "0.66"},
        {"part": "foundation", "perimeter_m": 30, "length_m": "0.9"},
    ]
    found = judged(**QUAKE, parts=parts)
    assert found.percent == Fraction("10.2")
    [one] = found.needs_confirmation
    assert (one.rule, one.otherwise) == ("rounding", "準半壊に至らない（一部損壊）")
    cut = judged(**QUAKE, parts=parts, rounding="truncate")
    assert (cut.percent, cut.rounding) == (9, "truncate")
    assert judged(**QUAKE, parts=parts, rounding="half_up_per_cell").percent == 10


def test_liquefaction_takes_the_worse_of_tilt_and_sinking():
    ground = {"date": R2018, "structure": "wood", "hazard": "liquefaction"}
    for tilt, expected in ((60, T), ("59.9", MAJ), (20, MAJ), ("19.9", H), (12, H), ("11.9", P)):
        assert key(judged(**ground, tilt_mm=[tilt] * 4)) == expected
    for sunk, expected in (("floor_plus_1m", T), ("floor", MAJ), ("foundation_top_25cm", H), ("none", P)):
        assert key(judged(**ground, sunk_to=sunk)) == expected
    worse = judged(**ground, tilt_mm=[28] * 4, sunk_to="foundation_top_25cm")
    assert (key(worse), worse.method, asked(worse)) == (MAJ, "ground_tilt", [])
    assert key(judged(**ground, tilt_mm=[12] * 4, sunk_to="floor")) == MAJ
    later = judged(**ground | {"date": R2021}, tilt_mm=[28] * 4)
    assert (key(later), asked(later)) == (MAJ, ["liquefaction.tilt"])
    assert asked(judged(**ground, sunk_to="none")) == ["liquefaction.parts"]
    assert refused(**ground).column == "tilt_mm"
    parts = judged(**ground, tilt_mm=[12] * 4, parts=[{"part": "wall", "degree": "V", "area": 1}])
    assert (key(parts), parts.percent, asked(parts)) == (T, 75, ["weights.wood.first.liquefaction"])


def test_lost_floor_area_counts_like_a_loss_and_asks_where_no_text_gives_the_share():
    for share, expected, asks in (
        ("0.7", T, False),
        ("0.69", MAJ, False),
        ("0.5", MAJ, False),
        ("0.49", MID, True),
        ("0.29", H, False),
        ("0.19", Q, True),
        ("0.09", P, False),
    ):
        found = judged(**QUAKE, lost_floor_share=share)
        assert (key(found), bool(found.needs_confirmation)) == (expected, asks)
    assert key(judged(**QUAKE, lost_floor_area_m2=70, floor_area_m2=100)) == T
    both = judged(**QUAKE, lost_floor_share="0.7", parts=T2)
    assert (key(both), both.method, both.percent) == (T, "lost_floor", None)
    assert judged(**QUAKE, lost_floor_share="0.3", parts=T2).percent == Fraction(911, 24)


def test_the_applicants_photographs_never_come_to_more_than_partial():
    own = QUAKE | {"survey": "self", "photos": True, "agreed": True}
    found = judged(**own)
    assert (found.verdict.name, found.method) == ("準半壊に至らない（一部損壊）", "self_report")
    assert key(judged(**own, parts=[{"part": "roof", "degree": "I", "area": 0.2}])) == P
    assert refused(**own, parts=T2).column == "survey"
    assert refused(**own, collapsed="house").column == "survey"
    assert refused(**own, tilt_mm=[20] * 4).column == "survey"
    assert judged(**own, tilt_mm=[19] * 4).parts == ()
    assert refused(**own, lost_floor_share=0.2).column == "survey"
    assert refused(**QUAKE | {"survey": "self"}, photos=True).column == "agreed"
    assert refused(**QUAKE | {"survey": "self"}, agreed=True).column == "photos"
    assert refused(**QUAKE, photos=True).column == "photos"
    water = FLOOD | {"survey": "self", "photos": True, "agreed": True}
    assert key(judged(**water, below_floor=True)) == P
    assert refused(**water, depth_above_floor_m=0).column == "survey"
    late = own | {"date": R2025}
    assert refused(**late, revision_2025_half=True).column == "survey"


def test_the_revision_of_july_2025_asks_and_takes_the_answer():
    quake = QUAKE | {"date": R2025}
    light = judged(**quake, parts=[])
    assert asked(light) == ["revision_2025.half", "caution.revision_2025"]
    assert light.needs_confirmation[0].otherwise == "半壊"
    yes = judged(**quake, parts=[], revision_2025_half=True)
    assert (key(yes), yes.method) == (H, "revision")
    assert "revision_2025.half" in asked(yes)
    no = judged(**quake, parts=[], revision_2025_half=False)
    assert (key(no), asked(no)) == (P, ["caution.revision_2025"])
    heavy = judged(**quake, parts=T2)
    assert asked(heavy) == ["caution.revision_2025"]
    assert refused(**QUAKE, parts=[], revision_2025_half=True).column == "revision_2025_half"
    assert asked(judged(**QUAKE | {"date": "2025-06-30"}, parts=[])) == []


def test_figures_that_no_text_gives_are_asked_for_and_never_guessed():
    house = QUAKE | {"structure": "non_wood", "survey": "first"}
    parts = [{"part": "pillars", "degree": "III", "area": 0.5}]
    wrong = refused(**house, parts=parts)
    assert (wrong.column, "第1次調査の部位別構成比" in wrong.message) == ("weights", True)
    found = judged(**house, parts=parts, weights={"pillars": 60, "exterior": 25, "equipment": 15})
    assert (found.percent, asked(found)) == (15, ["weights.non_wood.first.earthquake"])
    assert refused(**house, parts=parts, weights={"pillars": 60}).column == "weights"
    assert refused(**QUAKE, parts=T2, weights={"roof": 100}).column == "weights"
    floors = [{"part": "wall", "degree": "III", "area": 1, "storey": 1}]
    two = QUAKE | {"storeys": 2}
    assert refused(**two, parts=floors).column == "storey_weights"
    found = judged(**two, parts=floors, storey_weights={"1": 0.6, "2": 0.4})
    assert (found.percent, asked(found)) == (Fraction("22.5"), ["storey_weights"])
    assert refused(**two, parts=floors, storey_weights={"2": 1}).column == "parts.0.storey"
    assert refused(**two, parts=T2, storey_weights={"1": 1}).column == "storey_weights"
    assert judged(**QUAKE, parts=floors).percent == Fraction("37.5")


@pytest.mark.parametrize(
    ("day", "asks"),
    [
        ("2018-03-01", ["caution.month_2018_03"]),
        ("2018-04-01", []),
        ("2019-10-12", ["caution.before_quasi_half"]),
        ("2020-03-31", ["caution.month_2020_03"]),
        ("2020-07-04", ["caution.before_middle_half"]),
        ("2021-03-01", ["caution.month_2021_03"]),
        ("2021-04-01", []),
    ],
)
def test_a_day_near_a_revision_asks_which_version_counts(day, asks):
    assert asked(judged(**QUAKE | {"date": day}, parts=T2)) == asks


def test_every_rule_an_assessment_rests_on_carries_its_evidence():
    found = judged(**QUAKE, parts=T2).as_dict()
    assert [rule["rule"] for rule in found["rules"]] == [
        "classes",
        "weights.wood.first.earthquake",
        "degrees",
        "cracks",
        "rounding",
    ]
    assert all(rule["evidence"] and rule["evidence_titles"] and rule["source"] for rule in found["rules"])
    assert (found["percent_exact"], found["unit"]) == ("911/24", "percent")
    assert found["percent"] == pytest.approx(37.9583333)
    assert found["parts"][1] == {
        "part": "wall",
        "name": "壁（外壁）",
        "weight": 75,
        "rate": 0.4,
        "loss": 30,
        "loss_exact": "30",
        "line": "壁（外壁）：程度Ⅲ 50％×20％＋程度Ⅳ 75％×40％ ＝ 損傷率 40％、×構成比 75％ ＝ 30％",
    }


def test_an_exercise_says_so():
    assert judged(**QUAKE, collapsed="house", mode="exercise").as_dict()["mode_name"] == "訓練"
    assert refused(**QUAKE, collapsed="house", mode="drill").column == "mode"


@pytest.mark.slow
def test_degrees_are_read_as_people_write_them():
    for degree in ("III", "Ⅲ", 3, " III "):
        assert judged(
            **QUAKE, parts=[{"part": "roof", "degree": degree, "area": "０．５"}]
        ).percent == Fraction("3.75")


@pytest.mark.parametrize("structure", ["wood", "prefab", "non_wood"])
@pytest.mark.parametrize("hazard", ["earthquake", "flood", "wind", "liquefaction"])
@pytest.mark.parametrize("survey", ["first", "second"])
def test_every_kind_of_survey_comes_to_a_class_or_asks_for_the_weights(structure, hazard, survey):
    house = {"date": R2025, "structure": structure, "hazard": hazard, "survey": survey, "parts": []}
    if hazard == "flood":
        house |= {"external_force": False, "storeys": 1}
    if (structure, survey) == ("non_wood", "first") and hazard != "flood":
        assert refused(**house).column == "weights"
        return
    found = judged(**house)
    assert (found.percent, key(found)) == (0, P)
    assert "0％" in found.notes[-1]


def test_numbers_are_shown_with_all_their_decimals_or_as_about():
    assert [shown(Fraction(each)) for each in ("37.5", "7/3", "0", "100", "1/64")] == [
        "37.5",
        "約2.333",
        "0",
        "100",
        "0.015625",
    ]
