import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.analysis.indicators import location_quotient, productivity_quotient, shift_share

from .real_files import Ssdse, industries

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def editions(test_data):
    return Ssdse(test_data, 2022), Ssdse(test_data, 2025)


def test_the_editions_name_the_same_industries_once_their_commas_are_read_alike(editions):
    earlier, later = editions
    assert industries(earlier, "C2208") == industries(later, "C2208")
    codes = industries(later, "C2208")
    raw = [
        earlier.labels[earlier.codes.index(code)] == later.labels[later.codes.index(code)] for code in codes
    ]
    assert raw.count(False) == 11
    assert [earlier.label(code) for code in codes] == [later.label(code) for code in codes]


@pytest.mark.parametrize(("edition", "short", "persons"), [(0, 60, 854), (1, 13, 279)])
def test_in_some_municipalities_the_industries_fall_short_of_the_employees(editions, edition, short, persons):
    ssdse = editions[edition]
    lost = ssdse.column("C2208") - ssdse.table(industries(ssdse, "C2208")).sum(axis=1)
    assert (lost >= 0).all()
    assert np.count_nonzero(lost) == short
    assert lost.sum() == persons
    assert not lost[ssdse.minami_sorachi].any()


def test_shift_share_of_minami_sorachi_from_2016_to_2021(editions):
    earlier, later = editions
    codes = industries(later, "C2208")
    assert {earlier.years[earlier.codes.index(code)] for code in codes} == {"2016"}
    assert {later.years[later.codes.index(code)] for code in codes} == {"2021"}
    before, after = earlier.table(codes), later.table(codes)
    here = earlier.minami_sorachi
    result = shift_share(
        before[here].sum(axis=0),
        after[later.minami_sorachi].sum(axis=0),
        before.sum(axis=0),
        after.sum(axis=0),
    )
    assert before[here].sum() == 56_230
    assert result.change.sum() == -1_670
    assert [round(float(part), 1) for part in result.totals] == [1071.9, 328.2, -3070.2]
    assert sum(result.totals) == pytest.approx(-1670.0, abs=1e-9)


def test_location_quotients_of_minami_sorachi_in_2021(editions):
    _, later = editions
    codes = industries(later, "C2208")
    employees = later.table(codes)
    found = location_quotient(employees[later.minami_sorachi].sum(axis=0), employees.sum(axis=0))
    by_name = {
        later.label(code).removeprefix("従業者数（民営）")[1:-1]: round(float(value), 3)
        for code, value in zip(codes, found, strict=True)
    }
    assert by_name["農業、林業"] == 6.571
    assert by_name["鉱業、採石業、砂利採取業"] == 5.499
    assert by_name["複合サービス事業"] == 2.738
    assert by_name["建設業"] == 1.527
    assert by_name["医療、福祉"] == 1.270
    assert by_name["製造業"] == 0.766
    assert by_name["情報通信業"] == 0.089


def test_the_nation_itself_is_specialised_in_nothing():
    nation = np.array([5.0, 7.0, 11.0])
    assert location_quotient(nation, nation).tolist() == [1.0, 1.0, 1.0]
    assert productivity_quotient(nation, [1, 2, 3], nation, [1, 2, 3]).tolist() == [1.0, 1.0, 1.0]


def test_an_industry_nobody_works_in_has_no_quotient_of_productivity():
    assert np.isnan(productivity_quotient([10.0], [0.0], [10.0], [1.0])[0])
    assert np.isnan(location_quotient([[0.0, 0.0]], [1.0, 1.0])).all()


counts = st.integers(0, 10**7)


@st.composite
def places(draw):
    """A place inside a nation: two years, k industries, the nation at least as large as the place."""
    k = draw(st.integers(1, 20))
    before, after, more_before, more_after = (
        np.array(draw(st.lists(counts, min_size=k, max_size=k)), dtype=float) for _ in range(4)
    )
    more_before[0] += 1
    return before, after, before + more_before, after + more_after


@given(places())
def test_the_three_components_sum_to_the_change_of_every_industry(place):
    before, after, nation_before, nation_after = place
    result = shift_share(before, after, nation_before, nation_after)
    total = result.national + result.mix + result.regional
    scale = 1 + np.abs(result.national) + np.abs(result.mix) + np.abs(result.regional)
    assert (np.abs(total - (after - before)) <= 1e-12 * scale).all()


@given(places())
def test_a_nation_as_a_place_has_no_regional_component(place):
    _, _, before, after = place
    result = shift_share(before, after, before, after)
    old = before > 0
    assert np.abs(result.regional[old]).max(initial=0) <= 1e-6 * (1 + after.max())
    assert abs(result.mix[old].sum() + result.regional.sum()) <= 1e-6 * (1 + before.sum() + after.sum())


def test_a_new_industry_of_the_nation_is_a_gain_of_the_place_itself():
    result = shift_share([10, 0], [10, 4], [100, 0], [100, 40])
    assert result.regional.tolist() == [0.0, 4.0]
    assert result.mix.tolist() == [-4.0, 0.0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (([1, 2], [1, 2], [1], [1]), "same classes"),
        (([1], [1], [0], [1]), "nothing before"),
        (([1, 1], [1, 1], [5, 0], [5, 5]), "not in the nation"),
        (([-1], [1], [5], [5]), "negative"),
    ],
)
def test_figures_that_cannot_be_of_a_place_in_a_nation_are_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        shift_share(*arguments)
