"""What the statistics store says of cities: flows to metropolitan cores, kinds by day, editions that differ."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django_scopes import scope
from psycopg.types.range import DateRange

from keniki.apps.accounts.verbs import verb
from keniki.apps.evidence import actions
from keniki.apps.evidence.importers import flows, tidy
from keniki.apps.evidence.importers.base import AreaKey, RawBytes
from keniki.apps.programmes.eligibility import City, CityKind, Facts, Measured, Verdict, assess
from keniki.apps.programmes.evidence import centres_of, commuting_to, facts_of
from keniki.apps.regions.models import Municipality, RegionMembership

from .test_pages import store

pytestmark = pytest.mark.django_db
DAY = date(2024, 5, 24)
CHICHIBU = "112071"


def registered(operator, code: str, name: str, *kinds: tuple[str, DateRange]) -> None:
    with verb(operator, "testing.municipality", quiet=True):
        for kind, valid in kinds:
            Municipality(code=code, name=name, kind=kind, prefecture=code[:2], valid=valid).save()


def test_commuters_to_wards_and_designated_cities_are_counted_once(db, operator) -> None:
    registered(operator, CHICHIBU, "秩父市", ("city", DateRange(date(1950, 4, 1), None)))
    store(
        operator,
        flows.READER,
        "origin,destination,purpose,value,year",
        f"{CHICHIBU},{CHICHIBU},commute_school,920,2020",
        f"{CHICHIBU},131016,commute_school,30,2020",
        f"{CHICHIBU},111007,commute_school,20,2020",
        f"{CHICHIBU},111015,commute_school,20,2020",
        f"{CHICHIBU},112020,commute_school,30,2020",
    )
    (share,) = facts_of(CHICHIBU, on=DAY).city.core_commuting
    assert (share.census, share.value) == (2020, Decimal("0.05"))
    found = assess("renkei", DAY, facts_of(CHICHIBU, on=DAY), census=2020).finding("B1-3")
    assert (found.verdict, "5.0％（基準 10％未満）" in found.explanation) == (Verdict.FIT, True)


def test_the_kind_of_a_city_is_that_of_the_day(db, operator) -> None:
    spans = (
        ("city", DateRange(date(1950, 4, 1), date(2018, 4, 1))),
        ("core_city", DateRange(date(2018, 4, 1), None)),
    )
    registered(operator, "182010", "福井市", *spans)
    kinds = [facts_of("182010", on=day).city.kind for day in (date(2016, 4, 1), date(2020, 4, 1))]
    assert kinds == [CityKind.CITY, CityKind.CORE]
    assert (
        assess("renkei", date(2016, 4, 1), facts_of("182010", on=date(2016, 4, 1))).verdict is Verdict.UNFIT
    )


def test_a_large_city_that_no_list_calls_more_than_a_city_may_be_a_core_city(db, operator) -> None:
    always = DateRange(date(1950, 4, 1), None)
    registered(operator, "012041", "旭川市", ("city", always))
    head = "municipality_code,indicator,year,value,unit"
    rows = ("012041,population,2020,329306,persons", "431001,population,2020,738865,persons")
    store(operator, tidy.READER, head, *rows)
    registered(operator, "431001", "熊本市", ("designated_city", always))
    kinds = [facts_of(code, on=DAY).city.kind for code in ("012041", "431001")]
    assert kinds == [None, CityKind.DESIGNATED]
    asked = assess("renkei", DAY, facts_of("012041", on=DAY)).finding("B1-1")
    assert (asked.verdict, "中核市の別はありません" in asked.explanation) == (Verdict.CHECK, True)


def test_a_merged_city_and_its_largest_former_municipality_come_from_the_census(db, operator) -> None:
    registered(operator, "342106", "庄原市", ("city", DateRange(date(1950, 4, 1), None)))
    head = "municipality_code,indicator,year,value,unit"
    rows = ("342106,population,2020,17000,persons", "342025,population,2020,1200,persons")
    read = tidy.READER.read(RawBytes("census.csv", "\n".join((head, *rows)).encode()))
    read.area_keys = [
        AreaKey("former", code, name, members=("342106",))
        for code, name in (("3421B", "（旧：庄原市）"), ("345628", "（旧：総領町）"))
    ]
    actions.import_figures(operator, [read])
    found = facts_of("342106", on=DAY).city
    assert (found.merged, found.largest_former.name, found.largest_former.towns) == (
        True,
        "旧庄原市",
        ("旧庄原市", "旧総領町"),
    )
    says = assess("teiju", DAY, Facts(found), census=2020).finding("A1-3")
    assert says.verdict is Verdict.UNFIT
    assert "旧庄原市・旧総領町が合併した市です" in says.explanation


@pytest.mark.slow
def test_a_region_with_two_centres_is_judged_as_one_centre(db, region, operator, towns) -> None:
    with scope(region=region):
        with verb(operator, "testing.centre", quiet=True):
            row = RegionMembership.objects.get(region=region, municipality=towns["川北町"])
            row.role = "centre"
            row.save()
        head = "municipality_code,indicator,year,value,unit"
        store(
            operator,
            tidy.READER,
            head,
            "019011,population,2020,39000,persons",
            "019020,population,2020,17000,persons",
        )
        found = facts_of("019011", region, DAY)
        assert [town.code for town in centres_of(region)] == ["019011", "019020"]
    assert found.second is not None
    assert found.second.code == "019020"
    twin = assess("teiju", DAY, found, census=2020).finding("A1-7")
    assert (twin.verdict, twin.value) == (Verdict.CHECK, 56000)
    rows = (
        "019038,019011,commute_school,6,2020",
        "019038,019020,commute_school,5,2020",
        "019038,019038,commute_school,89,2020",
        "019020,019011,commute_school,9,2020",
        "019020,019020,commute_school,91,2020",
    )
    store(operator, flows.READER, "origin,destination,purpose,value,year", *rows)
    assert [(row.code, row.share) for row in commuting_to("019011", second="019020")] == [
        ("019038", Decimal("0.11"))
    ]


def test_official_editions_that_disagree_are_named(db, operator) -> None:
    registered(operator, "182010", "福井市", ("core_city", DateRange(date(1950, 4, 1), None)))
    for population in (262_328, 262_330):
        store(
            operator,
            tidy.READER,
            "municipality_code,indicator,year,value,unit",
            f"182010,population,2020,{population},persons",
            "182010,day_night_ratio,2020,110.0,percent",
        )
    found = assess("teiju", DAY, facts_of("182010", on=DAY))
    note = next(note for note in found.notes if "版によって異なります" in note)
    assert "人口" in note
    assert "262,3" in note
    assert not any("昼夜間人口比率（" in note for note in found.notes)


def test_what_other_censuses_would_give_a_hub_city() -> None:
    ratios = tuple(Measured(Decimal(value), census) for value, census in (("1.02", 2015), ("0.97", 2020)))
    facts = Facts(City("342025", "呉市", CityKind.CORE, ratios=ratios))
    found = assess("renkei", DAY, facts)
    assert (found.census, found.verdict) == (2020, Verdict.CHECK)
    (other,) = found.other_editions
    assert (other.census, other.verdict) == (2015, Verdict.FIT)
    nothing = assess("renkei", DAY, Facts(City("342025", "呉市", CityKind.CORE)))
    assert [each.census for each in nothing.other_editions] == [2015, 2020]
    assert "昼夜間人口の表" in nothing.other_editions[1].explanation


def test_how_far_a_figure_lies_from_its_threshold() -> None:
    facts = Facts(
        City(
            "012106",
            "岩見沢市",
            populations=(Measured(Decimal(79_306), 2020),),
            ratios=(Measured(Decimal("0.967"), 2020),),
        )
    )
    found = assess("teiju", DAY, facts)
    population, ratio = found.finding("A1-1"), found.finding("A1-2")
    assert (population.margin, population.margin_shown) == (39_306, "＋39,306人")
    assert (ratio.margin, ratio.margin_shown) == (Decimal("-0.033"), "▲3.3ポイント")
    assert found.finding("A1-9").margin is None
