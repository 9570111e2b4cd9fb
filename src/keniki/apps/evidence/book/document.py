"""The book as a document: Word, PDF and Excel of the same exhibits (圏域基礎調査報告書)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from keniki.press import blocks as b
from keniki.press.excel import DataSheet
from keniki.press.excel.data import Value

from .book import Book, Chapter
from .tables import Entry, Exhibit, Table

TITLE = "圏域基礎調査報告書"
#: So many letters of numbers fit beside the labels on a page of A4 held sideways.
FITTING = 126
#: A column of words takes the place of so many.
WORDED = 28
#: How high a chart may be, as a share of the width of the text.
TALLEST = 0.52
#: The share of the page's width that a chart takes; one of more pixels takes more, the whole page at so many.
HALF, WIDE, READABLE = 0.55, 700, 930
_SIZE = re.compile(rb'<svg[^>]*? width="([0-9.]+)" height="([0-9.]+)"')
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True)
class Written:
    """The book as a document and its data sheets, with the exhibits they were made of."""

    document: b.Document
    sheets: tuple[DataSheet, ...]
    chapters: tuple[Chapter, ...]

    @property
    def exhibits(self) -> list[Exhibit]:
        """All exhibits in order."""
        return [exhibit for chapter in self.chapters for exhibit in chapter.exhibits]


def write(book: Book, told: Callable[[str], None] = lambda _: None, *, mark: str | None = None) -> Written:
    """The whole book; `told` hears the name of each chapter as it is made, `mark` stands at the head of every page."""
    chapters = []
    for chapter in book.chapters():
        told(chapter.name)
        chapters.append(chapter)
    found: list[b.Block] = [
        b.Cover(
            lines=(b.CoverLine(book.title, "region"), b.CoverLine(TITLE, "title")),
            bottom=(b.CoverLine("、".join(place.name for place in book.members), "plain"),),
        ),
        b.PageBreak(),
        b.Contents(depth=2),
    ]
    number = 0
    for chapter in chapters:
        if not chapter.exhibits:
            continue
        number += 1
        found.append(b.Heading(1, chapter.name, number=f"第{number}章", new_page=True))
        for at, exhibit in enumerate(chapter.exhibits, 1):
            found.extend(_blocks(exhibit, f"{number}-{at}"))
    found.extend(_missing(chapters))
    editions = [edition for chapter in chapters for each in chapter.exhibits for edition in each.editions]
    days = [row.published_on or row.imported_at.date() for row in editions]
    document = b.Document(
        title=f"{book.title} {TITLE}",
        subject=TITLE,
        keywords=(book.title, TITLE),
        blocks=tuple(found),
        dated=datetime.combine(max(days, default=date(2000, 1, 1)), time(), ZoneInfo("Asia/Tokyo")),
        draft_mark=mark,
        fictional=book.region.fictional if book.region is not None else False,
        landscape=True,
    )
    exhibits = [exhibit for chapter in chapters for exhibit in chapter.exhibits]
    return Written(document, sheets_of(exhibits), tuple(chapters))


def _blocks(exhibit: Exhibit, number: str) -> list[b.Block]:
    found: list[b.Block] = [b.Heading(2, exhibit.title, number=number)]
    found.extend(charts_of(exhibit))
    if exhibit.table is not None:
        found.extend(tables_of(exhibit.table))
    found.extend(b.Note(f"※{note}") for note in exhibit.notes)
    if exhibit.sources:
        found.append(b.Note(f"出典：{'、'.join(exhibit.sources)}"))
    return found


def charts_of(exhibit: Exhibit, captions: Sequence[str] = ()) -> list[b.Block]:
    """One chart over half the page, two beside each other, tall ones small enough for one page, wide ones wider."""
    drawn = [(chart, chart.svg()) for chart in exhibit.charts]
    words = [*captions, *("",) * (len(drawn) - len(captions))]
    shares = [min(_share(svg), TALLEST * _proportion(svg), 1.0) for _, svg in drawn]
    if len(drawn) == 2 and min(shares) > 0.45 and max(shares) <= HALF:
        return [
            b.PhotoGrid(
                tuple(
                    b.Photo(caption, b.Image(svg, chart.alt))
                    for (chart, svg), caption in zip(drawn, words, strict=True)
                )
            )
        ]
    return [
        b.Figure(b.Image(svg, chart.alt), caption, share)
        for (chart, svg), share, caption in zip(drawn, shares, words, strict=True)
    ]


def _share(svg: bytes) -> float:
    """The part of the page's width at which the letters of a drawing can be read."""
    found = _SIZE.search(svg)
    return max(HALF, float(found[1]) / READABLE) if found and float(found[1]) > WIDE else HALF


def _proportion(svg: bytes) -> float:
    """Width ÷ height of a drawing."""
    found = _SIZE.search(svg)
    return float(found[1]) / float(found[2]) if found else 1.0


