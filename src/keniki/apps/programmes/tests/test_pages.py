"""Pages of programmes: the verdict with its rules, the candidates beside the members, and who sees them."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import reverse

from keniki.apps.evidence import actions
from keniki.apps.evidence.importers import flows, tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.programmes.views.common import programmes_of
from keniki.apps.regions.models import Municipality

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BASE = "/desk/aoba/programmes/"


def store(operator, reader, *rows: str) -> None:
    content = "\n".join(rows).encode() + b"\n"
    actions.import_figures(operator, [reader.read(RawBytes(f"{reader.kind}.csv", content))])


@pytest.fixture
def figures(operator, region):
    """青葉市 (019011) in two censuses: below the ratio in 2015, above it in 2020."""
    store(
        operator,
        tidy.READER,
        "municipality_code,indicator,year,value,unit",
        "019011,population,2015,50500,persons",
        "019011,population,2020,50000,persons",
        "019011,day_night_ratio,2015,98.4,percent",
        "019011,day_night_ratio,2020,101.2,percent",
    )


@pytest.mark.parametrize(("who", "status"), [("viewer", 200), ("partner", 200), ("neighbour", 404)])
def test_people_of_the_region_read_the_verdict(request, region, client_as, who, status) -> None:
    client = client_as(request.getfixturevalue(who))
    assert [client.get(BASE + path).status_code for path in ("", "partners/")] == [status, status]


def test_a_region_without_a_programme_is_offered_those_it_may_take_part_in(in_region) -> None:
    with transaction.atomic():
        in_region.programmes.all().delete()
    assert programmes_of(in_region) == ["teiju", "renkei", "hokkaido"]
    Municipality.objects.update(prefecture="34")
    assert programmes_of(in_region) == ["teiju", "renkei"]


def test_the_verdict_follows_the_census_asked_for_and_names_what_would_change_it(
    figures, client_as, partner
) -> None:
    client = client_as(partner)
    asked = {"programme": "teiju", "city": "019011", "date": "2024-05-24"}
    below = client.get(BASE, asked | {"census": "2015"}).content.decode()
    assert ">98.4％<" in below
    assert ">50,500人<" in below
    assert "不適合" in below
    assert "2020年: 適合" in below
    above = client.get(BASE, asked | {"census": "2020"}).content.decode()
    assert "2015年: 不適合" in above


def test_a_day_before_the_programme_began_is_told_in_the_form(figures, client_as, partner) -> None:
    answer = client_as(partner).get(BASE, {"programme": "teiju", "city": "019011", "date": "2001-04-01"})
    assert answer.status_code == 422
    assert "効力がありません" in answer.content.decode()
    assert client_as(partner).get(BASE, {"date": "きのう"}).status_code == 422
    assert "判定する市がありません" in client_as(partner).get(BASE, {"city": "011002"}).content.decode()


def test_candidates_stand_beside_the_members_and_without_flows_the_page_says_what_to_load(
    region, operator, client_as, partner
) -> None:
    client = client_as(partner)
    assert "0003454527" in client.get(BASE + "partners/").content.decode()
    store(
        operator,
        flows.READER,
        "origin,destination,purpose,value,year",
        "019020,019011,commute_school,235,2020",
        "019020,019020,commute_school,765,2020",
        "012106,019011,commute_school,5,2020",
        "012106,012106,commute_school,995,2020",
    )
    page = client.get(reverse("programmes:partners", args=["aoba"])).content.decode()
    assert "23.5" in page
    assert "目安以上" in page
    assert "0003454527" not in page


def test_the_steps_follow_from_a_day_as_chart_table_and_calendar(region, client_as, partner) -> None:
    client = client_as(partner)
    asked = {"programme": "teiju", "start": "2024-05-24"}
    page = client.get(BASE + "procedure/", asked).content.decode()
    assert "R6.5.24" in page
    assert "96条" in page
    chart = client.get(BASE + "procedure/chart/", asked)
    assert chart["Content-Type"] == "image/svg+xml"
    assert b"<svg" in chart.content
    feed = client.get(BASE + "procedure/calendar/", asked)
    assert feed["Content-Type"].startswith("text/calendar")
    assert "DTSTART;VALUE=DATE:20240524" in feed.content.decode()
    assert client.get(BASE + "procedure/", asked | {"start": "いつか"}).status_code == 422
    assert client.get(BASE + "procedure/chart/", asked | {"start": "1999-01-01"}).status_code == 404


@pytest.mark.parametrize("start", ["9999-12-31", "9999-01-04", "0001-01-01", "2099-04-01"])
def test_no_day_makes_a_page_of_a_programme_fail(region, figures, client_as, partner, start) -> None:
    client = client_as(partner)
    for programme in ("teiju", "renkei", "hokkaido"):
        for path in ("", "procedure/", "procedure/chart/", "procedure/calendar/"):
            asked = {"programme": programme, "start": start, "date": start, "city": "019011"}
            answer = client.get(BASE + path, asked)
            assert answer.status_code in {200, 404, 422}, (programme, path)
            assert "保存できませんでした" not in answer.content.decode(errors="replace"), (programme, path)
