from __future__ import annotations

import io
from datetime import date

import pytest
import xlsxwriter

from keniki.apps.accounts.actor import Denied
from keniki.apps.accounts.models import LogEntry
from keniki.apps.portal.testing import AOBA, HOSHINO, KAWAKITA, code
from keniki.apps.regions import actions, queries
from keniki.apps.regions.actions.municipalities import hiragana
from keniki.apps.regions.models import Municipality
from keniki.core.errors import WrongInput

HEAD = [
    "団体コード",
    "都道府県名\n（漢字）",
    "市区町村名\n（漢字）",
    "都道府県名\n（カナ）",
    "市区町村名\n（カナ）",
]
CITIES = [
    ["010006", "北海道", "", "ﾎｯｶｲﾄﾞｳ", ""],
    ["011002", "北海道", "札幌市", "ﾎｯｶｲﾄﾞｳ", "ｻｯﾎﾟﾛｼ"],
    ["012106", "北海道", "岩見沢市", "ﾎｯｶｲﾄﾞｳ", "ｲﾜﾐｻﾞﾜｼ"],
    ["014231", "北海道", "南幌町", "ﾎｯｶｲﾄﾞｳ", "ﾅﾝﾎﾟﾛﾁｮｳ"],
    ["131016", "東京都", "千代田区", "ﾄｳｷｮｳﾄ", "ﾁﾖﾀﾞｸ"],
    ["473821", "沖縄県", "与那国町", "ｵｷﾅﾜｹﾝ", "ﾖﾅｸﾞﾆﾁｮｳ"],
]


def workbook(rows, wards=(), *, numbers=False, head=True):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    first, second = book.add_worksheet("R6.1.1現在の団体"), book.add_worksheet("R6.1.1政令指定都市")
    for number, row in enumerate([HEAD, *rows] if head else rows):
        for column, cell in enumerate(row):
            first.write(number, column, int(cell) if numbers and column == 0 and number else cell)
    for number, row in enumerate(wards):
        second.write_row(number, 0, row)
    book.close()
    return target.getvalue()


def as_csv(rows, encoding="utf-8"):
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in [HEAD, *rows]).encode(encoding)


@pytest.mark.parametrize(
    "data", [workbook(CITIES), as_csv(CITIES), as_csv(CITIES, "cp932")], ids=["xlsx", "utf8", "sjis"]
)
def test_the_official_list_is_read_without_prefectures_and_with_hiragana(data):
    rows = actions.read_municipality_list(data)
    assert [(row.code, row.name, row.kana, row.kind) for row in rows] == [
        ("011002", "札幌市", "さっぽろし", "designated_city"),
        ("012106", "岩見沢市", "いわみざわし", "city"),
        ("014231", "南幌町", "なんぽろちょう", "town"),
        ("131016", "千代田区", "ちよだく", "special_ward"),
        ("473821", "与那国町", "よなぐにちょう", "town"),
    ]


def test_the_sheet_of_designated_cities_adds_their_wards():
    wards = [
        ["011002", "北海道", "札幌市", "", "ｻｯﾎﾟﾛｼ"],
        ["011011", "北海道", "札幌市中央区", "", "ｻｯﾎﾟﾛｼﾁｭｳｵｳｸ"],
    ]
    rows = {row.code: row for row in actions.read_municipality_list(workbook(CITIES, wards))}
    assert (rows["011011"].kind, rows["011011"].kana) == ("ward", "さっぽろしちゅうおうく")
    assert len(rows) == 6


def test_leading_zeros_lost_in_a_spreadsheet_come_back_by_the_prefecture():
    rows = actions.read_municipality_list(workbook(CITIES, numbers=True))
    assert [row.code for row in rows] == ["011002", "012106", "014231", "131016", "473821"]


def test_a_wrong_check_digit_names_sheet_row_and_the_right_digit():
    broken = [*CITIES, ["012114", "北海道", "網走市", "", "ｱﾊﾞｼﾘｼ"], ["012111", "北海道", "網走市", "", ""]]
    with pytest.raises(WrongInput, match="012114") as wrong:
        actions.read_municipality_list(as_csv(broken), file="list.csv")
    assert (wrong.value.file, wrong.value.row, wrong.value.column) == ("list.csv", 9, "団体コード")


def test_a_code_of_another_prefecture_is_refused():
    with pytest.raises(WrongInput, match="東京都"):
        actions.read_municipality_list(as_csv([["012106", "東京都", "岩見沢市", "", ""]]))


@pytest.mark.parametrize(
    "data", [b"a,b\n1,2\n", b"PK\x03\x04broken", as_csv([])], ids=["heads", "broken", "empty"]
)
def test_a_file_that_is_no_list_is_refused_with_what_to_do(data):
    with pytest.raises(WrongInput):
        actions.read_municipality_list(data, file="x")


@pytest.mark.parametrize(
    ("kana", "expected"), [("ｲﾜﾐｻﾞﾜｼ", "いわみざわし"), ("ヴェルニー", "ゔぇるにー"), ("", "")]
)
def test_readings_become_hiragana(kana, expected):
    assert hiragana(kana) == expected


@pytest.mark.django_db
def test_loading_twice_changes_nothing(operator):
    first = actions.load_municipalities(operator, "list.csv", as_csv(CITIES))
    assert (first["created"], first["changed"]) == (5, 0)
    entries = LogEntry.objects.count()
    second = actions.load_municipalities(operator, "list.csv", as_csv(CITIES))
    assert second == {"created": 0, "changed": 0, "unchanged": 5, "ended": 0, "differing": []}
    assert LogEntry.objects.count() == entries


