"""Reading comments, files, due items, and how each town stands towards a version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.models import User
from keniki.apps.regions import policies as rights
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Municipality, PostHolder, Region, RegionMembership
from keniki.core.fiscal_year import FiscalYear

from .about import about, asked_town, is_of_one_town, subject
from .models import Approval, Attachment, Comment, DueItem, Inquiry


@dataclass
class Thread:
    """A comment with its answers, oldest first."""

    comment: Comment
    replies: list[Comment] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.comment.settled_at is None


def threads(record: models.Model) -> list[Thread]:
    """The comments on a record, those still open first, each with its answers."""
    rows = Comment.objects.filter(**about(record)).select_related("author", "municipality", "settled_by")
    found: dict[int, Thread] = {}
    for row in rows:
        row.about = record
        if row.answers_id is None:
            found[row.pk] = Thread(row)
        elif row.answers_id in found:
            found[row.answers_id].replies.append(row)
    return sorted(found.values(), key=lambda thread: not thread.open)


def open_comments(region: Region, municipality: Municipality | None = None) -> int:
    """How many comments nobody has dealt with yet, in a region or by one town."""
    rows = Comment.objects.filter(region=region, answers=None, settled_at=None)
    return rows.filter(municipality=municipality).count() if municipality else rows.count()


def attachments(record: models.Model) -> list[Attachment]:
    """The files kept with a record, removed ones left out."""
    return list(Attachment.objects.filter(**about(record), removed_at=None).select_related("uploaded_by"))


# --- due items --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """A due item as somebody sees it on a day: days left (negative when overdue), and whether to act on it."""

    item: DueItem
    days_left: int
    mine: bool
    reminded: bool

    @property
    def overdue(self) -> bool:
        return self.days_left < 0

    @property
    def soon(self) -> bool:
        return 0 <= self.days_left <= self.item.remind_days

    @property
    def inquiry_id(self) -> int | None:
        """The inquiry to answer, where that is what is due."""
        return self.item.object_id if self.item.object_type.model == "inquiry" else None

    @property
    def address(self) -> str:
        """The page of the record it is about; empty where that has none."""
        found = getattr(self.item.about, "get_absolute_url", None)
        return "" if found is None else str(found())

    @property
    def ends_by_itself(self) -> bool:
        """Whether doing what the record asks ends it, and nobody ticks it off."""
        return self.inquiry_id is not None or bool(getattr(self.item.about, "ends_its_dues", False))

    @property
    def days_text(self) -> str:
        """あと3日, 今日まで, 2日超過"""
        if self.days_left == 0:
            return "今日まで"
        return f"あと{self.days_left}日" if self.days_left > 0 else f"{-self.days_left}日超過"


def due_for(actor: Actor, region: Region, on: date | None = None) -> list[Due]:
    """What the actor has to see to in a region: open items of their organisations; the secretariat sees all.

    Those of a town that went into theirs are theirs too. Soonest first; their own before others' on the same day.
    """
    day = on or rights.today()
    own = {post.organisation_id for post in actor.posts}
    inherited = _inherited(actor, day)
    rows = DueItem.objects.filter(region=region, state=DueItem.State.OPEN)
    if not rights.edit_shared(actor, region):
        rows = rows.filter(Q(organisation__in=own) | Q(municipality__in=inherited))
    items = rows.select_related("organisation", "municipality", "object_type").prefetch_related(
        "reminders", "about"
    )
    for item in items:
        record: Any = item.about
        if getattr(record, "region_id", None) == region.pk:
            record.region = region
    found = [
        Due(
            item,
            (item.due_on - day).days,
            item.organisation_id in own or item.municipality_id in inherited,
            bool(item.reminders.all()),
        )
        for item in items
    ]
    return sorted(found, key=lambda due: (due.item.due_on, not due.mine, due.item.pk))


def _inherited(actor: Actor, day: date) -> set[int]:
    """The towns that are gone by that day and went into one the actor has a post of."""
    own = {
        post.municipality_id
        for post in actor.posts
        if post.organisation_kind == "municipality" and post.municipality_id is not None
    }
    if not own:
        return set()
    found = set(rights.with_predecessors(Municipality.objects.filter(pk__in=own))) - own
    if not found:
        return set()
    gone = Municipality.objects.filter(pk__in=found, valid__endswith__lte=day)
    return set(gone.values_list("pk", flat=True))


def dues(region: Region, state: str = "") -> list[DueItem]:
    """All due items of a region, or those in one state."""
    rows = DueItem.objects.filter(region=region).select_related("organisation", "municipality")
    return list(rows.filter(state=state) if state else rows)


def recipients(item: DueItem) -> list[User]:
    """Who holds a writing post in the item's organisation today, or in that of the municipality its town went into, and
    has an address to be written to."""
    heirs = rights.heirs_of(item.municipality) if item.municipality is not None else frozenset()
    held = PostHolder.objects.filter(
        Q(post__organisation=item.organisation_id)
        | Q(post__organisation__kind="municipality", post__organisation__municipality__in=heirs),
        post__role__in=(*rights.WRITERS, *rights.SECRETARIAT_WRITERS),
        valid__contains=rights.today(),
        user__is_active=True,
    ).exclude(user__email="")
    return list(dict.fromkeys(each.user for each in held.select_related("user").order_by("user__login")))


# --- inquiries --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TownStanding:
    """One town towards one version: its decision on it, or an older one on another version."""

    municipality: Municipality
    role: str
    approval: Approval | None
    other: Approval | None
    overdue: bool

    @property
    def state(self) -> str:
        """agreed, remarks, refused; other (an answer to another version only); overdue, waiting."""
        if self.approval is not None:
            return str(self.approval.answer)
        if self.other is not None:
            return "other"
        return "overdue" if self.overdue else "waiting"

    @property
    def label(self) -> str:
        if self.approval is not None:
            return self.approval.get_answer_display()
        return {"other": "別の版への回答", "overdue": "期限超過", "waiting": "未回答"}[self.state]


@dataclass(frozen=True)
class Standing:
    """How all towns stand towards one version of a record. `inquiry` is None where it was never inquired."""

    digest: str
    inquiry: Inquiry | None
    towns: list[TownStanding]

    @property
    def answered(self) -> int:
        return sum(town.approval is not None for town in self.towns)

    @property
    def agreed(self) -> bool:
        """Whether every town asked has decided 異議なし on exactly this version."""
        return bool(self.towns) and all(town.state == Approval.Answer.AGREED for town in self.towns)

    @property
    def complete(self) -> bool:
        """Whether every town asked has decided on exactly this version, whatever the answer."""
        return bool(self.towns) and self.answered == len(self.towns)


def standing(record: models.Model, digest: str, on: date | None = None) -> Standing:
    """How each town stands towards the version of `record` with this hash.

    Only decisions bound to this hash count; a town that decided on another version only is shown as such.
    """
    inquiries = list(
        Inquiry.objects.filter(**about(record))
        .exclude(state=Inquiry.State.WITHDRAWN)
        .select_related("region")
    )
    asked = next((each for each in inquiries if each.digest == digest), None)
    latest = asked or next(iter(inquiries), None)
    if latest is None:
        return Standing(digest, None, [])
    return Standing(digest, asked, _towns(latest, inquiries, digest, on or rights.today()))


def standing_of(inquiry: Inquiry, on: date | None = None) -> Standing:
    """How each town stands towards the version an inquiry asked about."""
    others = list(Inquiry.objects.filter(object_type=inquiry.object_type_id, object_id=inquiry.object_id))
    return Standing(inquiry.digest, inquiry, _towns(inquiry, others, inquiry.digest, on or rights.today()))


def inquiries(region: Region) -> list[Standing]:
    """The inquiries to all towns, newest first, with every town's state, in a constant number of queries.

    Those about a town's own record stand at that record.
    """
    rows = [
        row
        for row in Inquiry.objects.filter(region=region).select_related("object_type", "region")
        if not is_of_one_town(row.object_type.model_class())
    ]
    approvals = _approvals(rows)
    memberships = list(
        RegionMembership.objects.filter(region=region).select_related("municipality").order_by("order")
    )
    today = rights.today()
    return [
        Standing(
            row.digest,
            row,
            [
                _town(
                    member,
                    approvals,
                    row,
                    [
                        each
                        for each in rows
                        if each.object_id == row.object_id and each.object_type_id == row.object_type_id
                    ],
                    row.digest,
                    today,
                )
                for member in memberships
                if row.asked_on in member.valid
            ],
        )
        for row in rows
    ]


def decisions_on(digests: Iterable[str]) -> dict[str, Approval]:
    """The decision bound to each of these versions' hashes; those of withdrawn inquiries do not count."""
    rows = Approval.objects.filter(digest__in=list(digests)).exclude(inquiry__state=Inquiry.State.WITHDRAWN)
    return {row.digest: row for row in rows.select_related("municipality", "reply", "inquiry").order_by("pk")}


