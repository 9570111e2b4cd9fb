"""Papers of the reception: the list of names, cards to cut out, numbered sheets, the poster of a shelter."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import segno
from django.utils import timezone

from keniki.analysis import reception
from keniki.apps.finance.papers.common import Paper
from keniki.apps.regions.models import Municipality
from keniki.core import era
from keniki.press import blocks as b

from ..models import Card, CardBatch, Incident, PaperSheet, ShelterPoster
from .frame import incident_document, incident_paper

#: Cards on an A4 page: two beside each other, five below each other.
PER_PAGE: Final = 10
_COLUMNS: Final = 2
_SHEET: Final = (
    b.Column("行", 0.4, "right"),
    b.Column("コード", 0.9),
    b.Column("氏名・カナ", 2.6),
    b.Column("年齢・性別", 1),
    b.Column("住所・電話番号", 3),
    b.Column("着いた時刻", 1),
    b.Column("配慮（食事・薬・介助・ペット）", 2.4),
    b.Column("世帯", 0.7),
)


def qr(text: str) -> bytes:
    """A QR code as SVG, the same bytes for the same text."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, border=4, xmldecl=False)
    return out.getvalue()


def name_list(incident: Incident, town: Municipality, rows: Sequence[tuple[Any, ...]]) -> Paper:
    """The list of names as the page's filters leave it."""
    table = b.DataTable(
        (
            b.Column("氏名", 2), b.Column("年齢", 0.7, "right"), b.Column("性別", 0.7), b.Column("状況", 2.2),
            b.Column("配慮", 2.5), b.Column("住所", 2.5), b.Column("電話番号", 1.5),
        ),
        tuple((f"{row[1]}\n{row[2]}", row[3], row[4], row[5], row[7], row[8], row[9]) for row in rows),
        size="small",
    )  # fmt: skip
    blocks: list[b.Block] = [
        b.Paragraph(f"{town.name}　{len(rows):,}人　取扱注意（個人情報）"),
        table if rows else b.Paragraph("当てはまる人はいない。"),
    ]
    document = incident_document(
        incident, "避難者名簿", blocks, dated=timezone.localtime(), author=town.name, landscape=True
    )
    return incident_paper(incident, document, "避難者名簿", town.name)


def cards_paper(batch: CardBatch, cards: Sequence[Card]) -> Paper:
    """The cards of a batch, ten on a page, to be cut out. A training card says so in its QR code and in words."""
    mode = batch.get_mode_display()
    cells = [_card(batch, mode, card) for card in cards]
    cells += [b.Cell("")] * (-len(cells) % _COLUMNS)
    rows = [tuple(cells[at : at + _COLUMNS]) for at in range(0, len(cells), _COLUMNS)]
    per_page = PER_PAGE // _COLUMNS
    blocks: list[b.Block] = []
    for at in range(0, len(rows), per_page):
        if at:
            blocks.append(b.PageBreak())
        blocks.append(
            b.DataTable(
                (b.Column("", 1), b.Column("", 1)), tuple(rows[at : at + per_page]), head=(), dashed=True
            )
        )
    title = f"受付カード（{mode}用）"
    return _plain(
        batch, title, blocks, f"{mode}用_受付カード_{batch.municipality.name}_第{batch.first}号から"
    )


def sheets_paper(sheets: Sequence[PaperSheet]) -> Paper:
    """Numbered sheets of the reception, one page each: a QR code for each line."""
    blocks: list[b.Block] = []
    for at, sheet in enumerate(sheets):
        if at:
            blocks.append(b.PageBreak())
        mode = sheet.get_mode_display()
        rows = tuple(
            (
                line,
                b.Cell((_figure(_line_code(sheet, line), f"{line}行目", 0.7),)),
                *("",) * 6,
            )
            for line in range(1, sheet.lines + 1)
        )
        blocks += [
            b.Paragraph(
                b.text(
                    b.bold(f"【{mode}用】受付簿　{sheet.municipality.name}　第{sheet.number}号　"
                           f"コード {reception.spelt(sheet.token)}"),
                    "　　避難所（　　　　　　　　　　　　）　　月　　日",
                )
            ),
            b.DataTable(_SHEET, rows, size="small"),
            b.Note(
                "1行に1人。同じ世帯は「世帯」に同じ印を書く。あとで、コードと行の番号で入力する。"
                "同じ行を二度入力しても1人になる。"
            ),
        ]  # fmt: skip
    first = sheets[0]
    mode = first.get_mode_display()
    return _plain(
        first, f"受付簿（{mode}用）", blocks,
        f"{mode}用_受付簿_{first.municipality.name}_第{min(each.number for each in sheets)}号から", landscape=True,
    )  # fmt: skip


def poster_paper(poster: ShelterPoster, address: str) -> Paper:
    """The poster of a shelter: a QR code that opens the residents' form, in plain Japanese."""
    incident = poster.incident
    blocks: list[b.Block] = [
        b.Heading(1, f"{poster.shelter.name}に ひなんした 人へ"),
        b.Paragraph("スマートフォンで QRコードを 読んでください。名前などを 書いて 送ると、番号が 出ます。"),
        b.Paragraph(
            "その番号を 受付の人に 言ってください。スマートフォンが ない人は、受付の人に 話してください。"
        ),
        _figure(address, "受付フォームを開くQRコード", 0.5),
        b.Paragraph(address),
    ]
    if incident.is_exercise:
        blocks.insert(1, b.Paragraph(b.text(b.bold("これは 訓練です。本当の 災害では ありません。"))))
    document = incident_document(
        incident, "スマートフォンの受付", blocks, dated=poster.opened_at, author=poster.municipality.name
    )
    return incident_paper(incident, document, "受付ポスター", poster.shelter.name)


def _line_code(sheet: PaperSheet, line: int) -> str:
    return reception.code_of("line", reception.line_of(sheet.token, line))


def _card(batch: CardBatch, mode: str, card: Card) -> b.Cell:
    words = b.text(
        b.bold(f"受付カード【{mode}用】"), f"\n{batch.municipality.name}　第{card.number}号",
        f"\n{reception.spelt(card.token)}",
    )  # fmt: skip
    return b.Cell(
        (
            _figure(reception.code_of("card", card.token), f"受付カード第{card.number}号", 0.4),
            b.Paragraph(words),
        )
    )


def _figure(text: str, alt: str, width: float) -> b.Figure:
    return b.Figure(b.Image(qr(text), alt), width=width)


def _plain(
    row: CardBatch | PaperSheet, title: str, blocks: Sequence[b.Block], name: str, *, landscape: bool = False
) -> Paper:
    """A paper that belongs to no incident yet: training ones carry the band of an exercise all the same."""
    made = timezone.localtime(row.made_at).replace(microsecond=0)
    document = b.Document(
        title=title,
        subject="避難所の受付",
        author=row.municipality.name,
        blocks=tuple(blocks),
        dated=made,
        exercise=row.mode == "exercise",
        landscape=landscape,
        compact=True,
        footer=f"{title}　{row.municipality.name}　{era.format_date(made.date())}作成",
    )
    return Paper(document, name.replace("/", "／"))
