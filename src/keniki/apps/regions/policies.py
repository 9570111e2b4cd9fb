"""Who may do what in a region. Every answer is a `Ruling` with a sentence the user can read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import cast

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from keniki.apps.accounts.actor import Actor, PostRef, Remedy, Ruling, allow, deny
from keniki.apps.accounts.models import User

from .models import Municipality, Organisation, Post, PostHolder, Region, RegionMembership

Role = Post.Role

#: Posts that may write a town's own records.
WRITERS = (Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR)
#: Posts of the secretariat that may write shared records.
SECRETARIAT_WRITERS = (Role.SECRETARIAT, Role.ADMINISTRATOR)


def today() -> date:
    return timezone.localdate()


def member_ids(region: Region, on: date | None = None) -> frozenset[int]:
    """Ids of the municipalities that are members on that day (today by default)."""
    day = on or today()
    memo = region.__dict__.setdefault("_member_ids", {})
    if day not in memo:
        memo[day] = frozenset(
            RegionMembership.objects.filter(region=region, valid__contains=day).values_list(
                "municipality_id", flat=True
            )
        )
    return cast("frozenset[int]", memo[day])


def _related_ids(region: Region) -> frozenset[int]:
    memo = region.__dict__
    if "_related_ids" not in memo:
        memo["_related_ids"] = frozenset(region.related.values_list("id", flat=True))
    return cast("frozenset[int]", memo["_related_ids"])


def posts_in(actor: Actor, region: Region) -> list[PostRef]:
    """The actor's posts that touch this region: its secretariat's, its members' and its related bodies'."""
    members = member_ids(region)
    return [
        post
        for post in actor.posts
        if post.organisation_id == region.secretariat_id
        or (post.organisation_kind == Organisation.Kind.MUNICIPALITY and post.municipality_id in members)
        or post.organisation_id in _related_ids(region)
    ]


def secretariat_post(actor: Actor, region: Region) -> PostRef | None:
    """The post through which the actor works for the region's secretariat."""
    return _first(
        post
        for post in actor.posts
        if post.organisation_id == region.secretariat_id and post.role in SECRETARIAT_WRITERS
    )


def town_post(actor: Actor, region: Region, municipality: Municipality | None = None) -> PostRef | None:
    """The post through which the actor writes for a member town (this one, or any)."""
    members = member_ids(region)
    return _first(
        post
        for post in actor.posts
        if post.organisation_kind == Organisation.Kind.MUNICIPALITY
        and post.role in WRITERS
        and post.municipality_id in members
        and (municipality is None or post.municipality_id == municipality.pk)
    )


def see(actor: Actor, region: Region) -> Ruling:
    """May the actor see the region's staff pages? A no is answered with 404."""
    if actor.operator:
        return allow("システム管理者です。")
    posts = posts_in(actor, region)
    if posts:
        return allow(f"{posts[0].label}として、この圏域の記録を見ることができます。", posts[0])
    return deny("この圏域の職に就いていません。")


def edit_shared(actor: Actor, region: Region) -> Ruling:
    """May the actor write the region's shared records (協定, 取組, 共同の活動 …)?"""
    if actor.operator:
        return allow("システム管理者です。")
    if post := secretariat_post(actor, region):
        return allow("事務局の職にあるため、共同の記録を編集できます。", post)
    if town_post(actor, region):
        return deny("共同の記録は事務局が編集します。あなたの市町の記録の入力と、コメントはできます。")
    if posts_in(actor, region):
        return deny("あなたの職は閲覧とコメントに限られています。共同の記録は事務局が編集します。")
    return deny("この圏域の職に就いていません。")


