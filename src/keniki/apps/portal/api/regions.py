"""Who I am, regions, members, municipalities, the log."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Router

from keniki.apps.accounts.actor import Actor, Ruling
from keniki.apps.accounts.models import LogEntry
from keniki.apps.accounts.queries import LogFilter, search_log
from keniki.apps.regions import policies
from keniki.apps.regions import queries as regions
from keniki.apps.regions.models import Fact, Municipality, Region, RegionMembership, Sourced

from . import schemas as s
from .common import REFUSALS, page_of, region_of

router = Router(tags=["圏域"])


@router.get("/me", response={200: s.MeOut, 401: s.Refusal}, summary="自分の職と権限")
def me(request: HttpRequest) -> Any:
    """Who the token stands for, the posts held today, and where shared records may be edited."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return {
        "login": actor.user.login if actor.user else None,
        "name": actor.name,
        "operator": actor.operator,
        "posts": [
            {
                "label": post.label,
                "role": post.role,
                "organisation": post.organisation_name,
                "municipality": {"code": post.municipality_code, "name": post.organisation_name}
                if post.municipality_code
                else None,
            }
            for post in actor.posts
        ],
        "regions": [
            {**ref(row), "edit_shared": permission(policies.edit_shared(actor, row))}
            for row in regions.visible_regions(actor).select_related("secretariat")
        ],
    }


@router.get(
    "/regions",
    response={200: s.Page[s.RegionRef], 401: s.Refusal, 422: s.Refusal},
    summary="見ることのできる圏域",
)
def region_list(request: HttpRequest, limit: s.Limit = 50, offset: s.Offset = 0) -> Any:
    return page_of(regions.visible_regions(request.auth), limit, offset, ref)  # type: ignore[attr-defined]


@router.get("/regions/{region}", response={200: s.RegionOut, **REFUSALS}, summary="圏域")
def region(request: HttpRequest, region: s.Slug) -> Any:
    """The region with today's members, its programmes and facts."""
    with region_of(request, region) as found:
        return {
            **ref(found),
            "secretariat": " ".join(filter(None, (found.secretariat.name, found.secretariat.department))),
            "members_term": found.members_term,
            "formation_history": found.formation_history,
            "version": found.version,
            "programmes": [
                {
                    "programme": row.programme,
                    "name": row.get_programme_display(),
                    "valid_from": row.valid.lower,
                    "valid_to": row.valid.upper - timedelta(days=1) if row.valid.upper else None,
                    "legal_basis": row.legal_basis,
                }
                for row in found.programmes.order_by("valid")
            ],
            "members": [member(row) for row in regions.members_on(found)],
            "facts": [fact(row) for row in regions.facts(found)],
        }


@router.get(
    "/regions/{region}/members", response={200: s.Page[s.MemberOut], **REFUSALS}, summary="構成市町村"
)
def members(
    request: HttpRequest, region: s.Slug, on: s.Day | None = None, limit: s.Limit = 50, offset: s.Offset = 0
) -> Any:
    """Who was a member on that day (today by default), in the region's order."""
    with region_of(request, region) as found:
        return page_of(regions.members_on(found, on), limit, offset, member)


@router.get(
    "/municipalities",
    response={200: s.Page[s.MunicipalityOut], 401: s.Refusal, 422: s.Refusal},
    summary="市町村",
)
def municipalities(
    request: HttpRequest,
    q: s.Words = "",
    limit: s.Limit = 50,
    offset: s.Offset = 0,
) -> Any:
    """Municipalities whose code, name or kana contains all words of `q`."""
    rows = Municipality.objects.order_by("code", "valid")
    for word in q.split():
        rows = (
            rows.filter(name__contains=word)
            | rows.filter(kana__contains=word)
            | rows.filter(code__startswith=word)
        )
    return page_of(rows, limit, offset, municipality)


@router.get("/regions/{region}/log", response={200: s.Page[s.LogOut], **REFUSALS}, summary="操作記録")
def log(
    request: HttpRequest,
    region: s.Slug,
    verb: s.Words = "",
    municipality: s.Code | None = None,
    words: s.Words = "",
    limit: s.Limit = 50,
    offset: s.Offset = 0,
) -> Any:
    """What was done in the region, newest first."""
    with region_of(request, region) as found:
        wanted = LogFilter(verb=verb, municipality=municipality or "", words=words)
        rows = search_log(found.slug, wanted)
        return page_of(rows, limit, offset, entry)


def ref(row: Region) -> dict[str, Any]:
    return {"slug": row.slug, "name": row.name, "fictional": row.fictional}


def municipality(row: Municipality) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "kana": row.kana,
        "kind": row.kind,
        "prefecture": row.prefecture,
        "valid_from": row.valid.lower,
        "valid_to": row.valid.upper - timedelta(days=1) if row.valid.upper else None,
    }


def entry(row: LogEntry) -> dict[str, Any]:
    return {
        "at": row.at,
        "actor": row.actor_name,
        "post": row.post_label,
        "on_behalf_of": row.on_behalf_of,
        "via": row.via,
        "verb": row.verb,
        "municipality": row.municipality,
        "text": row.text,
        "before": row.before,
        "after": row.after,
    }


def permission(ruling: Ruling) -> dict[str, Any]:
    return {"allowed": ruling.allowed, "reason": ruling.reason, "on_behalf_of": ruling.on_behalf_of}


def town(row: Municipality | None) -> dict[str, str] | None:
    return None if row is None else {"code": row.code, "name": row.name}


def source(row: Sourced) -> dict[str, str] | None:
    if row.source is None:
        return None
    return {"title": row.source.title, "place": row.source_place, "flag": row.source_flag}


def number(value: Decimal | None) -> int | float | None:
    """A stored decimal as a JSON number."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def member(row: RegionMembership) -> dict[str, Any]:
    return {
        "code": row.municipality.code,
        "name": row.municipality.name,
        "kana": row.municipality.kana,
        "role": row.role,
        "order": row.order,
        "valid_from": row.valid.lower,
        "valid_to": row.valid.upper - timedelta(days=1) if row.valid.upper else None,
    }


def fact(row: Fact) -> dict[str, Any]:
    share = row.unit in ("%", "％") and row.value is not None
    return {
        "indicator": row.indicator,
        "label": row.label,
        "municipality": town(row.municipality),
        "dimension": row.dimension,
        "as_of": row.as_of,
        "fiscal_year": row.fiscal_year,
        "value": number(row.value / 100 if share and row.value is not None else row.value),
        "unit": "割合" if share else row.unit,
        "printed": "" if row.value is None else f"{number(row.value)}{row.unit}",
        "text": row.text,
        "source": source(row),
    }
