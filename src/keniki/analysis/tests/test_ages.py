import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.analysis.ages import (
    FIVE_YEAR_CLASSES,
    dependency_ratios,
    distribute_unknown,
    group_ages,
    mean_age,
)

from .real_files import MINAMI_SORACHI, Ssdse, census_ages

pytestmark = pytest.mark.slow

# The nine municipalities' sums of census 2020 table 2-7-1 by class, 0-4 to 100+.
MALE = [
    1846,
    2427,
    2715,
    3016,
    2710,
    2628,
    3024,
    3418,
    4380,
    5266,
    4650,
    5154,
    5447,
    6233,
    6491,
    4584,
    3719,
    2567,
]
MALE += [1022, 194, 19]
FEMALE = [
    1900,
    2328,
    2649,
    3107,
    2317,
    2303,
    2792,
    3317,
    3984,
    5143,
    4851,
    5373,
    5592,
    6902,
    7708,
    6351,
    5876,
    4682,
]
FEMALE += [2475, 775, 151]


@pytest.fixture(scope="module")
def census(test_data):
    """Persons by class (9, 2, 21), of unknown age (9, 2) and in all (9, 2)."""
    rows = census_ages(test_data)
    ordered = [[rows[code, sex] for sex in "12"] for code in MINAMI_SORACHI]
    return tuple(
        np.array([[row[part] for row in pair] for pair in ordered], dtype=float) for part in range(3)
    )


def test_the_ages_of_the_nine_add_up_to_the_published_population(census):
    known, unknown, total = census
    assert known[:, 0].sum(axis=0).tolist() == MALE
    assert known[:, 1].sum(axis=0).tolist() == FEMALE
    assert unknown.sum() == 400
    assert ((known.sum(axis=-1) + unknown) == total).all()
    assert total.sum() == 152_486


@pytest.mark.parametrize("whole", [False, True])
def test_the_400_of_unknown_age_are_distributed_and_every_municipality_keeps_its_population(census, whole):
    known, unknown, total = census
    result = distribute_unknown(known, unknown, whole=whole)
    assert result.values.sum(axis=-1) == pytest.approx(total, rel=1e-12)
    assert result.values.sum() == pytest.approx(152_486, rel=1e-12)
    assert result.added.sum() == pytest.approx(400, rel=1e-12)
    assert (result.published == known).all()
    assert (result.unknown == unknown).all()
    assert (result.added >= 0).all()
    if whole:
        assert (result.values == np.round(result.values)).all()
        assert (result.values.sum(axis=-1) == total).all()


def test_shares_by_age_are_the_same_before_and_after_in_each_row(census):
    known, unknown, _ = census
    result = distribute_unknown(known, unknown)
    before = known / known.sum(axis=-1, keepdims=True)
    after = result.values / result.values.sum(axis=-1, keepdims=True)
    assert after == pytest.approx(before, rel=1e-12)


def test_distributing_town_by_town_is_not_distributing_the_sum(census):
    known, unknown, _ = census
    by_town = distribute_unknown(known, unknown).values.sum(axis=0)
    at_once = distribute_unknown(known.sum(axis=0), unknown.sum(axis=0)).values
    assert by_town.sum() == pytest.approx(at_once.sum())
    assert np.abs(by_town - at_once).max() > 0.5


def test_broad_groups_of_the_census_are_those_published_elsewhere_once_no_age_is_unknown(census, test_data):
    known, unknown, _ = census
    edition = Ssdse(test_data, 2025)
    published = edition.table(["A1301", "A1302", "A1303"])[edition.minami_sorachi].sum(axis=0)
    groups = group_ages(known.sum(axis=(0, 1)), FIVE_YEAR_CLASSES)
    assert groups.tolist() == published.tolist()
    assert groups.sum() == 152_486 - unknown.sum()


def test_child_woman_ratio_of_iwamizawa_follows_from_its_classes(census):
    known, _, _ = census
    children = group_ages(known[0].sum(axis=0), FIVE_YEAR_CLASSES, [(0, 4)])
    women = group_ages(known[0, 1], FIVE_YEAR_CLASSES, [(15, 49)])
    assert (children / women).item() == pytest.approx(0.1611, abs=5e-5)


def test_mean_age_and_dependency_ratios_of_the_nine(census):
    known, _, _ = census
    persons = known.sum(axis=(0, 1))
    age = mean_age(persons, FIVE_YEAR_CLASSES).item()
    assert 50 < age < 56
    ratios = dependency_ratios(persons, FIVE_YEAR_CLASSES)
    young, working, old = group_ages(persons, FIVE_YEAR_CLASSES)
    assert ratios.youth == pytest.approx(young / working * 100)
    assert ratios.total == pytest.approx((young + old) / working * 100)


rows = st.integers(1, 6).flatmap(
    lambda k: st.lists(
        st.tuples(st.lists(st.integers(0, 100_000), min_size=k, max_size=k), st.integers(0, 5_000)),
        min_size=1,
        max_size=8,
    )
)


@given(rows, st.booleans())
def test_distributing_keeps_every_total_and_makes_no_cell_negative_or_smaller(found, whole):
    known = np.array([cells for cells, _ in found], dtype=float)
    unknown = np.array([lost if sum(cells) else 0 for cells, lost in found], dtype=float)
    result = distribute_unknown(known, unknown, whole=whole)
    assert (result.values >= known).all()
    assert (result.added[known == 0] == 0).all()
    assert result.values.sum(axis=-1) == pytest.approx(known.sum(axis=-1) + unknown, rel=1e-12)
    if whole:
        assert (result.values.sum(axis=-1) == known.sum(axis=-1) + unknown).all()


@given(st.lists(st.integers(0, 10_000), min_size=21, max_size=21))
def test_mean_age_lies_between_the_youngest_and_the_oldest_class(persons):
    age = mean_age(persons, FIVE_YEAR_CLASSES).item()
    if not sum(persons):
        assert np.isnan(age)
        return
    present = [position for position, count in enumerate(persons) if count]
    assert FIVE_YEAR_CLASSES[present[0]][0] <= age <= FIVE_YEAR_CLASSES[present[-1]][0] + 5


@pytest.mark.parametrize(
    ("known", "unknown", "whole", "complaint"),
    [
        ([[0, 0]], [3], False, "none of known age"),
        ([[1, -2]], [0], False, "negative"),
        ([[1, 2]], [[1]], False, "does not fit"),
        ([[1.5, 2]], [1], True, "whole"),
    ],
)
def test_what_cannot_be_distributed_is_refused(known, unknown, whole, complaint):
    with pytest.raises(ValueError, match=complaint):
        distribute_unknown(known, unknown, whole=whole)


def test_a_class_across_the_border_of_a_group_is_never_split_silently():
    with pytest.raises(ValueError, match="only partly"):
        group_ages([1, 2], [(0, 19), (20, None)])
    with pytest.raises(ValueError, match="2 age classes"):
        group_ages([1, 2, 3], [(0, 14), (15, None)])


def test_a_town_without_a_figure_stays_without_one():
    result = distribute_unknown([[np.nan, 5.0], [5.0, 5.0]], [1, 2])
    assert np.isnan(result.values[0]).all()
    assert result.values[1].tolist() == [6.0, 6.0]
