"""Tables of one's own, read as a mapping says; the mapping's own mistakes; a first guess at a mapping."""

from __future__ import annotations

import io
import os
from datetime import date
from math import isnan
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from keniki.apps.evidence.importers import mapping
from keniki.apps.evidence.importers.base import Parsed, RawBytes
from keniki.apps.evidence.importers.cells import indicator_id, unit_id
from keniki.apps.evidence.importers.mapping import (
    head_of,
    letter_of,
    number_of,
    propose,
    read_mapped,
    spec_of,
)
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import catalogue

pytestmark = pytest.mark.slow

CODES = {
    "岩見沢市": "012106",
    "夕張市": "012092",
    "空知郡南幌町": "014231",
    "由仁町": "014273",
    "府中市": ["132063", "342084"],
    "札幌市中央区": "011011",
}
TABLE = """市町村の概要
令和2年10月1日現在

市町村名,人口,,世帯数（世帯）,主な農産物
,男,女,,
岩見沢市,"37,000","42,306",36500,米、玉ねぎ
空知郡 南幌町,3500,***,3100,米
計,40500,42306,39600,
"""
SPEC = """
title: 概要
head_rows: [4, 5]
area: {name: 市町村名}
year: 令和2年
columns:
  - {column: 人口 男, indicator: population, unit: persons, sex: 男}
  - {column: 女, indicator: population, unit: persons, sex: 女}
  - {column: D, indicator: households, unit: households}
  - {column: 5, indicator: main_crops, kind: words}
skip: [{column: 市町村名, values: [計, 合計]}]
"""


def read(spec: str | dict[str, Any], text: str = TABLE, name: str = "概要.csv", codes: Any = CODES) -> Parsed:
    return read_mapped(RawBytes(name, text.encode()), spec_of(spec), codes)


def cells(result: Parsed) -> list[tuple[str, str, str, float | str]]:
    found = []
    for number, value in enumerate(result.values):
        key = result.series_keys[result.series[number]]
        said = result.texts.get(number, "") if isnan(value) else value
        found.append((result.area_keys[result.areas[number]].code, key.indicator, key.sex, said))
    return found


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(at, column, value, day)
                    elif value is not None:
                        sheet.write(at, column, value)
    return data.getvalue()


def test_a_table_with_names_two_head_rows_words_and_marks_is_read() -> None:
    result = read(SPEC)
    assert cells(result) == [
        ("012106", "population", "male", 37000.0),
        ("012106", "population", "female", 42306.0),
        ("012106", "households", "", 36500.0),
        ("012106", "main_crops", "", "米、玉ねぎ"),
        ("014231", "population", "male", 3500.0),
        ("014231", "population", "female", "***"),
        ("014231", "households", "", 3100.0),
        ("014231", "main_crops", "", "米"),
    ]
    assert result.rejected == []
    assert {key.year for key in result.series_keys} == {2020}
    assert (result.rows[0], result.columns[0]) == (6, 2)
    assert result.column_labels == {2: "人口 男", 3: "人口 女", 4: "世帯数（世帯）", 5: "主な農産物"}
    assert result.row_labels[6] == "岩見沢市"
    assert "1行" in result.notes[0]
    assert result.source.title == "概要"


def test_names_that_are_unknown_or_ambiguous_are_kept_aside() -> None:
    spec = {
        "area": {"name": "名"},
        "year": 2020,
        "columns": [{"column": "値", "indicator": "a", "unit": "x"}],
    }
    text = "名,値\n岩見沢市,1\nない町,2\n府中市,3\n東京都府中市,4\n北海道,5\n全国,6\n,7\n札幌市 中央区,8\n"
    result = read(spec, text)
    assert [(area.kind, area.code) for area in result.area_keys] == [
        ("municipality", "012106"),
        ("municipality", "132063"),
        ("prefecture", "010006"),
        ("nation", "000000"),
        ("ward", "011011"),
    ]
    assert [(row.row, row.column) for row in result.rejected] == [(3, "名"), (4, "名"), (8, "名")]
    assert "132063（東京都）、342084（広島県）" in result.rejected[1].reason
    spec["area"] = {"name": "名", "prefecture": "34"}
    assert "342084" in [area.code for area in read(spec, text).area_keys]


