"""The initiatives with what hangs on them, except their photos (those may name an activity)."""

from __future__ import annotations

from collections.abc import Sequence

from keniki.apps.compacts import models as compacts

from .. import schema
from .state import Load

_INITIATIVE = (
    "slug",
    "order",
    "title",
    "field_name",
    "fields",
    "first_year",
    "last_year",
    "one_off",
    "overview",
    "purpose",
)


def initiatives(load: Load) -> None:
    given = load.document.initiatives
    rows = load.sync.rows(
        compacts.Initiative,
        compacts.Initiative.objects.filter(region=load.region),
        lambda row: row.slug,
        [
            (
                i.slug,
                {
                    "region": load.region,
                    **{name: getattr(i, name) for name in _INITIATIVE},
                    "programme": i.programme or "",
                    "vision": load.vision[i.vision] if i.vision else None,
                    "goal": i.goal or "",
                    **load.placed(i),
                },
            )
            for i in given
        ],
    )
    load.initiative = rows
    for i in given:
        load.many(rows[i.slug].bodies, [load.towns[code] for code in i.bodies])
    load.project = {}
    for i in given:
        found = load.sync.rows(
            compacts.Project,
            rows[i.slug].projects.all(),
            lambda row: row.slug,
            [
                (
                    p.slug,
                    {
                        "initiative": rows[i.slug],
                        "order": n,
                        **p.model_dump(exclude={"lead", "source"}),
                        "lead": load.town(p.lead),
                        **load.placed(p),
                    },
                )
                for n, p in enumerate(i.projects, 1)
            ],
        )
        load.project.update({(i.slug, slug): project for slug, project in found.items()})
    load.links(
        compacts.InitiativeAnnex,
        "initiative",
        {
            rows[i.slug]: [(load.agreement[link.agreement], link.item) for link in i.annex_items]
            for i in given
        },
    )
    load.sync.children(
        compacts.InitiativeRole,
        "initiative",
        {rows[i.slug]: [{"order": n, **r.model_dump()} for n, r in enumerate(i.roles, 1)] for i in given},
        ("label", "municipalities", "text"),
    )
    load.sync.children(
        compacts.Finding,
        "initiative",
        {rows[i.slug]: [{"order": n, **f.model_dump()} for n, f in enumerate(i.findings, 1)] for i in given},
        ("text",),
    )
    outlooks(load, given, rows)
    load.sync.rows(
        compacts.ScaleChoice,
        compacts.ScaleChoice.objects.filter(region=load.region),
        lambda row: (row.first_year, row.scale),
        [
            ((each.first_year, each.scale), {"region": load.region, **each.model_dump()})
            for each in load.document.region.evaluation_scales
        ],
    )
    for i in given:
        load.sync.rows(
            compacts.Evaluation,
            rows[i.slug].evaluations.all(),
            lambda row: (row.fiscal_year, row.municipality_id),
            [
                (
                    (e.fiscal_year, load.towns[e.municipality].pk),
                    {
                        "initiative": rows[i.slug],
                        **e.model_dump(exclude={"municipality"}),
                        "municipality": load.towns[e.municipality],
                    },
                )
                for e in i.evaluations
            ],
        )


def outlooks(load: Load, given: Sequence[schema.Initiative], rows: dict[str, compacts.Initiative]) -> None:
    """An initiative whose policies ahead differ gets them anew, with their measures."""
    for i in given:
        stored = [
            (o.title, [(m.title, m.text) for m in o.measures.all()])
            for o in rows[i.slug].outlooks.prefetch_related("measures")
        ]
        wanted = [(o.title, [(m.title, m.text) for m in o.measures]) for o in i.outlooks]
        if stored == wanted:
            load.sync.same["Outlook"] += len(stored)
            continue
        (load.sync.changed if stored else load.sync.created)["Outlook"] += len(wanted)
        rows[i.slug].outlooks.all().delete()
        for n, outlook in enumerate(i.outlooks, 1):
            row = compacts.Outlook.objects.create(initiative=rows[i.slug], order=n, title=outlook.title)
            compacts.OutlookMeasure.objects.bulk_create(
                compacts.OutlookMeasure(outlook=row, order=k, title=m.title, text=m.text)
                for k, m in enumerate(outlook.measures, 1)
            )
