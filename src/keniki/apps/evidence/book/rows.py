"""What is shown of an indicator: its figure in every place, the region's own, and what both rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from keniki.apps.regions.policies import today
from keniki.rulebooks.indicators import Indicator, catalogue

from ..models import Edition
from .holdings import Held, Line

#: Stands for all members together where a place is named by its code.
REGION = "region"


@dataclass(frozen=True)
class Reckoned:
    """Which figure was reckoned: indicator, part, place (or `region`) and the year asked for.

    A sum of age classes says which edition, sex (empty for both) and ages (`0-4`, `90+`) it is of.
    """

    indicator: str
    part: str
    code: str
    year: int
    earlier: int | None
    edition: int | None = None
    sex: str = ""
    age: str = ""

    @property
    def query(self) -> str:
        """What an address says to ask for it again."""
        asked = {
            "year": self.year,
            "earlier": self.earlier,
            "part": self.part,
            "edition": self.edition,
            "sex": self.sex,
            "age": self.age,
        }
        return urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True)
class Shown:
    """A figure of the book: its value or words, the figures it rests on, its interval where the place is small.

    `about` says how it can be reckoned again, where it is not a published figure.
    """

    value: float | None
    text: str = ""
    pks: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None
    added: bool = False
    about: Reckoned | None = None


@dataclass(frozen=True)
class Used:
    """A published figure something was reckoned from: of what and whom, its year and edition, its value and place."""

    line: Line
    edition: Edition
    code: str
    held: Held


@dataclass(frozen=True)
class Row:
    """An indicator in all places: `cells` by code, the region's own figure in `total` or why there is none.

    `others` names what the figures rest on besides (「分母：総人口 2020年」), `editions` where they stand.
    """

    indicator: Indicator
    part: str
    year: int
    cells: Mapping[str, Shown]
    total: Shown
    why_no_total: str = ""
    others: tuple[str, ...] = ()
    editions: tuple[Edition, ...] = ()
    estimated: bool = False
    earlier: int | None = None

    def value(self, code: str) -> float | None:
        """The figure of a place; None where there is none."""
        found = self.cells.get(code)
        return None if found is None else found.value

    @property
    def when(self) -> str:
        """The year, or both years of a change."""
        return f"{self.earlier}～{self.year}年" if self.earlier is not None else f"{self.year}年"

    @property
    def unit(self) -> str:
        """The unit as printed."""
        return catalogue(today()).units[self.indicator.unit].label

    @property
    def name(self) -> str:
        """The indicator's name, with the part it is of."""
        return f"{self.indicator.name}（{part_name(self.part)}）" if self.part else self.indicator.name


def part_name(part: str) -> str:
    """What the catalogue calls a part (`industry:E` is 製造業); its own word where it names none."""
    kind, _, member = part.partition(":")
    kinds = catalogue(today()).part_kinds
    return kinds[kind].members.get(member, member) if kind in kinds else part