def test_codes_that_lost_their_zeros_come_back_with_the_names() -> None:
    spec = {
        "area": {"code": "コード", "name": "名"},
        "year": 2020,
        "columns": [{"column": "値", "indicator": "a", "unit": "x"}],
    }
    result = read(spec, "コード,名,値\n12106,岩見沢市,1\n14231,南幌町,2\n12106,夕張市,3\n")
    assert [area.code for area in result.area_keys] == ["012106", "014231"]
    assert result.rejected[0].row == 4


def test_years_ages_and_parts_stand_in_head_rows_or_columns() -> None:
    wide = "団体コード,2015年,2020年\n01210,84499,79306\n01209,8843,\n"
    spec: dict[str, Any] = {
        "area": {"code": "団体コード"},
        "year": {"head_row": 1},
        "columns": [{"column": "2015年", "through": "C", "indicator": "population", "unit": "persons"}],
    }
    result = read(spec, wide, codes=None)
    years = [result.series_keys[series].year for series in result.series]
    assert list(zip(years, result.values, strict=True)) == [(2015, 84499.0), (2020, 79306.0), (2015, 8843.0)]
    long = "団体コード,年度,指標,年齢,性別,産業,単位,値\n01210,令和2年度,workers,15～19歳,男,E,人,5\n"
    long += "01210,R2,workers,x,男,E,人,5\n"
    spec = {
        "area": {"code": 1},
        "year": {"column": "年度"},
        "status": "town_reported",
        "columns": [
            {
                "column": "値",
                "indicator": {"column": "指標"},
                "unit": {"column": "単位"},
                "age": {"column": "年齢"},
                "sex": {"column": "性別"},
                "part": {"column": "産業"},
            }
        ],
    }
    result = read(spec, long, codes=None)
    key = result.series_keys[0]
    assert (key.indicator, key.unit, key.year, key.period) == ("workers", "persons", 2020, "FY2020")
    assert (key.sex, key.age_from, key.age_to, key.part, key.status) == ("male", 15, 19, "E", "town_reported")
    assert [(row.row, row.column) for row in result.rejected] == [(3, "年齢")]


def test_a_heading_over_merged_cells_is_that_of_all_columns_below() -> None:
    text = ",令和2年,,平成27年,\n市町村,男,女,男,女\n岩見沢市,1,2,3,4\n"
    spec = {
        "head_rows": [1, 2],
        "area": {"name": "市町村"},
        "year": {"head_row": 1},
        "columns": [
            {
                "column": "B",
                "through": "E",
                "indicator": "population",
                "unit": "persons",
                "sex": {"head_row": 2},
            }
        ],
    }
    result = read(spec, text)
    keys = [result.series_keys[series] for series in result.series]
    assert [(key.year, key.sex) for key in keys] == [
        (2020, "male"),
        (2020, "female"),
        (2015, "male"),
        (2015, "female"),
    ]


def test_cells_that_are_no_numbers_are_kept_aside_and_empty_ones_are_nothing() -> None:
    spec = {
        "area": {"name": "名"},
        "year": 2020,
        "columns": [{"column": "値", "indicator": "a", "unit": "x"}],
    }
    result = read(spec, "名,値\n岩見沢市,多い\n夕張市,\n由仁町,…\n")
    assert cells(result) == [("014273", "a", "", "…")]
    assert [(row.row, row.column, row.raw) for row in result.rejected] == [(2, "値", ("岩見沢市", "多い"))]


def test_medical_areas_and_fire_unions_are_areas_of_their_own() -> None:
    spec = {
        "area": {"name": "区域", "kind": "medical_area"},
        "areas": [
            {
                "name": "南空知",
                "kind": "medical_area",
                "code": "0107",
                "members": ["01210", "012092"],
                "beyond_region": True,
                "note": "一部圏域外も含む",
            }
        ],
        "year": 2022,
        "columns": [{"column": "医師数", "indicator": "doctors", "unit": "persons"}],
    }
    result = read(spec, "区域,医師数\n南空知,300\n中空知,250\n")
    first, second = result.area_keys
    assert (first.kind, first.code, first.members) == ("medical_area", "0107", ("012106", "012092"))
    assert (first.beyond_region, first.note) == (True, "一部圏域外も含む")
    assert (second.kind, second.code, second.name) == ("medical_area", "中空知", "中空知")


