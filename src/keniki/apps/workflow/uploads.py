"""What may be kept as a file: judged by the content, never by the name or by what the browser says."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.conf import settings

from keniki.core import csv_dialect
from keniki.core.errors import WrongInput

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: Endings each kind of content may carry; the first is given where the name has none.
ENDINGS = {
    "application/pdf": (".pdf",),
    WORD: (".docx",),
    EXCEL: (".xlsx",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "text/csv": (".csv",),
    "text/plain": (".txt",),
}
ACCEPT = ",".join(ending for endings in ENDINGS.values() for ending in endings)
WORDS = "PDF、Word（docx）、Excel（xlsx）、JPEG、PNG、CSV、テキスト"
_UNPACKED = 500 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file that was found fit to keep."""

    name: str
    media_type: str
    content: bytes


def check(name: str, content: bytes) -> Upload:
    """The file with its kind by content, or WrongInput saying what is wrong with it."""
    name = clean_name(name)
    limit = settings.UPLOAD_LIMIT
    if not content:
        raise WrongInput("ファイルが空です。", file=name)
    if len(content) > limit:
        raise WrongInput(
            f"ファイルが大きすぎます。{limit // (1024 * 1024)} MB までにしてください。", file=name
        )
    ending = PurePosixPath(name).suffix.lower()
    media_type = kind_of(content, name, ending)
    if ending not in ENDINGS[media_type]:
        right = ENDINGS[media_type][0]
        raise WrongInput(
            f"名前の終わり（{ending or 'なし'}）と内容が合いません。"
            f"内容は {right} のファイルです。名前を確かめてください。",
            file=name,
        )
    return Upload(name, media_type, content)


def kind_of(content: bytes, name: str, ending: str) -> str:
    """The media type the bytes show."""
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise WrongInput("PDFが途中で切れています。もう一度保存し直してください。", file=name)
        return "application/pdf"
    if content.startswith(b"PK\x03\x04"):
        return _office(content, name)
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return _picture(content, name)
    if ending in {".csv", ".txt"}:
        csv_dialect.decode(content, file=name)
        return "text/csv" if ending == ".csv" else "text/plain"
    old = content.startswith(b"\xd0\xcf\x11\xe0")
    hint = "古い形式の Word・Excel は、docx・xlsx で保存し直してください。" if old else ""
    raise WrongInput(f"添付できるのは {WORDS} です。{hint}", file=name)


def clean_name(name: str) -> str:
    """The file's own name without folders and control characters, at most 200 characters."""
    base = re.split(r"[\\/]", name)[-1]
    base = "".join(sign for sign in base if unicodedata.category(sign)[0] != "C").strip(" .") or "file"
    stem, dot, ending = base.rpartition(".")
    return base if len(base) <= 200 else f"{stem[: 199 - len(ending)]}{dot}{ending}"


def _office(content: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            size = sum(each.file_size for each in archive.infolist())
    except zipfile.BadZipFile:
        raise WrongInput("ファイルが壊れています。もう一度保存し直してください。", file=name) from None
    if size > _UNPACKED:
        raise WrongInput("展開すると大きくなりすぎるファイルです。", file=name)
    if "[Content_Types].xml" not in names:
        raise WrongInput(f"ZIPファイルは添付できません。添付できるのは {WORDS} です。", file=name)
    if any(each.lower().endswith("vbaproject.bin") for each in names):
        raise WrongInput(
            "マクロを含むファイルは添付できません。マクロなしで保存し直してください。", file=name
        )
    if "word/document.xml" in names:
        return WORD
    if "xl/workbook.xml" in names:
        return EXCEL
    raise WrongInput(f"Word（docx）か Excel（xlsx）ではありません。添付できるのは {WORDS} です。", file=name)


def _picture(content: bytes, name: str) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            kind = picture.format
            picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        raise WrongInput("画像が壊れています。別のファイルにしてください。", file=name) from None
    return "image/png" if kind == "PNG" else "image/jpeg"
