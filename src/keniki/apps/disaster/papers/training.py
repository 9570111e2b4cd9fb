"""The report of a training session (研修報告書): people by town, how often the class was right, how far they agree."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

from keniki.apps.finance.papers.common import Paper
from keniki.core import era
from keniki.press import blocks as b

from ..queries.training import Line, Results, about
from ..training_charts import right_chart


def report_paper(results: Results) -> Paper:
    """The report as a document. It names no participant: numbers stand for them."""
    session = results.session
    people = len(results.lines)
    agreed = results.agreement
    rows = [
        ("期日", era.format_date(session.on)),
        ("会場", session.place or "―"),
        ("取組", session.initiative.title if session.initiative else "―"),
        ("参加者", f"{people:,}人（全ての事例に答えた人 {results.complete:,}人）"),
        ("事例", f"{len(results.cases)}件（全て架空の住家）"),
        ("参加者どうしの一致（κ）", kappa(agreed.kappa) if agreed is not None else "―"),
    ]
    blocks: list[b.Block] = [
        b.Heading(1, "住家被害認定 研修報告書"),
        b.KeyValueTable(tuple(b.KeyValueRow(label, value) for label, value in rows), label_width=0.3),
        b.Heading(2, "市町村ごとの参加者"),
        b.DataTable(
            (b.Column("市町村"), b.Column("参加者", unit="人")),
            (
                *((town.name if town is not None else "圏域外", count) for town, count in results.towns),
                ("計", people),
            ),
        ),
        b.Heading(2, "事例ごとの結果"),
        b.DataTable(
            (
                b.Column("事例"),
                b.Column("種類"),
                b.Column("正しい区分"),
                b.Column("答え", unit="人"),
                b.Column("区分が合った人", unit="人"),
                b.Column("損害割合の幅", unit="％"),
            ),
            tuple(
                (
                    each.case.title,
                    about(each.case),
                    each.case.answer.verdict.name,
                    each.answered,
                    each.right,
                    span(each.least, each.most),
                )
                for each in results.cases
            ),
        ),
    ]
    if any(each.answered for each in results.cases):
        blocks.append(right_chart(results).figure("区分が合った人の割合"))
    blocks += [
        b.Heading(2, "参加者ごとの結果"),
        b.DataTable(
            (
                b.Column("番号"),
                b.Column("市町村"),
                b.Column("答えた事例", unit="件"),
                b.Column("得点", unit="％"),
                b.Column("正しい区分との一致（κ）"),
            ),
            tuple(_line(line) for line in results.lines),
        ),
        b.Note(
            "κは、区分の順序の差の2乗で重みを付けた一致の係数。1で全て一致し、0は偶然の一致と同じ。"
            "全ての事例に答えた人だけで計算した。"
        ),
    ]
    if session.evaluation:
        blocks += [b.Heading(2, "講評"), b.Paragraph(session.evaluation)]
    dated = session.closed_at or datetime.combine(session.on, time(), tzinfo=UTC)
    document = b.Document(
        title=f"【訓練】{session.title} 研修報告書",
        subject=session.title,
        author=session.region.name,
        keywords=(session.region.name, "訓練"),
        blocks=tuple(blocks),
        dated=dated.replace(microsecond=0),
        draft_mark=None if session.closed_at else "途中経過",
        fictional=session.region.fictional,
        exercise=True,
        footer=f"【訓練】{session.title}",
    )
    return Paper(document, f"訓練_研修報告書_{session.title}".replace("/", "／"))


def kappa(value: float | None) -> str:
    """A coefficient of agreement as it is printed.

    >>> kappa(0.8234), kappa(None)
    ('0.82', '―')
    """
    return "―" if value is None else f"{value:.2f}".replace("-", "▲")


def span(least: Decimal | None, most: Decimal | None) -> str:
    """From the least to the greatest per cent.

    >>> span(Decimal("7.500"), Decimal("15")), span(None, None)
    ('7.5～15', '―')
    """
    if least is None or most is None:
        return "―"
    low, high = f"{least.normalize():f}", f"{most.normalize():f}"
    return low if low == high else f"{low}～{high}"


def _line(line: Line) -> tuple[str, str, int, Decimal | str, str]:
    points = line.points
    return (
        str(line.member.number),
        line.town,
        line.done,
        "―" if points is None else points,
        kappa(line.with_answer),
    )
