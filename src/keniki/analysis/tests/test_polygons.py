"""Points, areas and overlaps of polygons, held against brute force by fractions and against known sizes."""

from __future__ import annotations

import json
import math
import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from keniki.analysis.polygons import (
    areas,
    border_distances,
    containing,
    highest,
    inside,
    self_crossing,
    shapes_of,
    shares,
)
from keniki.analysis.polygons.ellipsoid import AXIS, SQUARE, strip

BORDERS = Path(os.environ.get("KENIKI_TEST_DATA") or "/", "boundaries", "hokkaido_N03_2021.geojson")
real = pytest.mark.skipif(not BORDERS.is_file(), reason="KENIKI_TEST_DATA has no boundaries")

#: Whole numbers and awkward fractions: points often fall on corners and lines.
places = st.one_of(st.integers(0, 6).map(float), st.floats(0, 6, allow_subnormal=False))
corners = st.tuples(places, places)


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]] for ring in rings]}


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return polygon([(west, south), (east, south), (east, north), (west, north)])


def by_fractions(rings: Any, x: float, y: float) -> bool:
    """Closed even-odd rule, the plain way."""
    px, py = Fraction(x), Fraction(y)
    odd = False
    for ring in rings:
        for start, end in pairwise(ring):
            x0, y0, x1, y1 = (Fraction(place) for place in (*start, *end))
            turn = (x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)
            if turn == 0 and min(x0, x1) <= px <= max(x0, x1) and min(y0, y1) <= py <= max(y0, y1):
                return True
            if (y0 > py) != (y1 > py) and px < x0 + (py - y0) / (y1 - y0) * (x1 - x0):
                odd = not odd
    return odd


