"""Shelters, orders and damage by EEI's items: honest names, one mode a file, unknown is empty, the age is told."""

from __future__ import annotations

import csv
import doctest
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from keniki.analysis.merging.kinds import ORDERS, SHELTER_STATES
from keniki.apps.disaster.formats import eei
from keniki.apps.disaster.formats.eei import (
    DamageReport,
    OrderReport,
    Package,
    ShelterReport,
    rows_of_damage,
)
from keniki.core.errors import WrongInput

AT = datetime(2026, 8, 1, 3, 20, tzinfo=eei.JST)
SHELTER = ShelterReport(
    "real",
    "012106",
    "試験市",
    "北小学校",
    "open",
    AT,
    common_id="E0121000001201",
    latitude=Decimal("43.200000"),
    longitude=Decimal("141.75"),
    capacity=300,
    people_low=120,
    people_high=120,
    opened_at=AT - timedelta(hours=2),
    reason="避難指示の発令",
)
ORDER = OrderReport("real", "012106", "試験市", "北地区", "evacuate", AT, AT, level=4)
DAMAGE = DamageReport("real", "012106", "試験市", "住家被害", "全壊", "棟", 2, AT, AT)


def package(*shelters: ShelterReport, made_at: datetime = AT + timedelta(minutes=5)) -> Package:
    return Package("real", "八月の大雨", "ooame", made_at, shelters or (SHELTER,), (ORDER,), (DAMAGE,))


def as_exercise(given: Package) -> Package:
    return replace(
        given,
        mode="exercise",
        shelters=tuple(replace(row, mode="exercise") for row in given.shelters),
        orders=tuple(replace(row, mode="exercise") for row in given.orders),
        damage=tuple(replace(row, mode="exercise") for row in given.damage),
    )


def rows(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_examples_run() -> None:
    assert doctest.testmod(eei).failed == 0


def test_json_says_what_it_is_and_how_old_it_is() -> None:
    told = json.loads(eei.to_json(package()))
    assert (told["eei_version"], told["mode"], told["mode_label"]) == ("1.1", "real", "実災害")
    assert (told["data_at"], told["age_seconds"]) == ("2026-08-01T03:20:00+09:00", 300)
    shelter = told["shelters"][0]
    assert (shelter["opening"], shelter["people"], shelter["capacity"]) == ("開設", 120, 300)
    assert (shelter["latitude"], shelter["men"], shelter["preparing"]) == (43.2, None, None)
    assert told["orders"][0]["order"] == "避難指示（警戒レベル4）"
    assert told["damage"][0]["figure"] == 2
    for file in ("shelters", "orders", "damage"):
        assert list(told["fields"][file]) == list(told[file][0])


def test_fields_say_whose_item_they_are() -> None:
    origin = {title: origin for file, _, title, origin, _ in eei.described() if file == "shelters"}
    asked = {"全国地方公共団体コード", "施設名", "住所", "緯度", "経度", "避難所タイプ", "想定収容人数"}
    asked |= {"開設状況", "避難者数（総数）", "定員状況", "開設日時", "閉鎖日時", "トイレ数", "必要物資"}
    assert {title for title, whose in origin.items() if whose == "EEI"} >= asked
    assert origin["区分"] == origin["避難者数（下限）"] == origin["最終更新日時"] == "Keniki"
    keys = [(file, key) for file, key, *_ in eei.described()]
    titles = [(file, title) for file, _, title, *_ in eei.described()]
    assert len(set(keys)) == len(keys)
    assert len(set(titles)) == len(titles)


def test_csv_has_the_mode_first_and_the_age_last() -> None:
    (row,) = rows(eei.shelters_csv(package()))
    assert next(iter(row)) == "区分"
    assert (row["区分"], row["全国地方公共団体コード"], row["共通ID"]) == (
        "実災害",
        "012106",
        "E0121000001201",
    )
    assert (row["開設日時"], row["データの経過秒数"]) == ("2026-08-01T01:20:00+09:00", "300")
    (order,) = rows(eei.orders_csv(package()))
    assert (order["避難情報"], order["警戒レベル"]) == ("避難指示（警戒レベル4）", "4")
    (damage,) = rows(eei.damage_csv(package()))
    assert (damage["項目"], damage["数値"], damage["単位"]) == ("全壊", "2", "棟")


def test_every_file_of_an_exercise_says_so_in_every_row() -> None:
    made = as_exercise(package())
    told = json.loads(eei.to_json(made))
    assert told["mode_label"] == "訓練"
    assert {row["mode"] for file in ("shelters", "orders", "damage") for row in told[file]} == {"訓練"}
    for write in (eei.shelters_csv, eei.orders_csv, eei.damage_csv):
        assert {row["区分"] for row in rows(write(made))} == {"訓練"}
    assert (made.name, package().name) == ("訓練_ooame", "実災害_ooame")


def test_rows_of_the_other_mode_are_refused_with_their_place() -> None:
    mixed = (SHELTER, replace(SHELTER, mode="exercise"))
    with pytest.raises(WrongInput, match="実災害のファイルに訓練の行") as refused:
        package(*mixed)
    assert (refused.value.row, refused.value.column) == (2, "区分")
    with pytest.raises(WrongInput, match="訓練のファイルに実災害の行"):
        replace(package(), mode="exercise")
    with pytest.raises(WrongInput, match="訓練か実災害か"):
        replace(package(), mode="drill")  # type: ignore[arg-type]


def test_a_headcount_that_is_a_range_has_no_single_number() -> None:
    (row,) = rows(eei.shelters_csv(package(replace(SHELTER, people_high=125))))
    assert (row["避難者数（総数）"], row["避難者数（下限）"], row["避難者数（上限）"]) == ("", "120", "125")
    (row,) = rows(eei.shelters_csv(package(replace(SHELTER, people_low=None, people_high=None))))
    assert row["避難者数（総数）"] == row["避難者数（下限）"] == ""
    (row,) = rows(eei.shelters_csv(package(replace(SHELTER, people_low=0, people_high=0))))
    assert row["避難者数（総数）"] == "0"


def test_each_state_of_a_shelter_and_each_order_has_its_word() -> None:
    states = [*SHELTER_STATES, "unknown", "always"]
    found = rows(eei.shelters_csv(package(*(replace(SHELTER, status=state) for state in states))))
    told = {
        state: (row["開設状況"], row["定員状況"], row["開設準備中"])
        for state, row in zip(states, found, strict=True)
    }
    assert told["preparing"] == ("未開設", "", "1")
    assert told["full"] == ("開設", "満員", "")
    assert told["closed"] == ("閉鎖", "", "")
    assert told["unknown"][0] == "不明"
    orders = replace(package(), orders=tuple(replace(ORDER, order=key) for key in ORDERS))
    assert {row["避難情報"] for row in rows(eei.orders_csv(orders))} == set(ORDERS.values())


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"code": "01210"}, "全国地方公共団体コード"),
        ({"code": "012107"}, "全国地方公共団体コード"),
        ({"people_low": 5, "people_high": None}, "避難者数"),
        ({"people_low": -1, "people_high": 3}, "避難者数"),
        ({"people_low": 4, "people_high": 3}, "避難者数"),
        ({"updated_at": datetime(2026, 8, 1)}, "最終更新日時"),  # noqa: DTZ001 - what is refused
    ],
)
def test_what_is_wrong_is_refused_with_row_and_column(changes: dict[str, object], column: str) -> None:
    with pytest.raises(WrongInput) as refused:
        package(SHELTER, replace(SHELTER, **changes))  # type: ignore[arg-type]
    assert (refused.value.row, refused.value.column) == (2, column)


