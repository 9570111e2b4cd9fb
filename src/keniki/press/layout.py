"""What renderers ask of a block tree before they draw: is it whole, what is missing, where is each cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import TypeAlias

from keniki.core.errors import WrongInput
from keniki.press import blocks as b


@dataclass(frozen=True, slots=True)
class MissingMark:
    """Something 未入力 with its place: the last heading and the row label, photo caption or table caption."""

    place: str
    label: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell with its place in the grid, counted from 0; `align` is resolved."""

    row: int
    column: int
    cell: b.Cell
    align: b.Align
    kind: str


Grid: TypeAlias = tuple[tuple[Placed, ...], ...]


def missing_marks(document: b.Document) -> tuple[MissingMark, ...]:
    """Everything the document still lacks, in reading order: 未入力 marks and photos without a picture."""
    return tuple(_missing(document.blocks, _Place()))


def check(document: b.Document) -> None:
    """Refuse a tree no renderer can draw.

    Raises `WrongInput` when a final document still has something missing, `ValueError` for a tree that is
    malformed (no zone, skipped heading level, cells that do not fill the grid, image without text).
    """
    if document.dated.tzinfo is None:
        raise ValueError("dated needs a time zone")
    _check_blocks(document.blocks, [0])
    if document.final and (marks := missing_marks(document)):
        listed = "、".join(f"{mark.place}「{mark.label}」".lstrip() for mark in marks[:5])
        more = f" ほか{len(marks) - 5}件" if len(marks) > 5 else ""
        raise WrongInput(
            f"未入力が{len(marks)}件残っているため出力できません（{listed}{more}）。"
            "入力を済ませるか、確認版で出力してください。"
        )


def number_text(value: int | Decimal) -> str:
    """1234567 → 「1,234,567」, -5 → 「▲5」; the digits after the point stay as they are."""
    return f"▲{-value:,}" if value < 0 else f"{value:,}"


def cell_text(content: b.CellValue) -> b.Text:
    """The content of a cell as text, numbers written for reading."""
    return b.text(number_text(content) if isinstance(content, (int, Decimal)) else content)


def marker(kind: str, position: int) -> str:
    """The mark before the item at `position` (from 0): 「・」, ①…㊿, (1)…, 1…"""
    if kind == "・":
        return kind
    if kind == "①" and position < 50:
        first, start = ((0x2460, 0), (0x3251, 20), (0x32B1, 35))[(position >= 20) + (position >= 35)]
        return chr(first + position - start)
    return str(position + 1) if kind == "1" else f"({position + 1})"


def head_rows(table: b.DataTable) -> Grid:
    """The head of a table as placed cells: the given one, or one row from the columns' titles and units."""
    if table.head is not None:
        return grid(table.head, len(table.columns), (), head=True)
    if not any(b.plain(column.title) or column.unit for column in table.columns):
        return ()
    titles = [
        b.text(column.title, f"\n（{column.unit}）") if column.unit else b.text(column.title)
        for column in table.columns
    ]
    return grid([titles], len(titles), (), head=True)


def body_rows(table: b.DataTable) -> Grid:
    """The rows of a table as placed cells."""
    return grid(table.rows, len(table.columns), tuple(column.align for column in table.columns))


def grid(
    rows: Sequence[b.Row | Sequence[b.Cell | b.CellValue]],
    width: int,
    aligns: Sequence[b.Align],
    *,
    head: bool = False,
) -> Grid:
    """Place cells with spans on a grid `width` columns wide; ValueError when a row does not fill it."""
    taken: set[tuple[int, int]] = set()
    placed_rows = []
    for y, row in enumerate(rows):
        kind = "head" if head else row.kind if isinstance(row, b.Row) else "body"
        placed = []
        x = 0
        for value in row.cells if isinstance(row, b.Row) else row:
            cell = value if isinstance(value, b.Cell) else b.Cell(value)
            while (y, x) in taken:
                x += 1
            if x + cell.colspan > width or y + cell.rowspan > len(rows):
                raise ValueError(f"row {y + 1}: cells reach over the edge of the table")
            number = isinstance(cell.content, (int, Decimal))
            own = "center" if head else "right" if number and aligns[x] == "left" else aligns[x]
            align = cell.align or own
            placed.append(Placed(y, x, cell, align, "head" if cell.head else kind))
            taken.update((y + i, x + j) for i in range(cell.rowspan) for j in range(cell.colspan))
            x += cell.colspan
        if any((y, column) not in taken for column in range(width)):
            raise ValueError(f"row {y + 1}: fewer cells than the table's {width} columns")
        placed_rows.append(tuple(placed))
    return tuple(placed_rows)


