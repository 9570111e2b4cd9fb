"""Codes of warnings by date and telegram, and the five levels."""

from __future__ import annotations

import doctest
from datetime import date, timedelta

import pytest

from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import warnings
from keniki.rulebooks.disaster.warnings import Codes, Levels
from keniki.rulebooks.loader import RuleNotInForce

START = warnings.r06_start().value.day
BEFORE = START - timedelta(days=1)
NEW = ("VPWW55", "VPWW56", "VPWW57", "VPWW58", "VPWW59", "VPWW60", "VPWW61")


def test_the_examples_run() -> None:
    assert doctest.testmod(warnings).failed == 0


@pytest.mark.parametrize(
    ("phenomenon", "codes"),
    [
        ("heavy_rain", ["10", "03", "43", "33"]),
        ("landslide", ["29", "09", "49", "39"]),
        ("storm_surge", ["19", "08", "48", "38"]),
    ],
)
def test_the_codes_of_2026_go_from_level_2_to_5(phenomenon: str, codes: list[str]) -> None:
    rows = [row for row in warnings.codes("r06", START).value.rows if row.phenomenon == phenomenon]
    assert [(row.code, row.level) for row in rows] == list(zip(codes, (2, 3, 4, 5), strict=True))
    assert [row.grade for row in rows] == ["advisory", "warning", "danger", "special"]
    assert all(row.name.startswith(f"レベル{row.level}") for row in rows)


def test_wind_waves_and_snow_have_no_level() -> None:
    rows = {row.code: row for row in warnings.codes("r06", START).value.rows}
    for code in ("12", "06", "36", "13", "02", "32", "15", "05", "35", "16", "07", "37", "14", "27"):
        assert rows[code].level is None
    assert len(rows) == 34
    assert not {"04", "18"} & set(rows)


def test_the_table_of_the_old_telegrams_changes_with_the_new_ones() -> None:
    old, later = (warnings.codes("h27", day).value for day in (BEFORE, START))
    assert {row.code: row.level for row in old.rows}["33"] == 5
    assert {row.code: row.level for row in old.rows}["38"] == 4
    assert {row.level for row in later.rows} == {None}
    assert later.is_replaced("heavy_rain")
    assert not later.is_replaced("flood")
    assert not old.is_replaced("heavy_rain")
    rain = old.get("03")
    assert rain is not None
    assert rain.only_if == "土砂災害"


def test_each_phenomenon_of_2026_is_told_by_one_telegram_and_all_by_the_collecting_one() -> None:
    told = [key for name in NEW for key in _telegram(name).phenomena]
    assert len(told) == len(set(told))
    assert set(told) == set(_telegram("VPWS50").phenomena)
    assert set(told) == {row.phenomenon for row in warnings.codes("r06", START).value.rows}
    assert {warnings.phenomenon_name(key) for key in told}.isdisjoint(told)


def test_types_with_a_range_and_types_that_are_not_read() -> None:
    assert _telegram("VXKO50").reads == _telegram("VXKO89").reads == "river"
    for name in ("VXKO49", "VXKO90", "VPWW52", "VXSE51", "", "VXKO5", "VXKO5x", "ZZZZ50"):
        assert warnings.telegram(name) is None


def test_a_river_code_says_its_state_and_22_is_no_all_clear() -> None:
    for day in (BEFORE, START):
        rows = {row.code: (row.level, row.state) for row in warnings.codes("river", day).value.rows}
        assert rows["10"] == (None, "lifted")
        assert rows["22"] == (2, "issued")
        assert {code: level for code, (level, _) in rows.items() if level is not None} == {
            code: int(code[0]) for code in rows if code != "10"
        }
    river = warnings.codes("river", START).value.get("40")
    assert river is not None
    assert river.name == "レベル4氾濫危険警報"


def test_levels_have_issuers_and_words_for_residents() -> None:
    rows = warnings.levels(START).value.rows
    assert [row.name for row in rows] == [
        "早期注意情報",
        "注意報",
        "高齢者等避難",
        "避難指示",
        "緊急安全確保",
    ]
    assert [row.by_town for row in rows] == [False, False, True, True, True]
    assert all(row.residents.endswith("。") for row in rows)
    assert warnings.level(4, START).name == "避難指示"
    for wrong in (0, 6):
        with pytest.raises(WrongInput, match="1～5"):
            warnings.level(wrong, START)
    with pytest.raises(RuleNotInForce):
        warnings.levels(date(2021, 5, 19))


def test_the_day_of_the_start_says_on_what_it_rests() -> None:
    rule = warnings.r06_start()
    assert (rule.value.day.year, rule.value.day.month) == (2026, 5)
    assert "下旬" in rule.note
    assert "JMA_START" in rule.evidence


def test_tables_that_contradict_themselves_are_refused() -> None:
    row = {"code": "10", "name": "x", "phenomenon": "heavy_rain", "grade": "advisory"}
    with pytest.raises(ValueError, match="2回"):
        Codes.model_validate({"kind": "codes", "rows": [row, row]})
    level = {"level": 1, "name": "x", "issuer": "x", "by_town": False, "residents": "x"}
    with pytest.raises(ValueError, match="1から5"):
        Levels.model_validate({"kind": "levels", "rows": [level] * 5})


def _telegram(name: str) -> warnings.Telegram:
    found = warnings.telegram(name)
    assert found is not None
    return found
