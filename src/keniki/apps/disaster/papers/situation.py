"""The situation report (状況報告) and the damage report (第4号様式) of an incident, as of any moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.utils import timezone

from keniki.apps.finance.papers.common import Paper
from keniki.core import era
from keniki.press import blocks as b
from keniki.press.excel import DataSheet
from keniki.rulebooks.disaster.law import ReportForm
from keniki.rulebooks.loader import Rule

from ..damage_rows import SheetRow, sheet_rows
from ..models import Incident
from ..queries.board import Board, Datum
from ..queries.board.words import when
from ..queries.chronology import Line
from .frame import incident_document, incident_paper

#: What stands where people disagree.
DISPUTED: Final = "確認中"


def situation_report(
    incident: Incident,
    board: Board,
    lines: Sequence[Line],
    *,
    moment: datetime,
    since: datetime | None = None,
    more: int = 0,
) -> Paper:
    """The report of what was known at `moment`; `lines` are the chronology since `since`, the newest first, and `more`
    older ones are not printed."""
    blocks: list[b.Block] = [
        _title(incident, "状況報告"),
        b.Paragraph(f"{moment_words(moment)}現在　{incident.region.name}　{incident.get_hazard_display()}"),
        *_splits(board),
        *_numbered(1, "災害対策本部と警戒レベル", [_towns(board)]),
        *_numbered(2, "避難情報", _orders(board)),
        *_numbered(3, "避難所と避難者", _shelters(board)),
        *_numbered(4, "被害の状況", _damage(board)),
        *_numbered(5, "道路の状況", _roads(board)),
        *_numbered(6, "要請と申出", _requests(board)),
        *_numbered(7, "気象情報", _warnings(board)),
        *_numbered(8, "経過", _lines(lines, since, more)),
    ]
    document = incident_document(incident, "状況報告", blocks, dated=moment, landscape=True)
    return incident_paper(incident, document, "状況報告", f"{timezone.localtime(moment):%Y%m%d%H%M}")


def damage_report(
    incident: Incident,
    rule: Rule[ReportForm],
    rows: Sequence[SheetRow],
    towns: Sequence[str],
    as_of: Sequence[str],
    *,
    moment: datetime,
) -> Paper:
    """The damage report in the rows of the form: a column for each town, their sum beside them where there are
    several; as an Excel file with the numbers."""
    form = rule.value
    several = len(towns) > 1
    head = [b.Column("区分"), b.Column("被害", width=1.4), b.Column("単位", width=0.5)]
    columns = (
        *head,
        *(b.Column(town, align="right") for town in towns),
        *((b.Column("計", align="right"),) if several else ()),
    )
    body: list[b.Row] = []
    for row in rows:
        cells = [
            _figure(figure, is_disputed)
            for figure, is_disputed in zip(row.figures, row.disputed, strict=True)
        ]
        total = [_figure(row.total, any(row.disputed))] if several else []
        body.append(b.Row((row.group, row.name, row.unit, *cells, *total)))
    remarks = [
        b.Note(f"※{rule.source}による。{rule.note}"),
        b.Note("※空欄は報告のない数、「確認中」は記録が食い違っている数。計は報告のあった数の合計。"),
    ]
    times = b.KeyValueTable(
        tuple(b.KeyValueRow(town, text or "―") for town, text in zip(towns, as_of, strict=True))
    )
    blocks: list[b.Block] = [
        _title(incident, f"被害状況即報（{form.number}）"),
        b.Paragraph(f"{moment_words(moment)}現在"),
        b.DataTable(columns, tuple(body), size="small"),
        *remarks,
        b.Heading(1, "集計の時点"),
        times,
    ]
    title = f"被害状況即報（{form.number}）"
    document = incident_document(incident, title, blocks, dated=moment, landscape=len(towns) > 3)
    paper = incident_paper(incident, document, "被害状況即報", f"{timezone.localtime(moment):%Y%m%d%H%M}")
    sheet = DataSheet(
        "被害状況",
        ("区分", "被害", "単位", *towns, *(("計",) if several else ())),
        [(row.group, row.name, row.unit, *row.figures, *((row.total,) if several else ())) for row in rows],
    )
    return Paper(paper.document, paper.name, (sheet,))


def copy_sheet(
    incident: Incident, rows: Sequence[tuple[str, str, str]], town: str, *, moment: datetime
) -> Paper:
    """A town's values in the order they are keyed into the prefecture's system: part, field, value."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for part, name, value in rows:
        groups.setdefault(part, []).append((name, value))
    blocks: list[b.Block] = [
        _title(incident, f"転記用の一覧（{town}）"),
        b.Paragraph(f"{moment_words(moment)}現在"),
    ]
    for number, (part, values) in enumerate(groups.items(), start=1):
        blocks.append(b.Heading(1, part, number=str(number)))
        blocks.append(
            b.KeyValueTable(tuple(b.KeyValueRow(name, value or "―") for name, value in values), 0.35)
        )
    document = incident_document(incident, f"転記用の一覧（{town}）", blocks, dated=moment)
    return incident_paper(incident, document, "転記用の一覧", town)


