"""What a field may hold: small checks that say in one sentence what is wrong with a value.

Every check has `check(value)`, which raises `WrongInput`, and `described()`, the same as JSON for the page that
works without network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol

from keniki.core.errors import WrongInput
from keniki.core.municipality_code import check_digit

_CODE: Final = re.compile(r"[0-9]{6}\Z")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
SLUG: Final = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")


class Check(Protocol):
    """What may stand in a field."""

    def check(self, value: object) -> None:
        """Raise `WrongInput` for a value that may not."""

    def described(self) -> dict[str, Any]:
        """The check as JSON."""


def moment(text: object) -> datetime:
    """A moment with its offset from ISO 8601 text, e.g. `2026-08-01T03:20:00+09:00`; raises `WrongInput`.

    >>> moment("2026-08-01T03:20:00+09:00").hour
    3
    """
    if not isinstance(text, str) or not _MOMENT.match(text):
        raise WrongInput("日時は時差を付けて「2026-08-01T03:20:00+09:00」の形で書いてください。")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise WrongInput(f"「{text}」という日時はありません。") from None


def is_town(text: object) -> bool:
    """Whether `text` is a code of six digits with the right check digit.

    >>> is_town("012106"), is_town("012107"), is_town("12106")
    (True, False, False)
    """
    return isinstance(text, str) and bool(_CODE.match(text)) and check_digit(text[:5]) == text[5]


@dataclass(frozen=True)
class Text:
    """Text of at most `most` characters; `lines` allows line breaks."""

    most: int = 200
    lines: bool = False

    def check(self, value: object) -> None:
        if not isinstance(value, str):
            raise WrongInput("文字で書いてください。")
        if len(value) > self.most:
            raise WrongInput(f"{self.most}文字以内で書いてください（{len(value)}文字あります）。")
        if any(ord(char) < 32 and not (self.lines and char == "\n") for char in value):
            raise WrongInput("改行やタブなどの制御文字を取り除いてください。")

    def described(self) -> dict[str, Any]:
        return {"is": "text", "most": self.most, "lines": self.lines}


@dataclass(frozen=True)
class Yes:
    """True or false."""

    def check(self, value: object) -> None:
        if not isinstance(value, bool):
            raise WrongInput("true か false で書いてください。")

    def described(self) -> dict[str, Any]:
        return {"is": "yes"}


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int = 0
    high: int = 10**7

    def check(self, value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise WrongInput("整数で書いてください。")
        if not self.low <= value <= self.high:
            raise WrongInput(f"{self.low}から{self.high}までの整数で書いてください（{value}）。")

    def described(self) -> dict[str, Any]:
        return {"is": "whole", "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`."""

    low: float
    high: float

    def check(self, value: object) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise WrongInput("数値で書いてください。")
        if not self.low <= value <= self.high:
            raise WrongInput(f"{self.low:g}から{self.high:g}までの数値で書いてください（{value:g}）。")

    def described(self) -> dict[str, Any]:
        return {"is": "number", "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Choice:
    """One of the words in `words` (word → what people read)."""

    words: Mapping[str, str]

    def check(self, value: object) -> None:
        if not isinstance(value, str) or value not in self.words:
            shown = "、".join(f"{word}（{label}）" for word, label in self.words.items())
            raise WrongInput(f"次のいずれかで書いてください：{shown}。")

    def described(self) -> dict[str, Any]:
        return {"is": "choice", "words": dict(self.words)}


@dataclass(frozen=True)
class Moment:
    """A moment with its offset."""

    def check(self, value: object) -> None:
        moment(value)

    def described(self) -> dict[str, Any]:
        return {"is": "moment"}


@dataclass(frozen=True)
class Day:
    """A day, `2026-08-01`."""

    def check(self, value: object) -> None:
        if not isinstance(value, str) or not _DAY.match(value):
            raise WrongInput("日付は「2026-08-01」の形で書いてください。")
        try:
            date.fromisoformat(value)
        except ValueError:
            raise WrongInput(f"「{value}」という日付はありません。") from None

    def described(self) -> dict[str, Any]:
        return {"is": "day"}


@dataclass(frozen=True)
class Town:
    """A municipality code of six digits (全国地方公共団体コード)."""

    def check(self, value: object) -> None:
        if not is_town(value):
            raise WrongInput("市町村は全国地方公共団体コード（検査数字を含む6桁）で書いてください。")

    def described(self) -> dict[str, Any]:
        return {"is": "town"}


@dataclass(frozen=True)
class Entity:
    """Another entity of one of `kinds`, written `<kind>:<key>`."""

    kinds: tuple[str, ...]

    def check(self, value: object) -> None:
        kind, colon, key = value.partition(":") if isinstance(value, str) else ("", "", "")
        if kind not in self.kinds or not colon or not SLUG.match(key):
            shown = "、".join(f"{kind}:…" for kind in self.kinds)
            raise WrongInput(f"対象は次の形で書いてください：{shown}。")

    def described(self) -> dict[str, Any]:
        return {"is": "entity", "kinds": list(self.kinds)}


@dataclass(frozen=True)
class Record:
    """An object with the names in `parts`, of which `needed` may not be missing; others may be null."""

    parts: Mapping[str, Check]
    needed: Sequence[str] = field(default=())

    def check(self, value: object) -> None:
        if not isinstance(value, dict):
            raise WrongInput("項目名と値の組（オブジェクト）で書いてください。")
        for name in self.needed:
            if value.get(name) is None:
                raise WrongInput("この項目が必要です。", column=name)
        for name, item in value.items():
            part = self.parts.get(name)
            if part is None:
                raise WrongInput(
                    f"この項目はありません。使える項目：{'、'.join(self.parts)}。", column=str(name)
                )
            if item is not None:
                try:
                    part.check(item)
                except WrongInput as error:
                    below = f"{name}.{error.column}" if error.column else name
                    raise WrongInput(error.message, column=below) from None

    def described(self) -> dict[str, Any]:
        parts = {name: part.described() for name, part in self.parts.items()}
        return {"is": "record", "parts": parts, "needed": list(self.needed)}


@dataclass(frozen=True)
class Many:
    """A list of at most `most` values."""

    each: Check
    most: int = 100

    def check(self, value: object) -> None:
        if not isinstance(value, list):
            raise WrongInput("一覧（配列）で書いてください。")
        if len(value) > self.most:
            raise WrongInput(f"{self.most}件以内にしてください（{len(value)}件あります）。")
        for number, item in enumerate(value, 1):
            try:
                self.each.check(item)
            except WrongInput as error:
                below = f"{number}.{error.column}" if error.column else str(number)
                raise WrongInput(error.message, column=below) from None

    def described(self) -> dict[str, Any]:
        return {"is": "many", "each": self.each.described(), "most": self.most}


#: A point: degrees of the world geodetic system.
POSITION: Final = Record({"lat": Number(20, 46), "lon": Number(122, 154)}, needed=("lat", "lon"))
