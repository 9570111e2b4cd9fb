"""Incidents, and the events that devices bring in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from keniki.apps.disaster.actions.events import Receipt, take_anywhere, take_events
from keniki.apps.disaster.queries.incidents import incidents_of
from keniki.apps.regions import queries as regions

from . import schemas as s
from .common import REFUSALS, WRITE_REFUSALS, page_of, region_of

router = Router(tags=["防災"])


@router.get(
    "/regions/{region}/incidents", response={200: s.Page[s.IncidentOut], **REFUSALS}, summary="事案の一覧"
)
def incidents(request: HttpRequest, region: s.Slug, limit: s.Limit = 50, offset: s.Offset = 0) -> Any:
    with region_of(request, region) as found:
        return page_of(incidents_of(found), limit, offset, _incident)


@router.post("/disaster/events", response={200: s.EventsOut, **WRITE_REFUSALS}, summary="できごとの送信")
def events(request: HttpRequest, payload: s.EventsIn) -> Any:
    actor = request.auth  # type: ignore[attr-defined]
    if payload.region is not None:
        with region_of(request, payload.region) as found:
            return _receipt(take_events(actor, found, payload.events))
    seen = list(regions.visible_regions(actor).select_related("secretariat"))
    return _receipt(take_anywhere(actor, seen, payload.events))


def _incident(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.uid),
        "slug": row.slug,
        "mode": row.mode,
        "title": row.title,
        "hazard": row.hazard,
        "began_at": row.began_at,
        "ended_at": row.ended_at,
        "public": row.public,
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "stored": receipt.stored,
        "known": receipt.known,
        "quarantined": len(receipt.refused),
        "refused": [
            {"number": each.number, "id": each.id, "reason": each.reason} for each in receipt.refused
        ],
        "conflicts": [{"entity": entity, "field": field} for entity, field in receipt.conflicts],
    }