def asked_of(region: Region, on: date, town: Municipality | None) -> list[RegionMembership]:
    """The members of the day; of a town's own record (`town`) that member alone."""
    members = regions.members_on(region, on)
    return members if town is None else [each for each in members if each.municipality_id == town.pk]


def is_stale(inquiry: Inquiry, current: str | None) -> bool:
    """Whether the record changed since it was inquired (its present hash is another one)."""
    return current is not None and current != inquiry.digest


def _towns(inquiry: Inquiry, others: list[Inquiry], digest: str, day: date) -> list[TownStanding]:
    approvals = _approvals(others)
    members = asked_of(inquiry.region, inquiry.asked_on, asked_town(subject(inquiry)))
    return [_town(member, approvals, inquiry, others, digest, day) for member in members]


def _town(
    member: RegionMembership,
    approvals: dict[tuple[int, int], Approval],
    inquiry: Inquiry,
    others: list[Inquiry],
    digest: str,
    day: date,
) -> TownStanding:
    own = [
        approvals[each.pk, member.municipality_id]
        for each in others
        if (each.pk, member.municipality_id) in approvals
    ]
    fitting = next((each for each in own if each.digest == digest), None)
    other = next((each for each in own if each.digest != digest), None)
    late = inquiry.due_on is not None and inquiry.due_on < day and inquiry.state == Inquiry.State.OPEN
    return TownStanding(
        member.municipality, member.role, fitting, None if fitting else other, late and fitting is None
    )


