"""CSV with one head row whose bad rows do not stop the good ones; shared by the readers of simple tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from keniki.core.csv_dialect import decode, read_csv
from keniki.core.errors import WrongInput

from .base import RawBytes

#: Columns of the widest sheet there is.
WIDEST = 16_384


@dataclass(frozen=True, slots=True)
class Row:
    """A row's number in the file (from 1) and its cells under the head, trimmed, in the head's order."""

    number: int
    cells: Sequence[str]
    too_long: bool


@dataclass(frozen=True)
class Table:
    """A head and its rows; headings are trimmed and in lower case."""

    file: str
    headings: list[str]
    rows: list[Row]

    def column(self, heading: str) -> int | None:
        """The column's number from 1, None where the file has none of this heading."""
        return self.headings.index(heading) + 1 if heading in self.headings else None

    def first_of(self, *headings: str) -> int | None:
        """The first of these columns that the file has."""
        return next((number for heading in headings if (number := self.column(heading))), None)


def headings_of(file: RawBytes) -> list[str]:
    """The first line's cells in lower case, empty where the file is no CSV; looks at the beginning only."""
    head = file.content[:4096].splitlines()[:1]
    try:
        text = decode(head[0] if head else b"")[0]
    except WrongInput:
        return []
    return [cell.strip().strip('"').strip().casefold() for cell in text.split(",")]


def read_table(file: RawBytes, required: Sequence[str]) -> Table:
    """All rows below the head, blank ones left out; WrongInput for an empty file and a missing or doubled column."""
    rows = read_csv(file.content, file=file.name).rows
    if not rows:
        raise WrongInput(
            f"ファイルが空です。1行目に見出し（{'、'.join(required)}）、2行目以後にデータを入れてください。",
            file=file.name,
        )
    headings = [heading.strip().casefold() for heading in rows[0]]
    while headings and not headings[-1]:
        headings.pop()
    for heading in required:
        if heading not in headings:
            raise WrongInput(
                f"見出し「{heading}」の列がありません。見出し：{'、'.join(headings)}",
                file=file.name,
                row=1,
                column=heading,
            )
    if len(headings) > WIDEST:
        raise WrongInput(
            f"列が{len(headings):,}列あります。{WIDEST:,}列までの表を読み込んでください。",
            file=file.name,
            row=1,
        )
    often = Counter(headings)
    for heading in headings:
        if heading and often[heading] > 1:
            raise WrongInput(
                "同じ見出しの列が2つ以上あります。1つにしてください。", file=file.name, row=1, column=heading
            )
    width = len(headings)
    found = [
        Row(
            number,
            [cell.strip() for cell in row[:width]] + [""] * (width - len(row)),
            any(cell.strip() for cell in row[width:]),
        )
        for number, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row)
    ]
    return Table(file.name, headings, found)
