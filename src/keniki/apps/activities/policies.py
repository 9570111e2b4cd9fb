"""Who may write activities, towns' figures and photos, and close a fiscal year."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.urls import reverse

from keniki.apps.accounts.actor import Actor, Remedy, Ruling, allow, deny
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import (
    clear_town,
    edit_shared,
    edit_town,
    first_day_to_finish,
    last_year_of,
    own_post,
    secretariat_post,
    today,
    town_post,
)
from keniki.apps.regions.queries import members_between
from keniki.core import fiscal_year

from .models import Activity, Photo
from .queries.years import year_state, year_states


def write(actor: Actor, region: Region, year: int, municipality: Municipality | None = None) -> Ruling:
    """May the actor write an activity of this year: a shared one, or the town's own?"""
    ruling = (
        edit_shared(actor, region)
        if municipality is None
        else edit_town(actor, region, municipality, year=year)
    )
    return ruling and in_open_year(ruling, region, year)


def edit(actor: Actor, activity: Activity) -> Ruling:
    """May the actor edit this activity? The secretariat shared ones, a town its own."""
    return write(actor, activity.region, activity.fiscal_year, activity.municipality)


def remove(actor: Actor, activity: Activity) -> Ruling:
    """May the actor remove this activity? Whoever edits it; the secretariat what nobody edits any more."""
    town = activity.municipality
    if town is None:
        return edit(actor, activity)
    ruling = clear_town(actor, activity.region, town, year=activity.fiscal_year)
    return ruling and in_open_year(ruling, activity.region, activity.fiscal_year)


def create(actor: Actor, region: Region) -> Ruling:
    """May the actor add any activity: shared ones as the secretariat, its own town's as an officer?"""
    ruling = edit_shared(actor, region)
    if ruling:
        return ruling
    post = own_post(actor, region)
    if post is None:
        return deny(
            "あなたの職は閲覧とコメントに限られています。活動は、事務局または各団体の担当者が登録します。"
        )
    return allow(
        f"{post.organisation_name}の職にあるため、{post.organisation_name}の活動を登録できます。", post
    )


def own_towns(actor: Actor, region: Region) -> list[Municipality]:
    """The towns for which the actor writes as their own officer: in which years, `write` says."""
    last, first = fiscal_year.FiscalYear.of(today()), fiscal_year.FiscalYear.of(first_day_to_finish())
    members = members_between(region, first.first_day, last.last_day)
    towns = {member.municipality_id: member.municipality for member in members}.values()
    return [
        town
        for town in towns
        if any(town_post(actor, region, town, year=year) for year in range(last, first - 1, -1))
    ]


def enter_for(actor: Actor, activity: Activity, municipality: Municipality) -> Ruling:
    """May the actor enter this town's figure in the activity?"""
    ruling = _enter_for(actor, activity, municipality)
    return ruling and in_open_year(ruling, activity.region, activity.fiscal_year)


def _enter_for(actor: Actor, activity: Activity, municipality: Municipality) -> Ruling:
    own = activity.municipality
    if own is not None and own.pk != municipality.pk:
        return deny(f"この活動は{own.name}のものです。ほかの団体の数値は入りません。")
    return edit_town(actor, activity.region, municipality, year=activity.fiscal_year)


def take_back(actor: Actor, activity: Activity, municipality: Municipality) -> Ruling:
    """May the actor take this town's figure out of the activity? Whoever enters it; the secretariat what nobody
    enters any more."""
    ruling = _enter_for(actor, activity, municipality)
    if not ruling and activity.municipality_id in (None, municipality.pk):
        ruling = clear_town(actor, activity.region, municipality, year=activity.fiscal_year)
    return ruling and in_open_year(ruling, activity.region, activity.fiscal_year)


def enter_for_each(
    actor: Actor, activity: Activity, municipalities: Iterable[Municipality]
) -> dict[int, Ruling]:
    """`enter_for` of several towns, by their id; whether the year is open is asked once."""
    region, year = activity.region, activity.fiscal_year
    closed = closed_years(region, [year]).get(year)
    found = {}
    for town in municipalities:
        ruling = _enter_for(actor, activity, town)
        found[town.pk] = closed if closed is not None and ruling else ruling
    return found


def photograph(
    actor: Actor, region: Region, years: Collection[int], municipality: Municipality | None = None
) -> Ruling:
    """May the actor add or change photos of these fiscal years? The secretariat shared ones, a town its own."""
    ruling = _photographer(actor, region, years, municipality)
    for year in years:
        ruling = ruling and in_open_year(ruling, region, year)
    return ruling


def change_photo(actor: Actor, photo: Photo, *more_years: int) -> Ruling:
    """May the actor change all of a photo, and put it into these fiscal years?"""
    return photograph(actor, photo.region, (*years_of_photo(photo), *more_years), photo.municipality)


def withdraw(actor: Actor, photo: Photo) -> Ruling:
    """May the actor change a photo's consent and publication? At any time: consent can be withdrawn, also from a
    photo without a year of a town that has left."""
    region, town = photo.region, photo.municipality
    ruling = _photographer(actor, region, years_of_photo(photo), town)
    last = last_year_of(region, town) if town is not None else None
    return ruling or (last is not None and _photographer(actor, region, (last,), town)) or ruling


def years_of_photo(photo: Photo) -> tuple[int, ...]:
    """The fiscal years a photo belongs to: its own and that of the activity it shows."""
    years = {photo.fiscal_year, photo.activity.fiscal_year if photo.activity is not None else None}
    return tuple(sorted(year for year in years if year is not None))


def _photographer(
    actor: Actor, region: Region, years: Collection[int], municipality: Municipality | None
) -> Ruling:
    if municipality is None:
        return edit_shared(actor, region)
    rulings = [edit_town(actor, region, municipality, year=year) for year in years or (None,)]
    return next((ruling for ruling in rulings if not ruling), rulings[0])


def see_original(actor: Actor, region: Region, photo: Photo | None = None) -> Ruling:
    """May the actor open the original of a photo, which still carries place and time of taking?

    Who has left the region still opens those of the years in which they belonged to it.
    """
    if actor.operator:
        return allow("システム管理者です。")
    post = secretariat_post(actor, region) or town_post(actor, region)
    for year in years_of_photo(photo) if photo is not None else ():
        post = post or town_post(actor, region, year=year)
    if post:
        return allow("原本を扱う職にあります。", post)
    return deny("写真の原本は、事務局と各団体の担当者だけが開けます。")


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


def closed_years(region: Region, years: Iterable[int]) -> dict[int, Ruling]:
    """The refusal of every closed fiscal year among them."""
    return {
        year: deny(state.why_read_only, reopening(region))
        for year, state in year_states(region, list(years)).items()
        if state.is_closed
    }


def reopening(region: Region) -> Remedy:
    """Where a closed fiscal year is reopened."""
    return Remedy("年度の締切と再開を開く", reverse("activities:years", args=[region.slug]))
