"""KPIs with baseline, targets and readings."""

from __future__ import annotations

from keniki.apps.compacts import models as compacts

from .. import schema
from .state import Export, choice, number, source


def kpis(export: Export) -> list[schema.Kpi]:
    rows = (
        compacts.Kpi.objects.select_related("source", "vision", "initiative")
        .prefetch_related("targets", "readings__source")
        .order_by("order", "slug")
    )
    return [
        schema.Kpi(
            slug=k.slug,
            vision=k.vision.slug if k.vision else None,
            initiative=k.initiative.slug if k.initiative else None,
            order=k.order,
            name=k.name,
            unit=k.unit,
            direction=choice(k.direction),
            baseline=baseline(k),
            count_query=schema.CountQuery.model_validate(k.count_query) if k.count_query else None,
            targets=[
                schema.KpiTarget(fiscal_year=t.fiscal_year, value=number(t.value)) for t in k.targets.all()
            ],
            readings=[
                schema.KpiReading(
                    fiscal_year=r.fiscal_year, value=number(r.value), comment=r.comment, source=source(r)
                )
                for r in k.readings.all()
            ],
            note=k.note,
            source=source(k),
        )
        for k in rows
    ]


def baseline(k: compacts.Kpi) -> schema.KpiBaseline | None:
    if k.baseline_value is None and not k.baseline_years and not k.baseline_label:
        return None
    return schema.KpiBaseline(
        value=number(k.baseline_value),
        years=k.baseline_years,
        average=k.baseline_average,
        label=k.baseline_label,
    )
