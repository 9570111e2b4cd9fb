"""Small real files of every kind that is taken."""

from __future__ import annotations

import io

import xlsxwriter
from docx import Document
from PIL import Image


def pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def word() -> bytes:
    target = io.BytesIO()
    document = Document()
    document.add_paragraph("回答書")
    document.save(target)
    return target.getvalue()


def excel() -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.add_worksheet().write(0, 0, "回答")
    book.close()
    return target.getvalue()


def picture(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (4, 4), "green").save(target, kind)
    return target.getvalue()


TAKEN = {
    "回答.pdf": pdf,
    "回答.docx": word,
    "回答.xlsx": excel,
    "写真.jpg": lambda: picture("JPEG"),
    "写真.JPEG": lambda: picture("JPEG"),
    "図.png": lambda: picture("PNG"),
    "表.csv": lambda: "市町,人数\n川北町,21\n".encode("cp932"),
    "メモ.txt": lambda: "確認しました。\n".encode(),
}
