"""Articles (条文) written as plain lines and read back.

    第3条（連携する取組）
    連携市町が取り組む政策分野は、次のとおりとする。
    (1) 生活機能の強化
    (2) 結びつきの強化
    2 前項の取組は、別表に定める。

A line that begins with a full-width space is text whatever it looks like; the space itself is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from keniki.core.errors import WrongInput


class Paragraph(TypedDict):
    """A paragraph (項) with its items (号), each one text."""

    text: str
    items: list[str]


class Article(TypedDict):
    """An article (条): `heading` without brackets."""

    number: int
    heading: str
    paragraphs: list[Paragraph]


def parse_articles(notation: str) -> list[Article]:
    """Read the notation.

    Articles count up from 1, paragraphs from 2, items from (1). `WrongInput` names the row of a number that
    jumps, of text before the first article and of an empty article.
    """
    reader = _Reader()
    lines = notation.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for row, line in enumerate(lines, 1):
        reader.read(line, row, _next_line(lines, row))
    return reader.finish()


def format_articles(articles: Iterable[Any]) -> str:
    """Write articles in the notation; `parse_articles` gives the same articles back."""
    blocks: list[str] = []
    for article in articles:
        heading = f"（{article['heading']}）" if article.get("heading") else ""
        lines = [f"第{article['number']}条{heading}"]
        for number, paragraph in enumerate(article["paragraphs"], 1):
            text = _shielded(paragraph["text"], lead=f"{number} " if number > 1 else "")
            lines.extend(text)
            for position, item in enumerate(paragraph.get("items", ()), 1):
                lines.extend(_shielded(item, lead=f"({position}) "))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def tidy(text: str) -> str:
    """Text as the notation keeps it: no space at its ends and at the ends of its lines."""
    return "\n".join(
        line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ).strip()


def blanks(*texts: str) -> list[str]:
    """What is still to be filled in: everything in 〔 〕, in order."""
    return [found for text in texts for found in _BLANK.findall(text)]


def article_texts(articles: Sequence[Any]) -> list[str]:
    """Every text of the articles, headings too."""
    return [
        text
        for article in articles
        for text in (
            article.get("heading", ""),
            *(
                part
                for paragraph in article["paragraphs"]
                for part in (paragraph["text"], *paragraph.get("items", ()))
            ),
        )
    ]


_BLANK = re.compile(r"〔[^〕]*〕")
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_ARTICLE = re.compile(r"第([0-9０-９]+)条")
_PARAGRAPH = re.compile(r"([0-9０-９]+)(?:[ 　\t]+|[．.][ 　\t]*)(.*)")
_ITEM = re.compile(r"[(（]([0-9０-９]+)[)）][ 　\t]*(.*)")
_BARE_HEADING = re.compile(r"[(（]([^()（）]*)[)）]")
_SHIELD = "　"


def _number(digits: str) -> int:
    return int(digits.translate(_DIGITS))


def _is_marker(line: str) -> bool:
    return bool(
        line.startswith((_SHIELD, " ", "\t"))
        or _ARTICLE.match(line)
        or _PARAGRAPH.fullmatch(line)
        or _ITEM.fullmatch(line)
        or _BARE_HEADING.fullmatch(line)
    )


def _shielded(text: str, *, lead: str) -> list[str]:
    first, *rest = tidy(text).split("\n")
    if not lead and (not first or _is_marker(first)):
        first = _SHIELD + first
    return [lead + first, *(_SHIELD + line if not line or _is_marker(line) else line for line in rest)]


def _next_line(lines: Sequence[str], row: int) -> str:
    return next((line for line in lines[row:] if line.strip()), "")


def _split_heading(rest: str) -> tuple[str, str]:
    """Heading and text behind 第n条, the brackets of the heading counted in pairs."""
    rest = rest.strip()
    if not rest.startswith(("（", "(")):
        return "", rest
    depth = 0
    for position, letter in enumerate(rest):
        depth += letter in "（("
        depth -= letter in "）)"
        if depth == 0:
            return rest[1:position].strip(), rest[position + 1 :].strip()
    return "", rest


@dataclass
class _Open:
    """A text still growing, and the row it began in."""

    row: int
    lines: list[str] = field(default_factory=list)

    def text(self, what: str) -> str:
        text = tidy("\n".join(self.lines))
        if not text:
            raise WrongInput(
                f"{what}の文がありません。文を入力するか、その行を消してください。", row=self.row
            )
        return text


class _Reader:
    def __init__(self) -> None:
        self.articles: list[tuple[int, str, list[tuple[_Open, list[_Open]]]]] = []
        self.heading: str | None = None
        self.open: _Open | None = None

    def read(self, line: str, row: int, following: str) -> None:
        if line.startswith(_SHIELD):
            self.more(line[1:].rstrip(), row)
            return
        line = line.strip()
        if not line:
            return
        bare = _BARE_HEADING.fullmatch(line)
        if bare and _ARTICLE.match(following.strip()):
            self.heading = bare[1].strip()
        elif found := _ARTICLE.match(line):
            self.article(_number(found[1]), line[found.end() :], row)
        elif found := _ITEM.fullmatch(line):
            self.item(_number(found[1]), found[2], row)
        elif found := _PARAGRAPH.fullmatch(line):
            self.paragraph(_number(found[1]), found[2], row)
        else:
            self.more(line, row)

    def article(self, number: int, rest: str, row: int) -> None:
        wanted = len(self.articles) + 1
        if number != wanted:
            raise WrongInput(
                f"第{number}条とありますが、ここは第{wanted}条です。条の番号を直してください。", row=row
            )
        heading, text = _split_heading(rest)
        if self.heading is not None:
            if heading:
                raise WrongInput("見出しが二つあります。どちらかを消してください。", row=row)
            heading = self.heading
            self.heading = None
        self.open = _Open(row, [text] if text else [])
        self.articles.append((number, heading, [(self.open, [])]))

    def paragraph(self, number: int, rest: str, row: int) -> None:
        if not self.articles:
            raise WrongInput(
                "第1条より前に項があります。「第1条（見出し）」の行から始めてください。", row=row
            )
        paragraphs = self.articles[-1][2]
        if number != len(paragraphs) + 1:
            raise WrongInput(
                f"{number}項とありますが、ここは{len(paragraphs) + 1}項です。番号を直すか、"
                "文の続きであれば行の始めに全角の空白を入れてください。",
                row=row,
            )
        self.open = _Open(row, [rest])
        paragraphs.append((self.open, []))

    def item(self, number: int, rest: str, row: int) -> None:
        if not self.articles:
            raise WrongInput(
                "第1条より前に号があります。「第1条（見出し）」の行から始めてください。", row=row
            )
        items = self.articles[-1][2][-1][1]
        if number != len(items) + 1:
            raise WrongInput(
                f"({number})とありますが、ここは({len(items) + 1})です。番号を直すか、"
                "文の続きであれば行の始めに全角の空白を入れてください。",
                row=row,
            )
        self.open = _Open(row, [rest])
        items.append(self.open)

    def more(self, line: str, row: int) -> None:
        if self.open is None:
            raise WrongInput(
                "第1条より前に文があります。「第1条（見出し）」の行から始めてください（前文は別の欄に入力します）。",
                row=row,
            )
        self.open.lines.append(line)

    def finish(self) -> list[Article]:
        return [
            Article(
                number=number,
                heading=heading,
                paragraphs=[
                    Paragraph(
                        text=text.text(f"第{number}条" + (f"第{position}項" if position > 1 else "")),
                        items=[item.text(f"第{number}条の号") for item in items],
                    )
                    for position, (text, items) in enumerate(paragraphs, 1)
                ],
            )
            for number, heading, paragraphs in self.articles
        ]
