"""Grants and budget lines."""

from __future__ import annotations

from keniki.apps.finance.models import BudgetLine, Grant

from .. import schema
from .state import Export, fields, source


def grants(export: Export) -> list[schema.Grant]:
    rows = (
        Grant.objects.select_related("source", "recipient")
        .prefetch_related("steps")
        .order_by("fiscal_year", "slug")
    )
    return [
        schema.Grant(
            **fields(g, schema.Grant, "recipient", "steps", "source"),
            recipient=export.code(g.recipient),
            steps=[schema.GrantStep(**fields(s, schema.GrantStep)) for s in g.steps.all()],
            source=source(g),
        )
        for g in rows
    ]


def budgets(export: Export) -> list[schema.BudgetLine]:
    rows = BudgetLine.objects.select_related("source", "initiative", "project", "municipality")
    return [
        schema.BudgetLine(
            **fields(b, schema.BudgetLine, "initiative", "project", "municipality", "source"),
            initiative=b.initiative.slug,
            project=b.project.slug if b.project else None,
            municipality=export.code(b.municipality),
            source=source(b),
        )
        for b in rows.order_by("fiscal_year", "slug")
    ]
