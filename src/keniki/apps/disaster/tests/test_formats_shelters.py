"""Files of shelters: what they are is told by their head, what is wrong is left out with place and reason."""

from __future__ import annotations

import doctest
import importlib
import io
import os
import time
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from keniki.apps.disaster.formats import columns
from keniki.apps.disaster.formats.base import HAZARDS, Kind, ShelterRow, Space
from keniki.apps.disaster.formats.shelters import read
from keniki.apps.disaster.formats.writing import write_own, write_standard
from keniki.apps.disaster.models.places import Hazard, ShelterSpace
from keniki.core.errors import WrongInput

FOLDER = Path(os.environ.get("KENIKI_TEST_DATA") or "/", "shelters")
real = pytest.mark.skipif(not FOLDER.is_dir(), reason="KENIKI_TEST_DATA has no shelters")

SITES = (
    "NO,共通ID,都道府県名及び市町村名,施設・場所名,住所,洪水,崖崩れ、土石流及び地滑り,高潮,地震,津波,"
    "大規模な火事,内水氾濫,火山現象,指定避難所との住所同一,緯度,経度,備考"
)
SHELTERS = (
    "NO,共通ID,都道府県名及び市町村名,施設・場所名,住所,指定緊急避難場所との住所同一,"
    "その他市町村長が必要と認める事項,受入対象者,緯度,経度,備考"
)
SITE = "1,E0120900001201,北海道夕張市,紅葉園,北海道夕張市紅葉山178,1,1,,1,,1,1,,1,42.936149,142.04254,"
SHELTER = (
    "865,E0120900001121,北海道夕張市,紅葉園,北海道夕張市紅葉山178,1,,障害者等の要配慮者,42.936149,142.04254,"
)
TOWNS = {"012092": "夕張市", "012106": "岩見沢市", "121061": "千葉市美浜区"}


