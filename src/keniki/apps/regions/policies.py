"""Who may do what in a region. Every answer is a `Ruling` with a sentence the user can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone
from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import Actor, PostRef, Remedy, Ruling, allow, deny
from keniki.apps.accounts.models import User
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.core.fiscal_year import FiscalYear, format_table

from .models import Municipality, Organisation, Post, PostHolder, Region, RegionMembership

Role = Post.Role

#: Posts that may write a town's own records.
WRITERS = (Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR)
#: Posts of the secretariat that may write shared records.
SECRETARIAT_WRITERS = (Role.SECRETARIAT, Role.ADMINISTRATOR)
#: Bodies whose administrators may create a region.
FOUNDERS = (
    Organisation.Kind.MUNICIPALITY,
    Organisation.Kind.SECRETARIAT,
    Organisation.Kind.PREFECTURE,
    Organisation.Kind.BUREAU,
)


def today() -> date:
    return timezone.localdate()


#: For so many fiscal years after the one in which it left, a former member reads the region's pages and may finish
#: its own records: results, settlement and audits of subsidised work come years later. Our choice, no rule of law.
FORMER_MEMBER_YEARS = 5


@dataclass(frozen=True)
class Stay:
    """One membership, and which municipalities speak for the town today: itself, and those it went into."""

    municipality_id: int
    valid: DateRange
    voices: frozenset[int]

    def on(self, day: date) -> bool:
        return day in self.valid

    def during(self, first: date, last: date) -> bool:
        """On any day of the period."""
        lower, upper = self.valid.lower, self.valid.upper
        return (lower is None or lower <= last) and (upper is None or upper > first)


def member_ids(region: Region, on: date | None = None) -> frozenset[int]:
    """Ids of the municipalities that are members on that day (today by default)."""
    return frozenset(stay.municipality_id for stay in _stays(region) if stay.on(on or today()))


def member_ids_in(region: Region, year: int) -> frozenset[int]:
    """Ids of the municipalities that were members on any day of the fiscal year."""
    return frozenset(stay.municipality_id for stay in _stays(region) if stay.during(*_days_of(year)))


def last_year_of(region: Region, municipality: Municipality) -> int | None:
    """The last fiscal year, up to the present one, in which the municipality was a member."""
    day = today()
    ends = [
        min(stay.valid.upper - timedelta(days=1), day) if stay.valid.upper else day
        for stay in _stays(region)
        if stay.municipality_id == municipality.pk and stay.during(date.min, day)
    ]
    return int(FiscalYear.of(max(ends))) if ends else None


def first_day_to_finish(day: date | None = None) -> date:
    """Whoever was a member on or after this day may still finish its records."""
    return FiscalYear(FiscalYear.of(day or today()) - FORMER_MEMBER_YEARS).first_day


def forget_members(region: Region) -> None:
    """The members are remembered on the instance; whoever changed them makes the policies ask again."""
    region.__dict__.pop("_stays", None)


def _stays(region: Region) -> list[Stay]:
    memo = region.__dict__
    if "_stays" not in memo:
        rows = RegionMembership.objects.filter(region=region).values_list(
            "municipality_id", "valid", "municipality__valid", "municipality__successor"
        )
        memo["_stays"] = [
            Stay(town, valid, _voices(town, existed, successor)) for town, valid, existed, successor in rows
        ]
    return cast("list[Stay]", memo["_stays"])


def know_stays(regions: Sequence[Region]) -> None:
    """Ask for all of them together who their members and related bodies are."""
    found: dict[int, tuple[list[Stay], set[int]]] = {region.pk: ([], set()) for region in regions}
    rows = RegionMembership.objects.filter(region__in=regions).values_list(
        "region_id", "municipality_id", "valid", "municipality__valid", "municipality__successor"
    )
    for pk, town, valid, existed, successor in rows:
        found[pk][0].append(Stay(town, valid, _voices(town, existed, successor)))
    related = Region.related.through.objects.filter(region__in=regions)
    for pk, body in related.values_list("region_id", "organisation_id"):
        found[pk][1].add(body)
    for region in regions:
        stays, bodies = found[region.pk]
        region.__dict__["_stays"], region.__dict__["_related_ids"] = stays, frozenset(bodies)


def _voices(town: int, existed: DateRange, successor: int | None) -> frozenset[int]:
    """The town and what it went into; after one has gone, not before."""
    voices, day = {town}, today()
    while successor is not None and existed.upper is not None and existed.upper <= day:
        if successor in voices:
            break
        voices.add(successor)
        existed, successor = Municipality.objects.values_list("valid", "successor").get(pk=successor)
    return frozenset(voices)


def _days_of(year: int) -> tuple[date, date]:
    try:
        fiscal = FiscalYear(year)
    except WrongInput:
        return date.max, date.min
    return fiscal.first_day, fiscal.last_day


def with_predecessors(towns: Iterable[Municipality]) -> dict[int, set[int]]:
    """Ids of the municipalities and of all that went into them: for each, which of `towns` it is or went into."""
    found = {town.pk: {town.pk} for town in towns}
    ahead = set(found)
    while ahead:
        rows = Municipality.objects.filter(successor__in=ahead).exclude(pk__in=found)
        ahead = set()
        for old, successor in rows.values_list("pk", "successor"):
            found[old] = set(found[cast("int", successor)])
            ahead.add(old)
    return found


def _related_ids(region: Region) -> frozenset[int]:
    memo = region.__dict__
    if "_related_ids" not in memo:
        memo["_related_ids"] = frozenset(region.related.values_list("id", flat=True))
    return cast("frozenset[int]", memo["_related_ids"])


def posts_in(actor: Actor, region: Region) -> list[PostRef]:
    """The actor's posts that touch this region: its secretariat's, its members' and its related bodies', and those
    of a town that left not too long ago."""
    day = today()
    since = first_day_to_finish(day)
    towns = {voice for stay in _stays(region) if stay.during(since, day) for voice in stay.voices}
    return [
        post
        for post in actor.posts
        if post.organisation_id == region.secretariat_id
        or (post.organisation_kind == Organisation.Kind.MUNICIPALITY and post.municipality_id in towns)
        or post.organisation_id in _related_ids(region)
    ]


def secretariat_post(actor: Actor, region: Region) -> PostRef | None:
    """The post through which the actor works for the region's secretariat."""
    return _first(
        post
        for post in actor.posts
        if post.organisation_id == region.secretariat_id and post.role in SECRETARIAT_WRITERS
    )


