"""Warnings of the weather agency (気象庁): telegram types, kind codes by date, phenomena; the five 警戒レベル."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, TypeVar, cast

from pydantic import Field, model_validator

from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import Entry, Rule, Rulebook, load

T = TypeVar("T", bound=Entry)
Grade: TypeAlias = Literal["advisory", "warning", "danger", "special"]
State: TypeAlias = Literal["issued", "continued", "lifted"]
Reads: TypeAlias = Literal["weather", "landslide", "river", "quake"]
#: What grades are called for people.
GRADES: Final[dict[Grade, str]] = {
    "advisory": "注意報",
    "warning": "警報",
    "danger": "危険警報",
    "special": "特別警報",
}


class Level(Entry):
    """A warning level (警戒レベル): who issues it, and what it means for residents."""

    level: Annotated[int, Field(ge=1, le=5)]
    name: str
    issuer: str
    by_town: bool
    residents: str


class Levels(Entry):
    """All five, the lowest first."""

    kind: Literal["levels"]
    rows: Annotated[tuple[Level, ...], Field(min_length=5, max_length=5)]

    @model_validator(mode="after")
    def _one_to_five(self) -> Self:
        if [row.level for row in self.rows] != [1, 2, 3, 4, 5]:
            raise ValueError("警戒レベルは1から5まで順に書いてください")
        return self


class Start(Entry):
    """The day from which something is in use."""

    kind: Literal["start"]
    day: date


class Telegram(Entry):
    """A telegram type: what it is read as, by which codes, and the phenomena it tells all about.

    `type` is six letters, or with a range of its number (`VXKO50-89`). One that `collects` repeats what others told.
    """

    type: Annotated[str, Field(pattern=r"^[A-Z]{4}[0-9]{2}(-[0-9]{2})?$")]
    title: str
    reads: Reads
    codes: str
    phenomena: tuple[str, ...]
    collects: bool = False

    def covers(self, name: str) -> bool:
        """Whether a telegram's type is this one or within its range."""
        first, last = int(self.type[4:6]), int(self.type[-2:])
        return (
            len(name) == 6
            and name[:4] == self.type[:4]
            and name[4:].isdecimal()
            and first <= int(name[4:]) <= last
        )


class Telegrams(Entry):
    """The telegram types that are read."""

    kind: Literal["telegrams"]
    rows: tuple[Telegram, ...]


class Phenomena(Entry):
    """Phenomena by key, as people call them."""

    kind: Literal["phenomena"]
    names: dict[str, str]


class Code(Entry):
    """A kind code (種別コード): its name and level; with `only_if` the level holds only where the condition says so.

    `state` where the code itself says whether it is issued, continued or lifted.
    """

    code: str
    name: str
    phenomenon: str
    grade: Grade
    level: Annotated[int, Field(ge=2, le=5)] | None = None
    only_if: str = ""
    state: State | None = None


class Codes(Entry):
    """The codes of one family of telegrams. With `replaced` another telegram tells the same better, but for `kept`."""

    kind: Literal["codes"]
    rows: tuple[Code, ...]
    replaced: bool = False
    kept: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _codes_once(self) -> Self:
        if len({row.code for row in self.rows}) != len(self.rows):
            raise ValueError("同じコードが2回書かれています")
        return self

    def get(self, code: str) -> Code | None:
        """The code's row, None for one that is not in the table."""
        return next((row for row in self.rows if row.code == code), None)

    def is_replaced(self, phenomenon: str) -> bool:
        """Whether another telegram tells about the phenomenon better."""
        return self.replaced and phenomenon not in self.kept


_Value: TypeAlias = Annotated[
    Levels | Start | Telegrams | Phenomena | Codes,
    Field(discriminator="kind"),
]


def levels(on: date) -> Rule[Levels]:
    """The five warning levels on a day."""
    return _known("levels", Levels, on)


def level(number: int, on: date) -> Level:
    """One level; WrongInput for anything but 1 to 5."""
    found = next((row for row in levels(on).value.rows if row.level == number), None)
    if found is None:
        raise WrongInput(f"警戒レベル{number}はありません。1～5にしてください。", column="警戒レベル")
    return found


def r06_start() -> Rule[Start]:
    """The day from which the telegrams of 2026 are in use."""
    return cast("Rule[Start]", _book().history("r06_start")[-1])


def telegram(name: str) -> Telegram | None:
    """What a telegram type is read as (`VPWW55`), None for one that is not read here."""
    return next((row for row in _telegrams() if row.covers(name)), None)


def telegrams() -> tuple[Telegram, ...]:
    """All telegram types that are read."""
    return _telegrams()


def codes(family: str, issued: date) -> Rule[Codes]:
    """The codes of a family of telegrams (`r06`, `h27`, `landslide`, `river`) for one issued on that day."""
    return _known(f"codes.{family}", Codes, issued)


def phenomenon_name(key: str) -> str:
    """What a phenomenon is called; a river's key has its code behind a colon.

    >>> phenomenon_name("heavy_rain"), phenomenon_name("river:830304004400")
    ('大雨', '指定河川・水位周知河川')
    """
    return _phenomena().get(key.partition(":")[0], key)


def _known(rule_id: str, kind: type[T], on: date) -> Rule[T]:
    rule = _book().on(rule_id, on)
    if not isinstance(rule.value, kind):
        raise WrongInput(f"規則「{rule_id}」は別の種類の規則です。", file=rule.file, column=rule_id)
    return cast("Rule[T]", rule)


@cache
def _telegrams() -> tuple[Telegram, ...]:
    return cast("Telegrams", _book().history("telegrams")[-1].value).rows


@cache
def _phenomena() -> dict[str, str]:
    return cast("Phenomena", _book().history("phenomena")[-1].value).names


@cache
def _book() -> Rulebook[Any]:
    return load("disaster/warnings.yaml", _Value)  # type: ignore[arg-type]