def test_own_areas_may_stand_among_municipalities() -> None:
    spec = {
        "area": {"name": "区域"},
        "areas": [{"name": "南空知消防", "kind": "fire_union", "members": ["014231"]}],
        "year": 2022,
        "columns": [{"column": "台数", "indicator": "engines", "unit": "台"}],
    }
    result = read(spec, "区域,台数\n岩見沢市,9\n南空知消防,5\n")
    assert [(area.kind, area.code) for area in result.area_keys] == [
        ("municipality", "012106"),
        ("fire_union", "南空知消防"),
    ]


def test_a_workbook_is_read_by_sheet_name_or_number() -> None:
    rows: list[list[object]] = [
        ["団体コード", "名", "人口", "調査日"],
        [12106, "岩見沢市", 79306.0, date(2020, 10, 1)],
    ]
    rows.append(["014231", "南幌町", 7319.5, None])
    data = workbook(("注記", [["これは注記です"]]), ("表", rows))
    spec = {
        "sheet": "表",
        "area": {"code": "団体コード", "name": "名"},
        "year": 2020,
        "columns": [{"column": "人口", "indicator": "population", "unit": "persons"}],
    }
    file = RawBytes("表.xlsx", data)
    result = read_mapped(file, spec_of(spec), CODES)
    assert cells(result) == [("012106", "population", "", 79306.0), ("014231", "population", "", 7319.5)]
    assert cells(read_mapped(file, spec_of({**spec, "sheet": 2}), CODES)) == cells(result)
    with pytest.raises(WrongInput, match="あるシート：注記、表"):
        read_mapped(file, spec_of({**spec, "sheet": "ない"}), CODES)


