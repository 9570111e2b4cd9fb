"""Reading about regions: who acts, which regions an actor sees, who was a member on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Count, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import Http404
from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import VISITOR, Actor, PostRef
from keniki.apps.accounts.models import User
from keniki.apps.accounts.queries import user_from_token
from keniki.apps.accounts.records import Written
from keniki.apps.accounts.scoping import is_scoped
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks import programmes
from keniki.rulebooks.loader import RuleNotInForce

from . import policies
from .arrangements import arrangements_of as arrangements_of
from .models import (
    Fact,
    HandoverNote,
    Milestone,
    Municipality,
    Organisation,
    Post,
    PostHolder,
    Region,
    RegionMembership,
    post_label,
)


def actor_for(user: Any, *, via: str = "page", on: date | None = None) -> Actor:
    """The actor a logged-in user is today, with the posts held; a visitor when nobody is logged in."""
    if not isinstance(user, User) or not user.is_active:
        return VISITOR if via == "page" else Actor(via=via)
    held = (
        PostHolder.objects.filter(user=user, valid__contains=on or policies.today())
        .order_by("post__organisation__kind", "id")
        .values_list(
            "post_id",
            "post__section",
            "post__title",
            "post__role",
            "post__organisation_id",
            "post__organisation__kind",
            "post__organisation__name",
            "post__organisation__municipality_id",
            "post__organisation__municipality__code",
        )
    )
    posts = tuple(
        PostRef(post, post_label(body, section, title), role, organisation, kind, body, town, code or "")
        for post, section, title, role, organisation, kind, body, town, code in held
    )
    return Actor(user=user, posts=posts, operator=user.is_operator, via=via)


def actor_from_token(header: str | None) -> Actor | None:
    """Who an `Authorization: Bearer …` header speaks for, with the same posts as on the pages; None when the
    token is missing, unknown, revoked or over."""
    user = user_from_token(header)
    if user is None:
        return None
    return actor_for(user, via="api")


def operator(via: str = "cli") -> Actor:
    """The installation's own operator: who the command line acts as unless told otherwise."""
    return Actor(operator=True, via=via)


def visible_regions(actor: Actor) -> QuerySet[Region]:
    """The regions whose staff pages the actor may see."""
    regions = Region.objects.all()
    if actor.operator:
        return regions
    organisations = [post.organisation_id for post in actor.posts]
    towns = [
        post.municipality_id
        for post in actor.posts
        if post.organisation_kind == Organisation.Kind.MUNICIPALITY and post.municipality_id
    ]
    today = policies.today()
    since = policies.first_day_to_finish(today)
    seen = RawSQL(_SEEN, (towns, today, organisations, organisations, since, today))  # noqa: S611
    return regions.filter(pk__in=seen)


#: The regions of some bodies and some municipalities. Written out, since every request of a staff page asks it:
#: those the bodies run or are related to, and those in which the municipalities, or any that went into them, are
#: members or were in the days that may still be finished.
_SEEN = """
    WITH RECURSIVE spoken_for(id) AS (
        SELECT unnest(%s::bigint[])
        UNION
        SELECT town.id FROM regions_municipality town JOIN spoken_for ON town.successor_id = spoken_for.id
        WHERE upper(town.valid) <= %s
    )
    SELECT id FROM regions_region WHERE secretariat_id = ANY(%s::bigint[])
    UNION
    SELECT region_id FROM regions_region_related WHERE organisation_id = ANY(%s::bigint[])
    UNION
    SELECT region_id FROM regions_regionmembership stay JOIN spoken_for ON stay.municipality_id = spoken_for.id
    WHERE stay.valid && daterange(%s, %s, '[]')
"""


def region_for(actor: Actor, slug: str) -> Region:
    """The region with this slug if the actor may see its staff pages; otherwise it does not exist (404)."""
    region = visible_regions(actor).select_related("secretariat").filter(slug=slug).first()
    if region is None:
        raise Http404("圏域が見つかりません。")
    return region


def public_region(slug: str) -> Region:
    """The region with this slug for its public pages; 404 when there is none."""
    region = Region.objects.select_related("secretariat").filter(slug=slug).first()
    if region is None:
        raise Http404("圏域が見つかりません。")
    return region


