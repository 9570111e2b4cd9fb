"""Hazards, districts and points from GeoJSON: wrong features are left out with place and reason, the rest goes on."""

from __future__ import annotations

import json
import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keniki.analysis.polygons import areas, highest, shapes_of
from keniki.apps.disaster.formats.cells import Wrong
from keniki.apps.disaster.formats.geojson import read_areas, read_hazards, read_points
from keniki.apps.disaster.formats.geojson.hazards import depth_in_words
from keniki.core.errors import WrongInput

BORDERS = Path(os.environ.get("KENIKI_TEST_DATA") or "/", "boundaries", "hokkaido_N03_2021.geojson")
real = pytest.mark.skipif(not BORDERS.is_file(), reason="KENIKI_TEST_DATA has no boundaries")
ON = date(2026, 4, 1)
SQUARE = [[141.7, 43.1], [141.8, 43.1], [141.8, 43.2], [141.7, 43.2], [141.7, 43.1]]
HOLE = [[141.72, 43.12], [141.72, 43.18], [141.78, 43.18], [141.78, 43.12], [141.72, 43.12]]
REGION = [
    {"type": "Polygon", "coordinates": [[[141.5, 43], [142, 43], [142, 43.5], [141.5, 43.5], [141.5, 43]]]}
]


def feature(coordinates: Any, kind: str = "Polygon", **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def file(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)} | more).encode()


@pytest.mark.slow
def test_rings_are_turned_as_the_standard_asks_and_heights_and_doubles_go() -> None:
    ring = [[*point, 12.5] for point in SQUARE[::-1]]
    ring.insert(2, ring[1])
    (area,) = read_areas(file(feature([ring, HOLE[::-1]], 地区="一区")), "x.geojson").areas
    outer, hole = area.geometry["coordinates"]
    assert outer == [SQUARE[0], *SQUARE[1:]]
    assert hole == HOLE
    assert area.properties["地区"] == "一区"
    whole = areas(shapes_of([{"type": "Polygon", "coordinates": [SQUARE]}]))[0]
    assert areas(shapes_of([area.geometry]))[0] == pytest.approx(whole * (1 - 0.36), rel=1e-4)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (feature([SQUARE[:-1]]), "閉じていません"),
        (feature([SQUARE[:3]]), "4つより少なく"),
        (feature([[point[::-1] for point in SQUARE]]), "緯度・経度の順"),
        (feature([[[9.0, 50.0], *SQUARE[1:-1], [9.0, 50.0]]]), "日本の範囲"),
        (feature([[["141.7", 43.1], *SQUARE[1:]]]), "数値ではありません"),
        (feature([[[float("nan"), 43.1], *SQUARE[1:]]]), "数値ではありません"),
        (feature([[[True, 43.1], *SQUARE[1:]]]), "数値ではありません"),
        (feature([[[10**400, 43.1], *SQUARE[1:]]]), "数値ではありません"),
        (feature([[141.7, 43.1], [141.8, 43.1]]), "4つより少なく"),
        (feature([[SQUARE[0]] * 5]), "重なっていて"),
        (
            feature([[SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]]),
            "経度 141.750000、緯度 43.150000",
        ),
        (feature([SQUARE, [[141.9, 43.1], [141.95, 43.1], [141.95, 43.2], [141.9, 43.1]]]), "外周の外"),
        (
            feature([SQUARE, HOLE, [[141.74, 43.14], [141.76, 43.14], [141.76, 43.16], [141.74, 43.14]]]),
            "別の穴の中",
        ),
        (
            feature([SQUARE, [[141.75, 43.15], [141.9, 43.15], [141.76, 43.16], [141.75, 43.15]]]),
            "交わっています",
        ),
        (feature([]), "座標がありません"),
        (feature([141.7, 43.1], "Point"), "「Point」です"),
        ({"type": "Feature", "geometry": None, "properties": None}, "形（geometry）がありません"),
        ("x", "Feature"),
        (feature([[[140.7, 43.1], [140.8, 43.1], [140.8, 43.2], [140.7, 43.1]]]), "圏域の外"),
    ],
)
def test_a_wrong_feature_is_left_out_and_the_rest_goes_on(wrong: Any, says: str) -> None:
    found = read_areas(file(wrong, feature([SQUARE])), "x.geojson", region=REGION)
    assert [area.number for area in found.areas] == [2]
    (problem,) = found.problems
    assert problem.row == 1
    assert says in problem.reason


