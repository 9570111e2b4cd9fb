"""SSDSE-A of two years as published, against each other and the census; unknown codes and broken files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from math import isnan
from pathlib import Path

import pytest

from keniki.apps.evidence.importers import estat_csv, ssdse
from keniki.apps.evidence.importers.base import AreaKey, Parsed, RawBytes, SeriesKey
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import catalogue

pytestmark = pytest.mark.slow

NINE = ("012106", "012092", "012157", "012220", "014231", "014273", "014281", "014290", "014303")
HEAD = (
    ("SSDSE-A-2025", "Prefecture", "Municipality", "A1101", "B1101", "C210832"),
    ("", "", "年度", "2020", "2023", "2021"),
    (
        "地域コード",
        "都道府県",
        "市区町村",
        "総人口",
        "総面積（北方地域及び竹島を除く）",
        "事業所数（民営）（農業、林業）",
    ),
)
TOWN = ("R01210", "北海道", "岩見沢市", "79306", "48102", "38")


def file_of(
    rows: Sequence[Sequence[str]] = (TOWN,),
    *,
    head: Sequence[Sequence[str]] = HEAD,
    encoding: str = "cp932",
    name: str = "SSDSE-A-2025.csv",
) -> RawBytes:
    text = "".join(",".join(row) + "\r\n" for row in (*head, *rows))
    return RawBytes(name, text.encode(encoding))


def real(*parts: str) -> RawBytes:
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        pytest.skip("KENIKI_TEST_DATA is not set: no published files")
    path = Path(folder, *parts)
    return RawBytes(path.name, path.read_bytes())


@pytest.fixture(scope="module")
def of_2022() -> Parsed:
    return ssdse.read(real("ssdse_a", "SSDSE-A-2022.csv"))


@pytest.fixture(scope="module")
def of_2025() -> Parsed:
    return ssdse.read(real("ssdse_a", "SSDSE-A-2025.csv"))


def employees(parsed: Parsed) -> dict[str, dict[str, float]]:
    """Employees of the nine by part and the area's code."""
    found: dict[str, dict[str, float]] = {}
    for series, area, value in zip(parsed.series, parsed.areas, parsed.values, strict=True):
        key, code = parsed.series_keys[series], parsed.area_keys[area].code
        if key.indicator == "employees" and code in NINE:
            found.setdefault(key.part, {})[code] = value
    return found


def values(parsed: Parsed, indicator: str, **wanted: object) -> Mapping[str, float]:
    """By the area's code, of the one series with these fields (all others empty)."""
    blank = {"indicator": indicator, "sex": "", "age_from": None, "age_to": None, "part": ""} | wanted
    (number,) = (
        number
        for number, key in enumerate(parsed.series_keys)
        if all(getattr(key, name) == value for name, value in blank.items())
    )
    return {
        parsed.area_keys[area].code: value
        for series, area, value in zip(parsed.series, parsed.areas, parsed.values, strict=True)
        if series == number
    }


def test_both_editions_are_read_whole_and_no_code_is_unknown(of_2022, of_2025):
    for parsed, columns, year in ((of_2022, 124, 2022), (of_2025, 125, 2025)):
        assert len(parsed) == 1_741 * columns
        assert (len(parsed.area_keys), len(parsed.series_keys)) == (1_741, columns)
        assert (parsed.rejected, parsed.notes) == ([], [])
        assert (parsed.source.slug, parsed.source.publisher) == ("ssdse_a", "独立行政法人統計センター")
        assert parsed.edition.key == f"ssdse-a-{year}"
        assert {key.kind for key in parsed.area_keys} == {"municipality"}


def test_population_and_area_are_those_of_the_pilot_and_the_nation(of_2025):
    population, area = values(of_2025, "population"), values(of_2025, "total_area")
    assert population["012106"] == 79_306
    assert sum(population[code] for code in NINE) == 152_486
    assert sum(population.values()) == 126_146_099
    assert sum(area[code] for code in NINE) == 256_225  # hectares: 2,562.25 km²


