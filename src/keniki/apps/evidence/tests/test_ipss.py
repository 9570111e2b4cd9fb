"""Census history and projection of IPSS's 2018 edition as JSON: the real series, and every way they can be broken."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from keniki.apps.evidence.importers import ipss
from keniki.apps.evidence.importers.base import UNKNOWN_AGE, Parsed, RawBytes
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow

CENSUSES = (1980, 1985, 1990, 1995, 2000, 2005, 2010, 2015)
PROJECTED = (2015, 2020, 2025, 2030, 2035, 2040, 2045)
AGES = [f"{age}～{age + 4}歳" for age in range(0, 85, 5)]


def folder() -> Path:
    data = os.environ.get("KENIKI_TEST_DATA")
    if not data:
        pytest.skip("KENIKI_TEST_DATA is not set: no published series")
    return Path(data) / "ipss_h30"


def real(name: str) -> Parsed:
    return ipss.read(RawBytes(name, (folder() / name).read_bytes()))


def lines(years: int = 7, last: tuple[str, ...] = ("85～89歳", "90歳以上")) -> list[dict[str, Any]]:
    """A series in which every class has 10 persons every year."""
    classes = [*AGES, *last]
    return [
        {"Series": "総数", "Population": [10 * len(classes)] * years},
        *({"Series": label, "Population": [10] * years} for label in classes),
    ]


def file_of(content: object, name: str = "CityM/pp01210.json") -> RawBytes:
    return RawBytes(name, json.dumps(content, ensure_ascii=False).encode())


def values(parsed: Parsed, year: int, first: int | None = None, last: int | None = None) -> float:
    (value,) = (
        value
        for series, value in zip(parsed.series, parsed.values, strict=True)
        if (key := parsed.series_keys[series]).year == year and (key.age_from, key.age_to) == (first, last)
    )
    return value


def test_the_census_history_of_the_pilots_centre():
    parsed = real("CityM/pd01210.json")
    assert sorted({key.year for key in parsed.series_keys}) == list(CENSUSES)
    assert {(key.indicator, key.unit, key.sex, key.status) for key in parsed.series_keys} == {
        ("population", "persons", "male", "official")
    }
    assert (parsed.source.slug, parsed.edition.key) == ("census_history", "census-history-1980-2015")
    assert "国勢調査" in parsed.source.credit
    assert "統計メモ帳" in parsed.source.credit
    assert [(key.kind, key.code) for key in parsed.area_keys] == [("municipality", "012106")]
    assert (values(parsed, 1980), values(parsed, 2015), values(parsed, 2015, 0, 4)) == (45_781, 39_319, 1_367)
    assert values(parsed, 2015, UNKNOWN_AGE, UNKNOWN_AGE) == 86
    assert parsed.rejected == []


def test_the_class_called_85_to_89_and_over_is_85_to_89():
    parsed = real("CityF/pd01210.json")
    assert values(parsed, 2015, 85, 89) == 1_766
    assert values(parsed, 2015, 90) == 1_080
    assert (85, None) not in {(key.age_from, key.age_to) for key in parsed.series_keys}
    total = sum(values(parsed, 2015, age, age + 4) for age in range(0, 90, 5)) + values(parsed, 2015, 90)
    assert total + values(parsed, 2015, UNKNOWN_AGE, UNKNOWN_AGE) == values(parsed, 2015) == 45_180
    assert "85～89歳以上" in parsed.row_labels.values()


def test_the_projection_is_an_estimate_of_its_own_source():
    parsed = real("CityM/pp01210.json")
    assert sorted({key.year for key in parsed.series_keys}) == list(PROJECTED)
    assert {(key.indicator, key.status, key.period[4:]) for key in parsed.series_keys} == {
        ("projected_population", "estimated", "-10-01")
    }
    assert (parsed.source.slug, parsed.source.publisher) == ("ipss_h30", "国立社会保障・人口問題研究所")
    assert "平成30（2018）年推計" in parsed.source.credit
    assert (values(parsed, 2015), values(parsed, 2040), values(parsed, 2045)) == (39_319, 24_428, 21_652)
    place = parsed.rows[0], parsed.columns[0]
    assert (parsed.row_labels[place[0]], parsed.column_labels[place[1]]) == ("総数", "2015年")


def test_every_published_series_is_read_and_adds_up():
    read = {}
    for path in sorted(folder().glob("City*/*.json")):
        name = f"{path.parent.name}/{path.name}"
        file = RawBytes(name, path.read_bytes())
        assert ipss.knows(file) > 0.9
        parsed = ipss.read(file)
        assert parsed.rejected == [], name
        read.setdefault(parsed.edition.key, []).append(len(parsed))
    assert {key: len(found) for key, found in read.items()} == {
        "census-history-1980-2015": 2 * 1_456,
        "ipss-h30": 2 * 179,
    }
    assert set(read["census-history-1980-2015"]) == {21 * 8}
    assert set(read["ipss-h30"]) == {20 * 7}


def test_the_folder_says_the_sex_and_both_belong_to_one_edition():
    men, women = ipss.read(file_of(lines())), ipss.read(file_of(lines(), "data\\CityF\\pp01210.json"))
    assert (men.series_keys[0].sex, women.series_keys[0].sex) == ("male", "female")
    assert men.edition == women.edition


def test_a_year_whose_ages_do_not_add_up_is_kept_aside_with_both_numbers():
    content = lines()
    content[3]["Population"][2] += 1
    parsed = ipss.read(file_of(content))
    (wrong,) = parsed.rejected
    assert (wrong.row, wrong.column) == (None, "2025年")
    assert "合計 191 が総数 190 と" in wrong.reason
    assert list(wrong.raw) == ["総数 190", "合計 191"]
    assert {key.year for key in parsed.series_keys} == set(PROJECTED) - {2025}


@pytest.mark.parametrize("value", [None, "…", -1, True, [], 1e12])
def test_a_year_with_something_that_is_no_number_is_kept_aside(value):
    content = lines()
    content[1]["Population"][0] = value
    parsed = ipss.read(file_of(content))
    (wrong,) = parsed.rejected
    assert (wrong.row, wrong.column) == (None, "2015年")
    assert "「0～4歳」の値" in wrong.reason
    assert len(parsed) == 6 * 20


def test_a_number_that_json_should_not_have_is_kept_aside():
    content = json.dumps(lines()).replace("[10,", "[NaN,", 1).encode()
    parsed = ipss.read(RawBytes("CityM/pp01210.json", content))
    assert len(parsed.rejected) == 1


@pytest.mark.parametrize(
    ("last", "message"),
    [
        (("85～89歳以上",), "切れ目のない"),
        (("90歳以上",), "切れ目のない"),
        (("85～89歳", "85～89歳以上", "90歳以上"), "2回"),
        (("85～89歳", "90歳以上", "老人"), "年齢階級として読めません"),
        ((), "切れ目のない"),
    ],
)
def test_classes_that_leave_a_gap_or_mean_the_same_are_refused(last, message):
    with pytest.raises(WrongInput, match=message) as wrong:
        ipss.read(file_of(lines(last=last)))
    assert wrong.value.file == "CityM/pp01210.json"


def test_a_file_without_the_total_is_refused():
    with pytest.raises(WrongInput, match="総数"):
        ipss.read(file_of(lines()[1:]))


@pytest.mark.parametrize(("kind", "years"), [("pp", 8), ("pd", 7), ("pd", 0)])
def test_years_are_not_guessed_from_another_number_of_values(kind, years):
    with pytest.raises(WrongInput, match="どの年の値か分かりません") as wrong:
        ipss.read(file_of(lines(years), f"CityM/{kind}01210.json"))
    assert (wrong.value.row, wrong.value.column) == (1, "総数")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pp01210.json", "フォルダー"),
        ("Pref/pp01210.json", "フォルダー"),
        ("CityM/pp1210.json", "ファイル名"),
        ("CityM/px01210.json", "ファイル名"),
        ("CityM/pp99210.json", "都道府県番号"),
    ],
)
def test_a_name_that_does_not_say_what_the_file_is_is_refused(name, message):
    with pytest.raises(WrongInput, match=message) as wrong:
        ipss.read(file_of(lines(), name))
    assert wrong.value.file == name


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (b'[{"Series":\n"a",}]', 2),
        (b"", 1),
        ("[\n{'総数'".encode("cp932"), 2),
        (b"{}", None),
        (b"[]", None),
        (b'[{"Series": "a"}]', 1),
        (b"[1]", 1),
        (b'[{"Series": 1, "Population": []}]', 1),
        (b"[" * 200_000, None),
    ],
)
def test_a_file_of_another_shape_is_refused_with_its_row(content, row):
    with pytest.raises(WrongInput) as wrong:
        ipss.read(RawBytes("CityM/pp01210.json", content))
    assert (wrong.value.file, wrong.value.row) == ("CityM/pp01210.json", row)


def test_other_json_is_not_known():
    assert ipss.knows(RawBytes("CityM/pp01210.json", b'{"GET_STATS_DATA": {}}')) == 0
    assert ipss.knows(file_of(lines(), "export.json")) < 0.9
