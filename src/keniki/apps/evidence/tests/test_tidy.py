"""Tidy CSV: one value per row, bad rows kept aside."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keniki.apps.evidence.importers import tidy
from keniki.apps.evidence.importers.areas import area_of, kind_of, resolve
from keniki.apps.evidence.importers.base import UNKNOWN_AGE, AreaKey, Parsed, RawBytes
from keniki.apps.evidence.importers.cells import ages_in, number_in, slug_of, year_in, year_in_name
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow

HEAD = "municipality_code,indicator,year,value,unit"
NAMES = {
    "012106": "岩見沢市",
    "121061": "千葉市美浜区",
    "012092": "夕張市",
    "012157": "美唄市",
    "131016": "千代田区",
    "262013": "福知山市",
}


def parsed(*rows: str, head: str = HEAD, name: str = "表.csv", encoding: str = "utf-8") -> Parsed:
    return tidy.read(RawBytes(name, "\r\n".join((head, *rows)).encode(encoding)))


def given_names(*rows: str, head: str = HEAD) -> Parsed:
    return tidy.read(RawBytes("表.csv", "\n".join((head, *rows)).encode()), NAMES)


def cells(result: Parsed) -> list[tuple[str, str, int, float]]:
    return [
        (
            result.area_keys[area].code,
            result.series_keys[series].indicator,
            result.series_keys[series].year,
            value,
        )
        for area, series, value in zip(result.areas, result.series, result.values, strict=True)
    ]


def test_five_and_six_digits_are_the_same_municipality() -> None:
    result = parsed("01210,population,2020,79306,persons", "012106,households,2020,36500,households")
    assert cells(result) == [("012106", "population", 2020, 79306.0), ("012106", "households", 2020, 36500.0)]
    assert len(result.area_keys) == 1
    assert result.rejected == []


def test_prefectures_and_the_nation_are_areas_of_their_own_kind() -> None:
    result = parsed(
        "00000,population,2020,126146099,persons",
        "01000,population,2020,5224614,persons",
        "01101,population,2020,248680,persons",
        "13101,population,2020,66680,persons",
        "13100,population,2020,9733276,persons",
    )
    assert [(area.kind, area.code, area.name) for area in result.area_keys] == [
        ("nation", "000000", "全国"),
        ("prefecture", "010006", "北海道"),
        ("ward", "011011", "011011"),
        ("municipality", "131016", "131016"),
        ("other", "131008", "131008"),
    ]


@pytest.mark.parametrize(
    ("five", "kind"),
    [
        ("01100", "municipality"),
        ("01110", "ward"),
        ("14130", "municipality"),
        ("14131", "ward"),
        ("22130", "municipality"),
        ("22140", "ward"),
        ("27140", "municipality"),
        ("40137", "ward"),
        ("01210", "municipality"),
        ("01001", "other"),
    ],
)
def test_a_ward_of_a_designated_city_is_no_municipality(five: str, kind: str) -> None:
    assert kind_of(area_of(five).code) == kind


def test_a_bad_row_is_kept_aside_with_its_place_and_the_rest_is_taken() -> None:
    result = parsed(
        "01210,population,2020,79306,persons",
        "01999x,population,2020,1,persons",
        "012105,population,2020,1,persons",
        "01210,population,2020,多い,persons",
        "01210,population,いつか,1,persons",
        "01210,population,2020,1,",
        "01210,,2020,1,persons",
        "01210,population,2020,1,persons,余分",
        "99201,population,2020,1,persons",
        "01210,population,2020,,persons",
        "01210,population,2020,nan,persons",
    )
    assert len(result) == 1
    assert [(row.row, row.column) for row in result.rejected] == [
        (3, "municipality_code"),
        (4, "municipality_code"),
        (5, "value"),
        (6, "year"),
        (7, "unit"),
        (8, "indicator"),
        (9, ""),
        (10, "municipality_code"),
        (11, "value"),
        (12, "value"),
    ]
    assert "012106" in result.rejected[1].reason
    assert result.rejected[2].raw == ("01210", "population", "2020", "多い", "persons")
    assert "多い" in result.rejected[2].reason


@pytest.mark.parametrize("missing", tidy.REQUIRED)
def test_a_missing_column_is_named(missing: str) -> None:
    head = ",".join(heading for heading in tidy.REQUIRED if heading != missing)
    with pytest.raises(WrongInput, match=missing) as wrong:
        parsed("01210,a,b,c", head=head)
    assert wrong.value.file == "表.csv"
    assert wrong.value.column == missing


def test_an_empty_file_and_a_doubled_heading_are_refused() -> None:
    with pytest.raises(WrongInput, match="空"):
        tidy.read(RawBytes("a.csv", b""))
    with pytest.raises(WrongInput, match="2つ以上"):
        parsed("01210,population,2020,1,persons,1", head=f"{HEAD},value")


def test_cp932_spaces_capitals_and_blank_rows_do_no_harm() -> None:
    result = parsed('01210 , 人口 ,令和２年,"79,306",人', "", head=HEAD.upper(), encoding="cp932")
    assert cells(result) == [("012106", "人口", 2020, 79306.0)]


def test_sex_and_age_become_part_of_the_series() -> None:
    head = f"{HEAD},sex,age"
    result = parsed(
        "01210,population,2020,1,persons,男,0-4",
        "01210,population,2020,2,persons,female,90+",
        "01210,population,2020,3,persons,,65",
        "01210,population,2020,4,persons,女,85歳以上",
        "01210,population,2020,5,persons,,不詳",
        "01210,population,2020,6,persons,,",
        "01210,population,2020,7,persons,ほか,",
        "01210,population,2020,8,persons,男,若い",
        head=head,
    )
    assert [(key.sex, key.age_from, key.age_to) for key in result.series_keys] == [
        ("male", 0, 4),
        ("female", 90, None),
        ("", 65, 65),
        ("female", 85, None),
        ("", UNKNOWN_AGE, UNKNOWN_AGE),
        ("", None, None),
    ]
    assert [row.column for row in result.rejected] == ["sex", "age"]


def test_one_source_is_the_statistic_of_the_file() -> None:
    result = parsed("01210,population,2020,1,persons,census", head=f"{HEAD},source")
    assert (result.source.slug, result.source.title) == ("census", "国勢調査")
    assert result.source.credit
    assert result.series_keys[0].part == ""
    unknown = parsed("01210,population,2020,1,persons,町の調べ", head=f"{HEAD},source")
    assert unknown.source.title == "町の調べ"
    assert unknown.source.slug.isascii()


def test_several_sources_stay_apart_in_the_series() -> None:
    result = parsed(
        "01210,population,2020,1,persons,census",
        "01210,population,2020,2,persons,register",
        "01210,population,2020,3,persons,",
        head=f"{HEAD},source",
        name="population_2020.csv",
    )
    assert [key.part for key in result.series_keys] == ["source:census", "source:register", ""]
    assert result.source.slug == "population"
    assert "出典" in result.notes[0]


def test_a_fiscal_year_is_another_period_than_a_year() -> None:
    result = parsed("01210,a,令和5年度,1,x", "01210,a,2023,1,x", "01210,a,FY2023,2,y")
    assert [(key.year, key.period) for key in result.series_keys] == [
        (2023, "FY2023"),
        (2023, ""),
        (2023, "FY2023"),
    ]


def test_lost_zeros_come_back_where_the_names_agree() -> None:
    head = f"{HEAD},name"
    result = given_names(
        "12106,population,2020,79306,persons,岩見沢市", "12092,population,2020,7334,persons,夕張市", head=head
    )
    assert [area.code for area in result.area_keys] == ["012106", "012092"]
    five = given_names("1210,population,2020,79306,persons,岩見沢市", "13101,a,2020,1,x,千代田区", head=head)
    assert [area.code for area in five.area_keys] == ["012106", "131016"]


def test_a_code_that_contradicts_its_name_is_kept_aside_alone() -> None:
    result = given_names(
        "12106,population,2020,79306,persons,岩見沢市",
        "12106,population,2020,1,persons,夕張市",
        "99999,population,2020,1,persons,ない町",
        head=f"{HEAD},name",
    )
    assert [area.code for area in result.area_keys] == ["012106"]
    assert [row.row for row in result.rejected] == [3, 4]
    assert "121061 千葉市美浜区" in result.rejected[0].reason
    assert "012106 岩見沢市" in result.rejected[0].reason


def test_without_names_a_column_that_lost_its_zeros_is_refused_not_taken_for_other_towns() -> None:
    rows = [f"{code},population,2020,1,persons" for code in ("12106", "12092", "12157", "12220")]
    with pytest.raises(WrongInput, match="先頭の0") as wrong:
        parsed(*rows)
    assert wrong.value.column == "municipality_code"
    mixed = parsed("131016,population,2020,1,persons", "12106,population,2020,1,persons")
    assert [area.code for area in mixed.area_keys] == ["131016"]
    assert "012106" in mixed.rejected[0].reason


def test_a_name_of_another_prefecture_tells_that_a_zero_is_missing() -> None:
    result = given_names("12106,population,2020,1,persons,夕張市", head=f"{HEAD},name")
    assert "夕張市" in result.rejected[0].reason
    moved = given_names("12999,population,1990,1,persons,夕張市", head=f"{HEAD},name")
    assert moved.rejected == []


def test_a_code_nobody_knows_needs_a_name_where_all_names_are_known() -> None:
    complete = NAMES | {area_of(f"47{number}").code: f"町{number}" for number in range(301, 399)}
    complete |= {
        area_of(f"{prefecture:02}{number}").code: "町"
        for prefecture in range(2, 40)
        for number in range(341, 390)
    }
    assert len(complete) > 1_700
    rows = ("01299,population,2020,1,persons", "01210,population,2020,2,persons")
    content = "\n".join((HEAD, *rows)).encode()
    result = tidy.read(RawBytes("表.csv", content), complete)
    assert "知られていません" in result.rejected[0].reason
    assert result.area_keys[0].name == "岩見沢市"
    assert tidy.read(RawBytes("表.csv", content), NAMES).rejected == []
    named = f"{HEAD},name\n01299,population,1990,1,persons,消えた町".encode()
    assert tidy.read(RawBytes("表.csv", named), complete).area_keys[0].name == "消えた町"


def test_projections_are_estimates() -> None:
    result = parsed("01210,projected_population,2040,56332,persons", "01210,population,2020,79306,persons")
    assert [key.status for key in result.series_keys] == ["estimated", "official"]


def test_cells_say_where_they_stand() -> None:
    result = parsed("", "01210,population,2020,79306,persons")
    assert (result.rows[0], result.columns[0]) == (3, 4)
    assert result.column_labels[4] == "value"
    assert result.row_labels[3] == "012106 population 2020"


def test_the_reader_knows_its_files_and_no_others() -> None:
    assert tidy.READER.knows(RawBytes("a.csv", HEAD.encode())) > 0.9
    assert tidy.READER.knows(RawBytes("a.csv", b"\xef\xbb\xbf" + HEAD.encode() + b",sex\r\n1")) > 0.9
    for other in (
        b"",
        b"origin,destination,purpose,value",
        b"PK\x03\x04",
        b'{"a": 1}',
        b"\xff\xfe\x00",
        b"name,age",
    ):
        assert tidy.READER.knows(RawBytes("a.csv", other)) == 0.0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234", 1234.0),
        ("▲5", -5.0),
        ("－３．５", None),
        ("-3.5", -3.5),
        ("１２", 12.0),
        ("1e3", 1000.0),
        ("1e999", None),
        ("inf", None),
        ("", None),
        ("-", None),
        ("約300", None),
        (".5", 0.5),
    ],
)
def test_numbers_are_read_in_the_forms_tables_use(text: str, number: float | None) -> None:
    assert number_in(text) == (-3.5 if text == "－３．５" else number)


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("0～4歳", (0, 4)),
        ("100歳以上", (100, None)),
        ("15歳未満", (0, 14)),
        ("65", (65, 65)),
        ("総数", (None, None)),
        ("9-5", None),
        ("1000", None),
    ],
)
def test_ages_are_read_in_the_forms_tables_use(text: str, ages: object) -> None:
    assert ages_in(text) == ages


def test_years_outside_history_are_none() -> None:
    assert year_in("2020年") == (2020, "")
    assert year_in("平成元年") == (1989, "")
    for text in ("", "20", "12000", "0000", "令和0年", "来年"):
        assert year_in(text) is None


def test_a_file_name_gives_slug_and_year() -> None:
    assert slug_of("day_night") == "day_night"
    assert slug_of("人口").startswith("file-")
    assert slug_of("人口") != slug_of("世帯")
    assert year_in_name("day_night_2015.csv") == 2015
    assert year_in_name("N03-20210101.geojson") == 2021
    assert year_in_name("2015-2020.csv") is None


@given(st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_whatever_zeros_were_lost_names_restore_every_code(codes: list[str], short: bool, lost: bool) -> None:
    written = [code[:5] if short else code for code in codes]
    cells = [
        (code.lstrip("0") if lost else code, NAMES[full]) for code, full in zip(written, codes, strict=True)
    ]
    assert [area.code for area in resolve(cells, NAMES) if isinstance(area, AreaKey)] == codes


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(content: bytes) -> None:
    with suppress(WrongInput):
        tidy.read(RawBytes("a.csv", HEAD.encode() + b"\n" + content))
    assert 0.0 <= tidy.knows(RawBytes("a.csv", content)) <= 1.0


def real(path: str) -> RawBytes:
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        pytest.skip("KENIKI_TEST_DATA is not set: no real files")
    file = Path(folder) / path
    return RawBytes(file.name, file.read_bytes())


def test_the_day_and_night_file_is_read_whole() -> None:
    file = real("day_night/day_night_2015.csv")
    result = tidy.read(file)
    assert tidy.READER.knows(file) > 0.9
    assert result.rejected == []
    assert len(result) == 3631
    assert ("012106", "day_night_ratio", 2015, 96.7) in cells(result)
    kinds = [area.kind for area in result.area_keys]
    assert (kinds.count("municipality"), kinds.count("ward"), kinds.count("other")) == (1741, 175, 1)
    assert result.source.slug == "day_night"
    assert result.edition.key == "2015"


def test_the_projection_of_2023_is_read_whole() -> None:
    result = tidy.read(real("ipss_r5/ipss_r5_tidy.csv"))
    assert result.rejected == []
    assert len(result) == 280
    assert ("012106", "projected_population", 2040, 56332.0) in cells(result)
    towns = {area.code for area in result.area_keys if area.kind == "municipality"}
    assert len(towns) == 9
    nine = sum(
        value
        for code, indicator, year, value in cells(result)
        if code in towns and (indicator, year) == ("projected_population", 2040)
    )
    assert nine == 102_289
    assert result.source.slug == "ipss_r5"
    assert result.source.credit
    assert {key.status for key in result.series_keys} == {"estimated"}


def test_marks_of_official_tables_are_kept_as_they_stand() -> None:
    content = (
        f"{HEAD}\n01210,births,2020,-,persons\n01423,births,2020,***,persons\n01209,births,2020,?,persons\n"
    )
    result = tidy.read(RawBytes("syussei.csv", content.encode()))
    assert [(result.area_keys[area].code, result.texts[at]) for at, area in enumerate(result.areas)] == [
        ("012106", "-"),
        ("014231", "***"),
    ]
    assert [(row.row, row.column) for row in result.rejected] == [(4, "value")]