def column_widths(table: b.DataTable, width: float) -> list[float]:
    """Columns in millimetres; a column without a share is as wide as its longest line, up to a third."""
    lines = [0] * len(table.columns)
    for placed_row in (*head_rows(table), *body_rows(table)):
        for placed in placed_row:
            if placed.cell.colspan == 1 and not isinstance(placed.cell.content, tuple):
                words = b.plain(cell_text(placed.cell.content))
                longest = max(
                    (sum(1 if ord(c) > 255 else 0.55 for c in line) for line in words.split("\n")), default=0
                )
                lines[placed.column] = max(lines[placed.column], round(longest * 3.6 + 5))
    fixed = [
        0.0 if column.width else min(width / 3, max(10, lines[position]))
        for position, column in enumerate(table.columns)
    ]
    shares = sum(column.width for column in table.columns) or 1
    left = max(width - sum(fixed), width * 0.2)
    return [own or left * column.width / shares for own, column in zip(fixed, table.columns, strict=True)]


def content_blocks(content: b.TextLike | tuple[b.Block, ...]) -> tuple[b.Block, ...]:
    """The content of a cell as blocks; a bare text becomes one left-aligned paragraph."""
    return content if isinstance(content, tuple) else (b.Paragraph(content, align="left"),)


def bullet_items(block: b.BulletList) -> list[tuple[str, b.BulletItem]]:
    """The items of a list with their marks."""
    return [
        (marker(block.marker, position), item if isinstance(item, b.BulletItem) else b.BulletItem(item))
        for position, item in enumerate(block.items)
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    heading: str = ""
    label: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.heading, self.label) if part)


def _missing(node: object, place: _Place) -> Iterator[MissingMark]:
    if isinstance(node, b.Missing):
        yield MissingMark(str(place), node.label or place.label or "本文")
        return
    if isinstance(node, b.Photo) and node.image is None and not b.plain(node.withheld):
        yield MissingMark(" ".join(part for part in (place.heading, b.plain(node.caption)) if part), "写真")
    if isinstance(node, (tuple, list)):
        for child in node:
            yield from _missing(child, place)
            if isinstance(child, b.Heading):
                place = _Place(b.plain(child.text))
        return
    if is_dataclass(node) and not isinstance(node, (b.Run, b.Image)):
        inner = _Place(place.heading, _label(node) or place.label)
        for item in fields(node):
            yield from _missing(getattr(node, item.name), inner)


def _label(node: object) -> str:
    match node:
        case b.KeyValueRow(label=label) | b.LabelledItem(label=label):
            return b.plain(label)
        case b.YearSection(heading=heading) | b.PhotoGrid(heading=heading):
            return b.plain(heading)
        case b.DataTable(caption=caption):
            return b.plain(caption)
        case b.Signatory(body=body):
            return b.plain(body)
        case b.Article(number=number):
            return number
    return ""


def _check_blocks(node: object, level: list[int]) -> None:
    if isinstance(node, (tuple, list)):
        for child in node:
            _check_blocks(child, level)
        return
    match node:
        case b.Heading(level=found):
            if found > level[0] + 1:
                raise ValueError(f"heading {b.plain(node.text)!r}: level {found} after {level[0]}")
            level[0] = found
        case b.DataTable():
            head_rows(node)
            body_rows(node)
        case b.Image(data=data, alt=alt):
            image_kind(data)
            if not alt.strip():
                raise ValueError("an image needs a text that says what it shows")
        case b.YearSection(content=()) | b.KeyValueRow(content=()):
            raise ValueError("an empty section: say NOTHING or Missing")
    if is_dataclass(node) and not isinstance(node, b.Run):
        for item in fields(node):
            _check_blocks(getattr(node, item.name), level)


def image_kind(data: bytes) -> str:
    """jpg, png or svg by content; ValueError for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if b"<svg" in data[:1000]:
        return "svg"
    raise ValueError("an image must be JPEG, PNG or SVG")