def test_every_figure_names_its_cell(of_2025):
    place = next(n for n, a in enumerate(of_2025.areas) if of_2025.area_keys[a].code == "012106")
    row, column = of_2025.rows[place], of_2025.columns[place]
    assert (of_2025.row_labels[row], of_2025.column_labels[column]) == ("北海道 岩見沢市", "総人口")
    line = of_2025.file.content.decode("cp932").splitlines()[row - 1].split(",")
    assert (line[0], line[column - 1], of_2025.values[place]) == ("R01210", "79306", 79_306)


def test_the_year_of_a_column_is_that_of_its_head(of_2022, of_2025):
    def years(parsed: Parsed) -> dict[str, int]:
        return {key.indicator: key.year for key in parsed.series_keys}

    assert (years(of_2022)["establishments"], years(of_2025)["establishments"]) == (2016, 2021)
    assert (years(of_2022)["births"], years(of_2025)["births"]) == (2020, 2022)
    assert years(of_2022)["population"] == years(of_2025)["population"] == 2020
    periods = {key.indicator: key.period for key in of_2025.series_keys}
    assert (periods["total_revenue"], periods["population"]) == ("FY2021", "")


def test_industries_join_over_the_editions_whatever_their_commas(of_2022, of_2025):
    totals = []
    for parsed in (of_2022, of_2025):
        by_part = employees(parsed)
        total = by_part.pop("")
        assert list(by_part) == [f"industry:{letter}" for letter in "ABCDEFGHIJKLMNOPQR"]
        assert {code: sum(part[code] for part in by_part.values()) for code in NINE} == total
        totals.append(sum(total.values()))
    assert totals == [56_230, 54_560]


def test_two_headings_of_one_code_are_one_indicator(of_2022, of_2025):
    assert values(of_2022, "elderly_couple_households") == values(of_2025, "elderly_couple_households")
    assert values(of_2022, "elderly_single_households") == values(of_2025, "elderly_single_households")


def test_parts_of_the_population_add_up(of_2025):
    def population(**wanted: object) -> Mapping[str, float]:
        return values(of_2025, "population", **wanted)

    total, men, women = population(), population(sex="male"), population(sex="female")
    assert all(men[code] + women[code] == total[code] for code in total)
    young, middle, old = (
        population(age_from=0, age_to=14),
        population(age_from=15, age_to=64),
        population(age_from=65),
    )
    unknown = [total[code] - young[code] - middle[code] - old[code] for code in NINE]
    assert sum(unknown) == 400  # 年齢不詳, which SSDSE-A does not print
    assert population(age_from=75)["012106"] < old["012106"]


def test_the_population_is_that_of_the_census_in_every_municipality(of_2025):
    census = estat_csv.read(real("census2020", "population_census_2020.csv"))
    (number,) = (
        n
        for n, key in enumerate(census.series_keys)
        if (key.sex, key.age_from, key.age_to) == ("", None, None)
    )
    published = {
        census.area_keys[area].code: 0 if isnan(value) else value
        for series, area, value in zip(census.series, census.areas, census.values, strict=True)
        if series == number and census.area_keys[area].kind == "municipality"
    }
    assert published == values(of_2025, "population")


def test_what_the_file_says_of_codes_agrees_with_the_catalogue(of_2025):
    known = catalogue(date(2025, 4, 1))
    for code, column in ssdse.columns().items():
        assert column.unit in known.units, code
        indicator = known.indicators[column.indicator]
        base = known.units[column.unit].base or column.unit
        assert base == (known.units[indicator.unit].base or indicator.unit), code
        assert not column.part or column.part.split(":")[0] in indicator.parts, code


def test_no_two_codes_are_the_same_series():
    keys = [column.series(2020) for column in ssdse.columns().values()]
    assert len(set(keys)) == len(keys) == 125


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_a_file_is_known_and_read_in_every_encoding(encoding):
    file = file_of(encoding=encoding, name="data.csv")
    assert ssdse.knows(file) == 1
    parsed = ssdse.read(file)
    assert list(parsed.values) == [79_306, 48_102, 38]
    assert parsed.area_keys == [AreaKey("municipality", "012106", "岩見沢市")]
    assert parsed.series_keys == [
        SeriesKey("population", "persons", 2020),
        SeriesKey("total_area", "hectare", 2023),
        SeriesKey("establishments", "establishments", 2021, part="industry:A"),
    ]


