"""Why may I, why may I not: every answer of the policies for the logged-in person, and for one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponseBase

from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.queries import has_history
from keniki.core import era
from keniki.core.digits import whole_number
from keniki.core.fiscal_year import FiscalYear, format_table

from .. import policies, queries
from ..models import Municipality, Organisation, Region, RegionMembership
from ..pages import StaffRequest, page, region_page


@dataclass(frozen=True)
class Answer:
    """One thing people do, and whether this person may."""

    verb: str
    ruling: Ruling


def region_answers(actor: Actor, region: Region) -> list[Answer]:
    """What concerns the region as a whole."""
    return [
        Answer("この圏域の記録を閲覧", policies.see(actor, region)),
        Answer("コメント", policies.comment(actor, region)),
        Answer("共同の記録（協定・取組・共同の活動・文書）を編集", policies.edit_shared(actor, region)),
        Answer(
            f"圏域の構成（{region.members_term}・事務局・制度）を変更", policies.manage_region(actor, region)
        ),
        Answer("利用者を登録", policies.create_account(actor)),
        Answer("新しい圏域を作成", policies.create_region(actor)),
    ]


def town_answers(actor: Actor, region: Region) -> list[tuple[Municipality, list[Answer]]]:
    """What concerns each member town: its records, its decisions, its posts; then those that left lately."""
    offices = {
        body.municipality_id: body
        for body in queries.organisations_of(region)
        if body.kind == Organisation.Kind.MUNICIPALITY
    }
    policies.ask_at_once(list(offices.values()))
    rows = []
    for membership in queries.members_on(region):
        town = membership.municipality
        answers = [
            Answer("記録の入力", policies.edit_town(actor, region, town)),
            Answer("機関決定の記録", policies.decide_for(actor, region, town)),
        ]
        if town.pk in offices:
            answers.append(Answer("職と人の管理", policies.manage_people(actor, offices[town.pk])))
        rows.append((town, answers))
    return rows + [
        (row.municipality, former_answers(actor, region, row)) for row in queries.former_members(region)
    ]


def former_answers(actor: Actor, region: Region, membership: RegionMembership) -> list[Answer]:
    """What may still be done for a town that is no member any more: finish the years in which it was."""
    last = membership.valid.upper - timedelta(days=1)
    town, year = membership.municipality, FiscalYear.of(last)
    return [
        Answer(f"{format_table(year)}までの記録の入力", policies.edit_town(actor, region, town, year=year)),
        Answer(
            f"{era.format_date(last)}までに照会された機関決定の記録",
            policies.decide_for(actor, region, town, on=last),
        ),
        Answer("その後の年度の記録の入力", policies.edit_town(actor, region, town, year=year.next)),
    ]


def record_answers(actor: Actor, region: Region, record: Any) -> list[Answer]:
    """What this person may do with one record: a town's own record asks for the town, any other is shared."""
    town = getattr(record, "municipality", None)
    edit = (
        policies.edit_town(actor, region, town, year=getattr(record, "fiscal_year", None))
        if isinstance(town, Municipality)
        else policies.edit_shared(actor, region)
    )
    return [
        Answer("この記録を閲覧", policies.see(actor, region)),
        Answer("この記録にコメント", policies.comment(actor, region)),
        Answer("この記録を編集", edit),
    ]


@region_page
def rights(request: StaffRequest, region: Region) -> HttpResponseBase:
    """The table of what I may do here, with reasons; with `?record=slice.model:id`, about one record."""
    record = None
    asked = request.GET.get("record", "")
    kind, _, pk = asked.partition(":")
    number = whole_number(pk)
    if kind and number is not None:
        record = queries.record_in(region, kind, number)
    return page(
        request,
        "regions/rights.html",
        answers=region_answers(request.actor, region),
        towns=town_answers(request.actor, region),
        posts=policies.posts_in(request.actor, region),
        record=record,
        record_label=record._meta.verbose_name if record is not None else "",
        record_answers=record_answers(request.actor, region, record) if record is not None else [],
        tracked=record is not None and has_history(type(record)),
        kind=kind,
    )