def town_post(
    actor: Actor, region: Region, municipality: Municipality | None = None, *, year: int | None = None
) -> PostRef | None:
    """The post through which the actor writes for a member town (this one, or any).

    With `year` the town has to have been a member on any day of that fiscal year, without it today. After a merger
    the successor's posts write for the town that is gone.
    """
    return _first(_posts_for(actor, region, municipality, WRITERS, _span(year)))


def own_post(actor: Actor, region: Region) -> PostRef | None:
    """The post through which the actor writes for a town that is a member, or was one not too long ago."""
    return _first(
        post
        for post in posts_in(actor, region)
        if post.organisation_kind == Organisation.Kind.MUNICIPALITY and post.role in WRITERS
    )


def former_member(actor: Actor, region: Region) -> bool:
    """Does the actor see the region only because their town was a member once?"""
    day = today()
    posts = posts_in(actor, region)
    now = {voice for stay in _stays(region) if stay.on(day) for voice in stay.voices}
    return bool(posts) and all(
        post.organisation_kind == Organisation.Kind.MUNICIPALITY
        and post.municipality_id not in now
        and post.organisation_id != region.secretariat_id
        and post.organisation_id not in _related_ids(region)
        for post in posts
    )


def _posts_for(
    actor: Actor,
    region: Region,
    municipality: Municipality | None,
    roles: Iterable[str],
    span: tuple[date, date],
) -> Iterator[PostRef]:
    """The actor's municipal posts with one of the roles that speak for a town which was a member in the span."""
    voices = {
        voice
        for stay in _stays(region)
        if stay.during(*span) and (municipality is None or stay.municipality_id == municipality.pk)
        for voice in stay.voices
    }
    return (
        post
        for post in actor.posts
        if post.organisation_kind == Organisation.Kind.MUNICIPALITY
        and post.role in roles
        and post.municipality_id in voices
    )


def _span(year: int | None) -> tuple[date, date]:
    return (today(), today()) if year is None else _days_of(year)


def see(actor: Actor, region: Region) -> Ruling:
    """May the actor see the region's staff pages? A no is answered with 404.

    A town that left still does for `FORMER_MEMBER_YEARS`, to finish what it began.
    """
    if actor.operator:
        return allow("システム管理者です。")
    posts = posts_in(actor, region)
    if not posts:
        return deny("この圏域の職に就いていません。")
    if former_member(actor, region):
        return allow(
            f"{posts[0].organisation_name}は以前この圏域の{region.members_term}だったため、記録を見て、"
            f"{region.members_term}だった年度の自らの記録を仕上げることができます。",
            posts[0],
        )
    return allow(f"{posts[0].label}として、この圏域の記録を見ることができます。", posts[0])


