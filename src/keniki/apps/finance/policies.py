"""Who may write grants and budget lines."""

from __future__ import annotations

from collections.abc import Iterable

from keniki.apps.accounts.actor import Actor, PostRef, Remedy, Ruling, allow, deny
from keniki.apps.activities.policies import closed_years, in_open_year
from keniki.apps.regions.models import Municipality, Organisation, Region
from keniki.apps.regions.policies import WRITERS, clear_town, edit_shared, edit_town, own_post

from .models import Assessment, BudgetLine, Entry, Grant, JointCost, TownBudget
from .origins import Origin, joint_origin
from .postings import POSTINGS, Side


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
    """May the actor change this line? Not one that follows a joint cost: that is done where it comes from."""
    if (made := joint_origin(line)) is not None:
        return _made_elsewhere(line, made)
    return write_line(actor, line.region, line.fiscal_year, line.municipality)


def remove_line(actor: Actor, line: BudgetLine) -> Ruling:
    """May the actor remove this line? Whoever edits it; the secretariat what nobody edits any more."""
    if (made := joint_origin(line)) is not None:
        return _made_elsewhere(line, made)
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


def _made_elsewhere(line: BudgetLine, made: Origin) -> Ruling:
    remedy = Remedy("もとの記録を開く", made.address(line.region.slug))
    return deny("この金額は共同経費の記録から自動で登録されます。もとの記録で直してください。", remedy)


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


def write_figures(
    actor: Actor, region: Region, year: int, towns: Iterable[Municipality]
) -> dict[int, Ruling]:
    """`write_figure` of several municipalities, by their id; whether the year is open is asked once."""
    closed = closed_years(region, [year]).get(year)
    rulings = {town.pk: edit_town(actor, region, town, year=year) for town in towns}
    return {pk: closed if closed is not None and ruling else ruling for pk, ruling in rulings.items()}


def write_town_budget(actor: Actor, region: Region, year: int, municipality: Municipality) -> Ruling:
    """May the actor enter what a municipality budgets for its share? It may itself, the secretariat as 代理入力."""
    return in_open_year(edit_town(actor, region, municipality, year=year), region, year)


def write_town_budgets(
    actor: Actor, region: Region, year: int, towns: Iterable[Municipality]
) -> dict[int, Ruling]:
    """`write_town_budget` of several towns, by id; whether the year is open is asked once."""
    closed = closed_years(region, [year]).get(year)
    rulings = {town.pk: edit_town(actor, region, town, year=year) for town in towns}
    return {pk: closed if closed is not None and ruling else ruling for pk, ruling in rulings.items()}


def remove_town_budget(actor: Actor, budget: TownBudget) -> Ruling:
    """May the actor remove what a municipality budgeted? Who enters it; the secretariat what nobody enters any more."""
    ruling = clear_town(actor, budget.region, budget.municipality, year=budget.fiscal_year)
    return in_open_year(ruling, budget.region, budget.fiscal_year)


def keep_account(actor: Actor, cost: JointCost) -> Ruling:
    """May the actor claim, receive and pay for a joint cost? Who keeps its account and the secretariat may."""
    if cost.holder is None:
        return deny("会計をもつ団体が決まっていません。共同経費に登録してください。")
    return _keep_book(actor, cost.region, cost.holder)


def keep_claim(actor: Actor, assessment: Assessment) -> Ruling:
    """May the actor write the holder's side of an assessment? Who made it may, whoever keeps the account by now."""
    return _keep_book(actor, assessment.region, assessment.holder)


def _keep_book(actor: Actor, region: Region, body: Organisation) -> Ruling:
    post = next((each for each in actor.posts if each.role in WRITERS and _works_for(each, body)), None)
    if post is not None:
        return allow(f"会計をもつ{body.name}の職にあるため、記帳できます。", post)
    ruling = edit_shared(actor, region)
    return ruling if ruling else deny(f"記帳は、会計をもつ{body.name}の担当者か事務局が行います。")


def pay_share(actor: Actor, assessment: Assessment) -> Ruling:
    """May the actor record how a municipality pays what it was billed? It may itself, the secretariat as 代理入力."""
    return edit_town(actor, assessment.region, assessment.municipality, year=assessment.fiscal_year)


def post_spending(actor: Actor, cost: JointCost, year: int, town: Municipality | None = None) -> Ruling:
    """May the actor post the cost's spending: whoever keeps the account, of a town's own part the town?"""
    if town is None:
        return keep_account(actor, cost)
    if cost.manner != JointCost.Manner.EACH:
        return deny("この共同経費は会計をもつ団体が執行するため、市町村の支出は記帳しません。")
    return edit_town(actor, cost.region, town, year=year)


def reverse_entry(actor: Actor, entry: Entry) -> Ruling:
    """May the actor correct this entry? Whoever may post in the book where it stands."""
    if entry.kind == Entry.Kind.REVERSAL:
        return deny("訂正の仕訳は訂正できません。正しい内容を、改めて記帳してください。")
    side = POSTINGS[Entry.Kind(entry.kind)].side
    if entry.assessment is not None and side is Side.TOWN:
        return pay_share(actor, entry.assessment)
    if entry.assessment is not None:
        return keep_claim(actor, entry.assessment)
    body = next(iter(entry.lines.all())).body
    if body.pk != entry.cost.holder_id and body.municipality is not None:
        return edit_town(actor, entry.region, body.municipality, year=entry.fiscal_year)
    return _keep_book(actor, entry.region, body)


def _works_for(post: PostRef, body: Organisation) -> bool:
    """Whether the post is of this body, or of another office of the same municipality."""
    if body.kind != Organisation.Kind.MUNICIPALITY:
        return post.organisation_id == body.pk
    same = post.organisation_kind == Organisation.Kind.MUNICIPALITY
    return same and post.municipality_id == body.municipality_id
