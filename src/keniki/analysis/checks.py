"""What adds up: printed figures held against what follows from others, with the rounding both may have seen.

A rule is one line, `総数 = 病院 + 一般診療所 + 歯科診療所`: on the left a figure, on the right an expression of
figures by name, numbers, `+ - * /` (also `× ÷`), parentheses, and `sum(医師/*)` for all figures whose names fit.
Instead of `=` there may be `<`, `<=`, `>` or `>=`. A name with signs or spaces in it stands in braces: `{JR札幌駅(※)}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import lru_cache
from typing import Final

from keniki.analysis.printed import Printed, read_printed
from keniki.core.errors import WrongInput

__all__ = ["Finding", "Printed", "Rule", "Verdict", "check", "check_all", "read_printed"]


class Verdict(StrEnum):
    """What a check found, in the words of the page."""

    EQUAL = "一致"
    ROUNDING = "丸めの範囲"
    DIFFERENT = "不一致"
    UNCHECKABLE = "検算できない"


@dataclass(frozen=True)
class Rule:
    """One rule: the line, what it is called, where the figures are printed."""

    text: str
    title: str = ""
    source: str = ""


@dataclass(frozen=True)
class Finding:
    """What a rule found. Numbers are None where it could not be checked.

    `low` and `high` bound what the inputs may give if each was rounded; `difference` is printed less recomputed.
    """

    rule: Rule
    verdict: Verdict
    printed: float | None
    recomputed: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


def check(rule: Rule | str, figures: Mapping[str, Printed]) -> Finding:
    """Hold one rule against the figures.

    一致: the recomputed value rounds to the printed one (an exact one is met exactly). 丸めの範囲: it does not, but the
    rounding of the inputs can explain it, or the printed one was cut off instead of rounded. 不一致: neither.
    検算できない: a figure is missing, or something is divided by 0. WrongInput for a rule that cannot be read.

    >>> figures = {name: read_printed(text) for name, text in [("病院", "263"), ("診療所", "3,297"), ("計", "3,560")]}
    >>> check("計 = 病院 + 診療所", figures).verdict.value
    '一致'
    >>> figures = {"率": read_printed("289.4"), "医師": read_printed("7,481"), "人口": read_printed("2,600,875")}
    >>> found = check("率 = 医師 / 人口 * 100000", figures)
    >>> found.verdict.value, round(found.recomputed, 1), round(found.difference, 1)
    ('不一致', 287.6, 1.8)
    """
    told = Rule(rule) if isinstance(rule, str) else rule
    left, sign, right = _read(told.text)
    missing = sorted({name for side in (left, right) for name in side.missing(figures)})
    if missing:
        note = f"{'、'.join(missing)} の値がありません。"
        return Finding(told, Verdict.UNCHECKABLE, None, None, None, note=note)
    try:
        printed, found = left.value(figures), right.value(figures)
    except ZeroDivisionError:
        return Finding(told, Verdict.UNCHECKABLE, None, None, None, note="0 で割る計算になります。")
    verdict, note = _equal(printed, found) if sign == "=" else _ordered(printed, sign, found)
    return Finding(
        told,
        verdict,
        float(printed.centre),
        float(found.centre),
        float(printed.centre - found.centre),
        float(found.low),
        float(found.high),
        note,
    )


def check_all(rules: Iterable[Rule | str], figures: Mapping[str, Printed]) -> list[Finding]:
    """All rules, the worst first: 不一致, 検算できない, 丸めの範囲, 一致.

    >>> one, two = read_printed("1"), read_printed("2")
    >>> [found.verdict.value for found in check_all(["二 = 一 + 一", "一 = 二"], {"一": one, "二": two})]
    ['不一致', '一致']
    """
    order = [Verdict.DIFFERENT, Verdict.UNCHECKABLE, Verdict.ROUNDING, Verdict.EQUAL]
    return sorted((check(rule, figures) for rule in rules), key=lambda finding: order.index(finding.verdict))


@dataclass(frozen=True)
class _Range:
    """A value with the least and the most that rounding allows."""

    low: Fraction
    centre: Fraction
    high: Fraction


@dataclass(frozen=True)
class _Node:
    """A number, a name, a pattern of names, or an operation on two nodes."""

    kind: str
    text: str = ""
    number: Fraction = Fraction(0)
    inner: tuple[_Node, ...] = field(default=())

    def missing(self, figures: Mapping[str, Printed]) -> list[str]:
        if self.kind == "name":
            return [] if self.text in figures else [self.text]
        if self.kind == "sum":
            return [] if _fitting(self.text, figures) else [self.text]
        return [name for node in self.inner for name in node.missing(figures)]

    def value(self, figures: Mapping[str, Printed]) -> _Range:
        if self.kind == "number":
            return _Range(self.number, self.number, self.number)
        if self.kind == "name":
            return _range(figures[self.text])
        if self.kind == "sum":
            total = _Range(Fraction(0), Fraction(0), Fraction(0))
            for name in _fitting(self.text, figures):
                total = _add(total, _range(figures[name]))
            return total
        one, other = (node.value(figures) for node in self.inner)
        return _OPERATIONS[self.kind](one, other)


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[_Node, str, _Node]:
    """A rule that was read, for a rule is held against many tables."""
    return _Parser(text).rule()


class _Parser:
    """Reads one rule from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [match[0] for match in _TOKEN.finditer(text)]
        self.at = 0
        if "".join(self.tokens) != "".join(text.split()) and "{" not in text:
            raise self._unreadable()

    def rule(self) -> tuple[_Node, str, _Node]:
        left = self._sum()
        sign = self._take()
        if sign not in _SIGNS:
            raise self._unreadable()
        right = self._sum()
        if self.at != len(self.tokens):
            raise self._unreadable()
        return left, {"≦": "<=", "≧": ">=", "＝": "="}.get(sign, sign), right

    def _sum(self) -> _Node:
        node = self._product()
        while self._peek() in ("+", "-", "＋", "－"):
            sign = {"＋": "+", "－": "-"}.get(self._peek(), self._peek())
            self.at += 1
            node = _Node(sign, inner=(node, self._product()))
        return node

    def _product(self) -> _Node:
        node = self._atom()
        while self._peek() in ("*", "/", "×", "÷"):
            sign = {"×": "*", "÷": "/"}.get(self._peek(), self._peek())
            self.at += 1
            node = _Node(sign, inner=(node, self._atom()))
        return node

    def _atom(self) -> _Node:
        word = self._take()
        if word == "(":
            node = self._sum()
            if self._take() != ")":
                raise self._unreadable()
            return node
        if word == "-":
            return _Node("-", inner=(_Node("number"), self._atom()))
        if word.startswith("sum("):
            return _Node("sum", text=word[4:-1].strip())
        if word.startswith("{"):
            return _Node("name", text=word[1:-1].strip())
        if re.fullmatch(r"[\d,]+(\.\d+)?", word):
            return _Node("number", number=Fraction(word.replace(",", "")))
        if not word or word in _SIGNS or word in "+-*/×÷)＋－":
            raise self._unreadable()
        return _Node("name", text=word)

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self.at += 1
        return token

    def _unreadable(self) -> WrongInput:
        return WrongInput(
            f"検算の式「{self.text}」を読めません。「計 = 内訳1 + 内訳2」のように書き、"
            "記号や空白を含む名前は { } で囲んでください。"
        )


