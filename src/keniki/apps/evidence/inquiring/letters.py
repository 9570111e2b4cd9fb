"""The letters of an inquiry (鑑文・督促) as documents: composed from the record alone, for Word and PDF."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from keniki.core import era, fiscal_year
from keniki.press import blocks as b
from keniki.press.pdf import render_pdf
from keniki.press.word import render_docx

from ..models import FigureInquiry, InquiryLetter, TownAnswer
from .items import Item, read_items
from .references import References
from .sheets import ANSWERS, sheet_name, write_sheet

#: What stands where no document number was typed.
NO_NUMBER: Final = "○第　　号"
_INDENT = 1
_EPOCH = (2000, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Addressed:
    """One town's letter of a round."""

    code: str
    name: str
    addressee: str


def addressed(letter: InquiryLetter) -> list[Addressed]:
    """The towns a round of letters goes to."""
    return [Addressed(row["code"], row["name"], row["addressee"]) for row in letter.addressees]


def compose(letter: InquiryLetter, town: Addressed) -> b.Document:
    """One town's letter as a document."""
    inquiry = letter.inquiry
    reminds = letter.kind == InquiryLetter.Kind.REMINDER
    title = f"{inquiry.title}について（{'督促' if reminds else '照会'}）"
    body = _reminding(letter) if reminds else _asking(letter)
    if not town.addressee.startswith(town.name):
        body.append(f"なお、この照会は、貴団体が承継した{town.name}の分です。")
    points = _reminding_points(letter) if reminds else _asking_points(letter)
    blocks: list[b.Block] = [
        b.Paragraph(letter.document_no or b.text(NO_NUMBER), align="right"),
        b.Paragraph(era.format_date(letter.dated), align="right"),
        b.Spacer(),
        b.Paragraph(town.addressee, first_indent=_INDENT),
        b.Spacer(),
        *(b.Paragraph(line, align="right") for line in letter.sender.splitlines() if line.strip()),
        b.Spacer(),
        b.Paragraph(b.bold(title), align="center"),
        b.Spacer(),
        *(b.Paragraph(words, first_indent=_INDENT) for words in body),
        b.Spacer(0.5),
        b.Paragraph("記", align="center", keep_with_next=True),
        b.Spacer(0.5),
    ]
    for number, (head, lines) in enumerate(points, 1):
        blocks.append(b.Paragraph(f"{number}　{head}", keep_with_next=True))
        blocks += [b.Paragraph(line, indent=2) for line in lines]
    return b.Document(
        title=title,
        subject=title,
        author=letter.sender.splitlines()[0] if letter.sender.strip() else "",
        keywords=(inquiry.region.name, town.name),
        blocks=tuple(blocks),
        dated=datetime.combine(letter.dated, time(), tzinfo=UTC),
        fictional=inquiry.region.fictional,
        page_numbers=False,
        style="formal",
    )


def file_name(letter: InquiryLetter, town: Addressed, ending: str) -> str:
    """鑑文_012301_栗山町.docx"""
    word = "督促" if letter.kind == InquiryLetter.Kind.REMINDER else "鑑文"
    return f"{word}_{town.code}_{town.name}.{ending}"


