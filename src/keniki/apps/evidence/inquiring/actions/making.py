"""Making the form of an inquiry: what it asks, whom, until when; last year's again with its years moved on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Region
from keniki.apps.regions.policies import today
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.holidays import Calendar

from ...models import FigureInquiry
from .. import policies
from ..items import Item, checked_items, kept_items, next_year, read_items

State = FigureInquiry.State
_FIELDS = ("title", "purpose", "years", "towns", "opened", "deadline", "contact", "addressee", "sender")


@dataclass(frozen=True)
class Draft:
    """What an inquiry says beside its items. `towns` are six-digit codes, none for all members."""

    title: str
    years: Sequence[int] = ()
    purpose: str = ""
    towns: Sequence[str] = ()
    opened: bool = False
    deadline: date | None = None
    contact: str = ""
    addressee: str = FigureInquiry.Addressee.HEAD.value
    sender: str = ""


def make_inquiry(actor: Actor, region: Region, draft: Draft) -> FigureInquiry:
    """Begin an inquiry; its items follow."""
    with verb(actor, "evidence.make_inquiry", region=region.slug, ruling=policies.run(actor, region)) as act:
        inquiry = FigureInquiry(region=region)
        _write(inquiry, draft)
        act.save(inquiry)
        act.log(inquiry, None, snapshot(inquiry, *_FIELDS), f"数値照会「{inquiry}」を作成")
    return inquiry


def change_form(actor: Actor, inquiry: FigureInquiry, version: int | None, draft: Draft) -> FigureInquiry:
    """Change what a draft says beside its items."""
    with _changing(actor, inquiry, "evidence.change_inquiry") as act:
        inquiry = _draft(act, inquiry, version)
        before = snapshot(inquiry, *_FIELDS)
        _write(inquiry, draft)
        checked_items(read_items(inquiry.items), inquiry.years)
        _keep(act, inquiry, before, "の内容を変更")
    return inquiry


def change_items(
    actor: Actor, inquiry: FigureInquiry, version: int | None, items: Sequence[Item]
) -> FigureInquiry:
    """Put these items in the place of a draft's; those without a key are new and one's own."""
    with _changing(actor, inquiry, "evidence.change_inquiry_items") as act:
        inquiry = _draft(act, inquiry, version)
        before = snapshot(inquiry, "items")
        taken = {item.key for item in items} | {item.key for item in read_items(inquiry.items)}
        named = [item if item.key else replace(item, key=_free_key(inquiry, taken)) for item in items]
        inquiry.items = kept_items(checked_items(named, inquiry.years))
        _keep(act, inquiry, before, f"の項目を変更（{len(named)}項目）")
    return inquiry


def copy_inquiry(actor: Actor, last: FigureInquiry) -> FigureInquiry:
    """A new draft like an earlier inquiry, its years, title and deadline a year later."""
    region = last.region
    with verb(actor, "evidence.copy_inquiry", region=region.slug, ruling=policies.run(actor, region)) as act:
        members = {row.municipality.code for row in regions.members_on(region)}
        inquiry = act.save(
            FigureInquiry(
                region=region,
                title=next_year(last.title)[:120],
                purpose=next_year(last.purpose),
                years=[year + 1 for year in last.years],
                items=kept_items(
                    replace(item, name=next_year(item.name), note=next_year(item.note))
                    for item in read_items(last.items)
                ),
                towns=[code for code in last.towns if code in members],
                opened=last.opened,
                deadline=_year_later(last.deadline),
                contact=last.contact,
                addressee=last.addressee,
                sender=last.sender,
                follows=last,
            )
        )
        act.log(inquiry, None, {"follows": last.pk}, f"数値照会「{last}」を写して「{inquiry}」を作成")
    return inquiry


def drop_inquiry(actor: Actor, inquiry: FigureInquiry, version: int | None) -> None:
    """Remove a draft; what was sent stays."""
    with _changing(actor, inquiry, "evidence.drop_inquiry") as act:
        inquiry = _draft(act, inquiry, version)
        act.log(inquiry, snapshot(inquiry, "title", "items"), None, f"作成中の数値照会「{inquiry}」を削除")
        inquiry.delete()


def checked_deadline(day: date) -> date:
    """The day if the offices are open on it; else WrongInput naming the next one."""
    calendar = Calendar()
    try:
        if calendar.is_business_day(day):
            return day
        following = era.format_date_with_weekday(calendar.next_business_day(day))
    except OverflowError as error:
        raise WrongInput("回答期限を確かめてください。", column="回答期限") from error
    named = calendar.holiday_name(day)
    raise WrongInput(
        f"{era.format_date_with_weekday(day)}は{f'{named}で、' if named else ''}閉庁日です。"
        f"次の開庁日は {following} です。",
        column="回答期限",
    )


def _changing(actor: Actor, inquiry: FigureInquiry, name: str) -> AbstractContextManager[Act]:
    return verb(
        actor, name, region=inquiry.region.slug, ruling=policies.run(actor, inquiry.region), quiet=True
    )


def _draft(act: Act, inquiry: FigureInquiry, version: int | None) -> FigureInquiry:
    found = act.lock(inquiry, version)
    if found.state != State.DRAFT:
        raise WrongInput(
            "送付した照会の内容は変えられません。変えるときは、写して新しい照会を作成してください。"
        )
    return found


def _keep(act: Act, inquiry: FigureInquiry, before: dict[str, object], what: str) -> None:
    old, new = changes(before, snapshot(inquiry, *before))
    if new:
        act.save(inquiry)
        act.log(inquiry, old, new, f"数値照会「{inquiry}」{what}")


def _write(inquiry: FigureInquiry, draft: Draft) -> None:
    title = draft.title.strip()
    if not title:
        raise WrongInput("件名を入力してください。", column="件名")
    codes = {row.municipality.code for row in regions.members_on(inquiry.region)}
    unknown = [code for code in draft.towns if code not in codes]
    if unknown:
        raise WrongInput(
            f"団体コード {unknown[0]} は{regions.members_word(inquiry.region)}ではありません。",
            column="照会先",
        )
    inquiry.title, inquiry.purpose = title, draft.purpose.strip()
    inquiry.years, inquiry.towns = sorted(set(draft.years)), list(draft.towns)
    inquiry.opened, inquiry.addressee = draft.opened, draft.addressee
    inquiry.deadline = None if draft.deadline is None else checked_deadline(draft.deadline)
    inquiry.contact, inquiry.sender = draft.contact.strip(), draft.sender.strip()


def _free_key(inquiry: FigureInquiry, taken: set[str]) -> str:
    """A key no other inquiry of the region uses: those that follow keep it."""
    number = 1
    while (key := f"asked_{inquiry.pk}_{number}") in taken:
        number += 1
    taken.add(key)
    return key


def _year_later(day: date | None) -> date | None:
    if day is None:
        return None
    moved = day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)
    return Calendar().previous_business_day(moved) if moved >= today() else None
