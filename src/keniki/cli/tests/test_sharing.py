"""`keniki share` and `keniki game`: the reference's own examples, exact sums, every mistake with its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from keniki.cli import main

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "sharing.md"


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The files of the reference, each under the name in its first line."""
    blocks = re.findall(r"```(yaml|csv|json)\n(.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL)
    for kind, text in blocks:
        named = "function.json" if '"function"' in text else "game.json"
        name = named if kind == "json" else text.split("\n", 1)[0].removeprefix("# ")
        content = text if kind == "json" else text.split("\n", 1)[1]
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.fixture
def answer(examples: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command beside the reference's files: exit code and its object."""
    monkeypatch.chdir(examples)

    def run(*arguments: str) -> tuple[int, Any]:
        code = main.main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_the_examples_of_the_reference(answer) -> None:
    code, found = answer("share", "--cost", "12345678", "--rule", "rule.yaml", "--basis", "basis.csv")
    assert (code, found["shares"]) == (0, {"012106": 8_242_986, "012092": 1_424_662, "012157": 2_678_030})
    assert [step["step"] for step in found["steps"]] == ["cost", "component", "component", "round"]
    assert found["steps"][2]["weight"] == 0.8
    costs = "construction=10000000,running=2500000,debt:2015=1200000"
    code, found = answer("share", "--cost", costs, "--rule", "classes.yaml", "--basis", "basis.csv")
    assert (code, found["cost"], found["deducted"]) == (0, 13_700_000, 3_000_000)
    assert sum(found["shares"].values()) == 10_700_000
    running = [step for step in found["steps"] if step.get("class") == "running"]
    assert running[-1]["shares"]["012092"] == 175_000
    for solution in ("nucleolus", "shapley", "scrb", "tau", "equal_gain", "core"):
        code, found = answer("game", "--costs", "game.json", "--solution", solution)
        assert (code, found["solution"]) == (0, solution)
        assert found["shares"] == pytest.approx({"A": 0.8, "B": 1.0})
        assert found["core"]["inside"] is True


def test_shares_given_are_tested_and_the_overcharged_group_is_named(answer, examples: Path) -> None:
    game = {
        "players": ["A", "B", "C"],
        "costs": {"A": 5, "B": 5, "C": 5, "A,B": 6, "B,C": 9, "C,A": 9, "A,B,C": 10},
        "shares": {"A": 4, "B": 3.5, "C": 2.5},
    }
    (examples / "three.json").write_text(json.dumps(game), encoding="utf-8")
    code, found = answer("game", "--costs", "three.json", "--solution", "core")
    assert code == 0
    assert found["core"] == {
        "inside": False,
        "worst": ["A", "B"],
        "over": pytest.approx(1.5),
        "unbalanced": pytest.approx(0.0),
    }


def refused(answer, examples: Path, name: str, content: str, *command: str) -> dict[str, Any]:
    (examples / name).write_text(content, encoding="utf-8")
    code, found = answer(*command)
    assert (code, set(found)) == (2, {"error"})
    error = found["error"]
    assert isinstance(error, dict)
    return error


SHARE = ("share", "--cost", "1000", "--rule", "rule.yaml", "--basis", "basis.csv")


@pytest.mark.parametrize(
    ("content", "words", "row", "column"),
    [
        ("code,population\n01210,1\n01210,2\n", "2回", 3, "code"),
        ("code,people\n01210,1\n", "population", 1, "population"),
        ("code,population\n01210,abc\n", "数ではありません", 2, "population"),
        ("code,population\n01210,1\n01215,\n", "値がありません", None, "population"),
        ("code,population\n01210,0\n01215,0\n", "全て0", None, "population"),
        ("code,population\n01210,-1\n01215,3\n", "負", None, "population"),
        ("code,population\n012107,1\n01215,2\n", "検査数字", 2, "code"),
        ("code,population\n", "1行もありません", None, None),
        ("", "空です", None, None),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(
    answer, examples: Path, content: str, words: str, row: int | None, column: str | None
) -> None:
    error = refused(answer, examples, "basis.csv", content, *SHARE)
    assert words in error["message"]
    assert (error["file"], error["row"], error["column"]) == ("basis.csv", row, column)


@pytest.mark.parametrize(
    ("change", "words", "column"),
    [
        (("weight: 80", "weight: 70"), "90", None),
        (("weight: 80", "weight: -80"), "小さすぎます", "components.1.weight"),
        (("weight: 80", "weight: .nan"), "数", "components.1.weight"),
        (("basis: population, weight", "basis: people, weight"), "people", None),
        (("name: 均等", "nom: 均等"), "要ります", "name"),
        (("remainder: largest", 'remainder: "012301"'), "基準の表にありません", None),
        (("components:", "components: ["), "YAML", None),
        (("name:", "clause: a\nname:"), "2回", None),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(
    answer, examples: Path, change: tuple[str, str], words: str, column: str | None
) -> None:
    text = (examples / "rule.yaml").read_text("utf-8")
    assert change[0] in text
    error = refused(answer, examples, "rule.yaml", text.replace(*change, 1), *SHARE)
    assert words in error["message"]
    assert (error["file"], error["column"]) == ("rule.yaml", column)


@pytest.mark.parametrize("cost", ["-5", "1.5", "", "a=1", "=3", "running=1,running=2", "9" * 20])
def test_a_wrong_cost_is_refused(answer, cost: str) -> None:
    code, found = answer("share", f"--cost={cost}", "--rule", "rule.yaml", "--basis", "basis.csv")
    assert (code, found["error"]["column"]) == (2, "--cost")


@pytest.mark.parametrize(
    ("content", "words", "column"),
    [
        ('{"players": ["A", "B"], "costs": {"A": 1, "A,B": 2}}', "費用がありません", "B"),
        ('{"players": ["A", "B"], "costs": {"A": -1, "B": 1, "A,B": 2}}', "0以上", "A"),
        ('{"players": ["A", "A"], "costs": {"A": 1}}', "2回", "A"),
        ('{"players": ["A"], "costs": {"A": 1, "B": 1}}', "一覧にない", "B"),
        ('{"players": ["A"], "costs": {"A": "x"}}', "数ではありません", "A"),
        ('{"players": ["A"], "costs": {"A": NaN}}', "数ではありません", "A"),
        ('{"players": [], "costs": {}}', "参加者がいません", None),
        ('{"players": "A", "costs": {}}', "一覧", "players"),
        ('{"players": ["A"], "costs": [1]}', "costs", "costs"),
        ('{"players": ["A"], "costs": {"A": 1, "A": 2}}', "2回", "A"),
        ("[1]", "players", None),
        ("{", "JSON", None),
    ],
)
def test_a_wrong_game_is_refused_with_its_place(
    answer, examples: Path, content: str, words: str, column: str | None
) -> None:
    command = ("game", "--costs", "bad.json", "--solution", "nucleolus")
    error = refused(answer, examples, "bad.json", content, *command)
    assert words in error["message"]
    assert (error["file"], error["column"]) == ("bad.json", column)


def test_people_read_the_same(examples: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(examples)
    assert main.main(list(SHARE)) == 0
    said = capsys.readouterr().out
    assert "人口割 80％" in said
    assert "計 1,000円" in said
    assert main.main(["game", "--costs", "game.json", "--solution", "shapley"]) == 0
    assert "コアに入っています" in capsys.readouterr().out


def test_a_game_may_be_given_as_a_function_of_costs(answer, examples: Path) -> None:
    code, found = answer("game", "--costs", "function.json", "--solution", "shapley")
    text = REFERENCE.read_text("utf-8")
    printed = re.search(r'"solution": "shapley", "shares": (\{[^}]*\})', text)
    assert printed is not None
    assert code == 0
    assert found["shares"] == pytest.approx(json.loads(printed[1]), abs=0.001)
    whole = 1000 + 2 * 80 + 3 * (12.5 + 8)
    assert sum(found["shares"].values()) == pytest.approx(whole)


@pytest.mark.slow
def test_more_players_than_a_table_holds_are_drawn_with_their_errors(answer, examples: Path) -> None:
    """Of a fixed cost, a price by the unit and one by the head the Shapley value is known: each its own, fixed / n."""
    players = [f"T{number}" for number in range(30)]
    demands = {player: 7 * number % 50 + 1 for number, player in enumerate(players)}
    game = {
        "players": players,
        "function": {"fixed": 3000, "variable": 2, "per_member": 5, "demands": demands},
    }
    (examples / "many.json").write_text(json.dumps(game), encoding="utf-8")
    code, found = answer("game", "--costs", "many.json", "--solution", "shapley", "--orders", "1000")
    assert code == 0
    assert sum(found["shares"].values()) == pytest.approx(3000 + 2 * sum(demands.values()) + 5 * 30)
    exact = {player: 100 + 2 * demands[player] + 5 for player in players}
    off = [(found["shares"][each] - exact[each]) / found["errors"][each] for each in players]
    assert max(map(abs, off)) < 4
    assert 0.5 < (sum(each**2 for each in off) / len(off)) ** 0.5 < 1.6
    assert found["core"]["inside"] is None
    again = answer("game", "--costs", "many.json", "--solution", "shapley", "--orders", "1000")[1]
    assert again == found
    code, found = answer("game", "--costs", "many.json", "--solution", "nucleolus")
    assert (code, found["error"]["column"]) == (2, "--solution")


@pytest.mark.parametrize(
    ("function", "place"),
    [
        ({"variable": 2}, "function.fixed"),
        ({"fixed": -1}, None),
        ({"fixed": 1, "demands": {"A": 1}}, "function.demands"),
        ({"fixed": 1, "distance": 2}, None),
        ({"fixed": 1, "distance": 2, "ways": {"A,B": 1}}, "function.ways"),
        ({"fixed": 1, "ways": {"A,X": 1}}, "function.ways.A,X"),
        ({"fixed": 1, "step": 2}, "function"),
        ([], "function"),
    ],
)
def test_a_wrong_function_is_refused_with_its_place(answer, examples: Path, function, place) -> None:
    (examples / "wrong.json").write_text(
        json.dumps({"players": ["A", "B", "C"], "function": function}), encoding="utf-8"
    )
    code, found = answer("game", "--costs", "wrong.json", "--solution", "scrb")
    assert (code, found["error"]["column"]) == (2, place)
    assert found["error"]["message"].endswith("。")
