"""Who may write grants and budget lines."""

from __future__ import annotations

from collections.abc import Iterable

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.activities.policies import closed_years, in_open_year
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import WRITERS, clear_town, edit_shared, edit_town, own_post

from .models import Assessment, BudgetLine, Grant, JointCost


def write_grant(actor: Actor, region: Region, year: int) -> Ruling:
    """May the actor write a grant of this fiscal year? The secretariat may."""
    ruling = edit_shared(actor, region)
    return ruling and in_open_year(ruling, region, year)


def edit_grant(actor: Actor, grant: Grant) -> Ruling:
    return write_grant(actor, grant.region, grant.fiscal_year)


def write_line(actor: Actor, region: Region, year: int, municipality: Municipality | None) -> Ruling:
    """May the actor write a budget line: a shared one as the secretariat, a town's as the town?"""
    ruling = (
        edit_shared(actor, region)
        if municipality is None
        else edit_town(actor, region, municipality, year=year)
    )
    return ruling and in_open_year(ruling, region, year)


def edit_line(actor: Actor, line: BudgetLine) -> Ruling:
    return write_line(actor, line.region, line.fiscal_year, line.municipality)


def remove_line(actor: Actor, line: BudgetLine) -> Ruling:
    """May the actor remove this line? Whoever edits it; the secretariat what nobody edits any more."""
    if line.municipality is None:
        return edit_line(actor, line)
    ruling = clear_town(actor, line.region, line.municipality, year=line.fiscal_year)
    return ruling and in_open_year(ruling, line.region, line.fiscal_year)


def edit_lines(
    actor: Actor, region: Region, year: int, lines: Iterable[BudgetLine]
) -> dict[int | None, Ruling]:
    """`edit_line` of lines of one fiscal year, by their town's id; whether the year is open is asked once."""
    towns = {line.municipality_id: line.municipality for line in lines}
    closed = closed_years(region, [year]).get(year)
    rulings = {
        pk: edit_shared(actor, region) if town is None else edit_town(actor, region, town, year=year)
        for pk, town in towns.items()
    }
    return {pk: closed if closed is not None and ruling else ruling for pk, ruling in rulings.items()}


def add_line(actor: Actor, region: Region) -> Ruling:
    """May the actor add any budget line?"""
    ruling = edit_shared(actor, region)
    if ruling:
        return ruling
    post = own_post(actor, region)
    if post is None:
        return deny("予算と決算は、事務局または各団体の担当者が入力します。")
    return allow(
        f"{post.organisation_name}の職にあるため、{post.organisation_name}の予算を入力できます。", post
    )


def write_cost(actor: Actor, region: Region) -> Ruling:
    """May the actor write joint costs and draft, propose and adopt their rules? The secretariat may."""
    return edit_shared(actor, region)


def write_cost_of(actor: Actor, region: Region, year: int) -> Ruling:
    """May the actor write a joint cost's items and figures of a fiscal year, and make shares known?"""
    return in_open_year(write_cost(actor, region), region, year)


def write_figure(actor: Actor, region: Region, year: int, municipality: Municipality) -> Ruling:
    """May the actor enter what a municipality has of a basis? It may itself, the secretariat as 代理入力."""
    return in_open_year(edit_town(actor, region, municipality, year=year), region, year)


def write_town_budget(actor: Actor, region: Region, year: int, municipality: Municipality) -> Ruling:
    """May the actor enter what a municipality budgets for its share? It may itself, the secretariat as 代理入力."""
    return in_open_year(edit_town(actor, region, municipality, year=year), region, year)


def keep_account(actor: Actor, cost: JointCost) -> Ruling:
    """May the actor claim, receive and pay for a joint cost? The body that keeps its account and the secretariat may."""
    if cost.holder is None:
        return deny("会計をもつ団体が決まっていません。共同経費に登録してください。")
    post = next(
        (each for each in actor.posts if each.organisation_id == cost.holder_id and each.role in WRITERS),
        None,
    )
    if post is not None:
        return allow(f"会計をもつ{cost.holder.name}の職にあるため、記帳できます。", post)
    ruling = edit_shared(actor, cost.region)
    return ruling if ruling else deny(f"記帳は、会計をもつ{cost.holder.name}の担当者か事務局が行います。")


def pay_share(actor: Actor, assessment: Assessment) -> Ruling:
    """May the actor record how a municipality pays what it was billed? It may itself, the secretariat as 代理入力."""
    return edit_town(actor, assessment.region, assessment.municipality, year=assessment.fiscal_year)
