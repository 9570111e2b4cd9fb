"""Blocks as single lines of a sheet: what stands in one cell, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.press import blocks as b
from keniki.press import layout
from keniki.press.excel.sheet import Look


def flattened(content: b.CellValue | tuple[b.Block, ...]) -> b.CellValue:
    """Blocks as one text with line breaks, for a cell that cannot take more than one row."""
    if not isinstance(content, tuple):
        return content
    return _joined([words for words, _ in content_rows(content)])


def _spaced(cells: Sequence[b.CellValue]) -> b.Text:
    """Cells in one line, as a table inside a cell becomes."""
    return b.text("　".join(b.plain(layout.cell_text(cell)).replace("\n", "") for cell in cells))


def _joined(lines: Sequence[b.TextLike]) -> b.Text:
    parts: list[b.TextLike] = []
    for line in lines:
        parts += ["\n", line] if parts else [line]
    return b.text(*parts)


def content_rows(content: b.TextLike | tuple[b.Block, ...]) -> list[tuple[b.Text, int]]:
    """The rows of a cell's whole content, at least one."""
    rows = [row for block in layout.content_blocks(content) for row in cell_rows(block)]
    return rows or [(b.text(""), 0)]


def cell_rows(block: b.Block) -> list[tuple[b.Text, int]]:
    """A block in a cell as rows of the sheet, each with the kind of rule above it (0 none, 3 dashed)."""
    match block:
        case b.YearSections(sections=sections):
            rows: list[tuple[b.Text, int]] = []
            for position, section in enumerate(sections):
                inner = content_rows(section.content)
                rows.append((_joined([section.heading, inner[0][0]]), 3 if position else 0))
                rows += inner[1:]
            return rows
        case b.Group(blocks=blocks):
            return [piece for inner in blocks for piece in cell_rows(inner)]
        case _:
            return [(b.text(words), 0) for words, _ in text_lines(block)]


def text_lines(block: b.Block) -> list[tuple[b.TextLike, Look]]:
    """A block as lines with their look; pictures become their captions, tables one line per row."""
    match block:
        case b.Paragraph():
            size = {"small": 9.0, "title": 14.0}.get(block.role, 10.5)
            wanted = Look(size, block.role in ("title", "strong"), block.align, indent=round(block.indent))
            return [(b.text("　" * round(block.first_indent), block.text), wanted)]
        case b.Note():
            return [(block.text, Look(9, align=block.align))]
        case b.BulletList():
            return [(_bullet(mark, item), Look()) for mark, item in layout.bullet_items(block)]
        case b.LabelledList():
            return [(b.text(item.label, block.separator, item.text), Look()) for item in block.items]
        case b.Spacer():
            return [("", Look())] * max(1, round(block.lines))
        case b.YearSections():
            return [(words, Look()) for words, _ in cell_rows(block)]
        case b.Articles():
            return article_lines(block)
        case b.DataTable():
            rows = [*layout.head_rows(block), *layout.body_rows(block)]
            return [(_spaced([flattened(placed.cell.content) for placed in row]), Look()) for row in rows]
        case b.KeyValueTable():
            return [(_spaced([row.label, flattened(row.content)]), Look()) for row in block.rows]
        case b.CheckGrid():
            return [(b.text(item.name), Look()) for item in (*block.left, *block.right) if item.on]
        case b.PhotoGrid():
            return [(photo.caption, Look()) for photo in block.photos]
        case b.Figure():
            return [(block.caption or block.image.alt, Look())]
        case _:
            return []


def _bullet(mark: str, item: b.BulletItem) -> b.Text:
    spaced = mark if ord(mark[0]) > 255 else f"{mark} "
    return _joined([b.text(spaced, item.text), *(b.text("　", line) for line in item.lines)])


def article_lines(block: b.Articles) -> list[tuple[b.TextLike, Look]]:
    lines: list[tuple[b.TextLike, Look]] = []
    for article in block.articles:
        if b.plain(article.heading):
            lines.append((b.text("\n　", article.heading), Look()))
        for position, paragraph in enumerate(article.paragraphs):
            lead = paragraph.number if position else article.number
            lines.append((b.text(f"{lead}　" if lead else "", paragraph.text), Look()))
            lines += _item_lines(paragraph.items, 1)
    return lines


def _item_lines(items: tuple[b.ArticleItem, ...], depth: int) -> list[tuple[b.TextLike, Look]]:
    lines: list[tuple[b.TextLike, Look]] = []
    for item in items:
        lines.append((b.text(f"{item.mark} ", item.text), Look(indent=depth)))
        lines += _item_lines(item.items, depth + 1)
    return lines
