"""Areas other than municipalities: those that touch the region, with members, figures and what reaches beyond."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from django_scopes import scope

from keniki.apps.evidence import actions, queries
from keniki.apps.evidence.importers import estat_csv
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.evidence.importers.mapping import read_mapped, spec_of
from keniki.apps.evidence.models import Area

pytestmark = pytest.mark.django_db
TEST_DATA = os.environ.get("KENIKI_TEST_DATA")
#: 架空の圏: 港南市 is no member of 青葉圏域.
MEDICAL = """
title: 医師数
area: {name: 圏域, kind: medical_area}
areas:
  - {name: 青葉医療圏, code: aoba-iryou, kind: medical_area, members: ["019011", "019046"], note: 架空の圏}
  - {name: 星野消防, code: hoshino, kind: fire_union, members: ["019038"], beyond_region: true}
  - {name: 遠い医療圏, code: tooi, kind: medical_area, members: ["019054"]}
year: 2022
columns: [{column: 医師数, indicator: doctors, unit: 人}]
"""
TABLE = "圏域,医師数\n青葉医療圏,88\n星野消防,5\n遠い医療圏,7\n"


def medical():
    return read_mapped(RawBytes("ishi.csv", TABLE.encode()), spec_of(MEDICAL), {})


def at(name: str, *args: object, region: str = "aoba") -> str:
    return reverse(f"evidence:{name}", args=[region, *args])


@pytest.mark.slow
def test_areas_that_touch_the_region_are_listed_with_members_and_what_reaches_beyond(
    region, operator, client_as, partner
) -> None:
    actions.import_figures(operator, [medical()])
    with scope(region=region):
        kinds = queries.areas_touching(region)
    assert [(kind.label, [view.area.name for view in kind.areas]) for kind in kinds] == [
        ("二次医療圏", ["青葉医療圏"]),
        ("消防の管轄", ["星野消防"]),
    ]
    assert [(town.code, town.inside) for town in kinds[0].areas[0].towns] == [
        ("019011", True),
        ("019046", False),
    ]
    assert [view.beyond for kind in kinds for view in kind.areas] == [True, True]
    page = client_as(partner).get(at("areas")).content.decode()
    assert "一部圏域外も含む" in page
    assert "遠い医療圏" not in page
    one = client_as(partner).get(at("area", kinds[0].areas[0].area.pk)).content.decode()
    assert "圏域の合計に加えません" in one
    assert ">88</a>" in one
    assert client_as(partner).get(at("area", Area.objects.get(name="遠い医療圏").pk)).status_code == 404


def test_a_regions_own_areas_are_its_own(region, other_region, secretariat, client_as, neighbour) -> None:
    with scope(region=region):
        actions.import_figures(secretariat, [medical()], region=region)
        (own,) = [view for kind in queries.areas_touching(region) for view in kind.areas][:1]
    assert own.area.code == "aoba:aoba-iryou"
    with scope(region=other_region):
        assert queries.areas_touching(other_region) == []
    assert client_as(neighbour).get(at("area", own.area.pk, region=other_region.slug)).status_code == 404


@pytest.mark.slow
@pytest.mark.skipif(not TEST_DATA, reason="KENIKI_TEST_DATA is not set")
def test_former_municipalities_of_the_census_belong_to_the_one_they_are_part_of_now() -> None:
    file = Path(f"{TEST_DATA}/census2020/population_census_2020.csv")
    areas = estat_csv.READER.read(RawBytes(file.name, file.read_bytes())).area_keys
    members = {area.name: area.members for area in areas if area.kind == "former" and area.code[:2] == "01"}
    assert members["（旧：栗沢町）"] == members["（旧：岩見沢市）"] == ("012106",)
    former = [area for area in areas if area.kind == "former"]
    assert len(former) == 2_121
    assert all(len(area.members) == 1 for area in former)
    # 長野県山口村 went to 岐阜県中津川市.
    assert next(area.members for area in former if area.code == "204315") == ("212067",)