def edit_town(actor: Actor, region: Region, municipality: Municipality) -> Ruling:
    """May the actor write this town's own records? The secretariat may, as 代理入力, shown as such."""
    name = municipality.name
    if post := town_post(actor, region, municipality):
        return allow(f"{name}の職にあるため、{name}の記録を編集できます。", post)
    if municipality.pk not in member_ids(region):
        return _no_member(region, municipality)
    if actor.operator:
        return allow(f"システム管理者として{name}分を代理入力します。", on_behalf_of=name)
    if post := secretariat_post(actor, region):
        return allow(
            f"事務局として{name}分を代理入力します。代理入力であることが記録と画面に表示されます。",
            post,
            on_behalf_of=name,
        )
    if town_post(actor, region):
        return deny(f"{name}の数値は{name}の担当者だけが入力できます。ほかの市町の記録は変更できません。")
    return deny(f"あなたの職では{name}の記録を編集できません。")


def comment(actor: Actor, region: Region) -> Ruling:
    """Everyone who sees the region's staff pages may comment."""
    ruling = see(actor, region)
    if not ruling:
        return ruling
    return allow("この圏域の職にあるため、コメントできます。", ruling.post)


def decide_for(actor: Actor, region: Region, municipality: Municipality) -> Ruling:
    """May the actor record the town's decision (機関決定)? Its approver may; the secretariat only as 代理入力."""
    name = municipality.name
    post = _first(
        post
        for post in actor.posts
        if post.municipality_id == municipality.pk
        and post.organisation_kind == Organisation.Kind.MUNICIPALITY
        and post.role in (Role.APPROVER, Role.ADMINISTRATOR)
    )
    if municipality.pk not in member_ids(region):
        return _no_member(region, municipality)
    if post:
        return allow(f"{name}の決裁者の職にあるため、機関決定を記録できます。", post)
    if actor.operator:
        return allow(f"システム管理者として{name}の決定を代理入力します。", on_behalf_of=name)
    if post := secretariat_post(actor, region):
        return allow(
            f"届いた回答文書に基づき、事務局として{name}の決定を代理入力します。", post, on_behalf_of=name
        )
    if town_post(actor, region, municipality):
        return deny(f"{name}の機関決定は、{name}の決裁者の職にある方が記録します。")
    return deny(f"{name}の機関決定は{name}が記録します。")


def create_region(actor: Actor) -> Ruling:
    """A region is created by an administrator's post anywhere, or by the operator."""
    if actor.operator:
        return allow("システム管理者です。")
    post = _first(post for post in actor.posts if post.role == Role.ADMINISTRATOR)
    if post:
        return allow("管理者の職にあるため、圏域を作成できます。", post)
    return deny("圏域の作成は、管理者の職にある方が行います。")


def manage_region(actor: Actor, region: Region) -> Ruling:
    """May the actor change the region itself: its name, secretariat, members, programmes? They decide who sees
    it, so this is for the administrator of its secretariat."""
    if actor.operator:
        return allow("システム管理者です。")
    post = _first(
        post
        for post in actor.posts
        if post.organisation_id == region.secretariat_id and post.role == Role.ADMINISTRATOR
    )
    if post:
        return allow("事務局の管理者の職にあるため、圏域の構成を変更できます。", post)
    if secretariat_post(actor, region):
        return deny(
            f"圏域の構成（{region.members_term}、事務局、制度）は、事務局の管理者の職にある方が変更します。"
        )
    return deny("圏域の構成は、事務局の管理者が変更します。")


