"""Who may write activities, towns' figures and photos, and close a fiscal year."""

from __future__ import annotations

from django.urls import reverse

from keniki.apps.accounts.actor import Actor, Remedy, Ruling, allow, deny
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import edit_shared, edit_town, secretariat_post, town_post

from .models import Activity, Photo
from .queries.years import year_state


def write(actor: Actor, region: Region, year: int, municipality: Municipality | None = None) -> Ruling:
    """May the actor write an activity of this year: a shared one, or the town's own?"""
    ruling = edit_shared(actor, region) if municipality is None else edit_town(actor, region, municipality)
    return ruling and in_open_year(ruling, region, year)


def edit(actor: Actor, activity: Activity) -> Ruling:
    """May the actor edit this activity? The secretariat shared ones, a town its own."""
    return write(actor, activity.region, activity.fiscal_year, activity.municipality)


def create(actor: Actor, region: Region) -> Ruling:
    """May the actor add any activity: shared ones as the secretariat, its own town's as an officer?"""
    ruling = edit_shared(actor, region)
    if ruling:
        return ruling
    post = town_post(actor, region)
    if post is None:
        return deny(
            "あなたの職は閲覧とコメントに限られています。活動は事務局または市町の担当者が登録します。"
        )
    return allow(
        f"{post.organisation_name}の職にあるため、{post.organisation_name}の活動を登録できます。", post
    )


def enter_for(actor: Actor, activity: Activity, municipality: Municipality) -> Ruling:
    """May the actor enter this town's figure in the activity?"""
    own = activity.municipality
    if own is not None and own.pk != municipality.pk:
        return deny(f"この活動は{own.name}のものです。ほかの市町の数値はありません。")
    ruling = edit_town(actor, activity.region, municipality)
    return ruling and in_open_year(ruling, activity.region, activity.fiscal_year)


def photograph(actor: Actor, region: Region, year: int | None, activity: Activity | None = None) -> Ruling:
    """May the actor add or change photos? The secretariat shared ones, a town those of its own activity."""
    own = activity.municipality if activity is not None else None
    ruling = edit_shared(actor, region) if own is None else edit_town(actor, region, own)
    return ruling and (in_open_year(ruling, region, year) if year is not None else ruling)


def withdraw(actor: Actor, photo: Photo) -> Ruling:
    """May the actor change a photo's consent and publication? At any time: consent can be withdrawn."""
    return photograph(actor, photo.region, None, photo.activity)


def see_original(actor: Actor, region: Region) -> Ruling:
    """May the actor open the original of a photo, which still carries place and time of taking?"""
    if actor.operator:
        return allow("システム管理者です。")
    post = secretariat_post(actor, region) or town_post(actor, region)
    if post:
        return allow("原本を扱う職にあります。", post)
    return deny("写真の原本は、事務局と市町の担当者だけが開けます。")


def close_year(actor: Actor, region: Region) -> Ruling:
    """May the actor close and reopen fiscal years? The secretariat may."""
    ruling = edit_shared(actor, region)
    if ruling:
        return allow("事務局の職にあるため、年度を締め切り、再開できます。", ruling.post)
    return deny("年度の締切と再開は事務局が行います。")


def in_open_year(ruling: Ruling, region: Region, year: int) -> Ruling:
    """The ruling, or a no because the fiscal year is closed."""
    state = year_state(region, year)
    return deny(state.why_read_only, reopening(region)) if state.is_closed else ruling


def reopening(region: Region) -> Remedy:
    """Where a closed fiscal year is reopened."""
    return Remedy("年度の締切と再開を開く", reverse("activities:years", args=[region.slug]))
