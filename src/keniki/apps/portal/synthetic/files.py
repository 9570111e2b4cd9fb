"""The few small files that all synthetic regions share: the store keeps the same content once."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import cached_property

from keniki.apps.workflow import storage


class Files:
    """Made when first asked for, stored every time: the store may be another one."""

    @cached_property
    def _pictures(self) -> list[bytes]:
        from PIL import Image

        made = []
        for colour in ("#3465a4", "#73a946", "#c17d11", "#75507b"):
            out = io.BytesIO()
            Image.new("RGB", (320, 240), colour).save(out, "JPEG")
            made.append(out.getvalue())
        return made

    @property
    def photos(self) -> list[str]:
        """Digests of photos of one colour each."""
        return [storage.put(content) for content in self._pictures]

    @property
    def note(self) -> tuple[str, int]:
        """Digest and size of a list of names."""
        content = "氏名,所属\r\n架空 太郎,企画課\r\n".encode()
        return storage.put(content), len(content)

    @cached_property
    def _document(self) -> list[tuple[str, bytes, int | None]]:
        from keniki.press import blocks, excel, pdf, word

        text = (blocks.Paragraph("性能を測るための架空の文書です。"),)
        page = blocks.Document("架空の文書", text, datetime(2020, 4, 1, tzinfo=UTC), fictional=True)
        return [
            ("pdf", pdf.render_pdf(page), None),
            ("docx", word.render_docx(page), None),
            ("xlsx", excel.render_xlsx(page, ()), None),
            *((f"p{n:03d}", pdf.render_png(page, 40)[0], n) for n in (1, 2, 3)),
        ]

    @property
    def document(self) -> list[tuple[str, str, int, int | None]]:
        """Format, digest, size and page number of a document's files."""
        return [(name, storage.put(content), len(content), page) for name, content, page in self._document]


files = Files()
