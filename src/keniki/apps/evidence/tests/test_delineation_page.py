"""Natural regions on a page: flows of the store by all rules, beside the actual regions, and how sure they are."""

from __future__ import annotations

import json

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse
from django_scopes import scope

from keniki.analysis.delineation import SETS
from keniki.apps.evidence import actions
from keniki.apps.evidence.book.book import members_of_every_region
from keniki.apps.evidence.delineating import finding, tables
from keniki.apps.evidence.delineating.rules import LMA_SETS, RULES, Chosen
from keniki.apps.evidence.delineating.showing import Shown
from keniki.apps.evidence.delineating.touching import borders_touching
from keniki.apps.evidence.importers import boundaries, flows, tidy
from keniki.apps.evidence.importers.base import RawBytes
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA, KONAN
from keniki.core.municipality_code import check_digit

pytestmark = pytest.mark.django_db

HEAD = "origin,destination,purpose,value,year\n"
#: 川北町 goes to 青葉市, 星野町 to 港南市, which is no member; some of 川北町 go nobody knows where.
TABLE = (
    (AOBA, AOBA, 90_000), (AOBA, KONAN, 900), (KAWAKITA, KAWAKITA, 3_000), (KAWAKITA, AOBA, 1_000),
    (HOSHINO, HOSHINO, 2_000), (HOSHINO, KONAN, 500), (HOSHINO, AOBA, 100), (KONAN, KONAN, 60_000),
)  # fmt: skip

_PARTS = {"commute": 0.9, "school": 0.1, "commute_school": 1.0}


def at(name: str, *args: object, region: str = "aoba") -> str:
    return reverse(f"evidence:{name}", args=[region, *args])


def loaded(operator, rows=TABLE, purposes=("commute", "school"), year=2020):
    """Nine in ten commute, the others go to school."""
    lines = [
        f"{origin},{destination},{purpose},{value * _PARTS[purpose]:g},{year}"
        for origin, destination, value in rows
        for purpose in purposes
    ]
    content = (HEAD + "\n".join(lines)).encode()
    return actions.import_figures(operator, [flows.read(RawBytes(f"flows_{year}.csv", content))])


def found(region, purpose="", chosen=None):
    with scope(region=region):
        return finding.find(region, tables.tables(region)[0], purpose, chosen or Chosen())


def test_without_flows_the_page_says_which_file_to_load(region, client_as, partner) -> None:
    page = client_as(partner).get(at("delineation"))
    assert page.status_code == 200
    assert "0003454527" in page.content.decode()
    assert client_as(partner).get(at("delineation-file", "ten", "svg")).status_code == 404


@pytest.mark.slow
def test_every_rule_counts_whom_its_authors_count(region, operator) -> None:
    loaded(operator)
    made = found(region)
    assert made.purposes == {
        "ten": ("commute", "school"), "uea": ("commute",), "lma": ("commute",), "fua": ("commute",),
    }  # fmt: skip
    assert made.flows["ten"].residents[made.flows["ten"].place(KAWAKITA)] == 4_000
    assert made.flows["uea"].residents[made.flows["uea"].place(KAWAKITA)] == 3_600
    assert made.made["ten"].groups[AOBA] == (AOBA, KAWAKITA)
    assert made.made["ten"].groups[KONAN] == (KONAN, HOSHINO)


def test_a_table_that_does_not_tell_school_apart_is_taken_and_said(region, operator) -> None:
    loaded(operator, purposes=("commute_school",))
    made = found(region)
    assert set(made.purposes.values()) == {("commute_school",)}
    assert "通勤・通学の流動で求めています" in made.notes[0]


def test_wards_are_their_city_and_who_goes_nobody_knows_where_lives_there_all_the_same(
    region, operator
) -> None:
    ward, city = "011011", "011002"
    loaded(
        operator, [*TABLE, (ward, ward, 400), (ward, AOBA, 100), (AOBA, ward, 50), (AOBA, "000000", 99_999)]
    )
    table = found(region).flows["ten"]
    assert ward not in table.codes
    assert table.share(city, AOBA) == 0.2
    assert table.share(AOBA, city) == 50 / 90_950


@pytest.mark.slow
def test_without_did_population_workers_stand_in_and_with_it_cities_are_told_by_it(region, operator) -> None:
    loaded(operator)
    assert any("人口集中地区（DID）の人口が読み込まれていない" in note for note in found(region).notes)
    rows = [(AOBA, "did_population", 60_000), (AOBA, "population", 100_000), (KONAN, "did_population", 9_000)]
    content = "municipality_code,indicator,year,value,unit\n" + "\n".join(
        f"{code},{indicator},2020,{value},persons" for code, indicator, value in rows
    )
    actions.import_figures(operator, [tidy.READER.read(RawBytes("did.csv", content.encode()))])
    made = found(region)
    assert made.made["uea"].facts == {
        AOBA: {"kind": "大都市雇用圏", "core_did": 60_000, "core_municipalities": 1}
    }
    assert made.made["fua"].groups[AOBA] == (AOBA, KAWAKITA)
    assert KONAN in made.made["fua"].alone
    assert not any("読み込まれていない" in note for note in made.notes)


