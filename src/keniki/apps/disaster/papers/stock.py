"""Papers of the stockpile: labels with QR codes, and the slips of a transfer (依頼書・送り状・受領書)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, time

import segno
from django.urls import reverse

from keniki.apps.finance.papers.common import Paper, letter
from keniki.core import era
from keniki.press import blocks as b

from ..models import StockPlace, StockTransfer, TransferLine, TransferStep
from ..queries.stock.on_hand import Held
from ..queries.stock.transfers import SentRow
from .frame import incident_document, incident_paper

#: The slips: what each is called, and the step from which on there is one.
SLIPS = {"request": ("備蓄品の提供について（依頼）", "requested"), "slip": ("送り状・受領書", "shipped")}

_COLUMNS = (
    b.Column("品目", 3),
    b.Column("ロット番号", 2),
    b.Column("使用期限", 2),
    b.Column("発送数", 1, "right"),
    b.Column("受領数", 1, "right"),
    b.Column("単位", 1),
)
_ASKED = (
    b.Column("品目", 3),
    b.Column("依頼数", 1, "right"),
    b.Column("承認数", 1, "right"),
    b.Column("単位", 1),
)


def scan_address(place: StockPlace, code: str) -> str:
    """The address a label's QR code opens: the count of a lot at a place."""
    return reverse("disaster:stock-scan", args=[place.region.slug, place.slug, code])


def qr_code(text: str) -> bytes:
    """A QR code as SVG, the same bytes for the same text."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, border=4, xmldecl=False)
    return out.getvalue()


def labels_of(place: StockPlace, held: Sequence[Held], host: str) -> Paper:
    """A label for each lot at a place, to be cut out and put on its boxes; `host` begins the addresses."""
    photos = [
        b.Photo(
            caption=b.text(
                b.bold(each.lot.item.title),
                f"\n{each.lot.code}\n",
                f"期限 {era.format_date(each.lot.expires_on)}" if each.lot.expires_on else "期限なし",
                f"\n{place.municipality.name} {place.name}",
            ),
            image=b.Image(
                qr_code(f"{host}{scan_address(place, each.lot.code)}"),
                f"{each.lot.code}の棚卸を開くQRコード",
            ),
        )
        for each in held
    ]
    blocks: list[b.Block] = [
        b.Heading(1, f"{place.municipality.name} {place.name} のラベル"),
        b.Paragraph(
            "切り離して箱に貼る。読み取ると、開いている棚卸の入力画面が開く。箱を分けたときは、同じラベルを増やして貼る。"
        ),
        b.PhotoGrid(tuple(photos), columns=3) if photos else b.Paragraph("この場所に在庫はない。"),
    ]
    document = b.Document(
        title=f"備蓄ラベル {place.name}",
        subject="共同備蓄",
        author=place.region.name,
        blocks=tuple(blocks),
        dated=max((each.lot.changed_at for each in held), default=place.changed_at).replace(microsecond=0),
        fictional=place.region.fictional,
    )
    return Paper(document, f"備蓄ラベル_{place.municipality.name}_{place.name}".replace("/", "／"))


def slip_of(
    transfer: StockTransfer,
    key: str,
    lines: Sequence[TransferLine],
    sent: Sequence[SentRow],
    steps: Sequence[TransferStep],
) -> Paper:
    """The request as a letter, or the slip that goes with the goods and comes back signed."""
    title = SLIPS[key][0]
    made = (
        _request(transfer, title, lines, steps) if key == "request" else _slip(transfer, title, sent, steps)
    )
    dated = steps[-1].on
    name = (title.split("（")[0], str(transfer))
    if transfer.incident is not None:
        document = incident_document(transfer.incident, title, made, dated=dated, formal=True)
        return incident_paper(transfer.incident, document, *name)
    document = b.Document(
        title=title,
        subject="共同備蓄",
        author=transfer.region.name,
        blocks=tuple(made),
        dated=datetime.combine(dated, time(), tzinfo=UTC),
        fictional=transfer.region.fictional,
        style="formal",
        footer=f"{transfer.region.name} 備蓄の{transfer.get_kind_display()} {transfer}",
    )
    return Paper(document, "_".join(name))


def _request(
    transfer: StockTransfer, title: str, lines: Sequence[TransferLine], steps: Sequence[TransferStep]
) -> list[b.Block]:
    asked = steps[0]
    points: list[tuple[str, Sequence[str]]] = [
        ("種類", [transfer.get_kind_display(), f"費用の区分　{transfer.get_ledger_display()}"]),
        ("理由", [transfer.reason]),
        (
            "届け先",
            [f"{transfer.to_place.name}　{transfer.to_place.address}" if transfer.to_place else "別に連絡"],
        ),
    ]
    if transfer.due_on:
        points.append(("返却の期限", [era.format_date_with_weekday(transfer.due_on)]))
    if transfer.incident is not None:
        points.insert(0, ("事案", [str(transfer.incident)]))
    points.append(("品目と数量", ["次の表のとおり"]))
    return [
        *letter(
            number=asked.document_no,
            day=asked.on,
            to=f"{transfer.lender.name}長　様",
            sender=[f"{transfer.borrower.name}長"],
            title=title,
            body=["このことについて、下記のとおり依頼します。"],
            points=points,
        ),
        b.DataTable(_ASKED, tuple(_asked(line) for line in lines)),
    ]


def _asked(line: TransferLine) -> tuple[b.CellValue, ...]:
    approved = b.NOTHING if line.approved is None else line.approved
    return (line.item.title, line.asked, approved, line.item.unit)


def _slip(
    transfer: StockTransfer, title: str, sent: Sequence[SentRow], steps: Sequence[TransferStep]
) -> list[b.Block]:
    shipped = [step for step in steps if step.state == StockTransfer.State.SHIPPED]
    day = era.format_date(shipped[-1].on) if shipped else ""
    arrived = transfer.state != StockTransfer.State.SHIPPED
    rows = [
        (
            row.lot.item.title,
            row.lot.code,
            era.format_date(row.lot.expires_on) if row.lot.expires_on else b.NOTHING,
            row.sent,
            row.received if arrived else "",
            row.lot.item.unit,
        )
        for row in sent
    ]
    kind = f"{transfer.get_kind_display()}（{transfer.get_ledger_display()}）"
    where = transfer.to_place.name if transfer.to_place else "別に連絡する場所"
    pairs: list[tuple[str, b.TextLike]] = [
        ("番号・種類", f"{transfer}　{kind}"),
        ("発送", f"{transfer.lender.name}　{day}　{'・'.join(_places(sent))}"),
        ("届け先", f"{transfer.borrower.name}　{where}"),
        ("返却の期限", era.format_date(transfer.due_on) if transfer.due_on else b.NOTHING),
    ]
    return [
        b.Paragraph(b.bold(title), align="center", role="title"),
        b.KeyValueTable(tuple(b.KeyValueRow(label, words) for label, words in pairs)),
        b.Spacer(0.5),
        b.DataTable(_COLUMNS, tuple(rows)),
        b.Note("※受け取った方は、数と破損を確かめ、受領数を記入して署名する。差があるときは理由も記入する。"),
        b.KeyValueTable(
            (
                b.KeyValueRow("受領の日時・場所", "\n"),
                b.KeyValueRow("差の理由", "\n"),
                b.KeyValueRow("受領者（署名）", "\n"),
            )
        ),
    ]


def _places(sent: Sequence[SentRow]) -> list[str]:
    return list(dict.fromkeys(place.name for row in sent for place in row.sent_from))