def archive(letter: InquiryLetter) -> bytes:
    """All letters of a round as Word and PDF, and every town's blank return sheet, in one ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in _files(letter):
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def blank_sheets(inquiry: FigureInquiry, codes: Iterable[str]) -> Iterator[tuple[TownAnswer, bytes]]:
    """The blank return sheets of these towns (six-digit codes)."""
    wanted = set(codes)
    answers = [
        answer
        for answer in inquiry.answers.select_related("municipality").prefetch_related("versions")
        if answer.municipality.code in wanted
    ]
    references = References(inquiry, [answer.municipality for answer in answers])
    for answer in answers:
        answer.inquiry = inquiry
        handed_in = len(answer.versions.all())
        yield answer, write_sheet(answer, references, handed_in=handed_in, blank=True)


def _files(letter: InquiryLetter) -> Iterator[tuple[str, bytes]]:
    towns = addressed(letter)
    for town in towns:
        document = compose(letter, town)
        folder = f"{town.code}_{town.name}"
        yield f"{folder}/{file_name(letter, town, 'docx')}", render_docx(document)
        yield f"{folder}/{file_name(letter, town, 'pdf')}", render_pdf(document)
    for answer, content in blank_sheets(letter.inquiry, [town.code for town in towns]):
        own = answer.municipality
        yield f"{own.code}_{own.name}/{sheet_name(answer)}", content


def _asking(letter: InquiryLetter) -> list[str]:
    region = letter.inquiry.region
    return [
        f"日頃から{region.name}の取組に御理解と御協力をいただき、お礼申し上げます。",
        "このことについて、下記のとおり照会しますので、期限までに回答くださるようお願いします。",
    ]


def _reminding(letter: InquiryLetter) -> list[str]:
    inquiry = letter.inquiry
    first = inquiry.letters.filter(kind=InquiryLetter.Kind.COVER).first()
    number = f"{first.document_no}" if first is not None and first.document_no else "文書"
    asked = f"{era.format_date(inquiry.asked_on)}付け{number}" if inquiry.asked_on else "先の文書"
    late = letter.deadline < letter.dated
    state = (
        "回答期限を過ぎましたが、本日現在、決裁を経た回答を確認できておりません。"
        if late
        else "回答期限が近づいておりますが、本日現在、決裁を経た回答を確認できておりません。"
    )
    wish = "至急" if late else "期限までに"
    return [
        f"{asked}で照会した標記の件について、{state}",
        f"つきましては、{wish}、下記により回答くださるようお願いします。",
        "なお、この文書と行き違いに回答を済まされた場合は、御容赦ください。",
    ]


def _asking_points(letter: InquiryLetter) -> list[tuple[str, list[str]]]:
    inquiry = letter.inquiry
    points = [("照会の内容", _contents(inquiry))]
    if inquiry.purpose:
        points.insert(0, ("照会の目的", inquiry.purpose.splitlines()))
    opened = (
        "締切の後、各団体の回答を照会先の団体に公開します。"
        if inquiry.opened
        else "回答は、貴団体と事務局だけが見ることができます。"
    )
    kept = "決裁を経た数値は、市町村の報告値として、出典（この照会）を付けて圏域の資料に登録します。"
    figures = any(item.is_figure for item in read_items(inquiry.items))
    return [
        *points,
        ("回答期限", [era.format_date_with_weekday(letter.deadline)]),
        ("回答の方法", _ways(inquiry)),
        ("回答の取扱い", [kept, opened] if figures else [opened]),
        ("担当（連絡先）", letter.contact.splitlines()),
    ]


def _reminding_points(letter: InquiryLetter) -> list[tuple[str, list[str]]]:
    return [
        ("回答期限", [era.format_date_with_weekday(letter.deadline)]),
        ("回答の方法", _ways(letter.inquiry)),
        ("担当（連絡先）", letter.contact.splitlines()),
    ]


def _ways(inquiry: FigureInquiry) -> list[str]:
    return [
        "次の(1)又は(2)の方法で回答してください。",
        f"(1)　Kenikiの画面（統計 ＞ 数値照会 ＞ {inquiry.title}）で入力する方法",
        f"(2)　別添の「{ANSWERS}」（Excelファイル）に入力し、(1)の画面から取り込むか、事務局へ送付する方法",
        "いずれの場合も、貴団体の決裁を経た上で、決裁の日、決裁区分及び文書番号を(1)の画面に記録してください。"
        "画面に記録できないときは、回答文書を事務局へ送付してください。",
    ]


def _contents(inquiry: FigureInquiry) -> list[str]:
    items = read_items(inquiry.items)
    figures = [item for item in items if item.is_figure]
    lines = []
    if figures:
        lines.append(f"数値　{len(figures)}項目（{_years(inquiry, figures)}）")
    if len(items) > len(figures):
        lines.append(f"質問　{len(items) - len(figures)}問")
    return [*lines, f"項目は、別添の「{ANSWERS}」のとおりです。"]


def _years(inquiry: FigureInquiry, figures: list[Item]) -> str:
    first, last = min(inquiry.years), max(inquiry.years)
    words = []
    for fiscal in sorted({item.fiscal for item in figures}):
        label = fiscal_year.format_table if fiscal else era.format_year
        words.append(label(first) if first == last else f"{label(first)}～{label(last)}")
    return "、".join(words)
