"""The map: every label readable, every town where its office is."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.apps.portal.map import Map, Place, draw

names = st.text(alphabet="青葉市川北町星野村稔霧ケ原ヶ", min_size=2, max_size=6)
places = st.lists(
    st.builds(
        Place,
        code=st.just("010000"),
        name=names,
        latitude=st.floats(42.0, 44.0, width=32),
        longitude=st.floats(141.0, 143.5, width=32),
        population=st.one_of(st.none(), st.integers(0, 2_000_000)),
        centre=st.booleans(),
        note=st.sampled_from(["", "12,345人", "1,952,356人"]),
    ),
    min_size=1,
    max_size=20,
)


def labels_are_readable(drawn: Map) -> None:
    for first, second in combinations(drawn.marks, 2):
        assert not first.label.meets(second.label), f"{first.place.name} / {second.place.name}"
    for mark in drawn.marks:
        assert mark.label.within(drawn.width, drawn.height)
        assert not any(mark.label.meets(other.circle) for other in drawn.marks)
        assert not mark.label.meets(drawn.scale)


@pytest.mark.slow
@given(places, st.sampled_from([340.0, 720.0]))
@settings(max_examples=60, deadline=None)
def test_no_label_meets_another_label_or_any_circle_and_all_lie_in_the_frame(
    found: list[Place], width: float
) -> None:
    labels_are_readable(draw(found, width=width))


@pytest.mark.slow
@given(places)
@settings(max_examples=60, deadline=None)
def test_north_is_up_and_east_is_right(found: list[Place]) -> None:
    drawn = draw(found)
    for first, second in combinations(drawn.marks, 2):
        if float(first.place.latitude or 0) > float(second.place.latitude or 0):
            assert first.y <= second.y
        if float(first.place.longitude or 0) > float(second.place.longitude or 0):
            assert first.x >= second.x


def test_the_area_of_a_circle_goes_with_the_population() -> None:
    drawn = draw([Place("1", "大市", 43.0, 141.0, 400_000), Place("2", "小市", 43.5, 141.5, 100_000)])
    large, small = (mark.radius for mark in drawn.marks)
    assert abs(large / small - 2) < 0.02


def test_a_place_without_a_point_is_listed_instead_of_drawn() -> None:
    nowhere = Place("2", "星野町", None, None)
    drawn = draw([Place("1", "青葉市", 43.0, 141.0), nowhere])
    assert [mark.place.name for mark in drawn.marks] == ["青葉市"]
    assert drawn.unplaced == (nowhere,)


def test_a_region_without_any_point_has_no_map() -> None:
    assert draw([Place("1", "青葉市", None, None)]).marks == ()


def test_spokes_run_from_the_centre_to_every_partner() -> None:
    drawn = draw(
        [
            Place("1", "青葉市", 43.0, 141.0, centre=True),
            Place("2", "川北町", 43.2, 141.2),
            Place("3", "星野町", 42.8, 141.4),
        ]
    )
    centre, *partners = drawn.marks
    assert drawn.spokes == tuple((centre.x, centre.y, mark.x, mark.y) for mark in partners)


def test_spokes_run_from_both_centres_where_a_region_has_two() -> None:
    drawn = draw(
        [
            Place("1", "青葉市", 43.0, 141.0, centre=True),
            Place("2", "川北町", 43.2, 141.2),
            Place("3", "若葉市", 43.1, 141.3, centre=True),
            Place("4", "星野町", 42.8, 141.4),
        ]
    )
    first, north, second, south = drawn.marks
    assert set(drawn.spokes) == {
        (centre.x, centre.y, mark.x, mark.y) for centre in (first, second) for mark in (north, south)
    }


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    drawn = draw([Place("1", "南", 43.0, 141.0), Place("2", "北", 43.5, 141.0)])
    south, north = drawn.marks
    km = 0.5 * 111.32
    assert abs((south.y - north.y) / km - drawn.scale_width / drawn.scale_km) < 0.05
