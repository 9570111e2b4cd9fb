"""One sheet of a 様式: a fine grid of columns on A4, merged areas, row heights, page breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
from math import ceil
from typing import Any

from PIL import Image as Pillow

from keniki.core.csv_dialect import guard_formula
from keniki.press import blocks as b
from keniki.press import layout, look
from keniki.press.images import raster

_COLUMNS = {False: 48, True: 70}
_PAGE_PT = {False: 712.0, True: 460.0}
_COLUMN_PX = 14
_LINE_PT = 15.0
_LETTER_PX = 13.4
_PADDING_PX = 8
_HIGHEST_PT = 400.0


@dataclass(frozen=True, slots=True)
class Look:
    size: float = 10.5
    bold: bool = False
    align: b.Align = "left"
    middle: bool = False
    fill: str | None = None
    ink: str = look.TEXT
    indent: int = 0
    number: str | None = None
    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0
    rule: str = look.LINE
    guarded: bool = False
    underlined: bool = False
    struck: bool = False
    raised: bool = False


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture over the fine columns from `left` on, in the row `y` of `points`."""

    y: int
    left: int
    columns: int
    points: float
    image: b.Image


class FormSheets:
    """Opens sheets for a document and writes into the row `y` of the one that is open.

    What is put stands on fine columns of equal width. When a sheet is closed, only those edges become columns of
    the workbook at which something begins or ends: fewer cells, and a sheet that people can edit.
    """

    def __init__(self, book: Any, document: b.Document) -> None:
        self.book = book
        self.document = document
        self.formal = document.style == "formal"
        self.columns = _COLUMNS[document.landscape]
        self.font = look.WORD_SERIF if self.formal else look.EXCEL_SANS
        self.page: Any = None
        self.y = 0
        self._formats: dict[Look, Any] = {}
        self._breaks: list[int] = []
        self.heights: dict[int, float] = {}
        self._kept: set[int] = set()
        self._put: list[tuple[tuple[int, int, int, int], b.CellValue, Look]] = []
        self._pictures: list[_Picture] = []

    def open(self, name: str, *, numbered: bool) -> None:
        self.page = self.book.add_worksheet(name)
        self._put, self._pictures = [], []
        self.y = 0
        self._breaks, self.heights, self._kept = [], {}, set()
        self.heads: list[tuple[int, int]] = []
        self.page.hide_gridlines(2)
        self.page.set_paper(9)
        if self.document.landscape:
            self.page.set_landscape()
        self.page.set_margins(left=0.6, right=0.6, top=0.85, bottom=0.75)
        self.page.fit_to_pages(1, 0)
        self.page.center_horizontally()
        bold = f'&"{look.EXCEL_SANS},Bold"'
        head = ""
        bands = [
            *([f"&9{bold}{look.EXERCISE}"] if self.document.exercise else []),
            *([f"&9{bold}&K{look.WARNING[1:].upper()}{look.FICTIONAL}"] if self.document.fictional else []),
        ]
        if bands:
            head += f"&C{chr(10).join(bands)}"
        if self.document.draft_mark:
            head += f"&R&10{bold}&K{look.ERROR[1:].upper()}{self.document.draft_mark.replace('&', '&&')}"
        if head:
            self.page.set_header(head)
        foot = f"&L&8{self.document.footer.replace('&', '&&')}" if self.document.footer else ""
        if numbered:
            foot += "&C- &P -"
        if foot:
            self.page.set_footer(foot)
        self.page.set_start_page(1)

    def close(self) -> None:
        """Write what was put on the sheet, with as few columns as it needs, and say what is printed."""
        edges = {0, self.columns}
        for (_, left, _, right), _, _ in self._put:
            edges |= {left, right + 1}
        edges |= {picture.left for picture in self._pictures}
        column = {edge: position for position, edge in enumerate(sorted(edges))}
        for left, right in pairwise(sorted(edges)):
            self.page.set_column_pixels(column[left], column[left], (right - left) * _COLUMN_PX)
        for (top, left, bottom, right), content, wanted in self._put:
            self._write((top, column[left], bottom, column[right + 1] - 1), content, wanted)
        for picture in self._pictures:
            self._insert(picture, column[picture.left])
        self.page.print_area(0, 0, max(self.y - 1, 0), column[self.columns] - 1)

    def _format(self, wanted: Look) -> Any:
        if wanted not in self._formats:
            values: dict[str, Any] = {
                "font_name": self.font if not wanted.bold else look.EXCEL_SANS,
                "font_size": wanted.size,
                "bold": wanted.bold,
                "font_color": wanted.ink,
                "align": "left" if wanted.align == "justify" else wanted.align,
                "valign": "vcenter" if wanted.middle else "top",
                "text_wrap": True,
                "indent": wanted.indent,
                "left": wanted.left,
                "right": wanted.right,
                "top": wanted.top,
                "bottom": wanted.bottom,
                "border_color": wanted.rule,
                "quote_prefix": wanted.guarded,
                "underline": int(wanted.underlined),
                "font_strikeout": wanted.struck,
                "font_script": int(wanted.raised),
            }
            if wanted.fill:
                values["bg_color"] = wanted.fill
            if wanted.number:
                values["num_format"] = wanted.number
            self._formats[wanted] = self.book.add_format(values)
        return self._formats[wanted]

    def put(self, area: tuple[int, int, int, int], content: b.CellValue, wanted: Look | None = None) -> None:
        """Write into rows and columns (top, left, bottom, right), merged where it is more than one cell."""
        self._put.append((area, content, wanted or Look()))

    def _write(self, area: tuple[int, int, int, int], content: b.CellValue, wanted: Look) -> None:
        top, left, bottom, right = area
        number = isinstance(content, (int, Decimal))
        words = b.text("") if isinstance(content, (int, Decimal)) else b.text(content)
        if isinstance(content, (int, Decimal)):
            places = max(0, -int(Decimal(content).as_tuple().exponent))
            shown = "#,##0" + ("." + "0" * places if places else "")
            wanted = with_changes(wanted, number=f"{shown};▲{shown}")
        elif guard_formula(b.plain(words)) != b.plain(words):
            wanted = with_changes(wanted, guarded=True)
        shape = self._format(wanted)
        if (top, left) != (bottom, right):
            self.page.merge_range(top, left, bottom, right, "", shape)
        if number:
            self.page.write_number(top, left, content, shape)
        elif not words:
            self.page.write_blank(top, left, None, shape)
        elif all(isinstance(run, b.Run) and not styled(run) for run in words.runs):
            self.page.write_string(top, left, b.plain(words), shape)
        else:
            self._put_rich(top, left, words, wanted, shape)

    def _put_rich(self, y: int, x: int, words: b.Text, wanted: Look, shape: Any) -> None:
        pieces: list[Any] = []
        for run in words.runs:
            letters = run.words if isinstance(run, b.Missing) else run.text
            if letters:
                pieces += [self._run_format(run, wanted), letters]
        if len(pieces) == 2:
            self.page.write_string(y, x, pieces[1], self._single(words.runs, wanted))
        else:
            self.page.write_rich_string(y, x, *pieces, shape)

    def _single(self, runs: Sequence[b.Inline], wanted: Look) -> Any:
        run = next(run for run in runs if isinstance(run, b.Missing) or run.text)
        if isinstance(run, b.Missing):
            return self._format(with_changes(wanted, bold=True, ink=look.ERROR))
        tracked = run.change in ("inserted", "deleted")
        ink = look.ERROR if tracked else look.MUTED if run.muted else wanted.ink
        return self._format(
            with_changes(
                wanted,
                bold=wanted.bold or run.bold,
                ink=ink,
                underlined=run.change in ("inserted", "changed"),
                struck=run.change == "deleted",
                raised=run.superscript,
            )
        )

    def _run_format(self, run: b.Inline, wanted: Look) -> Any:
        values: dict[str, Any] = {"font_name": self.font, "font_size": wanted.size, "font_color": wanted.ink}
        if isinstance(run, b.Missing):
            return self.book.add_format({**values, "bold": True, "font_color": look.ERROR})
        if run.bold or wanted.bold:
            values.update(bold=True, font_name=look.EXCEL_SANS)
        if run.superscript:
            values["font_script"] = 1
        if run.muted:
            values["font_color"] = look.MUTED
        if run.change == "deleted":
            values.update(font_strikeout=True, font_color=look.ERROR)
        if run.change == "inserted":
            values.update(underline=1, font_color=look.ERROR)
        if run.change == "changed":
            values["underline"] = 1
        return self.book.add_format(values)

    def height(self, content: b.CellValue, columns: int, *, size: float = 10.5, indent: int = 0) -> float:
        """Points a text needs in a cell that many columns wide."""
        room = columns * _COLUMN_PX - _PADDING_PX - indent * 9
        letters = max(1, int(room / (_LETTER_PX * size / 10)))
        lines = 0
        for line in b.plain(layout.cell_text(content)).split("\n"):
            width = sum(1 if ord(letter) > 255 else 0.56 for letter in line)
            lines += max(1, ceil(width / letters))
        return lines * max(_LINE_PT, size * 1.45)

    def line(
        self,
        content: b.CellValue,
        wanted: Look | None = None,
        *,
        left: int = 0,
        right: int | None = None,
        space: float = 2,
        keep: bool = False,
    ) -> None:
        """One row of the sheet with a text from column `left` to `right`."""
        wanted = wanted or Look()
        right = self.columns - 1 if right is None else right
        height = self.height(content, right - left + 1, size=wanted.size, indent=wanted.indent) + space
        self.row(height, keep=keep)
        self.put((self.y, left, self.y, right), content, wanted)
        self.y += 1

    def gap(self, points: float = 8, *, keep: bool = False) -> None:
        self.row(points, keep=keep)
        self.y += 1

    def row(self, points: float, *, keep: bool = False) -> None:
        """The height of the row at hand; `keep`: no page ends after it."""
        points = min(points, _HIGHEST_PT)
        self.page.set_row(self.y, points)
        self.heights[self.y] = points
        if keep:
            self._kept.add(self.y)

    def keep_rows(self, start: int) -> None:
        """No page ends between the rows from `start` to the last one written."""
        self._kept.update(range(start, self.y - 1))

    def page_breaks(self) -> list[int]:
        """The breaks asked for and those needed, moved up so that headings stay with what follows."""
        found: list[int] = []
        start, used = 0, 0.0
        for y in range(self.y):
            if y in self._breaks:
                found.append(y)
                start, used = y, 0.0
            used += self.heights.get(y, _LINE_PT)
            if used > _PAGE_PT[self.document.landscape]:
                cut = y
                while cut > start + 1 and cut - 1 in self._kept:
                    cut -= 1
                cut = cut if cut > start + 1 else y
                found.append(cut)
                start, used = cut, sum(self.heights.get(row, _LINE_PT) for row in range(cut, y + 1))
        return found

    def break_page(self) -> None:
        if self.y:
            self._breaks.append(self.y)

    def picture(self, image: b.Image, width: float) -> None:
        image = b.Image(raster(image.data), image.alt)
        with Pillow.open(BytesIO(image.data)) as opened:
            shape = opened.height / opened.width
        points = min(self.columns * _COLUMN_PX * width * shape * 0.75 + 6, _HIGHEST_PT)
        self.row(points, keep=True)
        self.insert(image, 0, self.columns, points)
        self.y += 1

    def insert(self, image: b.Image, left: int, columns: int, points: float) -> None:
        """Fit a picture into so many columns of the row at hand, `points` high."""
        drawn = b.Image(raster(image.data), image.alt)
        self._pictures.append(_Picture(self.y, left, columns, points, drawn))

    def _insert(self, picture: _Picture, column: int) -> None:
        data = picture.image.data
        with Pillow.open(BytesIO(data)) as opened:
            across, down = opened.size
            dpi = opened.info.get("dpi", (96, 96))
        room_x, room_y = picture.columns * _COLUMN_PX, picture.points * 96 / 72 - 6
        scale = min(room_x / across, room_y / down)
        self.page.insert_image(
            picture.y,
            column,
            "picture.png",
            {
                "image_data": BytesIO(data),
                "x_scale": scale * float(dpi[0] or 96) / 96,
                "y_scale": scale * float(dpi[1] or 96) / 96,
                "x_offset": (room_x - across * scale) / 2,
                "y_offset": 3,
                "description": picture.image.alt,
                "object_position": 1,
            },
        )


def with_changes(wanted: Look, **changes: Any) -> Look:
    return replace(wanted, **changes)


def styled(run: b.Run) -> bool:
    return run.bold or run.superscript or run.muted or bool(run.change)
