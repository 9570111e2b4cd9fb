"""Maps of municipalities: made-up quarters and, where there are any, the real borders of Hokkaido."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, cast

import altair
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.press import blocks as b
from keniki.press.book_charts.common import text_width
from keniki.press.maps import Belonging, Shape, by_area, choropleth, joined, outlines
from keniki.press.maps.classes import Classes, roundest

pytestmark = pytest.mark.slow

BORDERS = Path(os.environ.get("KENIKI_TEST_DATA") or "/", "boundaries", "hokkaido_N03_2021.geojson")
real = pytest.mark.skipif(not BORDERS.is_file(), reason="KENIKI_TEST_DATA has no boundaries")
NINE = ("01210", "01209", "01215", "01222", "01423", "01427", "01428", "01429", "01430")


def square(east: float, north: float, side: float = 0.1) -> dict[str, Any]:
    ring = [
        [east, north],
        [east + side, north],
        [east + side, north + side],
        [east, north + side],
        [east, north],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def quarters(values: Sequence[float | None] = (10, 20, None, 40)) -> list[Shape]:
    corners = [(141.0, 43.0), (141.1, 43.0), (141.0, 43.1), (141.1, 43.1)]
    return [
        Shape(f"0000{n}", f"第{n}町", square(*corners[n % 4]), value, emphasised=n == 0)
        for n, value in enumerate(values)
    ]


def borders() -> dict[str, tuple[str, dict[str, Any]]]:
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for feature in json.loads(BORDERS.read_text("utf-8"))["features"]:
        code, geometry = feature["properties"]["N03_007"], feature["geometry"]
        if code is None:
            continue
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        own = found.setdefault(
            code, (feature["properties"]["N03_004"], {"type": "MultiPolygon", "coordinates": []})
        )
        own[1]["coordinates"].extend(parts)
    return found


def layer_of(spec: Mapping[str, Any], mark: str) -> list[Mapping[str, Any]]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def test_a_map_says_its_classes_names_values_and_what_is_missing() -> None:
    chart = choropleth("人口", "人", quarters())
    altair.LayerChart.from_dict(chart.spec)
    svg = chart.svg().decode()
    for words in ("第0町", ">10<", "―", "値なし", "斜線：値なし", "20以上"):
        assert words in svg
    assert chart.columns == ("市町村", "人口（人）")
    assert chart.rows[2] == ("第2町", None)
    assert cast("tuple[object, ...]", chart.table().rows[2])[1] is b.NOTHING
    assert chart.alt == "人口の地図（人）：第0町 10、第1町 20、第2町 ―、第3町 40"
    assert json.dumps(chart.spec).count("http") == 1


def test_north_is_above_east_is_right_and_neighbours_share_their_border() -> None:
    south_west, south_east, north_west, _ = (
        polygons[0][0] for polygons in outlines.on_picture([s.geometry for s in quarters()], (300, 200))
    )
    assert max(y for _, y in north_west) <= min(y for _, y in south_west) + 1
    assert max(x for x, _ in south_west) <= min(x for x, _ in south_east) + 1
    assert len({*south_west} & {*south_east}) == 2


def test_a_small_square_stays_square() -> None:
    [[[ring]]] = outlines.on_picture([square(141, 43)], (300, 300))
    width = max(x for x, _ in ring) - min(x for x, _ in ring)
    height = max(y for _, y in ring) - min(y for _, y in ring)
    assert width / height == pytest.approx(0.731, abs=0.01)


def test_words_stand_within_the_largest_part_not_in_the_middle_of_its_frame() -> None:
    bay = [(0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (30.0, 20.0), (30.0, 80.0), (100.0, 80.0), (100.0, 100.0)]
    ring = [*bay, (0.0, 100.0), (0.0, 0.0)]
    point = outlines.innermost([ring])
    assert outlines.inside(point, [[ring]])
    assert not outlines.inside((60, 50), [[ring]])
    assert outlines.within((5, 30, 25, 70), [[ring]])
    assert not outlines.within((5, 30, 45, 70), [[ring]])


def test_on_both_sides_of_a_value_the_colours_differ() -> None:
    classes = Classes([96.7, 101.2, 94.5, 88.1, 100.0], 100)
    assert Decimal(100) in classes.limits
    assert classes.of(99.9) + 1 == classes.of(100.0)
    assert len({classes.colours[classes.of(value)] for value in (88.1, 96.7, 100.0)}) == 3
    assert "100を境に橙と青" in choropleth("比率", "％", quarters(), diverging_at=100).svg().decode()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(7334, 8040, "8E3"), (96.7, 97.1, "97"), (-0.5, 0.5, "0"), (1.234, 1.235, "1.235")],
)
def test_a_limit_is_the_roundest_number_between(low: float, high: float, expected: str) -> None:
    assert roundest(low, high) == Decimal(expected)


@given(
    st.lists(st.one_of(st.none(), st.integers(-(10**12), 10**12), st.floats(-1e6, 1e6)), max_size=60),
    st.booleans(),
)
@settings(max_examples=150)
def test_any_values_fall_into_at_most_five_classes_that_say_their_limits(
    values: list[float | None], split: bool
) -> None:
    classes = Classes(values, 100 if split else None)
    assert len(classes.limits) <= 4
    assert list(classes.limits) == sorted(set(classes.limits))
    assert len(classes.names) == len(classes.colours) == len(set(classes.colours))
    places = [classes.of(value) for value in values]
    assert all(0 <= place < len(classes.names) for place in places)
    there = sorted((value, place) for value, place in zip(values, places, strict=True) if value is not None)
    assert all(one[1] <= other[1] for one, other in pairwise(there))


@pytest.mark.slow
@given(
    st.lists(st.one_of(st.none(), st.integers(-(10**15), 10**15)), min_size=1, max_size=4),
    st.sampled_from([None, 0.0, 100.0]),
)
@settings(max_examples=15, deadline=None)
def test_any_values_are_drawn(values: list[float | None], split: float | None) -> None:
    chart = choropleth("とても長い題名" * 10, "人", quarters(values), diverging_at=split)
    ET.fromstring(chart.svg())  # noqa: S314
    assert [row[1] for row in chart.rows] == values


@pytest.mark.parametrize(
    "geometry", [{}, {"type": "Point", "coordinates": [141, 43]}, {"type": "MultiPolygon", "coordinates": []}]
)
def test_what_has_no_border_is_named_and_stands_in_the_table(geometry: dict[str, Any]) -> None:
    alone = choropleth("人口", "人", [Shape("00001", "白樺市", geometry, 5)])
    assert "地図にする境界がありません" in alone.svg().decode()
    assert alone.rows == (("白樺市", 5),)
    some = choropleth("人口", "人", [*quarters(), Shape("1", "白樺市", geometry, 5)])
    assert "境界なし：白樺市" in some.svg().decode()
    assert some.rows[-1] == ("白樺市", 5)


def test_wards_become_one_shape_with_the_hole_they_lie_around() -> None:
    around = [square(141 + x / 10, 43 + y / 10) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    around[3]["coordinates"][0].reverse()
    island = square(145, 43, 0.2)
    one = joined([*around, island, {"type": "Point", "coordinates": [1, 1]}])
    assert one["type"] == "MultiPolygon"
    outer, *holes = next(polygon for polygon in one["coordinates"] if len(polygon) == 2)
    assert (len(outer), [len(hole) for hole in holes]) == (13, [5])
    assert outlines.area(outer) - outlines.area(holes[0]) == pytest.approx(0.08)
    assert [len(polygon) for polygon in one["coordinates"]] == [1, 2]
    assert joined([])["coordinates"] == []


@real
def test_the_ten_wards_of_a_real_city_have_one_border() -> None:
    wards = [geometry for code, (_, geometry) in borders().items() if "01101" <= code <= "01110"]
    one = joined(wards)
    assert (len(wards), [len(polygon) for polygon in one["coordinates"]]) == (10, [1])
    whole = sum(outlines.area(polygon[0]) for geometry in wards for polygon in geometry["coordinates"])
    assert outlines.area(one["coordinates"][0][0]) == pytest.approx(whole)


def test_a_dot_of_an_island_is_kept_where_it_is_all_there_is() -> None:
    far, near = outlines.on_picture([square(141, 43, 1e-6), square(141, 43, 2.0)], (300, 300))
    assert len(far) == 1
    assert outlines.area(far[0][0]) > 0
    assert len(near) == 1


@real
def test_nine_real_members_are_all_named_with_their_value_in_a_small_picture() -> None:
    known = borders()
    values = (79306, 7334, 20413, 8040, 7319, 4822, 10289, 11272, 3691)
    chart = choropleth(
        "人口",
        "人",
        [Shape(code, *known[code], value, code == NINE[0]) for code, value in zip(NINE, values, strict=True)],
    )
    svg = chart.svg().decode()
    for code, value in zip(NINE, values, strict=True):
        assert f">{known[code][0]}<" in svg
        assert f">{value:,}<" in svg
    assert len(svg) < 100_000


@real
def test_a_whole_prefecture_is_a_picture_of_less_than_400_kb() -> None:
    known = borders()
    shapes = [
        Shape(code, name, geometry, None if n % 20 == 0 else n - 60.5)
        for n, (code, (name, geometry)) in enumerate(sorted(known.items()))
    ]
    chart = choropleth("増減率", "％", shapes, decimals=1, diverging_at=0)
    assert len(shapes) > 179
    assert len(chart.svg()) < 400_000
    assert len(layer_of(chart.spec, "geoshape")[0]["data"]["values"]) == len(shapes)


@real
def test_no_words_stand_on_others_where_forty_members_lie_close() -> None:
    known = sorted(borders().items())[30:70]
    shapes = [Shape(code, name, geometry, 1000.0 + n) for n, (code, (name, geometry)) in enumerate(known)]
    layers = layer_of(choropleth("人口", "人", shapes).spec, "text")
    words = {
        (row["x"], row["y"], row["text"], row["size"]) for layer in layers for row in layer["data"]["values"]
    }
    assert len(words) > 40
    boxes = [
        (x - text_width(text, size) / 2, y - size / 2, x + text_width(text, size) / 2, y + size / 2)
        for x, y, text, size in words
    ]
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)


def belonging(areas: Sequence[str]) -> list[Belonging]:
    """Four quarters that touch, and one without a border."""
    shapes = [*quarters((1, 2, 3, 4)), Shape("00009", "遠町", {}, None)]
    return [
        Belonging(shape.code, shape.name, shape.geometry, area, centre=area == shape.code)
        for shape, area in zip(shapes, areas, strict=True)
    ]


def test_areas_are_coloured_apart_and_told_in_words() -> None:
    towns = belonging(["00000", "00000", "00002", "", "00002"])
    chart = by_area("10％基準", towns, ["00000", "00001"], given_name="青葉圏域")
    assert chart.rows == (
        ("第0町", "第0町"), ("第1町", "第0町"), ("第2町", "第2町"), ("第3町", "単独"), ("遠町", "第2町"),
    )  # fmt: skip
    assert "第0町の圏域に第0町、第1町" in chart.alt
    assert "単独は第3町" in chart.alt
    layers = cast("list[dict[str, Any]]", chart.spec["layer"])
    colours = [feature["colour"] for feature in layers[0]["data"]["values"]]
    assert colours[0] == colours[1]
    assert len(set(colours)) == 3
    said = " ".join(cast("list[str]", chart.spec["title"]["subtitle"]))
    assert "橙の破線：青葉圏域" in said
    assert "境界なし：遠町" in said
    dashed = [layer for layer in layers if layer["mark"].get("strokeDash")]
    assert len(dashed) == 1
    assert b"</svg>" in chart.svg()


def test_a_map_of_areas_without_any_border_says_so() -> None:
    chart = by_area("10％基準", belonging(["00000"] * 5)[4:])
    assert b"</svg>" in chart.svg()
    assert chart.rows == (("遠町", "00000"),)


@real
def test_areas_of_all_hokkaido_are_drawn_with_neighbours_apart() -> None:
    towns = [
        Belonging(code, name, geometry, f"{int(code) // 7}")
        for code, (name, geometry) in list(borders().items())[:120]
    ]
    chart = by_area("圏域", towns, NINE, given_name="南空知")
    assert b"</svg>" in chart.svg()
