"""A bill to one town (納入通知書・返還通知書): the notice, the calculation, the clause it rests on, in one file.

The official notice comes from the holder's own accounting system; this is what the paying town needs beside it for
its own approval. What the law asks of an official notice and no record holds is left to that form.
"""

from __future__ import annotations

from typing import Final

from keniki.core import era, fiscal_year
from keniki.press import blocks as b

from ..models import Assessment, BudgetLine, Instalment
from ..queries.papers import Bill
from . import common as c
from .calculation import costs, sources, steps

Kind = Assessment.Kind
_TITLES: Final = {
    Kind.SHARE.value: "納入通知書",
    Kind.ADDITIONAL.value: "納入通知書（精算による追加）",
    Kind.REFUND.value: "返還通知書",
}
NOTE: Final = (
    "※この書類は、負担金の額とその計算を示すものである。"
    "正式の納入通知書は、会計をもつ団体の会計システムから発行する。"
)
_REFUND_NOTE: Final = (
    "※この書類は、返還する額とその計算を示すものである。正式の通知は、会計をもつ団体の文書による。"
)


def notice(bill: Bill) -> c.Paper:
    """The notice of one assessment; a draft while its number or day is not recorded."""
    assessment, made = bill.assessment, bill.decided
    title = _TITLES[assessment.kind]
    refund = assessment.kind == Kind.REFUND
    blocks: list[b.Block] = [
        *c.letter(
            number=assessment.notice_no,
            day=assessment.notice_on,
            to=c.addressee(bill.town),
            sender=[c.head_of(assessment.holder)],
            title=title,
            body=_body(bill),
        ),
        b.Spacer(0.5),
        _particulars(bill),
        _instalments(bill),
        b.Note(_REFUND_NOTE if refund else NOTE),
        b.Heading(1, "負担額の計算", new_page=True),
        b.Paragraph(_situation(bill), first_indent=1),
        costs(made),
        *steps(made, bold=bill.town.code),
        b.Heading(1, "負担割合の定めと決定", new_page=True),
        *_clause(bill),
    ]
    document = c.document(
        made,
        f"{title}　{c.year_of(made)}　{made.allocation.cost.title}　{bill.town.name}",
        blocks,
        dated=assessment.notice_on or assessment.assessed_on,
        mark=_mark(assessment),
        author=assessment.holder.name,
        formal=True,
    )
    kind = "返還通知書" if refund else "納入通知書"
    return c.Paper(document, c.file_name(kind, made, bill.town.name, f"{assessment.number}"))


def _mark(assessment: Assessment) -> str | None:
    if assessment.cancelled_on is not None:
        return f"取消（{era.format_date(assessment.cancelled_on)}）"
    if not assessment.notice_no or assessment.notice_on is None:
        return "案（通知の番号・日付が未記録）"
    return None


def _body(bill: Bill) -> list[str]:
    made, assessment = bill.decided, bill.assessment
    what = f"{c.year_of(made)}の{made.allocation.cost.title}に係る負担金"
    if assessment.kind == Kind.REFUND:
        why = "を精算した結果" if made.stage.stage == BudgetLine.Stage.SETTLED else "の額を減じたため"
        return [f"{what}{why}、次のとおり返還します。"]
    if assessment.kind == Kind.ADDITIONAL:
        return [f"{what}を精算した結果、不足する額を次のとおり納入してください。"]
    part = "のうち、既に調定した額を除いた分" if bill.billed else ""
    return [f"{what}{part}を、次のとおり納入してください。"]


def _particulars(bill: Bill) -> b.KeyValueTable:
    assessment, allocation = bill.assessment, bill.decided.allocation
    refund = assessment.kind == Kind.REFUND
    payer, payee = bill.town.name, assessment.holder.name
    assessed = "　".join(filter(None, (assessment.assessment_no, era.format_date(assessment.assessed_on))))
    other = assessment.note or (
        b.text("会計をもつ団体から別に連絡する。")
        if refund
        else b.text("会計システムから発行する納入通知書による。")
    )
    rows: list[tuple[str, b.TextLike]] = [
        ("金額", b.bold(c.yen(assessment.amount))),
        ("会計年度", fiscal_year.format_table(assessment.fiscal_year)),
        ("件名", f"{allocation.cost.title}（取組「{allocation.cost.initiative.title}」）"),
        ("種類", assessment.get_kind_display()),
        ("返還する団体" if refund else "納入する団体", payee if refund else payer),
        ("返還を受ける団体" if refund else "請求する団体", payer if refund else payee),
        ("根拠", f"負担額の{c.decision_words(bill.decided)}"),
        ("返還の決定" if refund else "調定", assessed),
        ("返還の方法など" if refund else "納入の場所・方法など", other),
    ]
    if not refund:
        rows.append(
            ("納入する団体の支出負担行為番号", assessment.commitment_no or b.text("（納入する団体で記入）　"))
        )
    return b.KeyValueTable(tuple(b.KeyValueRow(label, value) for label, value in rows), label_width=0.27)


