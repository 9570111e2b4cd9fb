"""Letters of joint costs: what a town is expected to pay (負担額の通知) with a form to answer, and a dunning letter."""

from __future__ import annotations

from keniki.apps.regions.models import Municipality
from keniki.core import era, fiscal_year
from keniki.press import blocks as b

from ..models import Assessment, BudgetLine, Dunning
from ..queries.papers import Decided
from . import common as c
from .calculation import costs, steps

Stage = BudgetLine.Stage
#: So many sentences of a rule leave the letter on one page.
MOST_LINES = 6


def request_letter(made: Decided, town: Municipality) -> c.Paper:
    """The share made known to one town, with the reckoning; before the budget also the form for what was assessed."""
    allocation = made.allocation
    asks = allocation.stage == Stage.REQUEST
    what = f"{c.year_of(made)}　{allocation.cost.title}"
    title = f"{what}の負担金（{c.stage_words(made.stage)}）について（通知）"
    blocks: list[b.Block] = [
        *c.letter(
            number=allocation.document_no,
            day=allocation.issued_on,
            to=c.addressee(town),
            sender=c.secretariat(made),
            title=title,
            body=_body(made, asks=asks),
            points=_points(made, town, asks=asks),
        ),
        b.Heading(1, "負担額の計算", new_page=True),
        costs(made),
        *steps(made, bold=town.code),
    ]
    if asks:
        blocks += _reply(made, town)
    document = c.document(
        made, title, blocks, dated=allocation.issued_on, formal=True, author=allocation.region.name
    )
    return c.Paper(document, c.file_name("負担額の通知", made, made.stage.label, town.name))


def _body(made: Decided, *, asks: bool) -> list[str]:
    region = made.allocation.region
    thanks = f"日頃から{region.name}の取組に御理解と御協力をいただき、お礼申し上げます。"
    if asks:
        return [
            thanks,
            "このことについて、下記のとおり見込みましたので、予算の要求をお願いします。"
            "また、査定の結果を、回答書により期限までにお知らせください。",
        ]
    return [thanks, "このことについて、下記のとおり決定しましたので、通知します。"]


def _points(made: Decided, town: Municipality, *, asks: bool) -> list[tuple[str, list[str]]]:
    allocation = made.allocation
    amount = made.shares[town.code]
    cost = allocation.cost
    points = [
        (
            "負担額",
            [
                f"{c.yen(amount)}（全{len(made.towns)}団体の負担の合計{c.yen(made.shared)}の"
                f"{c.percent(amount, made.shared)}）"
            ],
        ),
        (
            "対象の経費",
            [f"{cost.title}（取組「{cost.initiative.title}」）", c.manner_words(cost, len(made.towns))],
        ),
        (
            "負担割合の定め",
            [f"{allocation.rule.title}　第{allocation.rule.number}版", *_rule(made)],
        ),
        ("計算", ["次のページのとおり"]),
    ]
    if allocation.answer_by is not None:
        points.append(("査定結果の回答期限", [era.format_date_with_weekday(allocation.answer_by)]))
    elif asks:
        points.append(("査定結果の回答期限", ["別に連絡する日"]))
    year = fiscal_year.FiscalYear(allocation.fiscal_year)
    if asks:
        points.append(("予算を計上する年度", [fiscal_year.format_table(int(year))]))
    return points


def _rule(made: Decided) -> list[str]:
    """How the rule shares and rounds; of a long one the beginning, and where the rest stands."""
    lines = [*c.sharing_in_words(made), *c.rounding_in_words(made)]
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], "（このほかは、定めのとおり）"]


def _reply(made: Decided, town: Municipality) -> list[b.Block]:
    """The form on which the town says what its budget assessment came to."""
    allocation = made.allocation
    region = allocation.region
    by = era.format_date_with_weekday(allocation.answer_by) if allocation.answer_by else "別に連絡する日"
    rows: list[tuple[str, str]] = [
        ("団体", town.name),
        ("件名", f"{c.year_of(made)}　{allocation.cost.title}の負担金"),
        ("通知した額", c.yen(made.shares[town.code])),
        ("査定後の額", "　　　　　　　　　　　　円"),
        ("うち特定財源", "　　　　　　　　　　　　円"),
        ("差がある場合の理由", f"{c.BLANK}\n{c.BLANK}"),
        ("予算科目（款・項・目・節）", c.BLANK),
        ("議会に提出する予定", "　　年　　月　議会"),
        ("担当（部署・氏名・連絡先）", f"{c.BLANK}\n{c.BLANK}"),
    ]
    return [
        b.Heading(1, "査定結果回答書", new_page=True),
        b.Paragraph(c.NO_NUMBER, align="right"),
        b.Paragraph(c.NO_DAY, align="right"),
        b.Paragraph(f"{region.name}　事務局　御中", first_indent=1),
        b.Paragraph(f"{town.name}", align="right"),
        b.Spacer(0.5),
        b.Paragraph(
            f"{era.format_date(allocation.issued_on)}付け{allocation.document_no or '文書'}で通知のあった負担金の"
            "査定の結果は、次のとおりです。",
            first_indent=1,
        ),
        b.KeyValueTable(tuple(b.KeyValueRow(label, words) for label, words in rows), label_width=0.3),
        b.Note(f"※回答期限　{by}。画面（負担金の予算）に入力した場合は、この書類は不要である。"),
    ]


def dunning_letter(made: Decided, assessment: Assessment, letter: Dunning) -> c.Paper:
    """A letter that asks for what was not paid by its day (督促状)."""
    town = assessment.municipality
    instalment = letter.instalment
    notified = (
        f"{era.format_date(assessment.notice_on)}付け{assessment.notice_no or '納入通知書'}で通知した"
        if assessment.notice_on
        else ""
    )
    several = assessment.instalments.count() > 1
    what = f"{c.year_of(made)}　{made.allocation.cost.title}の負担金"
    nth = f"第{instalment.number}期　" if several else ""
    blocks = c.letter(
        number=letter.document_no,
        day=letter.sent_on,
        to=c.addressee(town),
        sender=[c.head_of(assessment.holder)],
        title="督促状",
        body=[
            f"{notified}次の負担金は、納期限を過ぎましたが、まだ納入を確認できておりません。"
            "指定期限までに納入してください。",
            "なお、この文書と行き違いに納入された場合は、御容赦ください。",
        ],
    )
    rows: list[tuple[str, b.TextLike]] = [
        ("件名", what),
        ("未納の額", b.bold(c.yen(letter.amount))),
        (
            "納期と納期限",
            f"{nth}{era.format_date_with_weekday(instalment.due_on)}（{c.yen(instalment.amount)}）",
        ),
        ("指定期限", b.bold(era.format_date_with_weekday(letter.pay_by))),
        (
            "調定",
            "　".join(filter(None, (assessment.assessment_no, era.format_date(assessment.assessed_on)))),
        ),
        ("納入の場所・方法など", assessment.note or "先に送付した納入通知書による。"),
    ]
    blocks += [
        b.Spacer(0.5),
        b.KeyValueTable(tuple(b.KeyValueRow(label, value) for label, value in rows), label_width=0.27),
    ]
    document = c.document(
        made,
        f"督促状　{what}　{town.name}",
        blocks,
        dated=letter.sent_on,
        mark=None if letter.document_no else "案（文書番号が未記録）",
        author=assessment.holder.name,
        formal=True,
        numbered=False,
    )
    number = f"{assessment.number}-{instalment.number}"
    return c.Paper(document, c.file_name("督促状", made, town.name, number))