def _approvals(rows: list[Inquiry]) -> dict[tuple[int, int], Approval]:
    found = Approval.objects.filter(inquiry__in=rows).select_related(
        "municipality", "reply", "recorded_by", "inquiry", "organisation"
    )
    return {(each.inquiry_id, each.municipality_id or 0): each for each in found}


def inquiries_about(record: models.Model) -> list[Inquiry]:
    """The inquiries about a record, newest first."""
    return list(Inquiry.objects.filter(**about(record)))


def unanswered_for(actor: Actor, region: Region) -> list[tuple[Inquiry, Municipality]]:
    """Open inquiries that a town of the actor has not answered: for the desk."""
    towns = {
        post.municipality_id
        for post in actor.posts
        if post.organisation_kind == "municipality" and post.municipality_id is not None
    }
    if not towns:
        return []
    rows = Inquiry.objects.filter(region=region, state=Inquiry.State.OPEN).select_related(
        "region", "object_type"
    )
    rows = rows.prefetch_related("about")
    answered: dict[int, set[Any]] = defaultdict(set)
    for inquiry, town in Approval.objects.filter(Q(inquiry__in=rows)).values_list(
        "inquiry_id", "municipality_id"
    ):
        answered[inquiry].add(town)
    return [
        (row, member.municipality)
        for row in rows
        for member in asked_of(region, row.asked_on, asked_town(row.about))
        if member.municipality_id not in answered[row.pk]
        and (
            member.municipality_id in towns
            or rights.town_post(actor, region, member.municipality, year=FiscalYear.of(row.asked_on))
        )
    ]
