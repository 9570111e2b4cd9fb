"""Sending an inquiry with its letters, reminding towns, moving its deadline, closing and opening it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.apps.regions import queries as regions
from keniki.apps.regions.actions import town_organisation
from keniki.apps.regions.models import Municipality
from keniki.apps.regions.policies import today
from keniki.apps.workflow import jobs
from keniki.apps.workflow.about import about
from keniki.apps.workflow.actions.dues import add_dues, bring_up, end_dues
from keniki.apps.workflow.models import DueItem, Inquiry
from keniki.core import era
from keniki.core.errors import WrongInput

from ...models import FigureInquiry, InquiryLetter, TownAnswer
from .. import policies
from ..items import checked_items, read_items
from ..queries import heir_of
from .making import checked_deadline

State = FigureInquiry.State
#: The letters' day lies so near to today.
_NEAR = timedelta(days=31)
_NAMED = 10


def send_inquiry(
    actor: Actor, inquiry: FigureInquiry, version: int | None, *, dated: date, document_no: str = ""
) -> InquiryLetter:
    """Send a draft to its towns: letters of this day and number, an empty answer and a due item for each."""
    region = inquiry.region
    with verb(actor, "evidence.send_inquiry", region=region.slug, ruling=policies.run(actor, region)) as act:
        inquiry = act.lock(inquiry, version)
        if inquiry.state != State.DRAFT:
            raise WrongInput(f"この照会は「{inquiry.get_state_display()}」です。もう送付されています。")
        deadline = _complete(inquiry, dated)
        towns = addressed(inquiry, dated)
        inquiry.state, inquiry.asked_on = State.SENT, dated
        act.save(inquiry)
        for town in towns:
            act.save(TownAnswer(inquiry=inquiry, municipality=town))
        letter = _letter(act, inquiry, InquiryLetter.Kind.COVER, towns, dated, document_no)
        _ask(act, inquiry, towns)
        act.log(
            inquiry,
            {"state": State.DRAFT},
            {"state": State.SENT, "towns": [town.code for town in towns], "document_no": document_no},
            f"数値照会「{inquiry}」を{_named(towns)}に送付（回答期限 {era.format_date(deadline)}）",
        )
    return letter


def remind_towns(
    actor: Actor,
    inquiry: FigureInquiry,
    towns: Sequence[Municipality],
    *,
    dated: date,
    document_no: str = "",
) -> InquiryLetter:
    """Remind towns that have not answered (督促): a letter to each, and at once a mail where mail is set up."""
    region = inquiry.region
    with verb(actor, "evidence.remind_towns", region=region.slug, ruling=policies.run(actor, region)) as act:
        inquiry = act.lock(inquiry, None)
        _must_be_sent(inquiry)
        _near(dated)
        if inquiry.asked_on is not None and dated < inquiry.asked_on:
            raise WrongInput("督促の日付が照会日より前です。日付を確かめてください。", column="日付")
        asked = {row.municipality_id for row in inquiry.answers.all()}
        if not towns or any(town.pk not in asked for town in towns):
            raise WrongInput("督促する団体を、照会先から選んでください。", column="団体")
        letter = _letter(act, inquiry, InquiryLetter.Kind.REMINDER, towns, dated, document_no)
        items = list(
            DueItem.objects.filter(_waiting(inquiry), municipality__in=towns).select_related(
                "region", "organisation", "municipality"
            )
        )
        bring_up(act, items, today())
        act.log(
            inquiry,
            None,
            {"towns": [town.code for town in towns], "document_no": document_no},
            f"数値照会「{inquiry}」への回答を{_named(towns)}に督促",
        )
        transaction.on_commit(lambda: _mail(items))
    return letter


def change_terms(
    actor: Actor, inquiry: FigureInquiry, version: int | None, *, deadline: date, contact: str
) -> FigureInquiry:
    """Move the deadline of an inquiry that was sent, or say anew whom to ask about it."""
    region = inquiry.region
    with verb(
        actor, "evidence.change_terms", region=region.slug, ruling=policies.run(actor, region), quiet=True
    ) as act:
        inquiry = act.lock(inquiry, version)
        _must_be_sent(inquiry)
        before = snapshot(inquiry, "deadline", "contact")
        inquiry.deadline, inquiry.contact = checked_deadline(deadline), _needed(contact, "連絡先")
        if inquiry.asked_on is not None and deadline < inquiry.asked_on:
            raise WrongInput("回答期限が照会日より前です。日付を確かめてください。", column="回答期限")
        old, new = changes(before, snapshot(inquiry, *before))
        if new:
            act.save(inquiry)
            for item in DueItem.objects.filter(_waiting(inquiry)):
                item.due_on = inquiry.deadline
                act.save(item)
            for asked in _rounds(inquiry):
                asked.due_on = inquiry.deadline
                act.save(asked)
            what = (
                f"の回答期限を {era.format_date(date.fromisoformat(str(old['deadline'])))}→"
                f"{era.format_date(inquiry.deadline)} に変更"
                if "deadline" in new
                else "の連絡先を変更"
            )
            act.log(inquiry, old, new, f"数値照会「{inquiry}」{what}")
    return inquiry


def close_inquiry(actor: Actor, inquiry: FigureInquiry, version: int | None) -> FigureInquiry:
    """Take no more answers; what is missing stays visible as such."""
    region = inquiry.region
    with verb(actor, "evidence.close_inquiry", region=region.slug, ruling=policies.run(actor, region)) as act:
        inquiry = act.lock(inquiry, version)
        _must_be_sent(inquiry)
        inquiry.state = State.CLOSED
        act.save(inquiry)
        end_dues(act, _open_dues(inquiry), DueItem.State.DROPPED)
        opened = "、ほかの団体へ公開" if inquiry.opened else ""
        act.log(
            inquiry, {"state": State.SENT}, {"state": State.CLOSED}, f"数値照会「{inquiry}」を締切り{opened}"
        )
    return inquiry


def reopen_inquiry(actor: Actor, inquiry: FigureInquiry, version: int | None) -> FigureInquiry:
    """Take answers again; who has not answered has a due item again."""
    region = inquiry.region
    with verb(
        actor, "evidence.reopen_inquiry", region=region.slug, ruling=policies.run(actor, region)
    ) as act:
        inquiry = act.lock(inquiry, version)
        if inquiry.state != State.CLOSED:
            raise WrongInput(
                f"この照会は「{inquiry.get_state_display()}」です。再開できるのは、締め切った照会です。"
            )
        inquiry.state = State.SENT
        act.save(inquiry)
        rows = inquiry.answers.filter(versions=None).select_related("municipality")
        _ask(act, inquiry, [row.municipality for row in rows])
        act.log(inquiry, {"state": State.CLOSED}, {"state": State.SENT}, f"数値照会「{inquiry}」を再開")
    return inquiry


def addressed(inquiry: FigureInquiry, on: date) -> list[Municipality]:
    """The members of that day the inquiry goes to, in their order; WrongInput where one is no member then."""
    members = [row.municipality for row in regions.members_on(inquiry.region, on)]
    if not inquiry.towns:
        if not members:
            word = regions.members_word(inquiry.region)
            raise WrongInput(f"照会日に{word}がありません。{word}の期間を確かめてください。", column="照会先")
        return members
    lost = set(inquiry.towns) - {town.code for town in members}
    if lost:
        raise WrongInput(
            f"照会先のうち団体コード {min(lost)} は、照会日に{regions.members_word(inquiry.region)}ではありません。",
            column="照会先",
        )
    return [town for town in members if town.code in inquiry.towns]


def finish_due(act: Act, answer: TownAnswer) -> None:
    """The town has answered: its due item is done."""
    end_dues(act, _open_dues(answer.inquiry).filter(municipality=answer.municipality_id), DueItem.State.DONE)


def _complete(inquiry: FigureInquiry, dated: date) -> date:
    """The deadline of a draft that has all it needs; WrongInput names the first thing it lacks."""
    items = read_items(inquiry.items)
    if not items:
        raise WrongInput("項目がありません。項目を決めてから送付してください。")
    if any(item.is_figure for item in items) and not inquiry.years:
        raise WrongInput("数値の年が決まっていません。年を入力してから送付してください。")
    checked_items(items, inquiry.years)
    _needed(inquiry.sender, "発信者")
    _needed(inquiry.contact, "連絡先")
    _near(dated)
    if inquiry.deadline is None:
        raise WrongInput("回答期限が決まっていません。回答期限を入力してから送付してください。")
    if inquiry.deadline < dated:
        raise WrongInput("回答期限が照会日より前です。日付を確かめてください。", column="日付")
    return checked_deadline(inquiry.deadline)


def _letter(
    act: Act,
    inquiry: FigureInquiry,
    kind: InquiryLetter.Kind,
    towns: Sequence[Municipality],
    dated: date,
    document_no: str,
) -> InquiryLetter:
    if inquiry.deadline is None:
        raise WrongInput("回答期限が決まっていません。", column="回答期限")
    letter = InquiryLetter(
        inquiry=inquiry,
        kind=kind,
        document_no=document_no.strip()[:80],
        dated=dated,
        sender=inquiry.sender,
        contact=inquiry.contact,
        deadline=inquiry.deadline,
        addressees=[
            {"code": town.code, "name": town.name, "addressee": addressee(inquiry, town)} for town in towns
        ],
        made_by=act.actor.user,
    )
    letter.save()
    return letter


def addressee(inquiry: FigureInquiry, town: Municipality) -> str:
    """栗山町長　様; 栗山町 企画課　御中 where the department was chosen and is recorded.

    A town that is gone is written to where it went.
    """
    town = heir_of(town) or town
    if inquiry.addressee == FigureInquiry.Addressee.DEPARTMENT:
        department = town_organisation(town).department.strip()
        if department:
            return f"{town.name} {department}　御中"
    return f"{town.name}長　様"


def _ask(act: Act, inquiry: FigureInquiry, towns: Sequence[Municipality]) -> None:
    assert inquiry.deadline is not None
    bodies = [town_organisation(town) for town in towns]
    add_dues(act, inquiry, f"数値照会への回答：{inquiry.title}", inquiry.deadline, bodies)


def _waiting(inquiry: FigureInquiry) -> Q:
    """The open due items of an inquiry: to answer it, and to decide on an answer that was handed in."""
    rounds = [asked.pk for asked in _rounds(inquiry)]
    decision = {"object_type": ContentType.objects.get_for_model(Inquiry), "object_id__in": rounds}
    return (Q(**about(inquiry)) | Q(**decision)) & Q(state=DueItem.State.OPEN)


def _rounds(inquiry: FigureInquiry) -> list[Inquiry]:
    """Where decisions on the towns' answers are still awaited."""
    answers = list(inquiry.answers.values_list("pk", flat=True))
    kind = ContentType.objects.get_for_model(TownAnswer)
    rows = Inquiry.objects.filter(object_type=kind, object_id__in=answers, state=Inquiry.State.OPEN)
    return list(rows)


def _open_dues(inquiry: FigureInquiry) -> QuerySet[DueItem]:
    return DueItem.objects.filter(**about(inquiry), state=DueItem.State.OPEN)


def _mail(items: list[DueItem]) -> None:
    jobs.send(items)


def _must_be_sent(inquiry: FigureInquiry) -> None:
    if inquiry.state != State.SENT:
        raise WrongInput(f"この照会は「{inquiry.get_state_display()}」です。照会中のときにできます。")


def _near(day: date) -> None:
    if abs((day - today()).days) > _NEAR.days:
        raise WrongInput("文書の日付が今日から1か月以上離れています。日付を確かめてください。", column="日付")


def _needed(words: str, column: str) -> str:
    if not words.strip():
        raise WrongInput(f"{column}を入力してください。", column=column)
    return words.strip()


def _named(towns: Sequence[Municipality]) -> str:
    names = "・".join(town.name for town in towns[:_NAMED])
    return names if len(towns) <= _NAMED else f"{names}ほか計{len(towns)}団体"
