"""Small pieces of WordprocessingML that python-docx has no words for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx.oxml.ns import nsmap, qn
from docx.oxml.parser import oxml_parser

TWIPS_PER_MM = 56.6929
# What follows w:shd in w:pPr: the schema fixes the order of properties.
_AFTER_SHADE = (
    "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct", "w:topLinePunct",
    "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind",
    "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection",
    "w:textAlignment", "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr",
    "w:pPrChange",
)  # fmt: skip


def element(tag: str, **attributes: str | int) -> Any:
    """`element("w:shd", val="clear", fill="e6f5ec")`: an element with attributes of the w: namespace."""
    made = oxml_parser.makeelement(_clark(tag), nsmap=_NAMESPACES)
    for name, value in attributes.items():
        made.set(_clark(f"w:{name}"), str(value))
    return made


_NAMESPACES = {"w": nsmap["w"]}
_clark = cache(qn)


def paragraph(
    style: str,
    *,
    align: str = "",
    keep_next: bool = False,
    keep_lines: bool = False,
    page_break: bool = False,
    number: int | None = None,
    before: float | None = None,
    after: float | None = None,
    line: float | None = None,
    left: float | None = None,
    first: float | None = None,
) -> Any:
    """A `w:p` without runs, its properties in the order of the schema.

    `style` is an id, `align` a value of `w:jc`, `number` that of a list; `before`, `after`, `line` (exact) and the
    indents `left` and `first` (negative: hanging) are in points.
    """
    made = element("w:p")
    properties = element("w:pPr")
    made.append(properties)
    properties.append(element("w:pStyle", val=style))
    for name, wanted in (("keepNext", keep_next), ("keepLines", keep_lines), ("pageBreakBefore", page_break)):
        if wanted:
            properties.append(element(f"w:{name}"))
    if number is not None:
        listed = element("w:numPr")
        listed.append(element("w:ilvl", val=0))
        listed.append(element("w:numId", val=number))
        properties.append(listed)
    spacing = {
        name: round(points * 20)
        for name, points in (("before", before), ("after", after), ("line", line))
        if points is not None
    }
    if spacing:
        exact = {} if line is None else {"lineRule": "exact"}
        properties.append(element("w:spacing", **spacing, **exact))
    indent = {} if left is None else {"left": round(left * 20)}
    if first is not None:
        indent["firstLine" if first >= 0 else "hanging"] = round(abs(first) * 20)
    if indent:
        properties.append(element("w:ind", **indent))
    if align:
        properties.append(element("w:jc", val=align))
    return made


def twips(mm: float) -> int:
    return round(mm * TWIPS_PER_MM)


def colour(value: str) -> str:
    return value.removeprefix("#").upper()


def set_fonts(properties: Any, latin: str, east_asian: str) -> None:
    """The fonts of a style or run, for Latin and for East Asian letters."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = element("w:rFonts")
        properties.insert(0, fonts)
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for name, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", east_asian)):
        fonts.set(qn(f"w:{name}"), font)


def paragraph_border(
    paragraph: Any, side: str, *, kind: str = "single", size: int = 4, ink: str = "auto", space: int = 1
) -> None:
    """A rule at one side of a paragraph; `size` in eighths of a point."""
    properties = paragraph._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = element("w:pBdr")
        properties.insert_element_before(borders, "w:shd", *_AFTER_SHADE)
    order = ("top", "left", "bottom", "right")
    made = element(f"w:{side}", val=kind, sz=size, space=space, color=colour(ink))
    later = [borders.find(qn(f"w:{name}")) for name in order[order.index(side) + 1 :]]
    following = next((found for found in later if found is not None), None)
    if following is None:
        borders.append(made)
    else:
        following.addprevious(made)


def paragraph_shade(paragraph: Any, fill: str) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        element("w:shd", val="clear", color="auto", fill=colour(fill)),
        *_AFTER_SHADE,
    )


def field(paragraph: Any, instruction: str, shown: str = "1") -> None:
    """A field such as PAGE or TOC at the end of a paragraph."""
    for kind in ("begin", None, "separate", "shown", "end"):
        run = paragraph.add_run()
        if kind is None:
            code = element("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {instruction} "
            run._r.append(code)
        elif kind == "shown":
            run.text = shown
        else:
            run._r.append(element("w:fldChar", fldCharType=kind))


def table(
    widths_mm: Sequence[float],
    *,
    borders: bool = True,
    ink: str = "auto",
    padding_mm: tuple[float, float] = (0.6, 1.8),
) -> Any:
    """An empty fixed-width `w:tbl`; `padding_mm` is (top and bottom, left and right) of every cell."""
    made = element("w:tbl")
    properties = element("w:tblPr")
    made.append(properties)
    properties.append(element("w:tblStyle", val="TableGrid" if borders else "TableNormal"))
    properties.append(element("w:tblW", w=twips(sum(widths_mm)), type="dxa"))
    if borders:
        properties.append(element("w:tblInd", w=0, type="dxa"))
    if borders:
        lines = element("w:tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            lines.append(element(f"w:{side}", val="single", sz=4, space=0, color=colour(ink)))
        properties.append(lines)
    properties.append(element("w:tblLayout", type="fixed"))
    margins = element("w:tblCellMar")
    vertical, horizontal = padding_mm
    for side, mm in (("top", vertical), ("left", horizontal), ("bottom", vertical), ("right", horizontal)):
        margins.append(element(f"w:{side}", w=twips(mm), type="dxa"))
    properties.append(margins)
    grid = element("w:tblGrid")
    made.append(grid)
    for width in widths_mm:
        grid.append(element("w:gridCol", w=twips(width)))
    return made


def row(*, head: bool = False, split: bool = True, height_mm: float | None = None) -> Any:
    """A `w:tr`: `head` repeats on every page, without `split` it stays on one page."""
    made = element("w:tr")
    properties = element("w:trPr")
    made.append(properties)
    if not split:
        properties.append(element("w:cantSplit"))
    if height_mm is not None:
        properties.append(element("w:trHeight", val=twips(height_mm), hRule="atLeast"))
    if head:
        properties.append(element("w:tblHeader"))
    return made


def cell(
    width_mm: float,
    *,
    span: int = 1,
    merge: str | None = None,
    fill: str | None = None,
    middle: bool = False,
    bottom: bool = False,
    edges: dict[str, str] | None = None,
) -> Any:
    """A `w:tc` without content. `merge`: restart or continue; `edges`: side → line kind (dashed, nil…)."""
    made = element("w:tc")
    properties = element("w:tcPr")
    made.append(properties)
    properties.append(element("w:tcW", w=twips(width_mm), type="dxa"))
    if span > 1:
        properties.append(element("w:gridSpan", val=span))
    if merge:
        properties.append(element("w:vMerge", val=merge))
    if edges:
        lines = element("w:tcBorders")
        for side in ("top", "left", "bottom", "right"):
            if side in edges:
                lines.append(
                    element(
                        f"w:{side}",
                        val=edges[side],
                        sz=8 if edges[side] == "double" else 4,
                        space=0,
                        color="auto",
                    )
                )
        properties.append(lines)
    if fill:
        properties.append(element("w:shd", val="clear", color="auto", fill=colour(fill)))
    if middle or bottom:
        properties.append(element("w:vAlign", val="bottom" if bottom else "center"))
    return made


def repacked(package: bytes, dated: datetime) -> bytes:
    """The same zip with every entry dated `dated`, so equal content gives equal bytes."""
    moment = max(dated.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC)).timetuple()[:6]
    out = BytesIO()
    with ZipFile(BytesIO(package)) as source, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = ZipInfo(name, moment)
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()
