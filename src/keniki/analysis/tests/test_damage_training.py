"""Training of assessors: answers are reckoned, a difference is traced to its cause, agreement is measured."""

from copy import deepcopy
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.analysis.damage import agreement, cases, compare, score, weighted_kappa
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import damage as rules

CASES = {case.key: case for case in cases()}
T2 = CASES["roof_wall_foundation"]
FACTS = ("date", "structure", "hazard", "survey", "storeys", "photos", "agreed")


def found_by(case, **change):
    """What an assessor found who found everything, but for `change`."""
    right = deepcopy(rules.training_cases()[case.key].value.survey)
    return {key: value for key, value in right.items() if key not in FACTS} | change


def perfect(case, **change):
    return {"class": case.answer.verdict.key, "survey": found_by(case), **change}


def causes(scored):
    return [(each.cause, each.part) for each in scored.findings]


def refused(case, attempt):
    with pytest.raises(WrongInput) as raised:
        score(case, attempt)
    return raised.value


def test_the_answers_of_the_cases():
    assert {key: case.answer.verdict.key for key, case in CASES.items()} == {
        "roof_wall_foundation": "middle_half",
        "roof_grid": "partial",
        "tilt_stop": "total",
        "flood_force": "middle_half",
        "flood_inland": "half",
        "flood_before_2024": "quasi_half",
        "non_wood": "quasi_half",
        "non_wood_settled": "total",
        "liquefaction": "major_half",
        "wood_second": "quasi_half",
    }
    assert T2.answer.percent == Fraction(911, 24)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_who_finds_everything_has_all_points(case):
    scored = score(case, perfect(case))
    assert (scored.points, scored.findings) == (scored.most, ())
    assert scored.most == (100 if case.answer.parts else 60)
    by_name = score(case, perfect(case) | {"class": case.answer.verdict.name})
    assert by_name.class_right


@pytest.mark.parametrize("written", [{"percent": 47}, {"losses": {"roof": 5, "wall": 40, "foundation": 2}}])
def test_the_forgotten_weight_of_the_wall_is_found(written):
    scored = score(T2, perfect(T2) | {"class": "大規模半壊"} | written)
    assert causes(scored) == [("weight", "wall"), ("class", "")]
    forgotten = scored.findings[0]
    assert forgotten.percent == 10
    assert "構成比 75％ を掛けていません" in forgotten.said
    assert (scored.class_right, scored.method_right, scored.points) == (False, True, 60)


def test_degree_and_area_are_told_apart_and_add_up_to_the_difference():
    parts = found_by(T2)["parts"]
    parts[0] = {"part": "roof", "degree": "III", "area": 0.4}
    scored = score(T2, perfect(T2) | {"survey": {"parts": parts}})
    assert causes(scored) == [("area", "roof"), ("degree", "roof")]
    area, degree = (each.percent for each in scored.findings)
    assert (area, degree) == (Fraction("-1.125"), Fraction("-1.5"))
    assert area + degree == scored.own.percent - T2.answer.percent
    assert scored.points == 60 + Fraction(40 * 2, 3)


def test_the_spread_over_degrees_is_a_matter_of_degree():
    parts = found_by(T2)["parts"]
    parts[1:3] = [
        {"part": "wall", "degree": "III", "area": 0.4},
        {"part": "wall", "degree": "IV", "area": 0.2},
    ]
    scored = score(T2, perfect(T2) | {"survey": {"parts": parts}})
    assert causes(scored) == [("degree", "wall")]
    assert scored.findings[0].percent == Fraction("-3.75")
    assert "程度Ⅲ 20％、程度Ⅳ 40％" in scored.findings[0].said


def test_parts_overlooked_and_parts_imagined():
    parts = found_by(T2)["parts"]
    scored = score(T2, perfect(T2) | {"survey": {"parts": parts[1:]}})
    assert causes(scored) == [("missing", "roof")]
    grid = CASES["roof_grid"]
    more = [*found_by(grid)["parts"], {"part": "wall", "degree": "I", "area": 0.1}]
    scored = score(grid, perfect(grid) | {"survey": {"parts": more}})
    assert causes(scored) == [("extra", "wall")]
    assert scored.findings[0].percent == Fraction("0.75")


def test_lengths_and_losses_of_the_form_are_compared_too():
    parts = found_by(T2)["parts"]
    parts[3] = {"part": "foundation", "perimeter_m": 30, "cracks": 5}
    assert causes(score(T2, perfect(T2) | {"survey": {"parts": parts}})) == [("length", "foundation")]
    second = CASES["wood_second"]
    parts = found_by(second)["parts"]
    parts[-1] = {"part": "equipment", "loss_percent": 5}
    assert causes(score(second, perfect(second) | {"survey": {"parts": parts}})) == [("loss", "equipment")]


def test_a_wrong_sum_and_a_class_read_wrongly():
    scored = score(T2, perfect(T2) | {"percent": 33})
    assert causes(scored) == [("sum", "")]
    scored = score(T2, perfect(T2) | {"percent": 38, "class": "half"})
    assert causes(scored) == [("class", "")]
    assert "38％ は中規模半壊です" in scored.findings[0].said
    scored = score(T2, perfect(T2) | {"losses": {"roof": 9}})
    assert causes(scored) == [("sum", "roof")]


