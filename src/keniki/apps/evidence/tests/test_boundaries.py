"""Boundaries of municipalities (N03), and fewer points for maps with borders kept in common."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.apps.evidence.importers import boundaries
from keniki.apps.evidence.importers.base import Parsed, RawBytes
from keniki.apps.evidence.importers.boundaries import simplify
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow

SQUARE = [[141.0, 43.0], [141.1, 43.0], [141.1, 43.1], [141.0, 43.1], [141.0, 43.0]]
ISLAND = [[141.5, 43.5], [141.6, 43.5], [141.6, 43.6], [141.5, 43.5]]


def feature(code: object = "01210", geometry: object = None, **more: object) -> dict[str, Any]:
    properties = {"N03_001": "北海道", "N03_002": "空知総合振興局", "N03_003": None, "N03_004": "岩見沢市"}
    found = geometry if geometry is not None else {"type": "Polygon", "coordinates": [SQUARE]}
    return {"type": "Feature", "geometry": found, "properties": {**properties, "N03_007": code, **more}}


def parsed(*features: object, file: str = "N03-20210101_01.geojson", **more: object) -> Parsed:
    content = json.dumps({"type": "FeatureCollection", "features": features, **more})
    return boundaries.read(RawBytes(file, content.encode()))


def test_polygons_of_one_code_become_one_shape() -> None:
    multi = {"type": "MultiPolygon", "coordinates": [[ISLAND]]}
    result = parsed(feature(), feature(geometry=multi), feature("01209", N03_004="夕張市"))
    assert [(area.kind, area.code, area.name) for area in result.area_keys] == [
        ("municipality", "012106", "岩見沢市"),
        ("municipality", "012092", "夕張市"),
    ]
    assert result.shapes[0]["type"] == "MultiPolygon"
    assert len(result.shapes[0]["coordinates"]) == 2
    assert len(result.shapes[1]["coordinates"]) == 1
    assert len(result) == 0
    assert result.rejected == []


def test_names_are_those_of_towns_and_wards() -> None:
    result = parsed(
        feature("01423", N03_003="空知郡", N03_004="南幌町"),
        feature("01101", N03_003="札幌市", N03_004="中央区"),
        feature("01102", N03_003=None, N03_004="札幌市", N03_005="北区"),
    )
    assert [(area.kind, area.name) for area in result.area_keys] == [
        ("municipality", "南幌町"),
        ("ward", "札幌市中央区"),
        ("ward", "札幌市北区"),
    ]


@pytest.mark.parametrize(
    ("name", "layer", "when"),
    [
        ("N03-20210101_01_GML.geojson", None, "2021-01-01"),
        ("x.geojson", "N03-21_01_210101", "2021-01-01"),
        ("hokkaido_N03_2021.geojson", None, "2021"),
        ("区域.geojson", None, ""),
    ],
)
def test_the_edition_is_of_the_day_the_file_or_its_name_says(name: str, layer: str | None, when: str) -> None:
    result = parsed(feature(), file=name, **({"name": layer} if layer else {}))
    assert result.edition.surveyed == when
    assert result.source.credit == "国土交通省国土数値情報（行政区域データ）"
    assert result.edition.key
    assert bool(result.notes) is (not when)


def test_coordinates_are_rounded_to_a_metre_and_specks_are_left_out() -> None:
    fine = [[141.000001234, 43.0], [141.1, 43.000004], [141.1, 43.1], [141.0, 43.1], [141.000001234, 43.0]]
    speck = [[141.0, 43.0], [141.000001, 43.0], [141.000001, 43.000001], [141.0, 43.0]]
    geometry = {"type": "MultiPolygon", "coordinates": [[fine, speck], [speck]]}
    result = parsed(feature(geometry=geometry))
    assert result.shapes[0]["coordinates"] == [
        [[(141.0, 43.0), (141.1, 43.0), (141.1, 43.1), (141.0, 43.1), (141.0, 43.0)]]
    ]
    assert "1か所" in result.notes[0]


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "Polygon", "coordinates": [SQUARE[:-1]]}, "閉じていません"),
        ({"type": "Polygon", "coordinates": [SQUARE[:3]]}, "4つより少なく"),
        ({"type": "Polygon", "coordinates": []}, "座標がありません"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "日本の範囲"),
        ({"type": "Polygon", "coordinates": [[[43, 141], [43, 142], [44, 141], [43, 141]]]}, "経度・緯度"),
        ({"type": "Polygon", "coordinates": [[["a", 1], [1, 0], [1, 1], ["a", 1]]]}, "数値"),
        ({"type": "Polygon", "coordinates": [[None, None, None, None]]}, "数値"),
        ({"type": "Point", "coordinates": [141, 43]}, "Point"),
        ("面", "geometry"),
    ],
)
def test_a_shape_that_is_none_is_kept_aside(geometry: object, reason: str) -> None:
    result = parsed(feature("01209", N03_004="夕張市"), feature(geometry=geometry))
    assert list(result.shapes) == [0]
    assert [row.row for row in result.rejected] == [2]
    assert reason in result.rejected[0].reason
    assert "N03_007=01210" in result.rejected[0].raw


def test_codes_that_are_missing_or_wrong_are_kept_aside() -> None:
    result = parsed(
        feature(),
        feature(None),
        feature("012105"),
        feature("01000"),
        feature("01210", N03_004="別の市"),
        feature(None, N03_004="所属未定地"),
        "何か",
    )
    assert [(row.row, row.column) for row in result.rejected] == [
        (2, "N03_007"),
        (3, "N03_007"),
        (4, "N03_007"),
        (5, "N03_004"),
        (7, ""),
    ]
    assert "所属未定地 1区域" in result.notes[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"type": "FeatureCollection", "features": [', "途中で切れて"),
        (b"[1, 2]", "FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": {}}', "FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "N03_007"),
        ('{"type": "岩見沢"}'.encode("cp932"), "UTF-8"),
        (b"[" * 200_000, "入れ子"),
    ],
)
def test_a_file_that_is_no_boundary_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(WrongInput, match=message) as wrong:
        boundaries.read(RawBytes("a.geojson", content))
    assert wrong.value.file == "a.geojson"


def test_no_code_in_the_whole_file_is_refused() -> None:
    with pytest.raises(WrongInput, match="N03_007"):
        parsed(feature(None), feature(None))


def test_the_reader_knows_its_files() -> None:
    content = json.dumps({"type": "FeatureCollection", "features": [feature()]}).encode()
    assert boundaries.READER.knows(RawBytes("a.geojson", content)) > 0.9
    assert (
        boundaries.READER.knows(RawBytes("a.geojson", b'{"type": "FeatureCollection", "features": []}')) < 0.5
    )
    assert boundaries.READER.knows(RawBytes("a.csv", b"a,b")) == 0.0


def edges(shape: Mapping[str, Any]) -> Counter[frozenset[tuple[float, ...]]]:
    """How often a shape runs along each stretch between two points, whichever way round."""
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return Counter(
        frozenset((tuple(one), tuple(other)))
        for polygon in polygons
        for ring in polygon
        for one, other in pairwise(ring)
    )


def rings(shape: Mapping[str, Any]) -> list[list[Any]]:
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return [ring for polygon in polygons for ring in polygon]


@st.composite
def quilts(draw: st.DrawFn) -> dict[tuple[int, int], dict[str, Any]]:
    """A patchwork of areas whose borders are crooked lines, each drawn once and used by both its sides."""
    width, height = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    shift = st.integers(-300, 300)

    def line(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[float, float]]:
        between = draw(st.integers(0, 6))
        points = [start]
        for number in range(1, between + 1):
            x = start[0] + (end[0] - start[0]) * number // (between + 1)
            y = start[1] + (end[1] - start[1]) * number // (between + 1)
            points.append((x + draw(shift), y) if start[0] == end[0] else (x, y + draw(shift)))
        return [(141 + x / 100_000, 43 + y / 100_000) for x, y in [*points, end]]

    across = {
        (x, y): line((x * 1000, y * 1000), ((x + 1) * 1000, y * 1000))
        for x in range(width)
        for y in range(height + 1)
    }
    along = {
        (x, y): line((x * 1000, y * 1000), (x * 1000, (y + 1) * 1000))
        for x in range(width + 1)
        for y in range(height)
    }
    found = {}
    for x in range(width):
        for y in range(height):
            ring = across[x, y][:-1] + along[x + 1, y][:-1] + across[x, y + 1][:0:-1] + along[x, y][::-1]
            turn = draw(st.integers(0, len(ring) - 2))
            ring = ring[turn:-1] + ring[:turn] + [ring[turn]]
            if draw(st.booleans()):
                ring = ring[::-1]
            found[x, y] = {"type": "Polygon", "coordinates": [ring]}
    return found


@settings(max_examples=200, deadline=None)
@given(quilts(), st.sampled_from([0.0, 5.0, 100.0, 1000.0, 1e6]))
def test_neighbours_keep_their_border_and_no_ring_vanishes(
    quilt: dict[Any, dict[str, Any]], tolerance: float
) -> None:
    before: Counter[Any] = sum((edges(shape) for shape in quilt.values()), Counter())
    outside = {point for edge, times in before.items() if times == 1 for point in edge}
    thinned = simplify(quilt, tolerance)
    after: Counter[Any] = sum((edges(shape) for shape in thinned.values()), Counter())
    assert set(after.values()) <= {1, 2}
    assert {point for edge, times in after.items() if times == 1 for point in edge} <= outside
    for key, shape in thinned.items():
        for ring in rings(shape):
            assert len(ring) >= 4
            assert len({tuple(point) for point in ring}) >= 3
            assert ring[0] == ring[-1]
        assert {tuple(p) for ring in rings(shape) for p in ring} <= {
            p for ring in rings(quilt[key]) for p in ring
        }


def test_an_enclave_and_the_hole_around_it_stay_one_line() -> None:
    inner = [
        (141.04, 43.04),
        (141.05, 43.0401),
        (141.06, 43.04),
        (141.06, 43.06),
        (141.04, 43.06),
        (141.04, 43.04),
    ]
    shapes = {
        "around": {"type": "Polygon", "coordinates": [SQUARE, inner[::-1]]},
        "within": {"type": "MultiPolygon", "coordinates": [[inner[3:-1] + inner[:4]]]},
    }
    thinned = simplify(shapes, 50)
    hole, enclave = rings(thinned["around"])[1], rings(thinned["within"])[0]
    assert len(hole) == 5
    assert edges({"type": "Polygon", "coordinates": [hole]}) == edges(
        {"type": "Polygon", "coordinates": [enclave]}
    )


def test_an_island_keeps_three_corners_however_small() -> None:
    thinned = simplify({1: {"type": "Polygon", "coordinates": [ISLAND]}}, 1e9)
    assert len(rings(thinned[1])[0]) == 4


def test_nothing_stays_farther_off_than_the_tolerance() -> None:
    bend = [(141.0, 43.0), (141.05, 43.0005), (141.1, 43.0), (141.1, 43.1), (141.0, 43.1), (141.0, 43.0)]
    shape = {1: {"type": "Polygon", "coordinates": [bend]}}
    assert len(rings(simplify(shape, 50)[1])[0]) == 6
    assert len(rings(simplify(shape, 60)[1])[0]) == 5


def hokkaido() -> Parsed:
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        pytest.skip("KENIKI_TEST_DATA is not set: no boundary file")
    file = Path(folder) / "boundaries" / "hokkaido_N03_2021.geojson"
    return boundaries.read(RawBytes(file.name, file.read_bytes()))


def test_hokkaido_is_read_whole() -> None:
    result = hokkaido()
    assert result.rejected == []
    assert len(result.area_keys) == len(result.shapes) == 194
    named = {area.code: area.name for area in result.area_keys}
    assert (named["012106"], named["014231"], named["011011"]) == ("岩見沢市", "南幌町", "札幌市中央区")
    assert result.edition.surveyed == "2021"
    for shape in result.shapes.values():
        for ring in rings(shape):
            assert ring[0] == ring[-1]
            assert all(round(number, 5) == number for point in ring for number in point)


def test_hokkaido_on_a_page_keeps_every_border_between_neighbours() -> None:
    shapes = boundaries.shapes_of(hokkaido())
    thinned = simplify(shapes, 1000)
    before = {code: edges(shape) for code, shape in shapes.items()}
    after = {code: edges(shape) for code, shape in thinned.items()}
    neighbours = {
        (one, other)
        for one in shapes
        for other in shapes
        if one < other and before[one].keys() & before[other].keys()
    }
    assert len(neighbours) > 400
    assert all(after[one].keys() & after[other].keys() for one, other in neighbours)
    twice_before = sum((Counter(found.keys()) for found in before.values()), Counter())
    twice_after = sum((Counter(found.keys()) for found in after.values()), Counter())
    coast = {point for edge, times in twice_before.items() if times == 1 for point in edge}
    assert max(twice_after.values()) == 2
    assert {point for edge, times in twice_after.items() if times == 1 for point in edge} <= coast
    assert sum(map(len, map(rings, shapes.values()))) == sum(map(len, map(rings, thinned.values())))
    assert len(json.dumps(thinned)) < len(json.dumps(shapes)) / 3