def file(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("utf-8-sig")


def standard(**cells: str) -> str:
    given = {"全国地方公共団体コード": "012092", "ID": "1", "名称": "紅葉園"} | cells
    return ",".join(given.get(column, "") for column in columns.STANDARD)


def test_the_head_of_the_standard_data_set_is_as_published() -> None:
    assert ",".join(columns.STANDARD) == (
        "全国地方公共団体コード,ID,名称,名称_カナ,名称_英字,所在地_全国地方公共団体コード,町字ID,所在地_連結表記,"
        "所在地_都道府県,所在地_市区町村,所在地_町字,所在地_番地以下,建物名等(方書),緯度,経度,標高,電話番号,内線番号,"
        "連絡先メールアドレス,連絡先FormURL,連絡先備考（その他、SNSなど）,郵便番号,市区町村コード,地方公共団体名,"
        "災害種別_洪水,災害種別_崖崩れ、土石流及び地滑り,災害種別_高潮,災害種別_地震,災害種別_津波,"
        "災害種別_大規模な火事,災害種別_内水氾濫,災害種別_火山現象,指定避難所との重複,想定収容人数,"
        "対象となる町会・自治会,URL,画像,画像_ライセンス,備考"
    )
    assert len(columns.STANDARD) == 39
    assert write_standard([]).decode("utf-8-sig") == ",".join(columns.STANDARD) + "\r\n"


def test_hazards_and_kinds_of_spaces_are_those_of_the_records() -> None:
    assert dict(Hazard.choices) == HAZARDS
    from keniki.apps.disaster.formats.base import SPACE_KINDS

    assert dict(ShelterSpace.Kind.choices) == SPACE_KINDS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_both_files_of_the_survey_are_known_by_their_head_whatever_they_are_called(encoding: str) -> None:
    sites = read("\n".join([SITES, SITE]).encode(encoding), "01_1.csv")
    shelters = read("\n".join([SHELTERS, SHELTER]).encode(encoding), "01_2.csv")
    assert (sites.kind, shelters.kind) == (Kind.GSI_SITES, Kind.GSI_SHELTERS)
    site, shelter = sites.rows[0], shelters.rows[0]
    assert (site.row, site.code, site.name) == (2, "012092", "紅葉園")
    assert site.hazards == ("flood", "landslide", "earthquake", "fire", "inland_flood")
    assert (site.is_site, site.is_shelter, site.same_address) == (True, False, True)
    assert (site.latitude, site.longitude) == (Decimal("42.936149"), Decimal("142.04254"))
    assert (shelter.is_site, shelter.is_shelter, shelter.is_welfare) == (False, True, True)
    assert shelter.takes == "障害者等の要配慮者"
    assert sites.problems == shelters.problems == ()


def test_heads_of_other_years_and_writings_are_known() -> None:
    wide = SITES.replace("崖崩れ、土石流及び地滑り", "崖崩れ，土石流及び地滑り")
    split = SITES.replace("崖崩れ、土石流及び地滑り", "崖崩れ,土石流及び地滑り")
    without_town = SITES.replace("都道府県名及び市町村名,", "")
    for head, line in (
        (wide, SITE),
        (split, SITE),
        (without_town, SITE.replace("北海道夕張市,紅葉園", "紅葉園")),
    ):
        found = read(file(head, line), "x.csv")
        assert found.kind is Kind.GSI_SITES
        assert found.rows[0].hazards == ("flood", "landslide", "earthquake", "fire", "inland_flood"), head
        assert found.notes == ()
    old = SITES.replace("共通ID", "市町村コード")
    assert read(file(old, SITE.replace("E0120900001201", "01209")), "x.csv").rows[0].code == "012092"


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        (SITE.replace("42.936149,142.04254", "142.04254,42.936149"), "緯度", "入れ替わって"),
        (SITE.replace("42.936149", "2.936149"), "緯度", "日本の範囲"),
        (SITE.replace("42.936149", ""), "緯度", "緯度がありません"),
        (SITE.replace("42.936149", "42度56分"), "緯度", "数値ではありません"),
        (SITE.replace("42.936149", "nan"), "緯度", "数値ではありません"),
        (SITE.replace(",紅葉園,", ",　,"), "施設・場所名", "名称がありません"),
        (SITE.replace("178,1,1,", "178,2,1,"), "洪水", "「2」は読めません"),
        (SITE.replace("E0120900001201", "E012090000120"), "共通ID", "14文字"),
        (SITE.replace("E0120900001201", "E9920900001201"), "共通ID", "都道府県番号"),
        (SITE.replace("E0120900001201", "E0120900001111"), "共通ID", "指定避難所のもの"),
        (SITE.replace("E0120900001201", ""), "共通ID", "共通IDがありません"),
        (SITE + ",余り", "", "セルの数が18"),
        (SITE.rsplit(",", 2)[0], "", "セルの数が15"),
        (SITE.replace("北海道夕張市,紅葉園", "北海道岩見沢市,紅葉園"), "共通ID", "012092 は夕張市"),
    ],
)
def test_a_bad_row_is_left_out_with_its_place_and_the_rest_goes_on(line: str, column: str, says: str) -> None:
    good = SITE.replace("E0120900001201", "E0120900002201")
    found = read(file(SITES, line, good), "x.csv", towns=TOWNS)
    assert [row.row for row in found.rows] == [3]
    (problem,) = found.problems
    assert (problem.row, problem.column) == (2, column)
    assert says in problem.reason
    assert problem.raw


