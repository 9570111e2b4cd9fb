"""The region book: rates are recomputed, never averaged; every figure leads to its source; gaps are named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.urls import reverse
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence import actions
from keniki.apps.evidence.book.book import Book, members_of, places_of
from keniki.apps.evidence.book.document import write
from keniki.apps.evidence.book.holdings import Holdings, Place
from keniki.apps.evidence.book.rows import REGION
from keniki.apps.evidence.book.values import Values
from keniki.apps.evidence.importers import boundaries, flows, tidy
from keniki.apps.evidence.importers.base import Parsed, RawBytes
from keniki.apps.evidence.models import Figure
from keniki.apps.evidence.reading import Reading
from keniki.apps.regions import queries
from keniki.apps.regions.models import Arrangement
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import parse_code
from keniki.press.pdf import render_png
from keniki.rulebooks.indicators import catalogue

from .test_areas import medical
from .test_store import parsed

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEAD = "municipality_code,indicator,year,value,unit,sex,age,source"
TOWNS = [Place("019011", "青葉市"), Place("019020", "川北町"), Place("019038", "星野町")]


def store(operator: Actor, *lines: str, name: str = "表.csv") -> None:
    raw = RawBytes(name, "\n".join([HEAD, *lines]).encode())
    done = actions.import_figures(operator, [tidy.READER.read(raw)])
    assert done.quarantined == 0


def values(indicators: list[str] | None = None) -> Values:
    return Values(Holdings(TOWNS, indicators=indicators))


@pytest.fixture
def doctors(operator: Actor) -> None:
    store(
        operator,
        "019011,doctors,2022,100,persons,,,",
        "019020,doctors,2022,2,persons,,,",
        "019038,doctors,2022,0,persons,,,",
        "019011,population,2020,50000,persons,,,",
        "019020,population,2020,8000,persons,,,",
        "019038,population,2020,2000,persons,,,",
        "019011,population,2015,52000,persons,,,",
        "019020,population,2015,9000,persons,,,",
        "019038,population,2015,2500,persons,,,",
    )


def test_the_regions_rate_is_recomputed_from_sums_with_the_year_of_its_denominator(region, doctors) -> None:
    row = values().row("doctors_per_100k")
    assert row is not None
    assert row.total.value == pytest.approx(102 / 60_000 * 100_000)
    average = sum(row.value(town.code) or 0 for town in TOWNS) / 3
    assert row.total.value != pytest.approx(average, rel=0.1)
    assert (row.year, row.others) == (2022, ("総人口 2020年",))
    small = row.cells["019020"]
    assert small.low is not None
    assert small.high is not None
    assert small.low < 25 < small.high


def test_a_change_is_counted_between_the_last_two_years_or_from_the_first(region, operator, doctors) -> None:
    row = values().row("population_change_rate")
    assert row is not None
    assert (row.earlier, row.year, row.when) == (2015, 2020, "2015～2020年")
    assert row.total.value == pytest.approx((60_000 - 63_500) / 63_500 * 100)
    store(operator, *(f"{town.code},population,2010,{70_000},persons,,," for town in TOWNS), name="2010.csv")
    assert values().row("population_change_rate", earlier=0).earlier == 2010  # type: ignore[union-attr]
    assert values().row("population_change_rate").earlier == 2015  # type: ignore[union-attr]


def test_a_town_without_a_figure_leaves_the_region_without_one_and_is_named(region, operator) -> None:
    store(operator, "019011,births,2022,300,persons,,,", "019020,births,2022,20,persons,,,")
    row = values(["births"]).row("births")
    assert row is not None
    assert row.total.value is None
    assert row.why_no_total == "星野町の値がないため、圏域の値は求められません。"


def test_the_newest_year_most_towns_have_is_taken(region, operator) -> None:
    store(operator, *(f"{town.code},births,2021,10,persons,,," for town in TOWNS))
    store(operator, "019011,births,2022,300,persons,,,", name="2022.csv")
    row = values(["births"]).row("births")
    assert (row.year, row.total.value) == (2021, 30)  # type: ignore[union-attr]


def test_a_mark_for_nothing_counts_as_none_and_is_shown_as_it_stands(region, operator) -> None:
    sheet = {"青葉市": (300.0, 1.0), "川北町": (None, 1.0), "星野町": (4.0, 1.0)}
    actions.import_figures(operator, [parsed(sheet)])
    row = values(["population"]).row("population")
    assert row.total.value == 304  # type: ignore[union-attr]
    assert row.cells["019020"].text == "-"  # type: ignore[union-attr]


def test_ratios_that_cannot_be_added_say_why(region, operator) -> None:
    store(operator, *(f"{town.code},ordinary_balance_ratio,2021,95,percent,,," for town in TOWNS))
    row = values(["ordinary_balance_ratio"]).row("ordinary_balance_ratio")
    assert row.total.value is None  # type: ignore[union-attr]
    assert "平均は圏域の比率になりません" in row.why_no_total  # type: ignore[union-attr]


def test_figures_in_another_unit_are_converted_and_of_another_kind_left_out(region, operator) -> None:
    store(operator, *(f"{town.code},total_area,2023,100,hectare,,," for town in TOWNS))
    assert values(["total_area"]).row("total_area").total.value == pytest.approx(3)  # type: ignore[union-attr]
    store(operator, *(f"{town.code},births,2023,7,hectare,,," for town in TOWNS), name="単位.csv")
    assert values(["births"]).row("births") is None


def test_every_published_figure_behind_a_rate_is_named(region, doctors) -> None:
    used = values().used("doctors_per_100k", code="019011")
    assert {(each.line.of, each.line.year, each.held.value) for each in used} == {
        ("doctors", 2022, 100.0),
        ("population", 2020, 50_000.0),
    }
    assert all(Figure.objects.filter(pk=each.held.pks[0]).exists() for each in used)
    assert len(values().used("doctors_per_100k", code=REGION)) == 6


def test_men_and_women_are_added_where_a_table_has_only_both(region, operator) -> None:
    lines = [
        f"{town.code},population,2015,{number},persons,{sex},,"
        for town in TOWNS
        for sex, number in (("male", 10), ("female", 12))
    ]
    store(operator, *lines)
    row = values().row("population")
    assert row.total.value == 66  # type: ignore[union-attr]
    assert len(row.cells["019011"].pks) == 2  # type: ignore[union-attr]


@pytest.fixture
def arrangement_of_two(in_region, towns) -> Arrangement:
    with verb(queries.operator(), "testing.arrangement", quiet=True):
        made = Arrangement.objects.create(region=in_region, slug="shoubou", name="青葉消防事務組合")
        made.members.set([towns["青葉市"], towns["川北町"]])
    return made


def test_every_indicator_is_listed_with_definition_formula_and_source(region, client_as, viewer) -> None:
    page = client_as(viewer).get(reverse("evidence:indicators", args=["aoba"])).content.decode()
    for indicator in catalogue(today()):
        assert indicator.id in page
    assert "医師数÷" in page


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ([""], "1～200個"),
        (["01210X"], "団体コード"),
        (["99999"], "団体コード"),
        (["01999"], "団体コード"),
    ],
)
def test_wrong_codes_are_told(region, codes, words) -> None:
    with pytest.raises(WrongInput, match=words):
        places_of(codes)


def test_what_is_missing_says_which_file_to_load(region) -> None:
    with scope(region=region):
        chapter = Book(members_of(region), region).chapter("population")
    assert chapter.exhibits == ()
    assert any("国勢調査" in what and "読み込んでください" in what for what in chapter.missing)


def test_a_region_without_figures_gives_a_report_that_says_so(region) -> None:
    with scope(region=region):
        written = write(Book(members_of(region), region))
    assert written.exhibits == []
    assert "まだない図表と、読み込むファイル" in repr(written.document)
    assert render_png(written.document, 40)


def test_the_pages_show_charts_tables_and_the_way_to_each_figure(
    region, doctors, client_as, partner, neighbour
) -> None:
    client = client_as(partner)
    chapter = reverse("evidence:book-chapter", args=["aoba", "medical"])
    shown = client.get(chapter).content.decode()
    assert "人口10万人当たり医師数" in shown
    link = reverse("evidence:reckoned", args=["aoba", "doctors_per_100k", REGION])
    assert f'href="{link}?year=2022">170.0</a>' in shown
    source = client.get(f"{link}?year=2022").content.decode()
    assert "医師数÷" in source
    assert ">50,000</a>" in source
    for format, start in (("svg", b"<svg"), ("png", b"\x89PNG"), ("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        answer = client.get(reverse("evidence:book-file", args=["aoba", "doctors", 1, format]))
        assert answer.status_code == 200
        assert answer.content.startswith(start)
    assert client.get(reverse("evidence:book-file", args=["aoba", "doctors", 9, "svg"])).status_code == 404
    assert client.get(reverse("evidence:book-chapter", args=["aoba", "nothing"])).status_code == 404
    assert client_as(neighbour).get(chapter).status_code == 404


def test_the_main_figures_stand_on_the_first_page_and_in_the_report(
    region, doctors, client_as, partner
) -> None:
    page = client_as(partner).get(reverse("evidence:book", args=["aoba"])).content.decode()
    link = reverse("evidence:reckoned", args=["aoba", "doctors_per_100k", REGION])
    assert f'href="{link}?year=2022">170.0</a>' in page
    of_two = client_as(partner).get(
        reverse("evidence:book", args=["aoba"]), {"municipalities": "01902,01903"}
    )
    assert (
        'href="of/01902,01903/values/doctors_per_100k/region/?year=2022">20.0</a>' in of_two.content.decode()
    )
    first = write(Book(TOWNS)).chapters[0]
    assert (first.name, first.exhibits[0].table.heads[0][0]) == ("圏域の概要", "圏域")  # type: ignore[union-attr]


def test_a_projections_change_is_counted_within_it_and_the_pyramid_looks_ahead(region, operator) -> None:
    def people(indicator: str, year: int, ages: bool) -> list[str]:
        classes = ("0-4", "5-9", "10+") if ages else ("",)
        return [
            f"{code},{indicator},{year},{1000 + year % 100},persons,{sex},{age},"
            for code in ("019011", "019020", "019038")
            for sex in (("male", "female") if ages else ("",))
            for age in classes
        ]

    store(operator, *people("population", 2020, True), *people("population", 2020, False), name="国調.csv")
    old = [line for year in (2015, 2045) for line in people("projected_population", year, True)]
    store(operator, *old, *people("projected_population", 2015, False), name="H30推計.csv")
    new = [line for year in (2020, 2025, 2045) for line in people("projected_population", year, False)]
    store(operator, *new, name="R5推計.csv")
    found = {each.id: each for each in Book(TOWNS).chapter("population").exhibits}
    assert "2045年（推計）" in found["pyramid"].charts[0].svg().decode()
    assert "2020～2045年" in found["future_change"].title


def test_a_class_of_the_pyramid_leads_to_the_figures_it_is_added_up_from(
    region, operator, client_as, partner
) -> None:
    classes = [f"{code},population,2020,{n},persons,{sex},{age},"
        for n, code in enumerate(("019011", "019020", "019038"), 100)
        for sex in ("male", "female")
        for age in ("0-4", "5-9", "10+")]  # fmt: skip
    store(operator, *classes)
    client = client_as(partner)
    page = client.get(reverse("evidence:book-chapter", args=["aoba", "population"])).content.decode()
    way = reverse("evidence:reckoned", args=["aoba", "population", REGION])
    link = re.search(rf'href="({way}[^"]*sex=female&amp;age=5-9)">303</a>', page)
    assert link is not None
    shown = client.get(link[1].replace("&amp;", "&")).content.decode()
    assert "2020年、女・5～9歳" in shown
    assert all(f">{n}</a>" in shown for n in (100, 101, 102))
    assert client.get(f"{way}?year=2020&edition=1&age=7-3").status_code == 404


def test_any_municipalities_can_be_asked_for_and_wrong_ones_are_told(
    region, doctors, client_as, partner
) -> None:
    client = client_as(partner)
    url = reverse("evidence:book", args=["aoba"])
    two = client.get(url, {"municipalities": "01902、019038"}).content.decode()
    assert "対象：川北町、星野町" in two
    of_two = reverse("evidence:book-chapter-of", args=["aoba", "01902,01903", "medical"])
    assert f'href="{of_two}"' in two
    asked = client.get(
        reverse("evidence:book-chapter", args=["aoba", "medical"]), {"municipalities": "01902、01903"}
    )
    assert asked.headers["Location"] == of_two
    shown = client.get(of_two).content.decode()
    assert 'href="../values/doctors_per_100k/region/?year=2022">20.0</a>' in shown
    way = reverse("evidence:reckoned-of", args=["aoba", "01902,01903", "doctors_per_100k", REGION])
    assert "川北町・星野町" in client.get(way, {"year": 2022}).content.decode()
    assert client.get(of_two.replace("01903", "99999")).status_code == 404
    wrong = client.get(url, {"municipalities": "12345"})
    assert wrong.status_code == 422
    assert 'value="12345"' in wrong.content.decode()


def test_a_wide_table_shows_some_members_at_a_time_and_the_download_all(
    region, operator, client_as, partner
) -> None:
    codes = [parse_code(f"019{number:02}") for number in range(1, 19)]
    store(operator, *(f"{code},doctors,2022,{at},persons,,," for at, code in enumerate(codes)))
    client = client_as(partner)
    address = reverse("evidence:book-chapter-of", args=["aoba", ",".join(codes), "medical"])
    first, second = (client.get(address, {"columns": number}).content.decode() for number in (1, 2))
    assert (first.count('<th scope="col"'), second.count('<th scope="col"')) == (1 + 15 + 1, 1 + 3 + 1)
    assert "?columns=2#medical_all" in first
    file = client.get(
        reverse("evidence:book-file", args=["aoba", "medical_all", 1, "csv"]),
        {"municipalities": ",".join(codes)},
    )
    assert file.content.decode("utf-8-sig").splitlines()[0].count(",") == 1 + 18 + 1


def test_regions_are_compared_by_official_figures_only(
    region, other_region, secretariat, doctors, client_as, partner
) -> None:
    own = RawBytes("own.csv", f"{HEAD}\n019011,population,2020,1,persons,,,".encode())
    with scope(region=region):
        actions.import_figures(secretariat, [tidy.READER.read(own)], region=region)
    page = client_as(partner).get(reverse("evidence:book-regions", args=["aoba"])).content.decode()
    assert "60,000" in page
    assert other_region.name in page


REAL = ("census2020/population_census_2020.csv", "ssdse_a/SSDSE-A-2025.csv", "ssdse_a/SSDSE-A-2022.csv")
MINAMI_SORACHI = ("01210", "01209", "01215", "01222", "01423", "01427", "01428", "01429", "01430")


@pytest.mark.slow
def test_the_book_of_nine_towns_from_published_files(region, operator, test_data: Path) -> None:
    files = [
        Reading().read(RawBytes(Path(name).name, (test_data / name).read_bytes())).parsed for name in REAL
    ]
    for each in files:
        actions.import_figures(operator, [each])
    book = Book(places_of(MINAMI_SORACHI))
    written = write(book)
    found = {exhibit.id: exhibit for exhibit in written.exhibits}
    people = found["population_by_year"].table
    assert people is not None
    assert people.foot[0].cells[-1].shown == "152,486"
    ageing = found["ageing"].table
    assert ageing is not None
    assert {row.label: row.cells[0].shown for row in ageing.foot} == {
        "圏域": "39.3",
        "北海道": "32.2",
        "全国": "28.7",
    }
    area = next(row for row in found["population_all"].table.rows if row.label == "総面積")  # type: ignore[union-attr]
    assert area.cells[len(MINAMI_SORACHI)].shown == "2,562.25"
    shift = found["shift_share"].table
    assert shift is not None
    for row in shift.rows:
        *components, change = (cell.value for cell in row.cells)
        assert sum(component or 0 for component in components) == pytest.approx(change)
    spread = found["unknown_ages"].table
    assert spread is not None
    unknown, *groups = (cell.value or 0 for cell in spread.foot[0].cells)
    assert sum(groups[1::2]) - sum(groups[0::2]) == pytest.approx(unknown)
    nation = next(row for row in found["industry_all"].table.rows if row.label.startswith("事業所数"))  # type: ignore[union-attr]
    assert nation.cells[-1].number > 5_000_000  # type: ignore[operator]
    titles = {sheet.name for sheet in written.sheets}
    assert len(titles) == len(written.sheets)
    assert all(exhibit.sources for exhibit in written.exhibits)


def test_the_map_draws_the_borders_there_are_and_says_which_file_brings_the_others(
    region, operator, doctors
) -> None:
    actions.import_figures(operator, [borders("2021", ("01901", "青葉市", None))])
    ageing = Book(TOWNS).chapter("medical")
    drawn = next(each for each in ageing.exhibits if each.id == "doctors")
    assert len(drawn.charts) == 2
    assert "境界なし：川北町、星野町" in drawn.charts[1].svg().decode()
    assert "地図に境界のない市町村：川北町、星野町。" in drawn.notes
    assert any("行政区域データ（N03）" in text and "北海道のGeoJSON" in text for text in ageing.missing)
    assert any("N03" in line for line in drawn.sources)


def test_the_wards_of_a_designated_city_are_drawn_as_their_city(region, operator) -> None:
    city = [Place("011002", "札幌市"), TOWNS[0]]
    wards = [("01101", "札幌市", "中央区"), ("01102", "札幌市", "北区")]
    actions.import_figures(operator, [borders("2021", *wards, ("01901", "青葉市", None))])
    found = Holdings(city).borders
    assert (set(found.shapes), found.lacking) == ({"011002", "019011"}, ())
    assert [len(polygon) for polygon in found.shapes["011002"]["coordinates"]] == [1]
    actions.import_figures(operator, [borders("2019", ("01901", "青葉市", None), ("01902", "川北町", None))])
    assert [row.surveyed[:4] for row in Holdings(city).borders.editions] == ["2021"]


def borders(year: str, *towns: tuple[str, str, str | None]) -> Parsed:
    """An N03 file of squares beside each other."""
    features = []
    for at, (code, name, ward) in enumerate(towns):
        ring = [[141 + at + x, 43 + y] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        named = {"N03_003": name, "N03_004": ward} if ward else {"N03_004": name}
        features.append(
            {
                "type": "Feature",
                "properties": {"N03_007": code, **named},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    content = {"type": "FeatureCollection", "features": features}
    return boundaries.read(RawBytes(f"N03-{year}0101.geojson", json.dumps(content).encode()))


def test_flows_among_the_towns_are_shares_of_all_who_go_anywhere(region, operator) -> None:
    rows = [
        "origin,destination,purpose,value,year",
        "019020,019011,commute,300,2020",
        "019020,019011,school,100,2020",
        "019020,019020,commute,500,2020",
        "019020,019046,commute,100,2020",
    ]
    actions.import_figures(operator, [flows.read(RawBytes("flows.csv", "\n".join(rows).encode()))])
    table = Book(TOWNS).found("commuting").table  # type: ignore[union-attr]
    assert table is not None
    shares = next(row for row in table.rows if row.label == "川北町の割合")
    assert [cell.shown for cell in shares.cells] == ["40.0", "50.0", "0.0", "10.0", "100.0"]


def test_of_many_members_the_flows_to_the_largest_destinations_are_drawn(region, operator) -> None:
    towns = [Place(parse_code(f"019{number:02}"), f"第{number}町") for number in range(1, 41)]
    rows = [
        f"{one.code},{other.code},commute_school,{1000 - at},2020"
        for one in towns
        for at, other in enumerate(towns)
    ]
    text = "\n".join(["origin,destination,purpose,value,year", *rows])
    actions.import_figures(operator, [flows.read(RawBytes("flows.csv", text.encode()))])
    exhibit = Book(towns).found("commuting")
    assert exhibit is not None
    assert exhibit.table is not None
    assert (len(exhibit.charts[0].columns), len(exhibit.charts[0].rows)) == (1 + 12 + 1, 40)
    assert "その他28市町村" in exhibit.charts[0].columns
    assert len(exhibit.charts[0].svg()) < 250_000
    assert len(exhibit.table.columns) == 42


def test_what_flows_make_up_is_in_the_book(in_region, operator) -> None:
    rows = ["origin,destination,purpose,value,year"]
    for purpose, here, centre in (
        ("commute", 500, 300),
        ("school", 100, 100),
        ("hospital", 40, 60),
        ("shopping", 80, 0),
    ):
        rows += [f"019020,019020,{purpose},{here},2020", f"019020,019011,{purpose},{centre},2020"]
        rows += [f"019011,019011,{purpose},1000,2020", f"019038,019038,{purpose},10,2020"]
    actions.import_figures(operator, [flows.read(RawBytes("flows.csv", "\n".join(rows).encode()))])
    shown = {
        name: Book(members_of(in_region), in_region).found(name)
        for name in (
            "commuting_share",
            "commuting_self",
            "hospital_use",
            "shopping",
            "hospital_flows",
            "shopping_flows",
        )
    }
    by_town = {
        name: {row.label: row.cells[0].shown for row in each.table.rows} for name, each in shown.items()
    }  # type: ignore[union-attr]
    assert by_town["commuting_share"]["川北町"] == "40.0"
    assert by_town["commuting_self"]["川北町"] == "60.0"
    assert (by_town["hospital_use"]["川北町"], by_town["shopping"]["川北町"]) == ("60.0", "0.0")
    chapter = Book(TOWNS).chapter("urban_functions")
    assert any("中心となる市のある圏域" in text for text in chapter.missing)


def test_other_areas_stand_with_their_own_figures_and_are_never_added_up(region, operator, doctors) -> None:
    actions.import_figures(operator, [medical()])
    table = Book(TOWNS).found("medical_areas").table  # type: ignore[union-attr]
    assert table is not None
    assert [(row.label.strip(), row.below) for row in table.rows] == [
        ("青葉医療圏", "一部圏域外を含む"),
        ("青葉市", ""),
    ]
    doctors_of = table.columns.index("医師数")
    assert [row.cells[doctors_of].shown for row in table.rows] == ["88", "100"]


def test_the_rate_of_an_area_is_of_what_it_publishes_and_of_all_its_municipalities(
    region, operator, doctors
) -> None:
    store(
        operator,
        "019011,population,2020,50000,persons,,,",
        "019046,population,2020,4000,persons,,,",
        "019011,clinics,2022,30,facilities,,,",
        "019046,clinics,2022,4,facilities,,,",
        name="隣.csv",
    )
    actions.import_figures(operator, [medical()])
    exhibit = Book(TOWNS).found("medical_areas")
    assert exhibit is not None
    assert exhibit.table is not None
    cells = dict(zip(exhibit.table.columns, exhibit.table.rows[0].cells, strict=True))
    assert cells["一般診療所数"].shown == "34"
    rate = next(cell for name, cell in cells.items() if name.startswith("人口10万人当たり医師数"))
    assert rate.shown == "163.0"
    assert any("圏域外も含む" in note for note in exhibit.notes)


def test_joint_arrangements_of_the_register_are_in_the_book(in_region, arrangement_of_two) -> None:
    exhibit = Book(members_of(in_region), in_region).found("arrangements")
    assert exhibit is not None
    assert exhibit.table is not None
    (row,) = exhibit.table.rows
    assert row.label == "青葉消防事務組合"
    assert "青葉市・川北町" in row.cells[3].text
    assert Book(TOWNS).found("arrangements") is None