def test_a_broken_workbook_is_refused() -> None:
    spec = spec_of(
        {"area": {"code": 1}, "year": 2020, "columns": [{"column": 2, "indicator": "a", "unit": "x"}]}
    )
    for content in (b"PK\x03\x04" + b"x" * 50, b"\xd0\xcf\x11\xe0" + b"x" * 600):
        with pytest.raises(WrongInput, match="Excel"):
            read_mapped(RawBytes("a.xlsx", content), spec)


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        (
            {"columns": [{"column": "ない", "indicator": "a", "unit": "x"}]},
            "columns.1.column",
            "見出し：名、値",
        ),
        ({"columns": [{"column": 9, "indicator": "a", "unit": "x"}]}, "columns.1.column", "9番目"),
        (
            {"columns": [{"column": "値", "through": "A", "indicator": "a", "unit": "x"}]},
            "columns.1.through",
            "右",
        ),
        ({"area": {"code": "コード"}}, "area.code", "コード"),
        ({"year": None}, "year", "年"),
        ({"year": "いつか"}, "year", "いつか"),
        ({"year": {"head_row": 1}}, "year", "値"),
        ({"skip": [{"column": "備考", "values": ["x"]}]}, "skip.1.column", "備考"),
        (
            {"columns": [{"column": "値", "indicator": "a", "unit": "x", "sex": "ほか"}]},
            "columns.1.sex",
            "ほか",
        ),
        (
            {"columns": [{"column": "値", "indicator": "a", "unit": "x", "age": "若い"}]},
            "columns.1.age",
            "若い",
        ),
        (
            {"columns": [{"column": "値", "indicator": {"head_row": 7}, "unit": "x"}]},
            "columns.1.indicator",
            "指標",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_names_its_key(change: Any, key: str, message: str) -> None:
    spec = {
        "area": {"name": "名"},
        "year": 2020,
        "columns": [{"column": "値", "indicator": "a", "unit": "x"}],
    }
    with pytest.raises(WrongInput, match=message) as wrong:
        read({**spec, **change}, "名,値\n岩見沢市,1\n")
    assert wrong.value.column == key
    assert wrong.value.file == "概要.csv"


def test_two_columns_of_one_heading_are_told_apart_by_letter() -> None:
    spec = {
        "area": {"name": "名"},
        "year": 2020,
        "columns": [{"column": "値", "indicator": "a", "unit": "x"}],
    }
    with pytest.raises(WrongInput, match="B、C"):
        read(spec, "名,値,値\n岩見沢市,1,2\n")
    spec["columns"] = [{"column": "c", "indicator": "a", "unit": "x"}]
    assert list(read(spec, "名,値,値\n岩見沢市,1,2\n").values) == [2.0]


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("area: {name: 市}\n", "columns", "書き加えて"),
        ("columns: [{column: 1, indicator: a, unit: b}]\n", "area", "書き加えて"),
        (
            "area: {name: 市}\ncolumns: [{column: 1, indicater: a, unit: b}]\n",
            "columns.1.indicater",
            "indicator",
        ),
        ("area: {name: 市}\ncolumns: [{column: 1, indicator: a}]\n", "columns.1", "unit"),
        ("area: {name: 市}\ncolumns: []\n", "columns", "1つ以上"),
        ("area: {}\ncolumns: [{column: 1, indicator: a, unit: b}]\n", "area", "code"),
        (
            "area: {name: 市, kind: 町}\ncolumns: [{column: 1, indicator: a, unit: b}]\n",
            "area.kind",
            "どれか",
        ),
        (
            "area: {name: 市}\nhead_rows: 3\ncolumns: [{column: 1, indicator: a, unit: b}]\n",
            "head_rows",
            "一覧",
        ),
        (
            "area: {name: 市}\nhead_rows: [0]\ncolumns: [{column: 1, indicator: a, unit: b}]\n",
            "head_rows.1",
            "1以上",
        ),
        (
            "area: {name: 市}\nhead_rows: [3]\nfirst_row: 2\ncolumns: [{column: 1, indicator: a, unit: b}]\n",
            "",
            "下の行",
        ),
        (
            "area: {name: 市}\nyear: {column: 1, head_row: 1}\ncolumns: [{column: 1, indicator: a, unit: b}]\n",
            "year",
            "どちらか",
        ),
        (
            "area: {name: 市}\ncolumns: [{column: 1, indicator: a, unit: b, age: {row: 3}}]\n",
            "columns.1.age.row",
            "head_row",
        ),
        (
            "area: {name: 市}\nsource: {slug: あ}\ncolumns: [{column: 1, indicator: a, unit: b}]\n",
            "source.slug",
            "形",
        ),
        (
            "area: {name: 市}\nskip: [{column: 1}]\ncolumns: [{column: 1, indicator: a, unit: b}]\n",
            "skip.1",
            "values",
        ),
    ],
)
def test_a_mapping_that_is_wrong_names_the_key_and_what_to_do(text: str, key: str, message: str) -> None:
    with pytest.raises(WrongInput, match=message) as wrong:
        spec_of(text, file="map.yaml")
    assert wrong.value.column == key
    assert wrong.value.file == "map.yaml"


@pytest.mark.parametrize("text", ["- 1", "a: [", "ただの文", "", "a: \x00", "!!python/object:os.system {}"])
def test_text_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(WrongInput, match="対応表"):
        spec_of(text)


def test_a_remembered_mapping_is_found_by_the_headings() -> None:
    spec = spec_of(SPEC)
    first = head_of(RawBytes("令和2年.csv", TABLE.encode()), spec)
    other_rows = TABLE.replace("37,000", "1").replace("令和2年", "令和7年")
    assert head_of(RawBytes("令和7年.csv", other_rows.encode("cp932")), spec) == first
    assert head_of(RawBytes("a.csv", TABLE.replace("世帯数", "世帯").encode()), spec) != first
    assert len(first) == 64
    assert mapping.has_head(RawBytes("a.csv", TABLE.encode()), spec, first)
    on_sheet = spec_of({**spec.model_dump(mode="json", exclude_defaults=True), "sheet": "表"})
    assert not mapping.has_head(RawBytes("a.xlsx", workbook(("別", [["市町村名"]]))), on_sheet, first)
    wide = spec_of(
        {
            "head_rows": [1, 2],
            "area": {"code": 1},
            "year": {"head_row": 1},
            "columns": [{"column": 2, "indicator": "a", "unit": "x"}],
        }
    )
    one, other = b",2015\ncode,n\n01210,1", b",2020\ncode,n\n01210,1"
    assert head_of(RawBytes("a.csv", one), wide) == head_of(RawBytes("a.csv", other), wide)