def test_an_area_that_only_reaches_into_the_region_is_taken_and_one_that_encloses_it_too() -> None:
    across = [[141.4, 43.1], [141.6, 43.1], [141.6, 43.2], [141.4, 43.2], [141.4, 43.1]]
    around = [[141.0, 42.5], [142.5, 42.5], [142.5, 44.0], [141.0, 44.0], [141.0, 42.5]]
    beam = [[141.4, 43.1], [142.1, 43.1], [142.1, 43.2], [141.4, 43.2], [141.4, 43.1]]
    corner = [[142.4, 43.4], [142.4, 44.0], [141.9, 44.0], [142.4, 43.4]]
    found = read_areas(
        file(*(feature([ring]) for ring in (across, around, beam, corner))), "x", region=REGION
    )
    assert [area.number for area in found.areas] == [1, 2, 3]
    assert "圏域の外" in found.problems[0].reason


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "JSONとして読めません"),
        (b"\xff\xfe{}", "UTF-8ではありません"),
        (b"[1, 2]", "FeatureCollection"),
        (b'{"type": "Topology", "features": []}', "FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": 3}', "FeatureCollection"),
        (b"[" * 200_000, "入れ子が深すぎます"),
        (b'{"features": [' + b"9" * 5000 + b"]}", "読めない"),
        (file(feature([SQUARE]), crs={"type": "name", "properties": {"name": "EPSG:2454"}}), "座標参照系"),
        (file(feature([SQUARE]), crs={"type": "name", "properties": {"name": "EPSG:4301"}}), "座標参照系"),
        (file(feature([SQUARE]), crs=[1]), "座標参照系"),
    ],
)
def test_a_file_that_is_no_map_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(WrongInput, match=says) as caught:
        read_areas(data, "区域.geojson")
    assert caught.value.file == "区域.geojson"


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::6668", "EPSG:4326"])
def test_the_worlds_reference_systems_are_taken(name: str) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    assert len(read_areas(file(feature([SQUARE]), crs=crs), "x").areas) == 1


def test_points_are_checked_as_areas_are() -> None:
    found = read_points(
        file(
            feature([141.7, 43.1, 5.0], "Point", 名称="会館"),
            feature([43.1, 141.7], "Point"),
            feature([140.0, 43.1], "Point"),
            feature([SQUARE]),
        ),
        "x",
        region=REGION,
    )
    assert [area.geometry["coordinates"] for area in found.areas] == [[141.7, 43.1]]
    assert [problem.row for problem in found.problems] == [2, 3, 4]


def test_classes_of_published_maps_have_their_depths() -> None:
    found = read_hazards(
        file(
            feature([SQUARE], A31a_205=3, A31a_202="石狩川"),
            feature([SQUARE], A31_105="6"),
            feature([SQUARE], A31_001=14.0),
            feature([SQUARE], A49_003="5m以上10m未満"),
            feature([SQUARE], A40_003="20m以上"),
            feature([SQUARE], A33_002=2, A33_005="東の沢"),
        ),
        "x",
        on=ON,
    )
    told = [(area.hazard, area.label, area.from_m, area.to_m, area.depth) for area in found.areas]
    assert (
        told
        == [
            ("flood", "石狩川 3.0m以上5.0m未満", 3, 5, 5),
            ("flood", "20.0m以上", 20, None, 20),
            ("flood", "2.0m以上5.0m未満", 2, 5, 5),
            ("storm_surge", "5m以上10m未満", 5, 10, 10),
            ("tsunami", "20m以上", 20, None, 20),
            ("landslide", "東の沢 土砂災害特別警戒区域(指定済)", None, None, None),
        ]
        or told[5][1] == "東の沢 土砂災害特別警戒区域（指定済）"
    )
    assert [area.is_open for area in found.areas] == [False, True, False, False, True, False]
    assert found.problems == ()