def test_the_wrong_way_of_judging_is_named():
    tilt = CASES["tilt_stop"]
    scored = score(tilt, {"class": "half", "survey": found_by(tilt), "method": "parts"})
    assert causes(scored) == [("method", ""), ("class", "")]
    force = CASES["flood_force"]
    deep = score(force, {"class": "major_half", "survey": {"depth_above_floor_m": 1.05}})
    assert causes(deep) == [("measure", ""), ("class", "")]
    assert "浸水深" in deep.findings[0].said
    inland = CASES["flood_inland"]
    table = score(inland, {"class": "middle_half", "survey": found_by(inland, external_force=True)})
    assert causes(table) == [("measure", ""), ("class", "")]
    assert "外力" in table.findings[0].said


def test_a_class_alone_is_an_attempt_as_well():
    scored = score(T2, {"class": "middle_half"})
    assert (scored.class_right, scored.method_right, scored.own) == (True, False, None)
    assert causes(scored) == [("missing", "roof"), ("missing", "wall"), ("missing", "foundation")]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"class": "burnt"}, "class"),
        ({"class": None}, "class"),
        ({"colour": 1}, "colour"),
        ({"method": "guess"}, "method"),
        ({"percent": "much"}, "percent"),
        ({"percent": -1}, "percent"),
        ({"losses": [1]}, "losses"),
        ({"losses": {"roof": "x"}}, "losses.roof"),
        ({"losses": {"chimney": 1}}, "losses.chimney"),
        ({"survey": []}, "survey"),
        ({"survey": {"structure": "non_wood", "parts": []}}, "survey.structure"),
        ({"survey": {"parts": [{"part": "roof", "degree": "IX", "area": 1}]}}, "survey.parts.0.degree"),
        ({"survey": {}}, "survey.parts"),
    ],
)
def test_a_wrong_attempt_is_refused_at_its_place(change, column):
    assert refused(T2, perfect(T2) | change).column == column


def test_assessors_of_one_case_are_compared():
    parts = found_by(T2)["parts"]
    other = score(T2, {"class": "half", "survey": {"parts": parts[:2]}})
    found = compare(T2, [score(T2, perfect(T2)), other])
    assert (found.count, found.least, found.most) == (2, Fraction(105, 8), Fraction(911, 24))
    assert found.deviation == pytest.approx(float(found.most - found.least) / 2)
    assert found.right == Fraction(1, 2)
    assert compare(T2, [score(T2, {"class": "half"})]) is None


def test_kappa_of_a_table_worked_by_hand():
    one = ["total", "total", "half", "partial", "half", "partial"]
    other = ["total", "half", "half", "partial", "partial", "partial"]
    # ranks 0 0 3 5 3 5 and 0 3 3 5 5 5: seen (9 + 4)/6, by chance (2·93 + 2·21 + 2·33)/36
    assert weighted_kappa(one, other) == pytest.approx(1 - (13 / 6) / (294 / 36))


def test_agreement_is_undefined_where_chance_explains_it_all():
    found = agreement({"a": ["half", "half"], "b": ["half", "half"]}, ["half", "half"])
    assert (found.kappa, found.identical, found.with_answer) == (None, 1, {"a": None, "b": None})
    alone = agreement({"a": ["half", "total"]}, ["half", "total"])
    assert (alone.kappa, alone.with_answer) == (None, {"a": 1.0})
    for named, answers in (
        ({}, ["half"]),
        ({"a": ["half"]}, ["half", "total"]),
        ({"a": ["burnt"]}, ["half"]),
    ):
        with pytest.raises(ValueError, match=r"assessor|length|unknown"):
            agreement(named, answers)


CLASSES = st.lists(st.sampled_from(rules.CLASS_ORDER), min_size=1, max_size=12)


@pytest.mark.slow
@given(CLASSES, st.randoms(use_true_random=False))
def test_kappa_is_symmetric_at_most_1_and_1_only_where_all_is_equal(one, random):
    other = random.sample(one, len(one))
    kappa = weighted_kappa(one, other)
    assert kappa == weighted_kappa(other, one)
    if kappa is None:
        assert one == other
    else:
        assert (kappa == 1) == (one == other)
        assert kappa <= 1


@pytest.mark.slow
@given(st.integers(1, 5), st.fractions(0, 1), st.integers(1, 5), st.fractions(0, Fraction(1, 2)))
def test_the_differences_of_a_part_add_up_to_the_difference_of_the_house(degree, area, other, more):
    wall = [
        {"part": "wall", "degree": degree, "area": area / 2},
        {"part": "wall", "degree": other, "area": more},
    ]
    parts = [each for each in found_by(T2)["parts"] if each["part"] != "wall"]
    scored = score(T2, perfect(T2) | {"survey": {"parts": [*parts, *wall]}})
    total = sum((each.percent for each in scored.findings if each.part == "wall"), Fraction(0))
    assert total == sum(part.loss for part in scored.own.parts) - T2.answer.percent
