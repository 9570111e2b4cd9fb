"""Finding purchase plans, what they posted, and the tables that were made public."""

from __future__ import annotations

from django.http import Http404

from keniki.apps.finance.item_sources import Source
from keniki.apps.finance.models import CostItem
from keniki.apps.regions.models import Region

from ...models import PlanPosting, PurchasePlan, StockTable


def plans_of(region: Region) -> list[PurchasePlan]:
    """All plans, the newest first."""
    found = list(PurchasePlan.objects.filter(region=region).select_related("cost"))
    for each in found:
        each.region = region
    return found


def plan_for(region: Region, slug: str) -> PurchasePlan:
    """One plan with its joint cost; 404 when there is none."""
    found = PurchasePlan.objects.filter(region=region, slug=slug).select_related("cost__initiative").first()
    if found is None:
        raise Http404("購入計画が見つかりません。")
    found.region = region
    if found.cost is not None:
        found.cost.region = region
    return found


def postings_of(plan: PurchasePlan) -> list[PlanPosting]:
    """What the plan posted, by year and stage."""
    found = list(PlanPosting.objects.filter(plan=plan).select_related("cost"))
    for each in found:
        each.region = each.cost.region = plan.region
        each.plan = plan
    return found


def posting_for(plan: PurchasePlan, pk: int) -> PlanPosting:
    """One posting of a plan; 404 when there is none."""
    found = next((each for each in postings_of(plan) if each.pk == pk), None)
    if found is None:
        raise Http404("計上の記録が見つかりません。")
    return found


def amounts_there(postings: list[PlanPosting]) -> dict[int, int]:
    """What the items of each posting come to now in finance, by its number: somebody may have changed them there."""
    of = {pk: posting.pk for posting in postings for pk in posting.items.values()}
    found = {posting.pk: 0 for posting in postings}
    for pk, amount in CostItem.objects.filter(pk__in=of).order_by().values_list("pk", "amount"):
        found[of[pk]] += amount
    return found


def sources_of_items(items: list[CostItem]) -> list[Source]:
    """The plans that put some of these items (of one stage of a joint cost) there."""
    first = items[0]
    rows = PlanPosting.objects.filter(
        cost=first.cost_id, fiscal_year=first.fiscal_year, stage=first.stage, round=first.round
    ).select_related("plan__region")
    there = {item.pk for item in items}
    return [
        Source(f"購入計画「{row.plan.title}」", row.plan.get_absolute_url())
        for row in rows
        if there & set(row.items.values())
    ]


def tables_of(region: Region) -> list[StockTable]:
    """The tables that were made public, the newest first."""
    found = list(StockTable.objects.filter(region=region))
    for each in found:
        each.region = region
    return found
