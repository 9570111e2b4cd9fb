"""Files to keep: an answer with its kind and its name in Japanese."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.utils.http import content_disposition_header

#: The media type by the name's ending.
MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ics": "text/calendar; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "yaml": "application/yaml; charset=utf-8",
}


def download(name: str, content: bytes | str, media: str = "") -> HttpResponse:
    """A file to keep. Its kind is told by the name's ending (one of `MEDIA`), or by `media`."""
    answer = HttpResponse(content, content_type=media or MEDIA[name.rpartition(".")[2]])
    answer["Content-Disposition"] = content_disposition_header(True, name.replace("/", "／")) or "attachment"
    return answer