def moment_words(moment: datetime) -> str:
    """「令和6年8月5日 14時05分」."""
    local = timezone.localtime(moment)
    return f"{era.format_date(local.date())} {local.hour}時{local.minute:02}分"


def people_words(low: int, high: int) -> str:
    """「12人」, or a range where people disagree about who is there."""
    return f"{low:,}人" if low == high else f"{low:,}～{high:,}人"


def _title(incident: Incident, words: str) -> b.Paragraph:
    """The title on the paper itself, with mode and incident."""
    return b.Paragraph(
        f"【{incident.get_mode_display()}】{words}\n{incident.title}", align="center", role="title"
    )


def _numbered(number: int, title: str, content: Sequence[b.Block]) -> list[b.Block]:
    return [b.Heading(1, title, number=str(number)), *(content or [b.Paragraph("記録はありません。")])]


def _words(datum: Datum) -> b.TextLike:
    return DISPUTED if datum.conflict else datum.words or b.NOTHING


def _splits(board: Board) -> list[b.Block]:
    if not board.splits:
        return []
    rows = [
        b.Row((each.town, each.title, each.label, "／".join(option.words for option in each.options)))
        for each in board.splits
    ]
    columns = tuple(b.Column(title) for title in ("市町村", "対象", "項目", "記録された内容"))
    return [
        b.Paragraph("次の項目は記録が食い違っており、確認中です。", role="strong"),
        b.DataTable(columns, tuple(rows), size="small"),
    ]


def _towns(board: Board) -> b.DataTable:
    rows = [
        b.Row(
            (
                row.name,
                DISPUTED if row.headquarters.conflict else row.headquarters.words or b.NOTHING,
                DISPUTED
                if row.level.conflict
                else "　".join(f"{level} {words}" for level, words in row.level_words) or b.NOTHING,
                row.ordered,
                row.people_ordered,
                row.open_shelters,
                people_words(row.low, row.high),
                "、".join(f"{name} {datum.words}" for name, datum in row.outage_words) or b.NOTHING,
            )
        )
        for row in board.towns
    ]
    total = b.Row(
        (
            "計",
            "",
            "",
            sum(row.ordered for row in board.towns),
            sum(row.people_ordered for row in board.towns),
            sum(row.open_shelters for row in board.towns),
            people_words(sum(row.low for row in board.towns), sum(row.high for row in board.towns)),
            "",
        ),
        "sum",
    )
    return b.DataTable(
        (
            b.Column("市町村"),
            b.Column("災害対策本部", width=2),
            b.Column("警戒レベル", width=1.2),
            b.Column("避難情報の地区", align="right"),
            b.Column("対象人数", align="right", unit="人"),
            b.Column("開設中の避難所", align="right"),
            b.Column("避難者", align="right"),
            b.Column("停電・断水など", width=1.4),
        ),
        (*rows, total),
        size="small",
    )


def _orders(board: Board) -> list[b.Block]:
    if not board.ordered_districts:
        return []
    rows = [
        b.Row(
            (
                row.town_name,
                row.name,
                DISPUTED
                if row.order.conflict
                else "　".join(f"{level} {words}" if level else words for level, words in row.order_words),
                row.issued or b.NOTHING,
                str(row.order.part("by") or "―"),
                str(row.order.part("document") or "―"),
                row.people.value if row.people.value is not None else _words(row.people),
                "、".join(row.destination_names) or b.NOTHING,
            )
        )
        for row in board.ordered_districts
    ]
    titles = ("市町村", "地区", "避難情報", "決定の日時", "発令者", "文書・手段", "対象人数", "避難先")
    return [b.DataTable(tuple(b.Column(title) for title in titles), tuple(rows), size="small")]


