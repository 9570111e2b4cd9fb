"""Checking the sources: what the rule book's checks find in stored tables and in figures typed from a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from keniki.analysis.checks import check
from keniki.analysis.printed import read_printed
from keniki.apps.accounts.actor import Actor
from keniki.apps.evidence import actions, checking
from keniki.apps.evidence.checking import keeping
from keniki.apps.evidence.checking.tables import narrowest
from keniki.apps.evidence.importers import estat_csv, tidy
from keniki.apps.evidence.importers.base import Parsed, RawBytes
from keniki.apps.evidence.models import Area, AreaMember, Edition, Figure
from keniki.apps.regions.models import Municipality, Region, RegionMembership, forever
from keniki.apps.regions.policies import today
from keniki.apps.regions.queries import members_on
from keniki.rulebooks.checks import checks
from keniki.rulebooks.indicators import catalogue

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEAD = "municipality_code,indicator,year,value,unit,sex,age\n"
AOBA, KAWAKITA, HOSHINO = "019011", "019020", "019038"
NINE = ("012106", "012092", "012157", "012220", "014231", "014273", "014281", "014290", "014303")

Load = Callable[..., None]


@pytest.fixture
def load(operator: Actor) -> Load:
    def loaded(rows: str, name: str = "hyou.csv") -> None:
        actions.import_figures(operator, [tidy.READER.read(RawBytes(name, (HEAD + rows).encode()))])

    return loaded


def url(query: str = "") -> str:
    return reverse("evidence:checks", args=["aoba"]) + query


def found(region: Region, name: str, codes: Sequence[str] = (AOBA,)) -> list[checking.Checked]:
    """What a check finds for these municipalities."""
    with scope(region=region):
        towns = [Municipality(code=code, name=code) for code in codes]
        sections = {section.id: section for section in checking.sections(region, towns)}
    return list(sections[name].found) if name in sections else []


def verdicts(region: Region, name: str, codes: Sequence[str] = (AOBA,)) -> list[str]:
    return [one.verdict for one in found(region, name, codes)]


def test_every_rule_can_be_read_and_names_indicators_of_the_catalogue() -> None:
    book = catalogue(today())
    for name, rule in checks(today()).items():
        given = {each: read_printed("1") for each in rule.value.figures}
        given |= {f"{each}/0": value for each, value in given.items()}
        assert check(rule.value.rule, given).recomputed is not None, name
        assert all(named.of in book for named in rule.value.figures.values() if named.of), name
        assert all(named.unit in book.units for named in rule.value.figures.values() if named.unit), name


@pytest.mark.parametrize(("women", "verdict"), [(520, "一致"), (521, "一致しない")])
def test_a_total_is_its_men_and_women(region: Region, load: Load, women: int, verdict: str) -> None:
    load(
        f"{AOBA},population,2020,1000,persons,,\n{AOBA},population,2020,480,persons,male,\n"
        f"{AOBA},population,2020,{women},persons,female,\n"
    )
    (one,) = found(region, "sexes")
    assert one.verdict == verdict
    assert (one.printed.shown, one.recomputed) == ("1,000", f"{480 + women:,}")
    assert one.difference == ("" if women == 520 else "▲1")
    assert [part.shown for part in one.parts] == ["480", str(women)]
    assert Figure.objects.get(pk=one.printed.pk).value == 1000


AGES = (
    f"{AOBA},population,2020,1000,persons,,\n{AOBA},population,2020,100,persons,,0-14\n"
    f"{AOBA},population,2020,550,persons,,15-64\n{AOBA},population,2020,340,persons,,65+\n"
)


def test_ages_without_those_not_stated_cannot_be_judged_until_a_table_has_them(
    region: Region, load: Load
) -> None:
    load(AGES)
    (one,) = found(region, "ages")
    assert (one.verdict, one.difference) == ("確かめられない", "10")
    assert "年齢不詳とみられます" in one.note
    assert "第2-7-1表" in one.note
    load(f"{AOBA},population,2020,10,persons,,不詳\n", "fushou.csv")
    assert "一致" in verdicts(region, "ages")


def test_ages_that_are_more_than_the_total_do_not_add_up(region: Region, load: Load) -> None:
    load(AGES.replace(",340,", ",360,"))
    assert verdicts(region, "ages") == ["一致しない"]


def test_the_narrowest_classes_that_follow_one_another_are_added() -> None:
    there = [(0, 14), (0, 4), (5, 9), (10, 14), (15, 64), (65, None), (75, None)]
    assert narrowest(there, (0, None)) == [(0, 4), (5, 9), (10, 14), (15, 64), (65, None)]
    assert narrowest(there, (0, 14)) == [(0, 4), (5, 9), (10, 14)]
    assert narrowest(there, (65, None)) == []
    assert narrowest([(0, 4), (10, None)], (0, None)) == []


def test_a_rate_is_held_against_its_named_denominator_and_the_missing_one_is_asked_for(
    region: Region, load: Load
) -> None:
    load(f"{AOBA},doctors_per_100k,2014,289.4,persons_per_100k,,\n{AOBA},doctors,2014,7481,persons,,\n")
    (one,) = found(region, "doctors_per_100k")
    assert one.verdict == "確かめられない"
    assert "「総人口」がありません。総務省統計局「国勢調査」" in one.note
    load(f"{AOBA},population,2015,2600875,persons,,\n", "jinkou.csv")
    (one,) = found(region, "doctors_per_100k")
    assert (one.verdict, one.difference) == ("一致しない", "1.766")
    assert one.note.startswith("2015年の値を用いた計算です。")


def test_a_printed_ratio_and_figures_in_thousands_are_read_with_their_rounding(
    region: Region, load: Load
) -> None:
    load(
        f"{AOBA},day_night_ratio,2015,96.7,percent,,\n{AOBA},daytime_population,2015,96650,persons,,\n"
        f"{AOBA},nighttime_population,2015,100000,persons,,\n{KAWAKITA},day_night_ratio,2015,100.4,percent,,\n"
        f"{AOBA},visitors,2015,30,thousand_persons,,\n{AOBA},day_visitors,2015,20400,persons,,\n"
        f"{AOBA},overnight_visitors,2015,9999,persons,,\n"
    )
    assert verdicts(region, "day_night_ratio") == ["一致"]
    assert verdicts(region, "visitors") == ["一致"]


def test_medical_facilities_are_their_three_kinds(region: Region, load: Load) -> None:
    kinds = {"medical_facilities": 141, "hospitals": 6, "clinics": 67, "dental_clinics": 67}
    load("".join(f"{AOBA},{name},2014,{value},facilities,,\n" for name, value in kinds.items()))
    (one,) = found(region, "facilities")
    assert (one.verdict, one.recomputed, one.difference) == ("一致しない", "140", "1")


def test_a_published_area_is_the_sum_of_its_municipalities(region: Region, load: Load) -> None:
    towns = {AOBA: 100, KAWAKITA: 20, HOSHINO: 3}
    load("".join(f"{code},population,2020,{value},persons,,\n" for code, value in towns.items()))
    series = Figure.objects.filter(area__code=AOBA)[0]
    (area,) = Area.objects.bulk_create([Area(kind=Area.Kind.MEDICAL, code="M1", name="青葉医療圏")])
    AreaMember.objects.bulk_create(AreaMember(area=area, code=code) for code in towns)
    Figure.objects.create(series=series.series, area=area, value=124, file=series.file, row=9, column=2)
    (one,) = found(region, "area")
    assert (one.place, one.verdict, one.difference) == ("青葉医療圏", "一致しない", "1")
    assert [part.shown for part in one.parts] == ["100", "20", "3"]


def test_a_prefecture_of_which_some_are_missing_cannot_be_judged(region: Region, load: Load) -> None:
    load(f"010006,population,2020,500,persons,,\n{AOBA},population,2020,100,persons,,\n")
    (one,) = found(region, "prefecture")
    assert one.verdict == "確かめられない"
    assert "値があるのは1団体だけです。" in one.note


def test_the_page_links_every_figure_and_lists_a_check_by_verdict(
    region: Region, load: Load, client_as: Callable[[Actor], Client], viewer: Actor, neighbour: Actor
) -> None:
    client = client_as(viewer)
    assert "検算できる値はまだありません" in client.get(url()).content.decode()
    load(AGES + f"{AOBA},population,2020,480,persons,male,\n{AOBA},population,2020,521,persons,female,\n")
    page = client.get(url()).content.decode()
    for words in ("一致しない", "確かめられない", "総数 = 男 + 女", "▲1", "1,001"):
        assert words in page, words
    for figure in Figure.objects.filter(series__age_from=None):
        assert f'href="{reverse("evidence:figure", args=["aoba", figure.pk])}"' in page
    assert "青葉市" in client.get(url("?check=sexes&verdict=different")).content.decode()
    assert "この判定の検算はありません" in client.get(url("?check=sexes&verdict=equal")).content.decode()
    assert client.get(url("?check=nothing&verdict=x&page=z")).status_code == 200
    assert client_as(neighbour).get(url()).status_code == 404
    statistics = client.get(reverse("evidence:evidence", args=["aoba"])).content.decode()
    assert f'href="{url()}"' in statistics


TYPED = """
新千歳空港 = 18,994千人
丘珠空港 = 162千人
{JR札幌駅(※)} = 68,001千人
小樽港 = 209千人
合計 = 87,046千人
合計 = 新千歳空港 + 丘珠空港 + {JR札幌駅(※)} + 小樽港
"""


def test_typed_figures_are_checked_and_nothing_is_stored(
    region: Region, client_as: Callable[[Actor], Client], viewer: Actor
) -> None:
    client = client_as(viewer)
    answer = client.post(url(), {"lines": TYPED})
    page = answer.content.decode()
    assert answer.status_code == 200
    for words in ("87,366,000", "▲320,000", "一致しない", "新千歳空港 = 18,994千人"):
        assert words in page, words
    assert not Figure.objects.exists()


def test_a_line_that_cannot_be_read_is_named_by_its_number_and_the_rest_is_checked(
    region: Region, client_as: Callable[[Actor], Client], viewer: Actor
) -> None:
    lines = "甲 = 1\n乙\n甲 = 2\n計 = 3\n計 = 甲 + + 乙\n計 = 甲 + 2"
    answer = client_as(viewer).post(url(), {"lines": lines})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "2行目：「名前 = 値」か「計 = 式」の形で入力してください。" in page
    assert "3行目：「甲」は前の行で 1 と入力されています" in page
    assert "5行目：検算の式" in page
    assert "計 = 甲 + 2" in page
    assert "一致" in page
    assert client_as(viewer).post(url(), {"lines": ""}).status_code == 422


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("計 = " + "(" * 400 + "1", "大きすぎて"),
        ("計 = 1\n計 = " + "9" * 400 + " * 9", "大きすぎて"),
        ("甲 = " + "9" * 600, "長すぎます"),
        ("\n" * 400, "300行まで"),
        ("甲 = 5", "検算する式がありません"),
        ("= 5", "左と右の両方"),
    ],
)
def test_hostile_lines_are_answered_with_a_sentence(text: str, message: str) -> None:
    _, wrong = checking.check_lines(text)
    assert any(message in one.message for one in wrong), wrong


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("前 = 152,486人\n後 = 102,289人\n減 = 約5万人\n減 = 前 - 後", "一致"),
        ("甲/1 = 60.00\n甲/2 = 40.00\n100 = sum(甲/*)", "一致"),
        ("甲 = 243.6\n乙 = 244.9\n甲 < 乙", "一致"),
        ("計 = 100\n甲 = 約33\n計 = 甲 × 3", "端数で説明できる"),
        ("計 = 3\n計 = 甲 + 1", "確かめられない"),
    ],
)
def test_lines_as_one_would_type_them(lines: str, verdict: str) -> None:
    (one,), wrong = checking.check_lines(lines)
    assert (one.verdict, wrong) == (verdict, [])


@pytest.fixture(scope="module")
def census(test_data: Path) -> Parsed:
    path = test_data / "census2020" / "population_census_2020.csv"
    return estat_csv.read(RawBytes(path.name, path.read_bytes()))


@pytest.mark.slow
def test_the_census_adds_up_for_nine_members_and_for_a_whole_prefecture(
    region: Region, operator: Actor, census: Parsed, client_as: Callable[[Actor], Client], viewer: Actor
) -> None:
    actions.import_figures(operator, [census])
    tottori = [key for key in census.area_keys if key.kind == "municipality" and key.code.startswith("31")]
    nine = [key for key in census.area_keys if key.kind == "municipality" and key.code in NINE]
    Municipality.objects.bulk_create(
        Municipality(code=key.code, name=key.name, kind="town", prefecture=key.code[:2])
        for key in (*nine, *tottori)
    )
    for codes, own in ((NINE, {"former": 1}), ([key.code for key in tottori], {"former": 10})):
        with scope(region=region):
            made = checking.sections(region, [Municipality(code=code, name=code) for code in codes])
        counts = {section.id: Counter(one.verdict for one in section.found) for section in made}
        # 28 classes of age and the whole; the whole and three sexes, six wide classes each.
        assert counts["sexes"] == {"一致": 28 * len(codes)}
        assert counts["ages"] == {"一致": 21 * len(codes)}
        assert counts["nation"] == {"一致": 1}
        assert counts["prefecture"] == {"一致": 1}
        assert counts["former"] == {"一致": own["former"]}
    towns = Municipality.objects.filter(code__in=NINE)
    with scope(region=region):
        RegionMembership.objects.bulk_create(
            RegionMembership(region=region, municipality=town, role="partner", order=order, valid=forever())
            for order, town in enumerate(towns, 10)
        )
    page = client_as(viewer).get(url("?check=sexes")).content.decode()
    assert "79,306" in page
    assert "252" in page


def test_the_page_answers_from_what_was_found_until_something_it_read_changes(
    region: Region,
    load: Load,
    client_as: Callable[[Actor], Client],
    viewer: Actor,
    operator: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, worked = client_as(viewer), list[int]()
    monkeypatch.setattr(keeping, "PIECE", 2)
    monkeypatch.setattr(keeping, "sections", lambda *args: worked.append(1) or checking.sections(*args))
    rows = [f"{AOBA},population,{year},{100 + year},persons,," for year in range(2000, 2010)]
    rows += [
        f"{AOBA},population,{year},{50 + year % 2},persons,{sex},"
        for year in range(2000, 2010)
        for sex in "男女"
    ]
    load("\n".join(rows), "zinkou.csv")

    def page(query: str = "") -> str:
        return client.get(url(query)).content.decode()

    assert "検算の一覧" in page()
    assert "検算の一覧" in page()
    assert page("?check=sexes").count("badge") == page("?check=sexes&verdict=different").count("badge")
    assert len(worked) == 1
    with scope(region=region):
        towns = [row.municipality for row in members_on(region)]
        (anew,), (kept,) = checking.sections(region, towns), checking.kept_sections(region, towns)
        assert list(kept.found) == list(anew.found)
        assert (kept.open, kept.more, list(kept.first)) == (anew.open, anew.more, list(anew.first))
        assert list(kept.of("different")) == list(anew.of("different"))
    assert len(worked) == 1
    load(
        f"{KAWAKITA},population,2020,9,persons,,\n{KAWAKITA},population,2020,5,persons,男,"
        f"\n{KAWAKITA},population,2020,4,persons,女,",
        "betu.csv",
    )
    assert "川北町" in page("?check=sexes")
    assert len(worked) == 2
    edition = Edition.objects.get(files__name="betu.csv")
    actions.withdraw_edition(operator, edition, "誤り")
    assert "川北町" not in page("?check=sexes")
    RegionMembership.objects.filter(municipality__code=AOBA).delete()
    assert "青葉市" not in page("?check=sexes")
    cache.clear()
    assert "検算できる値はまだありません" in page()
