"""`keniki damage`: the example, readable text, every mistake with its place; no database."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from keniki.analysis.damage import inputs
from keniki.cli import main
from keniki.rulebooks.disaster import damage as rules

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "damage.md"

EXAMPLE = {
    "structure": "wood",
    "storeys": 2,
    "hazard": "flood",
    "external_force": True,
    "depth_above_floor_m": 0.75,
    "date": "2025-08-01",
}
QUAKE = {"structure": "wood", "hazard": "earthquake", "date": "2022-06-01"}


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


@pytest.fixture
def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Judge a survey, or the text or bytes of a file: exit code and the object."""

    def run(content: object) -> tuple[int, Any]:
        path = tmp_path / "house.json"
        if not isinstance(content, str | bytes):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        code = main.main(["damage", str(path), "--json"])
        out = capsys.readouterr()
        assert out.err == ""
        return code, json.loads(out.out)

    return run


def test_the_example_of_a_flooded_house(answer) -> None:
    code, found = answer(EXAMPLE)
    assert (code, found["class"], found["class_key"]) == (0, "中規模半壊", "middle_half")
    assert found["percent_range"] == {"from": 30, "below": 40}
    assert found["shortcut"] == "浸水深による判定"
    assert found["lines"] == ["浸水深（最も浅い部分）：床上 0.75m ≧ 0.5m（外力による損傷あり） → 中規模半壊"]
    assert [rule["evidence"] for rule in found["rules"] if rule["rule"] == "depth.force"] == [
        ["DEPTH2021", "FLOODGUIDE"]
    ]
    assert [one["rule"] for one in found["needs_confirmation"]] == ["caution.revision_2025"]


def test_decimals_are_read_as_they_are_written(answer) -> None:
    flood = EXAMPLE | {"date": "2024-06-01", "external_force": False}
    text = json.dumps(flood).replace("0.75", "0.1")
    assert answer(text)[1]["class"] == "半壊"
    assert answer(text.replace("0.1,", "0.0999999999999,"))[1]["class"] == "準半壊"
    parts = [{"part": "wall", "degree": "V", "area": 0.4}]
    assert answer(QUAKE | {"parts": parts})[1]["percent_exact"] == "30"
    parts[0]["degree"] = 5
    assert answer(QUAKE | {"parts": parts, "storeys": 2})[1]["percent_exact"] == "30"


@pytest.mark.parametrize(
    ("content", "column"),
    [
        (EXAMPLE | {"depth_above_floor_m": -1}, "depth_above_floor_m"),
        (EXAMPLE | {"structure": "straw"}, "structure"),
        (EXAMPLE | {"date": "2001-01-01"}, "date"),
        (EXAMPLE | {"below_floor": True}, "depth_above_floor_m"),
        (QUAKE | {"tilt_mm": [60, 60]}, "tilt_mm"),
        (QUAKE | {"parts": [{"part": "roof", "degree": "I", "area": 1.2}]}, "parts.0.area"),
        (EXAMPLE | {"structure": "non_wood"}, "parts"),
        ('{"structure": "wood", "structure": "wood"}', "structure"),
        ('{"depth_above_floor_m": NaN}', None),
        (QUAKE | {"settlement_m": 1}, "settlement_m"),
        (json.dumps(QUAKE | {"lost_floor_share": 7}).replace("7}", "7" * 5000 + "}"), "lost_floor_share"),
        ("[1, 2]", None),
        ("", None),
        ("{", None),
        (b"\xff\xfe", None),
        ("[" * 100_000, None),
    ],
)
def test_a_mistake_is_2_with_its_place(answer, content: object, column: str | None) -> None:
    code, found = answer(content)
    assert code == 2
    assert set(found) == {"error"}
    assert found["error"]["column"] == column
    assert found["error"]["file"].endswith("house.json")
    assert found["error"]["message"]


def test_a_broken_line_is_named_and_a_missing_file_too(answer, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer('{\n"structure": "wood"\n"hazard": "wind"}')[1]["error"]["row"] == 3
    assert main.main(["damage", "nowhere.json", "--json"]) == 2
    assert "見つかりません" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_without_json_a_person_reads_the_arithmetic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "house.json"
    parts = [
        {"part": "wall", "degree": "III", "area": 0.2},
        {"part": "foundation", "perimeter_m": 20, "length_m": 15},
    ]
    house = QUAKE | {"mode": "exercise", "label": "架空の住家", "parts": parts}
    path.write_text(json.dumps(house), encoding="utf-8")
    assert main.main(["damage", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["【訓練】", "架空の住家", "木造 1階 地震 第1次調査 災害の日 2022-06-01"]
    assert lines[3] == "判定：全壊（損害割合 50％以上に当たる、部位の損傷率による判定）"
    assert "  壁（外壁）：程度Ⅲ 50％×20％ ＝ 損傷率 10％、×構成比 75％ ＝ 7.5％" in lines
    assert any(line.startswith("  【未確認】運用指針 木造・プレハブ 基礎の損傷率75％以上") for line in lines)
    assert any("この規則によらないときの判定：準半壊" in line for line in lines)
    path.write_text(json.dumps(QUAKE | {"parts": parts[:1]}), encoding="utf-8")
    assert main.main(["damage", str(path)]) == 0
    assert "判定：準半壊に至らない（一部損壊）（損害割合 7.5％、部位による判定）" in capsys.readouterr().out


def test_the_examples_of_the_reference(answer) -> None:
    flood, quake = re.findall(r"```json\n(.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL)
    assert json.loads(flood) == EXAMPLE
    code, found = answer(quake)
    assert (code, found["class"], found["percent_exact"]) == (0, "中規模半壊", "911/24")


def test_the_reference_names_every_field_part_and_class() -> None:
    named = set(re.findall(r"`([A-Za-z_0-9]+)`", REFERENCE.read_text("utf-8")))
    parts = {
        part.key
        for rule in rules._book().rules
        if rule.id.startswith("weights") and rule.is_known
        for part in rule.value.parts
    }
    assert {
        *inputs._KEYS,
        *inputs._PART_KEYS,
        *parts,
        *rules.CLASS_ORDER,
        *inputs.SUNK_TO,
        *rules.ROUNDINGS,
    } <= named
