"""Styles, numbering and page set-up of a Word file."""

from __future__ import annotations

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from keniki.press import look
from keniki.press.word.xml import colour, element, set_fonts, twips

TABLE_TEXT = "表の文字"
TABLE_HEAD = "表の見出し"
NOTE = "注記"
PLAIN_TITLE = "本文の表題"
_LISTS = {
    "・": ("bullet", "・"),
    "①": ("decimalEnclosedCircle", "%1"),
    "(1)": ("decimal", "(%1)"),
    "1": ("decimal", "%1"),
}
#: Points from line to line and after a paragraph where everything has to stand on one sheet.
_COMPACT_LINES = {TABLE_TEXT: (13.5, 0), TABLE_HEAD: (13.5, 0), NOTE: (12.5, 2)}
_FIRST_ABSTRACT = 90
_AFTER_COMPAT = (
    "w:docVars",
    "w:rsids",
    "m:mathPr",
    "w:themeFontLang",
    "w:clrSchemeMapping",
    "w:decimalSymbol",
)


def fonts(formal: bool) -> tuple[str, str]:
    """Latin and East Asian font of the body."""
    return (look.WORD_LATIN_SERIF, look.WORD_SERIF) if formal else (look.WORD_LATIN_SANS, look.WORD_SANS)


def set_up(document: Any, *, formal: bool, landscape: bool, lang: str, compact: bool = False) -> None:
    """Page, fonts and styles; python-docx's own template is the ground."""
    section = document.sections[0]
    width, height = reversed(look.PAGE_MM) if landscape else look.PAGE_MM
    section.page_width, section.page_height = Mm(width), Mm(height)
    if landscape:
        section._sectPr.find(qn("w:pgSz")).set(qn("w:orient"), "landscape")
    margin = look.COMPACT_MM if compact else look.MARGIN_MM
    section.top_margin, section.bottom_margin = Mm(margin["top"]), Mm(margin["bottom"])
    section.left_margin, section.right_margin = Mm(margin["left"]), Mm(margin["right"])
    section.header_distance, section.footer_distance = Mm(5 if compact else 9), Mm(6 if compact else 10)
    _language(document, lang)
    _settings(document)
    _styles(document, formal)
    if compact:
        for name, (line, after) in _COMPACT_LINES.items():
            _spacing(document.styles[name], line=line, after=after)
    _numbering(document)


def new_list(document: Any, kind: str) -> int:
    """The number of a list instance that starts at its first mark."""
    numbering = document.part.numbering_part.element
    abstract = _FIRST_ABSTRACT + list(_LISTS).index(kind)
    made = numbering.add_num(abstract)
    if kind != "・":
        made.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(made.numId)


def _language(document: Any, lang: str) -> None:
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    language = defaults.find(qn("w:lang"))
    if language is None:
        language = element("w:lang")
        defaults.append(language)
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "ja-JP" if lang == "ja" else lang)


def _settings(document: Any) -> None:
    """Word 2013's own layout, punctuation squeezed as Japanese typesetting does."""
    settings = document.settings.element
    for found in settings.findall(qn("w:compat")):
        settings.remove(found)
    compat = element("w:compat")
    compat.append(element("w:balanceSingleByteDoubleByteWidth"))
    uri = "http://schemas.microsoft.com/office/word"
    compat.append(element("w:compatSetting", name="compatibilityMode", uri=uri, val=15))
    later = next(found for found in settings if found.tag in {qn(name) for name in _AFTER_COMPAT})
    later.addprevious(compat)
    settings.find(qn("w:characterSpacingControl")).set(qn("w:val"), "compressPunctuation")


def _styles(document: Any, formal: bool) -> None:
    styles = document.styles
    latin, east_asian = fonts(formal)
    normal = styles["Normal"]
    set_fonts(normal.element.get_or_add_rPr(), latin, east_asian)
    normal.font.size = Pt(11 if formal else look.BODY_PT)
    _spacing(normal, line=20 if formal else 17.5, after=4)
    spacing = normal.element.get_or_add_pPr().find(qn("w:spacing"))
    for name in ("w:autoSpaceDE", "w:autoSpaceDN", "w:snapToGrid"):
        spacing.addprevious(element(name, val=0))
    for level, size in look.HEADING_PT.items():
        heading = styles[f"Heading {level}"]
        set_fonts(heading.element.get_or_add_rPr(), look.WORD_LATIN_SANS, look.WORD_SANS)
        heading.font.size = Pt(size)
        heading.font.bold = True
        heading.font.color.rgb = RGBColor.from_string(colour(look.TEXT))
        heading.paragraph_format.keep_with_next = True
        _spacing(heading, line=size * 1.6, before=(18, 14, 10)[level - 1], after=(8, 6, 4)[level - 1])
    _new(styles, TABLE_TEXT, "Normal", size=10.5 if formal else look.TABLE_PT, line=16, after=0)
    _new(styles, TABLE_HEAD, TABLE_TEXT, size=10.5 if formal else look.TABLE_PT, line=16, after=0, sans=True)
    _new(styles, NOTE, "Normal", size=look.SMALL_PT, line=14, after=4)
    _new(styles, PLAIN_TITLE, "Normal", size=14, line=24, after=14, sans=True)
    for name in ("List Bullet", "List Number"):
        _spacing(styles[name], line=17.5 if not formal else 20, after=0)
    caption = styles["Caption"]
    set_fonts(caption.element.get_or_add_rPr(), latin, east_asian)
    caption.font.size, caption.font.bold = Pt(9.5), False
    caption.font.color.rgb = RGBColor.from_string(colour(look.TEXT))
    _spacing(caption, line=14, after=6)


def _new(
    styles: Any, name: str, base: str, *, size: float, line: float, after: float, sans: bool = False
) -> None:
    style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = styles[base]
    style.font.size = Pt(size)
    if sans:
        style.font.bold = True
        set_fonts(style.element.get_or_add_rPr(), look.WORD_LATIN_SANS, look.WORD_SANS)
    _spacing(style, line=line, after=after)


def _spacing(style: Any, *, line: float, before: float = 0, after: float = 0) -> None:
    formatting = style.paragraph_format
    formatting.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    formatting.line_spacing = Pt(line)
    formatting.space_before, formatting.space_after = Pt(before), Pt(after)


def _numbering(document: Any) -> None:
    numbering = document.part.numbering_part.element
    first = numbering.find(qn("w:num"))
    for position, (kind, (fmt, shown)) in enumerate(_LISTS.items()):
        abstract = element("w:abstractNum", abstractNumId=_FIRST_ABSTRACT + position)
        abstract.append(element("w:multiLevelType", val="singleLevel"))
        level = element("w:lvl", ilvl=0)
        level.append(element("w:start", val=1))
        level.append(element("w:numFmt", val=fmt))
        level.append(element("w:suff", val="nothing" if kind in "・①" else "tab"))
        level.append(element("w:lvlText", val=shown))
        level.append(element("w:lvlJc", val="left"))
        properties = element("w:pPr")
        hanging = twips(3.6 if kind in "・①" else 7)
        properties.append(element("w:ind", left=hanging, hanging=hanging))
        level.append(properties)
        run = element("w:rPr")
        set_fonts(run, look.WORD_LATIN_SANS, look.WORD_SANS)
        level.append(run)
        abstract.append(level)
        first.addprevious(abstract)