def test_our_own_depths_are_numbers_or_words_and_an_unknown_one_is_said() -> None:
    found = read_hazards(
        file(
            feature([SQUARE], 浸水深=3, 区分="堤防決壊"),
            feature([SQUARE], depth_m="0.5～3.0m"),
            feature([SQUARE]),
            feature([SQUARE], 浸水深="深い"),
            feature([SQUARE], 浸水深=-1),
            feature([SQUARE], A31a_205=9),
        ),
        "x",
        on=ON,
    )
    assert [(area.label, area.depth) for area in found.areas] == [
        ("堤防決壊", 3),
        ("0.5～3.0m", 3),
        ("", None),
    ]
    assert [(problem.row, problem.column) for problem in found.problems] == [
        (4, "浸水深"),
        (5, "浸水深"),
        (6, "A31a_205"),
    ]
    assert "1区域は浸水深も区分も分かりません" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15m未満", (0, 15)),
        ("0.3m未満", (0, 0.3)),
        ("10未満", (0, 10)),
        ("1m以上3m未満", (1, 3)),
        ("3.0m以上～5.0m未満", (3, 5)),
        ("０．５ｍ以上３．０ｍ未満", (0.5, 3)),
        ("0.5-3.0m", (0.5, 3)),
        ("2m", (None, 2)),
        ("5m超", (5, None)),
    ],
)
def test_depths_in_words(text: str, expected: tuple[float | None, float]) -> None:
    assert depth_in_words(text) == expected


@pytest.mark.parametrize("text", ["3m以上1m未満", "浅い", "-1m", "500m", ""])
def test_words_that_are_no_depth_are_refused(text: str) -> None:
    with pytest.raises(Wrong):
        depth_in_words(text)


@pytest.mark.slow
def test_a_large_polygon_with_many_holes_is_checked_in_seconds() -> None:
    turns = np.linspace(0, 2 * np.pi, 100_001)
    wave = 0.4 + 0.01 * np.sin(turns * 500)
    outer = np.round(
        np.stack([141.7 + wave * np.cos(turns), 43.2 + wave * np.sin(turns)], axis=1), 9
    ).tolist()
    outer[-1] = outer[0]
    holes = [
        [[x, y], [x, y + 0.005], [x + 0.005, y + 0.005], [x, y]]
        for x in (141.5 + np.arange(20) * 0.02).tolist()
        for y in (43.0 + np.arange(20) * 0.02).tolist()
    ]
    start = time.perf_counter()
    found = read_areas(file(feature([outer, *holes])), "x")
    assert found.problems == ()
    assert len(found.areas[0].geometry["coordinates"]) == 401
    assert time.perf_counter() - start < 10
    again = read_areas(
        file(
            feature(
                [outer, *holes, [[141.501, 43.003], [141.501, 43.004], [141.502, 43.004], [141.501, 43.003]]]
            )
        ),
        "x",
    )
    assert "401番目の穴が別の穴の中" in again.problems[0].reason


@real
@pytest.mark.slow
def test_the_real_borders_pass_and_a_hazard_over_them_is_found_by_depth() -> None:
    borders = read_areas(BORDERS.read_bytes(), BORDERS.name)
    assert borders.problems == ()
    nine = [
        area.geometry
        for area in borders.areas
        if area.properties["N03_007"]
        in ("01210", "01209", "01215", "01222", "01423", "01427", "01428", "01429", "01430")
    ]
    within = read_areas(BORDERS.read_bytes(), BORDERS.name, region=nine)
    taken = {area.properties["N03_007"] for area in within.areas}
    assert {"01210", "01430"} <= taken
    assert "01100" not in taken
    assert len(taken) < 40
    flood = read_hazards(
        file(
            feature([SQUARE], A31a_205=2),
            feature([[[141.3, 44.9], [141.4, 44.9], [141.4, 45], [141.3, 44.9]]]),
        ),
        "x",
        on=ON,
        region=nine,
    )
    assert [problem.row for problem in flood.problems] == [2]
    depth = highest(
        shapes_of([area.geometry for area in flood.areas]), [3.0], [141.75, 141.0], [43.15, 43.15]
    )
    assert depth[0] == 3.0


@pytest.mark.slow
def test_thousands_of_polygons_are_read_in_seconds() -> None:
    features = [
        feature(
            [
                [
                    [141.5 + x / 200, 43 + y / 200]
                    for x, y in ((at, 0), (at + 1, 0), (at + 1, 50), (at, 50), (at, 0))
                ]
            ]
        )
        for at in range(90)
    ] * 60
    data = file(*features)
    start = time.perf_counter()
    assert len(read_areas(data, "x", region=REGION).areas) == 5400
    assert time.perf_counter() - start < 10
