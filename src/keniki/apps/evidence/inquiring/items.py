"""What an inquiry asks: figures by year and questions, as they are kept with it, and the cells they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from keniki.apps.regions.policies import today
from keniki.core import digits, era, fiscal_year
from keniki.core.errors import WrongInput
from keniki.rulebooks.indicators import Aggregation, Timing, catalogue

from ..importers.cells import unit_id, year_in
from ..queries import unit_name

#: So many cells are still answered on one page of an old machine.
MOST_CELLS: Final = 600
MOST_YEARS: Final = 10
MOST_CHOICES: Final = 30


class Kind(StrEnum):
    """How an item is answered."""

    FIGURE = "figure"
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    YES_NO = "yes_no"

    @property
    def label(self) -> str:
        return _KINDS[self]


_KINDS = {
    Kind.FIGURE: "数値",
    Kind.TEXT: "文",
    Kind.CHOICE: "選択",
    Kind.NUMBER: "数",
    Kind.YES_NO: "はい・いいえ",
}
QUESTIONS: Final = tuple(kind for kind in Kind if kind is not Kind.FIGURE)
YES_NO: Final = ("はい", "いいえ")


@dataclass(frozen=True)
class Item:
    """A figure asked for every year of the inquiry, or a question asked once.

    `key` names it through all inquiries that follow each other, and its series in the store: the catalogue's id of
    an indicator, or one of the region's own. `unit` is a unit of the catalogue or as typed. `fiscal`: the years are
    fiscal ones.
    """

    key: str
    kind: Kind
    name: str
    note: str = ""
    unit: str = ""
    fiscal: bool = False
    adds_up: bool = False
    choices: tuple[str, ...] = ()

    @property
    def is_figure(self) -> bool:
        return self.kind is Kind.FIGURE

    @property
    def in_catalogue(self) -> bool:
        return self.is_figure and self.key in catalogue(today())

    @property
    def is_number(self) -> bool:
        return self.kind in (Kind.FIGURE, Kind.NUMBER)

    @property
    def unit_label(self) -> str:
        return unit_name(self.unit) if self.unit else ""

    @property
    def definition(self) -> str:
        """What the catalogue says it counts; empty for one's own."""
        return catalogue(today())[self.key].definition if self.in_catalogue else ""

    @property
    def options(self) -> tuple[str, ...]:
        """What can be chosen; empty where one types."""
        return YES_NO if self.kind is Kind.YES_NO else self.choices

    def year_label(self, year: int | None) -> str:
        """令和5年, 令和5年度; empty for a question."""
        if year is None:
            return ""
        return fiscal_year.format_table(year) if self.fiscal else era.format_year(year)


@dataclass(frozen=True)
class Slot:
    """One cell to be answered: an item in a year (None for a question). `number` counts the items from 1."""

    item: Item
    year: int | None
    number: int

    @property
    def key(self) -> tuple[str, str]:
        """Where its answer stands: item and year."""
        return self.item.key, "" if self.year is None else str(self.year)

    @property
    def name(self) -> str:
        """What its field is called on the page."""
        return f"{self.item.key}.{self.key[1]}"

    @property
    def year_words(self) -> str:
        """令和5年; empty for a question."""
        return self.item.year_label(self.year)

    @property
    def options(self) -> tuple[str, ...]:
        """What can be chosen, 該当なし and 不明 too; empty where one types."""
        return (*self.item.options, "該当なし", "不明") if self.item.options else ()

    @property
    def label(self) -> str:
        """出生数（令和5年）"""
        year = self.year_words
        return f"{self.item.name}（{year}）" if year else self.item.name


def from_catalogue(indicator: str) -> Item:
    """The catalogue's indicator as an item; WrongInput where there is none."""
    found = catalogue(today())[indicator]
    return Item(
        found.id,
        Kind.FIGURE,
        found.name,
        unit=found.unit,
        fiscal=found.timing is Timing.FISCAL_YEAR,
        adds_up=found.aggregation is Aggregation.SUM,
    )


def read_items(stored: Iterable[Mapping[str, Any]]) -> list[Item]:
    """The items as an inquiry keeps them."""
    return [
        Item(**{**row, "kind": Kind(row["kind"]), "choices": tuple(row.get("choices", ()))}) for row in stored
    ]


