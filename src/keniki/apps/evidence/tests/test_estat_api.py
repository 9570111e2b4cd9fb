"""Answers of the e-Stat API: figures, flows, marks, errors. The answers are written as the API writes them."""

from __future__ import annotations

import json
from math import isnan
from typing import Any

import pytest

from keniki.apps.evidence.importers import estat_api
from keniki.apps.evidence.importers.base import UNKNOWN_AGE, Parsed, RawBytes
from keniki.apps.evidence.importers.estat_answer import CREDIT
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow

AREAS = {"00000": "全国", "01000": "北海道", "01210": "岩見沢市", "01101": "札幌市中央区", "01423": "南幌町"}
TAB = ("tab", "表章項目", {"020": "人口【人】"})
TIME = ("time", "時間軸（調査年）", {"2020000000": "2020年"})
AREA = ("area", "全国，都道府県，市区町村", AREAS)
CENSUS = {
    "@id": "0000000001",
    "STAT_NAME": {"@code": "00200521", "$": "国勢調査"},
    "GOV_ORG": {"@code": "00200", "$": "総務省"},
    "STATISTICS_NAME": "令和2年国勢調査 人口等基本集計",
    "TITLE": {"@no": "2-7", "$": "男女，年齢別人口－全国，都道府県，市区町村"},
    "CYCLE": "-",
    "SURVEY_DATE": "202010",
    "OPEN_DATE": "2021-11-30",
    "SMALL_AREA": 0,
    "COLLECT_AREA": "該当なし",
    "OVERALL_TOTAL_NUMBER": 3,
    "UPDATED_DATE": "2021-11-30",
}


def classes(key: str, name: str, found: dict[str, str]) -> dict[str, Any]:
    each = [{"@code": code, "@name": said, "@level": "1"} for code, said in found.items()]
    # The API writes one class as itself, several as a list.
    return {"@id": key, "@name": name, "CLASS": each[0] if len(each) == 1 else each}


def answer(
    axes: list[tuple[str, str, dict[str, str]]],
    values: list[dict[str, Any]],
    *,
    table: dict[str, Any] | None = None,
    first: int = 1,
    **data: Any,
) -> dict[str, Any]:
    last = first + len(values) - 1
    return {
        "GET_STATS_DATA": {
            "RESULT": {
                "STATUS": 0,
                "ERROR_MSG": "正常に終了しました。",
                "DATE": "2026-04-01T09:00:00.000+09:00",
            },
            "PARAMETER": {"LANG": "J", "STATS_DATA_ID": "x", "DATA_FORMAT": "J", "START_POSITION": first},
            "STATISTICAL_DATA": {
                "RESULT_INF": {"TOTAL_NUMBER": last, "FROM_NUMBER": first, "TO_NUMBER": last},
                "TABLE_INF": {**CENSUS, **(table or {})},
                "CLASS_INF": {"CLASS_OBJ": [classes(*axis) for axis in axes]},
                "DATA_INF": {**data, "VALUE": values[0] if len(values) == 1 else values},
            },
        }
    }


def value(said: str, *, unit: str | None = "人", area: str = "01210", **codes: str) -> dict[str, Any]:
    found = {
        "@tab": "020",
        **{f"@{key}": code for key, code in codes.items()},
        "@area": area,
        "@time": "2020000000",
    }
    return {**found, **({"@unit": unit} if unit else {}), "$": said}


def read(content: dict[str, Any]) -> Parsed:
    return estat_api.read(RawBytes("estat.json", json.dumps(content, ensure_ascii=False).encode()))


SEX = ("cat01", "男女", {"0": "総数", "1": "男", "2": "女"})
AGE = (
    "cat02",
    "年齢（5歳階級）",
    {"00": "総数", "01": "0～4歳", "21": "100歳以上", "22": "年齢「不詳」", "R1": "（再掲）15歳未満"},
)