def test_without_any_record_there_is_no_age() -> None:
    told = json.loads(eei.to_json(Package("exercise", "訓練", "kunren", AT)))
    assert (told["data_at"], told["age_seconds"], told["shelters"]) == (None, None, [])
    assert rows(eei.shelters_csv(Package("exercise", "訓練", "kunren", AT))) == []


def test_a_clock_ahead_gives_no_negative_age_and_zones_are_one() -> None:
    made = package(made_at=datetime(2026, 7, 31, 18, 0, tzinfo=UTC))
    assert made.age_seconds == 0
    assert json.loads(eei.to_json(made))["made_at"] == "2026-08-01T03:00:00+09:00"


def test_typed_text_runs_in_no_spreadsheet() -> None:
    (row,) = rows(eei.shelters_csv(package(replace(SHELTER, name="=HYPERLINK(1)", note='引用"符\n改行'))))
    assert row["施設名"] == "'=HYPERLINK(1)"
    assert row["備考"] == '引用"符\n改行'
    assert json.loads(eei.to_json(package(replace(SHELTER, name="=1+1"))))["shelters"][0]["name"] == "=1+1"


def test_figures_of_a_town_become_rows() -> None:
    figures = {
        ("住家被害", "全壊", "棟"): 2,
        ("その他", "田 冠水", "ha"): Decimal("1.5"),
        ("人的被害", "死者", "人"): None,
    }
    made = rows_of_damage("real", "012106", "試験市", figures, as_of=AT, updated_at=AT)
    found = rows(eei.damage_csv(replace(package(), damage=made)))
    assert [(row["項目"], row["数値"]) for row in found] == [("全壊", "2"), ("田 冠水", "1.5"), ("死者", "")]


def test_the_reference_has_every_field_with_whose_item_it_is() -> None:
    page = (Path(__file__).parents[5] / "docs" / "reference" / "exchange.md").read_text("utf-8")
    parts = dict(zip(("shelters", "orders", "damage"), page.split("\n### ")[1:], strict=True))
    for file, key, title, origin, note in eei.described():
        assert f"| `{key}` | {title} | {origin} | {note} |" in parts[file]
    rows_there = [line for part in parts.values() for line in part.splitlines() if line.startswith("| `")]
    assert len(rows_there) == len(eei.described())
