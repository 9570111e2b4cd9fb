"""The command line's one contract: exit codes, one JSON object, progress on standard error."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from keniki.cli import console, main
from keniki.core.errors import WrongInput


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Make `keniki try` do what the test says."""

    def run(body: console.Run, *arguments: str) -> int:
        def parser() -> console.Parser:
            top = console.Parser(prog="keniki")
            console.add_common(top)
            console.command(top.add_subparsers(parser_class=console.Parser), "try", body, help="")
            return top

        monkeypatch.setattr(main, "parser", parser)
        return main.main([*arguments])

    return run


def test_done_is_0_and_json_is_exactly_one_object(command, capsys: pytest.CaptureFixture[str]) -> None:
    def body(args: argparse.Namespace) -> console.Result:
        print("a stray print")  # noqa: T201
        console.say("参加人数 28名")
        return {"text": "神福㈱①", "place": Path("/out")}

    assert command(body, "try", "--json") == 0
    out = capsys.readouterr()
    assert json.loads(out.out) == {"text": "神福㈱①", "place": "/out"}
    assert "神福㈱①" in out.out
    assert "stray" in out.err
    assert "28名" not in out.out + out.err


def test_without_json_a_person_reads_lines_and_no_object(command, capsys: pytest.CaptureFixture[str]) -> None:
    def body(args: argparse.Namespace) -> console.Result:
        console.say("参加人数 28名")
        return {"n": 28}

    assert command(body, "try") == 0
    assert capsys.readouterr().out == "参加人数 28名\n"


def test_json_may_stand_before_or_after_the_command(command, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("--json", "try"), ("try", "--json")):
        assert command(lambda args: {"as": getattr(args, "as_user", None)}, *arguments, "--as", "tanaka") == 0
        assert json.loads(capsys.readouterr().out) == {"as": "tanaka"}


def test_wrong_input_is_2_with_its_place(command, capsys: pytest.CaptureFixture[str]) -> None:
    def body(args: argparse.Namespace) -> console.Result:
        raise WrongInput("人数が数ではありません。", file="活動.csv", row=3, column="参加人数")

    assert command(body, "try") == 2
    line = capsys.readouterr()
    assert line.out == ""
    assert line.err.count("\n") == 1
    for part in ("活動.csv", "3", "参加人数", "人数が数ではありません。"):
        assert part in line.err
    assert command(body, "try", "--json") == 2
    assert json.loads(capsys.readouterr().out) == {
        "error": {"message": "人数が数ではありません。", "file": "活動.csv", "row": 3, "column": "参加人数"}
    }


def test_a_fault_is_1_in_one_line(command, capsys: pytest.CaptureFixture[str]) -> None:
    def body(args: argparse.Namespace) -> console.Result:
        raise console.Fault("止まりました。")

    assert command(body, "try", "--json") == 1
    out = capsys.readouterr()
    assert json.loads(out.out)["error"]["message"] == "止まりました。"
    assert "Traceback" not in out.err


