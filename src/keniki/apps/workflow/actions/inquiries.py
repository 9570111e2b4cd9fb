"""Inquiries (照会) to every member town about one version of a record, and each town's own decision on it.

Of a town's own record only that town is asked, and it may ask itself.

A click alone is not a town's decision: the day it was decided, who decided and the document's number are kept,
bound to the version's hash; typed for a town by the secretariat, the town's reply file is kept too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils import timezone

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, verb
from keniki.apps.regions import policies as rights
from keniki.apps.regions import queries as regions
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Municipality, Organisation, RegionMembership
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies, queries
from ..about import about, asked_town, link, named, region_of, subject
from ..models import Approval, DueItem, Inquiry
from .dues import add_dues, end_dues
from .files import keep

State = Inquiry.State

#: So many towns are named one by one in the log.
_NAMED = 20


@dataclass(frozen=True)
class Reply:
    """The town's reply as it came: a file's name and bytes."""

    name: str
    content: bytes


def ask(
    actor: Actor,
    record: models.Model,
    digest: str,
    label: str,
    due_on: date | None,
    *,
    title: str = "",
    asked_on: date | None = None,
    told: bool = True,
) -> Inquiry:
    """Ask every member town about the version of `record` with this hash (called `label`, e.g. 「照会版 第2版」).

    Open inquiries about other versions of the record are closed by it; every town gets a due item. Without `told`
    the verb that asks as its own part writes the log line.
    """
    region = region_of(record)
    ruling = policies.edit_record(actor, region, record)
    with verb(actor, "workflow.ask", region=region.slug, ruling=ruling, quiet=not told) as act:
        asked = asked_on or rights.today()
        if not digest or not label.strip():
            raise WrongInput("照会する版が決まっていません。版を作成してから照会してください。", column="版")
        if due_on is not None and due_on < asked:
            raise WrongInput("回答期限が照会日より前です。日付を確かめてください。", column="回答期限")
        members = queries.asked_of(region, asked, asked_town(record))
        if not members:
            word = regions.members_word(region)
            raise WrongInput(f"照会日に{word}がありません。{word}の期間を確かめてください。")
        type(record)._base_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
        earlier = list(Inquiry.objects.select_for_update().filter(**about(record), state=State.OPEN))
        same = next((each for each in earlier if each.digest == digest), None)
        if same is not None:
            raise WrongInput(f"この版は照会中です（照会日 {era.format_date(same.asked_on)}）。")
        for each in earlier:
            each.state = State.CLOSED
            act.save(each)
            _end_open_dues(act, each, DueItem.State.DROPPED)
        inquiry = act.save(
            Inquiry(
                **link(record),
                title=(title.strip() or f"{record}")[:200],
                digest=digest,
                version_label=label.strip()[:80],
                asked_on=asked,
                due_on=due_on,
            )
        )
        if due_on is not None:
            bodies = [town_organisation(member.municipality) for member in members]
            asked_for = "" if inquiry.version_label == inquiry.title else f"（{inquiry.version_label}）"
            add_dues(act, inquiry, f"照会への回答：{inquiry.title}{asked_for}", due_on, bodies)
        until = f"（回答期限 {era.format_date(due_on)}）" if due_on else ""
        if told:
            act.log(
                inquiry,
                None,
                {"digest": digest, "version": inquiry.version_label, "due_on": str(due_on or "")},
                f"{named(record)}の{inquiry.version_label}を{_towns(members)}に照会{until}",
            )
    return inquiry


def _towns(members: Sequence[RegionMembership]) -> str:
    names = "・".join(member.municipality.name for member in members[:_NAMED])
    return names if len(members) <= _NAMED else f"{names}ほか計{len(members)}団体"


def record_decision(
    actor: Actor,
    inquiry: Inquiry,
    municipality: Municipality,
    *,
    answer: str,
    decided_on: date,
    decision_kind: str,
    document_no: str,
    remarks: str = "",
    reply: Reply | None = None,
    version: int | None = None,
) -> Approval:
    """Keep a town's decision on the inquired version: by its approver, or by the secretariat as 代理入力.

    A decision already there is corrected (`version` is the one the user saw); every earlier state is kept.
    """
    region = inquiry.region
    ruling = rights.decide_for(actor, region, municipality, on=inquiry.asked_on)
    with verb(actor, "workflow.record_decision", region=region.slug, ruling=ruling) as act:
        inquiry = act.lock(inquiry, None)
        if inquiry.state != State.OPEN:
            raise WrongInput(
                f"この照会は「{inquiry.get_state_display()}」です。事務局が照会を再開すると記録できます。"
            )
        body = _asked_body(inquiry, municipality)
        _check(inquiry, answer, decided_on, decision_kind, document_no, remarks)
        old = Approval.objects.filter(inquiry=inquiry, organisation=body).first()
        if ruling.on_behalf_of and reply is None and not (old and old.reply_id):
            raise WrongInput(
                f"代理入力には、{municipality.name}から届いた回答文書のファイルが必要です。",
                column="回答文書",
            )
        row = (
            act.lock(old, version)
            if old
            else Approval(inquiry=inquiry, organisation=body, municipality=municipality)
        )
        before = _facts(row) if old else None
        row.digest = inquiry.digest
        row.answer, row.decided_on, row.decision_kind = answer, decided_on, decision_kind
        row.document_no, row.remarks = document_no.strip(), remarks.strip()
        row.recorded_by, row.proxy = actor.user, bool(ruling.on_behalf_of)
        if reply is not None:
            replaced, row.reply = row.reply, keep(act, inquiry, reply.name, reply.content)
            if replaced is not None:
                replaced.removed_at = timezone.now()
                act.save(replaced)
        act.save(row)
        end_dues(act, _open_dues(inquiry).filter(organisation=body), DueItem.State.DONE)
        after = _facts(row)
        change = (
            f"を訂正（{_sentence(before)}→{_sentence(after)}）" if before else f"を記録（{_sentence(after)}）"
        )
        act.log(
            inquiry,
            before,
            after,
            f"「{inquiry.title}」（{inquiry.version_label}）への{municipality.name}の機関決定{change}",
            municipality=municipality.code,
        )
    return row


def close_inquiry(
    actor: Actor, inquiry: Inquiry, version: int | None = None, *, told: bool = True
) -> Inquiry:
    """No more answers are taken; what is missing stays visible as unanswered.

    Without `told` the verb that closes it as its own part writes the log line.
    """
    return _move(actor, inquiry, version, State.CLOSED, "workflow.close_inquiry", "を締切り", told=told)


def reopen_inquiry(actor: Actor, inquiry: Inquiry, version: int | None = None) -> Inquiry:
    """Take answers again."""
    return _move(actor, inquiry, version, State.OPEN, "workflow.reopen_inquiry", "を再開")


def withdraw_inquiry(actor: Actor, inquiry: Inquiry, version: int | None = None) -> Inquiry:
    """Withdraw an inquiry; its answers no longer count."""
    return _move(actor, inquiry, version, State.WITHDRAWN, "workflow.withdraw_inquiry", "を取下げ")


_MOVES = {State.CLOSED: (State.OPEN,), State.OPEN: (State.CLOSED,), State.WITHDRAWN: (State.OPEN,)}


def _move(
    actor: Actor,
    inquiry: Inquiry,
    version: int | None,
    state: Inquiry.State,
    name: str,
    what: str,
    *,
    told: bool = True,
) -> Inquiry:
    region = inquiry.region
    ruling = rights.edit_shared(actor, region)
    with verb(actor, name, region=region.slug, ruling=ruling, quiet=not told) as act:
        inquiry = act.lock(inquiry, version)
        if inquiry.state not in _MOVES[state]:
            raise WrongInput(f"「{inquiry.get_state_display()}」の照会は「{state.label}」にできません。")
        before = inquiry.state
        inquiry.state = state
        act.save(inquiry)
        if state != State.OPEN:
            _end_open_dues(act, inquiry, DueItem.State.DROPPED)
        if told:
            act.log(
                inquiry,
                {"state": before},
                {"state": state},
                f"照会「{inquiry.title}」（{inquiry.version_label}）{what}",
            )
    return inquiry


def _check(
    inquiry: Inquiry, answer: str, decided_on: date, decision_kind: str, document_no: str, remarks: str
) -> None:
    if answer not in Approval.Answer.values:
        raise WrongInput("回答を選んでください。", column="回答")
    if decision_kind not in Approval.DecisionKind.values:
        raise WrongInput("決裁区分を選んでください。", column="決裁区分")
    if not document_no.strip():
        raise WrongInput(
            "文書番号を入力してください。画面の操作だけでは団体の決定になりません。", column="文書番号"
        )
    if decided_on is None:
        raise WrongInput("機関決定日を入力してください。", column="機関決定日")
    if decided_on > rights.today():
        raise WrongInput("機関決定日が未来の日です。決定した後に記録してください。", column="機関決定日")
    if decided_on < inquiry.asked_on:
        raise WrongInput(
            f"機関決定日が照会日（{era.format_date(inquiry.asked_on)}）より前です。この版への決定か確かめてください。",
            column="機関決定日",
        )
    if answer != Approval.Answer.AGREED and not remarks.strip():
        raise WrongInput("意見又は同意しない理由を入力してください。", column="意見")


def _asked_body(inquiry: Inquiry, municipality: Municipality) -> Organisation:
    members = queries.asked_of(inquiry.region, inquiry.asked_on, asked_town(subject(inquiry)))
    if municipality.pk not in {member.municipality_id for member in members}:
        word = regions.members_word(inquiry.region)
        raise WrongInput(f"{municipality.name}は照会日に{word}ではなく、照会の相手ではありません。")
    return town_organisation(municipality)


def _open_dues(inquiry: Inquiry) -> models.QuerySet[DueItem]:
    return DueItem.objects.filter(**about(inquiry), state=DueItem.State.OPEN)


def _end_open_dues(act: Act, inquiry: Inquiry, state: str) -> None:
    end_dues(act, _open_dues(inquiry), state)


def _facts(row: Approval) -> dict[str, str]:
    return {
        "answer": row.get_answer_display(),
        "decided_on": str(row.decided_on),
        "decision_kind": row.get_decision_kind_display(),
        "document_no": row.document_no,
        "remarks": row.remarks,
        "digest": row.digest,
    }


def _sentence(facts: dict[str, str] | None) -> str:
    if facts is None:
        return ""
    day = era.format_date(date.fromisoformat(facts["decided_on"]))
    return f"{facts['answer']}、{day} {facts['decision_kind']}、{facts['document_no']}"