def tables_of(table: Table, caption: str = "") -> list[b.Block]:
    """The table in as many parts as its columns need, a small one over half the page."""
    parts = _parts(table)
    found: list[b.Block] = []
    for number, part in enumerate(parts, 1):
        columns = (
            b.Column(table.corner_shown, 2.4),
            *(
                b.Column(head, 2.4, "left") if _worded(table, at) else b.Column(head, 1, "right", unit)
                for at, (head, unit) in enumerate(table.heads[part], part.start)
            ),
        )
        rows = tuple(
            b.Row(
                (
                    b.text(row.label, b.Run(f"（{row.below}）", muted=True)) if row.below else row.label,
                    *(_cell(cell) for cell in row.cells[part]),
                ),
                "sum" if row.kind == "sum" else "body",
            )
            for row in table.rows
        )
        small = len(table.columns) <= 2 and not any(_worded(table, at) for at in range(len(table.columns)))
        width = 0.5 if small else 1.0
        several = f"（{number}／{len(parts)}）" if caption and len(parts) > 1 else ""
        found.append(b.DataTable(columns, rows, caption=caption + several, size="small", width=width))
    return found


def _parts(table: Table) -> list[slice]:
    """Columns that fit on a page together, by the letters of their longest numbers; about as many on each page."""
    letters = [
        WORDED
        if _worded(table, at)
        else max(2 + max((len(row.cells[at].shown) for row in table.rows), default=0), 6)
        for at in range(len(table.columns))
    ]
    fewest = len(_cut(letters, FITTING))
    for room in range(sum(letters) // fewest, FITTING):
        if len(found := _cut(letters, room)) == fewest:
            return found
    return _cut(letters, FITTING)


def _cut(letters: Sequence[int], room: int) -> list[slice]:
    found: list[slice] = []
    start, used = 0, 0
    for at, wide in enumerate(letters):
        if used and used + wide > room:
            found.append(slice(start, at))
            start, used = at, 0
        used += wide
    return [*found, slice(start, len(letters))]


def _worded(table: Table, column: int) -> bool:
    """Whether a column holds sentences, or words and no number."""
    cells = [row.cells[column] for row in table.rows]
    return any(cell.is_words for cell in cells) or not any(cell.value is not None for cell in cells)


def _cell(cell: Entry) -> b.CellValue:
    number = cell.number
    if number is None:
        return cell.text or b.NOTHING
    return int(number) if number == number.to_integral_value() and not cell.decimals else number


def _missing(chapters: Sequence[Chapter]) -> list[b.Block]:
    """What the book still lacks and which file would bring it; what several chapters lack once."""
    first: dict[str, str] = {}
    for chapter in chapters:
        for text in chapter.missing:
            first.setdefault(text, chapter.name)
    lacking = [(name, text) for text, name in first.items()]
    if not lacking:
        return []
    return [
        b.Heading(1, "まだない図表と、読み込むファイル", new_page=True),
        b.DataTable(
            (b.Column("章", 1), b.Column("図表と、読み込むファイル", 5)), tuple(lacking), size="small"
        ),
    ]


def sheet(exhibit: Exhibit, name: str = "") -> DataSheet:
    """An exhibit's table as a データ sheet: numbers as numbers, units in the heads."""
    table = exhibit.table
    if table is None:
        raise ValueError(f"{exhibit.id} has no table")
    heads = [f"{head}（{unit}）" if unit else head for head, unit in table.heads]
    below = any(row.below for row in table.rows)
    columns = [table.corner_shown, *(["単位・時点"] if below else []), *heads]
    rows: list[list[Value]] = [
        [row.label, *([row.below] if below else []), *(_value(cell) for cell in row.cells)]
        for row in table.rows
    ]
    return DataSheet(name or _named(exhibit.title, 0), tuple(_unlike(columns)), rows)


def _value(cell: Entry) -> Value:
    number: Decimal | None = cell.number
    return (cell.text or None) if number is None else number


def _unlike(columns: Sequence[str]) -> list[str]:
    """The heads, those that stand twice told apart by a number."""
    seen: dict[str, int] = {}
    found = []
    for head in columns:
        seen[head] = seen.get(head, 0) + 1
        found.append(head if seen[head] == 1 else f"{head}_{seen[head]}")
    return found


def _named(title: str, number: int) -> str:
    """A name a sheet may have: 31 letters, none that a spreadsheet forbids."""
    start = f"{number:02d}_" if number else ""
    return start + _FORBIDDEN.sub("・", title)[: 31 - len(start)]


def sheets_of(exhibits: Sequence[Exhibit]) -> tuple[DataSheet, ...]:
    """A データ sheet for each exhibit with a table, and one with the sources of all."""
    tabled = [exhibit for exhibit in exhibits if exhibit.table is not None]
    made = [sheet(exhibit, _named(exhibit.title, at)) for at, exhibit in enumerate(tabled, 1)]
    cited = [(exhibit.title, line) for exhibit in tabled for line in exhibit.sources]
    return (*made, DataSheet("出典", ("図表", "出典"), cited))