def test_the_second_row_of_an_id_names_the_first() -> None:
    found = read(file(SITES, SITE, SITE), "x.csv")
    assert [row.row for row in found.rows] == [2]
    assert "2行目と同じです" in found.problems[0].reason
    twice = read(file(",".join(columns.STANDARD), standard(), standard(名称="別の所")), "x.csv")
    assert (twice.problems[0].row, twice.problems[0].column) == (3, "ID")
    other = standard(全国地方公共団体コード="012106")
    assert not read(file(",".join(columns.STANDARD), standard(), other), "x.csv").problems


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空です"),
        (b"a,b\n1,2\n", "見出しではありません"),
        (b"PK\x03\x04broken", "Excelファイルとして読めません"),
        (b'{"type": "FeatureCollection"', "JSONとして読めません"),
        (b'{"features": [{"properties": {"a": 1}}]}', "GeoJSONではありません"),
        (b'{"a": ' + b"[" * 100_000, "入れ子が深すぎます"),
        (file(SITES.replace("津波,", ""), SITE), "「津波」の列がありません"),
        (file(SITES.replace("備考", "洪水"), SITE), "同じ見出し"),
        (file(SITES.replace("共通ID", "通番"), SITE), "どちらかの列が必要"),
        (b"\x81\xff\xfe,a", "文字コード"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name(data: bytes, says: str) -> None:
    with pytest.raises(WrongInput, match=says) as caught:
        read(data, "一覧.csv")
    assert "一覧.csv" in (caught.value.file or "")


def test_a_code_that_lost_its_zero_is_restored_by_the_names_or_refused_with_both_readings() -> None:
    head = ",".join(columns.STANDARD)
    lost = standard(全国地方公共団体コード="12106", 地方公共団体名="岩見沢市")
    assert read(file(head, lost), "x.csv", towns=TOWNS).rows[0].code == "012106"
    alone = read(file(head, lost), "x.csv")
    assert alone.rows == ()
    assert alone.problems[0].column == "全国地方公共団体コード"
    assert "012106" in alone.problems[0].reason
    assert "121061" in alone.problems[0].reason
    wrong = read(file(head, standard(全国地方公共団体コード="012093")), "x.csv")
    assert "012092" in wrong.problems[0].reason
    prefecture = read(file(head, standard(全国地方公共団体コード="010006")), "x.csv")
    assert "市区町村の団体コードではありません" in prefecture.problems[0].reason


def test_a_capacity_below_zero_is_refused_and_words_are_kept() -> None:
    head = ",".join(columns.STANDARD)
    lines = [
        standard(ID=str(at), 想定収容人数=text)
        for at, text in enumerate(["-5", "▲5", "５００人", "屋内300・屋外200"])
    ]
    found = read(file(head, *lines), "x.csv")
    assert [problem.row for problem in found.problems] == [2, 3]
    assert [row.stated_capacity for row in found.rows] == ["５００人", "屋内300・屋外200"]


def test_the_old_recommended_data_set_is_read_and_comes_out_in_the_standard() -> None:
    head = "市区町村コード,NO,都道府県名,市区町村名,名称,名称_カナ,住所,方書,緯度,経度,標高,電話番号,災害種別_洪水,備考"
    line = "012092,7,北海道,夕張市,紅葉園,コウヨウエン,北海道夕張市紅葉山178,２階,42.9,142.0,180.5,,1,"
    found = read(file(head, line), "x.csv")
    assert found.kind is Kind.RECOMMENDED
    row = found.rows[0]
    assert (row.local_id, row.address, row.elevation) == ("7", "北海道夕張市紅葉山178", Decimal("180.5"))
    again = read(write_standard(found.rows), "y.csv").rows[0]
    assert again.standard["建物名等(方書)"] == "２階"
    assert again.hazards == ("flood",)


def test_other_orders_and_missing_columns_are_noted() -> None:
    found = read(file("名称,全国地方公共団体コード,災害種別_洪水,階数", "紅葉園,012092,1,2"), "x.csv")
    assert found.rows[0].hazards == ("flood",)
    assert "階数" in found.notes[0]
    assert "39列" in found.notes[1]


plain_text = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co")), max_size=12)
free = [
    column
    for column in columns.STANDARD
    if column
    not in ("全国地方公共団体コード", "ID", "緯度", "経度", "標高", "想定収容人数", "指定避難所との重複")
    and not column.startswith("災害種別_")
]
flags = st.sampled_from(["", "1", "１", "0", "○"])


@st.composite
def standard_cells(draw: st.DrawFn) -> dict[str, str]:
    made = {column: draw(plain_text) for column in free}
    made |= {column: draw(flags) for column in columns.STANDARD if column.startswith("災害種別_")}
    made["指定避難所との重複"] = draw(flags)
    made["名称"] = draw(st.sampled_from(["", " ", "\n"])) + "名" + made["名称"]
    made["全国地方公共団体コード"] = draw(st.sampled_from(["012092", "01209", "０１２０９２", " 012092"]))
    if draw(st.booleans()):
        made["緯度"] = draw(st.sampled_from(["43", "43.10", "４３．１", "42.9361490000"]))
        made["経度"] = draw(st.sampled_from(["142", "141.770", " 141.7"]))
    made["標高"] = draw(st.sampled_from(["", "-3.5", "10.0", "１０"]))
    made["想定収容人数"] = draw(st.sampled_from(["", "0", "1,200", "=1+1", "約300"]))
    return made


@pytest.mark.slow
@given(st.lists(standard_cells(), max_size=4))
@settings(max_examples=150, deadline=None)
def test_what_is_read_from_the_standard_data_set_is_written_as_it_was(given: list[dict[str, str]]) -> None:
    from keniki.core.csv_dialect import read_csv, write_csv

    lines = [
        [(made | {"ID": str(at)}).get(column, "") for column in columns.STANDARD]
        for at, made in enumerate(given)
    ]
    data = write_csv([columns.STANDARD, *lines], guard=False).data
    found = read(data, "x.csv")
    assert found.problems == ()
    assert write_standard(found.rows) == data
    assert read_csv(write_standard(found.rows)).rows == [list(columns.STANDARD), *lines]
    assert read(write_standard(found.rows), "x.csv").rows == found.rows


def test_a_changed_field_changes_its_column_and_no_other() -> None:
    head = ",".join(columns.STANDARD)
    row = read(
        file(head, standard(緯度="43.10 ", 経度="141.70", URL="https://example.lg.jp/")), "x.csv"
    ).rows[0]
    moved = row.with_fields(latitude=Decimal("43.2"), longitude=Decimal("141.70"))
    again = read(write_standard([moved]), "x.csv").rows[0]
    assert again.latitude == Decimal("43.2")
    assert again.standard["URL"] == "https://example.lg.jp/"


def own(*rows: tuple[str, ...], headings: tuple[str, ...]) -> bytes:
    return file(",".join(headings), *(",".join(row) for row in rows))


HEAD = (
    "団体コード",
    "名称",
    "指定避難所",
    "スペース名",
    "スペースの種類",
    "面積（m2）",
    "個別に定めた人数",
    "暖房",
    "夜に使える",
)


def test_rows_of_one_shelter_become_one_with_its_spaces() -> None:
    data = own(
        ("012092", "紅葉園", "1", "体育館", "体育館", "500", "", "無", "可"),
        ("012092", "紅葉園", "", "和室", "和室", "40.5", "12", "有", "不可"),
        ("012092", "のぞみ", "1", "", "", "", "", "", ""),
        headings=HEAD,
    )
    found = read(data, "spaces.csv")
    assert found.kind is Kind.OWN
    assert found.problems == ()
    first, second = found.rows
    assert first.spaces == (
        Space(2, "体育館", "hall", Decimal(500), None, heated=False),
        Space(3, "和室", "room", Decimal("40.5"), 12, heated=True, by_night=False),
    )
    assert (first.is_shelter, second.spaces) == (True, ())


def test_numbers_and_words_as_excel_and_people_write_them() -> None:
    row = ("012092", "紅葉園", "1", "体育館", "体育館", '"1,250.5"', "", "なし", "可")
    (found,) = read(own(row, headings=HEAD), "x.csv").rows
    assert found.spaces == (Space(2, "体育館", "hall", Decimal("1250.5"), None, heated=False),)


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (("012092", "紅葉園", "", "和室", "", "-4", "", "", ""), "面積（m²）", "0以下"),
        (("012092", "紅葉園", "", "和室", "", "", "-1", "", ""), "個別に定めた人数", "0より小さい"),
        (("012092", "紅葉園", "", "和室", "", "", "多数", "", ""), "個別に定めた人数", "人数ではありません"),
        (("012092", "紅葉園", "", "和室", "船", "", "", "", ""), "スペースの種類", "次から選んで"),
        (("012092", "紅葉園", "", "和室", "", "", "", "寒い", ""), "暖房", "有・無"),
        (("012092", "紅葉園", "", "", "", "30", "", "", ""), "スペース名", "スペース名がありません"),
        (("012092", "紅葉園", "", "体育館", "", "30", "", "", ""), "スペース名", "2行目と同じ"),
        (("012092", "紅葉園", "", "", "", "", "", "", ""), "名称", "2行目と同じ避難所"),
    ],
)
def test_a_bad_space_is_left_out(row: tuple[str, ...], column: str, says: str) -> None:
    first = ("012092", "紅葉園", "1", "体育館", "体育館", "500", "", "無", "可")
    found = read(own(first, row, headings=HEAD), "x.csv")
    assert len(found.rows) == 1
    assert len(found.rows[0].spaces) == 1
    (problem,) = found.problems
    assert (problem.row, problem.column) == (3, column)
    assert says in problem.reason


