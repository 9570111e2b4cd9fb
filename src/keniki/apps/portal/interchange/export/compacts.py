"""Agreements with their texts, declarations and visions."""

from __future__ import annotations

from django.db.models import Prefetch

from keniki.apps.compacts import models as compacts

from .. import schema
from .state import Export, choice, fields, source


def agreements(export: Export) -> list[schema.Agreement]:
    rows = (
        compacts.Agreement.objects.select_related("source", "amends")
        .prefetch_related(
            "parties__municipality",
            "state_changes",
            Prefetch("versions", compacts.AgreementVersion.objects.select_related("source")),
            "versions__annex_items__measures",
            "versions__annex_items__roles",
            "versions__signatories__municipality",
            "resolutions__municipality",
            "dissolutions__municipality",
        )
        .order_by("slug")
    )
    return [
        schema.Agreement(
            slug=a.slug,
            kind=choice(a.kind),
            title=a.title,
            programme=choice(a.programme or None),
            amends=a.amends.slug if a.amends else None,
            state=a.state,
            concluded_on=a.concluded_on,
            valid_from=a.valid_from,
            valid_to=a.valid_to,
            document_no=a.document_no,
            parties=[
                schema.Party(municipality=export.code(p.municipality) or "", mark=p.mark)
                for p in a.parties.all()
            ],
            versions=[version(export, v) for v in a.versions.all()],
            resolutions=sorted(
                (
                    schema.Resolution(
                        municipality=export.code(r.municipality) or "",
                        **fields(r, schema.Resolution, "municipality"),
                    )
                    for r in a.resolutions.all()
                ),
                key=lambda r: r.municipality,
            ),
            dissolutions=sorted(
                (
                    schema.Dissolution(
                        municipality=export.code(d.municipality) or "",
                        **fields(d, schema.Dissolution, "municipality"),
                    )
                    for d in a.dissolutions.all()
                ),
                key=lambda d: d.municipality,
            ),
            states=[
                schema.StateEntry(state=s.state, on=s.on, document_no=s.document_no)
                for s in a.state_changes.all()
            ],
            note=a.note,
            source=source(a),
        )
        for a in rows
    ]


def version(export: Export, v: compacts.AgreementVersion) -> schema.AgreementVersion:
    return schema.AgreementVersion(
        number=v.number,
        preamble=v.preamble,
        articles=[schema.Article.model_validate(article) for article in v.articles],
        closing=v.closing,
        annex_heading=v.annex_heading,
        change_note=v.change_note,
        annex=[
            schema.AnnexItem(
                **fields(item, schema.AnnexItem, "measures", "roles"),
                measures=[schema.MeasureIn(key=m.key, text=m.text) for m in item.measures.all()],
                roles=[
                    schema.PartyRoleIn(
                        municipalities=export.known(r.municipalities), items=r.items, keys=r.keys
                    )
                    for r in item.roles.all()
                ],
            )
            for item in v.annex_items.all()
        ],
        signatories=[
            schema.Signatory(
                municipality=export.code(s.municipality) or "",
                **fields(s, schema.Signatory, "municipality"),
            )
            for s in v.signatories.all()
        ],
        source=source(v),
    )


def declarations(export: Export) -> list[schema.Declaration]:
    rows = (
        compacts.Declaration.objects.select_related("source", "centre")
        .prefetch_related("parts__source")
        .order_by("slug")
    )
    return [
        schema.Declaration(
            **fields(d, schema.Declaration, "parts", "source", "centre"),
            centre=export.code(d.centre) or "",
            parts=[
                schema.DeclarationPart(
                    **fields(part, schema.DeclarationPart, "source", "municipalities"),
                    municipalities=export.known(part.municipalities),
                    source=source(part),
                )
                for part in d.parts.all()
            ],
            source=source(d),
        )
        for d in rows
    ]


def visions(export: Export) -> list[schema.Vision]:
    rows = (
        compacts.Vision.objects.select_related("source")
        .prefetch_related("sections", "goals", "editions")
        .order_by("slug")
    )
    return [
        schema.Vision(
            **fields(v, schema.Vision, "sections", "goals", "states", "source"),
            sections=[schema.Section(heading=s.heading, body=s.body) for s in v.sections.all()],
            goals=[schema.BasicGoal(key=g.key, field=g.field, text=g.text) for g in v.goals.all()],
            states=[
                schema.StateEntry(
                    state=e.state, on=e.on, document_no=e.document_no, edition=e.edition or None
                )
                for e in v.editions.all()
            ],
            source=source(v),
        )
        for v in rows
    ]