def members_on(region: Region, on: date | None = None) -> list[RegionMembership]:
    """Who was a member on that day, in which role, in the region's order (centres first, then the agreement's)."""
    return list(
        RegionMembership.objects.filter(region=region, valid__contains=on or policies.today())
        .select_related("municipality")
        .order_by("order")
    )


def members_that_became(region: Region, town: Municipality, on: date) -> list[RegionMembership]:
    """The members of that day that are this municipality or went into it since; itself first."""
    gone_into = policies.with_predecessors([town])
    return sorted(
        (row for row in members_on(region, on) if row.municipality_id in gone_into),
        key=lambda row: (row.municipality_id != town.pk, row.order),
    )


def members_of_each(regions: Sequence[Region]) -> dict[int, list[RegionMembership]]:
    """`members_on` today of several regions, by their id."""
    found: dict[int, list[RegionMembership]] = {region.pk: [] for region in regions}
    rows = RegionMembership.objects.filter(region__in=regions, valid__contains=policies.today())
    for row in rows.select_related("municipality").order_by("order"):
        found[row.region_id].append(row)
    return found


def members_between(region: Region, first: date, last: date) -> list[RegionMembership]:
    """Who was a member on any day of the period, in order."""
    return list(
        RegionMembership.objects.filter(region=region, valid__overlap=DateRange(first, last, "[]"))
        .select_related("municipality")
        .order_by("order", "valid")
    )


def last_of_each(rows: Iterable[RegionMembership]) -> dict[int, RegionMembership]:
    """The last of each municipality's memberships, by the municipality's id."""
    return {row.municipality_id: row for row in sorted(rows, key=lambda row: row.valid.upper or date.max)}


def former_members(region: Region) -> list[RegionMembership]:
    """The last membership of each municipality that is a member no more but may still finish its records."""
    since, today = policies.first_day_to_finish(), policies.today()
    rows = members_between(region, since, today)
    now = policies.member_ids(region)
    last = last_of_each(rows)
    return sorted((row for town, row in last.items() if town not in now), key=lambda row: row.order)


def leftover_posts(region: Region) -> list[Organisation]:
    """Bodies of former members that are gone (合併) and in which people still hold posts, with `held`, their number."""
    today = policies.today()
    return list(
        Organisation.objects.filter(
            kind=Organisation.Kind.MUNICIPALITY,
            municipality__in=[row.municipality_id for row in former_members(region)],
            municipality__valid__endswith__lte=today,
        )
        .annotate(
            held=Count(
                "posts__holders",
                filter=Q(posts__holders__valid__contains=today),
                distinct=True,
            )
        )
        .filter(held__gt=0)
        .select_related("municipality__successor")
    )


def towns_in(region: Region, year: int) -> list[Municipality]:
    """The municipalities that were members on any day of the fiscal year, each once, in order."""
    fiscal = FiscalYear(year)
    rows = members_between(region, fiscal.first_day, fiscal.last_day)
    return list({row.municipality_id: row.municipality for row in rows}.values())


def members_word(region: Region | None, members: Iterable[Municipality] | None = None) -> str:
    """What the members together are called: the region's own word, else what its members' kinds give.

    「構成市町」「構成市町村」「構成市」…, after the kinds of today's members, or of `members` where they are given.
    """
    if region is not None and region.members_term:
        return region.members_term
    if members is None:
        members = [row.municipality for row in members_on(region)] if region is not None else []
    return f"構成{kinds_word(members)}"


def kinds_word(municipalities: Iterable[Municipality]) -> str:
    """「市町」「市町村」「市」「町村」「市区」… as the kinds among the municipalities ask; 「市町村」 for none."""
    names = {_KIND_WORD[municipality.kind] for municipality in municipalities}
    return "".join(word for word in "市区町村" if word in names) or "市町村"


_KIND_WORD = {
    Municipality.Kind.CITY.value: "市",
    Municipality.Kind.DESIGNATED_CITY.value: "市",
    Municipality.Kind.CORE_CITY.value: "市",
    Municipality.Kind.SPECIAL_WARD.value: "区",
    Municipality.Kind.WARD.value: "区",
    Municipality.Kind.TOWN.value: "町",
    Municipality.Kind.VILLAGE.value: "村",
}


def centre_of(region: Region, on: date | None = None) -> Municipality | None:
    """The centre on that day; the first one where there are two."""
    return next(
        (m.municipality for m in members_on(region, on) if m.role == RegionMembership.Role.CENTRE), None
    )


