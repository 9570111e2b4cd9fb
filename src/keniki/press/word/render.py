"""The block tree as paragraphs and tables of a Word file."""

from __future__ import annotations

from datetime import UTC
from io import BytesIO
from typing import Any

import docx
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from keniki.press import blocks as b
from keniki.press import layout, look
from keniki.press.word import styles, tables
from keniki.press.word.pictures import add_picture
from keniki.press.word.xml import (
    colour,
    element,
    field,
    paragraph,
    paragraph_border,
    paragraph_shade,
    repacked,
    set_fonts,
)

_ALIGN = {"left": "", "center": "center", "right": "right", "justify": "both"}
_POINTS_PER_MM = 72 / 25.4


def render_docx(document: b.Document) -> bytes:
    """The document as .docx, the same bytes for the same input.

    Raises `WrongInput` for a final document with something 未入力, `ValueError` for a malformed tree.
    """
    layout.check(document)
    word = docx.Document()
    styles.set_up(
        word,
        formal=document.style == "formal",
        landscape=document.landscape,
        compact=document.compact,
        lang=document.lang,
    )
    writer = Writer(word, document)
    writer.blocks(word, document.blocks)
    writer.finish()
    out = BytesIO()
    word.save(out)
    return repacked(out.getvalue(), document.dated)