@pytest.mark.slow
@given(
    st.lists(
        st.lists(st.lists(corners, min_size=3, max_size=9), min_size=1, max_size=3), min_size=1, max_size=4
    ),
    st.lists(corners, min_size=1, max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_points_lie_where_fractions_say_whatever_the_rings_look_like(
    rings: list[Any], points: list[tuple[float, float]]
) -> None:
    shapes = [polygon(*each) for each in rings]
    points = [*points, *(corner for each in rings for ring in each for corner in ring)]
    x, y = [point[0] for point in points], [point[1] for point in points]
    at, of = containing(shapes_of(shapes), x, y)
    found = set(zip(at.tolist(), of.tolist(), strict=True))
    expected = {
        (number, owner)
        for number, point in enumerate(points)
        for owner, shape in enumerate(shapes)
        if by_fractions(shape["coordinates"], *point)
    }
    assert found == expected


def test_a_point_on_a_slanted_border_lies_in_both_neighbours() -> None:
    west = polygon([(0, 0), (1, 3), (0, 3)])
    east = polygon([(0, 0), (1, 0), (1, 3)])
    third = Fraction(1, 3)
    exact = [(0.25, 0.75), (0.5, 1.5), (0.0, 0.0), (1.0, 3.0)]
    beside = [(0.1, 0.3), (float(third), 1.0)]
    at, _ = containing(shapes_of([west, east]), *zip(*exact, strict=True))
    assert at.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    for x, y in beside:
        # No double lies on the line there: exactly one of the two holds the point.
        assert Fraction(y) != 3 * Fraction(x)
        assert len(containing(shapes_of([west, east]), [x], [y])[0]) == 1


def test_what_is_no_number_lies_nowhere_and_nothing_contains_nothing() -> None:
    shapes = shapes_of([box(0, 0, 1, 1), None, {"type": "Point", "coordinates": [0, 0]}])
    assert (
        inside(shapes, [math.nan, math.inf, -math.inf, 0.5], [0.5, 0.5, 0.5, math.nan]).tolist()
        == [False] * 4
    )
    assert inside(shapes_of([]), [0.5], [0.5]).tolist() == [False]
    assert containing(shapes, [], [])[0].size == 0
    with pytest.raises(ValueError, match="equally long"):
        inside(shapes, [1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="finite"):
        shapes_of([polygon([(0, 0), (1, math.nan), (1, 1)])])
    with pytest.raises(ValueError, match="three points"):
        shapes_of([{"type": "Polygon", "coordinates": [[(0, 0), (1, 1)]]}])


def test_the_deeper_side_owns_the_border_and_an_unknown_depth_hides_no_known_one() -> None:
    shapes = shapes_of([box(0, 0, 2, 1), box(1, 0, 2, 1), box(0, 0, 3, 1)])
    found = highest(shapes, [0.5, 3.0, math.nan], [0.5, 1.0, 2.5, 4.0], [0.5, 0.5, 0.5, 0.5])
    assert found[:2].tolist() == [0.5, 3.0]
    assert np.isnan(found[2:]).all()


def test_the_whole_ellipsoid_and_a_degree_have_their_known_areas() -> None:
    north = areas(shapes_of([box(-180, 0, 180, 90)]))[0]
    assert 2 * north == pytest.approx(5.1006562172e14, rel=1e-10)
    for south in (0.0, 24.0, 35.5, 45.0):
        expected = strip(south + 1) - strip(south)
        assert areas(shapes_of([box(141, south, 142, south + 1)]))[0] == pytest.approx(expected, rel=1e-12)


def test_holes_are_taken_out_whichever_way_they_run_and_where_they_touch_the_outer_ring() -> None:
    outer = [(141.0, 43.0), (141.4, 43.0), (141.4, 43.4), (141.0, 43.4)]
    hole = [(141.0, 43.0), (141.2, 43.1), (141.1, 43.2)]
    whole, part = (areas(shapes_of([polygon(ring)]))[0] for ring in (outer, hole))
    for rings in ((outer, hole), (outer[::-1], hole), (outer, hole[::-1])):
        assert areas(shapes_of([polygon(*rings)]))[0] == pytest.approx(whole - part, rel=1e-12)


def test_a_square_of_a_metre_has_a_square_metre() -> None:
    side = 1 / 111_000
    measured = areas(shapes_of([box(141.77, 43.2, 141.77 + side, 43.2 + side)]))[0]
    assert measured == pytest.approx(strip(43.2 + side) * side - strip(43.2) * side, rel=1e-5)
    assert 0.5 < measured < 1


stars = st.lists(st.floats(0.2, 1.0), min_size=3, max_size=14)


def star(radii: list[float], x: float, y: float) -> dict[str, Any]:
    turns = [2 * math.pi * at / len(radii) for at in range(len(radii))]
    return polygon(
        [(x + far * math.cos(turn), y + far * math.sin(turn)) for far, turn in zip(radii, turns, strict=True)]
    )


@pytest.mark.slow
@given(stars, stars, stars, st.floats(-1, 1), st.floats(-1, 1))
@settings(max_examples=50, deadline=None)
def test_shares_of_stars_add_up(
    one: list[float], other: list[float], third: list[float], across: float, up: float
) -> None:
    town, flood, slide = star(one, 141, 43), star(other, 141 + across, 43 + up), star(third, 141, 43 + up)
    shapes, both = shapes_of([town]), shapes_of([flood, slide])
    total = areas(shapes)[0]
    close = {"rel": 1e-9, "abs": 1e-9 * total}
    first = shares(shapes, shapes_of([flood]))[0, 0]
    second = shares(shapes, shapes_of([slide]))[0, 0]
    union = shares(shapes, both)[0, 0]
    classes = shares(shapes, both, [1, 0])[0]
    assert -1e-6 <= first <= total * (1 + 1e-9)
    assert classes[1] == pytest.approx(first, **close)
    assert classes.sum() == pytest.approx(union, **close)
    assert max(first, second) - 1e-9 * total <= union <= first + second + 1e-9 * total
    # What is covered is the same seen from the other side.
    assert shares(shapes_of([flood]), shapes)[0, 0] == pytest.approx(first, **close)
    assert shares(shapes, shapes)[0, 0] == pytest.approx(total, **close)


@pytest.mark.slow
@given(stars, stars, st.floats(-0.5, 0.5))
@settings(max_examples=15, deadline=None)
def test_shares_agree_with_points_thrown_on_the_area(
    one: list[float], other: list[float], across: float
) -> None:
    town, flood = shapes_of([star(one, 141, 0)]), shapes_of([star(other, 141 + across, 0)])
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(140, 142, 401), np.linspace(-1, 1, 401)))
    thrown = (inside(town, x, y) & inside(flood, x, y)).sum() / max(1, inside(town, x, y).sum())
    assert shares(town, flood)[0, 0] / areas(town)[0] == pytest.approx(thrown, abs=0.02)


def test_borders_that_nearly_run_along_each_other_do_no_harm() -> None:
    town = box(141, 43, 142, 44)
    for shift in (0.0, 1e-17, 1e-15, 1e-12, -1e-15):
        over = polygon(
            [(141 + shift, 43), (141.5, 43 + shift), (142 + shift, 43), (142, 44 + shift), (141, 44)]
        )
        covered = shares(shapes_of([town]), shapes_of([over]))[0, 0]
        assert covered / areas(shapes_of([town]))[0] == pytest.approx(1.0, abs=1e-9)


def test_a_hole_of_a_hazard_is_not_covered_and_a_district_of_two_parts_is_one() -> None:
    ring = [(141.0, 43.0), (141.4, 43.0), (141.4, 43.4), (141.0, 43.4)]
    hole = [(141.1, 43.1), (141.3, 43.1), (141.3, 43.3), (141.1, 43.3)]
    parts = {
        "type": "MultiPolygon",
        "coordinates": [
            box(141.12, 43.12, 141.2, 43.2)["coordinates"],
            box(141.3, 43.1, 141.4, 43.2)["coordinates"],
        ],
    }
    covered = shares(shapes_of([parts]), shapes_of([polygon(ring, hole)]))[0, 0]
    assert covered == pytest.approx(areas(shapes_of([box(141.3, 43.1, 141.4, 43.2)]))[0], rel=1e-9)
    assert shares(shapes_of([parts, None]), shapes_of([]))[:, 0].tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="whole number"):
        shares(shapes_of([parts]), shapes_of([parts]), [0.5])


