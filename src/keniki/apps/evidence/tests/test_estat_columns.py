"""e-Stat's CSV with one value a row: read like the API's answer, each value in its row."""

from __future__ import annotations

from math import isnan

import pytest

from keniki.apps.evidence.importers import READERS, estat_columns
from keniki.apps.evidence.importers.base import Parsed, RawBytes, guess
from keniki.core.errors import WrongInput

HEAD = '"tab_code","表章項目","cat01_code","男女","area_code","全国，都道府県，市区町村","time_code","時間軸（年次）"'
FILE = f"""{HEAD},"unit","value","annotation"
"020","人口","0","総数","01210","岩見沢市","2020000000","2020年","人","79306",""
"020","人口","1","男","01210","岩見沢市","2020000000","2020年","人","36,839",""
"020","人口","2","女","01423","南幌町","2020000000","2020年","人","-",""
"020","人口","2","女","01423"
"""
ABOUT = """"RESULT"
"STATUS","0"
"TABLE_INF","0003445078"
"STAT_NAME","00200521","国勢調査"
"STATISTICS_NAME","令和2年国勢調査 人口等基本集計"
"TITLE","2-7","男女別人口"
"SURVEY_DATE","202010"
"OPEN_DATE","2021-11-30"
"VALUE"
"""


def read(text: str, name: str = "FEH_00200521_241101.csv", encoding: str = "utf-8-sig") -> Parsed:
    file = RawBytes(name, text.encode(encoding))
    assert guess(file, READERS) is estat_columns.READER
    return estat_columns.read(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_figures_stand_in_their_rows_whatever_the_encoding(encoding: str) -> None:
    result = read(FILE, encoding=encoding)
    keys = [result.series_keys[series] for series in result.series]
    assert [(key.indicator, key.unit, key.sex, key.period) for key in keys] == [
        ("population", "persons", "", "2020-10-01"),
        ("population", "persons", "male", "2020-10-01"),
        ("population", "persons", "female", "2020-10-01"),
    ]
    assert [*result.values][:2] == [79306.0, 36839.0]
    assert isnan(result.values[2])
    assert result.texts == {2: "-"}
    assert (list(result.rows), set(result.columns)) == ([2, 3, 4], {10})
    assert result.row_labels[3] == "岩見沢市／人口／男／2020年"
    assert [row.row for row in result.rejected] == [5]
    assert result.source.slug == "census"


def test_what_stands_above_the_head_names_the_edition() -> None:
    edition = read(ABOUT + FILE, "getSimpleStatsData.csv").edition
    assert (edition.key, edition.table, edition.table_title) == (
        "census-2020-0003445078",
        "2-7",
        "男女別人口",
    )
    assert (edition.census_year, edition.published_on) == (2020, "2021-11-30")
    unknown = read(FILE, "FEH_00450011_240901.csv")
    assert unknown.source.title == "FEH_00450011_240901"


def test_flows_are_told_from_figures() -> None:
    head = HEAD.replace('"area_code"', '"cat02_code","従業・通学市区町村","area_code"')
    rows = ("00000,総数,3700", "01210,岩見沢市,580", "01423,南幌町,1810", "99999,従業地・通学地「不詳」,60")
    body = "\n".join(
        f'"020","通勤者・通学者数","0","総数","{code}","{name}","01423","南幌町","2020000000","2020年","人","{value}",""'
        for code, name, value in (row.split(",") for row in rows)
    )
    result = read(f'{head},"unit","value","annotation"\n{body}\n')
    assert {flow.destination.code[:7]: (flow.value, flow.row) for flow in result.flows} == {
        "000000": (3700.0, 2),
        "012106": (580.0, 3),
        "014231": (1810.0, 4),
        "unknown": (60.0, 5),
    }


def test_a_file_without_values_is_refused() -> None:
    with pytest.raises(WrongInput, match="列指向形式") as wrong:
        read(FILE.replace('"value"', '"v"'))
    assert wrong.value.file == "FEH_00200521_241101.csv"