def _equal(printed: _Range, found: _Range) -> tuple[Verdict, str]:
    half = printed.high - printed.centre
    if printed.centre - half <= found.centre <= printed.centre + half:
        return Verdict.EQUAL, ""
    if half and printed.centre <= found.centre < printed.centre + 2 * half:
        return Verdict.ROUNDING, "端数を切り捨てた値とすれば一致します。"
    if found.low <= printed.high and printed.low <= found.high:
        return Verdict.ROUNDING, "計算に用いた値の端数処理で説明できる差です。"
    return Verdict.DIFFERENT, ""


def _ordered(one: _Range, sign: str, other: _Range) -> tuple[Verdict, str]:
    if sign.startswith(">"):
        one, other, sign = other, one, sign.replace(">", "<")
    strict = sign == "<"
    sure = one.high < other.low or (not strict and one.high <= other.low)
    possible = one.low < other.high or (not strict and one.low <= other.high)
    if sure:
        return Verdict.EQUAL, ""
    if possible:
        return Verdict.ROUNDING, "端数処理の範囲で大小が決まりません。"
    return Verdict.DIFFERENT, ""


def _range(printed: Printed) -> _Range:
    return _Range(printed.low, printed.value, printed.high)


def _fitting(pattern: str, figures: Mapping[str, Printed]) -> list[str]:
    return [name for name in figures if fnmatchcase(name, pattern)]


def _add(one: _Range, other: _Range) -> _Range:
    return _Range(one.low + other.low, one.centre + other.centre, one.high + other.high)


def _subtract(one: _Range, other: _Range) -> _Range:
    return _Range(one.low - other.high, one.centre - other.centre, one.high - other.low)


def _multiply(one: _Range, other: _Range) -> _Range:
    ends = [a * b for a in (one.low, one.high) for b in (other.low, other.high)]
    return _Range(min(ends), one.centre * other.centre, max(ends))


def _divide(one: _Range, other: _Range) -> _Range:
    if other.low <= 0 <= other.high:
        raise ZeroDivisionError
    ends = [a / b for a in (one.low, one.high) for b in (other.low, other.high)]
    return _Range(min(ends), one.centre / other.centre, max(ends))


_OPERATIONS: Final = {"+": _add, "-": _subtract, "*": _multiply, "/": _divide}
_SIGNS: Final = ("=", "＝", "<", "<=", "≦", ">", ">=", "≧")
_TOKEN: Final = re.compile(
    r"sum\([^()]*\)|\{[^{}]*\}|<=|>=|[=＝<>≦≧+*/×÷()＋－]|-|[\d,]+(?:\.\d+)?(?![^\s=＝<>≦≧+*/×÷()＋－-])"
    r"|[^\s=＝<>≦≧+*/×÷(){}＋－-]+"
)
