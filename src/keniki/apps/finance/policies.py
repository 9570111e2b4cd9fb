"""Who may write grants and budget lines."""

from __future__ import annotations

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.activities.policies import in_open_year
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import edit_shared, edit_town, town_post

from .models import BudgetLine, Grant


def write_grant(actor: Actor, region: Region, year: int) -> Ruling:
    """May the actor write a grant of this fiscal year? The secretariat may."""
    ruling = edit_shared(actor, region)
    return ruling and in_open_year(ruling, region, year)


def edit_grant(actor: Actor, grant: Grant) -> Ruling:
    return write_grant(actor, grant.region, grant.fiscal_year)


def write_line(actor: Actor, region: Region, year: int, municipality: Municipality | None) -> Ruling:
    """May the actor write a budget line: a shared one as the secretariat, a town's as the town?"""
    ruling = edit_shared(actor, region) if municipality is None else edit_town(actor, region, municipality)
    return ruling and in_open_year(ruling, region, year)


def edit_line(actor: Actor, line: BudgetLine) -> Ruling:
    return write_line(actor, line.region, line.fiscal_year, line.municipality)


def add_line(actor: Actor, region: Region) -> Ruling:
    """May the actor add any budget line?"""
    ruling = edit_shared(actor, region)
    if ruling:
        return ruling
    post = town_post(actor, region)
    if post is None:
        return deny("予算と決算は、事務局または市町の担当者が入力します。")
    return allow(
        f"{post.organisation_name}の職にあるため、{post.organisation_name}の予算を入力できます。", post
    )
