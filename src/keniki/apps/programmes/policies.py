"""Who may answer rules, supply facts of cities, enter general revenue and keep the plan of a procedure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import clear_town, edit_shared, edit_town, own_post
from keniki.core.fiscal_year import FiscalYear, format_table

from . import queries
from .models import Answer, RevenueClaim


def answer_rule(actor: Actor, region: Region | None) -> Ruling:
    """May the actor answer a rule that asks: for a region as its secretariat, for everybody as the operator?"""
    if region is not None:
        return edit_shared(actor, region)
    if actor.operator:
        return allow("システム管理者です。")
    return deny(
        "すべての圏域に共通の回答は、システム管理者が入力します。圏域の回答を入力することはできます。"
    )


def edit_answer(actor: Actor, answer: Answer) -> Ruling:
    """May the actor change or remove this answer?"""
    return answer_rule(actor, answer.region)


def supply_fact(actor: Actor, region: Region) -> Ruling:
    """May the actor supply or change a fact about one of the region's cities? The secretariat may."""
    return edit_shared(actor, region)


def keep_plan(actor: Actor, region: Region) -> Ruling:
    """May the actor set the start of a procedure, record the steps of all together and give out addresses?

    The secretariat may.
    """
    return edit_shared(actor, region)


def record_step(actor: Actor, region: Region, town: Municipality | None, day: date | None = None) -> Ruling:
    """May the actor record a step: of all together as `keep_plan`, of one municipality as itself (議決・告示など)?

    The secretariat records it for a town as 代理入力. A member of today or of the fiscal year of `day` may: the steps
    to the agreement come before one is a member.
    """
    if town is None:
        return keep_plan(actor, region)
    ruling = edit_town(actor, region, town)
    if ruling or day is None:
        return ruling
    return edit_town(actor, region, town, year=int(FiscalYear.of(day))) or ruling


def enter_claim(actor: Actor, region: Region, year: int, municipality: Municipality) -> Ruling:
    """May the actor enter a member's general revenue of a fiscal year? The town may, the secretariat as 代理入力."""
    ruling = edit_town(actor, region, municipality, year=year)
    if ruling and queries.confirmation(region, year) is not None:
        return deny(confirmed_reason(year))
    return ruling


def edit_claim(actor: Actor, claim: RevenueClaim) -> Ruling:
    """May the actor change or remove this claim?"""
    return enter_claim(actor, claim.region, claim.fiscal_year, claim.municipality)


def remove_claim(actor: Actor, claim: RevenueClaim) -> Ruling:
    """May the actor take this claim out? Who may change it; the secretariat also that of a town that was no member."""
    ruling = clear_town(actor, claim.region, claim.municipality, year=claim.fiscal_year)
    if ruling and queries.confirmation(claim.region, claim.fiscal_year) is not None:
        return deny(confirmed_reason(claim.fiscal_year))
    return ruling


def towns_to_edit(actor: Actor, region: Region, claims: Sequence[RevenueClaim], confirmed: bool) -> set[int]:
    """The municipalities whose claims of a year the actor may change, as `edit_claim` says of each."""
    if confirmed:
        return set()
    if edit_shared(actor, region):
        return {row.municipality_id for row in claims}
    post = own_post(actor, region)
    first = next((row for row in claims if post and row.municipality_id == post.municipality_id), None)
    return {first.municipality_id} if first is not None and edit_claim(actor, first) else set()


def add_claim(actor: Actor, region: Region) -> Ruling:
    """May the actor enter any member's general revenue?"""
    ruling = edit_shared(actor, region)
    if ruling:
        return ruling
    post = own_post(actor, region)
    if post is None:
        return deny("一般財源の計上は、事務局または各団体の担当者が入力します。")
    return allow(f"{post.organisation_name}の職にあるため、{post.organisation_name}分を入力できます。", post)


def confirm_claims(actor: Actor, region: Region) -> Ruling:
    """May the actor confirm a fiscal year's claims and open it again? The secretariat may."""
    return edit_shared(actor, region)


def confirmed_reason(year: int) -> str:
    """Why the claims of a confirmed year stay as they are."""
    return f"{format_table(year)}の計上は確定しています。直すときは、事務局が確定を解除してください。"
