"""Documents as PDF/A with typst: words reach the template as JSON only, fonts come from packages."""

from __future__ import annotations

import json
from datetime import UTC
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Literal

import typst

from keniki.press import look
from keniki.press.blocks import Document
from keniki.press.encode import Encoder

_compiling = Lock()
_ONE_DRAWING = '#set page(margin: 0pt, width: auto, height: auto)\n#image("drawing.svg")\n'
#: Of a drawing whose sizes are in pixels.
_PIXELS_PER_INCH = 96


def render_pdf(document: Document) -> bytes:
    """The document as tagged PDF/A-2b (with PDF/UA-1), the same bytes for the same input.

    Raises `WrongInput` for a final document with something 未入力, `ValueError` for a malformed tree.
    """
    return bytes(_compile(document, "pdf"))


def render_png(document: Document, ppi: float = 96) -> list[bytes]:
    """One PNG per page, for a preview. `ppi`: dots per inch."""
    pages = _compile(document, "png", ppi)
    return [bytes(page) for page in pages] if isinstance(pages, list) else [bytes(pages)]


def svg_as_png(svg: bytes, scale: float = 1) -> bytes:
    """A drawing as PNG, `scale` times its size in pixels, with the fonts of documents.

    Drawn here and not by vl-convert, which looks for its fonts anew for every word.
    """
    with TemporaryDirectory(prefix="keniki-press-") as folder:
        root = Path(folder)
        (root / "drawing.svg").write_bytes(svg)
        (root / "page.typ").write_text(_ONE_DRAWING, encoding="utf-8")
        with _compiling:
            found = typst.compile(
                root / "page.typ", root=root, font_paths=_fonts(), format="png", ppi=_PIXELS_PER_INCH * scale
            )
    return bytes(found)


def _compile(document: Document, kind: Literal["pdf", "png"], ppi: float | None = None) -> Any:
    encoder = Encoder()
    data = {**encoder.document(document), "look": _look()}
    with TemporaryDirectory(prefix="keniki-press-") as folder:
        root = Path(folder)
        (root / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        for template in files("keniki.press").joinpath("typst").iterdir():
            (root / template.name).write_bytes(template.read_bytes())
        for name, image in encoder.images.items():
            (root / name).write_bytes(image)
        with _compiling:
            return typst.compile(
                root / "document.typ",
                root=root,
                font_paths=_fonts(),
                format=kind,
                ppi=ppi,
                pdf_standards=["a-2b", "ua-1"] if kind == "pdf" else [],
                timestamp=document.dated.astimezone(UTC),
            )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[path.parent for path in look.font_files()],
    )


def _look() -> dict[str, Any]:
    return {
        "text": look.TEXT,
        "text_soft": look.TEXT_SOFT,
        "muted": look.MUTED,
        "key": look.KEY,
        "key_pale": look.KEY_PALE,
        "pale": look.PALE,
        "line": look.LINE,
        "error": look.ERROR,
        "warning": look.WARNING,
        "warning_pale": look.WARNING_PALE,
        "sans": look.SANS,
        "serif": look.SERIF,
        "body": look.BODY_PT,
        "cover": look.COVER_PT,
        "fictional": look.FICTIONAL,
        "exercise": look.EXERCISE,
    }