def test_figures_carry_what_their_classes_say() -> None:
    result = read(
        answer(
            [TAB, SEX, AGE, AREA, TIME],
            [
                value("79306", cat01="0", cat02="00"),
                value("1,234", cat01="1", cat02="01"),
                value("5", cat01="2", cat02="21"),
                value("7", cat01="0", cat02="22"),
                value("8", cat01="0", cat02="R1"),
                value("126146099", cat01="0", cat02="00", area="00000"),
            ],
        )
    )
    keys = [result.series_keys[series] for series in result.series]
    assert [(key.indicator, key.unit, key.sex, key.age_from, key.age_to) for key in keys] == [
        ("population", "persons", "", None, None),
        ("population", "persons", "male", 0, 4),
        ("population", "persons", "female", 100, None),
        ("population", "persons", "", UNKNOWN_AGE, UNKNOWN_AGE),
        ("population", "persons", "", 0, 14),
        ("population", "persons", "", None, None),
    ]
    assert {(key.year, key.period) for key in keys} == {(2020, "2020-10-01")}
    assert list(result.values) == [79306.0, 1234.0, 5.0, 7.0, 8.0, 126146099.0]
    assert [(area.kind, area.code) for area in result.area_keys] == [
        ("municipality", "012106"),
        ("nation", "000000"),
    ]
    assert result.flows == []
    assert result.rejected == []
    assert list(result.rows) == [1, 2, 3, 4, 5, 6]
    assert result.column_labels[2] == "人口【人】／男／0～4歳／2020年"


def test_source_edition_and_the_demanded_credit_are_told() -> None:
    result = read(answer([TAB, AREA, TIME], [value("1")]))
    assert result.source.slug == "census"
    assert result.source.credit.endswith(CREDIT)
    assert len(result.source.credit) <= 300
    edition = result.edition
    assert (edition.key, edition.table, edition.census_year) == ("census-2020-0000000001", "2-7", 2020)
    assert (edition.surveyed, edition.published_on) == ("2020-10", "2021-11-30")
    other = {
        "STAT_NAME": {"@code": "00450091", "$": "賃金構造基本統計調査"},
        "@id": "0003425893",
        "SURVEY_DATE": 0,
    }
    wages = read(answer([TAB, AREA, TIME], [value("1")], table=other))
    assert wages.source.slug == "estat-00450091"
    assert wages.source.title == "賃金構造基本統計調査"
    assert (wages.edition.census_year, wages.edition.surveyed) == (None, "")
    assert wages.edition.key == "estat-00450091-2020-0003425893"
    assert wages.series_keys[0].period == ""


def test_marks_are_kept_as_they_stand_with_what_the_notes_say() -> None:
    notes = [{"@char": "-", "$": "該当数値がないもの"}, {"@char": "***", "$": "当該数値がないもの"}]
    notes.append({"@char": "X", "$": "数値が秘匿されているもの"})
    values = [value(mark, area=area) for mark, area in (("-", "01210"), ("***", "01423"), ("X", "01101"))]
    result = read(answer([TAB, AREA, TIME], [*values, value("ほか", area="01000")], NOTE=notes))
    assert all(isnan(each) for each in result.values)
    assert list(result.texts.values()) == ["-", "***", "X"]
    assert "記号「X」：数値が秘匿されているもの" in result.notes
    assert [(row.row, row.column) for row in result.rejected] == [(4, "$")]


def test_a_note_value_or_class_that_is_alone_is_no_list() -> None:
    axes = [TAB, ("area", "全国", {"00000": "全国"}), TIME]
    result = read(answer(axes, [value("-", area="00000")], NOTE={"@char": "-", "$": "計数のない場合"}))
    assert result.notes == ["記号「-」：計数のない場合"]
    assert len(result) == 1


def test_other_divisions_become_parts_and_units_come_from_the_classes() -> None:
    axes: list[Any] = [
        TAB,
        ("cat01", "産業大分類", {"00": "総数", "C": "C 鉱業，採石業，砂利採取業"}),
        AREA,
        TIME,
    ]
    result = read(answer(axes, [value("9", cat01="C", unit=None), value("10", cat01="00", unit=None)]))
    assert [(key.part, key.unit) for key in result.series_keys] == [
        ("industry:C", "persons"),
        ("", "persons"),
    ]


