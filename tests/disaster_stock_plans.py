"""Targets, a purchase plan and a public table of the stockpile for the tests that visit every page; their addresses."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING

from keniki.apps.disaster.actions.stock.items import ItemDraft, PlaceDraft, save_item, save_place
from keniki.apps.disaster.actions.stock.lots import LotDraft, receive_lot
from keniki.apps.disaster.actions.stock_plans.buying import PlanDraft, post_year, save_plan
from keniki.apps.disaster.actions.stock_plans.tables import publish_table
from keniki.apps.disaster.actions.stock_plans.targets import TargetDraft, save_target
from keniki.apps.disaster.queries.stock_plans.buying import BuyLine, Settings
from keniki.apps.finance.sharing import StageOf
from keniki.apps.finance.tests.joint import joint_cost
from keniki.apps.portal.testing import HOSHINO, KAWAKITA

from .addressing import KAWAKITA_OR_SHARED, SHARED, WRITERS, Address, deed, read

if TYPE_CHECKING:
    from keniki.apps.accounts.actor import Actor
    from keniki.apps.compacts.models import Initiative
    from keniki.apps.regions.models import Municipality, Region

    from .world import World

_YEAR, _DAY = 2024, date(2024, 6, 3)


def stock_plan_records(
    actor: Actor, region: Region, town: Municipality, initiative: Initiative
) -> tuple[dict[str, str], dict[str, int]]:
    """A town's target, water in bottles that nobody has measured, a plan that posts a year, a table made public; the
    slugs and numbers that addresses need."""
    target = save_target(actor, region, TargetDraft(town, _YEAR, 100, "人口の5％（架空）"))
    water = save_item(actor, region, ItemDraft("保存水2L（架空）", "本", "water"))
    food = save_item(actor, region, ItemDraft("アルファ米（備蓄計画の例）", "食", "food"))
    place = save_place(actor, region, PlaceDraft("備蓄計画の倉庫（架空）", town))
    for item, code, expires in (
        (water, "plan-mizu", date(2029, 3, 31)),
        (food, "plan-kome", date(2026, 3, 31)),
    ):
        lot = LotDraft(item, date(2024, 4, 1), {town: 1}, code, expires, quantities={place: 50})
        receive_lot(actor, region, lot, str(uuid.uuid4()))
    cost = joint_cost(region, initiative, year=_YEAR, slug="bichiku-hi", rule=None, amounts={})
    lines = (BuyLine("food", 15_000, 50, 60),)
    settings = Settings(as_of=_DAY, phase_in=2, split="people", lines=lines)
    plan = save_plan(actor, region, PlanDraft("備蓄計画（架空）", _YEAR, 5, settings, cost))
    posting = post_year(actor, plan, _YEAR, StageOf("initial"))
    publish_table(actor, region, _DAY)
    slugs = {"purchase_plan": plan.slug, "measured_item": water.slug}
    return slugs, {"stock_target": target.pk, "plan_posting": posting.pk}


def own_code(world: World, seat: str) -> str:
    return HOSHINO if seat == "other_partner" else KAWAKITA


_PLAN = {"slug": "{purchase_plan}"}
STOCK_PLANS: dict[str, Address] = {
    "disaster:stock-targets": read(),
    "disaster:new-stock-target": Address(
        writes=WRITERS,
        data={
            "town": own_code,
            "fiscal_year": "2023",
            "people": "120",
            "basis": "人口の5％（架空）",
            "days": "3",
        },
    ),
    "disaster:copy-stock-targets": deed(data={"year": "2025"}),
    "disaster:stock-target": read(pk="{stock_target}"),
    "disaster:edit-stock-target": Address(
        {"pk": "{stock_target}"}, writes=KAWAKITA_OR_SHARED, data={"people": "140"}
    ),
    "disaster:remove-stock-target": deed(KAWAKITA_OR_SHARED, pk="{stock_target}", data={"version": "1"}),
    "disaster:stock-shortfall": read(),
    "disaster:stock-shortfall-chart": read(),
    "disaster:stock-shortfall-item": read(key="food"),
    "disaster:item-measure": Address({"slug": "{measured_item}"}, writes=SHARED, data={"amount": "2"}),
    "disaster:purchase-plans": read(),
    "disaster:new-purchase-plan": Address(
        writes=SHARED,
        data={
            "title": "次の計画（架空）",
            "first_year": "2024",
            "years": "3",
            "lines-0-item": "food",
            "lines-0-price": "15000",
            "lines-0-pack": "50",
        },
    ),
    "disaster:purchase-plan": read(slug="{purchase_plan}"),
    "disaster:purchase-plan-chart": read(slug="{purchase_plan}", key="cost"),
    "disaster:edit-purchase-plan": Address(_PLAN, writes=SHARED, data={"note": "改めた備考"}),
    "disaster:remove-purchase-plan": Address(
        _PLAN, opens=None, writes=SHARED, data={"version": "1"}, stores=False
    ),
    "disaster:reckon-purchase-plan": Address(
        _PLAN, opens=None, writes=SHARED, data={"version": "1"}, stores=False
    ),
    "disaster:post-purchase-plan": deed(
        slug="{purchase_plan}", data={"year": "2024", "stage": "request", "version": "1"}
    ),
    "disaster:withdraw-purchase-plan": deed(slug="{purchase_plan}", pk="{plan_posting}"),
    "disaster:stock-table": Address(writes=SHARED, data={"as_of": "2025-06-03", "version": "0"}),
    "disaster:stock-table-file": read(form="csv"),
    "disaster:withdraw-stock-table": deed(year="2024", data={"version": "1"}),
}