def manage_people(actor: Actor, organisation: Organisation) -> Ruling:
    """Posts and their holders are managed by the organisation's own administrator.

    Where it has none today, the administrator of its region's secretariat manages them. For a municipality in several
    regions that is the region that registered it first: whoever names a town in a region of their own gains no hold on
    the people of a town that others already look after.
    """
    name = str(organisation)
    if actor.operator:
        return allow("システム管理者です。")
    administrators = [post for post in actor.posts if post.role == Role.ADMINISTRATOR]
    own = _first(post for post in administrators if post.organisation_id == organisation.pk)
    if own:
        return allow(f"{name}の管理者の職にあります。", own)
    regions = _regions_of(organisation)
    running = {region.secretariat_id for region in regions}
    secretariat = _first(post for post in administrators if post.organisation_id in running)
    if secretariat is None:
        return deny(f"{name}の職は、{name}の管理者（いない場合は圏域の事務局の管理者）が管理します。")
    if _has_administrator(organisation):
        return deny(f"{name}には自らの管理者がいるため、{name}の職はその管理者が管理します。")
    if organisation.kind == Organisation.Kind.MUNICIPALITY:
        home = regions[0]
        secretariat = _first(post for post in administrators if post.organisation_id == home.secretariat_id)
        if secretariat is None:
            return deny(
                f"{name}は先に「{home.name}」に加わっているため、{name}の職は、{name}の管理者"
                f"（いない場合は{home.name}の事務局の管理者）が管理します。"
            )
    return allow(f"{name}に管理者がいないため、圏域の事務局の管理者として管理できます。", secretariat)


def manage_account(actor: Actor, user: User) -> Ruling:
    """May the actor manage this person's account (initial password, lock, deactivation)? One has to manage every
    organisation in which the person holds a post now or later; without any, the one held last."""
    if actor.operator:
        return allow("システム管理者です。")
    if user.is_operator:
        return deny("システム管理者の利用者情報は、システム管理者だけが変更できます。")
    holdings = PostHolder.objects.filter(user=user).select_related("post__organisation")
    current = [held for held in holdings if held.valid.upper is None or held.valid.upper > today()]
    last = sorted(holdings, key=lambda held: held.valid.upper or date.max)[-1:]
    organisations = {held.post.organisation for held in current or last}
    if not organisations:
        return create_account(actor)
    ruling = deny("")
    for organisation in organisations:
        ruling = manage_people(actor, organisation)
        if not ruling:
            return ruling
    return ruling


def create_account(actor: Actor) -> Ruling:
    """May the actor register a new person? Every administrator may; what the person can do follows from posts."""
    if actor.operator:
        return allow("システム管理者です。")
    post = _first(post for post in actor.posts if post.role == Role.ADMINISTRATOR)
    if post:
        return allow("管理者の職にあるため、利用者を登録できます。", post)
    return deny("利用者の登録は、管理者の職にある方が行います。")


def read_notes(actor: Actor, post: Post) -> Ruling:
    """Hand-over notes are read and written by whoever holds the post, and by who manages it."""
    held = _first(each for each in actor.posts if each.id == post.pk)
    if held:
        return allow("この職に就いているため、引継ぎ事項を読み書きできます。", held)
    ruling = manage_people(actor, post.organisation)
    if ruling:
        return ruling
    return deny("引継ぎ事項は、この職に就いている方と管理者だけが見ることができます。")


def _has_administrator(organisation: Organisation) -> bool:
    return PostHolder.objects.filter(
        post__organisation=organisation,
        post__role=Role.ADMINISTRATOR,
        valid__contains=today(),
        user__is_active=True,
    ).exists()


def _regions_of(organisation: Organisation) -> list[Region]:
    """The regions an organisation belongs to today; a municipality's in the order in which they registered it."""
    if organisation.kind == Organisation.Kind.MUNICIPALITY and organisation.municipality_id is not None:
        memberships = RegionMembership.objects.filter(municipality_id=organisation.municipality_id)
        here = memberships.filter(valid__contains=today()).values("region")
        first = memberships.filter(region=OuterRef("pk")).order_by("pk").values("pk")[:1]
        return list(
            Region.objects.filter(pk__in=here).annotate(registered=Subquery(first)).order_by("registered")
        )
    return list(Region.objects.filter(related=organisation))


def _first(posts: Iterable[PostRef]) -> PostRef | None:
    return next(iter(posts), None)


def _no_member(region: Region, municipality: Municipality) -> Ruling:
    return deny(
        f"{municipality.name}は現在この圏域の{region.members_term}ではありません。",
        Remedy("構成と制度を開く", reverse("regions-members", args=[region.slug])),
    )