def test_another_file_is_not_known():
    assert ssdse.knows(RawBytes("SSDSE-A-2025.csv", b"municipality_code,indicator\r\n")) == 0
    assert ssdse.knows(RawBytes("SSDSE-B-2025.csv", b"SSDSE-B-2025,Code,Prefecture\r\n")) == 0


def test_another_kind_of_comma_is_the_same_heading():
    head = [*HEAD[:2], [cell.replace("、", "，") for cell in HEAD[2]]]
    parsed = ssdse.read(file_of(head=head))
    assert parsed.series_keys[2].part == "industry:A"
    assert parsed.notes == []


def test_an_unknown_code_and_one_with_another_meaning_are_kept_under_their_own_names():
    head = (
        (*HEAD[0][:3], "A1101", "Z9999", "C210832"),
        HEAD[1],
        (*HEAD[2][:3], "夜間人口", "新しい項目", HEAD[2][5]),
    )
    parsed = ssdse.read(file_of(head=head))
    assert [(key.indicator, key.unit) for key in parsed.series_keys] == [
        ("ssdse_a_a1101", ""),
        ("ssdse_a_z9999", ""),
        ("establishments", "establishments"),
    ]
    assert len(parsed) == 3
    assert "「夜間人口」が既知のもの（総人口）と違う" in parsed.notes[0]
    assert "Z9999（新しい項目）は知られていない" in parsed.notes[1]


def test_a_mark_is_no_value_and_a_word_is_kept_aside():
    rows = [
        ("R01210", "北海道", "岩見沢市", "-", "約480", ""),
        ("R01209", "北海道", "夕張市", "7334", "76307", "X"),
    ]
    parsed = ssdse.read(file_of(rows))
    assert parsed.texts == {0: "-", 3: "X"}
    assert isnan(parsed.values[0])
    (wrong,) = parsed.rejected
    assert (wrong.row, wrong.column) == (4, "総面積（北方地域及び竹島を除く）")
    assert wrong.reason == "「約480」は数値でも記号でもありません。"
    assert list(wrong.raw) == list(rows[0])
    assert parsed.notes == ["空欄の1セルは登録していません。"]


def test_a_row_with_a_wrong_code_or_too_few_cells_is_kept_aside():
    rows = [("01210", *TOWN[1:]), ("R99999", *TOWN[1:]), TOWN[:4], TOWN]
    parsed = ssdse.read(file_of(rows))
    assert [wrong.row for wrong in parsed.rejected] == [4, 5, 6]
    assert "R01100 など" in parsed.rejected[0].reason
    assert "都道府県番号" in parsed.rejected[1].reason
    assert "セルの数（4）" in parsed.rejected[2].reason
    assert set(parsed.rows) == {7}


def test_a_column_without_a_year_is_kept_aside_and_the_others_are_taken():
    head = (HEAD[0], (*HEAD[1][:4], "不明", "2021"), HEAD[2])
    parsed = ssdse.read(file_of(head=head))
    (wrong,) = parsed.rejected
    assert (wrong.row, wrong.column) == (None, HEAD[2][4])
    assert wrong.reason.startswith("2行目の年度「不明」")
    assert [key.indicator for key in parsed.series_keys] == ["population", "establishments"]


@pytest.mark.parametrize(
    ("head", "row", "message"),
    [
        ((), 1, "版の名称"),
        (HEAD[:1], 2, "年度"),
        (HEAD[:2], 3, "項目名"),
        ((HEAD[0], HEAD[1][:4], HEAD[2]), 2, "年度"),
        ((("SSDSE-A-2025",), ("",), ("地域コード",)), 1, "項目コード"),
        ((("SSDSE-B-2025", *HEAD[0][1:]), *HEAD[1:]), 1, "版の名称"),
    ],
)
def test_a_file_without_its_head_is_refused_with_the_row(head, row, message):
    with pytest.raises(WrongInput, match=message) as wrong:
        ssdse.read(file_of((), head=head))
    assert (wrong.value.file, wrong.value.row) == ("SSDSE-A-2025.csv", row)


def test_a_file_without_rows_is_refused():
    with pytest.raises(WrongInput, match="1つもありません"):
        ssdse.read(file_of(()))