@pytest.mark.django_db
def test_a_missing_reading_is_filled_in_a_name_kept_and_nothing_deleted(operator):
    rows = actions.read_municipality_list(as_csv(CITIES))
    actions.store_municipalities(operator, rows)
    Municipality.objects.filter(code="012106").update(kana="", name="岩見沢市")
    Municipality.objects.filter(code="014231").update(name="みなみほろ町")
    result = actions.store_municipalities(operator, rows[:3])
    assert result["changed"] == 1
    assert result["differing"] == ["014231 登録はみなみほろ町、一覧は南幌町"]
    assert Municipality.objects.get(code="012106").kana == "いわみざわし"
    assert Municipality.objects.count() == 5


@pytest.mark.django_db
def test_a_broken_list_stores_nothing(operator):
    with pytest.raises(WrongInput):
        actions.load_municipalities(
            operator, "list.csv", as_csv([*CITIES, ["999999", "", "どこか市", "", ""]])
        )
    assert not Municipality.objects.exists()


@pytest.mark.django_db
def test_only_the_operator_loads_the_list(cast, administrator):
    with pytest.raises(Denied):
        actions.load_municipalities(administrator, "list.csv", as_csv(CITIES))


@pytest.mark.parametrize("edition", ["2022", "2025"])
def test_the_whole_country_is_read_from_a_published_table(test_data, edition):
    file = test_data / "ssdse_a" / f"SSDSE-A-{edition}.csv"
    rows = actions.read_municipality_list(file.read_bytes(), file=file.name)
    kinds = [row.kind for row in rows]
    assert len(rows) == 1741
    assert kinds.count("city") + kinds.count("designated_city") == 792
    assert (kinds.count("town"), kinds.count("village"), kinds.count("special_ward")) == (743, 183, 23)
    assert {row.code: row.name for row in rows}["012106"] == "岩見沢市"


@pytest.mark.slow
@pytest.mark.django_db
def test_the_whole_country_loads_at_once_and_twice_the_same(test_data, operator):
    data = (test_data / "ssdse_a" / "SSDSE-A-2025.csv").read_bytes()
    assert actions.load_municipalities(operator, "SSDSE-A-2025.csv", data)["created"] == 1741
    assert actions.load_municipalities(operator, "SSDSE-A-2025.csv", data)["unchanged"] == 1741


GONE = ["市区町村名", "団体コード", "最後の日", "承継先コード"]


def changes(*rows):
    return "\n".join(",".join(cells) for cells in [GONE, *rows]).encode()


@pytest.mark.slow
def test_a_list_with_a_last_day_and_a_successor_registers_the_merger(operator, region, towns):
    data = changes(["星野町", HOSHINO, "2026-03-31", AOBA], ["青葉市", AOBA, "", ""])
    result = actions.load_municipalities(operator, "list.csv", data)
    assert (result["ended"], result["created"], result["unchanged"]) == (1, 0, 1)
    town = Municipality.objects.get(code=HOSHINO)
    assert (town.valid.upper, town.successor) == (date(2026, 4, 1), towns["青葉市"])
    assert [m.municipality.name for m in queries.members_on(region, date(2026, 4, 1))] == ["青葉市", "川北町"]
    again = actions.load_municipalities(operator, "list.csv", data)
    assert (again["ended"], again["unchanged"]) == (0, 2)


def test_a_list_registers_a_new_name_and_a_new_city_of_several_towns(operator, region, towns):
    new = code("01905")
    data = changes(
        ["星野町", HOSHINO, "令和8年3月31日", HOSHINO],
        ["新星野町", HOSHINO, "", ""],
        ["青葉市", AOBA, "2026-03-31", new],
        ["川北町", KAWAKITA, "2026-03-31", new],
        ["青川市", new, "", ""],
    )
    result = actions.load_municipalities(operator, "list.csv", data)
    assert result["ended"] == 3
    assert [m.municipality.name for m in queries.members_on(region, date(2026, 4, 1))] == ["新星野町"]
    assert {old.name for old, *_ in actions.proposals(region)} == {"青葉市", "川北町"}
    assert {town.name for town in Municipality.objects.filter(code=HOSHINO)} == {"星野町", "新星野町"}
    assert actions.load_municipalities(operator, "list.csv", data)["ended"] == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["星野町", HOSHINO, "2026-03-31", ""], "承継先コードを入力"),
        (["星野町", HOSHINO, "2026-03-31", "012106"], "一覧にも登録にもありません"),
        (["月野町", HOSHINO, "2026-03-31", AOBA], "続いている市町村の登録がありません"),
        (["星野町", HOSHINO, "2026-02-30", AOBA], "2026-02-30"),
        (["星野町", HOSHINO, "2026-03-31", "019012"], "検査数字"),
    ],
)
def test_a_merger_in_a_list_that_does_not_fit_changes_nothing(operator, region, towns, row, words):
    with pytest.raises(WrongInput, match=words):
        actions.load_municipalities(operator, "list.csv", changes(row))
    assert not Municipality.objects.filter(successor__isnull=False).exists()


def test_a_list_that_names_another_successor_than_the_stored_one_is_refused(operator, region, towns):
    actions.load_municipalities(operator, "a.csv", changes(["星野町", HOSHINO, "2026-03-31", AOBA]))
    with pytest.raises(WrongInput, match="どちらが正しいか"):
        actions.load_municipalities(operator, "b.csv", changes(["星野町", HOSHINO, "2026-03-31", KAWAKITA]))
