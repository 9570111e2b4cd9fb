"""Load a region from its file: one bulk action, all or nothing; the same file twice changes nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import DatabaseError, models
from django_scopes import scopes_disabled
from psycopg.types.range import DateRange

from keniki.apps.accounts.actor import Actor, allow, deny
from keniki.apps.accounts.verbs import verb
from keniki.apps.activities.models import Activity, ActivityLine, Count, MeasureLink, Photo
from keniki.apps.compacts import models as compacts
from keniki.apps.finance.models import BudgetLine, Grant, GrantStep
from keniki.apps.regions.models import (
    Fact,
    Milestone,
    Municipality,
    Organisation,
    Region,
    RegionMembership,
    RegionProgramme,
    SourceDocument,
)
from keniki.apps.workflow import storage
from keniki.core.errors import WrongInput

from . import schema
from .sync import Sync

Progress = Callable[[str, int, int], None]


def load_region(actor: Actor, document: schema.RegionFile, *, progress: Progress | None = None) -> Sync:
    """Store the region. The operator loads anything; a region that exists is brought to the file's state.

    Rows that the file does not name stay as they are. Raises `WrongInput` where the database refuses (closed
    fiscal year, overlapping periods); then nothing is stored.
    """
    ruling = (
        allow("システム管理者です。") if actor.operator else deny("圏域の読込みはシステム管理者が行います。")
    )
    slug = document.region.slug
    try:
        with (
            scopes_disabled(),
            verb(actor, "portal.load_region", region=slug, ruling=ruling, quiet=True) as act,
        ):
            loader = _Loader(document, progress or _silent)
            region = loader.run()
            if loader.sync.anything:
                created, changed = sum(loader.sync.created.values()), sum(loader.sync.changed.values())
                act.log(
                    region,
                    None,
                    {"created": dict(loader.sync.created), "changed": dict(loader.sync.changed)},
                    f"{region.name} の記録をファイルから読み込み（追加 {created}件、更新 {changed}件）",
                )
            return loader.sync
    except DatabaseError as error:
        raise WrongInput(_refusal(error), file=slug) from error


def _refusal(error: DatabaseError) -> str:
    words = str(error).splitlines()[0]
    if "is closed" in words:
        return "締め切った年度の記録が変わるため読み込めません。年度を再開してから読み込んでください。"
    return f"データベースが受け付けません（{words}）。何も保存していません。"


def _silent(label: str, done: int, total: int) -> None:
    return None


def days(first: date | None, last: date | None) -> DateRange:
    """Days from `first` to `last`, both included; None is open."""
    return DateRange(first, last + timedelta(days=1) if last else None, "[)")


class _Loader:
    STEPS = 9

    def __init__(self, document: schema.RegionFile, progress: Progress):
        self.document = document
        self.sync = Sync()
        self.progress = progress
        self.region: Region
        self.towns: dict[str, Municipality] = {}
        self.sources: dict[str, SourceDocument] = {}

    def run(self) -> Region:
        steps: Sequence[tuple[str, Callable[[], None]]] = (
            ("市町村", self.municipalities),
            ("圏域", self.region_itself),
            ("構成市町", self.members),
            ("協定", self.agreements),
            ("宣言・ビジョン", self.declarations_and_visions),
            ("取組", self.initiatives),
            ("活動", self.activities),
            ("財政", self.money),
            ("KPI", self.kpis),
        )
        for number, (label, step) in enumerate(steps):
            self.progress(label, number, len(steps))
            step()
        self.progress("完了", len(steps), len(steps))
        return self.region

    # --- the region and who is in it ---

    def municipalities(self) -> None:
        """Towns may be shared with other regions: what is known stays, what is empty is filled in."""
        existing = {
            (town.code, town.valid.lower): town
            for town in Municipality.objects.filter(code__in=[m.code for m in self.document.municipalities])
        }
        by_code: dict[str, Municipality] = {}
        for (code, _), town in sorted(existing.items(), key=lambda item: item[0][1] or date.min):
            by_code[code] = town
        wanted: list[tuple[str, dict[str, Any]]] = []
        for given in self.document.municipalities:
            values = {
                "code": given.code,
                "name": given.name,
                "kana": given.kana,
                "kind": given.kind,
                "prefecture": given.prefecture,
                "county": given.county,
                "office_address": given.office.address,
                "latitude": given.office.latitude,
                "longitude": given.office.longitude,
                "valid": days(given.valid_from, given.valid_to),
                "source_text": given.source,
            }
            known = by_code.get(given.code)
            if known is not None:
                if known.name != given.name:
                    raise WrongInput(
                        f"コード {given.code} は既に {known.name} として登録済みです（ファイルでは {given.name}）。",
                        column="municipalities",
                    )
                values = {
                    name: value
                    for name, value in values.items()
                    if value not in ("", None) and getattr(known, name) in ("", None)
                }
            wanted.append((given.code, values))
        self.towns = self.sync.rows(Municipality, by_code.values(), lambda town: town.code, wanted)
        for given in self.document.municipalities:
            town = self.towns[given.code]
            if given.successor and town.successor_id is None:
                town.successor = (
                    self.towns.get(given.successor)
                    or Municipality.objects.filter(code=given.successor).first()
                )
                town.save()

    def region_itself(self) -> None:
        given = self.document.region
        bodies = self.sync.rows(
            Organisation,
            Organisation.objects.filter(slug__in=[o.slug for o in given.organisations]),
            lambda organisation: organisation.slug,
            [
                (
                    o.slug,
                    {
                        "slug": o.slug,
                        "kind": o.kind,
                        "name": o.name,
                        "department": o.department,
                        "municipality": self.town(o.municipality),
                        "beyond_region": o.beyond_region,
                        "note": o.note,
                        "source": o.source.model_dump() if o.source else None,
                    },
                )
                for o in given.organisations
            ],
        )
        for body in given.organisations:
            self.many(bodies[body.slug].members, [self.towns[code] for code in body.members])
        self.region = self.sync.rows(
            Region,
            Region.objects.filter(slug=given.slug),
            lambda region: region.slug,
            [
                (
                    given.slug,
                    {
                        "slug": given.slug,
                        "name": given.name,
                        "short_name": given.short_name,
                        "fictional": given.fictional,
                        "members_term": given.members_term,
                        "formation_history": given.formation_history,
                        "secretariat": bodies[given.secretariat],
                    },
                )
            ],
        )[given.slug]
        self.sources = self.sync.rows(
            SourceDocument,
            SourceDocument.objects.filter(region=self.region),
            lambda source: source.slug,
            [(s.slug, {"region": self.region, **s.model_dump()}) for s in given.sources],
        )
        place = self.placed(given)
        formation = {
            "formation_source": place["source"],
            "source_place": place["source_place"],
            "source_flag": place["source_flag"],
        }
        self.sync.rows(Region, [self.region], lambda region: region.slug, [(given.slug, formation)])
        self.many(
            self.region.related, [bodies[o.slug] for o in given.organisations if o.slug != given.secretariat]
        )
        self.sync.rows(
            RegionProgramme,
            RegionProgramme.objects.filter(region=self.region),
            lambda row: (str(row.programme), row.valid.lower),
            [
                (
                    (str(p.programme), p.valid_from),
                    {
                        "region": self.region,
                        "programme": p.programme,
                        "valid": days(p.valid_from, p.valid_to),
                        "first_fiscal_year": p.first_fiscal_year,
                        "last_fiscal_year": p.last_fiscal_year,
                        "legal_basis": p.legal_basis,
                        "fields": p.fields,
                        **self.placed(p),
                    },
                )
                for p in given.programmes
            ],
        )
        self.sync.rows(
            Milestone,
            Milestone.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (m.slug, {"region": self.region, **m.model_dump(exclude={"source"}), **self.placed(m)})
                for m in given.milestones
            ],
        )
        self.sync.rows(
            Fact,
            Fact.objects.filter(region=self.region),
            lambda row: (
                row.indicator,
                row.municipality_id,
                row.dimension,
                row.as_of,
                row.fiscal_year,
                row.source_id,
            ),
            [
                (
                    (
                        f.indicator,
                        self.town_id(f.municipality),
                        f.dimension,
                        f.as_of,
                        f.fiscal_year,
                        self.source_id(f),
                    ),
                    {
                        "region": self.region,
                        **f.model_dump(exclude={"source", "municipality"}),
                        "municipality": self.town(f.municipality),
                        "order": number,
                        **self.placed(f),
                    },
                )
                for number, f in enumerate(given.facts)
            ],
        )

    def members(self) -> None:
        self.sync.rows(
            RegionMembership,
            RegionMembership.objects.filter(region=self.region),
            lambda row: (row.municipality_id, row.valid.lower),
            [
                (
                    (self.towns[m.municipality].pk, m.valid_from),
                    {
                        "region": self.region,
                        "municipality": self.towns[m.municipality],
                        "role": m.role,
                        "order": m.order,
                        "valid": days(m.valid_from, m.valid_to),
                        **self.placed(m),
                    },
                )
                for m in self.document.members
            ],
        )

    # --- what was promised ---

    def agreements(self) -> None:
        given = self.document.agreements
        rows = self.sync.rows(
            compacts.Agreement,
            compacts.Agreement.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    a.slug,
                    {
                        "region": self.region,
                        "slug": a.slug,
                        "kind": a.kind,
                        "title": a.title,
                        "programme": a.programme or "",
                        "state": a.state,
                        "concluded_on": a.concluded_on,
                        "valid_from": a.valid_from,
                        "valid_to": a.valid_to,
                        "document_no": a.document_no,
                        "note": a.note,
                        **self.placed(a),
                    },
                )
                for a in given
            ],
        )
        self.agreement = rows
        for a in given:
            if a.amends:
                self.sync.rows(
                    compacts.Agreement,
                    [rows[a.slug]],
                    lambda row: row.slug,
                    [(a.slug, {"amends": rows[a.amends]})],
                )
        self.sync.children(
            compacts.Party,
            "agreement",
            {
                rows[a.slug]: [
                    {"municipality": self.towns[p.municipality], "order": n, "mark": p.mark}
                    for n, p in enumerate(a.parties, 1)
                ]
                for a in given
            },
            ("municipality", "mark"),
        )
        self.sync.children(
            compacts.StateChange,
            "agreement",
            {
                rows[a.slug]: [
                    {"state": s.state, "on": s.on, "document_no": s.document_no, "order": n}
                    for n, s in enumerate(a.states, 1)
                ]
                for a in given
            },
            ("state", "on", "document_no"),
        )
        for a in given:
            self.agreement_texts(a, rows[a.slug])

    def agreement_texts(self, given: schema.Agreement, agreement: compacts.Agreement) -> None:
        bound = given.state != "draft"
        versions = self.sync.rows(
            compacts.AgreementVersion,
            agreement.versions.all(),
            lambda row: row.number,
            [
                (
                    v.number,
                    {
                        "agreement": agreement,
                        "number": v.number,
                        "preamble": v.preamble,
                        "articles": [article.model_dump() for article in v.articles],
                        "closing": v.closing,
                        "annex_heading": v.annex_heading,
                        "change_note": v.change_note,
                        "frozen": bound or v.number < len(given.versions),
                        **self.placed(v),
                    },
                )
                for v in given.versions
            ],
        )
        for v in given.versions:
            version = versions[v.number]
            items = self.sync.rows(
                compacts.AnnexItem,
                version.annex_items.all(),
                lambda row: row.key,
                [
                    (
                        item.key,
                        {
                            "agreement_version": version,
                            "order": n,
                            **item.model_dump(exclude={"measures", "roles"}),
                        },
                    )
                    for n, item in enumerate(v.annex, 1)
                ],
            )
            self.sync.children(
                compacts.Measure,
                "annex_item",
                {
                    items[item.key]: [
                        {"key": m.key, "order": n, "text": m.text} for n, m in enumerate(item.measures, 1)
                    ]
                    for item in v.annex
                },
                ("key", "text"),
            )
            self.sync.children(
                compacts.PartyRole,
                "annex_item",
                {
                    items[item.key]: [
                        {"order": n, "municipalities": role.municipalities, "items": role.items}
                        for n, role in enumerate(item.roles, 1)
                    ]
                    for item in v.annex
                },
                ("municipalities", "items"),
            )
            self.sync.children(
                compacts.Signatory,
                "agreement_version",
                {
                    version: [
                        {
                            **s.model_dump(exclude={"municipality"}),
                            "municipality": self.towns[s.municipality],
                            "order": n,
                        }
                        for n, s in enumerate(v.signatories, 1)
                    ]
                },
                ("municipality", "address", "title", "name", "name_complete"),
            )
        self.sync.rows(
            compacts.Resolution,
            agreement.resolutions.all(),
            lambda row: row.municipality_id,
            [
                (
                    self.towns[r.municipality].pk,
                    {
                        "agreement": agreement,
                        **r.model_dump(exclude={"municipality"}),
                        "municipality": self.towns[r.municipality],
                    },
                )
                for r in given.resolutions
            ],
        )

    def declarations_and_visions(self) -> None:
        rows = self.sync.rows(
            compacts.Declaration,
            compacts.Declaration.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    d.slug,
                    {
                        "region": self.region,
                        **d.model_dump(exclude={"parts", "source", "centre"}),
                        "centre": self.towns[d.centre],
                        **self.placed(d),
                    },
                )
                for d in self.document.declarations
            ],
        )
        self.sync.children(
            compacts.DeclarationPart,
            "declaration",
            {
                rows[d.slug]: [
                    {"order": n, **part.model_dump(exclude={"source"}), **self.placed(part)}
                    for n, part in enumerate(d.parts, 1)
                ]
                for d in self.document.declarations
            },
            (
                "key",
                "heading",
                "text",
                "items",
                "fields",
                "municipalities",
                "source",
                "source_place",
                "source_flag",
            ),
        )
        self.vision = self.sync.rows(
            compacts.Vision,
            compacts.Vision.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    v.slug,
                    {
                        "region": self.region,
                        **v.model_dump(exclude={"sections", "goals", "states", "source"}),
                        **self.placed(v),
                    },
                )
                for v in self.document.visions
            ],
        )
        visions = self.document.visions
        self.sync.children(
            compacts.VisionSection,
            "vision",
            {
                self.vision[v.slug]: [{"order": n, **s.model_dump()} for n, s in enumerate(v.sections, 1)]
                for v in visions
            },
            ("heading", "body"),
        )
        self.sync.children(
            compacts.BasicGoal,
            "vision",
            {
                self.vision[v.slug]: [{"order": n, **g.model_dump()} for n, g in enumerate(v.goals, 1)]
                for v in visions
            },
            ("key", "field", "text"),
        )
        self.sync.children(
            compacts.VisionEdition,
            "vision",
            {
                self.vision[v.slug]: [
                    {
                        "order": n,
                        "state": s.state,
                        "edition": s.edition or 0,
                        "on": s.on,
                        "document_no": s.document_no,
                    }
                    for n, s in enumerate(v.states, 1)
                ]
                for v in visions
            },
            ("state", "edition", "on", "document_no"),
        )

    # --- what is done ---

    def initiatives(self) -> None:
        given = self.document.initiatives
        rows = self.sync.rows(
            compacts.Initiative,
            compacts.Initiative.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    i.slug,
                    {
                        "region": self.region,
                        **{name: getattr(i, name) for name in _INITIATIVE},
                        "programme": i.programme or "",
                        "vision": self.vision[i.vision] if i.vision else None,
                        "goal": i.goal or "",
                        **self.placed(i),
                    },
                )
                for i in given
            ],
        )
        self.initiative = rows
        for i in given:
            self.many(rows[i.slug].bodies, [self.towns[code] for code in i.bodies])
        self.project: dict[tuple[str, str], compacts.Project] = {}
        for i in given:
            found = self.sync.rows(
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
                            "lead": self.town(p.lead),
                            **self.placed(p),
                        },
                    )
                    for n, p in enumerate(i.projects, 1)
                ],
            )
            self.project.update({(i.slug, slug): project for slug, project in found.items()})
        self.links(
            compacts.InitiativeAnnex,
            "initiative",
            {
                rows[i.slug]: [(self.agreement[link.agreement], link.item) for link in i.annex_items]
                for i in given
            },
        )
        self.sync.children(
            compacts.InitiativeRole,
            "initiative",
            {rows[i.slug]: [{"order": n, **r.model_dump()} for n, r in enumerate(i.roles, 1)] for i in given},
            ("label", "municipalities", "text"),
        )
        self.sync.children(
            compacts.Finding,
            "initiative",
            {
                rows[i.slug]: [{"order": n, **f.model_dump()} for n, f in enumerate(i.findings, 1)]
                for i in given
            },
            ("text",),
        )
        self.outlooks(given, rows)
        for i in given:
            self.sync.rows(
                compacts.Evaluation,
                rows[i.slug].evaluations.all(),
                lambda row: (row.fiscal_year, row.municipality_id),
                [
                    (
                        (e.fiscal_year, self.towns[e.municipality].pk),
                        {
                            "initiative": rows[i.slug],
                            **e.model_dump(exclude={"municipality"}),
                            "municipality": self.towns[e.municipality],
                        },
                    )
                    for e in i.evaluations
                ],
            )

    def outlooks(self, given: Sequence[schema.Initiative], rows: dict[str, compacts.Initiative]) -> None:
        """An initiative whose policies ahead differ gets them anew, with their measures."""
        for i in given:
            stored = [
                (o.title, [(m.title, m.text) for m in o.measures.all()])
                for o in rows[i.slug].outlooks.prefetch_related("measures")
            ]
            wanted = [(o.title, [(m.title, m.text) for m in o.measures]) for o in i.outlooks]
            if stored == wanted:
                self.sync.same["Outlook"] += len(stored)
                continue
            (self.sync.changed if stored else self.sync.created)["Outlook"] += len(wanted)
            rows[i.slug].outlooks.all().delete()
            for n, outlook in enumerate(i.outlooks, 1):
                row = compacts.Outlook.objects.create(initiative=rows[i.slug], order=n, title=outlook.title)
                compacts.OutlookMeasure.objects.bulk_create(
                    compacts.OutlookMeasure(outlook=row, order=k, title=m.title, text=m.text)
                    for k, m in enumerate(outlook.measures, 1)
                )

    def activities(self) -> None:
        given = self.document.activities
        rows = self.sync.rows(
            Activity,
            Activity.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    a.slug,
                    {
                        "region": self.region,
                        "initiative": self.initiative[a.initiative],
                        "project": self.project[a.initiative, a.project] if a.project else None,
                        "municipality": self.town(a.municipality),
                        **{name: getattr(a, name) for name in _ACTIVITY},
                        **self.placed(a),
                    },
                )
                for a in given
            ],
        )
        self.sync.children(
            ActivityLine,
            "activity",
            {
                rows[a.slug]: [{"order": n, "kind": x.kind, "text": x.text} for n, x in enumerate(a.lines, 1)]
                for a in given
            },
            ("kind", "text"),
        )
        self.links(
            MeasureLink,
            "activity",
            {rows[a.slug]: [(self.agreement[m.agreement], m.measure) for m in a.measures] for a in given},
        )
        self.counts(given, rows)
        self.photos(rows)

    def counts(self, given: Sequence[schema.Activity], rows: dict[str, Activity]) -> None:
        counts = self.sync.rows(
            Count,
            Count.objects.filter(activity__region=self.region),
            lambda row: (row.activity_id, row.key),
            [
                (
                    (rows[a.slug].pk, c.key),
                    {
                        "activity": rows[a.slug],
                        "order": n,
                        **c.model_dump(exclude={"municipality", "part_of"}),
                        "municipality": self.town(c.municipality),
                    },
                )
                for a in given
                for n, c in enumerate(a.counts, 1)
            ],
        )
        self.sync.rows(
            Count,
            counts.values(),
            lambda row: (row.activity_id, row.key),
            [
                ((rows[a.slug].pk, c.key), {"part_of": counts[rows[a.slug].pk, c.part_of]})
                for a in given
                for c in a.counts
                if c.part_of
            ],
        )

    def photos(self, activities: dict[str, Activity]) -> None:
        self.sync.rows(
            Photo,
            Photo.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    p.slug,
                    {
                        "region": self.region,
                        "initiative": self.initiative[i.slug],
                        "activity": activities[p.activity] if p.activity else None,
                        "order": n,
                        **p.model_dump(include=set(_PHOTO)),
                        **self.file(p),
                        **self.placed(p),
                    },
                )
                for i in self.document.initiatives
                for n, p in enumerate(i.photos, 1)
            ],
        )

    def file(self, photo: schema.Photo) -> dict[str, Any]:
        """Store the carried file, original and public copy; nothing where the photo has none."""
        if photo.file is None:
            return {}
        from keniki.press import images

        try:
            content = base64.b64decode(photo.file.base64, validate=True)
        except ValueError:
            raise WrongInput("base64 として読めません。", column=f"photos.{photo.slug}.file") from None
        if hashlib.sha256(content).hexdigest() != photo.file.sha256:
            raise WrongInput(
                "sha256 が内容と一致しません。ファイルが壊れています。", column=f"photos.{photo.slug}.file"
            )
        facts = images.inspect_photo(content, file=photo.file.name)
        return {
            "file_name": photo.file.name,
            "digest": storage.put(content),
            "public_digest": storage.put(images.public_copy(content)),
            "width": facts.width,
            "height": facts.height,
        }

    def money(self) -> None:
        grants = self.sync.rows(
            Grant,
            Grant.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    g.slug,
                    {
                        "region": self.region,
                        **g.model_dump(exclude={"recipient", "steps", "source"}),
                        "recipient": self.town(g.recipient),
                        **self.placed(g),
                    },
                )
                for g in self.document.grants
            ],
        )
        self.sync.children(
            GrantStep,
            "grant",
            {
                grants[g.slug]: [{"order": n, **s.model_dump()} for n, s in enumerate(g.steps, 1)]
                for g in self.document.grants
            },
            ("step", "amount", "on", "document_no", "provisional"),
        )
        self.sync.rows(
            BudgetLine,
            BudgetLine.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    b.slug,
                    {
                        "region": self.region,
                        **b.model_dump(exclude={"initiative", "project", "municipality", "source"}),
                        "initiative": self.initiative[b.initiative],
                        "project": self.project[b.initiative, b.project] if b.project else None,
                        "municipality": self.town(b.municipality),
                        **self.placed(b),
                    },
                )
                for b in self.document.budgets
            ],
        )

    def kpis(self) -> None:
        given = self.document.kpi
        rows = self.sync.rows(
            compacts.Kpi,
            compacts.Kpi.objects.filter(region=self.region),
            lambda row: row.slug,
            [
                (
                    k.slug,
                    {
                        "region": self.region,
                        **{
                            name: getattr(k, name)
                            for name in ("slug", "order", "name", "unit", "direction", "note")
                        },
                        "vision": self.vision[k.vision] if k.vision else None,
                        "initiative": self.initiative[k.initiative] if k.initiative else None,
                        "baseline_value": k.baseline.value if k.baseline else None,
                        "baseline_years": k.baseline.years if k.baseline else [],
                        "baseline_average": k.baseline.average if k.baseline else False,
                        "baseline_label": k.baseline.label if k.baseline else "",
                        "count_query": k.count_query.model_dump() if k.count_query else None,
                        **self.placed(k),
                    },
                )
                for k in given
            ],
        )
        stored = {
            kpi.pk: {target.fiscal_year: target for target in kpi.targets.all()}
            for kpi in compacts.Kpi.objects.filter(region=self.region).prefetch_related("targets")
        }
        for k in given:
            kpi = rows[k.slug]
            self.sync.rows(
                compacts.KpiTarget,
                stored.get(kpi.pk, {}).values(),
                lambda row: row.fiscal_year,
                [
                    (t.fiscal_year, {"kpi": kpi, "fiscal_year": t.fiscal_year, "value": t.value})
                    for t in k.targets
                ],
            )
            self.sync.rows(
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
                            **self.placed(r),
                        },
                    )
                    for r in k.readings
                ],
            )

    # --- small helpers ---

    def town(self, code: str | None) -> Municipality | None:
        return self.towns[code] if code else None

    def town_id(self, code: str | None) -> int | None:
        return self.towns[code].pk if code else None

    def source_id(self, part: schema.Sourced) -> int | None:
        return self.sources[part.source.document].pk if part.source else None

    def placed(self, part: Any) -> dict[str, Any]:
        """The columns that say where a record stands in which document."""
        source: schema.SourceRef | None = part.source
        return {
            "source": self.sources[source.document] if source else None,
            "source_place": source.place if source else "",
            "source_flag": source.flag if source else "",
        }

    def many(self, manager: Any, wanted: Sequence[models.Model]) -> None:
        """Make a many-to-many relation equal to `wanted`."""
        have, want = set(manager.values_list("pk", flat=True)), {row.pk for row in wanted}
        if have != want:
            manager.set(wanted)
            counter = self.sync.changed if have else self.sync.created
            counter[manager.through.__name__] += len(have ^ want)

    def links(self, model: Any, parent: str, wanted: dict[Any, list[tuple[compacts.Agreement, str]]]) -> None:
        """Make links to annex items or measures (agreement, key) equal to `wanted`."""
        ids = [row.pk for row in wanted]
        stored = {
            (getattr(link, f"{parent}_id"), link.agreement_id, link.key): link.pk
            for link in model._base_manager.filter(**{f"{parent}__in": ids})
        }
        want = {
            (row.pk, agreement.pk, key): model(**{parent: row, "agreement": agreement, "key": key})
            for row, links in wanted.items()
            for agreement, key in links
        }
        gone = [pk for name, pk in stored.items() if name not in want]
        new = [link for name, link in want.items() if name not in stored]
        model._base_manager.filter(pk__in=gone).delete()
        model._base_manager.bulk_create(new)
        self.sync.created[model.__name__] += len(new)
        self.sync.changed[model.__name__] += len(gone)


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
_ACTIVITY = (
    "slug",
    "fiscal_year",
    "order",
    "title",
    "kind",
    "state",
    "tally_only",
    "starts_on",
    "ends_on",
    "place",
    "organiser",
    "text",
    "origin",
)
_PHOTO = ("slug", "fiscal_year", "caption", "credit", "kind", "consent", "public")
