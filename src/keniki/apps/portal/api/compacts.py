"""Agreements, declarations, visions, initiatives, KPIs and the trace."""

from __future__ import annotations

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from ninja import Router

from keniki.apps.accounts.verbs import Stale
from keniki.apps.activities import queries as activities
from keniki.apps.compacts import policies
from keniki.apps.compacts import queries as compacts
from keniki.apps.compacts.actions.kpis import save_reading
from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AssemblyWay,
    Declaration,
    Initiative,
    Kpi,
    Vision,
)
from keniki.apps.compacts.queries.kpis import last_closed_year, standing
from keniki.apps.portal import queries as portal

from . import schemas as s
from .common import REFUSALS, WRITE_REFUSALS, Conflict, not_found, page_of, region_of
from .regions import number, permission, source, town

router = Router(tags=["協定・ビジョン・取組"])


@router.get(
    "/regions/{region}/agreements", response={200: s.Page[s.AgreementRef], **REFUSALS}, summary="協定の一覧"
)
def agreements(request: HttpRequest, region: s.Slug, limit: s.Limit = 50, offset: s.Offset = 0) -> Any:
    with region_of(request, region) as found:
        return page_of(compacts.agreements(found), limit, offset, _ref)


@router.get("/regions/{region}/agreements/{slug}", response={200: s.AgreementOut, **REFUSALS}, summary="協定")
def agreement(request: HttpRequest, region: s.Slug, slug: s.Slug) -> Any:
    """One agreement with the text, annex and signatories of its last version."""
    with region_of(request, region) as found:
        row = compacts.agreement(found, slug)
        text = compacts.shown_version(row)
        return {
            **_ref(row),
            "programme": row.programme,
            "document_no": row.document_no,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "amends": row.amends.slug if row.amends else None,
            "version": row.version,
            "text": _text(text) if text else None,
            "resolutions": [_way(way) for way in row.resolutions.all()],
            "dissolutions": [
                {**_way(way), "partner_noticed_on": way.partner_noticed_on} for way in row.dissolutions.all()
            ],
            "source": source(row),
        }


@router.get(
    "/regions/{region}/declarations",
    response={200: s.Page[s.DeclarationOut], **REFUSALS},
    summary="宣言の一覧",
)
def declarations(request: HttpRequest, region: s.Slug, limit: s.Limit = 50, offset: s.Offset = 0) -> Any:
    with region_of(request, region) as found:
        rows = compacts.declarations(found)
        return page_of(rows, limit, offset, _declaration)


@router.get(
    "/regions/{region}/visions", response={200: s.Page[s.VisionOut], **REFUSALS}, summary="ビジョンの一覧"
)
def visions(request: HttpRequest, region: s.Slug, limit: s.Limit = 50, offset: s.Offset = 0) -> Any:
    with region_of(request, region) as found:
        rows = compacts.visions(found)
        prefetch_related_objects(rows, "sections")
        return page_of(rows, limit, offset, _vision)


@router.get(
    "/regions/{region}/initiatives", response={200: s.Page[s.InitiativeRef], **REFUSALS}, summary="取組の一覧"
)
def initiatives(request: HttpRequest, region: s.Slug, limit: s.Limit = 50, offset: s.Offset = 0) -> Any:
    with region_of(request, region) as found:
        return page_of(activities.initiatives_of(found), limit, offset, _initiative)


@router.get(
    "/regions/{region}/initiatives/{slug}", response={200: s.InitiativeOut, **REFUSALS}, summary="取組"
)
def initiative(request: HttpRequest, region: s.Slug, slug: s.Slug) -> Any:
    with region_of(request, region) as found:
        row = portal.initiative_for(found, slug)
        actor = request.auth  # type: ignore[attr-defined]
        return {
            **_initiative(row),
            "overview": row.overview,
            "purpose": row.purpose,
            "one_off": row.one_off,
            "vision": row.vision.slug if row.vision else None,
            "bodies": [town(body) for body in row.bodies.all()],
            "roles": [{"label": role.label, "text": role.text} for role in row.roles.all()],
            "projects": [
                {
                    "slug": project.slug,
                    "title": project.title,
                    "first_year": project.first_year,
                    "last_year": project.last_year,
                }
                for project in row.projects.all()
            ],
            "annex_items": [
                {"agreement": link.agreement.slug, "item": link.key} for link in row.annex_links.all()
            ],
            "findings": [finding.text for finding in row.findings.all()],
            "evaluations": [
                {
                    "fiscal_year": each.fiscal_year,
                    "municipality": town(each.municipality),
                    "scale": each.scale,
                    "grade": each.grade,
                    "comment": each.comment,
                    "proxy": each.proxy,
                    "version": each.version,
                }
                for each in row.evaluations.all()
            ],
            "version": row.version,
            "permission": permission(policies.edit_shared(actor, found)),
        }