def role_words(region: Region, on: date | None = None) -> dict[str, str]:
    """What `centre`, `partner` and all `members` are called that day.

    The first two follow the programme that began last of those in force, the third is the region's own word.
    """
    day = on or policies.today()
    running = sorted(
        (row for row in region.programmes.all() if day in row.valid), key=lambda row: row.valid.lower
    )
    words = programme_words(running[-1].programme if running else "", day)
    return words | {"members": region.members_term}


def programme_words(programme: str, on: date | None = None) -> dict[str, str]:
    """What a programme calls `centre` and `partner`; neutral words for none and before its rules begin."""
    role = RegionMembership.Role
    neutral = {role.CENTRE.value: role.CENTRE.label, role.PARTNER.value: role.PARTNER.label}
    if not programme:
        return neutral
    try:
        book = programmes.programme(programme, on or policies.today()).value
    except RuleNotInForce:
        return neutral
    return {role.CENTRE.value: book.centre, role.PARTNER.value: book.partner}


def facts(region: Region, *indicators: str) -> list[Fact]:
    """The region's sourced figures and texts, of the named indicators or all."""
    rows = Fact.objects.filter(region=region).select_related("municipality", "source")
    return list(rows.filter(indicator__in=indicators) if indicators else rows)


def milestones(region: Region) -> list[Milestone]:
    """The region's dated steps, oldest first."""
    return list(Milestone.objects.filter(region=region).select_related("source"))


def region_with_everything(region: Region) -> Region:
    """The region with members, programmes and organisations in a constant number of queries."""
    return (
        Region.objects.select_related("secretariat__municipality")
        .prefetch_related(
            Prefetch("memberships", RegionMembership.objects.select_related("municipality", "source")),
            "programmes__source",
            "related__members",
        )
        .get(pk=region.pk)
    )


def municipality_by_code(code: str, on: date | None = None) -> Municipality | None:
    """The municipality that carried this six-digit code on that day."""
    return Municipality.objects.filter(code=code, valid__contains=on or policies.today()).first()


def record_in(region: Region, kind: str, pk: int) -> models.Model:
    """The record of this region called `slice.model` (run inside its scope); 404 for another region's and for
    whatever belongs to no region."""
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        raise Http404("その種類の記録はありません。") from None
    if not issubclass(model, Written):
        raise Http404("その種類の記録はありません。")
    if issubclass(model, Region):
        if pk != region.pk:
            raise Http404("その記録はこの圏域にありません。")
        return region
    found = model._default_manager.filter(pk=pk).first()
    if found is None or not (is_scoped(model) or getattr(found, "region_id", None) == region.pk):
        raise Http404("その記録はこの圏域にありません。")
    return found


# --- organisations, posts and who holds them --------------------------------------------------------------


def roles_for(organisation: Organisation, kept: str = "") -> dict[str, str]:
    """The roles that mean something for a body's posts, and what each gives; `kept` is one a post has anyway."""
    role, reads = Post.Role, "閲覧とコメント"
    runs = organisation.kind == Organisation.Kind.SECRETARIAT or organisation.runs.exists()
    gives: dict[str, str] = {}
    if runs:
        gives[role.SECRETARIAT] = "共同の記録の編集、照会・提出・公開、代理入力"
    if organisation.kind == Organisation.Kind.MUNICIPALITY:
        gives[role.OFFICER] = "自らの記録の入力、コメント"
        gives[role.APPROVER] = "担当者のできることと、機関決定の記録"
        gives[role.ADMINISTRATOR] = "決裁者のできることと、職と人の管理"
    elif runs:
        gives[role.ADMINISTRATOR] = "事務局のできることと、圏域の構成・職と人の管理"
    else:
        gives[role.OFFICER] = f"{reads}、期限のお知らせの受取り"
        gives[role.ADMINISTRATOR] = f"{reads}、職と人の管理"
    if runs or organisation.kind == Organisation.Kind.MUNICIPALITY:
        gives[role.PANEL_MEMBER] = reads
    gives[role.VIEWER] = reads
    if kept and kept not in gives:
        gives[kept] = f"{reads}。この団体では、ほかに意味を持ちません"
    return gives