def test_an_unknown_class_is_kept_aside() -> None:
    result = read(
        answer([TAB, SEX, AREA, TIME], [value("9", cat01="7"), value("9", cat01="0", area="99999")])
    )
    assert [(row.row, row.column) for row in result.rejected] == [(1, ""), (2, "area")]
    assert len(result) == 0


def test_areas_that_are_no_municipalities_belong_to_the_table() -> None:
    areas = {**AREAS, "0121B": "旧：北村", "R0101": "札幌大都市圏"}
    values = [value("1", area="0121B"), value("2", area="R0101")]
    result = read(answer([TAB, ("area", "地域", areas), TIME], values))
    assert [(area.kind, area.code) for area in result.area_keys] == [
        ("former", "0121B"),
        ("other", "0000000001:R0101"),
    ]


def test_fiscal_years_and_quarters_are_periods() -> None:
    times = (
        "time",
        "時間軸（年度次）",
        {"2019100000": "2019年度", "2018000103": "2018年1～3月期", "2021000000": "2021年"},
    )
    other = {"STAT_NAME": {"@code": "00000000", "$": "ある調査"}}
    values = [{**value("1"), "@time": code} for code in times[2]]
    result = read(answer([TAB, AREA, times], values, table=other))
    assert [(key.year, key.period) for key in result.series_keys] == [
        (2019, "FY2019"),
        (2018, "2018年1～3月期"),
        (2021, ""),
    ]


DAY_AND_NIGHT = {
    "@id": "0004003060",
    "STATISTICS_NAME": "時系列データ 従業地・通学地",
    "TITLE": {
        "@no": "1-2020",
        "$": "常住地又は従業地・通学地別人口（夜間人口・昼間人口）－全国，都道府県，市区町村（令和2年）",
    },
    "SURVEY_DATE": "202001-202012",
}
PLACES = (
    "cat01",
    "常住地又は従業地・通学地",
    {
        "0": "常住地による人口（夜間人口）",
        "002": "自市区町村で従業・通学",
        "0R1": "（再掲）流出人口",
        "1": "従業地・通学地による人口（昼間人口）",
    },
)


def test_day_and_night_populations_are_figures_and_no_flows() -> None:
    values = [
        value(said, cat01=code)
        for code, said in (("0", "79306"), ("002", "30000"), ("0R1", "9"), ("1", "77000"))
    ]
    result = read(answer([TAB, PLACES, AREA, TIME], values, table=DAY_AND_NIGHT))
    assert result.flows == []
    assert [(key.indicator, key.unit, key.part) for key in result.series_keys] == [
        ("nighttime_population", "persons", ""),
        ("population", "persons", "常住地又は従業地・通学地:自市区町村で従業・通学"),
        ("population", "persons", "常住地又は従業地・通学地:流出人口"),
        ("daytime_population", "persons", ""),
    ]
    assert result.edition.census_year == 2020
    assert result.source.slug == "census_commuting"


def test_a_day_and_night_ratio_has_its_own_name() -> None:
    ratio = ("tab", "表章項目", {"020": "昼夜間人口比率"})
    result = read(answer([ratio, AREA, TIME], [value("96.7", unit="％")]))
    assert [(key.indicator, key.unit) for key in result.series_keys] == [("day_night_ratio", "percent")]


COMMUTING = {
    "@id": "0003454527",
    "STATISTICS_NAME": "令和2年国勢調査 従業地・通学地による人口・就業状態等集計",
    "TITLE": {
        "@no": "6-1",
        "$": "従業・通学市区町村，男女別通勤者・通学者数－全国，都道府県，市区町村（常住地）",
    },
}
COUNTED = ("tab", "表章項目", {"020": "15歳以上就業者・通学者数"})
HOME = ("area", "常住地（全国，都道府県，市区町村）", AREAS)
WORK = (
    "cat02",
    "従業・通学市区町村",
    {**AREAS, "00000": "総数", "99998": "従業・通学市区町村「不詳・外国」"},
)


