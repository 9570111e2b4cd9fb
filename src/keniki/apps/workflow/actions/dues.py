"""Due items (期限のあるもの): made for one body or all towns, done, dropped, and brought to attention in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db import models
from django.utils import timezone
from django_scopes import scope

from keniki.apps.accounts.actor import SYSTEM, Actor
from keniki.apps.accounts.verbs import Act, changes, snapshot, verb
from keniki.apps.regions import policies as rights
from keniki.apps.regions.models import Organisation, Region
from keniki.core import era
from keniki.core.errors import WrongInput

from .. import policies
from ..about import link, region_of, subject
from ..models import DueItem, Reminder

#: After the day itself an open item is brought up again every so many days.
OVERDUE_EVERY = 7


def create_due(
    actor: Actor,
    record: models.Model,
    title: str,
    due_on: date,
    organisations: Sequence[Organisation],
    *,
    text: str = "",
    remind_days: int = 7,
) -> list[DueItem]:
    """One due item for each organisation, about a record (the region itself where there is none)."""
    region = region_of(record)
    with verb(
        actor, "workflow.create_due", region=region.slug, ruling=rights.edit_shared(actor, region)
    ) as act:
        title = title.strip()
        if not title:
            raise WrongInput("件名を入力してください。", column="件名")
        if not organisations:
            raise WrongInput("宛先を選んでください。", column="宛先")
        if due_on < rights.today():
            raise WrongInput("期限が過去の日です。今日以後の日にしてください。", column="期限")
        rows = add_dues(act, record, title, due_on, organisations, text=text, remind_days=remind_days)
        names = "・".join(organisation.name for organisation in organisations)
        act.log(
            record,
            None,
            {"title": title, "due_on": str(due_on), "for": [each.slug for each in organisations]},
            f"「{title}」を {names} に依頼（期限 {era.format_date(due_on)}）",
        )
    return rows


def add_dues(
    act: Act,
    record: models.Model,
    title: str,
    due_on: date,
    organisations: Iterable[Organisation],
    *,
    text: str = "",
    remind_days: int = 7,
) -> list[DueItem]:
    """The part of `create_due` that other verbs do inside theirs."""
    return [
        act.save(
            DueItem(
                **link(record),
                title=title[:200],
                text=text.strip(),
                organisation=organisation,
                municipality=organisation.municipality
                if organisation.kind == Organisation.Kind.MUNICIPALITY
                else None,
                due_on=due_on,
                remind_days=remind_days,
            )
        )
        for organisation in organisations
    ]


def change_due(
    actor: Actor, item: DueItem, version: int | None, *, title: str, text: str, due_on: date, remind_days: int
) -> DueItem:
    """Move a due item to another day or reword it."""
    region = item.region
    with verb(
        actor, "workflow.change_due", region=region.slug, ruling=rights.edit_shared(actor, region), quiet=True
    ) as act:
        item = act.lock(item, version)
        _open(item)
        if not title.strip():
            raise WrongInput("件名を入力してください。", column="件名")
        before = snapshot(item, "title", "text", "due_on", "remind_days")
        old_day = item.due_on
        item.title, item.text, item.due_on, item.remind_days = (
            title.strip(),
            text.strip(),
            due_on,
            remind_days,
        )
        old, new = changes(before, snapshot(item, *before))
        if new:
            act.save(item)
            what = (
                f"の期限を {era.format_date(old_day)}→{era.format_date(due_on)} に"
                if old_day != due_on
                else "の内容を"
            )
            act.log(
                item, old, new, f"「{item.title}」（{item.organisation}）{what}変更", municipality=_code(item)
            )
    return item


def finish_due(actor: Actor, item: DueItem, version: int | None = None) -> DueItem:
    """Mark a due item as done. One that asks for a town's decision is done when the decision is recorded."""
    if item.object_type.model == "inquiry":
        raise WrongInput("照会への回答は、機関決定を記録すると済みになります。", column="期限")
    if getattr(subject(item), "ends_its_dues", False):
        raise WrongInput("この期限は、求められた回答をすると済みになります。", column="期限")
    return _end(actor, item, version, DueItem.State.DONE, "workflow.finish_due", "を済みに")


def drop_due(actor: Actor, item: DueItem, version: int | None = None) -> DueItem:
    """Withdraw a due item."""
    rights.edit_shared(actor, item.region).require()
    return _end(actor, item, version, DueItem.State.DROPPED, "workflow.drop_due", "を取下げ")


def end_dues(act: Act, items: Iterable[DueItem], state: str) -> None:
    """Close open items inside another verb (an answered or closed inquiry)."""
    for item in items:
        item.state, item.done_at = state, timezone.now()
        act.save(item)


def bring_up(act: Act, items: Iterable[DueItem], on: date) -> None:
    """Note inside another verb that open items were brought to attention on that day by a letter."""
    for item in items:
        if not item.reminders.filter(sent_on=on).exists():
            Reminder.objects.create(item=item, sent_on=on)


def remind(on: date | None = None) -> list[DueItem]:
    """The daily job: note which open items come up today, once each; the items, for the mails.

    An item comes up when it is `remind_days` from its day (or later, if nobody was told yet), on the day
    itself, and every week after it.
    """
    day = on or rights.today()
    with scope(region=list(Region.objects.all())):
        candidates = (
            DueItem.objects.filter(state=DueItem.State.OPEN, due_on__lte=day + timedelta(days=60))
            .select_related("region", "organisation", "municipality")
            .prefetch_related("reminders")
        )
        found = [item for item in candidates if _comes_up(item, day)]
        by_region: dict[Region, list[DueItem]] = defaultdict(list)
        for item in found:
            by_region[item.region].append(item)
        for region, items in by_region.items():
            with verb(SYSTEM, "workflow.remind", region=region.slug) as act:
                for item in items:
                    Reminder.objects.create(item=item, sent_on=day)
                act.log(
                    region,
                    None,
                    {"items": [item.pk for item in items]},
                    f"期限のお知らせ {len(items)}件を表示",
                )
    return found


def _comes_up(item: DueItem, day: date) -> bool:
    sent = {reminder.sent_on for reminder in item.reminders.all()}
    if day in sent:
        return False
    days_left = (item.due_on - day).days
    if days_left > item.remind_days:
        return False
    if days_left > 0:
        return not any((item.due_on - each).days <= item.remind_days for each in sent)
    return days_left == 0 or not sent or (day - max(sent)).days >= OVERDUE_EVERY


def _end(actor: Actor, item: DueItem, version: int | None, state: str, name: str, what: str) -> DueItem:
    region = item.region
    with verb(
        actor, name, region=region.slug, ruling=policies.finish(actor, region, item), quiet=True
    ) as act:
        item = act.lock(item, version)
        if item.state == state:
            return item
        _open(item)
        before = item.state
        item.state, item.done_at = state, timezone.now()
        act.save(item)
        act.log(
            item,
            {"state": before},
            {"state": state},
            f"「{item.title}」（{item.organisation or '宛先なし'}）{what}",
            municipality=_code(item),
        )
    return item


def _open(item: DueItem) -> None:
    if item.state != DueItem.State.OPEN:
        raise WrongInput(f"この期限は「{item.get_state_display()}」です。変更できません。")


def _code(item: DueItem) -> str:
    return item.municipality.code if item.municipality else ""
