"""Figures typed from a document and what should follow from them; nothing of it is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keniki.analysis.checks import Finding, Printed, Verdict, check, read_printed
from keniki.core.errors import WrongInput

from .results import LOOKS, SAID, number_shown

MOST_LINES: Final = 300
MOST_LETTERS: Final = 500
#: A number as printed, with words behind it: 「152,486」, 「約225万人」, 「▲29.0%」.
_VALUE: Final = re.compile(r"(約|およそ|おおむね|概ね)?\s*[▲△\-－−]?\s*[\d０-９][^=＝<>≦≧+＋*/×÷()（）]*")
_SIGN: Final = re.compile(r"<=|>=|[=＝<>≦≧]")


@dataclass(frozen=True, slots=True)
class TypedFinding:
    """What a typed line found, with its number from 1."""

    line: int
    text: str
    found: Finding

    @property
    def verdict(self) -> str:
        """一致, 端数で説明できる, 一致しない, 確かめられない."""
        return SAID[self.found.verdict]

    @property
    def look(self) -> str:
        """How its badge looks."""
        return LOOKS[self.found.verdict]

    @property
    def printed(self) -> str:
        """What was typed."""
        return number_shown(self.found.printed)

    @property
    def recomputed(self) -> str:
        """What comes out."""
        return number_shown(self.found.recomputed)

    @property
    def difference(self) -> str:
        """Typed less recomputed; empty where they agree."""
        return "" if self.found.verdict is Verdict.EQUAL else number_shown(self.found.difference)


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line that cannot be read, with its number from 1."""

    line: int
    message: str


def check_lines(text: str) -> tuple[list[TypedFinding], list[WrongLine]]:
    """Lines `名前 = 値` give figures, lines `計 = 式` (or with `<`, `>=` …) are checked against them.

    Empty lines and those that begin with `#` are passed over. What can be checked is, whatever is wrong elsewhere.

    >>> found, wrong = check_lines("病院 = 263\\n診療所 = 3,297\\n計 = 3,561\\n計 = 病院 + 診療所")
    >>> found[0].verdict, found[0].difference, wrong
    ('一致しない', '1', [])
    """
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) > MOST_LINES:
        return [], [WrongLine(MOST_LINES + 1, f"一度に検算できるのは{MOST_LINES}行までです。")]
    figures: dict[str, Printed] = {}
    rules: list[tuple[int, str]] = []
    wrong: list[WrongLine] = []
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        try:
            if given := _figure(line):
                name, value = given
                _refuse_second(figures, name, value)
                figures[name] = value
            else:
                rules.append((number, line))
        except WrongInput as error:
            wrong.append(WrongLine(number, error.message))
    found = []
    for number, line in rules:
        try:
            found.append(TypedFinding(number, line, _checked(line, figures)))
        except WrongInput as error:
            wrong.append(WrongLine(number, error.message))
    if figures and not rules and not wrong:
        wrong.append(
            WrongLine(len(lines), "検算する式がありません。「計 = 内訳1 + 内訳2」の行を加えてください。")
        )
    return found, sorted(wrong, key=lambda one: one.line)


def _figure(line: str) -> tuple[str, Printed] | None:
    """The name and value of a line that gives a figure; None for a rule."""
    if len(line) > MOST_LETTERS:
        raise WrongInput(f"1行が長すぎます（{MOST_LETTERS}文字まで）。行を分けてください。")
    sign = _SIGN.search(line)
    if sign is None:
        raise WrongInput("「名前 = 値」か「計 = 式」の形で入力してください。")
    left, right = line[: sign.start()].strip(), line[sign.end() :].strip()
    if not left or not right:
        raise WrongInput("「=」の左と右の両方を入力してください。")
    if sign[0] not in "=＝" or not _VALUE.fullmatch(right) or re.fullmatch(r"[\d,.]+", left):
        return None
    name = left[1:-1].strip() if left.startswith("{") and left.endswith("}") else left
    return name, read_printed(right)


def _refuse_second(figures: dict[str, Printed], name: str, value: Printed) -> None:
    if name in figures and figures[name].value != value.value:
        raise WrongInput(
            f"「{name}」は前の行で {figures[name].text} と入力されています。名前を分けてください。"
        )


def _checked(line: str, figures: dict[str, Printed]) -> Finding:
    try:
        return check(line, figures)
    except (OverflowError, RecursionError, ValueError) as error:
        if isinstance(error, WrongInput):
            raise
        raise WrongInput("式が大きすぎて計算できません。数値か式を短くしてください。") from None


def worst_first(found: Sequence[TypedFinding]) -> list[TypedFinding]:
    """The findings that do not agree first, otherwise by line."""
    order = [Verdict.DIFFERENT, Verdict.UNCHECKABLE, Verdict.ROUNDING, Verdict.EQUAL]
    return sorted(found, key=lambda one: (order.index(one.found.verdict), one.line))