def test_two_classes_of_areas_make_flows_from_the_residence() -> None:
    values = [
        value("580", cat01="0", cat02="01210", area="01423"),
        value("300", cat01="1", cat02="01210", area="01423"),
        value("3700", cat01="0", cat02="00000", area="01423"),
        value("-", cat01="0", cat02="01101", area="01423"),
        value("40", cat01="0", cat02="99998", area="01423"),
        value("X", cat01="0", cat02="01423", area="01423"),
    ]
    notes = {"@char": "X", "$": "秘匿"}
    result = read(answer([COUNTED, SEX, WORK, HOME, TIME], values, table=COMMUTING, NOTE=notes))
    assert [(flow.origin.code, flow.destination.code, flow.value, flow.row) for flow in result.flows] == [
        ("014231", "012106", 580.0, 1),
        ("014231", "000000", 3700.0, 3),
        ("014231", "unknown:0003454527:99998", 40.0, 5),
    ]
    assert {(flow.purpose, flow.year) for flow in result.flows} == {("commute_school", 2020)}
    assert result.flows[1].destination.name == "全国"
    assert result.flows[0].destination.name == "岩見沢市"
    assert [(row.row, row.column) for row in result.rejected] == [(6, "$")]
    assert "秘匿" in result.rejected[0].reason
    assert len(result) == 0
    assert result.source.slug == "census_commuting"
    assert any("内訳 1件" in note for note in result.notes)
    assert any("（-）1件" in note for note in result.notes)


def test_the_residence_may_be_the_other_class() -> None:
    work = ("area", "従業地・通学地", AREAS)
    home = ("cat02", "常住市区町村", AREAS)
    content = answer(
        [COUNTED, work, home, TIME], [value("580", cat02="01423", area="01210")], table=COMMUTING
    )
    flow = read(content).flows[0]
    assert (flow.origin.code, flow.destination.code) == ("014231", "012106")


def test_commuters_and_pupils_are_told_apart_where_the_table_does() -> None:
    kinds = ("cat01", "就業・通学の別", {"0": "総数", "1": "就業者", "2": "通学者", "3": "その他"})
    values = [value(said, cat01=said, cat02="01210", area="01423") for said in "0123"]
    result = read(answer([COUNTED, kinds, WORK, HOME, TIME], values, table=COMMUTING))
    assert [(flow.purpose, flow.value) for flow in result.flows] == [
        ("commute_school", 0.0),
        ("commute", 1.0),
        ("school", 2.0),
    ]


def test_flows_of_men_and_women_only_are_refused() -> None:
    sexes = ("cat01", "男女", {"1": "男", "2": "女"})
    content = answer(
        [COUNTED, sexes, WORK, HOME, TIME], [value("1", cat01="1", cat02="01210")], table=COMMUTING
    )
    with pytest.raises(WrongInput, match="総数がありません"):
        read(content)


#: Table 6-1 as it is answered: prefectures, wards and those whose destination nobody knows stand beside the towns.
ALL_WORK = (
    "cat02",
    "従業・通学市区町村",
    {
        "00000": "総数",
        "01000": "北海道",
        "01100": "札幌市",
        "01101": "札幌市中央区",
        "01102": "札幌市北区",
        "01210": "岩見沢市",
        "01423": "南幌町",
        "13000": "東京都",
        "13100": "特別区部",
        "13101": "千代田区",
        "99998": "従業・通学市区町村「不詳・外国」",
        "99999": "従業地・通学地「不詳」",
    },
)