def kept_items(items: Iterable[Item]) -> list[dict[str, Any]]:
    """The items as an inquiry keeps them: what is not said is left out."""
    found = []
    for item in items:
        row = {name: getattr(item, name) for name in ("key", "name", "note", "unit", "fiscal", "adds_up")}
        row |= {"kind": item.kind.value, "choices": list(item.choices)}
        found.append({name: value for name, value in row.items() if value or name in ("key", "name")})
    return found


def slots_of(items: Sequence[Item], years: Sequence[int]) -> list[Slot]:
    """The cells of a form in its order."""
    return [
        Slot(item, year, number)
        for number, item in enumerate(items, 1)
        for year in (sorted(years) if item.is_figure else [None])
    ]


def checked_items(items: Sequence[Item], years: Sequence[int]) -> list[Item]:
    """The items with their units as the catalogue names them; WrongInput for what cannot be asked."""
    found = []
    for number, item in enumerate(items, 1):
        name = item.name.strip()
        if not name:
            raise WrongInput("項目の名称を入力してください。", column="項目", row=number)
        if item.is_figure and not item.in_catalogue and not item.unit.strip():
            raise WrongInput(f"「{name}」の単位を入力してください。", column="項目", row=number)
        choices = tuple(dict.fromkeys(choice.strip() for choice in item.choices if choice.strip()))
        if item.kind is Kind.CHOICE and not 2 <= len(choices) <= MOST_CHOICES:
            raise WrongInput(
                f"「{name}」の選択肢は、2つ以上{MOST_CHOICES}以下を1行に1つずつ入力してください。",
                column="項目",
                row=number,
            )
        found.append(replace(item, name=name, unit=unit_id(item.unit.strip()), choices=choices))
    twice = [
        item.name for number, item in enumerate(found) if item.key in {one.key for one in found[:number]}
    ]
    if twice:
        raise WrongInput(f"「{twice[0]}」が2回あります。一つにしてください。", column="項目")
    if (cells := len(slots_of(found, years))) > MOST_CELLS:
        raise WrongInput(
            f"回答欄が{cells}になります。一つの照会は{MOST_CELLS}までです。項目か年を減らすか、照会を分けてください。",
            column="項目",
        )
    return found


def read_years(typed: str) -> list[int]:
    """The years of `2021-2025`, `R3～R7`, `令和5年度、令和6年度`; WrongInput with what was not read."""
    years: set[int] = set()
    for part in re.split(r"[,、，\s]+", typed.strip()):
        if not part:
            continue
        ends = [year_in(end) for end in re.split(r"[~〜～–—-]", digits.plain(part))]
        if len(ends) > 2 or any(end is None for end in ends):
            raise WrongInput(
                f"「{part}」を年として読めません。2021-2025、令和3年～令和7年 のように入力してください。",
                column="年",
            )
        first, last = ends[0], ends[-1]
        assert first is not None
        assert last is not None
        if not first[0] <= last[0] < first[0] + 100:
            raise WrongInput(f"「{part}」の始めと終わりを確かめてください。", column="年")
        years |= set(range(first[0], last[0] + 1))
    if len(years) > MOST_YEARS:
        raise WrongInput(f"年は{MOST_YEARS}までにしてください（いまは{len(years)}）。", column="年")
    return sorted(years)


def years_words(years: Sequence[int]) -> str:
    """The years as they are typed: `2021-2023、2025`."""
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return "、".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def next_year(words: str) -> str:
    """The text with its 令和7年度, R7, 2025年 moved on by a year: what last year's form says this year."""

    def moved(found: re.Match[str]) -> str:
        typed = found["number"] or found["western"]
        number = str((1 if typed == "元" else int(digits.plain(typed))) + 1)
        wide = typed != "元" and not typed.isascii()
        return (found["era"] or "") + (digits.to_full_width(number) if wide else number)

    return _YEAR.sub(moved, words)


_YEAR = re.compile(
    r"(?P<era>令和|R|Ｒ)(?P<number>元|[0-9０-９]{1,2})(?![0-9０-９])|(?P<western>[2２][0０][0-9０-９]{2})(?=年)"
)
