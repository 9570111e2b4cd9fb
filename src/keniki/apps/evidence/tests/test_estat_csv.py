"""e-Stat's CSV tables: 2-7-1 of the census as exported, other tables of the layout, and files that are broken."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from math import isnan
from pathlib import Path

import pytest

from keniki.apps.evidence.importers import estat_csv
from keniki.apps.evidence.importers.base import UNKNOWN_AGE, AreaKey, Parsed, RawBytes, SeriesKey
from keniki.core.errors import WrongInput

pytestmark = pytest.mark.slow

TITLE = "男女，年齢（5歳階級）別人口－全国，都道府県，市区町村"
PREAMBLE = (
    ("統計名：", "令和２年国勢調査 人口等基本集計　（主な内容：男女など）"),
    ("表番号：", "2-7-1"),
    ("表題：", TITLE),
    ("実施年月：", "2020年", "10月"),
    (),
    ("***", "当該数値がないもの"),
    ("X", "秘匿されたもの"),
    (),
)
ROW_HEAD = (
    "表章事項 コード",
    "表章事項",
    "男女 コード",
    "男女",
    "全国，都道府県，市区町村 コード",
    "全国，都道府県，市区町村",
)
POPULATION = ("2020_01", "人口【人】", "0", "総数")
TOWN = ("01210", "岩見沢市")
NINE = ("012106", "012092", "012157", "012220", "014231", "014273", "014281", "014290", "014303")


def csv_of(rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> bytes:
    return "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows).encode(encoding)


def table(
    rows: Sequence[Sequence[str]],
    *,
    classes: Sequence[tuple[str, str]] = (("00", "総数"),),
    axis: str = "年齢",
    head: Sequence[str] = ROW_HEAD,
    preamble: Sequence[Sequence[str]] = PREAMBLE,
    encoding: str = "utf-8-sig",
) -> RawBytes:
    """A file of the layout with one axis of columns."""
    codes = [*("" for _ in head), f"/{axis} コード", *(code for code, _ in classes)]
    names = [*head, f"/{axis}", *(name for _, name in classes)]
    return RawBytes("table.csv", csv_of([*preamble, codes, names, *rows], encoding))


def one_row(*cells: str, before: Sequence[str] = (*POPULATION, *TOWN)) -> list[list[str]]:
    return [[*before, "", *cells]]


def only_series(file: RawBytes) -> SeriesKey:
    (key,) = estat_csv.read(file).series_keys
    return key


@pytest.fixture(scope="module")
def census() -> Parsed:
    folder = os.environ.get("KENIKI_TEST_DATA")
    if not folder:
        pytest.skip("KENIKI_TEST_DATA is not set: no census file")
    path = Path(folder) / "census2020" / "population_census_2020.csv"
    return estat_csv.read(RawBytes(path.name, path.read_bytes()))


def cells(parsed: Parsed, **wanted: object) -> dict[tuple[str, str], float]:
    """Values by kind and code of the area, of the one series with these fields (all others empty)."""
    blank = {"sex": "", "age_from": None, "age_to": None, "part": ""} | wanted
    (number,) = (
        number
        for number, key in enumerate(parsed.series_keys)
        if all(getattr(key, name) == value for name, value in blank.items())
    )
    return {
        (parsed.area_keys[area].kind, parsed.area_keys[area].code): value
        for series, area, value in zip(parsed.series, parsed.areas, parsed.values, strict=True)
        if series == number
    }


def test_the_census_is_read_whole(census):
    assert (len(census), len(census.area_keys), len(census.series_keys)) == (355_482, 4_086, 3 * 29)
    assert census.rejected == []
    assert (census.source.slug, census.source.title, census.source.publisher) == (
        "census",
        "国勢調査",
        "総務省統計局",
    )
    assert (
        census.edition.key,
        census.edition.table,
        census.edition.census_year,
        census.edition.surveyed,
    ) == (
        "census-2020-2-7-1",
        "2-7-1",
        2020,
        "2020-10",
    )
    assert census.edition.title == "令和２年国勢調査 人口等基本集計"
    assert {(key.indicator, key.unit, key.year, key.period, key.status) for key in census.series_keys} == {
        ("population", "persons", 2020, "2020-10-01", "official")
    }


def test_the_census_gives_the_figures_of_the_pilot_and_the_nation(census):
    total = cells(census)
    assert total["nation", "000000"] == 126_146_099
    assert total["prefecture", "010006"] == 5_224_614
    assert total["municipality", "012106"] == 79_306
    assert sum(total["municipality", code] for code in NINE) == 152_486
    assert sum(cells(census, sex="female")["municipality", code] for code in NINE) < 152_486
    assert isnan(total["municipality", "075469"])  # 双葉町, where nobody lived: its total is the mark「-」
    for wanted in ("prefecture", "municipality"):
        found = [value for (kind, _), value in total.items() if kind == wanted and not isnan(value)]
        assert sum(found) == 126_146_099


def test_a_figure_of_the_census_names_its_cell(census):
    area = next(
        i for i, key in enumerate(census.area_keys) if (key.kind, key.code) == ("municipality", "012106")
    )
    place = next(i for i, each in enumerate(census.areas) if each == area)
    row, column = census.rows[place], census.columns[place]
    assert census.values[place] == 79_306
    assert census.row_labels[row] == "人口【人】／2020年／総数／国籍総数／岩見沢市"
    assert census.column_labels[column] == "総数"
    content = census.file.content.decode("utf-8-sig").splitlines()[row - 1]
    assert content.strip('"').split('","')[column - 1] == "79,306"


def test_ages_and_the_unknown_add_up_to_the_total_in_every_area_of_the_census(census):
    classes = [(age, age + 4) for age in range(0, 100, 5)] + [(100, None), (UNKNOWN_AGE, UNKNOWN_AGE)]
    for sex in ("", "male", "female"):
        total = {area: 0 if isnan(value) else value for area, value in cells(census, sex=sex).items()}
        added = dict.fromkeys(total, 0.0)
        for first, last in classes:
            for area, value in cells(census, sex=sex, age_from=first, age_to=last).items():
                added[area] += 0 if isnan(value) else value
        assert added == total


def test_classes_counted_again_are_told_apart_by_their_ages(census):
    ages = {(key.age_from, key.age_to) for key in census.series_keys}
    assert {(0, 14), (15, 64), (65, None), (75, None), (85, None), (20, 69)} <= ages
    old, very_old = cells(census, age_from=65), cells(census, age_from=85)
    assert (old["municipality", "012106"], very_old["nation", "000000"]) == (28_880, 6_021_086)


def test_areas_of_the_census_have_their_kinds(census):
    by_name = {key.name: key for key in census.area_keys}
    assert by_name["全国"] == AreaKey("nation", "000000", "全国")
    assert by_name["札幌市中央区"] == AreaKey("ward", "011011", "札幌市中央区")
    assert by_name["千代田区"].kind == "municipality"
    assert by_name["特別区部"].kind == "other"
    assert by_name["（旧：岩見沢市）"] == AreaKey("former", "0121B", "（旧：岩見沢市）", members=("012106",))
    assert by_name["（旧：栗沢町）"].kind == "former"
    assert by_name["（旧：栗沢町）"].code == "014222"
    count = {
        kind: sum(key.kind == kind for key in census.area_keys) for kind in ("municipality", "ward", "former")
    }
    assert count == {"municipality": 1_741, "ward": 175, "former": 2_121}


def test_marks_of_the_census_stand_as_texts(census):
    assert set(census.texts.values()) == {"-"}
    assert len(census.texts) == 4_039
    assert all(isnan(census.values[number]) for number in census.texts)
    assert census.notes == ["記号「-」：当該数値がないもの"]


def test_the_census_is_read_in_a_few_seconds(census):
    started = time.process_time()
    estat_csv.read(census.file)
    assert time.process_time() - started < 3


def test_the_census_in_cp932_says_the_same(census):
    text = census.file.content.decode("utf-8-sig")
    again = estat_csv.read(RawBytes("census.csv", text.encode("cp932")))
    assert again.series_keys == census.series_keys
    assert again.area_keys == census.area_keys
    assert again.rows == census.rows
    assert again.texts == census.texts


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932"])
def test_a_table_is_known_in_every_encoding(encoding):
    file = table(one_row("79,306"), encoding=encoding)
    assert estat_csv.knows(file) > 0.9
    assert list(estat_csv.read(file).values) == [79_306]


def test_other_files_are_not_taken_for_a_table():
    assert estat_csv.knows(RawBytes("a.csv", b"municipality_code,indicator,year,value\r\n")) == 0
    assert estat_csv.knows(RawBytes("a.json", b'{"GET_STATS_DATA": {}}')) == 0
    assert estat_csv.knows(RawBytes("a.csv", b"")) == 0


@pytest.mark.parametrize("mark", ["-", "***", "X", "…", "－"])
def test_a_mark_is_no_value_and_keeps_its_text(mark):
    parsed = estat_csv.read(table(one_row("1,234", mark), classes=(("00", "総数"), ("01", "0～4歳"))))
    assert parsed.values[0] == 1_234
    assert isnan(parsed.values[1])
    assert parsed.texts == {1: mark}
    assert parsed.rejected == []


def test_a_cell_that_is_neither_number_nor_mark_is_kept_aside_alone():
    rows = one_row("1,234", "約50") + one_row("10", "7", before=(*POPULATION, "01209", "夕張市"))
    parsed = estat_csv.read(table(rows, classes=(("00", "総数"), ("01", "0～4歳"))))
    (wrong,) = parsed.rejected
    assert (wrong.row, wrong.column, wrong.reason) == (11, "0～4歳", "「約50」は数値でも記号でもありません。")
    assert list(wrong.raw) == rows[0]
    assert list(parsed.values) == [1_234, 10, 7]


def test_empty_cells_are_no_figures_and_are_counted():
    parsed = estat_csv.read(table(one_row("1,234", ""), classes=(("00", "総数"), ("01", "0～4歳"))))
    assert len(parsed) == 1
    assert parsed.notes == ["空欄の1セルは登録していません。"]


def test_a_row_without_an_area_code_and_a_torn_row_are_kept_aside():
    rows = [
        *one_row("5", before=(*POPULATION, "9999", "どこか")),
        [*POPULATION, "01209"],
        ["注）速報値"],
        *one_row("79,306"),
    ]
    parsed = estat_csv.read(table(rows))
    assert [wrong.row for wrong in parsed.rejected] == [11, 12, 13]
    assert "団体コードではありません" in parsed.rejected[0].reason
    assert "セルの数（5）" in parsed.rejected[1].reason
    assert list(parsed.values) == [79_306]
    assert parsed.rows[0] == 14


def test_parts_of_a_prefecture_are_no_municipalities():
    rows = one_row("1", before=(*POPULATION, "00001", "全国市部")) + one_row(
        "2", before=(*POPULATION, "01002", "北海道郡部")
    )
    assert [key.kind for key in estat_csv.read(table(rows)).area_keys] == ["other", "other"]


def test_mean_and_median_age_are_indicators_of_their_own():
    classes = (("00", "総数"), ("50", "平均年齢【歳】"), ("51", "年齢中位数（歳）"))
    parsed = estat_csv.read(table(one_row("79,306", "51.9", "55.2"), classes=classes))
    assert [(key.indicator, key.unit, key.age_from) for key in parsed.series_keys] == [
        ("population", "persons", None),
        ("mean_age", "years", None),
        ("median_age", "years", None),
    ]


def test_japanese_and_households_and_unknown_divisions():
    head = (
        "表章事項 コード",
        "表章事項",
        "国籍総数か日本人 コード",
        "国籍総数か日本人",
        "地域 コード",
        "地域",
    )
    rows = [
        ["01", "人口【人】", "0", "国籍総数", *TOWN, "", "10", "4"],
        ["01", "人口【人】", "1", "日本人", *TOWN, "", "9", "3"],
        ["02", "世帯数【世帯】", "0", "国籍総数", *TOWN, "", "5", "2"],
        ["03", "住宅に住む主世帯数", "0", "国籍総数", *TOWN, "", "5", "2"],
    ]
    parsed = estat_csv.read(table(rows, head=head, axis="配偶関係", classes=(("0", "総数"), ("1", "未婚"))))
    assert [(key.indicator, key.unit, key.part) for key in parsed.series_keys] == [
        ("population", "persons", ""),
        ("population", "persons", "配偶関係:未婚"),
        ("population", "persons", "nationality:japanese"),
        ("population", "persons", "nationality:japanese;配偶関係:未婚"),
        ("households", "households", ""),
        ("households", "households", "配偶関係:未婚"),
        ("estat_2_7_1_03", "", ""),
        ("estat_2_7_1_03", "", "配偶関係:未婚"),
    ]
    assert parsed.notes == ["表章事項「住宅に住む主世帯数」は指標「estat_2_7_1_03」として登録します。"]


def test_a_second_total_of_an_axis_is_a_division():
    classes = (("0", "総数"), ("1", "総数（不詳を除く）"), ("2", "未婚"))
    parsed = estat_csv.read(table(one_row("10", "9", "4"), axis="配偶関係", classes=classes))
    assert [key.part for key in parsed.series_keys] == ["", "配偶関係:総数(不詳を除く)", "配偶関係:未婚"]


def test_industries_go_by_their_letter():
    classes = (("0", "総数"), ("A", "Ａ　農業，林業"), ("R1", "（再掲）第１次産業"))
    parsed = estat_csv.read(table(one_row("10", "4", "5"), axis="産業大分類", classes=classes))
    assert [key.part for key in parsed.series_keys][:2] == ["", "industry:A"]


def test_several_years_in_one_table_are_told_apart():
    head = ("表章事項 コード", "表章事項", "時間軸（年次） コード", "時間軸（年次）", "地域 コード", "地域")
    rows = [
        ["01", "人口【人】", "2015000000", "2015年", *TOWN, "", "84,499"],
        ["01", "人口【人】", "2020000000", "2020年", *TOWN, "", "79,306"],
        ["01", "人口【人】", "x", "不明", *TOWN, "", "1"],
    ]
    parsed = estat_csv.read(table(rows, head=head))
    assert [(key.year, key.period) for key in parsed.series_keys] == [
        (2015, "2015-10-01"),
        (2020, "2020-10-01"),
    ]
    assert parsed.rejected[0].reason == "時間軸「不明」から年が分かりません。"


def test_two_axes_of_columns_and_further_code_columns():
    head = (*ROW_HEAD[:2], "表章事項 補助コード", *ROW_HEAD[4:], "全国，都道府県，市区町村 階層レベル")
    blank = [""] * len(head)
    rows = [
        *PREAMBLE,
        [*blank, "/男女 コード", "1", "1", "2", "2"],
        [*blank, "/男女", "男", "男", "女", "女"],
        [*blank, "/年齢 コード", "00", "R3", "00", "R3"],
        [*head, "/年齢", "総数", "（再掲）65歳以上", "総数", "（再掲）65歳以上"],
        ["01", "人口", "", *TOWN, "4", "人", "37,000", "12,000", "42,306", "17,159"],
    ]
    parsed = estat_csv.read(RawBytes("two.csv", csv_of(rows)))
    assert [(key.sex, key.age_from, key.unit) for key in parsed.series_keys] == [
        ("male", None, "persons"),
        ("male", 65, "persons"),
        ("female", None, "persons"),
        ("female", 65, "persons"),
    ]
    assert parsed.column_labels[len(head) + 3] == "男／（再掲）65歳以上"


def test_areas_may_stand_in_the_columns():
    head = ("表章事項 コード", "表章事項", "男女 コード", "男女")
    places = (("00000", "全国"), ("01210", "岩見沢市"), ("9", "どこか"))
    parsed = estat_csv.read(
        table(
            [["01", "人口【人】", "2", "女", "", "64,797,000", "42,306", "1"]],
            head=head,
            axis="地域",
            classes=places,
        )
    )
    assert [key.code for key in parsed.area_keys] == ["000000", "012106"]
    assert list(parsed.values) == [64_797_000, 42_306]
    assert [key.sex for key in parsed.series_keys] == ["female"]
    assert (parsed.rejected[0].row, parsed.rejected[0].column) == (None, "どこか")


def test_a_table_of_persons_of_some_age_is_no_population_of_all_ages():
    preamble = [
        row if row[:1] != ("表題：",) else ("表題：", "労働力状態，男女別15歳以上人口") for row in PREAMBLE
    ]
    key = only_series(table(one_row("67,000"), axis="労働力状態", preamble=preamble))
    assert (key.indicator, key.age_from, key.age_to) == ("population", 15, None)


def test_another_statistic_is_a_source_of_its_own():
    preamble = (
        ("統計名：", "令和３年経済センサス‐活動調査 事業所に関する集計"),
        ("表番号：", "第1表"),
        ("表題：", "産業別事業所数"),
        ("実施年月：", "2021年6月"),
        (),
    )
    head = ("表章項目 コード", "表章項目", "地域 コード", "地域")
    rows = [["1", "事業所数【事業所】", *TOWN, "", "3,000"]]
    parsed = estat_csv.read(table(rows, head=head, axis="産業", preamble=preamble))
    assert (parsed.source.slug, parsed.source.title) == ("economic_census", "経済センサス")
    assert parsed.edition.key.startswith("economic_census-2021-")
    assert (parsed.edition.key[-2:], parsed.edition.census_year) == ("-1", None)
    assert (parsed.series_keys[0].indicator, parsed.series_keys[0].period) == ("establishments", "2021-06")
    unknown = [("統計名：", "平成27年度ふしぎ調査 集計"), *preamble[1:3]]
    other = estat_csv.read(table(rows, head=head, axis="産業", preamble=unknown))
    assert (other.source.title, other.source.publisher) == ("ふしぎ調査", "")
    assert other.source.slug.startswith("estat-")
    assert (other.series_keys[0].year, other.series_keys[0].period) == (2015, "FY2015")


def test_tables_of_one_number_in_two_volumes_are_two_editions():
    def key(volume: str) -> str:
        preamble = [("統計名：", f"令和２年国勢調査 {volume}"), *PREAMBLE[1:]]
        return estat_csv.read(table(one_row("5"), preamble=preamble)).edition.key

    assert key("人口等基本集計") == "census-2020-2-7-1"
    assert key("就業状態等基本集計") == "census-2020-employment-2-7-1"
    assert key("新しい集計") not in (key("別の集計"), key("人口等基本集計"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (csv_of([*PREAMBLE, ("地域", "総数"), ("岩見沢市", "5")]), "表頭の行"),
        (
            csv_of([("", "/年齢 コード", "00"), ("地域", "/年齢", "総数"), ("岩見沢市", "", "5")]),
            "5桁の地域コード",
        ),
        (b"", "表頭の行"),
        (csv_of(PREAMBLE), "表頭の行"),
    ],
)
def test_a_file_without_head_or_codes_is_refused_with_what_to_do(content, message):
    with pytest.raises(WrongInput, match=message) as wrong:
        estat_csv.read(RawBytes("broken.csv", content))
    assert wrong.value.file == "broken.csv"
    assert "クロス集計表形式" in wrong.value.message


def test_a_file_without_the_statistics_name_or_a_year_is_refused():
    with pytest.raises(WrongInput, match="統計名"):
        estat_csv.read(table(one_row("5"), preamble=PREAMBLE[1:]))
    nameless = [("統計名：", "国勢調査"), *PREAMBLE[1:3]]
    with pytest.raises(WrongInput, match="年が分かりません"):
        estat_csv.read(table(one_row("5"), preamble=nameless))


def test_a_file_without_a_single_figure_is_refused_with_the_row():
    with pytest.raises(WrongInput, match="1つもありません") as wrong:
        estat_csv.read(table([]))
    assert wrong.value.row == 10
    with pytest.raises(WrongInput, match="地域コード"):
        estat_csv.read(table(one_row("5", before=(*POPULATION, "", "どこか"))))


def test_bytes_that_are_no_text_are_refused_with_their_row():
    with pytest.raises(WrongInput) as wrong:
        estat_csv.read(RawBytes("broken.csv", csv_of(PREAMBLE) + b"\x81\xff\xff\n"))
    assert (wrong.value.file, wrong.value.row) == ("broken.csv", 9)


COMMUTING = """"統計名：","令和２年国勢調査 従業地・通学地による人口・就業状態等集計"
"表番号：","6-1"
"表題：","従業・通学市区町村，男女別通勤者・通学者数－全国，都道府県，市区町村（常住地）"
"実施年月：","2020年","10月"