@router.get(
    "/regions/{region}/kpi", response={200: s.Page[s.KpiOut], **REFUSALS}, summary="成果指標（KPI）の一覧"
)
def kpis(request: HttpRequest, region: s.Slug, limit: s.Limit = 50, offset: s.Offset = 0) -> Any:
    """Every KPI with targets and actuals by fiscal year, and its standing in the last year that is over."""
    with region_of(request, region) as found:
        rows = (
            Kpi.objects.filter(region=found)
            .select_related("vision", "initiative")
            .prefetch_related("targets", "readings")
            .order_by("order", "slug")
        )
        return page_of(rows, limit, offset, _kpi)


@router.post(
    "/regions/{region}/kpi/{slug}/readings",
    response={200: s.ReadingOut, 409: s.ConflictOut, **WRITE_REFUSALS},
    summary="成果指標の実績値を入力",
)
def reading(request: HttpRequest, region: s.Slug, slug: s.Slug, payload: s.ReadingIn) -> Any:
    """Type the actual of one fiscal year; 409 with both values when somebody else typed one meanwhile."""
    with region_of(request, region) as found:
        kpi = Kpi.objects.filter(region=found, slug=slug).first()
        if kpi is None:
            raise not_found("指標")
        actor = request.auth  # type: ignore[attr-defined]
        policies.enter_reading(actor, kpi, payload.fiscal_year).require()
        there = kpi.readings.filter(fiscal_year=payload.fiscal_year).first()
        mine = payload.model_dump(mode="json")
        try:
            if there is not None and payload.version is None:
                raise Stale(there)
            saved = save_reading(
                actor,
                kpi,
                payload.fiscal_year,
                payload.version,
                value=payload.value,
                comment=payload.comment,
            )
        except Stale as stale:
            raise Conflict(stale, mine, _reading(kpi, payload.fiscal_year, stale.current)) from None
        return _reading(kpi, payload.fiscal_year, saved)


@router.get("/regions/{region}/trace", response={200: s.TraceOut, **REFUSALS}, summary="約束から結果まで")
def trace(request: HttpRequest, region: s.Slug, town: s.Code | None = None) -> Any:
    """Every measure and role of every annex with what came of it by fiscal year: none, studied or done.

    With `town` only what that municipality promised, and what it did itself or all did together.
    """
    with region_of(request, region) as found:
        whole = activities.trace(found, town=town or "")
        return {"years": list(whole.years), "rows": [row for item in whole.items for row in _promised(item)]}


def _promised(item: activities.TraceItem) -> list[dict[str, Any]]:
    def shown(row: activities.TraceRow | activities.TraceClause, **own: Any) -> dict[str, Any]:
        return {
            "agreement": item.agreement.slug,
            "draft": item.is_draft,
            "item": item.item.key,
            "item_title": item.item.title,
            **own,
            "overall": row.overall.state,
            "years": [
                {
                    "fiscal_year": year,
                    "state": cell.state,
                    "activities": [activity.slug for activity in cell.activities],
                }
                for year, cell in row.cells.items()
            ],
        }

    parties = [party.municipality.code for party in item.agreement.parties.all()]
    every = {"kind": "measure", "role": None, "whose": "", "municipalities": parties}
    measures = [shown(row, **every, measure=row.measure.key, text=row.measure.text) for row in item.rows]
    roles = [
        shown(
            row,
            kind="role",
            measure=None,
            role=row.clause.key,
            whose=role.label,
            municipalities=[each.code for each in role.towns],
            text=row.clause.text,
        )
        for role in item.roles
        for row in role.rows
    ]
    return [*measures, *roles]


