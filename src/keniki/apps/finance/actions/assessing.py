"""Claiming of the towns what an allocation shares (調定), and undoing that (取消).

The whole at first, after a 補正 or the settlement only the difference. A share that went down is given back as a
refund of its own, as far as it was received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Max

from keniki.analysis.sharing import instalments as in_instalments
from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, lock, verb
from keniki.apps.regions.models import Municipality
from keniki.apps.workflow.actions.dues import end_dues
from keniki.apps.workflow.models import DueItem
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_short, format_table
from keniki.core.holidays import Calendar

from .. import policies
from ..models import Allocation, Assessment, BudgetLine, Entry, Instalment, JointCost
from ..queries import claims as queries
from ..sharing import spec_of
from .bills import check_open, deed_on, dues_of, is_refund, log, yen
from .posting import Correction, check_day, origin_of, post, posted_before, take_back

Kind = Entry.Kind


@dataclass(frozen=True)
class AssessDraft:
    """What shall be assessed: the towns, the day, the book's year, the form's token.

    `due_on` is one date of payment for the claims instead of the rule's, `refund_on` that of refunds; `numbers` are
    those of the holder's own system by code. `shown` is the differences the page showed (yen by code): where they
    are others by now, nothing is stored.
    """

    towns: tuple[Municipality, ...]
    on: date
    token: str
    fiscal_year: int | None = None
    due_on: date | None = None
    refund_on: date | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, int] | None = None


def assess(actor: Actor, allocation: Allocation, draft: AssessDraft) -> list[Assessment]:
    """Claim of the towns what an allocation shares and is not claimed yet; give back where it went down.

    All of it or nothing; sent twice with one token it is done once. Raises `WrongInput` or `Denied`.
    """
    cost, year = allocation.cost, allocation.fiscal_year
    ruling = policies.keep_account(actor, cost)
    origin = origin_of(f"assess/{allocation.pk}", draft.token)
    with verb(actor, "finance.assess", region=cost.region.slug, ruling=ruling, quiet=True) as act:
        lock("claims", cost.pk, year)
        before = Entry.objects.filter(region=cost.region, origin__startswith=f"{origin}/")
        if done := list(before.select_related("assessment__municipality").order_by("number")):
            return _once([entry.assessment for entry in done if entry.assessment is not None], draft)
        _check_billed(allocation)
        _check_holder(cost, year)
        book_year = year if draft.fiscal_year is None else draft.fiscal_year
        check_day(draft.on, book_year, since=FiscalYear(year).first_day)
        if not draft.towns:
            raise WrongInput("調定する市町村を選んでください。")
        rows = {row.municipality.pk: row for row in queries.positions(allocation)}
        made = []
        lock("assessment-number", cost.region_id, year)
        for town in draft.towns:
            row = rows.get(town.pk)
            _check_position(row, town, draft.shown)
            assert row is not None
            made.append(_assess(act, allocation, row.difference, town, draft, book_year, origin))
        amounts = {each.municipality.name: each.amount for each in made}
        act.log(
            made[0] if len(made) == 1 else allocation,
            None,
            {"shares": amounts, "on": draft.on.isoformat()},
            f"{format_table(year)} {cost.title} の{_kinds(made)}を調定（"
            + "、".join(f"{each.municipality.name} {yen(each.amount)}" for each in made)
            + "）",
        )
    return made


def cancel(actor: Actor, assessment: Assessment, correction: Correction) -> Entry:
    """Undo an assessment (取消) by the opposite entry, while nothing was received, committed or paid on it."""
    ruling = policies.keep_claim(actor, assessment)
    origin = origin_of(f"cancel/{assessment.pk}", correction.token)
    with deed_on(actor, "finance.cancel", assessment, ruling) as act:
        lock("claims", assessment.cost_id, assessment.fiscal_year)
        row = act.lock(assessment, None)
        if (done := posted_before(row.region, origin)) is not None:
            return done
        return withdraw(act, row, correction, origin)


def withdraw(act: Act, row: Assessment, correction: Correction, origin: str) -> Entry:
    """The part of `cancel` that the correction of the entry itself does inside its verb; the row is held."""
    check_open(row)
    reason = correction.reason.strip()
    if not reason:
        raise WrongInput("取り消す理由を入力してください。", column="reason")
    state = queries.standing(row)
    first = Kind.REFUND if is_refund(row) else Kind.ASSESS
    used = [Kind(kind).label for kind, posted in state.posted.items() if posted and kind != first]
    if used:
        raise WrongInput(
            f"この調定には{'・'.join(used)}が記帳されているため、取り消せません。先にその仕訳を訂正してください。"
        )
    if is_refund(row):
        _check_nothing_later(row)
    entry = Entry.objects.get(assessment=row, kind=first, reversed_by=None)
    year = entry.fiscal_year if correction.fiscal_year is None else correction.fiscal_year
    check_day(correction.on, year, since=entry.on)
    made = take_back(act, entry, correction.on, fiscal_year=year, text=f"調定の取消：{reason}", origin=origin)
    row.cancelled_on = correction.on
    act.save(row)
    for part in row.instalments.all():
        end_dues(act, dues_of(row, part), DueItem.State.DROPPED)
    log(act, row, f"調定 {yen(row.amount)} を取消（{reason}）")
    return made


# --- parts ------------------------------------------------------------------------------------------------


def _check_billed(allocation: Allocation) -> None:
    cost, year = allocation.cost, allocation.fiscal_year
    newest = queries.billed_allocation(cost, year)
    if allocation.stage not in queries.BILLED:
        raise WrongInput(
            "要求の段階の負担額は、市町村の予算のための見込みです。当初予算の負担額を決定してから調定します。"
        )
    if newest is None or newest.pk != allocation.pk:
        raise WrongInput("より新しい負担額の決定があります。画面を開き直して、新しい決定で調定してください。")
    if cost.manner == JointCost.Manner.EACH and allocation.stage != BudgetLine.Stage.SETTLED:
        raise WrongInput(
            "各市町村が執行する共同経費は、決算の負担額と各市町村の支出との差だけを、精算のときに調定します。"
        )


def _once(made: list[Assessment], draft: AssessDraft) -> list[Assessment]:
    """What the same form assessed before; WrongInput where it names other towns or another day now."""
    same = {row.municipality_id for row in made} == {town.pk for town in draft.towns}
    if not same or any(row.assessed_on != draft.on for row in made):
        names = "・".join(row.municipality.name for row in made)
        raise WrongInput(
            f"この画面からは、既に{names}分を調定しています。画面を開き直して、もう一度入力してください。"
        )
    return made


def _check_holder(cost: JointCost, year: int) -> None:
    """A year's claims and refunds stand in one body's book."""
    others = Assessment.objects.filter(cost=cost, fiscal_year=year, cancelled_on=None)
    other = others.exclude(holder=cost.holder_id).select_related("holder").first()
    if other is not None:
        raise WrongInput(
            f"この年度は、{other.holder.name}が既に調定しています。共同経費の「会計をもつ団体」を"
            f"{other.holder.name}に戻して調定するか、先にその調定を取り消してください。"
        )


def _check_nothing_later(row: Assessment) -> None:
    """A refund that is undone adds to what is claimed: not after something was claimed on top of it."""
    later = Assessment.objects.filter(
        cost=row.cost_id,
        fiscal_year=row.fiscal_year,
        municipality=row.municipality_id,
        cancelled_on=None,
        number__gt=row.number,
    ).first()
    if later is not None:
        raise WrongInput(
            f"この返還の後に調定した額（{format_short(later.fiscal_year)}-{later.number}）があります。"
            "先にそれを取り消してください。"
        )


def _check_position(
    row: queries.Position | None, town: Municipality, shown: Mapping[str, int] | None
) -> None:
    if row is None:
        raise WrongInput(f"{town.name}は、この負担額の決定にありません。")
    if row.is_own:
        raise WrongInput(f"{town.name}は会計をもつ団体自身なので、調定しません。")
    if shown is not None and shown.get(town.code) != row.difference:
        raise WrongInput(
            f"{town.name}の調定する額が、表示していた額から変わりました（いまは{row.difference:,}円）。"
            "画面を開き直して確かめてください。"
        )
    if row.difference == 0:
        raise WrongInput(f"{town.name}には、調定する差額がありません。")
    if row.problem:
        raise WrongInput(f"{town.name}：{row.problem}")


def _assess(
    act: Act,
    allocation: Allocation,
    difference: int,
    town: Municipality,
    draft: AssessDraft,
    book_year: int,
    origin: str,
) -> Assessment:
    cost, year, amount = allocation.cost, allocation.fiscal_year, abs(difference)
    assert cost.holder is not None
    settled = allocation.stage == BudgetLine.Stage.SETTLED
    kind = Assessment.Kind.ADDITIONAL if settled else Assessment.Kind.SHARE
    if difference < 0:
        kind = Assessment.Kind.REFUND
    last = Assessment.objects.filter(region=cost.region, fiscal_year=year).aggregate(last=Max("number"))
    row = Assessment(
        region=cost.region,
        cost=cost,
        allocation=allocation,
        holder=cost.holder,
        municipality=town,
        fiscal_year=year,
        kind=kind,
        number=(last["last"] or 0) + 1,
        amount=amount,
        assessed_on=draft.on,
        assessment_no=draft.numbers.get(town.code, "").strip(),
    )
    row.made_by(act)
    act.save(row)
    for number, part, nominal, due in _parts(allocation, kind, amount, draft):
        Instalment(assessment=row, number=number, amount=part, nominal_on=nominal, due_on=due).save()
    first = Kind.REFUND if kind == Assessment.Kind.REFUND else Kind.ASSESS
    post(
        act,
        cost,
        first,
        amount,
        draft.on,
        body=cost.holder,
        fiscal_year=book_year,
        text=f"{cost.title} {row.get_kind_display()} {town.name}",
        origin=f"{origin}/{town.code}",
        document_no=row.assessment_no,
        assessment=row,
    )
    return row


def _parts(
    allocation: Allocation, kind: str, amount: int, draft: AssessDraft
) -> list[tuple[int, int, date, date]]:
    """Number, yen, the rule's day and the day it is due of each instalment."""
    refund = kind == Assessment.Kind.REFUND
    typed, column = (draft.refund_on, "refund_on") if refund else (draft.due_on, "due_on")
    if typed is not None:
        if typed < draft.on:
            raise WrongInput("調定日より前の日です。調定日以後の日にしてください。", column=column)
        return [(1, amount, typed, typed)]
    if refund:
        raise WrongInput("返還する市町村があります。返還の支払期限を入力してください。", column=column)
    payment = spec_of(allocation.rule.content).payment
    if payment is None:
        raise WrongInput("定めに納期がありません。納期限を入力してください。", column=column)
    found = in_instalments(amount, payment, allocation.fiscal_year, Calendar(), since=draft.on)
    if not found:
        raise WrongInput(
            "定めの納期は、すべて過ぎています（通知に要する日数を含みます）。納期限を入力してください。",
            column=column,
        )
    return [(each.number, each.amount, each.nominal_on, each.due_on) for each in found]


def _kinds(rows: Iterable[Assessment]) -> str:
    return "・".join(dict.fromkeys(row.get_kind_display() for row in rows))
