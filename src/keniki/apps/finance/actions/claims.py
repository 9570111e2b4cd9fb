"""How bills are sent and paid: 通知, 収納, 支出負担行為, 支出命令, 支出, 督促, and refunds.

Every deed on an assessment holds its row, so that two at once never post more than there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, snapshot
from keniki.apps.regions.policies import today
from keniki.apps.workflow.actions.dues import bring_up, end_dues
from keniki.apps.workflow.models import DueItem
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..models import Assessment, Dunning, Entry, Instalment
from ..postings import POSTINGS, REFUNDED, Side
from ..queries import claims as queries
from .bills import check_open, deed_on, dues_of, is_refund, log, remind, yen
from .posting import Deed, body_of, check_day, once, origin_of, post, posted_before

Kind = Entry.Kind


@dataclass(frozen=True)
class DunDraft:
    """A letter that asks for what is late: the day it goes out, the new day to pay by, its number."""

    sent_on: date
    pay_by: date
    document_no: str = ""


def notify(
    actor: Actor, assessment: Assessment, version: int | None, notice_no: str, notice_on: date
) -> Assessment:
    """Record the notice (納入通知書, of a refund the letter about it), and tell the town its dates of payment."""
    ruling = policies.keep_claim(actor, assessment)
    with deed_on(actor, "finance.notify", assessment, ruling) as act:
        row = act.lock(assessment, version)
        check_open(row)
        check_notice(row, notice_on)
        before = snapshot(row, "notice_no", "notice_on")
        first = row.notice_on is None
        row.notice_no, row.notice_on = notice_no.strip(), notice_on
        after = snapshot(row, "notice_no", "notice_on")
        if after == before:
            return row
        act.save(row)
        if first and not is_refund(row):
            for part in queries.standing(row).instalments:
                if part.outstanding > 0:
                    remind(act, row, part.instalment, part.outstanding, part.instalment.due_on)
        what = "返還を通知" if is_refund(row) else "納入を通知"
        log(act, row, f"{what}（{row.notice_no or '番号なし'}、{era.format_date(notice_on)}）", before, after)
    return row


def receive(actor: Actor, assessment: Assessment, instalment: Instalment, deed: Deed) -> Entry:
    """Post what came in for one date of payment (収納); never more than is open of it."""
    return _post(actor, "finance.receive", assessment, Kind.RECEIVE, deed, instalment)


def commit(actor: Actor, assessment: Assessment, deed: Deed) -> Entry:
    """Post the town's act of commitment (支出負担行為), up to what it was billed."""
    return _post(actor, "finance.commit", assessment, Kind.COMMIT, deed)


def order(actor: Actor, assessment: Assessment, deed: Deed) -> Entry:
    """Post the town's order of payment (支出命令), up to what it committed."""
    return _post(actor, "finance.order", assessment, Kind.ORDER, deed)


def pay(actor: Actor, assessment: Assessment, deed: Deed) -> Entry:
    """Post the town's payment (支出), up to what it ordered."""
    return _post(actor, "finance.pay", assessment, Kind.PAY, deed)


def pay_refund(actor: Actor, assessment: Assessment, deed: Deed) -> Entry:
    """Post the holder's payment of a refund (返還の支払)."""
    return _post(actor, "finance.pay_refund", assessment, Kind.REFUND_PAY, deed)


def assess_refund(actor: Actor, assessment: Assessment, deed: Deed) -> Entry:
    """Post the town's own assessment of the money it gets back (返還金の調定)."""
    return _post(actor, "finance.assess_refund", assessment, Kind.REFUND_ASSESS, deed)


def receive_refund(actor: Actor, assessment: Assessment, deed: Deed) -> Entry:
    """Post that a refund came in at the town (返還金の収納), up to what it assessed."""
    return _post(actor, "finance.receive_refund", assessment, Kind.REFUND_RECEIVE, deed)


def dun(actor: Actor, assessment: Assessment, instalment: Instalment, draft: DunDraft) -> Dunning:
    """Ask for what did not come by its day (督促), naming a new day; once a day for each date of payment."""
    ruling = policies.keep_claim(actor, assessment)
    with deed_on(actor, "finance.dun", assessment, ruling) as act:
        row = act.lock(assessment, None)
        check_open(row)
        state = next(each for each in queries.standing(row).instalments if each.instalment == instalment)
        same = next((each for each in state.dunnings if each.sent_on == draft.sent_on), None)
        if same is not None:
            if (same.pay_by, same.document_no) != (draft.pay_by, draft.document_no.strip()):
                raise WrongInput("この納期の督促は、同じ日に既に記録されています。", column="sent_on")
            return same
        _check_dunning(row, instalment, state.outstanding, state.pay_by, draft)
        letter = Dunning(
            instalment=instalment,
            sent_on=draft.sent_on,
            pay_by=draft.pay_by,
            amount=state.outstanding,
            document_no=draft.document_no.strip(),
        )
        letter.made_by(act)
        letter.save()
        items = list(dues_of(row, instalment))
        bring_up(act, items, draft.sent_on)
        for item in items:
            item.due_on = draft.pay_by
            act.save(item)
        log(
            act,
            row,
            f"第{instalment.number}期の未納 {yen(letter.amount)} を督促"
            f"（指定期限 {era.format_date(draft.pay_by)}）",
        )
    return letter


