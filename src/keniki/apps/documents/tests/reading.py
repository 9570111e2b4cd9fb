"""Reading documents back: what the tree, the PDF, the Word file and the workbook say, in order."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from io import BytesIO
from typing import Any, TypeVar
from zipfile import ZipFile

import docx
from docx.oxml.ns import qn
from lxml import etree
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from keniki.press import blocks as b

T = TypeVar("T")
_FIRST = ("number", "label", "heading", "title", "caption")
_NOT_WORDS = {"align", "role", "kind", "size", "separator", "marker", "mark", "style", "lang"}


def squeezed(text: str) -> str:
    """Without spaces, line ends and joiners: a line may break anywhere in print."""
    return re.sub(r"[\s\u2060\u200b]", "", text)


def words(node: Any) -> Iterator[str]:
    """Every text of a block tree in reading order."""
    if isinstance(node, str | b.Run | b.Missing | b.Text):
        yield b.plain(node)
    elif isinstance(node, tuple | list):
        for part in node:
            yield from words(part)
    elif is_dataclass(node):
        for field in sorted(fields(node), key=lambda field: field.name not in _FIRST):
            if field.name not in _NOT_WORDS:
                yield from words(getattr(node, field.name))


def tree_text(document: b.Document) -> str:
    return squeezed("".join(words(document.blocks)))


@functools.lru_cache(maxsize=8)
def pdf_pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def pdf_text(content: bytes) -> str:
    return squeezed("".join(pdf_pages(content)))


def word_text(content: bytes) -> str:
    body = docx.Document(BytesIO(content)).element.body
    return squeezed("".join(node.text or "" for node in body.iter(qn("w:t"))))


def pictures(content: bytes) -> list[Any]:
    """The properties of the pictures in a Word file or workbook, in order."""
    with ZipFile(BytesIO(content)) as package:
        parts = [name for name in package.namelist() if re.search(r"document\.xml$|drawing\d+\.xml$", name)]
        nodes = [
            node
            for name in sorted(parts)
            for node in etree.fromstring(package.read(name)).iter("{*}docPr", "{*}cNvPr")
        ]
    return [node for node in nodes if node.get("descr")]


def workbook(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def form_text(content: bytes) -> str:
    """The 様式 sheets row by row."""
    sheets = workbook(content)
    rows = [row for name in ("表紙", "様式") for row in sheets.get(name, [])]
    return squeezed("".join(str(cell) for row in rows for cell in row))


READERS = {"pdf": pdf_text, "docx": word_text, "xlsx": form_text}


def every(kind: type[T], node: Any) -> list[T]:
    """All blocks of one kind, however deep, in reading order."""
    found: list[T] = [node] if isinstance(node, kind) else []
    if isinstance(node, tuple | list):
        for part in node:
            found += every(kind, part)
    elif is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            found += every(kind, getattr(node, field.name))
    return found


def out_of_order(text: str, parts: Sequence[str]) -> str:
    """The first part that does not follow the parts before it; empty when all do."""
    place = 0
    for part in parts:
        found = text.find(squeezed(part), place)
        if found < 0:
            return f"「{part}」 after …{text[max(0, place - 40) : place]}"
        place = found + len(squeezed(part))
    return ""


def row_of(document: b.Document, title: str, label: str) -> Any:
    """The content of the row `label` in the table whose 事業名 begins with `title`."""
    for table in every(b.KeyValueTable, document.blocks):
        rows = {b.plain(row.label): row.content for row in table.rows}
        name = rows.get("事業名", "")
        if not isinstance(name, tuple) and b.plain(name).startswith(title):
            return rows[label]
    raise LookupError(title)


def listed(texts: Iterable[Any]) -> list[str]:
    return [b.plain(text) for text in texts]