"-","当該数値がないもの"

"","","","","","","/従業・通学市区町村 コード","00000","01000","01210","01423","99998"
"表章事項 コード","表章事項","男女 コード","男女","市区町村 コード","市区町村","/従業・通学市区町村","総数","北海道",\
"岩見沢市","南幌町","従業・通学市区町村「不詳・外国」"
"2020_51","通勤者・通学者数【人】","0","総数","01423","南幌町","","3,700","2,390","580","1,810","40"
"2020_51","通勤者・通学者数【人】","1","男","01423","南幌町","","2,000","1,200","300","900","20"
"2020_51","通勤者・通学者数【人】","0","総数","01210","岩見沢市","","30,000","29,000","28,000","-","-"
""".replace("\\\n", "")


def test_a_table_of_flows_is_read_as_its_answer_of_the_api() -> None:
    result = estat_csv.read(RawBytes("6-1.csv", COMMUTING.encode("cp932")))
    assert len(result) == 0
    assert {(flow.origin.code, flow.destination.code): (flow.value, flow.row) for flow in result.flows} == {
        ("014231", "000000"): (3700.0, 10),
        ("014231", "010006"): (2390.0, 10),
        ("014231", "012106"): (580.0, 10),
        ("014231", "014231"): (1810.0, 10),
        ("014231", "unknown:6-1:99998"): (40.0, 10),
        ("012106", "000000"): (30000.0, 12),
        ("012106", "010006"): (29000.0, 12),
        ("012106", "012106"): (28000.0, 12),
    }
    assert {(flow.purpose, flow.year) for flow in result.flows} == {("commute_school", 2020)}
    assert (result.edition.key, result.source.slug) == ("census-2020-commuting-6-1", "census")
    wrong = COMMUTING.replace('"3,700"', '"370"')
    with pytest.raises(WrongInput, match="総数（370）を上回ります"):
        estat_csv.read(RawBytes("6-1.csv", wrong.encode()))
