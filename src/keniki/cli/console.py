"""How commands talk: results on standard output, progress on standard error, one JSON object on request."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from keniki.core.errors import WrongInput

T = TypeVar("T")
Result = Mapping[str, Any] | None
Run = Callable[[argparse.Namespace], Result]

PATIENCE = 2.0
LINE_EVERY = 5.0
_quiet = False


class Fault(Exception):
    """Something failed that is not the input's fault: one line for the person, exit 1."""


class Step(Protocol):
    """Called when a piece of the work is done."""

    def __call__(self, done: int = 1, *, note: str = "") -> None: ...


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `WrongInput` and speaks Japanese."""

    def error(self, message: str) -> NoReturn:
        raise WrongInput(f"{_in_japanese(message)} 使い方は {self.prog} --help で見られます。")


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options every command takes."""
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="結果をJSONのオブジェクト1つで標準出力に出す",
    )
    parser.add_argument(
        "--as",
        dest="as_user",
        metavar="USER",
        default=argparse.SUPPRESS,
        help="操作者のログイン名（省略時はこのシステムの運用者として記録）",
    )


def command(
    subparsers: argparse._SubParsersAction[Any], name: str, run: Run, *, help: str, **more: Any
) -> argparse.ArgumentParser:
    """Register one command with the common options; `run(args)` returns what `--json` prints."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=help, description=more.pop("description", help), **more
    )
    add_common(parser)
    parser.set_defaults(run=run)
    return parser


def say(*lines: object) -> None:
    """Results for a person, on standard output; silent under `--json`."""
    if not _quiet:
        for line in lines:
            _write(sys.stdout, f"{line}\n")


def note(*lines: object) -> None:
    """What is going on, on standard error."""
    for line in lines:
        _write(sys.stderr, f"{line}\n")


def read_bytes(path: Path) -> bytes:
    """The content of a file a person named. `WrongInput` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        says = next((words for kind, words in _UNREADABLE if isinstance(error, kind)), "読み取れません")
        raise WrongInput(
            f"ファイルを読めません（{says}）。場所と名前、読み取りの権限を確かめてください。", file=str(path)
        ) from error
    except ValueError as error:
        raise WrongInput(
            "ファイルを読めません（名前に使えない文字があります）。名前を確かめてください。", file=str(path)
        ) from error


_UNREADABLE = (
    (FileNotFoundError, "見つかりません"),
    (NotADirectoryError, "見つかりません"),
    (IsADirectoryError, "フォルダです"),
    (PermissionError, "読み取りの権限がありません"),
)


def answer(result: Mapping[str, Any]) -> None:
    """The one object of `--json`, as UTF-8 whatever the terminal's encoding."""
    content = json.dumps(result, ensure_ascii=False, indent=2, default=str) + "\n"
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(content)
    else:
        buffer.write(content.encode("utf-8", errors="replace"))
    sys.stdout.flush()


@contextmanager
def only_json(wanted: bool) -> Iterator[None]:
    """Keep `say` and stray prints off standard output while a command runs under `--json`."""
    global _quiet
    if not wanted:
        yield
        return
    before, out = _quiet, sys.stdout
    _quiet, sys.stdout = True, sys.stderr
    try:
        yield
    finally:
        _quiet, sys.stdout = before, out


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Step]:
    """Show how far a piece of work has come, on standard error.

    On a terminal a bar appears once the work has lasted two seconds. Elsewhere a plain line comes every five
    seconds, and one at the end of anything longer than two seconds.
    """
    shown: _Bar | _Lines = _Bar(label, total) if sys.stderr.isatty() else _Lines(label, total)
    try:
        yield shown.step
    finally:
        shown.close()


def track(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Iterate while showing progress."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with progress(label, total) as step:
        for item in items:
            yield item
            step()


class _Lines:
    def __init__(self, label: str, total: int | None) -> None:
        self.label, self.total, self.done = label, total, 0
        self.began = self.told = time.monotonic()

    def step(self, done: int = 1, *, note: str = "") -> None:
        self.done += done
        now = time.monotonic()
        if now - self.told >= LINE_EVERY:
            self.told = now
            self._tell(note)

    def close(self) -> None:
        took = time.monotonic() - self.began
        if took >= PATIENCE:
            self._tell(f"{took:.1f} 秒")

    def _tell(self, more: str) -> None:
        amount = f"{self.done}/{self.total}" if self.total else str(self.done)
        note(f"{self.label}… {amount}" + (f"（{more}）" if more else ""))


class _Bar:
    def __init__(self, label: str, total: int | None) -> None:
        self.label, self.total, self.done = label, total, 0
        self.began = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._timer: Any = None
        self._arm()

    def step(self, done: int = 1, *, note: str = "") -> None:
        self.done += done
        if self._bar is not None:
            text = f"{self.label} {note}".rstrip()
            self._bar.update(self._task, completed=self.done, description=text)

    def close(self) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._bar is not None:
            self._bar.stop()

    def _arm(self) -> None:
        import threading

        self._timer = threading.Timer(PATIENCE, self._show)
        self._timer.daemon = True
        self._timer.start()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}" if self.total else "{task.completed}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = bar.add_task(self.label, total=self.total, completed=self.done)
        bar.start()
        self._bar = bar


def _write(stream: Any, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, errors="replace").decode(encoding))
    stream.flush()


_PHRASES = (
    (r"the following arguments are required: (.+)", r"\1 を指定してください。"),
    (
        r"argument (.+): invalid choice: (.+) \(choose from (.+)\)",
        r"\1 に \2 は指定できません（選べるもの: \3）。",
    ),
    (r"argument (.+): expected one argument", r"\1 には値が1つ必要です。"),
    (r"argument (.+): expected at least one argument", r"\1 には値が1つ以上必要です。"),
    (r"argument (.+): expected \d+ arguments?", r"\1 に続く値の数が合いません。"),
    (r"argument (.+): invalid int value: (.+)", r"\1 には整数を指定してください（指定: \2）。"),
    (r"argument (.+): invalid \S+ value: (.+)", r"\1 の値 \2 は読み取れません。"),
    (r"argument (.+): not allowed with argument (.+)", r"\1 と \2 は同時に指定できません。"),
    (r"one of the arguments (.+) is required", r"\1 のどれか1つを指定してください。"),
    (r"unrecognized arguments: (.+)", r"\1 という引数はありません。"),
    (r"ambiguous option: (.+) could match (.+)", r"\1 では \2 のどれか決まりません。"),
)


def _in_japanese(message: str) -> str:
    for pattern, words in _PHRASES:
        if re.fullmatch(pattern, message):
            return re.sub(pattern, words, message)
    return f"引数が正しくありません（{message}）。"