def workbook() -> bytes:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        made.add_worksheet().write_row(0, 0, HEAD)
    return book.getvalue()


WHOLE = {True: workbook(), False: file(SITES, SITE, SITE.replace("01201", "02201"))}


@pytest.mark.slow
@given(st.binary(max_size=6), st.integers(0, 600), st.integers(0, 30), st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_is_read_or_refused_and_never_breaks(
    put: bytes, at: int, cut: int, packed: bool
) -> None:
    whole = WHOLE[packed]
    at = len(whole) - at if packed else at
    places: list[object] = []
    try:
        found = read(whole[:at] + put + whole[at + cut :], "x")
        places += [problem.reason and problem.row for problem in found.problems]
    except WrongInput as wrong:
        places.append(wrong.file)
    assert all(places)


@pytest.mark.parametrize("name", ["cells", "columns", "shelters", "writing", "geojson.hazards"])
def test_the_examples_in_the_docstrings_are_true(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"keniki.apps.disaster.formats.{name}"))
    assert found.attempted
    assert not found.failed


def test_our_own_table_comes_back_as_it_was_from_csv_and_from_a_workbook() -> None:
    row = ShelterRow(
        2,
        "012092",
        "=紅葉園",
        common_id="E0120900001111",
        latitude=Decimal("42.9"),
        longitude=Decimal("142.0"),
        is_shelter=True,
        hazards=("flood", "volcano"),
        spaces=(
            Space(2, "体育館", floor_area=Decimal("500.25"), heated=False),
            Space(3, "車", "car", capacity=20, accessible=True, welfare=True, note="+舗装"),
        ),
    )
    data = write_own([row])
    assert read(data, "x.csv").rows == (row,)
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"strings_to_formulas": False}) as made:
        made.add_worksheet("説明").write(0, 0, "この表の書き方")
        sheet = made.add_worksheet("避難所")
        sheet.write(0, 0, "避難所とスペースの一覧")
        for at, cells in enumerate(
            [line.split(",") for line in data.decode("utf-8-sig").splitlines()], start=1
        ):
            for beside, cell in enumerate(cells):
                number = cell if cell.startswith("0") or not cell.replace(".", "").isdigit() else float(cell)
                sheet.write(at, beside, number)
    found = read(book.getvalue(), "x.xlsx")
    assert found.problems == ()
    assert [space.name for space in found.rows[0].spaces] == ["体育館", "車"]
    assert found.rows[0].row == 3
    assert found.rows[0].spaces[0].floor_area == Decimal("500.25")