class Writer:
    """Writes blocks into a container: the body of the file or a table cell."""

    def __init__(self, word: Any, document: b.Document) -> None:
        self.word = word
        self.document = document
        self.formal = document.style == "formal"
        page = look.PAGE_MM[1] if document.landscape else look.PAGE_MM[0]
        margin = look.COMPACT_MM if document.compact else look.MARGIN_MM
        self.width = page - margin["left"] - margin["right"]
        self.pictures = 0
        self._changes = 0
        self._style_ids: dict[str, str] = {}
        self._break_before = False
        self._covered = False

    # --- paragraphs and runs, used by the tables too ---

    def paragraph(
        self, into: Any, style: str | None = None, align: b.Align = "left", **looks: Any
    ) -> Paragraph:
        """A new paragraph at the end of `into`; `looks` are those of `xml.paragraph`.

        Built in one piece, because python-docx looks up the place of every single property, which makes long
        documents slow.
        """
        breaking = self._break_before and into is self.word
        if breaking:
            self._break_before = False
        wanted = self._style_id(style or self._style_in(into))
        made = paragraph(wanted, align=_ALIGN[align], page_break=breaking, **looks)
        if into is self.word:
            self.word.element.body.sectPr.addprevious(made)
        else:
            into._tc.append(made)
        return Paragraph(made, into)

    def words(self, paragraph: Any, value: b.TextLike, **looks: Any) -> None:
        """Add runs; `looks`: bold, colour, size (points)."""
        for run in b.text(value).runs:
            if isinstance(run, b.Missing):
                self._missing(paragraph, run.words)
            else:
                self._run(paragraph, run, **looks)

    def missing(self, paragraph: Any, words: str) -> None:
        self._missing(paragraph, words)

    def _run(
        self,
        paragraph: Any,
        run: b.Run,
        *,
        bold: bool = False,
        ink: str | None = None,
        size: float | None = None,
    ) -> None:
        parent = paragraph._p
        if run.change in ("inserted", "deleted"):
            self._changes += 1
            parent = element(
                "w:ins" if run.change == "inserted" else "w:del",
                id=self._changes,
                author=b.printable(self.document.author or self.document.title),
                date=self.document.dated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
            paragraph._p.append(parent)
        made = element("w:r")
        parent.append(made)
        properties = element("w:rPr")
        made.append(properties)
        properties.append(element("w:rFonts", hint="eastAsia"))
        if run.bold or bold:
            properties.append(element("w:b"))
            if self.formal:
                set_fonts(properties, look.WORD_LATIN_SANS, look.WORD_SANS)
        if run.muted or ink:
            properties.append(element("w:color", val=colour(ink or look.MUTED)))
        if size:
            properties.append(element("w:sz", val=round(size * 2)))
        if run.change == "changed":
            properties.append(element("w:u", val="single"))
        if run.superscript:
            properties.append(element("w:vertAlign", val="superscript"))
        for position, line in enumerate(run.text.split("\n")):
            if position:
                made.append(element("w:br"))
            if line:
                made.append(_letters("w:delText" if run.change == "deleted" else "w:t", line))

    def _missing(self, paragraph: Any, words: str) -> None:
        made = paragraph.add_run(words)
        made._r.get_or_add_rPr().append(element("w:rFonts", hint="eastAsia"))
        made.bold = True
        made.font.color.rgb = RGBColor.from_string(colour(look.ERROR))
        made._r.get_or_add_rPr().append(
            element("w:bdr", val="single", sz=6, space=0, color=colour(look.ERROR))
        )

    def _style_id(self, name: str) -> str:
        """python-docx looks a style up anew for every paragraph, which makes long tables slow."""
        if name not in self._style_ids:
            self._style_ids[name] = self.word.styles[name].style_id
        return self._style_ids[name]

    def _style_in(self, into: Any) -> str:
        return "Normal" if into is self.word else styles.TABLE_TEXT

    # --- blocks ---

    def blocks(self, into: Any, blocks: tuple[b.Block, ...], *, keep: bool = False) -> None:
        for block in blocks:
            before = len(self.word.element.body)
            self._block(into, block)
            if keep and into is self.word:
                for made in list(self.word.element.body)[before - 1 : -1]:
                    if made.tag == qn("w:p"):
                        made.get_or_add_pPr().get_or_add_keepNext()

    def _block(self, into: Any, block: b.Block) -> None:
        match block:
            case b.Cover():
                self._cover(block)
            case b.Heading():
                self._heading(into, block)
            case b.Paragraph():
                self._paragraph(into, block)
            case b.Note():
                self.words(self.paragraph(into, styles.NOTE, block.align), block.text)
            case b.BulletList():
                self._bullets(into, block)
            case b.LabelledList():
                self._labelled(into, block)
            case b.Spacer():
                for _ in range(max(1, round(block.lines))):
                    self.paragraph(into)
            case b.PageBreak():
                self._break_before = True
            case b.Contents():
                self._contents(into, block)
            case b.Group():
                self.blocks(into, block.blocks, keep=True)
            case b.YearSections():
                self._years(into, block)
            case b.Outlook():
                self._outlook(into, block)
            case b.Articles():
                self._articles(into, block)
            case b.SignatureBlock():
                self._signatures(into, block)
            case b.Figure():
                made = self._picture_line(into)
                made.paragraph_format.keep_with_next = bool(b.plain(block.caption))
                self.pictures += 1
                add_picture(made, block.image, self.pictures, width_mm=self._width(into) * block.width)
                if b.plain(block.caption):
                    self.words(self.paragraph(into, "Caption", "center"), block.caption)
            case _:
                self._gap_before_table(into)
                tables.write(self, into, block, self._width(into))
                self.after_table(into)

    def _width(self, into: Any) -> float:
        return self.width if into is self.word else self.width * 0.72

    def _gap_before_table(self, into: Any) -> None:
        if self._break_before and into is self.word:
            self.paragraph(into, line=1, before=0, after=0)

    def after_table(self, into: Any) -> None:
        """Word wants a paragraph after a table: between two tables and at the end of a cell."""
        self.paragraph(into, line=6 if into is self.word else 1, before=0, after=0)

    def _picture_line(self, into: Any) -> Any:
        made = self.paragraph(into, align="center")
        made.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        return made

    def _heading(self, into: Any, block: b.Heading) -> None:
        opening = block.new_page or self._break_before or len(self.word.element.body) == 1
        made = self.paragraph(into, f"Heading {block.level}")
        if block.new_page:
            made.paragraph_format.page_break_before = True
        if opening:
            made.paragraph_format.space_before = Pt(0)
        self.words(made, b.text(f"{block.number}　" if block.number else "", block.text))
        if not self.formal and block.level == 1:
            paragraph_border(made, "bottom", size=12, ink=look.KEY, space=3)
        if not self.formal and block.level == 2:
            paragraph_border(made, "left", size=36, ink=look.KEY, space=6)
            made.paragraph_format.left_indent = Mm(2.6)

    def _paragraph(self, into: Any, block: b.Paragraph) -> None:
        style = {"small": styles.NOTE, "title": styles.PLAIN_TITLE}.get(block.role)
        em = 11 if self.formal else look.BODY_PT
        made = self.paragraph(
            into,
            style,
            block.align,
            keep_next=block.keep_with_next,
            left=block.indent * em if block.indent else None,
            first=block.first_indent * em if block.first_indent else None,
        )
        self.words(made, block.text, bold=block.role == "strong")

    def _bullets(self, into: Any, block: b.BulletList) -> None:
        number = styles.new_list(self.word, block.marker)
        name = "List Bullet" if block.marker == "・" else "List Number"
        inside = into is not self.word
        size = {"size": look.TABLE_PT} if inside and not self.formal else {}
        for _, item in layout.bullet_items(block):
            made = self.paragraph(into, name, number=number, line=16 if inside else None)
            self.words(made, item.text, **size)
            for line in item.lines:
                led = b.plain(line).startswith(("→", "※", "⇒"))
                first = -3.6 * _POINTS_PER_MM if led else None
                extra = self.paragraph(into, left=7.2 * _POINTS_PER_MM, first=first, after=0)
                self.words(extra, line)

    def _labelled(self, into: Any, block: b.LabelledList) -> None:
        em = look.TABLE_PT if into is not self.word else look.BODY_PT
        for item in block.items:
            label = item.label + block.separator
            indent = em * min(len(label), 8)
            made = self.paragraph(into, left=indent, first=-indent)
            self.words(made, b.text(label, item.text))

    def _contents(self, into: Any, block: b.Contents) -> None:
        self.words(self.paragraph(into, styles.PLAIN_TITLE), block.title)
        made = self.paragraph(into)
        headings = [
            f"{found.number}　{b.plain(found.text)}".strip("　")
            for found in self.document.blocks
            if isinstance(found, b.Heading) and found.level <= block.depth
        ]
        field(made, f'TOC \\o "1-{block.depth}" \\h \\z \\u', "\n".join(headings))
        made._p.xpath("./w:r/w:fldChar")[0].set(qn("w:dirty"), "true")

    def _years(self, into: Any, block: b.YearSections) -> None:
        for position, section in enumerate(block.sections):
            made = self.paragraph(into, keep_next=True)
            if position:
                paragraph_border(made, "top", kind="dashSmallGap", space=4)
            self.words(made, section.heading)
            self.blocks(into, layout.content_blocks(section.content))

    def _outlook(self, into: Any, block: b.Outlook) -> None:
        if block.arrow:
            made = self.paragraph(into, align="center", keep_next=True, line=22)
            self.words(made, "▼", ink=None if self.formal else look.KEY, size=18)
        made = self.paragraph(into, align="center", keep_next=True)
        for side in ("top", "bottom"):
            paragraph_border(made, side, size=8, ink="auto" if self.formal else look.KEY, space=3)
        self.words(made, block.title, bold=True, size=12)
        for policy in block.policies:
            made = self.paragraph(into, keep_next=True, before=10, after=6, line=22)
            ink = None if self.formal else look.WHITE
            made.paragraph_format.left_indent = made.paragraph_format.right_indent = Mm(1.5)
            for side, space in (("top", 0), ("left", 4), ("bottom", 0), ("right", 4)):
                paragraph_border(made, side, ink="auto" if self.formal else look.KEY, space=space)
            if not self.formal:
                paragraph_shade(made, look.KEY)
            self.words(made, b.text("方針　", policy.title), bold=True, size=11, ink=ink)
            for measure in policy.measures:
                made = self.paragraph(into, keep_next=True, left=3 * _POINTS_PER_MM)
                self.words(made, b.text("取組　"), bold=True, ink=None if self.formal else look.KEY)
                self.words(made, measure.title, bold=True)
                made = self.paragraph(into, align="justify", left=14 * _POINTS_PER_MM, keep_lines=True)
                self.words(made, measure.text)

    def _articles(self, into: Any, block: b.Articles) -> None:
        em = 11 if self.formal else look.BODY_PT
        for article in block.articles:
            if b.plain(article.heading):
                made = self.paragraph(into, left=em, before=6, keep_next=True)
                self.words(made, article.heading)
            for position, part in enumerate(article.paragraphs):
                lead = part.number if position else article.number
                made = self.paragraph(into, align="justify", left=em, first=-em)
                self.words(made, b.text(f"{lead}　" if lead else "", part.text))
                self._items(into, part.items, 1, em)

    def _items(self, into: Any, items: tuple[b.ArticleItem, ...], depth: int, em: float) -> None:
        for item in items:
            made = self.paragraph(into, align="justify", left=em * (depth + 2), first=-2 * em)
            self.words(made, b.text(f"{item.mark} ", item.text))
            self._items(into, item.items, depth + 1, em)

    def _signatures(self, into: Any, block: b.SignatureBlock) -> None:
        indent = Mm(self.width * 0.38)
        for one in block.signatories:
            lines: list[b.TextLike] = [one.address, one.body]
            for position, line in enumerate(lines):
                made = self.paragraph(into)
                made.paragraph_format.left_indent = indent
                made.paragraph_format.keep_with_next = True
                made.paragraph_format.space_before = Pt(0 if position else 14)
                if one.party and not position:
                    made.paragraph_format.first_line_indent = Mm(-8)
                    made.paragraph_format.tab_stops.add_tab_stop(indent)
                    line = b.text(f"{one.party}\t", line)
                self.words(made, line)
            made = self.paragraph(into)
            made.paragraph_format.left_indent = indent
            made.paragraph_format.tab_stops.add_tab_stop(Mm(self.width), WD_TAB_ALIGNMENT.RIGHT)
            self.words(made, b.text(one.title, "　　", one.name, "\t㊞" if one.seal else ""))

    # --- cover, head and foot ---

    def _cover(self, block: b.Cover) -> None:
        table = tables.cover_table(self, block)
        self.word.element.body.insert_element_before(table, "w:sectPr")
        self.word.add_section(WD_SECTION.NEW_PAGE)
        _thin(self.word.paragraphs[-1], 1)
        self._covered = True

    def finish(self) -> None:
        """Header, footer and properties, after the last block."""
        sections = list(self.word.sections)
        self._head(sections[0].header)
        for section in sections[1:]:
            section.header.is_linked_to_previous = True
        last = sections[-1]
        last.footer.is_linked_to_previous = False
        if self._covered:
            last._sectPr.append(element("w:pgNumType", start=1))
            _order_section(last._sectPr)
        self._foot(last.footer)
        self._properties()

    def _head(self, header: Any) -> None:
        first = header.paragraphs[0]
        bands = [
            *([(look.EXERCISE, look.EXERCISE_PALE, look.TEXT)] if self.document.exercise else []),
            *([(look.FICTIONAL, look.WARNING_PALE, look.WARNING)] if self.document.fictional else []),
        ]
        for place, (words, shade, ink) in enumerate(bands):
            band = header.add_paragraph() if place else first
            band.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph_shade(band, shade)
            self.words(band, words, bold=True, ink=ink, size=9)
        if self.document.draft_mark:
            made = header.add_paragraph() if bands else first
            made.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = made.add_run(f" {self.document.draft_mark} ")
            run.bold = True
            run.font.color.rgb = RGBColor.from_string(colour(look.ERROR))
            run._r.get_or_add_rPr().append(
                element("w:bdr", val="single", sz=8, space=0, color=colour(look.ERROR))
            )

    def _foot(self, footer: Any) -> None:
        first = footer.paragraphs[0]
        stops = first.paragraph_format.tab_stops
        for own in self.word.styles["Footer"].paragraph_format.tab_stops:
            stops.add_tab_stop(own.position, WD_TAB_ALIGNMENT.CLEAR)
        stops.add_tab_stop(Mm(self.width / 2), WD_TAB_ALIGNMENT.CENTER)
        self.words(first, b.text(self.document.footer), ink=look.MUTED, size=8)
        if self.document.page_numbers:
            self.words(first, "\t")
            self.words(first, "- ")
            field(first, "PAGE")
            self.words(first, " -")

    def _properties(self) -> None:
        core = self.word.core_properties
        moment = self.document.dated.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        core.title, core.subject = b.printable(self.document.title), b.printable(self.document.subject)
        core.author = core.last_modified_by = b.printable(self.document.author)
        core.keywords = ", ".join(self.document.keywords)
        core.comments, core.language, core.revision = "", self.document.lang, 1
        core.created = core.modified = moment


def _letters(tag: str, words: str) -> Any:
    made = element(tag)
    made.set(qn("xml:space"), "preserve")
    made.text = words
    return made


def _thin(paragraph: Any, points: float) -> None:
    formatting = paragraph.paragraph_format
    formatting.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    formatting.line_spacing = Pt(points)
    formatting.space_before = formatting.space_after = Pt(0)


def _order_section(properties: Any) -> None:
    number = properties.find(qn("w:pgNumType"))
    for name in ("w:cols", "w:titlePg", "w:docGrid"):
        later = properties.find(qn(name))
        if later is not None:
            later.addprevious(number)
            return