@pytest.mark.slow
def test_the_page_shows_each_town_beside_the_actual_region(region, operator, client_as, partner) -> None:
    loaded(operator)
    made = found(region)
    with scope(region=region):
        shown = Shown(region, members_of_every_region(), made)
        towns = {town.name: town for town in shown.towns}
        own = [row for row in shown.compared if row.own]
    assert list(towns) == ["青葉市", "川北町", "星野町", "港南市"]
    assert towns["川北町"].placed[0].area == "青葉市"
    assert towns["川北町"].placed[0].why == "25.0％が通う"
    assert towns["川北町"].regions == ("港南圏域", "青葉圏域")
    assert towns["星野町"].placed[0].area == "港南市"
    assert (own[0].area, own[0].both, own[0].only_region, own[0].only_area) == ("青葉市", 2, ("星野町",), ())
    assert own[0].overlap == pytest.approx(200 / 3)
    page = client_as(partner).get(at("delineation"))
    assert page.status_code == 200
    for words in ("25.0％が通う", "港南圏域", "修正ランド指数", "従業者数"):
        assert words in page.content.decode(), words


@pytest.mark.slow
def test_a_table_of_some_towns_only_is_said_and_others_are_named_all_the_same(
    region, other_region, operator
) -> None:
    loaded(operator, [(AOBA, AOBA, 900), (KAWAKITA, KAWAKITA, 95), (KAWAKITA, AOBA, 5)])
    made = found(region)
    assert any("出発地は2市区町村" in note for note in made.notes)
    with scope(region=region):
        shown = Shown(region, members_of_every_region(), made)
        compared = {(row.rule.key, row.region): row for row in shown.compared}
    assert shown.lacking == ["星野町"]
    assert compared["ten", other_region.name].only_region == ("川北町", "港南市")
    assert (compared["ten", region.name].area, compared["ten", region.name].both) == ("", 0)


@pytest.mark.slow
def test_files_to_take_away_have_every_municipality(region, operator, client_as, partner, neighbour) -> None:
    loaded(operator)
    client = client_as(partner)
    table = client.get(at("delineation-file", "all", "csv"))
    lines = table.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("団体コード,市区町村名,実際の圏域,10％基準：圏域")
    assert [line.split(",")[0] for line in lines[1:]] == sorted([AOBA, KAWAKITA, HOSHINO, KONAN])
    assert client.get(at("delineation-file", "regions", "xlsx")).status_code == 200
    for what, format in (("nothing", "csv"), ("ten", "csv"), ("towns", "svg"), ("ten", "exe")):
        assert client.get(at("delineation-file", what, format)).status_code == 404, (what, format)
    for name, args in (
        ("delineation", ()),
        ("delineation-stability", ()),
        ("delineation-file", ("all", "csv")),
    ):
        assert client_as(neighbour).get(at(name, *args)).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ten_threshold", "0", "以上"),
        ("ten_threshold", "101", "以下"),
        ("uea_core_did", "nan", "数値"),
        ("uea_core_did", "1e400", "数値"),
        ("lma_min_size", "多い", "数値"),
        ("table", "1-9999999999", ""),
        ("purpose", "shopping", ""),
        ("ten_centres", "012106", "登録されていません"),
        ("ten_centres", "012107", "検査数字"),
        ("lma_set", "japan", ""),
    ],
)
def test_wrong_figures_are_refused_in_place(region, operator, client_as, partner, name, value, words) -> None:
    loaded(operator)
    page = client_as(partner).get(at("delineation"), {name: value})
    assert page.status_code == 422
    assert page.context["form"].errors[name]
    assert words in str(page.context["form"].errors[name])
    assert client_as(partner).get(at("delineation-file", "all", "csv"), {name: value}).status_code == 404


@pytest.mark.slow
def test_a_least_figure_lies_below_its_target(region, operator, client_as, partner) -> None:
    loaded(operator)
    asked = {"lma_set": "own", "lma_min_size": "25000", "lma_min_containment": "80"}
    errors = client_as(partner).get(at("delineation"), asked).context["form"].errors
    assert set(errors) == {"lma_min_size", "lma_min_containment"}
    assert client_as(partner).get(at("delineation"), asked | {"lma_set": "uk"}).status_code == 200


