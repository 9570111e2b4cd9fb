"""Hazard layers: polygons of a file, which shelters and how many residents lie in them."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.verbs import Stale
from keniki.apps.disaster.actions import districts as districts
from keniki.apps.disaster.actions import hazards as actions
from keniki.apps.disaster.actions import shelters as shelters
from keniki.apps.disaster.actions.districts import DistrictDraft
from keniki.apps.disaster.actions.hazards import LayerDraft, LayerFile
from keniki.apps.disaster.formats.geojson import read_hazards
from keniki.apps.disaster.models import HazardLayer, HazardPolygon
from keniki.apps.disaster.queries import hazards as queries
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput

from .test_shelters import of

BASE = "/desk/aoba/disaster/hazards/"


def square(west: float, south: float, side: float = 0.1) -> dict:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry: dict, **properties) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: dict) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


#: Shallow in the west, deep in the east; one that crosses itself.
FLOOD = collection(
    feature(square(141.75, 43.15), A31a_205=1),
    feature(square(141.80, 43.15), A31a_205=6),
)


def layer_file(data: bytes = FLOOD, name: str = "A31.geojson", **more) -> LayerFile:
    return LayerFile.of(read_hazards(data, name, on=today(), **more), data)


def draft(**changes) -> LayerDraft:
    return LayerDraft(
        **({"hazard": "flood", "title": "浸水想定（架空）", "source_text": "架空の県"} | changes)
    )


def form(**changes) -> dict:
    data = {
        "hazard": "flood",
        "title": "浸水想定（架空）",
        "source_text": "架空の県",
        "published_on": "2024-04-01",
    }
    return data | {"file": SimpleUploadedFile("A31.geojson", FLOOD)} | changes


def test_the_secretariat_registers_a_layer_and_a_town_does_not(in_region, secretariat, partner, client_as):
    page = client_as(secretariat).post(BASE + "new/", form(), follow=True).content.decode()
    assert "浸水想定（架空）" in page
    assert "20m以上（1区域）" in page
    assert HazardPolygon.objects.count() == 2
    assert client_as(partner).post(BASE + "new/", form()).status_code == 403
    with pytest.raises(Denied):
        actions.save_layer(partner, in_region, draft(), layer_file())


def test_the_same_file_changes_nothing_and_a_newer_one_replaces_the_polygons(in_region, secretariat):
    made = actions.save_layer(secretariat, in_region, draft(), layer_file())
    first = list(HazardPolygon.objects.values_list("pk", flat=True))
    actions.save_layer(secretariat, in_region, draft(), layer_file(), made, 1)
    assert list(HazardPolygon.objects.values_list("pk", flat=True)) == first
    assert LogEntry.objects.filter(verb="disaster.save_layer").count() == 1
    newer = collection(feature(square(141.7, 43.1), 浸水深="0.5m以上3.0m未満"))
    actions.save_layer(secretariat, in_region, draft(), layer_file(newer), made, 1)
    (only,) = HazardPolygon.objects.all()
    assert (only.depth_from, only.depth) == (Decimal("0.5"), Decimal(3))
    with pytest.raises(Stale):
        actions.save_layer(secretariat, in_region, draft(title="別"), None, made, 1)


def test_polygons_outside_the_region_are_refused_with_their_place_and_the_rest_goes_on(
    in_region, secretariat
):
    data = collection(feature(square(141.75, 43.15), A31a_205=1), feature(square(130.0, 33.0), A31a_205=1))
    made = actions.save_layer(
        secretariat, in_region, draft(), layer_file(data, region=[square(141.7, 43.1, 0.3)])
    )
    assert HazardPolygon.objects.count() == 1
    (refused,) = made.refused
    assert refused["row"] == 2
    assert "圏域の外" in refused["reason"]
    assert "経度 130.0" in refused["reason"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "JSON"), (b"[]", "FeatureCollection"), (collection(), "区域が1つもありません"),
        (collection(feature({"type": "Point", "coordinates": [141, 43]})), "Polygon"),
        (collection(feature(square(43.1, 141.7))), "緯度・経度の順"),
        (collection(feature(square(141.7, 43.1), A33_002="1")), "崖崩れ"),
    ],
)  # fmt: skip
def test_a_file_without_a_usable_polygon_is_refused(in_region, secretariat, client_as, content, said):
    answer = client_as(secretariat).post(
        BASE + "new/", form(file=SimpleUploadedFile("x.geojson", content), note="覚え書き")
    )
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "覚え書き" in answer.content.decode()
    assert not HazardLayer.objects.exists()


def test_a_layer_needs_its_file_and_its_source(in_region, secretariat, client_as):
    given = form(source_text="")
    del given["file"]
    answer = client_as(secretariat).post(BASE + "new/", given)
    assert answer.status_code == 422
    with pytest.raises(WrongInput, match="出典"):
        actions.save_layer(secretariat, in_region, draft(source_text=" "), layer_file())


@pytest.mark.slow
def test_shelters_in_a_layer_are_shown_and_contradictions_are_warned_of(
    in_region, secretariat, partner, towns, client_as
):
    made = actions.save_layer(secretariat, in_region, draft(), layer_file())
    deep = shelters.save_shelter(partner, in_region, of(towns["川北町"], longitude=Decimal("141.82")))
    dry = shelters.save_shelter(
        partner, in_region, of(towns["川北町"], name="高台", latitude=Decimal("43.5"))
    )
    other = of(towns["川北町"], name="広場", hazards=("fire",), longitude=Decimal("141.76"))
    shelters.save_shelter(partner, in_region, other)
    client = client_as(partner)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "1か所がこの区域の中にあります" in page
    assert "使える（要確認）" in page
    assert "20m以上" in page
    page = client.get(deep.get_absolute_url()).content.decode()
    assert "災害種別の指定と、ハザード情報が合いません" in page
    assert "架空の県" in page
    assert "区域の中にはありません" in client.get(dry.get_absolute_url()).content.decode()
    found = queries.affected(made, queries.polygons_of(made), [deep, dry])
    assert [(each.shelter.name, float(each.polygon.depth), each.contradicts) for each in found] == [
        ("川北小学校", 20.0, True)
    ]


@pytest.mark.slow
def test_residents_are_reckoned_by_area_or_by_point_and_it_is_said(in_region, secretariat, partner, towns):
    made = actions.save_layer(secretariat, in_region, draft(), layer_file())
    town = towns["川北町"]
    half = DistrictDraft(town, "半分", residents=1000, geometry=square(141.85, 43.15))
    inside = DistrictDraft(town, "中", residents=300, latitude=Decimal("43.2"), longitude=Decimal("141.82"))
    outside = DistrictDraft(town, "外", residents=50, latitude=Decimal("43.5"), longitude=Decimal("141.8"))
    unknown = DistrictDraft(town, "不明", residents=20)
    made_of = {
        each.name: districts.save_district(partner, in_region, each)
        for each in (half, inside, outside, unknown)
    }
    found = {
        each.district.name: (each.people, each.by_area, each.depth)
        for each in queries.exposed(queries.polygons_of(made), list(made_of.values()))
    }
    assert found == {
        "半分": (500, True, 20.0), "中": (300, False, 20.0), "外": (0, False, None), "不明": (None, False, None),
    }  # fmt: skip
    ((layer, one),) = queries.layers_for_district(in_region, made_of["半分"])
    assert (layer, one.people) == (made, 500)
    assert queries.layers_for_district(in_region, made_of["外"]) == []


def test_a_layer_is_removed_with_its_polygons(in_region, secretariat, client_as):
    made = actions.save_layer(secretariat, in_region, draft(), layer_file())
    client = client_as(secretariat)
    client.post(f"{made.get_absolute_url()}remove/", {"version": "9"})
    assert HazardLayer.objects.exists()
    client.post(f"{made.get_absolute_url()}remove/", {"version": "1"})
    assert not HazardPolygon.objects.exists()


def test_what_lies_far_outside_is_refused_where_no_borders_are_loaded(in_region, secretariat, client_as):
    assert queries.town_shapes(in_region).lacking
    mixed = collection(
        feature(square(141.75, 43.15), A31a_205=1),
        feature(square(135.4, 34.6), A31a_205=1),
    )
    file = SimpleUploadedFile("A31.geojson", mixed)
    page = client_as(secretariat).post(BASE + "new/", form(file=file), follow=True).content.decode()
    assert "圏域の外の区域です（経度 135.40000、緯度 34.60000の付近）" in page
    assert HazardPolygon.objects.count() == 1


@pytest.mark.parametrize("name", ["\\u0000", "a\\ud800b"])
def test_a_map_with_what_is_no_character_is_refused_and_not_a_fault(in_region, secretariat, client_as, name):
    bad = FLOOD.replace(b'"A31a_205": 1', f'"A31a_205": 1, "name": "{name}"'.encode())
    assert bad != FLOOD
    answer = client_as(secretariat).post(BASE + "new/", form(file=SimpleUploadedFile("A31.geojson", bad)))
    assert answer.status_code == 422
    assert "文字として成り立たない部分" in answer.content.decode()
    assert not HazardLayer.objects.exists()
