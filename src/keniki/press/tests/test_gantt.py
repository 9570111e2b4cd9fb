"""The chart of steps over time."""

from __future__ import annotations

from datetime import date

import pytest

from keniki.press.gantt import Bar, gantt

BARS = [
    Bar("中心市宣言", "宣言", date(2024, 5, 24), date(2024, 5, 24)),
    Bar("懇談会 第1回", "懇談会", date(2024, 7, 18), date(2024, 7, 18)),
    Bar("素案の作成", "ビジョン", date(2024, 11, 1), date(2025, 1, 10)),
]
TRACKS = ["宣言", "懇談会", "ビジョン"]


def test_every_step_is_a_bar_to_the_end_of_its_last_day_and_a_row_of_the_table() -> None:
    chart = gantt("定住自立圏の手続", BARS, TRACKS)
    values = chart.spec["data"]["values"]
    assert [(row["start"], row["end"]) for row in values][2] == ("2024-11-01", "2025-01-11")
    assert chart.rows[0] == ("1. 中心市宣言", "宣言", "令和6年5月24日", "令和6年5月24日")
    assert "令和6年5月24日から令和7年1月10日までの3工程" in chart.alt


def test_the_drawing_is_the_same_for_the_same_steps_and_names_each() -> None:
    drawn = gantt("手続", BARS, TRACKS).svg()
    assert drawn == gantt("手続", BARS, TRACKS).svg()
    for words in ("1. 中心市宣言", "3. 素案の作成", "懇談会", "7月"):
        assert words.encode() in drawn


def test_a_step_of_no_track_or_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="素案"):
        gantt("手続", BARS, TRACKS[:2])
    with pytest.raises(ValueError, match="逆"):
        gantt("手続", [Bar("逆", "宣言", date(2024, 5, 2), date(2024, 5, 1))], TRACKS)
