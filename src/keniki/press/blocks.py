"""The tree of blocks a document is made of: one tree gives the PDF, the Word file and the 様式 sheet.

Every text field takes a `TextLike`: a plain string (`\\n` is a line break), a `Run`, a `Missing` or a `Text`
of several of them. Three kinds of absence look different: `NOTHING` 「―」 (none), `Missing` 「未入力」 (still
to do) and `UNKNOWN` 「不詳」.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

Align: TypeAlias = Literal["left", "center", "right", "justify"]
Change: TypeAlias = Literal["", "inserted", "deleted", "changed"]


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


def printable(words: str) -> str:
    """Line ends as `\\n`, without the control characters that no document format can hold."""
    return _CONTROL.sub("", words.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n"))


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one look.

    `change`: inserted or deleted (見え消し), changed (新旧対照表, underlined). `together`: a name that is not
    broken over two lines.
    """

    text: str
    bold: bool = False
    superscript: bool = False
    muted: bool = False
    together: bool = False
    change: Change = ""

    def __post_init__(self) -> None:
        if _CONTROL.search(self.text):
            object.__setattr__(self, "text", printable(self.text))


@dataclass(frozen=True, slots=True)
class Missing:
    """Something still to be typed (未入力). `label` says what, as in 「氏名」; printed 「氏名 未入力」."""

    label: str = ""

    @property
    def words(self) -> str:
        return f"{self.label} 未入力".strip()


Inline: TypeAlias = Run | Missing


@dataclass(frozen=True, slots=True)
class Text:
    """Several runs in a row."""

    runs: tuple[Inline, ...] = ()

    def __bool__(self) -> bool:
        return any(isinstance(run, Missing) or run.text for run in self.runs)


TextLike: TypeAlias = str | Run | Missing | Text
NOTHING = Run("―")
UNKNOWN = Run("不詳", muted=True)


def text(*parts: TextLike) -> Text:
    """Join parts: `text("2,562.25 km", sup("2"))`."""
    runs: list[Inline] = []
    for part in parts:
        if isinstance(part, Text):
            runs.extend(part.runs)
        elif isinstance(part, str):
            runs.append(Run(part))
        else:
            runs.append(part)
    return Text(tuple(runs))


def bold(words: str) -> Run:
    return Run(words, bold=True)


def sup(words: str) -> Run:
    return Run(words, superscript=True)


def names(words: Sequence[str], separator: str = "・") -> Text:
    """Names in a row, none of them broken over two lines: 実施団体名「○○市・△△町」."""
    last = len(words) - 1
    return Text(tuple(Run(w if i == last else w + separator, together=True) for i, w in enumerate(words)))


def plain(value: TextLike, *, deleted: bool = False) -> str:
    """The letters alone, 未入力 written out; deleted runs only when asked."""
    return "".join(
        run.words if isinstance(run, Missing) else run.text
        for run in text(value).runs
        if isinstance(run, Missing) or deleted or run.change != "deleted"
    )


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: `data` is JPEG, PNG or SVG bytes (known by content); `alt` is never empty."""

    data: bytes
    alt: str


# --- running text ---


@dataclass(frozen=True, slots=True)
class CoverLine:
    text: TextLike
    role: Literal["region", "title", "period", "date", "parties", "plain"] = "plain"


@dataclass(frozen=True, slots=True)
class Cover:
    """The first page (表紙), without a page number: `lines` in the upper third, `bottom` at the foot."""

    lines: tuple[CoverLine, ...]
    bottom: tuple[CoverLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1–3, the first is 1 and none is skipped; `number` is printed as given (「1」「(1)」)."""

    level: Literal[1, 2, 3]
    text: TextLike
    number: str = ""
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`first_indent` and `indent` count full-width letters; `role` small is for sources and remarks."""

    text: TextLike
    align: Align = "justify"
    first_indent: float = 0
    indent: float = 0
    role: Literal["body", "small", "title", "strong"] = "body"
    keep_with_next: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A remark under a table, printed small: 「※令和2年国勢調査結果より」 (the mark is part of the text)."""

    text: TextLike
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class BulletItem:
    """One point with the lines that belong to it (「→26回 252名参加」, a lecturer, ※), in order."""

    text: TextLike
    lines: tuple[TextLike, ...] = ()


