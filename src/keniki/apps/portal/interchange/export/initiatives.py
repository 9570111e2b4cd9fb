"""The initiatives with what hangs on them."""

from __future__ import annotations

import base64

from django.db.models import Prefetch

from keniki.apps.activities.models import Photo
from keniki.apps.compacts import models as compacts
from keniki.apps.workflow import storage

from .. import schema
from .state import Export, choice, fields, source


def initiatives(export: Export) -> list[schema.Initiative]:
    rows = (
        compacts.Initiative.objects.select_related("source", "vision")
        .prefetch_related(
            "bodies",
            "annex_links__agreement",
            "roles",
            "projects__lead",
            "projects__source",
            "findings",
            "outlooks__measures",
            "evaluations__municipality",
            Prefetch(
                "photos",
                Photo.objects.select_related("activity", "municipality", "source").order_by("order", "id"),
            ),
        )
        .order_by("order", "slug")
    )
    order = {m.municipality_id: m.order for m in export.region.memberships.order_by("-valid")}
    return [
        schema.Initiative(
            **fields(
                i,
                schema.Initiative,
                "programme",
                "vision",
                "goal",
                "annex_items",
                "bodies",
                "roles",
                "projects",
                "findings",
                "outlooks",
                "photos",
                "evaluations",
                "source",
            ),
            programme=choice(i.programme or None),
            vision=i.vision.slug if i.vision else None,
            goal=i.goal or None,
            annex_items=[
                schema.AnnexRef(agreement=slug, item=key)
                for slug, key in sorted((link.agreement.slug, link.key) for link in i.annex_links.all())
            ],
            bodies=[
                export.code(town) or ""
                for town in sorted(i.bodies.all(), key=lambda t: (order.get(t.pk, 999), t.code))
            ],
            roles=[
                schema.InitiativeRole(
                    label=r.label, municipalities=export.known(r.municipalities), text=r.text
                )
                for r in i.roles.all()
            ],
            projects=[
                schema.Project(
                    **fields(p, schema.Project, "lead", "bodies", "source"),
                    lead=export.code(p.lead),
                    bodies=export.known(p.bodies),
                    source=source(p),
                )
                for p in i.projects.all()
            ],
            findings=[schema.FindingIn(text=f.text) for f in i.findings.all()],
            outlooks=[
                schema.Outlook(
                    title=o.title,
                    measures=[schema.OutlookMeasure(title=m.title, text=m.text) for m in o.measures.all()],
                )
                for o in i.outlooks.all()
            ],
            photos=[photo(export, p) for p in i.photos.all()],
            evaluations=sorted(
                (
                    schema.Evaluation(
                        municipality=export.code(e.municipality) or "",
                        **fields(e, schema.Evaluation, "municipality"),
                    )
                    for e in i.evaluations.all()
                ),
                key=lambda e: (e.fiscal_year, e.municipality),
            ),
            source=source(i),
        )
        for i in rows
    ]


def photo(export: Export, p: Photo) -> schema.Photo:
    stored = None
    if export.files and p.digest:
        stored = schema.StoredFile(
            name=p.file_name, sha256=p.digest, base64=base64.b64encode(storage.get(p.digest)).decode()
        )
    return schema.Photo(
        **fields(p, schema.Photo, "activity", "municipality", "file", "source"),
        activity=p.activity.slug if p.activity else None,
        municipality=export.code(p.municipality),
        file=stored,
        source=source(p),
    )