def edit_shared(actor: Actor, region: Region) -> Ruling:
    """May the actor write the region's shared records (協定, 取組, 共同の活動 …)?"""
    if actor.operator:
        return allow("システム管理者です。")
    if post := secretariat_post(actor, region):
        return allow("事務局の職にあるため、共同の記録を編集できます。", post)
    if town_post(actor, region):
        return deny("共同の記録は事務局が編集します。あなたの市町村の記録の入力と、コメントはできます。")
    if posts_in(actor, region):
        return deny("あなたの職は閲覧とコメントに限られています。共同の記録は事務局が編集します。")
    return deny("この圏域の職に就いていません。")


def edit_town(actor: Actor, region: Region, municipality: Municipality, *, year: int | None = None) -> Ruling:
    """May the actor write this town's own records? The secretariat may, as 代理入力, shown as such.

    `year` is the fiscal year of the record: the town has to have been a member on any day of it. Without a year,
    today.
    """
    name = municipality.name
    if post := town_post(actor, region, municipality, year=year):
        if post.municipality_id != municipality.pk:
            return allow(
                f"{name}を承継した{post.organisation_name}の職にあるため、{name}の記録を編集できます。", post
            )
        return allow(f"{name}の職にあるため、{name}の記録を編集できます。", post)
    if municipality.pk not in (member_ids(region) if year is None else member_ids_in(region, year)):
        return _no_member(region, municipality, year)
    if actor.operator:
        return allow(f"システム管理者として{name}分を代理入力します。", on_behalf_of=name)
    if post := secretariat_post(actor, region):
        return allow(
            f"事務局として{name}分を代理入力します。代理入力であることが記録と画面に表示されます。",
            post,
            on_behalf_of=name,
        )
    if town_post(actor, region) or town_post(actor, region, year=year):
        return deny(f"{name}の数値は{name}の担当者だけが入力できます。ほかの市町村の記録は変更できません。")
    return deny(f"あなたの職では{name}の記録を編集できません。")


def clear_town(actor: Actor, region: Region, municipality: Municipality, *, year: int) -> Ruling:
    """May the actor take out what was recorded for the town in that fiscal year?

    Who writes it may. Where it was registered afterwards that the town had left or merged before the year, nobody
    writes it any more: the secretariat clears it away.
    """
    ruling = edit_town(actor, region, municipality, year=year)
    if ruling or municipality.pk in member_ids_in(region, year):
        return ruling
    shared = edit_shared(actor, region)
    if not shared:
        return ruling
    name = municipality.name
    return allow(
        f"{name}は{format_table(year)}にこの圏域の{region.members_term}ではないため、"
        f"入力されていた{name}分は、事務局が取り消せます。",
        shared.post,
        on_behalf_of=name,
    )


def office_post(actor: Actor, region: Region) -> PostRef | None:
    """The post through which the actor works at the region's secretariat, writing or reading; no panel's member."""
    return _first(
        post
        for post in actor.posts
        if post.organisation_id == region.secretariat_id and post.role != Role.PANEL_MEMBER
    )


def see_own(actor: Actor, region: Region, municipality: Municipality) -> Ruling:
    """May the actor read what is this town's own and kept from the others? The town and the secretariat may."""
    if actor.operator:
        return allow("システム管理者です。")
    name = municipality.name
    if post := office_post(actor, region):
        return allow(f"事務局の職にあるため、{name}の記録を見ることができます。", post)
    voices = {
        voice for stay in _stays(region) if stay.municipality_id == municipality.pk for voice in stay.voices
    }
    post = _first(
        post
        for post in actor.posts
        if post.organisation_kind == Organisation.Kind.MUNICIPALITY
        and post.municipality_id in voices
        and post.role != Role.PANEL_MEMBER
    )
    if post:
        return allow(f"{name}の職にあるため、{name}の記録を見ることができます。", post)
    return deny(f"この記録は、{name}と事務局だけが見ることができます。")


def towns_of(actor: Actor, region: Region) -> frozenset[int]:
    """Ids of the towns whose rows about persons the actor may be shown: those it holds a post in or speaks for.

    The secretariat's posts show none: what towns know of persons is the towns' own. Nor do those of a panel.
    """
    own = {
        post.municipality_id
        for post in actor.posts
        if post.organisation_kind == Organisation.Kind.MUNICIPALITY and post.role != Role.PANEL_MEMBER
    }
    return frozenset(stay.municipality_id for stay in _stays(region) if stay.voices & own)