def test_a_surprise_is_1_and_leaves_its_traceback_on_standard_error(
    command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(lambda args: {"x": 1 // 0}, "try", "--json") == 1
    out = capsys.readouterr()
    assert "ZeroDivisionError" in json.loads(out.out)["error"]["message"]
    assert "Traceback" in out.err


def test_no_right_is_wrong_input_for_every_command(command, capsys: pytest.CaptureFixture[str]) -> None:
    from keniki.apps.accounts.actor import Denied

    def body(args: argparse.Namespace) -> console.Result:
        raise Denied("圏域の読込みはシステム管理者が行います。")

    assert command(body, "try", "--json") == 2
    out = capsys.readouterr()
    assert json.loads(out.out) == {
        "error": {
            "message": "圏域の読込みはシステム管理者が行います。",
            "file": None,
            "row": None,
            "column": "--as",
        }
    }
    assert "Traceback" not in out.err


def test_a_database_that_goes_away_midway_is_a_fault(command, capsys: pytest.CaptureFixture[str]) -> None:
    from django.db import OperationalError

    def body(args: argparse.Namespace) -> console.Result:
        raise OperationalError("server closed the connection unexpectedly")

    assert command(body, "try", "--json") == 1
    out = capsys.readouterr()
    assert "データベースとの接続が切れた" in json.loads(out.out)["error"]["message"]
    assert "closed the connection" not in out.out
    assert "Traceback" not in out.err


def test_an_interrupted_command_still_answers_with_one_object(
    command, capsys: pytest.CaptureFixture[str]
) -> None:
    for told, code in ((KeyboardInterrupt(), 130), (main.Stopped(143), 143)):

        def body(args: argparse.Namespace, told: BaseException = told) -> console.Result:
            raise told

        assert command(body, "try", "--json") == code
        assert json.loads(capsys.readouterr().out)["error"]["message"] == "中断しました。"


COMMANDS = (
    ("demo", "--no-serve"),
    ("serve",),
    ("load", "data/sample"),
    ("load", "--synthetic", "1"),
    ("load", "--municipalities", "list.csv"),
    ("data", "fetch"),
    ("data", "import", "a.csv"),
    ("data", "show", "01210", "population"),
    ("data", "sources"),
    ("eligibility", "--programme", "teiju", "--municipality", "01210", "--date", "2024-05-24"),
    ("partners", "--centre", "01100"),
    ("funding", "--region", "a", "--year", "2024", "--general-revenue", "a.csv"),
    ("profile", "--municipalities", "01210", "--out", "out"),
    ("project", "--municipalities", "01210", "--base", "census2020", "--model", "ccr", "--to", "2050"),
    ("demand", "--municipalities", "01210"),
    ("shelters", "import", "a.csv", "--region", "a"),
    ("shelters", "export", "a.csv", "--region", "a"),
    ("report", "--region", "a", "--kind", "vision", "--out", "out"),
    ("export", "--region", "a"),
    ("disaster", "plan", "--region", "a", "--scenario", "a.yaml", "--out", "out"),
    ("disaster", "warnings", "--fetch"),
    ("disaster", "bundle", "a.keniki", "--region", "a"),
    ("user", "list"),
    ("user", "add", "a", "--name", "a"),
    ("user", "password", "a"),
    ("user", "token", "a"),
    ("user", "unlock", "a"),
    ("user", "reset-2fa", "a"),
    ("user", "deactivate", "a"),
    ("user", "transfer", "a.csv"),
    ("backup", "--out", "b.tar.gz"),
    ("upgrade",),
)


def test_the_list_names_every_command_that_needs_the_database() -> None:
    pure = {"delineate", "backcast", "share", "game", "damage", "disaster"}
    groups = {*main.GROUPS} - {"doctor", "manage", "programmes"} - pure
    assert {names[0] for names in COMMANDS} == groups | {"eligibility", "partners", "funding", "disaster"}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://a:b@127.0.0.1:1/a", "サーバが動いていない"),
        ("postgresql://127.0.0.1:1", "データベース名がありません"),
        ("not an address", "読み取れません"),
    ],
)
def test_a_database_out_of_reach_is_wrong_input_for_every_command(
    arguments: tuple[str, ...],
    address: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.chdir(tmp_path)
    assert main.main([*arguments, "--json"]) == 2
    out = capsys.readouterr()
    error = json.loads(out.out)["error"]
    assert set(error) == {"message", "file", "row", "column"}
    assert words in error["message"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "コマンド を指定してください"),
        (["nothing"], "nothing"),
        (["backup"], "--out を指定してください"),
        (["serve", "--port", "八千"], "--port には整数"),
        (["doctor", "--loud"], "--loud という引数はありません"),
    ],
)
def test_wrong_arguments_are_2_in_japanese(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([*arguments, "--json"]) == 2
    out = capsys.readouterr()
    assert words in json.loads(out.out)["error"]["message"]
    assert out.err == ""


def test_help_names_every_group_and_what_it_does() -> None:
    text = main.parser().format_help()
    for name in main.GROUPS:
        assert (name in text) == (name not in ("manage", "programmes"))
    for name in ("restore", "eligibility", "partners", "funding"):
        assert name in text


@pytest.mark.slow
def test_json_is_utf_8_whatever_the_terminal_speaks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "keniki.cli.main", "backup", "--json"],
        capture_output=True,
        env={"PYTHONIOENCODING": "euc-jp", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 2
    assert "指定してください" in json.loads(done.stdout.decode("utf-8"))["error"]["message"]


@pytest.mark.slow
def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m keniki.cli.main --help | head -c 1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_short_work_is_silent_long_work_is_told_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(console.track([1, 2, 3], "短い仕事")) == [1, 2, 3]
    assert capsys.readouterr() == ("", "")
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    assert list(console.track(range(4), "長い仕事")) == [0, 1, 2, 3]
    out = capsys.readouterr()
    assert out.out == ""
    lines = out.err.splitlines()
    assert lines[0] == "長い仕事… 2/4"
    assert lines[-1].startswith("長い仕事… 4/4（")
    assert "\r" not in out.err


@pytest.mark.slow
def test_on_a_terminal_long_work_shows_a_bar() -> None:
    code = (
        "import time; from keniki.cli import console\n"
        "for _ in console.track(range(30), '読み込み'): time.sleep(0.1)\n"
    )
    done = subprocess.run(
        ["script", "-qec", f'{sys.executable} -c "{code}"', "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "読み込み" in done.stdout
    assert "━" in done.stdout