def after_reversal(act: Act, entry: Entry, row: Assessment) -> None:
    """What a taken-back entry means for its assessment, whose row is held: a date of payment is open again, a number
    of the commitment holds no longer."""
    if entry.kind == Kind.COMMIT:
        left = Entry.objects.filter(assessment=row, kind=Kind.COMMIT, reversed_by=None).exclude(
            document_no=""
        )
        number = left.order_by("pk").values_list("document_no", flat=True).first() or ""
        if row.commitment_no != number:
            row.commitment_no = number
            act.save(row)
    part = entry.instalment
    if entry.kind != Kind.RECEIVE or part is None:
        return
    if row.notice_on is not None and not dues_of(row, part):
        state = next(each for each in queries.standing(row).instalments if each.instalment == part)
        remind(act, row, part, state.outstanding, state.pay_by)


def check_notice(row: Assessment, notice_on: date) -> None:
    """WrongInput for a notice before its assessment or on a day that has not come."""
    if notice_on < row.assessed_on:
        raise WrongInput(f"調定日（{era.format_date(row.assessed_on)}）より前の日です。", column="notice_on")
    if notice_on > today():
        raise WrongInput("まだ来ていない日です。通知した日を入力してください。", column="notice_on")


# --- parts ------------------------------------------------------------------------------------------------


def _post(
    actor: Actor,
    name: str,
    assessment: Assessment,
    kind: Kind,
    deed: Deed,
    instalment: Instalment | None = None,
) -> Entry:
    side = POSTINGS[kind].side
    ruling = (
        policies.keep_claim(actor, assessment)
        if side is Side.HOLDER
        else policies.pay_share(actor, assessment)
    )
    origin = origin_of(f"{kind}/{assessment.pk}", deed.token)
    with deed_on(actor, name, assessment, ruling) as act:
        row = act.lock(assessment, None)
        year = row.fiscal_year if deed.fiscal_year is None else deed.fiscal_year
        if (done := posted_before(row.region, origin)) is not None:
            return once(done, deed, year, instalment=instalment)
        check_open(row)
        _check_flow(row, kind)
        check_day(deed.on, year, since=row.assessed_on if side is Side.HOLDER else None)
        _check_amount(row, kind, deed.amount, instalment)
        _check_order(row, kind, deed.on)
        part = f"第{instalment.number}期 " if instalment is not None else ""
        entry = post(
            act,
            row.cost,
            kind,
            deed.amount,
            deed.on,
            body=body_of(row, kind),
            fiscal_year=year,
            text=f"{row.cost.title} {row.get_kind_display()} {row.municipality.name} {part}".strip(),
            origin=origin,
            document_no=deed.document_no,
            assessment=row,
            instalment=instalment,
        )
        if kind == Kind.COMMIT and not row.commitment_no and entry.document_no:
            row.commitment_no = entry.document_no
            act.save(row)
        _after(act, row, instalment)
        log(act, row, f"{part}{kind.label} {yen(deed.amount)}（{era.format_date(deed.on)}）を記帳")
    return entry


def _after(act: Act, row: Assessment, instalment: Instalment | None) -> None:
    """A date of payment that is fully received is due no longer."""
    if instalment is None or is_refund(row):
        return
    state = next(each for each in queries.standing(row).instalments if each.instalment == instalment)
    if state.outstanding == 0:
        end_dues(act, dues_of(row, instalment), DueItem.State.DONE)


def _check_flow(row: Assessment, kind: Kind) -> None:
    if (kind in REFUNDED) != is_refund(row):
        raise WrongInput(f"「{row.get_kind_display()}」には{kind.label}を記帳しません。")


def _check_amount(row: Assessment, kind: Kind, amount: int, instalment: Instalment | None) -> None:
    state = queries.standing(row)
    left, within = state.left(kind), POSTINGS[kind].within
    if instalment is not None:
        found = next((each for each in state.instalments if each.instalment == instalment), None)
        if found is None:
            raise WrongInput("この調定の納期ではありません。納期を選び直してください。", column="instalment")
        left = min(left, found.outstanding)
    if amount > left:
        limit = "残っている額" if within is None else f"{Kind(within).label}の残り"
        raise WrongInput(
            f"{kind.label}は{limit}（{left:,}円）を超えられません。金額を確かめてください。", column="amount"
        )


def _check_order(row: Assessment, kind: Kind, on: date) -> None:
    """An order follows its commitment and a payment its order, in the days too."""
    within = POSTINGS[kind].within
    if kind not in (Kind.ORDER, Kind.PAY) or within is None:
        return
    rows = Entry.objects.filter(assessment=row, kind=within, reversed_by=None)
    first = rows.aggregate(first=Min("on"))["first"]
    if first is not None and on < first:
        raise WrongInput(
            f"{within.label}の日（{era.format_date(first)}）より前の日です。日付を確かめてください。",
            column="on",
        )


def _check_dunning(
    row: Assessment, instalment: Instalment, outstanding: int, pay_by: date, draft: DunDraft
) -> None:
    if is_refund(row):
        raise WrongInput("返還には督促をしません。")
    if row.notice_on is None:
        raise WrongInput("納入通知書をまだ送付していません。先に通知してください。")
    if outstanding <= 0:
        raise WrongInput(f"第{instalment.number}期に未納はありません。", column="instalment")
    if draft.sent_on > today():
        raise WrongInput("まだ来ていない日です。督促した日を入力してください。", column="sent_on")
    if draft.sent_on <= pay_by:
        raise WrongInput(
            f"期限（{era.format_date(pay_by)}）を過ぎていません。督促は期限の翌日から行います。",
            column="sent_on",
        )
    if draft.pay_by < draft.sent_on:
        raise WrongInput("指定期限が発付日より前です。", column="pay_by")
