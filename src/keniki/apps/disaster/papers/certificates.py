"""Certificates of damage as papers: the items of the form, the sentence, the mayor; those of an exercise say so."""

from __future__ import annotations

from keniki.apps.finance.papers.common import Paper
from keniki.core import era
from keniki.press import blocks as b

from ..models import Certificate
from .frame import incident_document, incident_paper

EXERCISE = "この証明書は訓練用です。証明の効力はありません。"


def certificate_paper(made: Certificate) -> Paper:
    """A certificate as it was issued. What was replaced or withdrawn says so in a mark on each page."""
    form, said = made.form, made.sealed or {}
    items = tuple(
        b.KeyValueRow(label, said.get(key, "") or "　")
        for key, label, required in form["items"]
        if required or said.get(key)
    )
    blocks: list[b.Block] = []
    if made.incident.is_exercise:
        blocks.append(b.Paragraph(b.bold(EXERCISE), align="center"))
    blocks += [
        b.Paragraph(form["title"], align="center", role="title"),
        b.Spacer(),
        b.KeyValueTable(items, label_width=0.3),
        b.Spacer(),
        b.Paragraph(form["sentence"], first_indent=1),
        *([b.Paragraph(form["extra"], first_indent=1)] if form["extra"] else []),
        b.Spacer(),
        b.Paragraph(era.format_date(made.issued_on), indent=2),
        b.Paragraph(f"{form['mayor_title']}　{form['mayor_name']}　　　　", align="right"),
        b.Spacer(2),
    ]
    if form["office"]:
        blocks.append(b.Paragraph(f"問合せ先　{form['office']}", role="small"))
    blocks.append(
        b.Paragraph(f"照合記号　{made.mark}（{made.get_kind_display()} 第{made.number}号）", role="small")
    )
    if made.incident.is_exercise:
        blocks.append(b.Paragraph(EXERCISE, role="small"))
    document = incident_document(
        made.incident,
        form["title"],
        blocks,
        dated=made.issued_on,
        formal=True,
        author=made.municipality.name,
        mark=None if made.in_force else made.state,
    )
    return incident_paper(made.incident, document, form["title"], f"第{made.number}号")
