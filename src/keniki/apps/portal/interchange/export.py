"""Write a region as the document `keniki load` reads: stable order, slugs instead of keys, no users, no log."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django_scopes import scope

from keniki.apps.activities.models import Activity, Count, Photo
from keniki.apps.compacts import models as compacts
from keniki.apps.finance.models import BudgetLine, Grant
from keniki.apps.regions.models import Municipality, Organisation, Region
from keniki.apps.workflow import storage

from . import schema


def export_region(region: Region, *, files: bool = True) -> dict[str, Any]:
    """The region as JSON-ready data; `files=False` leaves the pictures' bytes out (open data)."""
    with scope(region=region):
        document = _Exporter(region, files).run()
    return document.model_dump(mode="json")


def to_json(document: dict[str, Any]) -> str:
    """The one spelling of an export: two spaces, UTF-8, a newline at the end."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


class _Exporter:
    def __init__(self, region: Region, files: bool):
        self.row = region
        self.files = files
        self.codes: set[str] = set()

    def run(self) -> schema.RegionFile:
        region = self.region()
        members = self.members()
        agreements = self.agreements()
        declarations = self.declarations()
        initiatives = self.initiatives()
        activities = self.activities()
        grants = self.grants()
        budgets = self.budgets()
        return schema.RegionFile(
            format=choice(schema.FORMAT),
            region=region,
            municipalities=self.municipalities(),
            members=members,
            agreements=agreements,
            declarations=declarations,
            visions=self.visions(),
            initiatives=initiatives,
            activities=activities,
            grants=grants,
            budgets=budgets,
            kpi=self.kpis(),
        )

    def region(self) -> schema.Region:
        row = self.row
        bodies = {row.secretariat_id: row.secretariat, **{body.pk: body for body in row.related.all()}}
        organisations = (
            Organisation.objects.filter(pk__in=bodies)
            .select_related("municipality")
            .prefetch_related("members")
        )
        formation = None
        if row.formation_source:
            formation = schema.SourceRef(
                document=row.formation_source.slug, place=row.source_place, flag=row.source_flag
            )
        return schema.Region(
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
                    municipality=self.code(o.municipality),
                    department=o.department,
                    note=o.note,
                    members=sorted(self.code(town) or "" for town in o.members.all()),
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
                    municipality=self.code(f.municipality),
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

    def municipalities(self) -> list[schema.Municipality]:
        rows = (
            Municipality.objects.filter(code__in=self.codes)
            .select_related("successor")
            .order_by("code", "valid")
        )
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
                successor=t.successor.code if t.successor else None,
                source=t.source_text,
            )
            for t in rows
        ]

    def members(self) -> list[schema.Member]:
        rows = self.row.memberships.select_related("municipality", "source").order_by("order", "valid")
        return [
            schema.Member(
                municipality=self.code(m.municipality) or "",
                role=choice(m.role),
                order=m.order,
                valid_from=m.valid.lower,
                valid_to=last_day(m.valid),
                source=source(m),
            )
            for m in rows
        ]

    def agreements(self) -> list[schema.Agreement]:
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
                    schema.Party(municipality=self.code(p.municipality) or "", mark=p.mark)
                    for p in a.parties.all()
                ],
                versions=[self.version(v) for v in a.versions.all()],
                resolutions=sorted(
                    (
                        schema.Resolution(
                            municipality=self.code(r.municipality) or "",
                            **fields(r, schema.Resolution, "municipality"),
                        )
                        for r in a.resolutions.all()
                    ),
                    key=lambda r: r.municipality,
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

    def version(self, v: compacts.AgreementVersion) -> schema.AgreementVersion:
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
                        schema.PartyRoleIn(municipalities=self.known(r.municipalities), items=r.items)
                        for r in item.roles.all()
                    ],
                )
                for item in v.annex_items.all()
            ],
            signatories=[
                schema.Signatory(
                    municipality=self.code(s.municipality) or "",
                    **fields(s, schema.Signatory, "municipality"),
                )
                for s in v.signatories.all()
            ],
            source=source(v),
        )

    def declarations(self) -> list[schema.Declaration]:
        rows = (
            compacts.Declaration.objects.select_related("source", "centre")
            .prefetch_related("parts__source")
            .order_by("slug")
        )
        return [
            schema.Declaration(
                **fields(d, schema.Declaration, "parts", "source", "centre"),
                centre=self.code(d.centre) or "",
                parts=[
                    schema.DeclarationPart(
                        **fields(part, schema.DeclarationPart, "source", "municipalities"),
                        municipalities=self.known(part.municipalities),
                        source=source(part),
                    )
                    for part in d.parts.all()
                ],
                source=source(d),
            )
            for d in rows
        ]

    def visions(self) -> list[schema.Vision]:
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

    def initiatives(self) -> list[schema.Initiative]:
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
                    "photos", Photo.objects.select_related("activity", "source").order_by("order", "id")
                ),
            )
            .order_by("order", "slug")
        )
        order = {m.municipality_id: m.order for m in self.row.memberships.order_by("-valid")}
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
                    self.code(town) or ""
                    for town in sorted(i.bodies.all(), key=lambda t: (order.get(t.pk, 999), t.code))
                ],
                roles=[
                    schema.InitiativeRole(
                        label=r.label, municipalities=self.known(r.municipalities), text=r.text
                    )
                    for r in i.roles.all()
                ],
                projects=[
                    schema.Project(
                        **fields(p, schema.Project, "lead", "bodies", "source"),
                        lead=self.code(p.lead),
                        bodies=self.known(p.bodies),
                        source=source(p),
                    )
                    for p in i.projects.all()
                ],
                findings=[schema.FindingIn(text=f.text) for f in i.findings.all()],
                outlooks=[
                    schema.Outlook(
                        title=o.title,
                        measures=[
                            schema.OutlookMeasure(title=m.title, text=m.text) for m in o.measures.all()
                        ],
                    )
                    for o in i.outlooks.all()
                ],
                photos=[self.photo(p) for p in i.photos.all()],
                evaluations=sorted(
                    (
                        schema.Evaluation(
                            municipality=self.code(e.municipality) or "",
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

    def photo(self, p: Photo) -> schema.Photo:
        stored = None
        if self.files and p.digest:
            stored = schema.StoredFile(
                name=p.file_name, sha256=p.digest, base64=base64.b64encode(storage.get(p.digest)).decode()
            )
        return schema.Photo(
            **fields(p, schema.Photo, "activity", "file", "source"),
            activity=p.activity.slug if p.activity else None,
            file=stored,
            source=source(p),
        )

    def activities(self) -> list[schema.Activity]:
        rows = (
            Activity.objects.select_related("source", "initiative", "project", "municipality")
            .prefetch_related(
                "lines",
                "measure_links__agreement",
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
                    "lines",
                    "counts",
                    "source",
                ),
                initiative=a.initiative.slug,
                project=a.project.slug if a.project else None,
                municipality=self.code(a.municipality),
                measures=[
                    schema.MeasureRef(agreement=slug, measure=key)
                    for slug, key in sorted((link.agreement.slug, link.key) for link in a.measure_links.all())
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
                        municipality=self.code(c.municipality),
                        part_of=c.part_of.key if c.part_of else None,
                    )
                    for c in a.counts.all()
                ],
                source=source(a),
            )
            for a in rows
        ]

    def grants(self) -> list[schema.Grant]:
        rows = (
            Grant.objects.select_related("source", "recipient")
            .prefetch_related("steps")
            .order_by("fiscal_year", "slug")
        )
        return [
            schema.Grant(
                **fields(g, schema.Grant, "recipient", "steps", "source"),
                recipient=self.code(g.recipient),
                steps=[schema.GrantStep(**fields(s, schema.GrantStep)) for s in g.steps.all()],
                source=source(g),
            )
            for g in rows
        ]

    def budgets(self) -> list[schema.BudgetLine]:
        rows = BudgetLine.objects.select_related("source", "initiative", "project", "municipality")
        return [
            schema.BudgetLine(
                **fields(b, schema.BudgetLine, "initiative", "project", "municipality", "source"),
                initiative=b.initiative.slug,
                project=b.project.slug if b.project else None,
                municipality=self.code(b.municipality),
                source=source(b),
            )
            for b in rows.order_by("fiscal_year", "slug")
        ]

    def kpis(self) -> list[schema.Kpi]:
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
                baseline=self.baseline(k),
                count_query=schema.CountQuery.model_validate(k.count_query) if k.count_query else None,
                targets=[
                    schema.KpiTarget(fiscal_year=t.fiscal_year, value=number(t.value))
                    for t in k.targets.all()
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

    def baseline(self, k: compacts.Kpi) -> schema.KpiBaseline | None:
        if k.baseline_value is None and not k.baseline_years and not k.baseline_label:
            return None
        return schema.KpiBaseline(
            value=number(k.baseline_value),
            years=k.baseline_years,
            average=k.baseline_average,
            label=k.baseline_label,
        )

    def code(self, town: Municipality | None) -> str | None:
        if town is None:
            return None
        self.codes.add(town.code)
        return town.code

    def known(self, codes: Iterable[str]) -> list[str]:
        listed = list(codes)
        self.codes.update(listed)
        return listed


def source(row: Any) -> schema.SourceRef | None:
    if row.source is None:
        return None
    return schema.SourceRef(document=row.source.slug, place=row.source_place, flag=row.source_flag)


def fields(row: Any, part: type[schema.Part], *without: str) -> dict[str, Any]:
    """The attributes of `row` that `part` names, except some."""
    return {name: getattr(row, name) for name in part.model_fields if name not in without}


def choice(value: str | None) -> Any:
    """A stored choice where the schema names the same words as literals."""
    return value


def number(value: Decimal | None) -> Any:
    """A decimal without trailing zeros, so that one value has one spelling."""
    if value is None:
        return None
    plain = value.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


def last_day(days: Any) -> date | None:
    """The last day of a stored range (its upper end is exclusive)."""
    return days.upper - timedelta(days=1) if days.upper else None
