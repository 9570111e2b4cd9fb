"""From a composed document to its files: Word, PDF, Excel, and page images for the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from .composing import Composed

FORMATS: Final = ("docx", "pdf", "xlsx")
MEDIA_TYPES: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
}
LABELS: Final = {"docx": "Word", "pdf": "PDF", "xlsx": "Excel"}


@dataclass(frozen=True)
class RenderedFile:
    """One file of a document; `format` is its extension."""

    format: str
    name: str
    content: bytes


def render(composed: Composed, formats: tuple[str, ...] = FORMATS) -> Iterator[RenderedFile]:
    """The document in each format, in the order asked for.

    typst works outside the interpreter's lock, so the PDF is set in a thread beside the other formats.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        pdf = pool.submit(_pdf, composed) if "pdf" in formats else None
        for format_ in formats:
            content = pdf.result() if pdf and format_ == "pdf" else _RENDERERS[format_](composed)
            yield RenderedFile(format_, f"{composed.name}.{format_}", content)


def page_images(composed: Composed, ppi: float = 80) -> list[bytes]:
    """One PNG per page."""
    from keniki.press.pdf import render_png

    return render_png(composed.document, ppi)


def _docx(composed: Composed) -> bytes:
    from keniki.press.word import render_docx

    return render_docx(composed.document)


def _pdf(composed: Composed) -> bytes:
    from keniki.press.pdf import render_pdf

    return render_pdf(composed.document)


def _xlsx(composed: Composed) -> bytes:
    from keniki.press.excel import render_xlsx

    return render_xlsx(composed.document, composed.sheets)


_RENDERERS: Final[dict[str, Callable[[Composed], bytes]]] = {"docx": _docx, "pdf": _pdf, "xlsx": _xlsx}