def comment(actor: Actor, region: Region) -> Ruling:
    """Everyone who sees the region's staff pages may comment."""
    ruling = see(actor, region)
    if not ruling:
        return ruling
    if former_member(actor, region):
        return allow(f"以前の{region.members_term}として、コメントできます。", ruling.post)
    return allow("この圏域の職にあるため、コメントできます。", ruling.post)


def decide_for(actor: Actor, region: Region, municipality: Municipality, *, on: date | None = None) -> Ruling:
    """May the actor record the town's decision (機関決定)? Its approver may; the secretariat only as 代理入力.

    `on` is the day the decision was asked: the town has to have been a member then. Without it, today.
    """
    name = municipality.name
    day = on or today()
    if municipality.pk not in member_ids(region, day):
        return _no_member(region, municipality, on=on)
    post = _first(_posts_for(actor, region, municipality, (Role.APPROVER, Role.ADMINISTRATOR), (day, day)))
    if post:
        return allow(f"{name}の決裁者の職にあるため、機関決定を記録できます。", post)
    if actor.operator:
        return allow(f"システム管理者として{name}の決定を代理入力します。", on_behalf_of=name)
    if post := secretariat_post(actor, region):
        return allow(
            f"届いた回答文書に基づき、事務局として{name}の決定を代理入力します。", post, on_behalf_of=name
        )
    if _first(_posts_for(actor, region, municipality, WRITERS, (day, day))):
        return deny(f"{name}の機関決定は、{name}の決裁者の職にある方が記録します。")
    return deny(f"{name}の機関決定は{name}が記録します。")


def create_region(actor: Actor) -> Ruling:
    """A region is created by an administrator of a municipality, a secretariat or the prefecture, or the operator."""
    if actor.operator:
        return allow("システム管理者です。")
    post = _first(
        post for post in actor.posts if post.role == Role.ADMINISTRATOR and post.organisation_kind in FOUNDERS
    )
    if post:
        return allow("管理者の職にあるため、圏域を作成できます。", post)
    return deny("圏域の作成は、市町村・事務局・都道府県（振興局を含む）の管理者の職にある方が行います。")


def run_region(actor: Actor, organisation: Organisation) -> Ruling:
    """May the actor make this body the secretariat of a region? Nobody is made one without their own consent: the
    body's own administrator may, or the operator."""
    if actor.operator:
        return allow("システム管理者です。")
    own = _first(
        post
        for post in actor.posts
        if post.role == Role.ADMINISTRATOR and post.organisation_id == organisation.pk
    )
    if own:
        return allow(f"{organisation}の管理者の職にあります。", own)
    return deny(
        f"{organisation}を事務局にするには{organisation}の同意が必要なため、{organisation}の管理者でもある方か、"
        "システム管理者が行います。"
    )


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


def merge_towns(actor: Actor, towns: Sequence[Municipality]) -> Ruling:
    """May the actor register that these municipalities go into another, or get another name?

    That changes every region they belong to, and lets the successor's officers into those in which they, or what went
    into them before, still finish their records: the administrator of all their secretariats may, or the operator.
    """
    if actor.operator:
        return allow("システム管理者です。")
    rulings = {
        region: ruling for found in _rulings(actor, towns).values() for region, ruling in found.items()
    }
    names = "・".join(town.name for town in towns)
    if not any(rulings.values()):
        return deny(f"{names}の合併や名称の変更は、加わっている圏域の事務局の管理者が登録します。")
    others = [region.name for region, ruling in rulings.items() if not ruling]
    if others:
        return deny(
            f"{names}は{'・'.join(f'「{name}」' for name in others)}にも加わっている（または、加わっていた）ため、"
            "合併や名称の変更はシステム管理者が登録します。"
        )
    return next(iter(rulings.values()))


def may_rename_each(actor: Actor, towns: Sequence[Municipality]) -> frozenset[int]:
    """Ids of those for which `merge_towns` allows a new name, asked for all of them together."""
    if actor.operator:
        return frozenset(town.pk for town in towns)
    return frozenset(town for town, found in _rulings(actor, towns).items() if all(found.values()))