def test_own_town_unknown_and_totals_are_told_apart_in_the_table_of_all_destinations() -> None:
    numbers = {
        "00000": "3,700",
        "01000": "3,590",
        "01100": "1200",
        "01101": "700",
        "01102": "500",
        "01210": "580",
        "01423": "1810",
        "13000": "10",
        "13100": "10",
        "13101": "10",
        "99998": "40",
        "99999": "60",
    }
    values = [value(said, cat01="0", cat02=code, area="01423") for code, said in numbers.items()]
    result = read(answer([COUNTED, SEX, ALL_WORK, HOME, TIME], values, table=COMMUTING))
    found = {flow.destination.code: (flow.destination.kind, flow.value) for flow in result.flows}
    assert len(found) == len(numbers)
    assert found["014231"] == ("municipality", 1810.0)
    assert found["000000"] == ("nation", 3700.0)
    assert found["unknown:0003454527:99998"] == ("other", 40.0)
    assert found["unknown:0003454527:99999"] == ("other", 60.0)
    assert any("従業地・通学地「不詳」" in note for note in result.notes)


def test_another_shape_says_the_own_town_in_words_and_groups_of_places() -> None:
    """Destinations as in tables of prefectures: 自市区町村 with its parts, groups, then towns; sexes without 総数."""
    where = (
        "cat03",
        "常住地による従業・通学市区町村",
        {
            "000": "総数",
            "100": "自市区町村で従業・通学",
            "110": "自宅で従業",
            "120": "自宅外の自市区町村で従業・通学",
            "200": "他市区町村で従業・通学",
            "210": "県内他市町村",
            "01210": "岩見沢市",
            "220": "他県",
            "900": "従業地・通学地「不詳」",
            "R10": "（再掲）流出人口",
        },
    )
    kinds = ("cat02", "就業・通学の別", {"1": "15歳以上就業者", "2": "15歳以上通学者"})
    sexes = ("cat01", "男女", {"9": "男女計", "1": "男", "2": "女"})
    items = ("tab", "表章項目", {"020": "人数【人】", "030": "割合【％】"})
    area = ("area", "全国，都道府県，市区町村", AREAS)
    table = {**COMMUTING, "TITLE": {"@no": "2", "$": "従業・通学市区町村別人数－市区町村（常住地）"}}
    numbers = {"000": 3700, "100": 3000, "110": 800, "120": 2200, "200": 640, "210": 600, "01210": 580}
    numbers |= {"220": 40, "900": 60, "R10": 640}
    values = [
        value(str(number), cat01="9", cat02="1", cat03=code, area="01423") for code, number in numbers.items()
    ]
    values.append(value("90", cat01="9", cat02="2", cat03="01210", area="01423"))
    values.append(
        {**value("24.3", unit="％", cat01="9", cat02="1", cat03="01210", area="01423"), "@tab": "030"}
    )
    values.append(value("300", cat01="1", cat02="1", cat03="01210", area="01423"))
    axes = [items, sexes, kinds, where, area, TIME]
    content = answer(axes, values, table=table)
    content["GET_STATS_DATA"]["STATISTICAL_DATA"]["CLASS_INF"]["CLASS_OBJ"][0]["CLASS"][1]["@unit"] = "％"
    result = read(content)
    assert {(flow.destination.code, flow.purpose): flow.value for flow in result.flows} == {
        ("000000", "commute"): 3700.0,
        ("014231", "commute"): 3000.0,
        ("012106", "commute"): 580.0,
        ("unknown:0003454527:900", "commute"): 60.0,
        ("012106", "school"): 90.0,
    }
    assert {flow.origin.code for flow in result.flows} == {"014231"}
    parts = {"110": where[2]["110"], "120": where[2]["120"], "01210": "岩見沢市", "01423": "南幌町"}
    halves = [value("800", cat03="110", area="01423"), value("2200", cat03="120", area="01423")]
    only = read(answer([COUNTED, ("cat03", where[1], parts), area, TIME], halves, table=table))
    assert [(flow.destination.code, flow.value) for flow in only.flows] == [("014231", 3000.0)]


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ({"00000": "100", "01100": "70", "01210": "50"}, "総数（100）を上回ります"),
        ({"01210": "70", "77777": "50"}, "「ほかの何か」（77777）が"),
    ],
)
def test_a_reading_that_cannot_be_right_is_refused(numbers: dict[str, str], why: str) -> None:
    axis = (*ALL_WORK[:2], ALL_WORK[2] | {"77777": "ほかの何か"})
    values = [value(said, cat02=code, area="01423") for code, said in numbers.items()]
    with pytest.raises(WrongInput, match=why):
        read(answer([COUNTED, axis, HOME, TIME], values, table=COMMUTING))


