"""Open data: columns as an interface, one value per cell, and metadata that says what it is."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from keniki.apps.accounts.actor import Actor
from keniki.apps.activities import actions
from keniki.apps.activities.models import Activity
from keniki.apps.portal.open_data import DATASETS
from keniki.apps.regions.models import Municipality, Region

pytestmark = pytest.mark.django_db

#: What others build on: a column that is renamed or moved breaks their programs.
COLUMNS = {
    "members": "全国地方公共団体コード 市町村名 市町村名_ふりがな 種別 役割 順序 加入日 終了日 "
    "庁舎の所在地 緯度 経度",
    "facts": "指標ID 項目 全国地方公共団体コード 市町村名 区分 時点 年度 値 単位 内容 出典 出典の箇所 出典の注意",
    "initiatives": "取組ID 取組名 分野 制度 開始年度 終了年度 一回限り 概要 目的",
    "bodies": "取組ID 取組名 全国地方公共団体コード 市町村名",
    "activities": "活動ID 取組ID 取組名 事業名 年度 活動名 種類 状態 集計のみ 開始日 終了日 場所 "
    "全国地方公共団体コード 市町村名 出典 出典の箇所",
    "counts": "活動ID 活動名 年度 数量ID 何の数 数 単位 数え方 全国地方公共団体コード 市町村名 内訳の合計",
    "grants": "交付金ID 年度 名称 制度 全国地方公共団体コード 市町村名 手続 金額_円 予定額 日付 文書番号 "
    "出典 出典の箇所",
    "kpi": "指標ID 指標名 取組ID 取組名 方向 基準値 基準値の年度 年度 目標値 実績値 単位 活動から集計",
    "agreements": "協定ID 名称 種別 制度 状態 締結日 効力の開始日 効力の終了日 文書番号 変更する協定のID",
    "parties": "協定ID 協定の名称 順序 全国地方公共団体コード 市町村名 甲乙",
    "measures": "協定ID 協定の名称 別表の取組ID 政策分野の区分 分野 別表の取組 取組内容ID 取組内容 結果 活動の数_件",
    "trace": "協定ID 取組内容ID 年度 結果 活動の数_件",
    "roles": "協定ID 協定の名称 別表の取組ID 役割ID 別表の取組 だれの役割か 全国地方公共団体コード 市町村名 役割 結果 "
    "活動の数_件",
    "role_trace": "協定ID 別表の取組ID 役割ID 年度 結果 活動の数_件",
    "stock": "年度 基準日 全国地方公共団体コード 市町村名 品目ID 品目 単位 保有数量 保管数量 備蓄の対象人数_人 日数_日",
}


@pytest.fixture
def visitor() -> Client:
    return Client()


def fetch(visitor: Client, region: Region, name: str, ending: str, **query: str) -> Any:
    return visitor.get(reverse("public:dataset", args=[region.slug, name, ending]), query)


def rows(visitor: Client, region: Region, name: str) -> list[dict[str, str]]:
    content = fetch(visitor, region, name, "csv").getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def records(visitor: Client, region: Region, name: str) -> dict[str, Any]:
    return dict(json.loads(fetch(visitor, region, name, "json").getvalue()))


@pytest.mark.slow
def test_the_columns_of_every_data_set_are_those_others_build_on(visitor: Client, region: Region) -> None:
    found = {}
    for name in DATASETS:
        head = fetch(visitor, region, name, "csv").getvalue().decode("utf-8-sig").splitlines()[0]
        found[name] = head.replace(",", " ")
    assert found == COLUMNS


@pytest.mark.parametrize("name", DATASETS)
def test_csv_and_json_hold_the_same_rows(visitor: Client, region: Region, name: str) -> None:
    table, document = rows(visitor, region, name), records(visitor, region, name)
    assert len(table) == len(document["rows"])
    assert [c["name"] for c in document["columns"]] == [column.key for column in DATASETS[name].columns]
    kinds = {"integer": int, "number": (int, float), "boolean": bool}
    for row in document["rows"]:
        assert list(row) == [column.key for column in DATASETS[name].columns]
        for column in DATASETS[name].columns:
            value = row[column.key]
            assert value is None or isinstance(value, kinds.get(column.kind, str)), (name, column.key, value)
            if column.kind == "code" and value is not None:
                assert re.fullmatch(r"\d{6}", value)
            if column.kind == "date" and value is not None:
                assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)


def test_members_carry_their_code_beside_their_name(visitor: Client, region: Region) -> None:
    found = rows(visitor, region, "members")
    assert [row["市町村名"] for row in found] == ["青葉市", "川北町", "星野町"]
    assert all(re.fullmatch(r"\d{6}", row["全国地方公共団体コード"]) for row in found)
    assert {row["加入日"] for row in found} == {"2020-10-01"}


def test_numbers_stand_alone_with_their_unit_beside_them(visitor: Client, region: Region) -> None:
    whole = next(
        row for row in rows(visitor, region, "counts") if row["数量ID"] == "people" and row["年度"] == "2024"
    )
    assert (whole["数"], whole["単位"]) == ("49", "名")
    grant = rows(visitor, region, "grants")[0]
    assert grant["金額_円"] == "5000000"


def test_parts_name_the_total_they_belong_to(visitor: Client, region: Region) -> None:
    of_course = [row for row in rows(visitor, region, "counts") if row["活動ID"] == "r6-sumaho"]
    parts = [row for row in of_course if row["内訳の合計"] == "people"]
    assert sum(int(row["数"]) for row in parts) == 49
    assert all(row["市町村名"] for row in parts)


def test_the_trace_says_what_came_of_every_promise(visitor: Client, region: Region) -> None:
    found = {row["取組内容ID"]: row["結果"] for row in rows(visitor, region, "measures")}
    assert found == {"kunren": "実施", "bichiku": "なし", "koushuu": "なし"}


def test_the_roles_say_of_every_town_what_came_of_its_promise(
    visitor: Client, region: Region, partner: Actor, towns: dict[str, Municipality]
) -> None:
    from keniki.apps.activities.drafts import ActivityDraft
    from keniki.apps.compacts.models import Agreement, Initiative

    with scope(region=region):
        initiative = Initiative.objects.get(slug="bousai")
        role = (Agreement.objects.get(slug="kyoutei").pk, "bousai", "role1_1")
        town = towns["川北町"]
        own = ActivityDraft(initiative, 2024, "町の訓練", "drill", "done", municipality=town, roles=(role,))
        actions.save_activity(partner, region, own)
    found = {
        row["市町村名"]: row["結果"]
        for row in rows(visitor, region, "roles")
        if row["別表の取組ID"] == "bousai"
    }
    assert found == {"青葉市": "なし", "川北町": "実施", "星野町": "なし"}
    years = {row["年度"]: row["結果"] for row in rows(visitor, region, "role_trace") if row["結果"] != "なし"}
    assert years == {"2024": "実施"}


def test_cp932_is_given_on_request_and_tells_what_it_lacks(
    visitor: Client, region: Region, secretariat: Actor
) -> None:
    from keniki.apps.activities.drafts import ActivityDraft
    from keniki.apps.compacts.models import Initiative

    with scope(region=region):
        initiative = Initiative.objects.get(slug="bousai")
        actions.save_activity(
            secretariat, region, ActivityDraft(initiative, 2024, "𠮷野の訓練", "drill", "done")
        )
    answer = fetch(visitor, region, "activities", "csv", encoding="cp932")
    assert "合同防災訓練" in answer.getvalue().decode("cp932")
    assert answer["X-Keniki-Replaced"] == "1"
    row, column, character, _ = json.loads(answer["X-Keniki-Replaced-Cells"])[0]
    assert character == "𠮷"
    assert DATASETS["activities"].columns[column - 1].key == "title"
    assert row > 1


@pytest.mark.parametrize(
    ("name", "query", "status"), [("nothing", {}, 404), ("members", {"encoding": "utf-7"}, 400)]
)
def test_a_wrong_request_is_refused_with_words(
    visitor: Client, region: Region, name: str, query: dict[str, str], status: int
) -> None:
    assert fetch(visitor, region, name, "csv", **query).status_code == status


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_an_unchanged_data_set_is_not_sent_again_and_a_changed_one_is(
    visitor: Client, region: Region, secretariat: Actor, activity: Activity, ending: str
) -> None:
    first = fetch(visitor, region, "counts", ending)
    tag = {"If-None-Match": first["ETag"]}
    url = reverse("public:dataset", args=[region.slug, "counts", ending])
    assert visitor.get(url, headers=tag).status_code == 304
    with scope(region=region):
        town = activity.region.memberships.get(municipality__name="川北町").municipality
        actions.enter_town_count(secretariat, activity, "people", town, 28)
    again = visitor.get(url, headers=tag)
    assert again.status_code == 200
    assert "28" in again.getvalue().decode()


@pytest.mark.slow
def test_the_catalogue_describes_every_data_set_with_licence_and_columns(
    visitor: Client, region: Region
) -> None:
    answer = visitor.get(reverse("public:catalogue", args=[region.slug]))
    found = json.loads(answer.getvalue())
    assert found["@type"] == "dcat:Catalog"
    assert [each["dct:identifier"] for each in found["dcat:dataset"]] == [f"aoba-{name}" for name in DATASETS]
    for each in found["dcat:dataset"]:
        assert each["dct:license"] == "https://creativecommons.org/licenses/by/4.0/deed.ja"
        assert each["csvw:tableSchema"]["columns"]
        for distribution in each["dcat:distribution"]:
            assert visitor.get(distribution["dcat:downloadURL"]).status_code == 200
    assert "架空" in found["dct:title"]


def test_the_licence_is_named_as_a_default_until_the_region_confirms_it(
    visitor: Client, region: Region, settings: Any
) -> None:
    url = reverse("public:data", args=[region.slug])
    assert "初期設定です" in visitor.get(url).content.decode()
    settings.OPEN_DATA_LICENCES = {region.slug: "CC-BY-4.0"}
    assert "初期設定です" not in visitor.get(url).content.decode()
