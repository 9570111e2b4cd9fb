"""The block tree as plain data for the typst template: texts as runs, cells placed, rows in chunks."""

from __future__ import annotations

import re
from dataclasses import fields
from math import ceil
from typing import Any, TypeAlias

from keniki.press import blocks as b
from keniki.press import layout

Json: TypeAlias = Any
_LABEL_WIDTH_LETTERS = 45
_LONGEST_TOGETHER = 12
_LONG_WORD = re.compile("[!-~]{24,}")


class Encoder:
    """Turns blocks into JSON values; pictures are set aside in `images` under the names the data uses."""

    def __init__(self) -> None:
        self.images: dict[str, bytes] = {}
        self._names: dict[bytes, str] = {}
        self._rows = 0

    def document(self, document: b.Document) -> Json:
        """The whole document with its settings; raises what `layout.check` raises."""
        layout.check(document)
        return {
            "title": document.title,
            "subject": document.subject,
            "author": document.author,
            "keywords": list(document.keywords),
            "lang": document.lang,
            "page_numbers": document.page_numbers,
            "draft_mark": document.draft_mark,
            "fictional": document.fictional,
            "exercise": document.exercise,
            "landscape": document.landscape,
            "compact": document.compact,
            "formal": document.style == "formal",
            "footer": document.footer,
            "blocks": self.blocks(document.blocks),
        }

    def blocks(self, blocks: tuple[b.Block, ...]) -> list[Json]:
        return [self._block(block) for block in blocks]

    def text(self, value: b.TextLike) -> list[Json]:
        return [_run(run) for run in b.text(value).runs]

    def _block(self, block: b.Block) -> Json:
        match block:
            case b.KeyValueTable():
                return self._key_values(block)
            case b.DataTable():
                return self._table(block)
            case b.BulletList():
                return {
                    "kind": "bullet_list",
                    "items": [self._item(*pair) for pair in layout.bullet_items(block)],
                }
            case b.YearSections():
                return {"kind": "year_sections", "sections": [self._section(item) for item in block.sections]}
            case _:
                return self._plain(block)

    def _plain(self, node: Any) -> Json:
        values = {
            item.name: self._value(getattr(node, item.name), words="TextLike" in str(item.type))
            for item in fields(node)
        }
        return {"kind": _snake(type(node).__name__), **values}

    def _value(self, value: Any, *, words: bool = False) -> Json:
        match value:
            case None | bool() | int() | float():
                return value
            case str() if not words:
                return value
            case str() | b.Run() | b.Missing() | b.Text():
                return self.text(value)
            case b.Image():
                return {"path": self._image(value.data), "alt": value.alt}
            case tuple():
                return [self._value(item) for item in value]
            case b.KeyValueTable() | b.DataTable() | b.BulletList() | b.YearSections():
                return self._block(value)
            case _:
                return self._plain(value)

    def _item(self, mark: str, item: b.BulletItem) -> Json:
        return {"mark": mark, "text": self.text(item.text), "lines": [self.text(line) for line in item.lines]}

    def _section(self, section: b.YearSection) -> Json:
        return {
            "heading": self.text(section.heading),
            "blocks": self.blocks(layout.content_blocks(section.content)),
        }

    def _table(self, table: b.DataTable) -> Json:
        return {
            "kind": "data_table",
            "widths": [column.width for column in table.columns],
            "head": self._rows_of(layout.head_rows(table)),
            "body": self._rows_of(layout.body_rows(table)),
            "caption": self.text(table.caption),
            "dashed": table.dashed,
            "width": table.width,
            "small": table.size == "small",
        }

    def _rows_of(self, rows: layout.Grid) -> list[Json]:
        return [[self._cell(placed) for placed in row] for row in rows]

    def _cell(self, placed: layout.Placed) -> Json:
        content = placed.cell.content
        return {
            "x": placed.column,
            "y": placed.row,
            "colspan": placed.cell.colspan,
            "rowspan": placed.cell.rowspan,
            "align": placed.align,
            "role": placed.kind,
            "blocks": self.blocks(content) if isinstance(content, tuple) else None,
            "text": None if isinstance(content, tuple) else self.text(layout.cell_text(content)),
        }

    def _key_values(self, table: b.KeyValueTable) -> Json:
        rows = []
        for row in table.rows:
            self._rows += 1
            chunks = self._chunks(layout.content_blocks(row.content))
            letters = max(4, int(_LABEL_WIDTH_LETTERS * table.label_width * table.width) - 1)
            label_lines = sum(ceil(len(line) / letters) or 1 for line in b.plain(row.label).split("\n"))
            rows.append(
                {"id": self._rows, "label": self.text(row.label), "chunks": _filled(chunks, label_lines)}
            )
        return {
            "kind": "key_value_table",
            "label_width": table.label_width,
            "width": table.width,
            "rows": rows,
        }

    def _chunks(self, blocks: tuple[b.Block, ...]) -> list[Json]:
        """Pieces a row may be torn between: list items, years, other blocks; `dashed`: a rule above."""
        chunks: list[Json] = []
        for block in blocks:
            match block:
                case b.YearSections():
                    for position, section in enumerate(block.sections):
                        inner = self._chunks(layout.content_blocks(section.content))
                        heading = {"kind": "year_heading", "text": self.text(section.heading)}
                        inner[0]["blocks"].insert(0, heading)
                        inner[0]["lines"] += 1
                        inner[0]["dashed"] = position > 0
                        chunks.extend(inner)
                case b.BulletList():
                    for mark, item in layout.bullet_items(block):
                        piece = {"kind": "bullet_list", "items": [self._item(mark, item)]}
                        chunks.append({"blocks": [piece], "lines": 1 + len(item.lines), "dashed": False})
                case _:
                    chunks.append({"blocks": [self._block(block)], "lines": _lines(block), "dashed": False})
        return chunks

    def _image(self, data: bytes) -> str:
        if data not in self._names:
            name = f"image-{len(self.images) + 1}.{layout.image_kind(data)}"
            self._names[data] = name
            self.images[name] = data
        return self._names[data]


def _filled(chunks: list[Json], label_lines: int) -> list[Json]:
    """Join the first chunks until they are as high as the label beside them."""
    first, *rest = chunks
    while rest and first["lines"] < label_lines and not rest[0]["dashed"]:
        following = rest.pop(0)
        first = {**first, "blocks": first["blocks"] + following["blocks"]}
        first["lines"] += following["lines"]
    return [first, *rest]


def _lines(block: b.Block) -> int:
    match block:
        case b.Paragraph(text=words):
            return sum(ceil(len(line) / 36) or 1 for line in b.plain(words).split("\n"))
        case b.LabelledList(items=items):
            return 2 * len(items)
        case _:
            return 4


def _run(run: b.Inline) -> Json:
    if isinstance(run, b.Missing):
        return {"missing": run.words}
    looks = {
        "b": run.bold,
        "sup": run.superscript,
        "muted": run.muted,
        "together": run.together and len(run.text) <= _LONGEST_TOGETHER,
        "change": run.change,
        "long": bool(_LONG_WORD.search(run.text)),
    }
    return {"t": run.text, **{key: value for key, value in looks.items() if value}}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
