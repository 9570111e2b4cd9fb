"""Joint costs with their items, rules that nobody is being asked about, figures and games."""

from __future__ import annotations

from keniki.apps.finance.models import JointCost, SharingRule
from keniki.apps.finance.sharing import canonical, spec_of
from keniki.apps.regions.models import Organisation

from .. import schema
from .state import Export, fields, number

_TRAVELLING = (SharingRule.State.DRAFT, SharingRule.State.ADOPTED)


def joint_costs(export: Export) -> list[schema.JointCost]:
    rows = (
        JointCost.objects.select_related("initiative", "project", "holder__municipality")
        .prefetch_related("items__municipality", "rules", "figures__municipality", "games")
        .order_by("slug")
    )
    return [_cost(export, cost) for cost in rows]


def _cost(export: Export, cost: JointCost) -> schema.JointCost:
    holder = cost.holder
    town = holder.municipality if holder and holder.kind == Organisation.Kind.MUNICIPALITY else None
    return schema.JointCost(
        **fields(
            cost,
            schema.JointCost,
            "initiative",
            "project",
            "holder",
            "holder_town",
            "places",
            "items",
            "rules",
            "figures",
            "games",
        ),
        initiative=cost.initiative.slug,
        project=cost.project.slug if cost.project else None,
        holder=holder.slug if holder and town is None else None,
        holder_town=export.code(town),
        places=export.known(cost.places),
        items=[
            schema.CostItem(
                **fields(item, schema.CostItem, "municipality"), municipality=export.code(item.municipality)
            )
            for item in sorted(
                cost.items.all(), key=lambda row: (row.fiscal_year, row.stage, row.round, row.order, row.pk)
            )
        ],
        rules=[
            schema.SharingRule(
                **fields(rule, schema.SharingRule, "content"), content=canonical(spec_of(rule.content))
            )
            for rule in sorted(cost.rules.all(), key=lambda row: row.number)
            if rule.state in _TRAVELLING
        ],
        figures=[
            schema.BasisFigure(
                **fields(figure, schema.BasisFigure, "municipality", "value"),
                municipality=export.code(figure.municipality) or "",
                value=number(figure.value),
            )
            for figure in sorted(
                cost.figures.all(), key=lambda row: (row.fiscal_year, row.basis, row.municipality.code)
            )
        ],
        games=[
            schema.CostGame(**fields(game, schema.CostGame))
            for game in sorted(cost.games.all(), key=lambda row: row.fiscal_year)
        ],
    )
