"""Activities with their lines, counts, measures and roles."""

from __future__ import annotations

from django.db.models import Prefetch

from keniki.apps.activities.models import Activity, Count

from .. import schema
from .state import Export, choice, fields, number, source


def activities(export: Export) -> list[schema.Activity]:
    rows = (
        Activity.objects.select_related("source", "initiative", "project", "municipality")
        .prefetch_related(
            "lines",
            "measure_links__agreement",
            "role_links__agreement",
            Prefetch("counts", Count.objects.select_related("municipality", "part_of")),
        )
        .order_by("initiative__order", "initiative__slug", "fiscal_year", "order", "slug")
    )
    return [
        schema.Activity(
            **fields(
                a,
                schema.Activity,
                "initiative",
                "project",
                "municipality",
                "measures",
                "roles",
                "lines",
                "counts",
                "source",
            ),
            initiative=a.initiative.slug,
            project=a.project.slug if a.project else None,
            municipality=export.code(a.municipality),
            measures=[
                schema.MeasureRef(agreement=slug, measure=key)
                for slug, key in sorted((link.agreement.slug, link.key) for link in a.measure_links.all())
            ],
            roles=[
                schema.RoleRef(agreement=slug, item=item, role=key)
                for slug, item, key in sorted((r.agreement.slug, r.item, r.key) for r in a.role_links.all())
            ],
            lines=[schema.Line(kind=choice(line.kind), text=line.text) for line in a.lines.all()],
            counts=[
                schema.CountIn(
                    key=c.key,
                    value=number(c.value),
                    counter=c.counter,
                    quantity=c.quantity,
                    basis=choice(c.basis),
                    as_typed=c.as_typed,
                    municipality=export.code(c.municipality),
                    part_of=c.part_of.key if c.part_of else None,
                )
                for c in a.counts.all()
            ],
            source=source(a),
        )
        for a in rows
    ]