def test_the_distance_to_a_border_is_that_of_the_ellipsoid() -> None:
    town = shapes_of([box(141, 43, 142, 44)])
    # One hundredth of a degree of latitude: 1,110.9 m at 43 degrees; of longitude at 43.5: 808.7 m.
    found = border_distances(town, [141.5, 140.99, 141.5, 141.0], [42.99, 43.5, 43.01, 43.7])
    assert found.tolist() == pytest.approx([1110.9, 808.7, 1110.9, 0.0], abs=0.2)
    assert np.isnan(border_distances(town, [math.nan], [43.0])[0])
    assert np.isnan(border_distances(shapes_of([None]), [141.0], [43.0])[0])


def on_the_globe(longitude: Any, latitude: Any) -> Any:
    """Points of the ellipsoid in metres from its middle."""
    lam, phi = np.radians(longitude), np.radians(latitude)
    bend = AXIS / np.sqrt(1 - SQUARE * np.sin(phi) ** 2)
    return np.stack(
        [
            bend * np.cos(phi) * np.cos(lam),
            bend * np.cos(phi) * np.sin(lam),
            bend * (1 - SQUARE) * np.sin(phi),
        ],
        axis=-1,
    )


@pytest.mark.parametrize(("reach", "error"), [(10_000, 0.001), (100_000, 0.01)])
def test_the_stated_error_of_distances_holds_over_japan(reach: float, error: float) -> None:
    rng = np.random.default_rng(61)
    latitudes, turns = rng.uniform(24, 45.5, 400), rng.uniform(0, 2 * np.pi, 400)
    up = latitudes + reach / 111_200 * np.sin(turns)
    east = 141 + reach / 111_200 / np.cos(np.radians(latitudes)) * np.cos(turns)
    for at in range(400):
        speck = polygon([(east[at], up[at]), (east[at] + 1e-9, up[at]), (east[at], up[at] + 1e-9)])
        measured = border_distances(shapes_of([speck]), [141.0], [latitudes[at]])[0]
        chord = np.linalg.norm(on_the_globe(141.0, latitudes[at]) - on_the_globe(east[at], up[at]))
        assert measured == pytest.approx(2 * 6_371_000 * np.arcsin(chord / 2 / 6_371_000), rel=error)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=7))
