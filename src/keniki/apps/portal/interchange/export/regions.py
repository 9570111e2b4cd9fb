"""The region, its municipalities and its members."""

from __future__ import annotations

from keniki.apps.compacts.models import ScaleChoice
from keniki.apps.regions.models import Organisation

from .. import schema
from ..towns import with_successors
from .state import Export, choice, last_day, number, source


def region(export: Export) -> schema.Region:
    row = export.region
    bodies = {row.secretariat_id: row.secretariat, **{body.pk: body for body in row.related.all()}}
    organisations = (
        Organisation.objects.filter(pk__in=bodies).select_related("municipality").prefetch_related("members")
    )
    formation = None
    if row.formation_source:
        formation = schema.SourceRef(
            document=row.formation_source.slug, place=row.source_place, flag=row.source_flag
        )
    return schema.Region(
        evaluation_scales=[
            schema.EvaluationScale(
                first_year=each.first_year,
                scale=each.scale,
                name=each.name,
                grades=[schema.Grade.model_validate(grade) for grade in each.grades],
            )
            for each in ScaleChoice.objects.filter(region=row).order_by("pk")
        ],
        slug=row.slug,
        name=row.name,
        short_name=row.short_name,
        fictional=row.fictional,
        members_term=row.members_term,
        formation_history=row.formation_history,
        source=formation,
        secretariat=row.secretariat.slug,
        organisations=[
            schema.OrganisationIn(
                slug=o.slug,
                kind=choice(o.kind),
                name=o.name,
                municipality=export.code(o.municipality),
                department=o.department,
                note=o.note,
                members=sorted(export.code(town) or "" for town in o.members.all()),
                beyond_region=o.beyond_region,
                source=schema.SourceRef.model_validate(o.source) if o.source else None,
            )
            for o in organisations.order_by("slug")
        ],
        programmes=[
            schema.RegionProgramme(
                programme=choice(p.programme),
                valid_from=p.valid.lower,
                valid_to=last_day(p.valid),
                first_fiscal_year=p.first_fiscal_year,
                last_fiscal_year=p.last_fiscal_year,
                legal_basis=p.legal_basis,
                fields=p.fields,
                source=source(p),
            )
            for p in row.programmes.select_related("source").order_by("valid", "programme")
        ],
        milestones=[
            schema.Milestone(
                slug=m.slug,
                track=choice(m.track),
                title=m.title,
                starts_on=m.starts_on,
                ends_on=m.ends_on,
                precision=choice(m.precision),
                state=choice(m.state),
                text=m.text,
                source=source(m),
            )
            for m in row.milestones.select_related("source").order_by("starts_on", "slug")
        ],
        facts=[
            schema.Fact(
                indicator=f.indicator,
                label=f.label,
                municipality=export.code(f.municipality),
                dimension=f.dimension,
                as_of=f.as_of,
                fiscal_year=f.fiscal_year,
                value=number(f.value),
                text=f.text,
                unit=f.unit,
                source=source(f),
            )
            for f in row.facts.select_related("source", "municipality").order_by("order", "id")
        ],
        sources=[
            schema.SourceDocument(
                slug=s.slug,
                title=s.title,
                publisher=s.publisher,
                published_on=s.published_on,
                note=s.note,
            )
            for s in row.sources.order_by("slug")
        ],
    )


def municipalities(export: Export) -> list[schema.Municipality]:
    return [
        schema.Municipality(
            code=t.code,
            name=t.name,
            kana=t.kana,
            kind=choice(t.kind),
            prefecture=t.prefecture,
            county=t.county,
            office=schema.Office(
                address=t.office_address, latitude=number(t.latitude), longitude=number(t.longitude)
            ),
            valid_from=t.valid.lower,
            valid_to=last_day(t.valid),
            successor=export.code(t.successor),
            source=t.source_text,
        )
        for t in with_successors(export.codes)
    ]


def members(export: Export) -> list[schema.Member]:
    rows = export.region.memberships.select_related("municipality", "source").order_by("order", "valid")
    return [
        schema.Member(
            municipality=export.code(m.municipality) or "",
            role=choice(m.role),
            order=m.order,
            valid_from=m.valid.lower,
            valid_to=last_day(m.valid),
            source=source(m),
        )
        for m in rows
    ]