def _ref(row: Agreement) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "kind": row.kind,
        "state": row.state,
        "concluded_on": row.concluded_on,
        "parties": [town(party.municipality) for party in row.parties.all()],
    }


def _way(row: AssemblyWay) -> dict[str, Any]:
    names = ("ordinance", "ordinance_name", "bill_no", "submitted_on", "result", "resolved_on")
    later = ("public_notice_on", "notified_on", "proxy", "version")
    return {
        "municipality": town(row.municipality),
        **{name: getattr(row, name) for name in (*names, *later)},
    }


def _text(version: AgreementVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "frozen": version.frozen,
        "preamble": version.preamble,
        "articles": version.articles,
        "closing": version.closing,
        "annex": [
            {
                "key": item.key,
                "group": item.group,
                "field": item.field_label,
                "title": item.title,
                "direction": item.direction,
                "remarks": item.remarks,
                "measures": [{"key": m.key, "text": m.text} for m in item.measures.all()],
                "roles": [
                    {
                        "municipalities": r.municipalities,
                        "items": r.items,
                        "keys": [key for key, _ in r.clauses],
                    }
                    for r in item.roles.all()
                ],
            }
            for item in version.annex_items.all()
        ],
        "signatories": [
            {
                "municipality": town(row.municipality),
                "address": row.address,
                "title": row.title,
                "name": row.name,
                "name_complete": row.name_complete,
            }
            for row in version.signatories.all()
        ],
    }


def _declaration(row: Declaration) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "programme": row.programme,
        "state": row.state,
        "centre": town(row.centre),
        "declared_on": row.declared_on,
        "document_no": row.document_no,
        "mayor": row.mayor,
        "gist": row.gist,
        "text_complete": row.text_complete,
        "parts": [
            {
                "key": part.key,
                "heading": part.heading,
                "text": part.text,
                "outline": part.outline,
                "items": part.items,
                "fields": part.fields,
                "municipalities": part.municipalities,
            }
            for part in row.parts.all()
        ],
        "version": row.version,
    }


def _vision(row: Vision) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "programme": row.programme,
        "state": row.state,
        "state_label": row.state_label,
        "first_year": row.first_year,
        "last_year": row.last_year,
        "decided_on": row.decided_on,
        "future_image": row.future_image,
        "goals": [{"key": g.key, "field": g.field, "text": g.text} for g in row.goals.all()],
        "sections": [{"heading": each.heading, "body": each.body} for each in row.sections.all()],
        "version": row.version,
    }


def _initiative(row: Initiative) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "field": activities.field_of(row),
        "programme": row.programme,
        "first_year": row.first_year,
        "last_year": row.last_year,
    }


def _kpi(row: Kpi) -> dict[str, Any]:
    found = standing(row, last_closed_year())
    targets = {target.fiscal_year: target.value for target in row.targets.all()}
    versions = {each.fiscal_year: each.version for each in row.readings.all()}
    return {
        "slug": row.slug,
        "name": row.name,
        "unit": row.unit,
        "direction": row.direction,
        "vision": row.vision.slug if row.vision else None,
        "initiative": row.initiative.slug if row.initiative else None,
        "baseline": number(row.baseline_value),
        "counted": row.count_query is not None,
        "status": found.verdict.status.value,
        "status_year": found.year,
        "reason": found.verdict.reason,
        "years": [
            {
                "fiscal_year": each,
                "target": number(targets.get(each)),
                "actual": number(found.actuals.get(each)),
                "version": versions.get(each),
            }
            for each in sorted({*targets, *found.actuals})
        ],
    }


def _reading(kpi: Kpi, year: int, row: Any) -> dict[str, Any]:
    return {
        "kpi": kpi.slug,
        "fiscal_year": year,
        "value": number(row.value) if row is not None else None,
        "unit": kpi.unit,
        "comment": row.comment if row is not None else "",
        "version": row.version if row is not None else None,
    }
