"""The demonstration's accounts: one per kind of user, for every region that is there. Loopback only."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import Actor, allow, deny
from keniki.apps.accounts.models import User
from keniki.apps.accounts.verbs import verb
from keniki.apps.regions import policies, queries
from keniki.apps.regions.models import Municipality, Organisation, Post, PostHolder, Region, RegionMembership

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def make_accounts(
    actor: Actor, known: list[dict[str, str]] | None, order: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Make the accounts that are missing and return `role, login, password` (and whose they are) of all of them.

    `order` names the regions' slugs, the one with the whole cast first.

    With `known` (as written before) nothing is made: the list comes back if every login still exists, else [].
    """
    if known is not None:
        logins = {account["login"] for account in known}
        return known if User.objects.filter(login__in=logins, is_active=True).count() == len(logins) else []
    ruling = allow("システム管理者です。") if actor.operator else deny("システム管理者だけが作成できます。")
    accounts: list[dict[str, str]] = []
    regions = list(Region.objects.all())
    regions.sort(
        key=lambda region: (order.index(region.slug) if region.slug in order else len(order), region.slug)
    )
    with verb(actor, "portal.make_demo_accounts", ruling=ruling) as act:
        taken = policies.member_ids(regions[0]) if regions else frozenset()
        for number, region in enumerate(regions):
            wanted = _wanted(region, first=number == 0, taken=taken)
            accounts.extend(_account(region, one) for one in wanted)
        accounts.append(_operator())
        someone = User.objects.get(login=accounts[0]["login"])
        act.log(
            someone,
            None,
            {"logins": [a["login"] for a in accounts]},
            f"体験用の利用者 {len(accounts)}名を作成",
        )
    return accounts


@dataclass(frozen=True)
class _Wanted:
    role: str
    login: str
    name: str
    organisation: Organisation
    post_role: str
    section: str
    title: str = ""


def _wanted(region: Region, *, first: bool, taken: frozenset[int] = frozenset()) -> list[_Wanted]:
    """One account per kind of user. The first region has the whole cast; in the others the officer of a town that
    is not in the first region is its `neighbour`."""
    secretariat, section, slug = region.secretariat, region.secretariat.department, region.slug
    members = queries.members_on(region)
    partners = [m for m in members if m.role == RegionMembership.Role.PARTNER] or members
    free = [m for m in members if m.municipality_id not in taken]
    alone = [m for m in free if m in partners] or free or partners
    chosen = alone[-2] if len(alone) > 1 else alone[0]
    rows = [
        _Wanted(
            "secretariat", f"{slug}-jimukyoku", "事務局 太郎", secretariat, Post.Role.SECRETARIAT, section
        ),
        _officer("partner" if first else "neighbour", slug, chosen),
    ]
    if not first:
        return rows
    town = chosen.municipality
    rows += [
        _Wanted(
            "approver",
            f"{slug}-{town.code}-kessai",
            f"{town.name} 課長",
            _town_body(town),
            Post.Role.APPROVER,
            "企画課",
            "課長",
        ),
        _Wanted(
            "administrator",
            f"{slug}-kanri",
            "管理 花子",
            secretariat,
            Post.Role.ADMINISTRATOR,
            section,
            "管理者",
        ),
        _Wanted(
            "panel_member", f"{slug}-iin", "懇談 一郎", secretariat, Post.Role.PANEL_MEMBER, "懇談会", "委員"
        ),
        _Wanted("viewer", f"{slug}-etsuran", "閲覧 次郎", secretariat, Post.Role.VIEWER, section, "閲覧"),
    ]
    rows += [_officer("officer", slug, m) for m in members if m is not chosen]
    return rows


def _officer(role: str, slug: str, membership: RegionMembership) -> _Wanted:
    town = membership.municipality
    return _Wanted(
        role, f"{slug}-{town.code}", f"{town.name} 担当", _town_body(town), Post.Role.OFFICER, "企画課"
    )


def _town_body(town: Municipality) -> Organisation:
    slug = f"town-{town.code}"
    body = Organisation.objects.filter(slug=slug).first()
    if body is None:
        body = Organisation(slug=slug, kind=Organisation.Kind.MUNICIPALITY, name=town.name, municipality=town)
        body.save()
    return body


def _account(region: Region, wanted: _Wanted) -> dict[str, str]:
    password = _password()
    user = User.objects.filter(login=wanted.login).first()
    if user is None:
        user = User.objects.create_user(wanted.login, wanted.name, password, is_demo=True)
    else:
        user.set_password(password)
        user.is_active = True
        user.save()
    slug = f"{wanted.organisation.slug}-{wanted.post_role}".replace("_", "-")[:80]
    post = Post.objects.filter(slug=slug).first()
    if post is None:
        post = Post(
            organisation=wanted.organisation,
            slug=slug,
            section=wanted.section,
            title=wanted.title,
            role=wanted.post_role,
        )
        post.save()
    if not PostHolder.objects.filter(user=user, post=post, valid__contains=timezone.localdate()).exists():
        PostHolder(user=user, post=post, valid=DateRange(date(2020, 4, 1), None, "[)")).save()
    return {
        "role": wanted.role,
        "login": wanted.login,
        "password": password,
        "name": wanted.name,
        "post": post.label,
        "region": region.slug,
    }


def _operator() -> dict[str, str]:
    password = _password()
    user = User.objects.filter(login="demo-operator").first()
    if user is None:
        user = User.objects.create_user(
            "demo-operator", "システム管理者", password, is_demo=True, is_operator=True
        )
    else:
        user.set_password(password)
        user.save()
    return {
        "role": "operator",
        "login": "demo-operator",
        "password": password,
        "name": user.name,
        "post": "",
        "region": "",
    }


def _password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
