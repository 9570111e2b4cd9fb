"""Reading about regions: who acts, which regions an actor sees, who was a member on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404

from keniki.apps.accounts.actor import VISITOR, Actor, PostRef
from keniki.apps.accounts.models import User

from . import policies
from .models import Fact, Milestone, Municipality, Organisation, PostHolder, Region, RegionMembership


def actor_for(user: Any, *, via: str = "page", on: date | None = None) -> Actor:
    """The actor a logged-in user is today, with the posts held; a visitor when nobody is logged in."""
    if not isinstance(user, User) or not user.is_active:
        return VISITOR if via == "page" else Actor(via=via)
    held = (
        PostHolder.objects.filter(user=user, valid__contains=on or policies.today())
        .select_related("post__organisation__municipality")
        .order_by("post__organisation__kind", "id")
    )
    posts = tuple(
        PostRef(
            id=holder.post_id,
            label=holder.post.label,
            role=holder.post.role,
            organisation_id=holder.post.organisation_id,
            organisation_kind=holder.post.organisation.kind,
            organisation_name=holder.post.organisation.name,
            municipality_id=holder.post.organisation.municipality_id,
            municipality_code=holder.post.organisation.municipality.code
            if holder.post.organisation.municipality
            else "",
        )
        for holder in held
    )
    return Actor(user=user, posts=posts, operator=user.is_operator, via=via)


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
    member_of = RegionMembership.objects.filter(
        municipality__in=towns, valid__contains=policies.today()
    ).values("region")
    return regions.filter(
        Q(secretariat__in=organisations) | Q(related__in=organisations) | Q(pk__in=member_of)
    ).distinct()


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
    """Who was a member on that day, in which role, in the region's order (中心市 first, then the agreement's)."""
    return list(
        RegionMembership.objects.filter(region=region, valid__contains=on or policies.today())
        .select_related("municipality")
        .order_by("order")
    )


def members_between(region: Region, first: date, last: date) -> list[RegionMembership]:
    """Who was a member on any day of the period, in order."""
    from psycopg.types.range import DateRange

    return list(
        RegionMembership.objects.filter(region=region, valid__overlap=DateRange(first, last, "[]"))
        .select_related("municipality")
        .order_by("order")
    )


def centre_of(region: Region, on: date | None = None) -> Municipality | None:
    """The centre city on that day (中心市); the first one where there are two."""
    return next(
        (m.municipality for m in members_on(region, on) if m.role == RegionMembership.Role.CENTRE), None
    )


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
