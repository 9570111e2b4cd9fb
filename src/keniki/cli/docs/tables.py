"""Markdown tables, and the line that says a page is generated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "<!-- python -m keniki.cli.docs がコードから書き出します。直接は編集しません。 -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; line breaks and bars inside cells are kept from breaking it."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def page(title: str, *parts: str) -> str:
    """A whole page: title, the line above, the parts with an empty line between them."""
    return "\n\n".join([f"# {title}", GENERATED, *(part for part in parts if part)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
