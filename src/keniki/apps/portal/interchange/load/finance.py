"""Grants with their steps, and budget lines."""

from __future__ import annotations

from keniki.apps.finance.models import BudgetLine, Grant, GrantStep

from .state import Load

#: What of a line is no column of its own. A file that names no origin leaves a line the one it has.
_LINKED = {"initiative", "project", "municipality", "source"}


def money(load: Load) -> None:
    grants = load.sync.rows(
        Grant,
        Grant.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                g.slug,
                {
                    "region": load.region,
                    **g.model_dump(exclude={"recipient", "steps", "source"}),
                    "recipient": load.town(g.recipient),
                    **load.placed(g),
                },
            )
            for g in load.document.grants
        ],
    )
    load.sync.children(
        GrantStep,
        "grant",
        {
            grants[g.slug]: [{"order": n, **s.model_dump()} for n, s in enumerate(g.steps, 1)]
            for g in load.document.grants
        },
        ("step", "amount", "on", "document_no", "provisional"),
    )
    load.sync.rows(
        BudgetLine,
        BudgetLine.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                b.slug,
                {
                    "region": load.region,
                    **b.model_dump(exclude=_LINKED if b.origin else {*_LINKED, "origin"}),
                    "initiative": load.initiative[b.initiative],
                    "project": load.project[b.initiative, b.project] if b.project else None,
                    "municipality": load.town(b.municipality),
                    **load.placed(b),
                },
            )
            for b in load.document.budgets
        ],
    )
