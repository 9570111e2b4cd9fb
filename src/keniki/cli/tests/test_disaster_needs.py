"""`keniki disaster needs`: the promised call, one denominator, a region's own figures, every mistake with its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from keniki.cli import main

PROMISED = ("--people", "2083", "--days", "3", "--season", "winter")


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


@pytest.fixture
def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command in a folder of its own: exit code and its object."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, Any]:
        code = main.main(["disaster", "needs", *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def quantities(found: dict[str, Any]) -> dict[str, int]:
    return {line["item"]: line["quantity"] for line in found["items"]}


def test_the_promised_call_gives_every_item_from_one_number_of_people(answer) -> None:
    code, found = answer(*PROMISED, "--date", "2026-04-01")
    assert code == 0
    assert (found["people"], found["days"], found["season"], found["date"]) == (
        2083,
        3,
        "winter",
        "2026-04-01",
    )
    assert {line["people"] for line in found["items"]} == {2083}
    assert found["denominator"] == {"people": 2083, "steps": ["避難者数 2,083人"]}
    ours = quantities(found)
    assert (ours["food"], ours["blanket"], ours["portable_toilet"]) == (18_747, 4_166, 31_245)
    assert sum(line["group"] == "basic" for line in found["items"]) == 8
    assert found["standard"]["m2_per_person"] == 3.5
    assert found["area"] == {
        "value": 7290.5,
        "unit": "m2",
        "arithmetic": "2,083人 × 3.5㎡ = 7,290.5㎡",
        "needed": 7290.5,
        "holds_people": 2083,
        "people_without_room": 0,
    }
    assert "bed" in found["unconfirmed"]
    assert {each["item"] for each in found["asks"]} == {"winter_clothes", "stove", "partition", "tent"}
    for line in [*found["items"], *found["facilities"]]:
        assert line["source"]
        assert line["evidence"]
        assert " = " in line["arithmetic"]


def test_today_is_meant_where_no_day_is_named(answer) -> None:
    code, found = answer(*PROMISED)
    assert code == 0
    assert found["standard"]["key"] == "guideline_2024"


def test_a_given_floor_says_how_many_have_no_room_on_it(answer) -> None:
    code, found = answer(*PROMISED, "--area", "700", "--standard", "infection_2020", "--places", "2")
    assert code == 0
    assert (found["area"]["needed"], found["area"]["holds_people"]) == (8332, 175)
    assert found["area"]["people_without_room"] == 2083 - 175
    assert quantities(found)["jet_heater"] == 8
    assert quantities(found)["generator"] == 2


def test_the_public_part_and_the_shares_of_groups_are_given_as_fractions(answer) -> None:
    code, found = answer(*PROMISED, "--public-share", "0.4", "--infants", "1/100", "--care", "０．０５")
    assert code == 0
    assert found["people"] == 834
    assert found["denominator"]["steps"][-1] == "公的備蓄で賄う割合 2,083人 × 40％ = 833.2 → 834人"
    assert (found["shares"]["infants"], found["shares"]["care"], found["unit"]) == (0.01, 0.05, "fraction")
    assert found["shares_given"] == ["care", "infants"]
    assert quantities(found)["milk"] == 3503  # 834 × 1/100 × 3 × 140 = 3,502.8


def test_a_region_has_its_own_figures(answer, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "items:\n"
        "  stove: {of: 50, basis: 令和8年度備蓄計画}\n"
        "  food: {each: '2.5', basis: 備蓄計画 別表}\n"
        "  blanket: {winter: 3, mild: 1, basis: 訓練の結果}\n"
        "  toilet_paper: {pack: 12, basis: 1袋12巻}\n"
        "shares: {infants: 0.006, women: 0.2}\n"
        "heating: {watts_per_m2: 150, hours_per_day: 12, basis: 設計図書}\n"
        "staff: {least: 4, basis: 運営マニュアル}\n",
        encoding="utf-8",
    )
    code, found = answer(*PROMISED, "--overrides", "own.yaml", "--women", "0.1")
    assert code == 0
    lines = {line["item"]: line for line in found["items"]}
    assert lines["food"]["exact"] == 2083 * 7.5
    assert lines["food"]["source"] == "地域の値（根拠：備蓄計画 別表）"
    assert (lines["food"]["own_figure"], lines["food"]["evidence"]) == (True, ["ANSWER"])
    assert lines["blanket"]["quantity"] == 2083 * 3
    assert lines["stove"]["quantity"] == 146
    assert (lines["toilet_paper"]["packs"], lines["toilet_paper"]["own_figure"]) == (75, False)
    # 7,290.5 m² × 150 W ÷ 18.2 kW = 60.1 → 61 heaters, 1.87 L × 12 hours × 3 days each.
    assert (lines["jet_heater"]["quantity"], lines["kerosene"]["exact"]) == (
        61,
        pytest.approx(61 * 1.87 * 36),
    )
    assert lines["kerosene"]["source"] == "地域の値（根拠：設計図書）"
    facilities = {each["facility"]: each for each in found["facilities"]}
    assert facilities["staff_shift"]["quantity"] == 4 + 21
    assert facilities["staff_shift"]["evidence"] == ["ANSWER"]
    # The option counts before the file.
    assert (found["shares"]["infants"], found["shares"]["women"]) == (0.006, 0.1)


def test_a_person_reads_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["disaster", "needs", *PROMISED, "--date", "R8.4.1"]) == 0
    out = capsys.readouterr()
    for words in (
        "避難者 2,083人、3日、冬期（2026-04-01 の基準）",
        "【基本8品目】",
        "2,083人 × 3日 × 3食 = 18,747食",
        "段ボールベッド  2,083台 ※1",
        "【数量の基準がない品目】",
    ):
        assert words in out.out
    assert "※1" in out.err


@pytest.mark.parametrize(
    ("arguments", "words", "column"),
    [
        (("--people", "-1"), "避難者数", "--people"),
        (("--days", "0"), "日数", "--days"),
        (("--places", "0"), "避難所の数", "--places"),
        (("--area", "0"), "床面積", "--area"),
        (("--area", "nan"), "数ではありません", "--area"),
        (("--area", "広い"), "数ではありません", "--area"),
        (("--infants", "0.7%"), "数ではありません", "--infants"),
        (("--women", "1.5"), "0から1", "--women"),
        (("--public-share", "40"), "40％は0.4", "--public-share"),
        (("--standard", "three"), "広さの基準", "--standard"),
        (("--date", "2026-02-30"), "2026-02-30", "--date"),
        (("--date", "1990-01-01"), "効力がありません", "--date"),
        (("--date", "2020-01-01", "--standard", "guideline_2024"), "2024-12-13", "--standard"),
        (("--season", "summer"), "winter", None),
        (("--people", "two"), "整数", None),
        (("--overrides", "none.yaml"), "見つかりません", None),
    ],
)
def test_every_mistake_has_its_place(answer, arguments, words: str, column: str | None) -> None:
    code, found = answer(*PROMISED, *arguments)
    assert code == 2
    assert words in found["error"]["message"]
    assert found["error"]["column"] == column


@pytest.mark.parametrize(
    ("content", "words", "column"),
    [
        ("items: {bread: {each: 1, basis: x}}", "品目「bread」", "bread"),
        ("items: {food: {of: 50, basis: x}}", "each で指定", "food"),
        ("items: {stove: {each: 1, basis: x}}", "of で指定", "stove"),
        ("items: {food: {each: -1, basis: x}}", "正しくありません", "items.food.each"),
        ("items: {food: {each: 1}}", "正しくありません", "items.food.basis"),
        ("items: {food: {winter: 1, basis: x}}", "両方", "items.food"),
        ("items: {food: {each: 1, winter: 1, mild: 1, basis: x}}", "両方", "items.food"),
        ("items: {food: {each: 1, basis: ''}}", "根拠", "food"),
        ("items: {food: {each: 1, basis: x, colour: red}}", "正しくありません", "items.food.colour"),
        ("shares: {infants: 2}", "正しくありません", "shares.infants"),
        ("shares: {babies: 0.1}", "区分「babies」", "babies"),
        ("items: {food: {each: 1, basis: x}, food: {each: 2, basis: x}}", "2回", None),
        ("heating: {hours_per_day: 25, basis: x}", "正しくありません", "heating.hours_per_day"),
        ("staff: {least: 2}", "正しくありません", "staff.basis"),
        ("- 1", "正しくありません", None),
        ("items: [", "YAML", None),
    ],
)
def test_a_wrong_file_is_refused_with_its_entry(
    answer, tmp_path: Path, content: str, words: str, column: str | None
) -> None:
    (tmp_path / "own.yaml").write_text(content, encoding="utf-8")
    code, found = answer(*PROMISED, "--overrides", "own.yaml")
    assert code == 2
    assert words in found["error"]["message"]
    assert found["error"]["file"] == "own.yaml"
    assert found["error"]["column"] == column
    assert not re.search("[a-z]{4,} [a-z]{2,} ", found["error"]["message"])


def test_the_group_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["disaster", "--json"]) == 2
    assert "操作 を指定してください" in json.loads(capsys.readouterr().out)["error"]["message"]