def _shelters(board: Board) -> list[b.Block]:
    rows = [
        b.Row(
            (
                row.town_name,
                row.name,
                DISPUTED if row.status.conflict else row.state_words[0][1],
                people_words(row.low, row.high),
                "、".join(f"{number:,}人" for number in row.counted) or b.NOTHING,
                row.limit if row.limit is not None else b.NOTHING,
                _words(row.wanted),
            )
        )
        for row in board.active_shelters
    ]
    shown = board.active_shelters
    low, high = sum(row.low for row in shown), sum(row.high for row in shown)
    sums = b.Row(("計", f"{len(shown)}か所", "", people_words(low, high), "", "", ""), "sum")
    titles = (
        "市町村",
        "避難所",
        "状況",
        "避難者（受付の登録）",
        "数えた人数",
        "受け入れられる人数",
        "必要なもの",
    )
    table = b.DataTable(tuple(b.Column(title) for title in titles), (*rows, sums), size="small")
    outside = people_words(board.outside.low, board.outside.high)
    total = people_words(board.total.low, board.total.high)
    remark = b.Note(
        f"※避難所以外の避難者 {outside}。圏域の避難者 {total}（同じ人は1人と数える。記録が食い違う人は範囲で示す）。"
    )
    return [table, remark] if shown or board.total.high else []


def _damage(board: Board) -> list[b.Block]:
    if not board.damage:
        return []
    moment = timezone.localtime(board.at or timezone.now())
    towns = [row.town_name for row in board.damage]
    rows = [
        b.Row(
            (
                row.group,
                f"{row.name}（{row.unit}）",
                *(_figure(each, said) for each, said in zip(row.figures, row.disputed, strict=True)),
                _figure(row.total, any(row.disputed)),
            )
        )
        for row in sheet_rows(moment.date(), [row.figures for row in board.damage])
        if row.is_told
    ]
    columns = [b.Column("区分"), b.Column("被害", width=1.4)]
    columns += [b.Column(title, align="right") for title in (*towns, "計")]
    return [b.DataTable(tuple(columns), tuple(rows), size="small")] if rows else []


def _roads(board: Board) -> list[b.Block]:
    rows = [
        b.Row((row.town_name, _words(row.name), _words(row.state), _words(row.reason), _words(row.detour)))
        for row in board.roads
    ]
    titles = ("市町村", "路線・区間", "状況", "理由", "う回路")
    return (
        [b.DataTable(tuple(b.Column(title) for title in titles), tuple(rows), size="small")] if rows else []
    )


def _requests(board: Board) -> list[b.Block]:
    rows = [
        b.Row(
            (
                row.town_name,
                _words(row.direction),
                _words(row.item),
                " ".join(part for part in (row.quantity.words, row.unit.words) if part) or b.NOTHING,
                _words(row.needed_by),
                _words(row.state),
                row.partner_name or b.NOTHING,
            )
        )
        for row in board.requests
    ]
    titles = ("市町村", "要請・申出", "品目・内容", "数量", "必要な日時", "状況", "相手")
    return (
        [b.DataTable(tuple(b.Column(title) for title in titles), tuple(rows), size="small")] if rows else []
    )


def _warnings(board: Board) -> list[b.Block]:
    rows = [
        b.Row(
            (row.town_name, _words(row.title), _words(row.level), _words(row.issued_at), _words(row.source))
        )
        for row in board.warnings
        if row.in_force
    ]
    titles = ("市町村", "名称", "警戒レベル相当", "発表日時", "発表機関")
    return (
        [b.DataTable(tuple(b.Column(title) for title in titles), tuple(rows), size="small")] if rows else []
    )


def _lines(lines: Sequence[Line], since: datetime | None, more: int) -> list[b.Block]:
    if not lines:
        return []
    rows = [
        b.Row((_short(line.received_at), line.town, f"{line.kind}　{line.title}".strip(), line.told, line.by))
        for line in lines
    ]
    titles = (("受信", 0.8), ("市町村", 0.8), ("対象", 1.2), ("内容", 3.0), ("入力者", 1.2))
    table = b.DataTable(
        tuple(b.Column(title, width=width) for title, width in titles), tuple(rows), size="small"
    )
    said = f"{moment_words(since)}より後の記録。" if since is not None else ""
    left = f"ほかに{more:,}件はクロノロジーを参照。" if more else ""
    return [table, *([b.Note(f"※{said}{left}")] if said or left else [])]


def _short(moment: datetime) -> str:
    return when(moment.isoformat())


def _figure(value: int | Decimal | None, is_disputed: bool) -> b.CellValue:
    if is_disputed:
        return DISPUTED
    return value if value is not None else ""