def test_the_same_flow_with_two_values_is_refused() -> None:
    kinds = ("cat01", "就業形態", {"0": "就業者", "1": "就業者（雇用者）"})
    values = [value(said, cat01=code, cat02="01210", area="01423") for code, said in (("0", "9"), ("1", "7"))]
    with pytest.raises(WrongInput, match="値が2つあり"):
        read(answer([COUNTED, kinds, WORK, HOME, TIME], values, table=COMMUTING))


def test_names_and_title_that_contradict_each_other_are_refused() -> None:
    table = {**COMMUTING, "TITLE": {"@no": "1", "$": "通勤者・通学者数－市区町村（従業地・通学地）"}}
    neutral = ("area", "全国，都道府県，市区町村", AREAS)
    with pytest.raises(WrongInput, match="どちらが常住地"):
        read(answer([COUNTED, WORK, neutral, TIME], [value("1", cat02="01210", area="01423")], table=table))
    other = ("cat02", "市区町村", AREAS)
    result = read(answer([COUNTED, other, neutral, TIME], [value("1", cat02="01423")], table=table))
    assert [(flow.origin.code, flow.destination.code) for flow in result.flows] == [("014231", "012106")]


def test_two_classes_of_areas_nobody_can_tell_apart_are_refused() -> None:
    one, other = ("area", "地域", AREAS), ("cat02", "地域2", AREAS)
    with pytest.raises(WrongInput, match="地域2"):
        read(answer([COUNTED, one, other, TIME], [value("1", cat02="01210")]))


def test_an_error_is_told_in_the_words_of_the_api() -> None:
    content = {"GET_STATS_DATA": {"RESULT": {"STATUS": 100, "ERROR_MSG": "認証に失敗しました。"}}}
    with pytest.raises(WrongInput, match=r"認証に失敗しました。.*STATUS 100") as wrong:
        read(content)
    assert wrong.value.file == "estat.json"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"GET_STATS_DATA": 1}', b'{"a": 1}', b"\xff\xfe", b"<html>"]
)
def test_what_is_no_answer_is_refused(content: bytes) -> None:
    with pytest.raises(WrongInput, match="GET_STATS_DATA"):
        estat_api.read(RawBytes("a.json", content))


def test_an_answer_without_classes_or_data_says_what_to_ask_for() -> None:
    content = answer([TAB, AREA, TIME], [value("1")])
    del content["GET_STATS_DATA"]["STATISTICAL_DATA"]["CLASS_INF"]
    with pytest.raises(WrongInput, match="metaGetFlg=Y"):
        read(content)
    del content["GET_STATS_DATA"]["STATISTICAL_DATA"]
    with pytest.raises(WrongInput, match="STATISTICAL_DATA"):
        read(content)


def test_the_second_page_counts_on_and_shares_the_edition() -> None:
    one = read(answer([TAB, AREA, TIME], [value("1")]))
    two = read(answer([TAB, AREA, TIME], [value("2", area="01423")], first=2))
    assert (list(one.rows), list(two.rows)) == ([1], [2])
    assert (one.source, one.edition) == (two.source, two.edition)
    assert one.series_keys == two.series_keys


def test_the_reader_knows_its_files() -> None:
    content = json.dumps(answer([TAB, AREA, TIME], [value("1")])).encode()
    assert estat_api.READER.knows(RawBytes("a.json", content)) > 0.9
    assert estat_api.READER.knows(RawBytes("a.json", b"\xef\xbb\xbf" + content)) > 0.9
    assert estat_api.READER.knows(RawBytes("a.json", b'{"type": "FeatureCollection"}')) == 0.0
