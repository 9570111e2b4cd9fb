"""Districts: who lives there, which are targets of wide-area evacuation, beside the towns' census figures."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.disaster.actions import districts as actions
from keniki.apps.disaster.actions.districts import DistrictDraft
from keniki.apps.disaster.forms.districts import COLUMNS, districts_in
from keniki.apps.disaster.models import District
from keniki.apps.evidence import actions as evidence
from keniki.apps.evidence.importers import tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.portal.testing import HOSHINO, KAWAKITA
from keniki.core.csv_dialect import write_csv
from keniki.core.errors import WrongInput

from .test_hazards import collection, feature, square

BASE = "/desk/aoba/disaster/districts/"


def of(town, **changes) -> DistrictDraft:
    return DistrictDraft(town, **({"name": "東区", "residents": 400, "vulnerable": 80} | changes))


def form(**changes: str) -> dict[str, str]:
    return {"town": KAWAKITA, "name": "東区", "residents": "400", "vulnerable": "80"} | changes


def row(**cells: object) -> tuple:
    made = {"市町村コード": KAWAKITA, "市町村": "川北町", "地区名": "東区", "居住者": 400} | cells
    return tuple(made.get(column, "") for column in COLUMNS)


def upload(*rows: tuple) -> SimpleUploadedFile:
    return SimpleUploadedFile("chiku.csv", write_csv([COLUMNS, *rows]).data, "text/csv")


def test_a_town_registers_its_own_districts(in_region, partner, other_partner, towns, client_as):
    page = client_as(partner).post(BASE + "new/", form(target="on"), follow=True).content.decode()
    assert "東区" in page
    found = District.objects.get()
    assert (found.residents, found.vulnerable, found.target, found.day_people) == (400, 80, True, None)
    assert client_as(other_partner).post(f"{BASE}{found.slug}/edit/", form()).status_code == 403
    with pytest.raises(Denied):
        actions.save_district(other_partner, in_region, of(towns["川北町"]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vulnerable": "401"}, "要配慮者が居住者より多く"), ({"residents": "-1"}, "0"), ({"name": ""}, "入力"),
        ({"latitude": "43.2"}, "両方"), ({"residents": "many"}, "整数"), ({"town": HOSHINO}, "市町村"),
    ],
)  # fmt: skip
def test_a_wrong_district_keeps_what_was_typed(in_region, partner, client_as, changes, said):
    answer = client_as(partner).post(BASE + "new/", form(note="覚え書き") | changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "覚え書き" in answer.content.decode()
    assert not District.objects.exists()


def test_the_second_editor_is_shown_both_and_a_name_stands_once(in_region, partner, towns, client_as):
    made = actions.save_district(partner, in_region, of(towns["川北町"]))
    actions.save_district(partner, in_region, of(towns["川北町"], note="河川沿い"), made, 1)
    answer = client_as(partner).post(f"{BASE}{made.slug}/edit/", form(note="高台") | {"version": "1"})
    assert answer.status_code == 409
    assert "河川沿い" in answer.content.decode()
    with pytest.raises(WrongInput, match="同じ地区"):
        actions.save_district(partner, in_region, of(towns["川北町"]))


@pytest.mark.slow
def test_a_file_is_taken_and_bad_rows_are_shown_with_their_place(in_region, partner, client_as):
    rows = (
        row(要配慮者=80, 広域避難の対象="1", 緯度="43.2", 経度="141.8", 時点="令和7年4月1日"),
        row(地区名="西区", 居住者=-5),
        row(地区名="南区", 要配慮者=900),
        row(市町村コード=HOSHINO, 市町村="星野町"),
        row(市町村コード="012106", 市町村="岩見沢市"),
        row(),
        row(地区名="北区", 居住者=""),
    )
    answer = client_as(partner).post(BASE + "load/", {"file": upload(*rows)})
    page = answer.content.decode()
    assert answer.status_code == 200
    for said in (
        "人数ではありません",
        "居住者より多く",
        "星野町の担当者だけ",
        "圏域の市町村のコード",
        "同じ地区",
        "居住者が空欄です",
    ):
        assert said in page
    found = District.objects.get()
    assert (found.name, found.target, str(found.as_of)) == ("東区", True, "2025-04-01")


def test_the_same_file_changes_nothing_and_columns_it_lacks_stay(in_region, partner, towns, client_as):
    client = client_as(partner)
    client.post(BASE + "load/", {"file": upload(row(要配慮者=80, 広域避難の対象="1"))})
    out = client.get(BASE + "data/").content
    page = client.post(BASE + "load/", {"file": SimpleUploadedFile("a.csv", out)}, follow=True)
    assert "新規0、変更0、変更なし1" in page.content.decode()
    assert LogEntry.objects.filter(verb="disaster.load_districts").count() == 1
    short = f"市町村コード,地区名,居住者\r\n{KAWAKITA},東区,410\r\n".encode("utf-8-sig")
    client.post(BASE + "load/", {"file": SimpleUploadedFile("b.csv", short)})
    found = District.objects.get()
    assert (found.residents, found.vulnerable, found.target) == (410, 80, True)


@pytest.mark.slow
def test_shapes_come_from_geojson_and_stay_when_numbers_are_edited(in_region, partner, towns, client_as):
    data = collection(
        feature(square(141.7, 43.1), 市町村コード=KAWAKITA, 地区名="東区", 居住者=400, 要配慮者=80),
        feature({"type": "Point", "coordinates": [141, 43]}, 市町村コード=KAWAKITA, 地区名="点"),
    )
    client = client_as(partner)
    page = client.post(BASE + "load/", {"file": SimpleUploadedFile("a.geojson", data)}).content.decode()
    assert "Point" in page
    found = District.objects.get()
    assert found.geometry == square(141.7, 43.1)
    client.post(f"{BASE}{found.slug}/edit/", form(residents="500") | {"version": "1"})
    found.refresh_from_db()
    assert (found.residents, found.geometry) == (500, square(141.7, 43.1))
    assert "<svg" in client.get(BASE).content.decode()


@pytest.mark.parametrize(("content", "said"), [(b"a,b\r\n1,2\r\n", "見出し"), (b"{", "JSON"), (b"", "空")])
def test_a_file_that_cannot_be_read_is_refused(in_region, partner, client_as, content, said):
    answer = client_as(partner).post(BASE + "load/", {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_targets_of_a_town_are_chosen_by_the_town(in_region, partner, other_partner, towns, client_as):
    first = actions.save_district(partner, in_region, of(towns["川北町"], target=True))
    second = actions.save_district(partner, in_region, of(towns["川北町"], name="西区"))
    address = f"{BASE}targets/{KAWAKITA}/"
    client_as(partner).post(address, {"district": second.slug})
    assert list(District.objects.filter(target=True)) == [second]
    first.refresh_from_db()
    assert first.version == 2
    assert client_as(other_partner).post(address, {}).status_code == 403
    assert client_as(partner).get(f"{BASE}targets/012106/").status_code == 404
    assert actions.mark_targets(partner, in_region, towns["川北町"], {second.pk}) == 0


@pytest.fixture
def census(operator, db) -> None:
    text = (
        "municipality_code,indicator,year,value,unit\n"
        f"{KAWAKITA},population,2020,8000,persons\n{KAWAKITA},day_night_ratio,2020,90,percent\n"
    )
    evidence.import_figures(operator, [tidy.READER.read(RawBytes("census.csv", text.encode()))])


def test_the_sum_of_districts_stands_beside_the_census_with_its_source(
    in_region, partner, towns, client_as, census
):
    actions.save_district(partner, in_region, of(towns["川北町"]))
    page = client_as(partner).get(BASE).content.decode()
    assert "8,000" in page
    assert "▲7,600" in page
    assert "/figures/" in page


@pytest.mark.slow
def test_a_whole_town_is_proposed_from_its_census_figures(in_region, partner, client_as, census):
    client = client_as(partner)
    assert "7,200" in client.get(BASE + "propose/").content.decode()
    assert client.post(BASE + "propose/", {}).status_code == 422
    assert client.post(BASE + "propose/", {"town": [KAWAKITA, HOSHINO]}).status_code == 403
    assert not District.objects.exists()
    client.post(BASE + "propose/", {"town": [KAWAKITA]})
    found = District.objects.get()
    assert (found.name, found.residents, found.night_people, found.day_people) == (
        "川北町全域", 8000, 8000, 7200,
    )  # fmt: skip
    assert found.latitude == Decimal("43.2")
    assert found.source_text
    assert "もう地区があります" in client.get(BASE + "propose/").content.decode()


def test_a_district_is_removed_and_its_page_is_read_by_all(
    in_region, partner, viewer, neighbour, towns, client_as
):
    made = actions.save_district(partner, in_region, of(towns["川北町"]))
    address = made.get_absolute_url()
    assert "400人" in client_as(viewer).get(address).content.decode()
    assert client_as(neighbour).get(address).status_code == 404
    client_as(partner).post(f"{address}remove/", {"version": "1"})
    assert not District.objects.exists()


def test_numbers_of_a_geojson_are_read_as_they_are(towns):
    data = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                feature(square(141.7, 43.1), 市町村コード=KAWAKITA, 地区名="東区", 居住者=1234567.0)
            ],
        }
    ).encode()
    known = {KAWAKITA: towns["川北町"]}
    assert districts_in(data, "a.geojson", known, known).drafts[0].residents == 1234567