@dataclass(frozen=True, slots=True)
class BulletList:
    """Marker 「・」, or 「①」 ①②③…, or 「(1)」 (1)(2)…, or 「1」 1 2 3…"""

    items: tuple[BulletItem | TextLike, ...]
    marker: Literal["・", "①", "(1)", "1"] = "・"


@dataclass(frozen=True, slots=True)
class LabelledItem:
    label: str
    text: TextLike


@dataclass(frozen=True, slots=True)
class LabelledList:
    """「岩見沢市：…」「各 市 町：…」: label, `separator`, text hanging beside it."""

    items: tuple[LabelledItem, ...]
    separator: str = "："


@dataclass(frozen=True, slots=True)
class Spacer:
    """Empty lines of body text."""

    lines: float = 1


@dataclass(frozen=True, slots=True)
class PageBreak:
    pass


@dataclass(frozen=True, slots=True)
class Contents:
    """A table of contents of the headings down to `depth`."""

    title: str = "目次"
    depth: int = 2


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks that stay on one page where they fit on one."""

    blocks: tuple[Block, ...]


# --- tables ---


@dataclass(frozen=True, slots=True)
class KeyValueRow:
    """A label cell and what stands beside it; the label is repeated where the row continues on a new page."""

    label: TextLike
    content: TextLike | tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class KeyValueTable:
    """Rows label → content. `label_width` is a share of the text width."""

    rows: tuple[KeyValueRow, ...]
    label_width: float = 0.22
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Column:
    """`width`: relative share, 0 = as wide as its content. `unit` is printed under the title as （千円）."""

    title: TextLike = ""
    width: float = 1
    align: Align = "left"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its own span, alignment or head colour; `content` may be blocks."""

    content: CellValue | tuple[Block, ...] = ""
    colspan: int = 1
    rowspan: int = 1
    align: Align | None = None
    head: bool = False


CellValue: TypeAlias = TextLike | int | Decimal


@dataclass(frozen=True, slots=True)
class Row:
    """`kind` sum is ruled above and bold, group is a tinted sub-heading."""

    cells: tuple[Cell | CellValue, ...]
    kind: Literal["body", "sum", "group"] = "body"


@dataclass(frozen=True, slots=True)
class DataTable:
    """Columns and rows; whole numbers and Decimals print as 1,234 / ▲1,234 and stay numbers in Excel.

    `head` replaces the head made from the columns' titles (several rows, merged cells); the head is repeated
    on every page. A span covers the grid as in HTML: cells under it are left out. `dashed` rules rows with
    dashes.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row | Sequence[Cell | CellValue], ...]
    head: tuple[tuple[Cell | CellValue, ...], ...] | None = None
    caption: TextLike = ""
    dashed: bool = False
    width: float = 1.0
    size: Literal["normal", "small"] = "normal"


@dataclass(frozen=True, slots=True)
class CheckItem:
    name: TextLike
    on: bool = False


@dataclass(frozen=True, slots=True)
class CheckGrid:
    """Items with ○ or an empty cell, in two column groups beside one label (連携する具体的事項)."""

    label: TextLike
    left: tuple[CheckItem, ...]
    right: tuple[CheckItem, ...] = ()
    mark: str = "○"
    label_width: float = 0.22


@dataclass(frozen=True, slots=True)
class YearSection:
    """One year: heading as printed (「（R2年度）」); its blocks, or a text such as `NOTHING`."""

    heading: TextLike
    content: TextLike | tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class YearSections:
    """Years one under the other with dashed rules between them, inside a table cell or alone."""

    sections: tuple[YearSection, ...]


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    old: TextLike
    new: TextLike
    note: TextLike = ""


@dataclass(frozen=True, slots=True)
class ComparisonTable:
    """新旧対照表: runs with a `change` are underlined (see `press.changes.compare`)."""

    rows: tuple[ComparisonRow, ...]
    old_title: str = "旧"
    new_title: str = "新"
    note_title: str = ""
    new_first: bool = False


# --- the report's own shapes ---


@dataclass(frozen=True, slots=True)
class OutlookMeasure:
    title: TextLike
    text: TextLike


@dataclass(frozen=True, slots=True)
class OutlookPolicy:
    title: TextLike
    measures: tuple[OutlookMeasure, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """今後の連携に必要な視点と取組内容: a bar per 方針, under it its 取組; `arrow` leads into it."""

    policies: tuple[OutlookPolicy, ...]
    title: TextLike = "今後の連携に必要な視点と取組内容"
    arrow: bool = True


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo or flyer with its caption.

    Without an image an empty frame 「写真 未入力」 is printed, or the reason why a picture is `withheld`.
    """

    caption: TextLike
    image: Image | None = None
    withheld: TextLike = ""