def _instalments(bill: Bill) -> b.DataTable:
    refund = bill.assessment.kind == Kind.REFUND
    rows: list[b.Row | tuple[b.CellValue, ...]] = [
        (
            f"第{row.number}期" if len(bill.instalments) > 1 else "全額",
            row.amount,
            era.format_date_with_weekday(row.due_on),
            _moved(row),
        )
        for row in bill.instalments
        if row.amount
    ]
    rows.append(b.Row(("計", bill.assessment.amount, "", ""), "sum"))
    columns = (
        b.Column("期", 0.7),
        b.Column("金額", 1.1, "right", "円"),
        b.Column("支払の予定日" if refund else "納期限", 1.6),
        b.Column("備考", 2),
    )
    return b.DataTable(columns, tuple(rows))


def _moved(row: Instalment) -> b.TextLike:
    if row.due_on == row.nominal_on:
        return ""
    return f"定めの日（{era.format_date_with_weekday(row.nominal_on)}）が閉庁日のため"


def _situation(bill: Bill) -> str:
    """How the amount of this bill follows from the town's share."""
    made, assessment = bill.decided, bill.assessment
    share = made.shares[bill.town.code]
    stage = c.stage_words(made.stage)
    said = f"{stage}により決定した{bill.town.name}の負担額は、{c.yen(share)}である。"
    signed = -assessment.amount if assessment.kind == Kind.REFUND else assessment.amount
    if not bill.billed:
        return said
    if bill.billed + signed == share:
        word = "返還" if signed < 0 else "請求"
        first, second = (bill.billed, share) if signed < 0 else (share, bill.billed)
        less = "負担額" if signed < 0 else "既に調定した額"
        lead = "既に調定した額" if signed < 0 else "負担額"
        return (
            f"{said}この年度に既に調定した額は{c.yen(bill.billed)}であり、"
            f"{lead}{c.yen(first)}から{less}{c.yen(second)}を差し引いた{c.yen(assessment.amount)}を{word}する。"
        )
    return f"{said}この年度に既に調定した額は{c.yen(bill.billed)}であり、今回の額は{c.yen(assessment.amount)}である。"


def _clause(bill: Bill) -> list[b.Block]:
    made = bill.decided
    rule = made.allocation.rule
    until = fiscal_year.format_table(rule.last_year) if rule.last_year else ""
    rows: list[tuple[str, b.TextLike]] = [
        ("名称と版", f"{rule.title}　第{rule.number}版"),
        ("条文", made.spec.clause or b.Missing("条文")),
        ("適用する年度", f"{fiscal_year.format_table(rule.first_year)}～{until}"),
        ("決定日", era.format_date(rule.adopted_on) if rule.adopted_on else b.Missing("決定日")),
        ("版のハッシュ（SHA-256）", rule.digest),
    ]
    if made.spec.note:
        rows.insert(2, ("備考", made.spec.note))
    blocks: list[b.Block] = [
        b.KeyValueTable(tuple(b.KeyValueRow(label, value) for label, value in rows), label_width=0.22),
        b.Paragraph(b.bold("定めの内容"), keep_with_next=True),
        b.BulletList(tuple(c.rule_in_words(made)), marker="(1)"),
        b.Paragraph(b.bold("負担する団体の機関決定"), keep_with_next=True),
        _decisions(bill),
        b.Paragraph(b.bold("按分の基礎数値の出典"), keep_with_next=True),
        sources(made),
    ]
    return blocks


def _decisions(bill: Bill) -> b.DataTable:
    """Each paying town's own decision on exactly this text."""
    found = {row.municipality.code: row.approval for row in bill.decisions}
    rows: list[tuple[b.CellValue, ...]] = []
    for town in bill.decided.towns:
        approval = found.get(town.code)
        if approval is None:
            rows.append((town.name, b.Run("記録なし", muted=True), b.NOTHING, b.NOTHING, b.NOTHING))
            continue
        rows.append(
            (
                town.name,
                approval.get_answer_display(),
                era.format_date(approval.decided_on),
                approval.get_decision_kind_display(),
                approval.document_no,
            )
        )
    columns = (
        b.Column("団体", 1.1),
        b.Column("回答", 1),
        b.Column("決定日", 1.2),
        b.Column("決裁区分", 1.1),
        b.Column("文書番号", 1.4),
    )
    return b.DataTable(columns, tuple(rows), size="small")