@dataclass
class Desk:
    """A post with whoever holds it now, whoever will, and whoever did."""

    post: Post
    now: list[PostHolder] = field(default_factory=list)
    coming: list[PostHolder] = field(default_factory=list)
    past: list[PostHolder] = field(default_factory=list)


def organisations_of(region: Region) -> list[Organisation]:
    """The bodies of a region: its secretariat, its members' in order with those that left lately or are about to
    join, the related ones."""
    ahead = DateRange(policies.first_day_to_finish(), None, "[)")
    rows_by_order = RegionMembership.objects.filter(region=region, valid__overlap=ahead).order_by("order")
    towns = dict.fromkeys(rows_by_order.values_list("municipality", flat=True))
    place = {town: number for number, town in enumerate(towns, 1)}
    rows = list(
        Organisation.objects.filter(
            Q(pk=region.secretariat_id)
            | Q(related_regions=region)
            | Q(kind=Organisation.Kind.MUNICIPALITY, municipality__in=list(place))
        )
        .select_related("municipality")
        .distinct()
    )

    def rank(organisation: Organisation) -> tuple[int, int, str]:
        if organisation.pk == region.secretariat_id:
            return 0, 0, ""
        if organisation.kind == Organisation.Kind.MUNICIPALITY and organisation.municipality_id in place:
            return 1, place[organisation.municipality_id], ""
        return 2, 0, organisation.name

    return sorted(rows, key=rank)


def desks(organisations: list[Organisation], on: date | None = None) -> dict[int, list[Desk]]:
    """Every post of these organisations with its holders, by the organisation's id; abolished posts come last."""
    day = on or policies.today()
    found = {
        post.pk: Desk(post)
        for post in Post.objects.filter(organisation__in=organisations)
        .select_related("organisation__municipality")
        .order_by("section", "title", "id")
    }
    holders = PostHolder.objects.filter(post__in=list(found)).select_related("user").order_by("-valid")
    for holder in holders:
        holder.post = found[holder.post_id].post
        desk = found[holder.post_id]
        if day in holder.valid:
            desk.now.append(holder)
        elif holder.valid.lower is not None and holder.valid.lower > day:
            desk.coming.append(holder)
        else:
            desk.past.append(holder)
    rows: dict[int, list[Desk]] = {organisation.pk: [] for organisation in organisations}
    for desk in sorted(found.values(), key=lambda each: each.post.ended_on is not None):
        rows[desk.post.organisation_id].append(desk)
    return rows


def notes_of(post: Post) -> list[HandoverNote]:
    """The hand-over notes of a post, newest first; whoever holds it reads them from the first day."""
    return list(HandoverNote.objects.filter(post=post).select_related("written_by"))


def handover_for(actor: Actor, days: int = 30) -> list[Desk]:
    """The actor's posts taken up in the last `days` days that have notes from before: to be read first."""
    if actor.user is None:
        return []
    since = policies.today() - timedelta(days=days)
    fresh = [
        holder
        for holder in PostHolder.objects.filter(user=actor.user, valid__contains=policies.today())
        .select_related("post__organisation")
        .prefetch_related("post__notes__written_by")
        if holder.valid.lower and holder.valid.lower >= since and holder.post.notes.all()
    ]
    return [Desk(holder.post, [holder]) for holder in fresh]


def holdings_of(user: User) -> list[PostHolder]:
    """Everything a person holds, held and will hold, the current first."""
    today = policies.today()
    rows = list(
        PostHolder.objects.filter(user=user)
        .select_related("post__organisation__municipality")
        .order_by("-valid")
    )
    return sorted(rows, key=lambda held: today not in held.valid)


def everyone() -> list[tuple[User, list[Post]]]:
    """All users by log-in with the posts held today."""
    held: dict[int, list[Post]] = {}
    for holder in PostHolder.objects.filter(valid__contains=policies.today()).select_related(
        "post__organisation"
    ):
        held.setdefault(holder.user_id, []).append(holder.post)
    return [(user, held.get(user.pk, [])) for user in User.objects.order_by("login")]


def memberships_of(region: Region) -> list[RegionMembership]:
    """All memberships a region ever had, in its order, each municipality's oldest first."""
    return list(
        RegionMembership.objects.filter(region=region)
        .select_related("municipality")
        .order_by("order", "valid")
    )