@dataclass(frozen=True, slots=True)
class PhotoGrid:
    photos: tuple[Photo, ...]
    heading: TextLike = ""
    columns: Literal[1, 2, 3] = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart or drawing. `width` is a share of the text width; its numbers go into a DataTable beside it."""

    image: Image
    caption: TextLike = ""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class ArticleItem:
    """(1)(2)…: `mark` as printed."""

    mark: str
    text: TextLike
    items: tuple[ArticleItem, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleParagraph:
    """A paragraph (項). `number` is printed from the second on (「2」), empty for the first."""

    text: TextLike
    number: str = ""
    items: tuple[ArticleItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """`heading` is printed with its brackets as given (「（目的）」), `number` as 「第1条」."""

    number: str
    paragraphs: tuple[ArticleParagraph, ...]
    heading: TextLike = ""


@dataclass(frozen=True, slots=True)
class Articles:
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Signatory:
    """`title` 「○○市長」, `name` spaced as printed or `Missing("氏名")`; `party` 「甲」「乙」 if any."""

    address: TextLike
    body: TextLike
    title: TextLike
    name: TextLike
    party: str = ""
    seal: bool = True


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """署名欄 in the order given; one signatory is never torn over two pages."""

    signatories: tuple[Signatory, ...]


Block: TypeAlias = (
    Cover
    | Heading
    | Paragraph
    | Note
    | BulletList
    | LabelledList
    | Spacer
    | PageBreak
    | Contents
    | Group
    | KeyValueTable
    | DataTable
    | CheckGrid
    | YearSections
    | ComparisonTable
    | Outlook
    | PhotoGrid
    | Figure
    | Articles
    | SignatureBlock
)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document.

    `dated` (with a zone) follows from the content and is the only time written into the files, so equal content
    gives equal bytes. `draft_mark` (「確認版」「(案)」) stands at the head of every page,
    `fictional` prints a band 「架空」 on every page, `exercise` one that says 「訓練」. A `final` document with
    something missing is refused by every renderer. `style` formal (協定書, 宣言書) is black on white, without tints.
    `compact` has narrow margins and tight lines in tables, for a paper that has to stand on one sheet.
    """

    title: str
    blocks: tuple[Block, ...]
    dated: datetime
    subject: str = ""
    author: str = ""
    keywords: tuple[str, ...] = ()
    lang: str = "ja"
    page_numbers: bool = True
    draft_mark: str | None = None
    fictional: bool = False
    exercise: bool = False
    final: bool = False
    landscape: bool = False
    compact: bool = False
    style: Literal["report", "formal"] = "report"
    footer: str = ""
