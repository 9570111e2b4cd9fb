"""The after-action report of a drill (訓練検証報告書): what was told, what the towns did and how long they took."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from keniki.apps.finance.papers.common import Paper
from keniki.core import era
from keniki.press import blocks as b

from ..queries.drills import Reaction, Review
from .frame import incident_document, incident_paper


def review_paper(review: Review) -> Paper:
    """The report as a document: summary by town, then inject by inject."""
    run = review.run
    began = timezone.localtime(run.started_at)
    ended = timezone.localtime(run.ended_at) if run.ended_at else None
    rows = [
        ("シナリオ", run.scenario.title),
        ("開始", f"{era.format_date(began.date())} {began:%H:%M}"),
        ("終了", f"{era.format_date(ended.date())} {ended:%H:%M}" if ended else "実施中"),
        ("時間の進み方", f"{run.speed}倍"),
        ("参加者", f"{run.participants:,}人" if run.participants else "未入力"),
        ("状況付与", f"{sum(each.is_due for each in review.told)}件（全{len(review.told)}件）"),
        ("訓練中の記録", f"{review.events:,}件"),
    ]
    blocks: list[b.Block] = [
        b.Heading(1, "訓練検証報告書"),
        b.KeyValueTable(tuple(b.KeyValueRow(label, value) for label, value in rows), label_width=0.25),
        b.Heading(2, "市町村ごとの対応"),
        b.DataTable(
            (
                b.Column("市町村"),
                b.Column("届いた状況付与", unit="件"),
                b.Column("対応した件数", unit="件"),
                b.Column("確認までの時間（中央値）", unit="分"),
                b.Column("対応までの時間（中央値）", unit="分"),
            ),
            tuple(
                (town.name, told, done, _minutes(seen), _minutes(acted))
                for town, told, done, seen, acted in review.by_town
            ),
        ),
        b.Heading(2, "状況付与ごとの対応"),
    ]
    for each in review.told:
        due = timezone.localtime(each.due)
        blocks.append(
            b.Heading(
                3, f"{each.inject.number}　{due:%H:%M}（開始から{each.inject.after}分）　{each.inject.title}"
            )
        )
        if each.inject.text:
            blocks.append(b.Paragraph(each.inject.text))
        if each.inject.expected:
            blocks.append(b.Paragraph(f"期待した対応：{each.inject.expected}"))
        if not each.is_due:
            blocks.append(b.Paragraph("届く前に終了した。"))
            continue
        asked = [reaction for reaction in each.reactions if reaction.asked]
        blocks.append(
            b.DataTable(
                (
                    b.Column("市町村"),
                    b.Column("確認", unit="分"),
                    b.Column("対応", unit="分"),
                    b.Column("内容"),
                ),
                tuple(_line(reaction) for reaction in asked),
            )
        )
    if run.evaluation:
        blocks += [b.Heading(2, "講評"), b.Paragraph(run.evaluation)]
    dated = run.ended_at or run.started_at
    document = incident_document(run.incident, "訓練検証報告書", blocks, dated=dated)
    return incident_paper(run.incident, document, "検証報告書")


def _line(reaction: Reaction) -> tuple[str, Decimal | str, Decimal | str, str]:
    said = "／".join(each.text for each in reaction.answers if each.text)
    return reaction.town.name, _minutes(reaction.seen), _minutes(reaction.done), said or "―"


def _minutes(value: float | None) -> Decimal | str:
    return "―" if value is None else Decimal(str(value))