def test_without_headings_a_mapping_is_remembered_for_files_of_the_same_name_only() -> None:
    spec = spec_of(
        {
            "head_rows": [],
            "area": {"code": 1},
            "year": 2020,
            "columns": [{"column": 2, "indicator": "a", "unit": "x"}],
        }
    )
    first = head_of(RawBytes("値_2020.csv", b"01210,1"), spec)
    assert mapping.has_head(RawBytes("値_2025.csv", b"01210,2"), spec, first)
    assert not mapping.has_head(RawBytes("国勢調査.csv", b"01210,2"), spec, first)


def test_the_first_guess_finds_codes_names_numbers_and_year() -> None:
    text = "市町村の概要（令和2年10月1日現在）\n\n団体コード,市町村名,人口（人）,面積［km2］,備考\n"
    text += '012106,岩見沢市,"79,306",481.0,\n012092,夕張市,7334,763.1,山\n012157,美唄市,20413,-,\n'
    spec = propose(RawBytes("概要.csv", text.encode()))
    assert (spec.head_rows, spec.first_row, spec.year) == ((3,), 4, "令和2年")
    assert (spec.area.code, spec.area.name) == ("団体コード", "市町村名")
    assert [(column.column, column.indicator, column.unit) for column in spec.columns] == [
        ("人口（人）", "人口", "人"),
        ("面積［km2］", "面積［km2］", "不明"),
    ]
    result = read_mapped(RawBytes("概要.csv", text.encode()), spec)
    assert len(result) == 6
    assert result.rejected == []


def test_the_first_guess_reads_years_from_a_head_row() -> None:
    data = workbook(
        ("推移", [["市町村", "2015年", "2020年"], ["岩見沢市", 1, 2], ["夕張市", 3, 4], ["由仁町", 5, 6]])
    )
    file = RawBytes("人口.xlsx", data)
    spec = propose(file)
    assert (spec.sheet, spec.area.name) == (None, "市町村")
    result = read_mapped(file, spec, CODES)
    assert sorted(
        (result.series_keys[series].year, value)
        for series, value in zip(result.series, result.values, strict=True)
    ) == [
        (2015, 1.0),
        (2015, 3.0),
        (2015, 5.0),
        (2020, 2.0),
        (2020, 4.0),
        (2020, 6.0),
    ]


def test_a_guess_on_another_sheet_names_it_and_can_be_written_down_and_read_again() -> None:
    rows: list[list[object]] = [["市町村", "人口（人）"], ["岩見沢市", 1], ["夕張市", 3], ["由仁町", 5]]
    file = RawBytes("人口_2020.xlsx", workbook(("説明", [["この表について"]]), ("表", rows)))
    spec = propose(file)
    assert (spec.sheet, spec.year) == ("表", "2020")
    assert spec_of(spec.model_dump(mode="json", exclude_defaults=True)) == spec
    assert cells(read_mapped(file, spec, CODES)) == [
        ("012106", "人口", "", 1.0),
        ("012092", "人口", "", 3.0),
        ("014273", "人口", "", 5.0),
    ]


def test_populations_of_five_digits_are_not_taken_for_codes() -> None:
    text = "市町村,人口\n岩見沢市,79306\n滝川市,39490\n美唄市,20413\n三笠市,12345\n夕張市,10000\n"
    spec = propose(RawBytes("a_2020.csv", text.encode()))
    assert (spec.area.code, spec.area.name, spec.year) == (None, "市町村", "2020")
    assert [column.column for column in spec.columns] == ["人口"]


