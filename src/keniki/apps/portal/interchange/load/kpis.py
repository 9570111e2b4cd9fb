"""KPIs with their targets and readings."""

from __future__ import annotations

from keniki.apps.compacts import models as compacts

from .state import Load


def kpis(load: Load) -> None:
    given = load.document.kpi
    rows = load.sync.rows(
        compacts.Kpi,
        compacts.Kpi.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                k.slug,
                {
                    "region": load.region,
                    **{
                        name: getattr(k, name)
                        for name in ("slug", "order", "name", "unit", "direction", "note")
                    },
                    "vision": load.vision[k.vision] if k.vision else None,
                    "initiative": load.initiative[k.initiative] if k.initiative else None,
                    "baseline_value": k.baseline.value if k.baseline else None,
                    "baseline_years": k.baseline.years if k.baseline else [],
                    "baseline_average": k.baseline.average if k.baseline else False,
                    "baseline_label": k.baseline.label if k.baseline else "",
                    "count_query": k.count_query.model_dump() if k.count_query else None,
                    **load.placed(k),
                },
            )
            for k in given
        ],
    )
    stored = {
        kpi.pk: {target.fiscal_year: target for target in kpi.targets.all()}
        for kpi in compacts.Kpi.objects.filter(region=load.region).prefetch_related("targets")
    }
    for k in given:
        kpi = rows[k.slug]
        load.sync.rows(
            compacts.KpiTarget,
            stored.get(kpi.pk, {}).values(),
            lambda row: row.fiscal_year,
            [
                (t.fiscal_year, {"kpi": kpi, "fiscal_year": t.fiscal_year, "value": t.value})
                for t in k.targets
            ],
        )
        load.sync.rows(
            compacts.KpiReading,
            kpi.readings.all(),
            lambda row: row.fiscal_year,
            [
                (
                    r.fiscal_year,
                    {
                        "kpi": kpi,
                        "fiscal_year": r.fiscal_year,
                        "value": r.value,
                        "comment": r.comment,
                        **load.placed(r),
                    },
                )
                for r in k.readings
            ],
        )
