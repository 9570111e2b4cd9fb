"""Joint costs with their items, rules, figures and games. What was made known, billed and booked travels in no file."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from keniki.apps.finance.models import BasisFigure, CostGame, CostItem, JointCost, SharingRule
from keniki.apps.finance.sharing import canonical, digest_of, spec_of, stored
from keniki.apps.regions.actions import town_organisation

from .. import schema
from .state import Load


def joint_costs(load: Load) -> None:
    given = load.document.joint_costs
    kept = load.sync.rows(
        JointCost,
        JointCost.objects.filter(region=load.region),
        lambda row: row.slug,
        [(cost.slug, _cost(load, cost)) for cost in given],
    )
    _items(load, kept)
    load.sync.rows(
        SharingRule,
        SharingRule.objects.filter(region=load.region),
        lambda row: (row.cost_id, row.number),
        [
            (
                (kept[cost.slug].pk, rule.number),
                {"region": load.region, "cost": kept[cost.slug], **_rule(rule)},
            )
            for cost in given
            for rule in cost.rules
        ],
    )
    load.sync.rows(
        BasisFigure,
        BasisFigure.objects.filter(region=load.region),
        lambda row: (row.cost_id, row.fiscal_year, row.basis, row.municipality_id),
        [
            (
                (kept[cost.slug].pk, figure.fiscal_year, figure.basis, load.town_id(figure.municipality)),
                {
                    "region": load.region,
                    "cost": kept[cost.slug],
                    **figure.model_dump(exclude={"municipality"}),
                    "municipality": load.town(figure.municipality),
                },
            )
            for cost in given
            for figure in cost.figures
        ],
    )
    load.sync.rows(
        CostGame,
        CostGame.objects.filter(region=load.region),
        lambda row: (row.cost_id, row.fiscal_year),
        [
            (
                (kept[cost.slug].pk, game.fiscal_year),
                {"region": load.region, "cost": kept[cost.slug], **game.model_dump()},
            )
            for cost in given
            for game in cost.games
        ],
    )


def _cost(load: Load, cost: schema.JointCost) -> dict[str, Any]:
    holder = load.bodies[cost.holder] if cost.holder else None
    if cost.holder_town:
        holder = town_organisation(load.towns[cost.holder_town])
    return {
        "region": load.region,
        **cost.model_dump(include={"slug", "title", "manner", "first_year", "last_year", "note"}),
        "places": [load.towns[code].code for code in cost.places],
        "initiative": load.initiative[cost.initiative],
        "project": load.project[cost.initiative, cost.project] if cost.project else None,
        "holder": holder,
    }


def _items(load: Load, kept: dict[str, JointCost]) -> None:
    """Items have no name: the nth of a stage in the file is the nth stored of it."""
    stored: dict[tuple[Any, ...], list[CostItem]] = defaultdict(list)
    for row in CostItem.objects.filter(region=load.region).order_by("order", "id"):
        stored[row.cost_id, row.fiscal_year, row.stage, row.round].append(row)
    places = {row.pk: (page, n) for page, rows in stored.items() for n, row in enumerate(rows)}
    wanted: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    seen: dict[tuple[Any, ...], int] = defaultdict(int)
    for cost in load.document.joint_costs:
        for item in cost.items:
            page = (kept[cost.slug].pk, item.fiscal_year, item.stage, item.round)
            n = seen[page]
            seen[page] += 1
            order = stored[page][n].order if n < len(stored[page]) else n
            values = {
                "region": load.region,
                "cost": kept[cost.slug],
                **item.model_dump(exclude={"municipality"}),
                "municipality": load.town(item.municipality),
                "order": order,
            }
            wanted.append(((page, n), values))
    rows = [row for found in stored.values() for row in found]
    load.sync.rows(CostItem, rows, lambda row: places[row.pk], wanted)


def _rule(rule: schema.SharingRule) -> dict[str, Any]:
    spec = spec_of(rule.content)
    return {
        **rule.model_dump(exclude={"content"}),
        "title": spec.name,
        "content": stored(spec),
        "digest": digest_of(canonical(spec)),
    }