def test_no_guess_is_made_of_a_table_without_places() -> None:
    for text in ("", "a,b\n1,2\n", "氏名,年齢\n佐藤,30\n鈴木,40\n"):
        with pytest.raises(WrongInput, match="団体コードの列も"):
            propose(RawBytes("a.csv", text.encode()))


def test_columns_have_letters() -> None:
    assert [letter_of(number) for number in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(number_of(letter_of(number)) == number for number in range(1, 1000))


def test_the_reader_is_never_guessed() -> None:
    assert mapping.READER.knows(RawBytes("a.csv", TABLE.encode())) == 0.0


def real(path: str) -> RawBytes:
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        pytest.skip("KENIKI_TEST_DATA is not set: no real files")
    file = Path(folder) / path
    return RawBytes(file.name, file.read_bytes())


def test_the_census_is_read_through_a_mapping_too() -> None:
    spec = {
        "head_rows": [11],
        "area": {"code": "I", "name": "J"},
        "year": {"column": "時間軸（年次）"},
        "columns": [
            {
                "column": "総数",
                "indicator": "population",
                "unit": "persons",
                "sex": {"column": "男女"},
                "part": {"column": "国籍総数か日本人"},
            }
        ],
    }
    result = read_mapped(real("census2020/population_census_2020.csv"), spec_of(spec))
    assert ("012106", "population", "", 79306.0) in cells(result)
    assert len(result) > 10_000


def test_ssdse_is_read_through_a_mapping_by_names() -> None:
    file = real("ssdse_a/SSDSE-A-2025.csv")
    spec = {
        "head_rows": [1, 2, 3],
        "area": {"name": "市区町村", "prefecture": "01"},
        "year": {"head_row": 2},
        "columns": [{"column": "総人口", "indicator": "population", "unit": "persons"}],
    }
    result = read_mapped(file, spec_of(spec), {"岩見沢市": "012106", "南幌町": "014231"})
    assert cells(result) == [("012106", "population", "", 79306.0), ("014231", "population", "", 7319.0)]
    assert len(result.rejected) > 1_700


@pytest.mark.parametrize(
    ("written", "indicator", "unit"),
    [
        ("戸", "", "farm_households"),
        ("㎡", "", "m2"),
        ("％", "", "percent"),
        (" Ha ", "", "hectare"),
        ("persons", "", "persons"),
        ("束", "", "束"),
    ],
)
def test_units_are_known_however_they_are_printed(written: str, indicator: str, unit: str) -> None:
    assert unit_id(written, indicator) == unit


def test_a_unit_printed_like_another_is_the_indicators_own() -> None:
    book = catalogue(date.max)
    for indicator in book:
        assert unit_id(book.unit_label(indicator.id), indicator.id) == indicator.unit
        assert indicator_id(indicator.name) == indicator.id


MATRIX = """通勤・通学者の流動,,,,
令和2年10月1日現在,,,,
常住地,目的,岩見沢市,由仁町,その他
岩見沢市,通勤,"30,000",120,5
由仁町,通勤,200,-,
由仁町,通学,40,?,1
どこか,通勤,1,1,
合計,,30241,121,6
"""


def test_flows_stand_in_rows_or_across_the_columns() -> None:
    spec: Any = {
        "head_rows": [3],
        "flow": {
            "origin": {"name": "常住地"},
            "destination": {"name": {"head_row": 3}},
            "purpose": {"column": "目的"},
            "column": "岩見沢市",
            "through": "D",
        },
        "year": "令和2年",
        "skip": [{"column": "常住地", "values": ["合計"]}],
    }
    result = read(spec, MATRIX)
    assert [
        (flow.origin.code, flow.destination.code, flow.purpose, flow.year, flow.value, flow.row)
        for flow in result.flows
    ] == [
        ("012106", "012106", "commute", 2020, 30_000.0, 4),
        ("012106", "014273", "commute", 2020, 120.0, 4),
        ("014273", "012106", "commute", 2020, 200.0, 5),
        ("014273", "012106", "school", 2020, 40.0, 6),
    ]
    assert [(row.row, row.column) for row in result.rejected] == [
        (6, "由仁町"),
        (7, "岩見沢市"),
        (7, "由仁町"),
    ]
    assert result.edition.key == "2020"
    rows = "発地コード,着地,人数,年\n01210,由仁町,12,R2\n012106,由仁町,13,R2\n"
    rows += "99999,由仁町,1,R2\n01210,由仁町,14,いつか\n"
    listed = read(
        {
            "flow": {
                "origin": {"code": "発地コード"},
                "destination": {"name": "着地"},
                "purpose": "買物",
                "column": "人数",
            },
            "year": {"column": "年"},
        },
        rows,
    )
    assert [(flow.purpose, flow.value) for flow in listed.flows] == [("shopping", 12.0)]
    assert [row.row for row in listed.rejected] == [3, 4, 5]
    assert "99999" in listed.rejected[1].reason


def test_rows_may_be_days_or_months_and_columns_towns() -> None:
    spec: Any = {
        "head_rows": [1],
        "area": {"name": {"head_row": 1}},
        "year": {"column": "月"},
        "columns": [{"column": "岩見沢市", "through": "由仁町", "indicator": "visitors", "unit": "人"}],
    }
    table = "月,岩見沢市,由仁町\n2023年4月,10,20\n令和5年5月,11,\nR5.6,12,?\n2023-07-01,13,\n20238,14,\n"
    table += "2023/2/30,15,\n令和5年13月,16,\n"
    result = read(spec, table)
    found = {
        (result.area_keys[area].code, result.series_keys[series].period): value
        for series, area, value in zip(result.series, result.areas, result.values, strict=True)
    }
    assert found == {
        ("012106", "2023-04"): 10.0,
        ("014273", "2023-04"): 20.0,
        ("012106", "2023-05"): 11.0,
        ("012106", "2023-06"): 12.0,
        ("012106", "2023-07-01"): 13.0,
    }
    assert {key.year for key in result.series_keys} == {2023}
    assert [(row.row, row.column) for row in result.rejected] == [
        (4, "由仁町"),
        (6, "月"),
        (7, "月"),
        (8, "月"),
    ]
    assert result.row_labels[2] == "2023年4月"


def test_the_whole_table_may_be_about_one_area_even_of_its_own_shape() -> None:
    spec: Any = {
        "area": {"fixed": "空知の消防", "kind": "fire_union"},
        "areas": [{"name": "空知の消防", "kind": "fire_union", "members": ["岩見沢市", "014273"]}],
        "year": {"column": "年度"},
        "columns": [
            {"column": "出動", "indicator": "dispatches", "unit": "件"},
            {"column": "主な出動先", "indicator": "main_places", "kind": "words"},
        ],
    }
    result = read(spec, "年度,出動,主な出動先\n令和4年度,120,国道12号\n令和5年度,130,\n")
    (area,) = result.area_keys
    assert (area.kind, area.name, area.members) == ("fire_union", "空知の消防", ("012106", "014273"))
    assert [(key.indicator, key.period) for key in result.series_keys] == [
        ("dispatches", "FY2022"),
        ("main_places", "FY2022"),
        ("dispatches", "FY2023"),
    ]
    assert list(result.texts.values()) == ["国道12号"]
    with pytest.raises(WrongInput, match="99999") as wrong:
        read({**spec, "area": {"fixed": "99999"}, "areas": []}, "年度,出動,主な出動先\n令和4年度,1,\n")
    assert wrong.value.column == "area.fixed"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (
            {"flow": {"origin": {"name": "名"}, "destination": {"name": "名"}, "purpose": "通勤"}},
            "flow.column",
        ),
        ({"area": {"name": "名"}, "columns": [{"column": "値", "indicator": "a", "unit": "x"}]}, ""),
    ],
)
def test_a_mapping_of_flows_says_all_that_is_needed_and_nothing_else(change: Any, key: str) -> None:
    flow = {"origin": {"name": "名"}, "destination": {"name": "名"}, "purpose": "通勤", "column": "値"}
    with pytest.raises(WrongInput) as wrong:
        read({"flow": flow, "year": 2020} | change, "名,値\n岩見沢市,1\n")
    assert wrong.value.column == key
