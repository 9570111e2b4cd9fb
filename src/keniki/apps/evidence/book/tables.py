"""What an exhibit of the book consists of: charts, a table whose cells know their figures, sources, what is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from keniki.press.charts import Chart
from keniki.rulebooks.indicators import Catalogue

from ..models import Edition
from .rows import Reckoned, Row, Shown, Used

#: Letters of the longest mark or interval that stands in place of a number.
LONGEST_MARK = 24


@dataclass(frozen=True)
class Entry:
    """A cell: a number with its decimals, or words; `pks` are the figures behind it.

    `low` and `high` are its interval, `about` says how it was reckoned.
    """

    value: float | None
    text: str = ""
    decimals: int = 0
    pks: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None
    about: Reckoned | None = None

    @property
    def pk(self) -> int | None:
        """The one figure it shows; None where it was reckoned from several."""
        return self.pks[0] if len(self.pks) == 1 else None

    @property
    def shown(self) -> str:
        """The words or mark where such stand; the number as printed."""
        return self.text or ("" if self.value is None else printed(self.value, self.decimals))

    @property
    def is_words(self) -> bool:
        """Whether it holds a sentence rather than a number or a mark."""
        return self.value is None and len(self.text) > LONGEST_MARK

    @property
    def interval(self) -> str:
        """The interval as printed, empty where there is none."""
        if self.low is None or self.high is None:
            return ""
        return f"{printed(self.low, self.decimals)}～{printed(self.high, self.decimals)}"

    @property
    def number(self) -> Decimal | None:
        """The value rounded to its decimals, half away from zero."""
        return None if self.value is None else rounded(self.value, self.decimals)


def rounded(value: float, decimals: int) -> Decimal:
    """A number rounded half away from zero, as tables print it."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def printed(value: float, decimals: int) -> str:
    """A number as offices print it: `1,234.5`, `▲12`."""
    found = rounded(value, decimals)
    return f"▲{-found:,}" if found < 0 else f"{abs(found):,}"


def entry(shown: Shown | None, decimals: int) -> Entry:
    """A figure of the book as a cell."""
    if shown is None:
        return Entry(None)
    return Entry(shown.value, shown.text, decimals, shown.pks, shown.low, shown.high, shown.about)


def entry_of(used: Used, book: Catalogue) -> Entry:
    """A published figure something was reckoned from, as a cell."""
    held = used.held
    return Entry(held.value, held.text, book[used.line.of].decimals, held.pks)


@dataclass(frozen=True)
class TableRow:
    """A row: its label, what stands small below the label, its cells."""

    label: str
    cells: tuple[Entry, ...]
    kind: Literal["body", "sum", "reference"] = "body"
    below: str = ""


@dataclass(frozen=True)
class Table:
    """Columns after the first, which holds the rows' labels under `corner`. `units` are printed below the heads.

    `of` says of each column which member it is of, by its place among the members, or None; empty where no column is.
    """

    corner: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    units: tuple[str, ...] = ()
    caption: str = ""
    of: tuple[int | None, ...] = ()

    def of_members(self, shown: range) -> Table:
        """The table without the columns of other members than these; the same one where no column is a member's."""
        kept = [at for at, member in enumerate(self.of) if member is None or member in shown]
        if len(kept) == len(self.of):
            return self
        return replace(
            self,
            columns=tuple(self.columns[at] for at in kept),
            rows=tuple(replace(row, cells=tuple(row.cells[at] for at in kept)) for row in self.rows),
            units=tuple(self.units[at] for at in kept) if self.units else (),
            of=tuple(self.of[at] for at in kept),
        )

    @property
    def width(self) -> str:
        """`is-few` where its columns would stand far apart on a wide page."""
        few = len(self.columns) <= 3 and not any(cell.is_words for row in self.rows for cell in row.cells)
        return "is-few" if few else ""

    @property
    def heads(self) -> list[tuple[str, str]]:
        """Each column with its unit; without one where all columns share it, which then stands in the corner."""
        units = self.units if self.units and not self._shared else ("",) * len(self.columns)
        return list(zip(self.columns, units, strict=True))

    @property
    def body(self) -> tuple[TableRow, ...]:
        """The rows above the sums and what they are compared with."""
        return self.rows[: len(self.rows) - len(self.foot)]

    @property
    def foot(self) -> tuple[TableRow, ...]:
        """Sums and references at the end."""
        last = next((at for at, row in enumerate(reversed(self.rows)) if row.kind == "body"), len(self.rows))
        return self.rows[len(self.rows) - last :]

    @property
    def corner_shown(self) -> str:
        """The head of the labels, with the unit all columns share."""
        return f"{self.corner}（{self._shared}）" if self._shared else self.corner

    @property
    def _shared(self) -> str:
        return self.units[0] if len(self.units) > 2 and len(set(self.units)) == 1 else ""


@dataclass(frozen=True)
class Exhibit:
    """One exhibit of a chapter. Without a table nothing is held for it: `missing` then says what to load.

    `credits` are sources cited beside the editions, in words.
    """

    id: str
    title: str
    chapter: str
    table: Table | None = None
    charts: tuple[Chart, ...] = ()
    editions: tuple[Edition, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()

    @property
    def sources(self) -> list[str]:
        """The credit lines with the editions, each once."""
        return list(dict.fromkeys((*sources_of(self.editions), *self.credits)))


def sources_of(editions: Sequence[Edition]) -> list[str]:
    """How the editions are cited: 「国勢調査」（令和２年国勢調査 …）, each once."""
    return list(dict.fromkeys(_cited(row) for row in editions))


def _cited(edition: Edition) -> str:
    """Credit line and edition; a remark that both carry (「…の編集データ」) once."""
    credit, named = edition.source.credit or edition.source.title, str(edition)
    for remark in _REMARK.findall(named):
        credit = credit.replace(remark, "")
    return f"{credit} {named}"


_REMARK = re.compile("（[^（）]{10,}）")


@dataclass
class Notes:
    """Editions and remarks collected while an exhibit is made. A remark on one of several indicators names it."""

    editions: list[Edition] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    estimated: dict[str, None] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)
    lacking: dict[str, dict[str, None]] = field(default_factory=dict)
    named: dict[str, None] = field(default_factory=dict)

    def take(self, *rows: Row | None) -> None:
        """Take in what these rows rest on."""
        for row in rows:
            if row is None:
                continue
            self.named[row.name] = None
            self.editions.extend(each for each in row.editions if each not in self.editions)
            if row.others:
                self.others[f"{row.name}（{row.when}）に{'、'.join(row.others)}"] = None
            if row.why_no_total:
                self.lacking.setdefault(row.why_no_total, {})[row.name] = None
            if any(cell.added for cell in row.cells.values()):
                self.say("都道府県と全国は、掲載された市区町村の合計。")
            if row.estimated:
                self.estimated[row.name] = None

    def say(self, remark: str) -> None:
        """Add a remark once."""
        if remark and remark not in self.said:
            self.said.append(remark)

    @property
    def remarks(self) -> list[str]:
        """All remarks: what was said, which figures are estimates, which are of another year."""
        found = list(self.said)
        for why, names in self.lacking.items():
            found.append(f"{'、'.join(names)}：{why}" if len(self.named) > 1 else why)
        if self.estimated:
            found.append(f"推計値：{'、'.join(self.estimated)}。")
        if self.others:
            found.append(f"時点の違う値を用いた指標：{'、'.join(self.others)}。")
        return found