def _rulings(actor: Actor, towns: Sequence[Municipality]) -> dict[int, dict[Region, Ruling]]:
    """By town: may the actor manage the regions in which it, or what went into it, is a member or finishes its
    records? A town of no such region is not among them."""
    origins = with_predecessors(towns)
    rows = RegionMembership.objects.filter(
        municipality__in=origins, valid__overlap=DateRange(first_day_to_finish(), None, "[)")
    )
    found: dict[int, dict[Region, Ruling]] = {}
    for row in rows.select_related("region__secretariat").order_by("region__slug", "pk"):
        for town in origins[row.municipality_id]:
            found.setdefault(town, {})[row.region] = manage_region(actor, row.region)
    return found


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
    heirs = _heirs(organisation)
    heir = _first(
        post
        for post in administrators
        if post.organisation_kind == Organisation.Kind.MUNICIPALITY and post.municipality_id in heirs
    )
    if heir:
        return allow(f"{name}を承継した{heir.organisation_name}の管理者の職にあります。", heir)
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


def ask_at_once(organisations: Sequence[Organisation]) -> None:
    """Ask for all of them together what `manage_people` asks of each; the answers stay on the instances."""
    day = today()
    administered = set(
        PostHolder.objects.filter(
            post__organisation__in=organisations,
            post__role=Role.ADMINISTRATOR,
            valid__contains=day,
            user__is_active=True,
        ).values_list("post__organisation_id", flat=True)
    )
    towns = [
        body
        for body in organisations
        if body.kind == Organisation.Kind.MUNICIPALITY
        and body.municipality
        and body.municipality.valid.upper is None
    ]
    rows = RegionMembership.objects.filter(municipality__in=[body.municipality_id for body in towns])
    here = set(rows.filter(valid__contains=day).values_list("municipality_id", "region_id"))
    homes: dict[int, dict[int, Region]] = {}
    for row in rows.select_related("region").order_by("pk"):
        if (row.municipality_id, row.region_id) in here:
            homes.setdefault(row.municipality_id, {}).setdefault(row.region_id, row.region)
    for body in organisations:
        body.__dict__["_administered"] = body.pk in administered
    for body in towns:
        body.__dict__["_homes"] = list(homes.get(cast("int", body.municipality_id), {}).values())


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


def _heirs(organisation: Organisation) -> frozenset[int]:
    """The municipalities that took over the people of one that is gone."""
    town = organisation.municipality
    if organisation.kind != Organisation.Kind.MUNICIPALITY or town is None:
        return frozenset()
    return heirs_of(town)


def heirs_of(town: Municipality) -> frozenset[int]:
    """The municipalities that speak for a town that is gone; none while it exists."""
    return _voices(town.pk, town.valid, town.successor_id) - {town.pk}


def _has_administrator(organisation: Organisation) -> bool:
    if "_administered" in organisation.__dict__:
        return bool(organisation.__dict__["_administered"])
    return PostHolder.objects.filter(
        post__organisation=organisation,
        post__role=Role.ADMINISTRATOR,
        valid__contains=today(),
        user__is_active=True,
    ).exists()


def _regions_of(organisation: Organisation) -> list[Region]:
    """The regions an organisation belongs to today; a municipality's in the order in which they registered it, those
    of its last day where it is gone."""
    if "_homes" in organisation.__dict__:
        return cast("list[Region]", organisation.__dict__["_homes"])
    town = organisation.municipality
    if organisation.kind == Organisation.Kind.MUNICIPALITY and town is not None:
        memberships = RegionMembership.objects.filter(municipality=town)
        end = town.valid.upper
        day = today() if end is None else min(today(), end - timedelta(days=1))
        here = memberships.filter(valid__contains=day).values("region")
        first = memberships.filter(region=OuterRef("pk")).order_by("pk").values("pk")[:1]
        return list(
            Region.objects.filter(pk__in=here).annotate(registered=Subquery(first)).order_by("registered")
        )
    return list(Region.objects.filter(related=organisation))


def _first(posts: Iterable[PostRef]) -> PostRef | None:
    return next(iter(posts), None)


def _no_member(
    region: Region, municipality: Municipality, year: int | None = None, on: date | None = None
) -> Ruling:
    if year is not None:
        sentence = (
            f"{municipality.name}は{format_table(year)}にこの圏域の{region.members_term}ではありません。"
        )
    elif on is not None:
        sentence = (
            f"{municipality.name}は{era.format_date(on)}にこの圏域の{region.members_term}ではありません。"
        )
    else:
        sentence = f"{municipality.name}は現在この圏域の{region.members_term}ではありません。"
    return deny(sentence, Remedy("構成と制度を開く", reverse("regions-members", args=[region.slug])))