@settings(max_examples=200, deadline=None)
def test_a_crossing_is_found_exactly_where_fractions_find_one(ring: list[tuple[int, int]]) -> None:
    assume(all(one != other for one, other in pairwise([*ring, ring[0]])))
    closed = [(one / 10, other / 10) for one, other in [*ring, ring[0]]]
    edges = list(pairwise(closed))

    def side(edge: Any, point: Any) -> int:
        (x0, y0), (x1, y1) = ((Fraction(x), Fraction(y)) for x, y in edge)
        turn = (x1 - x0) * (Fraction(point[1]) - y0) - (Fraction(point[0]) - x0) * (y1 - y0)
        return (turn > 0) - (turn < 0)

    def meet(one: Any, other: Any) -> bool:
        sides = [side(one, other[0]), side(one, other[1]), side(other, one[0]), side(other, one[1])]
        if not any(sides):
            lows = [tuple(sorted(edge)) for edge in (one, other)]
            return max(lows[0][0], lows[1][0]) < min(lows[0][1], lows[1][1])
        return sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0

    expected = any(meet(one, other) for at, one in enumerate(edges) for other in edges[at + 1 :])
    assert (self_crossing([closed]) is not None) == expected


def test_a_hole_that_crosses_the_outer_ring_is_named_by_its_place() -> None:
    outer = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]
    assert self_crossing([outer, [(1, 1), (5, 1), (3, 2), (1, 1)]]) == (4.0, 1.0)
    assert self_crossing([outer, [(0, 0), (1, 2), (2, 1), (0, 0)]]) is None


@real
@pytest.mark.slow
def test_the_municipalities_of_hokkaido_are_as_large_as_published_and_do_not_overlap() -> None:
    features = [
        feature
        for feature in json.loads(BORDERS.read_text("utf-8"))["features"]
        if feature["properties"]["N03_007"]
    ]
    shapes = shapes_of([feature["geometry"] for feature in features])
    codes = np.array([feature["properties"]["N03_007"] for feature in features])
    measured = areas(shapes) / 1e6
    nine = ("01210", "01209", "01215", "01222", "01423", "01427", "01428", "01429", "01430")
    # 2,562.25 km² in the region's own table; the borders are thinned.
    assert measured[np.isin(codes, nine)].sum() == pytest.approx(2562.25, rel=0.01)
    own = [features[at]["geometry"] for at in np.flatnonzero(np.isin(codes, nine))]
    for at, geometry in enumerate(own):
        others = shapes_of(own[:at] + own[at + 1 :])
        alone = shapes_of([geometry])
        assert shares(alone, others).sum() < 0.002 * areas(alone)[0]
    rng = np.random.default_rng(6)
    x, y = rng.uniform(140, 145, 200_000), rng.uniform(42, 45, 200_000)
    at, _ = containing(shapes, x, y)
    assert 0.5 < len(np.unique(at)) / len(x) < 1
    checked = rng.integers(0, len(x), 40)
    for point in checked:
        expected = any(
            by_fractions(part, x[point], y[point])
            for feature in features
            for part in (
                [feature["geometry"]["coordinates"]]
                if feature["geometry"]["type"] == "Polygon"
                else feature["geometry"]["coordinates"]
            )
            if any(abs(c[0] - x[point]) < 1.5 and abs(c[1] - y[point]) < 1.5 for c in part[0])
        )
        assert bool((at == point).any()) == expected