@pytest.mark.slow
def test_published_figures_are_taken_exactly_and_typed_ones_change_the_result(
    region, operator, client_as, partner
) -> None:
    loaded(operator)
    client = client_as(partner)
    assert client.get(at("delineation")).context["shown"].found.chosen == Chosen()
    wide = client.get(at("delineation"), {"ten_threshold": "26", "ten_centres": AOBA}).context["shown"]
    assert wide.found.chosen.ten.threshold == 0.26
    assert wide.found.made["ten"].groups[AOBA] == (AOBA,)
    assert set(LMA_SETS) == {*SETS, "own"}


@pytest.mark.slow
def test_stability_is_drawn_part_by_part_and_kept_until_flows_change(
    region, operator, client_as, partner
) -> None:
    cache.clear()
    close = [(HOSHINO, HOSHINO, 900), (HOSHINO, AOBA, 100), *(row for row in TABLE if row[0] != HOSHINO)]
    loaded(operator, close)
    client = client_as(partner)
    assert "安定度を求める" in client.get(at("delineation")).content.decode()
    first = client.get(at("delineation-stability"), headers={"HX-Request": "true"})
    assert "10／100回" in first.content.decode()
    for _ in range(8):
        assert client.get(at("delineation-stability")).status_code == 200
    last = client.get(at("delineation-stability"), headers={"HX-Request": "true"})
    assert (last.status_code, last.headers["HX-Redirect"]) == (204, at("delineation") + "?")
    assert "結果を見る" in client.get(at("delineation-stability")).content.decode()
    page = client.get(at("delineation"))
    sure = page.context["sure"]["ten"]
    assert (sure.draws, sure.by_code()[KAWAKITA]) == (100, 1.0)
    assert 0.2 < sure.by_code()[HOSHINO] < 0.8
    assert "安定度 100％" in page.content.decode()
    loaded(operator, year=2025)
    assert client.get(at("delineation")).context["sure"] is None


def squares():
    """The four towns as squares side by side from west to east."""
    names = {AOBA: "青葉市", KAWAKITA: "川北町", HOSHINO: "星野町", KONAN: "港南市"}
    features = []
    for place, (code, name) in enumerate(names.items()):
        west, east = 141.0 + place / 10, 141.1 + place / 10
        ring = [[west, 43.0], [east, 43.0], [east, 43.1], [west, 43.1], [west, 43.0]]
        properties = {"N03_001": "北海道", "N03_004": name, "N03_007": code[:5]}
        features.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return boundaries.read(RawBytes("N03-20240101_01.geojson", content))


@pytest.mark.slow
def test_with_borders_there_are_maps_and_exclaves_are_looked_at(region, operator, client_as, partner) -> None:
    loaded(operator)
    actions.import_figures(operator, [squares()])
    assert borders_touching()[KAWAKITA] == {AOBA, HOSHINO}
    client = client_as(partner)
    page = client.get(at("delineation"))
    assert at("delineation-file", "ten", "svg") in page.content.decode()
    assert not any("飛び地" in note for note in page.context["shown"].notes)
    drawn = client.get(at("delineation-file", "ten", "svg"))
    assert drawn["Content-Type"] == "image/svg+xml"
    assert b"</svg>" in drawn.content
    with scope(region=region):
        chart = Shown(region, members_of_every_region(), found(region)).map(RULES["ten"])
    assert chart.rows[:3] == (("青葉市", "青葉市"), ("川北町", "青葉市"), ("星野町", "港南市"))
    assert "青葉市の圏域に青葉市、川北町" in chart.alt


@pytest.mark.slow
def test_all_of_japan_is_shown_within_seconds(region, operator, client_as, partner) -> None:
    """1,741 municipalities that go mostly to their nearest; the members among them."""
    random = np.random.default_rng(7)
    five = [f"{prefecture:02}{number}" for prefecture in range(1, 48) for number in range(301, 339)][:1737]
    codes = [AOBA, KAWAKITA, HOSHINO, KONAN, *(each + check_digit(each) for each in five)]
    people = random.lognormal(10, 1.2, len(codes))
    rows = []
    for place, code in enumerate(codes):
        near = np.abs(np.arange(len(codes)) - place)
        drawn = people * np.exp(-near / 5)
        drawn[place] = people[place] * 2
        going = np.round(drawn / drawn.sum() * people[place] / 2)
        rows.extend((code, codes[to], int(going[to])) for to in np.flatnonzero(going))
        rows.extend((code, codes[to], 1) for to in random.integers(0, len(codes), 5) if near[to] > 200)
    assert len(dict.fromkeys((one, other) for one, other, _ in rows)) > 40_000
    loaded(
        operator,
        list({(one, other): (one, other, value) for one, other, value in rows}.values()),
        ("commute_school",),
    )
    client = client_as(partner)
    page = client.get(at("delineation"))
    assert page.status_code == 200
    made = page.context["shown"].found.made
    assert {len(each.areas) for each in made.values()} == {len(codes)}
    assert min(facts["validity"] for facts in made["lma"].facts.values()) >= 1 - 1e-9
