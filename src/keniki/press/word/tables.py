"""Tables of a Word file: built cell by cell, because python-docx's own cells grow slow in long tables."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from docx.shared import Mm, Pt
from docx.table import _Cell

from keniki.press import blocks as b
from keniki.press import layout, look
from keniki.press.word import styles
from keniki.press.word.pictures import add_picture
from keniki.press.word.xml import cell, row, table

if TYPE_CHECKING:
    from keniki.press.word.render import Writer


def write(writer: Writer, into: Any, block: b.Block, width: float) -> None:
    """Write a block that is a table; `width` in millimetres is the width at hand."""
    match block:
        case b.KeyValueTable():
            made = _key_values(writer, block, width)
        case b.DataTable():
            if b.plain(block.caption):
                caption = writer.paragraph(into)
                caption.paragraph_format.keep_with_next = True
                writer.words(caption, block.caption, bold=True, size=look.TABLE_PT)
            made = _data(writer, block, width)
        case b.CheckGrid():
            made = _checks(writer, block, width)
        case b.ComparisonTable():
            made = _comparison(writer, block, width)
        case b.PhotoGrid():
            if b.plain(block.heading):
                heading = writer.paragraph(into)
                heading.paragraph_format.keep_with_next = True
                heading.paragraph_format.space_before = Pt(10)
                writer.words(heading, block.heading, bold=True, size=11)
            made = _photos(writer, block, width)
        case _:
            raise TypeError(f"no table: {type(block).__name__}")
    _append(writer, into, made)


def cover_table(writer: Writer, block: b.Cover) -> Any:
    """The cover as one invisible table, so that its lines stand at fixed heights."""
    made = table([writer.width], borders=False)
    for lines, height, bottom in ((block.lines, 160, False), (block.bottom, 72, True)):
        line = row(split=False, height_mm=height if not writer.document.landscape else height * 0.66)
        box = cell(writer.width, middle=not bottom, bottom=bottom)
        for position, item in enumerate(lines or (b.CoverLine(""),)):
            paragraph = _paragraph(writer, box, "Normal", "center")
            size = look.COVER_PT[item.role]
            paragraph.paragraph_format.line_spacing = Pt(size * 1.6)
            paragraph.paragraph_format.space_before = Pt(10 if position else 0)
            paragraph.paragraph_format.space_after = Pt(10)
            strong = item.role in ("region", "title") and not writer.formal
            writer.words(paragraph, item.text, size=size, bold=strong)
        line.append(box)
        made.append(line)
    return made


def _key_values(writer: Writer, block: b.KeyValueTable, width: float) -> Any:
    label = width * block.width * block.label_width
    rest = width * block.width - label
    made = table([label, rest], ink=_ink(writer))
    for item in block.rows:
        content = layout.content_blocks(item.content)
        years = content[0].sections if len(content) == 1 and isinstance(content[0], b.YearSections) else ()
        parts = [_section_blocks(section) for section in years] or [content]
        for position, part in enumerate(parts):
            line = row()
            merge = None if len(parts) == 1 else "continue" if position else "restart"
            head = cell(label, merge=merge, fill=_pale(writer))
            paragraph = _paragraph(writer, head, styles.TABLE_HEAD)
            if not position:
                _balance(paragraph, item.label, label, writer)
                writer.words(paragraph, item.label)
            edges = {}
            if position:
                edges["top"] = "dashSmallGap"
            if position < len(parts) - 1:
                edges["bottom"] = "dashSmallGap"
            line.append(head)
            line.append(_filled(writer, cell(rest, edges=edges), part))
            made.append(line)
    return made


def _section_blocks(section: b.YearSection) -> tuple[b.Block, ...]:
    heading = b.Paragraph(section.heading, align="left", keep_with_next=True)
    return (heading, *layout.content_blocks(section.content))


def _data(writer: Writer, block: b.DataTable, width: float) -> Any:
    widths = layout.column_widths(block, width * block.width)
    made = table(widths, ink=_ink(writer), padding_mm=(0.5, 1.2) if block.size == "small" else (0.6, 1.8))
    head = layout.head_rows(block)
    _rows(writer, made, head, widths, block, head=True)
    _rows(writer, made, layout.body_rows(block), widths, block, head=False)
    return made


def _rows(
    writer: Writer, made: Any, rows: layout.Grid, widths: list[float], block: b.DataTable, *, head: bool
) -> None:
    merged: dict[tuple[int, int], layout.Placed] = {}
    for y, placed_row in enumerate(rows):
        line = row(head=head, split=False)
        starts = {placed.column: placed for placed in placed_row}
        x = 0
        while x < len(widths):
            placed = starts.get(x) or merged[y, x]
            starting = placed.row == y
            if starting and placed.cell.rowspan > 1:
                merged.update({(y + down, x): placed for down in range(1, placed.cell.rowspan)})
            span = placed.cell.colspan
            strong = placed.kind in ("head", "sum", "group")
            fill = _pale(writer) if placed.kind == "head" else None
            if placed.kind in ("sum", "group") and not writer.formal:
                fill = look.PALE
            edges = {}
            if block.dashed and not head:
                edges = {"top": "dashSmallGap"} if y else {}
                if y < len(rows) - 1:
                    edges["bottom"] = "dashSmallGap"
            box = cell(
                sum(widths[x : x + span]),
                span=span,
                merge=None if placed.cell.rowspan == 1 else "restart" if starting else "continue",
                fill=fill,
                middle=True,
                edges=edges,
            )
            style = styles.TABLE_HEAD if strong else styles.TABLE_TEXT
            if not starting:
                _paragraph(writer, box, style)
            elif isinstance(placed.cell.content, tuple):
                _filled(writer, box, placed.cell.content)
            else:
                paragraph = _paragraph(writer, box, style, placed.align)
                size = {"size": look.SMALL_PT} if block.size == "small" else {}
                writer.words(paragraph, layout.cell_text(placed.cell.content), **size)
            line.append(box)
            x += span
        made.append(line)


def _checks(writer: Writer, block: b.CheckGrid, width: float) -> Any:
    label = width * block.label_width
    mark = 9.5
    names = width - label - mark * (2 if block.right else 1)
    widths = [label, names * 0.4, mark, names * 0.6, mark] if block.right else [label, names, mark]
    made = table(widths, ink=_ink(writer))
    height = max(len(block.left), len(block.right))
    for y in range(height):
        line = row(split=False)
        head = cell(label, merge="continue" if y else "restart", fill=_pale(writer), middle=True)
        paragraph = _paragraph(writer, head, styles.TABLE_HEAD)
        if not y:
            _balance(paragraph, block.label, label, writer)
            writer.words(paragraph, block.label)
        line.append(head)
        for side, items in enumerate((block.left, block.right) if block.right else (block.left,)):
            item = items[y] if y < len(items) else b.CheckItem("")
            name = cell(widths[1 + 2 * side], middle=True)
            writer.words(_paragraph(writer, name, styles.TABLE_TEXT), item.name)
            tick = cell(mark, middle=True)
            writer.words(_paragraph(writer, tick, styles.TABLE_TEXT, "center"), block.mark if item.on else "")
            line.append(name)
            line.append(tick)
        made.append(line)
    return made


def _comparison(writer: Writer, block: b.ComparisonTable, width: float) -> Any:
    note = width * 0.15 if block.note_title else 0
    half = (width - note) / 2
    widths = [half, half] + ([note] if note else [])
    made = table(widths, ink=_ink(writer))
    titles = [block.old_title, block.new_title]
    lines: list[tuple[b.TextLike, ...]] = [(one.old, one.new) for one in block.rows]
    if block.new_first:
        titles.reverse()
        lines = [line[::-1] for line in lines]
    head = row(head=True, split=False)
    for mm, title in zip(widths, [*titles, block.note_title], strict=False):
        box = cell(mm, fill=_pale(writer))
        writer.words(_paragraph(writer, box, styles.TABLE_HEAD, "center"), title)
        head.append(box)
    made.append(head)
    for one, pair in zip(block.rows, lines, strict=True):
        line = row()
        for mm, words in zip(widths, (*pair, one.note), strict=False):
            box = cell(mm)
            writer.words(_paragraph(writer, box, styles.TABLE_TEXT), words)
            line.append(box)
        made.append(line)
    return made


def _photos(writer: Writer, block: b.PhotoGrid, width: float) -> Any:
    own = width / block.columns
    height = {1: 80.0, 2: 54.0, 3: 36.0}[block.columns]
    made = table([own] * block.columns, borders=False, padding_mm=(1, 2.5))
    for start in range(0, len(block.photos), block.columns):
        line = row(split=False)
        for photo in block.photos[start : start + block.columns]:
            line.append(_photo(writer, photo, own, height))
        for _ in range(block.columns - len(line.tc_lst)):
            empty = cell(own)
            _paragraph(writer, empty, styles.TABLE_TEXT)
            line.append(empty)
        made.append(line)
    return made


def _photo(writer: Writer, photo: b.Photo, own: float, height: float) -> Any:
    frame = dict.fromkeys(("top", "left", "bottom", "right"), "dashSmallGap")
    box = cell(own, edges=frame if photo.image is None else None, bottom=True)
    paragraph = _paragraph(writer, box, styles.TABLE_TEXT, "center")
    if photo.image is None:
        withheld = b.plain(photo.withheld)
        paragraph.paragraph_format.space_before = Mm(height / 2 - 4)
        paragraph.paragraph_format.space_after = Mm(height / 2 - 4)
        if withheld:
            writer.words(paragraph, b.Run(withheld, muted=True))
        else:
            writer.missing(paragraph, "写真 未入力")
    else:
        paragraph.paragraph_format.line_spacing = 1.0
        writer.pictures += 1
        add_picture(paragraph, photo.image, writer.pictures, width_mm=own - 5, height_mm=height)
    writer.words(_paragraph(writer, box, "Caption", "center"), photo.caption)
    return box


def _filled(writer: Writer, box: Any, blocks: tuple[b.Block, ...]) -> Any:
    inside = _Cell(box, writer.word)
    writer.blocks(inside, blocks)
    if not box.p_lst:
        _paragraph(writer, box, styles.TABLE_TEXT)
    return box


def _paragraph(writer: Writer, box: Any, style: str, align: b.Align = "left") -> Any:
    return writer.paragraph(_Cell(box, writer.word), style, align)


def _balance(paragraph: Any, label: b.TextLike, width: float, writer: Writer) -> None:
    """Narrow a label that needs several lines until they are about equally long."""
    em = (10.5 if writer.formal else look.TABLE_PT) * 0.3528
    room = int((width - 3.6) / em)
    letters = len(b.plain(label))
    if letters > room and "\n" not in b.plain(label):
        even = ceil(letters / ceil(letters / room))
        paragraph.paragraph_format.right_indent = Mm((room - even) * em)


def _append(writer: Writer, into: Any, made: Any) -> None:
    if into is writer.word:
        writer.word.element.body.insert_element_before(made, "w:sectPr")
    else:
        into._tc.append(made)


def _pale(writer: Writer) -> str | None:
    return None if writer.formal else look.KEY_PALE


def _ink(writer: Writer) -> str:
    return look.TEXT if writer.formal else look.LINE