@pytest.mark.slow
def test_all_shelters_of_the_nation_are_read_in_seconds() -> None:
    lines = [
        f"{at},E{town}{at:05d}201,北海道夕張市,第{at}小学校,北海道夕張市{at},1,1,,1,,1,1,,1,42.936149,142.04254,"
        for town, number in (("01209", 100_000), ("01210", 15_000))
        for at in range(number)
    ]
    data = file(SITES, *lines)
    start = time.perf_counter()
    found = read(data, "mergeFromCity_2.csv")
    taken = time.perf_counter() - start
    assert len(found.rows) + len(found.problems) == 115_000
    assert found.problems == ()
    assert taken < 12


@real
def test_the_real_files_of_nine_towns_are_read_whole() -> None:
    counts = {Kind.GSI_SITES: 0, Kind.GSI_SHELTERS: 0}
    for path in sorted(FOLDER.glob("*/*.json")):
        found = read(path.read_bytes(), path.name, towns=None)
        assert found.problems == ()
        assert {row.code for row in found.rows} == {path.stem}
        counts[found.kind] += len(found.rows)
        again = read(write_standard(found.rows), "x.csv")
        assert [row.name for row in again.rows] == [row.name for row in found.rows]
    assert counts == {Kind.GSI_SITES: 159, Kind.GSI_SHELTERS: 160}
